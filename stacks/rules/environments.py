"""Rules on the environments together: no two may share names or state; of a bucket they share they say the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain

from settings.language.errors import Refusal, as_written
from settings.language.rules import Violation
from stacks.environment import EnvironmentSettings
from stacks.state_buckets import state_stack_names
from stacks.tables.state import STATE_STACK_KEY, key_alias_of

Clash = tuple[EnvironmentSettings, Violation]
MANAGED_OPTIONS = (
    "account_id",
    "kms_key_id",
    "create_kms_key",
    "access_log_bucket",
)


def clashes(environments: Sequence[EnvironmentSettings]) -> Iterator[Clash]:
    """What the later of two environments would take from the earlier, or says otherwise of what they share."""
    return chain(
        _same_names(environments),
        _same_domains(environments),
        _same_states(environments),
        _differing_buckets(environments),
    )


def _same_names(environments: Sequence[EnvironmentSettings]) -> Iterator[Clash]:
    names: dict[str, EnvironmentSettings] = {}
    for settings in environments:
        other = names.setdefault(settings.full_name, settings)
        if other is not settings:
            refusal = Refusal(
                f'"{settings.full_name}" is also what the environment {other.environment} is called, '
                "and roles have one name in all regions.",
                "a different <name>-<environment> for each environment",
                f"set another name here or in {other.environment}.toml.",
            )
            yield settings, Violation(("name",), refusal)
    stacks = {stack: bucket for bucket, stack in state_stack_names(environments).items()}
    for settings in environments:
        if settings.stack_name in stacks:
            refusal = Refusal(
                f'"{settings.stack_name}" is the stack of the bucket {stacks[settings.stack_name]}, which holds state.',
                "a <name>-<environment> that is no other stack's",
                f"set another name, or rename {settings.environment}.toml.",
            )
            yield settings, Violation(("name",), refusal)


def _same_domains(environments: Sequence[EnvironmentSettings]) -> Iterator[Clash]:
    domains: dict[str, EnvironmentSettings] = {}
    for settings in environments:
        if settings.domain is None:
            continue
        for position, name in enumerate(settings.domain.names):
            other = domains.setdefault(name, settings)
            if other is settings:
                continue
            refusal = Refusal(
                f"{name} is the environment {other.environment}'s, and leads to one load balancer.",
                "a name of its own for each environment",
                f'write another, such as "{settings.environment}.{name}".',
            )
            path = ("domain", "additional_names", position - 1) if position else ("domain", "name")
            yield settings, Violation(path, refusal)


def _same_states(environments: Sequence[EnvironmentSettings]) -> Iterator[Clash]:
    states: dict[tuple[str | None, str], EnvironmentSettings] = {}
    for settings in environments:
        bucket = settings.state.bucket
        # Whichever folder of settings manages the bucket: its stack is there in every managed one.
        if bucket is not None and settings.state_key == STATE_STACK_KEY:
            refusal = Refusal(
                f"s3://{bucket}/{STATE_STACK_KEY} is where the stack `state` keeps its own state.",
                "any other key",
                f'set state.key, such as "mlflow/environments/{settings.environment}/terraform.tfstate".',
            )
            yield settings, Violation(("state", "key"), refusal)
        # Without a bucket the key is the environment's own.
        other = states.setdefault((bucket, settings.state_key), settings)
        if other is not settings:
            refusal = Refusal(
                f"s3://{bucket}/{settings.state_key} is the state of the environment {other.environment}: "
                "each apply would delete what the other made.",
                "a key of its own for each environment",
                f'remove state.key (it is then "{settings.default_state_key}").',
            )
            yield settings, Violation(("state", "key"), refusal)


def _differing_buckets(environments: Sequence[EnvironmentSettings]) -> Iterator[Clash]:
    """One bucket is one stack: who manages it says the same, and who uses it finds it."""
    managers: dict[str, EnvironmentSettings] = {}
    for settings in environments:
        if settings.state.managed and settings.state.bucket:
            managers.setdefault(settings.state.bucket, settings)
    for settings in environments:
        manager = managers.get(settings.state.bucket or "")
        if manager is None or manager is settings:
            continue
        if settings.state_region != manager.state_region:
            problem = f"{manager.environment}.toml has the bucket {settings.state.bucket} in {manager.state_region}."
            fix = f'write region = "{manager.state_region}" in [state], or name another bucket.'
            refusal = Refusal(problem, f"the bucket's region, {manager.state_region}", fix)
            yield settings, Violation(("state", "region"), refusal)
        if settings.state.managed:
            yield from _differing_options(settings, manager)
        elif settings.state.encryption_key != manager.state.encryption_key:
            yield settings, _other_key(settings, manager)


def _differing_options(settings: EnvironmentSettings, manager: EnvironmentSettings) -> Iterator[Clash]:
    for option in MANAGED_OPTIONS:
        here, there = getattr(settings.state, option), getattr(manager.state, option)
        if here != there:
            said = "leaves it out" if there is None else f"says {as_written(there)}"
            problem = f"{manager.environment}.toml {said}, for the same bucket {settings.state.bucket}."
            fix = f"write the same in both files, or remove state.managed from {settings.environment}.toml."
            refusal = Refusal(problem, "the same in all files that manage one bucket", fix)
            yield settings, Violation(("state", option), refusal)


def _other_key(settings: EnvironmentSettings, manager: EnvironmentSettings) -> Violation:
    wanted = manager.state.kms_key_id or (
        manager.state.create_kms_key and key_alias_of(settings.state.bucket or "")
    )
    problem = f"The bucket is {manager.environment}'s, which encrypts it with "
    problem += f'"{wanted}".' if wanted else "S3's own keys."
    fix = f'write kms_key_id = "{wanted}" in [state].' if wanted else "remove state.kms_key_id."
    return Violation(("state", "kms_key_id"), Refusal(problem, "the bucket's own encryption", fix))
