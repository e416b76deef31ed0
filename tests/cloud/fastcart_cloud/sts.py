"""STS: a role has to exist to be assumed."""

from __future__ import annotations

from typing import Any

from moto.sts.exceptions import STSClientError
from moto.sts.models import STSBackend

from .corrections import corrects


@corrects(STSBackend)
def assume_role(moto: Any, self: Any, region_name: str, role_session_name: str, role_arn: str, *args: Any, **kwargs: Any) -> Any:
    from moto.iam.models import iam_backends

    # AWS: AccessDenied, whether the role does not exist or does not trust the caller
    if f"::{self.account_id}:role/" in role_arn and not any(
        role.arn == role_arn for role in iam_backends[self.account_id][self.partition].get_roles()
    ):
        raise STSClientError("AccessDenied", f"User is not authorized to perform: sts:AssumeRole on resource: {role_arn}")
    return moto(self, region_name, role_session_name, role_arn, *args, **kwargs)
