"""Rules on the artifact store: what goes together, and what S3 takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from settings.language.errors import Refusal
from settings.language.rules import Rule, Violation
from stacks.rules.given import is_given, of_the_partition

if TYPE_CHECKING:
    from stacks.environment import EnvironmentSettings

DEFAULT_STORAGE_CLASS = "INTELLIGENT_TIERING"
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html
LEAST_DAYS_BEFORE_STANDARD_IA = 30
STORE = "artifact_store"


def transition_is_whole(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A storage class is moved to some day, and to STANDARD_IA after 30 days or more."""
    days, storage_class = (
        settings.artifact_store.transition_days,
        settings.artifact_store.transition_storage_class,
    )
    if days is None and storage_class != DEFAULT_STORAGE_CLASS:
        problem = "Nothing moves there: artifact_store.transition_days is not set."
        fix = f"add transition_days = {LEAST_DAYS_BEFORE_STANDARD_IA}, or remove the line."
        refusal = Refusal(problem, "only together with transition_days", fix)
        yield Violation((STORE, "transition_storage_class"), refusal)
    if days is not None and storage_class == "STANDARD_IA" and days < LEAST_DAYS_BEFORE_STANDARD_IA:
        problem = f"S3 moves nothing to STANDARD_IA before it is {LEAST_DAYS_BEFORE_STANDARD_IA} days old."
        allowed = f"{LEAST_DAYS_BEFORE_STANDARD_IA} days or more with STANDARD_IA"
        fix = (
            f'write {LEAST_DAYS_BEFORE_STANDARD_IA}, or transition_storage_class = "{DEFAULT_STORAGE_CLASS}".'
        )
        yield Violation((STORE, "transition_days"), Refusal(problem, allowed, fix))


def object_lock_is_whole(settings: EnvironmentSettings) -> Iterator[Violation]:
    """A mode and a time."""
    examples = {"object_lock_mode": '"GOVERNANCE"', "object_lock_days": "90"}
    missing = [name for name in examples if getattr(settings.artifact_store, name) is None]
    if len(missing) == 1:
        (name,) = missing
        (other,) = examples.keys() - {name}
        problem = f"{STORE}.{other} is set, and this is not."
        fix = f"add to [{STORE}]: {name} = {examples[name]}; or remove {other}."
        yield Violation((STORE, name), Refusal(problem, "both, or neither", fix))


def replica_is_whole(settings: EnvironmentSettings) -> Iterator[Violation]:
    """What describes the copies belongs to a bucket of copies; where the store has a key, so have they
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html)."""
    bucket, key = settings.artifact_store.replica_bucket_arn, settings.artifact_store.replica_kms_key_arn
    for name in ("replica_account_id", "replica_kms_key_arn"):
        if bucket is None and getattr(settings.artifact_store, name) is not None:
            problem = "There is no bucket for copies."
            fix = f'add replica_bucket_arn = "arn:aws:s3:::example-artifact-copies", or remove {name}.'
            yield Violation((STORE, name), Refusal(problem, "only together with replica_bucket_arn", fix))
    encrypted = settings.encryption.own_key or is_given(settings, "kms_key_arn")
    if bucket is not None and encrypted and key is None:
        problem = "The artifacts are encrypted with a key, which does not leave its region and account."
        fix = f'add to [{STORE}]: replica_kms_key_arn = "<a key in the region of {bucket}>".'
        yield Violation((STORE, "replica_kms_key_arn"), Refusal(problem, "a key for the copies", fix))


STORAGE_RULES: tuple[Rule, ...] = (
    transition_is_whole,
    object_lock_is_whole,
    replica_is_whole,
    of_the_partition("artifact_store.replica_bucket_arn", "region"),
    of_the_partition("artifact_store.replica_kms_key_arn", "region"),
)
