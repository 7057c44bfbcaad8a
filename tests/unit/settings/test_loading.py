"""Files: what is read, what is refused as a whole, what counts, and that the result cannot be changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from modules.common.sizes import SIZES
from stacks.environment import EnvironmentSettings
from stacks.loading import environments_directory, load_environments
from tests.environment_files import Environments, Load, Refuse
from tests.texts import DEMO, PRODUCTION

ROOT = Path(__file__).parents[3]


def test_the_committed_environments_load_untouched() -> None:
    (demo,) = load_environments(ROOT / "environments", {})

    assert (demo.environment, demo.profile, demo.region) == ("demo", "demo", "us-east-1")
    assert (demo.full_name, demo.stack_name) == ("mlflow-demo", "mlflow-demo")


def test_every_file_is_an_environment_sorted_by_name(environments: Environments) -> None:
    environments.write("prod.toml", PRODUCTION)
    environments.write("a2.toml", 'name = "x"\n' + DEMO)
    environments.write("a-1.toml", DEMO)
    environments.write("README.md", "not one")
    environments.write(".a.toml.swp", "nor this")
    environments.write(".#a.toml", "nor this")

    loaded = environments.load()

    assert [settings.environment for settings in loaded] == ["a-1", "a2", "prod"]
    assert [settings.full_name for settings in loaded] == ["mlflow-a-1", "x-a2", "mlflow-prod"]
    assert [settings.stack_name for settings in loaded] == ["mlflow-a-1", "x-a2", "mlflow-prod"]


def test_the_demo_has_the_seeds_shape(load: Load) -> None:
    settings = load()

    assert settings.network.vpc_cidr == "10.0.0.0/16"
    assert settings.network.public_subnet_cidrs == ("10.0.1.0/24", "10.0.2.0/24")
    assert settings.network.private_subnet_cidrs == ("10.0.10.0/24", "10.0.20.0/24")
    assert settings.database.model_dump() == {
        "engine_version": "16",
        "max_connections": None,
        "engine_lifecycle_support": "open-source-rds-extended-support-disabled",
        "instance_class": "db.t4g.micro",
        "allocated_storage_gib": 20,
        "max_allocated_storage_gib": 0,
        "storage_encrypted": True,
        "name": "mlflow",
        "username": "mlflow_user",
        "backup_retention_days": 0,
        "backup_window": "03:00-04:00",
        "delete_automated_backups": True,
        "multi_az": False,
        "deletion_protection": False,
        "skip_final_snapshot": True,
        "maintenance_window": "sun:05:00-sun:06:00",
        "auto_minor_version_upgrade": True,
        "allow_major_version_upgrade": False,
        "apply_immediately": True,
        "create_parameter_group": False,
        "ca_cert_identifier": "rds-ca-rsa2048-g1",
        "iam_database_authentication_enabled": False,
        "log_exports": (),
        "monitoring_interval_seconds": 0,
        "database_insights_mode": "off",
        "restore": None,
    }
    assert settings.artifact_store.model_dump() == {
        "force_destroy": True,
        "noncurrent_version_retention_days": 7,
        "transition_days": None,
        "transition_storage_class": "INTELLIGENT_TIERING",
        "access_log_bucket": None,
        "object_lock": None,
        "replica": None,
    }
    assert (settings.service.cpu_units, settings.service.memory_mib, settings.service.desired_count) == (
        512,
        1024,
        1,
    )
    assert (settings.service.workers, settings.service.job_execution) == (None, False)
    assert settings.service.health_check_grace_period_seconds == 300
    assert settings.service.enable_execute_command
    assert (settings.image.retained_images, settings.image.force_delete) == (10, True)
    assert (settings.image.uri, settings.image.platform, settings.image.revision) == (None, "linux/amd64", 1)
    assert settings.load_balancer.allowed_cidrs == ("0.0.0.0/0",)
    assert (settings.load_balancer.internal, settings.load_balancer.idle_timeout_seconds) == (False, 300)
    assert settings.logs.retention_days == 14
    assert (settings.state.bucket, settings.state_key) == (None, "mlflow/test/terraform.tfstate")
    assert (settings.tags, settings.service.environment, settings.image.build_secrets) == ({}, {}, {})


def test_production_is_careful_by_default(load: Load) -> None:
    settings = load(base=PRODUCTION)

    assert settings.database.instance_class == "db.t4g.medium"
    assert settings.database.backup_retention_days == 7
    assert settings.database.multi_az and settings.database.deletion_protection
    assert not settings.database.skip_final_snapshot and not settings.database.apply_immediately
    assert settings.database.create_parameter_group and not settings.database.delete_automated_backups
    assert settings.database.log_exports == ("postgresql", "upgrade")
    assert (settings.database.monitoring_interval_seconds, settings.database.database_insights_mode) == (
        60,
        "standard",
    )
    assert not settings.artifact_store.force_destroy and not settings.image.force_delete
    assert settings.artifact_store.noncurrent_version_retention_days == 90
    assert settings.load_balancer.internal and settings.load_balancer.deletion_protection
    assert settings.service.desired_count == 2 and not settings.service.enable_execute_command
    assert settings.logs.retention_days == 365
    assert settings.state.bucket == "example-terraform-state"


def test_file_overrides_single_settings_of_its_profile(load: Load) -> None:
    settings = load("[database]\nmulti_az = true\n[load_balancer]\nallowed_cidrs = ['10.0.0.0/8']")

    assert settings.database.multi_az
    assert settings.database.instance_class == "db.t4g.micro"
    assert settings.load_balancer.allowed_cidrs == ("10.0.0.0/8",)


@pytest.mark.parametrize(
    ("path", "value"),
    [("region", "us-east-1"), ("service.workers", 9), ("tags", {}), ("network.vpc_cidr", "10.1.0.0/16")],
)
def test_settings_are_frozen(load: Load, path: str, value: Any) -> None:
    owner: Any = load()
    *parents, name = path.split(".")
    for parent in parents:
        owner = getattr(owner, parent)

    with pytest.raises(ValidationError, match="frozen"):
        setattr(owner, name, value)


@pytest.mark.parametrize("path", ["tags", "service.environment", "image.build_secrets"])
def test_tables_inside_are_frozen_too(load: Load, path: str) -> None:
    table: Any = load('[tags]\nTeam = "ml"')
    for name in path.split("."):
        table = getattr(table, name)

    with pytest.raises(TypeError):
        table["Team"] = "other"


def test_a_model_made_by_hand_keeps_the_rules_too() -> None:
    with pytest.raises(ValidationError, match=r"service\.memory_mib: Fargate does not offer 3000 MiB"):
        EnvironmentSettings.model_validate(
            {"environment": "x", "profile": "demo", "region": "us-east-1", "service": {"memory_mib": 3000}}
        )


def test_a_model_may_be_validated_again(load: Load) -> None:
    settings = load()

    assert EnvironmentSettings.model_validate(settings) == settings


def test_no_toml_is_refused(environments: Environments) -> None:
    environments.write("readme.md", "")

    environments.refuse().says(
        "environments", "has no TOML file", "docs/settings.md", "MLFLOW_INFRA_ENVIRONMENTS"
    )


def test_a_folder_that_is_not_there(environments: Environments) -> None:
    environments.directory.rmdir()

    environments.refuse().says("environments", "No such file or directory", "put an <environment>.toml there")


def test_syntax_errors_name_the_line(refuse: Refuse) -> None:
    refuse("\nname = mlflow\n").says("environments/test.toml", "not TOML", "line 4", "texts stand in quotes")


def test_a_name_given_twice(refuse: Refuse) -> None:
    refuse('region = "us-east-1"\n').says("environments/test.toml", "not TOML", "Cannot overwrite a value")


def test_a_file_in_another_encoding(environments: Environments) -> None:
    (environments.directory / "test.toml").write_bytes(DEMO.encode() + b'name = "caf\xe9"')

    environments.refuse().says("environments/test.toml", "not UTF-8 (byte", "save it as UTF-8")


def test_a_byte_order_mark_does_not_matter(environments: Environments) -> None:
    (environments.directory / "test.toml").write_bytes(b"\xef\xbb\xbf" + DEMO.encode())

    assert environments.load()[0].environment == "test"


def test_a_file_that_cannot_be_read(environments: Environments) -> None:
    environments.write("good.toml", DEMO)
    (environments.directory / "test.toml").mkdir()
    (environments.directory / "gone.toml").symlink_to("nowhere")

    report = environments.refuse()

    report.says("environments/test.toml", "cannot be read: Is a directory", "move it out of the folder")
    report.says("environments/gone.toml", "cannot be read: No such file", "move it out of the folder")


@pytest.mark.parametrize("stem", ["Prod", "1st", "my_env", "a--b", "end-", "with space"])
def test_a_file_whose_name_is_no_environments(environments: Environments, stem: str) -> None:
    environments.write(f"{stem}.toml", DEMO)

    environments.refuse().says(
        f"environments/{stem}.toml", f'"{stem}" cannot be one', "lower-case letters", "rename the file"
    )


def test_a_suffix_in_capitals_is_not_overlooked(environments: Environments) -> None:
    environments.write("prod.TOML", PRODUCTION)

    environments.refuse().says(
        "environments/prod.TOML", '".TOML" is not in lower case', 'rename it to "prod.toml"'
    )


def test_all_problems_are_reported_at_once(environments: Environments) -> None:
    environments.write(
        "a.toml", DEMO + "[service]\ncpu_units = 500\nmemory = 5\n[logs]\nretention_days = '14'"
    )
    environments.write("b.toml", "profile = demo")
    environments.write(
        "c.toml", PRODUCTION + "[database]\nskip_final_snapshot = true\nallocated_storage_gib = 5"
    )
    environments.write("D.toml", DEMO)
    environments.write("fine.toml", DEMO)

    report = environments.refuse(MLFLOW_INFRA_SERVICES="1")

    assert report.title == "8 problems in the settings; nothing was synthesized."
    assert sorted(report.places) == [
        "MLFLOW_INFRA_SERVICES",
        "environments/D.toml",
        'environments/a.toml: logs.retention_days = "14"',
        "environments/a.toml: service.cpu_units = 500",
        "environments/a.toml: service.memory",
        "environments/b.toml",
        "environments/c.toml: database.allocated_storage_gib = 5",
        "environments/c.toml: database.skip_final_snapshot = true",
    ]


def test_one_problem_is_counted_as_one(refuse: Refuse) -> None:
    assert refuse("x = 1").title == "1 problem in the settings; nothing was synthesized."


def test_files_outside_the_current_folder_are_named_in_full(
    environments: Environments, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    environments.write("test.toml", "")
    monkeypatch.chdir("/")
    monkeypatch.chdir(os.path.realpath(os.sep + "usr"))

    environments.refuse().says(f"{tmp_path}/environments/test.toml: region", "Required")


def test_environments_that_would_take_each_others_names(environments: Environments) -> None:
    environments.write("b.toml", 'name = "mlflow-a"\n' + DEMO)
    environments.write("a-b.toml", DEMO)

    environments.refuse().says(
        'environments/b.toml: name = "mlflow-a"',
        '"mlflow-a-b" is also what the environment a-b is called',
        "a-b.toml",
    )


def test_environments_that_would_take_each_others_state(environments: Environments) -> None:
    state = '[state]\nbucket = "example-state"\n'
    environments.write("a.toml", DEMO + state)
    environments.write("b.toml", DEMO + state + 'key = "mlflow/a/terraform.tfstate"')
    environments.write("c.toml", DEMO + '[state]\nbucket = "other-state"\nkey = "mlflow/a/terraform.tfstate"')

    report = environments.refuse()

    report.says(
        'environments/b.toml: state.key = "mlflow/a/terraform.tfstate"',
        "is the state of the environment a",
        'it is then "mlflow/b/terraform.tfstate"',
    )
    assert len(report.places) == 1


@pytest.mark.parametrize("given", [{}, {"MLFLOW_INFRA_ENVIRONMENTS": ""}])
def test_the_folder_is_beside_main(given: dict[str, str]) -> None:
    assert environments_directory(given) == ROOT / "environments"


def test_the_folder_may_be_another(environments: Environments, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "test.toml").write_text(DEMO)
    environ = {"MLFLOW_INFRA_ENVIRONMENTS": str(elsewhere), "PATH": "/bin", "MLFLOW_TRACKING_URI": "not ours"}

    (settings,) = load_environments(environments_directory(environ), environ)

    assert settings.environment == "test"


@pytest.mark.parametrize("size", SIZES)
def test_a_size_is_cpu_memory_and_instance_class(load: Load, size: str) -> None:
    settings = load(base=f'size = "{size}"\n{DEMO}')

    assert (settings.service.cpu_units, settings.service.memory_mib) == (
        SIZES[size].cpu_units,
        SIZES[size].memory_mib,
    )
    assert settings.database.instance_class == SIZES[size].instance_class


def test_each_part_of_a_size_can_be_set_by_itself(load: Load) -> None:
    settings = load("[service]\nmemory_mib = 4096\n", base=f'size = "large"\n{PRODUCTION}')

    assert (settings.service.cpu_units, settings.service.memory_mib) == (1024, 4096)
    assert settings.database.instance_class == "db.m7g.large"


def test_a_size_that_is_none(refuse: Refuse) -> None:
    report = refuse(base=f'size = "huge"\n{DEMO}')

    assert report.places == ['environments/test.toml: size = "huge"']
    report.says(report.places[0], '"small" or "medium" or "large" or "xlarge"')
