"""Rules on the tasks' way out: what leads nowhere is refused, and what is left out is told by the rest."""

from __future__ import annotations

import pytest

from stacks.settings.outbound import endpoints_of
from tests.texts import DEMO, DIGEST, PRODUCTION
from tests.unit.settings.files import Load, Refuse
from tests.unit.settings.test_rules_given import FROM_STATE, GIVEN

FILE = "environments/test.toml:"
IN_REGION = f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/mlflow@{DIGEST}"
ELSEWHERE = (
    f"ghcr.io/mlflow/mlflow@{DIGEST}",
    f"111122223333.dkr.ecr.us-east-1.amazonaws.com/mlflow@{DIGEST}",
    f"111122223333.dkr.ecr.eu-west-10.amazonaws.com/mlflow@{DIGEST}",
)


@pytest.mark.parametrize(
    ("base", "lines", "place", "problem", "fix"),
    [
        (
            PRODUCTION,
            '[network]\nservice_subnets = "public"',
            'network.service_subnets = "public"',
            "one wrong rule away from the internet",
            "network.nat",
        ),
        (
            PRODUCTION,
            f'{GIVEN}nat = "single"',
            'network.nat = "single"',
            "No NAT gateway is made in another team's VPC, and network.vpc_id is another team's",
            "have its owners route the private subnets out",
        ),
        (
            PRODUCTION,
            f'{FROM_STATE}[network]\nnat = "per_az"',
            'network.nat = "per_az"',
            "No NAT gateway is made in another team's VPC",
            "or leave out vpc_id, public_subnet_ids, private_subnet_ids",
        ),
        (
            DEMO,
            '[network]\nnat = "single"',
            'network.nat = "single"',
            "The tasks are in public subnets",
            'add service_subnets = "private" to [network]',
        ),
        (
            DEMO,
            '[network]\nendpoints = "all"',
            'network.endpoints = "all"',
            "The tasks are in public subnets",
            'add service_subnets = "private" to [network]',
        ),
        (
            PRODUCTION,
            '[network]\nendpoints = "none"',
            'network.endpoints = "none"',
            "Without NAT the tasks would reach nothing: no image, no log, no password",
            'add nat = "single"',
        ),
        (
            DEMO,
            '[network]\nservice_subnets = "private"\nendpoints = "s3"',
            'network.endpoints = "s3"',
            "nothing but S3",
            'add nat = "single"',
        ),
        (
            PRODUCTION,
            '[network]\nendpoints = "theirs"',
            'network.endpoints = "theirs"',
            "nobody else has endpoints in it",
            'write "all"',
        ),
        (
            PRODUCTION,
            '[network]\nnat = "two"',
            'network.nat = "two"',
            "not",
            '"single"',
        ),
    ],
)
def test_what_leads_nowhere(
    refuse: Refuse, base: str, lines: str, place: str, problem: str, fix: str
) -> None:
    report = refuse(lines, base=base)

    assert report.places == [f"{FILE} {place}"]
    report.says(report.places[0], problem, fix)


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_an_image_that_no_endpoint_leads_to(refuse: Refuse, load: Load, uri: str) -> None:
    image = f'[image]\nuri = "{uri}"\n'

    for lines in (image, f'{image}{GIVEN}endpoints = "theirs"', f'{image}{GIVEN}endpoints = "all"'):
        report = refuse(lines, base=PRODUCTION)
        (place,) = report.places
        assert place.startswith(f'{FILE} image.uri = "{uri[:40]}')
        report.says(place, f"{uri.split('/')[0]} not at all", "copy the image into an ECR repository")
    assert load(f'{image}[network]\nnat = "single"', base=PRODUCTION)
    assert load(f"{image}{GIVEN}", base=PRODUCTION)
    assert load(image, base=DEMO)


def test_an_image_in_the_regions_ecr_of_any_account(load: Load) -> None:
    assert load(f'[image]\nuri = "{IN_REGION}"', base=PRODUCTION).image.uri == IN_REGION


@pytest.mark.parametrize(
    ("tasks", "nat", "is_given", "endpoints"),
    [
        ("private", "none", False, "all"),
        ("private", "single", False, "s3"),
        ("private", "per_az", False, "s3"),
        ("private", "none", True, "none"),
        ("public", "none", False, "none"),
        ("public", "none", True, "none"),
    ],
)
def test_endpoints_that_are_left_out(tasks: str, nat: str, is_given: bool, endpoints: str) -> None:
    found = endpoints_of(None, service_subnets=tasks, nat=nat, is_given=is_given)

    assert found == endpoints


def test_production_has_private_tasks_and_flow_logs_and_the_demo_pays_for_neither(load: Load) -> None:
    demo, production = load().network, load(base=PRODUCTION).network

    assert (demo.service_subnets, demo.nat, demo.flow_logs) == ("public", "none", False)
    assert (production.service_subnets, production.nat, production.flow_logs) == ("private", "none", True)


@pytest.mark.parametrize(("lines", "given"), [("", False), (GIVEN, True), (FROM_STATE, True)])
def test_whose_the_network_is(load: Load, lines: str, given: bool) -> None:
    assert load(lines).network_is_given is given
