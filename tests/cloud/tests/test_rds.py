"""RDS: the life of a database, groups in use, arguments kept, changes that wait."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from conftest import Cloud, refused

MAIN: dict[str, Any] = {
    "DBInstanceIdentifier": "main", "DBInstanceClass": "db.r6g.large", "Engine": "postgres", "EngineVersion": "16.4",
    "AllocatedStorage": 100, "MasterUsername": "shop", "MasterUserPassword": "a long password", "StorageType": "gp3",
}


class Databases:
    def __init__(self, cloud: Cloud) -> None:
        self.cloud, self.rds, self.ec2 = cloud, cloud.client("rds"), cloud.client("ec2")
        self.vpc = self.ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        self.subnets = [self.ec2.create_subnet(VpcId=self.vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"eu-central-1{zone}")["Subnet"]["SubnetId"]
                        for n, zone in enumerate("abc")]

    def subnet_group(self, name: str = "data", subnets: list[str] | None = None) -> str:
        self.rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="d", SubnetIds=subnets or self.subnets[:2])
        return name

    def parameter_group(self, name: str = "pg", family: str = "postgres16") -> str:
        self.rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily=family, Description="d")
        return name

    def security_group(self) -> str:
        return self.ec2.create_security_group(GroupName="db", Description="d", VpcId=self.vpc)["GroupId"]

    def database(self, **more: Any) -> Any:
        return self.rds.create_db_instance(**{**MAIN, **more})["DBInstance"]

    def found(self) -> Any:
        return self.rds.describe_db_instances(DBInstanceIdentifier="main")["DBInstances"][0]

    def delete(self) -> None:
        self.rds.delete_db_instance(DBInstanceIdentifier="main", SkipFinalSnapshot=True)


@pytest.fixture
def databases(cloud: Cloud) -> Databases:
    return Databases(cloud)


REFUSED: dict[str, tuple[str, Callable[[Databases], Any]]] = {
    "subnet group twice": ("DBSubnetGroupAlreadyExists", lambda d: (d.subnet_group(), d.subnet_group())),
    "subnet group of one zone": ("DBSubnetGroupDoesNotCoverEnoughAZs", lambda d: d.subnet_group(subnets=d.subnets[:1])),
    "subnet group of an unknown subnet": ("InvalidSubnet", lambda d: d.subnet_group(subnets=["subnet-0123456789abcdef0"])),
    "modify an unknown subnet group": ("DBSubnetGroupNotFoundFault", lambda d: d.rds.modify_db_subnet_group(
        DBSubnetGroupName="nothing", SubnetIds=d.subnets)),
    "subnet group in use": ("InvalidDBSubnetGroupStateFault", lambda d: (
        g := d.subnet_group(), d.database(DBSubnetGroupName=g), d.rds.delete_db_subnet_group(DBSubnetGroupName=g))),
    "parameter group twice": ("DBParameterGroupAlreadyExists", lambda d: (d.parameter_group(), d.parameter_group())),
    "parameter group of an unknown family": ("InvalidParameterValue", lambda d: d.parameter_group(family="postgres99")),
    "parameter group in use": ("InvalidDBParameterGroupState", lambda d: (
        g := d.parameter_group(), d.database(DBParameterGroupName=g), d.rds.delete_db_parameter_group(DBParameterGroupName=g))),
    "describe an unknown parameter group": ("DBParameterGroupNotFound", lambda d: d.rds.describe_db_parameter_groups(DBParameterGroupName="nothing")),
    "database twice": ("DBInstanceAlreadyExists", lambda d: (d.database(), d.database())),
    "unknown subnet group": ("DBSubnetGroupNotFoundFault", lambda d: d.database(DBSubnetGroupName="nothing")),
    "unknown parameter group": ("DBParameterGroupNotFound", lambda d: d.database(DBParameterGroupName="nothing")),
    "unknown key": ("KMSKeyNotAccessibleFault", lambda d: d.database(StorageEncrypted=True, KmsKeyId="alias/nothing")),
    "unknown security group": ("InvalidParameterValue", lambda d: d.database(VpcSecurityGroupIds=["sg-0123456789abcdef0"])),
    "unknown class": ("InvalidParameterValue", lambda d: d.database(DBInstanceClass="db.nothing")),
    "unknown version": ("InvalidParameterCombination", lambda d: d.database(EngineVersion="99.1")),
    "short password": ("InvalidParameterValue", lambda d: d.database(MasterUserPassword="short")),
    "overlapping windows": ("InvalidParameterValue", lambda d: d.database(
        PreferredBackupWindow="03:00-04:30", PreferredMaintenanceWindow="mon:04:00-mon:05:00")),
    "deletion without a word on snapshots": ("InvalidParameterCombination", lambda d: (
        d.database(), d.rds.delete_db_instance(DBInstanceIdentifier="main"))),
    "deletion while protected": ("InvalidParameterCombination", lambda d: (d.database(DeletionProtection=True), d.delete())),
    "delete an unknown database": ("DBInstanceNotFound", lambda d: d.delete()),
    "security group of a database": ("DependencyViolation", lambda d: (
        g := d.security_group(), d.database(VpcSecurityGroupIds=[g]), d.ec2.delete_security_group(GroupId=g))),
    "subnet of a database": ("DependencyViolation", lambda d: (
        d.database(DBSubnetGroupName=d.subnet_group()), d.ec2.delete_subnet(SubnetId=d.subnets[0]))),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refusal(databases: Databases, case: str) -> None:
    code, act = REFUSED[case]
    before = databases.cloud.requests()["total"]
    with refused(code):
        act(databases)
    assert [entry["error"] for entry in databases.cloud.requests()["log"][before:] if entry["error"]] == [code]


def test_life(cloud: Cloud) -> None:
    cloud.lifetimes(db_instance={"creating": 600, "updating": 300, "deleting": 400})
    databases = Databases(cloud)
    made = databases.database(DBSubnetGroupName=databases.subnet_group())
    assert (made["DBInstanceStatus"], "Endpoint" in made) == ("creating", False)
    with refused("InvalidDBInstanceState"):
        databases.rds.modify_db_instance(DBInstanceIdentifier="main", AllocatedStorage=200, ApplyImmediately=True)
    cloud.advance(601)
    assert (databases.found()["DBInstanceStatus"], databases.found()["Endpoint"]["Port"]) == ("available", 5432)
    databases.rds.modify_db_instance(DBInstanceIdentifier="main", AllocatedStorage=200, ApplyImmediately=True)
    assert databases.found()["DBInstanceStatus"] == "modifying"
    cloud.advance(301)
    databases.delete()
    assert databases.found()["DBInstanceStatus"] == "deleting"
    for code, call in (("InvalidDBInstanceState", databases.delete), ("DBInstanceAlreadyExists", databases.database),
                       ("InvalidDBSubnetGroupStateFault", lambda: databases.rds.delete_db_subnet_group(DBSubnetGroupName="data"))):
        with refused(code):
            call()
    cloud.advance(401)
    with refused("DBInstanceNotFound"):
        databases.found()
    databases.rds.delete_db_subnet_group(DBSubnetGroupName="data")


def test_changes_wait_for_the_window(databases: Databases) -> None:
    databases.database()
    databases.rds.modify_db_instance(DBInstanceIdentifier="main", DBInstanceClass="db.r6g.xlarge", BackupRetentionPeriod=14, CopyTagsToSnapshot=True)
    found = databases.found()
    assert (found["DBInstanceClass"], found["CopyTagsToSnapshot"]) == ("db.r6g.large", True)
    assert found["PendingModifiedValues"] == {"DBInstanceClass": "db.r6g.xlarge", "BackupRetentionPeriod": 14}
    databases.rds.modify_db_instance(DBInstanceIdentifier="main", MultiAZ=True, ApplyImmediately=True)
    found = databases.found()
    assert (found["DBInstanceClass"], found["BackupRetentionPeriod"], found["MultiAZ"]) == ("db.r6g.xlarge", 14, True)
    assert found.get("PendingModifiedValues", {}) == {}


def test_arguments_kept(databases: Databases) -> None:
    key = databases.cloud.client("kms").create_key()["KeyMetadata"]
    databases.database(
        EnablePerformanceInsights=True, PerformanceInsightsKMSKeyId=key["KeyId"], PerformanceInsightsRetentionPeriod=93,
        NetworkType="DUAL", DedicatedLogVolume=True, StorageEncrypted=True, KmsKeyId=key["KeyId"],
        PreferredBackupWindow="03:00-04:00", PreferredMaintenanceWindow="mon:04:00-mon:05:00")  # touching windows
    found = databases.found()
    assert (found["PerformanceInsightsEnabled"], found["PerformanceInsightsKMSKeyId"], found["PerformanceInsightsRetentionPeriod"]) == (True, key["Arn"], 93)
    assert (found["NetworkType"], found["DedicatedLogVolume"], found["KmsKeyId"]) == ("DUAL", True, key["Arn"])
    databases.rds.modify_db_instance(DBInstanceIdentifier="main", EnablePerformanceInsights=False, ApplyImmediately=True)
    assert databases.found()["PerformanceInsightsEnabled"] is False


def test_parameter_group(databases: Databases) -> None:
    group = databases.parameter_group()
    databases.rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[
        {"ParameterName": "rds.force_ssl", "ParameterValue": "1", "ApplyMethod": "pending-reboot"}])
    found = databases.rds.describe_db_parameters(DBParameterGroupName=group, Source="user")["Parameters"]
    assert [(p["ParameterName"], p["ParameterValue"], p["Source"]) for p in found] == [("rds.force_ssl", "1", "user")]
    databases.database()
    databases.rds.modify_db_instance(DBInstanceIdentifier="main", DBParameterGroupName=group, ApplyImmediately=True)
    assert databases.found()["DBParameterGroups"] == [{"DBParameterGroupName": group, "ParameterApplyStatus": "pending-reboot"}]
    databases.rds.reboot_db_instance(DBInstanceIdentifier="main")
    assert databases.found()["DBParameterGroups"][0]["ParameterApplyStatus"] == "in-sync"
    databases.rds.reset_db_parameter_group(DBParameterGroupName=group, ResetAllParameters=True)
    assert databases.rds.describe_db_parameters(DBParameterGroupName=group, Source="user")["Parameters"] == []


def test_subnet_group_is_modified(databases: Databases) -> None:
    group = databases.subnet_group()
    databases.rds.modify_db_subnet_group(DBSubnetGroupName=group, DBSubnetGroupDescription="new", SubnetIds=databases.subnets)
    found = databases.rds.describe_db_subnet_groups(DBSubnetGroupName=group)["DBSubnetGroups"][0]
    assert (found["DBSubnetGroupDescription"], len(found["Subnets"])) == ("new", 3)


def test_replica(databases: Databases) -> None:
    databases.database(DeletionProtection=True, BackupRetentionPeriod=7)
    databases.rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="main")
    replica = databases.rds.describe_db_instances(DBInstanceIdentifier="replica")["DBInstances"][0]
    assert (replica["DeletionProtection"], replica["ReadReplicaSourceDBInstanceIdentifier"]) == (False, "main")
    databases.rds.promote_read_replica(DBInstanceIdentifier="replica")
    replica = databases.rds.describe_db_instances(DBInstanceIdentifier="replica")["DBInstances"][0]
    assert replica.get("ReadReplicaSourceDBInstanceIdentifier") is None
    assert databases.found()["ReadReplicaDBInstanceIdentifiers"] == []


def test_replica_and_restored_are_of_their_own(databases: Databases) -> None:
    made = databases.database(BackupRetentionPeriod=7, Tags=[{"Key": "a", "Value": "1"}], DeletionProtection=True, MultiAZ=True)
    databases.rds.create_db_snapshot(DBInstanceIdentifier="main", DBSnapshotIdentifier="backup")
    databases.rds.create_db_instance_read_replica(DBInstanceIdentifier="replica", SourceDBInstanceIdentifier="main")
    databases.rds.restore_db_instance_from_db_snapshot(
        DBInstanceIdentifier="restored", DBSnapshotIdentifier="backup", Tags=[{"Key": "b", "Value": "2"}])
    databases.rds.restore_db_instance_to_point_in_time(
        SourceDBInstanceIdentifier="main", TargetDBInstanceIdentifier="rewound", UseLatestRestorableTime=True)
    found = {each["DBInstanceIdentifier"]: each for each in databases.rds.describe_db_instances()["DBInstances"]}
    assert len({each["DbiResourceId"] for each in found.values()}) == 4
    by_resource = databases.rds.describe_db_instances(Filters=[{"Name": "dbi-resource-id", "Values": [made["DbiResourceId"]]}])["DBInstances"]
    assert [each["DBInstanceIdentifier"] for each in by_resource] == ["main"]
    for name, tags in {"replica": {}, "restored": {"b": "2"}, "rewound": {}}.items():
        assert ({tag["Key"]: tag["Value"] for tag in found[name]["TagList"]}, found[name]["DeletionProtection"], found[name]["MultiAZ"]) == (tags, False, False)
    with refused("InvalidDBInstanceState"):
        databases.rds.create_db_instance_read_replica(DBInstanceIdentifier="second", SourceDBInstanceIdentifier="replica")


def test_versions(databases: Databases) -> None:
    def versions(**wanted: Any) -> list[str]:
        return [each["EngineVersion"] for each in databases.rds.describe_db_engine_versions(**wanted)["DBEngineVersions"]]

    assert versions(Engine="postgres", EngineVersion="16") == ["16.3", "16.4", "16.10"]
    assert versions(Engine="postgres", DefaultOnly=True) == ["17.6"]
    assert versions(DBParameterGroupFamily="postgres15", DefaultOnly=True) == ["15.14"]
    databases.database(EngineVersion="16")
    assert databases.found()["EngineVersion"] == "16.10"
    with refused("InvalidParameterCombination"):
        databases.rds.modify_db_instance(DBInstanceIdentifier="main", EngineVersion="17", ApplyImmediately=True)
    databases.rds.modify_db_instance(DBInstanceIdentifier="main", EngineVersion="17", AllowMajorVersionUpgrade=True, ApplyImmediately=True)
    assert databases.found()["EngineVersion"] == "17.6"


def test_parameters_of_the_family(databases: Databases) -> None:
    group = databases.parameter_group()
    databases.rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[
        {"ParameterName": name, "ParameterValue": value, "ApplyMethod": "immediate"} for name, value in (("log_statement", "none"), ("work_mem", "64"))])

    def names(**wanted: Any) -> set[str]:
        return {each["ParameterName"] for each in databases.rds.describe_db_parameters(DBParameterGroupName=group, **wanted)["Parameters"]}

    assert names(Source="user") == {"work_mem"}
    assert names() == {"work_mem", "log_statement", "max_connections"}
    with refused("InvalidParameterValue"):
        databases.rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[
            {"ParameterName": f"p{n}", "ParameterValue": "1", "ApplyMethod": "immediate"} for n in range(21)])


def test_a_database_that_does_not_come_up(databases: Databases) -> None:
    group = databases.parameter_group()
    databases.rds.modify_db_parameter_group(DBParameterGroupName=group, Parameters=[
        {"ParameterName": "shared_buffers", "ParameterValue": str(2**27), "ApplyMethod": "pending-reboot"}])
    databases.database(DBParameterGroupName=group)
    assert databases.found()["DBInstanceStatus"] == "incompatible-parameters"
    events = databases.rds.describe_events(SourceType="db-instance", SourceIdentifier="main")["Events"]
    assert (events[-1]["EventCategories"], "shared_buffers" in events[-1]["Message"]) == (["failure"], True)
    databases.delete()


def test_event_subscription_is_modified(databases: Databases) -> None:
    databases.database()
    databases.rds.create_event_subscription(SubscriptionName="s", SnsTopicArn="arn:aws:sns:eu-central-1:123456789012:a", SourceType="db-instance")
    databases.rds.modify_event_subscription(SubscriptionName="s", EventCategories=["failover"], Enabled=False)
    databases.rds.add_source_identifier_to_subscription(SubscriptionName="s", SourceIdentifier="main")
    found = databases.rds.describe_event_subscriptions(SubscriptionName="s")["EventSubscriptionsList"][0]
    assert (found["EventCategoriesList"], found["Enabled"], found["SourceIdsList"]) == (["failover"], False, ["main"])
    databases.rds.remove_source_identifier_from_subscription(SubscriptionName="s", SourceIdentifier="main")
    assert databases.rds.describe_event_subscriptions(SubscriptionName="s")["EventSubscriptionsList"][0]["SourceIdsList"] == []
    with refused("SourceNotFound"):
        databases.rds.add_source_identifier_to_subscription(SubscriptionName="s", SourceIdentifier="nothing")
    with refused("SubscriptionNotFound"):
        databases.rds.modify_event_subscription(SubscriptionName="nothing", Enabled=False)
