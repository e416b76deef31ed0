"""EventBridge: rules, targets, buses."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import ACCOUNT, REGION, Cloud, refused

TOPIC = f"arn:aws:sns:{REGION}:{ACCOUNT}:ops"
CLUSTER = f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/c"
PATTERN = '{"source": ["aws.ecs"]}'


def test_tags_belong_to_the_rule_that_is_new(cloud: Cloud) -> None:
    events = cloud.client("events")
    events.create_event_bus(Name="shop")
    tag = [{"Key": "a", "Value": "b"}]
    arn = events.put_rule(Name="r", EventPattern=PATTERN, Tags=tag)["RuleArn"]
    other = events.put_rule(Name="r", EventBusName="shop", EventPattern=PATTERN)["RuleArn"]
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == tag
    assert events.list_tags_for_resource(ResourceARN=other)["Tags"] == []
    events.put_rule(Name="r", EventPattern=PATTERN, Tags=[{"Key": "a", "Value": "c"}])
    assert events.list_tags_for_resource(ResourceARN=arn)["Tags"] == tag
    with refused("ResourceNotFoundException"):
        events.list_tags_for_resource(ResourceARN=arn + "x")


def test_a_bus_with_rules_stays(cloud: Cloud) -> None:
    events = cloud.client("events")
    events.create_event_bus(Name="shop")
    events.put_rule(Name="r", EventBusName="shop", EventPattern=PATTERN)
    with refused("ValidationException"):
        events.delete_event_bus(Name="shop")
    events.delete_rule(Name="r", EventBusName="shop")
    events.delete_event_bus(Name="shop")
    assert [bus["Name"] for bus in events.list_event_buses()["EventBuses"]] == ["default"]


def test_five_targets(cloud: Cloud) -> None:
    events = cloud.client("events")
    events.put_rule(Name="r", EventPattern=PATTERN)
    events.put_targets(Rule="r", Targets=[{"Id": str(number), "Arn": TOPIC} for number in range(5)])
    events.put_targets(Rule="r", Targets=[{"Id": "4", "Arn": TOPIC}])
    with refused("LimitExceededException"):
        events.put_targets(Rule="r", Targets=[{"Id": "5", "Arn": TOPIC}])
    with refused("ValidationException"):
        events.delete_rule(Name="r")
    events.remove_targets(Rule="r", Ids=[str(number) for number in range(5)])
    events.delete_rule(Name="r")


@pytest.mark.parametrize("wrong", [
    {"Arn": TOPIC, "Input": "{}", "InputPath": "$.a"},
    {"Arn": CLUSTER, "EcsParameters": {"TaskDefinitionArn": "t"}},
    {"Arn": CLUSTER, "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/r"},
])
def test_targets_refused(cloud: Cloud, wrong: Any) -> None:
    events = cloud.client("events")
    events.put_rule(Name="r", EventPattern=PATTERN)
    with refused("ValidationException"):
        events.put_targets(Rule="r", Targets=[{"Id": "t", **wrong}])
