"""What an apply changes of the network."""

from __future__ import annotations

from modules.ci.scope import Scope
from modules.policies import Statement

NETWORK_KINDS = (
    "egress-only-internet-gateway",
    "elastic-ip",
    "internet-gateway",
    "natgateway",
    "route-table",
    "security-group",
    "security-group-rule",
    "subnet",
    "vpc",
    "vpc-endpoint",
    "vpc-flow-log",
)
CREATE_NETWORK = (
    "ec2:AllocateAddress",
    "ec2:AuthorizeSecurityGroupEgress",
    "ec2:AuthorizeSecurityGroupIngress",
    "ec2:CreateEgressOnlyInternetGateway",
    "ec2:CreateFlowLogs",
    "ec2:CreateInternetGateway",
    "ec2:CreateNatGateway",
    "ec2:CreateRouteTable",
    "ec2:CreateSecurityGroup",
    "ec2:CreateSubnet",
    "ec2:CreateVpcEndpoint",
)
CHANGE_NETWORK = (
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


def network(scope: Scope) -> list[Statement]:
    """Everything in EC2 is made with the environment's tags, and changed only where it has them
    (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/supported-iam-actions-tagging.html)."""
    every = scope.arns("ec2", *(f"{kind}/*" for kind in NETWORK_KINDS))
    statements = [
        Statement(
            sid="MakeTagged",
            actions=["ec2:CreateVpc", *CREATE_NETWORK],
            resources=every,
            conditions={**scope.tagging, **scope.tagged_if_at_all},
        ),
        # What is made stands in something that is there: a subnet in a VPC.
        Statement(
            sid="ChangeTagged",
            actions=[*CREATE_NETWORK, *CHANGE_NETWORK],
            resources=every,
            conditions=scope.tagged,
        ),
        Statement(
            sid="TagWhatIsMade",
            actions=["ec2:CreateTags"],
            resources=every,
            conditions={
                "StringEquals": {
                    "ec2:CreateAction": [
                        "CreateVpc",
                        *(action.removeprefix("ec2:") for action in CREATE_NETWORK),
                    ],
                    **scope.tagging["StringEquals"],
                }
            },
        ),
        Statement(sid="TagAgain", actions=["ec2:CreateTags"], resources=every, conditions=scope.tagged),
    ]
    if scope.vpc_id is not None:
        statements.append(
            Statement(
                sid="MakeGroupsInTheirVpc",
                actions=["ec2:CreateSecurityGroup"],
                resources=scope.arns("ec2", f"vpc/{scope.vpc_id}"),
            )
        )
    return statements
