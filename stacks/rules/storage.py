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


def copies_are_encrypted(settings: EnvironmentSettings) -> Iterator[Violation]:
    """Where the store has a key, so have the copies
    (https://docs.aws.amazon.com/AmazonS3/latest/userguide/replication-config-for-kms-objects.html)."""
    replica = settings.artifact_store.replica
    encrypted = settings.encryption.create_kms_key or is_given(settings, "kms_key_arn")
    if replica is not None and encrypted and replica.kms_key_arn is None:
        problem = "The artifacts are encrypted with a key, which does not leave its region and account."
        fix = f'add to [{STORE}.replica]: kms_key_arn = "<a key in the region of {replica.bucket_arn}>".'
        refusal = Refusal(problem, "a key for the copies", fix)
        yield Violation((STORE, "replica", "kms_key_arn"), refusal)


STORAGE_RULES: tuple[Rule, ...] = (
    transition_is_whole,
    copies_are_encrypted,
    of_the_partition("artifact_store.replica.bucket_arn", "region"),
    of_the_partition("artifact_store.replica.kms_key_arn", "region"),
)
