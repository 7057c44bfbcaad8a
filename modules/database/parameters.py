"""The database's own parameter group: connections by TLS only, slow statements and long waits in the log."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.db_parameter_group import DbParameterGroup, DbParameterGroupParameter
from constructs import Construct

# Statements of all kinds (`log_statement`) are not logged, because some contain passwords
# (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.Query_Logging.html).
PARAMETERS = {
    "log_lock_waits": "1",
    # Milliseconds.
    "log_min_duration_statement": "1000",
    # https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/PostgreSQL.Concepts.General.SSL.html
    "rds.force_ssl": "1",
}
# Parameter and value → the first major version whose family has that value by default
# (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/ssl-certificate-rotation-postgresql.html).
FAMILY_DEFAULTS = {("rds.force_ssl", "1"): 15}


def major_version_of(engine_version: str) -> str:
    """The major version: `16` of `16` and of `16.8`."""
    return engine_version.partition(".")[0]


def family_of(engine_version: str) -> str:
    """The parameter group family of a PostgreSQL version: `postgres16` of `16` and of `16.8`."""
    return f"postgres{major_version_of(engine_version)}"


def apply_method_of(parameter: str, value: str, engine_version: str) -> str:
    """The apply method that RDS answers with after the parameter was given the value.

    All of `PARAMETERS` are dynamic, so a new value can apply immediately. A value that the family has by default
    changes nothing: RDS accepts the request and keeps the default's method, `pending-reboot`. With another method in
    the configuration every plan would contain a change
    (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/db_parameter_group#problematic-plan-changes).
    """
    default_since = FAMILY_DEFAULTS.get((parameter, value))
    is_default = default_since is not None and int(major_version_of(engine_version)) >= default_since
    return "pending-reboot" if is_default else "immediate"


class DatabaseParameters(Construct):
    """A parameter group with `PARAMETERS`, for one major version of PostgreSQL
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html).

    RDS's default group cannot be changed, and lets connections without TLS in before PostgreSQL 15. The family is in
    the group's name, and the next family's group is made before this one goes: an upgrade to another major version
    moves the instance from one to the other.

    Args:
        name: what the group's name begins with.
        engine_version: of the instance.

    Attributes:
        name: of the group.
        group: the resource itself.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, engine_version: str) -> None:
        super().__init__(scope, id)
        family = family_of(engine_version)
        self.group = DbParameterGroup(
            self,
            "resource",
            name=f"{name}-{family}",
            family=family,
            description="MLflow backend store",
            parameter=[
                DbParameterGroupParameter(
                    name=parameter,
                    value=value,
                    apply_method=apply_method_of(parameter, value, engine_version),
                )
                for parameter, value in PARAMETERS.items()
            ],
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
        )
        self.name: str = self.group.name
