"""IAM: trust policies, roles and policies in use."""

from __future__ import annotations

import json
from typing import Any

import pytest
from conftest import ACCOUNT, Cloud, refused

EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"


@pytest.fixture
def iam(cloud: Cloud) -> Any:
    return cloud.client("iam")


def trust(principal: Any, **more: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}]})


ECS = trust({"Service": "ecs-tasks.amazonaws.com"})
ALLOW = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]})

MALFORMED = {
    "no JSON": "{not json",
    "no statement": json.dumps({"Version": "2012-10-17"}),
    "resource": trust({"Service": "ecs-tasks.amazonaws.com"}, Resource="*"),
    "unknown service": trust({"Service": "nothing.amazonaws.com"}),
    "unknown role": trust({"AWS": f"arn:aws:iam::{ACCOUNT}:role/nobody"}),
    "no principal": json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_trust_policy(iam: Any, case: str) -> None:
    with refused("MalformedPolicyDocument"):
        iam.create_role(RoleName="r", AssumeRolePolicyDocument=MALFORMED[case])
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=ECS)
    with refused("MalformedPolicyDocument"):
        iam.update_assume_role_policy(RoleName="r", PolicyDocument=MALFORMED[case])


@pytest.mark.parametrize("service", ["ecs-tasks", "vpc-flow-logs", "monitoring.rds", "lambda", "ecs.application-autoscaling",
                                     "logs.eu-central-1", "cloudwatch", "events", "secretsmanager", "ec2"])
def test_services_that_may_assume_a_role(iam: Any, service: str) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=trust({"Service": f"{service}.amazonaws.com"}))


def test_role(cloud: Cloud, iam: Any) -> None:
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=ECS, Tags=[{"Key": "a", "Value": "b"}])
    for name in ("r", "R"):
        with refused("EntityAlreadyExists", 409):
            iam.create_role(RoleName=name, AssumeRolePolicyDocument=ECS)
    with refused("MalformedPolicyDocument"):
        iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument="{}")
    with refused("NoSuchEntity", 404):
        iam.put_role_policy(RoleName="nobody", PolicyName="p", PolicyDocument=ALLOW)
    iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=ALLOW)
    iam.attach_role_policy(RoleName="r", PolicyArn=EXECUTION)
    with refused("NoSuchEntity"):
        iam.attach_role_policy(RoleName="r", PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/nothing")
    with refused("DeleteConflict", 409):
        iam.delete_role(RoleName="r")
    iam.detach_role_policy(RoleName="r", PolicyArn=EXECUTION)
    with refused("DeleteConflict", 409):
        iam.delete_role(RoleName="r")
    iam.delete_role_policy(RoleName="r", PolicyName="p")
    with refused("NoSuchEntity"):
        iam.delete_role_policy(RoleName="r", PolicyName="p")
    iam.delete_role(RoleName="r")
    for call in (lambda: iam.get_role(RoleName="r"), lambda: iam.delete_role(RoleName="r")):
        with refused("NoSuchEntity"):
            call()
    assert cloud.left() == []


def test_policy_in_use(iam: Any) -> None:
    arn = iam.create_policy(PolicyName="p", PolicyDocument=ALLOW)["Policy"]["Arn"]
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=ECS)
    iam.attach_role_policy(RoleName="r", PolicyArn=arn)
    with refused("DeleteConflict"):
        iam.delete_policy(PolicyArn=arn)
    iam.detach_role_policy(RoleName="r", PolicyArn=arn)
    version = iam.create_policy_version(PolicyArn=arn, PolicyDocument=ALLOW)["PolicyVersion"]["VersionId"]
    with refused("DeleteConflict"):
        iam.delete_policy(PolicyArn=arn)
    iam.delete_policy_version(PolicyArn=arn, VersionId=version)
    iam.delete_policy(PolicyArn=arn)
    with refused("NoSuchEntity"):
        iam.delete_policy(PolicyArn=arn)


def test_managed_policies_are_there_and_unattached_after_a_reset(cloud: Cloud, iam: Any) -> None:
    assert iam.get_policy(PolicyArn=EXECUTION)["Policy"]["PolicyName"] == "AmazonECSTaskExecutionRolePolicy"
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=ECS)
    iam.attach_role_policy(RoleName="r", PolicyArn=EXECUTION)
    assert iam.get_policy(PolicyArn=EXECUTION)["Policy"]["AttachmentCount"] == 1
    cloud.control("POST", "/reset")
    assert iam.get_policy(PolicyArn=EXECUTION)["Policy"]["AttachmentCount"] == 0


@pytest.mark.parametrize("given", [{"RoleName": "no spaces"}, {"RoleName": "x" * 65}, {"MaxSessionDuration": 60}])
def test_model_constraints(iam: Any, given: Any) -> None:
    with refused("ValidationError"):
        iam.create_role(**{"RoleName": "r", "AssumeRolePolicyDocument": ECS, **given})


def test_only_a_role_that_exists_is_assumed(cloud: Cloud, iam: Any) -> None:
    sts = cloud.client("sts")
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    with refused("AccessDenied"):
        sts.assume_role(RoleArn=role, RoleSessionName="s")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=ECS)
    assert sts.assume_role(RoleArn=role, RoleSessionName="s")["Credentials"]["AccessKeyId"]
