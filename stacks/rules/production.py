"""What production refuses: whatever would leave it open, unguarded or impossible to bring back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import IPv6Network, ip_network
from typing import TYPE_CHECKING, Any

from modules.common.aws import IMAGE_BY_DIGEST
from settings.language.errors import Refusal, as_written
from settings.language.rules import Rule, Violation, value_at
from stacks.profiles import WITH_ALLOW_DESTROY
from stacks.rules.given import is_given

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings

LEAST_BACKUP_DAYS = 7
LEAST_TASKS = 2
ON_PURPOSE = "To delete it on purpose, set allow_destroy = true, apply, then destroy."
# Larger than any one organization's network.
SHORTEST_PREFIX = {4: 8, 6: 16}
UNIQUE_LOCAL = IPv6Network("fc00::/7")


@dataclass(frozen=True, kw_only=True)
class Unsafe:
    """One setting that production refuses in a state that the demo allows.

    Attributes:
        path: the setting.
        when: tells from its value.
        problem, allowed, fix: as in `Refusal`.
    """

    path: str
    when: Callable[[Any], bool]
    problem: str
    allowed: str
    fix: str


def is_set(value: Any) -> bool:
    return bool(value)


def is_not_set(value: Any) -> bool:
    return not value


def is_too_few(tasks: int) -> bool:
    return tasks < LEAST_TASKS


UNSAFE = (
    Unsafe(
        path="network.service_subnets",
        when=lambda tier: tier == "public",
        problem="Tasks with public addresses are one wrong rule away from the internet.",
        allowed='"private" in production',
        fix="remove the line. Tasks that have to call somebody on the internet take network.nat.",
    ),
    Unsafe(
        path="state.bucket",
        when=is_not_set,
        problem="Production's state in a local file would be on one machine only, without a lock.",
        allowed="the name of an S3 bucket",
        fix='add to [state]: bucket = "<your state bucket>".',
    ),
    Unsafe(
        path="database.deletion_protection",
        when=is_not_set,
        problem="Without deletion protection one wrong plan deletes the database.",
        allowed="true in production",
        fix=f"remove the line. {ON_PURPOSE}",
    ),
    Unsafe(
        path="database.backup_retention_days",
        when=lambda days: days < LEAST_BACKUP_DAYS,
        problem="A mistake found after a long weekend could not be undone.",
        allowed=f"{LEAST_BACKUP_DAYS} to 35 days in production",
        fix=f"remove the line, or set it to {LEAST_BACKUP_DAYS} or more.",
    ),
    Unsafe(
        path="database.skip_final_snapshot",
        when=is_set,
        problem="Deleting the database would delete all runs for good.",
        allowed="false in production",
        fix="remove the line: a last snapshot is then made.",
    ),
    Unsafe(
        path="database.delete_automated_backups",
        when=is_set,
        problem="Of a database that was deleted by mistake, the last hours could not be brought back.",
        allowed="false in production",
        fix=f"remove the line. {ON_PURPOSE}",
    ),
    Unsafe(
        path="database.multi_az",
        when=is_not_set,
        problem="The server would be down as long as one zone is, and during every patch of the database.",
        allowed="true in production",
        fix="remove the line.",
    ),
    Unsafe(
        path="database.create_parameter_group",
        when=is_not_set,
        problem="RDS's default parameter group cannot be changed, and before PostgreSQL 15 it lets in without TLS.",
        allowed="true in production",
        fix="remove the line.",
    ),
    Unsafe(
        path="database.log_exports",
        when=lambda kinds: "postgresql" not in kinds,
        problem="What the database logged would be gone in three days, or with its machine.",
        allowed='"postgresql" among them in production',
        fix='remove the line, or add "postgresql" to it.',
    ),
    Unsafe(
        path="database.monitoring_interval_seconds",
        when=is_not_set,
        problem="Nobody could tell what the database's machine had run short of.",
        allowed="1, 5, 10, 15, 30 or 60 seconds in production",
        fix="remove the line, or set it to 60.",
    ),
    Unsafe(
        path="database.database_insights_mode",
        when=lambda mode: mode == "off",
        problem="Nobody could tell which statements keep a slow database busy.",
        allowed='"standard" (free with 7 days) or "advanced" in production',
        fix="remove the line.",
    ),
    Unsafe(
        path="database.storage_encrypted",
        when=is_not_set,
        problem="Whoever gets at the storage or a snapshot could read all runs.",
        allowed="true in production",
        fix="restore the instance from an encrypted copy of its snapshot, adopt that one, and remove the line: "
        "docs/migrating-from-the-cloudformation-demo.md.",
    ),
    Unsafe(
        path="artifact_store.force_destroy",
        when=is_set,
        problem="`destroy` would delete every artifact.",
        allowed="false in production",
        fix=f"remove the line. {ON_PURPOSE}",
    ),
    Unsafe(
        path="image.force_delete",
        when=is_set,
        problem="`destroy` would delete the images one could roll back to.",
        allowed="false in production",
        fix=f"remove the line. {ON_PURPOSE}",
    ),
    Unsafe(
        path="image.uri",
        when=lambda uri: uri is not None and not IMAGE_BY_DIGEST.fullmatch(uri),
        problem="A tag can be pushed again: tasks of one service could run different images.",
        allowed="an image by digest in production: <registry>/<repository>@sha256:<64 hex digits>",
        fix="add the digest, which `docker buildx imagetools inspect` and ECR show; or leave image.uri out.",
    ),
    Unsafe(
        path="domain",
        when=is_not_set,
        problem="Plain HTTP shows everything that clients send and read to whoever is on the way.",
        allowed="[domain] in production, which gives the server HTTPS",
        fix='add [domain] with name = "mlflow.example.com" and hosted_zone_id = "<the zone of example.com>".',
    ),
    Unsafe(
        path="firewall.enabled",
        when=is_not_set,
        problem="Nothing would stop an address that floods the server, or that AWS knows as an attacker's.",
        allowed="true in production",
        fix="remove the line. Where the firewall blocks a request of yours, docs/firewall.md says what to do.",
    ),
    Unsafe(
        path="logs.access_logs",
        when=is_not_set,
        problem="Nobody could tell afterwards who had asked for what.",
        allowed="true in production",
        fix="remove the line.",
    ),
    Unsafe(
        path="load_balancer.deletion_protection",
        when=is_not_set,
        problem="Without deletion protection one wrong plan deletes the load balancer, and its name with it.",
        allowed="true in production",
        fix=f"remove the line. {ON_PURPOSE}",
    ),
    Unsafe(
        path="service.desired_count",
        when=is_too_few,
        problem="While a task, or the zone it is in, is away, nobody is served.",
        allowed=f"{LEAST_TASKS} tasks or more in production",
        fix=f"remove the line, or set it to {LEAST_TASKS} or more.",
    ),
    Unsafe(
        path="service.audit_execute_command",
        when=is_not_set,
        problem="Nobody could tell what was done in a shell that ECS Exec opened in a task.",
        allowed="true in production",
        fix="remove the line; without service.enable_execute_command nothing is made for it.",
    ),
    Unsafe(
        path="service.on_demand_count",
        when=lambda count: count < 1,
        problem="AWS may take all tasks on Fargate Spot back within two minutes, and there would be no other.",
        allowed="1 task or more in production",
        fix="remove the line, or set it to 1 or more.",
    ),
    Unsafe(
        path="scaling.min_count",
        when=is_too_few,
        problem="Scaled in at night, a task or its zone could be away, and nobody would be served.",
        allowed=f"{LEAST_TASKS} tasks or more in production",
        fix=f"remove the line, or set it to {LEAST_TASKS} or more.",
    ),
    Unsafe(
        path="alarms.enabled",
        when=is_not_set,
        problem="A deployment that breaks requests would not be rolled back, and nobody would be told of an outage.",
        allowed="true in production",
        fix="remove the line; alarms.topic_arn or alarms.email says who is told.",
    ),
)


def is_open(cidr: str) -> bool:
    """Whether a network is the internet, or so large a part of it that nobody can vouch for it."""
    network = ip_network(cidr)
    own = isinstance(network, IPv6Network) and network.subnet_of(UNIQUE_LOCAL)
    return network.prefixlen < SHORTEST_PREFIX[network.version] and not own


OPEN = Unsafe(
    path="load_balancer.allowed_cidrs",
    when=lambda cidrs: any(map(is_open, cidrs)),
    problem="The server has no log-in: whoever can connect can read and delete everything.",
    allowed="networks you know in production, /8 or smaller (IPv6: /16); any, where people sign in",
    fix='list your own, such as ["10.0.0.0/8"], or the addresses of your office and VPN; or add [sign_in].',
)

# Only where GitHub Actions may apply: `rules_access` tells.
UNBOUNDED = Unsafe(
    path="access.permissions_boundary_arn",
    when=lambda arn: arn is None,
    problem="Whoever can push to the branch that applies could make a role that may do anything in the account.",
    allowed="the ARN of a policy, in production with [access.github]",
    fix='add to [access]: permissions_boundary_arn = "arn:aws:iam::<account>:policy/<name>" (docs/production.md).',
)


def allowed_cidrs_not_too_wide(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Tells each network that is too large, rather than all of the list. Where people sign in, the internet may be
    written out: production has no default."""
    if settings.profile != "production" or settings.sign_in.is_on:
        return
    for position, cidr in enumerate(value_at(settings, OPEN.path)):
        if is_open(cidr):
            refusal = Refusal(
                f"{cidr} is the whole internet, or a large part of it. {OPEN.problem}", OPEN.allowed, OPEN.fix
            )
            yield Violation(("load_balancer", "allowed_cidrs", position), refusal)


WRITABLE = Unsafe(
    path="service.readonly_root_filesystem",
    when=is_not_set,
    problem="Whoever gets into the server could change its programs.",
    allowed="true in production, unless service.enable_execute_command is true",
    fix="remove the line.",
)


def root_is_read_only(settings: EnvironmentSettings) -> Iterator[Violation]:
    """ECS Exec alone is a reason for another."""
    exec_is_on = settings.service.enable_execute_command
    if (
        settings.profile == "production"
        and not exec_is_on
        and WRITABLE.when(value_at(settings, WRITABLE.path))
    ):
        refusal = Refusal(WRITABLE.problem, WRITABLE.allowed, WRITABLE.fix)
        yield Violation(("service", "readonly_root_filesystem"), refusal)


NO_KEY = Unsafe(
    path="encryption.create_kms_key",
    when=is_not_set,
    problem="Who may use AWS's own keys, and how long, is not yours to say.",
    allowed="true in production, or a key in encryption.kms_key_arn",
    fix="remove the line; or name another team's key in encryption.kms_key_arn.",
)


def a_key_is_made_or_given(settings: EnvironmentSettings) -> Iterator[Violation]:
    """An own key, or another team's."""
    given = is_given(settings, "kms_key_arn")
    if settings.profile == "production" and not given and NO_KEY.when(value_at(settings, NO_KEY.path)):
        yield Violation(("encryption", "create_kms_key"), Refusal(NO_KEY.problem, NO_KEY.allowed, NO_KEY.fix))


def is_given_up(settings: EnvironmentSettings, path: str) -> bool:
    """Whether `allow_destroy = true` has given up what this setting protects."""
    table, _, name = path.partition(".")
    return bool(settings.allow_destroy) and name in WITH_ALLOW_DESTROY.get(table, {})


def allow_destroy_contradicts_protection(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A protection that is written out, and given up by `allow_destroy` at once."""
    if not settings.allow_destroy:
        return
    for table, given_up in WITH_ALLOW_DESTROY.items():
        for name, unprotected in given_up.items():
            if value_at(settings, f"{table}.{name}") != unprotected:
                refusal = Refusal(
                    "allow_destroy = true gives up what this keeps.",
                    f"{as_written(unprotected)} together with allow_destroy = true",
                    "remove this line; or remove allow_destroy = true, to keep it.",
                )
                yield Violation((table, name), refusal)


def _refuses(unsafe: Unsafe) -> Rule:
    def rule(settings: EnvironmentSettings) -> Iterator[Violation]:
        safe = settings.profile != "production" or is_given_up(settings, unsafe.path)
        if not safe and unsafe.when(value_at(settings, unsafe.path)):
            refusal = Refusal(unsafe.problem, unsafe.allowed, unsafe.fix)
            yield Violation(tuple(unsafe.path.split(".")), refusal)

    return rule


PRODUCTION_RULES: tuple[Rule, ...] = (
    *map(_refuses, UNSAFE),
    allowed_cidrs_not_too_wide,
    root_is_read_only,
    a_key_is_made_or_given,
    allow_destroy_contradicts_protection,
)
