"""Overrides of moto's CloudFormation: secrets by reference, and listener rules that go with their stack."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.cloudformation import parsing
from moto.elbv2.models import FakeListenerRule, elbv2_backends
from moto.secretsmanager.models import secretsmanager_backends

# {{resolve:secretsmanager:secret-id:SecretString:json-key:version-stage:version-id}}, the secret by its ARN
REFERENCE = re.compile(
    r"\{\{resolve:secretsmanager:(arn:(?:[^:}]*:){5}[^:}]+):SecretString"
    r"(?::([^:}]*))?(?::([^:}]*))?(?::([^:}]*))?\}\}"
)


def apply() -> None:
    """Patches moto."""
    _resolve_secrets()
    _delete_listener_rules()


def _resolve_secrets() -> None:
    """moto: takes a dynamic reference for the value itself. AWS: puts the secret's value in its place, and not into the
    template that it shows (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references-secretsmanager.html)."""
    original = parsing.clean_json

    def clean_json(resource_json: Any, resources_map: Any) -> Any:
        value = original(resource_json, resources_map)
        return REFERENCE.sub(_secret, value) if isinstance(value, str) else value

    parsing.clean_json = clean_json


def _secret(found: re.Match[str]) -> str:
    arn, key, stage, version = found.groups()
    _, _, _, region, account, *_ = arn.split(":")
    backend = secretsmanager_backends[account][region]
    value = str(backend.get_secret_value(arn, version or "", stage or "")["SecretString"])
    return str(json.loads(value)[key]) if key else value


def _delete_listener_rules() -> None:
    """moto: leaves the rules of a deleted stack. AWS: deletes them
    (https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DeleteStack.html)."""

    def delete(
        cls: type[FakeListenerRule], resource_name: str, resource_json: Any, account_id: str, region_name: str
    ) -> None:
        elbv2_backends[account_id][region_name].delete_rule(resource_name)

    FakeListenerRule.delete_from_cloudformation_json = classmethod(delete)  # type: ignore[assignment]
