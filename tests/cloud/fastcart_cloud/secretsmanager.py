"""Secrets Manager: rotation that leaves a value behind, and names in their recovery window."""

from __future__ import annotations

import json
import time
from typing import Any

from moto.awslambda.utils import get_backend
from moto.moto_api._internal import mock_random
from moto.secretsmanager.exceptions import InvalidParameterException, InvalidRequestException, ResourceNotFoundException
from moto.secretsmanager.models import SecretsManagerBackend

from . import kms
from .corrections import corrects


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
