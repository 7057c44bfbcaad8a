"""VPC endpoints: how tasks reach the AWS services they call without a way to the internet."""

from __future__ import annotations

from collections.abc import Sequence

from cdktf_cdktf_provider_aws.data_aws_vpc_endpoint_service import (
    DataAwsVpcEndpointService,
    DataAwsVpcEndpointServiceFilter,
)
from cdktf_cdktf_provider_aws.vpc_endpoint import VpcEndpoint
from constructs import Construct

from modules.common.account import Account
from modules.common.security_groups import Connection, SecurityGroup
from modules.network.internet import HTTPS_PORT
from modules.network.needs import S3, endpoint_policy, needs_of
from modules.service.service import Service


class S3Gateway(Construct):
    """S3 by a route of the subnets, free of charge
    (https://docs.aws.amazon.com/vpc/latest/privatelink/vpc-endpoints-s3.html).

    Its policy lets the service's roles do with its bucket what they were granted, and read image layers; no one else in
    these subnets reaches another bucket by it.

    Args:
        name: the `Name` tag, with a suffix.
        account: whose account and region this is.
        vpc_id: where it is.
        route_table_ids: of the tasks' subnets.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        vpc_id: str,
        route_table_ids: Sequence[str],
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        self._account = account
        self._vpc_id = vpc_id
        self._route_table_ids = route_table_ids

    def open_to(self, service: Service) -> None:
        """Makes the endpoint, and lets the service's tasks connect to S3's addresses."""
        needs = needs_of(service.granted, account=self._account)
        endpoint = VpcEndpoint(
            self,
            "resource",
            vpc_id=self._vpc_id,
            vpc_endpoint_type="Gateway",
            service_name=endpoint_service_name(self, "service", S3, account=self._account, type="Gateway"),
            route_table_ids=list(self._route_table_ids),
            policy=endpoint_policy(needs.get(S3, ())),
            tags={"Name": f"{self._name}-{S3}"},
        )
        rule = service.security_group.allow_to_prefix_list(
            endpoint.prefix_list_id, label=S3, port=HTTPS_PORT, description="S3 by its gateway endpoint"
        )
        service.start_after(endpoint, rule)


class InterfaceEndpoints(Construct):
    """Every other API that the service has been granted, at private addresses of the VPC
    (https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html).

    The APIs' own names lead there in all of the VPC. The security group lets in only the service, and each
    policy what the service's roles were granted.

    Args:
        name: the security group's and the `Name` tags', with a suffix.
        account: whose account and region this is.
        vpc_id: where they are.
        subnet_ids: one in each zone that the tasks run in.

    Attributes:
        security_group: the endpoints' own.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        account: Account,
        vpc_id: str,
        subnet_ids: Sequence[str],
    ) -> None:
        super().__init__(scope, id)
        self._name = name
        self._account = account
        self._vpc_id = vpc_id
        self._subnet_ids = subnet_ids
        self.security_group = SecurityGroup(
            self,
            "security_group",
            name=f"{name}-endpoints",
            description="AWS services that the MLflow server calls",
            vpc_id=vpc_id,
        )

    def open_to(self, service: Service) -> None:
        """Makes the endpoints, and lets the service's tasks connect to them."""
        connection = Connection(
            service,
            "to_endpoints",
            source=service.security_group,
            target=self.security_group,
            port=HTTPS_PORT,
            description="MLflow server to the AWS services it calls",
        )
        service.start_after(*connection.rules)
        needs = needs_of(service.granted, account=self._account)
        for name in sorted(needs.keys() - {S3}):
            endpoint = VpcEndpoint(
                self,
                name.replace(".", "_"),
                vpc_id=self._vpc_id,
                vpc_endpoint_type="Interface",
                service_name=endpoint_service_name(self, f"{name}_service", name, account=self._account),
                private_dns_enabled=True,
                subnet_ids=list(self._subnet_ids),
                security_group_ids=[self.security_group.security_group_id],
                policy=endpoint_policy(needs[name]),
                tags={"Name": f"{self._name}-{name}"},
            )
            service.start_after(endpoint)


def endpoint_service_name(
    scope: Construct, id: str, service: str, *, account: Account, type: str = "Interface"
) -> str:
    """As the region has it: in some partitions a few begin with the partition's own name, and the others do not. A plan
    stops where the region does not have it."""
    names = [
        f"{prefix}.{account.region}.{service}" for prefix in ("com.amazonaws", account.reverse_dns_prefix)
    ]
    return str(
        DataAwsVpcEndpointService(
            scope,
            id.replace(".", "_"),
            service_type=type,
            filter=[DataAwsVpcEndpointServiceFilter(name="service-name", values=names)],
        ).service_name
    )
