"""What Terraform would make first waits for one resource."""

from __future__ import annotations

from cdktf import TerraformStack
from cdktf_cdktf_provider_aws.eip import Eip
from cdktf_cdktf_provider_aws.internet_gateway import InternetGateway
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from cdktf_cdktf_provider_aws.vpc import Vpc

from stacks.base import AppStack
from stacks.finishing.ordering import references_in, start_with
from tests.synthesis import Json, resource, synthesize

FIRST = "aws_ssm_parameter.first"


def first_in(stack: TerraformStack, **arguments: object) -> SsmParameter:
    return SsmParameter(stack, "first", name="first", type="String", value="1", **arguments)  # type: ignore[arg-type]


def waits(synthesized: Json, address: str) -> list[str]:
    return list(resource(synthesized, address).get("depends_on", []))


def test_only_resources_without_references_get_depends_on() -> None:
    def build(stack: AppStack) -> None:
        vpc = Vpc(stack, "vpc", cidr_block="10.0.0.0/16")
        InternetGateway(stack, "gateway", vpc_id=vpc.id)
        start_with(stack, first_in(stack))

    synthesized = synthesize(build)

    assert waits(synthesized, "aws_vpc.vpc") == [FIRST]
    assert waits(synthesized, "aws_internet_gateway.gateway") == []
    assert waits(synthesized, FIRST) == []


def test_dependencies_of_the_first_get_no_cycle() -> None:
    def build(stack: AppStack) -> None:
        check = SnsTopic(stack, "check")
        needed = SnsTopic(stack, "needed", depends_on=[check])
        Eip(stack, "after_the_check", depends_on=[check])
        start_with(stack, first_in(stack, depends_on=[needed]))

    synthesized = synthesize(build)

    assert waits(synthesized, "aws_sns_topic.check") == []
    assert waits(synthesized, "aws_sns_topic.needed") == ["aws_sns_topic.check"]
    assert waits(synthesized, "aws_eip.after_the_check") == ["aws_sns_topic.check", FIRST]


def test_a_data_source_and_a_name_alike_are_no_references() -> None:
    references = references_in(
        {
            "resource": {
                "aws_vpc": {"network": {"cidr_block": "10.0.0.0/16"}},
                "aws_subnet": {
                    "by_data": {"vpc_id": "${data.aws_vpc.network.id}"},
                    "by_reference": {"vpc_id": "${aws_vpc.network.id}", "//": {"path": "aws_vpc.network"}},
                    "by_another": {"vpc_id": "${aws_vpc.network_2.id}"},
                    "in_text": {"tags": {"Name": 'x-${join("-", [aws_vpc.network.id])}'}},
                    "ordered": {"depends_on": ["aws_vpc.network"]},
                },
            }
        }
    )

    vpc = {"aws_vpc.network"}
    assert references == {
        "aws_vpc.network": set(),
        "aws_subnet.by_data": set(),
        "aws_subnet.by_reference": vpc,
        "aws_subnet.by_another": set(),
        "aws_subnet.in_text": vpc,
        "aws_subnet.ordered": vpc,
    }
