"""Another team's network: read, looked at, and never changed; by id or from their state."""

from __future__ import annotations

from typing import Any

import pytest
from cdktf import TerraformOutput

from modules.common.remote_state import RemoteState
from modules.network.existing import ExistingNetwork
from modules.network.settings import NetworkSettings
from stacks.base import AppStack
from tests.synthesis import Json, synthesize, table


def given(stack: AppStack, vpc_id: str, public: list[str], private: list[str]) -> None:
    network = ExistingNetwork(
        stack,
        "network",
        settings=table(NetworkSettings, service_subnets="private"),
        vpc_id=vpc_id,
        public_subnet_ids=public,
        private_subnet_ids=private,
        internal=False,
        region="eu-west-1",
    )
    TerraformOutput(stack, "vpc_id", value=network.vpc_id)
    TerraformOutput(stack, "public", value=network.public_subnet_ids)
    TerraformOutput(stack, "private", value=network.private_subnet_ids)


def by_id() -> Json:
    return synthesize(lambda stack: given(stack, "vpc-1", ["subnet-1", "subnet-2"], ["subnet-3", "subnet-4"]))


def from_state(**options: Any) -> Json:
    def build(stack: AppStack) -> None:
        state = RemoteState(
            stack,
            "remote_state",
            bucket="states",
            key="network/terraform.tfstate",
            region="eu-west-1",
            role_arn=options.get("role_arn"),
            texts={"vpc_id": "network_vpc_id"},
            lists={"public_subnet_ids": "front", "private_subnet_ids": "back"},
        )
        given(
            stack, state.text("vpc_id"), state.texts("public_subnet_ids"), state.texts("private_subnet_ids")
        )

    return synthesize(build)


def messages(conditions: list[Json]) -> str:
    return "\n".join(condition["error_message"] for condition in conditions)


def test_nothing_is_made() -> None:
    assert "resource" not in by_id()
    assert "resource" not in from_state()


def test_users_of_the_network_depend_on_its_checks() -> None:
    for synthesized in (by_id(), from_state()):
        assert {name: output["value"] for name, output in synthesized["output"].items()} == {
            "vpc_id": "${data.aws_vpc.network.id}",
            "public": "${keys(data.aws_subnet.network_public)}",
            "private": "${keys(data.aws_subnet.network_private)}",
        }


def test_each_subnet_is_of_the_vpc() -> None:
    subnets = by_id()["data"]["aws_subnet"]["network_public"]
    theirs = from_state()["data"]["aws_subnet"]["network_public"]

    assert subnets["for_each"] == '${toset(["subnet-1", "subnet-2"])}'
    assert subnets["lifecycle"]["postcondition"][0]["condition"] == '${self.vpc_id == tostring("vpc-1")}'
    state = "data.terraform_remote_state.remote_state.outputs"
    assert theirs["for_each"] == f"${{toset({state}.front)}}"
    condition = theirs["lifecycle"]["postcondition"][0]["condition"]
    assert condition == f"${{self.vpc_id == tostring({state}.network_vpc_id)}}"


def test_the_vpc_is_looked_at_with_its_zones_and_names() -> None:
    told = messages(by_id()["data"]["aws_vpc"]["network"]["lifecycle"]["postcondition"])

    for text in ("enable_dns_hostnames", "The public subnets are in", "The private subnets are in"):
        assert text in told
    assert told.count("Allowed: ") == told.count("Fix: ") == 4


def looked_at(*, region: str = "eu-west-1", internal: bool = False, **settings: Any) -> Json:
    """The data sources of a network by its ids, by address; `settings` are those of the table `network`."""
    data = synthesize(
        lambda stack: ExistingNetwork(
            stack,
            "network",
            settings=table(NetworkSettings, **{"service_subnets": "private", **settings}),
            vpc_id="vpc-1",
            public_subnet_ids=["subnet-1", "subnet-2"],
            private_subnet_ids=["subnet-3", "subnet-4"],
            internal=internal,
            region=region,
        )
    )["data"]
    return {f"{kind}.{name}": one for kind, named in data.items() for name, one in named.items()}


def test_a_subnets_routes_are_its_own_tables_or_the_main_ones() -> None:
    found = looked_at()

    own = found["aws_route_tables.network_routes_private_own"]
    assert own["for_each"] == "${data.aws_subnet.network_private}"
    assert own["filter"] == [{"name": "association.subnet-id", "values": ["${each.key}"]}]
    main = found["aws_route_table.network_routes_main"]
    assert (main["vpc_id"], main["filter"]) == ("vpc-1", [{"name": "association.main", "values": ["true"]}])
    assert found["aws_route_table.network_routes_private"]["route_table_id"] == (
        "${try(tolist(data.aws_route_tables.network_routes_private_own[each.key].ids)[0], "
        "data.aws_route_table.network_routes_main.id)}"
    )


def test_routes_are_checked_for_each_tier() -> None:
    def conditions(tier: str, **options: Any) -> list[Json]:
        found = looked_at(**options)[f"aws_route_table.network_routes_{tier}"]
        return list(found.get("lifecycle", {}).get("postcondition", []))

    assert "internet gateway" in messages(conditions("public"))
    assert conditions("public", internal=True) == []
    assert conditions("private", service_subnets="public") == []
    assert conditions("private", endpoints="existing") == []
    beyond = messages(conditions("private"))
    for text in ("no route out of the VPC", "Allowed: ", "Fix: ", "network.endpoints"):
        assert text in beyond


def test_dual_stack_requires_ipv6_in_every_subnet() -> None:
    plain, dual = looked_at(), looked_at(ip_address_type="dualstack")

    for tier in ("public", "private"):
        subnets = f"aws_subnet.network_{tier}"
        assert "IPv6" not in messages(plain[subnets]["lifecycle"]["postcondition"])
        assert "has no IPv6 network" in messages(dual[subnets]["lifecycle"]["postcondition"])


@pytest.mark.parametrize(("tasks_in", "other"), [("public", "private"), ("private", "public")])
def test_the_subnets_of_the_tasks_are_in_zones_with_fargate(tasks_in: str, other: str) -> None:
    found = looked_at(region="us-west-1", service_subnets=tasks_in)

    (condition,) = [
        one
        for one in found[f"aws_subnet.network_{tasks_in}"]["lifecycle"]["postcondition"]
        if "zone_id" in one["condition"]
    ]
    assert condition["condition"] == '${contains(["usw1-az1", "usw1-az3"], self.availability_zone_id)}'
    for text in (
        "has no Fargate",
        "Allowed: subnets in usw1-az1, usw1-az3",
        f"Fix: name such ones in {tasks_in}_",
    ):
        assert text in condition["error_message"]
    assert "Fargate" not in messages(found[f"aws_subnet.network_{other}"]["lifecycle"]["postcondition"])


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1"])
def test_where_every_zone_has_fargate_zones_are_not_asked_for(region: str) -> None:
    found = looked_at(region=region)

    assert "Fargate" not in messages(found["aws_subnet.network_private"]["lifecycle"]["postcondition"])


def test_remote_state_outputs_are_checked_for_presence_and_type() -> None:
    state = from_state()["data"]["terraform_remote_state"]["remote_state"]

    conditions = state["lifecycle"]["postcondition"]
    assert [condition["condition"] for condition in conditions] == [
        '${contains(keys(self.outputs), "network_vpc_id")}',
        '${contains(keys(self.outputs), "front")}',
        '${contains(keys(self.outputs), "back")}',
        '${can(tostring(try(self.outputs["network_vpc_id"], null)))}',
        '${can(tolist(try(self.outputs["front"], null)))}',
        '${can(tolist(try(self.outputs["back"], null)))}',
    ]
    assert 'output "front" of s3://states/network/terraform.tfstate' in messages(conditions)
    assert '${join(", ", keys(self.outputs))}' in messages(conditions)


def test_their_state_is_read_with_a_role_where_one_is_given() -> None:
    role = "arn:aws:iam::111122223333:role/reader"
    plain = from_state()["data"]["terraform_remote_state"]["remote_state"]["config"]
    assumed = from_state(role_arn=role)["data"]["terraform_remote_state"]["remote_state"]["config"]

    assert plain == {"bucket": "states", "key": "network/terraform.tfstate", "region": "eu-west-1"}
    assert assumed == {**plain, "assume_role": {"role_arn": role}}
