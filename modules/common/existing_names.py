"""The names that AWS accepts for resources that exist already."""

from __future__ import annotations

from settings.language.setting import matching

# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (RDS keeps it in lower case)
DATABASE_INSTANCE = matching(
    r"(?=.{1,63}$)[a-z][a-z0-9]*(-[a-z0-9]+)*",
    "an instance's identifier: 1 to 63 lower-case letters, digits and single hyphens, beginning with a letter",
    example="mlflow-db",
)
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBSubnetGroup.html (RDS keeps it in lower case)
DATABASE_SUBNET_GROUP = matching(
    r"[a-z0-9][a-z0-9 ._-]{0,254}",
    "a DB subnet group's name: 1 to 255 lower-case letters, digits, spaces, dots, underscores and hyphens",
    example="mlflow-db-subnet-group",
    forbidden=("default",),
    why="RDS owns it",
)
# https://docs.aws.amazon.com/AmazonECR/latest/APIReference/API_CreateRepository.html
_PART = r"[a-z0-9]+([._-][a-z0-9]+)*"
REPOSITORY = matching(
    rf"(?=.{{2,256}}$){_PART}(/{_PART})*",
    "a repository's name, without its registry: 2 to 256 lower-case letters, digits, dots, underscores, hyphens "
    "and slashes",
    example="mlflow-server",
)
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
LOG_GROUP = matching(
    r"(?!aws/)[A-Za-z0-9._/#-]{1,512}",
    "a log group's name: 1 to 512 letters, digits and . - _ / #, not beginning with aws/",
    example="/ecs/mlflow-server",
)
