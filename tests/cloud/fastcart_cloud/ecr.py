"""ECR: keys that have to exist."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.ecr.models import ECRBackend

from . import kms
from .corrections import corrects


class KmsException(JsonRESTError):
    def __init__(self, key: str):
        super().__init__("KmsException", f"Key '{key}' does not exist (Service: AWSKMS; Error Code: NotFoundException)")


@corrects(ECRBackend)
def create_repository(moto: Any, self: Any, repository_name: str, registry_id: Any, encryption_config: Any, *args: Any, **kwargs: Any) -> Any:
    key = (encryption_config or {}).get("kmsKey")
    # AWS: the key has to exist
    if key and kms.find_key(self.account_id, self.region_name, key) is None:
        raise KmsException(key)
    return moto(self, repository_name, registry_id, encryption_config, *args, **kwargs)
