"""IAM: trust policies, and policies in use."""

from __future__ import annotations

import json
from typing import Any

from moto.iam.exceptions import DeleteConflictException, MalformedPolicyDocument, NotFoundException
from moto.iam.models import AWSManagedPolicy, IAMBackend, Role
from moto.iam.policy_validation import IAMTrustPolicyDocumentValidator

from . import policies
from .corrections import corrects


def check_trust_policy(document: str, account_id: str) -> None:
    """AWS: MalformedPolicyDocument for a trust policy that is none, or that names somebody that does not exist."""
    IAMTrustPolicyDocumentValidator(document).validate()
    for statement in policies.statements(document):
        if "Resource" in statement or "NotResource" in statement:
            raise MalformedPolicyDocument("Has prohibited field Resource")
        if "Principal" not in statement:
            raise MalformedPolicyDocument("Missing required field Principal")
        unknown = policies.unknown_principal(statement, account_id)
        if unknown:
            kind, name = unknown
            raise MalformedPolicyDocument(f'Invalid principal in policy: "{kind.upper()}":"{name}"')


@corrects(IAMBackend)
def create_role(moto: Any, self: Any, role_name: str, assume_role_policy_document: str, *args: Any, **kwargs: Any) -> Role:
    if not kwargs.get("linked_service"):
        check_trust_policy(assume_role_policy_document, self.account_id)
    # AWS: names are the same whatever their case
    for role in self.get_roles():
        if role.name.lower() == role_name.lower():
            role_name = role.name  # which moto refuses
    return moto(self, role_name, assume_role_policy_document, *args, **kwargs)


@corrects(IAMBackend)
def update_assume_role_policy(moto: Any, self: Any, role_name: str, policy_document: str) -> None:
    self.get_role(role_name)
    check_trust_policy(policy_document, self.account_id)
    moto(self, role_name, policy_document)


@corrects(IAMBackend)
def delete_policy(moto: Any, self: Any, policy_arn: str) -> None:
    policy = self.managed_policies.get(policy_arn)
    if policy is None:
        raise NotFoundException(f"Policy {policy_arn} was not found.")
    # AWS: DeleteConflict while it is attached, or has other versions than the default
    if policy.attachment_count:
        raise DeleteConflictException("Cannot delete a policy attached to entities.")
    if len(policy.versions) > 1:
        raise DeleteConflictException("This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.")
    moto(self, policy_arn)


_MANAGED: dict[str, list[AWSManagedPolicy]] = {}


@corrects(IAMBackend)
def _init_aws_policies(moto: Any, self: Any) -> list[AWSManagedPolicy]:
    # The same objects after a reset: reading some thousand policies anew takes longer than the rest of it
    made = _MANAGED.get(self.account_id)
    if made is None:
        made = _MANAGED[self.account_id] = moto(self)
    for policy in made:
        policy.attachment_count = 0
    return made


def trusted(role: Role, service: str) -> bool:
    """Whether a role's trust policy lets a service assume it."""
    document = role.assume_role_policy_document
    for statement in policies.statements(document if isinstance(document, str) else json.dumps(document)):
        if policies.allows(statement, "sts:AssumeRole") and ("Service", f"{service}.amazonaws.com") in policies.principals(statement):
            return True
    return False
