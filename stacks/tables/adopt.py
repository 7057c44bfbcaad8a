"""The table `adopt`: what exists already, and is taken in rather than made."""

from __future__ import annotations

from typing import Annotated

from modules.common import aws
from modules.common import existing_names as existing
from settings.language.setting import AWS, Section, Setting

IMPORT = "https://developer.hashicorp.com/terraform/language/block/import"


class AdoptSettings(Section):
    """What exists already: each is taken into the state, keeps its name, and is never deleted without `allow_destroy`.

    Attributes:
        names: setting → name, of what is adopted.
    """

    artifact_bucket: Annotated[
        str | None, Setting("The bucket that holds the artifacts", aws.BUCKET_NAME, IMPORT)
    ] = None
    database_instance: Annotated[
        str | None,
        Setting(
            "The RDS instance that holds the runs, by its identifier", existing.DATABASE_INSTANCE, IMPORT
        ),
    ] = None
    database_subnet_group: Annotated[
        str | None,
        Setting(
            "The instance's subnet group: RDS moves no instance to another one within its VPC",
            existing.DATABASE_SUBNET_GROUP,
            f"{AWS}/AmazonRDS/latest/UserGuide/USER_VPC.VPC2VPC.html",
        ),
    ] = None
    repository: Annotated[
        str | None, Setting("The ECR repository that holds the images", existing.REPOSITORY, IMPORT)
    ] = None
    log_group: Annotated[
        str | None, Setting("The log group that holds the server's logs", existing.LOG_GROUP, IMPORT)
    ] = None

    @property
    def names(self) -> dict[str, str]:
        return {name: value for name, value in self if value is not None}
