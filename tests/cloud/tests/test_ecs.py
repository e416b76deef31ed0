"""ECS: the life of a service, arguments kept, what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import ACCOUNT, Cloud, refused

TASK: dict[str, Any] = {
    "family": "app", "requiresCompatibilities": ["FARGATE"], "networkMode": "awsvpc", "cpu": "256", "memory": "512",
    "containerDefinitions": [{"name": "app", "image": "app:1", "essential": True}],
}


class Services:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.ecs, self.ec2 = cloud, cloud.client("ecs"), cloud.client("ec2")
        vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnet = self.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")["Subnet"]["SubnetId"]
        self.group = self.ec2.create_security_group(GroupName="app", Description="d", VpcId=vpc)["GroupId"]
        self.ecs.create_cluster(clusterName="shop")
        self.definition = self.ecs.register_task_definition(**TASK)["taskDefinition"]["taskDefinitionArn"]

    def network(self, **more: Any) -> Any:
        return {"awsvpcConfiguration": {"subnets": [self.subnet], "securityGroups": [self.group], **more}}

    def create(self, **more: Any) -> Any:
        return self.ecs.create_service(**{
            "cluster": "shop", "serviceName": "orders", "taskDefinition": "app", "desiredCount": 2, "launchType": "FARGATE",
            **({} if "without" in more else {"networkConfiguration": self.network()}), **{k: v for k, v in more.items() if k != "without"}})["service"]

    def found(self) -> Any:
        return self.ecs.describe_services(cluster="shop", services=["orders"])["services"][0]

    def delete(self) -> Any:
        return self.ecs.delete_service(cluster="shop", service="orders", force=True)


@pytest.fixture
def services(cloud: Cloud) -> Services:
    return Services(cloud)


REFUSED: dict[str, tuple[str, Callable[[Services], Any]]] = {
    "service twice": ("InvalidParameterException", lambda s: (s.create(), s.create())),
    "service in an unknown cluster": ("ClusterNotFoundException", lambda s: s.create(cluster="nothing")),
    "service of an unknown task": ("ClientException", lambda s: s.create(taskDefinition="nothing")),
    "service without a network": ("InvalidParameterException", lambda s: s.create(without="network")),
    "service in an unknown subnet": ("InvalidParameterException", lambda s: s.create(
        networkConfiguration=s.network(subnets=["subnet-0123456789abcdef0"]))),
    "service in an unknown group": ("InvalidParameterException", lambda s: s.create(
        networkConfiguration=s.network(securityGroups=["sg-0123456789abcdef0"]))),
    "service behind an unknown target group": ("InvalidParameterException", lambda s: s.create(loadBalancers=[{
        "targetGroupArn": f"arn:aws:elasticloadbalancing:eu-central-1:{ACCOUNT}:targetgroup/x/0123456789abcdef", "containerName": "app", "containerPort": 80}])),
    "unknown container": ("InvalidParameterException", lambda s: s.create(loadBalancers=[
        {"loadBalancerName": "x", "containerName": "nothing", "containerPort": 80}])),
    "cluster with a service": ("ClusterContainsServicesException", lambda s: (s.create(), s.ecs.delete_cluster(cluster="shop"))),
    "cluster deleted twice": ("ClusterNotFoundException", lambda s: (s.ecs.delete_cluster(cluster="shop"), s.ecs.delete_cluster(cluster="shop"))),
    "service deleted twice": ("ServiceNotActiveException", lambda s: (s.create(), s.delete(), s.delete())),
    "service with tasks": ("InvalidParameterException", lambda s: (s.create(), s.ecs.delete_service(cluster="shop", service="orders"))),
    "security group of a service": ("DependencyViolation", lambda s: (s.create(), s.ec2.delete_security_group(GroupId=s.group))),
    "Fargate CPU and memory": ("ClientException", lambda s: s.ecs.register_task_definition(**{**TASK, "memory": "4096"})),
    "Fargate without CPU": ("ClientException", lambda s: s.ecs.register_task_definition(**{**TASK, "cpu": None})),
    "cluster of other settings": ("InvalidParameterException", lambda s: s.ecs.create_cluster(
        clusterName="shop", settings=[{"name": "containerInsights", "value": "enhanced"}])),
    "unknown capacity provider": ("InvalidParameterException", lambda s: s.ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=["nothing"], defaultCapacityProviderStrategy=[])),
    "strategy of a provider that is not attached": ("InvalidParameterException", lambda s: s.ecs.put_cluster_capacity_providers(
        cluster="shop", capacityProviders=["FARGATE"], defaultCapacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT"}])),
    "Fargate on a bridge": ("ClientException", lambda s: s.ecs.register_task_definition(**{**TASK, "networkMode": "bridge"})),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal(services: Services, case: str) -> None:
    code, act = REFUSED[case]
    before = services.cloud.requests()["total"]
    with refused(code):
        act(services)
    assert [entry["error"] for entry in services.cloud.requests()["log"][before:] if entry["error"]] == [code]


def test_life(cloud: Cloud) -> None:
    cloud.lifetimes(ecs_service={"creating": 60, "updating": 30, "deleting": 30})
    services = Services(cloud)
    assert services.create()["runningCount"] == 0
    found = services.found()
    assert (found["runningCount"], found["pendingCount"], found["deployments"][0]["rolloutState"]) == (0, 2, "IN_PROGRESS")
    cloud.advance(61)
    found = services.found()
    assert (found["runningCount"], found["pendingCount"], found["deployments"][0]["rolloutState"]) == (2, 0, "COMPLETED")
    services.ecs.update_service(cluster="shop", service="orders", desiredCount=3)
    assert services.found()["runningCount"] == 2
    cloud.advance(31)
    assert services.found()["runningCount"] == 3
    services.delete()
    assert services.found()["status"] == "DRAINING"
    with refused("ClusterContainsServicesException"):
        services.ecs.delete_cluster(cluster="shop")
    cloud.advance(31)
    assert services.found()["status"] == "INACTIVE"
    services.ecs.delete_cluster(cluster="shop")


def test_waiter(services: Services) -> None:
    services.create()
    services.ecs.get_waiter("services_stable").wait(cluster="shop", services=["orders"], WaiterConfig={"Delay": 0, "MaxAttempts": 3})


def test_arguments_kept(services: Services) -> None:
    breaker = {"enable": True, "rollback": True}
    services.create(
        deploymentConfiguration={"minimumHealthyPercent": 50, "deploymentCircuitBreaker": breaker}, healthCheckGracePeriodSeconds=60,
        enableECSManagedTags=True, enableExecuteCommand=True)
    found = services.found()
    assert found["deploymentConfiguration"]["deploymentCircuitBreaker"] == breaker
    assert (found["deploymentConfiguration"]["minimumHealthyPercent"], found["deploymentConfiguration"]["maximumPercent"]) == (50, 200)
    assert (found["healthCheckGracePeriodSeconds"], found["enableECSManagedTags"], found["enableExecuteCommand"]) == (60, True, True)
    second = services.ecs.register_task_definition(**TASK)["taskDefinition"]["taskDefinitionArn"]
    services.ecs.update_service(cluster="shop", service="orders", taskDefinition="app:2", deploymentConfiguration={"maximumPercent": 150})
    found = services.found()
    assert (found["taskDefinition"], found["deploymentConfiguration"]["maximumPercent"]) == (second, 150)
    assert found["deploymentConfiguration"]["deploymentCircuitBreaker"] == breaker


def test_client_token(services: Services) -> None:
    first = services.create(clientToken="t")
    assert services.create(clientToken="t")["serviceArn"] == first["serviceArn"]
    with refused("InvalidParameterException"):
        services.create(clientToken="t", desiredCount=5)


def test_cluster_settings(services: Services) -> None:
    services.ecs.update_cluster_settings(cluster="shop", settings=[{"name": "containerInsights", "value": "enhanced"}])
    found = services.ecs.describe_clusters(clusters=["shop"], include=["SETTINGS"])["clusters"][0]
    assert {"name": "containerInsights", "value": "enhanced"} in found["settings"]


def test_cluster_made_twice(services: Services) -> None:
    services.create()
    assert services.ecs.create_cluster(clusterName="shop")["cluster"]["status"] == "ACTIVE"
    assert services.found()["serviceName"] == "orders"


def test_definition_filled_in(services: Services) -> None:
    container = {
        "name": "app", "image": "app:1", "portMappings": [{"containerPort": 80}], "healthCheck": {"command": ["CMD", "true"]},
        "environment": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]}
    services.ecs.register_task_definition(**{**TASK, "cpu": ".25 vCPU", "containerDefinitions": [container]})
    found = services.ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]
    assert (found["revision"], found["cpu"]) == (2, "256")
    told = found["containerDefinitions"][0]
    assert told["portMappings"] == [{"containerPort": 80, "hostPort": 80, "protocol": "tcp"}]
    assert (told["essential"], told["cpu"], told["systemControls"], told["healthCheck"]["interval"]) == (True, 0, [], 30)
    assert {pair["name"] for pair in told["environment"]} == {"A", "B"}
    services.ecs.deregister_task_definition(taskDefinition="app:2")
    assert services.ecs.describe_task_definition(taskDefinition="app")["taskDefinition"]["revision"] == 1
    arns = services.ecs.list_task_definitions(familyPrefix="app", sort="DESC", maxResults=1)["taskDefinitionArns"]
    assert [arn.split("/")[-1] for arn in arns] == ["app:1"]


BROKEN = {
    "log group": ({"logConfiguration": {"logDriver": "awslogs", "options": {
        "awslogs-group": "nothing", "awslogs-region": "eu-central-1", "awslogs-stream-prefix": "x"}}}, "log group does not exist"),
    "secret": ({"secrets": [{"name": "P", "valueFrom": f"arn:aws:secretsmanager:eu-central-1:{ACCOUNT}:secret:nothing-AbCdEf:password::"}]}, "specified secret"),
    "parameter": ({"secrets": [{"name": "P", "valueFrom": "/nothing"}]}, "invalid parameters"),
    "image": ({"image": f"{ACCOUNT}.dkr.ecr.eu-central-1.amazonaws.com/nothing:1"}, "CannotPullContainerError"),
}


def broken(services: Services, case: str) -> str:
    container = {**TASK["containerDefinitions"][0], **BROKEN[case][0]}
    task = {**TASK, "executionRoleArn": f"arn:aws:iam::{ACCOUNT}:role/x", "containerDefinitions": [container]}
    return str(services.ecs.register_task_definition(**task)["taskDefinition"]["taskDefinitionArn"])


@pytest.mark.parametrize("case", BROKEN)
def test_tasks_that_do_not_start(services: Services, case: str) -> None:
    services.create(taskDefinition=broken(services, case))
    found = services.found()
    assert (found["runningCount"], found["deployments"][0]["failedTasks"], found["deployments"][0]["rolloutState"]) == (0, 3, "IN_PROGRESS")
    arns = services.ecs.list_tasks(cluster="shop", serviceName="orders", desiredStatus="STOPPED")["taskArns"]
    tasks = services.ecs.describe_tasks(cluster="shop", tasks=arns)["tasks"]
    assert [BROKEN[case][1] in task["stoppedReason"] for task in tasks] == [True]
    assert services.ecs.list_tasks(cluster="shop", serviceName="other", desiredStatus="STOPPED")["taskArns"] == []


def test_circuit_breaker(services: Services) -> None:
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    services.create(deploymentConfiguration=breaker)
    first = services.found()
    services.ecs.update_service(cluster="shop", service="orders", taskDefinition=broken(services, "secret"))
    found = services.found()
    assert found["taskDefinition"] == services.definition
    assert (found["runningCount"], found["deployments"][0]["id"], found["deployments"][0]["rolloutState"]) == (2, first["deployments"][0]["id"], "COMPLETED")
    said = [event["message"] for event in found["events"]]
    assert any("tasks failed to start" in text for text in said) and any("rolling back to deployment" in text for text in said)


def test_circuit_breaker_with_nothing_to_go_back_to(services: Services) -> None:
    services.create(taskDefinition=broken(services, "image"), deploymentConfiguration={"deploymentCircuitBreaker": {"enable": True, "rollback": True}})
    assert services.found()["deployments"][0]["rolloutState"] == "FAILED"
