"""Each `aws` command in the documentation and in messages is one that the AWS CLI has, with options that it has."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

PROJECT = Path(__file__).resolve().parents[2]
PAGES = sorted((*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md")))
# What every command takes.
GLOBAL = {"query", "output", "region", "profile", "cli-input-json", "no-cli-pager"}
# Commands of the CLI's own, which no API has: → their options; None is any.
OF_THE_CLI: dict[tuple[str, str], set[str]] = {
    ("logs", "tail"): {"since", "follow", "filter-pattern"},
    ("ecr", "get-login-password"): set(),
    ("configure", "export-credentials"): {"format"},
    ("sso", "login"): set(),
    ("s3", "ls"): {"recursive"},
    ("s3", "cp"): {"recursive"},
    ("s3", "sync"): set(),
    ("s3", "rm"): {"recursive"},
}
SESSION = botocore.session.Session()


def commands(text: str) -> Iterator[str]:
    """The `aws` commands in code: in blocks, and in the text's backticks."""
    joined = re.sub(r"\\\n\s*", " ", text)
    blocks = re.findall(r"^```\w*\n(.*?)^```", joined, flags=re.DOTALL | re.MULTILINE)
    blocks += re.findall(r"^ {4,}(?:.*\s)?aws .*$", joined, flags=re.MULTILINE)
    blocks += re.findall(r"`([^`\n]*\baws [^`]*)`", joined)
    for block in blocks:
        for command in re.findall(r"(?:^|[\s$(|;&`\"])(aws [a-z0-9-]+ [a-z][^|;&\n)]*)", block):
            yield command.strip()


def problem(command: str) -> str | None:
    try:
        words = shlex.split(command, comments=True)
    except ValueError:
        words = command.split()
    service, operation, *rest = words[1:]
    options = {word[2:].partition("=")[0] for word in rest if word.startswith("--")} - GLOBAL
    if (known := OF_THE_CLI.get((service, operation))) is not None:
        return None if options <= known else f"no options {sorted(options - known)}"
    # The CLI's name of the API itself.
    service = {"s3api": "s3"}.get(service, service)
    if operation == "wait":
        waiter, *_ = rest
        names = {xform_name(name, "-") for name in SESSION.get_waiter_model(service).waiter_names}
        return None if waiter in names else f"no waiter {waiter}"
    if service not in SESSION.get_available_services():
        return f"no service {service}"
    model = SESSION.get_service_model(service)
    operations = {xform_name(name, "-"): name for name in model.operation_names}
    if operation not in operations:
        return f"no operation {operation}"
    shape = model.operation_model(operations[operation]).input_shape
    members = {xform_name(name, "-") for name in shape.members} if shape else set()
    # A boolean has its opposite, and a list of results its limits.
    members |= {f"no-{name}" for name in members} | {
        "max-items",
        "starting-token",
        "page-size",
        "interactive",
    }
    return None if options <= members else f"no options {sorted(options - members)}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_the_commands_of_a_page_exist(page: Path) -> None:
    found = {command: problem(command) for command in commands(page.read_text(encoding="utf-8"))}

    assert {command: wrong for command, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(PROJECT).as_posix())
def test_commands_are_in_code(page: Path) -> None:
    """A command at the start of a line of text lost its indentation, and is no longer shown as one."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)

    assert re.findall(r"^aws [a-z0-9-]+ [a-z-]+ .*$", text, flags=re.MULTILINE) == []


def test_commands_are_found() -> None:
    text = (PROJECT / "docs" / "operate.md").read_text(encoding="utf-8")

    assert len(list(commands(text))) >= 8


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        ("aws ecs update-service --cluster a --service b --force-new-deployment", None),
        ("aws ecs restart-service --cluster a", "no operation restart-service"),
        ("aws ecs update-service --servce b", "no options ['servce']"),
        ("aws ecs wait services-steady --cluster a", "no waiter services-steady"),
        ("aws esc list-tasks", "no service esc"),
    ],
)
def test_a_command_that_does_not_exist_is_found(command: str, wrong: str | None) -> None:
    assert problem(command) == wrong
