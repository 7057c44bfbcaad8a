"""What CI reads and changes of the load balancer, its name and its firewall."""

from __future__ import annotations

from collections.abc import Mapping

from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

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

READS: Mapping[str, tuple[str, ...]] = {
    "aws_acm_certificate": ("acm:DescribeCertificate", "acm:ListTagsForCertificate"),
    "aws_acm_certificate_validation": ("acm:DescribeCertificate",),
    "aws_lb": (
        "elasticloadbalancing:DescribeLoadBalancers",
        "elasticloadbalancing:DescribeLoadBalancerAttributes",
        "elasticloadbalancing:DescribeCapacityReservation",
        "elasticloadbalancing:DescribeTags",
    ),
    "aws_lb_listener": (
        "elasticloadbalancing:DescribeListeners",
        "elasticloadbalancing:DescribeListenerAttributes",
        "elasticloadbalancing:DescribeTags",
    ),
    "aws_lb_listener_rule": ("elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags"),
    "aws_lb_target_group": (
        "elasticloadbalancing:DescribeTargetGroups",
        "elasticloadbalancing:DescribeTargetGroupAttributes",
        "elasticloadbalancing:DescribeTags",
    ),
    "aws_route53_record": ("route53:GetHostedZone", "route53:ListResourceRecordSets", "route53:GetChange"),
    "aws_route53_zone": ("route53:GetHostedZone", "route53:ListTagsForResource", "route53:GetDNSSEC"),
    "aws_wafv2_web_acl": ("wafv2:GetWebACL", "wafv2:ListTagsForResource"),
    "aws_wafv2_web_acl_association": (
        "elasticloadbalancing:GetLoadBalancerWebACL",
        "wafv2:GetWebACL",
        "wafv2:GetWebACLForResource",
    ),
    "aws_wafv2_web_acl_logging_configuration": ("wafv2:GetLoggingConfiguration",),
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_acm_certificate_validation": (),
    "aws_lb": ("elasticloadbalancing:CreateLoadBalancer",),
    "aws_lb_listener": ("elasticloadbalancing:CreateListener",),
    "aws_lb_listener_rule": ("elasticloadbalancing:CreateRule",),
    "aws_lb_target_group": ("elasticloadbalancing:CreateTargetGroup",),
    "aws_route53_record": ("route53:ChangeResourceRecordSets",),
    "aws_wafv2_web_acl": ("wafv2:CreateWebACL",),
    "aws_wafv2_web_acl_association": ("wafv2:AssociateWebACL",),
    "aws_wafv2_web_acl_logging_configuration": ("wafv2:PutLoggingConfiguration", "logs:CreateLogDelivery"),
}
BY_A_PERSON = ("aws_acm_certificate", "aws_route53_zone")


def changes(scope: Scope) -> list[Statement]:
    """Load balancer, its name and web ACL; a certificate's tags."""
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
                "ForAllValues:StringEquals": {names: list(scope.domain.names), types: ["A", "AAAA"]},
                # Without it, a request that had none of them would meet the condition above.
                "Null": {names: "false", types: "false"},
            },
        )
    ]


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    balancer = scope.arns("elasticloadbalancing", f"loadbalancer/app/{scope.name}/*")
    zones = [f"hostedzone/{scope.domain.hosted_zone_id}", "change/*"] if scope.domain else []
    return [
        Narrowed("acm:", scope.arns("acm", "certificate/*"), scope.tagged),
        Narrowed("elasticloadbalancing:Get", balancer),
        Narrowed("route53:", [f"arn:{scope.partition}:route53:::{zone}" for zone in zones]),
        Narrowed("wafv2:", [*scope.arns("wafv2", f"regional/webacl/{scope.name}/*"), *balancer]),
    ]


RIGHTS = Rights(
    reads=READS,
    creates=CREATES,
    by_a_person=BY_A_PERSON,
    narrowed=narrowed,
    changes=changes,
)
