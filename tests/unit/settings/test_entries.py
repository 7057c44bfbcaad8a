"""Items of lists and entries of tables, each by itself: what is refused, and that no secret is ever shown."""

from __future__ import annotations

import pytest

from tests.environment_files import Load, Refuse

ITEMS: list[tuple[str, str, str, str]] = [
    # lines, where it is told, problem or allowed values, fix
    (
        "[network]\npublic_subnet_cidrs = ['10.0.1.0/24', '10.0.2.1/24']",
        'network.public_subnet_cidrs[1] = "10.0.2.1/24"',
        "bits set",
        "10.0.2.0/24",
    ),
    (
        "[network]\nprivate_subnet_cidrs = ['10.0.1.0/29', '10.0.2.0/24']",
        'network.private_subnet_cidrs[0] = "10.0.1.0/29"',
        "smaller than a /28",
        "16 to 28",
    ),
    (
        "[load_balancer]\nallowed_cidrs = ['10.0.0.1']",
        'load_balancer.allowed_cidrs[0] = "10.0.0.1"',
        "no prefix",
        "10.0.0.1/32",
    ),
    (
        "[load_balancer]\nallowed_cidrs = ['2001:db8::1/32']",
        'load_balancer.allowed_cidrs[0] = "2001:db8::1/32"',
        "bits set",
        "2001:db8::/32",
    ),
    (
        "[load_balancer]\nallowed_cidrs = ['office']",
        'load_balancer.allowed_cidrs[0] = "office"',
        "no prefix",
        "write one",
    ),
    (
        "[load_balancer]\nallowed_cidrs = ['office/24']",
        'load_balancer.allowed_cidrs[0] = "office/24"',
        "not a network",
        "10.0.0.0/16",
    ),
    ("[tags]\n'aws:team' = 'ml'", "tags.aws:team", "not beginning with aws:", 'like "CostCenter"'),
    ("[tags]\n'AWS:team' = 'ml'", "tags.AWS:team", "not beginning with aws:", 'like "CostCenter"'),
    ("[tags]\nName = 'ml'", "tags.Name", "each resource has its own", "CostCenter"),
    ("[tags]\n'a,b' = 'ml'", "tags.a,b", "1 to 128 letters", "CostCenter"),
    (f"[tags]\n{'t' * 129} = 'ml'", f"tags.{'t' * 129}", "1 to 128 letters", "CostCenter"),
    ("[tags]\nTeam = 'a;b'", 'tags.Team = "a;b"', "up to 256 letters", "machine-learning"),
    (f"[tags]\nTeam = '{'t' * 257}'", f'tags.Team = "{"t" * 79}…', "up to 256 letters", "machine-learning"),
    ("[tags]\nTeam = 5", "tags.Team = 5", "Expected a string, got a whole number", 'write "5"'),
    (
        "[service.environment]\n'MY-VAR' = '1'",
        "service.environment.MY-VAR",
        "not the name of a variable",
        "underscores",
    ),
    (
        "[service.environment]\nMLFLOW_WORKERS = '4'",
        "service.environment.MLFLOW_WORKERS",
        "sets MLFLOW_WORKERS itself",
        "set service.workers instead",
    ),
    (
        "[service.environment]\nMLFLOW_BACKEND_STORE_URI = 'x'",
        "service.environment.MLFLOW_BACKEND_STORE_URI",
        "itself",
        "leave it out",
    ),
    (
        "[service.environment]\nMLFLOW_ENABLE_AI_GATEWAY = 'true'",
        "service.environment.MLFLOW_ENABLE_AI_GATEWAY",
        "itself",
        "leave it out",
    ),
    (
        "[service.environment]\nFORWARDED_ALLOW_IPS = '*'",
        "service.environment.FORWARDED_ALLOW_IPS",
        "itself",
        "leave it out",
    ),
    (
        "[image.build_secrets]\nca_bundel = '/ca.pem'",
        "image.build_secrets.ca_bundel",
        '"ca_bundle", "pip_conf"',
        'did you mean "ca_bundle"?',
    ),
    (
        "[image.build_secrets]\nca_bundle = 'ca.pem'",
        'image.build_secrets.ca_bundle = "ca.pem"',
        "absolute path",
        "/etc/ssl/certs",
    ),
    (
        "[image.build_secrets]\nca_bundle = ''",
        'image.build_secrets.ca_bundle = ""',
        "absolute path",
        "/etc/ssl/certs",
    ),
]


@pytest.mark.parametrize(("lines", "place", "problem", "fix"), ITEMS, ids=[place for _, place, *_ in ITEMS])
def test_an_entry_that_is_not_accepted(
    refuse: Refuse, lines: str, place: str, problem: str, fix: str
) -> None:
    refuse(lines).says(f"environments/test.toml: {place}", problem, fix)


@pytest.mark.parametrize(
    "name",
    [
        "DB_PASSWORD",
        "MLFLOW_FLASK_SERVER_SECRET_KEY",
        "HF_TOKEN",
        "OPENAI_API_KEY",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID",
        "SSH_PRIVATE_KEY",
        "DB_PASS",
        "APIKEY",
        "MY_SECRET",
        "GIT_CREDENTIALS",
        "db_password",
        "KEK_PASSPHRASE",
    ],
)
def test_a_secret_is_refused_by_its_name_and_never_shown(refuse: Refuse, name: str) -> None:
    report = refuse(f"[service.environment]\n{name} = 'hunter2-correct-horse'")

    report.says(
        f"environments/test.toml: service.environment.{name}", "looks like a secret", "AWS Secrets Manager"
    )
    assert "hunter2" not in report.text


@pytest.mark.parametrize(
    "value",
    ["postgresql://me:hunter2@db/x", "AKIAIOSFODNN7EXAMPLE", "-----BEGIN RSA PRIVATE KEY-----hunter2"],
)
def test_a_secret_is_refused_by_its_look_and_never_shown(refuse: Refuse, value: str) -> None:
    report = refuse(f"[service.environment]\nEXTRA = '{value}'")

    report.says(
        "environments/test.toml: service.environment.EXTRA", "looks like a secret", "AWS Secrets Manager"
    )
    assert value not in report.text


@pytest.mark.parametrize(
    "name",
    [
        "MLFLOW_DEFAULT_ARTIFACT_ROOT",
        "TOKENIZERS_PARALLELISM",
        "DB_SECRET_ARN",
        "MONKEY",
        "TOKEN_FILE",
        "BYPASS",
        "PASS_THROUGH",
        "_X1",
    ],
)
def test_other_variables_are_accepted(load: Load, name: str) -> None:
    settings = load(f"[service.environment]\n{name} = 'https://example.com/a:b@c'")

    assert settings.service.environment == {name: "https://example.com/a:b@c"}
