"""`MLFLOW_INFRA_*` variables: what they override, how they are read, what is refused."""

from __future__ import annotations

import pytest

from tests.environment_files import LARGE_DATABASE, Environments, Load, Refuse
from tests.texts import DEMO, PRODUCTION


def test_variable_overrides_every_environment_file(environments: Environments) -> None:
    environments.write("a.toml", DEMO + "[service]\ndesired_count = 5\nworkers = 1" + LARGE_DATABASE)
    environments.write("b.toml", PRODUCTION)

    loaded = environments.load(MLFLOW_INFRA_SERVICE__DESIRED_COUNT="4")

    assert [settings.service.desired_count for settings in loaded] == [4, 4]
    assert [settings.service.workers for settings in loaded] == [1, None]


def test_texts_numbers_and_booleans(load: Load) -> None:
    settings = load(
        MLFLOW_INFRA_NAME="tracking",
        MLFLOW_INFRA_REGION="ap-south-1",
        MLFLOW_INFRA_DATABASE__ENGINE_VERSION="17",
        MLFLOW_INFRA_DATABASE__MULTI_AZ="True",
        MLFLOW_INFRA_DATABASE__DELETION_PROTECTION="false",
        MLFLOW_INFRA_DATABASE__ALLOCATED_STORAGE_GIB="30",
    )

    assert (settings.full_name, settings.region) == ("tracking-test", "ap-south-1")
    assert settings.database.engine_version == "17"
    assert settings.database.multi_az and not settings.database.deletion_protection
    assert settings.database.allocated_storage_gib == 30


def test_a_variable_may_choose_the_profile(load: Load) -> None:
    settings = load(
        "[load_balancer]\nallowed_cidrs = ['10.0.0.0/8']",
        MLFLOW_INFRA_PROFILE="production",
        MLFLOW_INFRA_STATE__BUCKET="example-state",
        MLFLOW_INFRA_DOMAIN='{"name": "mlflow.example.com", "hosted_zone_id": "Z0123456789EXAMPLE12"}',
    )

    assert (settings.profile, settings.database.multi_az) == ("production", True)


def test_lists_and_tables_are_json(load: Load) -> None:
    settings = load(
        MLFLOW_INFRA_LOAD_BALANCER__ALLOWED_CIDRS='["10.0.0.0/8", "2001:db8::/32"]',
        MLFLOW_INFRA_IMAGE__BUILD_SECRETS='{"ca_bundle": "/etc/ssl/ca.pem", "pip_conf": "env:PIP_CONF"}',
        MLFLOW_INFRA_SERVICE='{"cpu_units": 1024, "memory_mib": 4096, "environment": {"A": "1"}}',
    )

    assert settings.load_balancer.allowed_cidrs == ("10.0.0.0/8", "2001:db8::/32")
    assert settings.image.build_secrets == {"ca_bundle": "/etc/ssl/ca.pem", "pip_conf": "env:PIP_CONF"}
    assert (settings.service.cpu_units, settings.service.memory_mib) == (1024, 4096)
    assert settings.service.environment == {"A": "1"}


def test_null_in_json_is_left_out(load: Load) -> None:
    settings = load('[image]\nuri = "example/mlflow:1"', MLFLOW_INFRA_IMAGE='{"uri": null}')

    assert settings.image.uri is None


def test_tables_are_merged_and_lists_are_not(load: Load) -> None:
    settings = load(
        "[tags]\nTeam = 'ml'\nOwner = 'me'\n[load_balancer]\nallowed_cidrs = ['10.0.0.0/8', '10.1.0.0/16']",
        MLFLOW_INFRA_TAGS='{"Team": "data", "Cost": "7"}',
        MLFLOW_INFRA_LOAD_BALANCER__ALLOWED_CIDRS='["192.168.0.0/16"]',
    )

    assert settings.tags == {"Team": "data", "Owner": "me", "Cost": "7"}
    assert settings.load_balancer.allowed_cidrs == ("192.168.0.0/16",)


def test_an_entry_keeps_the_case_and_the_underscores_of_its_name(load: Load) -> None:
    settings = load(
        MLFLOW_INFRA_TAGS__CostCenter="ml",
        MLFLOW_INFRA_SERVICE__ENVIRONMENT__MLFLOW_LOGGING__Level="5",
        MLFLOW_INFRA_IMAGE__BUILD_SECRETS__pip_conf="/etc/pip.conf",
    )

    assert settings.tags == {"CostCenter": "ml"}
    assert settings.service.environment == {"MLFLOW_LOGGING__Level": "5"}
    assert settings.image.build_secrets == {"pip_conf": "/etc/pip.conf"}


def test_the_most_specific_variable_counts(load: Load) -> None:
    variables = {
        "MLFLOW_INFRA_SERVICE__ENVIRONMENT__A": "entry",
        "MLFLOW_INFRA_SERVICE__ENVIRONMENT": '{"A": "table", "B": "table"}',
        "MLFLOW_INFRA_SERVICE": '{"desired_count": 3, "workers": 1, "environment": {"A": "all", "C": "all"}}',
        "MLFLOW_INFRA_SERVICE__DESIRED_COUNT": "4",
    }
    for order in (variables, dict(reversed(variables.items()))):
        service = load(LARGE_DATABASE, **order).service

        assert (service.desired_count, service.workers) == (4, 1)
        assert service.environment == {"A": "entry", "B": "table", "C": "all"}


UNKNOWN = [
    ("MLFLOW_INFRA_SERVICE__DESIRED_COUNTS", "did you mean MLFLOW_INFRA_SERVICE__DESIRED_COUNT?"),
    ("MLFLOW_INFRA_SERVICE_DESIRED_COUNT", "did you mean MLFLOW_INFRA_SERVICE__DESIRED_COUNT?"),
    ("MLFLOW_INFRA_service__desired_count", "did you mean MLFLOW_INFRA_SERVICE__DESIRED_COUNT?"),
    ("mlflow_infra_region", "did you mean MLFLOW_INFRA_REGION?"),
    ("MLFLOW_INFRA_TAG", "did you mean MLFLOW_INFRA_TAGS?"),
    ("MLFLOW_INFRA_SERVICE__CPU_UNITS__X", "did you mean MLFLOW_INFRA_SERVICE__CPU_UNITS?"),
    ("MLFLOW_INFRA_TAGS__", "did you mean MLFLOW_INFRA_TAGS?"),
    ("MLFLOW_INFRA_ENVIRONMENT", "MLFLOW_INFRA_ENVIRONMENTS is their folder"),
    ("MLFLOW_INFRA_", "docs/settings.md"),
    ("MLFLOW_INFRA_ZZZ", "docs/settings.md"),
]


@pytest.mark.parametrize(("name", "fix"), UNKNOWN)
def test_unknown_variables_are_refused_without_their_values(refuse: Refuse, name: str, fix: str) -> None:
    report = refuse(**{name: "hunter2"})

    report.says(name, "There is no such setting", "MLFLOW_INFRA_<TABLE>__<SETTING>", fix)
    assert "hunter2" not in report.text


REFUSED = [
    (
        "SERVICE__DESIRED_COUNT",
        "two",
        'service.desired_count = "two"',
        "Expected a whole number, got a string",
        "MLFLOW_INFRA_SERVICE__DESIRED_COUNT=1",
    ),
    (
        "SERVICE__DESIRED_COUNT",
        "2.5",
        'service.desired_count = "2.5"',
        "a whole number",
        "MLFLOW_INFRA_SERVICE__DESIRED_COUNT=1",
    ),
    (
        "SERVICE__DESIRED_COUNT",
        " 2",
        'service.desired_count = " 2"',
        "a whole number",
        "MLFLOW_INFRA_SERVICE__DESIRED_COUNT=1",
    ),
    (
        "SERVICE__DESIRED_COUNT",
        "",
        'service.desired_count = ""',
        "a whole number",
        "MLFLOW_INFRA_SERVICE__DESIRED_COUNT=1",
    ),
    (
        "SERVICE__WORKERS",
        "2_0",
        'service.workers = "2_0"',
        "a whole number",
        "MLFLOW_INFRA_SERVICE__WORKERS=1",
    ),
    (
        "DATABASE__MULTI_AZ",
        "yes",
        'database.multi_az = "yes"',
        "true or false",
        "MLFLOW_INFRA_DATABASE__MULTI_AZ=false",
    ),
    (
        "DATABASE__MULTI_AZ",
        "1",
        'database.multi_az = "1"',
        "true or false",
        "MLFLOW_INFRA_DATABASE__MULTI_AZ=false",
    ),
    ("REGION", "", 'region = ""', "an AWS Region", "To set nothing, unset MLFLOW_INFRA_REGION."),
    (
        "SERVICE__MEMORY_MIB",
        "3000",
        "service.memory_mib = 3000",
        "does not offer 3000 MiB with 512",
        "service.memory_mib = 3072",
    ),
    ("TAGS__Name", "x", "tags.Name", "each resource has its own", "CostCenter"),
    (
        "SERVICE__ENVIRONMENT__DB_PASSWORD",
        "x",
        "service.environment.DB_PASSWORD",
        "a secret",
        "Secrets Manager",
    ),
]


@pytest.mark.parametrize(("name", "value", "place", "problem", "fix"), REFUSED)
def test_refused_value_is_reported_at_its_variable(
    refuse: Refuse, name: str, value: str, place: str, problem: str, fix: str
) -> None:
    report = refuse(**{f"MLFLOW_INFRA_{name}": value})

    report.says(f"MLFLOW_INFRA_{name}: {place} (environment test)", problem, fix)
    assert len(report.places) == 1
    assert ("unset" in report.text) == (value == "")


@pytest.mark.parametrize(
    ("name", "value", "problem", "fix"),
    [
        ("LOAD_BALANCER__ALLOWED_CIDRS", "10.0.0.0/8", "not JSON", '["10.0.0.0/8", "192.168.0.0/16"]'),
        (
            "LOAD_BALANCER__ALLOWED_CIDRS",
            '"10.0.0.0/8"',
            "but not a JSON array",
            '["10.0.0.0/8", "192.168.0.0/16"]',
        ),
        ("TAGS", "Team=ml", "not JSON", '{"name": "value"}'),
        ("TAGS", "[]", "but not a JSON object", '{"name": "value"}'),
        ("SERVICE", "5", "but not a JSON object", '{"name": "value"}'),
    ],
)
def test_json_that_is_none(refuse: Refuse, name: str, value: str, problem: str, fix: str) -> None:
    refuse(**{f"MLFLOW_INFRA_{name}": value}).says(
        f"MLFLOW_INFRA_{name}", problem, f"MLFLOW_INFRA_{name}='{fix}'"
    )


def test_wrong_value_inside_json_is_reported_at_its_variable(refuse: Refuse) -> None:
    report = refuse(
        "[service]\nworkers = 0",
        MLFLOW_INFRA_SERVICE='{"desired_count": "2", "cpu": 5}',
        MLFLOW_INFRA_LOAD_BALANCER__ALLOWED_CIDRS='["10.0.0.1/8", 5]',
        MLFLOW_INFRA_IMAGE='{"build_secrets": 5}',
    )

    report.says(
        'MLFLOW_INFRA_SERVICE: service.desired_count = "2" (environment test)',
        "a whole number",
        'write "desired_count": 2 in the JSON of MLFLOW_INFRA_SERVICE',
    )
    report.says(
        "MLFLOW_INFRA_IMAGE: image.build_secrets = 5 (environment test)",
        "Expected a table",
        'write "build_secrets": {"name": "value"} in the JSON of MLFLOW_INFRA_IMAGE',
    )
    report.says(
        "MLFLOW_INFRA_SERVICE: service.cpu (environment test)", "no such setting", "service.cpu_units"
    )
    balancer = "MLFLOW_INFRA_LOAD_BALANCER__ALLOWED_CIDRS: load_balancer.allowed_cidrs"
    report.says(f'{balancer}[0] = "10.0.0.1/8" (environment test)', "bits set", "10.0.0.0/8")
    report.says(
        f"{balancer}[1] = 5 (environment test)",
        "Expected a string, got a whole number",
        'write "5" in the JSON of MLFLOW_INFRA_LOAD_BALANCER__ALLOWED_CIDRS',
    )
    report.says("environments/test.toml: service.workers = 0", "out of range")


def test_variable_does_not_hide_a_value_in_place_of_a_table(refuse: Refuse) -> None:
    refuse("service = 5", MLFLOW_INFRA_SERVICE__DESIRED_COUNT="2").says(
        "environments/test.toml: service = 5", "Expected a table"
    )
    refuse("tags = 5", MLFLOW_INFRA_TAGS__Team="ml").says(
        "environments/test.toml: tags = 5", "Expected a table"
    )
    refuse("[database]\nmulti_az = true", MLFLOW_INFRA_DATABASE='{"multi_az": {"a": 1}}').says(
        'MLFLOW_INFRA_DATABASE: database.multi_az = {"a": 1} (environment test)',
        "Expected true or false, got a table",
    )
    refuse(MLFLOW_INFRA_DATABASE='{"multi_az": {}}').says(
        "MLFLOW_INFRA_DATABASE: database.multi_az = {} (environment test)",
        "Expected true or false, got a table",
    )


def test_too_many_tags_are_reported_at_the_table(refuse: Refuse) -> None:
    tags = "\n".join(f"T{number} = 'x'" for number in range(46))

    (place,) = refuse(f"[tags]\n{tags}", MLFLOW_INFRA_TAGS__Team="ml").places

    assert place.startswith("environments/test.toml: tags = {")


def test_wrong_variable_is_reported_once_for_all_environments(environments: Environments) -> None:
    for name in ("a", "b", "c"):
        environments.write(f"{name}.toml", DEMO)

    report = environments.refuse(MLFLOW_INFRA_LOGS__RETENTION_DAYS="10")

    assert report.places == [
        "MLFLOW_INFRA_LOGS__RETENTION_DAYS: logs.retention_days = 10 (environment a, b, c)"
    ]


def test_a_variable_that_only_production_refuses_says_where(environments: Environments) -> None:
    environments.write("a.toml", DEMO)
    environments.write("b.toml", PRODUCTION)

    report = environments.refuse(MLFLOW_INFRA_DATABASE__BACKUP_RETENTION_DAYS="1")

    assert report.places == [
        "MLFLOW_INFRA_DATABASE__BACKUP_RETENTION_DAYS: database.backup_retention_days = 1 (environment b)"
    ]


def test_common_state_key_is_reported_at_its_variable(environments: Environments) -> None:
    for name in ("a", "b"):
        environments.write(f"{name}.toml", DEMO + '[state]\nbucket = "example-state"')

    environments.refuse(MLFLOW_INFRA_STATE__KEY="state").says(
        'MLFLOW_INFRA_STATE__KEY: state.key = "state" (environment b)', "is the state of the environment a"
    )


def test_unknown_variables_are_reported_with_file_problems(refuse: Refuse) -> None:
    report = refuse("x = 1", MLFLOW_INFRA_X="1")

    assert report.places == ["MLFLOW_INFRA_X", "environments/test.toml: x"]


def test_other_peoples_variables_are_left_alone(load: Load) -> None:
    assert load(MLFLOW_TRACKING_URI="x", INFRA_REGION="x", AWS_REGION="x").region == "eu-west-1"
