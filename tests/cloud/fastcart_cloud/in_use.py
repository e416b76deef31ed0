"""What other services keep in subnets and security groups. In AWS they have network interfaces there; moto gives
them none, so they are asked. Only services that this server has used are looked at."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

BACKENDS = {"awslambda_simple": "lambda_simple_backends"}


def backend_of(service: str, ec2: Any) -> Any:
    """Another service's backend of the same account and region, where that service is in use."""
    module = sys.modules.get(f"moto.{service}.models")
    backends = getattr(module, BACKENDS.get(service, f"{service}_backends"), None)
    if backends is None or ec2.account_id not in list(backends):
        return None
    regions = backends[ec2.account_id]
    return regions[ec2.region_name] if ec2.region_name in list(regions.keys()) else None


def subnet_users(ec2: Any, subnet_id: str) -> list[str]:
    return [name for name, subnets, _ in placed(ec2) if subnet_id in subnets]


def security_group_users(ec2: Any, group_id: str) -> list[str]:
    return [name for name, _, groups in placed(ec2) if group_id in groups]


def placed(ec2: Any) -> Iterable[tuple[str, list[str], list[str]]]:
    """Each thing that sits in the network: its name, its subnets, its security groups."""
    rds = backend_of("rds", ec2)
    for instance in rds.databases.values() if rds else []:
        group = rds.subnet_groups.get(getattr(instance, "_db_subnet_group_name", None) or "")
        subnets = [subnet["SubnetIdentifier"] for subnet in group.subnets] if group else []
        yield instance.db_instance_identifier, subnets, list(getattr(instance, "vpc_security_group_ids", None) or [])
    elbv2 = backend_of("elbv2", ec2)
    for balancer in elbv2.load_balancers.values() if elbv2 else []:
        yield balancer.name, [s.id for s in balancer.subnets], list(balancer.security_groups or [])
    functions = backend_of("awslambda_simple", ec2)
    for function in functions.list_functions(None) if functions else []:
        network = function._vpc_config or {}
        yield function.function_name, list(network.get("SubnetIds", [])), list(network.get("SecurityGroupIds", []))
    elasticache = backend_of("elasticache", ec2)
    for group in elasticache.replication_groups.values() if elasticache else []:
        subnets = elasticache.cache_subnet_groups.get(group.cache_subnet_group_name or "")
        yield group.replication_group_id, list(subnets.subnet_ids) if subnets else [], list(group.security_group_ids or [])
    ecs = backend_of("ecs", ec2)
    for service in ecs.services.values() if ecs else []:
        network = (service.network_configuration or {}).get("awsvpcConfiguration") or {}
        if service.status != "INACTIVE" and service.desired_count + service.running_count:
            yield service.name, list(network.get("subnets") or []), list(network.get("securityGroups") or [])
