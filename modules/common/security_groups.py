"""Security groups: who may open a connection to whom.

Rules are the one-resource-per-rule kind: a rule can be added and removed without touching its neighbours, and the two
ends of a connection are two rules that name each other's groups
(https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html). Terraform removes AWS's "allow all" egress
rule when it makes a group, so nothing is open that is not written here.
"""

from __future__ import annotations

from cdktf_cdktf_provider_aws.security_group import SecurityGroup as AwsSecurityGroup
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

TCP = "tcp"


class SecurityGroup(Construct):
    """A security group and the rules about it.

    Args:
        name: unique in the VPC; also the `Name` tag.
        description: AWS keeps it for the group's life: changing it makes a new group.
        vpc_id: where it lives.

    Attributes:
        group: the security group itself.
        security_group_id: `sg-…`.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, description: str, vpc_id: str) -> None:
        super().__init__(scope, id)
        self.group = AwsSecurityGroup(
            self, "resource", name=name, description=description, vpc_id=vpc_id, tags={"Name": name}
        )
        self.security_group_id: str = self.group.id

    def allow_from_cidr(self, cidr: str, *, port: int, description: str) -> VpcSecurityGroupIngressRule:
        """Lets an IPv4 or IPv6 range connect to `port`."""
        return VpcSecurityGroupIngressRule(
            self,
            f"from_{_label(cidr)}_on_{port}",
            security_group_id=self.security_group_id,
            description=description,
            ip_protocol=TCP,
            from_port=port,
            to_port=port,
            cidr_ipv4=None if ":" in cidr else cidr,
            cidr_ipv6=cidr if ":" in cidr else None,
        )

    def allow_to_cidr(self, cidr: str, *, port: int, description: str) -> VpcSecurityGroupEgressRule:
        """Lets the group's members connect to `port` of an IPv4 or IPv6 range."""
        return VpcSecurityGroupEgressRule(
            self,
            f"to_{_label(cidr)}_on_{port}",
            security_group_id=self.security_group_id,
            description=description,
            ip_protocol=TCP,
            from_port=port,
            to_port=port,
            cidr_ipv4=None if ":" in cidr else cidr,
            cidr_ipv6=cidr if ":" in cidr else None,
        )

    def allow_to_prefix_list(
        self, prefix_list_id: str, *, label: str, port: int, description: str
    ) -> VpcSecurityGroupEgressRule:
        """Lets the group's members connect to `port` of a prefix list's ranges; the address has its `label`."""
        return VpcSecurityGroupEgressRule(
            self,
            f"to_{label}_on_{port}",
            security_group_id=self.security_group_id,
            description=description,
            ip_protocol=TCP,
            from_port=port,
            to_port=port,
            prefix_list_id=prefix_list_id,
        )


class Connection(Construct):
    """Members of `source` may connect to `port` of members of `target`: an egress rule there, an ingress rule here.

    Make it in the scope of the consumer, so that the dependency runs from the consumer to what it uses.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        source: SecurityGroup,
        target: SecurityGroup,
        port: int,
        description: str,
    ) -> None:
        super().__init__(scope, id)
        self.rules = (
            VpcSecurityGroupEgressRule(
                self,
                "egress",
                security_group_id=source.security_group_id,
                referenced_security_group_id=target.security_group_id,
                description=description,
                ip_protocol=TCP,
                from_port=port,
                to_port=port,
            ),
            VpcSecurityGroupIngressRule(
                self,
                "ingress",
                security_group_id=target.security_group_id,
                referenced_security_group_id=source.security_group_id,
                description=description,
                ip_protocol=TCP,
                from_port=port,
                to_port=port,
            ),
        )


def _label(cidr: str) -> str:
    """A CIDR as part of an address: each range keeps its address whatever its place in the list."""
    return cidr.translate(str.maketrans(".:/", "___"))
