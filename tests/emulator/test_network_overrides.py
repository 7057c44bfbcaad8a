"""Each gap of moto's EC2 in networks that the emulated AWS closes, seen through boto3."""

from __future__ import annotations

from tests.emulator.conftest import Client


def test_a_rule_about_another_group_keeps_its_description(own: Client) -> None:
    ec2 = own("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="g", Description="d", VpcId=vpc)["GroupId"]
    pair = {"GroupId": group, "Description": "within the group"}
    permission = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "UserIdGroupPairs": [pair]}
    rule = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])[
        "SecurityGroupRules"
    ][0]

    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])

    assert found["SecurityGroupRules"][0]["Description"] == "within the group"


def test_a_rule_about_a_prefix_list_keeps_its_description(own: Client) -> None:
    ec2 = own("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName="p", Description="d", VpcId=vpc)["GroupId"]
    to_list = {"PrefixListId": "pl-12345678", "Description": "to a service"}
    permission = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "PrefixListIds": [to_list]}
    rule = ec2.authorize_security_group_egress(GroupId=group, IpPermissions=[permission])[
        "SecurityGroupRules"
    ][0]

    found = ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"]])

    assert found["SecurityGroupRules"][0]["Description"] == "to a service"


def test_nat_gateway_interface_is_deleted_with_it(own: Client) -> None:
    ec2 = own("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    gateway = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    of_the_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
    assert len(ec2.describe_network_interfaces(Filters=of_the_vpc)["NetworkInterfaces"]) == 1

    ec2.delete_nat_gateway(NatGatewayId=gateway)

    assert ec2.describe_network_interfaces(Filters=of_the_vpc)["NetworkInterfaces"] == []
    assert ec2.describe_nat_gateways(NatGatewayIds=[gateway])["NatGateways"][0]["State"] == "deleted"


def test_a_subnet_is_found_by_its_ipv6_network(own: Client) -> None:
    ec2 = own("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    network = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("/56", "/64")
    subnet = ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.0.1.0/24", Ipv6CidrBlock=network)["Subnet"]
    (association,) = subnet["Ipv6CidrBlockAssociationSet"]
    assert association["Ipv6CidrBlockState"] == {"State": "associated"}
    name = "ipv6-cidr-block-association.association-id"

    found = ec2.describe_subnets(Filters=[{"Name": name, "Values": [association["AssociationId"]]}])

    assert [one["SubnetId"] for one in found["Subnets"]] == [subnet["SubnetId"]]


def test_gateway_endpoint_routes_follow_its_route_tables(own: Client) -> None:
    ec2 = own("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    first, second = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    endpoint = ec2.create_vpc_endpoint(
        VpcId=vpc, VpcEndpointType="Gateway", ServiceName="com.amazonaws.us-east-1.s3", RouteTableIds=[first]
    )["VpcEndpoint"]["VpcEndpointId"]

    def leads_there(table: str) -> bool:
        (found,) = ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
        return any(route.get("GatewayId") == endpoint for route in found["Routes"])

    before = leads_there(first), leads_there(second)
    ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[second], RemoveRouteTableIds=[first])

    assert (before, (leads_there(first), leads_there(second))) == ((True, False), (False, True))
    ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert not leads_there(second)


def test_an_endpoint_service_is_found_by_one_of_several_names(own: Client) -> None:
    names = ["com.amazonaws.us-east-1.logs", "cn.com.amazonaws.us-east-1.logs"]

    found = own("ec2").describe_vpc_endpoint_services(Filters=[{"Name": "service-name", "Values": names}])

    assert found["ServiceNames"] == names[:1]
