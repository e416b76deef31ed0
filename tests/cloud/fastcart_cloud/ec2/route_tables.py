"""Route tables, their associations, and routes."""

from __future__ import annotations

import ipaddress
from typing import Any

from moto.ec2.exceptions import (
    DependencyViolationError,
    EC2ClientError,
    ResourceAlreadyAssociatedError,
    RouteAlreadyExistsError,
)
from moto.ec2.models.route_tables import Route, RouteBackend, RouteTable
from moto.ec2.utils import generate_route_id

from ..corrections import corrects
from .tags import forget_tags


@corrects(RouteBackend)
def delete_route_table(moto: Any, self: Any, route_table_id: str) -> None:
    # AWS: the main table goes only with its VPC
    if self.get_route_table(route_table_id).main_association_id is not None:
        raise DependencyViolationError(f"The routeTable '{route_table_id}' has dependencies and cannot be deleted.")
    moto(self, route_table_id)
    forget_tags(self, route_table_id)


@corrects(RouteBackend)
def associate_route_table(
    moto: Any, self: Any, route_table_id: str, gateway_id: str | None = None, subnet_id: str | None = None
) -> str:
    table = self.get_route_table(route_table_id)
    if subnet_id:
        subnet = self.get_subnet(subnet_id)
        if subnet.vpc_id != table.vpc_id:
            raise EC2ClientError("InvalidParameterValue", f"Route table {route_table_id} and subnet {subnet_id} belong to different networks")
        # AWS: a subnet has one table; the same again is no error, another is
        for other in self.route_tables.values():
            if other.id != route_table_id and subnet_id in other._associations.values():
                raise ResourceAlreadyAssociatedError(subnet_id)
    return moto(self, route_table_id, gateway_id, subnet_id)


@corrects(RouteBackend)
def disassociate_route_table(moto: Any, self: Any, association_id: str) -> str | None:
    # AWS: a main association can only be replaced
    if any(table.main_association_id == association_id for table in self.route_tables.values()):
        raise EC2ClientError("InvalidParameterValue", f"cannot disassociate the main route table association {association_id}")
    return moto(self, association_id)


@corrects(RouteTable)
def get_filter_value(moto: Any, self: Any, filter_name: str, method_name: str | None = None) -> Any:
    # AWS: has this one as well
    if filter_name == "association.gateway-id":
        return [target for target in self._associations.values() if not target.startswith("subnet-")]
    return moto(self, filter_name, method_name)


@corrects(RouteBackend)
def create_route(
    moto: Any, self: Any, route_table_id: str, destination_cidr_block: str | None, *args: Any, **kwargs: Any
) -> Route:
    destination = canonical_destination(destination_cidr_block)
    if kwargs.get("local"):
        return moto(self, route_table_id, destination, *args, **kwargs)
    table = self.get_route_table(route_table_id)
    check_targets(self, table, kwargs)
    names = ("destination_ipv6_cidr_block", "destination_prefix_list_id")
    others = dict(zip(names, args)) | {name: kwargs[name] for name in names if name in kwargs}
    prefix_list_id = others.get("destination_prefix_list_id")
    # AWS: InvalidPrefixListId.NotFound; moto makes a route to nowhere
    if prefix_list_id and prefix_list_id not in self.managed_prefix_lists:
        raise EC2ClientError("InvalidPrefixListId.NotFound", f"The prefix list '{prefix_list_id}' does not exist")
    # AWS: one route for each destination, of whatever kind
    route_id = generate_route_id(route_table_id, destination, others.get("destination_ipv6_cidr_block"), prefix_list_id)
    existing = table._routes.get(route_id)
    if existing is not None and not existing.local:
        raise RouteAlreadyExistsError(destination or prefix_list_id or others["destination_ipv6_cidr_block"])
    return moto(self, route_table_id, destination, *args, **kwargs)


@corrects(RouteBackend)
def replace_route(
    moto: Any, self: Any, route_table_id: str, destination_cidr_block: str,
    destination_ipv6_cidr_block: str | None = None, destination_prefix_list_id: str | None = None,
    nat_gateway_id: str | None = None, egress_only_igw_id: str | None = None, transit_gateway_id: str | None = None,
    **kwargs: Any,
) -> Route:
    table = self.get_route_table(route_table_id)
    check_targets(self, table, dict(kwargs, nat_gateway_id=nat_gateway_id, egress_only_igw_id=egress_only_igw_id))
    route = moto(
        self, route_table_id, canonical_destination(destination_cidr_block), destination_ipv6_cidr_block,
        destination_prefix_list_id, nat_gateway_id, egress_only_igw_id, transit_gateway_id, **kwargs,
    )
    # AWS: the new target is the only one; moto leaves these two standing
    route.carrier_gateway = None
    route.vpc_endpoint_id = None
    return route


@corrects(RouteBackend)
def delete_route(
    moto: Any, self: Any, route_table_id: str, destination_cidr_block: str | None,
    destination_ipv6_cidr_block: str | None = None, destination_prefix_list_id: str | None = None,
) -> Route:
    table = self.get_route_table(route_table_id)
    destination = canonical_destination(destination_cidr_block)
    # AWS: the local route stays
    for route in table._routes.values():
        if route.local and destination and route.destination_cidr_block == destination:
            raise EC2ClientError("InvalidParameterValue", f"cannot remove local route {destination} in route table {route_table_id}")
    return moto(self, route_table_id, destination, destination_ipv6_cidr_block, destination_prefix_list_id)


def check_targets(backend: Any, table: Any, targets: dict[str, Any]) -> None:
    """AWS: the target of a route exists, and is in the table's own network."""
    gateway_id = targets.get("gateway_id")
    if gateway_id and gateway_id.startswith("igw-"):
        gateway = backend.internet_gateways.get(gateway_id)
        # AWS: InvalidGatewayID.NotFound, not InvalidInternetGatewayID.NotFound
        if gateway is None:
            raise EC2ClientError("InvalidGatewayID.NotFound", f"The gateway ID '{gateway_id}' does not exist")
        if gateway.vpc is None or gateway.vpc.id != table.vpc_id:
            raise EC2ClientError("InvalidParameterValue", f"route table {table.id} and network gateway {gateway_id} belong to different networks")
    nat_gateway_id = targets.get("nat_gateway_id")
    if nat_gateway_id:
        nat = backend.nat_gateways.get(nat_gateway_id)
        if nat is None or nat.state in ("deleted", "failed"):
            raise EC2ClientError("InvalidNatGatewayID.NotFound", f"The natGateway ID '{nat_gateway_id}' does not exist")
        if nat.vpc_id != table.vpc_id:
            raise EC2ClientError("InvalidParameterValue", f"route table {table.id} and nat gateway {nat_gateway_id} belong to different networks")


def route_state(self: Any) -> str:
    # AWS: blackhole once the target is gone, or detached from the network
    backend, network = self.route_table.ec2_backend, self.route_table.vpc_id
    if self.nat_gateway is not None and self.nat_gateway.state in ("deleting", "deleted", "failed"):
        return "blackhole"
    attached = getattr(self.gateway, "vpc", self)  # an internet gateway has the VPC it is attached to
    if attached is None or (attached is not self and attached.id != network):
        return "blackhole"
    if self.interface is not None and self.interface.id not in backend.enis:
        return "blackhole"
    return "active"


Route.state = property(route_state)  # type: ignore[assignment]


def canonical_destination(cidr_block: str | None) -> str | None:
    # AWS: 10.1.2.3/16 is stored as 10.1.0.0/16
    try:
        return str(ipaddress.ip_network(cidr_block, strict=False)) if cidr_block else cidr_block
    except ValueError:
        return cidr_block
