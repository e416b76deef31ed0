"""ECS: the life of a service and its tasks, arguments kept, what a task definition for Fargate has to be."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ecs.exceptions import ClusterNotFoundException, EcsClientException, ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse

from .corrections import adds, corrects
from .in_use import backend_of
from .lifetimes import LIFE

# CPU units and the memory, in MiB, that goes with them.
FARGATE = {
    256: [512, 1024, 2048], 512: list(range(1024, 4097, 1024)), 1024: list(range(2048, 8193, 1024)),
    2048: list(range(4096, 16385, 1024)), 4096: list(range(8192, 30721, 1024)), 8192: list(range(16384, 61441, 4096)),
    16384: list(range(32768, 122881, 8192)),
}
DEPLOYMENT = {"maximumPercent": 200, "minimumHealthyPercent": 100, "deploymentCircuitBreaker": {"enable": False, "rollback": False}}


def number(value: Any) -> int:
    """"512", "0.5 vCPU", "1 GB"."""
    text = str(value).strip().lower()
    for unit, factor in (("vcpu", 1024), ("gb", 1024)):
        if text.endswith(unit):
            return int(float(text.removesuffix(unit)) * factor)
    return int(text)


@corrects(EC2ContainerServiceBackend)
def register_task_definition(moto: Any, self: Any, family: str, container_definitions: Any, **kwargs: Any) -> Any:
    # AWS: Fargate needs awsvpc, and CPU and memory that go together
    if "FARGATE" in (kwargs.get("requires_compatibilities") or []):
        if kwargs.get("network_mode") != "awsvpc":
            raise EcsClientException("Fargate only supports network mode ‘awsvpc’.")
        if not kwargs.get("cpu") or not kwargs.get("memory"):
            raise EcsClientException("Fargate requires that 'cpu' and 'memory' be defined at the task level.")
        if number(kwargs["memory"]) not in FARGATE.get(number(kwargs["cpu"]), []):
            raise EcsClientException("No Fargate configuration exists for given values.")
        if any(c.get("secrets") or (c.get("logConfiguration") or {}).get("logDriver") == "awslogs" for c in container_definitions):
            if not kwargs.get("execution_role_arn"):
                raise EcsClientException("Fargate requires task definition to have execution role ARN to support log driver awslogs and secrets.")
    return moto(self, family, container_definitions, **kwargs)


def check(response: Any, definition: Any) -> None:
    """AWS: what a service refers to has to exist, and to fit its task definition."""
    get, backend = response._get_param, response.ecs_backend
    network = get("networkConfiguration")
    if definition is not None and definition.network_mode == "awsvpc" and not network:
        raise InvalidParameterException("Network Configuration must be provided when networkMode 'awsvpc' is specified.")
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for group_id in ((network or {}).get("awsvpcConfiguration") or {}).get("securityGroups") or []:
        if ec2.get_security_group_from_id(group_id) is None:
            raise InvalidParameterException(
                f"Error retrieving security group information for [{group_id}]: The security group '{group_id}' does not exist (ErrorCode: InvalidGroup.NotFound)")
    if network:
        network["awsvpcConfiguration"].setdefault("securityGroups", [])
    names = [container["name"] for container in definition.container_definitions] if definition is not None else []
    elbv2 = backend_of("elbv2", ec2)
    for balancer in get("loadBalancers") or []:
        if balancer.get("targetGroupArn") and (elbv2 is None or balancer["targetGroupArn"] not in elbv2.target_groups):
            raise InvalidParameterException(f"The target group with targetGroupArn {balancer['targetGroupArn']} does not exist.")
        if balancer.get("containerName") and names and balancer["containerName"] not in names:
            raise InvalidParameterException(f"The container {balancer['containerName']} does not exist in the task definition.")


@corrects(EC2ContainerServiceResponse)
def create_service(moto: Any, self: Any) -> ActionResult:
    backend, get = self.ecs_backend, self._get_param
    cluster = backend._get_cluster(get("cluster", "default"))
    if cluster.status != "ACTIVE":
        raise ClusterNotFoundException()
    existing = backend.services.get(f"{cluster.name}:{get('serviceName')}")
    if existing is not None and existing.status != "INACTIVE":
        # AWS: another service of the name; moto takes its place
        raise InvalidParameterException("Creation of service was not idempotent.")
    definition = backend.describe_task_definition(get("taskDefinition")) if get("taskDefinition") else None
    check(self, definition)
    answer = moto(self)
    service: Service = answer.result["service"]
    # AWS: keeps these, which moto drops
    configuration = get("deploymentConfiguration") or {}
    service.deployment_configuration = {**DEPLOYMENT, **configuration}
    service.health_check_grace_period_seconds = get("healthCheckGracePeriodSeconds")
    service.enable_ecs_managed_tags = bool(get("enableECSManagedTags"))
    service.enable_execute_command = bool(get("enableExecuteCommand"))
    service.availability_zone_rebalancing = get("availabilityZoneRebalancing") or "ENABLED"
    service.capacity_provider_strategy = get("capacityProviderStrategy") or []
    service.created_at = utcnow()
    if get("capacityProviderStrategy") and not get("launchType"):
        service.launch_type = None
    service.running_count, service.pending_count = 0, service.desired_count
    roll_out(service, "creating")
    return answer


def roll_out(service: Service, phase: str) -> None:
    """AWS: tasks start, and the deployment is completed when all of them run."""
    for deployment in service.deployments:
        deployment.update(
            rolloutState="IN_PROGRESS", rolloutStateReason=f"ECS deployment {deployment['id']} in progress.", updatedAt=utcnow(),
            desiredCount=service.desired_count, runningCount=service.running_count, pendingCount=service.pending_count,
            taskDefinition=service.task_definition)
    LIFE.then("ecs_service", phase, lambda: be_stable(service))


def be_stable(service: Service) -> None:
    if service.status != "ACTIVE":
        return
    service.running_count, service.pending_count = service.desired_count, 0
    for deployment in service.deployments:
        deployment.update(
            rolloutState="COMPLETED", rolloutStateReason=f"ECS deployment {deployment['id']} completed.", updatedAt=utcnow(),
            desiredCount=service.desired_count, runningCount=service.running_count, pendingCount=0)


@corrects(EC2ContainerServiceResponse)
def update_service(moto: Any, self: Any) -> ActionResult:
    backend, get = self.ecs_backend, self._get_param
    service = backend._get_service(get("cluster", "default"), get("service").split("/")[-1])
    if service.status != "ACTIVE":
        raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
    definition = backend.describe_task_definition(get("taskDefinition")) if get("taskDefinition") else None
    if get("networkConfiguration") or get("loadBalancers"):
        check(self, definition)
    kept, running = dict(service.deployment_configuration), service.running_count
    answer = moto(self)
    if get("deploymentConfiguration"):
        service.deployment_configuration = {**kept, **get("deploymentConfiguration")}
    if get("enableECSManagedTags") is not None:
        service.enable_ecs_managed_tags = get("enableECSManagedTags")
    if definition is not None:
        # AWS: reads back as an ARN, however it was given
        service.task_definition = definition.arn
    service.running_count = min(running, service.desired_count)
    service.pending_count = service.desired_count - service.running_count
    roll_out(service, "updating")
    return answer


@corrects(EC2ContainerServiceBackend)
def delete_service(moto: Any, self: Any, cluster_name: str, service_name: str, force: bool) -> Service:
    service = self._get_service(cluster_name, service_name.split("/")[-1])
    if service.status != "ACTIVE":
        raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
    moto(self, cluster_name, service_name.split("/")[-1], force)
    # AWS: DRAINING while its tasks stop, then INACTIVE
    service.status, service.desired_count = "DRAINING", 0
    LIFE.then("ecs_service", "deleting", lambda: become_inactive(service))
    return service


def become_inactive(service: Service) -> None:
    service.status, service.running_count, service.pending_count = "INACTIVE", 0, 0


@corrects(EC2ContainerServiceBackend)
def delete_cluster(moto: Any, self: Any, cluster_str: str) -> Any:
    cluster = self._get_cluster(cluster_str)
    # AWS: not while services are in it, draining ones included
    if any(service.cluster_arn == cluster.arn and service.status != "INACTIVE" for service in self.services.values()):
        raise ECSException("ClusterContainsServicesException", "The Cluster cannot be deleted while Services are active.")
    if cluster.status == "INACTIVE":
        raise ClusterNotFoundException()
    return moto(self, cluster_str)


@adds(EC2ContainerServiceResponse)
def update_cluster_settings(self: Any) -> ActionResult:
    cluster = self.ecs_backend._get_cluster(self._get_param("cluster"))
    given = {setting["name"]: setting for setting in self._get_param("settings", [])}
    cluster.settings = [setting for setting in cluster.settings or [] if setting["name"] not in given] + list(given.values())
    return ActionResult({"cluster": cluster})
