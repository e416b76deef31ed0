"""SNS: topics made twice, attributes kept, subscriptions that wait for a confirmation."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Topic
from moto.sns.responses import SNSResponse

from .corrections import corrects

PROTOCOLS = ("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")


@corrects(SNSBackend)
def create_topic(moto: Any, self: Any, name: str, attributes: dict[str, str] | None = None, tags: Any = None) -> Topic:
    arn = f"arn:{self.partition}:sns:{self.region_name}:{self.account_id}:{name}"
    existing = self.topics.get(arn)
    if existing is not None:
        given = getattr(existing, "given", {})
        # AWS: the same topic again has the same attributes and tags
        if any(given.get(key) != value for key, value in (attributes or {}).items()):
            raise SNSInvalidParameter("Invalid parameter: Attributes Reason: Topic already exists with different attributes")
        if tags and sorted(map(str, tags)) != sorted(map(str, existing._tags)):
            raise SNSInvalidParameter("Invalid parameter: Tags Reason: Topic already exists with different tags")
    topic = moto(self, name, attributes, tags)
    if existing is None:
        topic.given = dict(attributes or {})
    return topic


@corrects(SNSResponse)
def set_topic_attributes(moto: Any, self: Any) -> Any:
    answer = moto(self)
    topic = self.backend.get_topic(self._get_param("TopicArn"))
    topic.given = {**getattr(topic, "given", {}), self._get_param("AttributeName"): self._get_param("AttributeValue")}
    return answer


@corrects(SNSResponse)
def get_topic_attributes(moto: Any, self: Any) -> ActionResult:
    answer = moto(self)
    topic = self.backend.get_topic(self._get_param("TopicArn"))
    for name in ("TracingConfig", "SignatureVersion", "ArchivePolicy", "FifoThroughputScope"):
        # AWS: keeps these as well
        value = getattr(topic, "given", {}).get(name)
        if value is not None:
            answer.result["Attributes"][name] = value
    return answer


@corrects(SNSResponse)
def subscribe(moto: Any, self: Any) -> ActionResult:
    protocol = self._get_param("Protocol")
    # AWS: InvalidParameter for a protocol that it does not know
    if protocol not in PROTOCOLS:
        raise SNSInvalidParameter(f"Invalid parameter: Amazon SNS does not support this protocol string: {protocol}")
    answer = moto(self)
    if protocol in ("email", "email-json") and not self._get_bool_param("ReturnSubscriptionArn"):
        # AWS: the ARN comes with the confirmation
        answer.result["SubscriptionArn"] = "pending confirmation"
    return answer
