"""NAT gateways."""

from __future__ import annotations

import ipaddress
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import iso_8601_datetime_with_milliseconds, utcnow
from moto.ec2.exceptions import EC2ClientError, ResourceAlreadyAssociatedError
from moto.ec2.models.nat_gateways import NatGateway, NatGatewayBackend
from moto.ec2.responses.nat_gateways import NatGateways
from moto.ec2.utils import add_tag_specification, generic_filter

from ..corrections import adds, corrects
from ..lifetimes import LIFE
from .network_interfaces import free_address
from .tags import forget_tags


def not_found(nat_gateway_id: str) -> EC2ClientError:
    return EC2ClientError("NatGatewayNotFound", f"The Nat Gateway {nat_gateway_id} was not found")


@adds(NatGateway)
def get_filter_value(self: Any, filter_name: str, method_name: str | None = None) -> Any:
    if filter_name == "nat-gateway-id":
        return self.id
    return super(NatGateway, self).get_filter_value(filter_name, "DescribeNatGateways")


@corrects(NatGatewayBackend)
def describe_nat_gateways(moto: Any, self: Any, filters: Any, nat_gateway_ids: list[str] | None) -> Any:
    # AWS: NatGatewayNotFound for an id that it does not know; tag filters hold here as everywhere
    for nat_gateway_id in nat_gateway_ids or []:
        if nat_gateway_id not in self.nat_gateways:
            raise not_found(nat_gateway_id)
    gateways = [gateway for gateway in self.nat_gateways.values() if not nat_gateway_ids or gateway.id in nat_gateway_ids]
    return generic_filter(filters, gateways)


@corrects(NatGateways)
def create_nat_gateway(moto: Any, self: Any) -> ActionResult:
    backend = self.ec2_backend
    subnet_id = self._get_param("SubnetId")
    allocation_id = self._get_param("AllocationId")
    connectivity = self._get_param("ConnectivityType") or "public"
    private_ip = self._get_param("PrivateIpAddress")

    # AWS: looks at all that the request names before it makes anything; moto leaves an interface behind
    subnet = backend.get_subnet(subnet_id)
    if connectivity == "public" and not allocation_id:
        raise EC2ClientError("MissingParameter", "The request must include the AllocationId parameter. Add the required parameter and retry the request.")
    if connectivity == "private" and allocation_id:
        raise EC2ClientError("InvalidParameter", "The AllocationId parameter is not valid for a private NAT gateway.")
    if allocation_id:
        address = backend.address_by_allocation([allocation_id])[0]
        if address.eni or address.instance:
            raise ResourceAlreadyAssociatedError(allocation_id)
    if private_ip and ipaddress.ip_address(private_ip) not in ipaddress.ip_network(subnet.cidr_block):
        raise EC2ClientError("InvalidParameterValue", f"The address {private_ip} does not fall within the subnet's address range.")

    gateway = backend.create_nat_gateway(
        subnet_id=subnet_id,
        allocation_id=allocation_id,
        tags=add_tag_specification(self._get_param("TagSpecifications", [])),
        connectivity_type=connectivity,
    )
    # AWS: its interface has an address of the subnet, and is not the caller's to change
    interface = gateway._eni
    interface.private_ip_address = private_ip or free_address(backend, subnet)
    interface.private_ip_addresses = [{"Primary": True, "PrivateIpAddress": interface.private_ip_address}]
    interface.description = f"Interface for NAT Gateway {gateway.id}"
    interface.requester_managed = True
    interface.interface_type = "nat_gateway"
    interface.status = "in-use"
    interface._group_set = []
    gateway.private_ip = interface.private_ip_address
    gateway.address_set[0].update(privateIp=gateway.private_ip, isPrimary=True, status="succeeded")

    # AWS: pending, then available; failed where a public one has no internet gateway to go out by
    gateway.state = "pending"
    LIFE.then("nat_gateway", "creating", lambda: become_available(backend, gateway))
    return ActionResult({"NatGateway": gateway, "ClientToken": self._get_param("ClientToken")})


def become_available(backend: Any, gateway: NatGateway) -> None:
    if gateway.state != "pending":
        return
    way_out = any(igw.vpc and igw.vpc.id == gateway.vpc_id for igw in backend.internet_gateways.values())
    if gateway.connectivity_type == "public" and not way_out:
        gateway.state = "failed"
        gateway.failure_code = "Gateway.NotAttached"
        gateway.failure_message = f"Network {gateway.vpc_id} has no Internet gateway attached"
        let_go(backend, gateway)
        LIFE.then("nat_gateway", "gone", lambda: vanish(backend, gateway))
    else:
        gateway.state = "available"


@corrects(NatGatewayBackend)
def delete_nat_gateway(moto: Any, self: Any, nat_gateway_id: str) -> NatGateway:
    gateway = self.nat_gateways.get(nat_gateway_id)
    # AWS: NatGatewayNotFound; moto crashes
    if gateway is None:
        raise not_found(nat_gateway_id)
    if gateway.state not in ("deleting", "deleted"):
        # AWS: deleting, then deleted, and for about an hour still to be seen
        gateway.state = "deleting"
        LIFE.then("nat_gateway", "deleting", lambda: become_deleted(self, gateway))
    return gateway


def become_deleted(backend: Any, gateway: NatGateway) -> None:
    gateway.state = "deleted"
    gateway.delete_time = iso_8601_datetime_with_milliseconds(utcnow())
    let_go(backend, gateway)
    LIFE.then("nat_gateway", "gone", lambda: vanish(backend, gateway))


def let_go(backend: Any, gateway: NatGateway) -> None:
    """AWS: the Elastic IP is free again and the interface is gone when the gateway is deleted."""
    for address in backend.addresses:
        if address.eni is gateway._eni:
            address.eni = None
            address.association_id = None
    backend.enis.pop(gateway._eni.id, None)


def vanish(backend: Any, gateway: NatGateway) -> None:
    backend.nat_gateways.pop(gateway.id, None)
    forget_tags(backend, gateway.id)
