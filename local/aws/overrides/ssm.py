"""Overrides of moto's SSM parameters: many at once, and each a resource of its own to IAM."""

from __future__ import annotations

import threading
from typing import Any

from moto.ssm.responses import SimpleSystemManagerResponse
from moto.ssm.utils import parameter_arn

_turn = threading.Lock()


def apply() -> None:
    """Patches moto."""
    _answer_one_at_a_time()
    _know_which_parameter_is_read()


def _answer_one_at_a_time() -> None:
    """Many parameters made at once. moto: `DescribeParameters` dies of one that another thread is making. AWS: sees it
    or does not."""
    original = SimpleSystemManagerResponse.call_action

    def call_action(self: Any) -> Any:
        with _turn:
            return original(self)

    SimpleSystemManagerResponse.call_action = call_action  # type: ignore[method-assign]


def _know_which_parameter_is_read() -> None:
    """Policies, where a test has them enforced (`/moto-api/reset-auth`). moto: SSM's actions are on the resource `*`.
    AWS: `GetParameter` is on the parameter's ARN."""

    def _determine_resource(self: SimpleSystemManagerResponse) -> str:
        if self._get_action() != "GetParameter":
            return "*"
        return parameter_arn(self.current_account, self.region, self._get_param("Name"))

    SimpleSystemManagerResponse._determine_resource = _determine_resource  # type: ignore[attr-defined]
