"""The index of tags: what is tagged, of any service, by ARN. moto's knows a part of the services only."""

from __future__ import annotations

from typing import Any

from moto.applicationautoscaling.models import applicationautoscaling_backends
from moto.core.resource_tagging import TaggedResource
from moto.resourcegroupstaggingapi.exceptions import ResourceGroupsTaggingAPIError
from moto.resourcegroupstaggingapi.models import ResourceGroupsTaggingAPIBackend
from moto.resourcegroupstaggingapi.responses import ResourceGroupsTaggingAPIResponse

from . import inventory
from .autoscaling import tags_of
from .corrections import corrects

# What follows region and account in the ARN of an object of that type
ARNS = {
    "aws_cloudwatch_log_group": ("logs", "log-group:"),
    "aws_cloudwatch_metric_alarm": ("cloudwatch", "alarm:"),
    "aws_db_event_subscription": ("rds", "es:"),
    "aws_db_parameter_group": ("rds", "pg:"),
    "aws_db_subnet_group": ("rds", "subgrp:"),
    "aws_ecr_repository": ("ecr", "repository/"),
    "aws_elasticache_parameter_group": ("elasticache", "parametergroup:"),
    "aws_elasticache_replication_group": ("elasticache", "replicationgroup:"),
    "aws_elasticache_subnet_group": ("elasticache", "subnetgroup:"),
    "aws_elasticache_user": ("elasticache", "user:"),
    "aws_elasticache_user_group": ("elasticache", "usergroup:"),
    "aws_kinesis_stream": ("kinesis", "stream/"),
    "aws_kms_key": ("kms", "key/"),
    "aws_sns_topic": ("sns", ""),
    "aws_sqs_queue": ("sqs", ""),
}


@corrects(ResourceGroupsTaggingAPIResponse)
def get_resources(moto: Any, self: Any) -> Any:
    paging = any(self._get_param(name) for name in ("PaginationToken", "ResourcesPerPage", "TagsPerPage", "TagFilters", "ResourceTypeFilters"))
    arns = self._get_param("ResourceARNList", [])
    # AWS: a list of ARNs stands alone, and holds a hundred at most
    if arns and (paging or len(arns) > 100):
        raise ResourceGroupsTaggingAPIError("InvalidParameterException", "ResourceARNList takes at most 100 ARNs and no other parameter.")
    return moto(self)


@corrects(ResourceGroupsTaggingAPIBackend)
def get_resources(moto: Any, self: Any, resource_arn_list: list[str] | None = None, **kwargs: Any) -> Any:  # noqa: F811
    if not resource_arn_list:
        return moto(self, **kwargs)
    # Targets of autoscaling are not told from their names: their tags are kept by ARN
    tagged = dict(tags_of(applicationautoscaling_backends[self.account_id][self.region_name]))
    for item in inventory.objects():
        known = ARNS.get(item["type"])
        if known is None or item["region"] != self.region_name or not item["tags"]:
            continue
        service, start = known
        # Some are listed by name, others by ARN or URL: the last part is the name
        name = item["id"].split("/")[-1].split(":")[-1] if service in ("kinesis", "sns", "sqs") else item["id"]
        tagged[f"arn:aws:{service}:{self.region_name}:{item['account']}:{start}{name}"] = item["tags"]
    found = [TaggedResource(arn, tagged[arn], "") for arn in resource_arn_list if tagged.get(arn)]
    return None, found
