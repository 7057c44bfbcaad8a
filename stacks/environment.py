"""EnvironmentSettings: all that is set for one environment, as the stacks read it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from modules.access.settings import AccessSettings
from modules.common import aws
from modules.common.sizes import SIZES
from modules.database.settings import DatabaseSettings
from modules.edge.settings import DomainSettings, FirewallSettings, LoadBalancerSettings
from modules.encryption.settings import EncryptionSettings
from modules.image.settings import ImageSettings
from modules.network.settings import NetworkSettings
from modules.observability.settings import AlarmsSettings, LogsSettings
from modules.service import values as container
from modules.service.settings import ScalingSettings, ServiceSettings
from modules.service.sizing import Concurrency, concurrency_of
from modules.sign_in.settings import SignInSettings
from modules.storage.settings import ArtifactStoreSettings
from settings.language.errors import Refusal
from settings.language.rules import keep
from settings.language.setting import (
    BOOLEAN,
    FROZEN,
    PROFILES,
    Allowed,
    Defaults,
    Section,
    Setting,
    Unsafe,
    is_not_set,
    no_entries,
    profile_defaults,
)
from stacks.connections import alarm_threshold
from stacks.profiles import with_defaults
from stacks.rules.access import ACCESS_RULES
from stacks.rules.adoption import ADOPTION_RULES
from stacks.rules.connections import CONNECTION_RULES
from stacks.rules.database import DATABASE_RULES
from stacks.rules.domain import DOMAIN_RULES
from stacks.rules.given import GIVEN_RULES, given_network
from stacks.rules.limits import LIMIT_RULES
from stacks.rules.network import NETWORK_RULES
from stacks.rules.outbound import OUTBOUND_RULES
from stacks.rules.platform import MOST_TAGS, PLATFORM_RULES
from stacks.rules.production import PRODUCTION_RULES
from stacks.rules.service import SERVICE_RULES
from stacks.rules.sign_in import SIGN_IN_RULES
from stacks.rules.state import STATE_RULES
from stacks.rules.storage import STORAGE_RULES
from stacks.tables.adopt import AdoptSettings
from stacks.tables.quotas import QuotasSettings
from stacks.tables.remote_state import RemoteStateSettings
from stacks.tables.state import StateSettings
from stacks.tables.tag_keys import TagKeysSettings

Tags = Annotated[Mapping[Annotated[str, container.TAG_KEY], Annotated[str, container.TAG_VALUE]], *FROZEN]
RULES = (
    *NETWORK_RULES,
    *GIVEN_RULES,
    *OUTBOUND_RULES,
    *DOMAIN_RULES,
    *SIGN_IN_RULES,
    *PLATFORM_RULES,
    *DATABASE_RULES,
    *ACCESS_RULES,
    *SERVICE_RULES,
    *CONNECTION_RULES,
    *STATE_RULES,
    *STORAGE_RULES,
    *ADOPTION_RULES,
    *PRODUCTION_RULES,
    *LIMIT_RULES,
)


def parameter_prefix(name: str, environment: str) -> str:
    """What the names of a deployment's SSM parameters begin with."""
    return f"/{name}/{environment}/"


class EnvironmentSettings(Section):
    """One environment: the settings of its file, over its profile's defaults.

    Attributes:
        full_name: `<name>-<environment>`, which every resource is named by.
        concurrency: what each task runs at a time.
        connections_alarm: the open database connections that an alarm goes off above.
        network_is_given: the VPC and its subnets are another team's.
        protected: no plan may delete what holds data (`prevent_destroy`).
        identifying_tags: those that tell the environment's resources from all others', as far as `tag_keys` has them.
        all_tags: of every resource.
        deployment: `<name>/<environment>`, which tells `a-b` and `c` from `a` and `b-c`.
        namesakes: name and environment of each deployment that would have the same full name.
        stack_name: the full name, what `cdktf deploy` takes.
        default_state_key: where the state lies in its bucket unless `state.key` says otherwise.
        state_key: where the state lies in its bucket.
        parameter_prefix: what the names of its SSM parameters begin with: `/<name>/<environment>/`.
        state_region: where the bucket is.

    Raises:
        pydantic.ValidationError: a value, or values together, are not accepted; `load_environments` makes a
            report for people of it.
    """

    environment: Annotated[str, Setting("The file's name without .toml", aws.NAME)]
    profile: Annotated[
        Literal["demo", "production"],
        Setting(
            "The set of defaults: `demo` is open and cheap, `production` rejects unsafe values",
            Allowed('"demo" or "production"'),
            example='"demo"',
        ),
    ]
    size: Annotated[
        Literal["small", "medium", "large", "xlarge"],
        Setting(
            "Size of a task and of the database instance: sets `service.cpu_units`, `service.memory_mib` "
            "and `database.instance_class`, each of which can also be set",
            Allowed(" or ".join(f'"{size}"' for size in SIZES)),
            defaults=Defaults(demo="small", production="medium"),
        ),
    ]
    region: Annotated[
        str,
        Setting(
            "AWS Region of all resources",
            aws.REGION,
            "https://docs.aws.amazon.com/global-infrastructure/latest/regions/aws-regions.html",
            example='"eu-west-1"',
        ),
    ]
    name: Annotated[
        str,
        Setting(
            "First part of all resource names, followed by the environment's name",
            aws.NAME,
            "https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html",
        ),
    ] = "mlflow"
    allow_destroy: Annotated[
        bool,
        Setting(
            "The next apply removes all deletion protections, and `destroy` can then delete everything",
            BOOLEAN,
        ),
    ] = False
    tags: Annotated[
        Tags,
        Setting(
            "Tags of all resources; they take precedence over those of `tag_keys`",
            Allowed(f"up to {MOST_TAGS} tags within AWS's limits"),
            "https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html",
        ),
    ] = Field(default_factory=no_entries)
    tag_keys: TagKeysSettings = TagKeysSettings()
    network: NetworkSettings
    database: DatabaseSettings
    artifact_store: ArtifactStoreSettings
    image: ImageSettings
    load_balancer: LoadBalancerSettings
    domain: Annotated[
        DomainSettings | None,
        Unsafe(
            is_not_set,
            Refusal(
                "Plain HTTP shows everything that clients send and read to anyone on the way.",
                "[domain] in production, which gives the server HTTPS",
                'add [domain] with name = "mlflow.example.com" and hosted_zone_id = "<the zone of example.com>".',
            ),
        ),
    ] = None
    sign_in: SignInSettings = SignInSettings()
    firewall: FirewallSettings
    service: ServiceSettings
    scaling: ScalingSettings
    alarms: AlarmsSettings
    logs: LogsSettings
    encryption: EncryptionSettings
    access: AccessSettings = AccessSettings()
    state: StateSettings = StateSettings()
    remote_state: RemoteStateSettings | None = None
    adopt: AdoptSettings = AdoptSettings()
    quotas: QuotasSettings = QuotasSettings()

    @property
    def full_name(self) -> str:
        return f"{self.name}-{self.environment}"

    @property
    def identifying_tags(self) -> dict[str, str]:
        own = {self.tag_keys.application: self.name, self.tag_keys.environment: self.environment}
        return {key: value for key, value in own.items() if key}

    @property
    def all_tags(self) -> dict[str, str]:
        managed_by = self.tag_keys.managed_by
        return {
            **self.identifying_tags,
            **({managed_by: "terraform"} if managed_by else {}),
            **self.tags,
        }

    @property
    def deployment(self) -> str:
        return f"{self.name}/{self.environment}"

    @property
    def namesakes(self) -> tuple[tuple[str, str], ...]:
        parts = self.full_name.split("-")
        splits = [("-".join(parts[:at]), "-".join(parts[at:])) for at in range(1, len(parts))]
        # An environment's name begins with a letter.
        return tuple(one for one in splits if one[1][0].isalpha() and one != (self.name, self.environment))

    @property
    def network_is_given(self) -> bool:
        return bool(given_network(self))

    @property
    def concurrency(self) -> Concurrency:
        return concurrency_of(self.service)

    @property
    def connections_alarm(self) -> int:
        return alarm_threshold(self)

    @property
    def protected(self) -> bool:
        return self.profile == "production" and not self.allow_destroy

    @property
    def stack_name(self) -> str:
        return self.full_name

    @property
    def default_state_key(self) -> str:
        return f"{self.state.key_prefix or self.name}/{self.environment}/terraform.tfstate"

    @property
    def state_key(self) -> str:
        return self.state.key or self.default_state_key

    @property
    def parameter_prefix(self) -> str:
        return parameter_prefix(self.name, self.environment)

    @property
    def state_region(self) -> str:
        return self.state.region or self.region

    @model_validator(mode="before")
    @classmethod
    def _over_the_profile(cls, values: Any) -> Any:
        return with_defaults(values, DEFAULTS) if isinstance(values, dict) else values

    @model_validator(mode="after")
    def _keep_the_rules(self) -> EnvironmentSettings:
        keep(RULES, self)
        return self


# Profile → its defaults, where they differ from the other's, as a file would hold them.
DEFAULTS = {profile: profile_defaults(EnvironmentSettings, profile) for profile in PROFILES}
