"""Application Auto Scaling: targets and their policies."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Cloud, refused

TARGET = {"ServiceNamespace": "ecs", "ResourceId": "service/shop/orders", "ScalableDimension": "ecs:service:DesiredCount"}
CPU = {"TargetValue": 60.0, "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"}}


class Scaling:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud, ecs = cloud, cloud.client("ecs")
        self.client = cloud.client("application-autoscaling")
        ecs.create_cluster(clusterName="shop")
        ecs.register_task_definition(family="app", containerDefinitions=[{"name": "app", "image": "app:1", "memory": 128}])
        ecs.create_service(cluster="shop", serviceName="orders", taskDefinition="app", desiredCount=1)

    def register(self, **more: Any) -> Any:
        return self.client.register_scalable_target(**{**TARGET, "MinCapacity": 1, "MaxCapacity": 4, **more})

    def put(self, **more: Any) -> Any:
        return self.client.put_scaling_policy(**{
            **TARGET, "PolicyName": "cpu", "PolicyType": "TargetTrackingScaling", "TargetTrackingScalingPolicyConfiguration": CPU, **more})

    def policies(self, **more: Any) -> Any:
        return self.client.describe_scaling_policies(ServiceNamespace="ecs", **more)["ScalingPolicies"]

    def alarms(self) -> int:
        return len(self.cloud.client("cloudwatch").describe_alarms()["MetricAlarms"])


@pytest.fixture
def scaling(cloud: Cloud) -> Scaling:
    return Scaling(cloud)


REFUSED: dict[str, tuple[str, Callable[[Scaling], Any]]] = {
    "limits upside down": ("ValidationException", lambda s: s.register(MinCapacity=5)),
    "limits missing": ("ValidationException", lambda s: s.register(MinCapacity=None)),
    "unknown service": ("ValidationException", lambda s: s.register(ResourceId="service/shop/nothing")),
    "unknown cluster": ("ValidationException", lambda s: s.register(ResourceId="service/nothing/orders")),
    "tags for a target that is there": ("ValidationException", lambda s: (s.register(), s.register(Tags={"a": "1"}))),
    "target deregistered twice": ("ObjectNotFoundException", lambda s: s.client.deregister_scalable_target(**TARGET)),
    "policy without a target": ("ObjectNotFoundException", lambda s: s.put()),
    "unknown policy deleted": ("ObjectNotFoundException", lambda s: s.client.delete_scaling_policy(**TARGET, PolicyName="nothing")),
    "tags of nothing": ("ResourceNotFoundException", lambda s: s.client.list_tags_for_resource(ResourceARN="arn:aws:x")),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal(scaling: Scaling, case: str) -> None:
    code, act = REFUSED[case]
    with refused(code):
        act(scaling)


def test_target(scaling: Scaling) -> None:
    arn = scaling.register(Tags={"a": "1", "b": "2"})["ScalableTargetARN"]
    scaling.register(MaxCapacity=8)
    found = scaling.client.describe_scalable_targets(ServiceNamespace="ecs", ResourceIds=[TARGET["ResourceId"]])["ScalableTargets"]
    assert [(target["MinCapacity"], target["MaxCapacity"], target["ScalableTargetARN"]) for target in found] == [(1, 8, arn)]
    assert found[0]["SuspendedState"]["ScheduledScalingSuspended"] is False and "AWSServiceRole" in found[0]["RoleARN"]
    scaling.client.untag_resource(ResourceARN=arn, TagKeys=["a"])
    scaling.client.tag_resource(ResourceARN=arn, Tags={"c": "3"})
    assert scaling.client.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"b": "2", "c": "3"}


def test_policies_live_with_their_target(scaling: Scaling) -> None:
    scaling.register()
    first = scaling.put()
    assert scaling.put()["PolicyARN"] == first["PolicyARN"]
    scaling.put(PolicyName="other")
    assert scaling.alarms() == 4
    assert [policy["PolicyName"] for policy in scaling.policies(PolicyNames=["cpu"])] == ["cpu"]
    scaling.client.deregister_scalable_target(**TARGET)
    assert scaling.policies() == [] and scaling.alarms() == 0
