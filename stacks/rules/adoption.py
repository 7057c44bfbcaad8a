"""Rules on what is adopted: it stays where it is, as it is, and is deleted on purpose only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.common.deletion import ON_PURPOSE
from settings.language.errors import Refusal, as_written
from settings.language.rules import Rule, Violation, value_at
from stacks.profiles import ADOPTED
from stacks.rules.given import NETWORK, given_network

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings


def adopted_data_is_kept(settings: EnvironmentSettings) -> Iterator[Violation]:
    """What keeps adopted data from being deleted is given up by `allow_destroy` alone, in the demo too."""
    if settings.allow_destroy or settings.profile == "production":  # which refuses it in any case
        return
    for name, kept in ADOPTED.items():
        if getattr(settings.adopt, name) is None:
            continue
        for table, defaults in kept.items():
            for setting, wanted in defaults.items():
                if value_at(settings, f"{table}.{setting}") != wanted:
                    problem = f"adopt.{name} holds data that were there before this environment."
                    allowed = f"{as_written(wanted)} together with adopt.{name}"
                    yield Violation(
                        (table, setting), Refusal(problem, allowed, f"remove the line. {ON_PURPOSE}")
                    )


def database_stays_in_its_network(settings: EnvironmentSettings) -> Iterator[Violation]:
    """An instance keeps its subnet group for as long as it stays in its VPC
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.VPC2VPC.html)."""
    instance, group = settings.adopt.database_instance, settings.adopt.database_subnet_group
    if instance is not None and not given_network(settings):
        problem = f"{instance} stands in a VPC, and this environment would make another one."
        fix = (
            f"name the VPC and subnets that it stands in: {', '.join(f'network.{name}' for name in NETWORK)}."
        )
        refusal = Refusal(problem, "adopt.database_instance together with the network that it is in", fix)
        yield Violation(("adopt", "database_instance"), refusal)
    if instance is not None and group is None:
        problem = f"{instance} cannot be moved to a new subnet group: RDS refuses that within a VPC."
        fix = (
            "add to [adopt]: database_subnet_group = the DBSubnetGroupName that "
            f"`aws rds describe-db-instances --db-instance-identifier {instance}` shows."
        )
        yield Violation(("adopt", "database_subnet_group"), Refusal(problem, "the group that it is in", fix))
    if instance is None and group is not None:
        problem = "The subnet group is adopted with the instance in it, and none is named."
        fix = "add to [adopt]: database_instance; or remove this line."
        refusal = Refusal(problem, "only together with adopt.database_instance", fix)
        yield Violation(("adopt", "database_subnet_group"), refusal)


def adopted_database_is_not_restored(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A restore makes a new instance (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html)."""
    if settings.adopt.database_instance is not None and settings.database.restore is not None:
        refusal = Refusal(
            "A restore makes a new database, and adopt.database_instance is one that exists.",
            "only without adopt.database_instance",
            "remove the table; or leave adopt.database_instance out, to begin with what the table names.",
        )
        yield Violation(("database", "restore"), refusal)


def new_storage_is_encrypted(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Encryption costs nothing and cannot be switched on later
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html)."""
    if settings.profile == "production":  # which refuses it in any case
        return
    if not settings.database.storage_encrypted and settings.adopt.database_instance is None:
        problem = "A new database without encryption cannot be encrypted later."
        allowed = "false only together with adopt.database_instance, for an instance that is not encrypted"
        refusal = Refusal(problem, allowed, "remove the line.")
        yield Violation(("database", "storage_encrypted"), refusal)


def artifacts_are_not_beside_the_state(settings: EnvironmentSettings) -> Iterator[Violation]:
    """The state's bucket has another life than the artifacts'."""
    bucket = settings.adopt.artifact_bucket
    if bucket is not None and bucket == settings.state.bucket:
        problem = "It is the bucket of the state too: a reader of artifacts could read the state."
        refusal = Refusal(problem, "another bucket than state.bucket", "keep the state in another bucket.")
        yield Violation(("adopt", "artifact_bucket"), refusal)


ADOPTION_RULES: tuple[Rule, ...] = (
    adopted_data_is_kept,
    database_stays_in_its_network,
    adopted_database_is_not_restored,
    new_storage_is_encrypted,
    artifacts_are_not_beside_the_state,
)
