"""VPC endpoints."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError
from moto.ec2.models.vpcs import VPCBackend, VPCEndPoint
from moto.ec2.responses.vpcs import VPCs

from ..corrections import adds, corrects
from ..lifetimes import LIFE
from .network_interfaces import free_address
from .tags import forget_tags


@corrects(VPCs)
def create_vpc_endpoint(moto: Any, self: Any) -> ActionResult:
    backend = self.ec2_backend
    vpc_id, service_name = self._get_param("VpcId"), self._get_param("ServiceName")
    kind = self._get_param("VpcEndpointType") or "Gateway"
    route_table_ids = self._get_param("RouteTableIds", [])
    group_ids = self._get_param("SecurityGroupIds", [])
    backend.get_vpc(vpc_id)
    # AWS: the service has to be one that it offers in this region
    if not any(name in service_name for name in (f"com.amazonaws.{self.region}.", "aws.api.", "com.amazonaws.vpce.")):
        raise EC2ClientError("InvalidServiceName", f"The Vpc Endpoint Service '{service_name}' does not exist")
    offered = backend.describe_vpc_endpoint_services(
        service_names=[], filters=[], max_results=1000, next_token=None, region=self.region)["serviceNames"]
    if service_name.startswith("com.amazonaws.") and service_name not in offered:
        raise EC2ClientError("InvalidServiceName", f"The Vpc Endpoint Service '{service_name}' does not exist")
    # AWS: subnets, groups and tables have to exist, and the tables not to have such a route
    for subnet_id in self._get_param("SubnetIds", []):
        backend.get_subnet(subnet_id)
    for group_id in group_ids:
        if backend.get_security_group_from_id(group_id) is None:
            raise InvalidSecurityGroupNotFoundError(group_id)
    for route_table_id in route_table_ids:
        table = backend.get_route_table(route_table_id)
        refuse_second_route(table, service_name)
    answer = moto(self)
    endpoint = answer.result["VpcEndpoint"]
    endpoint.vpc_endpoint_type = kind
    endpoint.ip_address_type = self._get_param("IpAddressType") or "ipv4"
    dns_options = dict(self._get_param("DnsOptions") or {})
    endpoint.dns_options = {"DnsRecordIpType": endpoint.ip_address_type if kind == "Interface" else "service-defined", **dns_options}
    if kind == "Interface":
        # AWS: the default group of the VPC where none is given
        if not group_ids:
            endpoint.security_group_ids = [backend.get_default_security_group(vpc_id).id]
        for interface_id in endpoint.network_interface_ids:
            belongs_to(backend, backend.enis[interface_id], endpoint)
        place(backend, endpoint, self._get_param("SubnetConfigurations", []))
    else:
        endpoint.private_dns_enabled = False
        endpoint.security_group_ids = []
    # AWS: pendingAcceptance where the owner of the service accepts each by hand
    if any(it.service_name == service_name and it.acceptance_required for it in backend.configurations.values()):
        endpoint.state = "pendingAcceptance"
    # AWS: pending, then available
    elif kind != "Gateway":
        endpoint.state = "pending"
        LIFE.then("vpc_endpoint", "creating", lambda: become_available(endpoint))
    answer.result["ClientToken"] = self._get_param("ClientToken")
    return answer


def refuse_second_route(table: Any, service_name: str) -> None:
    for route in table._routes.values():
        listed = route.destination_prefix_list
        if listed is not None and listed.prefix_list_name == service_name:
            raise EC2ClientError("RouteAlreadyExists", f"route table {table.id} already has a route with destination-prefix-list-id {listed.id}")


def become_available(endpoint: VPCEndPoint) -> None:
    if endpoint.state == "pending":
        endpoint.state = "available"


def belongs_to(backend: Any, interface: Any, endpoint: VPCEndPoint, address: str | None = None) -> None:
    """AWS: the interface has an address of its subnet and the groups of the endpoint, and is not the caller's."""
    interface.private_ip_address = address or free_address(backend, interface.subnet)
    interface.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": interface.private_ip_address}]
    interface.description = f"VPC Endpoint Interface {endpoint.id}"
    interface.requester_managed = True
    interface.interface_type = "vpc_endpoint"
    interface.status = "in-use"
    interface._group_set = [backend.get_security_group_from_id(group_id) for group_id in endpoint.security_group_ids]


def place(backend: Any, endpoint: VPCEndPoint, wanted: list[dict[str, str]]) -> None:
    """AWS: the interface in a subnet has the address that is asked for; another address is another interface."""
    for configuration in wanted:
        address, subnet_id = configuration.get("Ipv4"), configuration.get("SubnetId")
        if subnet_id not in (endpoint.subnet_ids or []):
            raise EC2ClientError("InvalidParameter", f"The subnet {subnet_id} is not one of the endpoint's")
        for interface_id in list(endpoint.network_interface_ids):
            interface = backend.enis[interface_id]
            if address and interface.subnet.id == subnet_id and interface.private_ip_address != address:
                endpoint.network_interface_ids.remove(interface_id)
                backend.enis.pop(interface_id)
                interface = backend.create_network_interface(backend.get_subnet(subnet_id), address)
                belongs_to(backend, interface, endpoint, address)
                endpoint.network_interface_ids.append(interface.id)


@adds(VPCs)
def accept_vpc_endpoint_connections(self: Any) -> ActionResult:
    backend, unsuccessful = self.ec2_backend, []
    service = backend.configurations.get(self._get_param("ServiceId"))
    # AWS: only the owner of the service accepts
    if service is None:
        raise EC2ClientError("InvalidVpcEndpointServiceId.NotFound", f"The VpcEndpointService Id '{self._get_param('ServiceId')}' does not exist")
    for endpoint_id in self._get_param("VpcEndpointIds", []):
        endpoint = backend.vpc_end_points.get(endpoint_id)
        if endpoint is None or endpoint.service_name != service.service_name:
            unsuccessful.append({"ResourceId": endpoint_id, "Error": {
                "Code": "InvalidVpcEndpoint.NotFound", "Message": f"The Vpc Endpoint Id '{endpoint_id}' does not exist"}})
        elif endpoint.state == "pendingAcceptance":
            endpoint.state = "pending"
            LIFE.then("vpc_endpoint", "creating", lambda endpoint=endpoint: become_available(endpoint))
    return ActionResult({"Unsuccessful": unsuccessful})


@corrects(VPCEndPoint)
def get_filter_value(moto: Any, self: Any, filter_name: str, method_name: str | None = None) -> Any:
    # AWS: has these two as well
    if filter_name == "vpc-endpoint-id":
        return self.id
    if filter_name == "ip-address-type":
        return getattr(self, "ip_address_type", None)
    return moto(self, filter_name, method_name)


@corrects(VPCs)
def modify_vpc_endpoint(moto: Any, self: Any) -> ActionResult:
    backend = self.ec2_backend
    endpoint = backend.describe_vpc_endpoints([self._get_param("VpcEndpointId")])[0]
    for group_id in self._get_param("AddSecurityGroupIds", []):
        if backend.get_security_group_from_id(group_id) is None:
            raise InvalidSecurityGroupNotFoundError(group_id)
    for route_table_id in self._get_param("AddRouteTableIds", []):
        if route_table_id not in endpoint.route_table_ids:
            refuse_second_route(backend.get_route_table(route_table_id), endpoint.service_name)
            # AWS: the table gets the route at once
            backend.create_route(route_table_id, None, gateway_id=endpoint.id,
                                 destination_prefix_list_id=endpoint.destination_prefix_list_id)
    for route_table_id in self._get_param("RemoveRouteTableIds", []):
        if route_table_id in endpoint.route_table_ids:
            backend.delete_route(route_table_id, None, None, endpoint.destination_prefix_list_id)
    for subnet_id in self._get_param("AddSubnetIds", []):
        subnet = backend.get_subnet(subnet_id)
        if subnet_id not in (endpoint.subnet_ids or []):
            interface = backend.create_network_interface(subnet, free_address(backend, subnet))
            belongs_to(backend, interface, endpoint)
            endpoint.network_interface_ids.append(interface.id)
    for subnet_id in self._get_param("RemoveSubnetIds", []):
        for interface_id in list(endpoint.network_interface_ids):
            if backend.enis[interface_id].subnet.id == subnet_id:
                endpoint.network_interface_ids.remove(interface_id)
                backend.enis.pop(interface_id)
    # AWS: private names can be turned on and off
    private_dns = self._get_bool_param("PrivateDnsEnabled")
    if private_dns is not None:
        endpoint.private_dns_enabled = private_dns
    if self._get_param("IpAddressType"):
        endpoint.ip_address_type = self._get_param("IpAddressType")
    if self._get_param("DnsOptions"):
        endpoint.dns_options.update(self._get_param("DnsOptions"))
    if self._get_bool_param("ResetPolicy"):
        import json

        endpoint.policy_document = json.dumps(VPCEndPoint.DEFAULT_POLICY)
    answer = moto(self)
    place(backend, endpoint, self._get_param("SubnetConfigurations", []))
    groups = [backend.get_security_group_from_id(group_id) for group_id in endpoint.security_group_ids]
    for interface_id in endpoint.network_interface_ids:
        backend.enis[interface_id]._group_set = groups
    return answer


@corrects(VPCs)
def delete_vpc_endpoints(moto: Any, self: Any) -> ActionResult:
    backend, unsuccessful = self.ec2_backend, []
    for endpoint_id in self._get_param("VpcEndpointIds", []):
        endpoint = backend.vpc_end_points.get(endpoint_id)
        if endpoint is None or endpoint.state == "deleted":
            # AWS: tells of each that it could not delete
            unsuccessful.append({"ResourceId": endpoint_id, "Error": {
                "Code": "InvalidVpcEndpoint.NotFound", "Message": f"The Vpc Endpoint Id '{endpoint_id}' does not exist"}})
        elif endpoint.state != "deleting":
            # AWS: deleting, then deleted, and then no longer to be seen
            endpoint.state = "deleting"
            LIFE.then("vpc_endpoint", "deleting", lambda endpoint=endpoint: become_deleted(backend, endpoint))
    return ActionResult({"Unsuccessful": unsuccessful})


def become_deleted(backend: VPCBackend, endpoint: VPCEndPoint) -> None:
    for route_table_id in endpoint.route_table_ids:
        table = backend.route_tables.get(route_table_id)  # type: ignore[attr-defined]
        for route_id, route in list(table._routes.items()) if table else []:
            if route.gateway is endpoint:
                table._routes.pop(route_id)
    for interface_id in endpoint.network_interface_ids:
        backend.enis.pop(interface_id, None)  # type: ignore[attr-defined]
    endpoint.state = "deleted"
    LIFE.then("vpc_endpoint", "gone", lambda: vanish(backend, endpoint))


def vanish(backend: VPCBackend, endpoint: VPCEndPoint) -> None:
    backend.vpc_end_points.pop(endpoint.id, None)
    forget_tags(backend, endpoint.id)
