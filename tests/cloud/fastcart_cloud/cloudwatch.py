"""CloudWatch over Smithy RPC v2 CBOR, which is all that the Rust SDK speaks and moto does not: translated to the
JSON protocol and back. And what AWS refuses in an alarm."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import CloudWatchException
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse

from . import cbor, wire
from .corrections import corrects


def as_json(call: wire.Call) -> tuple[dict[str, Any], bytes]:
    """The same call in the JSON protocol."""
    target = f"{call.service_model.metadata['targetPrefix']}.{call.operation}"
    environ = {key: value for key, value in call.environ.items() if key not in ("HTTP_SMITHY_PROTOCOL", "HTTP_ACCEPT")}
    environ.update(
        PATH_INFO="/", REQUEST_URI="/", RAW_URI="/", HTTP_X_AMZ_TARGET=target, CONTENT_TYPE="application/x-amz-json-1.0")
    return environ, json.dumps(call.parameters, default=plain).encode()


def plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    raise TypeError(type(value).__name__)


def as_cbor(call: wire.Call, reply: wire.Reply) -> wire.Reply:
    """The reply to it, for a client that speaks CBOR."""
    document = json.loads(reply.body) if reply.body.strip() else {}
    # x-amzn-query-error has the code that the query protocol knows it by, which clients of CloudWatch look at first
    kept = ("x-amzn-requestid", "x-amzn-query-error")
    headers = [(name, value) for name, value in reply.headers if name.lower() in kept]
    headers += [("Content-Type", "application/cbor"), ("smithy-protocol", "rpc-v2-cbor")]
    if reply.status >= 300:
        code = document.get("__type") or wire.error_code(call, reply)
        document = {"__type": code, "message": document.get("message") or document.get("Message") or ""}
    elif call.operation_model is not None and call.operation_model.output_shape is not None:
        document = typed(document, call.operation_model.output_shape)
    return wire.Reply(reply.status, headers, cbor.dumps(document))


def typed(value: Any, shape: Any) -> Any:
    """JSON's values as those that the shape means: times, bytes, floating point numbers."""
    if value is None:
        return None
    if shape.type_name == "structure":
        return {name: typed(value[name], member) for name, member in shape.members.items() if value.get(name) is not None}
    if shape.type_name == "list":
        return [typed(item, shape.member) for item in value]
    if shape.type_name == "map":
        return {key: typed(item, shape.value) for key, item in value.items()}
    if shape.type_name == "timestamp":
        if isinstance(value, str):
            return datetime.fromisoformat(value.replace("Z", "+00:00"))
        return datetime.fromtimestamp(value, UTC)
    if shape.type_name == "blob":
        return base64.b64decode(value)
    if shape.type_name in ("double", "float"):
        return float(value)
    return value


def alarm_fault(response: Any) -> str | None:
    # AWS: ValidationError for what the service model does not allow, and for parts that do not go together
    model = response.params
    if model.get("EvaluationCriteria"):
        return criteria_fault(model)
    comparison = model.get("ComparisonOperator")
    allowed = ("GreaterThanOrEqualToThreshold", "GreaterThanThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold",
               "LessThanLowerOrGreaterThanUpperThreshold", "LessThanLowerThreshold", "GreaterThanUpperThreshold")
    if comparison not in allowed:
        return f"Value '{comparison}' at 'comparisonOperator' failed to satisfy constraint: Member must satisfy enum value set: [{', '.join(allowed)}]"
    if not model.get("EvaluationPeriods") or model["EvaluationPeriods"] < 1:
        return "Value at 'evaluationPeriods' failed to satisfy constraint: Member must have value greater than or equal to 1"
    if bool(model.get("MetricName")) == bool(model.get("Metrics")):
        return "One of MetricName and Metrics is required, and not both."
    if model.get("EvaluationInterval"):
        return "EvaluationInterval goes with EvaluationCriteria only."
    if model.get("Threshold") is None and not model.get("ThresholdMetricId"):
        return "One of Threshold and ThresholdMetricId is required."
    if model.get("MetricName") and bool(model.get("Statistic")) == bool(model.get("ExtendedStatistic")):
        return "Exactly one of Statistic and ExtendedStatistic must be specified."
    if model.get("Metrics") and (model.get("Period") or model.get("Statistic") or model.get("Dimensions")):
        return "Period, Statistic and Dimensions go into Metrics where Metrics is given."
    period = model.get("Period")
    if period is not None and period not in (10, 20, 30) and (period < 60 or period % 60):
        return "Period must be 10, 20, 30 or a multiple of 60."
    return None


def criteria_fault(model: dict[str, Any]) -> str | None:
    # AWS: a query brings everything with it that the alarm of a metric has beside
    beside = ("MetricName", "Namespace", "Metrics", "Dimensions", "Period", "Unit", "Statistic", "ExtendedStatistic", "Threshold",
              "ComparisonOperator", "ThresholdMetricId", "EvaluationPeriods", "DatapointsToAlarm", "TreatMissingData")
    wrong = [name for name in beside if model.get(name) is not None]
    if wrong:
        return f"{', '.join(wrong)} cannot be specified together with EvaluationCriteria."
    if not model.get("EvaluationInterval"):
        return "EvaluationInterval is required with EvaluationCriteria."
    return None


@corrects(CloudWatchResponse)
def put_metric_alarm(moto: Any, self: Any) -> Any:
    fault = alarm_fault(self)
    if fault:
        raise CloudWatchException("ValidationError", fault)
    answer = moto(self)
    alarm = self.cloudwatch_backend.alarms[self.params["AlarmName"]]
    # AWS: queries, intervals and the accounts of metrics are kept; statistics other than percentiles are taken
    alarm.evaluation_criteria = self.params.get("EvaluationCriteria")
    alarm.evaluation_interval = self.params.get("EvaluationInterval")
    for query, given in zip(alarm.metric_data_queries, self.params.get("Metrics") or [], strict=True):
        query.account_id = given.get("AccountId")
    return answer


@corrects(CloudWatchBackend)
def put_metric_alarm(moto: Any, self: Any, *args: Any, **kwargs: Any) -> Alarm:  # noqa: F811
    known = self.alarms.get(kwargs["name"])
    if known is not None:
        # AWS: tags are ignored where the alarm exists
        kwargs["tags"] = None
    extended = kwargs.pop("extended_statistic", None)
    alarm = moto(self, *args, **kwargs)
    alarm.extended_statistic = extended
    if known is not None:
        # AWS: the alarm keeps its state until it is evaluated anew
        alarm.history = known.history
        for name in ("state_reason", "state_reason_data", "state_value", "state_updated_timestamp"):
            setattr(alarm, name, getattr(known, name))
    return alarm


@corrects(CloudWatchBackend)
def delete_alarms(moto: Any, self: Any, alarm_names: list[str]) -> None:
    # AWS: a later alarm of that name begins without the tags of this one
    for name in alarm_names:
        if name in self.alarms:
            self.tagger.delete_all_tags_for_resource(self.alarms[name].alarm_arn)
    moto(self, alarm_names)
