"""KMS: key states, policies, rotation with its own period, aliases."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from conftest import ACCOUNT, Cloud, refused

NO = "00000000-0000-0000-0000-000000000000"
ROOT = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"}


def policy(*statements: dict[str, Any], **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements), **more})


@pytest.fixture
def kms(cloud: Cloud) -> Any:
    return cloud.client("kms")


def key(kms: Any, **more: Any) -> str:
    return kms.create_key(**more)["KeyMetadata"]["KeyId"]


def state(kms: Any, key_id: str) -> str:
    return kms.describe_key(KeyId=key_id)["KeyMetadata"]["KeyState"]


POLICIES: dict[str, str] = {
    "no JSON": "{not json",
    "no statement": json.dumps({"Version": "2012-10-17"}),
    "old version": policy(ROOT, Version="2001-01-01"),
    "strange element": policy({**ROOT, "Actions": "kms:*"}),
    "no effect": policy({name: value for name, value in ROOT.items() if name != "Effect"}),
    "no action": policy({name: value for name, value in ROOT.items() if name != "Action"}),
    "no principal": policy({name: value for name, value in ROOT.items() if name != "Principal"}),
    "unknown role": policy(ROOT, {**ROOT, "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}}),
    "unknown service": policy(ROOT, {**ROOT, "Principal": {"Service": "nothing.amazonaws.com"}}),
    "locks out": policy({**ROOT, "Principal": {"Service": "logs.eu-central-1.amazonaws.com"}}),
    "locks out by action": policy({**ROOT, "Action": "kms:Encrypt"}),
}


@pytest.mark.parametrize("case", POLICIES)
def test_malformed_policy(kms: Any, case: str) -> None:
    with refused("MalformedPolicyDocumentException"):
        kms.create_key(Policy=POLICIES[case])
    made = key(kms)
    with refused("MalformedPolicyDocumentException"):
        kms.put_key_policy(KeyId=made, PolicyName="default", Policy=POLICIES[case])


def test_policy_of_existing_principals(cloud: Cloud, kms: Any) -> None:
    trust = json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}, "Action": "sts:AssumeRole"}]})
    role = cloud.client("iam").create_role(RoleName="task", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    wanted = policy(ROOT, {**ROOT, "Principal": {"AWS": role}}, {**ROOT, "Principal": {"Service": "logs.eu-central-1.amazonaws.com"}})
    made = key(kms, Policy=wanted)
    assert json.loads(kms.get_key_policy(KeyId=made, PolicyName="default")["Policy"]) == json.loads(wanted)
    locked = policy({**ROOT, "Action": "kms:Encrypt"})
    kms.put_key_policy(KeyId=made, PolicyName="default", Policy=locked, BypassPolicyLockoutSafetyCheck=True)


PENDING: dict[str, Callable[[Any, str], Any]] = {
    "Encrypt": lambda k, i: k.encrypt(KeyId=i, Plaintext=b"x"),
    "GenerateDataKey": lambda k, i: k.generate_data_key(KeyId=i, KeySpec="AES_256"),
    "ScheduleKeyDeletion": lambda k, i: k.schedule_key_deletion(KeyId=i, PendingWindowInDays=7),
    "TagResource": lambda k, i: k.tag_resource(KeyId=i, Tags=[{"TagKey": "a", "TagValue": "b"}]),
    "UntagResource": lambda k, i: k.untag_resource(KeyId=i, TagKeys=["a"]),
    "EnableKey": lambda k, i: k.enable_key(KeyId=i),
    "DisableKey": lambda k, i: k.disable_key(KeyId=i),
    "EnableKeyRotation": lambda k, i: k.enable_key_rotation(KeyId=i),
    "DisableKeyRotation": lambda k, i: k.disable_key_rotation(KeyId=i),
    "UpdateKeyDescription": lambda k, i: k.update_key_description(KeyId=i, Description="d"),
    "CreateAlias": lambda k, i: k.create_alias(AliasName="alias/a", TargetKeyId=i),
}


@pytest.mark.parametrize("operation", PENDING)
def test_pending_deletion(kms: Any, operation: str) -> None:
    made = key(kms)
    scheduled = kms.schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
    assert (scheduled["KeyState"], scheduled["PendingWindowInDays"]) == ("PendingDeletion", 7)
    assert scheduled["KeyId"].startswith("arn:aws:kms:")
    with refused("KMSInvalidStateException"):
        PENDING[operation](kms, made)
    assert state(kms, made) == "PendingDeletion"  # reading it is allowed, and so is its policy
    kms.get_key_policy(KeyId=made, PolicyName="default")
    kms.list_resource_tags(KeyId=made)


@pytest.mark.parametrize("operation", ["Encrypt", "GenerateDataKey", "EnableKeyRotation"])
def test_disabled(kms: Any, operation: str) -> None:
    made = key(kms)
    ciphertext = kms.encrypt(KeyId=made, Plaintext=b"x")["CiphertextBlob"]
    kms.disable_key(KeyId=made)
    with refused("DisabledException"):
        PENDING[operation](kms, made)
    with refused("DisabledException"):
        kms.decrypt(CiphertextBlob=ciphertext)
    kms.tag_resource(KeyId=made, Tags=[{"TagKey": "a", "TagValue": "b"}])
    kms.enable_key(KeyId=made)
    assert kms.decrypt(CiphertextBlob=ciphertext)["Plaintext"] == b"x"


def test_deletion_is_cancelled_or_comes(cloud: Cloud, kms: Any) -> None:
    made = key(kms)
    kms.create_alias(AliasName="alias/a", TargetKeyId=made)
    with refused("KMSInvalidStateException"):
        kms.cancel_key_deletion(KeyId=made)
    kms.schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
    kms.cancel_key_deletion(KeyId=made)
    assert state(kms, made) == "Disabled"
    cloud.advance(8 * 86400)
    assert state(kms, made) == "Disabled"  # what was cancelled does not come
    kms.schedule_key_deletion(KeyId=made, PendingWindowInDays=7)
    assert cloud.left() == []
    cloud.advance(8 * 86400)
    with refused("NotFoundException"):
        kms.describe_key(KeyId=made)
    with refused("NotFoundException"):
        kms.describe_key(KeyId="alias/a")


@pytest.mark.parametrize("days", [3, 31])
def test_pending_window(kms: Any, days: int) -> None:
    made = key(kms)
    with refused("ValidationException"):
        kms.schedule_key_deletion(KeyId=made, PendingWindowInDays=days)
    assert state(kms, made) == "Enabled"


def test_rotation(kms: Any) -> None:
    made = key(kms)
    assert kms.get_key_rotation_status(KeyId=made)["KeyRotationEnabled"] is False
    kms.enable_key_rotation(KeyId=made)
    assert kms.get_key_rotation_status(KeyId=made)["RotationPeriodInDays"] == 365
    kms.enable_key_rotation(KeyId=made, RotationPeriodInDays=180)
    status = kms.get_key_rotation_status(KeyId=made)
    assert (status["KeyRotationEnabled"], status["RotationPeriodInDays"]) == (True, 180)
    kms.disable_key_rotation(KeyId=made)
    assert kms.get_key_rotation_status(KeyId=made)["KeyRotationEnabled"] is False
    for period in (89, 2561):
        with refused("ValidationException"):
            kms.enable_key_rotation(KeyId=made, RotationPeriodInDays=period)
    with refused("UnsupportedOperationException"):
        kms.enable_key_rotation(KeyId=key(kms, KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY"))


def test_unknown_key(kms: Any) -> None:
    for call in (kms.describe_key, kms.enable_key, kms.get_key_rotation_status, kms.list_resource_tags):
        with refused("NotFoundException"):
            call(KeyId=NO)


def test_aliases(kms: Any) -> None:
    first, second = key(kms), key(kms)
    kms.create_alias(AliasName="alias/app", TargetKeyId=first)
    with refused("AlreadyExistsException"):
        kms.create_alias(AliasName="alias/app", TargetKeyId=second)
    with refused("NotFoundException"):
        kms.create_alias(AliasName="alias/other", TargetKeyId=NO)
    for name in ("alias/aws/x", "alias/aws/ebs"):
        with refused("NotAuthorizedException"):
            kms.create_alias(AliasName=name, TargetKeyId=first)
    assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"] == first
    kms.update_alias(AliasName="alias/app", TargetKeyId=second)
    assert kms.describe_key(KeyId="alias/app")["KeyMetadata"]["KeyId"] == second
    assert [alias["AliasName"] for alias in kms.list_aliases(KeyId=second)["Aliases"]] == ["alias/app"]
    kms.delete_alias(AliasName="alias/app")
    for call in (lambda: kms.delete_alias(AliasName="alias/app"), lambda: kms.describe_key(KeyId="alias/app")):
        with refused("NotFoundException"):
            call()


def test_pages(kms: Any) -> None:
    made = key(kms)
    for number in range(7):
        kms.create_alias(AliasName=f"alias/app-{number}", TargetKeyId=made)
    pages = list(kms.get_paginator("list_aliases").paginate(KeyId=made, PaginationConfig={"PageSize": 3}))
    assert [len(page["Aliases"]) for page in pages] == [3, 3, 1]
    assert [page["Truncated"] for page in pages] == [True, True, False]
    with refused("InvalidMarkerException"):
        kms.list_aliases(Marker="mine")


@pytest.mark.parametrize("given", [{"Description": "x" * 8193}, {"KeySpec": "NOTHING"}, {"Tags": [{"TagKey": "", "TagValue": "b"}]}])
def test_model_constraints(kms: Any, given: Any) -> None:
    with refused("ValidationException"):
        kms.create_key(**given)
