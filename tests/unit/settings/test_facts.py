"""The tables of the settings against where they come from: AWS's own lists, the stack, and each other."""

from __future__ import annotations

import datetime
import importlib.resources
import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import pytest

from modules.common.aws import PARTITION_OF, REGIONS
from modules.database.authorities import FOLDER, STORES, known_authorities
from modules.database.values import CA_CERT_IDENTIFIERS
from modules.service.values import PLATFORM_VARIABLES
from settings.language.setting import PROFILES, REQUIRED, Section, table_of
from stacks.environment import DEFAULTS, EnvironmentSettings
from stacks.loading import ENVIRONMENT
from stacks.rules.platform import OWN_TAGS
from stacks.tables.tag_keys import TagKeysSettings
from tests.environment_files import Load, Refuse
from tests.texts import DEMO, PRODUCTION
from tools.rds_authorities import authorities_of

PROFILE = 'profile = "demo"\n'
ROOT = Path(__file__).parents[3]


def test_every_region_that_botocore_knows_is_known() -> None:
    botocore = importlib.resources.files("botocore")
    partitions = json.loads(botocore.joinpath("data", "partitions.json").read_text(encoding="utf-8"))[
        "partitions"
    ]

    for partition in partitions:
        theirs = {name for name in partition["regions"] if not name.endswith("-global")}
        assert theirs <= set(REGIONS[partition["id"]]), "add the new regions to REGIONS"


def test_a_given_image_works_in_every_region(load: Load) -> None:
    for region in PARTITION_OF:
        settings = load(f'region = "{region}"\n[image]\nuri = "registry.example/mlflow:1"', base=PROFILE)
        assert settings.region == region


def test_the_built_image_works_in_regions_with_known_authorities(load: Load, refuse: Refuse) -> None:
    known = {region for region, _ in known_authorities(FOLDER)}
    assert known < PARTITION_OF.keys() and len(known) >= 27

    for region in PARTITION_OF:
        if region in known:
            for authority in CA_CERT_IDENTIFIERS:
                lines = f'region = "{region}"\n[database]\nca_cert_identifier = "{authority}"'
                assert load(lines, base=PROFILE).region == region
        else:
            report = refuse(f'region = "{region}"', base=PROFILE)
            assert report.places == [f'environments/test.toml: region = "{region}"']
            partition = PARTITION_OF[region]
            command = "make rds-authorities"
            if partition not in STORES:
                command += f" ARGS=--store={partition}=https://<address>"
            report.says(report.places[0], f"authorities in {region}", f"run `{command}` and commit")


def test_authorities_are_read_from_the_certificates() -> None:
    for file in FOLDER.glob("*.pem"):
        authorities = authorities_of(
            file.read_text(encoding="ascii"), partition=file.stem, today=datetime.date.today()
        )
        names = {(one.region, one.name) for one in authorities}
        read = {
            (
                region,
                f"Amazon RDS {region} Root CA {authority.upper().removeprefix('RDS-CA-').replace('-', ' ')}",
            )
            for region, authority in known_authorities(FOLDER)
            if PARTITION_OF[region] == file.stem
        }
        assert names == read


def test_the_variables_that_the_stack_sets_are_refused_to_others() -> None:
    stack = (ROOT / "stacks" / "server_environment.py").read_text(encoding="utf-8")

    ours = set(re.findall(r'^ +"([A-Z][A-Z0-9_]+)": ', stack, re.MULTILINE))

    assert "MLFLOW_BACKEND_STORE_URI" in ours
    assert ours <= PLATFORM_VARIABLES.keys(), "add the stack's new variables to PLATFORM_VARIABLES"


def test_the_stacks_own_tags_are_known(load: Load) -> None:
    assert TagKeysSettings.model_fields.keys() == set(OWN_TAGS)
    assert len(load().all_tags) == len(OWN_TAGS)


def test_platform_variables_name_existing_settings() -> None:
    known = {".".join(path) for path in ENVIRONMENT.fields}

    assert {setting for setting in PLATFORM_VARIABLES.values() if setting} <= known


def test_the_profiles_table_holds_settings_and_all_that_differs() -> None:
    """No field has a default in its class and another in the table, and none is without both."""
    in_table = {profile: set(_paths(table)) for profile, table in DEFAULTS.items()}

    assert in_table["demo"] <= ENVIRONMENT.fields.keys()
    assert in_table["demo"] - in_table["production"] == {("load_balancer", "allowed_cidrs")}
    assert in_table["production"] <= in_table["demo"]
    without_default = {path for path, field in ENVIRONMENT.fields.items() if field.default is REQUIRED}
    everywhere = {path for path in without_default if not _in_an_optional_table(path)}
    assert everywhere == in_table["demo"] | {("profile",), ("region",)}


def test_every_required_setting_has_an_example() -> None:
    for path, field in ENVIRONMENT.fields.items():
        if any(field.default_in(profile) is REQUIRED for profile in PROFILES):
            assert tomllib.loads(f"example = {field.setting.example}"), path


@pytest.mark.parametrize("base", [DEMO, PRODUCTION])
def test_every_default_would_be_accepted_if_it_were_written(load: Load, base: str) -> None:
    settings = load(base=base)

    assert type(settings).model_validate(settings.model_dump()) == settings


def test_every_setting_is_described() -> None:
    for path, field in ENVIRONMENT.fields.items():
        assert field.setting.description[:1] in "`" or field.setting.description[0].isupper(), path
        assert field.setting.allowed.text, path
        assert field.setting.source.startswith("https://") or not field.setting.source, path
        if path[-1].endswith(("_days", "_seconds", "_mib", "_gib")):
            unit = path[-1].rsplit("_", 1)[1]
            assert unit in f"{field.setting.description} {field.setting.allowed.text}".lower(), path


def _paths(table: Mapping[str, object], parent: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, value in table.items():
        path = (*parent, name)
        found += _paths(value, path) if isinstance(value, Mapping) else [path]
    return found


def _in_an_optional_table(path: tuple[str, ...]) -> bool:
    model: type[Section] = EnvironmentSettings
    for name in path[:-1]:
        table = table_of(model.model_fields[name].annotation)
        assert table is not None
        if table.optional:
            return True
        model = table.model
    return False
