"""Overrides of how moto judges requests where a test has IAM enforced (`/moto-api/reset-auth`).

Judged for real: actions; resources of S3, of IAM, of RDS, of Route 53, of the state's parameters and of roles that are
assumed; permissions boundaries; the conditions on boundaries, attached policies, external ids, OIDC claims and changed
records. Not: the resources of other services and conditions on tags, of which moto tells nothing here
(tests/authorization judges those afterwards, by what was asked); `iam:PassRole`, which no service of moto asks for;
MFA, and the signatures of tokens.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from functools import partial
from typing import Any
from xml.etree import ElementTree

from botocore.awsrequest import AWSRequest
from moto.core.responses import ActionResult
from moto.iam.access_control import AssumedRoleAccessKey, IAMRequestBase
from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend, Role, iam_backends
from moto.sts.exceptions import STSClientError
from moto.sts.responses import TokenResponse
from moto.utilities.utils import get_partition

from tests.iam.judge import Context, Verdict, judge
from tests.iam.resources import of_rds

# moto's name of a call → the action that allows it
# (https://docs.aws.amazon.com/AmazonS3/latest/API/API_HeadBucket.html).
ALLOWED_BY = {"s3:HeadBucket": "s3:ListBucket", "s3:HeadObject": "s3:GetObject"}
# What a request is signed for → what policies call it
# (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html).
SIGNED_FOR = {"monitoring": "cloudwatch"}
# Nobody needs a permission for it.
ALWAYS_ALLOWED = "sts:GetCallerIdentity"
BY_WEB_IDENTITY = "sts:AssumeRoleWithWebIdentity"
ROLE_BOUND = ("PutRolePolicy", "DeleteRolePolicy", "AttachRolePolicy", "DetachRolePolicy")
CHANGE_RECORDS = "route53:ChangeResourceRecordSets"
UNKNOWN = "*"

Document = Mapping[str, Any]


def apply() -> None:
    """Patches moto."""
    _sign_nothing_where_nothing_is_sent()
    _judge_by_all_elements()
    _ask_the_trust_policy_of_web_identities()


def _sign_nothing_where_nothing_is_sent() -> None:
    """A request without a body or a query, such as Route 53's. moto: takes its headers for the body, and finds another
    signature than the client. AWS: signs an empty body."""
    original = IAMRequestBase._create_aws_request

    def create(self: IAMRequestBase) -> AWSRequest:
        request = original(self)
        if self._method == "GET":
            request.data = b""
        return request

    IAMRequestBase._create_aws_request = create  # type: ignore[method-assign]


def _judge_by_all_elements() -> None:
    """A request. moto: takes what it does not know for the resource `*`, which fits no ARN, conditions for met, and
    knows no boundary. AWS: judges by each."""

    def check_action_permitted(self: IAMRequestBase, resource: str) -> None:
        service, _, name = self._action.partition(":")
        action = f"{SIGNED_FOR.get(service, service)}:{name}"
        action = ALLOWED_BY.get(action, action)
        if action == ALWAYS_ALLOWED:
            return
        asked, context = _asked(self, action, resource)
        if action == "sts:AssumeRole":
            asked = _parameter(self, "RoleArn") or UNKNOWN
            context = {"sts:ExternalId": _parameter(self, "ExternalId")}
        if service == "rds":
            prefix = f"arn:{get_partition(self._region)}:rds:{self._region}:{self.account_id}"
            asked = of_rds(action, partial(_parameter, self), prefix=prefix) or UNKNOWN
        known = None if asked == UNKNOWN else asked
        statements = _statements(self._access_key.collect_policies())
        verdicts = [judge(statements, action, known, context)]
        if boundary := _boundary_of(self):
            verdicts.append(judge(_statements([boundary]), action, known, context))
        if action == "sts:AssumeRole" and (trust := _trust_policy(self.backend, asked)):
            verdicts.append(judge(_for_aws(trust, self._access_key.arn, asked), action, None, context))
        if verdicts != [Verdict.ALLOWED] * len(verdicts):
            self._raise_access_denied()

    IAMRequestBase.check_action_permitted = check_action_permitted  # type: ignore[method-assign]


def _ask_the_trust_policy_of_web_identities() -> None:
    """`AssumeRoleWithWebIdentity`. moto: whoever asks gets a session. AWS: whom the role's trust policy allows, by the
    claims of the token."""
    original = TokenResponse.assume_role_with_web_identity

    def assume(self: TokenResponse) -> ActionResult:
        role_arn = self._get_param("RoleArn")
        claims = _claims(self._get_param("WebIdentityToken"))
        issuer = str(claims["iss"]).removeprefix("https://")
        context = {f"{issuer}:{name}": str(claims[name]) for name in ("aud", "sub")}
        backend = iam_backends[self.current_account][get_partition(self.region)]
        trust = _trust_policy(backend, role_arn)
        if trust is None:
            raise STSClientError("AccessDenied", f"{role_arn} does not exist")
        statements = [
            statement
            for statement in trust
            if str(statement["Principal"].get("Federated", "")).endswith(f":oidc-provider/{issuer}")
        ]
        if judge(statements, BY_WEB_IDENTITY, None, context, knows_all=True) != Verdict.ALLOWED:
            raise STSClientError("AccessDenied", f"Not authorized to perform {BY_WEB_IDENTITY}")
        return original(self)

    TokenResponse.assume_role_with_web_identity = assume  # type: ignore[method-assign]


def _asked(request: IAMRequestBase, action: str, resource: str) -> tuple[str, Context]:
    """What a request is about, and what conditions can ask of it; `resource` is what moto knows."""
    if action.startswith("iam:"):
        return _of_iam(request, action)
    if action.startswith("route53:"):
        return _of_route_53(request, action)
    return resource, {}


def _of_route_53(request: IAMRequestBase, action: str) -> tuple[str, Context]:
    """moto: knows neither the zone nor the records. AWS: both, with names as it normalizes them
    (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html)."""
    named = re.search(r"/(hostedzone|change)/([^/?]+)", request._path)
    asked = f"arn:{get_partition(request._region)}:route53:::{named[1]}/{named[2]}" if named else UNKNOWN
    if action != CHANGE_RECORDS:
        return asked, {}
    changes = ElementTree.fromstring(request._body)
    names = [
        str(name.text).lower().rstrip(".") for name in changes.iterfind(".//{*}ResourceRecordSet/{*}Name")
    ]
    types = [str(kind.text) for kind in changes.iterfind(".//{*}ResourceRecordSet/{*}Type")]
    return asked, {
        f"{CHANGE_RECORDS}NormalizedRecordNames": names,
        f"{CHANGE_RECORDS}RecordTypes": types,
    }


def _of_iam(request: IAMRequestBase, action: str) -> tuple[str, Context]:
    """The resource of a request to IAM, and what conditions can ask of it."""
    name = action.removeprefix("iam:")
    account = f"arn:{get_partition(request._region)}:iam::{request.account_id}"
    if provider := _parameter(request, "OpenIDConnectProviderArn"):
        return provider, {}
    role = _parameter(request, "RoleName")
    if role is None:
        policy = _parameter(request, "PolicyName")
        return _parameter(request, "PolicyArn") or (f"{account}:policy/{policy}" if policy else UNKNOWN), {}
    context: dict[str, str | None] = {}
    if name in ("CreateRole", "PutRolePermissionsBoundary"):
        context["iam:PermissionsBoundary"] = _parameter(request, "PermissionsBoundary")
    elif name in ROLE_BOUND:
        context["iam:PermissionsBoundary"] = _boundary_arn(request.backend, role)
        context["iam:PolicyARN"] = _parameter(request, "PolicyArn")
    return f"{account}:role/{role}", context


def _parameter(request: IAMRequestBase, name: str) -> str | None:
    value: Any = request._data.get(name)
    first: str | None = value[0] if isinstance(value, list) else value
    return first


def _role(backend: IAMBackend, name: str) -> Role | None:
    try:
        return backend.get_role(name)
    except NotFoundException:
        return None


def _boundary_arn(backend: IAMBackend, role: str) -> str | None:
    found = _role(backend, role)
    return found.permissions_boundary_arn if found else None


def _boundary_of(request: IAMRequestBase) -> Any:
    """The policy that bounds the role that asks."""
    key = request._access_key
    if not isinstance(key, AssumedRoleAccessKey):
        return None
    arn = _boundary_arn(request.backend, key._owner_role_name)
    return request.backend.managed_policies.get(arn) if arn else None


def _trust_policy(backend: IAMBackend, role_arn: str) -> list[Document] | None:
    role = _role(backend, role_arn.rpartition("/")[2])
    return _parsed(role.assume_role_policy_document) if role else None


def _for_aws(trust: list[Document], caller: str, role_arn: str) -> list[Document]:
    """The statements that are about the caller: itself, the role it has a session of, or its whole account."""
    parts = caller.split(":")
    account = ":".join([*parts[:2], "iam", "", parts[4]])
    names = {caller, f"{account}:root", "*"}
    if parts[5].startswith("assumed-role/"):
        names.add(f"{account}:role/{parts[5].split('/')[1]}")
    return [one for one in trust if names & set(_listed(one["Principal"].get("AWS", [])))]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _statements(policies: Any) -> list[Document]:
    found: list[Document] = []
    for policy in policies:
        if isinstance(policy, str):
            found += _parsed(policy)
        elif isinstance(policy, dict):
            found += _parsed(policy["policy_document"])
        else:
            document = next(version.document for version in policy.versions if version.is_default)
            found += _parsed(document)
    return found


def _parsed(document: str) -> list[Document]:
    statements: list[Document] = _listed(json.loads(document)["Statement"])
    return statements


def _claims(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims
