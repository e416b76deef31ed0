"""What AWS checks in a policy document beyond its grammar: that those it names exist, and that its owner stays in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

VERSIONS = ("2008-10-17", "2012-10-17")
# Services that act for others under a name that is not that of an API.
MORE_SERVICES = {
    "ecs-tasks", "monitoring.rds", "vpc-flow-logs", "delivery.logs", "spotfleet", "ops.apigateway", "edgelambda",
    "replicator.lambda", "build.apprunner", "tasks.apprunner", "ecs.application-autoscaling", "events", "states",
    "dynamodb.application-autoscaling", "rds.application-autoscaling", "custom-resource.application-autoscaling",
    "cloudwatch", "cloudwatch.crossaccount", "cloudtrail", "config", "export.rds", "elasticmapreduce", "backup",
    "ssm-incidents", "scheduler", "pipes", "transitgateway", "vpce", "network.lb", "ses", "lambda.alarms.cloudwatch",
    "ec2.application-autoscaling", "appstream.application-autoscaling", "elasticfilesystem", "eks-fargate-pods",
    "logdelivery.elb", "logdelivery.elasticloadbalancing", "pods.eks", "elasticache", "ssm", "es", "opensearchservice",
}


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def statements(policy: str) -> list[dict[str, Any]]:
    return [statement for statement in listed(json.loads(policy).get("Statement")) if isinstance(statement, dict)]


def resource_policy_fault(policy: str, account_id: str) -> str | None:
    """Why a resource policy, such as a key's, is refused."""
    try:
        document = json.loads(policy)
    except ValueError:
        return "Policy is not valid JSON."
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), (list, dict)):
        return "Policy document must have a Statement."
    if document.get("Version", VERSIONS[0]) not in VERSIONS:
        return "Policy document must be version 2012-10-17 or greater."
    strange = set(document) - {"Version", "Id", "Statement"}
    if strange:
        return f"Policy has an invalid element: {sorted(strange)[0]}."
    known = {"Sid", "Effect", "Principal", "NotPrincipal", "Action", "NotAction", "Resource", "NotResource", "Condition"}
    for statement in listed(document["Statement"]):
        if not isinstance(statement, dict) or set(statement) - known:
            return "Policy contains a statement with one or more invalid elements."
        if statement.get("Effect") not in ("Allow", "Deny"):
            return "Policy contains a statement without a valid Effect."
        if not any(name in statement for name in ("Action", "NotAction")):
            return "Policy contains a statement with no action."
        if not any(name in statement for name in ("Resource", "NotResource")):
            return "Policy contains a statement with no resource."
        if not any(name in statement for name in ("Principal", "NotPrincipal")):
            return "Policy contains a statement with no principal."
        if unknown_principal(statement, account_id):
            return "Policy contains a statement with one or more invalid principals."
    return None


def principals(statement: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Kind and name of everyone that a statement names."""
    for element in (statement.get("Principal"), statement.get("NotPrincipal")):
        if element == "*":
            yield "AWS", "*"
        elif isinstance(element, dict):
            for kind, names in element.items():
                for name in listed(names):
                    yield kind, str(name)


def unknown_principal(statement: dict[str, Any], account_id: str) -> tuple[str, str] | None:
    for kind, name in principals(statement):
        if kind == "AWS" and not is_known(name, account_id):
            return kind, name
        if kind == "Service" and not is_service(name):
            return kind, name
        if kind not in ("AWS", "Service", "Federated", "CanonicalUser"):
            return kind, name
    return None


def is_known(name: str, account_id: str) -> bool:
    """Whether an AWS principal exists; those of other accounts are taken on trust."""
    if name == "*" or re.fullmatch(r"\d{12}", name):
        return True
    arn = re.fullmatch(r"arn:aws[\w-]*:(iam|sts)::(\d{12}):(.+)", name)
    if not arn:
        return bool(re.fullmatch(r"(AIDA|AROA)[A-Z0-9]+", name))
    if arn[2] != account_id or arn[1] == "sts" or arn[3] == "root":
        return True
    from moto.iam.models import iam_backends

    backend = iam_backends[account_id]["aws"]
    return any(role.arn == name for role in backend.get_roles()) or any(user.arn == name for user in backend.users.values())


@cache
def services() -> frozenset[str]:
    from botocore.session import Session

    return frozenset(Session().get_available_services()) | MORE_SERVICES


def is_service(name: str) -> bool:
    """ecs-tasks.amazonaws.com, or with a region in between: logs.eu-central-1.amazonaws.com."""
    own = re.fullmatch(r"(?P<service>[a-z0-9.-]+?)(\.[a-z]{2}(-[a-z]+)+-\d)?\.(amazonaws\.com(\.cn)?|aws\.internal|api\.aws)", name)
    return bool(own) and (own["service"] in services() or own["service"].split(".")[-1] in services())  # type: ignore[index]


def allows(statement: dict[str, Any], action: str) -> bool:
    if statement.get("Effect") != "Allow":
        return False
    if "NotAction" in statement:
        return not any(fnmatchcase(action.lower(), str(given).lower()) for given in listed(statement["NotAction"]))
    return any(fnmatchcase(action.lower(), str(given).lower()) for given in listed(statement.get("Action")))


def account_may(policy: str, account_id: str, action: str) -> bool:
    """Whether the account, or somebody in it, may do this."""
    for statement in statements(policy):
        if allows(statement, action) and "Principal" in statement:
            for kind, name in principals(statement):
                if kind == "AWS" and (name in ("*", account_id) or f"::{account_id}:" in name):
                    return True
    return False


def service_may(policy: str, service: str, region: str, action: str, context: dict[str, str]) -> bool:
    """Whether a service may do this. Conditions are judged where `context` has their key, and hold otherwise."""
    names = {f"{service}.amazonaws.com", f"{service}.{region}.amazonaws.com"}
    for statement in statements(policy):
        if allows(statement, action) and conditions_hold(statement.get("Condition") or {}, context):
            for kind, name in principals(statement):
                if (kind == "Service" and name in names) or (kind == "AWS" and name == "*"):
                    return True
    return False


def conditions_hold(conditions: dict[str, Any], context: dict[str, str]) -> bool:
    for operator, tests in conditions.items():
        positive = operator.removesuffix("IfExists") in ("StringEquals", "StringLike", "ArnEquals", "ArnLike")
        for key, wanted in tests.items():
            if positive and key in context:
                exact = operator.startswith("StringEquals")
                if not any(context[key] == value if exact else fnmatchcase(context[key], str(value)) for value in listed(wanted)):
                    return False
    return True
