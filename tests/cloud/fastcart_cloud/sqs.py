"""SQS: queues whose name is not free at once, attributes within their bounds, dead-letter queues that exist, one key."""

from __future__ import annotations

import json
from typing import Any

from moto.sqs.exceptions import SQSException
from moto.sqs.models import Queue, SQSBackend

from .corrections import corrects
from .lifetimes import LIFE
from .policies import resource_policy_fault

BOUNDS = {
    "VisibilityTimeout": (0, 43200), "DelaySeconds": (0, 900), "MessageRetentionPeriod": (60, 1209600),
    "MaximumMessageSize": (1024, 1048576), "ReceiveMessageWaitTimeSeconds": (0, 20), "KmsDataKeyReusePeriodSeconds": (60, 86400),
}


@corrects(SQSBackend)
def create_queue(moto: Any, self: Any, name: str, tags: dict[str, str] | None = None, **kwargs: Any) -> Queue:
    # AWS: a name is free again 60 seconds after its queue was deleted
    if name in getattr(self, "deleted_recently", set()):
        raise SQSException("AWS.SimpleQueueService.QueueDeletedRecently", "You must wait 60 seconds after deleting a queue before you can create another with the same name.")
    return moto(self, name, tags, **kwargs)


@corrects(SQSBackend)
def delete_queue(moto: Any, self: Any, queue_name: str) -> None:
    moto(self, queue_name)
    self.deleted_recently = getattr(self, "deleted_recently", set()) | {queue_name}
    LIFE.then("sqs_queue", "deleting", lambda: self.deleted_recently.discard(queue_name))


@corrects(Queue)
def _set_attributes(moto: Any, self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
    for name, (least, most) in BOUNDS.items():
        value = attributes.get(name)
        # AWS: InvalidAttributeValue outside of the bounds
        if value is not None and not (str(value).lstrip("-").isdigit() and least <= int(value) <= most):
            raise SQSException("InvalidAttributeValue", f"Invalid value for the parameter {name}.")
    document = attributes.get("Policy")
    # AWS: InvalidAttributeValue for a policy in error, or whose principals do not exist
    if document and resource_policy_fault(document, self.account_id):
        raise SQSException("InvalidAttributeValue", "Invalid value for the parameter Policy.")
    policy = getattr(self, "policy", None)
    key, managed = attributes.get("KmsMasterKeyId"), str(attributes.get("SqsManagedSseEnabled", "")).lower()
    # AWS: one kind of encryption at a time
    if now is None and key and managed == "true":
        raise SQSException("InvalidAttributeValue", "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.")
    moto(self, attributes, now)
    if "Policy" not in attributes:
        # AWS: what is not named stays
        self.policy = policy
    if key:
        self.sqs_managed_sse_enabled = False
    elif managed:
        self.sqs_managed_sse_enabled = managed == "true"
        if managed == "true":
            self.kms_master_key_id = None
    allow = attributes.get("RedriveAllowPolicy")
    if allow is not None:
        # AWS: keeps it
        self.redrive_allow_policy = json.loads(allow) if isinstance(allow, str) and allow else allow


@corrects(Queue)
def _setup_dlq(moto: Any, self: Any, policy: Any) -> None:
    try:
        moto(self, policy)
    except SQSException as unknown:
        if "NonExistentQueue" in unknown.code:
            # AWS: InvalidParameterValue where the dead-letter queue does not exist
            raise SQSException("InvalidParameterValue", f"Value {policy} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.") from None
        raise


@corrects(SQSBackend)
def get_queue_attributes(moto: Any, self: Any, queue_name: str, attribute_names: list[str]) -> dict[str, Any]:
    asked = [name for name in attribute_names if name != "RedriveAllowPolicy"]
    answer = moto(self, queue_name, asked)
    allow = getattr(self.get_queue(queue_name), "redrive_allow_policy", None)
    # AWS: keeps it
    if allow and ("All" in attribute_names or "RedriveAllowPolicy" in attribute_names):
        answer["RedriveAllowPolicy"] = allow if isinstance(allow, str) else json.dumps(allow)
    return answer
