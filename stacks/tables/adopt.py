"""The table `adopt`: what exists already, and is taken in rather than made."""

from __future__ import annotations

from typing import Annotated

from modules.common import aws
from modules.common import existing_names as existing
from settings.language.setting import AWS, Section, Setting

IMPORT = "https://developer.hashicorp.com/terraform/language/block/import"


class AdoptSettings(Section):
    """Existing resources to import; they keep their names and are not deleted without `allow_destroy`.

    Attributes:
        names: setting → name, of what is adopted.
    """

    artifact_bucket: Annotated[
        str | None, Setting("Existing bucket with the artifacts", aws.BUCKET_NAME, IMPORT)
    ] = None
    database_instance: Annotated[
        str | None,
        Setting("Identifier of the existing RDS instance with the runs", existing.DATABASE_INSTANCE, IMPORT),
    ] = None
    database_subnet_group: Annotated[
        str | None,
        Setting(
            "Subnet group of that instance; RDS cannot move an instance to another one in the same VPC",
            existing.DATABASE_SUBNET_GROUP,
            f"{AWS}/AmazonRDS/latest/UserGuide/USER_VPC.VPC2VPC.html",
        ),
    ] = None
    repository: Annotated[
        str | None, Setting("Existing ECR repository with the images", existing.REPOSITORY, IMPORT)
    ] = None
    log_group: Annotated[
        str | None, Setting("Existing log group with the server's logs", existing.LOG_GROUP, IMPORT)
    ] = None

    @property
    def names(self) -> dict[str, str]:
        return {name: value for name, value in self if value is not None}
