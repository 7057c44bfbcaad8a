"""What was refused under a former name or shape of a setting is refused under the present one.

Each row is settings as they were written, with what refused them then, and the path that is told now.
"""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from settings.reading.explain import Origin, dotted, problems_of
from stacks.environment import EnvironmentSettings
from stacks.loading import ENVIRONMENT
from tests.plans.renamed import DROPPED, MOVED, with_new_names
from tests.texts import DEMO, PRODUCTION

NO_LONGER_WRITTEN: dict[str, tuple[str, str, str]] = {
    # Rule → profile, settings, path. Half of a table is a table that lacks a required setting.
    "object_lock_is_whole, mode": (
        DEMO,
        '[artifact_store]\nobject_lock_mode = "GOVERNANCE"',
        "artifact_store.object_lock.days",
    ),
    "object_lock_is_whole, days": (
        DEMO,
        "[artifact_store]\nobject_lock_days = 3",
        "artifact_store.object_lock.mode",
    ),
    "replica_is_whole, account": (
        DEMO,
        '[artifact_store]\nreplica_account_id = "111122223333"',
        "artifact_store.replica.bucket_arn",
    ),
    "replica_is_whole, key": (
        PRODUCTION,
        '[artifact_store]\nreplica_bucket_arn = "arn:aws:s3:::example-artifact-copies"',
        "artifact_store.replica.kms_key_arn",
    ),
    "github_has_a_repository": (DEMO, '[access]\ngithub_branch = "main"', "access.github.repository"),
    "zone_and_certificate_have_a_name": (
        DEMO,
        '[domain]\nhosted_zone_id = "Z0123456789EXAMPLE12"',
        "domain.name",
    ),
    "their_state_is_named, bucket": (
        DEMO,
        '[remote_state]\nkey = "a"\n[remote_state.outputs]\nkms_key_arn = "key"',
        "remote_state.bucket",
    ),
    "their_state_is_named, key": (
        DEMO,
        '[remote_state]\nbucket = "states"\n[remote_state.outputs]\nkms_key_arn = "key"',
        "remote_state.key",
    ),
    "their_state_is_read_for_something": (
        DEMO,
        '[remote_state]\nbucket = "states"\nkey = "a"',
        "remote_state.outputs",
    ),
    "sign_in_is_whole": (DEMO, '[sign_in]\nissuer = "https://login.example.com"', "sign_in.openid.jwks_uri"),
}
MOVED_ONLY: dict[str, tuple[str, str, str]] = {
    "one_source_is_restored, two": (
        DEMO,
        '[database]\nrestore_snapshot_identifier = "kept"\nrestore_source_identifier = "before"',
        "database.restore.snapshot_identifier",
    ),
    "one_source_is_restored, time": (
        DEMO,
        '[database]\nrestore_snapshot_identifier = "kept"\nrestore_time = "2026-11-24T18:00:00Z"',
        "database.restore.restore_time",
    ),
    "one_source_is_restored, itself": (
        DEMO,
        '[database]\nrestore_source_identifier = "mlflow-test"',
        "database.restore.source_db_instance_identifier",
    ),
    "github_has_one_provider": (
        DEMO,
        '[image]\nregistry_credentials = "docker_config"\n[access]\ngithub_repository = "example/platform"',
        "access.github.oidc_provider_arn",
    ),
    "endpoints_are_of_use": (
        DEMO,
        '[network]\nservice_subnets = "private"\nendpoints = "theirs"',
        "network.endpoints",
    ),
    "one_key_encrypts": (
        DEMO,
        '[state]\nbucket = "states"\nmanaged = true\nown_kms_key = true\nkms_key_id = "alias/a"',
        "state.create_kms_key",
    ),
    "a_key_is_made_or_given": (PRODUCTION, "[encryption]\nown_key = false", "encryption.create_kms_key"),
    "production, parameter group": (
        PRODUCTION,
        "[database]\nown_parameter_group = false",
        "database.create_parameter_group",
    ),
    "production, insights": (
        PRODUCTION,
        '[database]\ninsights_mode = "off"',
        "database.database_insights_mode",
    ),
    "release_contradicts_protection": (
        PRODUCTION.replace("[domain]", "release = true\n[domain]"),
        "[database]\ndeletion_protection = true",
        "database.deletion_protection",
    ),
    "production, name": (
        PRODUCTION.replace(
            '[domain]\nname = "mlflow.example.com"\nhosted_zone_id = "Z0123456789EXAMPLE12"\n', ""
        ),
        "",
        "domain",
    ),
}


def refused(text: str) -> list[str]:
    """The paths of all that is refused of settings in their former names."""
    tree: dict[str, Any] = {**with_new_names(tomllib.loads(text)), "environment": "test"}
    with pytest.raises(ValidationError) as caught:
        EnvironmentSettings.model_validate(tree)
    origin = Origin(ENVIRONMENT, "test.toml", "test", {})
    return [problem.path for problem in problems_of(caught.value, tree, origin)]


@pytest.mark.parametrize(("base", "lines", "path"), NO_LONGER_WRITTEN.values(), ids=NO_LONGER_WRITTEN)
def test_half_of_a_part_cannot_be_written_any_more(base: str, lines: str, path: str) -> None:
    assert path in refused(base + lines)


@pytest.mark.parametrize(("base", "lines", "path"), MOVED_ONLY.values(), ids=MOVED_ONLY)
def test_moved_refusals_still_apply(base: str, lines: str, path: str) -> None:
    assert refused(base + lines) == [path]


@pytest.mark.parametrize("old", [*MOVED, *DROPPED])
def test_a_former_setting_is_refused(old: str) -> None:
    *tables, name = old.split(".")
    tree: dict[str, Any] = {**tomllib.loads(DEMO), "environment": "test"}
    inner = tree
    for table in tables:
        inner = inner.setdefault(table, {})
    inner[name] = "x"

    with pytest.raises(ValidationError) as caught:
        EnvironmentSettings.model_validate(tree)

    told = problems_of(caught.value, tree, Origin(ENVIRONMENT, "test.toml", "test", {}))
    (problem,) = [one for one in told if one.path == dotted(tuple(old.split(".")))]
    assert problem.refusal.problem == "There is no such setting."
