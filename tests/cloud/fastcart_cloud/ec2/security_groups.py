"""Security groups and their rules."""

from __future__ import annotations

import itertools
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import (
    DependencyViolationError,
    EC2ClientError,
    InvalidSecurityGroupNotFoundError,
    InvalidSecurityGroupRuleIdNotFoundError,
)
from moto.ec2.models.security_groups import (
    GroupedSecurityRuleView,
    SecurityGroup,
    SecurityGroupBackend,
    SecurityGroupRule,
)
from moto.ec2.responses.security_groups import SecurityGroups

from ..corrections import adds, corrects
from .tags import forget_tags


@corrects(SecurityGroupBackend)
def create_security_group(
    moto: Any, self: Any, name: str, description: str, vpc_id: str | None = None, *args: Any, **kwargs: Any
) -> SecurityGroup:
    is_default = kwargs.get("is_default")
    if vpc_id:
        # AWS: InvalidVpcID.NotFound; moto makes a group of no network
        self.get_vpc(vpc_id)
    if not is_default and (name == "default" or name.startswith("sg-")):
        # AWS: these names are its own
        raise EC2ClientError("InvalidParameterValue", f"Cannot use reserved security group name: {name}")
    group = moto(self, name, description, vpc_id, *args, **kwargs)
    if is_default:
        # AWS: the members of the default group reach each other
        own = {"GroupId": group.id, "UserId": self.account_id}
        group.ingress_rules.append(SecurityGroupRule(self, "-1", group.id, None, None, None, own, is_egress=False))
    return group


@corrects(SecurityGroupBackend)
def describe_security_groups(
    moto: Any, self: Any, group_ids: list[str] | None = None, groupnames: list[str] | None = None, filters: Any = None
) -> list[SecurityGroup]:
    # AWS: names the one that it does not know
    for group_id in group_ids or []:
        if self.get_security_group_from_id(group_id) is None:
            raise InvalidSecurityGroupNotFoundError(group_id)
    return moto(self, group_ids, groupnames, filters)


@corrects(SecurityGroupBackend)
def delete_security_group(moto: Any, self: Any, name: str | None = None, group_id: str | None = None) -> None:
    group = self.get_security_group_from_id(group_id) if group_id else self.get_security_group_from_name(name)
    if group is not None:
        # AWS: the default group goes only with its VPC
        if group.is_default:
            raise EC2ClientError("CannotDelete", f'the specified group: "{group.id}" name: "{group.name}" cannot be deleted by a user')
        # AWS: DependencyViolation while something is in the group, or another group's rule refers to it
        if users(self, group.id):
            raise DependencyViolationError(f"resource {group.id} has a dependent object")
        group_id = group.id
    moto(self, name, group_id)
    forget_tags(self, group_id)
    for rule in (group.ingress_rules + group.egress_rules) if group else []:
        forget_tags(self, rule.id)


def users(backend: Any, group_id: str) -> list[str]:
    """What is in a group, and the other groups whose rules refer to it."""
    from ..in_use import security_group_users

    found = [eni.id for eni in backend.enis.values() if group_id in [group.id for group in eni._group_set]]
    found += [endpoint.id for endpoint in backend.vpc_end_points.values()
              if group_id in endpoint.security_group_ids and endpoint.state not in ("deleted", "failed")]
    for groups in backend.groups.values():
        for other in groups.values():
            if other.id != group_id and any(
                rule.source_group.get("GroupId") == group_id for rule in other.ingress_rules + other.egress_rules
            ):
                found.append(other.id)
    return found + security_group_users(backend, group_id)


# -- rules

SecurityGroupRule.description = property(  # type: ignore[assignment]
    # AWS: keeps the description of a rule of whatever kind; moto that of a block of addresses
    lambda self: (self.ip_range or self.source_group or self.prefix_list or {}).get("Description")
)


@adds(SecurityGroupRule)
@property
def prefix_list(self: Any) -> dict[str, str]:
    return getattr(self, "_prefix_list", {})


@adds(SecurityGroupRule)
@property
def group_owner_id(self: Any) -> str:
    # AWS: whose group the rule is in
    return self.ec2_backend.account_id


@adds(SecurityGroupRule)
@property
def security_group_rule_arn(self: Any) -> str:
    backend = self.ec2_backend
    return f"arn:{backend.partition}:ec2:{backend.region_name}:{backend.account_id}:security-group-rule/{self.id}"


@corrects(SecurityGroupRule)
def __init__(moto: Any, self: Any, *args: Any, **kwargs: Any) -> None:  # noqa: N807
    moto(self, *args, **kwargs)
    prefix_list = kwargs.get("prefix_list_id") or (args[7] if len(args) > 7 else None)
    if prefix_list:
        self._prefix_list = prefix_list


def same_permission(self: Any, other: Any) -> bool:
    # AWS: two rules are the same when protocol, ports and peer are; the description does not count, and neither
    # does who is said to own the group
    return permission(self) == permission(other)


def permission(rule: Any) -> tuple[Any, ...]:
    ports = (None, None) if rule.ip_protocol == "-1" else (int(rule.from_port), int(rule.to_port))
    return (rule.ip_protocol, ports, rule.ip_range.get("CidrIp"), rule.ip_range.get("CidrIpv6"),
            rule.source_group.get("GroupId"), rule.prefix_list_id)


SecurityGroupRule.__eq__ = same_permission  # type: ignore[method-assign,assignment]


@corrects(SecurityGroup)
def _flattened_rules(moto: Any, self: Any, rules: list[SecurityGroupRule]) -> list[GroupedSecurityRuleView]:
    views = moto(self, rules)
    # AWS: the description of a prefix list's rule is shown here too
    descriptions = {rule.prefix_list_id: rule.description for rule in rules if rule.prefix_list_id and rule.description}
    for view in views:
        view.prefix_list_ids = [
            dict(item, Description=descriptions[item["PrefixListId"]]) if item["PrefixListId"] in descriptions else item
            for item in view.prefix_list_ids
        ]
    return views


@corrects(SecurityGroups)
def authorize_security_group_ingress(moto: Any, self: Any) -> ActionResult:
    return authorize(self, "ingress_rules", self.ec2_backend.authorize_security_group_ingress)


@corrects(SecurityGroups)
def authorize_security_group_egress(moto: Any, self: Any) -> ActionResult:
    return authorize(self, "egress_rules", self.ec2_backend.authorize_security_group_egress)


def authorize(response: Any, rules_of: str, add: Any) -> ActionResult:
    """AWS: all the permissions of a request are added, or none; and all the rules made are returned."""
    wanted = list(response._process_rules_from_querystring())
    group = response.ec2_backend.get_security_group_by_name_or_id(wanted[0]["group_name_or_id"]) if wanted else None
    before = list(getattr(group, rules_of, []))
    made: list[SecurityGroupRule] = []
    try:
        for arguments in wanted:
            check_permission(response.ec2_backend, arguments)
            made += add(**arguments)[0]
    except EC2ClientError:
        if group is not None:
            setattr(group, rules_of, before)
        raise
    return ActionResult({"Return": True, "SecurityGroupRules": [shown(rule) for rule in made]})


def check_permission(backend: Any, arguments: dict[str, Any]) -> None:
    # AWS: TCP and UDP need both ports; moto crashes
    protocol = str(arguments.get("ip_protocol") or "").lower()
    if protocol in ("tcp", "udp", "6", "17") and None in (arguments.get("from_port"), arguments.get("to_port")):
        raise EC2ClientError("InvalidParameterValue", "Invalid value for portRange. Must specify both from and to ports with TCP/UDP.")
    if protocol in ("icmp", "1", "icmpv6", "58"):
        arguments["from_port"] = -1 if arguments.get("from_port") is None else arguments["from_port"]
        arguments["to_port"] = -1 if arguments.get("to_port") is None else arguments["to_port"]
    elif protocol not in ("tcp", "udp", "6", "17", "-1", "all"):
        # AWS: a protocol by number has no ports
        arguments["from_port"], arguments["to_port"] = -1, -1
    # AWS: InvalidPrefixListId.NotFound
    for item in arguments.get("prefix_list_ids") or []:
        if item.get("PrefixListId") not in backend.managed_prefix_lists:
            raise EC2ClientError("InvalidPrefixListId.NotFound", f"The prefix list '{item.get('PrefixListId')}' does not exist")


def shown(rule: SecurityGroupRule) -> SecurityGroupRule:
    """As AWS shows a rule by itself: the ports of an all-traffic rule are -1."""
    import copy

    if rule.from_port is not None:
        return rule
    view = copy.copy(rule)
    view.from_port = view.to_port = -1  # type: ignore[assignment]
    return view


@corrects(SecurityGroupBackend)
def revoke_security_group_ingress(moto: Any, self: Any, group_name_or_id: str, *args: Any, **kwargs: Any) -> None:
    check_rule_ids(self, group_name_or_id, "ingress_rules", kwargs.get("security_rule_ids"))
    before = rule_ids(self, group_name_or_id)
    moto(self, group_name_or_id, *args, **kwargs)
    forget_rules(self, before - rule_ids(self, group_name_or_id))


@corrects(SecurityGroupBackend)
def revoke_security_group_egress(
    moto: Any, self: Any, group_name_or_id: str, ip_protocol: str, from_port: str, to_port: str,
    ip_ranges: list[Any], *args: Any, **kwargs: Any,
) -> None:
    check_rule_ids(self, group_name_or_id, "egress_rules", kwargs.get("security_rule_ids"))
    before = rule_ids(self, group_name_or_id)
    # AWS: revokes an IPv6 range in any VPC; moto passes over it where the VPC has no IPv6 block
    kept_from_moto = [item for item in ip_ranges if "CidrIpv6" in item]
    group = self.get_security_group_by_name_or_id(group_name_or_id)
    for item in kept_from_moto:
        wanted = SecurityGroupRule(self, ip_protocol, group.id, from_port, to_port, item)
        if wanted not in group.egress_rules:
            raise EC2ClientError("InvalidPermission.NotFound", "The specified rule does not exist in this security group")
        group.egress_rules.remove(wanted)
    rest = [item for item in ip_ranges if "CidrIpv6" not in item]
    moto(self, group_name_or_id, ip_protocol, from_port, to_port, rest, *args, **kwargs)
    forget_rules(self, before - rule_ids(self, group_name_or_id))


def check_rule_ids(backend: Any, group_name_or_id: str, rules_of: str, wanted: list[str] | None) -> None:
    # AWS: InvalidSecurityGroupRuleId.NotFound where the rules are named by id
    group = backend.get_security_group_by_name_or_id(group_name_or_id)
    if group is None:
        raise InvalidSecurityGroupNotFoundError(group_name_or_id)
    for rule_id in wanted or []:
        if rule_id not in [rule.id for rule in getattr(group, rules_of)]:
            raise InvalidSecurityGroupRuleIdNotFoundError(rule_id)


def rule_ids(backend: Any, group_name_or_id: str) -> set[str]:
    group = backend.get_security_group_by_name_or_id(group_name_or_id)
    return {rule.id for rule in itertools.chain(group.ingress_rules, group.egress_rules)}


def forget_rules(backend: Any, gone: set[str]) -> None:
    for rule_id in gone:
        forget_tags(backend, rule_id)


@corrects(SecurityGroupBackend)
def modify_security_group_rules(moto: Any, self: Any, group_id: str, rules: dict[str, dict[str, Any]]) -> None:
    group = self.get_security_group_by_name_or_id(group_id)
    if group is None:
        raise InvalidSecurityGroupNotFoundError(group_id)
    changed: list[tuple[SecurityGroupRule, dict[str, Any]]] = []
    for rule_id, wanted in rules.items():
        rule = group.get_rule(rule_id)
        if rule is None:
            raise InvalidSecurityGroupRuleIdNotFoundError(rule_id)
        changed.append((rule, modified(self, rule, wanted)))
    for rule, state in changed:
        vars(rule).update(state)


def modified(backend: Any, rule: SecurityGroupRule, wanted: dict[str, Any]) -> dict[str, Any]:
    """AWS: the whole rule is given anew, with a peer of the same kind, which moto does for IPv4 only."""
    peers = [name for name in ("CidrIpv4", "CidrIpv6", "PrefixListId", "ReferencedGroupId") if wanted.get(name)]
    if len(peers) > 1:
        raise EC2ClientError("InvalidParameterCombination", "Only one of cidrIp, cidrIpv6, prefixListId, or referencedGroupId can be specified")
    if not peers:
        raise EC2ClientError("MissingParameter", "The request must contain exactly one of: cidrIp, cidrIpv6, prefixListId, or referencedGroupId")
    was = ("CidrIpv4" if rule.cidr_ipv4 else "CidrIpv6" if rule.cidr_ipv6
           else "PrefixListId" if rule.prefix_list_id else "ReferencedGroupId")
    if peers[0] != was:
        raise EC2ClientError("InvalidParameterValue", f"Invalid rule type for security group rule '{rule.id}'. You may not specify {peers[0]} for an existing {was} rule.")
    if not wanted.get("IpProtocol"):
        raise EC2ClientError("InvalidParameterValue", "Invalid value 'null' for protocol. VPC security group rules must specify protocols explicitly.")
    ip_range: dict[str, str] = {}
    source_group: dict[str, str] = {}
    prefix_list: dict[str, str] | None = None
    if was == "CidrIpv4":
        ip_range = {"CidrIp": wanted["CidrIpv4"]}
    elif was == "CidrIpv6":
        ip_range = {"CidrIpv6": wanted["CidrIpv6"]}
    elif was == "PrefixListId":
        prefix_list = {"PrefixListId": wanted["PrefixListId"]}
    else:
        if backend.get_security_group_from_id(wanted["ReferencedGroupId"]) is None:
            raise InvalidSecurityGroupNotFoundError(wanted["ReferencedGroupId"])
        source_group = {"GroupId": wanted["ReferencedGroupId"], "UserId": backend.account_id}
    ports = {"ip_protocol": wanted["IpProtocol"], "from_port": wanted.get("FromPort"), "to_port": wanted.get("ToPort"),
             "prefix_list_ids": [prefix_list] if prefix_list else []}
    check_permission(backend, ports)
    if wanted.get("Description") is not None:
        for peer in (ip_range, source_group, prefix_list):
            if peer:
                peer["Description"] = wanted["Description"]
    fresh = SecurityGroupRule(backend, wanted["IpProtocol"], rule.group_id, ports["from_port"], ports["to_port"],
                              ip_range, source_group, prefix_list, is_egress=rule.is_egress)
    state = {name: value for name, value in vars(fresh).items() if name not in ("id", "filters")}
    return state
