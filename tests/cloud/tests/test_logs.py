"""CloudWatch Logs: log groups, their keys and retention, metric filters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import ACCOUNT, REGION, Cloud, refused

ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}
GROUP = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/app"


@pytest.fixture
def logs(cloud: Cloud) -> Any:
    return cloud.client("logs")


def key(cloud: Cloud, *statements: Any) -> str:
    policy = json.dumps({"Version": "2012-10-17", "Statement": [ROOT, *statements]})
    return cloud.client("kms").create_key(Policy=policy)["KeyMetadata"]["Arn"]


def for_logs(**condition: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Principal": {"Service": f"logs.{REGION}.amazonaws.com"}, "Resource": "*",
            "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
            **({"Condition": condition} if condition else {})}


def group(logs: Any, name: str = "/app") -> Any:
    found = logs.describe_log_groups(logGroupIdentifiers=[name])["logGroups"]
    return found[0] if found else None


def test_life(logs: Any) -> None:
    logs.create_log_group(logGroupName="/app", tags={"a": "b"}, logGroupClass="INFREQUENT_ACCESS")
    with refused("ResourceAlreadyExistsException"):
        logs.create_log_group(logGroupName="/app")
    assert group(logs)["logGroupClass"] == "INFREQUENT_ACCESS"
    logs.put_retention_policy(logGroupName="/app", retentionInDays=30)
    assert group(logs)["retentionInDays"] == 30
    logs.delete_log_group(logGroupName="/app")
    assert group(logs) is None
    for call in (lambda: logs.delete_log_group(logGroupName="/app"),
                 lambda: logs.put_retention_policy(logGroupName="/app", retentionInDays=30)):
        with refused("ResourceNotFoundException"):
            call()
    logs.create_log_group(logGroupName="/app")
    assert logs.list_tags_for_resource(resourceArn=GROUP)["tags"] == {}  # not those of the one before
    assert group(logs)["logGroupClass"] == "STANDARD"


@pytest.mark.parametrize("days", [0, 2, 31, 4000])
def test_retention(logs: Any, days: int) -> None:
    logs.create_log_group(logGroupName="/app")
    with refused("InvalidParameterException"):
        logs.put_retention_policy(logGroupName="/app", retentionInDays=days)


def test_key(cloud: Cloud, logs: Any) -> None:
    good = key(cloud, for_logs())
    logs.create_log_group(logGroupName="/app", kmsKeyId=good)
    assert group(logs)["kmsKeyId"] == good
    logs.disassociate_kms_key(logGroupName="/app")
    assert "kmsKeyId" not in group(logs)
    other = key(cloud, for_logs(ArnLike={"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/app*"}))
    logs.associate_kms_key(logGroupName="/app", kmsKeyId=other)
    assert group(logs)["kmsKeyId"] == other
    with refused("ResourceNotFoundException"):
        logs.associate_kms_key(logGroupName="/nothing", kmsKeyId=good)


@pytest.mark.parametrize("case", ["unknown", "no ARN", "policy without the service", "policy for another group", "disabled"])
def test_key_refused(cloud: Cloud, logs: Any, case: str) -> None:
    other_group = {"kms:EncryptionContext:aws:logs:arn": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/other"}
    arn = {
        "unknown": lambda: f"arn:aws:kms:{REGION}:{ACCOUNT}:key/00000000-0000-0000-0000-000000000000",
        "no ARN": lambda: key(cloud, for_logs()).split("/")[1],
        "policy without the service": lambda: key(cloud),
        "policy for another group": lambda: key(cloud, for_logs(ArnEquals=other_group)),
        "disabled": lambda: key(cloud, for_logs()),
    }[case]()
    if case == "disabled":
        cloud.client("kms").disable_key(KeyId=arn)
    with refused("InvalidParameterException"):
        logs.create_log_group(logGroupName="/app", kmsKeyId=arn)
    assert group(logs) is None
    logs.create_log_group(logGroupName="/app")
    with refused("InvalidParameterException"):
        logs.associate_kms_key(logGroupName="/app", kmsKeyId=arn)


def test_described_by_identifier(logs: Any) -> None:
    for name in ("/a/one", "/a/two", "/b/three"):
        logs.create_log_group(logGroupName=name)

    def names(**given: Any) -> list[str]:
        return [found["logGroupName"] for found in logs.describe_log_groups(**given)["logGroups"]]

    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/b/three"
    assert names(logGroupIdentifiers=["/a/one", arn]) == ["/a/one", "/b/three"]
    assert names(logGroupIdentifiers=["/a/one", "/nothing"]) == ["/a/one"]
    assert names(logGroupNamePrefix="/a/") == ["/a/one", "/a/two"]
    assert names(logGroupNamePattern="wo") == ["/a/two"]
    assert names() == ["/a/one", "/a/two", "/b/three"]
    pages = list(logs.get_paginator("describe_log_groups").paginate(PaginationConfig={"PageSize": 2}))
    assert [len(page["logGroups"]) for page in pages] == [2, 1]


def test_deletion_protection(logs: Any) -> None:
    logs.create_log_group(logGroupName="/app")
    logs.put_log_group_deletion_protection(logGroupIdentifier="/app", deletionProtectionEnabled=True)
    with refused("ValidationException"):
        logs.delete_log_group(logGroupName="/app")
    logs.put_log_group_deletion_protection(logGroupIdentifier="/app", deletionProtectionEnabled=False)
    logs.delete_log_group(logGroupName="/app")


@pytest.mark.parametrize("name", ["", "no spaces", "x" * 513])
def test_name(logs: Any, name: str) -> None:
    with refused("InvalidParameterException"):
        logs.create_log_group(logGroupName=name)


def test_metric_filters(logs: Any) -> None:
    def put(pattern: str, group_name: str = "/app") -> None:
        logs.put_metric_filter(logGroupName=group_name, filterName="errors", filterPattern=pattern, metricTransformations=[
            {"metricName": "Errors", "metricNamespace": "Shop", "metricValue": "1"}])

    def patterns() -> list[str]:
        return [found["filterPattern"] for found in logs.describe_metric_filters(logGroupName="/app")["metricFilters"]]

    with refused("ResourceNotFoundException"):
        put("ERROR")
    logs.create_log_group(logGroupName="/app")
    put("ERROR")
    put("FATAL")
    assert patterns() == ["FATAL"]
    logs.delete_metric_filter(logGroupName="/app", filterName="errors")
    assert patterns() == []
    with refused("ResourceNotFoundException"):
        logs.delete_metric_filter(logGroupName="/app", filterName="errors")
