"""KMS: keys, their states and policies, rotation, aliases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time, utcnow
from moto.kms.exceptions import NotFoundException, ValidationException
from moto.kms.models import Key, KmsBackend, kms_backends
from moto.kms.responses import KmsResponse

from . import pages, policies
from .corrections import corrects
from .lifetimes import LIFE

DAY = 24 * 3600.0


class DisabledException(JsonRESTError):
    code = 400

    def __init__(self, arn: str):
        super().__init__("DisabledException", f"{arn} is disabled.")


class KMSInvalidStateException(JsonRESTError):
    code = 400

    def __init__(self, arn: str, state: str):
        words = {"PendingDeletion": "pending deletion", "Enabled": "not pending deletion"}
        super().__init__("KMSInvalidStateException", f"{arn} is {words.get(state, state)}.")


class MalformedPolicyDocumentException(JsonRESTError):
    code = 400

    def __init__(self, message: str):
        super().__init__("MalformedPolicyDocumentException", message)


def find_key(account_id: str, region: str, name: str) -> Key | None:
    """The key that an id, an alias or an ARN of either means; for the services that encrypt with it."""
    if name.startswith("arn:"):
        account_id, region = name.split(":")[4], name.split(":")[3]
    if account_id not in list(kms_backends):
        return None
    backend = kms_backends[account_id][region]
    name = backend.get_key_id(backend.get_alias_name(name))
    if name.startswith("alias/"):
        name = backend.get_key_id_from_alias(name) or ""
    return backend.keys.get(name)


# -- states. AWS: https://docs.aws.amazon.com/kms/latest/developerguide/key-state.html

NOT_WHILE_PENDING_DELETION = (
    "create_alias", "update_alias", "create_grant", "disable_key", "enable_key", "enable_key_rotation",
    "disable_key_rotation", "schedule_key_deletion", "tag_resource", "untag_resource", "update_key_description",
    "encrypt", "generate_data_key", "generate_data_key_without_plaintext", "generate_mac", "verify_mac", "sign",
    "verify", "get_public_key", "replicate_key", "rotate_key_on_demand",
)
NOT_WHILE_DISABLED = (
    "create_grant", "enable_key_rotation", "disable_key_rotation", "encrypt", "generate_data_key",
    "generate_data_key_without_plaintext", "generate_mac", "verify_mac", "sign", "verify", "get_public_key",
    "replicate_key", "rotate_key_on_demand",
)


def check_state(key: Key, operation: str) -> None:
    if key.key_state == "PendingDeletion" and operation in NOT_WHILE_PENDING_DELETION:
        raise KMSInvalidStateException(key.arn, key.key_state)
    if key.key_state == "Disabled" and operation in NOT_WHILE_DISABLED:
        raise DisabledException(key.arn)


def state_checked(operation: str) -> Callable[[Any, Any], Any]:
    def checked(moto: Any, self: Any) -> Any:
        # AWS: what a key can do depends on its state
        name = self._get_param("TargetKeyId") or self._get_param("KeyId")
        if name:
            key = find_key(self.current_account, self.region, name)
            if key is not None:
                check_state(key, operation)
        return moto(self)

    checked.__name__ = operation
    return checked


for _operation in sorted(set(NOT_WHILE_PENDING_DELETION + NOT_WHILE_DISABLED)):
    if hasattr(KmsResponse, _operation):
        corrects(KmsResponse)(state_checked(_operation))


@corrects(KmsBackend)
def decrypt(moto: Any, self: Any, ciphertext_blob: bytes, encryption_context: dict[str, str], key_id: str | None = None) -> Any:
    answer = moto(self, ciphertext_blob, encryption_context, key_id)
    # AWS: no decryption either with a key that is disabled or pending deletion; the ciphertext says which key it was
    key = find_key(self.account_id, self.region_name, answer[1])
    if key is not None:
        check_state(key, "encrypt")
    return answer


# -- deletion


@corrects(KmsBackend)
def schedule_key_deletion(moto: Any, self: Any, key_id: str, pending_window_in_days: int) -> float:
    # AWS: 7 to 30 days; moto answers with nothing for others
    if not 7 <= pending_window_in_days <= 30:
        raise ValidationException(
            f"1 validation error detected: Value '{pending_window_in_days}' at 'pendingWindowInDays' failed to satisfy "
            "constraint: Member must have value between 7 and 30"
        )
    key = self.keys[self.get_key_id(key_id)]
    key.enabled = False
    key.key_state = "PendingDeletion"
    key.deletion_date = utcnow() + timedelta(days=pending_window_in_days)
    key.pending_window_in_days = pending_window_in_days
    scheduled = key.deletion_date
    LIFE.after(pending_window_in_days * DAY, lambda: delete_when_due(self, key, scheduled))
    return unix_time(key.deletion_date)


def delete_when_due(backend: KmsBackend, key: Key, scheduled: Any) -> None:
    # AWS: the key goes with its aliases when the window is over, unless the deletion was cancelled
    if key.key_state == "PendingDeletion" and key.deletion_date == scheduled:
        backend.delete_key(key.id)


@corrects(KmsResponse)
def schedule_key_deletion(moto: Any, self: Any) -> str:  # noqa: F811
    answer = json.loads(moto(self))
    key = find_key(self.current_account, self.region, self._get_param("KeyId"))
    assert key is not None
    # AWS: the ARN, and what the key is now
    return json.dumps(dict(answer, KeyId=key.arn, KeyState=key.key_state, PendingWindowInDays=key.pending_window_in_days))


@corrects(KmsBackend)
def cancel_key_deletion(moto: Any, self: Any, key_id: str) -> None:
    key = self.keys[self.get_key_id(key_id)]
    # AWS: only a deletion that was scheduled can be cancelled
    if key.key_state != "PendingDeletion":
        raise KMSInvalidStateException(key.arn, key.key_state)
    moto(self, key.id)


@corrects(KmsResponse)
def cancel_key_deletion(moto: Any, self: Any) -> str:  # noqa: F811
    moto(self)
    key = find_key(self.current_account, self.region, self._get_param("KeyId"))
    assert key is not None
    return json.dumps({"KeyId": key.arn})


@corrects(KmsBackend)
def enable_key(moto: Any, self: Any, key_id: str) -> None:
    moto(self, self.get_key_id(key_id))  # AWS: an ARN does too; moto fails with it


@corrects(KmsBackend)
def disable_key(moto: Any, self: Any, key_id: str) -> None:
    moto(self, self.get_key_id(key_id))


@corrects(Key)
def to_dict(moto: Any, self: Any) -> dict[str, Any]:
    answer = moto(self)
    # AWS: none of the members that do not apply
    metadata = {name: value for name, value in answer["KeyMetadata"].items() if value is not None}
    return {"KeyMetadata": metadata}


# -- rotation


@corrects(KmsResponse)
def enable_key_rotation(moto: Any, self: Any) -> str:
    period = self._get_param("RotationPeriodInDays")
    # AWS: 90 to 2560 days
    if period is not None and not 90 <= period <= 2560:
        raise ValidationException(
            f"1 validation error detected: Value '{period}' at 'rotationPeriodInDays' failed to satisfy constraint: "
            "Member must have value between 90 and 2560"
        )
    answer = moto(self)
    key = find_key(self.current_account, self.region, self._get_param("KeyId"))
    assert key is not None
    # AWS: rotates symmetric keys of its own making only
    if key.key_spec != "SYMMETRIC_DEFAULT" or key.origin != "AWS_KMS":
        key.key_rotation_status = False
        raise JsonRESTError("UnsupportedOperationException", f"{key.arn} cannot be rotated automatically.")
    # AWS: keeps the period, 365 days unless told; the next rotation is counted from now
    key.rotation_period_in_days = period or 365
    key.next_rotation_date = utcnow() + timedelta(days=key.rotation_period_in_days)
    return answer


@corrects(KmsResponse)
def get_key_rotation_status(moto: Any, self: Any) -> str:
    moto(self)
    key = find_key(self.current_account, self.region, self._get_param("KeyId"))
    assert key is not None
    answer: dict[str, Any] = {"KeyId": key.arn, "KeyRotationEnabled": key.key_rotation_status}
    # AWS: a key that is pending deletion does not rotate, but knows its setting when that is cancelled
    if key.key_state == "PendingDeletion":
        answer["KeyRotationEnabled"] = False
    elif key.key_rotation_status:
        answer["RotationPeriodInDays"] = getattr(key, "rotation_period_in_days", 365)
        answer["NextRotationDate"] = unix_time(getattr(key, "next_rotation_date", utcnow() + timedelta(days=365)))
    return json.dumps(answer)


# -- policies


def check_policy(response: KmsResponse, policy: str) -> None:
    """AWS: MalformedPolicyDocumentException for what is no policy, names nobody, or locks its owner out."""
    fault = policies.resource_policy_fault(policy, response.current_account)
    if fault:
        raise MalformedPolicyDocumentException(fault)
    if response._get_param("BypassPolicyLockoutSafetyCheck"):
        return
    if not policies.account_may(policy, response.current_account, "kms:PutKeyPolicy"):
        raise MalformedPolicyDocumentException("The new key policy will not allow you to update the key policy in the future.")


@corrects(KmsResponse)
def create_key(moto: Any, self: Any) -> str:
    policy = self._get_param("Policy")
    if policy is not None:
        check_policy(self, policy)
    for tag in self._get_param("Tags") or []:
        check_tag_key(tag["TagKey"])
    return moto(self)


@corrects(KmsResponse)
def put_key_policy(moto: Any, self: Any) -> str:
    self._validate_cmk_id(self._get_param("KeyId"))
    check_policy(self, self._get_param("Policy"))
    return moto(self)


@corrects(KmsResponse)
def get_key_policy(moto: Any, self: Any) -> str:
    # AWS: says which policy it is
    return json.dumps(dict(json.loads(moto(self)), PolicyName="default"))


@corrects(KmsResponse)
def tag_resource(moto: Any, self: Any) -> str:
    for tag in self._get_param("Tags") or []:
        check_tag_key(tag["TagKey"])
    return moto(self)


def check_tag_key(key: str) -> None:
    # AWS: keys beginning with aws: are its own
    if key.lower().startswith("aws:"):
        raise JsonRESTError("TagException", "Tag keys that begin with 'aws:' are reserved.")


# -- aliases


@corrects(KmsResponse)
def _set_alias(moto: Any, self: Any, update: bool = False) -> str:
    name = self._get_param("AliasName")
    # AWS: everything under alias/aws/ is its own, whether it exists or not
    if name.startswith("alias/aws/"):
        error = JsonRESTError("NotAuthorizedException", f"User is not authorized to manage the alias {name}.")
        error.code = 400
        raise error
    answer = moto(self, update)
    alias = find_alias(self.kms_backend, name)
    alias.creation_date = getattr(alias, "creation_date", unix_time())
    alias.last_updated_date = unix_time()
    return answer


@corrects(KmsBackend)
def update_alias(moto: Any, self: Any, target_key_id: str, alias_name: str) -> Any:
    # AWS: an alias moves between keys of the same kind and use only
    alias = find_alias(self, alias_name)
    now, then = self.keys[alias.target_key_id], self.keys[self.get_key_id(target_key_id)]
    if (now.key_usage, now.key_spec == "SYMMETRIC_DEFAULT") != (then.key_usage, then.key_spec == "SYMMETRIC_DEFAULT"):
        raise ValidationException("Aliases can only be moved between KMS keys of the same type and key usage.")
    return moto(self, target_key_id, alias_name)


def find_alias(backend: KmsBackend, name: str) -> Any:
    for alias in backend.list_aliases():
        if alias.alias_name == name:
            return alias
    raise NotFoundException(f"Alias {name} is not found.")


@corrects(KmsResponse)
def list_aliases(moto: Any, self: Any) -> str:
    answer = json.loads(moto(self))
    dates = {alias.alias_name: alias for alias in self.kms_backend.list_aliases() if hasattr(alias, "creation_date")}
    for shown in answer["Aliases"]:
        alias = dates.get(shown["AliasName"])
        if alias:
            shown.update(CreationDate=alias.creation_date, LastUpdatedDate=alias.last_updated_date)
    return one_page(self, "ListAliases", answer)


@corrects(KmsResponse)
def list_keys(moto: Any, self: Any) -> str:
    return one_page(self, "ListKeys", json.loads(moto(self)))


@corrects(KmsResponse)
def list_resource_tags(moto: Any, self: Any) -> str:
    return one_page(self, "ListResourceTags", json.loads(moto(self)))


def one_page(response: KmsResponse, operation: str, answer: dict[str, Any]) -> str:
    # AWS: keeps to Limit, and says with Truncated and NextMarker that there is more
    page = pages.cut_json("kms", operation, json.loads(response.body or "{}"), answer)
    if page is None:
        raise JsonRESTError("InvalidMarkerException", "The marker is not valid.")
    return json.dumps({name: value for name, value in page.items() if value is not None})
