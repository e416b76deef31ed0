"""Network interfaces."""

from __future__ import annotations

import ipaddress
from typing import Any

from moto.ec2.exceptions import EC2ClientError, InvalidSecurityGroupNotFoundError
from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend

from ..corrections import corrects
from .tags import forget_tags


def free_address(backend: Any, subnet: Any) -> str:
    """An address of the subnet that no interface has; AWS keeps the first four and the last for itself."""
    network = ipaddress.ip_network(subnet.cidr_block)
    taken = {item.get("PrivateIpAddress") for eni in backend.enis.values() if eni.subnet.id == subnet.id
             for item in eni.private_ip_addresses}
    for number in range(4, network.num_addresses - 1):
        address = str(network[number])
        if address not in taken:
            return address
    raise EC2ClientError("InsufficientFreeAddressesInSubnet", f"The subnet '{subnet.id}' has no free addresses.")


@corrects(NetworkInterfaceBackend)
def create_network_interface(
    moto: Any, self: Any, subnet: Any, private_ip_address: Any, private_ip_addresses: Any = None,
    group_ids: list[str] | None = None, *args: Any, **kwargs: Any,
) -> Any:
    # AWS: an unknown security group is an error; moto makes one
    for group_id in group_ids or []:
        if not self.get_security_group_from_id(group_id):
            raise InvalidSecurityGroupNotFoundError(group_id)
    return moto(self, subnet, private_ip_address, private_ip_addresses, group_ids, *args, **kwargs)


@corrects(NetworkInterfaceBackend)
def delete_network_interface(moto: Any, self: Any, eni_id: str) -> None:
    interface = self.get_network_interface(eni_id)
    # AWS: not while it is attached, and never one that a service made for itself
    if interface.requester_managed or interface.interface_type != "interface":
        raise EC2ClientError("OperationNotPermitted", f"You are not allowed to manage '{eni_id}'.")
    if interface.attachment_id:
        raise EC2ClientError("InvalidParameterValue", f"Network interface '{eni_id}' is currently in use.")
    # AWS: an Elastic IP on it becomes free
    for address in self.addresses:
        if address.eni is interface:
            address.eni = None
            address.association_id = None
    moto(self, eni_id)
    forget_tags(self, eni_id)


@corrects(NetworkInterface)
def get_filter_value(moto: Any, self: Any, filter_name: str, method_name: str | None = None) -> Any:
    # AWS: has these as well
    if filter_name == "interface-type":
        return self.interface_type
    if filter_name == "requester-managed":
        return str(self.requester_managed).lower()
    if filter_name == "status":
        return self.status
    return moto(self, filter_name, method_name)
