"""What production refuses and the demo takes; and what production asks for."""

from __future__ import annotations

import pytest

from tests.environment_files import Load, Refuse
from tests.given.existing import KEY, THEIRS
from tests.texts import PRODUCTION

PRODUCTION_REFUSES: list[tuple[str, str, str, str]] = [
    (
        "[database]",
        "deletion_protection = false",
        "true in production",
        "set allow_destroy = true, apply, then destroy",
    ),
    ("[database]", "backup_retention_days = 6", "7 to 35 days in production", "set it to 7 or more"),
    ("[database]", "skip_final_snapshot = true", "false in production", "remove the line"),
    (
        "[database]",
        "delete_automated_backups = true",
        "false in production",
        "set allow_destroy = true, apply, then destroy",
    ),
    ("[database]", "multi_az = false", "true in production", "remove the line"),
    ("[database]", "create_parameter_group = false", "true in production", "remove the line"),
    ("[database]", "log_exports = []", '"postgresql" among them', "remove the line, or add"),
    ("[database]", 'log_exports = ["upgrade"]', '"postgresql" among them', "remove the line, or add"),
    ("[database]", "monitoring_interval_seconds = 0", "1, 5, 10, 15, 30 or 60 seconds", "set it to 60"),
    ("[database]", 'database_insights_mode = "off"', '"standard" or "advanced"', "remove the line"),
    (
        "[artifact_store]",
        "force_destroy = true",
        "false in production",
        "set allow_destroy = true, apply, then destroy",
    ),
    (
        "[image]",
        "force_delete = true",
        "false in production",
        "set allow_destroy = true, apply, then destroy",
    ),
    ("[image]", 'uri = "example/mlflow:latest"', "by digest in production", "add the digest"),
    ("[firewall]", "enabled = false", "true in production", "docs/firewall.md says what to do"),
    ("[logs]", "access_logs = false", "true in production", "remove the line"),
    ("[image]", 'uri = "example/mlflow:1.2.3"', "by digest in production", "or leave image.uri out"),
    ("[service]", "desired_count = 1", "2 tasks or more in production", "set it to 2 or more"),
    ("[service]", "on_demand_count = 0", "1 task or more in production", "set it to 1 or more"),
    ("[service]", "audit_execute_command = false", "true in production", "remove the line"),
    (
        "[service]",
        "readonly_root_filesystem = false",
        "true in production, unless service.enable_execute_command is",
        "remove the line",
    ),
    ("[scaling]", "min_count = 1", "2 tasks or more in production", "set it to 2 or more"),
    ("[alarms]", "enabled = false", "true in production", "alarms.topic_arn or alarms.email names who"),
]


@pytest.mark.parametrize(("table", "line", "allowed", "fix"), PRODUCTION_REFUSES)
def test_production_refuses_demo_values(
    refuse: Refuse, load: Load, table: str, line: str, allowed: str, fix: str
) -> None:
    report = refuse(f"{table}\n{line}", base=PRODUCTION)

    assert report.places == [f"environments/test.toml: {table[1:-1]}.{line}"]
    report.says(report.places[0], allowed, fix)
    assert load(f"{table}\n{line}")


OPEN = ["0.0.0.0/0", "::/0", "0.0.0.0/1", "128.0.0.0/7", "2000::/3", "2600::/15"]


@pytest.mark.parametrize("cidr", OPEN)
def test_no_profile_is_open_to_the_internet_without_sign_in(refuse: Refuse, load: Load, cidr: str) -> None:
    production = PRODUCTION.replace('"10.0.0.0/8"', f'"10.0.0.0/8", "{cidr}"')
    none = "[sign_in]\nmode = 'none'\n"

    report = refuse(none, base=production)

    assert report.places == [f'environments/test.toml: load_balancer.allowed_cidrs[1] = "{cidr}"']
    report.says(
        report.places[0], "the whole internet, or a large part of it", "networks you know", "list your own"
    )
    assert load(f"[load_balancer]\nallowed_cidrs = ['{cidr}']")
    refused = refuse(f"{none}[load_balancer]\nallowed_cidrs = ['{cidr}']")
    assert refused.places == [f'environments/test.toml: load_balancer.allowed_cidrs[0] = "{cidr}"']


@pytest.mark.parametrize("cidr", ["10.0.0.0/8", "203.0.113.7/32", "fc00::/7", "2001::/16"])
def test_production_takes_networks_one_can_know(load: Load, cidr: str) -> None:
    assert load(base=PRODUCTION.replace("10.0.0.0/8", cidr)).load_balancer.allowed_cidrs == (cidr,)


def test_production_reports_all_missing_protections_at_once(refuse: Refuse) -> None:
    report = refuse(
        "[load_balancer]\ndeletion_protection = false\n[database]\ndeletion_protection = false\n"
        "backup_retention_days = 0\nskip_final_snapshot = true\n[artifact_store]\nforce_destroy = true\n"
        "[image]\nforce_delete = true\nuri = 'example/mlflow:1'",
        base='profile = "production"\nregion = "eu-west-1"\n',
    )

    file = "environments/test.toml:"
    assert sorted(report.places) == [
        f"{file} artifact_store.force_destroy = true",
        f"{file} database.backup_retention_days = 0",
        f"{file} database.deletion_protection = false",
        f"{file} database.skip_final_snapshot = true",
        f"{file} domain",
        f"{file} image.force_delete = true",
        f'{file} image.uri = "example/mlflow:1"',
        f"{file} load_balancer.allowed_cidrs",
        f"{file} load_balancer.deletion_protection = false",
        f"{file} state.bucket",
    ]
    report.says(
        f"{file} load_balancer.allowed_cidrs",
        "Required",
        'add it to [load_balancer]: allowed_cidrs = ["203.0.113.0/24"]',
    )
    report.says(f"{file} domain", "Plain HTTP shows everything", 'add [domain] with name = "mlflow.')
    report.says(f"{file} state.bucket", "one machine only, without a lock", 'add to [state]: bucket = "')
    report.says(f"{file} load_balancer.deletion_protection = false", "true in production", "then destroy")


def test_production_takes_an_image_by_digest(load: Load) -> None:
    uri = f"111122223333.dkr.ecr.eu-west-1.amazonaws.com/mlflow:1@sha256:{'0' * 64}"

    assert load(f"[image]\nuri = '{uri}'", base=PRODUCTION).image.uri == uri


OTHER_KEYS = [
    f'kms_key_arn = "{KEY}"\n',
    f'{THEIRS}[remote_state.outputs]\nkms_key_arn = "data_key_arn"\n',
]


@pytest.mark.parametrize("other", OTHER_KEYS)
def test_production_has_a_key_made_or_given(refuse: Refuse, load: Load, other: str) -> None:
    none = "[encryption]\ncreate_kms_key = false\n"

    report = refuse(none, base=PRODUCTION)

    assert report.places == ["environments/test.toml: encryption.create_kms_key = false"]
    report.says(
        report.places[0],
        "the keys that AWS owns",
        "true in production, or a key in",
        "remove the line; or name",
    )
    assert load(none + other, base=PRODUCTION).encryption.create_kms_key is False
    assert load(none) == load()


def test_a_released_production_may_be_deleted(load: Load) -> None:
    kept, released = load(base=PRODUCTION), load(base="allow_destroy = true\n" + PRODUCTION)

    assert (kept.protected, released.protected) == (True, False)
    assert (kept.database.deletion_protection, released.database.deletion_protection) == (True, False)
    assert (kept.database.delete_automated_backups, released.database.delete_automated_backups) == (
        False,
        True,
    )
    assert released.load_balancer.deletion_protection is False
    assert released.artifact_store.force_destroy and released.image.force_delete
    assert not released.database.skip_final_snapshot
    assert released.database.backup_retention_days == kept.database.backup_retention_days


def test_allow_destroy_conflicts_with_protections(refuse: Refuse) -> None:
    report = refuse("[database]\ndeletion_protection = true", base="allow_destroy = true\n" + PRODUCTION)

    assert report.places == ["environments/test.toml: database.deletion_protection = true"]
    report.says(
        report.places[0],
        "allow_destroy = true gives up what this keeps",
        "remove this line; or remove allow_destroy",
    )


def test_release_gives_up_no_more_than_protections(refuse: Refuse) -> None:
    report = refuse("[database]\nskip_final_snapshot = true", base="allow_destroy = true\n" + PRODUCTION)

    assert report.places == ["environments/test.toml: database.skip_final_snapshot = true"]
