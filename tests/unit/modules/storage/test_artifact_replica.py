"""Copies of the artifacts: what S3 copies where, and what its role may do."""

from __future__ import annotations

import json

from modules.storage.artifact_replica import ArtifactReplica
from modules.storage.settings import ReplicaSettings
from stacks.base import AppStack
from tests.given.stores import store_in
from tests.synthesis import Json, resource, statements, synthesize

COPIES = "arn:aws:s3:::example-artifact-copies"
THEIR_KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"


def replica(*, with_keys: bool, account_id: str | None) -> Json:
    def build(stack: AppStack) -> None:
        settings = ReplicaSettings(
            bucket_arn=COPIES, account_id=account_id, kms_key_arn=THEIR_KEY if with_keys else None
        )
        ArtifactReplica(
            stack,
            "artifact_replica",
            settings=settings,
            store=store_in(stack, with_key=with_keys),
            role_name="mlflow-test-artifact-replica",
        )

    return synthesize(build)


def rule(synthesized: Json) -> Json:
    configuration = resource(synthesized, "aws_s3_bucket_replication_configuration.artifact_replica")
    assert configuration["bucket"] == "${aws_s3_bucket.artifact_store.id}"
    assert configuration["depends_on"] == [
        "aws_s3_bucket_versioning.artifact_store",
        "aws_iam_role_policy.artifact_replica",
    ]
    (found,) = configuration["rule"]
    return dict(found)


def policy(synthesized: Json) -> dict[str, Json]:
    return statements(resource(synthesized, "aws_iam_role_policy.artifact_replica")["policy"])


def test_without_keys_everything_but_deletions_is_copied() -> None:
    synthesized = replica(with_keys=False, account_id=None)

    assert rule(synthesized) == {
        "id": "everything",
        "status": "Enabled",
        "priority": 1,
        "filter": {"prefix": ""},
        "delete_marker_replication": {"status": "Disabled"},
        "destination": {"bucket": COPIES},
    }
    assert policy(synthesized).keys() == {"ReadWhatToReplicate", "ReadVersions", "WriteCopies"}
    assert policy(synthesized)["WriteCopies"]["Action"] == ["s3:ReplicateObject", "s3:ReplicateTags"]


def test_with_keys_copies_are_encrypted_with_the_others() -> None:
    made = rule(replica(with_keys=True, account_id=None))

    assert made["source_selection_criteria"] == {"sse_kms_encrypted_objects": {"status": "Enabled"}}
    assert made["destination"]["encryption_configuration"] == {"replica_kms_key_id": THEIR_KEY}


def test_in_another_account_the_copies_are_that_accounts() -> None:
    synthesized = replica(with_keys=True, account_id="111122223333")

    destination = rule(synthesized)["destination"]
    assert destination["account"] == "111122223333"
    assert destination["access_control_translation"] == {"owner": "Destination"}
    assert "s3:ObjectOwnerOverrideToBucketOwner" in policy(synthesized)["WriteCopies"]["Action"]


def test_the_role_reads_here_and_writes_there_and_nothing_else() -> None:
    granted = policy(replica(with_keys=True, account_id=None))

    store = "${aws_s3_bucket.artifact_store.arn}"
    assert {sid: statement["Resource"] for sid, statement in granted.items()} == {
        "ReadWhatToReplicate": [store],
        "ReadVersions": [f"{store}/*"],
        "DecryptArtifacts": ["${aws_kms_key.key.arn}"],
        "WriteCopies": [f"{COPIES}/*"],
        "EncryptCopies": [THEIR_KEY],
    }
    assert granted["DecryptArtifacts"]["Condition"]["StringLike"] == {
        "kms:ViaService": "s3.eu-west-1.*",
        "kms:EncryptionContext:aws:s3:arn": [store, f"{store}/*"],
    }
    assert granted["EncryptCopies"]["Condition"]["StringLike"] == {
        "kms:ViaService": "s3.eu-central-1.*",
        "kms:EncryptionContext:aws:s3:arn": [COPIES, f"{COPIES}/*"],
    }
    actions = [action for statement in granted.values() for action in statement["Action"]]
    assert not [action for action in actions if "*" in action or "Delete" in action]


def test_the_role_is_assumed_by_s3() -> None:
    bounded = replica(with_keys=False, account_id=None)

    role = resource(bounded, "aws_iam_role.artifact_replica")
    (trust,) = json.loads(role["assume_role_policy"])["Statement"]
    assert trust["Principal"] == {"Service": "s3.amazonaws.com"}
