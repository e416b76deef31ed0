"""RDS: the life of a database, groups in use, arguments kept, changes that wait for the maintenance window."""

from __future__ import annotations

import re
from typing import Any

import moto.rds.utils as rds_utils
from moto.core.responses import ActionResult
from moto.ec2.exceptions import InvalidSubnetIdError
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random
from moto.rds.exceptions import DBParameterGroupNotFoundError, DBSubnetGroupNotFoundError, RDSClientError
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse

from . import kms
from .corrections import adds, corrects
from .lifetimes import LIFE

# What waits for the maintenance window unless ApplyImmediately is given; the rest takes effect at once.
WAITING = ("AllocatedStorage", "DBInstanceClass", "EngineVersion", "MasterUserPassword", "MultiAZ", "StorageType",
           "Iops", "StorageThroughput", "BackupRetentionPeriod", "CACertificateIdentifier", "DedicatedLogVolume",
           "EnableIAMDatabaseAuthentication", "DBPortNumber", "LicenseModel")
PENDING_NAMES = {"DBPortNumber": "Port", "EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled"}
FAMILIES = re.compile(r"(postgres(9\.[3-6]|1[0-8])|mysql(5\.[67]|8\.[04])|mariadb1[01]\.\d+|aurora-postgresql1[0-8]|aurora-mysql(5\.7|8\.0)|"
                      r"(oracle|sqlserver)-[\w.-]+|neptune\d?|docdb[\d.]+)")
CLASSES = re.compile(r"db\.[a-z]+\d[a-z0-9]*\.(micro|small|medium|large|\d*xlarge)")


# -- subnet groups


def subnets_of(response: RDSResponse) -> list[Any]:
    ec2 = ec2_backends[response.current_account][response.region]
    try:
        subnets = [ec2.get_subnet(subnet_id) for subnet_id in response.params.get("SubnetIds", [])]
    except InvalidSubnetIdError as unknown:
        # AWS: the error is RDS's own
        raise RDSClientError("InvalidSubnet", str(unknown)) from None
    # AWS: two zones at least
    if len({subnet.availability_zone for subnet in subnets}) < 2:
        raise RDSClientError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. Current AZ coverage: "
            f"{', '.join(sorted({subnet.availability_zone for subnet in subnets}))}. Add subnets to cover at least 2 AZs.")
    return subnets


@corrects(RDSResponse)
def create_db_subnet_group(moto: Any, self: Any) -> ActionResult:
    name = self.params.get("DBSubnetGroupName", "").lower()
    if name in self.backend.subnet_groups:
        raise RDSClientError("DBSubnetGroupAlreadyExists", f"The DB subnet group '{name}' already exists.")
    subnets_of(self)
    return moto(self)


@corrects(RDSResponse)
def modify_db_subnet_group(moto: Any, self: Any) -> ActionResult:
    name = self.params.get("DBSubnetGroupName")
    group = self.backend.subnet_groups.get(name)
    # AWS: DBSubnetGroupNotFoundFault, and the group stays; moto drops it
    if group is None:
        raise DBSubnetGroupNotFoundError(name)
    group.subnets = subnets_of(self)
    if self.params.get("DBSubnetGroupDescription") is not None:
        group.description = self.params.get("DBSubnetGroupDescription")
    return ActionResult({"DBSubnetGroup": group})


@corrects(RDSBackend)
def delete_subnet_group(moto: Any, self: Any, subnet_name: str) -> Any:
    # AWS: InvalidDBSubnetGroupStateFault while a database is in it
    used_by = [d.db_instance_identifier for d in self.databases.values() if (getattr(d, "_db_subnet_group_name", None) or "").lower() == subnet_name.lower()]
    if subnet_name in self.subnet_groups and used_by:
        raise RDSClientError("InvalidDBSubnetGroupStateFault", f"Cannot delete the subnet group '{subnet_name}' because at least one database instance: {used_by[0]} is still using it.")
    return moto(self, subnet_name)


# -- parameter groups


@corrects(RDSBackend)
def create_db_parameter_group(moto: Any, self: Any, db_parameter_group_kwargs: Any) -> DBParameterGroup:
    family = db_parameter_group_kwargs.get("db_parameter_group_family") or ""
    # AWS: InvalidParameterValue for a family that it does not have
    if family and not FAMILIES.fullmatch(family):
        raise RDSClientError("InvalidParameterValue", f"ParameterGroupFamily {family} is not a valid parameter group family")
    return moto(self, db_parameter_group_kwargs)


@corrects(RDSBackend)
def describe_db_parameter_groups(moto: Any, self: Any, db_parameter_group_kwargs: Any) -> Any:
    found = moto(self, db_parameter_group_kwargs)
    name = db_parameter_group_kwargs.get("db_parameter_group_name")
    # AWS: DBParameterGroupNotFound for a name that it does not know
    if name and not found:
        raise DBParameterGroupNotFoundError(name)
    return found


@corrects(RDSBackend)
def delete_db_parameter_group(moto: Any, self: Any, db_parameter_group_name: str) -> Any:
    # AWS: InvalidDBParameterGroupState while a database uses it
    if db_parameter_group_name in self.db_parameter_groups and any(
        (database.db_parameter_group_name or "").lower() == db_parameter_group_name.lower() for database in self.databases.values()
    ):
        raise RDSClientError("InvalidDBParameterGroupState", "One or more database instances are still members of this parameter group, so the group cannot be deleted")
    return moto(self, db_parameter_group_name)


@corrects(DBParameterGroup)
def update_parameters(moto: Any, self: Any, new_parameters: Any) -> None:
    given = [dict(parameter) for parameter in new_parameters]
    moto(self, given)
    for parameter in given:
        # AWS: says who set it
        self.parameters[parameter["ParameterName"]].update(Source="user", IsModifiable=True)


@adds(RDSResponse)
def reset_db_parameter_group(self: Any) -> ActionResult:
    name = self.params.get("DBParameterGroupName")
    group = self.backend.db_parameter_groups.get(name)
    if group is None:
        raise DBParameterGroupNotFoundError(name)
    names = [parameter["ParameterName"] for parameter in self.params.get("Parameters", [])]
    for parameter in list(group.parameters) if self.params.get("ResetAllParameters") or not names else names:
        group.parameters.pop(parameter, None)
    return ActionResult({"DBParameterGroupName": name})


# -- databases


def overlap(moto: Any) -> Any:
    def touching_is_not_overlapping(*ranges: Any) -> Any:
        # AWS: a window may begin when the other ends
        found = moto(*ranges)
        return found if found else -1

    return touching_is_not_overlapping


rds_utils.get_overlap_between_two_date_ranges = overlap(rds_utils.get_overlap_between_two_date_ranges)


def check(backend: RDSBackend, wanted: Any) -> None:
    """AWS: what a database refers to has to exist, and its class, version and password to be possible."""
    instance_class, version = wanted.get("DBInstanceClass"), wanted.get("EngineVersion")
    if instance_class and not CLASSES.fullmatch(instance_class):
        raise RDSClientError("InvalidParameterValue", f"Invalid DB Instance class: {instance_class}")
    if version and wanted.get("Engine") == "postgres" and not re.fullmatch(r"(9\.[3-6]|1[0-8])(\.\d+)*", version):
        raise RDSClientError("InvalidParameterCombination", f"Cannot find version {version} for postgres")
    password = wanted.get("MasterUserPassword")
    if password is not None and len(password) < 8:
        raise RDSClientError("InvalidParameterValue", "The parameter MasterUserPassword is not a valid password because it is shorter than 8 characters.")
    key_id = wanted.get("KmsKeyId")
    if key_id and not key_id.endswith("alias/aws/rds"):
        key = kms.find_key(backend.account_id, backend.region_name, key_id)
        if key is None or key.key_state != "Enabled":
            raise RDSClientError("KMSKeyNotAccessibleFault", f"The specified KMS key [{key_id}] does not exist, is not enabled or you do not have permissions to access it.")
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for group_id in wanted.get("VpcSecurityGroupIds") or []:
        if ec2.get_security_group_from_id(group_id) is None:
            raise RDSClientError("InvalidParameterValue", f"Invalid security group , groupId= {group_id}, groupName=.")


def keep(database: DBInstance, wanted: Any) -> None:
    """AWS: keeps these, which moto drops."""
    if wanted.get("EnablePerformanceInsights") is not None:
        database.performance_insights_enabled = bool(wanted.get("EnablePerformanceInsights"))
        if not database.performance_insights_enabled:
            database.performance_insights_kms_key_id = database.performance_insights_retention_period = None
    if getattr(database, "performance_insights_enabled", False):
        key_id = wanted.get("PerformanceInsightsKMSKeyId")
        key = kms.find_key(database.account_id, database.region, key_id) if key_id else None
        if key_id:
            database.performance_insights_kms_key_id = key.arn if key else key_id
        database.performance_insights_retention_period = (
            wanted.get("PerformanceInsightsRetentionPeriod") or getattr(database, "performance_insights_retention_period", None) or 7)
    if wanted.get("NetworkType"):
        database.network_type = wanted.get("NetworkType")
    if wanted.get("DedicatedLogVolume") is not None:
        database.dedicated_log_volume = wanted.get("DedicatedLogVolume")


@corrects(RDSBackend)
def create_db_instance(moto: Any, self: Any, db_kwargs: Any) -> DBInstance:
    check(self, db_kwargs)
    subnet_group = db_kwargs.get("DBSubnetGroupName")
    if subnet_group and subnet_group not in self.subnet_groups:
        raise DBSubnetGroupNotFoundError(subnet_group)
    database = moto(self, db_kwargs)
    database.dbi_resource_id = f"db-{mock_random.get_random_string(length=26, include_digits=True).upper()}"
    database.network_type = "IPV4"
    database.dedicated_log_volume = False
    database.performance_insights_enabled = False
    keep(database, db_kwargs)
    key = kms.find_key(self.account_id, self.region_name, database.kms_key_id) if getattr(database, "kms_key_id", None) else None
    if key:
        database.kms_key_id = key.arn
    begin(database, "creating", "creating")
    return database


def begin(database: DBInstance, phase: str, status: str) -> None:
    # AWS: creating, modifying, rebooting … then available
    database.status = status
    LIFE.then("db_instance", phase, lambda: become_available(database, status))


def become_available(database: DBInstance, was: str) -> None:
    if database.status == was:
        database.status = "available"
        if was == "rebooting":
            database.parameter_apply_status = "in-sync"


_endpoint = DBInstance.endpoint


@property
def endpoint(self: Any) -> Any:
    # AWS: no address until it is there
    return None if self.status == "creating" else _endpoint.fget(self)  # type: ignore[union-attr]


DBInstance.endpoint = endpoint  # type: ignore[assignment,method-assign]
DBInstance.db_parameter_group_status_list = property(  # type: ignore[assignment]
    # AWS: a group that was changed for another is pending-reboot
    lambda self: [{"DBParameterGroupName": group.name, "ParameterApplyStatus": getattr(self, "parameter_apply_status", "in-sync")}
                  for group in self.db_parameter_groups()])


def refuse_unless_available(database: DBInstance) -> None:
    # AWS: InvalidDBInstanceState while something else is being done
    if database.status != "available":
        raise RDSClientError("InvalidDBInstanceState", f"Database instance is not in available state: {database.db_instance_identifier} is {database.status}.")


@corrects(RDSBackend)
def modify_db_instance(moto: Any, self: Any, db_instance_identifier: str, db_kwargs: Any) -> DBInstance:
    database = self.describe_db_instances(db_instance_identifier)[0]
    refuse_unless_available(database)
    check(self, db_kwargs)
    pending = getattr(database, "waiting", {})
    if db_kwargs.get("ApplyImmediately"):
        # AWS: what was waiting is applied too
        for name, value in pending.items():
            if name not in db_kwargs:
                db_kwargs[name] = value
        database.waiting = {}
    else:
        # AWS: shown in PendingModifiedValues until the maintenance window
        for name in WAITING:
            if name in db_kwargs:
                pending = {**pending, name: db_kwargs.pop(name)}
        database.waiting = pending
    database.pending_modified_values = {
        PENDING_NAMES.get(name, name): "****" if name == "MasterUserPassword" else value for name, value in database.waiting.items()
    } or None
    group_before = database.db_parameter_group_name
    moto(self, db_instance_identifier, db_kwargs)
    keep(database, db_kwargs)
    if database.db_parameter_group_name != group_before:
        # AWS: another group waits for a reboot
        database.parameter_apply_status = "pending-reboot"
    begin(database, "updating", "modifying")
    return database


@corrects(RDSBackend)
def reboot_db_instance(moto: Any, self: Any, db_instance_identifier: str) -> DBInstance:
    database = moto(self, db_instance_identifier)
    refuse_unless_available(database)
    begin(database, "updating", "rebooting")
    return database


@corrects(RDSBackend)
def delete_db_instance(
    moto: Any, self: Any, db_instance_identifier: str, final_db_snapshot_identifier: str | None = None,
    skip_final_snapshot: bool | None = False, delete_automated_backups: bool | None = True, **kwargs: Any,
) -> DBInstance:
    database = self.describe_db_instances(db_instance_identifier)[0]
    if database.status == "deleting":
        raise RDSClientError("InvalidDBInstanceState", f"Instance {db_instance_identifier} is already being deleted.")
    # AWS: one or the other has to be said
    if not skip_final_snapshot and not final_db_snapshot_identifier and not database.is_replica:
        raise RDSClientError("InvalidParameterCombination", "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified.")
    if skip_final_snapshot and final_db_snapshot_identifier:
        raise RDSClientError("InvalidParameterCombination", "FinalDBSnapshotIdentifier can not be specified when deleting an instance with SkipFinalSnapshot.")
    moto(self, db_instance_identifier, final_db_snapshot_identifier, skip_final_snapshot, delete_automated_backups)
    # AWS: deleting for a while, and in the way of its groups meanwhile
    self.databases[db_instance_identifier] = database
    database.status = "deleting"
    LIFE.then("db_instance", "deleting", lambda: self.databases.pop(db_instance_identifier, None))
    return database


@corrects(RDSResponse)
def promote_read_replica(moto: Any, self: Any) -> ActionResult:
    answer = moto(self)
    database = self.backend.describe_db_instances(self.params.get("DBInstanceIdentifier"))[0]
    source = self.backend.databases.get(database.source_db_instance_identifier or "")
    if source is not None and database.db_instance_identifier in source.replicas:
        source.replicas.remove(database.db_instance_identifier)
    # AWS: on its own from now on
    database.source_db_instance_identifier = None
    database.is_replica = False
    return answer


@corrects(RDSResponse)
def create_db_instance_read_replica(moto: Any, self: Any) -> ActionResult:
    answer = moto(self)
    # AWS: protected only where that is asked for
    answer.result["DBInstance"].deletion_protection = bool(self.params.get("DeletionProtection"))
    return answer
