"""What a plan may read: the actions of `reads.READS`, each on the environment's own as far as IAM can narrow it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modules.access.ci.names import CI_ROLES, PEOPLES_ROLES, SERVICE_ROLES
from modules.access.ci.reads import READS
from modules.access.ci.scope import Scope
from modules.common.policies import Statement

# What takes no resource, of services whose other actions do.
ACCOUNT_WIDE = (
    "ecr:GetAuthorizationToken",
    "ecs:DescribeTaskDefinition",
    "kms:ListAliases",
    "sns:GetSubscriptionAttributes",
    "ssm:DescribeParameters",
)


def refresh_statements(scope: Scope) -> list[Statement]:
    """Reads the configuration of the environment's own; of the whole account where IAM cannot narrow it."""
    actions = {action for actions in READS.values() for action in actions}
    left = actions.difference(ACCOUNT_WIDE)
    statements: list[Statement] = []
    for narrowed in _narrowed(scope):
        chosen = {action for action in left if action.startswith(narrowed.actions)}
        left -= chosen
        if narrowed.resources:
            statements.append(
                Statement(
                    sid=f"Read{len(statements) + 1}",
                    actions=sorted(chosen),
                    resources=narrowed.resources,
                    conditions=narrowed.conditions,
                )
            )
    everywhere = sorted(left | actions.intersection(ACCOUNT_WIDE))
    return [Statement(sid="ReadConfiguration", actions=everywhere, resources=["*"]), *statements]


@dataclass(frozen=True)
class _Narrowed:
    """What some reads are about.

    Attributes:
        actions: what the actions begin with.
        resources: ARNs; none where the environment has no such thing.
        conditions: as in a `Statement`.
    """

    actions: tuple[str, ...]
    resources: Sequence[str]
    conditions: Mapping[str, Mapping[str, Any]] | None = None


def _narrowed(scope: Scope) -> list[_Narrowed]:
    """By name, by id, or by tags; an action is of the first row that it fits, and of all
    resources where it fits none.

    https://docs.aws.amazon.com/service-authorization/latest/reference/
    """
    name, names, arns = scope.name, scope.names, scope.arns
    balancer = arns("elasticloadbalancing", f"loadbalancer/app/{name}/*")
    zones = [f"hostedzone/{scope.domain.hosted_zone_id}", "change/*"] if scope.domain else []
    return [
        _Narrowed(("acm:",), arns("acm", "certificate/*"), scope.tagged),
        _Narrowed(
            ("application-autoscaling:ListTags",),
            arns("application-autoscaling", "scalable-target/*"),
            scope.tagged,
        ),
        _Narrowed(("cloudformation:",), arns("cloudformation", f"stack/{names.sign_in_stack}/*")),
        # Asked for by name, and judged on all alarms (https://github.com/mattclay/aws-terminator/pull/63).
        _Narrowed(("cloudwatch:DescribeAlarms",), arns("cloudwatch", "alarm:*")),
        _Narrowed(("cloudwatch:",), arns("cloudwatch", *(f"alarm:{alarm}" for alarm in names.alarms))),
        _Narrowed(("ec2:DescribeVpcAttribute",), arns("ec2", f"vpc/{scope.vpc_id}")),
        _Narrowed(("elasticloadbalancing:Get",), balancer),
        _Narrowed(("events:",), arns("events", f"rule/{names.deployments_rule}")),
        _Narrowed(
            ("iam:",),
            [
                *scope.roles(*SERVICE_ROLES, *PEOPLES_ROLES, *CI_ROLES),
                scope.ci_policies,
                scope.iam("oidc-provider/token.actions.githubusercontent.com"),
            ],
        ),
        _Narrowed(("logs:ListTags",), scope.log_groups),
        # The provider asks for an instance by its resource id, as a filter: that is a question about all of them
        # (https://github.com/hashicorp/terraform-provider-aws/issues/35737).
        _Narrowed(("rds:DescribeDBInstances",), arns("rds", "db:*")),
        _Narrowed(
            ("rds:",),
            arns(
                "rds",
                f"db:{names.database}",
                f"pg:{names.parameter_group}",
                f"subgrp:{names.subnet_group}",
            ),
        ),
        _Narrowed(("route53:",), [f"arn:{scope.partition}:route53:::{zone}" for zone in zones]),
        _Narrowed(("s3:",), scope.buckets),
        _Narrowed(("wafv2:",), [*arns("wafv2", f"regional/webacl/{name}/*"), *balancer]),
        _Narrowed(("ecr:",), arns("ecr", f"repository/{names.repository}")),
        _Narrowed(
            ("ecs:",), arns("ecs", f"cluster/{name}", f"service/{name}/{name}", f"task-definition/{name}:*")
        ),
        _Narrowed(("kms:",), arns("kms", "key/*"), scope.tagged),
        _Narrowed(("sns:",), arns("sns", names.topic)),
        _Narrowed(("ssm:",), arns("ssm", f"parameter{scope.parameter_prefix}*")),
    ]
