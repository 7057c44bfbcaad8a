"""VPC endpoints that others made in their VPC: each that the tasks need is looked up in the plan."""

from __future__ import annotations

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_vpc_endpoint import DataAwsVpcEndpoint, DataAwsVpcEndpointFilter
from cdktf_cdktf_provider_aws.vpc_security_group_egress_rule import VpcSecurityGroupEgressRule
from constructs import Construct

from modules.common.account import Account
from modules.common.security_groups import TCP
from modules.network.endpoints import endpoint_service_name
from modules.network.internet import HTTPS_PORT
from modules.network.needs import S3, needs_of
from modules.service.service import Service

# https://docs.aws.amazon.com/vpc/latest/privatelink/manage-dns-names.html
NAMES_LEAD_THERE = Postcondition(
    condition="${self.private_dns_enabled}",
    error_message=(
        "${self.id} (${self.service_name}) has private_dns_enabled = false, and the tasks call the service by its own "
        "name. Allowed: endpoints with it on. Fix: have its owners set it to true."
    ),
)


class ExistingEndpoints(Construct):
    """Another team's endpoints, of which nothing is changed.

    A plan stops where the VPC has none, or more than one, for a service that the tasks need; where an interface
    endpoint does not have the service's name; or where S3's gateway endpoint is no route of the tasks' subnets. What
    their policies and security groups let through is not looked at.

    Args:
        account: whose account and region this is.
        vpc_id: their VPC.
        route_table_ids: of the tasks' subnets, as an expression of Terraform's.
    """

    def __init__(
        self, scope: Construct, id: str, *, account: Account, vpc_id: str, route_table_ids: str
    ) -> None:
        super().__init__(scope, id)
        self._account = account
        self._vpc_id = vpc_id
        self._route_table_ids = route_table_ids

    def open_to(self, service: Service) -> None:
        """Lets the service's tasks connect to the endpoints' security groups, and to S3's addresses."""
        needs = needs_of(service.granted, account=self._account)
        interfaces = [
            self._endpoint(name, "Interface", NAMES_LEAD_THERE) for name in sorted(needs.keys() - {S3})
        ]
        groups = VpcSecurityGroupEgressRule(
            self,
            "interfaces",
            security_group_id=service.security_group.security_group_id,
            referenced_security_group_id="${each.value}",
            description="MLflow server to the AWS services it calls",
            ip_protocol=TCP,
            from_port=HTTPS_PORT,
            to_port=HTTPS_PORT,
        )
        of_each = ", ".join(f"{endpoint.fqn}.security_group_ids" for endpoint in interfaces)
        groups.add_override("for_each", f"${{setunion({of_each})}}")
        gateway = self._endpoint(S3, "Gateway", _is_a_route_of(self._route_table_ids))
        service.start_after(
            groups,
            service.security_group.allow_to_prefix_list(
                gateway.prefix_list_id, label=S3, port=HTTPS_PORT, description="S3 by its gateway endpoint"
            ),
        )

    def _endpoint(self, service: str, type: str, looks_at: Postcondition) -> DataAwsVpcEndpoint:
        name = service.replace(".", "_")
        return DataAwsVpcEndpoint(
            self,
            name,
            vpc_id=self._vpc_id,
            state="available",
            service_name=endpoint_service_name(
                self, f"{name}_service", service, account=self._account, type=type
            ),
            filter=[DataAwsVpcEndpointFilter(name="vpc-endpoint-type", values=[type])],
            lifecycle=TerraformResourceLifecycle(postcondition=[looks_at]),
        )


def _is_a_route_of(route_table_ids: str) -> Postcondition:
    return Postcondition(
        condition=f"${{length(setsubtract({route_table_ids}, self.route_table_ids)) == 0}}",
        error_message=(
            '${self.id}, the gateway endpoint of S3, is a route of ${join(", ", self.route_table_ids)} only. Allowed: '
            "one that is a route of every private subnet. Fix: have its owners add the route tables of "
            "private_subnet_ids."
        ),
    )
