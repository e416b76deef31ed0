"""Lambda: functions, permissions, event source mappings."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from conftest import ACCOUNT, REGION, Cloud, refused


def packed(text: str = "def handler(event, context): pass") -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo("index.py", (2026, 1, 1, 0, 0, 0)), text)
    return file.getvalue()


def role(cloud: Cloud, name: str = "fn", service: str = "lambda.amazonaws.com") -> str:
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}
    return cloud.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]


def function(cloud: Cloud, name: str = "f", **more: Any) -> dict[str, Any]:
    given = {"FunctionName": name, "Runtime": "python3.13", "Handler": "index.handler", "Code": {"ZipFile": packed()}, **more}
    return cloud.client("lambda").create_function(**{"Role": more.get("Role") or role(cloud, f"{name}-role"), **given})


def configuration(cloud: Cloud, name: str = "f") -> dict[str, Any]:
    return cloud.client("lambda").get_function_configuration(FunctionName=name)


def test_a_function_lives(cloud: Cloud) -> None:
    client = cloud.client("lambda")
    cloud.lifetimes(lambda_function={"creating": 10, "updating": 5})
    assert function(cloud)["State"] == "Pending"
    with refused("ResourceConflictException", 409):
        client.update_function_configuration(FunctionName="f", Timeout=10)
    with refused("ResourceConflictException", 409):
        function(cloud, Role=f"arn:aws:iam::{ACCOUNT}:role/f-role")
    cloud.advance(10)
    assert configuration(cloud)["State"] == "Active"
    assert client.update_function_configuration(FunctionName="f", Timeout=10)["LastUpdateStatus"] == "InProgress"
    with refused("ResourceConflictException", 409):
        client.update_function_code(FunctionName="f", ZipFile=packed("other"))
    cloud.advance(5)
    assert configuration(cloud)["LastUpdateStatus"] == "Successful"
    client.delete_function(FunctionName="f")
    with refused("ResourceNotFoundException", 404):
        client.get_function(FunctionName="f")
    with refused("ResourceNotFoundException", 404):
        client.list_versions_by_function(FunctionName="f")


def test_what_is_kept_and_changed(cloud: Cloud) -> None:
    client, letters = cloud.client("lambda"), f"arn:aws:sqs:{REGION}:{ACCOUNT}:dead"
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/26104167-c280-42b3-9975-dd55e51b82c4"
    made = function(cloud, DeadLetterConfig={"TargetArn": letters}, LoggingConfig={"LogFormat": "JSON", "LogGroup": "g"},
                    SnapStart={"ApplyOn": "PublishedVersions"})
    assert made["DeadLetterConfig"] == {"TargetArn": letters}
    assert made["LoggingConfig"] == {"LogFormat": "JSON", "LogGroup": "g", "ApplicationLogLevel": "INFO", "SystemLogLevel": "INFO"}
    assert made["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "Off"}
    changes: list[dict[str, Any]] = [
        {"TracingConfig": {"Mode": "Active"}}, {"EphemeralStorage": {"Size": 1024}}, {"KMSKeyArn": key},
        {"Environment": {"Variables": {"LEVEL": "1"}}}, {"MemorySize": 256}, {"Description": "d"},
    ]
    for change in changes:
        client.update_function_configuration(FunctionName="f", **change)
        for name, value in change.items():
            assert configuration(cloud)[name] == value
    client.update_function_configuration(FunctionName="f", DeadLetterConfig={"TargetArn": ""}, KMSKeyArn="", LoggingConfig={"LogFormat": "Text"})
    now = configuration(cloud)
    assert "DeadLetterConfig" not in now and "KMSKeyArn" not in now
    assert now["LoggingConfig"] == {"LogFormat": "Text", "LogGroup": "/aws/lambda/f"}
    client.update_function_code(FunctionName="f", ZipFile=packed("other"), Architectures=["arm64"])
    assert configuration(cloud)["Architectures"] == ["arm64"]
    client.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    assert client.get_function(FunctionName="f")["Concurrency"] == {"ReservedConcurrentExecutions": 0}


def test_versions(cloud: Cloud) -> None:
    client = cloud.client("lambda")
    function(cloud, Publish=True)
    client.update_function_configuration(FunctionName="f", Timeout=10)
    configuration(cloud)
    assert [client.publish_version(FunctionName="f")["Version"] for _ in range(2)] == ["2", "2"]
    timeouts = {it["Version"]: it["Timeout"] for it in client.list_versions_by_function(FunctionName="f")["Versions"]}
    assert timeouts == {"$LATEST": 10, "1": 3, "2": 10}


def test_code_signing(cloud: Cloud) -> None:
    client, arn = cloud.client("lambda"), f"arn:aws:lambda:{REGION}:{ACCOUNT}:code-signing-config:csc-0f6c334abcdea4d8b"
    function(cloud)
    client.put_function_code_signing_config(FunctionName="f", CodeSigningConfigArn=arn)
    assert client.get_function_code_signing_config(FunctionName="f")["CodeSigningConfigArn"] == arn
    client.delete_function_code_signing_config(FunctionName="f")
    assert "CodeSigningConfigArn" not in client.get_function_code_signing_config(FunctionName="f")


@pytest.mark.parametrize("wrong,code", [
    ({"Code": {"ZipFile": b"text"}}, "InvalidParameterValueException"),
    ({"Runtime": "cobol"}, "ValidationException"),
    ({"MemorySize": 10}, "ValidationException"),
    ({"Role": f"arn:aws:iam::{ACCOUNT}:role/nobody"}, "InvalidParameterValueException"),
    ({"VpcConfig": {"SubnetIds": ["subnet-12345678"], "SecurityGroupIds": []}}, "InvalidParameterValueException"),
])
def test_function_refused(cloud: Cloud, wrong: Any, code: str) -> None:
    with refused(code, 400):
        function(cloud, **wrong)


def test_role_of_another_service(cloud: Cloud) -> None:
    with refused("InvalidParameterValueException"):
        function(cloud, Role=role(cloud, "tasks", "ecs-tasks.amazonaws.com"))


def test_permissions(cloud: Cloud) -> None:
    client = cloud.client("lambda")
    function(cloud, Publish=True)
    with refused("ResourceNotFoundException", 404):
        client.get_policy(FunctionName="f")
    given = {"FunctionName": "f", "StatementId": "s", "Action": "lambda:InvokeFunction", "Principal": "123456789012"}
    client.add_permission(**given, SourceAccount=ACCOUNT, PrincipalOrgID="o-1234567890", SourceArn="arn:aws:s3:::b")
    with refused("ResourceConflictException", 409):
        client.add_permission(**given)
    client.add_permission(**given, Qualifier="1")
    [statement] = json.loads(client.get_policy(FunctionName="f")["Policy"])["Statement"]
    assert statement["Principal"] == {"AWS": "arn:aws:iam::123456789012:root"}
    assert statement["Condition"] == {
        "StringEquals": {"AWS:SourceAccount": ACCOUNT, "aws:PrincipalOrgID": "o-1234567890"}, "ArnLike": {"AWS:SourceArn": "arn:aws:s3:::b"}}
    client.remove_permission(FunctionName="f", StatementId="s")
    assert json.loads(client.get_policy(FunctionName="f", Qualifier="1")["Policy"])["Statement"][0]["Resource"].endswith(":f:1")
    with refused("ResourceNotFoundException", 404):
        client.remove_permission(FunctionName="f", StatementId="s")


def test_a_mapping_lives(cloud: Cloud) -> None:
    client = cloud.client("lambda")
    queue = cloud.client("sqs").create_queue(QueueName="q")["QueueUrl"]
    arn = cloud.client("sqs").get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    function(cloud)
    cloud.lifetimes(lambda_event_source_mapping={"creating": 10, "updating": 5, "deleting": 5})
    made = client.create_event_source_mapping(EventSourceArn=arn, FunctionName="f", Tags={"a": "b"})
    uuid = made["UUID"]
    assert (made["State"], made["BatchSize"], made["MaximumBatchingWindowInSeconds"]) == ("Creating", 10, 0)
    assert client.list_tags(Resource=made["EventSourceMappingArn"])["Tags"] == {"a": "b"}
    with refused("ResourceConflictException", 409):
        client.create_event_source_mapping(EventSourceArn=arn, FunctionName="f")
    with refused("ResourceInUseException", 400):
        client.update_event_source_mapping(UUID=uuid, BatchSize=5)
    cloud.advance(10)
    assert client.update_event_source_mapping(UUID=uuid, Enabled=False)["State"] == "Disabling"
    cloud.advance(5)
    assert client.get_event_source_mapping(UUID=uuid)["State"] == "Disabled"
    assert client.list_event_source_mappings(FunctionName=made["FunctionArn"])["EventSourceMappings"][0]["UUID"] == uuid
    assert client.delete_event_source_mapping(UUID=uuid)["State"] == "Deleting"
    with refused("ResourceInUseException", 400):
        client.delete_event_source_mapping(UUID=uuid)
    cloud.advance(5)
    for call in (client.get_event_source_mapping, client.delete_event_source_mapping):
        with refused("ResourceNotFoundException", 404):
            call(UUID=uuid)


@pytest.mark.parametrize("source,more", [
    (f"arn:aws:sqs:{REGION}:{ACCOUNT}:nothing", {}),
    (f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/nothing", {"StartingPosition": "LATEST"}),
    (f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/c/1", {}),
])
def test_mapping_refused(cloud: Cloud, source: str, more: Any) -> None:
    function(cloud)
    with refused("InvalidParameterValueException", 400):
        cloud.client("lambda").create_event_source_mapping(EventSourceArn=source, FunctionName="f", **more)


def test_mappings_of_kafka(cloud: Cloud) -> None:
    function(cloud)
    client = cloud.client("lambda")
    made = client.create_event_source_mapping(
        EventSourceArn=f"arn:aws:kafka:{REGION}:{ACCOUNT}:cluster/c/1", FunctionName="f", StartingPosition="LATEST", Topics=["orders"])
    assert made["AmazonManagedKafkaEventSourceConfig"] == {"ConsumerGroupId": made["UUID"]}
    made = client.create_event_source_mapping(
        SelfManagedEventSource={"Endpoints": {"KAFKA_BOOTSTRAP_SERVERS": ["b:9092"]}}, FunctionName="f", StartingPosition="LATEST", Topics=["orders"])
    assert "EventSourceArn" not in made and made["BatchSize"] == 100
