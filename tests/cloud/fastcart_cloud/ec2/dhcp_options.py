"""Sets of DHCP options."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import DependencyViolationError, EC2ClientError
from moto.ec2.models.dhcp_options import DHCPOptionsSet, DHCPOptionsSetBackend
from moto.ec2.responses.dhcp_options import DHCPOptions

from ..corrections import adds, corrects
from .tags import forget_tags

KEYS = ("domain-name-servers", "domain-name", "ntp-servers", "netbios-name-servers", "netbios-node-type",
        "ipv6-address-preferred-lease-time")


@corrects(DHCPOptions)
def create_dhcp_options(moto: Any, self: Any) -> ActionResult:
    given = self._get_param("DhcpConfigurations", [])
    # AWS: at least one option, and only those that it knows
    if not given:
        raise EC2ClientError("MissingParameter", "The request must contain the parameter dhcpConfiguration")
    for option in given:
        if option["Key"] not in KEYS:
            raise EC2ClientError("InvalidParameterValue", f"Value ({option['Key']}) for parameter name is invalid. Unknown DHCP option")
    answer = moto(self)
    options = answer.result["DhcpOptions"]
    # AWS: keeps this option too, and the tags of the request
    lease = [option["Values"] for option in given if option["Key"] == "ipv6-address-preferred-lease-time"]
    options._options["ipv6-address-preferred-lease-time"] = lease[0] if lease else None
    options.add_tags(self._parse_tag_specification().get("dhcp-options", {}))
    return answer


@adds(DHCPOptionsSet)
@property
def owner_id(self: Any) -> str:
    return self.ec2_backend.account_id


@adds(DHCPOptionsSet)
@property
def dhcp_options_id(self: Any) -> str:
    return self.id


@corrects(DHCPOptionsSetBackend)
def delete_dhcp_options_set(moto: Any, self: Any, options_id: str | None) -> None:
    # AWS: not while any VPC uses it; moto remembers the last one only
    if any(vpc.dhcp_options is not None and vpc.dhcp_options.id == options_id for vpc in self.vpcs.values()):
        raise DependencyViolationError(f"The dhcpOptions '{options_id}' has dependencies and cannot be deleted.")
    if options_id in self.dhcp_options_sets:
        self.dhcp_options_sets[options_id].vpc = None
    moto(self, options_id)
    forget_tags(self, options_id)
