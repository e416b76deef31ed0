"""CloudWatch Logs: log groups and metric filters."""

from __future__ import annotations

import fnmatch
import json
from typing import Any

from moto.logs.exceptions import InvalidParameterException, ResourceNotFoundException, ValidationException
from moto.logs.metric_filters import MetricFilters
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

from . import kms, policies
from .corrections import adds, corrects

RETENTIONS = (1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653)


def check_key(backend: LogsBackend, key_id: str, group_arn: str) -> None:
    """AWS: the key has to exist, to be enabled, and its policy has to let CloudWatch Logs use it for this group."""
    refused = InvalidParameterException(
        f"The specified KMS key does not exist or is not allowed to be used with LogGroup '{group_arn}'")
    if not key_id.startswith("arn:"):
        raise InvalidParameterException("The specified KMS Key Id is not a valid ARN.")
    key = kms.find_key(backend.account_id, backend.region_name, key_id)
    if key is None or key.key_state != "Enabled":
        raise refused
    context = {"kms:EncryptionContext:aws:logs:arn": group_arn, "aws:SourceArn": group_arn, "aws:SourceAccount": backend.account_id}
    for action in ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey"):
        if not policies.service_may(key.policy, "logs", backend.region_name, action, context):
            raise refused


@corrects(LogsResponse)
def create_log_group(moto: Any, self: Any) -> str:
    backend, name, key_id = self.logs_backend, self._get_param("logGroupName"), self._get_param("kmsKeyId")
    if key_id and name not in backend.groups:
        check_key(backend, key_id, LogGroup(backend.account_id, backend.region_name, name).arn)
    answer = moto(self)
    group = backend.groups[name]
    # AWS: keeps the class of the group
    group.log_group_class = self._get_param("logGroupClass") or "STANDARD"
    group.deletion_protection_enabled = bool(self._get_param("deletionProtectionEnabled"))
    return answer


@corrects(LogGroup)
def to_describe_dict(moto: Any, self: Any) -> dict[str, Any]:
    answer = moto(self)
    answer["logGroupClass"] = getattr(self, "log_group_class", "STANDARD")
    answer["deletionProtectionEnabled"] = getattr(self, "deletion_protection_enabled", False)
    return answer


@corrects(LogsResponse)
def describe_log_groups(moto: Any, self: Any) -> str:
    identifiers, pattern = self._get_param("logGroupIdentifiers"), self._get_param("logGroupNamePattern")
    wanted_class = self._get_param("logGroupClass")
    # AWS: a prefix and a pattern exclude each other
    if pattern and self._get_param("logGroupNamePrefix"):
        raise InvalidParameterException("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
    if not identifiers and not pattern and not wanted_class:
        return moto(self)
    # AWS: takes names and ARNs, a piece of a name, and a class; moto answers with every group
    names = {identifier.split(":log-group:")[-1].removesuffix(":*") for identifier in identifiers or []}
    prefix = self._get_param("logGroupNamePrefix") or ""
    groups = [
        group for name, group in sorted(self.logs_backend.groups.items())
        if (not identifiers or name in names) and name.startswith(prefix)
        and (not pattern or pattern.lower() in name.lower() or fnmatch.fnmatch(name.lower(), pattern.lower()))
        and (not wanted_class or getattr(group, "log_group_class", "STANDARD") == wanted_class)
    ]
    start = int(self._get_param("nextToken") or 0)
    end = start + (self._get_param("limit") or 50)
    answer: dict[str, Any] = {"logGroups": [group.to_describe_dict() for group in groups[start:end]]}
    if end < len(groups):
        answer["nextToken"] = str(end)
    return json.dumps(answer)


@corrects(LogsBackend)
def delete_log_group(moto: Any, self: Any, log_group_name: str) -> None:
    group = self.groups.get(log_group_name)
    # AWS: not while it is protected
    if group is not None and getattr(group, "deletion_protection_enabled", False):
        raise ValidationException(f"The log group {log_group_name} has deletion protection enabled.")
    moto(self, log_group_name)
    # AWS: a new group of that name begins without the tags and the metric filters of the old
    self.tagger.delete_all_tags_for_resource(group.arn)
    self.filters.metric_filters = [f for f in self.filters.metric_filters if f["logGroupName"] != log_group_name]


@corrects(LogsBackend)
def put_retention_policy(moto: Any, self: Any, log_group_name: str, retention_in_days: Any) -> Any:
    # AWS: only these
    if int(retention_in_days) not in RETENTIONS:
        raise InvalidParameterException(
            constraint=f"Member must satisfy enum value set: [{', '.join(map(str, RETENTIONS))}]",
            parameter="retentionInDays", value=retention_in_days)
    return moto(self, log_group_name, retention_in_days)


def group_of(response: Any) -> LogGroup:
    name = response._get_param("logGroupName")
    identifier = response._get_param("resourceIdentifier") or response._get_param("logGroupIdentifier")
    if not name and identifier:
        name = identifier.split(":log-group:")[-1].removesuffix(":*")
    group = response.logs_backend.groups.get(name)
    if group is None:
        raise ResourceNotFoundException()
    return group


@adds(LogsResponse)
def associate_kms_key(self: Any) -> str:
    group = group_of(self)
    check_key(self.logs_backend, self._get_param("kmsKeyId"), group.arn)
    group.kms_key_id = self._get_param("kmsKeyId")
    return ""


@adds(LogsResponse)
def disassociate_kms_key(self: Any) -> str:
    group_of(self).kms_key_id = None
    return ""


@adds(LogsResponse)
def put_log_group_deletion_protection(self: Any) -> str:
    group_of(self).deletion_protection_enabled = bool(self._get_param("deletionProtectionEnabled"))
    return ""


# -- metric filters


@corrects(MetricFilters)
def add_filter(moto: Any, self: Any, filter_name: str, filter_pattern: str, log_group_name: str, metric_transformations: Any) -> None:
    # AWS: a filter of the same name is replaced
    self.delete_filter(filter_name, log_group_name)
    moto(self, filter_name, filter_pattern, log_group_name, metric_transformations)


@corrects(MetricFilters)
def delete_filter(moto: Any, self: Any, filter_name: str | None = None, log_group_name: str | None = None) -> Any:
    self.metric_filters = [
        f for f in self.metric_filters if (f["filterName"], f["logGroupName"]) != (filter_name, log_group_name)]
    return self.metric_filters


@corrects(LogsBackend)
def put_metric_filter(moto: Any, self: Any, filter_name: str, filter_pattern: str, log_group_name: str, transformations: Any) -> None:
    # AWS: the group has to exist
    if log_group_name not in self.groups:
        raise ResourceNotFoundException()
    moto(self, filter_name, filter_pattern, log_group_name, transformations)


@corrects(LogsBackend)
def delete_metric_filter(moto: Any, self: Any, filter_name: str | None = None, log_group_name: str | None = None) -> None:
    # AWS: and so has the filter
    if not any((f["filterName"], f["logGroupName"]) == (filter_name, log_group_name) for f in self.filters.metric_filters):
        raise ResourceNotFoundException("The specified metric filter does not exist.")
    moto(self, filter_name, log_group_name)
