"""Kinesis: the life of a stream, tags, encryption keys, consumers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import ACCOUNT, REGION, Cloud, refused

ARN = f"arn:aws:kinesis:{REGION}:{ACCOUNT}:stream/orders"


@pytest.fixture
def kinesis(cloud: Cloud) -> Any:
    return cloud.client("kinesis")


def summary(kinesis: Any, name: str = "orders") -> Any:
    return kinesis.describe_stream_summary(StreamName=name)["StreamDescriptionSummary"]


def orders(kinesis: Any, **more: Any) -> None:
    kinesis.create_stream(**{"StreamName": "orders", "ShardCount": 1, **more})


UPDATES: dict[str, Callable[[Any, str], Any]] = {
    "UpdateShardCount": lambda k, key: k.update_shard_count(StreamName="orders", TargetShardCount=2, ScalingType="UNIFORM_SCALING"),
    "IncreaseStreamRetentionPeriod": lambda k, key: k.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=48),
    "StartStreamEncryption": lambda k, key: k.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key),
    "UpdateStreamMode": lambda k, key: k.update_stream_mode(StreamARN=ARN, StreamModeDetails={"StreamMode": "ON_DEMAND"}),
    "EnableEnhancedMonitoring": lambda k, key: k.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["IncomingBytes"]),
}


@pytest.mark.parametrize("operation", UPDATES)
def test_life(cloud: Cloud, kinesis: Any, operation: str) -> None:
    cloud.lifetimes(kinesis_stream={"creating": 10, "updating": 10, "deleting": 10})
    key = cloud.client("kms").create_key()["KeyMetadata"]["Arn"]
    orders(kinesis)
    assert summary(kinesis)["StreamStatus"] == "CREATING"
    for refused_now in (lambda: UPDATES[operation](kinesis, key), lambda: kinesis.delete_stream(StreamName="orders")):
        with refused("ResourceInUseException"):
            refused_now()
    cloud.advance(11)
    assert summary(kinesis)["StreamStatus"] == "ACTIVE"
    UPDATES[operation](kinesis, key)
    assert summary(kinesis)["StreamStatus"] == "UPDATING"
    with refused("ResourceInUseException"):
        kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=72)
    cloud.advance(11)
    assert summary(kinesis)["StreamStatus"] == "ACTIVE"
    kinesis.delete_stream(StreamName="orders")
    assert summary(kinesis)["StreamStatus"] == "DELETING"
    with refused("ResourceInUseException"):
        orders(kinesis)  # the name is still taken
    cloud.advance(11)
    with refused("ResourceNotFoundException"):
        summary(kinesis)
    with refused("ResourceNotFoundException"):
        kinesis.delete_stream(StreamName="orders")
    orders(kinesis)


def test_zero_lifetimes(kinesis: Any) -> None:
    orders(kinesis)
    assert summary(kinesis)["StreamStatus"] == "ACTIVE"
    kinesis.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=48)
    kinesis.enable_enhanced_monitoring(StreamName="orders", ShardLevelMetrics=["ALL"])
    found = summary(kinesis)
    assert (found["RetentionPeriodHours"], len(found["EnhancedMonitoring"][0]["ShardLevelMetrics"])) == (48, 7)
    kinesis.delete_stream(StreamName="orders")
    orders(kinesis)


def test_tags(kinesis: Any) -> None:
    orders(kinesis, Tags={"Project": "FastCart", "Name": "orders"})

    def tags() -> dict[str, str]:
        by_name = {tag["Key"]: tag["Value"] for tag in kinesis.list_tags_for_stream(StreamName="orders")["Tags"]}
        by_arn = {tag["Key"]: tag["Value"] for tag in kinesis.list_tags_for_resource(ResourceARN=ARN)["Tags"]}
        assert by_name == by_arn
        return by_arn

    assert tags() == {"Project": "FastCart", "Name": "orders"}
    kinesis.tag_resource(ResourceARN=ARN, Tags={"Owner": "shop"})
    kinesis.untag_resource(ResourceARN=ARN, TagKeys=["Name", "nothing"])
    assert tags() == {"Project": "FastCart", "Owner": "shop"}
    with refused("InvalidArgumentException"):
        kinesis.tag_resource(ResourceARN=ARN, Tags={"aws:x": "y"})
    with refused("ResourceNotFoundException"):
        kinesis.list_tags_for_resource(ResourceARN=ARN.replace("orders", "nothing"))


def test_encryption_key(cloud: Cloud, kinesis: Any) -> None:
    kms = cloud.client("kms")
    orders(kinesis)

    def encrypt(key: str) -> Any:
        return kinesis.start_stream_encryption(StreamName="orders", EncryptionType="KMS", KeyId=key)

    for unknown in ("alias/nothing", "00000000-0000-0000-0000-000000000000"):
        with refused("KMSNotFoundException"):
            encrypt(unknown)
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    kms.disable_key(KeyId=key)
    with refused("KMSDisabledException"):
        encrypt(key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with refused("KMSInvalidStateException"):
        encrypt(key)
    encrypt("alias/aws/kinesis")
    assert summary(kinesis)["EncryptionType"] == "KMS"


WRONG: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "duplicate": ("ResourceInUseException", lambda k: (orders(k), orders(k))),
    "no shards": ("ValidationException", lambda k: k.create_stream(StreamName="orders")),
    "shards on demand": ("ValidationException", lambda k: orders(k, StreamModeDetails={"StreamMode": "ON_DEMAND"})),
    "name": ("ValidationException", lambda k: orders(k, StreamName="no spaces")),
    "retention too long": ("InvalidArgumentException", lambda k: (
        orders(k), k.increase_stream_retention_period(StreamName="orders", RetentionPeriodHours=9000))),
    "unknown stream": ("ResourceNotFoundException", lambda k: summary(k)),
    "consumer of an unknown stream": ("ResourceNotFoundException", lambda k: k.register_stream_consumer(StreamARN=ARN, ConsumerName="c")),
    "consumer twice": ("ResourceInUseException", lambda k: (
        orders(k), k.register_stream_consumer(StreamARN=ARN, ConsumerName="c"), k.register_stream_consumer(StreamARN=ARN, ConsumerName="c"))),
    "stream with consumers": ("ResourceInUseException", lambda k: (
        orders(k), k.register_stream_consumer(StreamARN=ARN, ConsumerName="c"), k.delete_stream(StreamName="orders"))),
    "unknown consumer": ("ResourceNotFoundException", lambda k: (orders(k), k.deregister_stream_consumer(StreamARN=ARN, ConsumerName="c"))),
}


@pytest.mark.parametrize("case", WRONG)
def test_refusal(kinesis: Any, case: str) -> None:
    code, act = WRONG[case]
    with refused(code):
        act(kinesis)


def test_consumers(kinesis: Any) -> None:
    orders(kinesis)
    made = kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName="one", Tags={"a": "b"})["Consumer"]
    kinesis.register_stream_consumer(StreamARN=ARN, ConsumerName="two")
    assert made["ConsumerStatus"] == "CREATING"
    assert kinesis.list_tags_for_resource(ResourceARN=made["ConsumerARN"])["Tags"] == [{"Key": "a", "Value": "b"}]
    kinesis.deregister_stream_consumer(StreamARN=ARN, ConsumerName="one")
    left = kinesis.list_stream_consumers(StreamARN=ARN)["Consumers"]
    assert [(c["ConsumerName"], c["ConsumerStatus"]) for c in left] == [("two", "ACTIVE")]
    kinesis.delete_stream(StreamName="orders", EnforceConsumerDeletion=True)


def test_pages(kinesis: Any) -> None:
    for number in range(5):
        orders(kinesis, StreamName=f"s-{number}")
    first = kinesis.list_streams(Limit=2)
    assert (first["StreamNames"], first["HasMoreStreams"], len(first["StreamSummaries"])) == (["s-0", "s-1"], True, 2)
    assert kinesis.list_streams(NextToken=first["NextToken"])["StreamNames"] == ["s-2", "s-3", "s-4"]


def test_records(kinesis: Any) -> None:
    orders(kinesis)
    kinesis.put_record(StreamName="orders", Data=b'{"order": 1}', PartitionKey="p")
    shard = kinesis.list_shards(StreamName="orders")["Shards"][0]["ShardId"]
    iterator = kinesis.get_shard_iterator(StreamName="orders", ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    assert [record["Data"] for record in kinesis.get_records(ShardIterator=iterator)["Records"]] == [b'{"order": 1}']


def test_records_say_how_they_are_encrypted(cloud: Cloud) -> None:
    kinesis = cloud.client("kinesis")
    kinesis.create_stream(StreamName="s", ShardCount=1)
    kinesis.describe_stream_summary(StreamName="s")
    assert kinesis.put_record(StreamName="s", Data=b"x", PartitionKey="p")["EncryptionType"] == "NONE"
    shard = kinesis.list_shards(StreamName="s")["Shards"][0]["ShardId"]
    at = kinesis.get_shard_iterator(StreamName="s", ShardId=shard, ShardIteratorType="TRIM_HORIZON")["ShardIterator"]
    assert [record["EncryptionType"] for record in kinesis.get_records(ShardIterator=at)["Records"]] == ["NONE"]
