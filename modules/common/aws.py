"""What AWS accepts, as tables and syntaxes: regions, Fargate sizes, retention, names, ARNs, images."""

from __future__ import annotations

import re
from collections.abc import Mapping

from modules.common import limits
from settings.language.setting import Allowed, between, matching, one_of, one_of_numbers

# https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html
# and the other partitions' pages.
REGIONS: dict[str, tuple[str, ...]] = {
    "aws": (
        *(
            "af-south-1",
            "ap-east-1",
            "ap-east-2",
            "ap-northeast-1",
            "ap-northeast-2",
            "ap-northeast-3",
            "ap-south-1",
        ),
        *(
            "ap-south-2",
            "ap-southeast-1",
            "ap-southeast-2",
            "ap-southeast-3",
            "ap-southeast-4",
            "ap-southeast-5",
        ),
        *("ap-southeast-6", "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2"),
        *("eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1"),
        *("me-central-1", "me-south-1", "me-west-1", "mx-central-1", "sa-east-1", "sa-west-1", "us-east-1"),
        *("us-east-2", "us-west-1", "us-west-2"),
    ),
    "aws-cn": ("cn-north-1", "cn-northwest-1"),
    "aws-eusc": ("eusc-de-east-1",),
    "aws-iso": ("us-iso-east-1", "us-iso-west-1"),
    "aws-iso-b": ("us-isob-east-1", "us-isob-west-1"),
    "aws-iso-e": ("eu-isoe-west-1",),
    "aws-iso-f": ("us-isof-east-1", "us-isof-south-1"),
    "aws-us-gov": ("us-gov-east-1", "us-gov-west-1"),
}
PARTITION_OF = {region: partition for partition, regions in REGIONS.items() for region in regions}
REGION = one_of(tuple(PARTITION_OF), 'the name of an AWS Region of any partition, such as "eu-west-1"')

# Regions with zones that have no Fargate for Linux containers: the ids of the zones that have it. Names of zones differ
# between accounts. The page lists Windows containers apart, and us-east-1 only there
# (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/AWS_Fargate-Regions.html#linux-regions).
FARGATE_ZONE_IDS: Mapping[str, tuple[str, ...]] = {
    "us-west-1": ("usw1-az1", "usw1-az3"),
    "ap-northeast-1": ("apne1-az1", "apne1-az2", "apne1-az4"),
    "cn-north-1": ("cnn1-az1", "cnn1-az2"),
}

# CPU units → MiB: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html
FARGATE_SIZES: dict[int, tuple[int, ...]] = {
    256: (512, 1024, 2048),
    512: tuple(range(1024, 4096 + 1, 1024)),
    1024: tuple(range(2048, 8192 + 1, 1024)),
    2048: tuple(range(4096, 16384 + 1, 1024)),
    4096: tuple(range(8192, 30720 + 1, 1024)),
    8192: tuple(range(16384, 61440 + 1, 4096)),
    16384: tuple(range(32768, 122880 + 1, 8192)),
}
CPU_UNITS = one_of_numbers(tuple(FARGATE_SIZES), "CPU units")
MEMORY_MIB = Allowed("what Fargate offers with the CPU units chosen")

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
LOG_RETENTION_DAYS = one_of_numbers(
    (
        *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096),
        *(1827, 2192, 2557, 2922, 3288, 3653),
    ),
    "days",
)

NAME = matching(
    r"[a-z][a-z0-9]*(-[a-z0-9]+)*",
    "lower-case letters, digits and single hyphens, beginning with a letter",
    example="mlflow",
)

# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.html
# (db.serverless is Aurora's).
INSTANCE_CLASS = matching(
    r"db\.[a-z][a-z0-9]*(-[a-z0-9]+)*\.(micro|small|medium|large|metal|[1-9][0-9]?xlarge|xlarge)",
    "an RDS instance class: db.<family>.<size>",
    example="db.t4g.micro",
)
# Key words PostgreSQL reserves (https://www.postgresql.org/docs/current/sql-keywords-appendix.html).
SQL_RESERVED = (
    *("all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric"),
    *("authorization", "between", "binary", "both", "case", "cast", "check", "collate"),
    *("collation", "column", "concurrently", "constraint", "create", "cross", "current_catalog"),
    *("current_date", "current_role", "current_schema", "current_time", "current_timestamp"),
    *("current_user", "default", "deferrable", "desc", "distinct", "do", "else", "end", "except"),
    *("false", "fetch", "for", "foreign", "freeze", "from", "full", "grant", "group", "having"),
    *("ilike", "in", "initially", "inner", "intersect", "into", "is", "isnull", "join", "lateral"),
    *("leading", "left", "like", "limit", "localtime", "localtimestamp", "natural", "not"),
    *("notnull", "null", "offset", "on", "only", "or", "order", "outer", "overlaps", "placing"),
    *("primary", "references", "returning", "right", "select", "session_user", "similar", "some"),
    *("symmetric", "system_user", "table", "tablesample", "then", "to", "trailing", "true"),
    *("union", "unique", "user", "using", "variadic", "verbose", "when", "where", "window", "with"),
)
# https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html (DBName, MasterUsername)
DATABASE_NAME = matching(
    r"[a-z][a-z0-9_]{0,62}",
    "1 to 63 lower-case letters, digits and underscores, beginning with a letter; not a reserved word",
    example="mlflow",
    forbidden=("admin", "postgres", "rdsadmin", "template0", "template1", *SQL_RESERVED),
    why="RDS or PostgreSQL reserves it",
)
USERNAME = matching(
    r"(?!pg_|rds_)[a-z][a-z0-9_]{0,15}",
    "1 to 16 lower-case letters, digits and underscores, beginning with a letter but not with pg_ or rds_; "
    "not a reserved word",
    example="mlflow_user",
    forbidden=("admin", "none", "public", "rdsadmin", "rdsrepladmin", "rdstopmgr", *SQL_RESERVED),
    why="RDS or PostgreSQL reserves it",
)

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
BUCKET_NAME = matching(
    r"(?!xn--|sthree-|amzn-s3-demo-)(?!\d+\.\d+\.\d+\.\d+$)(?!.*\.\.)"
    r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)(?<!\.mrap)(?<!--x-s3)(?<!--table-s3)",
    "a bucket's name: 3 to 63 lower-case letters, digits, hyphens and dots, "
    "without AWS's reserved beginnings and ends",
    example="example-terraform-state",
)
BUCKET_ARN = matching(
    rf"arn:({'|'.join(REGIONS)}):s3:::[a-z0-9][a-z0-9.-]{{1,61}}[a-z0-9]",
    "the ARN of a bucket",
    example="arn:aws:s3:::example-artifact-copies",
)
# https://developer.hashicorp.com/terraform/language/backend/s3#key
# Policies name the keys of the states that may be read, and IAM reads these characters as patterns and variables
# (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars).
STATE_KEY = matching(
    r"(?!/)(?!.*//)[^\x00-\x1f\x7f*?$]{1,1024}(?<!/)",
    "an object's key: 1 to 1,024 characters other than * ? $, not beginning or ending with a slash",
    example="mlflow/demo/terraform.tfstate",
)
KEY_PREFIX = matching(
    r"(?!/)(?!.*//)[^\x00-\x1f\x7f*?$]{1,900}(?<!/)",
    "the beginning of a key: 1 to 900 characters other than * ? $, not beginning or ending with a slash",
    example="ml-platform/mlflow",
)
# https://docs.aws.amazon.com/accounts/latest/reference/manage-acct-identifiers.html
ACCOUNT_ID = matching(r"\d{12}", "an account's number: 12 digits, in quotes", example="111122223333")
_PARTITION = f"({'|'.join(REGIONS)})"
_KEY_ID = r"([0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}|mrk-[0-9a-f]{32})"
_ALIAS = r"alias/[A-Za-z0-9/_-]{1,250}"
# https://docs.aws.amazon.com/kms/latest/developerguide/concepts.html#key-id, as far as Terraform takes it
KMS_KEY_ID = matching(
    rf"{_KEY_ID}|{_ALIAS}|arn:{_PARTITION}:kms:[a-z0-9-]+:\d{{12}}:(key/{_KEY_ID}|{_ALIAS})",
    "a KMS key's id, its ARN, or an alias (alias/<name>, or its ARN)",
    example="arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab",
)
# CloudWatch Logs and IAM policies take a key by its ARN alone.
KMS_KEY_ARN = matching(
    rf"arn:{_PARTITION}:kms:[a-z0-9-]+:\d{{12}}:key/{_KEY_ID}",
    "the ARN of a KMS key, not of an alias",
    example="arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab",
)
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-arns
ROLE_ARN = matching(
    rf"arn:{_PARTITION}:iam::\d{{12}}:role/([!-~]{{1,510}}/)?[A-Za-z0-9+=,.@_-]{{1,64}}",
    "the ARN of an IAM role",
    example="arn:aws:iam::111122223333:role/terraform-state",
)
POLICY_ARN = matching(
    rf"arn:{_PARTITION}:iam::(\d{{12}}|aws):policy/([!-~]{{1,510}}/)?[A-Za-z0-9+=,.@_-]{{1,128}}",
    "the ARN of an IAM policy",
    example="arn:aws:iam::111122223333:policy/boundary",
)
# https://docs.aws.amazon.com/sns/latest/dg/sns-create-topic.html; alarms do not publish to a FIFO topic
# (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Notify_Users_Alarm_Changes.html).
TOPIC_ARN = matching(
    rf"arn:{_PARTITION}:sns:[a-z0-9-]+:\d{{12}}:[A-Za-z0-9_-]{{1,256}}",
    "the ARN of an SNS topic that is not FIFO",
    example="arn:aws:sns:eu-west-1:111122223333:alarms",
)
EMAIL = matching(
    r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+", "an e-mail address", example="platform@example.com"
)
DOMAIN_NAME = matching(
    rf"(?=.{{1,{limits.CERTIFICATE_DOMAIN_CHARACTERS.number}}}$)"
    r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?",
    f"a full domain name in lower case, of at most {limits.CERTIFICATE_DOMAIN_CHARACTERS.number} characters, "
    "without https:// and without a dot at its end",
    example="mlflow.example.com",
)
# https://docs.aws.amazon.com/Route53/latest/APIReference/API_GetHostedZone.html
HOSTED_ZONE_ID = matching(
    r"Z[A-Z0-9]{1,31}",
    "a hosted zone's id: Z and up to 31 capital letters and digits",
    example="Z0123456789EXAMPLE12",
)
# https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_iam-permissions.html (the ARN's six characters)
SECRET_ARN_PATTERN = (
    rf"arn:{_PARTITION}:secretsmanager:[a-z0-9-]+:\d{{12}}:secret:"
    r"[A-Za-z0-9/_+=.@-]{1,512}-[A-Za-z0-9]{6}"
)
SECRET_ARN = matching(
    SECRET_ARN_PATTERN,
    "the full ARN of a secret in Secrets Manager, with the six characters at its end",
    example="arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlflow-sign-in-AbCdEf",
)
# https://docs.aws.amazon.com/acm/latest/APIReference/API_CertificateDetail.html
CERTIFICATE_ARN = matching(
    rf"arn:{_PARTITION}:acm:[a-z0-9-]+:\d{{12}}:certificate/[0-9a-f-]{{36}}",
    "the ARN of a certificate in ACM",
    example="arn:aws:acm:eu-west-1:111122223333:certificate/1234abcd-12ab-4cd3-96ef-1234567890ab",
)
# TLS 1.2 and 1.3 with forward secrecy; PQ: with a key exchange that quantum computers do not break, FIPS: with AWS-LC's
# validated module. The first is what AWS recommends, and its console's default
# (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html).
SSL_POLICIES = (
    "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-PQ-2025-09",
    "ELBSecurityPolicy-TLS13-1-2-Res-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-2021-06",
    "ELBSecurityPolicy-TLS13-1-3-2021-06",
    "ELBSecurityPolicy-TLS13-1-2-Res-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04",
    "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04",
)
SSL_POLICY = one_of(SSL_POLICIES)
# https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html
VPC_ID = matching(
    r"vpc-([0-9a-f]{8}|[0-9a-f]{17})",
    "a VPC's id: vpc- and 8 or 17 hexadecimal digits",
    example="vpc-0a1b2c3d4e5f67890",
)
SUBNET_ID = matching(
    r"subnet-([0-9a-f]{8}|[0-9a-f]{17})",
    "a subnet's id: subnet- and 8 or 17 hexadecimal digits",
    example="subnet-0a1b2c3d4e5f67890",
)
# https://developer.hashicorp.com/terraform/language/syntax/configuration#identifiers
OUTPUT_NAME = matching(
    r"[A-Za-z_][A-Za-z0-9_-]*",
    "the name of a Terraform output: letters, digits, underscores and hyphens, not beginning with a digit",
    example="vpc_id",
)

# https://github.com/distribution/reference/blob/main/reference.go, with a tag or a digest required.
_IMAGE_NAME = r"[A-Za-z0-9.-]+(:\d+)?(/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)+|[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
IMAGE_BY_DIGEST = re.compile(r".+@sha256:[0-9a-f]{64}")
IMAGE = matching(
    rf"({_IMAGE_NAME})(:[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}}|(:[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?@sha256:[0-9a-f]{{64}})",
    "an image with its tag or digest: "
    "<registry>/<repository>:<tag> or <registry>/<repository>@sha256:<64 hex digits>",
    example="111122223333.dkr.ecr.eu-west-1.amazonaws.com/mlflow:production",
)

# gp3 for PostgreSQL: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage
STORAGE_GIB = between(20, 65536, "GiB")
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithAutomatedBackups.BackupRetention.html
BACKUP_RETENTION_DAYS = between(0, 35, "days; 0 is no backups")
# https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html
IDLE_TIMEOUT_SECONDS = between(1, 4000, "seconds")
DESIRED_COUNT = between(0, limits.TASKS_PER_SERVICE.number, "tasks")
