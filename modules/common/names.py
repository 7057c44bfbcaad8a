"""What an environment's resources are called, each name whole.

Every environment's names begin with its own, and one environment's name may begin with another's (`prod`, `prod-eu`,
`production`): a pattern that matches a beginning would match both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Roles of AWS's services that are there only with the option they are for.
OPTIONAL_ROLES = ("artifact-replica", "database-monitoring", "flow-logs")
SERVICE_ROLES = ("task", "execution", *OPTIONAL_ROLES)
PEOPLES_ROLES = ("readers", "contributors", "admins")
CI_ROLES = ("ci-plan", "ci-apply")
ALARMS = (
    "cpu",
    "database-connections",
    "database-cpu",
    "database-storage",
    "errors",
    "memory",
    "no-healthy-host",
    "unhealthy-hosts",
)
SECRETS = ("server-keys", "admin")
# https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_LogAccess.Concepts.PostgreSQL.html
DATABASE_LOGS = ("postgresql", "upgrade", "iam-db-auth-error")


@dataclass(frozen=True, kw_only=True)
class Names:
    """The names of one environment's resources, of those too that only an option makes.

    Attributes:
        name: `<name>-<environment>`.
        account_id, region: part of the buckets' names.
        adopted: setting of the table `adopt` → the name of what existed before, which is kept.
    """

    name: str
    account_id: str
    region: str
    adopted: Mapping[str, str] = field(default_factory=dict)

    @property
    def database(self) -> str:
        return self.adopted.get("database_instance", self.name)

    @property
    def subnet_group(self) -> str:
        return self.adopted.get("database_subnet_group", self.name)

    @property
    def parameter_group(self) -> str:
        """A pattern: the family follows, `postgres` and two digits. No other environment's group fits it."""
        return f"{self.name}-postgres??"

    @property
    def repository(self) -> str:
        return self.adopted.get("repository", self.name)

    @property
    def buckets(self) -> tuple[str, ...]:
        place = f"{self.account_id}-{self.region}"
        usual = f"{self.name}-artifacts-{place}"
        return (self.adopted.get("artifact_bucket", usual), f"{self.name}-logs-{place}")

    @property
    def log_groups(self) -> tuple[str, ...]:
        return (
            self.adopted.get("log_group", f"/ecs/{self.name}"),
            f"/ecs/{self.name}/exec",
            f"/vpc/{self.name}",
            f"aws-waf-logs-{self.name}",
            f"/aws/ecs/containerinsights/{self.name}/performance",
            *(f"/aws/rds/instance/{self.database}/{kind}" for kind in DATABASE_LOGS),
        )

    @property
    def alarms(self) -> tuple[str, ...]:
        return tuple(f"{self.name}-{alarm}" for alarm in ALARMS)

    @property
    def scaling_alarms(self) -> str:
        """A pattern: Application Auto Scaling names its alarms by cluster and service, and adds an id
        (https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking-overview.html)."""
        return f"TargetTracking-service/{self.name}/{self.name}-*"

    @property
    def topic(self) -> str:
        return f"{self.name}-alarms"

    @property
    def deployments_rule(self) -> str:
        return f"{self.name}-deployments"

    @property
    def sign_in_stack(self) -> str:
        return f"{self.name}-sign-in"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Patterns for the resource parts of their ARNs: the 26 characters of Terraform's id and the 6 of AWS's follow.
        No other environment's secret fits them."""
        return tuple(f"secret:{self.name}-{secret}-{'?' * 26}-{'?' * 6}" for secret in SECRETS)

    def roles(self, *suffixes: str) -> tuple[str, ...]:
        return tuple(f"{self.name}-{suffix}" for suffix in suffixes)
