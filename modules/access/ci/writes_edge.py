"""What an apply changes of what stands before the tasks."""

from __future__ import annotations

from modules.access.ci.scope import Scope
from modules.common.policies import Statement

BALANCE_LOAD = (
    "AddTags",
    "CreateListener",
    "CreateLoadBalancer",
    "CreateRule",
    "CreateTargetGroup",
    "DeleteListener",
    "DeleteLoadBalancer",
    "DeleteRule",
    "DeleteTargetGroup",
    "ModifyListener",
    "ModifyListenerAttributes",
    "ModifyLoadBalancerAttributes",
    "ModifyRule",
    "ModifyTargetGroup",
    "ModifyTargetGroupAttributes",
    "RemoveTags",
    "SetIpAddressType",
    "SetRulePriorities",
    "SetSecurityGroups",
    "SetSubnets",
)


def edge(scope: Scope) -> list[Statement]:
    """Load balancer, its name, web ACL and sign-in rules; a certificate's tags."""
    balancer = f"loadbalancer/app/{scope.name}/*"
    return [
        Statement(
            sid="BalanceLoad",
            actions=[f"elasticloadbalancing:{action}" for action in BALANCE_LOAD],
            resources=scope.arns(
                "elasticloadbalancing",
                balancer,
                f"targetgroup/{scope.name}/*",
                f"listener/app/{scope.name}/*",
                f"listener-rule/app/{scope.name}/*",
            ),
        ),
        # What the load balancer's own calls look at (https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/
        # load-balancer-authentication-access-control.html).
        Statement(sid="LookAtTheAccount", actions=["ec2:DescribeAccountAttributes"], resources=["*"]),
        Statement(
            sid="LookAtTheVpc",
            actions=["ec2:GetSecurityGroupsForVpc"],
            resources=scope.arns("ec2", f"vpc/{scope.vpc_id}"),
        ),
        Statement(
            sid="TagCertificate",
            actions=["acm:AddTagsToCertificate", "acm:RemoveTagsFromCertificate"],
            resources=scope.arns("acm", "certificate/*"),
            conditions=scope.tagged,
        ),
        *_name_server(scope),
        Statement(
            sid="FilterRequests",
            actions=[
                "wafv2:AssociateWebACL",
                "wafv2:CreateWebACL",
                "wafv2:DeleteLoggingConfiguration",
                "wafv2:DeleteWebACL",
                "wafv2:DisassociateWebACL",
                "wafv2:PutLoggingConfiguration",
                "wafv2:TagResource",
                "wafv2:UntagResource",
                "wafv2:UpdateWebACL",
            ],
            resources=[
                *scope.arns("wafv2", f"regional/webacl/{scope.name}/*", "regional/managedruleset/*/*"),
                *scope.arns("elasticloadbalancing", balancer),
            ],
        ),
        # https://docs.aws.amazon.com/service-authorization/latest/reference/list_awswafv2.html: what its calls
        # AssociateWebACL and DisassociateWebACL ask of Elastic Load Balancing.
        Statement(
            sid="FilterThere",
            actions=[
                "elasticloadbalancing:CreateWebACLAssociation",
                "elasticloadbalancing:DeleteWebACLAssociation",
            ],
            resources=scope.arns("elasticloadbalancing", balancer),
        ),
        Statement(sid="FilterThereAsBefore", actions=["elasticloadbalancing:SetWebAcl"], resources=["*"]),
        *_sign_in(scope),
    ]


def _name_server(scope: Scope) -> list[Statement]:
    """Changes the server's address records: no other name of the zone, and no other kind of record, such as those that
    prove to whom a name belongs
    (https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/specifying-conditions-route53.html)."""
    if scope.domain is None:
        return []
    changed = "route53:ChangeResourceRecordSets"
    names, types = f"{changed}NormalizedRecordNames", f"{changed}RecordTypes"
    return [
        Statement(
            sid="NameServer",
            actions=[changed],
            resources=[f"arn:{scope.partition}:route53:::hostedzone/{scope.domain.hosted_zone_id}"],
            conditions={
                "ForAllValues:StringEquals": {names: [scope.domain.name], types: ["A", "AAAA"]},
                # Without it, a request that had none of them would meet the condition above.
                "Null": {names: "false", types: "false"},
            },
        )
    ]


def _sign_in(scope: Scope) -> list[Statement]:
    """The sign-in rules, with the role's own rights: CloudFormation is given no other role, and reads the client's
    secret with them (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html,
    aws:CalledVia)."""
    stack = Statement(
        sid="SignIn",
        actions=[
            "cloudformation:CreateStack",
            "cloudformation:DeleteStack",
            "cloudformation:TagResource",
            "cloudformation:UpdateStack",
        ],
        resources=scope.arns("cloudformation", f"stack/{scope.names.sign_in_stack}/*"),
    )
    if scope.client_secret_arn is None:
        return [stack]
    return [
        stack,
        Statement(
            sid="ReadClientSecret",
            actions=["secretsmanager:GetSecretValue"],
            resources=[scope.client_secret_arn],
            conditions={"ForAnyValue:StringEquals": {"aws:CalledVia": ["cloudformation.amazonaws.com"]}},
        ),
    ]
