"""Subnets."""

from __future__ import annotations

from typing import Any

from moto.core.responses import EmptyResult
from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models.subnets import Subnet, SubnetBackend
from moto.ec2.responses.subnets import Subnets

from ..corrections import corrects
from ..lifetimes import LIFE
from .tags import forget_tags
from .vpcs import canonical


@corrects(SubnetBackend)
def create_subnet(moto: Any, self: Any, vpc_id: str, cidr_block: str, *args: Any, **kwargs: Any) -> Any:
    # AWS: the block is stored in its canonical form
    subnet = moto(self, vpc_id, canonical(cidr_block) if cidr_block else cidr_block, *args, **kwargs)
    if self.get_vpc(vpc_id).is_default:
        return subnet
    # AWS: only a subnet of the default VPC can be the default of its zone and give out public addresses unasked
    subnet.default_for_az = False
    subnet.map_public_ip_on_launch = False
    # AWS: a new subnet is pending, then available
    subnet.state = "pending"
    LIFE.then("subnet", "creating", lambda: setattr(subnet, "state", "available"))
    return subnet


@corrects(Subnet)
def get_filter_value(moto: Any, self: Any, filter_name: str, method_name: str | None = None) -> Any:
    # AWS: has these two as well
    if filter_name in ("availability-zone-id", "availabilityZoneId"):
        return self.availability_zone_id
    if filter_name == "available-ip-address-count":
        return str(self.available_ip_address_count)
    return moto(self, filter_name, method_name)


@corrects(SubnetBackend)
def delete_subnet(moto: Any, self: Any, subnet_id: str) -> Any:
    self.get_subnet(subnet_id)
    # AWS: DependencyViolation while a network interface is in it, whether of a NAT gateway, an endpoint or a database
    if users(self, subnet_id):
        raise DependencyViolationError(f"The subnet '{subnet_id}' has dependencies and cannot be deleted.")
    subnet = moto(self, subnet_id)
    # AWS: the associations with its route table and its network ACL go with it
    for table in self.route_tables.values():
        for association_id in [a for a, target in table._associations.items() if target == subnet_id]:
            table._associations.pop(association_id)
    for acl in self.network_acls.values():
        for association_id in [a for a, held in acl._associations.items() if held.subnet_id == subnet_id]:
            acl._associations.pop(association_id)
    forget_tags(self, subnet_id)
    return subnet


def users(backend: Any, subnet_id: str) -> list[str]:
    """What sits in a subnet."""
    from ..in_use import subnet_users

    found = [eni.id for eni in backend.enis.values() if eni.subnet.id == subnet_id]
    found += [instance.id for reservation in backend.reservations.values() for instance in reservation.instances
              if instance.subnet_id == subnet_id and instance.state != "terminated"]
    return found + subnet_users(backend, subnet_id)


@corrects(Subnets)
def modify_subnet_attribute(moto: Any, self: Any) -> Any:
    subnet = self.ec2_backend.get_subnet(self._get_param("SubnetId"))
    # AWS: keeps the rest of the name options too
    hostname_type = self._get_param("PrivateDnsHostnameTypeOnLaunch")
    if hostname_type is not None:
        subnet.private_dns_name_options_on_launch["HostnameType"] = hostname_type
    aaaa = self._get_param("EnableResourceNameDnsAAAARecordOnLaunch.Value")
    if aaaa is not None:
        options = subnet.private_dns_name_options_on_launch
        options.pop("EnableResourceNameDnsAAAARecord", None)
        options["EnableResourceNameDnsAAAARecord"] = aaaa
    dns64 = self._get_param("EnableDns64.Value")
    if dns64 is not None:
        subnet.enable_dns64 = dns64
    moto(self)
    return EmptyResult()
