"""CloudWatch as the Rust SDK speaks to it, over CBOR, next to JSON as boto3 does."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.parsers
import botocore.serialize
import botocore.session
import pytest
from botocore.model import ServiceModel
from conftest import REGION, Cloud, refused

from fastcart_cloud import cbor

MODEL = ServiceModel(botocore.session.Session().get_component("data_loader").load_service_model("cloudwatch", "service-2"))
SIGNED = f"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20260101/{REGION}/monitoring/aws4_request, SignedHeaders=host, Signature=0"
ALARM = {
    "AlarmName": "lag", "Namespace": "AWS/Kinesis", "MetricName": "GetRecords.IteratorAgeMilliseconds", "Statistic": "Maximum",
    "Period": 60, "EvaluationPeriods": 3, "Threshold": 60000.5, "ComparisonOperator": "GreaterThanThreshold",
    "Dimensions": [{"Name": "StreamName", "Value": "orders"}], "Tags": [{"Key": "a", "Value": "b"}],
}


def over_cbor(cloud: Cloud, operation: str, **parameters: Any) -> dict[str, Any]:
    """One call as botocore's own CBOR serializer writes it, read by its own parser."""
    model = MODEL.operation_model(operation)
    request = botocore.serialize.create_serializer("smithy-rpc-v2-cbor").serialize_to_request(parameters, model)
    headers = {**request["headers"], "Authorization": SIGNED}
    sent = urllib.request.Request(cloud.url + request["url_path"], data=request["body"], headers=headers, method="POST")
    try:
        with urllib.request.urlopen(sent, timeout=10) as answer:
            status, body, headers = answer.status, answer.read(), dict(answer.headers)
    except urllib.error.HTTPError as answer:
        status, body, headers = answer.code, answer.read(), dict(answer.headers)
    assert headers["smithy-protocol"] == "rpc-v2-cbor"
    parser = botocore.parsers.create_parser("smithy-rpc-v2-cbor")
    return parser.parse({"status_code": status, "headers": headers, "body": body}, model.output_shape)


def test_alarms(cloud: Cloud) -> None:
    over_cbor(cloud, "PutMetricAlarm", **ALARM)
    found = over_cbor(cloud, "DescribeAlarms", AlarmNames=["lag"])["MetricAlarms"][0]
    by_json = cloud.client("cloudwatch").describe_alarms(AlarmNames=["lag"])["MetricAlarms"][0]
    for alarm in (found, by_json):
        for name, value in ALARM.items():
            assert name == "Tags" or alarm[name] == value
    assert isinstance(found["Threshold"], float)
    assert abs(found["AlarmConfigurationUpdatedTimestamp"] - by_json["AlarmConfigurationUpdatedTimestamp"]) < timedelta(seconds=1)
    assert over_cbor(cloud, "ListTagsForResource", ResourceARN=found["AlarmArn"])["Tags"] == [{"Key": "a", "Value": "b"}]
    over_cbor(cloud, "DeleteAlarms", AlarmNames=["lag"])
    assert over_cbor(cloud, "DescribeAlarms", AlarmNames=["lag"])["MetricAlarms"] == []
    assert cloud.requests()["by_operation"]["cloudwatch.PutMetricAlarm"] == 1


def test_tags_belong_to_the_alarm_that_is_new(cloud: Cloud) -> None:
    over_cbor(cloud, "PutMetricAlarm", **ALARM)
    over_cbor(cloud, "SetAlarmState", AlarmName="lag", StateValue="ALARM", StateReason="test")
    over_cbor(cloud, "PutMetricAlarm", **{**ALARM, "Threshold": 1.0, "Tags": [{"Key": "a", "Value": "c"}]})
    alarm = over_cbor(cloud, "DescribeAlarms", AlarmNames=["lag"])["MetricAlarms"][0]
    assert (alarm["Threshold"], alarm["StateValue"]) == (1.0, "ALARM")
    tags = over_cbor(cloud, "ListTagsForResource", ResourceARN=alarm["AlarmArn"])["Tags"]
    assert tags == ALARM["Tags"]
    over_cbor(cloud, "DeleteAlarms", AlarmNames=["lag"])
    over_cbor(cloud, "PutMetricAlarm", **{**ALARM, "Tags": []})
    assert over_cbor(cloud, "ListTagsForResource", ResourceARN=alarm["AlarmArn"])["Tags"] == []


def test_what_is_kept_of_an_alarm(cloud: Cloud) -> None:
    query = {"PromQLCriteria": {"Query": "up == 0", "PendingPeriod": 60}}
    over_cbor(cloud, "PutMetricAlarm", AlarmName="q", EvaluationCriteria=query, EvaluationInterval=60)
    found = over_cbor(cloud, "DescribeAlarms", AlarmNames=["q"])["MetricAlarms"][0]
    assert (found["EvaluationCriteria"], found["EvaluationInterval"]) == (query, 60)
    over_cbor(cloud, "PutMetricAlarm", **{**{k: v for k, v in ALARM.items() if k != "Statistic"}, "ExtendedStatistic": "tm90"})
    assert over_cbor(cloud, "DescribeAlarms", AlarmNames=["lag"])["MetricAlarms"][0]["ExtendedStatistic"] == "tm90"
    wrong = over_cbor(cloud, "PutMetricAlarm", AlarmName="q", EvaluationCriteria=query, EvaluationInterval=60, Period=60)
    assert wrong["Error"]["Code"] == "ValidationError"


def test_metrics_and_dashboards(cloud: Cloud) -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    over_cbor(cloud, "PutMetricData", Namespace="Shop", MetricData=[{"MetricName": "Orders", "Value": 3.0, "Timestamp": now}])
    points = over_cbor(cloud, "GetMetricStatistics", Namespace="Shop", MetricName="Orders", StartTime=now - timedelta(minutes=5),
                       EndTime=now + timedelta(minutes=5), Period=60, Statistics=["Sum"])["Datapoints"]
    assert [point["Sum"] for point in points] == [3.0]
    over_cbor(cloud, "PutDashboard", DashboardName="shop", DashboardBody='{"widgets": []}')
    assert over_cbor(cloud, "GetDashboard", DashboardName="shop")["DashboardBody"] == '{"widgets": []}'


def test_errors(cloud: Cloud) -> None:
    unknown = over_cbor(cloud, "GetDashboard", DashboardName="nothing")
    assert unknown["Error"]["Code"] in ("ResourceNotFound", "DashboardNotFoundError")
    assert unknown["ResponseMetadata"]["HTTPStatusCode"] == 404
    lacking = over_cbor(cloud, "PutCompositeAlarm", AlarmName="a", AlarmRule="ALARM(b)")
    assert (lacking["Error"]["Code"], lacking["ResponseMetadata"]["HTTPStatusCode"]) == ("NotImplemented", 501)
    cloud.faults({"operation": "cloudwatch.DescribeAlarms", "kind": "throttle"})
    assert over_cbor(cloud, "DescribeAlarms")["Error"]["Code"] == "ThrottlingException"


@pytest.mark.parametrize("wrong", [{"ComparisonOperator": "Above"}, {"EvaluationPeriods": 0}, {"Period": 45}, {"MetricName": ""}, {"ExtendedStatistic": "p99"}])
def test_alarm_refused(cloud: Cloud, wrong: Any) -> None:
    with refused("ValidationError"):
        cloud.client("cloudwatch").put_metric_alarm(**{**ALARM, **wrong})
    if "ComparisonOperator" in wrong or "Period" in wrong:  # the others botocore does not even send
        assert over_cbor(cloud, "PutMetricAlarm", **{**ALARM, **wrong})["Error"]["Code"] == "ValidationError"


@pytest.mark.parametrize("value", [
    None, True, False, 0, 23, 24, 255, 256, 65536, 2**40, -1, -500, 1.5, "", "ü", b"\x00\xff", [], [1, [2]], {}, {"a": {"b": [None]}},
    datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
])
def test_cbor_round_trip(value: Any) -> None:
    assert cbor.loads(cbor.dumps(value)) == value


def test_cbor_of_unknown_length() -> None:
    assert cbor.loads(bytes.fromhex("bf6161019f0203ff7f61626163ffff".replace("9f0203ff7f61626163ff", "61629f0203ff"))) == {"a": 1, "b": [2, 3]}
    assert cbor.loads(bytes.fromhex("7f61626163ff")) == "bc"
    assert cbor.loads(bytes.fromhex("f93c00")) == 1.0
