"""Rules on what is adopted: it stays where it is, as it is, and is deleted on purpose only."""

from __future__ import annotations

from collections.abc import Iterator

from settings.language.errors import Refusal, as_written
from settings.language.rules import Broken, Rule, Values
from stacks.profiles import ADOPTED
from stacks.rules.given import NETWORK, given_network
from stacks.rules.production import ON_PURPOSE


def adopted_data_is_kept(values: Values) -> Iterator[Broken]:
    """What keeps adopted data from being deleted is given up by `release` alone, in the demo too."""
    if values["release"] or values["profile"] == "production":  # which refuses it in any case
        return
    for name, kept in ADOPTED.items():
        if values[f"adopt.{name}"] is None:
            continue
        for table, settings in kept.items():
            for setting, wanted in settings.items():
                if values[f"{table}.{setting}"] != wanted:
                    problem = f"adopt.{name} holds data that were there before this environment."
                    allowed = f"{as_written(wanted)} together with adopt.{name}"
                    yield Broken(
                        (table, setting), Refusal(problem, allowed, f"remove the line. {ON_PURPOSE}")
                    )


def database_stays_in_its_network(values: Values) -> Iterator[Broken]:
    """An instance keeps its subnet group for as long as it stays in its VPC
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_VPC.VPC2VPC.html)."""
    instance, group = values["adopt.database_instance"], values["adopt.database_subnet_group"]
    if instance is not None and not given_network(values):
        problem = f"{instance} stands in a VPC, and this environment would make another one."
        fix = (
            f"name the VPC and subnets that it stands in: {', '.join(f'network.{name}' for name in NETWORK)}."
        )
        refusal = Refusal(problem, "adopt.database_instance together with the network that it is in", fix)
        yield Broken(("adopt", "database_instance"), refusal)
    if instance is not None and group is None:
        problem = f"{instance} cannot be moved to a new subnet group: RDS refuses that within a VPC."
        fix = (
            "add to [adopt]: database_subnet_group = the DBSubnetGroupName that "
            f"`aws rds describe-db-instances --db-instance-identifier {instance}` shows."
        )
        yield Broken(("adopt", "database_subnet_group"), Refusal(problem, "the group that it is in", fix))
    if instance is None and group is not None:
        problem = "The subnet group is adopted with the instance in it, and none is named."
        fix = "add to [adopt]: database_instance; or remove this line."
        refusal = Refusal(problem, "only together with adopt.database_instance", fix)
        yield Broken(("adopt", "database_subnet_group"), refusal)


def adopted_database_is_not_restored(values: Values) -> Iterator[Broken]:
    """A restore makes a new instance (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_RestoreFromSnapshot.html)."""
    for name in ("restore_snapshot_identifier", "restore_source_identifier"):
        if values["adopt.database_instance"] is not None and values[f"database.{name}"] is not None:
            problem = "A restore makes a new database, and adopt.database_instance is one that exists."
            fix = f"remove the line; or leave adopt.database_instance out, to begin with what database.{name} has."
            refusal = Refusal(problem, "only without adopt.database_instance", fix)
            yield Broken(("database", name), refusal)


def new_storage_is_encrypted(values: Values) -> Iterator[Broken]:
    """Encryption costs nothing and cannot be switched on later
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html)."""
    if values["profile"] == "production":  # which refuses it in any case
        return
    if not values["database.storage_encrypted"] and values["adopt.database_instance"] is None:
        problem = "A new database without encryption cannot be encrypted later."
        allowed = "false only together with adopt.database_instance, for an instance that is not encrypted"
        refusal = Refusal(problem, allowed, "remove the line.")
        yield Broken(("database", "storage_encrypted"), refusal)


def artifacts_are_not_beside_the_state(values: Values) -> Iterator[Broken]:
    """The state's bucket has another life than the artifacts'."""
    bucket = values["adopt.artifact_bucket"]
    if bucket is not None and bucket == values["state.bucket"]:
        problem = "It is the bucket of the state too: a reader of artifacts could read the state."
        refusal = Refusal(problem, "another bucket than state.bucket", "keep the state in another bucket.")
        yield Broken(("adopt", "artifact_bucket"), refusal)


ADOPTION_RULES: tuple[Rule, ...] = (
    adopted_data_is_kept,
    database_stays_in_its_network,
    adopted_database_is_not_restored,
    new_storage_is_encrypted,
    artifacts_are_not_beside_the_state,
)
