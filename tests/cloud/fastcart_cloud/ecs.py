"""ECS: the life of a service and its deployments, arguments kept, what a task definition for Fargate has to be."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.ec2.models import ec2_backends
from moto.ecs.exceptions import ClusterNotFoundException, EcsClientException, ECSException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend, Service
from moto.ecs.responses import EC2ContainerServiceResponse
from moto.moto_api._internal import mock_random

from . import ecs_tasks
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
    definition = moto(self, family, container_definitions, **kwargs)
    # AWS: sizes are numbers, however they were written
    definition.cpu, definition.memory = plain(definition.cpu), plain(definition.memory)
    definition.registered_at = utcnow()
    for container in definition.container_definitions:
        fill_in(container, definition.network_mode)
    return definition


def plain(size: Any) -> str | None:
    return None if size is None else str(number(size))


def fill_in(container: dict[str, Any], network_mode: str | None) -> None:
    # AWS: says what it takes where nothing is said, and tells variables in an order of its own
    container.setdefault("systemControls", [])
    container["environment"] = sorted(container.get("environment") or [], key=lambda pair: str(pair.get("name")), reverse=True)
    for port in container.get("portMappings") or []:
        port.setdefault("protocol", "tcp")
        port.setdefault("hostPort", port.get("containerPort", 0) if network_mode == "awsvpc" else 0)
    if "healthCheck" in container:
        container["healthCheck"] = {"interval": 30, "retries": 3, "timeout": 5, **container["healthCheck"]}


@corrects(EC2ContainerServiceResponse)
def register_task_definition(moto: Any, self: Any) -> ActionResult:  # noqa: F811
    answer = moto(self)
    definition = answer.result["taskDefinition"]
    definition.enable_fault_injection = bool(self._get_param("enableFaultInjection"))
    return answer


@corrects(EC2ContainerServiceBackend)
def describe_task_definition(moto: Any, self: Any, task_definition_str: str) -> Any:
    name = task_definition_str.split("/")[-1]
    if ":" not in name:
        # AWS: a family is its latest revision that is active
        active = [revision for revision, definition in self.task_definitions.get(name, {}).items() if definition.status == "ACTIVE"]
        if not active:
            raise EcsClientException("Unable to describe task definition.")
        return moto(self, f"{name}:{max(active)}")
    return moto(self, task_definition_str)


@corrects(EC2ContainerServiceResponse)
def list_task_definitions(moto: Any, self: Any) -> ActionResult:
    answer = moto(self)
    # AWS: by family and number, and only as many as were asked for
    key = lambda arn: (arn.rsplit(":", 1)[0], int(arn.rsplit(":", 1)[1]))  # noqa: E731
    arns = sorted(answer.result["taskDefinitionArns"], key=key, reverse=self._get_param("sort") == "DESC")
    answer.result["taskDefinitionArns"] = arns[: int(self._get_param("maxResults") or 100)]
    return answer


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
    service.placement_constraints = get("placementConstraints") or []
    service.placement_strategy = get("placementStrategy") or []
    if service.launch_type == "FARGATE":
        service.platform_version = service.platform_version or "LATEST"
    # AWS: the service's own role, where none is given
    service.role_arn = service.role_arn or (
        f"arn:aws:iam::{backend.account_id}:role/aws-service-role/ecs.amazonaws.com/AWSServiceRoleForECS")
    service.last_completed = None
    for deployment in service.deployments:
        deployment.update(kept_of(get))
    service.running_count, service.pending_count = 0, service.desired_count
    roll_out(service, "creating")
    return answer


def kept_of(get: Any) -> dict[str, Any]:
    """What AWS tells with a deployment instead of the service."""
    names = ("serviceConnectConfiguration", "volumeConfigurations", "vpcLatticeConfigurations")
    return {name: get(name) for name in names if get(name) is not None}


def roll_out(service: Service, phase: str) -> None:
    """AWS: tasks start, and the deployment is completed when all of them run."""
    service.deployments = service.deployments[:1]
    for deployment in service.deployments:
        deployment.update(
            rolloutState="IN_PROGRESS", rolloutStateReason=f"ECS deployment {deployment['id']} in progress.", updatedAt=utcnow(),
            desiredCount=service.desired_count, runningCount=service.running_count, pendingCount=service.pending_count,
            taskDefinition=service.task_definition)
    LIFE.then("ecs_service", phase, lambda: start_tasks(service))


def start_tasks(service: Service) -> None:
    if service.status != "ACTIVE":
        return
    trouble = ecs_tasks.trouble(service) if service.deployments and service.desired_count else None
    if trouble is None:
        be_stable(service)
    else:
        fail(service, trouble)


def fail(service: Service, trouble: str) -> None:
    """AWS: tasks that do not start are tried again; the circuit breaker ends it, and goes back where it is told to."""
    primary = service.deployments[0]
    primary["failedTasks"] = 3
    primary["updatedAt"] = utcnow()
    ecs_tasks.stop(service, trouble, primary)
    breaker = service.deployment_configuration.get("deploymentCircuitBreaker") or {}
    if not breaker.get("enable"):
        tell(service, "is unable to consistently start tasks successfully. For more information, see the Troubleshooting section of the documentation.")
        return
    primary.update(rolloutState="FAILED", rolloutStateReason="ECS deployment circuit breaker: tasks failed to start.")
    tell(service, f"(deployment {primary['id']}) deployment failed: tasks failed to start.")
    before = service.last_completed
    if breaker.get("rollback") and before and before["taskDefinition"] != primary["taskDefinition"]:
        back = {
            **before, "status": "PRIMARY", "rolloutState": "IN_PROGRESS", "updatedAt": utcnow(),
            "rolloutStateReason": f"ECS deployment circuit breaker: rolling back to deploymentId {before['id']}."}
        primary["status"] = "ACTIVE"
        service.deployments = [back, primary]
        service.task_definition = before["taskDefinition"]
        tell(service, f"rolling back to deployment {before['id']}.")
        LIFE.then("ecs_service", "updating", lambda: be_stable(service))


def tell(service: Service, text: str) -> None:
    service.events.insert(0, {"id": str(mock_random.uuid4()), "createdAt": utcnow(), "message": f"(service {service.name}) {text}"})


def be_stable(service: Service) -> None:
    if service.status != "ACTIVE":
        return
    service.running_count, service.pending_count = service.desired_count, 0
    service.deployments = service.deployments[:1]
    tell(service, "has reached a steady state.")
    for deployment in service.deployments:
        deployment.update(
            rolloutState="COMPLETED", rolloutStateReason=f"ECS deployment {deployment['id']} completed.", updatedAt=utcnow(),
            desiredCount=service.desired_count, runningCount=service.running_count, pendingCount=0)
        service.last_completed = dict(deployment)


@corrects(EC2ContainerServiceResponse)
def update_service(moto: Any, self: Any) -> ActionResult:
    backend, get = self.ecs_backend, self._get_param
    service = backend._get_service(get("cluster", "default"), get("service").split("/")[-1])
    if service.status != "ACTIVE":
        raise ECSException("ServiceNotActiveException", "Service was not ACTIVE.")
    definition = backend.describe_task_definition(get("taskDefinition")) if get("taskDefinition") else None
    if get("networkConfiguration") or get("loadBalancers"):
        check(self, definition)
    if get("capacityProviderStrategy") and not get("forceNewDeployment"):
        raise InvalidParameterException("You must specify forceNewDeployment when the capacity provider strategy changes.")
    kept, running = dict(service.deployment_configuration), service.running_count
    answer = moto(self)
    if get("deploymentConfiguration"):
        service.deployment_configuration = {**kept, **get("deploymentConfiguration")}
    if get("enableECSManagedTags") is not None:
        service.enable_ecs_managed_tags = get("enableECSManagedTags")
    if definition is not None:
        # AWS: reads back as an ARN, however it was given
        service.task_definition = definition.arn
    for deployment in service.deployments[:1]:
        deployment.update(kept_of(get))
        if definition is not None or get("forceNewDeployment"):
            # AWS: another deployment takes the place of the last
            deployment.update(id=f"ecs-svc/{mock_random.randint(0, 32**12)}", createdAt=utcnow(), failedTasks=0, status="PRIMARY")
    if get("serviceRegistries") is not None:
        service.service_registries = get("serviceRegistries")
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


@corrects(EC2ContainerServiceBackend)
def create_cluster(moto: Any, self: Any, cluster_name: str, tags: Any = None, cluster_settings: Any = None, *args: Any, **kwargs: Any) -> Any:
    existing = self.clusters.get(cluster_name)
    if existing is None or existing.status != "ACTIVE":
        return moto(self, cluster_name, tags, cluster_settings, *args, **kwargs)
    # AWS: the same call is the same cluster; moto makes another in its place
    if cluster_settings is not None and cluster_settings != existing.settings:
        raise InvalidParameterException("Arguments on this idempotent request are inconsistent with arguments used in previous request(s).")
    return existing


@corrects(EC2ContainerServiceBackend)
def put_cluster_capacity_providers(moto: Any, self: Any, cluster_name: str, providers: Any, strategy: Any) -> Any:
    # AWS: they exist, and a strategy names attached ones
    for name in providers or []:
        if name not in ("FARGATE", "FARGATE_SPOT") and name not in self.capacity_providers:
            raise InvalidParameterException(f"The specified capacity provider '{name}' was not found.")
    for item in strategy or []:
        if item["capacityProvider"] not in (providers or []):
            raise InvalidParameterException("The specified capacity provider strategy cannot contain a capacity provider that is not associated with the cluster.")
    return moto(self, cluster_name, providers, strategy)


@adds(EC2ContainerServiceResponse)
def update_cluster_settings(self: Any) -> ActionResult:
    cluster = self.ecs_backend._get_cluster(self._get_param("cluster"))
    given = {setting["name"]: setting for setting in self._get_param("settings", [])}
    cluster.settings = [setting for setting in cluster.settings or [] if setting["name"] not in given] + list(given.values())
    return ActionResult({"cluster": cluster})
