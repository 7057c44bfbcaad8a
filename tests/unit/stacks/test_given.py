"""The platform in what others own: their network, and their bound on its roles."""

from __future__ import annotations

import pytest

from tests.given.existing import BOUNDARY, FROM_STATE, GIVEN
from tests.given.plans import ENGINE_CHECK, resources, waits_for
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO

OF_A_NETWORK = (
    "aws_vpc.",
    "aws_subnet.",
    "aws_route.",
    "aws_route_table.",
    "aws_route_table_association.",
    "aws_internet_gateway.",
)

BOUNDARY_FROM_STATE = """\
[remote_state]
bucket = "states"
key = "iam/terraform.tfstate"
[remote_state.outputs]
permissions_boundary_arn = "boundary"
"""


@pytest.fixture(scope="module", params=[GIVEN, FROM_STATE], ids=["by id", "from their state"])
def platform(request: pytest.FixtureRequest) -> Json:
    return synthesize_platform(DEMO + request.param)


def test_no_part_of_a_network_is_made(platform: Json) -> None:
    assert [address for address in resources(platform) if address.startswith(OF_A_NETWORK)] == []
    assert "aws_availability_zones" not in platform["data"]


def test_resources_use_the_given_vpc(platform: Json) -> None:
    subnets = {tier: f"${{keys(data.aws_subnet.network_{tier})}}" for tier in ("public", "private")}

    assert resource(platform, "aws_lb.load_balancer")["subnets"] == subnets["public"]
    assert resource(platform, "aws_db_subnet_group.database")["subnet_ids"] == subnets["private"]
    network = resource(platform, "aws_ecs_service.service")["network_configuration"]
    assert network["subnets"] == subnets["public"]
    groups = platform["resource"]["aws_security_group"].values()
    assert {group["vpc_id"] for group in groups} == {"${data.aws_vpc.network.id}"}


def test_an_apply_that_cannot_build_changes_nothing(platform: Json) -> None:
    assert set(resources(platform)) - waits_for(platform, ENGINE_CHECK) == set()


def test_output_names_do_not_depend_on_the_network(platform: Json) -> None:
    published = resource(platform, "aws_ssm_parameter.outputs")["for_each"]

    assert published["vpc_id"]["value"] == "${data.aws_vpc.network.id}"
    subnets = "keys(data.aws_subnet.network_public)"
    assert published["public_subnet_ids"]["value"] == f'${{join(",", {subnets})}}'
    assert platform["output"]["public_subnet_ids"]["value"] == f"${{{subnets}}}"


@pytest.mark.parametrize(
    ("lines", "boundary"),
    [
        (f'[access]\npermissions_boundary_arn = "{BOUNDARY}"\n', BOUNDARY),
        (
            BOUNDARY_FROM_STATE,
            "${data.terraform_remote_state.remote_state.outputs.boundary}",
        ),
        ("", None),
    ],
)
def test_every_role_is_bounded(lines: str, boundary: str | None) -> None:
    roles = synthesize_platform(DEMO + lines)["resource"]["aws_iam_role"]

    assert len(roles) == 2
    assert {role.get("permissions_boundary") for role in roles.values()} == {boundary}
