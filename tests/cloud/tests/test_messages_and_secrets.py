"""SQS, SNS and Secrets Manager."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import ACCOUNT, REGION, Cloud, refused

DEAD = f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"


def test_a_queue_name_is_not_free_at_once(cloud: Cloud) -> None:
    cloud.lifetimes(sqs_queue={"deleting": 60})
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    sqs.delete_queue(QueueUrl=url)
    with refused("AWS.SimpleQueueService.QueueDeletedRecently"):
        sqs.create_queue(QueueName="dead")
    cloud.advance(61)
    sqs.create_queue(QueueName="dead")


@pytest.mark.parametrize("attributes", [{"VisibilityTimeout": "50000"}, {"DelaySeconds": "-1"}, {"MessageRetentionPeriod": "30"}])
def test_queue_attributes(cloud: Cloud, attributes: dict[str, str]) -> None:
    sqs = cloud.client("sqs")
    with refused("InvalidAttributeValue"):
        sqs.create_queue(QueueName="dead", Attributes=attributes)
    url = sqs.create_queue(QueueName="dead")["QueueUrl"]
    with refused("InvalidAttributeValue"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes=attributes)


def test_dead_letter_queue(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    redrive = {"RedrivePolicy": json.dumps({"deadLetterTargetArn": DEAD, "maxReceiveCount": 3})}
    with refused("InvalidParameterValue"):
        sqs.create_queue(QueueName="orders", Attributes=redrive)
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    sqs.create_queue(QueueName="orders", Attributes=redrive)
    allow = json.dumps({"redrivePermission": "denyAll"})
    sqs.set_queue_attributes(QueueUrl=dead, Attributes={"RedriveAllowPolicy": allow})
    assert json.loads(sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["All"])["Attributes"]["RedriveAllowPolicy"]) == json.loads(allow)


def test_topics(cloud: Cloud) -> None:
    sns = cloud.client("sns")
    made: dict[str, Any] = {"Name": "alarms", "Attributes": {"TracingConfig": "Active", "DisplayName": "a"}, "Tags": [{"Key": "a", "Value": "b"}]}
    arn = sns.create_topic(**made)["TopicArn"]
    assert sns.create_topic(**made)["TopicArn"] == sns.create_topic(Name="alarms")["TopicArn"] == arn
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["TracingConfig"] == "Active"
    for other in ({"Attributes": {"DisplayName": "z"}}, {"Tags": [{"Key": "c", "Value": "d"}]}):
        with refused("InvalidParameter"):
            sns.create_topic(**{**made, **other})
    with refused("InvalidParameter"):
        sns.subscribe(TopicArn=arn, Protocol="pigeon", Endpoint="x")
    assert sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")["SubscriptionArn"] == "pending confirmation"


@pytest.mark.parametrize("immediately", [True, False])
def test_rotation(cloud: Cloud, immediately: bool) -> None:
    made = cloud.control("POST", "/seed", {"functions": [{"name": "rotate"}], "secrets": [{"name": "db", "value": {"username": "u", "password": "p"}}]})
    client = cloud.client("secretsmanager")
    client.rotate_secret(SecretId="db", RotationLambdaARN=made["functions"]["rotate"], RotateImmediately=immediately,
                         RotationRules={"AutomaticallyAfterDays": 30})
    value = json.loads(client.get_secret_value(SecretId="db")["SecretString"])
    assert value["username"] == "u"
    assert (value["password"] != "p") is immediately
    described = client.describe_secret(SecretId="db")
    assert (described["RotationEnabled"], described["RotationRules"]["AutomaticallyAfterDays"]) == (True, 30)
    stages = sorted(stage for held in described["VersionIdsToStages"].values() for stage in held)
    assert stages == (["AWSCURRENT", "AWSPREVIOUS"] if immediately else ["AWSCURRENT"])


def test_rotation_by_an_unknown_function(cloud: Cloud) -> None:
    client = cloud.client("secretsmanager")
    client.create_secret(Name="db", SecretString="{}")
    with refused("ResourceNotFoundException"):
        client.rotate_secret(SecretId="db", RotationLambdaARN=f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:nothing")
    with refused("InvalidRequestException"):
        client.rotate_secret(SecretId="db")
    assert "RotationLambdaARN" not in client.describe_secret(SecretId="db")


def test_secret_names(cloud: Cloud) -> None:
    client = cloud.client("secretsmanager")
    client.create_secret(Name="db", SecretString="{}")
    with refused("ResourceExistsException"):
        client.create_secret(Name="db", SecretString="{}")
    client.delete_secret(SecretId="db", RecoveryWindowInDays=7)
    with refused("InvalidRequestException"):
        client.create_secret(Name="db", SecretString="{}")
    with refused("InvalidParameterException"):
        client.create_secret(Name="other", SecretString="{}", KmsKeyId="alias/nothing")


def test_what_is_not_named_stays(cloud: Cloud) -> None:
    sqs = cloud.client("sqs")
    url = sqs.create_queue(QueueName="dead", Attributes={"KmsMasterKeyId": "alias/aws/sqs"})["QueueUrl"]
    of = lambda: sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]  # noqa: E731
    assert of()["SqsManagedSseEnabled"] == "false"
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "sqs:*", "Resource": DEAD}]}
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"DelaySeconds": "5"})
    assert json.loads(of()["Policy"]) == policy
    with refused("InvalidAttributeValue"):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "alias/aws/sqs", "SqsManagedSseEnabled": "true"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"KmsMasterKeyId": "", "SqsManagedSseEnabled": "true"})
    assert of()["SqsManagedSseEnabled"] == "true" and "KmsMasterKeyId" not in of()


@pytest.mark.parametrize("service", ["sqs", "sns", "secretsmanager"])
def test_principals_exist(cloud: Cloud, service: str) -> None:
    nobody = f"arn:aws:iam::{ACCOUNT}:role/nobody"
    policy = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": nobody}, "Action": f"{service}:*", "Resource": "*"}]})
    client = cloud.client(service)
    if service == "sqs":
        with refused("InvalidAttributeValue"):
            client.create_queue(QueueName="dead", Attributes={"Policy": policy})
    elif service == "sns":
        arn = client.create_topic(Name="alarms")["TopicArn"]
        with refused("InvalidParameter"):
            client.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    else:
        client.create_secret(Name="db")
        with refused("MalformedPolicyDocumentException"):
            client.put_resource_policy(SecretId="db", ResourcePolicy=policy)


def test_a_subscription_waits_for_its_confirmation(cloud: Cloud) -> None:
    sns = cloud.client("sns")
    topic = sns.create_topic(Name="alarms")["TopicArn"]
    arn = sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com", ReturnSubscriptionArn=True)["SubscriptionArn"]
    of = lambda: sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]  # noqa: E731
    assert of()["PendingConfirmation"] == "true"
    with refused("InvalidParameter"):
        sns.unsubscribe(SubscriptionArn=arn)
    sns.confirm_subscription(TopicArn=topic, Token=arn)
    assert of()["PendingConfirmation"] == "false"
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue='{"a": ["b"]}')
    assert of()["FilterPolicyScope"] == "MessageAttributes"
    with refused("InvalidParameter"):
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="a@example.com", Attributes={"FilterPolicy": '{"a": ["c"]}'})
    sns.set_subscription_attributes(SubscriptionArn=arn, AttributeName="FilterPolicy", AttributeValue="{}")
    assert "FilterPolicy" not in of()
    sns.unsubscribe(SubscriptionArn=arn)


def test_a_schedule_is_kept(cloud: Cloud) -> None:
    made = cloud.control("POST", "/seed", {"functions": [{"name": "rotate"}], "secrets": [{"name": "db", "value": {"password": "p"}}]})
    client = cloud.client("secretsmanager")
    rotate = {"SecretId": "db", "RotationLambdaARN": made["functions"]["rotate"], "RotateImmediately": False}
    client.rotate_secret(**rotate, RotationRules={"ScheduleExpression": "rate(10 days)", "Duration": "3h"})
    rules = {"ScheduleExpression": "rate(10 days)", "Duration": "3h", "AutomaticallyAfterDays": 10}
    described = client.describe_secret(SecretId="db")
    assert (described["RotationEnabled"], described["RotationRules"]) == (True, rules)
    with refused("InvalidParameterException"):
        client.rotate_secret(**rotate, RotationRules={"Duration": "3h"})
    client.rotate_secret(**rotate, RotationRules={"AutomaticallyAfterDays": 30})
    assert client.describe_secret(SecretId="db")["RotationRules"] == {"AutomaticallyAfterDays": 30}


def test_what_is_emptied(cloud: Cloud) -> None:
    client = cloud.client("secretsmanager")
    client.create_secret(Name="db", Description="d", KmsKeyId="alias/aws/secretsmanager")
    client.update_secret(SecretId="db", Description="", KmsKeyId="")
    described = client.describe_secret(SecretId="db")
    assert "Description" not in described and not described.get("KmsKeyId")


def test_what_is_current_is_read(cloud: Cloud) -> None:
    client = cloud.client("secretsmanager")
    first = client.create_secret(Name="db", SecretString="a")["VersionId"]
    second = client.put_secret_value(SecretId="db", SecretString="b")["VersionId"]
    client.update_secret_version_stage(SecretId="db", VersionStage="AWSCURRENT", RemoveFromVersionId=second, MoveToVersionId=first)
    assert client.get_secret_value(SecretId="db")["SecretString"] == "a"
    assert client.describe_secret(SecretId="db")["VersionIdsToStages"] == {first: ["AWSCURRENT"], second: ["AWSPREVIOUS"]}
