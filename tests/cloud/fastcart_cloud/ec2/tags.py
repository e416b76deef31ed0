"""Tags: read without going over every tag of the region, and gone when their object is."""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.core import TaggedEC2Resource
from moto.ec2.models.tags import TagBackend
from moto.ec2.responses.tags import TagResponse

from ..corrections import corrects


@corrects(TaggedEC2Resource)
def get_tags(moto: Any, self: Any) -> list[dict[str, str]]:
    # The same answer as moto's, which compares a regular expression with each tag of the region
    tags = self.ec2_backend.tags.get(self.id, {}) if self.id else {}
    return [{"resource_id": self.id, "key": key, "value": value} for key, value in tags.items()]


def forget_tags(backend: Any, resource_id: str | None) -> None:
    """AWS: the tags of a deleted object are no longer described."""
    if resource_id:
        backend.tags.pop(resource_id, None)


def unknown(backend: Any, resource_id: str) -> str | None:
    """The error code for an object that does not exist, of the types that moto does not look up."""
    prefix = resource_id.split("-")[0]
    if prefix == "nat" and resource_id not in backend.nat_gateways:
        return "NatGatewayNotFound"
    if prefix == "eipalloc" and resource_id not in [address.allocation_id for address in backend.addresses]:
        return "InvalidAllocationID.NotFound"
    if prefix == "fl" and resource_id not in backend.flow_logs:
        return "InvalidFlowLogId.NotFound"
    if prefix == "vpce" and resource_id not in backend.vpc_end_points:
        return "InvalidVpcEndpointId.NotFound"
    if prefix == "eni" and resource_id not in backend.enis:
        return "InvalidNetworkInterfaceID.NotFound"
    if prefix == "sgr" and not any(
        rule.id == resource_id
        for groups in backend.groups.values() for group in groups.values()
        for rule in group.ingress_rules + group.egress_rules
    ):
        return "InvalidSecurityGroupRuleId.NotFound"
    return None


@corrects(TagResponse)
def create_tags(moto: Any, self: Any) -> Any:
    # AWS: tagging what does not exist is an error, for every type
    for resource_id in self._get_param("Resources", []):
        code = unknown(self.ec2_backend, resource_id)
        if code:
            raise EC2ClientError(code, f"The ID '{resource_id}' does not exist")
    return moto(self)


@corrects(TagBackend)
def create_tags(moto: Any, self: Any, resource_ids: list[str], tags: dict[str, str]) -> bool:  # noqa: F811
    # AWS: keys beginning with aws: are its own
    for key in tags:
        if key.lower().startswith("aws:"):
            raise EC2ClientError("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
    return moto(self, resource_ids, tags)
