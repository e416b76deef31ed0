"""ECS: why tasks of a service do not start, and the stopped ones, which moto never runs in the first place."""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api._internal import mock_random

from .corrections import corrects
from .in_use import backend_of

IMAGE = re.compile(r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com/(?P<name>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>.+))?")
SECRET = re.compile(r"arn:[a-z-]+:secretsmanager:[^:]+:\d+:secret:[^:]+")


def trouble(service: Service) -> str | None:
    """AWS: a task needs its image, its secrets and its log group before it starts."""
    backend = service._backend
    if not service.task_definition:
        return None
    for container in backend.describe_task_definition(service.task_definition).container_definitions:
        found = without_image(container, backend) or without_secret(container, backend) or without_log(container, backend)
        if found:
            return found
    return None


def without_image(container: dict[str, Any], backend: Any) -> str | None:
    match = IMAGE.fullmatch(container["image"])
    # Whatever is not in a registry of ours is taken to be there
    if match is None or (match["account"], match["region"]) != (backend.account_id, backend.region_name):
        return None
    ecr = backend_of("ecr", backend)
    repository = ecr.repositories.get(match["name"]) if ecr else None
    images = repository.images if repository else []
    tag = match["tag"] or "latest"
    there = any(match["digest"] == image.image_digest if match["digest"] else tag in image.image_tags for image in images)
    return None if there else f"CannotPullContainerError: failed to resolve ref {container['image']}: not found"


def without_secret(container: dict[str, Any], backend: Any) -> str | None:
    for secret in container.get("secrets") or []:
        source = secret["valueFrom"]
        match = SECRET.match(source)
        if match:
            secrets = backend_of("secretsmanager", backend)
            there = secrets is not None and match[0] in secrets.secrets and not secrets.secrets[match[0]].is_deleted()
            missing = "Secrets Manager can't find the specified secret."
        elif source.startswith("arn:") and ":ssm:" not in source:
            continue
        else:
            parameters = backend_of("ssm", backend)
            there = parameters is not None and parameters.get_parameter(source) is not None
            missing = "invalid parameters"
        if not there:
            return f"ResourceInitializationError: unable to pull secrets or registry auth: ResourceNotFoundException: {missing}"
    return None


def without_log(container: dict[str, Any], backend: Any) -> str | None:
    log = container.get("logConfiguration") or {}
    options = log.get("options") or {}
    if log.get("logDriver") != "awslogs" or options.get("awslogs-create-group") == "true" or options.get("awslogs-region") != backend.region_name:
        return None
    logs = backend_of("logs", backend)
    if logs is not None and options.get("awslogs-group") in logs.groups:
        return None
    return (
        "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
        "ResourceNotFoundException: The specified log group does not exist.")


def stop(service: Service, reason: str, deployment: dict[str, Any]) -> None:
    """A task that was started for this deployment, and stopped."""
    arn = f"{service.cluster_arn.replace(':cluster/', ':task/')}/{mock_random.uuid4().hex}"
    tasks = service._backend.__dict__.setdefault("stopped_tasks", {})
    tasks[arn] = {
        "taskArn": arn, "clusterArn": service.cluster_arn, "group": f"service:{service.name}", "startedBy": deployment["id"],
        "taskDefinitionArn": service.task_definition, "lastStatus": "STOPPED", "desiredStatus": "STOPPED", "launchType": service.launch_type,
        "stopCode": "TaskFailedToStart", "stoppedReason": reason, "createdAt": utcnow(), "stoppedAt": utcnow(), "containers": []}


def stopped(backend: EC2ContainerServiceBackend) -> dict[str, dict[str, Any]]:
    return backend.__dict__.get("stopped_tasks", {})


@corrects(EC2ContainerServiceResponse)
def list_tasks(moto: Any, self: Any) -> ActionResult:
    answer, get = moto(self), self._get_param
    if get("serviceName"):
        # AWS: only tasks of that service
        answer.result["taskArns"] = []
    if get("desiredStatus") == "STOPPED":
        cluster = self.ecs_backend._get_cluster(get("cluster", "default"))
        name = (get("serviceName") or "").split("/")[-1]
        answer.result["taskArns"] += [
            arn for arn, task in stopped(self.ecs_backend).items()
            if task["clusterArn"] == cluster.arn and (not name or task["group"] == f"service:{name}")]
    return answer


@corrects(EC2ContainerServiceResponse)
def describe_tasks(moto: Any, self: Any) -> ActionResult:
    answer, asked = moto(self), self._get_param("tasks", [])
    ids = {arn.split("/")[-1] for arn in asked}
    answer.result["tasks"] = list(answer.result["tasks"]) + [
        task for arn, task in stopped(self.ecs_backend).items() if arn.split("/")[-1] in ids]
    return answer
