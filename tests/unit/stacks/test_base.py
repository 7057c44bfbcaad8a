"""AppStack: addresses, backends, providers, tags."""

from __future__ import annotations

import json

import pytest
from cdktf import Testing
from cdktf_cdktf_provider_aws.data_aws_vpc import DataAwsVpc
from cdktf_cdktf_provider_aws.vpc import Vpc
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from stacks.base import AppStack
from stacks.moves import Move
from tests.synthesis import synthesize


def vpc(scope: Construct, id: str) -> Vpc:
    return Vpc(scope, id, cidr_block="10.0.0.0/16")


@pytest.mark.parametrize(
    ("path", "name"),
    [
        (["network", "resource"], "network"),
        (["network"], "network"),
        (["network", "vpc"], "network"),
        (["vpc"], "vpc"),
        (["network", "peer", "resource"], "network_peer"),
        (["my-network", "blue.green"], "my_network_blue_green"),
    ],
)
def test_address_is_the_path_without_default_parts(path: list[str], name: str) -> None:
    def build(stack: AppStack) -> None:
        scope: Construct = stack
        for part in path[:-1]:
            scope = Construct(scope, part)
        vpc(scope, path[-1])

    assert list(synthesize(build)["resource"]["aws_vpc"]) == [name]


def test_id_that_repeats_the_resource_type_is_left_out() -> None:
    def build(stack: AppStack) -> None:
        group = Construct(Construct(stack, "service"), "security_group")
        VpcSecurityGroupEgressRule(
            Construct(group, "to_database"), "egress", security_group_id="sg-1", ip_protocol="-1"
        )

    assert list(synthesize(build)["resource"]["aws_vpc_security_group_egress_rule"]) == [
        "service_to_database"
    ]


def test_two_resources_at_one_address_stop_the_synthesis() -> None:
    def build(stack: AppStack) -> None:
        vpc(stack, "network_peer").fqn  # noqa: B018 - reading it allocates the address
        vpc(Construct(stack, "network"), "peer").fqn  # noqa: B018

    with pytest.raises(
        RuntimeError, match=r"test/network_peer and test/network/peer .*aws_vpc\.network_peer"
    ):
        synthesize(build)


def test_a_resource_and_a_data_source_may_share_a_name() -> None:
    def build(stack: AppStack) -> None:
        vpc(stack, "network")
        DataAwsVpc(Construct(stack, "network2"), "resource", id="vpc-1")
        vpc(Construct(stack, "network3"), "resource")
        DataAwsVpc(Construct(Construct(stack, "network3b"), "x"), "resource")

    synthesized = synthesize(build)
    assert set(synthesized["resource"]["aws_vpc"]) == {"network", "network3"}
    assert set(synthesized["data"]["aws_vpc"]) == {"network2", "network3b_x"}


def test_versions_are_pinned_where_reviewers_see_them() -> None:
    terraform = synthesize(lambda stack: vpc(stack, "network"))["terraform"]
    assert terraform["required_version"] == ">= 1.11.0"
    assert terraform["required_providers"] == {"aws": {"source": "aws", "version": ">= 5.100.0, < 6.0.0"}}


def test_tags_are_the_providers_default_tags() -> None:
    stack = AppStack(Testing.app(), "test", region="eu-west-1", tags={"Team": "ml"})
    provider = json.loads(Testing.synth(stack))["provider"]["aws"]
    assert provider == [{"region": "eu-west-1", "default_tags": [{"tags": {"Team": "ml"}}]}]


def test_a_local_state_file_has_the_same_path_on_every_machine() -> None:
    backend = synthesize(lambda stack: stack.keep_state_in_file())["terraform"]["backend"]
    assert backend == {"local": {"path": "../../../terraform.test.tfstate"}}


def test_state_in_a_bucket_is_locked_and_encrypted() -> None:
    backend = synthesize(
        lambda stack: stack.keep_state_in_bucket(
            bucket="states",
            key="mlflow/test/terraform.tfstate",
            region="eu-west-1",
            kms_key_id=None,
            role_arn=None,
        )
    )["terraform"]["backend"]
    assert backend == {
        "s3": {
            "bucket": "states",
            "key": "mlflow/test/terraform.tfstate",
            "region": "eu-west-1",
            "encrypt": True,
            "use_lockfile": True,
        }
    }


def test_state_in_another_teams_bucket_takes_its_key_and_role() -> None:
    role = "arn:aws:iam::123456789012:role/state"
    backend = synthesize(
        lambda stack: stack.keep_state_in_bucket(
            bucket="states", key="k", region="eu-west-1", kms_key_id="alias/state", role_arn=role
        )
    )["terraform"]["backend"]["s3"]
    assert backend["kms_key_id"] == "alias/state"
    assert backend["assume_role"] == {"role_arn": role}


def test_a_renamed_resource_is_moved_in_the_state() -> None:
    moves = [Move("aws_vpc.old", "aws_vpc.network", "2.0.0")]

    def build(stack: AppStack) -> None:
        vpc(stack, "network")
        stack.moved(moves)

    assert synthesize(build)["moved"] == [{"from": "aws_vpc.old", "to": "aws_vpc.network"}]
    assert "moved" not in synthesize(lambda stack: stack.moved([]))


def test_existing_resource_is_imported_under_its_address() -> None:
    def build(stack: AppStack) -> None:
        stack.import_existing({vpc(stack, "network"): "vpc-1", vpc(stack, "peer"): "vpc-2"})

    assert synthesize(build)["import"] == [
        {"to": "aws_vpc.network", "id": "vpc-1"},
        {"to": "aws_vpc.peer", "id": "vpc-2"},
    ]
    assert "import" not in synthesize(lambda stack: stack.import_existing({}))
