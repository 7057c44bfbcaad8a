"""`make state` from nothing: cut off anywhere and run again, by two people at once, killed while it applies."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.state.project import (
    ACCOUNT,
    DEMO_TOML,
    LOCAL_STATE,
    Checkout,
    FirstRuns,
    contents,
    state_in_bucket,
)
from tools.setup import toolchain
from tools.state.flow import Bootstrap

pytestmark = pytest.mark.xdist_group("emulator_state")

Client = Callable[[str], Any]
DEMO_BUCKET = f"mlflow-state-{ACCOUNT}-us-east-1"
TEAM_BUCKET = f"team-state-{ACCOUNT}-us-east-1"
OWN_BUCKET = f"mlflow-state-{ACCOUNT}-eu-west-1"
LOCAL = "terraform.mlflow-demo.tfstate"
STATE_KEY = "mlflow/state/terraform.tfstate"
WRITTEN = f"""{DEMO_TOML}

# Where Terraform keeps what it knows: shared, versioned and locked (docs/state.md).
[state]
bucket = "{DEMO_BUCKET}"
managed = true
"""


def test_interrupted_after_any_step_state_and_settings_agree(
    first_runs: FirstRuns,
) -> None:
    _, cut_offs, _ = first_runs.demo

    assert [each.step for each in cut_offs] == list(Bootstrap.STEPS)
    for each in cut_offs:
        assert each.files in ([LOCAL], [f"{LOCAL}.moved.backup"]), each
        assert each.in_bucket or each.files == [LOCAL], each
        assert each.settings == DEMO_TOML or (each.settings == WRITTEN and each.in_bucket), each
    assert [each.in_bucket for each in cut_offs] == [False] * 6 + [True] * 3


def test_interrupted_runs_reach_the_same_result(first_runs: FirstRuns, client: Client) -> None:
    person, _, said = first_runs.demo
    s3 = client("s3")

    assert "No changes" in said
    assert (person.folder / "environments" / "demo.toml").read_text() == WRITTEN
    moved = state_in_bucket(s3, DEMO_BUCKET, "mlflow/demo/terraform.tfstate")
    assert moved is not None and contents(moved) == contents(LOCAL_STATE)
    backup = json.loads((person.folder / f"{LOCAL}.moved.backup").read_text())
    assert backup == LOCAL_STATE
    own = state_in_bucket(s3, DEMO_BUCKET, STATE_KEY)
    assert own is not None
    managed = [f"{one['type']}.{one['name']}" for one in own["resources"] if one["mode"] == "managed"]
    assert len(managed) == len(set(managed)) == 8
    assert [one["Name"] for one in s3.list_buckets()["Buckets"] if "mlflow-state" in one["Name"]] == [
        OWN_BUCKET,
        DEMO_BUCKET,
    ]


def test_another_run_changes_nothing(first_runs: FirstRuns, client: Client) -> None:
    person, _, _ = first_runs.demo
    s3 = client("s3")
    before = versions(s3, DEMO_BUCKET)

    said = person.make_state("demo")

    assert "No changes" in said and "demo.toml says it already" in said
    assert (person.folder / "environments" / "demo.toml").read_text() == WRITTEN
    assert versions(s3, DEMO_BUCKET) == before


def versions(s3: Any, bucket: str) -> list[tuple[str, str]]:
    """Of the states; each lock leaves one of its own."""
    found = s3.list_object_versions(Bucket=bucket)["Versions"]
    return [(one["Key"], one["VersionId"]) for one in found if one["Key"].endswith(".tfstate")]


def test_written_settings_give_an_empty_plan(first_runs: FirstRuns) -> None:
    person, _, _ = first_runs.demo
    person.synthesize()
    stacks = person.folder / "cdktf.out" / "stacks"

    ready = terraform(person, stacks / "state", "init", "-input=false")
    plan = terraform(person, stacks / "state", "plan", "-detailed-exitcode", "-input=false")

    assert (ready.returncode, plan.returncode) == (0, 0), ready.stdout + plan.stdout
    assert sorted(path.name for path in stacks.iterdir()) == ["mlflow-demo", "state"]
    backend = json.loads((stacks / "mlflow-demo" / "cdk.tf.json").read_text())["terraform"]["backend"]
    assert (backend["s3"]["bucket"], backend["s3"]["key"]) == (DEMO_BUCKET, "mlflow/demo/terraform.tfstate")


def terraform(person: Checkout, folder: Any, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [toolchain.terraform(), *arguments, "-no-color"],
        cwd=folder,
        env=dict(person.variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_terraform_refuses_to_destroy_it(first_runs: FirstRuns, client: Client) -> None:
    person, _, _ = first_runs.demo
    folder = person.folder / ".tools" / "state" / "demo" / "cdktf.out" / "stacks" / "state"

    refused = terraform(person, folder, "destroy", "-auto-approve", "-input=false")

    assert refused.returncode == 1
    assert "Instance cannot be destroyed" in refused.stdout
    assert client("s3").get_bucket_versioning(Bucket=DEMO_BUCKET)["Status"] == "Enabled"


def test_state_bucket_is_private_versioned_encrypted_and_expires_leftovers(
    first_runs: FirstRuns, client: Client
) -> None:
    s3 = client("s3")

    block = s3.get_public_access_block(Bucket=DEMO_BUCKET)["PublicAccessBlockConfiguration"]
    (encryption,) = s3.get_bucket_encryption(Bucket=DEMO_BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    policy = json.loads(s3.get_bucket_policy(Bucket=DEMO_BUCKET)["Policy"])
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=DEMO_BUCKET)["Rules"]

    assert all(block.values()) and len(block) == 4
    assert encryption["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert [statement["Sid"] for statement in policy["Statement"]] == ["RefusePlainHttp"]
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}
    assert rule["Expiration"]["ExpiredObjectDeleteMarker"] is True
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 7}


def test_two_people_at_once_one_succeeds_and_the_other_sees_the_holder(
    first_runs: FirstRuns, client: Client
) -> None:
    ann, bob, ended = first_runs.team
    (lost,) = [text for status, text in ended if status == 1]
    loser = (ann, bob)[[status for status, _ in ended].index(1)]

    again = loser.make_state("team")

    assert sorted(status for status, _ in ended) == [0, 1]
    assert f"Somebody else is at the bucket {TEAM_BUCKET}" in lost and "Traceback" not in lost
    assert "has held it since 20" in lost and "@" in lost
    assert "No changes" in again
    texts = {(person.folder / "environments" / "team.toml").read_text() for person in (ann, bob)}
    (text,) = texts
    assert f'access_log_bucket = "logs-of-the-company"\nbucket = "{TEAM_BUCKET}"\n# That was all' in text
    logging = client("s3").get_bucket_logging(Bucket=TEAM_BUCKET)["LoggingEnabled"]
    assert (logging["TargetBucket"], logging["TargetPrefix"]) == ("logs-of-the-company", f"{TEAM_BUCKET}/")


def test_run_killed_during_apply_can_be_resumed(first_runs: FirstRuns, aws: EmulatedAws) -> None:
    person, before, said = first_runs.own
    session: Any = aws.session("eu-west-1")
    kms = session.client("kms")

    aliases = [one for one in kms.list_aliases()["Aliases"] if one["AliasName"] == f"alias/{OWN_BUCKET}"]
    keys = [
        key["KeyId"]
        for key in kms.list_keys()["Keys"]
        if OWN_BUCKET in kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]["Description"]
    ]

    log = (person.folder / ".tools" / "state" / "own" / "log").read_text()
    assert "Error acquiring the state lock" in log and "successfully unlocked" in log
    assert "aws_kms_alias.state: Creation complete" in before and "Apply complete" not in before
    assert "written into own.toml" in said
    assert [one["TargetKeyId"] for one in aliases] == keys
    assert kms.get_key_rotation_status(KeyId=keys[0])["KeyRotationEnabled"] is True
    state = session.client("s3").head_object(Bucket=OWN_BUCKET, Key=STATE_KEY)
    assert state["ServerSideEncryption"] == "aws:kms"


def test_the_emulation_could_do_all_that_was_asked(first_runs: FirstRuns, aws: EmulatedAws) -> None:
    assert aws.gaps() == []
