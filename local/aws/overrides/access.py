"""Overrides of moto's bucket policies and of ECR's tokens."""

from __future__ import annotations

import base64
import datetime
from typing import Any

from flask import request
from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse
from moto.iam.access_control import IAMPolicyStatement, PermissionResult

TOKEN_LIFETIME = datetime.timedelta(hours=12)


def apply(*, registry_password: str) -> None:
    """Patches moto."""
    _read_the_conditions_of_refusals()
    _hand_out_tokens_like_ecr(registry_password)


def _read_the_conditions_of_refusals() -> None:
    """`Deny` with a condition. moto: denies whether the condition is met or not, and knows nothing of the connection.
    AWS: denies only when it is met. The emulation's endpoint stands for AWS's HTTPS ones, so
    `aws:SecureTransport` is true here; `s3:x-amz-…` are the request's headers
    (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html#amazons3-policy-keys).
    What a condition asks for beyond that is taken as met, and refused."""
    original = IAMPolicyStatement.is_action_permitted

    def is_action_permitted(self: IAMPolicyStatement, *args: Any, **kwargs: Any) -> PermissionResult:
        statement = self._statement
        if statement.get("Effect") != "Deny" or "Condition" not in statement:
            return original(self, *args, **kwargs)
        if not all(
            _is_met(operator, key, wanted)
            for operator, keys in statement["Condition"].items()
            for key, wanted in keys.items()
        ):
            return PermissionResult.NEUTRAL
        without = {name: value for name, value in statement.items() if name != "Condition"}
        return original(IAMPolicyStatement(without), *args, **kwargs)

    IAMPolicyStatement.is_action_permitted = is_action_permitted  # type: ignore[method-assign]


def _is_met(operator: str, key: str, wanted: Any) -> bool:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html"""
    if key == "aws:SecureTransport":
        value: str | None = "true"
    elif key.startswith("s3:x-amz-"):
        value = request.headers.get(key.removeprefix("s3:"))
    else:
        return True
    fits = value in (wanted if isinstance(wanted, list) else [wanted])
    operators: dict[str, bool] = {
        "Bool": fits,
        "Null": (value is None) is (wanted == "true"),
        "StringEquals": fits,
        # Also where there is no such header.
        "StringNotEquals": not fits,
    }
    return operators.get(operator, True)


def _hand_out_tokens_like_ecr(password: str) -> None:
    """`GetAuthorizationToken`. moto: `<account>-auth-token`, expired since 2015. AWS: a password that begins with `ey`,
    good for twelve hours. Here it is the one that the stand-in registry takes."""

    def get_authorization_token(self: ECRResponse) -> ActionResult:
        accounts = self._get_param("registryIds") or [self.current_account]
        token = base64.b64encode(f"AWS:{password}".encode()).decode()
        expiry = datetime.datetime.now(datetime.UTC) + TOKEN_LIFETIME
        data = [
            {
                "authorizationToken": token,
                "expiresAt": expiry,
                "proxyEndpoint": f"https://{account}.dkr.ecr.{self.region}.amazonaws.com",
            }
            for account in accounts
        ]
        return ActionResult({"authorizationData": data})

    ECRResponse.get_authorization_token = get_authorization_token  # type: ignore[method-assign]
