"""What the tasks need of AWS: computed from what they have been granted.

An API that no role can call needs no endpoint, and one that a role can call always has one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from modules.common.account import Account
from modules.common.policies import Statement, policy_document

S3 = "s3"
# Prefix of an IAM action → the endpoint services that answer it
# (https://docs.aws.amazon.com/vpc/latest/privatelink/aws-services-privatelink-support.html).
# Fargate needs none for itself (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html).
ENDPOINT_SERVICES: Mapping[str, tuple[str, ...]] = {
    "cloudwatch": ("monitoring",),
    "ecr": ("ecr.api", "ecr.dkr"),
    "kms": ("kms",),
    "logs": ("logs",),
    # A token that the task signs; the connection it is for stays in the VPC.
    "rds-db": (),
    "s3": (S3,),
    "secretsmanager": ("secretsmanager",),
    "ssm": ("ssm",),
    "ssmmessages": ("ssmmessages",),
    "sts": ("sts",),
    "xray": ("xray",),
}
Needs = dict[str, list[Statement]]


def needs_of(granted: Mapping[str, Sequence[Statement]], *, account: Account) -> Needs:
    """Endpoint service → the calls that it is needed for, as statements of an endpoint policy.

    Args:
        granted: role ARN → its statements. No other role may come by.
        account: whose account, region and partition this is.

    Raises:
        ValueError: an action is of a service that is not in `ENDPOINT_SERVICES`.
    """
    needs: Needs = {}
    for statement in (statement for statements in granted.values() for statement in statements):
        if _is_made_by_another_service(statement):
            continue
        for prefix, actions in _by_prefix(statement):
            for service in _services(prefix):
                call = _only_by(list(granted), replace(statement, actions=actions))
                needs.setdefault(service, []).append(call)
    if "ecr.dkr" in needs:
        needs.setdefault(S3, []).append(_image_layers(account))
    return needs


def endpoint_policy(calls: Sequence[Statement]) -> str:
    """The policy that lets `calls` through and nothing else
    (https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-access.html)."""
    named: dict[str, Statement] = {}
    for call in calls:
        if call not in named.values():
            # A statement's name is its own within its role only.
            named[call.sid if call.sid not in named else f"{call.sid}{len(named)}"] = call
    return policy_document(*(replace(call, sid=sid) for sid, call in named.items()))


def _by_prefix(statement: Statement) -> Iterator[tuple[str, list[str]]]:
    prefixes = dict.fromkeys(action.partition(":")[0] for action in statement.actions)
    for prefix in prefixes:
        yield prefix, [action for action in statement.actions if action.startswith(f"{prefix}:")]


def _services(prefix: str) -> tuple[str, ...]:
    try:
        return ENDPOINT_SERVICES[prefix]
    except KeyError:
        raise ValueError(
            f"The tasks may call {prefix}, and no endpoint is known for it. "
            "Name its endpoint services in modules/network/needs.py: ENDPOINT_SERVICES."
        ) from None


def _is_made_by_another_service(statement: Statement) -> bool:
    """Whether S3, Secrets Manager or the like makes these calls for the task: they do not come from the VPC
    (https://docs.aws.amazon.com/kms/latest/developerguide/conditions-kms.html#conditions-kms-via-service)."""
    return any("kms:ViaService" in keys for keys in (statement.conditions or {}).values())


def _only_by(role_arns: Sequence[str], statement: Statement) -> Statement:
    """A gateway's policy knows roles by this condition only
    (https://docs.aws.amazon.com/vpc/latest/privatelink/gateway-endpoints.html)."""
    conditions: dict[str, Mapping[str, Any]] = dict(statement.conditions or {})
    conditions["ArnEquals"] = {**conditions.get("ArnEquals", {}), "aws:PrincipalArn": list(role_arns)}
    return replace(statement, principals="*", conditions=conditions)


def _image_layers(account: Account) -> Statement:
    """ECR redirects pulls to its own S3 bucket, with URLs that it signs
    (https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html#ecr-minimum-s3-perms)."""
    bucket = f"prod-{account.region}-starport-layer-bucket"
    return Statement(
        sid="ReadImageLayers",
        actions=["s3:GetObject"],
        resources=[f"arn:{account.partition}:s3:::{bucket}/*"],
        principals="*",
    )
