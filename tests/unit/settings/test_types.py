"""A value of another type than its setting: never converted, and told with what was probably meant."""

from __future__ import annotations

import pytest

from tests.environment_files import Refuse

TYPES: list[tuple[str, str, str, str]] = [
    ("service", 'desired_count = "2"', "Expected a whole number, got a string", "write desired_count = 2"),
    (
        "service",
        "desired_count = 2.0",
        "Expected a whole number, got a decimal number",
        "write desired_count = 2",
    ),
    ("service", "desired_count = true", "Expected a whole number, got a boolean", "write desired_count = 1"),
    ("service", "desired_count = []", "Expected a whole number, got a list", "write desired_count = 1"),
    ("database", 'multi_az = "false"', "Expected true or false, got a string", "write multi_az = false"),
    ("database", 'multi_az = "True"', "Expected true or false, got a string", "write multi_az = true"),
    ("database", "multi_az = 0", "Expected true or false, got a whole number", "write multi_az = false"),
    (
        "database",
        "engine_version = 16",
        "Expected a string, got a whole number",
        'write engine_version = "16"',
    ),
    (
        "database",
        "engine_version = 16.8",
        "Expected a string, got a decimal number",
        'write engine_version = "16.8"',
    ),
    (
        "database",
        "engine_version = 2026-01-01",
        "Expected a string, got a date or time",
        'engine_version = "2026-01-01"',
    ),
    (
        "load_balancer",
        'allowed_cidrs = "10.0.0.0/8"',
        "Expected a list, got a string",
        'write allowed_cidrs = ["10.0.0.0/8"]',
    ),
    (
        "network",
        'availability_zones = "eu-west-1a"',
        "Expected a list, got a string",
        'availability_zones = ["eu-west-1a"]',
    ),
    ("database", "engine_version = []", "Expected a string, got a list", 'write engine_version = "…"'),
    (
        "database",
        "engine_version = true",
        "Expected a string, got a boolean",
        'write engine_version = "True"',
    ),
    ("database", 'multi_az = "no"', "Expected true or false, got a string", "write multi_az = false"),
    ("database", 'multi_az = "2"', "Expected true or false, got a string", "write multi_az = false"),
    (
        "service",
        "desired_count = 2.5",
        "Expected a whole number, got a decimal number",
        "write desired_count = 1",
    ),
    ("service", 'desired_count = "true"', "Expected a whole number, got a string", "write desired_count = 1"),
    (
        "load_balancer",
        "allowed_cidrs = 5",
        "Expected a list, got a whole number",
        'write allowed_cidrs = ["0.0.0.0/0"]',
    ),
    (
        "network",
        "availability_zones = 5",
        "Expected a list, got a whole number",
        'write availability_zones = ["…"]',
    ),
    ("image", "platform = 5", "not one of the allowed values", 'write "linux/amd64" or "linux/arm64"'),
    ("image", "uri = 5", "Expected a string, got a whole number", 'write uri = "5"'),
]


@pytest.mark.parametrize(
    ("table", "line", "problem", "fix"), TYPES, ids=[f"{t}.{line}" for t, line, *_ in TYPES]
)
def test_a_value_of_another_type_is_never_converted(
    refuse: Refuse, table: str, line: str, problem: str, fix: str
) -> None:
    report = refuse(f"[{table}]\n{line}")

    report.says(f"environments/test.toml: {table}.{line}", problem, fix)
    assert "JSON" not in report.text


def test_allowed_values_include_the_type(refuse: Refuse) -> None:
    refuse("[database]\nallocated_storage_gib = '20'").says(
        'environments/test.toml: database.allocated_storage_gib = "20"',
        "Allowed: a whole number from 20 to 65,536 GiB (a whole number, without quotes)",
    )
    report = refuse("[load_balancer]\nallowed_cidrs = [5]")
    assert "JSON" not in report.text
    report.says(
        "environments/test.toml: load_balancer.allowed_cidrs[0] = 5",
        "Allowed: a string, in quotes",
        'Fix: write "5"',
    )
    refuse("service = 5").says("environments/test.toml: service = 5", "Allowed: a table")


@pytest.mark.parametrize(
    "value", ['"DB_PASSWORD=hunter2"', '["hunter2"]', '{ A = { B = "hunter2" } }', '{ A = ["hunter2"] }']
)
def test_possible_secret_of_a_wrong_type_is_not_shown(refuse: Refuse, value: str) -> None:
    report = refuse(f"[service]\nenvironment = {value}")

    assert report.places[0].startswith("environments/test.toml: service.environment")
    assert "hunter2" not in report.text
    report.says(
        report.places[0], "Expected", "write [service.environment]" if "A" not in value[2:4] else 'write "…"'
    )


def test_a_table_that_is_none(refuse: Refuse) -> None:
    report = refuse('service = "large"\ntags = []\n')

    report.says(
        'environments/test.toml: service = "large"', "Expected a table", "write [service], and its settings"
    )
    report.says("environments/test.toml: tags = []", "Expected a table", "write [tags]")
