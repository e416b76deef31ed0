"""VPCs."""

from __future__ import annotations

import ipaddress
from typing import Any

from moto.ec2.exceptions import DependencyViolationError, InvalidVPCIdError
from moto.ec2.models.vpcs import VPCBackend

from ..corrections import corrects
from ..lifetimes import LIFE
from .tags import forget_tags


@corrects(VPCBackend)
def create_vpc(moto: Any, self: Any, cidr_block: str, *args: Any, **kwargs: Any) -> Any:
    # AWS: the block is stored in its canonical form, 10.0.0.1/16 as 10.0.0.0/16
    vpc = moto(self, canonical(cidr_block), *args, **kwargs)
    if not vpc.is_default:
        # AWS: a new VPC is pending, then available
        vpc.state = "pending"
        LIFE.then("vpc", "creating", lambda: setattr(vpc, "state", "available"))
    return vpc


@corrects(VPCBackend)
def describe_vpcs(moto: Any, self: Any, vpc_ids: list[str] | None = None, filters: Any = None) -> Any:
    # AWS: names the one that it does not know
    for vpc_id in vpc_ids or []:
        if vpc_id not in self.vpcs:
            raise InvalidVPCIdError(vpc_id)
    return moto(self, vpc_ids, filters)


@corrects(VPCBackend)
def delete_vpc(moto: Any, self: Any, vpc_id: str) -> Any:
    vpc = self.get_vpc(vpc_id)
    # AWS: DependencyViolation while anything but the main route table, the default security group and the default
    # network ACL is left in the VPC
    if blockers(self, vpc_id):
        raise DependencyViolationError(f"The vpc '{vpc_id}' has dependencies and cannot be deleted.")
    for table in [table for table in self.route_tables.values() if table.vpc_id == vpc_id]:
        self.route_tables.pop(table.id)
        forget_tags(self, table.id)
    for group_id in self.groups.pop(vpc_id, {}):
        forget_tags(self, group_id)
    for acl in [acl for acl in self.network_acls.values() if acl.vpc_id == vpc_id]:
        self.network_acls.pop(acl.id)
        forget_tags(self, acl.id)
    self.vpcs.pop(vpc_id)
    if vpc.dhcp_options:
        # AWS: the options set stays, it is only no longer used here; moto would delete it
        vpc.dhcp_options.vpc = None
        vpc.dhcp_options = None
    forget_tags(self, vpc_id)
    return vpc


def blockers(backend: Any, vpc_id: str) -> list[str]:
    """What keeps a VPC from being deleted."""
    found = [subnet.id for subnet in backend.describe_subnets() if subnet.vpc_id == vpc_id]
    found += [igw.id for igw in backend.internet_gateways.values() if igw.vpc and igw.vpc.id == vpc_id]
    found += [gateway.id for gateway in backend.egress_only_internet_gateways.values() if gateway.vpc_id == vpc_id]
    found += [group.id for group in backend.groups.get(vpc_id, {}).values() if not group.is_default]
    found += [table.id for table in backend.route_tables.values()
              if table.vpc_id == vpc_id and table.main_association_id is None]
    found += [acl.id for acl in backend.network_acls.values() if acl.vpc_id == vpc_id and not acl.default]
    found += [endpoint.id for endpoint in backend.vpc_end_points.values()
              if endpoint.vpc_id == vpc_id and endpoint.state not in ("deleted", "failed")]
    found += [gateway.id for gateway in backend.vpn_gateways.values()
              if vpc_id in gateway.attachments and gateway.attachments[vpc_id].state == "attached"]
    found += [peering.id for peering in backend.vpc_pcxs.values()
              if vpc_id in (peering.vpc.id, peering.peer_vpc.id) and peering._status.code == "active"]
    return found


def canonical(cidr_block: str) -> str:
    try:
        return str(ipaddress.ip_network(cidr_block, strict=False))
    except ValueError:
        return cidr_block  # refused further on
