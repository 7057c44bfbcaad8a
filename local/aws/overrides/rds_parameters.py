"""Overrides of moto's RDS parameter groups: a family has defaults, and not every change of a parameter is one."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBParameterGroup
from moto.rds.responses import RDSResponse

# Of those of https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Appendix.PostgreSQL.CommonDBATasks.Parameters.html;
# every other one is dynamic.
STATIC = frozenset(
    {
        "autovacuum_freeze_max_age",
        "autovacuum_max_workers",
        "logging_collector",
        "max_connections",
        "max_files_per_process",
        "max_locks_per_transaction",
        "max_prepared_transactions",
        "rds.restrict_password_commands",
        "shared_buffers",
        "shared_preload_libraries",
        "ssl",
        "temp_file_limit",
        "track_activity_query_size",
        "wal_buffers",
    }
)
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/ssl-certificate-rotation-postgresql.html
TLS_REQUIRED_SINCE = 15


def apply() -> None:
    """Patches moto."""
    _know_what_changes_a_parameter()
    _list_defaults_as_well()


def _know_what_changes_a_parameter() -> None:
    """`ModifyDBParameterGroup`. moto: takes everything, and leaves `Source` out, which the provider asks for. AWS: what
    it was asked to change is the `user`'s (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Parameter.html);
    another apply method for the value that there is already is accepted and ignored, which for a default is
    `pending-reboot` (https://github.com/crossplane-contrib/provider-upjet-aws/pull/2182,
    https://github.com/hashicorp/terraform-provider-aws/issues/39252); a static parameter cannot be changed immediately
    (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBParameterGroup.html)."""

    def update_parameters(self: DBParameterGroup, new_parameters: Any) -> None:
        wanted = list(new_parameters)
        for parameter in wanted:
            if parameter["ParameterName"] in STATIC and parameter.get("ApplyMethod") == "immediate":
                raise RDSClientError(
                    "InvalidParameterCombination", "cannot use immediate apply method for static parameter"
                )
        present = parameters_of(self)
        for parameter in wanted:
            name = parameter["ParameterName"]
            if parameter["ParameterValue"] != present.get(name, {}).get("ParameterValue"):
                self.parameters[name] = {**parameter, "Source": "user"}

    DBParameterGroup.update_parameters = update_parameters  # type: ignore[method-assign]


def _list_defaults_as_well() -> None:
    """`DescribeDBParameters`. moto: lists what was changed, whatever `Source` is asked for. AWS: lists the family's
    defaults too, and only the `Source` that is asked for
    (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DescribeDBParameters.html)."""
    original = RDSResponse.describe_db_parameters

    def describe_db_parameters(self: RDSResponse) -> ActionResult:
        original(self)
        (group,) = self.backend.describe_db_parameter_groups(
            {"db_parameter_group_name": self.params.get("DBParameterGroupName")}
        )
        source = self.params.get("Source")
        every = parameters_of(group).values()
        return ActionResult({"Parameters": [one for one in every if source in (None, one["Source"])]})

    RDSResponse.describe_db_parameters = describe_db_parameters  # type: ignore[method-assign]


def parameters_of(group: DBParameterGroup) -> dict[str, dict[str, Any]]:
    """Name → parameter: those that were changed, and the defaults that matter here."""
    return {**_defaults_of(str(group.family)), **group.parameters}


def _defaults_of(family: str) -> dict[str, dict[str, Any]]:
    major = family.removeprefix("postgres")
    if not major.isdigit():
        return {}
    values = {"log_lock_waits": None, "rds.force_ssl": "1" if int(major) >= TLS_REQUIRED_SINCE else "0"}
    return {
        name: {
            "ParameterName": name,
            **({"ParameterValue": value} if value else {}),
            "Source": "system" if value else "engine-default",
            "ApplyMethod": "pending-reboot",
        }
        for name, value in values.items()
    }
