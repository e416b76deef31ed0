"""What AWS refuses before it looks at any object: the request itself is not right."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl

from moto.core.utils import get_service_model

from . import wire

# The id of each type, by the parameter that holds it (list members as ".1", ".2" …), and the error for one that
# cannot be an id at all.
IDS = {
    "VpcId": ("vpc", "InvalidVpcID.Malformed"),
    "SubnetId": ("subnet", "InvalidSubnetID.Malformed"),
    "GroupId": ("sg", "InvalidGroupId.Malformed"),
    "RouteTableId": ("rtb", "InvalidRouteTableId.Malformed"),
    "InternetGatewayId": ("igw", "InvalidInternetGatewayId.Malformed"),
    "NatGatewayId": ("nat", "NatGatewayMalformed"),
    "NetworkInterfaceId": ("eni", "InvalidNetworkInterfaceId.Malformed"),
    "SecurityGroupRuleId": ("sgr", "InvalidSecurityGroupRuleId.Malformed"),
    "VpcEndpointId": ("vpce", "InvalidVpcEndpointId.Malformed"),
}
LIST_MEMBER = re.compile(r"\.\d+$")

# What each create call may tag.
TAGGED = {
    "CreateVpc": {"vpc"},
    "CreateSubnet": {"subnet"},
    "CreateInternetGateway": {"internet-gateway"},
    "AllocateAddress": {"elastic-ip"},
    "CreateNatGateway": {"natgateway"},
    "CreateRouteTable": {"route-table"},
    "CreateSecurityGroup": {"security-group"},
    "AuthorizeSecurityGroupIngress": {"security-group-rule"},
    "AuthorizeSecurityGroupEgress": {"security-group-rule"},
    "CreateFlowLogs": {"vpc-flow-log"},
    "CreateVpcEndpoint": {"vpc-endpoint"},
    "CreateNetworkInterface": {"network-interface"},
}
# One attribute for each call.
ONE_ATTRIBUTE = {
    "ModifyVpcAttribute": ("EnableDnsHostnames", "EnableDnsSupport", "EnableNetworkAddressUsageMetrics"),
    "ModifySubnetAttribute": (
        "AssignIpv6AddressOnCreation", "MapPublicIpOnLaunch", "EnableDns64", "PrivateDnsHostnameTypeOnLaunch",
        "EnableResourceNameDnsARecordOnLaunch", "EnableResourceNameDnsAAAARecordOnLaunch", "MapCustomerOwnedIpOnLaunch",
        "EnableLniAtDeviceIndex", "DisableLniAtDeviceIndex",
    ),
}


def refuse(call: wire.Call) -> wire.Reply | None:
    if call.service != "ec2":
        return None
    given = dict(parse_qsl(call.body.decode("utf-8", "replace"), keep_blank_values=True))
    fault = malformed(given) or wrong_tag_type(call, given) or wrong_page(call, given) or several_attributes(call, given)
    if fault:
        return wire.error(call, *fault)
    if given.get("DryRun") == "true":
        # AWS: a dry run that would have succeeded is the error DryRunOperation
        return wire.error(call, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.", 412)
    return None


def malformed(given: dict[str, str]) -> tuple[str, str] | None:
    # AWS: InvalidVpcID.Malformed and the like, which is not the same as NotFound
    for name, value in given.items():
        known = IDS.get(LIST_MEMBER.sub("", name))
        if known and not re.fullmatch(rf"{known[0]}-([0-9a-f]{{8}}|[0-9a-f]{{17}})", value):
            return known[1], f'Invalid id: "{value}" (expecting "{known[0]}-...")'
    return None


def wrong_tag_type(call: wire.Call, given: dict[str, str]) -> tuple[str, str] | None:
    # AWS: the type in a tag specification is that of what is made; moto takes any
    allowed = TAGGED.get(call.operation)
    if allowed is None:
        return None
    for name, value in given.items():
        if name.startswith("TagSpecification.") and name.endswith(".ResourceType") and value not in allowed:
            return "InvalidParameterValue", f"'{value}' is not a valid taggable resource type for this operation."
    return None


def wrong_page(call: wire.Call, given: dict[str, str]) -> tuple[str, str] | None:
    # AWS: page sizes from 5 to 1000, for most
    size = given.get("MaxResults")
    if size is None or call.operation_model is None:
        return None
    least, most = bounds("ec2", call.operation, "MaxResults")
    if least is not None and int(size) < least:
        return "InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value greater than {least}."
    if most is not None and int(size) > most:
        return "InvalidParameterValue", f"Value ( {size} ) for parameter maxResults is invalid. Expecting a value smaller than {most}."
    return None


def several_attributes(call: wire.Call, given: dict[str, str]) -> tuple[str, str] | None:
    # AWS: InvalidParameterCombination for more than one at a time
    names = ONE_ATTRIBUTE.get(call.operation, ())
    there = [name for name in names if any(key == name or key.startswith(name + ".") for key in given)]
    if len(there) > 1:
        return "InvalidParameterCombination", f"Fields for multiple attribute types specified: {', '.join(there)}"
    return None


def bounds(service: str, operation: str, member: str) -> tuple[int | None, int | None]:
    """The smallest and largest page that the service model allows."""
    shape = get_service_model(service).operation_model(operation).input_shape
    limits = shape.members[member].metadata if shape and member in shape.members else {}
    return limits.get("min"), limits.get("max")
