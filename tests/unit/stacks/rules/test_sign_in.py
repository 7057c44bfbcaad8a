"""Rules on signing in."""

from __future__ import annotations

import pytest

from modules.sign_in import values as openid
from tests.environment_files import LARGE_DATABASE, Load, Refuse
from tests.given.sign_in import DOMAIN, SECRET, WHOLE, table
from tests.texts import DEMO, NO_SIGN_IN, PRODUCTION

FILE = "environments/test.toml:"


def test_passwords_are_the_default(load: Load) -> None:
    for base in (DEMO, PRODUCTION):
        assert load(base=base).sign_in.mode == "password"


def test_none_is_written_with_networks_that_are_known(load: Load, refuse: Refuse) -> None:
    none = "[sign_in]\nmode = 'none'\n"
    report = refuse(none)

    report.says(report.places[0], "has no sign-in", "remove sign_in.mode")
    assert not load(f"{none}[load_balancer]\nallowed_cidrs = ['203.0.113.0/24']").sign_in.is_on


def test_defaults(load: Load) -> None:
    sign_in = load(DOMAIN + table()).sign_in

    assert sign_in.is_on
    assert sign_in.openid is not None
    assert sign_in.openid.audiences == ()
    assert sign_in.openid.accepted_audiences == ("mlflow",)
    assert (sign_in.openid.scopes, sign_in.openid.session_timeout_seconds) == (("openid",), 43200)
    assert sign_in.openid.client_secret_version_id is None


def test_all_values(load: Load) -> None:
    more = (
        'client_secret_version_id = "1234abcd-12ab-4cd3-96ef-1234567890ab"\n'
        'audiences = ["api://mlflow", "mlflow"]\nscopes = ["email", "openid"]\nsession_timeout_seconds = 3600\n'
    )
    provider = load(DOMAIN + table() + more).sign_in.openid

    assert provider is not None
    assert provider.accepted_audiences == ("api://mlflow", "mlflow")
    assert provider.scopes == ("email", "openid")
    assert provider.session_timeout_seconds == 3600


@pytest.mark.parametrize("name", WHOLE)
def test_each_value_of_the_provider_is_required(name: str, refuse: Refuse) -> None:
    report = refuse(DOMAIN + table(**{name: None}))

    assert report.places == [f"{FILE} sign_in.openid.{name}"]
    report.says(report.places[0], "Required", f'add it to [sign_in.openid]: {name} = "')


def test_openid_needs_a_provider(refuse: Refuse) -> None:
    report = refuse(f'{DOMAIN}[sign_in]\nmode = "openid"\n')

    assert report.places == [f'{FILE} sign_in.mode = "openid"']
    report.says(report.places[0], "no provider", "add [sign_in.openid]")


def test_a_provider_without_the_mode_has_no_effect(refuse: Refuse) -> None:
    report = refuse(DOMAIN + table().replace('mode = "openid"\n', ""))

    assert report.places == [f'{FILE} sign_in.mode = "password"']
    report.says(report.places[0], "nobody signs in", 'mode = "openid"')


def test_passwords_need_neither_a_name_nor_a_provider(load: Load, refuse: Refuse) -> None:
    assert load('[sign_in]\nmode = "password"\ndefault_permission = "EDIT"\n').sign_in.is_on

    report = refuse(DOMAIN + table().replace("openid", "password", 1))
    assert report.places == [f'{FILE} sign_in.mode = "password"']
    report.says(report.places[0], 'mode is "password"', "or remove [sign_in.openid]")


@pytest.mark.parametrize("mode", ["none", "openid"])
def test_permissions_are_of_mlflows_own_users(refuse: Refuse, mode: str) -> None:
    lines = DOMAIN + (table() if mode == "openid" else NO_SIGN_IN)
    report = refuse(lines.replace("[sign_in]\n", '[sign_in]\ndefault_permission = "EDIT"\n', 1))

    assert report.places == [f'{FILE} sign_in.default_permission = "EDIT"']
    report.says(report.places[0], "everyone who gets in may do everything", 'mode = "password"')


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", "http://login.example.com"),
        ("issuer", "login.example.com"),
        ("issuer", "https://user@login.example.com"),
        ("issuer", "https://login.example.com?tenant=1"),
        ("authorization_endpoint", "https://login.example.com"),
        ("token_endpoint", "http://login.example.com/token"),
        ("token_endpoint", "https://login.example.com:8443/token"),
        ("user_info_endpoint", "https://login.example.com/a b"),
        ("jwks_uri", "https://login.example.com/${file}"),
        ("client_id", "ml flow"),
        ("client_id", "a,b"),
        ("client_id", "${var.x}"),
        ("client_secret_arn", "a-secret-as-it-is"),
        ("client_secret_arn", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:mlflow"),
        ("client_secret_version_id", "2"),
    ],
)
def test_a_value_that_is_not_one(name: str, value: str, refuse: Refuse) -> None:
    report = refuse(DOMAIN + table(**{name: value}))

    assert report.places == [f'{FILE} sign_in.openid.{name} = "{value}"']


def test_sign_in_requires_the_openid_scope(refuse: Refuse) -> None:
    report = refuse(DOMAIN + table() + 'scopes = ["email"]\n')

    assert report.places == [f'{FILE} sign_in.openid.scopes = ["email"]']
    report.says(report.places[0], 'write ["openid", "email"]')


def test_people_sign_in_by_https(refuse: Refuse) -> None:
    report = refuse(table())

    assert report.places == [f"{FILE} domain"]
    report.says(report.places[0], "by HTTPS only", "add [domain]")


def test_jobs_cannot_sign_in(refuse: Refuse) -> None:
    report = refuse(
        DOMAIN
        + table()
        + "[service]\njob_execution = true\ncpu_units = 1024\nmemory_mib = 4096"
        + LARGE_DATABASE
    )

    assert report.places == [f"{FILE} service.job_execution = true"]
    report.says(report.places[0], "jobs cannot sign in", 'mode = "none"')


def test_the_secret_is_of_the_region(refuse: Refuse) -> None:
    secret = SECRET.replace("eu-west-1", "us-east-1")
    report = refuse(DOMAIN + table(client_secret_arn=secret))

    assert report.places == [f'{FILE} sign_in.openid.client_secret_arn = "{secret}"']
    report.says(report.places[0], "us-east-1 (aws), the load balancer is in eu-west-1", "replicate it")


def test_where_aws_publishes_no_keys(refuse: Refuse) -> None:
    secret = SECRET.replace("arn:aws:", "arn:aws-cn:").replace("eu-west-1", "cn-north-1")
    base = DEMO.replace("eu-west-1", "cn-north-1") + '[image]\nuri = "registry.example/mlflow:1"\n'
    report = refuse(DOMAIN + table(client_secret_arn=secret), base=base)

    assert report.places == [f'{FILE} sign_in.mode = "openid"']
    report.says(report.places[0], "the partition aws-cn", "aws or aws-us-gov")


@pytest.mark.parametrize(
    ("region", "url"),
    [
        ("eu-west-1", "https://public-keys.auth.elb.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "https://s3-us-gov-west-1.amazonaws.com/aws-elb-public-keys-prod-us-gov-west-1"),
    ],
)
def test_where_load_balancers_publish_their_keys(region: str, url: str) -> None:
    assert openid.load_balancer_keys_url(region) == url


def test_with_a_sign_in_production_may_be_open_to_the_internet(load: Load, refuse: Refuse) -> None:
    # Given production that lets everyone connect, written out
    base = PRODUCTION.replace('["10.0.0.0/8"]', '["0.0.0.0/0", "::/0"]')

    # Then it is refused without a log-in, and taken with one
    refuse("[sign_in]\nmode = 'none'\n", base=base).says(
        f'{FILE} load_balancer.allowed_cidrs[0] = "0.0.0.0/0"', "has no sign-in", "remove sign_in.mode"
    )
    nat = '[network]\nnat = "single"\n'
    assert load(table() + nat, base=base).load_balancer.allowed_cidrs == ("0.0.0.0/0", "::/0")


def test_tasks_without_nat_reach_no_provider(refuse: Refuse) -> None:
    report = refuse(table(), base=PRODUCTION)

    assert report.places == [f'{FILE} network.nat = "none"']
    report.says(report.places[0], "neither the provider's keys", 'nat = "per_az"')


@pytest.mark.parametrize("endpoints", ["all", "existing"])
def test_tasks_in_another_teams_closed_vpc_reach_no_provider(endpoints: str, refuse: Refuse) -> None:
    network = f"""\
[network]
vpc_id = "vpc-0a1b2c3d4e5f67890"
public_subnet_ids = ["subnet-0a1b2c3d4e5f67890", "subnet-0b1c2d3e4f5a67890"]
private_subnet_ids = ["subnet-0c1d2e3f4a5b67890", "subnet-0d1e2f3a4b5c67890"]
endpoints = "{endpoints}"
"""
    report = refuse(table() + network, base=PRODUCTION)

    assert report.places == [f'{FILE} network.endpoints = "{endpoints}"']
    report.says(report.places[0], "route the private subnets out")


def test_internal_load_balancer_without_nat_cannot_sign_in(load: Load, refuse: Refuse) -> None:
    lines = DOMAIN + table() + "[load_balancer]\ninternal = true\n"
    report = refuse(lines)

    assert report.places == [f"{FILE} load_balancer.internal = true"]
    report.says(report.places[0], "nothing leads from these", "write false")
    assert load(lines + '[network]\nservice_subnets = "private"\nnat = "single"\n').sign_in.is_on
