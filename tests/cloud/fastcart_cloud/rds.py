"""RDS: the life of a database, groups in use, arguments kept, changes that wait for the maintenance window, versions,
event subscriptions."""

from __future__ import annotations

import re
from typing import Any

import moto.rds.utils as rds_utils
from moto.core.responses import ActionResult, PaginatedResult
from moto.ec2.exceptions import InvalidSubnetIdError
from moto.ec2.models import ec2_backends
from moto.moto_api._internal import mock_random
from moto.rds.exceptions import DBInstanceAlreadyExists, DBParameterGroupNotFoundError, DBSubnetGroupNotFoundError, RDSClientError
from moto.rds.models import DBInstance, DBParameterGroup, RDSBackend
from moto.rds.responses import RDSResponse

from . import kms
from .corrections import adds, corrects
from .lifetimes import LIFE

# What waits for the maintenance window unless ApplyImmediately is given; the rest takes effect at once.
WAITING = ("AllocatedStorage", "DBInstanceClass", "EngineVersion", "MultiAZ", "StorageType",
           "Iops", "StorageThroughput", "BackupRetentionPeriod", "CACertificateIdentifier", "DedicatedLogVolume",
           "EnableIAMDatabaseAuthentication", "Port", "LicenseModel")
PENDING_NAMES = {"EnableIAMDatabaseAuthentication": "IAMDatabaseAuthenticationEnabled"}
FAMILIES = re.compile(r"(postgres(9\.[3-6]|1[0-8])|mysql(5\.[67]|8\.[04])|mariadb1[01]\.\d+|aurora-postgresql1[0-8]|aurora-mysql(5\.7|8\.0)|"
                      r"(oracle|sqlserver)-[\w.-]+|neptune\d?|docdb[\d.]+)")
CLASSES = re.compile(r"db\.[a-z]+\d[a-z0-9]*\.(micro|small|medium|large|\d*xlarge)")

# Some versions of each engine, the default of each major version first.
VERSIONS = {
    "postgres": ["17.6", "17.5", "16.10", "16.4", "16.3", "15.14", "15.8", "14.19", "13.22"],
    "mysql": ["8.4.6", "8.4.5", "8.0.43", "8.0.39"],
    "mariadb": ["11.8.3", "11.4.8", "10.11.14", "10.6.23"],
}
# What the parameters of a family are set to by itself, where that matters here.
FAMILY_PARAMETERS = {"postgres": {"log_statement": ("none", "engine-default"),
                                  "max_connections": ("LEAST({DBInstanceClassMemory/9531392},5000)", "system")}}


def major(engine: str, version: str) -> str:
    return ".".join(version.split(".")[:1 if engine == "postgres" else 2])


def whole_version(engine: str, version: str | None) -> str | None:
    """AWS: a beginning of a version stands for the default one that begins so."""
    if not version or version in VERSIONS.get(engine, []):
        return version
    return next((each for each in VERSIONS.get(engine, []) if each.startswith(f"{version}.")), version)


@adds(RDSResponse)
def describe_db_engine_versions(self: Any) -> ActionResult:
    engine, wanted = self.params.get("Engine"), self.params.get("EngineVersion")
    family, found = self.params.get("DBParameterGroupFamily"), []
    for name, versions in VERSIONS.items():
        if engine and engine != name:
            continue
        defaults = {major(name, version): version for version in reversed(versions)}
        for version in versions:
            own_family = f"{name}{major(name, version)}"
            fits = (not wanted or version == wanted or version.startswith(f"{wanted}.")) and (not family or family == own_family)
            default = version == (defaults[major(name, version)] if wanted or family else versions[0])
            if not fits or (self.params.get("DefaultOnly") and not default):
                continue
            higher = [each for each in versions if numbers(each) > numbers(version)]
            found.append({
                "Engine": name, "EngineVersion": version, "MajorEngineVersion": major(name, version), "DBParameterGroupFamily": own_family,
                "DBEngineDescription": {"postgres": "PostgreSQL"}.get(name, name), "DBEngineVersionDescription": f"{name} {version}",
                "ExportableLogTypes": ["postgresql", "upgrade"] if name == "postgres" else ["audit", "error", "general", "slowquery"],
                "SupportsLogExportsToCloudwatchLogs": True, "SupportsReadReplica": True, "Status": "available",
                "SupportedFeatureNames": ["Lambda", "s3Export", "s3Import"] if name == "postgres" else [],
                "SupportsGlobalDatabases": False, "SupportsParallelQuery": False, "SupportsCertificateRotationWithoutRestart": True,
                "ValidUpgradeTarget": [{"Engine": name, "EngineVersion": each, "AutoUpgrade": False,
                                        "IsMajorVersionUpgrade": major(name, each) != major(name, version)} for each in sorted(higher, key=numbers)],
            })
    return PaginatedResult({"DBEngineVersions": sorted(found, key=lambda each: numbers(each["EngineVersion"]))})


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


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
    # AWS: twenty in a call
    if len(given) > 20:
        raise RDSClientError("InvalidParameterValue", "Cannot modify more than 20 parameters in one request.")
    moto(self, given)
    for parameter in given:
        # AWS: says who set it
        self.parameters[parameter["ParameterName"]].update(Source="user", IsModifiable=True)


@corrects(RDSResponse)
def describe_db_parameters(moto: Any, self: Any) -> ActionResult:
    group = self.backend.describe_db_parameter_groups({"db_parameter_group_name": self.params.get("DBParameterGroupName")})[0]
    engine = (group.family or "").rstrip("0123456789.")
    found = {name: {"ParameterName": name, "ParameterValue": value, "Source": source, "ApplyMethod": "pending-reboot", "IsModifiable": True}
             for name, (value, source) in FAMILY_PARAMETERS.get(engine, {}).items()}
    for name, parameter in group.parameters.items():
        # AWS: what is set to the value that it has anyway does not count as set
        if found.get(name, {}).get("ParameterValue") != parameter["ParameterValue"]:
            found[name] = parameter
    wanted = self.params.get("Source")
    return PaginatedResult({"Parameters": [each for each in found.values() if not wanted or each["Source"] == wanted]})


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
    # moto's own calls have the names of its attributes
    engine_name, version_name = ("engine", "engine_version") if type(db_kwargs) is dict else ("Engine", "EngineVersion")
    engine = db_kwargs.get(engine_name)
    version = whole_version(engine, db_kwargs.get(version_name)) or next(iter(VERSIONS.get(engine, [])), None)
    if version:
        db_kwargs[version_name] = version
    subnet_group = db_kwargs.get("DBSubnetGroupName")
    if subnet_group and subnet_group not in self.subnet_groups:
        raise DBSubnetGroupNotFoundError(subnet_group)
    database = moto(self, db_kwargs)
    database.dbi_resource_id = new_resource_id()
    database.network_type = "IPV4"
    database.dedicated_log_volume = False
    database.performance_insights_enabled = False
    keep(database, db_kwargs)
    key = kms.find_key(self.account_id, self.region_name, database.kms_key_id) if getattr(database, "kms_key_id", None) else None
    if key:
        database.kms_key_id = key.arn
    begin(database, "creating", "creating")
    return database


def new_resource_id() -> str:
    return f"db-{mock_random.get_random_string(length=26, include_digits=True).upper()}"


def begin(database: DBInstance, phase: str, status: str) -> None:
    # AWS: creating, modifying, rebooting … then available
    database.status = status
    LIFE.then("db_instance", phase, lambda: become_available(database, status))


def become_available(database: DBInstance, was: str) -> None:
    if database.status != was:
        return
    if was in ("creating", "rebooting"):
        database.parameter_apply_status = "in-sync"
        for group in database.db_parameter_groups():
            buffers = group.parameters.get("shared_buffers", {}).get("ParameterValue", "")
            # AWS: incompatible-parameters where the engine does not come up; here with buffers of a TiB (in pages of 8 KiB)
            if buffers.isdigit() and int(buffers) >= 2**27:
                database.status = "incompatible-parameters"
                tell(database, "failure", "The database process was unable to start: shared_buffers is set to more than the memory of the DB instance.")
                return
    database.status = "available"


def tell(database: DBInstance, category: str, message: str) -> None:
    database.add_event("DB_INSTANCE_CREATE")
    event = database.backend.events[-1]
    event.message, event.event_categories = message, [category]


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
    if db_kwargs.get("EngineVersion"):
        db_kwargs["EngineVersion"] = version = whole_version(database.engine, db_kwargs.get("EngineVersion"))
        # AWS: another major version has to be allowed
        if major(database.engine, version) != major(database.engine, database.engine_version) and not db_kwargs.get("AllowMajorVersionUpgrade"):
            raise RDSClientError("InvalidParameterCombination", "The AllowMajorVersionUpgrade flag must be present when upgrading to a new major version.")
    if db_kwargs.get("DBPortNumber"):
        # moto keeps it under another name
        db_kwargs["Port"] = db_kwargs.pop("DBPortNumber")
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
        PENDING_NAMES.get(name, name): value for name, value in database.waiting.items()
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


@corrects(RDSBackend)
def create_db_instance_read_replica(moto: Any, self: Any, db_kwargs: Any) -> DBInstance:
    check(self, db_kwargs)
    name, source_name = db_kwargs.get("DBInstanceIdentifier"), db_kwargs.get("SourceDBInstanceIdentifier")
    if name in self.databases:
        raise DBInstanceAlreadyExists()
    source = self.find_db_from_id(source_name)
    # AWS: not before the source is there and keeps backups
    refuse_unless_available(source)
    if not source.backup_retention_period:
        raise RDSClientError("InvalidDBInstanceState", f"Automated backups are not enabled for this database instance. To enable automated backups, use ModifyDBInstance to set the backup retention period to a non-zero value. {source_name}")
    replica = moto(self, db_kwargs)
    # AWS: an instance of its own, which moto copies from its source with all it has
    replica.dbi_resource_id, replica.created = new_resource_id(), replica.created
    replica.tags = db_kwargs.get("Tags") or []
    replica.multi_az = bool(db_kwargs.get("MultiAZ"))
    replica.backup_retention_period = 0
    replica.deletion_protection = bool(db_kwargs.get("DeletionProtection"))
    replica.enabled_cloudwatch_logs_exports = list(db_kwargs.get("EnableCloudwatchLogsExports") or [])
    replica.monitoring_interval, replica.monitoring_role_arn = db_kwargs.get("MonitoringInterval") or 0, db_kwargs.get("MonitoringRoleArn")
    replica.pending_modified_values, replica.waiting = None, {}
    replica.performance_insights_enabled, replica.performance_insights_retention_period = False, None
    if hasattr(replica, "master_user_secret"):
        del replica.master_user_secret
    keep(replica, db_kwargs)
    begin(replica, "creating", "creating")
    return replica


def restored(moto: Any, database: DBInstance, wanted: Any) -> DBInstance:
    # AWS: tags, protection and logs are those asked for, not those of the source
    database.tags = wanted.get("Tags") or []
    database.deletion_protection = bool(wanted.get("DeletionProtection"))
    database.enabled_cloudwatch_logs_exports = list(wanted.get("EnableCloudwatchLogsExports") or [])
    database.multi_az = bool(wanted.get("MultiAZ"))
    database.is_replica, database.source_db_instance_identifier, database.replicas = False, None, []
    return database


@corrects(RDSBackend)
def restore_db_instance_from_db_snapshot(moto: Any, self: Any, from_snapshot_id: str, overrides: Any) -> DBInstance:
    return restored(moto, moto(self, from_snapshot_id, overrides), overrides)


@corrects(RDSBackend)
def restore_db_instance_to_point_in_time(moto: Any, self: Any, source: str, target: str, overrides: Any) -> DBInstance:
    if target in self.databases:
        raise DBInstanceAlreadyExists()
    return restored(moto, moto(self, source, target, overrides), overrides)


# -- event subscriptions


def subscription(response: RDSResponse) -> Any:
    return next(iter(response.backend.describe_event_subscriptions(response.params.get("SubscriptionName"))))


@adds(RDSResponse)
def modify_event_subscription(self: Any) -> ActionResult:
    found = subscription(self)
    for parameter, attribute in {"SnsTopicArn": "sns_topic_arn", "SourceType": "source_type", "EventCategories": "event_categories",
                                 "Enabled": "enabled"}.items():
        if self.params.get(parameter) is not None:
            setattr(found, attribute, self.params.get(parameter))
    return ActionResult({"EventSubscription": found})


@adds(RDSResponse)
def add_source_identifier_to_subscription(self: Any) -> ActionResult:
    found, source = subscription(self), self.params.get("SourceIdentifier")
    # AWS: SourceNotFound for what does not exist
    if found.source_type == "db-instance" and source not in self.backend.databases:
        raise RDSClientError("SourceNotFound", f"Could not find source of type db-instance with identifier {source}")
    found.source_ids = [*found.source_ids, *([] if source in found.source_ids else [source])]
    return ActionResult({"EventSubscription": found})


@adds(RDSResponse)
def remove_source_identifier_from_subscription(self: Any) -> ActionResult:
    found, source = subscription(self), self.params.get("SourceIdentifier")
    if source not in found.source_ids:
        raise RDSClientError("SourceNotFound", f"Could not find source {source} in the subscription")
    found.source_ids = [each for each in found.source_ids if each != source]
    return ActionResult({"EventSubscription": found})
