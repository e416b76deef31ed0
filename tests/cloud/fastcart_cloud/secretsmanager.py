"""Secrets Manager: rotation that leaves a value behind, schedules, and names in their recovery window."""

from __future__ import annotations

import json
import time
from typing import Any

from moto.awslambda.utils import get_backend
from moto.moto_api._internal import mock_random
from moto.secretsmanager.exceptions import InvalidParameterException, InvalidRequestException, ResourceNotFoundException, SecretsManagerClientError
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend

from . import kms
from .corrections import corrects
from .policies import statements, unknown_principal


@corrects(SecretsManagerBackend)
def rotate_secret(
    moto: Any, self: Any, secret_id: str, client_request_token: str | None = None, rotation_lambda_arn: str | None = None,
    rotation_rules: dict[str, Any] | None = None, rotate_immediately: bool = True,
) -> str:
    known = self._is_valid_identifier(secret_id)
    secret = self.secrets[secret_id] if known else None
    function = rotation_lambda_arn or (getattr(secret, "rotation_lambda_arn", None) if secret else None)
    if secret is not None and not secret.is_deleted():
        # AWS: looks for the function before it changes anything
        if not function:
            raise InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
        try:
            get_backend(self.account_id, self.region_name).get_function(function)
        except Exception:
            raise ResourceNotFoundException(f"Resource not found for ARN '{function}'.") from None
        rules = rotation_rules or {}
        # AWS: either days or a schedule
        if ("AutomaticallyAfterDays" in rules) == ("ScheduleExpression" in rules):
            raise InvalidParameterException("Specify either AutomaticallyAfterDays or ScheduleExpression in RotationRules.")
        secret.rotation_rules = dict(rules)
        if "ScheduleExpression" in rules:
            # AWS: counts the days between two rotations
            rotation_rules = {"AutomaticallyAfterDays": days_between(rules["ScheduleExpression"])}
    if secret is None or not rotate_immediately:
        answer = moto(self, secret_id, client_request_token, function, rotation_rules, rotate_immediately)
        if secret is not None:
            # AWS: only tests the function, and no version is left pending
            for version_id in [v for v, held in secret.versions.items() if held["version_stages"] == ["AWSPENDING"]]:
                del secret.versions[version_id]
        return answer
    current = secret.versions.get(secret.default_version_id, {})
    value = {name: current[name] for name in ("secret_string", "secret_binary") if name in current}
    # The test of the function only: moto's own rotation leaves the secret without a current value
    moto(self, secret_id, client_request_token, function, rotation_rules, False)
    pending = next(v for v, held in secret.versions.items() if "AWSPENDING" in held["version_stages"])
    # AWS: the function has made a new value, and it is current
    made = {"createdate": int(time.time()), "version_id": pending, "version_stages": ["AWSCURRENT"], **rotated(value)}
    secret.reset_default_version(made, pending)
    return secret.to_short_dict(include_version_id=True)


def days_between(schedule: str) -> int:
    """`rate(10 days)`; of any other schedule, a month."""
    words = schedule.removeprefix("rate(").removesuffix(")").split()
    return int(words[0]) if len(words) == 2 and words[1].startswith("day") else 30


@corrects(FakeSecret)
def to_dict(moto: Any, self: Any) -> dict[str, Any]:
    told = moto(self)
    rules = getattr(self, "rotation_rules", None)
    if rules and "RotationRules" in told:
        # AWS: keeps the schedule
        told["RotationRules"] = {**told["RotationRules"], **rules}
    for name in ("VersionIdsToStages", "SecretVersionsToStages"):
        # AWS: drops versions without a label
        if name in told:
            told[name] = {version: stages for version, stages in told[name].items() if stages}
    return told


@corrects(SecretsManagerBackend)
def update_secret(moto: Any, self: Any, secret_id: str, *args: Any, **kwargs: Any) -> str:
    answer = moto(self, secret_id, *args, **kwargs)
    secret = self.secrets[secret_id]
    if kwargs.get("description") == "":
        # AWS: an empty description takes it away
        secret.description = ""
    if secret.kms_key_id == "":
        # AWS: an empty key is the one that AWS keeps
        secret.kms_key_id = None
    return answer


@corrects(SecretsManagerBackend)
def update_secret_version_stage(moto: Any, self: Any, secret_id: str, version_stage: str, *args: Any, **kwargs: Any) -> tuple[str, str]:
    answer = moto(self, secret_id, version_stage, *args, **kwargs)
    secret = self.secrets[secret_id]
    for version, held in secret.versions.items():
        if "AWSCURRENT" in held["version_stages"]:
            # AWS: what is current is what is read
            secret.set_default_version_id(version)
    return answer


@corrects(SecretsManagerBackend)
def put_resource_policy(moto: Any, self: Any, secret_id: str, policy: str) -> tuple[str, str]:
    try:
        named = statements(policy)
    except ValueError:
        raise MalformedPolicyDocumentException("This resource policy contains a syntax error.") from None
    # AWS: principals exist
    if any(unknown_principal(statement, self.account_id) for statement in named):
        raise MalformedPolicyDocumentException("This resource policy contains an unsupported principal.")
    return moto(self, secret_id, policy)


class MalformedPolicyDocumentException(SecretsManagerClientError):
    def __init__(self, message: str):
        super().__init__("MalformedPolicyDocumentException", message)


def rotated(value: dict[str, Any]) -> dict[str, Any]:
    """What a rotation function does: another password where there is one."""
    try:
        document = json.loads(value["secret_string"])
    except (KeyError, ValueError, TypeError):
        return value
    if isinstance(document, dict) and "password" in document:
        document["password"] = mock_random.get_random_string(length=32)
        return {"secret_string": json.dumps(document)}
    return value


@corrects(SecretsManagerBackend)
def create_secret(moto: Any, self: Any, name: str, *args: Any, **kwargs: Any) -> str:
    existing = self.secrets.get(name)
    # AWS: the name is taken until the recovery window is over
    if existing is not None and existing.is_deleted():
        raise InvalidRequestException("You can't create this secret because a secret with this name is already scheduled for deletion.")
    key_id = kwargs.get("kms_key_id")
    # AWS: the key has to exist
    if key_id and not key_id.endswith("alias/aws/secretsmanager") and kms.find_key(self.account_id, self.region_name, key_id) is None:
        raise InvalidParameterException(f"KMS key {key_id} does not exist.")
    return moto(self, name, *args, **kwargs)
