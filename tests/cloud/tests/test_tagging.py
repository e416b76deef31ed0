"""The index of tags."""

from __future__ import annotations

from conftest import ACCOUNT, REGION, Cloud, refused


def test_index(cloud: Cloud) -> None:
    tags = [{"Key": "owner", "Value": "orders"}]
    cloud.client("cloudwatch").put_metric_alarm(
        AlarmName="age", ComparisonOperator="GreaterThanThreshold", EvaluationPeriods=1, MetricName="m", Namespace="n", Period=60,
        Statistic="Sum", Threshold=1, Tags=tags)
    cloud.client("logs").create_log_group(logGroupName="/orders", tags={"owner": "orders"})
    cloud.client("sns").create_topic(Name="alarms", Tags=tags)
    cloud.client("sqs").create_queue(QueueName="letters", tags={"owner": "orders"})
    key = cloud.client("kms").create_key(Tags=[{"TagKey": "owner", "TagValue": "orders"}])["KeyMetadata"]["Arn"]
    cloud.client("kinesis").create_stream(StreamName="orders", ShardCount=1, Tags={"owner": "orders"})
    at = f"{REGION}:{ACCOUNT}"
    arns = [
        f"arn:aws:cloudwatch:{at}:alarm:age", f"arn:aws:logs:{at}:log-group:/orders", f"arn:aws:sns:{at}:alarms",
        f"arn:aws:sqs:{at}:letters", key, f"arn:aws:kinesis:{at}:stream/orders",
    ]
    index = cloud.client("resourcegroupstaggingapi")
    found = index.get_resources(ResourceARNList=[*arns, f"arn:aws:sns:{at}:nothing"])["ResourceTagMappingList"]
    assert [(it["ResourceARN"], it["Tags"]) for it in found] == [(arn, tags) for arn in arns]


def test_a_list_of_arns_stands_alone(cloud: Cloud) -> None:
    index = cloud.client("resourcegroupstaggingapi")
    with refused("InvalidParameterException"):
        index.get_resources(ResourceARNList=[f"arn:aws:sns:{REGION}:{ACCOUNT}:a"], ResourcesPerPage=10)
    with refused("InvalidParameterException"):
        index.get_resources(ResourceARNList=[f"arn:aws:sns:{REGION}:{ACCOUNT}:a{n}" for n in range(101)])
