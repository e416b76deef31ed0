"""Prefix lists: the addresses of services that have gateway endpoints."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.responses.vpcs import VPCs

from ..corrections import corrects


@corrects(VPCs)
def describe_prefix_lists(moto: Any, self: Any) -> ActionResult:
    # AWS: tells the lists of services with a gateway endpoint, and their addresses
    offered = {f"com.amazonaws.{self.region}.{service}" for service in ("s3", "dynamodb", "s3express")}
    ids, filters = self._get_param("PrefixListIds", []), self._filters_from_querystring()
    lists = []
    for item in self.ec2_backend.managed_prefix_lists.values():
        wanted_ids = filters.get("prefix-list-id", ids or [item.id])
        wanted_names = filters.get("prefix-list-name", [item.prefix_list_name])
        if item.prefix_list_name in offered and item.id in wanted_ids and item.prefix_list_name in wanted_names:
            entries = list(item.entries.values())[-1] if item.entries else []
            lists.append({"PrefixListId": item.id, "PrefixListName": item.prefix_list_name,
                          "Cidrs": [entry["Cidr"] for entry in entries]})
    return ActionResult({"PrefixLists": lists})
