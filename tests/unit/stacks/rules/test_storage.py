"""The artifact store's settings together: a storage class, a lock, a copy, each said whole."""

from __future__ import annotations

import pytest

from tests.environment_files import Load, Refuse
from tests.given.existing import KEY, THEIRS
from tests.given.storage import COPIES, THEIR_KEY
from tests.texts import DEMO, PRODUCTION

STORE = "[artifact_store]\n"
FILE = "environments/test.toml: artifact_store."


@pytest.mark.parametrize(
    ("lines", "place", "problem", "fix"),
    [
        (
            'transition_storage_class = "STANDARD_IA"',
            'transition_storage_class = "STANDARD_IA"',
            "Nothing moves there",
            "add transition_days = 30, or remove the line",
        ),
        (
            'transition_storage_class = "STANDARD_IA"\ntransition_days = 29',
            "transition_days = 29",
            "before it is 30 days old",
            'write 30, or transition_storage_class = "INTELLIGENT_TIERING"',
        ),
        (
            'transition_storage_class = "GLACIER"\ntransition_days = 30',
            'transition_storage_class = "GLACIER"',
            "not one of the allowed values",
            'write "INTELLIGENT_TIERING" or "STANDARD_IA"',
        ),
        ("transition_days = -1", "transition_days = -1", "out of range", "write 0, the lowest"),
        (
            'object_lock.mode = "GOVERNANCE"',
            "object_lock.days",
            "Required",
            "add it to [artifact_store.object_lock]: days = 90",
        ),
        (
            "object_lock.days = 30",
            "object_lock.mode",
            "Required",
            'add it to [artifact_store.object_lock]: mode = "GOVERNANCE"',
        ),
        (
            'object_lock.mode = "LEGAL_HOLD"\nobject_lock.days = 1',
            'object_lock.mode = "LEGAL_HOLD"',
            "not one of the allowed values",
            'write "GOVERNANCE" or "COMPLIANCE"',
        ),
        (
            'replica.account_id = "111122223333"',
            "replica.bucket_arn",
            "Required",
            "add it to [artifact_store.replica]: bucket_arn =",
        ),
        (
            f'replica.kms_key_arn = "{THEIR_KEY}"',
            "replica.bucket_arn",
            "Required",
            "add it to [artifact_store.replica]: bucket_arn =",
        ),
        (
            'replica.bucket_arn = "example-artifact-copies"',
            'replica.bucket_arn = "example-artifact-copies"',
            "not of this form",
            'like "arn:aws:s3:::example-artifact-copies"',
        ),
        (
            'replica.bucket_arn = "arn:aws-cn:s3:::example-artifact-copies"',
            'replica.bucket_arn = "arn:aws-cn:s3:::example-artifact-copies"',
            'of the partition "aws-cn"',
            'write "arn:aws:s3:::example-artifact-copies"',
        ),
        (
            'access_log_bucket = "Logs"',
            'access_log_bucket = "Logs"',
            "not of this form",
            "write it like",
        ),
    ],
)
def test_invalid_storage_is_refused(refuse: Refuse, lines: str, place: str, problem: str, fix: str) -> None:
    report = refuse(STORE + lines)

    assert report.places == [FILE + place]
    report.says(report.places[0], problem, fix)


def test_a_key_for_copies_is_of_the_partition(refuse: Refuse) -> None:
    report = refuse(f'{STORE}{COPIES}replica.kms_key_arn = "{THEIR_KEY.replace("arn:aws:", "arn:aws-cn:")}"')

    (place,) = report.places
    assert place.startswith(f"{FILE}replica.kms_key_arn = ")
    report.says(place, 'of the partition "aws-cn"', f'write "{THEIR_KEY}"')


@pytest.mark.parametrize(
    "base",
    [
        PRODUCTION,
        f'{DEMO}[encryption]\nkms_key_arn = "{KEY}"\n',
        f'{DEMO}{THEIRS}[remote_state.outputs]\nkms_key_arn = "data_key_arn"\n',
    ],
)
def test_replica_of_an_encrypted_bucket_requires_a_key(refuse: Refuse, load: Load, base: str) -> None:
    report = refuse(STORE + COPIES, base=base)

    assert report.places == [f"{FILE}replica.kms_key_arn"]
    report.says(report.places[0], "does not leave its region", "add to [artifact_store.replica]: kms_key_arn")
    assert load(f'{STORE}{COPIES}replica.kms_key_arn = "{THEIR_KEY}"', base=base)


def test_replica_of_an_unencrypted_bucket_needs_no_key(load: Load) -> None:
    replica = load(STORE + COPIES + 'replica.account_id = "111122223333"').artifact_store.replica

    assert replica is not None
    assert (replica.account_id, replica.kms_key_arn) == ("111122223333", None)


def test_an_object_moves_at_once_or_by_its_age(load: Load) -> None:
    at_once = load(f"{STORE}transition_days = 0").artifact_store
    by_age = load(f'{STORE}transition_days = 30\ntransition_storage_class = "STANDARD_IA"').artifact_store

    assert (at_once.transition_days, at_once.transition_storage_class) == (0, "INTELLIGENT_TIERING")
    assert (by_age.transition_days, by_age.transition_storage_class) == (30, "STANDARD_IA")
