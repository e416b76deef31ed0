"""EC2: life cycles, things in use, duplicates, dangling references, tokens, arguments kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Cloud, refused

ZONE = "eu-central-1a"
NO = "0123456789abcdef0"  # an id that is well formed and that nothing has


class Network:
    """A VPC with one of everything, made on demand."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.ec2 = cloud, cloud.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]

    def subnet(self, cidr: str = "10.0.1.0/24", vpc: str | None = None) -> str:
        return self.ec2.create_subnet(VpcId=vpc or self.vpc, CidrBlock=cidr, AvailabilityZone=ZONE)["Subnet"]["SubnetId"]

    def gateway(self, attach: bool = True) -> str:
        igw = self.ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
        if attach:
            self.ec2.attach_internet_gateway(InternetGatewayId=igw, VpcId=self.vpc)
        return igw

    def address(self) -> str:
        return self.ec2.allocate_address(Domain="vpc")["AllocationId"]

    def nat(self, subnet: str | None = None, address: str | None = None, **more: Any) -> str:
        self.gateway()
        answer = self.ec2.create_nat_gateway(SubnetId=subnet or self.subnet(), AllocationId=address or self.address(), **more)
        return answer["NatGateway"]["NatGatewayId"]

    def table(self, vpc: str | None = None) -> str:
        return self.ec2.create_route_table(VpcId=vpc or self.vpc)["RouteTable"]["RouteTableId"]

    def group(self, name: str = "app") -> str:
        return self.ec2.create_security_group(GroupName=name, Description="for tests", VpcId=self.vpc)["GroupId"]

    def other_vpc(self) -> str:
        return self.ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]

    def interface(self, subnet: str, *groups: str) -> str:
        answer = self.ec2.create_network_interface(SubnetId=subnet, Groups=list(groups))
        return answer["NetworkInterface"]["NetworkInterfaceId"]

    def main_table(self) -> dict[str, Any]:
        filters = [{"Name": "vpc-id", "Values": [self.vpc]}, {"Name": "association.main", "Values": ["true"]}]
        return self.ec2.describe_route_tables(Filters=filters)["RouteTables"][0]

    def default_group(self) -> dict[str, Any]:
        filters = [{"Name": "vpc-id", "Values": [self.vpc]}, {"Name": "group-name", "Values": ["default"]}]
        return self.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]

    def allow(self, group: str, port: int = 443, **peer: Any) -> dict[str, Any]:
        permission = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **(peer or {"IpRanges": [{"CidrIp": "10.0.0.0/8"}]})}
        return self.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[permission])["SecurityGroupRules"][0]


@pytest.fixture
def network(cloud: Cloud) -> Network:
    return Network(cloud)


# -- every refusal: what is done last is what AWS refuses, with this code. Lambdas take the network and EC2.

IN_USE: dict[str, tuple[str, Callable[[Network, Any], Any]]] = {
    "VPC with a subnet": ("DependencyViolation", lambda n, e: (n.subnet(), e.delete_vpc(VpcId=n.vpc))),
    "VPC with an internet gateway": ("DependencyViolation", lambda n, e: (n.gateway(), e.delete_vpc(VpcId=n.vpc))),
    "VPC with a route table": ("DependencyViolation", lambda n, e: (n.table(), e.delete_vpc(VpcId=n.vpc))),
    "VPC with a security group": ("DependencyViolation", lambda n, e: (n.group(), e.delete_vpc(VpcId=n.vpc))),
    "VPC with a gateway endpoint": ("DependencyViolation", lambda n, e: (
        e.create_vpc_endpoint(VpcId=n.vpc, ServiceName="com.amazonaws.eu-central-1.s3"), e.delete_vpc(VpcId=n.vpc))),
    "subnet with an interface": ("DependencyViolation", lambda n, e: (
        s := n.subnet(), n.interface(s), e.delete_subnet(SubnetId=s))),
    "subnet with a NAT gateway": ("DependencyViolation", lambda n, e: (s := n.subnet(), n.nat(s), e.delete_subnet(SubnetId=s))),
    "subnet with an endpoint": ("DependencyViolation", lambda n, e: (
        s := n.subnet(),
        e.create_vpc_endpoint(VpcId=n.vpc, ServiceName="com.amazonaws.eu-central-1.kms", VpcEndpointType="Interface", SubnetIds=[s]),
        e.delete_subnet(SubnetId=s))),
    "internet gateway attached": ("DependencyViolation", lambda n, e: e.delete_internet_gateway(InternetGatewayId=n.gateway())),
    "internet gateway with mapped addresses": ("DependencyViolation", lambda n, e: (
        n.nat(), e.detach_internet_gateway(InternetGatewayId=gateway_of(e, n.vpc), VpcId=n.vpc))),
    "Elastic IP of a NAT gateway": ("AuthFailure", lambda n, e: (a := n.address(), n.nat(address=a), e.release_address(AllocationId=a))),
    "Elastic IP of a NAT gateway, disassociated": ("AuthFailure", lambda n, e: (
        a := n.address(), n.nat(address=a),
        e.disassociate_address(AssociationId=e.describe_addresses(AllocationIds=[a])["Addresses"][0]["AssociationId"]))),
    "Elastic IP on an interface": ("InvalidIPAddress.InUse", lambda n, e: (
        a := n.address(), e.associate_address(AllocationId=a, NetworkInterfaceId=n.interface(n.subnet())), e.release_address(AllocationId=a))),
    "Elastic IP for a second NAT gateway": ("Resource.AlreadyAssociated", lambda n, e: (
        a := n.address(), s := n.subnet(), n.nat(s, a), e.create_nat_gateway(SubnetId=s, AllocationId=a))),
    "route table with an association": ("DependencyViolation", lambda n, e: (
        t := n.table(), e.associate_route_table(RouteTableId=t, SubnetId=n.subnet()), e.delete_route_table(RouteTableId=t))),
    "main route table": ("DependencyViolation", lambda n, e: e.delete_route_table(RouteTableId=n.main_table()["RouteTableId"])),
    "main route table's association": ("InvalidParameterValue", lambda n, e: e.disassociate_route_table(
        AssociationId=n.main_table()["Associations"][0]["RouteTableAssociationId"])),
    "local route": ("InvalidParameterValue", lambda n, e: e.delete_route(RouteTableId=n.table(), DestinationCidrBlock="10.0.0.0/16")),
    "security group on an interface": ("DependencyViolation", lambda n, e: (
        g := n.group(), n.interface(n.subnet(), g), e.delete_security_group(GroupId=g))),
    "security group in another's rule": ("DependencyViolation", lambda n, e: (
        g := n.group(), n.allow(n.group("other"), UserIdGroupPairs=[{"GroupId": g}]), e.delete_security_group(GroupId=g))),
    "security group of an endpoint": ("DependencyViolation", lambda n, e: (
        g := n.group(),
        e.create_vpc_endpoint(VpcId=n.vpc, ServiceName="com.amazonaws.eu-central-1.kms", VpcEndpointType="Interface",
                              SubnetIds=[n.subnet()], SecurityGroupIds=[g]),
        e.delete_security_group(GroupId=g))),
    "default security group": ("CannotDelete", lambda n, e: e.delete_security_group(GroupId=n.default_group()["GroupId"])),
    "interface of a NAT gateway": ("OperationNotPermitted", lambda n, e: (
        n.nat(), e.delete_network_interface(NetworkInterfaceId=e.describe_network_interfaces()["NetworkInterfaces"][0]["NetworkInterfaceId"]))),
}

DUPLICATES: dict[str, tuple[str, Callable[[Network, Any], Any]]] = {
    "subnet with the same block": ("InvalidSubnet.Conflict", lambda n, e: (n.subnet(), n.subnet())),
    "second internet gateway of a VPC": ("InvalidParameterValue", lambda n, e: (n.gateway(), n.gateway())),
    "internet gateway attached twice": ("Resource.AlreadyAssociated", lambda n, e: e.attach_internet_gateway(
        InternetGatewayId=n.gateway(), VpcId=n.vpc)),
    "subnet with a second route table": ("Resource.AlreadyAssociated", lambda n, e: (
        s := n.subnet(), e.associate_route_table(RouteTableId=n.table(), SubnetId=s), e.associate_route_table(RouteTableId=n.table(), SubnetId=s))),
    "route to the same destination": ("RouteAlreadyExists", lambda n, e: (
        t := n.table(), g := n.gateway(),
        e.create_route(RouteTableId=t, DestinationCidrBlock="0.0.0.0/0", GatewayId=g),
        e.create_route(RouteTableId=t, DestinationCidrBlock="0.0.0.0/0", GatewayId=g))),
    "IPv6 route to the same destination": ("RouteAlreadyExists", lambda n, e: (
        t := n.table(), g := n.gateway(),
        e.create_route(RouteTableId=t, DestinationIpv6CidrBlock="::/0", GatewayId=g),
        e.create_route(RouteTableId=t, DestinationIpv6CidrBlock="::/0", GatewayId=g))),
    "security group of the same name": ("InvalidGroup.Duplicate", lambda n, e: (n.group(), n.group())),
    "ingress rule": ("InvalidPermission.Duplicate", lambda n, e: (g := n.group(), n.allow(g), n.allow(g))),
    "egress rule": ("InvalidPermission.Duplicate", lambda n, e: e.authorize_security_group_egress(
        GroupId=n.group(), IpPermissions=[{"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}])),
    "ingress rule with another description": ("InvalidPermission.Duplicate", lambda n, e: (
        g := n.group(), n.allow(g), n.allow(g, IpRanges=[{"CidrIp": "10.0.0.0/8", "Description": "again"}]))),
    "flow log": ("FlowLogAlreadyExists", lambda n, e: (flow_log(n), flow_log(n))),
    "gateway endpoint on the same table": ("RouteAlreadyExists", lambda n, e: (t := n.table(), s3_endpoint(n, t), s3_endpoint(n, t))),
}

DANGLING: dict[str, tuple[str, Callable[[Network, Any], Any]]] = {
    "describe VPCs, one unknown": ("InvalidVpcID.NotFound", lambda n, e: e.describe_vpcs(VpcIds=[n.vpc, f"vpc-{NO}"])),
    "subnet in an unknown VPC": ("InvalidVpcID.NotFound", lambda n, e: n.subnet(vpc=f"vpc-{NO}")),
    "subnet in an unknown zone": ("InvalidParameterValue", lambda n, e: e.create_subnet(
        VpcId=n.vpc, CidrBlock="10.0.1.0/24", AvailabilityZone="eu-central-1z")),
    "subnet outside its VPC": ("InvalidSubnet.Range", lambda n, e: n.subnet("192.168.0.0/24")),
    "internet gateway to an unknown VPC": ("InvalidVpcID.NotFound", lambda n, e: e.attach_internet_gateway(
        InternetGatewayId=n.gateway(False), VpcId=f"vpc-{NO}")),
    "unknown internet gateway": ("InvalidInternetGatewayID.NotFound", lambda n, e: e.attach_internet_gateway(
        InternetGatewayId=f"igw-{NO}", VpcId=n.vpc)),
    "NAT gateway in an unknown subnet": ("InvalidSubnetID.NotFound", lambda n, e: n.nat(f"subnet-{NO}")),
    "NAT gateway with an unknown address": ("InvalidAllocationID.NotFound", lambda n, e: n.nat(address=f"eipalloc-{NO}")),
    "public NAT gateway without an address": ("MissingParameter", lambda n, e: e.create_nat_gateway(SubnetId=n.subnet())),
    "describe an unknown NAT gateway": ("NatGatewayNotFound", lambda n, e: e.describe_nat_gateways(NatGatewayIds=[f"nat-{NO}"])),
    "delete an unknown NAT gateway": ("NatGatewayNotFound", lambda n, e: e.delete_nat_gateway(NatGatewayId=f"nat-{NO}")),
    "route table in an unknown VPC": ("InvalidVpcID.NotFound", lambda n, e: n.table(f"vpc-{NO}")),
    "association with an unknown subnet": ("InvalidSubnetID.NotFound", lambda n, e: e.associate_route_table(
        RouteTableId=n.table(), SubnetId=f"subnet-{NO}")),
    "association with another network's subnet": ("InvalidParameterValue", lambda n, e: e.associate_route_table(
        RouteTableId=n.table(), SubnetId=n.subnet("10.9.1.0/24", n.other_vpc()))),
    "route in an unknown table": ("InvalidRouteTableID.NotFound", lambda n, e: e.create_route(
        RouteTableId=f"rtb-{NO}", DestinationCidrBlock="0.0.0.0/0", GatewayId=n.gateway())),
    "route to an unknown internet gateway": ("InvalidGatewayID.NotFound", lambda n, e: e.create_route(
        RouteTableId=n.table(), DestinationCidrBlock="0.0.0.0/0", GatewayId=f"igw-{NO}")),
    "route to an internet gateway that is not attached": ("InvalidParameterValue", lambda n, e: e.create_route(
        RouteTableId=n.table(), DestinationCidrBlock="0.0.0.0/0", GatewayId=n.gateway(False))),
    "route to an unknown NAT gateway": ("InvalidNatGatewayID.NotFound", lambda n, e: e.create_route(
        RouteTableId=n.table(), DestinationCidrBlock="0.0.0.0/0", NatGatewayId=f"nat-{NO}")),
    "route replaced by an unknown NAT gateway": ("InvalidNatGatewayID.NotFound", lambda n, e: (
        t := n.table(), e.create_route(RouteTableId=t, DestinationCidrBlock="0.0.0.0/0", GatewayId=n.gateway()),
        e.replace_route(RouteTableId=t, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=f"nat-{NO}"))),
    "replace a route that is not there": ("InvalidParameterValue", lambda n, e: e.replace_route(
        RouteTableId=n.table(), DestinationCidrBlock="0.0.0.0/0", GatewayId=n.gateway())),
    "route with a malformed block": ("InvalidParameterValue", lambda n, e: e.create_route(
        RouteTableId=n.table(), DestinationCidrBlock="0.0.0.0/99", GatewayId=n.gateway())),
    "delete a route twice": ("InvalidRoute.NotFound", lambda n, e: e.delete_route(RouteTableId=n.table(), DestinationCidrBlock="0.0.0.0/0")),
    "security group in an unknown VPC": ("InvalidVpcID.NotFound", lambda n, e: e.create_security_group(
        GroupName="g", Description="d", VpcId=f"vpc-{NO}")),
    "rule in an unknown group": ("InvalidGroup.NotFound", lambda n, e: n.allow(f"sg-{NO}")),
    "rule that refers to an unknown group": ("InvalidGroup.NotFound", lambda n, e: n.allow(
        n.group(), UserIdGroupPairs=[{"GroupId": f"sg-{NO}"}])),
    "rule that refers to an unknown prefix list": ("InvalidPrefixListId.NotFound", lambda n, e: n.allow(
        n.group(), PrefixListIds=[{"PrefixListId": f"pl-{NO}"}])),
    "rule with a malformed block": ("InvalidParameterValue", lambda n, e: n.allow(n.group(), IpRanges=[{"CidrIp": "10.0.0.0/99"}])),
    "TCP rule without ports": ("InvalidParameterValue", lambda n, e: e.authorize_security_group_ingress(
        GroupId=n.group(), IpPermissions=[{"IpProtocol": "tcp", "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])),
    "revoke a rule twice by id": ("InvalidSecurityGroupRuleId.NotFound", lambda n, e: (
        g := n.group(), r := n.allow(g)["SecurityGroupRuleId"],
        e.revoke_security_group_ingress(GroupId=g, SecurityGroupRuleIds=[r]), e.revoke_security_group_ingress(GroupId=g, SecurityGroupRuleIds=[r]))),
    "revoke a permission that is not there": ("InvalidPermission.NotFound", lambda n, e: e.revoke_security_group_ingress(
        GroupId=n.group(), IpPermissions=[{"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}])),
    "revoke an IPv6 permission that is not there": ("InvalidPermission.NotFound", lambda n, e: e.revoke_security_group_egress(
        GroupId=n.group(), IpPermissions=[{"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "::/0"}]}])),
    "describe an unknown rule": ("InvalidSecurityGroupRuleId.NotFound", lambda n, e: e.describe_security_group_rules(
        SecurityGroupRuleIds=[f"sgr-{NO}"])),
    "interface in an unknown group": ("InvalidGroup.NotFound", lambda n, e: n.interface(n.subnet(), f"sg-{NO}")),
    "flow log of an unknown VPC": ("InvalidVpcID.NotFound", lambda n, e: flow_log(n, f"vpc-{NO}")),
    "endpoint in an unknown VPC": ("InvalidVpcID.NotFound", lambda n, e: e.create_vpc_endpoint(
        VpcId=f"vpc-{NO}", ServiceName="com.amazonaws.eu-central-1.s3")),
    "endpoint for an unknown service": ("InvalidServiceName", lambda n, e: e.create_vpc_endpoint(
        VpcId=n.vpc, ServiceName="com.amazonaws.eu-central-1.nothing")),
    "endpoint in an unknown group": ("InvalidGroup.NotFound", lambda n, e: e.create_vpc_endpoint(
        VpcId=n.vpc, ServiceName="com.amazonaws.eu-central-1.kms", VpcEndpointType="Interface", SubnetIds=[n.subnet()],
        SecurityGroupIds=[f"sg-{NO}"])),
    "tag on an unknown NAT gateway": ("NatGatewayNotFound", lambda n, e: e.create_tags(
        Resources=[f"nat-{NO}"], Tags=[{"Key": "a", "Value": "b"}])),
    "tag on an unknown VPC": ("InvalidVpcID.NotFound", lambda n, e: e.create_tags(
        Resources=[f"vpc-{NO}"], Tags=[{"Key": "a", "Value": "b"}])),
}

WRONG: dict[str, tuple[str, Callable[[Network, Any], Any]]] = {
    "malformed VPC id": ("InvalidVpcID.Malformed", lambda n, e: e.describe_vpcs(VpcIds=["banana"])),
    "malformed subnet id": ("InvalidSubnetID.Malformed", lambda n, e: e.delete_subnet(SubnetId="subnet-xyz")),
    "VPC block too large": ("InvalidVpc.Range", lambda n, e: e.create_vpc(CidrBlock="10.0.0.0/8")),
    "VPC block malformed": ("InvalidParameterValue", lambda n, e: e.create_vpc(CidrBlock="10.0.0.0/99")),
    "dry run": ("DryRunOperation", lambda n, e: e.create_vpc(CidrBlock="10.0.0.0/16", DryRun=True)),
    "tags of another type": ("InvalidParameterValue", lambda n, e: e.create_vpc(
        CidrBlock="10.0.0.0/16", TagSpecifications=[{"ResourceType": "subnet", "Tags": [{"Key": "a", "Value": "b"}]}])),
    "reserved tag key": ("InvalidParameterValue", lambda n, e: e.create_tags(Resources=[n.vpc], Tags=[{"Key": "aws:x", "Value": "b"}])),
    "two attributes at once": ("InvalidParameterCombination", lambda n, e: e.modify_vpc_attribute(
        VpcId=n.vpc, EnableDnsSupport={"Value": True}, EnableDnsHostnames={"Value": True})),
    "page too small": ("InvalidParameterValue", lambda n, e: e.describe_vpcs(MaxResults=1)),
    "reserved group name": ("InvalidParameterValue", lambda n, e: n.group("sg-mine")),
    "flow log without a role": ("InvalidParameter", lambda n, e: e.create_flow_logs(
        ResourceIds=[n.vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="g")),
}


def gateway_of(ec2: Any, vpc: str) -> str:
    found = ec2.describe_internet_gateways(Filters=[{"Name": "attachment.vpc-id", "Values": [vpc]}])
    return found["InternetGateways"][0]["InternetGatewayId"]


def flow_log(network: Network, vpc: str | None = None, **more: Any) -> Any:
    return network.ec2.create_flow_logs(
        ResourceIds=[vpc or network.vpc], ResourceType="VPC", TrafficType="ALL", LogGroupName="flows",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flows", **more)


def s3_endpoint(network: Network, *tables: str, **more: Any) -> Any:
    return network.ec2.create_vpc_endpoint(
        VpcId=network.vpc, ServiceName="com.amazonaws.eu-central-1.s3", RouteTableIds=list(tables), **more)["VpcEndpoint"]


@pytest.mark.parametrize("case", [f"{table}: {name}" for table, cases in (
    ("in use", IN_USE), ("duplicate", DUPLICATES), ("dangling", DANGLING), ("wrong", WRONG)) for name in cases])
def test_refusal(network: Network, case: str) -> None:
    table, name = case.split(": ", 1)
    code, act = {"in use": IN_USE, "duplicate": DUPLICATES, "dangling": DANGLING, "wrong": WRONG}[table][name]
    before = network.cloud.requests()["total"]
    with refused(code):
        act(network, network.ec2)
    log = network.cloud.requests()["log"][before:]
    # only the last call was refused: what leads up to it is right
    assert [entry["error"] for entry in log[:-1] if entry["error"]] == []
    assert log[-1]["error"] == code


GONE: dict[str, tuple[str, Callable[[Network], str], Callable[[Any, str], Any], Callable[[Any, str], Any]]] = {
    "VPC": ("InvalidVpcID.NotFound", lambda n: n.vpc,
            lambda e, i: e.delete_vpc(VpcId=i), lambda e, i: e.describe_vpcs(VpcIds=[i])),
    "subnet": ("InvalidSubnetID.NotFound", lambda n: n.subnet(),
               lambda e, i: e.delete_subnet(SubnetId=i), lambda e, i: e.describe_subnets(SubnetIds=[i])),
    "internet gateway": ("InvalidInternetGatewayID.NotFound", lambda n: n.gateway(False),
                         lambda e, i: e.delete_internet_gateway(InternetGatewayId=i), lambda e, i: e.describe_internet_gateways(InternetGatewayIds=[i])),
    "Elastic IP": ("InvalidAllocationID.NotFound", lambda n: n.address(),
                   lambda e, i: e.release_address(AllocationId=i), lambda e, i: e.describe_addresses(AllocationIds=[i])),
    "route table": ("InvalidRouteTableID.NotFound", lambda n: n.table(),
                    lambda e, i: e.delete_route_table(RouteTableId=i), lambda e, i: e.describe_route_tables(RouteTableIds=[i])),
    "security group": ("InvalidGroup.NotFound", lambda n: n.group(),
                       lambda e, i: e.delete_security_group(GroupId=i), lambda e, i: e.describe_security_groups(GroupIds=[i])),
}


@pytest.mark.parametrize("kind", GONE)
def test_deleted_twice(network: Network, kind: str) -> None:
    code, make, delete, describe = GONE[kind]
    made = make(network)
    network.ec2.create_tags(Resources=[made], Tags=[{"Key": "Name", "Value": "x"}])
    describe(network.ec2, made)
    delete(network.ec2, made)
    with refused(code):
        describe(network.ec2, made)
    with refused(code):
        delete(network.ec2, made)
    assert network.ec2.describe_tags(Filters=[{"Name": "resource-id", "Values": [made]}])["Tags"] == []


# -- life


@pytest.mark.parametrize("kind", ["vpc", "subnet"])
def test_pending_then_available(cloud: Cloud, kind: str) -> None:
    cloud.lifetimes(**{kind: {"creating": 5}})
    network = Network(cloud)
    made = network.vpc if kind == "vpc" else network.subnet()

    def state() -> str:
        if kind == "vpc":
            return network.ec2.describe_vpcs(VpcIds=[made])["Vpcs"][0]["State"]
        return network.ec2.describe_subnets(SubnetIds=[made])["Subnets"][0]["State"]

    assert state() == "pending"
    cloud.advance(4.5)
    assert state() == "pending"
    cloud.advance(1)
    assert state() == "available"


def nat_state(network: Network, nat: str) -> str:
    return network.ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["State"]


def test_life_of_a_nat_gateway(cloud: Cloud) -> None:
    cloud.lifetimes(nat_gateway={"creating": 90, "deleting": 60, "gone": 600})
    network = Network(cloud)
    subnet, address = network.subnet(), network.address()
    nat = network.nat(subnet, address)
    assert nat_state(network, nat) == "pending"
    cloud.advance(91)
    assert nat_state(network, nat) == "available"
    network.ec2.delete_nat_gateway(NatGatewayId=nat)
    assert nat_state(network, nat) == "deleting"
    with refused("DependencyViolation"):
        network.ec2.delete_subnet(SubnetId=subnet)
    with refused("AuthFailure"):
        network.ec2.release_address(AllocationId=address)
    cloud.advance(61)
    assert nat_state(network, nat) == "deleted"
    network.ec2.release_address(AllocationId=address)
    network.ec2.delete_subnet(SubnetId=subnet)
    cloud.advance(601)
    with refused("NatGatewayNotFound"):
        nat_state(network, nat)


def test_nat_gateway_without_a_way_out_fails(network: Network) -> None:
    address = network.address()
    nat = network.ec2.create_nat_gateway(SubnetId=network.subnet(), AllocationId=address)["NatGateway"]
    assert nat["State"] == "pending"
    found = network.ec2.describe_nat_gateways(NatGatewayIds=[nat["NatGatewayId"]])["NatGateways"][0]
    assert (found["State"], found["FailureCode"]) == ("failed", "Gateway.NotAttached")
    network.ec2.release_address(AllocationId=address)


def test_zero_lifetimes_still_begin_with_the_state_of_aws(network: Network) -> None:
    network.gateway()
    nat = network.ec2.create_nat_gateway(SubnetId=network.subnet(), AllocationId=network.address())["NatGateway"]
    assert nat["State"] == "pending"
    assert nat_state(network, nat["NatGatewayId"]) == "available"
    assert network.ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["State"] == "pending"


def test_a_filter_wants_one_of_many(network: Network) -> None:
    ec2, ids = network.ec2, []
    for number in range(2):
        table = network.table()
        subnets = [network.subnet(f"10.0.{number + 1}{other}.0/24") for other in range(2)]
        ids.append([ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"] for subnet in subnets])
    wanted = [ids[0][0], ids[1][1]]
    found = ec2.describe_route_tables(Filters=[{"Name": "association.route-table-association-id", "Values": wanted}])
    assert len(found["RouteTables"]) == 2


def test_routes_turn_into_blackholes(network: Network) -> None:
    nat, table = network.nat(), network.table()
    gateway = gateway_of(network.ec2, network.vpc)
    network.ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    network.ec2.create_route(RouteTableId=table, DestinationIpv6CidrBlock="::/0", GatewayId=gateway)

    def states() -> list[str]:
        routes = network.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return [route["State"] for route in routes if route["Origin"] == "CreateRoute"]

    assert states() == ["active", "active"]
    network.ec2.delete_nat_gateway(NatGatewayId=nat)
    assert states() == ["blackhole", "active"]
    network.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)
    assert states() == ["blackhole", "blackhole"]


def test_life_of_an_endpoint(cloud: Cloud) -> None:
    cloud.lifetimes(vpc_endpoint={"creating": 60, "deleting": 30, "gone": 60})
    network = Network(cloud)
    subnet, group = network.subnet(), network.group()
    made = network.ec2.create_vpc_endpoint(
        VpcId=network.vpc, ServiceName="com.amazonaws.eu-central-1.kms", VpcEndpointType="Interface",
        SubnetIds=[subnet], SecurityGroupIds=[group])["VpcEndpoint"]

    def found() -> Any:
        return network.ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["VpcEndpoints"][0]

    assert made["State"] == found()["State"] == "pending"
    assert (made["IpAddressType"], made["DnsOptions"]["DnsRecordIpType"]) == ("ipv4", "ipv4")
    cloud.advance(61)
    assert found()["State"] == "available"
    network.ec2.modify_vpc_endpoint(VpcEndpointId=made["VpcEndpointId"], PrivateDnsEnabled=False)
    assert found()["PrivateDnsEnabled"] is False
    assert network.ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["Unsuccessful"] == []
    assert found()["State"] == "deleting"
    cloud.advance(31)
    assert found()["State"] == "deleted"
    network.ec2.delete_security_group(GroupId=group)
    network.ec2.delete_subnet(SubnetId=subnet)
    again = network.ec2.delete_vpc_endpoints(VpcEndpointIds=[made["VpcEndpointId"]])["Unsuccessful"]
    assert again[0]["Error"]["Code"] == "InvalidVpcEndpoint.NotFound"
    cloud.advance(61)
    with refused("InvalidVpcEndpointId.NotFound"):
        found()


def test_gateway_endpoint_keeps_the_routes(network: Network) -> None:
    first, second = network.table(), network.table()
    endpoint = s3_endpoint(network, first)["VpcEndpointId"]

    def routed(table: str) -> bool:
        routes = network.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"][0]["Routes"]
        return any(route.get("GatewayId") == endpoint for route in routes)

    assert (routed(first), routed(second)) == (True, False)
    network.ec2.modify_vpc_endpoint(VpcEndpointId=endpoint, AddRouteTableIds=[second], RemoveRouteTableIds=[first])
    assert (routed(first), routed(second)) == (False, True)
    network.ec2.delete_vpc_endpoints(VpcEndpointIds=[endpoint])
    assert (routed(first), routed(second)) == (False, False)


def test_everything_goes_in_order(network: Network) -> None:
    ec2, subnet, address = network.ec2, network.subnet(), network.address()
    nat, table, group = network.nat(subnet, address), network.table(), network.group()
    gateway = gateway_of(ec2, network.vpc)
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    ec2.delete_nat_gateway(NatGatewayId=nat)
    ec2.delete_subnet(SubnetId=subnet)  # its association goes with it
    ec2.delete_route_table(RouteTableId=table)
    ec2.release_address(AllocationId=address)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_security_group(GroupId=group)
    ec2.delete_vpc(VpcId=network.vpc)
    assert network.cloud.left() == []


# -- client tokens

TOKENS: dict[str, tuple[Callable[[Network], dict[str, Any]], dict[str, Any], Callable[[Network, dict[str, Any]], str]]] = {
    "CreateNatGateway": (
        lambda n: (n.gateway(), {"SubnetId": n.subnet(), "AllocationId": n.address()})[1], {"PrivateIpAddress": "10.0.1.77"},
        lambda n, given: n.ec2.create_nat_gateway(**given)["NatGateway"]["NatGatewayId"]),
    "CreateRouteTable": (
        lambda n: {"VpcId": n.vpc}, {"TagSpecifications": [{"ResourceType": "route-table", "Tags": [{"Key": "a", "Value": "b"}]}]},
        lambda n, given: n.ec2.create_route_table(**given)["RouteTable"]["RouteTableId"]),
    "CreateFlowLogs": (
        lambda n: {"ResourceIds": [n.vpc], "ResourceType": "VPC", "TrafficType": "ALL", "LogGroupName": "g",
                   "DeliverLogsPermissionArn": "arn:aws:iam::123456789012:role/r"}, {"TrafficType": "REJECT"},
        lambda n, given: n.ec2.create_flow_logs(**given)["FlowLogIds"][0]),
    "CreateVpcEndpoint": (
        lambda n: {"VpcId": n.vpc, "ServiceName": "com.amazonaws.eu-central-1.s3"}, {"ServiceName": "com.amazonaws.eu-central-1.dynamodb"},
        lambda n, given: n.ec2.create_vpc_endpoint(**given)["VpcEndpoint"]["VpcEndpointId"]),
    "CreateNetworkInterface": (
        lambda n: {"SubnetId": n.subnet()}, {"Description": "another"},
        lambda n, given: n.ec2.create_network_interface(**given)["NetworkInterface"]["NetworkInterfaceId"]),
}


@pytest.mark.parametrize("operation", TOKENS)
def test_client_token(network: Network, operation: str) -> None:
    prepare, change, create = TOKENS[operation]
    given = prepare(network)
    first = create(network, {**given, "ClientToken": "one"})
    assert create(network, {**given, "ClientToken": "one"}) == first
    with refused("IdempotentParameterMismatch"):
        create(network, {**given, **change, "ClientToken": "one"})
    if operation == "CreateRouteTable":
        assert create(network, {**given, "ClientToken": "two"}) != first
        network.cloud.advance(25 * 3600)  # AWS forgets after a day
        assert create(network, {**given, "ClientToken": "one"}) != first


def test_a_failed_call_leaves_its_token_free(network: Network) -> None:
    subnet = network.subnet()
    with refused("MissingParameter"):
        network.ec2.create_nat_gateway(SubnetId=subnet, ClientToken="t")
    network.ec2.create_nat_gateway(SubnetId=subnet, ConnectivityType="private", ClientToken="t")


def test_vpcs_have_no_tokens(network: Network) -> None:
    assert network.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] != network.vpc


# -- arguments kept


def test_default_security_group(network: Network) -> None:
    group = network.default_group()
    assert group["IpPermissions"][0]["IpProtocol"] == "-1"
    assert group["IpPermissions"][0]["UserIdGroupPairs"][0]["GroupId"] == group["GroupId"]
    assert group["IpPermissionsEgress"][0]["IpRanges"][0]["CidrIp"] == "0.0.0.0/0"
    network.ec2.revoke_security_group_ingress(GroupId=group["GroupId"], IpPermissions=group["IpPermissions"])
    network.ec2.revoke_security_group_egress(GroupId=group["GroupId"], IpPermissions=group["IpPermissionsEgress"])
    group = network.default_group()
    assert (group["IpPermissions"], group["IpPermissionsEgress"]) == ([], [])


def test_rules_keep_descriptions_and_owner(network: Network) -> None:
    group, other = network.group(), network.group("other")
    prefix_list = network.ec2.describe_managed_prefix_lists()["PrefixLists"][0]["PrefixListId"]
    answer = network.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "UserIdGroupPairs": [{"GroupId": other, "Description": "from a group"}]},
        {"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": prefix_list, "Description": "from a list"}]},
        {"IpProtocol": "icmp", "FromPort": -1, "ToPort": -1, "Ipv6Ranges": [{"CidrIpv6": "::/0", "Description": "from IPv6"}]},
    ])
    made = answer["SecurityGroupRules"]
    assert [rule["Description"] for rule in made] == ["from a group", "from a list", "from IPv6"]
    assert {rule["GroupOwnerId"] for rule in made} == {"123456789012"}
    assert made[0]["ReferencedGroupInfo"]["GroupId"] == other
    assert (made[1]["FromPort"], made[1]["ToPort"]) == (-1, -1)
    found = network.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule["SecurityGroupRuleId"] for rule in made])
    assert {rule["Description"] for rule in found["SecurityGroupRules"]} == {"from a group", "from a list", "from IPv6"}
    listed = network.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]
    assert [p["PrefixListIds"][0]["Description"] for p in listed if p["PrefixListIds"]] == ["from a list"]
    assert ["FromPort" in p for p in listed if p["IpProtocol"] == "-1"] == [False]


def test_permissions_are_added_all_or_none(network: Network) -> None:
    group = network.group()
    network.allow(group, 443)
    with refused("InvalidPermission.Duplicate"):
        network.ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]} for port in (80, 443)])
    assert len(network.ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]["IpPermissions"]) == 1


@pytest.mark.parametrize("peer,changed", [
    ({"IpRanges": [{"CidrIp": "10.0.0.0/8"}]}, {"CidrIpv4": "10.1.0.0/16"}),
    ({"Ipv6Ranges": [{"CidrIpv6": "::/0"}]}, {"CidrIpv6": "2001:db8::/32"}),
])
def test_rules_are_modified(network: Network, peer: Any, changed: dict[str, str]) -> None:
    group = network.group()
    rule = network.allow(group, **peer)["SecurityGroupRuleId"]
    network.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[{
        "SecurityGroupRuleId": rule,
        "SecurityGroupRule": {"IpProtocol": "tcp", "FromPort": 8443, "ToPort": 8443, "Description": "new", **changed}}])
    found = network.ec2.describe_security_group_rules(SecurityGroupRuleIds=[rule])["SecurityGroupRules"][0]
    assert (found["FromPort"], found["Description"]) == (8443, "new")
    assert changed.items() <= found.items()
    with refused("InvalidParameterValue"):  # another kind of peer
        network.ec2.modify_security_group_rules(GroupId=group, SecurityGroupRules=[{
            "SecurityGroupRuleId": rule, "SecurityGroupRule": {"IpProtocol": "-1", "ReferencedGroupId": group}}])


def test_subnet_attributes(network: Network) -> None:
    subnet = network.subnet()
    network.ec2.modify_subnet_attribute(SubnetId=subnet, PrivateDnsHostnameTypeOnLaunch="resource-name")
    network.ec2.modify_subnet_attribute(SubnetId=subnet, MapPublicIpOnLaunch={"Value": True})
    found = network.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]
    assert found["PrivateDnsNameOptionsOnLaunch"]["HostnameType"] == "resource-name"
    assert found["MapPublicIpOnLaunch"] is True
    by_zone_id = network.ec2.create_subnet(VpcId=network.vpc, CidrBlock="10.0.9.0/24", AvailabilityZoneId="euc1-az2")["Subnet"]
    assert (by_zone_id["DefaultForAz"], by_zone_id["MapPublicIpOnLaunch"]) == (False, False)


def test_blocks_are_stored_in_canonical_form(network: Network) -> None:
    vpc = network.ec2.create_vpc(CidrBlock="10.5.6.7/16")["Vpc"]
    assert vpc["CidrBlock"] == "10.5.0.0/16"
    assert network.ec2.create_subnet(VpcId=vpc["VpcId"], CidrBlock="10.5.1.9/24")["Subnet"]["CidrBlock"] == "10.5.1.0/24"


def test_elastic_ip(network: Network) -> None:
    allocation = network.ec2.allocate_address(Domain="vpc")
    assert allocation["NetworkBorderGroup"] == "eu-central-1"
    found = network.ec2.describe_addresses(AllocationIds=[allocation["AllocationId"]])["Addresses"][0]
    assert (found["NetworkBorderGroup"], found["PublicIpv4Pool"]) == ("eu-central-1", "amazon")


def test_nat_gateway_address(network: Network) -> None:
    subnet, address = network.subnet(), network.address()
    nat = network.nat(subnet, address, PrivateIpAddress="10.0.1.200")
    held = network.ec2.describe_nat_gateways(NatGatewayIds=[nat])["NatGateways"][0]["NatGatewayAddresses"][0]
    assert (held["PrivateIp"], held["AllocationId"]) == ("10.0.1.200", address)
    interface = network.ec2.describe_network_interfaces(NetworkInterfaceIds=[held["NetworkInterfaceId"]])["NetworkInterfaces"][0]
    assert (interface["InterfaceType"], interface["RequesterManaged"], interface["SubnetId"]) == ("nat_gateway", True, subnet)
    found = network.ec2.describe_addresses(AllocationIds=[address])["Addresses"][0]
    assert (found["NetworkInterfaceId"], found["AssociationId"]) == (held["NetworkInterfaceId"], held["AssociationId"])


def test_nat_gateways_are_filtered_by_tag(network: Network) -> None:
    tags = [{"ResourceType": "natgateway", "Tags": [{"Key": "Name", "Value": "a"}]}]
    nat = network.nat(TagSpecifications=tags)
    for value, found in (("a", [nat]), ("b", [])):
        answer = network.ec2.describe_nat_gateways(Filters=[{"Name": "tag:Name", "Values": [value]}])
        assert [gateway["NatGatewayId"] for gateway in answer["NatGateways"]] == found


@pytest.mark.parametrize("destination,status", [("arn:aws:logs:eu-central-1:123456789012:log-group:flows:*", "SUCCESS"),
                                               ("arn:aws:logs:eu-central-1:123456789012:log-group:nothing", "FAILED")])
def test_flow_log_to_a_group_named_by_arn(network: Network, destination: str, status: str) -> None:
    network.cloud.client("logs").create_log_group(logGroupName="flows")
    made = network.ec2.create_flow_logs(
        ResourceIds=[network.vpc], ResourceType="VPC", TrafficType="ALL", LogDestinationType="cloud-watch-logs",
        LogDestination=destination, DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flows", ClientToken="t")
    assert made["ClientToken"] == "t"
    found = network.ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"][0]
    assert (found["FlowLogStatus"], found["DeliverLogsStatus"]) == ("ACTIVE", status)
    network.ec2.delete_flow_logs(FlowLogIds=made["FlowLogIds"])
    assert network.ec2.describe_flow_logs(FlowLogIds=made["FlowLogIds"])["FlowLogs"] == []
    with refused("InvalidFlowLogId.NotFound"):
        network.ec2.delete_flow_logs(FlowLogIds=made["FlowLogIds"])


def test_association_again_is_no_error(network: Network) -> None:
    table, subnet = network.table(), network.subnet()
    first = network.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    assert network.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"] == first
    network.ec2.disassociate_route_table(AssociationId=first)
    with refused("InvalidAssociationID.NotFound"):
        network.ec2.disassociate_route_table(AssociationId=first)


def test_internet_gateway_detached_twice(network: Network) -> None:
    gateway = network.gateway()
    network.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)
    with refused("Gateway.NotAttached"):
        network.ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=network.vpc)


def test_pages(network: Network) -> None:
    made = {network.subnet(f"10.0.{number}.0/24") for number in range(12)}
    filters = [{"Name": "vpc-id", "Values": [network.vpc]}]
    pages = list(network.ec2.get_paginator("describe_subnets").paginate(Filters=filters, PaginationConfig={"PageSize": 5}))
    assert [len(page["Subnets"]) for page in pages] == [5, 5, 2]
    assert {subnet["SubnetId"] for page in pages for subnet in page["Subnets"]} == made
    with refused("InvalidNextToken"):
        network.ec2.describe_subnets(MaxResults=5, NextToken="mine")


def test_data_sources(network: Network) -> None:
    zones = network.ec2.describe_availability_zones(Filters=[{"Name": "state", "Values": ["available"]}])["AvailabilityZones"]
    assert [zone["ZoneName"] for zone in zones] == ["eu-central-1a", "eu-central-1b", "eu-central-1c"]
    assert network.cloud.client("sts").get_caller_identity()["Account"] == "123456789012"
    assert "eu-central-1" in [region["RegionName"] for region in network.ec2.describe_regions()["Regions"]]
