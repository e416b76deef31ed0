"""Faults by rule: a call that matches is throttled, fails, is slow, loses its reply, or makes something that cannot
be seen for a while."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any

from . import wire
from .lifetimes import Clock

KINDS = ("throttle", "error", "delay", "drop_reply", "not_found_after_create")

# How each service says "slow down"; ThrottlingException where it is not listed.
THROTTLES = {
    "ec2": ("RequestLimitExceeded", 503),
    "iam": ("Throttling", 400),
    "sts": ("Throttling", 400),
    "rds": ("Throttling", 400),
    "elasticache": ("Throttling", 400),
    "elbv2": ("Throttling", 400),
    "sns": ("Throttling", 400),
    "sqs": ("RequestThrottled", 403),
    "s3": ("SlowDown", 503),
    "lambda": ("TooManyRequestsException", 429),
}
SERVER_ERRORS = {"ec2": "InternalError", "s3": "InternalError", "kms": "KMSInternalException", "iam": "ServiceFailure"}

# What a create call makes: where its id is in the reply, and how the service says that it does not know it.
CREATED: dict[str, tuple[str, str]] = {
    "ec2.CreateVpc": ("vpcId", "InvalidVpcID.NotFound"),
    "ec2.CreateSubnet": ("subnetId", "InvalidSubnetID.NotFound"),
    "ec2.CreateInternetGateway": ("internetGatewayId", "InvalidInternetGatewayID.NotFound"),
    "ec2.AllocateAddress": ("allocationId", "InvalidAllocationID.NotFound"),
    "ec2.CreateNatGateway": ("natGatewayId", "NatGatewayNotFound"),
    "ec2.CreateRouteTable": ("routeTableId", "InvalidRouteTableID.NotFound"),
    "ec2.CreateSecurityGroup": ("groupId", "InvalidGroup.NotFound"),
    "ec2.CreateVpcEndpoint": ("vpcEndpointId", "InvalidVpcEndpointId.NotFound"),
    "ec2.CreateNetworkInterface": ("networkInterfaceId", "InvalidNetworkInterfaceID.NotFound"),
    "ec2.AuthorizeSecurityGroupIngress": ("securityGroupRuleId", "InvalidSecurityGroupRuleId.NotFound"),
    "ec2.AuthorizeSecurityGroupEgress": ("securityGroupRuleId", "InvalidSecurityGroupRuleId.NotFound"),
    "ec2.CreateFlowLogs": ("item", "InvalidFlowLogId.NotFound"),
    "kms.CreateKey": ("KeyId", "NotFoundException"),
    "iam.CreateRole": ("RoleName", "NoSuchEntity"),
    "iam.CreatePolicy": ("Arn", "NoSuchEntity"),
    "rds.CreateDBInstance": ("DBInstanceIdentifier", "DBInstanceNotFound"),
    "ecs.CreateCluster": ("clusterName", "ClusterNotFoundException"),
    "ecs.CreateService": ("serviceName", "ServiceNotFoundException"),
    "secretsmanager.CreateSecret": ("ARN", "ResourceNotFoundException"),
    "sns.CreateTopic": ("TopicArn", "NotFound"),
    "lambda.CreateFunction": ("FunctionName", "ResourceNotFoundException"),
    "lambda.CreateEventSourceMapping": ("UUID", "ResourceNotFoundException"),
}
# Where the create call answers nothing, the name it was given.
CREATED_AS: dict[str, tuple[str, str]] = {
    "kinesis.CreateStream": ("StreamName", "ResourceNotFoundException"),
    "logs.CreateLogGroup": ("logGroupName", "ResourceNotFoundException"),
    "kms.CreateAlias": ("AliasName", "NotFoundException"),
    "sqs.CreateQueue": ("QueueName", "AWS.SimpleQueueService.NonExistentQueue"),
}


@dataclass
class Rule:
    operation: str
    kind: str
    times: int | None = 1
    after: int = 0
    code: str | None = None
    status: int | None = None
    message: str | None = None
    seconds: float = 0.0
    reads: int | None = None
    mentions: str | None = None
    probability: float = 1.0
    seed: int = 0
    matched: int = 0
    hit: int = 0
    _chance: random.Random = field(default_factory=random.Random, repr=False)

    @classmethod
    def read(cls, document: dict[str, Any]) -> Rule:
        known = {"operation", "kind", "times", "after", "code", "status", "message", "seconds", "reads", "mentions",
                 "probability", "seed"}
        strange = set(document) - known
        if strange:
            raise ValueError(f"a fault rule has no {', '.join(sorted(strange))}; it has {', '.join(sorted(known))}")
        if document.get("kind") not in KINDS:
            raise ValueError(f"kind is one of {', '.join(KINDS)}")
        if "operation" not in document:
            raise ValueError('a fault rule needs an operation, such as "ec2.CreateVpc" or "ec2.*"')
        rule = cls(**document)
        rule._chance = random.Random(rule.seed)
        return rule

    def applies(self, call: wire.Call) -> bool:
        """Whether this call is hit; counts the match in either case."""
        if not fnmatchcase(call.name, self.operation):
            return False
        if self.mentions and self.mentions.encode() not in call.body:
            return False
        self.matched += 1
        if self.matched <= self.after or (self.times is not None and self.hit >= self.times):
            return False
        if self.probability < 1 and self._chance.random() >= self.probability:
            return False
        self.hit += 1
        return True

    def report(self) -> dict[str, Any]:
        shown = {name: value for name, value in vars(self).items() if not name.startswith("_")}
        return {name: value for name, value in shown.items() if value is not None}


@dataclass
class Unseen:
    """Something that exists but cannot be read yet."""

    service: str
    name: str
    code: str
    until: float | None
    reads: int | None


class Faults:
    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._lock = Lock()
        self.clear()

    def clear(self) -> None:
        self._rules: list[Rule] = []
        self._unseen: list[Unseen] = []

    def set(self, documents: list[dict[str, Any]]) -> None:
        rules = [Rule.read(document) for document in documents]
        with self._lock:
            self._rules = rules

    def report(self) -> list[dict[str, Any]]:
        with self._lock:
            return [rule.report() for rule in self._rules]

    def hit(self, call: wire.Call) -> list[Rule]:
        """The rules that this call runs into, counted once."""
        with self._lock:
            return [rule for rule in self._rules if rule.applies(call)]

    def before(self, call: wire.Call, rules: Sequence[Rule]) -> wire.Reply | None:
        """What happens instead of the call."""
        for rule in rules:
            if rule.kind == "delay":
                time.sleep(rule.seconds)
            elif rule.kind == "throttle":
                code, status = THROTTLES.get(call.service, ("ThrottlingException", 400))
                return wire.error(call, rule.code or code, rule.message or "Rate exceeded", rule.status or status)
            elif rule.kind == "error":
                code = rule.code or SERVER_ERRORS.get(call.service, "InternalFailure")
                message = rule.message or "A fault that a rule of the local cloud asked for."
                return wire.error(call, code, message, rule.status or (400 if rule.code else 500))
        return self._not_seen(call)

    def after(self, call: wire.Call, rules: Sequence[Rule], reply: wire.Reply) -> None:
        """What happens to the reply, and to what the call has made."""
        for rule in rules:
            if rule.kind == "drop_reply":
                reply.drop = True
            elif rule.kind == "not_found_after_create" and reply.status < 300:
                self._hide(call, rule, reply)

    def _hide(self, call: wire.Call, rule: Rule, reply: wire.Reply) -> None:
        made = created(call, reply)
        if made:
            name, code = made
            reads = rule.reads if rule.reads is not None or rule.seconds else 1
            until = self.clock.now() + rule.seconds if rule.seconds else None
            with self._lock:
                self._unseen.append(Unseen(call.service, name, rule.code or code, until, reads))

    def _not_seen(self, call: wire.Call) -> wire.Reply | None:
        with self._lock:
            now = self.clock.now()
            self._unseen = [u for u in self._unseen
                            if (u.until is None or u.until > now) and (u.reads is None or u.reads > 0)]
            for unseen in self._unseen:
                if unseen.service == call.service and _names(call, unseen.name):
                    if unseen.reads is not None:
                        unseen.reads -= 1
                    status = 404 if unseen.code == "NoSuchEntity" else 400
                    return wire.error(call, unseen.code, f"{unseen.name} does not exist", status)
        return None


def created(call: wire.Call, reply: wire.Reply) -> tuple[str, str] | None:
    """The id or name of what a successful create call made, and the error for one that is not known."""
    if call.name in CREATED_AS:
        parameter, code = CREATED_AS[call.name]
        return call.parameters.get(parameter, ""), code
    if call.name not in CREATED:
        return None
    member, code = CREATED[call.name]
    if call.protocol in ("ec2", "query"):
        found = re.search(rf"<{member}>([^<]+)</{member}>".encode(), reply.body)
        return (found[1].decode(), code) if found else None
    found_value = _find(json.loads(reply.body), member)
    return (found_value, code) if found_value else None


def _find(document: Any, member: str) -> str | None:
    if isinstance(document, dict):
        if isinstance(document.get(member), str):
            return document[member]
        document = list(document.values())
    if isinstance(document, list):
        for item in document:
            found = _find(item, member)
            if found:
                return found
    return None


def _names(call: wire.Call, name: str) -> bool:
    """Whether a call is about this very object; a filter that names it finds nothing, but is no error."""
    if name.encode() not in call.body and name not in call.environ.get("PATH_INFO", ""):
        return False
    return any(_mentions(value, name) for key, value in call.parameters.items() if key not in ("Filters", "Filter"))


def _mentions(value: Any, name: str) -> bool:
    if isinstance(value, dict):
        return any(_mentions(item, name) for item in value.values())
    if isinstance(value, list):
        return any(_mentions(item, name) for item in value)
    return isinstance(value, str) and (value == name or value.endswith(("/" + name, ":" + name)))
