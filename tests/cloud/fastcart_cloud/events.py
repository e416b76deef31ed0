"""EventBridge: what belongs to a rule and to a bus, and tags."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.events.exceptions import ResourceNotFoundException, ValidationException
from moto.events.models import EventsBackend, Rule

from .corrections import corrects

TARGETS_OF_A_RULE = 5


@corrects(EventsBackend)
def put_rule(moto: Any, self: Any, name: str, **more: Any) -> Rule:
    bus = self.event_buses.get(self._normalize_event_bus_arn(more.get("event_bus_arn")))
    # AWS: tags are ignored where the rule exists
    if bus is not None and name in bus.rules:
        more["tags"] = None
    return moto(self, name, **more)


@corrects(EventsBackend)
def put_targets(moto: Any, self: Any, name: str, event_bus_arn: str | None, targets: list[dict[str, Any]]) -> None:
    bus = self._get_event_bus(self._normalize_event_bus_arn(event_bus_arn))
    rule = bus.rules.get(name)
    # AWS: five targets for each rule
    if rule is not None and len({target["Id"] for target in [*rule.targets, *targets]}) > TARGETS_OF_A_RULE:
        raise JsonRESTError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
    for target in targets:
        # AWS: one of the three ways to say what is passed on
        ways = [way for way in ("Input", "InputPath", "InputTransformer") if target.get(way)]
        if len(ways) > 1:
            raise ValidationException(f"Only one of Input, InputPath, or InputTransformer must be provided for target {target['Id']}.")
        # AWS: a role that calls the target, where the target does not say itself who may
        if ":ecs:" in target["Arn"] and not target.get("RoleArn"):
            raise ValidationException(f"RoleArn is required for target {target['Arn']}.")
        if ":ecs:" in target["Arn"] and not target.get("EcsParameters"):
            raise ValidationException(f"Parameter(s) EcsParameters must be specified for target: {target['Id']}.")
    moto(self, name, event_bus_arn, targets)


@corrects(EventsBackend)
def delete_event_bus(moto: Any, self: Any, name: str) -> None:
    bus = self.event_buses.get(name)
    # AWS: not while it has rules
    if name != "default" and bus is not None and bus.rules:
        raise ValidationException(f"Event bus {name} can't be deleted since it has rules.")
    moto(self, name)


@corrects(EventsBackend)
def list_tags_for_resource(moto: Any, self: Any, arn: str) -> dict[str, list[dict[str, str]]]:
    # AWS: of the rule of that bus; moto takes the first of that name
    for bus in self.event_buses.values():
        if arn in [bus.arn, *(rule.arn for rule in bus.rules.values())]:
            return self.tagger.list_tags_for_resource(arn)
    raise ResourceNotFoundException(f"Rule {arn.split('/')[-1]} does not exist on EventBus default.")
