"""Reading is the same for any root model: files, variables, rules, errors and schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any

import pytest
from pydantic import model_validator

from settings.language.errors import Refusal, SettingsError
from settings.language.rules import Violation, keep
from settings.language.setting import BOOLEAN, Allowed, Section, Setting, between, matching
from settings.reading.files import load_files
from settings.reading.root import Root
from settings.reading.schema import json_schema

NAME = matching(r"[a-z]+", "lower-case letters", example="audit")


class TrailSettings(Section):
    """Who changed what."""

    retention_days: Annotated[int, Setting("How long it is kept", between(1, 100, "days"), example="30")]


class AccountSettings(Section):
    """One account."""

    account: Annotated[str, Setting("The file's name", NAME)]
    audited: Annotated[bool, Setting("Whether it is audited", BOOLEAN)] = False
    owner: Annotated[str, Setting("Whose it is", Allowed("a name"))] = "nobody"
    trail: TrailSettings | None = None

    @model_validator(mode="after")
    def _keep_the_rules(self) -> AccountSettings:
        keep(RULES, self)
        return self


def audit_needs_a_trail(settings: AccountSettings) -> Iterator[Violation]:
    if settings.audited and settings.trail is None:
        yield Violation(("trail",), Refusal("There is no trail.", "[trail]", "add [trail]."))


def one_owner(accounts: Sequence[AccountSettings]) -> Iterator[tuple[AccountSettings, Violation]]:
    for account in accounts[1:]:
        if account.owner != accounts[0].owner:
            yield account, Violation(("owner",), Refusal("Another owner.", "one owner", "choose one."))


RULES = (audit_needs_a_trail,)
ACCOUNT = Root(
    model=AccountSettings,
    title="An account",
    prefix="AUDIT_",
    name="account",
    names=NAME,
    with_defaults=lambda values: values,
    rules=RULES,
    documentation="docs/accounts.md",
    looks_secret=lambda name: "password" in name,
    instead_of_secrets="They are kept elsewhere.",
)


def load(folder: Path, **variables: str) -> tuple[AccountSettings, ...]:
    return load_files(ACCOUNT, folder, variables, together=one_owner)


def refused(folder: Path, **variables: str) -> str:
    with pytest.raises(SettingsError) as caught:
        load(folder, **variables)
    return str(caught.value)


def test_a_file_and_a_variable_over_it(tmp_path: Path) -> None:
    (tmp_path / "main.toml").write_text("audited = true\n[trail]\nretention_days = 7\n")

    (settings,) = load(tmp_path, AUDIT_TRAIL__RETENTION_DAYS="30", MLFLOW_INFRA_TRAIL="other")

    assert settings.account == "main"
    assert settings.trail is not None and settings.trail.retention_days == 30


def test_everything_that_is_wrong_is_in_one_report(tmp_path: Path) -> None:
    (tmp_path / "main.toml").write_text(
        'audited = true\nadmin_password = "x"\n[trail]\nretention_days = 700\n'
    )
    (tmp_path / "test.toml").write_text("audited = true\n")

    report = refused(tmp_path, AUDIT_OWNR="me")

    for text in (
        "700 is out of range",
        "They are kept elsewhere.",
        "There is no trail.",
        "did you mean AUDIT_OWNER?",
    ):
        assert text in report


def test_a_rule_on_several_files(tmp_path: Path) -> None:
    (tmp_path / "main.toml").write_text('owner = "a"\n')
    (tmp_path / "test.toml").write_text('owner = "b"\n')

    assert "Another owner." in refused(tmp_path)


def test_a_folder_without_files_names_the_roots_own_variable(tmp_path: Path) -> None:
    report = refused(tmp_path)

    for text in ("<account>.toml", "docs/accounts.md", "AUDIT_ACCOUNTS"):
        assert text in report


def test_the_schema_is_of_the_model() -> None:
    schema: dict[str, Any] = json.loads(json_schema(ACCOUNT))

    assert schema["title"] == "An account"
    assert schema["properties"].keys() == {"audited", "owner", "trail"}
    assert schema["properties"]["trail"]["required"] == ["retention_days"]
