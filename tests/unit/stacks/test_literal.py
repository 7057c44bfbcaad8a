"""Free text arrives in Terraform as it was written: no template, no expression, no mark of CDKTF's."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from settings.language.errors import SettingsError
from settings.language.setting import accept
from stacks.loading import ENVIRONMENT
from tests.synthesis import Json, resource, synthesize_platform
from tests.texts import DEMO, PRODUCTION

TEXTS = [
    "${HOME}/x",
    "%{if}",
    "$${x}",
    "%%{x}",
    "$$${x}",
    "${data.aws_caller_identity.account.account_id}",
    'a "quoted" \\ text\nof two lines',
    "$",
    "é ${é}",
]
ROLE = "arn:aws:iam::111122223333:role/${HOME}/%{if}/reader"
POLICY = ROLE.replace(":role/", ":policy/")
# Every setting that takes such a text in some place: what stands around it, and where it arrives.
PLACES = {
    "service.environment": '[service.environment]\nFOO = "${HOME}"\n',
    "state": f'[state]\nbucket = "example-state"\nrole_arn = "{ROLE}"\n',
    "remote_state": (
        f'[remote_state]\nbucket = "states"\nkey = "a/%{{if}}"\nrole_arn = "{ROLE}"\n'
        '[remote_state.outputs]\nkms_key_arn = "key"\n'
    ),
    "access": f'[access]\nreaders = ["{ROLE}"]\npermissions_boundary_arn = "{POLICY}"\n',
    "alarms": '[alarms]\nenabled = true\nemail = "${HOME}%{if}@example.com"\n',
    "image.build_secrets": '[image.build_secrets]\nca_bundle = "/${HOME}/%{if}/ca.pem"\n',
}
FREE = {
    "alarms.email",
    "remote_state.role_arn",
    "state.role_arn",
    "access.permissions_boundary_arn",
}
MARK = re.compile(r"[$%]+\{(?:HOME|if)\}")


def rendered(text: str) -> str:
    """What Terraform makes of a template that has no expression in it."""
    assert not re.search(r"(?<!\$)\$\{|(?<!%)%\{", text.replace("$${", "").replace("%%{", "")), text
    return text.replace("$${", "${").replace("%%{", "%{")


def texts_of(value: Any) -> list[str]:
    """Every string in the JSON, JSON inside of strings not opened."""
    if isinstance(value, dict):
        return [text for key, inner in value.items() if key != "//" for text in [key, *texts_of(inner)]]
    if isinstance(value, list):
        return [text for inner in value for text in texts_of(inner)]
    return [value] if isinstance(value, str) else []


def without_backend(synthesized: Json) -> Json:
    return {**synthesized, "terraform": {**synthesized["terraform"], "backend": {}}}


@pytest.mark.parametrize("text", TEXTS)
def test_a_variable_of_the_container(text: str) -> None:
    synthesized = synthesize_platform(f"{DEMO}[service.environment]\nFOO = {json.dumps(text)}\n")

    definitions = resource(synthesized, "aws_ecs_task_definition.service")["container_definitions"]
    ours = definitions[definitions.index('"FOO"') :].partition("}, {")[0]
    value = json.loads("{" + '"name": ' + rendered(ours).rstrip("}") + "}")["value"]
    assert value == text


@pytest.mark.parametrize("lines", PLACES.values(), ids=PLACES)
def test_every_place_where_free_text_is_taken(lines: str) -> None:
    marks = len(MARK.findall(lines))
    assert marks

    synthesized = without_backend(synthesize_platform(DEMO + lines))

    found = [mark for text in texts_of(synthesized) for mark in MARK.findall(text)]
    assert {len(mark) - len(mark.lstrip("$%")) for mark in found} <= {2}, found
    # The backend's own role is there alone, and as it is written.
    assert found or lines.startswith("[state]")


def test_the_backend_takes_texts_as_they_are() -> None:
    synthesized = synthesize_platform(DEMO + PLACES["state"])

    assert synthesized["terraform"]["backend"]["s3"]["assume_role"] == {"role_arn": ROLE}


def test_no_other_single_text_is_free() -> None:
    forms = [
        form.replace("TEXT", "${HOME}") for form in ("TEXT", "/TEXT/a", "TEXT@example.com", ROLE, POLICY)
    ]

    free = {
        ".".join(path)
        for path, field in ENVIRONMENT.fields.items()
        if field.kind is str and field.setting.allowed.refuse is not accept
        if any(field.setting.allowed.refuse(form) is None for form in forms)
    }

    assert free == FREE


@pytest.mark.parametrize("text", ["${TfToken[TOKEN.0]}", "#{TfToken[TOKEN.0]}", "a\\u0000b"])
def test_values_that_terraform_cannot_carry_are_refused(text: str) -> None:
    with pytest.raises(SettingsError, match=r"takes TfToken|the character NUL"):
        synthesize_platform(f'{DEMO}[service.environment]\nFOO = "{text}"\n')


@pytest.mark.parametrize("name", ["readers", "contributors", "admins"])
def test_a_mark_of_cdktf_in_a_list_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="takes TfToken"):
        synthesize_platform(
            f'{DEMO}[access]\n{name} = ["arn:aws:iam::111122223333:role/${{TfToken[TOKEN.0]}}/a"]\n'
        )


@pytest.mark.parametrize("line", ['key = "a/${HOME}"', 'key = "a*"', 'key_prefix = "a?"'])
def test_a_key_that_iam_would_read_as_a_pattern_is_refused(line: str) -> None:
    with pytest.raises(SettingsError, match=r"other than \* \? \$"):
        synthesize_platform(PRODUCTION + line)
