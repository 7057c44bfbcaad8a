"""Rules on the tasks' way out: what leads nowhere is refused, and what is left out is told by the rest."""

from __future__ import annotations

import pytest

from modules.network.reachability import endpoints_of
from modules.network.settings import NetworkSettings
from tests.environment_files import Load, Refuse
from tests.given.existing import FROM_STATE, GIVEN
from tests.texts import DEMO, DIGEST, PRODUCTION

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
            '[network]\nendpoints = "existing"',
            'network.endpoints = "existing"',
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
def test_tasks_without_a_route_are_refused(
    refuse: Refuse, base: str, lines: str, place: str, problem: str, fix: str
) -> None:
    report = refuse(lines, base=base)

    assert report.places == [f"{FILE} {place}"]
    report.says(report.places[0], problem, fix)


@pytest.mark.parametrize("uri", ELSEWHERE)
def test_an_image_that_no_endpoint_leads_to(refuse: Refuse, load: Load, uri: str) -> None:
    image = f'[image]\nuri = "{uri}"\n'

    for lines in (image, f'{image}{GIVEN}endpoints = "existing"', f'{image}{GIVEN}endpoints = "all"'):
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
    network = NetworkSettings.model_validate({"service_subnets": tasks, "nat": nat, "flow_logs": False})

    found = endpoints_of(network, is_given=is_given)

    assert found == endpoints


def test_private_tasks_and_flow_logs_by_profile(load: Load) -> None:
    demo, production = load().network, load(base=PRODUCTION).network

    assert (demo.service_subnets, demo.nat, demo.flow_logs) == ("public", "none", False)
    assert (production.service_subnets, production.nat, production.flow_logs) == ("private", "none", True)


@pytest.mark.parametrize(("lines", "given"), [("", False), (GIVEN, True), (FROM_STATE, True)])
def test_given_network_is_recognized(load: Load, lines: str, given: bool) -> None:
    assert load(lines).network_is_given is given


ECR_IN_OTHER_FORMS = [
    "111122223333.dkr-ecr.eu-west-1.on.aws",
    "111122223333.dkr.ecr-fips.eu-west-1.amazonaws.com",
    "111122223333.dkr-ecr-fips.eu-west-1.on.aws",
]


@pytest.mark.parametrize("host", ECR_IN_OTHER_FORMS)
def test_an_endpoint_answers_to_ecrs_ipv4_host_only(refuse: Refuse, load: Load, host: str) -> None:
    lines = f'[image]\nuri = "{host}/mlflow@{DIGEST}"\n'
    report = refuse(lines, base=PRODUCTION)

    assert len(report.places) == 1 and report.places[0].startswith(f"{FILE} image.uri")
    report.says(report.places[0], f"{host} has no endpoint", f'write "{IN_REGION}", the same image')
    # Where the tasks reach the internet, or in the demo, each of them works.
    assert load(lines + '[network]\nnat = "single"\n', base=PRODUCTION).image.uri
    assert load(lines).image.uri


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn", 'in the partition "aws-cn", and eu-west-1'),
        ("111122223333.dkr-ecr.us-gov-west-1.on.aws", 'in the partition "aws-us-gov", and eu-west-1'),
        ("111122223333.dkr.ecr.cn-north-1.amazonaws.com", "do not end with amazonaws.com"),
    ],
)
def test_an_image_of_another_partition(refuse: Refuse, host: str, problem: str) -> None:
    for base in (DEMO, PRODUCTION):
        report = refuse(f'[image]\nuri = "{host}/mlflow@{DIGEST}"\n', base=base)

        assert len(report.places) == 1 and report.places[0].startswith(f"{FILE} image.uri")
        report.says(report.places[0], problem, "copy the image into an ECR repository in eu-west-1")


LOGIN = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:registry-AbCdEf"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"
IN_ECR = 'uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/mlflow:1"\n'
OTHER = 'uri = "registry.example.com/mlflow:1"\n'


@pytest.mark.parametrize(
    ("lines", "place", "problem"),
    [
        (f'repository_credentials_arn = "{LOGIN}"', f'repository_credentials_arn = "{LOGIN}"', "is in ECR"),
        (
            f'{IN_ECR}repository_credentials_arn = "{LOGIN}"',
            f'repository_credentials_arn = "{LOGIN}"',
            "is in ECR",
        ),
        (
            f'{OTHER}repository_credentials_arn = "{LOGIN.replace("eu-west-1", "us-east-1")}"',
            f'repository_credentials_arn = "{LOGIN.replace("eu-west-1", "us-east-1")}"',
            "in us-east-1 (aws)",
        ),
        (
            f'uri = "public.ecr.aws/team/mlflow:1"\nrepository_credentials_arn = "{LOGIN}"',
            f'repository_credentials_arn = "{LOGIN}"',
            "public.ecr.aws needs no login",
        ),
        (
            f'{OTHER}repository_credentials_kms_key_arn = "{KEY}"',
            f'repository_credentials_kms_key_arn = "{KEY}"',
            "no secret",
        ),
    ],
)
def test_a_login_is_for_a_private_registry_other_than_ecr(
    refuse: Refuse, lines: str, place: str, problem: str
) -> None:
    report = refuse(f"[image]\n{lines}")

    assert report.places == [f"environments/test.toml: image.{place}"]
    report.says(report.places[0], problem)
