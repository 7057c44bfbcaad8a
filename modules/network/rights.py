"""What CI reads and changes of the network."""

from __future__ import annotations

from collections.abc import Mapping

from modules.common.policies import Statement
from modules.common.rights import Narrowed, Rights, Scope

# What other things are made in: a subnet in a VPC, a NAT gateway in a subnet with an address.
CONTAINERS = (
    "egress-only-internet-gateway",
    "elastic-ip",
    "internet-gateway",
    "route-table",
    "security-group",
    "subnet",
)
CREATE_CONTAINERS = (
    "ec2:AllocateAddress",
    "ec2:CreateEgressOnlyInternetGateway",
    "ec2:CreateInternetGateway",
    "ec2:CreateRouteTable",
    "ec2:CreateSecurityGroup",
    "ec2:CreateSubnet",
)
CONTENTS = ("natgateway", "security-group-rule", "vpc-endpoint")
CREATE_CONTENTS = (
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateNatGateway",
    "ec2:CreateVpcEndpoint",
)
FLOW_LOG, CREATE_FLOW_LOG = "vpc-flow-log", "ec2:CreateFlowLogs"
CREATE = (*CREATE_CONTAINERS, *CREATE_CONTENTS, CREATE_FLOW_LOG)
CHANGE = (
    "ec2:AssociateRouteTable",
    "ec2:AssociateVpcCidrBlock",
    "ec2:AttachInternetGateway",
    "ec2:CreateRoute",
    "ec2:DeleteEgressOnlyInternetGateway",
    "ec2:DeleteFlowLogs",
    "ec2:DeleteInternetGateway",
    "ec2:DeleteNatGateway",
    "ec2:DeleteRoute",
    "ec2:DeleteRouteTable",
    "ec2:DeleteSecurityGroup",
    "ec2:DeleteSubnet",
    "ec2:DeleteTags",
    "ec2:DeleteVpcEndpoints",
    "ec2:DetachInternetGateway",
    "ec2:DisassociateAddress",
    "ec2:DisassociateRouteTable",
    "ec2:DisassociateVpcCidrBlock",
    "ec2:ModifySecurityGroupRules",
    "ec2:ModifySubnetAttribute",
    "ec2:ModifyVpcAttribute",
    "ec2:ModifyVpcEndpoint",
    "ec2:ReleaseAddress",
    "ec2:ReplaceRoute",
    "ec2:ReplaceRouteTableAssociation",
    "ec2:RevokeSecurityGroupEgress",
    "ec2:RevokeSecurityGroupIngress",
)

GROUPS = ("ec2:DescribeSecurityGroups", "ec2:DescribeNetworkInterfaces")
ROUTES = ("ec2:DescribeRouteTables",)
VPC = ("ec2:DescribeVpcs", "ec2:DescribeVpcAttribute", "ec2:DescribeNetworkAcls")
RULES = ("ec2:DescribeSecurityGroupRules",)
READS: Mapping[str, tuple[str, ...]] = {
    "aws_default_security_group": (*GROUPS, "ec2:DescribeVpcs"),
    "aws_egress_only_internet_gateway": ("ec2:DescribeEgressOnlyInternetGateways",),
    "aws_eip": ("ec2:DescribeAddresses", "ec2:DescribeAddressesAttribute"),
    "aws_flow_log": ("ec2:DescribeFlowLogs",),
    "aws_internet_gateway": ("ec2:DescribeInternetGateways",),
    "aws_nat_gateway": ("ec2:DescribeNatGateways",),
    "aws_route": ROUTES,
    "aws_route_table": ROUTES,
    "aws_route_table_association": ROUTES,
    "aws_security_group": GROUPS,
    "aws_subnet": ("ec2:DescribeSubnets",),
    "aws_vpc": VPC,
    "aws_vpc_endpoint": ("ec2:DescribeVpcEndpoints", "ec2:DescribePrefixLists"),
    "aws_vpc_security_group_egress_rule": RULES,
    "aws_vpc_security_group_ingress_rule": RULES,
    "data.aws_availability_zones": ("ec2:DescribeAvailabilityZones",),
    "data.aws_route_table": ROUTES,
    "data.aws_route_tables": ROUTES,
    "data.aws_subnet": ("ec2:DescribeSubnets",),
    "data.aws_vpc": VPC,
    "data.aws_vpc_endpoint": ("ec2:DescribeVpcEndpoints", "ec2:DescribePrefixLists"),
    "data.aws_vpc_endpoint_service": ("ec2:DescribeVpcEndpointServices",),
}
CREATES: Mapping[str, tuple[str, ...]] = {
    "aws_default_security_group": ("ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"),
    "aws_egress_only_internet_gateway": ("ec2:CreateEgressOnlyInternetGateway",),
    "aws_eip": ("ec2:AllocateAddress",),
    "aws_flow_log": ("ec2:CreateFlowLogs", "iam:PassRole"),
    "aws_internet_gateway": ("ec2:CreateInternetGateway", "ec2:AttachInternetGateway"),
    "aws_nat_gateway": ("ec2:CreateNatGateway",),
    "aws_route": ("ec2:CreateRoute",),
    "aws_route_table": ("ec2:CreateRouteTable",),
    "aws_route_table_association": ("ec2:AssociateRouteTable",),
    "aws_security_group": ("ec2:CreateSecurityGroup",),
    "aws_subnet": ("ec2:CreateSubnet",),
    "aws_vpc_endpoint": ("ec2:CreateVpcEndpoint",),
    "aws_vpc_security_group_egress_rule": ("ec2:AuthorizeSecurityGroupEgress",),
    "aws_vpc_security_group_ingress_rule": ("ec2:AuthorizeSecurityGroupIngress",),
}
BY_A_PERSON = ("aws_vpc",)


def changes(scope: Scope) -> list[Statement]:
    """Everything in EC2 is made with the environment's tags, and changed only where it has them; what it is made in has
    to have them too (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html).

    No statement on what is made is about anything that the same actions take as a container: a request with the right
    tags would otherwise reach another team's that has none.
    """
    every = _kinds(scope, *CONTAINERS, *CONTENTS, FLOW_LOG, "vpc")
    return [
        Statement(
            sid="MakeTagged",
            actions=CREATE_CONTAINERS,
            resources=_kinds(scope, *CONTAINERS),
            conditions=scope.tagging,
        ),
        Statement(
            sid="MakeTaggedThere",
            actions=CREATE_CONTENTS,
            resources=_kinds(scope, *CONTENTS),
            conditions=scope.tagging,
        ),
        Statement(
            sid="MakeTaggedFlowLogs",
            actions=[CREATE_FLOW_LOG],
            resources=_kinds(scope, FLOW_LOG),
            conditions=scope.tagging,
        ),
        Statement(sid="ChangeTagged", actions=[*CREATE, *CHANGE], resources=every, conditions=scope.tagged),
        Statement(
            sid="TagWhatIsMade",
            actions=["ec2:CreateTags"],
            resources=every,
            conditions={
                "StringEquals": {
                    "ec2:CreateAction": [action.removeprefix("ec2:") for action in CREATE],
                    **scope.tagging["StringEquals"],
                }
            },
        ),
        Statement(sid="TagAgain", actions=["ec2:CreateTags"], resources=every, conditions=scope.tagged),
        # The names of an interface endpoint are in a private zone that AWS makes for it, whose id nobody knows before
        # (https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonec2.html: CreateVpcEndpoint).
        Statement(
            sid="NameEndpoints",
            actions=["route53:AssociateVPCWithHostedZone"],
            resources=[f"arn:{scope.partition}:route53:::hostedzone/*"],
            conditions={
                "ForAllValues:StringEquals": {
                    "route53:VPCs": [f"VPCId={scope.vpc_id},VPCRegion={scope.region}"]
                },
                # Without it, a request that had none of them would meet the condition above.
                "Null": {"route53:VPCs": "false"},
            },
        ),
        *(_in_their_vpc(scope) if scope.vpc_is_given else []),
    ]


def _in_their_vpc(scope: Scope) -> list[Statement]:
    """Security groups and endpoints are made in another team's VPC and subnets, and routed to by its tables."""
    vpc = scope.arn("ec2", f"vpc/{scope.vpc_id}")
    return [
        Statement(
            sid="MakeInTheirVpc",
            actions=["ec2:CreateSecurityGroup", "ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint"],
            resources=[vpc],
        ),
        Statement(
            sid="MakeInTheirSubnets",
            actions=["ec2:CreateVpcEndpoint", "ec2:ModifyVpcEndpoint"],
            resources=_kinds(scope, "route-table", "subnet"),
            conditions={"ArnEquals": {"ec2:Vpc": vpc}},
        ),
    ]


def _kinds(scope: Scope, *kinds: str) -> list[str]:
    return scope.arns("ec2", *(f"{kind}/*" for kind in kinds))


def narrowed(scope: Scope) -> list[Narrowed]:
    """What the reads are about, where IAM can narrow it."""
    return [Narrowed("ec2:DescribeVpcAttribute", scope.arns("ec2", f"vpc/{scope.vpc_id}"))]


RIGHTS = Rights(
    reads=READS,
    creates=CREATES,
    by_a_person=BY_A_PERSON,
    narrowed=narrowed,
    changes=changes,
)
