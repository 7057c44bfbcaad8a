"""Rules on the state: what describes a bucket has one, and what is for a managed bucket is set for no other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from modules.common import aws
from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation
from stacks.tables.state import StateSettings

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings

OF_A_BUCKET = ("key", "key_prefix", "region", "kms_key_id", "role_arn", "account_id")
OF_A_MANAGED_BUCKET = ("create_kms_key", "access_log_bucket")


def state_has_a_bucket(settings: EnvironmentSettings) -> Iterator[Violation]:
    """What describes the state's bucket is nothing without one, unless `make state` has yet to make it."""
    if settings.state.bucket is not None or settings.state.managed:
        return
    for key in OF_A_BUCKET:
        if getattr(settings.state, key) is not None:
            problem = f"state.{key} has no effect without state.bucket: the state is in a local file."
            fix = f"set state.bucket, or remove state.{key}."
            yield Violation(("state", key), Refusal(problem, "only together with state.bucket", fix))


def options_are_of_a_managed_bucket(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A bucket that is not managed here is not changed."""
    if settings.state.managed:
        return
    for key in OF_A_MANAGED_BUCKET:
        if getattr(settings.state, key) != StateSettings.model_fields[key].default:
            problem = "It is for a bucket that `make state` makes, and state.managed is false."
            fix = f"set state.managed = true and run `make state`, or remove state.{key}."
            yield Violation(("state", key), Refusal(problem, "only together with state.managed = true", fix))


def managed_bucket_in_same_account(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A managed bucket is made, changed and read with the same credentials."""
    if settings.state.managed and settings.state.role_arn is not None:
        problem = (
            "`make state` makes a managed bucket with your own credentials, not with a role for the state."
        )
        fix = "remove state.role_arn; or remove state.managed, if the bucket is not managed here."
        yield Violation(
            ("state", "role_arn"), Refusal(problem, "only with a bucket that is not managed", fix)
        )


def key_is_said_once(settings: EnvironmentSettings) -> Iterator[Violation]:
    """The whole key, or its beginning."""
    if settings.state.key is not None and settings.state.key_prefix is not None:
        problem = f'state.key says the whole key, "{settings.state.key}": the prefix has no effect.'
        fix = "remove state.key_prefix, or state.key."
        yield Violation(("state", "key_prefix"), Refusal(problem, "only without state.key", fix))


def one_key_encrypts(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A bucket's default is one key (https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html)."""
    if settings.state.create_kms_key and settings.state.kms_key_id is not None:
        problem = "state.kms_key_id names a key that exists: none of its own is made for the bucket."
        fix = "remove one of the two."
        yield Violation(
            ("state", "create_kms_key"), Refusal(problem, "true only without state.kms_key_id", fix)
        )


def logs_are_elsewhere(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Logs in the bucket they are about would be logged in turn
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/ServerLogs.html)."""
    bucket = settings.state.bucket
    if bucket is not None and bucket == settings.state.access_log_bucket:
        problem = "It is the state's own bucket: each log would be logged, without end."
        fix = "name another bucket of the same region and account, or remove state.access_log_bucket."
        yield Violation(("state", "access_log_bucket"), Refusal(problem, "another bucket", fix))


def _arns_partition(setting: str) -> Rule:
    def rule(settings: EnvironmentSettings) -> Iterator[Violation]:
        """An ARN names its partition (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html)."""
        arn, region = getattr(settings.state, setting), settings.state.region or settings.region
        if arn is None or not arn.startswith("arn:"):
            return
        _, partition, _, arn_region, *_ = arn.split(":")
        wanted = aws.PARTITION_OF[region]
        if partition != wanted:
            problem = f'The ARN is of the partition "{partition}", and {region} is in "{wanted}".'
            fix = f'write "{arn.replace(partition, wanted, 1)}" if that exists, or set state.region.'
            yield Violation(("state", setting), Refusal(problem, f"arn:{wanted}:…", fix))
        elif arn_region and arn_region != region:
            problem = f"The key is in {arn_region}, and the bucket in {region}."
            fix = f"name a key in {region}, or set state.region."
            yield Violation(
                ("state", setting), Refusal(problem, f"a key in the bucket's region, {region}", fix)
            )

    return rule


STATE_RULES: tuple[Rule, ...] = (
    state_has_a_bucket,
    options_are_of_a_managed_bucket,
    managed_bucket_in_same_account,
    key_is_said_once,
    one_key_encrypts,
    logs_are_elsewhere,
    _arns_partition("kms_key_id"),
    _arns_partition("role_arn"),
)
