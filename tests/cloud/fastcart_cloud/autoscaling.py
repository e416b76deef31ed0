"""Application Auto Scaling: tags, limits, and policies that live and end with their target."""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.exceptions import AWSValidationException
from moto.applicationautoscaling.models import ApplicationAutoscalingBackend, FakeApplicationAutoscalingPolicy
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse
from moto.core.exceptions import JsonRESTError

from .corrections import adds, corrects


class ObjectNotFoundException(JsonRESTError):
    def __init__(self, message: str):
        super().__init__("ObjectNotFoundException", message)


class ResourceNotFoundException(JsonRESTError):
    def __init__(self, arn: str):
        super().__init__("ResourceNotFoundException", f"The specified resource {arn} does not exist.")


def place(namespace: str, resource_id: str, dimension: str) -> str:
    return f"service namespace: {namespace}, resource ID: {resource_id}, scalable dimension: {dimension}"


@corrects(ApplicationAutoscalingBackend)
def register_scalable_target(
    moto: Any, self: Any, namespace: str, r_id: str, dimension: str, min_capacity: int | None, max_capacity: int | None, role_arn: str, suspended_state: Any,
) -> Any:
    existing = self.targets.get(dimension, {}).get(r_id)
    least = min_capacity if min_capacity is not None else getattr(existing, "min_capacity", None)
    most = max_capacity if max_capacity is not None else getattr(existing, "max_capacity", None)
    # AWS: both limits are needed, and go together
    if least is None or most is None:
        raise AWSValidationException("Both minimum and maximum capacity are required to register a new scalable target.")
    if least > most:
        raise AWSValidationException("Maximum capacity cannot be less than minimum capacity.")
    target = moto(self, namespace, r_id, dimension, min_capacity, max_capacity, role_arn, suspended_state)
    # AWS: the service's own role, and nothing suspended, where nothing is given
    target.role_arn = role_arn or target.role_arn or (
        f"arn:aws:iam::{self.account_id}:role/aws-service-role/{namespace}.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling")
    target.suspended_state = {
        "DynamicScalingInSuspended": False, "DynamicScalingOutSuspended": False, "ScheduledScalingSuspended": False, **(target.suspended_state or {})}
    return target


@corrects(ApplicationAutoScalingResponse)
def register_scalable_target(moto: Any, self: Any) -> str:  # noqa: F811
    backend, tags = self.applicationautoscaling_backend, self._get_param("Tags")
    exists = backend._scalable_target_exists(self._get_param("ResourceId"), self._get_param("ScalableDimension"))
    # AWS: tags are given when the target is made
    if exists and tags:
        raise AWSValidationException("Tags can only be specified when a scalable target is registered for the first time.")
    answer = moto(self)
    tags_of(backend)[json.loads(answer)["ScalableTargetARN"]] = dict(tags or tags_of(backend).get(json.loads(answer)["ScalableTargetARN"], {}))
    return answer


@corrects(ApplicationAutoscalingBackend)
def _ecs_service_exists_for_target(moto: Any, self: Any, r_id: str) -> bool:
    parts = r_id.split("/")
    service = self.ecs_backend.services.get(f"{parts[1]}:{parts[2]}") if len(parts) == 3 else None
    # AWS: neither the cluster nor the service is there, or the service is going
    if service is None or service.status != "ACTIVE":
        raise AWSValidationException(f"ECS service doesn't exist: {r_id}")
    return True


@corrects(ApplicationAutoscalingBackend)
def deregister_scalable_target(moto: Any, self: Any, namespace: str, r_id: str, dimension: str) -> None:
    target = self.targets.get(dimension, {}).get(r_id)
    if target is None:
        raise ObjectNotFoundException(f"No scalable target found for {place(namespace, r_id, dimension)}")
    moto(self, namespace, r_id, dimension)
    tags_of(self).pop(target.arn, None)
    # AWS: its policies end with it
    for key in [k for k, p in self.policies.items() if (p.service_namespace, p.resource_id, p.scalable_dimension) == (namespace, r_id, dimension)]:
        self.policies.pop(key).delete_alarms(self.account_id, self.region_name)


@corrects(ApplicationAutoscalingBackend)
def put_scaling_policy(
    moto: Any, self: Any, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str, policy_body: Any, policy_type: str | None,
) -> Any:
    # AWS: the target has to be there
    if not self._scalable_target_exists(resource_id, scalable_dimension):
        raise ObjectNotFoundException(f"No scalable target registered for {place(service_namespace, resource_id, scalable_dimension)}")
    key = FakeApplicationAutoscalingPolicy.formulate_key(service_namespace, resource_id, scalable_dimension, policy_name)
    before = self.policies.get(key)
    policy = moto(self, policy_name, service_namespace, resource_id, scalable_dimension, policy_body, policy_type)
    if before is not None:
        # AWS: the same policy, whose alarms are made anew
        before.delete_alarms(self.account_id, self.region_name)
        for alarm in policy.alarms:
            alarm.alarm_actions = [action.replace(policy.policy_arn, before.policy_arn) for action in alarm.alarm_actions]
        policy.policy_arn, policy.creation_time = before.policy_arn, before.creation_time
    return policy


@corrects(ApplicationAutoscalingBackend)
def delete_scaling_policy(moto: Any, self: Any, policy_name: str, service_namespace: str, resource_id: str, scalable_dimension: str) -> None:
    if FakeApplicationAutoscalingPolicy.formulate_key(service_namespace, resource_id, scalable_dimension, policy_name) not in self.policies:
        found = place(service_namespace, resource_id, scalable_dimension)
        raise ObjectNotFoundException(f"No scaling policy found for {found}, policy name: {policy_name}")
    moto(self, policy_name, service_namespace, resource_id, scalable_dimension)


@corrects(ApplicationAutoScalingResponse)
def describe_scaling_policies(moto: Any, self: Any) -> str:
    answer, names = json.loads(moto(self)), self._get_param("PolicyNames")
    if names:
        # AWS: only those asked for
        answer["ScalingPolicies"] = [policy for policy in answer["ScalingPolicies"] if policy["PolicyName"] in names]
    return json.dumps(answer)


def tags_of(backend: Any) -> dict[str, dict[str, str]]:
    return backend.__dict__.setdefault("target_tags", {})


def tagged(response: Any) -> dict[str, str]:
    """The tags of the target that the call names."""
    arn, backend = response._get_param("ResourceARN"), response.applicationautoscaling_backend
    if not any(target.arn == arn for targets in backend.targets.values() for target in targets.values()):
        raise ResourceNotFoundException(arn)
    return tags_of(backend).setdefault(arn, {})


@adds(ApplicationAutoScalingResponse)
def list_tags_for_resource(self: Any) -> str:
    return json.dumps({"Tags": tagged(self)})


@adds(ApplicationAutoScalingResponse)
def tag_resource(self: Any) -> str:
    tagged(self).update(self._get_param("Tags") or {})
    return "{}"


@adds(ApplicationAutoScalingResponse)
def untag_resource(self: Any) -> str:
    tags = tagged(self)
    for name in self._get_param("TagKeys") or []:
        tags.pop(name, None)
    return "{}"
