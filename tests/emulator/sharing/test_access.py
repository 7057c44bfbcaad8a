"""The policies for other teams, with IAM enforced: enough to read what is published, and for nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.account import EmulatedAws
from tests.emulator.sharing.conftest import BUCKET, Client, Enforced, MakeUser
from tests.emulator.sharing.root_module import only_reading

pytestmark = pytest.mark.xdist_group("emulator_sharing")

KEY = "mlflow/demo/terraform.tfstate"
MODULES = {"reads_state": "state_reader_policy_json", "reads_parameters": "parameter_reader_policy_json"}
# What docs/sharing-state.md says for another account: a line of the module → what comes after it.
THROUGH_A_ROLE = {
    "reads_state": {
        '    region = "us-east-1"\n': '    assume_role = {{ role_arn = "{role}" }}\n',
    },
    "reads_parameters": {
        '  name     = "/mlflow/demo/${each.key}"\n': "  provider = aws.mlflow\n",
        "{ for name, parameter in data.aws_ssm_parameter.mlflow : name => parameter.insecure_value }\n}\n": (
            'provider "aws" {{\n  alias = "mlflow"\n  assume_role {{\n    role_arn = "{role}"\n  }}\n}}\n'
        ),
    },
}
REFUSED = "StatusCode: 403"
ClientOf = Callable[[str, dict[str, str]], Any]


@pytest.mark.parametrize("module", MODULES)
def test_the_policy_is_enough(
    module: str,
    published: dict[str, Any],
    variables: dict[str, str],
    make_user: MakeUser,
    enforced: Enforced,
    tmp_path: Path,
) -> None:
    reader = only_reading(module, tmp_path / module, variables)
    user = make_user(published[MODULES[module]])

    with enforced():
        read = reader.read(user)

    assert read == published["vpc_id"]


@pytest.mark.parametrize("module", MODULES)
def test_policy_allows_one_required_action_on_one_resource(
    module: str,
    published: dict[str, Any],
    variables: dict[str, str],
    make_user: MakeUser,
    enforced: Enforced,
    tmp_path: Path,
) -> None:
    reader = only_reading(module, tmp_path / module, variables)
    (statement,) = json.loads(published[MODULES[module]])["Statement"]

    with_nothing = make_user()
    with enforced():
        said = reader.refusal(with_nothing)

    assert (len(statement["Action"]), len(statement["Resource"])) == (1, 1)
    assert REFUSED in said


@pytest.mark.parametrize("module", MODULES)
def test_another_environment_is_not_read(
    module: str,
    blue: str,
    published: dict[str, Any],
    variables: dict[str, str],
    make_user: MakeUser,
    enforced: Enforced,
    tmp_path: Path,
) -> None:
    reader = only_reading(module, tmp_path / module, variables, instead=blue)
    user = make_user(published[MODULES[module]])
    if module == "reads_state":
        assert reader.read() == "vpc-of-blue", "it is there"

    with enforced():
        said = reader.refusal(user)

    assert REFUSED in said


def test_terraform_asks_for_a_listing_too_and_does_without(
    account: EmulatedAws,
    published: dict[str, Any],
    variables: dict[str, str],
    make_user: MakeUser,
    enforced: Enforced,
    tmp_path: Path,
) -> None:
    reader = only_reading("reads_state", tmp_path / "reader", variables)
    user = make_user(published["state_reader_policy_json"])
    before = len(account.log_file.read_text(encoding="utf-8"))

    with enforced():
        reader.terraform("plan", "-input=false", user=user)

    lines = account.log_file.read_text(encoding="utf-8")[before:]
    asked = set(re.findall(rf"(GET|HEAD|PUT|DELETE) (/{BUCKET}\S*) HTTP/1.1\S*\"? (\d+)", lines))
    assert asked == {
        ("GET", f"/{BUCKET}?list-type=2&max-keys=1000&prefix=env:/", "403"),
        ("HEAD", f"/{BUCKET}/{KEY}", "200"),
        ("GET", f"/{BUCKET}/{KEY}?x-id=GetObject", "206"),
    }


def test_nothing_can_be_listed_or_written_and_no_lock_be_read(
    client: Client,
    published: dict[str, Any],
    make_user: MakeUser,
    client_of: ClientOf,
    enforced: Enforced,
) -> None:
    user = make_user(published["state_reader_policy_json"], published["parameter_reader_policy_json"])
    s3, ssm = client_of("s3", user), client_of("ssm", user)
    lock = f"{KEY}.tflock"
    client("s3").put_object(Bucket=BUCKET, Key=lock, Body=b"{}")
    name = "/mlflow/demo/vpc_id"
    attempts: dict[str, Callable[[], Any]] = {
        "list the bucket": lambda: s3.list_objects_v2(Bucket=BUCKET, Prefix="mlflow/"),
        "read the lock": lambda: s3.get_object(Bucket=BUCKET, Key=lock),
        "take the lock": lambda: s3.put_object(Bucket=BUCKET, Key=lock, Body=b"{}"),
        "write the state": lambda: s3.put_object(Bucket=BUCKET, Key=KEY, Body=b"{}"),
        "delete the state": lambda: s3.delete_object(Bucket=BUCKET, Key=KEY),
        "write a parameter": lambda: ssm.put_parameter(Name=name, Value="x", Overwrite=True),
        "delete a parameter": lambda: ssm.delete_parameter(Name=name),
        "read a parameter whose name begins alike": lambda: ssm.get_parameter(Name="/mlflow/demo2/vpc_id"),
    }

    allowed = []
    with enforced():
        assert s3.get_object(Bucket=BUCKET, Key=KEY)["Body"].read(), "the state can be read"
        assert ssm.get_parameter(Name=name)["Parameter"]["Value"] == published["vpc_id"]
        for what, attempt in attempts.items():
            try:
                attempt()
                allowed.append(what)
            except ClientError as error:
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403, what
    client("s3").delete_object(Bucket=BUCKET, Key=lock)

    assert allowed == []


@pytest.fixture
def role(client: Client) -> Iterator[str]:
    """Its ARN; anybody whose policies allow it may assume it."""
    iam, name = client("iam"), "mlflow-reader"
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
    yield made["Role"]["Arn"]
    for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]:
        iam.delete_role_policy(RoleName=name, PolicyName=policy)
    iam.delete_role(RoleName=name)


@pytest.mark.parametrize("module", MODULES)
def test_a_role_with_the_policy_serves_those_who_may_assume_it(
    module: str,
    role: str,
    client: Client,
    published: dict[str, Any],
    variables: dict[str, str],
    make_user: MakeUser,
    enforced: Enforced,
    tmp_path: Path,
) -> None:
    may_assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": role}
    user = make_user(json.dumps({"Version": "2012-10-17", "Statement": [may_assume]}))
    client("iam").put_role_policy(
        RoleName=role.split("/")[1], PolicyName="read", PolicyDocument=published[MODULES[module]]
    )
    reader = only_reading(module, tmp_path / module, variables)
    file = reader.folder / "mlflow.tf"
    text = file.read_text(encoding="utf-8")
    for before, after in THROUGH_A_ROLE[module].items():
        assert before in text
        text = text.replace(before, before + after.format(role=role))

    with enforced():
        by_the_user = reader.refusal(user)
        file.write_text(text, encoding="utf-8")
        by_the_role = reader.read(user)

    assert REFUSED in by_the_user
    assert by_the_role == published["vpc_id"]
