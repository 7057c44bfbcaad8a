"""`make state` with a bucket that is not managed here, and its refusals."""

from __future__ import annotations

import fcntl
import json
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import pytest

from local.aws.account import EmulatedAws
from tests.emulator.state import cut_off
from tests.emulator.state.project import (
    ACCOUNT,
    LOCAL_STATE,
    Checkout,
    FirstRuns,
    contents,
    state_in_bucket,
)
from tests.texts import PRODUCTION
from tools.state.bucket import Bucket
from tools.state.errors import StateError

pytestmark = pytest.mark.xdist_group("emulator_state")

Client = Callable[[str], Any]
MakeCheckout = Callable[[str], Checkout]
LOCAL = "terraform.mlflow-demo.tfstate"
DEMO = 'profile = "demo"\nregion = "us-east-1"\n'
KEY = "ml/demo/terraform.tfstate"


@pytest.fixture
def team_bucket(client: Client, request: pytest.FixtureRequest) -> str:
    """A bucket that a team has made, empty."""
    name = f"of-a-team-{sha256(request.node.name.encode()).hexdigest()[:12]}"
    client("s3").create_bucket(Bucket=name)
    return name


@pytest.fixture
def person(checkout: MakeCheckout, team_bucket: str) -> Checkout:
    """Someone whose state is in a file, and whose settings now name the team's bucket."""
    person = checkout("person")
    person.write(
        "demo", f'{DEMO}[state]\nbucket = "{team_bucket}"\nkey_prefix = "ml"\naccount_id = "{ACCOUNT}"\n'
    )
    person.keep_locally("demo")
    return person


def files(person: Checkout) -> list[str]:
    return sorted(path.name for path in person.folder.iterdir() if path.is_file())


def test_a_teams_bucket_gets_the_local_state_and_stays_as_it_is(
    person: Checkout, team_bucket: str, client: Client
) -> None:
    before = (person.folder / "environments" / "demo.toml").read_bytes()

    said = person.make_state("demo")
    again = person.make_state("demo")

    s3 = client("s3")
    moved = state_in_bucket(s3, team_bucket, KEY)
    assert moved is not None and contents(moved) == contents(LOCAL_STATE)
    assert [one["Key"] for one in s3.list_objects_v2(Bucket=team_bucket)["Contents"]] == [KEY]
    assert "Status" not in s3.get_bucket_versioning(Bucket=team_bucket)
    assert (person.folder / "environments" / "demo.toml").read_bytes() == before
    assert files(person) == [f"{LOCAL}.moved.backup"]
    assert "not managed here: it is used as it is" in said and f"there is none in {LOCAL}" in again


def test_no_second_platform_is_planned_with_state_in_a_file(person: Checkout, team_bucket: str) -> None:
    refused = person.synthesize(ends_with=1)
    assert list(person.folder.rglob("cdk.tf.json")) == []
    person.make_state("demo")

    assert f'{LOCAL}: state.bucket = "{team_bucket}"' in refused
    assert "the state of 1 resource" in refused and "make state ENVIRONMENT=demo" in refused
    person.synthesize()

    # And not when the bucket is dropped afterwards, either.
    person.write("demo", DEMO)
    assert f"{LOCAL}.moved.backup: state.bucket" in person.synthesize(ends_with=1)


def test_two_different_states_are_both_left_unchanged(
    person: Checkout, team_bucket: str, client: Client
) -> None:
    theirs = json.dumps({**LOCAL_STATE, "lineage": "theirs", "serial": 41, "outputs": {}})
    client("s3").put_object(Bucket=team_bucket, Key=KEY, Body=theirs.encode())

    said = person.make_state("demo", ends_with=1)

    assert "There are two states of mlflow-demo, and nothing was changed" in said
    assert "1 resource, serial 7" in said and "1 resource, serial 41" in said
    assert files(person) == [LOCAL]
    assert json.dumps(state_in_bucket(client("s3"), team_bucket, KEY)) == theirs


def test_locked_state_names_the_holder_and_the_time(
    person: Checkout, team_bucket: str, client: Client
) -> None:
    holder = {"ID": "1f2e", "Who": "ann@laptop", "Created": "2026-01-02T03:04:05Z", "Operation": "Apply"}
    client("s3").put_object(Bucket=team_bucket, Key=f"{KEY}.tflock", Body=json.dumps(holder).encode())

    said = person.make_state("demo", ends_with=1)

    assert "ann@laptop has held it since 2026-01-02 03:04:05" in said and "1f2e" in said
    assert files(person) == [LOCAL]


def test_a_local_state_that_an_apply_is_at_is_not_moved(
    person: Checkout, team_bucket: str, client: Client
) -> None:
    info = {"Who": "ann@laptop", "Created": "2026-01-02T03:04:05Z", "Operation": "OperationTypeApply"}
    (person.folder / f".{LOCAL}.lock.info").write_text(json.dumps(info))
    with (person.folder / LOCAL).open("r+b") as held:
        # As Terraform does.
        fcntl.lockf(held, fcntl.LOCK_EX)
        said = person.make_state("demo", ends_with=1)

    assert "is in use: ann@laptop since 2026-01-02T03:04:05Z (OperationTypeApply)" in said
    assert state_in_bucket(client("s3"), team_bucket, KEY) is None
    assert person.make_state("demo")


def test_file_that_is_no_state_is_not_moved(person: Checkout) -> None:
    (person.folder / LOCAL).write_text("{}")

    said = person.make_state("demo", ends_with=1)

    assert f"{LOCAL} is no Terraform state" in said and files(person) == [LOCAL]


def test_the_file_of_another_deployment_is_not_moved(
    person: Checkout, team_bucket: str, client: Client
) -> None:
    recorded = {"deployment": "team-c/demo", "account_id": ACCOUNT, "region": "us-east-1"}
    identity = {
        "mode": "managed",
        "type": "terraform_data",
        "name": "identity",
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": {"output": {"value": recorded}}}],
    }
    person.keep_locally("demo", {**LOCAL_STATE, "resources": [identity]})

    said = person.make_state("demo", ends_with=1)

    assert f"{LOCAL} is the state of team-c/demo, and the settings are those of mlflow/demo" in said
    assert files(person) == [LOCAL]
    assert state_in_bucket(client("s3"), team_bucket, KEY) is None


def test_state_file_under_another_name_is_reported(person: Checkout) -> None:
    (person.folder / LOCAL).rename(person.folder / "terraform.team-c-demo.tfstate")
    (person.folder / "terraform.mlflow-blue.tfstate").write_text("{}")

    said = person.make_state("demo")

    assert "there is none in terraform.mlflow-demo.tfstate (also here: terraform.team-c-demo.tfstate)" in said


def test_the_cached_backend_of_the_old_file_is_forgotten(person: Checkout) -> None:
    cached = person.folder / "cdktf.out" / "stacks" / "mlflow-demo" / ".terraform" / "terraform.tfstate"
    cached.parent.mkdir(parents=True)
    cached.write_text('{"version": 3, "backend": {"type": "local", "config": {}, "hash": 1}}')

    person.make_state("demo")

    assert not cached.exists()


def test_a_bucket_in_use_is_not_taken_over(person: Checkout, team_bucket: str, client: Client) -> None:
    client("s3").put_object(Bucket=team_bucket, Key="of/the/team", Body=b"")

    said = person.make_state("demo", ends_with=1, MLFLOW_INFRA_STATE__MANAGED="true")

    assert f"The bucket {team_bucket} is there and in use, but was not made by `make state`" in said
    assert "remove state.managed" in said
    assert "Status" not in client("s3").get_bucket_versioning(Bucket=team_bucket)


def test_bucket_in_another_region_is_reported(person: Checkout, client: Client) -> None:
    name = "of-a-team-in-ireland"
    client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    variables = {"MLFLOW_INFRA_STATE__MANAGED": "true", "MLFLOW_INFRA_STATE__BUCKET": name}

    said = person.make_state("demo", ends_with=1, **variables)

    assert f"The bucket {name} is in eu-west-1, and the settings have it in us-east-1" in said
    assert 'Set state.region = "eu-west-1"' in said


def test_bucket_of_another_account_is_reported(team_bucket: str, aws: EmulatedAws) -> None:
    # The emulation has one account: from any other, its buckets are another account's.
    bucket = Bucket(aws.session(), name=team_bucket, region="us-east-1", account_id="111122223333")

    with pytest.raises(
        StateError, match="is another account's, or account 111122223333 may not look at it"
    ) as told:
        bucket.exists()

    assert "Set state.bucket to another name" in str(told.value)


CREDENTIALS = {
    "none": (
        {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""},
        "There are no AWS credentials here. Sign in",
    ),
    "a profile that does not exist": ({"AWS_PROFILE": "nope"}, "Set AWS_PROFILE to a profile that exists"),
    "no way to AWS": ({"AWS_ENDPOINT_URL": "http://127.0.0.1:1"}, "AWS could not be asked"),
    "another account": (
        {"MLFLOW_INFRA_STATE__ACCOUNT_ID": "111122223333"},
        f"The credentials are of account {ACCOUNT}",
    ),
}


@pytest.mark.parametrize("case", CREDENTIALS)
def test_credentials_come_first(person: Checkout, team_bucket: str, client: Client, case: str) -> None:
    variables, told = CREDENTIALS[case]

    said = person.make_state("demo", ends_with=1, **variables)

    assert told in said
    assert state_in_bucket(client("s3"), team_bucket, KEY) is None


def test_wrong_settings_name_their_file(person: Checkout) -> None:
    person.write("other", f'{DEMO}name = "X"\n')

    said = person.make_state("demo", ends_with=1)

    assert "environments/other.toml: name" in said and ".tools" not in said
    assert "Environments here: demo, other" in person.make_state("prod", ends_with=1)


def test_a_second_environment_uses_the_bucket_of_the_first(
    first_runs: FirstRuns, checkout: MakeCheckout, client: Client
) -> None:
    demo = first_runs.demo[0]
    person = checkout("second")
    person.write("demo", (demo.folder / "environments" / "demo.toml").read_text())
    file = person.write("blue", 'profile = "demo"\nregion = "eu-central-1"\n')

    said = person.make_state("blue")

    assert "No changes" in said
    bucket = f"mlflow-state-{ACCOUNT}-us-east-1"
    assert f'[state]\nbucket = "{bucket}"\nregion = "us-east-1"\n' in file.read_text()
    assert "managed" not in file.read_text()


def test_production_gets_its_bucket_without_knowing_its_name(checkout: MakeCheckout) -> None:
    person = checkout("production")
    without_bucket = PRODUCTION[: PRODUCTION.index("[state]")]
    person.write("prod", without_bucket.replace("eu-west-1", "us-east-1"))

    said = person.make_state("prod", ends_with=cut_off.STATUS, cut_off_after="decide")

    assert f"mlflow-state-{ACCOUNT}-us-east-1" in said
