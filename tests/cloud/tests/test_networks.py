"""EC2: network ACLs, DHCP options, prefix lists, and where endpoints are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Cloud, refused

S3 = "com.amazonaws.eu-central-1.s3"


class Network:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.ec2 = cloud, cloud.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

    def subnet(self, cidr: str = "10.0.1.0/24") -> str:
        return self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]

    def acl(self, **more: Any) -> str:
        return self.ec2.create_network_acl(VpcId=self.vpc, **more)["NetworkAcl"]["NetworkAclId"]

    def acls(self, name: str, *values: str) -> list[dict[str, Any]]:
        return self.ec2.describe_network_acls(Filters=[{"Name": name, "Values": list(values)}])["NetworkAcls"]

    def default_acl(self) -> dict[str, Any]:
        return next(it for it in self.acls("vpc-id", self.vpc) if it["IsDefault"])

    def rule(self, acl: str, number: int = 100, protocol: str = "-1", **more: Any) -> None:
        self.ec2.create_network_acl_entry(NetworkAclId=acl, RuleNumber=number, Protocol=protocol, RuleAction="allow",
                                          Egress=False, CidrBlock="10.0.0.0/8", **more)

    def options(self, **more: Any) -> str:
        wanted = [{"Key": "domain-name", "Values": ["shop.internal"]}]
        return self.ec2.create_dhcp_options(DhcpConfigurations=wanted, **more)["DhcpOptions"]["DhcpOptionsId"]

    def endpoint(self, service: str = "com.amazonaws.eu-central-1.kms", **more: Any) -> dict[str, Any]:
        return self.ec2.create_vpc_endpoint(VpcId=self.vpc, ServiceName=service, **more)["VpcEndpoint"]

    def seen(self, endpoint: str) -> dict[str, Any]:
        filters = [{"Name": "vpc-endpoint-id", "Values": [endpoint]}]
        return self.ec2.describe_vpc_endpoints(Filters=filters)["VpcEndpoints"][0]

    def addresses(self, endpoint: str) -> set[str]:
        filters = [{"Name": "network-interface-id", "Values": self.seen(endpoint)["NetworkInterfaceIds"]}]
        return {it["PrivateIpAddress"] for it in self.ec2.describe_network_interfaces(Filters=filters)["NetworkInterfaces"]}


@pytest.fixture
def network(cloud: Cloud) -> Network:
    return Network(cloud)


REFUSED: dict[str, tuple[str, Callable[[Network, Any], Any]]] = {
    "default ACL": ("InvalidParameterValue", lambda n, e: e.delete_network_acl(NetworkAclId=n.default_acl()["NetworkAclId"])),
    "ACL that a subnet follows": ("DependencyViolation", lambda n, e: (
        s := n.subnet(), a := n.acl(), follow(n, s, a), e.delete_network_acl(NetworkAclId=a))),
    "ACL of another network": ("InvalidParameterValue", lambda n, e: follow(n, n.subnet(), Network(n.cloud).acl())),
    "association that is not": ("InvalidAssociationID.NotFound", lambda n, e: e.replace_network_acl_association(
        AssociationId="aclassoc-0123456789abcdef0", NetworkAclId=n.acl())),
    "rule with a number that is taken": ("NetworkAclEntryAlreadyExists", lambda n, e: (a := n.acl(), n.rule(a), n.rule(a))),
    "rule with AWS's number": ("InvalidParameterValue", lambda n, e: n.rule(n.acl(), 32767)),
    "rule for a protocol by name": ("InvalidParameterValue", lambda n, e: n.rule(n.acl(), protocol="tcp")),
    "TCP rule without ports": ("MissingParameter", lambda n, e: n.rule(n.acl(), protocol="6")),
    "ICMP rule without a type": ("MissingParameter", lambda n, e: n.rule(n.acl(), protocol="1")),
    "rule that is not": ("InvalidNetworkAclEntry.NotFound", lambda n, e: e.delete_network_acl_entry(
        NetworkAclId=n.acl(), RuleNumber=7, Egress=True)),
    "DHCP options in use": ("DependencyViolation", lambda n, e: (
        d := n.options(), e.associate_dhcp_options(DhcpOptionsId=d, VpcId=n.vpc), e.delete_dhcp_options(DhcpOptionsId=d))),
    "no DHCP options": ("MissingParameter", lambda n, e: e.create_dhcp_options(DhcpConfigurations=[])),
    "unknown DHCP option": ("InvalidParameterValue", lambda n, e: e.create_dhcp_options(
        DhcpConfigurations=[{"Key": "boot-file", "Values": ["x"]}])),
    "address outside the endpoint's subnets": ("InvalidParameter", lambda n, e: n.endpoint(
        VpcEndpointType="Interface", SubnetIds=[n.subnet()],
        SubnetConfigurations=[{"SubnetId": n.subnet("10.0.2.0/24"), "Ipv4": "10.0.2.9"}])),
    "acceptance by nobody": ("InvalidVpcEndpointServiceId.NotFound", lambda n, e: e.accept_vpc_endpoint_connections(
        ServiceId="vpce-svc-0123456789abcdef0", VpcEndpointIds=["vpce-0123456789abcdef0"])),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal(network: Network, case: str) -> None:
    code, attempt = REFUSED[case]
    with refused(code):
        attempt(network, network.ec2)


def follow(network: Network, subnet: str, acl: str) -> None:
    now = network.acls("association.subnet-id", subnet)[0]
    association = next(it for it in now["Associations"] if it["SubnetId"] == subnet)["NetworkAclAssociationId"]
    network.ec2.replace_network_acl_association(AssociationId=association, NetworkAclId=acl)


def test_network_acl(network: Network) -> None:
    acl = network.acl(TagSpecifications=[{"ResourceType": "network-acl", "Tags": [{"Key": "Name", "Value": "data"}]}])
    network.rule(acl, 100, "6", PortRange={"From": 80, "To": 81})
    network.rule(acl, 110, "1", IcmpTypeCode={"Type": 8, "Code": -1})
    seen = network.acls("network-acl-id", acl)[0]
    assert not seen["IsDefault"] and network.default_acl()["IsDefault"]
    inward = {it["RuleNumber"]: it for it in seen["Entries"] if not it["Egress"]}
    assert set(inward) == {100, 110, 32767}, "what no rule allows is denied"
    assert inward[100]["PortRange"] == {"From": 80, "To": 81}
    assert inward[110]["IcmpTypeCode"] == {"Type": 8, "Code": -1}
    subnet = network.subnet()
    assert network.default_acl()["Associations"][0]["SubnetId"] == subnet
    follow(network, subnet, acl)
    assert network.default_acl()["Associations"] == []
    follow(network, subnet, network.default_acl()["NetworkAclId"])
    network.ec2.delete_network_acl(NetworkAclId=acl)
    tags = network.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [acl]}])["Tags"]
    assert tags == []


def test_dhcp_options(network: Network) -> None:
    tags = [{"ResourceType": "dhcp-options", "Tags": [{"Key": "Name", "Value": "shop"}]}]
    wanted = [{"Key": "ipv6-address-preferred-lease-time", "Values": ["1440"]}, {"Key": "ntp-servers", "Values": ["10.0.0.9"]}]
    made = network.ec2.create_dhcp_options(DhcpConfigurations=wanted, TagSpecifications=tags)["DhcpOptions"]
    assert made["OwnerId"] == "123456789012" and made["Tags"] == tags[0]["Tags"]
    seen = network.ec2.describe_dhcp_options(DhcpOptionsIds=[made["DhcpOptionsId"]])["DhcpOptions"][0]
    assert {it["Key"]: [value["Value"] for value in it["Values"]] for it in seen["DhcpConfigurations"]} == {
        "ipv6-address-preferred-lease-time": ["1440"], "ntp-servers": ["10.0.0.9"]}
    assert "aws_vpc_dhcp_options" in {it["type"] for it in network.cloud.left()}
    network.ec2.associate_dhcp_options(DhcpOptionsId=made["DhcpOptionsId"], VpcId=network.vpc)
    network.ec2.associate_dhcp_options(DhcpOptionsId="default", VpcId=network.vpc)
    network.ec2.delete_dhcp_options(DhcpOptionsId=made["DhcpOptionsId"])


def test_prefix_lists_have_addresses(network: Network) -> None:
    by_name = network.ec2.describe_prefix_lists(Filters=[{"Name": "prefix-list-name", "Values": [S3]}])["PrefixLists"]
    assert len(by_name) == 1 and len(by_name[0]["Cidrs"]) == 3
    all_of_them = {it["PrefixListName"] for it in network.ec2.describe_prefix_lists()["PrefixLists"]}
    assert all_of_them == {S3, S3.replace("s3", "dynamodb")}, "those with a gateway endpoint"


def test_route_tables_are_found_by_their_gateway(network: Network) -> None:
    gateway = network.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    network.ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)
    table = network.ec2.create_route_table(VpcId=network.vpc)["RouteTable"]["RouteTableId"]
    network.ec2.associate_route_table(RouteTableId=table, GatewayId=gateway)
    filters = [{"Name": "association.gateway-id", "Values": [gateway]}]
    assert [it["RouteTableId"] for it in network.ec2.describe_route_tables(Filters=filters)["RouteTables"]] == [table]


def test_addresses_of_an_endpoint(network: Network) -> None:
    one, two = network.subnet(), network.subnet("10.0.2.0/24")
    made = network.endpoint(VpcEndpointType="Interface", SubnetIds=[one, two],
                            SubnetConfigurations=[{"SubnetId": one, "Ipv4": "10.0.1.77"}])["VpcEndpointId"]
    assert "10.0.1.77" in network.addresses(made) and len(network.addresses(made)) == 2
    before = set(network.seen(made)["NetworkInterfaceIds"])
    network.ec2.modify_vpc_endpoint(VpcEndpointId=made, SubnetConfigurations=[{"SubnetId": one, "Ipv4": "10.0.1.80"}])
    assert "10.0.1.80" in network.addresses(made) and len(network.addresses(made)) == 2
    assert len(before & set(network.seen(made)["NetworkInterfaceIds"])) == 1, "another address, another interface"


def test_endpoints_wait_to_be_accepted(network: Network) -> None:
    subnet = network.subnet()
    balancer = network.cloud.client("elbv2").create_load_balancer(Name="appliances", Type="gateway", Subnets=[subnet])
    service = network.ec2.create_vpc_endpoint_service_configuration(
        AcceptanceRequired=True, GatewayLoadBalancerArns=[balancer["LoadBalancers"][0]["LoadBalancerArn"]])["ServiceConfiguration"]
    made = network.endpoint(service["ServiceName"], VpcEndpointType="GatewayLoadBalancer", SubnetIds=[subnet])
    assert network.seen(made["VpcEndpointId"])["State"] == "pendingAcceptance"
    ids = [made["VpcEndpointId"], "vpce-0123456789abcdef0"]
    answer = network.ec2.accept_vpc_endpoint_connections(ServiceId=service["ServiceId"], VpcEndpointIds=ids)
    assert [it["ResourceId"] for it in answer["Unsuccessful"]] == ids[1:]
    assert network.seen(made["VpcEndpointId"])["State"] == "available"
