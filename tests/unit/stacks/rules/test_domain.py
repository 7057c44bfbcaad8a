"""Rules on the server's name, its zone and its certificate."""

from __future__ import annotations

import pytest

from modules.common import aws
from settings.language.errors import as_written
from settings.language.rules import value_at
from tests.environment_files import Environments, Load, Refuse
from tests.given.domain import ARN, CERTIFICATE, NAME, THEIRS, ZONE
from tests.texts import DEMO

FILE = "environments/test.toml:"


@pytest.mark.parametrize(
    "lines",
    [
        f"{NAME}{ZONE}",
        f"{NAME}create_hosted_zone = true\n",
        f"{NAME}{CERTIFICATE}",
        f"{NAME}{ZONE}{CERTIFICATE}",
        f'{NAME}{THEIRS}hosted_zone_id = "zone_id"\n',
        f'{NAME}{THEIRS}hosted_zone_id = "zone_id"\ncertificate_arn = "certificate"\n',
        f'{NAME}{ZONE}{THEIRS}certificate_arn = "certificate"\n',
    ],
)
def test_name_with_zone_or_certificate_is_accepted(load: Load, lines: str) -> None:
    assert value_at(load(f"[domain]\n{lines}"), "domain.name") == "mlflow.example.com"


def test_a_demo_needs_no_name(load: Load) -> None:
    assert load().domain is None


def test_tls_by_default(load: Load) -> None:
    settings = load(f"[domain]\n{NAME}{ZONE}")

    assert value_at(settings, "domain.ssl_policy") == "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"


@pytest.mark.parametrize("policy", aws.SSL_POLICIES)
def test_every_policy_has_tls_1_2_at_least(load: Load, policy: str) -> None:
    assert "TLS13-1-2" in policy or "TLS13-1-3" in policy
    assert value_at(load(f'[domain]\n{NAME}{ZONE}ssl_policy = "{policy}"'), "domain.ssl_policy") == policy


@pytest.mark.parametrize(
    ("lines", "place", "problem", "fix"),
    [
        (
            NAME,
            "domain.hosted_zone_id",
            "neither a certificate nor a zone",
            "add to [domain]: hosted_zone_id",
        ),
        (
            ZONE,
            "domain.name",
            "Required",
            "add it to [domain]: name =",
        ),
        (CERTIFICATE, "domain.name", "Required", "add it to [domain]: name ="),
        ("create_hosted_zone = true", "domain.name", "Required", "name ="),
        (
            f"{NAME}{ZONE}create_hosted_zone = true",
            "domain.create_hosted_zone = true",
            "A zone is given already",
            "remove this line, or hosted_zone_id",
        ),
        (
            f'{NAME}create_hosted_zone = true\n{THEIRS}hosted_zone_id = "zone_id"\n',
            "domain.create_hosted_zone = true",
            "A zone is given already",
            "remove this line",
        ),
        (
            f'{NAME}{CERTIFICATE}{THEIRS}certificate_arn = "certificate"\n',
            'remote_state.outputs.certificate_arn = "certificate"',
            "domain.certificate_arn names it already",
            "remove domain.certificate_arn, or this entry",
        ),
        (
            f"{NAME}{CERTIFICATE.replace('eu-west-1', 'us-east-1')}",
            f"domain.certificate_arn = {as_written(ARN.replace('eu-west-1', 'us-east-1'))}",
            "of us-east-1 (aws), the load balancer of eu-west-1",
            "issued in eu-west-1",
        ),
        (
            f"{NAME}{CERTIFICATE.replace('arn:aws:', 'arn:aws-cn:')}",
            f"domain.certificate_arn = {as_written(ARN.replace('arn:aws:', 'arn:aws-cn:'))}",
            "(aws-cn)",
            "issued in eu-west-1",
        ),
        (
            f'{NAME}certificate_arn = "arn:aws:iam::111122223333:server-certificate/old"',
            'domain.certificate_arn = "arn:aws:iam::111122223333:server-certificate/old"',
            "a certificate in ACM",
            "write it like",
        ),
        (
            f'{NAME}{ZONE}additional_names = ["mlflow.example.org"]',
            'domain.additional_names[0] = "mlflow.example.org"',
            "not in the zone of mlflow.example.com",
            "set domain.certificate_arn",
        ),
        (
            f'{NAME}create_hosted_zone = true\nadditional_names = ["tracking.example.com"]',
            'domain.additional_names[0] = "tracking.example.com"',
            "not in the zone of mlflow.example.com",
            "set domain.certificate_arn",
        ),
        (
            f'{NAME}{ZONE}additional_names = ["a.example.com", "mlflow.example.com"]',
            'domain.additional_names[1] = "mlflow.example.com"',
            "listed twice",
            "remove it",
        ),
        (
            f'{NAME}hosted_zone_id = "/hostedzone/Z1"',
            'domain.hosted_zone_id = "/hostedzone/Z1"',
            "not of this form",
            'like "Z0123456789EXAMPLE12"',
        ),
        (
            f'{NAME}{ZONE}ssl_policy = "ELBSecurityPolicy-2016-08"',
            'domain.ssl_policy = "ELBSecurityPolicy-2016-08"',
            "is not known",
            "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09",
        ),
    ],
)
def test_invalid_domains_are_refused(refuse: Refuse, lines: str, place: str, problem: str, fix: str) -> None:
    report = refuse(f"[domain]\n{lines}")

    assert report.places == [f"{FILE} {place}"]
    report.says(report.places[0], problem, fix)


@pytest.mark.parametrize(
    "name",
    [
        "MLflow.example.com",
        "https://mlflow.example.com",
        "mlflow.example.com.",
        "*.example.com",
        "mlflow",
        "10.0.0.1",
        f"{'a' * 60}.example.com",
        "mlflow_.example.com",
    ],
)
def test_a_name_is_one_that_clients_send(refuse: Refuse, name: str) -> None:
    report = refuse(f'[domain]\nname = "{name}"\n{ZONE}')

    assert report.places == [f'{FILE} domain.name = "{name}"']
    report.says(report.places[0], "in lower case", 'write it like "mlflow.example.com"')


def test_two_environments_do_not_share_a_name(environments: Environments) -> None:
    for name in ("a", "b"):
        environments.write(f"{name}.toml", f"{DEMO}[domain]\n{NAME}{ZONE}")

    report = environments.refuse()

    assert report.places == ['environments/b.toml: domain.name = "mlflow.example.com"']
    report.says(report.places[0], "is the environment a's", 'such as "b.mlflow.example.com"')


def test_a_zone_from_another_state_is_for_a_name(refuse: Refuse) -> None:
    report = refuse(f'{THEIRS}hosted_zone_id = "zone_id"\n')

    assert report.places == [f'{FILE} remote_state.outputs.hosted_zone_id = "zone_id"']
    report.says(report.places[0], "no domain name", "add [domain]")
