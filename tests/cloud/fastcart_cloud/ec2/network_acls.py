"""Network ACLs: their rules, and which subnets follow them."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.network_acls import NetworkAcl, NetworkAclBackend, NetworkAclEntry
from moto.ec2.responses.network_acls import NetworkACLs

from ..corrections import adds, corrects
from .tags import forget_tags

LAST = 32766  # AWS's own rules, which deny, have the numbers after it


@corrects(NetworkAclBackend)
def create_network_acl(moto: Any, self: Any, vpc_id: str, tags: Any = None, default: bool = False) -> NetworkAcl:
    acl = moto(self, vpc_id, tags, default)
    if not default:
        # AWS: what no rule allows is denied, in an ACL of one's own too
        for egress in (True, False):
            acl.network_acl_entries.append(NetworkAclEntry(
                self, acl.id, LAST + 1, "-1", "deny", egress, "0.0.0.0/0", None, None, None, None, None))
    return acl


@corrects(NetworkAclBackend)
def delete_network_acl(moto: Any, self: Any, network_acl_id: str) -> NetworkAcl:
    # AWS: the default one goes only with its VPC
    if self.get_network_acl(network_acl_id).default:
        raise EC2ClientError("InvalidParameterValue", f"cannot delete default network ACL {network_acl_id}")
    acl = moto(self, network_acl_id)
    forget_tags(self, network_acl_id)
    return acl


@corrects(NetworkAclBackend)
def create_network_acl_entry(moto: Any, self: Any, network_acl_id: str, rule_number: Any, protocol: Any, *args: Any, **kwargs: Any) -> Any:
    made_by_aws = int(rule_number) > LAST and kwargs.get("rule_action") == "deny"
    # AWS: numbers up to 32766, and protocols by number
    if not made_by_aws and not 1 <= int(rule_number) <= LAST:
        raise EC2ClientError("InvalidParameterValue", f"Value ({rule_number}) for parameter ruleNumber is invalid.")
    if not str(protocol).lstrip("-").isdigit():
        raise EC2ClientError("InvalidParameterValue", f"Invalid value '{protocol}' for IP protocol. Unknown protocol.")
    if kwargs.get("rule_action") not in ("allow", "deny"):
        raise EC2ClientError("InvalidParameterValue", f"Invalid value '{kwargs.get('rule_action')}' for ruleAction.")
    if str(protocol) in ("6", "17") and kwargs.get("port_range_from") is None:
        raise EC2ClientError("MissingParameter", "The request must contain the parameter PortRange.From")
    if str(protocol) in ("1", "58") and kwargs.get("icmp_type") is None:
        raise EC2ClientError("MissingParameter", "The request must contain the parameter Icmp.Type")
    return moto(self, network_acl_id, int(rule_number), str(protocol), *args, **kwargs)


@corrects(NetworkAclBackend)
def delete_network_acl_entry(moto: Any, self: Any, network_acl_id: str, rule_number: Any, egress: Any) -> Any:
    number, outward = int(rule_number), str(egress).lower() == "true"
    acl = self.get_network_acl(network_acl_id)
    # AWS: InvalidNetworkAclEntry.NotFound; moto crashes
    if not any(entry.rule_number == number and entry.egress == outward for entry in acl.network_acl_entries):
        raise EC2ClientError("InvalidNetworkAclEntry.NotFound", f"The network acl entry identified by {number} does not exist")
    return moto(self, network_acl_id, number, outward)


@corrects(NetworkAclBackend)
def replace_network_acl_association(moto: Any, self: Any, association_id: str, network_acl_id: str) -> Any:
    holder = [acl for acl in self.network_acls.values() if association_id in acl._associations]
    # AWS: InvalidAssociationID.NotFound; moto crashes
    if not holder:
        raise EC2ClientError("InvalidAssociationID.NotFound", f"The association ID '{association_id}' does not exist")
    # AWS: an ACL of the same network
    acl = self.get_network_acl(network_acl_id)
    if acl.vpc_id != holder[0].vpc_id:
        raise EC2ClientError("InvalidParameterValue", f"network ACL {network_acl_id} and association {association_id} belong to different networks")
    return moto(self, association_id, network_acl_id)


@corrects(NetworkACLs)
def create_network_acl_entry(moto: Any, self: Any) -> Any:  # noqa: F811
    return with_icmp(self, moto)


@corrects(NetworkACLs)
def replace_network_acl_entry(moto: Any, self: Any) -> Any:
    return with_icmp(self, moto)


def with_icmp(response: Any, moto: Any) -> Any:
    # AWS: the request has an ICMP type and code; moto looks for them under another name
    given = response._get_param("IcmpTypeCode") or {}
    take = response._get_param
    known = {"Icmp.Type": given.get("Type"), "Icmp.Code": given.get("Code")}
    response._get_param = lambda name, *more: known[name] if name in known else take(name, *more)
    try:
        return moto(response)
    finally:
        del response._get_param


@corrects(NetworkAcl)
def get_filter_value(moto: Any, self: Any, filter_name: str, method_name: str | None = None) -> Any:
    # AWS: has this one as well
    if filter_name == "network-acl-id":
        return self.id
    return moto(self, filter_name, method_name)


@adds(NetworkAcl)
@property
def is_default(self: Any) -> bool:
    # AWS: says which one came with the VPC
    return bool(self.default)
