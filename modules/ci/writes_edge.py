"""What an apply changes of what stands before the tasks."""

from __future__ import annotations

from modules.ci.scope import Scope
from modules.policies import Statement

BALANCE_LOAD = (
    "AddListenerCertificates",
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
    "RemoveListenerCertificates",
    "RemoveTags",
    "SetIpAddressType",
    "SetRulePriorities",
    "SetSecurityGroups",
    "SetSubnets",
)


def edge(scope: Scope) -> list[Statement]:
    """Load balancer, certificate, names, and web ACL."""
    name = scope.name
    balancers = [
        f"{kind}/{pattern}"
        for kind in ("loadbalancer/app", "targetgroup", "listener/*", "listener-rule/*")
        for pattern in (f"{name}/*", f"{name}-*/*")
    ]
    return [
        Statement(
            sid="BalanceLoad",
            actions=[f"elasticloadbalancing:{action}" for action in BALANCE_LOAD],
            resources=scope.arns("elasticloadbalancing", *balancers),
        ),
        # What the load balancer's own calls look at (https://docs.aws.amazon.com/elasticloadbalancing/latest/userguide/
        # load-balancer-authentication-access-control.html).
        Statement(sid="LookAtTheAccount", actions=["ec2:DescribeAccountAttributes"], resources=["*"]),
        Statement(
            sid="LookAtTheVpc",
            actions=["ec2:GetSecurityGroupsForVpc"],
            resources=scope.arns("ec2", "vpc/*"),
        ),
        Statement(
            sid="RequestCertificate",
            actions=["acm:RequestCertificate"],
            resources=["*"],
            conditions=scope.tagging,
        ),
        Statement(
            sid="TagCertificate",
            actions=["acm:AddTagsToCertificate"],
            resources=scope.arns("acm", "certificate/*"),
            conditions={**scope.tagging, **scope.tagged_if_at_all},
        ),
        Statement(
            sid="ChangeCertificate",
            actions=[
                "acm:AddTagsToCertificate",
                "acm:DeleteCertificate",
                "acm:RemoveTagsFromCertificate",
                "acm:UpdateCertificateOptions",
            ],
            resources=scope.arns("acm", "certificate/*"),
            conditions=scope.tagged,
        ),
        Statement(
            sid="NameServer",
            actions=["route53:ChangeResourceRecordSets"],
            resources=[f"arn:{scope.partition}:route53:::hostedzone/*"],
        ),
        Statement(
            sid="FilterRequests",
            actions=[
                "wafv2:AssociateWebACL",
                "wafv2:CreateIPSet",
                "wafv2:CreateRegexPatternSet",
                "wafv2:CreateWebACL",
                "wafv2:DeleteIPSet",
                "wafv2:DeleteLoggingConfiguration",
                "wafv2:DeleteRegexPatternSet",
                "wafv2:DeleteWebACL",
                "wafv2:DisassociateWebACL",
                "wafv2:PutLoggingConfiguration",
                "wafv2:TagResource",
                "wafv2:UntagResource",
                "wafv2:UpdateIPSet",
                "wafv2:UpdateRegexPatternSet",
                "wafv2:UpdateWebACL",
            ],
            resources=[
                *scope.arns(
                    "wafv2",
                    *(f"regional/{kind}/{name}*/*" for kind in ("webacl", "ipset", "regexpatternset")),
                    "regional/managedruleset/*/*",
                ),
                *scope.arns("elasticloadbalancing", f"loadbalancer/app/{name}/*"),
            ],
        ),
        # With the role's own rights: CloudFormation is given no other role.
        Statement(
            sid="SignIn",
            actions=[
                "cloudformation:CreateStack",
                "cloudformation:DeleteStack",
                "cloudformation:TagResource",
                "cloudformation:UpdateStack",
            ],
            resources=scope.arns("cloudformation", f"stack/{name}-sign-in/*"),
        ),
        Statement(sid="FilterThere", actions=["elasticloadbalancing:SetWebAcl"], resources=["*"]),
    ]
