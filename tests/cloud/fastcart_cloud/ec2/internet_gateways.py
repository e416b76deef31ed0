"""Internet gateways and their attachment."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models.internet_gateways import InternetGatewayBackend

from ..corrections import corrects
from .tags import forget_tags


@corrects(InternetGatewayBackend)
def attach_internet_gateway(moto: Any, self: Any, internet_gateway_id: str, vpc_id: str) -> Any:
    gateway = self.get_internet_gateway(internet_gateway_id)
    if gateway.vpc is None:
        self.get_vpc(vpc_id)
        # AWS: one internet gateway for each VPC
        if any(other.vpc and other.vpc.id == vpc_id for other in self.internet_gateways.values()):
            raise EC2ClientError("InvalidParameterValue", f"Network {vpc_id} already has an internet gateway attached")
    return moto(self, internet_gateway_id, vpc_id)


@corrects(InternetGatewayBackend)
def detach_internet_gateway(moto: Any, self: Any, internet_gateway_id: str, vpc_id: str) -> None:
    gateway = self.get_internet_gateway(internet_gateway_id)
    # AWS: DependencyViolation while a public address, such as a NAT gateway's, is mapped into the VPC
    if gateway.vpc and gateway.vpc.id == vpc_id:
        mapped = [address for address in self.addresses if address.eni and address.eni.subnet.vpc_id == vpc_id]
        if mapped:
            raise DependencyViolationError(
                f"Network {vpc_id} has some mapped public address(es). "
                "Please unmap those public address(es) before detaching the gateway."
            )
    moto(self, internet_gateway_id, vpc_id)


@corrects(InternetGatewayBackend)
def delete_internet_gateway(moto: Any, self: Any, internet_gateway_id: str) -> None:
    moto(self, internet_gateway_id)
    forget_tags(self, internet_gateway_id)
