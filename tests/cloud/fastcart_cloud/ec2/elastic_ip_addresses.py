"""Elastic IP addresses."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError, InvalidAddressError, InvalidAllocationIdError
from moto.ec2.models.elastic_ip_addresses import ElasticAddress, ElasticAddressBackend
from moto.ec2.responses.elastic_ip_addresses import ElasticIPAddresses

from ..corrections import adds, corrects
from .tags import forget_tags


@adds(ElasticAddress)
@property
def network_border_group(self: Any) -> str:
    # AWS: the region, unless another was asked for
    return self.ec2_backend.region_name


@adds(ElasticAddress)
@property
def public_ipv4_pool(self: Any) -> str:
    # AWS: Amazon's own pool
    return "amazon"


@corrects(ElasticIPAddresses)
def allocate_address(moto: Any, self: Any) -> ActionResult:
    answer = moto(self)
    # AWS: answers with these as well
    answer.result.update(NetworkBorderGroup=self.region, PublicIpv4Pool="amazon")
    return answer


@corrects(ElasticAddressBackend)
def describe_addresses(
    moto: Any, self: Any, allocation_ids: list[str] | None = None, public_ips: list[str] | None = None, filters: Any = None
) -> Any:
    # AWS: names the one that it does not know
    for allocation_id in allocation_ids or []:
        if allocation_id not in [address.allocation_id for address in self.addresses]:
            raise InvalidAllocationIdError(allocation_id)
    for public_ip in public_ips or []:
        if public_ip not in [address.public_ip for address in self.addresses]:
            raise InvalidAddressError(public_ip)
    return moto(self, allocation_ids, public_ips, filters)


@corrects(ElasticAddressBackend)
def release_address(moto: Any, self: Any, address: str | None = None, allocation_id: str | None = None) -> None:
    found = self.address_by_ip([address]) if address else self.address_by_allocation([allocation_id])
    refuse_if_requester_managed(found[0])
    # AWS: an address has to be disassociated before it is released
    if found[0].eni or found[0].instance:
        raise EC2ClientError("InvalidIPAddress.InUse", f"The IP address '{found[0].public_ip}' is in use.")
    released_id = found[0].allocation_id
    moto(self, address, allocation_id)
    forget_tags(self, released_id)


@corrects(ElasticAddressBackend)
def disassociate_address(moto: Any, self: Any, address: str | None = None, association_id: str | None = None) -> None:
    found = self.address_by_ip([address]) if address else self.address_by_association([association_id])
    refuse_if_requester_managed(found[0])
    moto(self, address, association_id)


def refuse_if_requester_managed(address: Any) -> None:
    # AWS: an address that a NAT gateway holds is not the caller's to release or to disassociate
    if address.eni and address.eni.requester_managed:
        raise EC2ClientError("AuthFailure", "You do not have permission to access the specified resource.")
