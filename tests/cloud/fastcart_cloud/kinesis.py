"""Kinesis: a stream's life, tags when it is made, encryption keys, consumers."""

from __future__ import annotations

import calendar
from collections.abc import Callable
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult, EmptyResult
from moto.kinesis.exceptions import ConsumerNotFound, InvalidArgumentError, ResourceInUseError, ResourceNotFoundError
from moto.kinesis.models import Consumer, KinesisBackend, Stream
from moto.kinesis.responses import KinesisResponse
from moto.kinesis.utils import decompose_shard_iterator

from . import kms
from .corrections import adds, corrects
from .lifetimes import LIFE

# What makes a stream UPDATING for a while, and is refused unless it is ACTIVE.
UPDATES = (
    "update_shard_count", "split_shard", "merge_shards", "start_stream_encryption", "stop_stream_encryption",
    "increase_stream_retention_period", "decrease_stream_retention_period", "update_stream_mode",
    "enable_enhanced_monitoring", "disable_enhanced_monitoring",
)


class ValidationException(JsonRESTError):
    code = 400

    def __init__(self, message: str):
        super().__init__("ValidationException", message)


def not_active(stream: Stream) -> ResourceInUseError:
    return ResourceInUseError(
        f"Stream {stream.stream_name} under account {stream.account_id} not ACTIVE, instead in state {stream.status}")


def named(response: Any) -> Stream:
    name, arn = response._get_param("StreamName"), response._get_param("StreamARN")
    return response.kinesis_backend.describe_stream(arn, name)


@corrects(KinesisResponse)
def create_stream(moto: Any, self: Any) -> ActionResult:
    backend, name = self.kinesis_backend, self._get_param("StreamName")
    mode = (self._get_param("StreamModeDetails") or {}).get("StreamMode", "PROVISIONED")
    # AWS: shards are counted in one mode, and not in the other; moto crashes without
    if mode == "PROVISIONED" and not self._get_param("ShardCount"):
        raise ValidationException("ShardCount is required when StreamMode is PROVISIONED.")
    if mode == "ON_DEMAND" and self._get_param("ShardCount"):
        raise ValidationException("ShardCount must not be specified when StreamMode is ON_DEMAND.")
    if name in backend.streams:
        raise ResourceInUseError(f"Stream {name} under account {backend.account_id} already exists.")
    answer = moto(self)
    stream = backend.streams[name]
    # AWS: tags are given with the stream
    stream.tags.update(self._get_param("Tags") or {})
    # AWS: CREATING, then ACTIVE
    stream.status = "CREATING"
    LIFE.then("kinesis_stream", "creating", lambda: become_active(stream, "CREATING"))
    return answer


def become_active(stream: Stream, was: str) -> None:
    if stream.status == was:
        stream.status = "ACTIVE"


def update(operation: str) -> Callable[[Any, Any], Any]:
    def updated(moto: Any, self: Any) -> Any:
        stream = named(self)
        # AWS: ResourceInUseException unless the stream is ACTIVE
        if stream.status != "ACTIVE":
            raise not_active(stream)
        before = fingerprint(stream)
        answer = moto(self)
        # AWS: UPDATING, then ACTIVE
        if fingerprint(stream) != before:
            stream.status = "UPDATING"
            LIFE.then("kinesis_stream", "updating", lambda: become_active(stream, "UPDATING"))
        return answer

    updated.__name__ = operation
    return updated


def fingerprint(stream: Stream) -> tuple[Any, ...]:
    return (stream.retention_period_hours, sorted(stream.shard_level_metrics), stream.encryption_type, stream.key_id,
            stream.stream_mode.get("StreamMode"), len(stream.shards), stream.shard_count)


for _operation in UPDATES:
    corrects(KinesisResponse)(update(_operation))


@corrects(KinesisBackend)
def enable_enhanced_monitoring(
    moto: Any, self: Any, stream_arn: str | None, stream_name: str | None, shard_level_metrics: list[str]
) -> Any:
    # AWS: ALL stands for each of them; the order is fixed
    wanted = SHARD_METRICS if "ALL" in shard_level_metrics else shard_level_metrics
    arn, name, current, desired = moto(self, stream_arn, stream_name, list(wanted))
    stream = self.describe_stream(stream_arn, stream_name)
    stream.shard_level_metrics = sorted(desired)
    return arn, name, sorted(current), sorted(desired)


SHARD_METRICS = (
    "IncomingBytes", "IncomingRecords", "OutgoingBytes", "OutgoingRecords", "WriteProvisionedThroughputExceeded",
    "ReadProvisionedThroughputExceeded", "IteratorAgeMilliseconds",
)


@corrects(KinesisBackend)
def start_stream_encryption(moto: Any, self: Any, stream_arn: str, stream_name: str, encryption_type: str, key_id: str) -> None:
    # AWS: the key has to exist, and to be enabled
    if not key_id.endswith("alias/aws/kinesis"):
        key = kms.find_key(self.account_id, self.region_name, key_id)
        if key is None:
            raise JsonRESTError("KMSNotFoundException", f"Key '{key_id}' does not exist")
        if key.key_state == "Disabled":
            raise JsonRESTError("KMSDisabledException", f"{key.arn} is disabled.")
        if key.key_state != "Enabled":
            raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
    moto(self, stream_arn, stream_name, encryption_type, key_id)


@corrects(KinesisBackend)
def delete_stream(moto: Any, self: Any, stream_arn: str | None, stream_name: str | None) -> Stream:
    stream = self.describe_stream(stream_arn, stream_name)
    # AWS: not while it is being made, nor twice
    if stream.status in ("CREATING", "DELETING"):
        raise not_active(stream)
    # AWS: DELETING for a while, then gone with its name
    stream.status = "DELETING"
    LIFE.then("kinesis_stream", "deleting", lambda: self.streams.pop(stream.stream_name, None))
    return stream


@corrects(KinesisResponse)
def delete_stream(moto: Any, self: Any) -> ActionResult:  # noqa: F811
    stream = named(self)
    # AWS: ResourceInUseException while consumers are registered, unless their deletion is asked for
    if stream.consumers and not self._get_bool_param("EnforceConsumerDeletion"):
        raise ResourceInUseError(f"Stream {stream.stream_name} under account {stream.account_id} has registered consumers.")
    return moto(self)


@corrects(KinesisResponse)
def list_streams(moto: Any, self: Any) -> ActionResult:
    # AWS: names and summaries of one page, in order, from ExclusiveStartStreamName or NextToken on
    streams = sorted(self.kinesis_backend.list_streams(), key=lambda stream: stream.stream_name)
    after = self._get_param("NextToken") or self._get_param("ExclusiveStartStreamName") or ""
    rest = [stream for stream in streams if stream.stream_name > after]
    page = rest[: self._get_param("Limit", 100)]
    answer: dict[str, Any] = {
        "HasMoreStreams": len(rest) > len(page),
        "StreamNames": [stream.stream_name for stream in page],
        "StreamSummaries": [stream.to_json_summary()["StreamDescriptionSummary"] for stream in page],
    }
    if answer["HasMoreStreams"]:
        answer["NextToken"] = page[-1].stream_name
    return ActionResult(answer)


@corrects(Stream)
def to_json(moto: Any, self: Any, shard_limit: int | None = None) -> dict[str, Any]:
    answer = moto(self, shard_limit)
    # AWS: the mode is here too, not only in the summary
    answer["StreamDescription"]["StreamModeDetails"] = self.stream_mode
    return answer


@corrects(Stream)
def to_json_summary(moto: Any, self: Any) -> dict[str, Any]:
    answer = moto(self)
    summary = answer["StreamDescriptionSummary"]
    # AWS: counts the open shards and the consumers
    summary["OpenShardCount"] = len([shard for shard in self.shards.values() if shard.is_open])
    summary["ConsumerCount"] = len(self.consumers)
    return answer


# -- tags. AWS: TagResource and its like work on streams and consumers by ARN


def tagged(response: Any) -> dict[str, str]:
    arn = response._get_param("ResourceARN")
    backend = response.kinesis_backend
    if "/consumer/" in arn:
        for stream in backend.streams.values():
            consumer = stream.get_consumer_by_arn(arn)
            if consumer is not None:
                consumer.tags = getattr(consumer, "tags", {})
                return consumer.tags
        raise ResourceNotFoundError(f"Resource {arn} not found.")
    return backend.describe_stream(arn, None).tags


@adds(KinesisResponse)
def tag_resource(self: Any) -> ActionResult:
    tags = self._get_param("Tags") or {}
    check_tags(tags)
    tagged(self).update(tags)
    return EmptyResult()


@adds(KinesisResponse)
def untag_resource(self: Any) -> ActionResult:
    tags = tagged(self)
    for key in self._get_param("TagKeys") or []:
        tags.pop(key, None)
    return EmptyResult()


@adds(KinesisResponse)
def list_tags_for_resource(self: Any) -> ActionResult:
    return ActionResult({"Tags": [{"Key": key, "Value": value} for key, value in sorted(tagged(self).items())]})


@corrects(KinesisResponse)
def add_tags_to_stream(moto: Any, self: Any) -> ActionResult:
    check_tags(self._get_param("Tags") or {})
    return moto(self)


def check_tags(tags: dict[str, str]) -> None:
    # AWS: keys beginning with aws: are its own
    for key in tags:
        if key.lower().startswith("aws:"):
            raise InvalidArgumentError("Tag keys beginning with 'aws:' are reserved.")


# -- consumers


@corrects(KinesisBackend)
def _find_stream_by_arn(moto: Any, self: Any, stream_arn: str) -> Stream:
    # AWS: ResourceNotFoundException; moto crashes
    return self.describe_stream(stream_arn, None)


@corrects(KinesisBackend)
def register_stream_consumer(moto: Any, self: Any, stream_arn: str, consumer_name: str) -> Consumer:
    stream = self.describe_stream(stream_arn, None)
    # AWS: a name once for each stream
    if any(consumer.consumer_name == consumer_name for consumer in stream.consumers):
        raise ResourceInUseError(f"Consumer {consumer_name} of stream {stream.stream_name} already exists.")
    if stream.status != "ACTIVE":
        raise not_active(stream)
    consumer = moto(self, stream_arn, consumer_name)
    # AWS: the ARN ends with the second in which the consumer was registered
    consumer.consumer_arn += f":{calendar.timegm(consumer.created.utctimetuple())}"
    # AWS: CREATING, then ACTIVE
    consumer.status = "CREATING"
    LIFE.then("kinesis_stream_consumer", "creating", lambda: setattr(consumer, "status", "ACTIVE"))
    return consumer


@corrects(KinesisResponse)
def register_stream_consumer(moto: Any, self: Any) -> ActionResult:  # noqa: F811
    answer = moto(self)
    backend = self.kinesis_backend
    consumer = backend.describe_stream_consumer(self._get_param("StreamARN"), self._get_param("ConsumerName"), None)
    consumer.tags = dict(self._get_param("Tags") or {})
    return answer


@corrects(Consumer)
def to_json(moto: Any, self: Any, include_stream_arn: bool = False) -> dict[str, Any]:  # noqa: F811
    return dict(moto(self, include_stream_arn), ConsumerStatus=getattr(self, "status", "ACTIVE"))


@corrects(KinesisBackend)
def deregister_stream_consumer(moto: Any, self: Any, stream_arn: str, consumer_name: str, consumer_arn: str) -> None:
    # AWS: ResourceNotFoundException for one that it does not know; moto keeps the wrong ones
    consumer = self.describe_stream_consumer(stream_arn, consumer_name, consumer_arn)
    if consumer is None:
        raise ConsumerNotFound(consumer_name or consumer_arn, self.account_id)
    stream = self.describe_stream(consumer.stream_arn, None)
    consumer.status = "DELETING"
    LIFE.then("kinesis_stream_consumer", "deleting", lambda: stream.delete_consumer(consumer.consumer_arn))


# -- records


@corrects(KinesisResponse)
def put_record(moto: Any, self: Any) -> ActionResult:
    answer = moto(self)
    # AWS: says how the record is encrypted
    answer.result["EncryptionType"] = named(self).encryption_type
    return answer


@corrects(KinesisResponse)
def get_records(moto: Any, self: Any) -> ActionResult:
    answer = moto(self)
    stream = self.kinesis_backend.describe_stream(None, decompose_shard_iterator(self._get_param("ShardIterator"))[0])
    for record in answer.result["Records"]:
        # AWS: the same of each that is read
        record["EncryptionType"] = stream.encryption_type
    return answer
