"""What tests of constructs and stacks share: a stack to build in, and its synthesized JSON to assert on."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from cdktf import Testing

from modules.common.account import Account
from modules.edge.listeners import Https
from modules.edge.load_balancer import LoadBalancer
from modules.edge.settings import LoadBalancerSettings
from modules.encryption.key import EncryptionKey
from modules.encryption.settings import EncryptionSettings
from modules.service.service import Service
from modules.service.settings import ServiceSettings
from settings.language.setting import Section, profile_defaults
from stacks.base import AppStack
from stacks.loading import load_environments
from stacks.tracking import TrackingStack
from tests.texts import DEMO

Json = dict[str, Any]
Table = TypeVar("Table", bound=Section)


def synthesize(build: Callable[[AppStack], object]) -> Json:
    """The JSON of a stack named `test` that `build` filled, validated as an app's would be."""
    stack = AppStack(Testing.app(), "test", region="eu-west-1", tags={})
    build(stack)
    return cast(Json, json.loads(Testing.synth(stack, True)))


def synthesize_platform(lines: str = DEMO, *, environment: str = "test", **variables: str) -> Json:
    """The JSON of the whole stack `<name>-<environment>`, from the text of its TOML file and from variables."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / f"{environment}.toml").write_text(lines, encoding="utf-8")
        (settings,) = load_environments(Path(folder), variables)
    return cast(Json, json.loads(Testing.synth(TrackingStack(Testing.app(), settings=settings), True)))


def resource(synthesized: Json, address: str) -> Json:
    """One resource of the JSON by its address, without CDKTF's metadata."""
    kind, name = address.split(".")
    found = dict(synthesized["resource"][kind][name])
    found.pop("//", None)
    return found


def statements(policy: str) -> dict[str, Json]:
    """A policy document's statements by `Sid`."""
    return {statement["Sid"]: statement for statement in json.loads(policy)["Statement"]}


def table(model: type[Table], **changes: Any) -> Table:
    """A table of settings with the demo's defaults, but for `changes`."""
    return model.model_validate({**profile_defaults(model, "demo"), **changes})


def load_balancer_in(
    stack: AppStack,
    *,
    https: Https | None = None,
    path_prefix: str = "",
    dual_stack: bool = False,
    **changes: Any,
) -> LoadBalancer:
    """A load balancer that forwards to nothing yet; `changes` are settings of the table `load_balancer`."""
    return LoadBalancer(
        stack,
        "load_balancer",
        settings=table(LoadBalancerSettings, **changes),
        name="mlflow-test",
        vpc_id="vpc-1",
        subnet_ids=["subnet-1", "subnet-2"],
        https=https,
        path_prefix=path_prefix,
        dual_stack=dual_stack,
    )


def service_in(stack: AppStack, **changes: Any) -> Service:
    """A service with nothing granted yet, with values that a test does not care for, but for `changes`: settings of the
    table `service`, and arguments."""
    arguments: dict[str, Any] = {
        "image_uri": "example/mlflow@sha256:00",
        "platform": "linux/amd64",
        "environment": {"B": "2", "A": "1"},
        "scaled": False,
        "sign_in_mode": "none",
        "assign_public_ip": False,
        "key": None,
        "log_group_name": None,
    }
    settings = {
        "enable_execute_command": False,
        "readonly_root_filesystem": True,
        "log_retention_days": 14,
        **changes,
    }
    days = settings.pop("log_retention_days")
    arguments |= {
        name: settings.pop(name) for name in arguments if name in settings and name != "environment"
    }
    return Service(
        stack,
        "service",
        settings=table(ServiceSettings, **settings),
        name="mlflow-test",
        account=account_in(stack),
        vpc_id="vpc-1",
        subnet_ids=["subnet-1", "subnet-2"],
        log_retention_days=days,
        **arguments,
    )


def key_in(stack: AppStack, *, prevent_destroy: bool = False) -> EncryptionKey:
    """A key of its own."""
    return EncryptionKey(
        stack,
        "key",
        settings=EncryptionSettings(create_kms_key=True, rotation_period_days=180),
        alias="alias/mlflow-test",
        description="test",
        account=account_in(stack),
        prevent_destroy=prevent_destroy,
    )


def account_in(stack: AppStack) -> Account:
    """The stack's one."""
    found = stack.node.try_find_child("account")
    return found if isinstance(found, Account) else Account(stack, "account", region="eu-west-1")
