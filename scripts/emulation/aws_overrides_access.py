"""Overrides of moto's bucket policies and of ECR's tokens."""

from __future__ import annotations

import base64
import datetime
from typing import Any

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
    `aws:SecureTransport` is true here."""
    original = IAMPolicyStatement.is_action_permitted
    refuses_plain_http = {"Bool": {"aws:SecureTransport": "false"}}

    def is_action_permitted(self: IAMPolicyStatement, *args: Any, **kwargs: Any) -> PermissionResult:
        statement = self._statement
        if statement.get("Effect") == "Deny" and statement.get("Condition") == refuses_plain_http:
            return PermissionResult.NEUTRAL
        return original(self, *args, **kwargs)

    IAMPolicyStatement.is_action_permitted = is_action_permitted  # type: ignore[method-assign]


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
