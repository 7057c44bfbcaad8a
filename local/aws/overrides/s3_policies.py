"""Overrides of moto's S3: a bucket's policy is answered as AWS writes it."""

from __future__ import annotations

import json
from typing import Any

from moto.s3.responses import S3Response


def apply() -> None:
    """Patches moto.

    `GetBucketPolicy`. moto: answers the text that was put. AWS: writes a list of one as its element, and lists in an
    order of its own (https://github.com/hashicorp/terraform/issues/2432,
    https://github.com/hashicorp/terraform-provider-aws/issues/18878)."""
    original: Any = S3Response.get_bucket_policy

    def get_bucket_policy(self: S3Response) -> Any:
        status, headers, policy = original(self)
        return status, headers, json.dumps(_as_answered(json.loads(policy)))

    S3Response.get_bucket_policy = get_bucket_policy  # type: ignore[method-assign]


def _as_answered(policy: dict[str, Any]) -> dict[str, Any]:
    """The statements keep their order and their number."""
    statements = policy["Statement"]
    every = statements if isinstance(statements, list) else [statements]
    return {**policy, "Statement": [_rewritten(statement) for statement in every]}


def _rewritten(element: Any) -> Any:
    if isinstance(element, dict):
        return {name: _rewritten(value) for name, value in element.items()}
    if isinstance(element, list):
        return element[0] if len(element) == 1 else element[::-1]
    return element
