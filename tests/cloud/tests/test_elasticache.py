"""ElastiCache: replication groups with their members, and the groups they refer to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Cloud, refused


class Caches:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.cache, self.ec2 = cloud, cloud.client("elasticache"), cloud.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"eu-central-1{zone}")["Subnet"]["SubnetId"]
                        for n, zone in enumerate("ab")]

    def subnet_group(self, name: str = "cache") -> str:
        self.cache.create_cache_subnet_group(CacheSubnetGroupName=name, CacheSubnetGroupDescription="d", SubnetIds=self.subnets)
        return name

    def parameter_group(self, name: str = "redis-7", family: str = "redis7") -> str:
        self.cache.create_cache_parameter_group(CacheParameterGroupName=name, CacheParameterGroupFamily=family, Description="d")
        return name

    def user(self, name: str = "app", user_name: str = "default") -> str:
        self.cache.create_user(UserId=name, UserName=user_name, Engine="redis", AccessString="on ~* +@all", Passwords=["0123456789abcdef"])
        return name

    def user_group(self, *users: str) -> str:
        self.cache.create_user_group(UserGroupId="users", Engine="redis", UserIds=list(users))
        return "users"

    def security_group(self) -> str:
        return self.ec2.create_security_group(GroupName="cache", Description="d", VpcId=self.vpc)["GroupId"]

    def group(self, **more: Any) -> Any:
        return self.cache.create_replication_group(**{
            "ReplicationGroupId": "orders", "ReplicationGroupDescription": "d", "Engine": "redis", "EngineVersion": "7.1",
            "CacheNodeType": "cache.t4g.small", "NumCacheClusters": 2, "AutomaticFailoverEnabled": True, **more})["ReplicationGroup"]

    def found(self) -> Any:
        return self.cache.describe_replication_groups(ReplicationGroupId="orders")["ReplicationGroups"][0]

    def delete(self) -> Any:
        return self.cache.delete_replication_group(ReplicationGroupId="orders")


@pytest.fixture
def caches(cloud: Cloud) -> Caches:
    return Caches(cloud)


REFUSED: dict[str, tuple[str, Callable[[Caches], Any]]] = {
    "subnet group twice": ("CacheSubnetGroupAlreadyExists", lambda c: (c.subnet_group(), c.subnet_group())),
    "subnet group in use": ("CacheSubnetGroupInUse", lambda c: (
        g := c.subnet_group(), c.group(CacheSubnetGroupName=g), c.cache.delete_cache_subnet_group(CacheSubnetGroupName=g))),
    "subnet group deleted twice": ("CacheSubnetGroupNotFoundFault", lambda c: c.cache.delete_cache_subnet_group(CacheSubnetGroupName="nothing")),
    "subnet group of an unknown subnet": ("InvalidSubnet", lambda c: c.cache.create_cache_subnet_group(
        CacheSubnetGroupName="g", CacheSubnetGroupDescription="d", SubnetIds=["subnet-0123456789abcdef0"])),
    "parameter group twice": ("CacheParameterGroupAlreadyExists", lambda c: (c.parameter_group(), c.parameter_group())),
    "parameter group of an unknown family": ("InvalidParameterValue", lambda c: c.parameter_group(family="redis99")),
    "parameter group in use": ("InvalidCacheParameterGroupState", lambda c: (
        g := c.parameter_group(), c.group(CacheParameterGroupName=g), c.cache.delete_cache_parameter_group(CacheParameterGroupName=g))),
    "unknown parameter group": ("CacheParameterGroupNotFound", lambda c: c.cache.describe_cache_parameter_groups(CacheParameterGroupName="nothing")),
    "default parameter group": ("InvalidParameterValue", lambda c: c.cache.delete_cache_parameter_group(CacheParameterGroupName="default.redis7")),
    "user twice": ("UserAlreadyExists", lambda c: (c.user(), c.user())),
    "user group of an unknown user": ("UserNotFound", lambda c: c.user_group("nobody")),
    "user group without a default user": ("DefaultUserRequired", lambda c: c.user_group(c.user(user_name="app"))),
    "user group in use": ("InvalidUserGroupState", lambda c: (
        c.group(TransitEncryptionEnabled=True, UserGroupIds=[c.user_group(c.user())]), c.cache.delete_user_group(UserGroupId="users"))),
    "group twice": ("ReplicationGroupAlreadyExists", lambda c: (c.group(), c.group())),
    "group in an unknown subnet group": ("CacheSubnetGroupNotFoundFault", lambda c: c.group(CacheSubnetGroupName="nothing")),
    "group with an unknown parameter group": ("CacheParameterGroupNotFound", lambda c: c.group(CacheParameterGroupName="nothing")),
    "group with an unknown user group": ("UserGroupNotFound", lambda c: c.group(TransitEncryptionEnabled=True, UserGroupIds=["nothing"])),
    "group with an unknown key": ("InvalidParameterValue", lambda c: c.group(AtRestEncryptionEnabled=True, KmsKeyId="alias/nothing")),
    "group in an unknown security group": ("InvalidParameterValue", lambda c: c.group(SecurityGroupIds=["sg-0123456789abcdef0"])),
    "token without encryption": ("InvalidParameterCombination", lambda c: c.group(AuthToken="0123456789abcdef")),
    "Multi-AZ without failover": ("InvalidParameterCombination", lambda c: c.group(MultiAZEnabled=True, AutomaticFailoverEnabled=False)),
    "failover without a replica": ("InvalidParameterCombination", lambda c: c.group(NumCacheClusters=1)),
    "group deleted twice": ("ReplicationGroupNotFoundFault", lambda c: (c.group(), c.delete(), c.delete())),
    "security group of a cache": ("DependencyViolation", lambda c: (
        g := c.security_group(), c.group(SecurityGroupIds=[g]), c.ec2.delete_security_group(GroupId=g))),
    "subnet of a cache": ("DependencyViolation", lambda c: (
        c.group(CacheSubnetGroupName=c.subnet_group()), c.ec2.delete_subnet(SubnetId=c.subnets[0]))),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal(caches: Caches, case: str) -> None:
    code, act = REFUSED[case]
    before = caches.cloud.requests()["total"]
    with refused(code):
        act(caches)
    assert [entry["error"] for entry in caches.cloud.requests()["log"][before:] if entry["error"]] == [code]


def test_life(cloud: Cloud) -> None:
    cloud.lifetimes(elasticache_replication_group={"creating": 500, "updating": 100, "deleting": 300})
    caches = Caches(cloud)
    assert caches.group()["Status"] == caches.found()["Status"] == "creating"
    with refused("InvalidReplicationGroupState"):
        caches.delete()
    cloud.advance(501)
    caches.cache.modify_replication_group(ReplicationGroupId="orders", SnapshotRetentionLimit=3, ApplyImmediately=True)
    assert caches.found()["Status"] == "modifying"
    cloud.advance(101)
    caches.delete()
    assert caches.found()["Status"] == "deleting"
    with refused("ReplicationGroupAlreadyExists"):
        caches.group()
    cloud.advance(301)
    with refused("ReplicationGroupNotFoundFault"):
        caches.found()
    caches.group()


def test_arguments_and_members(caches: Caches) -> None:
    group_id = caches.security_group()
    caches.group(
        NumCacheClusters=3, MultiAZEnabled=True, CacheSubnetGroupName=caches.subnet_group(), SecurityGroupIds=[group_id],
        CacheParameterGroupName=caches.parameter_group(), PreferredMaintenanceWindow="mon:03:00-mon:04:00",
        TransitEncryptionEnabled=True, AtRestEncryptionEnabled=True, AuthToken="0123456789abcdef")
    found = caches.found()
    assert found["MemberClusters"] == ["orders-001", "orders-002", "orders-003"]
    assert (found["AutomaticFailover"], found["MultiAZ"], found["TransitEncryptionMode"]) == ("enabled", "enabled", "required")
    node_group = found["NodeGroups"][0]
    assert ".euc1." in node_group["PrimaryEndpoint"]["Address"] and ".euc1." in node_group["ReaderEndpoint"]["Address"]
    assert [member["PreferredAvailabilityZone"] for member in node_group["NodeGroupMembers"]] == ["eu-central-1a", "eu-central-1b", "eu-central-1a"]
    member = caches.cache.describe_cache_clusters(CacheClusterId="orders-002", ShowCacheNodeInfo=True)["CacheClusters"][0]
    assert (member["EngineVersion"], member["CacheSubnetGroupName"], member["PreferredMaintenanceWindow"]) == ("7.1.0", "cache", "mon:03:00-mon:04:00")
    assert member["CacheParameterGroup"]["CacheParameterGroupName"] == "redis-7"
    assert [group["SecurityGroupId"] for group in member["SecurityGroups"]] == [group_id]
    caches.cache.increase_replica_count(ReplicationGroupId="orders", NewReplicaCount=3, ApplyImmediately=True)
    assert len(caches.found()["MemberClusters"]) == 4
    caches.cache.decrease_replica_count(ReplicationGroupId="orders", NewReplicaCount=1, ApplyImmediately=True)
    assert caches.found()["MemberClusters"] == ["orders-001", "orders-002"]
    caches.cache.test_failover(ReplicationGroupId="orders", NodeGroupId="0001")
    roles = {m["CacheClusterId"]: m["CurrentRole"] for m in caches.found()["NodeGroups"][0]["NodeGroupMembers"]}
    assert roles == {"orders-001": "replica", "orders-002": "primary"}


def test_modified(caches: Caches) -> None:
    caches.group(TransitEncryptionEnabled=True)
    caches.cache.modify_replication_group(
        ReplicationGroupId="orders", SnapshotWindow="01:00-02:00", AutoMinorVersionUpgrade=False, EngineVersion="7.2",
        TransitEncryptionMode="preferred", UserGroupIdsToAdd=[caches.user_group(caches.user())], ApplyImmediately=True)
    found = caches.found()
    assert (found["SnapshotWindow"], found["AutoMinorVersionUpgrade"], found["TransitEncryptionMode"]) == ("01:00-02:00", False, "preferred")
    assert found["UserGroupIds"] == ["users"]
    assert caches.cache.describe_user_groups(UserGroupId="users")["UserGroups"][0]["ReplicationGroups"] == ["orders"]


def test_parameters_and_subnets(caches: Caches) -> None:
    group = caches.parameter_group()
    caches.cache.modify_cache_parameter_group(CacheParameterGroupName=group, ParameterNameValues=[
        {"ParameterName": "maxmemory-policy", "ParameterValue": "allkeys-lru"}])
    found = caches.cache.describe_cache_parameters(CacheParameterGroupName=group, Source="user")["Parameters"]
    assert [(p["ParameterName"], p["ParameterValue"]) for p in found] == [("maxmemory-policy", "allkeys-lru")]
    caches.cache.delete_cache_parameter_group(CacheParameterGroupName=group)
    assert caches.cache.describe_cache_parameter_groups(CacheParameterGroupName="default.redis7")["CacheParameterGroups"]
    name = caches.subnet_group()
    caches.cache.modify_cache_subnet_group(CacheSubnetGroupName=name, CacheSubnetGroupDescription="new", SubnetIds=caches.subnets[:1])
    changed = caches.cache.describe_cache_subnet_groups(CacheSubnetGroupName=name)["CacheSubnetGroups"][0]
    assert (changed["CacheSubnetGroupDescription"], len(changed["Subnets"])) == ("new", 1)
    caches.cache.delete_cache_subnet_group(CacheSubnetGroupName=name)


def test_users(caches: Caches) -> None:
    user = caches.user()
    caches.user_group(user)
    caches.cache.modify_user(UserId=user, AccessString="on ~app:* +@read")
    assert caches.cache.describe_users(UserId=user)["Users"][0]["AccessString"] == "on ~app:* +@read"
    caches.cache.delete_user(UserId=user)
    with refused("UserNotFound"):
        caches.cache.describe_users(UserId=user)
    assert caches.cache.describe_user_groups(UserGroupId="users")["UserGroups"][0]["UserIds"] == []
    caches.cache.delete_user_group(UserGroupId="users")
    with refused("UserGroupNotFound"):
        caches.cache.describe_user_groups(UserGroupId="users")


def test_shards(caches: Caches) -> None:
    caches.cache.create_replication_group(
        ReplicationGroupId="orders", ReplicationGroupDescription="d", NumNodeGroups=2, ReplicasPerNodeGroup=1,
        AutomaticFailoverEnabled=True, CacheParameterGroupName="default.redis7.cluster.on")
    found = caches.found()
    assert (found["ClusterEnabled"], len(found["NodeGroups"]), len(found["MemberClusters"])) == (True, 2, 4)
    modify = caches.cache.modify_replication_group_shard_configuration
    modify(ReplicationGroupId="orders", NodeGroupCount=3, ApplyImmediately=True)
    assert caches.found()["MemberClusters"][-1] == "orders-0003-002"
    with refused("InvalidParameterCombination"):
        modify(ReplicationGroupId="orders", NodeGroupCount=1, ApplyImmediately=True)
    modify(ReplicationGroupId="orders", NodeGroupCount=1, NodeGroupsToRemove=["0002", "0003"], ApplyImmediately=True)
    assert [(shard["NodeGroupId"], shard["Slots"]) for shard in caches.found()["NodeGroups"]] == [("0001", "0-16383")]
    caches.cache.increase_replica_count(
        ReplicationGroupId="orders", ReplicaConfiguration=[{"NodeGroupId": "0001", "NewReplicaCount": 3}], ApplyImmediately=True)
    assert len(caches.found()["MemberClusters"]) == 4
    with refused("InvalidParameterCombination"):
        caches.cache.decrease_replica_count(ReplicationGroupId="orders", NewReplicaCount=0, ApplyImmediately=True)


def test_versions_and_words_of_the_service(caches: Caches) -> None:
    caches.group(EngineVersion="6.x", NotificationTopicArn="arn:aws:sns:eu-central-1:123456789012:a", Tags=[{"Key": "a", "Value": "1"}])
    member = caches.cache.describe_cache_clusters(CacheClusterId="orders-001")["CacheClusters"][0]
    assert (member["EngineVersion"], member["NotificationConfiguration"]["TopicStatus"]) == ("6.2.6", "active")
    caches.cache.modify_replication_group(ReplicationGroupId="orders", NotificationTopicStatus="inactive", ApplyImmediately=True)
    assert "NotificationConfiguration" not in caches.cache.describe_cache_clusters(CacheClusterId="orders-001")["CacheClusters"][0]
    made = caches.cache.create_user(UserId="u", UserName="u", Engine="redis", AccessString="on ~a* -@all +get", Passwords=["0123456789abcdef"])
    assert made["AccessString"] == "on ~a* resetchannels -@all +get"
    caches.cache.modify_user(UserId="u", AuthenticationMode={"Type": "iam"})
    assert caches.cache.describe_users(UserId="u")["Users"][0]["Authentication"]["Type"] == "iam"


def test_parameters_of_the_family(caches: Caches) -> None:
    group = caches.parameter_group()
    caches.cache.modify_cache_parameter_group(CacheParameterGroupName=group, ParameterNameValues=[
        {"ParameterName": name, "ParameterValue": value} for name, value in (("timeout", "0"), ("maxmemory-policy", "allkeys-lru"))])

    def sources() -> dict[str, str]:
        return {each["ParameterName"]: each["Source"] for each in caches.cache.describe_cache_parameters(CacheParameterGroupName=group)["Parameters"]}

    assert sources() == {"timeout": "system", "maxmemory-policy": "user"}
