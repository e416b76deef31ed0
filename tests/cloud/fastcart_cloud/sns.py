"""SNS: topics made twice, attributes kept, subscriptions that wait for a confirmation."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend, Topic
from moto.sns.responses import SNSResponse

from .corrections import corrects
from .policies import statements, unknown_principal

PROTOCOLS = ("http", "https", "email", "email-json", "sms", "sqs", "application", "lambda", "firehose")
# Their owners have to say that they want messages.
CONFIRMED = ("http", "https", "email", "email-json")
LOGGED = [f"{way}{what}" for way in ("Application", "Firehose", "HTTP", "Lambda", "SQS")
          for what in ("FailureFeedbackRoleArn", "SuccessFeedbackRoleArn", "SuccessFeedbackSampleRate")]


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
    check_policy((attributes or {}).get("Policy"), self.account_id)
    topic = moto(self, name, attributes, tags)
    if existing is None:
        topic.given = dict(attributes or {})
    return topic


def check_policy(policy: Any, account_id: str) -> None:
    # AWS: principals exist
    if policy and any(unknown_principal(statement, account_id) for statement in statements(policy)):
        raise SNSInvalidParameter("Invalid parameter: Policy Error: PrincipalNotFound")


@corrects(SNSResponse)
def set_topic_attributes(moto: Any, self: Any) -> Any:
    if self._get_param("AttributeName") == "Policy":
        check_policy(self._get_param("AttributeValue"), self.current_account)
    answer = moto(self)
    topic = self.backend.get_topic(self._get_param("TopicArn"))
    topic.given = {**getattr(topic, "given", {}), self._get_param("AttributeName"): self._get_param("AttributeValue")}
    return answer


@corrects(SNSResponse)
def get_topic_attributes(moto: Any, self: Any) -> ActionResult:
    answer = moto(self)
    topic = self.backend.get_topic(self._get_param("TopicArn"))
    for name in ("TracingConfig", "SignatureVersion", "ArchivePolicy", "FifoThroughputScope", *LOGGED):
        # AWS: keeps these as well, and tells nothing of what is empty
        value = getattr(topic, "given", {}).get(name)
        if value and value != "{}":
            answer.result["Attributes"][name] = value
    return answer


@corrects(SNSResponse)
def subscribe(moto: Any, self: Any) -> ActionResult:
    protocol = self._get_param("Protocol")
    # AWS: InvalidParameter for a protocol that it does not know
    if protocol not in PROTOCOLS:
        raise SNSInvalidParameter(f"Invalid parameter: Amazon SNS does not support this protocol string: {protocol}")
    topic, endpoint = self._get_param("TopicArn"), self._get_param("Endpoint")
    known = self.backend._find_subscription(topic, endpoint, protocol)
    wanted = self._get_attributes()
    if known is not None and any(known.attributes.get(name) != value for name, value in wanted.items()):
        # AWS: the same subscription again has the same attributes
        raise SNSInvalidParameter("Invalid parameter: Attributes Reason: Subscription already exists with different attributes")
    answer = moto(self)
    made = self.backend._find_subscription(topic, endpoint, protocol)
    if known is None and protocol in CONFIRMED:
        # AWS: waits for the confirmation
        made.attributes.update(PendingConfirmation=True, ConfirmationWasAuthenticated=False)
    if made.attributes["PendingConfirmation"] and not self._get_bool_param("ReturnSubscriptionArn"):
        # AWS: the ARN comes with the confirmation
        answer.result["SubscriptionArn"] = "pending confirmation"
    return answer


@corrects(SNSResponse)
def confirm_subscription(moto: Any, self: Any) -> ActionResult:
    answer = moto(self)
    # AWS: the token names the subscription; here it is its ARN
    subscription = self.backend.subscriptions.get(self._get_param("Token"))
    if subscription is not None:
        subscription.attributes.update(PendingConfirmation=False)
        answer.result["SubscriptionArn"] = subscription.arn
    return answer


@corrects(SNSBackend)
def unsubscribe(moto: Any, self: Any, subscription_arn: str) -> None:
    subscription = self.subscriptions.get(subscription_arn)
    # AWS: InvalidParameter as long as nobody has confirmed
    if subscription is not None and subscription.attributes["PendingConfirmation"]:
        raise SNSInvalidParameter("Invalid parameter: Cannot unsubscribe a subscription that is pending confirmation")
    moto(self, subscription_arn)


@corrects(SNSBackend)
def set_subscription_attributes(moto: Any, self: Any, arn: str, name: str, value: Any) -> None:
    subscription = self.subscriptions.get(arn)
    if subscription is not None and name.endswith("Policy") and (not value or not json.loads(value)):
        # AWS: an empty document takes it away; of a redrive policy, no value at all
        if name == "RedrivePolicy" and value is not None:
            raise SNSInvalidParameter("Invalid parameter: RedrivePolicy: failed to parse JSON")
        if name == "FilterPolicy":
            moto(self, arn, name, None)
        subscription.attributes.pop(name, None)
    elif subscription is not None and name == "ReplayPolicy":
        # AWS: keeps it
        subscription.attributes[name] = value
    else:
        moto(self, arn, name, value)
