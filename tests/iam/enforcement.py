"""IAM enforced in an emulated account, and the credentials of who then asks."""

from __future__ import annotations

import base64
import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.aws.account import DEFAULT_REGION, EmulatedAws

ISSUER = "token.actions.githubusercontent.com"


def emulated_aws(directory: Path, *, region: str = DEFAULT_REGION) -> EmulatedAws:
    """An emulated account that judges requests by all of IAM while it is `enforced`."""
    return EmulatedAws(directory, region=region, extensions=["tests.iam.overrides"])


@contextmanager
def enforced(account: EmulatedAws) -> Iterator[None]:
    """IAM judges every request made within it; otherwise everybody may do everything."""
    _set_free_requests(account, "0")
    try:
        yield
    finally:
        _set_free_requests(account, "inf")


def _set_free_requests(account: EmulatedAws, count: str) -> None:
    request = urllib.request.Request(
        f"{account.endpoint_url}/moto-api/reset-auth",
        data=count.encode(),
        headers={"Content-Type": "text/plain"},
    )
    urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20).close()


def token_of(subject: str, *, audience: str = "sts.amazonaws.com") -> str:
    """A token as GitHub Actions has one for a run, but for its signature, at which the emulation does not look
    (https://docs.github.com/en/actions/reference/security/oidc)."""
    claims = {"iss": f"https://{ISSUER}", "aud": audience, "sub": subject}
    parts = ({"alg": "none"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, ""])


def as_run_of_github(account: EmulatedAws, *, role_arn: str, subject: str) -> dict[str, str]:
    """The variables that a run has once it has shown its token, as GitHub's own action sets them
    (https://github.com/aws-actions/configure-aws-credentials)."""
    sts: Any = account.session().client("sts")
    session = sts.assume_role_with_web_identity(
        RoleArn=role_arn, RoleSessionName="github", WebIdentityToken=token_of(subject)
    )
    keys = session["Credentials"]
    return {
        "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
        "AWS_SESSION_TOKEN": keys["SessionToken"],
    }


def client_with(account: EmulatedAws, service: str, credentials: Mapping[str, Any]) -> Any:
    """boto3's client of a service, with the credentials that STS answers with."""
    return account.session().client(
        service,  # type: ignore[call-overload]
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
    )
