"""ElastiCache: parameter groups and user groups, which moto lacks; replication groups whole, with their members and
their life; subnet groups modified, deleted and in use."""

from __future__ import annotations

import re
from typing import Any

from moto.core.responses import ActionResult, PaginatedResult
from moto.ec2.models import ec2_backends
from moto.elasticache.exceptions import (
    CacheClusterNotFound,
    CacheSubnetGroupNotFound,
    ElastiCacheException,
    InvalidParameterCombinationException,
    InvalidParameterValueException,
    ReplicationGroupNotFound,
    UserAlreadyExists,
    UserNotFound,
)
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup, User
from moto.elasticache.responses import ElastiCacheResponse

from . import kms
from .corrections import adds, corrects
from .lifetimes import LIFE

FAMILIES = re.compile(r"redis(2\.6|2\.8|3\.2|4\.0|5\.0|6\.x|7)|valkey[789]|memcached1\.[456]")
REGIONS = {"eu-central-1": "euc1", "us-east-1": "use1", "eu-west-1": "euw1", "us-west-2": "usw2"}


def fault(code: str, message: str) -> ElastiCacheException:
    return ElastiCacheException(code, message)


@corrects(ElastiCacheBackend)
def __init__(moto: Any, self: Any, region_name: str, account_id: str) -> None:  # noqa: N807
    moto(self, region_name, account_id)
    self.arn_regex = re.compile(r"^arn:aws:elasticache:.*:[0-9]*:(cluster|snapshot|subnetgroup|replicationgroup|user|usergroup|parametergroup):.*$")
    self.cache_parameter_groups: dict[str, ParameterGroup] = {}
    self.user_groups: dict[str, UserGroup] = {}


# -- parameter groups


class ParameterGroup:
    def __init__(self, backend: Any, name: str, family: str, description: str) -> None:
        self.name, self.family, self.description = name, family, description
        self.parameters: dict[str, str] = {}
        self.arn = f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:parametergroup:{name}"

    def shown(self) -> dict[str, Any]:
        return {"CacheParameterGroupName": self.name, "CacheParameterGroupFamily": self.family,
                "Description": self.description, "IsGlobal": False, "ARN": self.arn}


def parameter_group(backend: Any, name: str) -> ParameterGroup:
    if name.startswith("default.") and FAMILIES.fullmatch(name.removeprefix("default.").removesuffix(".cluster.on")):
        # AWS: each family has a default group
        family = name.removeprefix("default.").removesuffix(".cluster.on")
        return ParameterGroup(backend, name, family, f"Default parameter group for {family}")
    if name not in backend.cache_parameter_groups:
        raise fault("CacheParameterGroupNotFound", f"CacheParameterGroup {name} not found.")
    return backend.cache_parameter_groups[name]


def changeable(backend: Any, name: str) -> ParameterGroup:
    if name.startswith("default."):
        raise InvalidParameterValueException(f"The parameter CacheParameterGroupName cannot be a default parameter group: {name}")
    return parameter_group(backend, name)


@adds(ElastiCacheResponse)
def create_cache_parameter_group(self: Any) -> ActionResult:
    backend, name, family = self.elasticache_backend, self._get_param("CacheParameterGroupName"), self._get_param("CacheParameterGroupFamily")
    if name in backend.cache_parameter_groups:
        raise fault("CacheParameterGroupAlreadyExists", f"Cache parameter group {name} already exists.")
    if not FAMILIES.fullmatch(family or ""):
        raise InvalidParameterValueException(f"CacheParameterGroupFamily {family} is not a valid parameter group family.")
    group = backend.cache_parameter_groups[name] = ParameterGroup(backend, name, family, self._get_param("Description"))
    backend.tagging_service.tag_resource(group.arn, self._get_param("Tags", []))
    return ActionResult({"CacheParameterGroup": group.shown()})


@adds(ElastiCacheResponse)
def describe_cache_parameter_groups(self: Any) -> ActionResult:
    backend, name = self.elasticache_backend, self._get_param("CacheParameterGroupName")
    groups = [parameter_group(backend, name)] if name else list(backend.cache_parameter_groups.values())
    return PaginatedResult({"CacheParameterGroups": [group.shown() for group in groups]})


@adds(ElastiCacheResponse)
def modify_cache_parameter_group(self: Any) -> ActionResult:
    group = changeable(self.elasticache_backend, self._get_param("CacheParameterGroupName"))
    # AWS: twenty in a call
    if len(self._get_param("ParameterNameValues", [])) > 20:
        raise InvalidParameterValueException("Cannot modify more than 20 parameters in one request.")
    for parameter in self._get_param("ParameterNameValues", []):
        group.parameters[parameter["ParameterName"]] = parameter.get("ParameterValue", "")
    return ActionResult({"CacheParameterGroupName": group.name})


@adds(ElastiCacheResponse)
def reset_cache_parameter_group(self: Any) -> ActionResult:
    group = changeable(self.elasticache_backend, self._get_param("CacheParameterGroupName"))
    names = [parameter["ParameterName"] for parameter in self._get_param("ParameterNameValues", [])]
    for name in list(group.parameters) if self._get_bool_param("ResetAllParameters") else names:
        group.parameters.pop(name, None)
    return ActionResult({"CacheParameterGroupName": group.name})


# What the parameters of a family are set to by itself, where that matters here.
FAMILY_PARAMETERS = {"maxmemory-policy": "volatile-lru", "timeout": "0"}


@adds(ElastiCacheResponse)
def describe_cache_parameters(self: Any) -> ActionResult:
    group = parameter_group(self.elasticache_backend, self._get_param("CacheParameterGroupName"))
    found = {name: (value, "system") for name, value in FAMILY_PARAMETERS.items()}
    # AWS: what is set to the value that it has anyway does not count as set
    found.update({name: (value, "user") for name, value in group.parameters.items() if FAMILY_PARAMETERS.get(name) != value})
    wanted = self._get_param("Source")
    return PaginatedResult({"Parameters": [
        {"ParameterName": name, "ParameterValue": value, "Source": source, "DataType": "string", "IsModifiable": True, "ChangeType": "immediate"}
        for name, (value, source) in found.items() if not wanted or wanted == source]})


@adds(ElastiCacheResponse)
def delete_cache_parameter_group(self: Any) -> ActionResult:
    backend = self.elasticache_backend
    group = changeable(backend, self._get_param("CacheParameterGroupName"))
    # AWS: InvalidCacheParameterGroupState while a cluster uses it
    if any(each.cache_parameter_group_name == group.name for each in backend.replication_groups.values()):
        raise fault("InvalidCacheParameterGroupState", "One or more cache clusters are still members of this parameter group, so the group cannot be deleted.")
    backend.cache_parameter_groups.pop(group.name)
    return ActionResult({})


# -- subnet groups


def subnets_of(response: Any) -> list[str]:
    ec2 = ec2_backends[response.current_account][response.region]
    known = {subnet.id for subnet in ec2.describe_subnets()}
    for subnet_id in response._get_param("SubnetIds", []):
        # AWS: InvalidSubnet; moto makes them up
        if subnet_id not in known:
            raise fault("InvalidSubnet", f"Subnet {subnet_id} is invalid.")
    return response._get_param("SubnetIds", [])


@corrects(ElastiCacheResponse)
def create_cache_subnet_group(moto: Any, self: Any) -> ActionResult:
    subnets_of(self)
    return moto(self)


@adds(ElastiCacheResponse)
def modify_cache_subnet_group(self: Any) -> ActionResult:
    backend, name = self.elasticache_backend, self._get_param("CacheSubnetGroupName")
    group = backend.cache_subnet_groups.get(name)
    if group is None:
        raise CacheSubnetGroupNotFound(name)
    description = self._get_param("CacheSubnetGroupDescription")
    description = group.cache_subnet_group_description if description is None else description
    if self._get_param("SubnetIds"):
        made = type(group)(backend.account_id, backend.region_name, name, description, subnets_of(self), group.tags)
        backend.cache_subnet_groups[name] = made
    else:
        group.cache_subnet_group_description = description
    return ActionResult({"CacheSubnetGroup": backend.cache_subnet_groups[name]})


@adds(ElastiCacheResponse)
def delete_cache_subnet_group(self: Any) -> ActionResult:
    backend, name = self.elasticache_backend, self._get_param("CacheSubnetGroupName")
    if name not in backend.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(name)
    # AWS: CacheSubnetGroupInUse while a cluster is in it
    if any(group.cache_subnet_group_name == name for group in backend.replication_groups.values()):
        raise fault("CacheSubnetGroupInUse", f"The cache subnet group {name} is currently in use.")
    backend.cache_subnet_groups.pop(name)
    return ActionResult({})


# -- users and user groups


@corrects(ElastiCacheBackend)
def create_user(moto: Any, self: Any, user_id: str, *args: Any, **kwargs: Any) -> User:
    if user_id in self.users:
        raise UserAlreadyExists()
    user = moto(self, user_id, *args, **kwargs)
    self.tagging_service.tag_resource(user.arn, kwargs.get("tags") or [])
    # AWS: writes out that a user without channels has none
    words = user.access_string.split()
    if not any(word.startswith("&") or word in ("allchannels", "resetchannels") for word in words) and "+@all" not in words:
        keys = max((place for place, word in enumerate(words) if word.startswith(("~", "%")) or word in ("on", "off", "allkeys")), default=0)
        user.access_string = " ".join([*words[:keys + 1], "resetchannels", *words[keys + 1:]])
    return user


@corrects(ElastiCacheBackend)
def describe_users(moto: Any, self: Any, user_id: str | None) -> list[User]:
    if user_id and user_id not in self.users:
        raise UserNotFound(user_id)
    return [user for user in self.users.values() if not user_id or user.id == user_id]


@corrects(ElastiCacheBackend)
def delete_user(moto: Any, self: Any, user_id: str) -> User:
    user = moto(self, user_id)
    # AWS: deleting, then gone, and out of its groups
    LIFE.then("elasticache_user", "deleting", lambda: forget_user(self, user_id))
    return user


def forget_user(backend: Any, user_id: str) -> None:
    backend.users.pop(user_id, None)
    for group in backend.user_groups.values():
        group.user_ids = [other for other in group.user_ids if other != user_id]


@adds(ElastiCacheResponse)
def modify_user(self: Any) -> ActionResult:
    backend, user_id = self.elasticache_backend, self._get_param("UserId")
    if user_id not in backend.users:
        raise UserNotFound(user_id)
    user = backend.users[user_id]
    mode = self._get_param("AuthenticationMode") or {}
    passwords = self._get_param("Passwords") or mode.get("Passwords")
    if any(not 16 <= len(password) <= 128 for password in passwords or []):
        raise InvalidParameterValueException("Passwords length must be between 16-128 characters.")
    if passwords:
        user.passwords, user.authentication_type, user.no_password_required = passwords, "password", False
    if self._get_bool_param("NoPasswordRequired") or mode.get("Type") == "no-password-required":
        user.passwords, user.no_password_required = [], True
    if self._get_bool_param("NoPasswordRequired") is False and not user.passwords:
        raise InvalidParameterCombinationException("A user who needs a password has one.")
    if mode.get("Type") == "iam":
        user.passwords, user.no_password_required, user.authentication_type = [], False, "iam"
    if self._get_param("Engine"):
        user.engine = self._get_param("Engine").lower()
    if self._get_param("AccessString"):
        user.access_string = self._get_param("AccessString")
    if self._get_param("AppendAccessString"):
        user.access_string += " " + self._get_param("AppendAccessString")
    user.status = "modifying"
    LIFE.then("elasticache_user", "updating", lambda: setattr(user, "status", "active"))
    return ActionResult(user)


class UserGroup:
    def __init__(self, backend: Any, name: str, engine: str, user_ids: list[str]) -> None:
        self.name, self.engine, self.user_ids, self.status = name, engine, user_ids, "creating"
        self.arn = f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:usergroup:{name}"

    def shown(self, backend: Any) -> dict[str, Any]:
        used_by = [group.replication_group_id for group in backend.replication_groups.values() if self.name in group.user_group_ids]
        return {"UserGroupId": self.name, "Status": self.status, "Engine": self.engine, "UserIds": self.user_ids,
                "MinimumEngineVersion": "6.0", "ReplicationGroups": used_by, "ARN": self.arn}


def user_group(backend: Any, name: str) -> UserGroup:
    if name not in backend.user_groups:
        raise fault("UserGroupNotFound", f"User Group {name} not found.")
    return backend.user_groups[name]


def check_users(backend: Any, user_ids: list[str], engine: str) -> None:
    for user_id in user_ids:
        if user_id not in backend.users:
            raise UserNotFound(user_id)
    names = [backend.users[user_id].name for user_id in user_ids]
    if len(names) != len(set(names)):
        raise fault("DuplicateUserName", "The user group has two users of the same name.")
    # AWS: a group for Redis has a user that is named default
    if engine == "redis" and "default" not in names:
        raise fault("DefaultUserRequired", "User group needs to contain a user with the user name default.")


@adds(ElastiCacheResponse)
def create_user_group(self: Any) -> ActionResult:
    backend, name = self.elasticache_backend, self._get_param("UserGroupId")
    engine, user_ids = (self._get_param("Engine") or "redis").lower(), self._get_param("UserIds", [])
    if name in backend.user_groups:
        raise fault("UserGroupAlreadyExists", f"User Group {name} already exists.")
    check_users(backend, user_ids, engine)
    group = backend.user_groups[name] = UserGroup(backend, name, engine, list(user_ids))
    backend.tagging_service.tag_resource(group.arn, self._get_param("Tags", []))
    LIFE.then("elasticache_user_group", "creating", lambda: setattr(group, "status", "active"))
    return ActionResult(group.shown(backend))


@adds(ElastiCacheResponse)
def describe_user_groups(self: Any) -> ActionResult:
    backend, name = self.elasticache_backend, self._get_param("UserGroupId")
    groups = [user_group(backend, name)] if name else list(backend.user_groups.values())
    return PaginatedResult({"UserGroups": [group.shown(backend) for group in groups]})


@adds(ElastiCacheResponse)
def modify_user_group(self: Any) -> ActionResult:
    backend = self.elasticache_backend
    group = user_group(backend, self._get_param("UserGroupId"))
    if group.status != "active":
        raise fault("InvalidUserGroupState", f"User group {group.name} is not in active state.")
    removed = self._get_param("UserIdsToRemove", [])
    user_ids = [user_id for user_id in group.user_ids if user_id not in removed]
    user_ids += [user_id for user_id in self._get_param("UserIdsToAdd", []) if user_id not in user_ids]
    group.engine = (self._get_param("Engine") or group.engine).lower()
    check_users(backend, user_ids, group.engine)
    group.user_ids, group.status = user_ids, "modifying"
    LIFE.then("elasticache_user_group", "updating", lambda: setattr(group, "status", "active"))
    return ActionResult(group.shown(backend))


@adds(ElastiCacheResponse)
def delete_user_group(self: Any) -> ActionResult:
    backend = self.elasticache_backend
    group = user_group(backend, self._get_param("UserGroupId"))
    if group.shown(backend)["ReplicationGroups"]:
        # AWS: not while a replication group uses it
        raise fault("InvalidUserGroupState", f"User group {group.name} is associated with a replication group.")
    group.status = "deleting"
    LIFE.then("elasticache_user_group", "deleting", lambda: backend.user_groups.pop(group.name, None))
    return ActionResult(group.shown(backend))


# -- replication groups


def check(response: Any, backend: Any) -> None:
    """AWS: what a replication group refers to has to exist, and its parts to go together."""
    get = response._get_param
    subnet_group, parameters, key_id = get("CacheSubnetGroupName"), get("CacheParameterGroupName"), get("KmsKeyId")
    if subnet_group and subnet_group not in backend.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(subnet_group)
    if parameters:
        parameter_group(backend, parameters)
    for name in (get("UserGroupIds") or []) + (get("UserGroupIdsToAdd") or []):
        user_group(backend, name)
    if key_id:
        key = kms.find_key(backend.account_id, backend.region_name, key_id)
        if key is None or key.key_state != "Enabled":
            raise InvalidParameterValueException(f"KMS key {key_id} does not exist, is not enabled or you do not have permissions to access it.")
        if not response._get_bool_param("AtRestEncryptionEnabled"):
            raise InvalidParameterCombinationException("KmsKeyId needs encryption at rest to be enabled.")
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for group_id in get("SecurityGroupIds") or []:
        if ec2.get_security_group_from_id(group_id) is None:
            raise InvalidParameterValueException(f"Some security groups are not found: {group_id}")


@corrects(ElastiCacheResponse)
def create_replication_group(moto: Any, self: Any) -> ActionResult:
    backend, get = self.elasticache_backend, self._get_param
    check(self, backend)
    transit, failover = self._get_bool_param("TransitEncryptionEnabled"), self._get_bool_param("AutomaticFailoverEnabled")
    token, clusters, shards = get("AuthToken"), self._get_int_param("NumCacheClusters"), self._get_int_param("NumNodeGroups")
    if (token or get("UserGroupIds")) and not transit:
        raise InvalidParameterCombinationException("AuthToken and user groups need in-transit encryption to be enabled.")
    if token and not 16 <= len(token) <= 128:
        raise InvalidParameterValueException("The AUTH token is between 16 and 128 characters long.")
    if self._get_bool_param("MultiAZEnabled") and not failover:
        raise InvalidParameterCombinationException("Multi-AZ needs automatic failover to be enabled.")
    replicas = self._get_int_param("ReplicasPerNodeGroup")
    count = clusters if clusters is not None else 1 + (replicas or 0)
    if failover and not get("NodeGroupConfiguration") and count < 2:
        raise InvalidParameterCombinationException("Automatic failover needs at least one replica.")
    if clusters is not None and not shards:
        # AWS: NumCacheClusters counts the members of the one node group; moto makes one
        self.params["NumNodeGroups"], self.params["ReplicasPerNodeGroup"] = 1, clusters - 1
    configured = get("NodeGroupConfiguration") or []
    if (shards or len(configured)) > 1 or (get("CacheParameterGroupName") or "").endswith(".cluster.on"):
        # AWS: more than one shard, or the parameters for it, is cluster mode
        self.params["ClusterMode"] = get("ClusterMode") or "enabled"
    for number, shard in enumerate(configured, start=1):
        # AWS: numbers the shards that are not named
        shard.setdefault("NodeGroupId", f"{number:04}")
    answer = moto(self)
    group: ReplicationGroup = answer.result["ReplicationGroup"]
    group.preferred_maintenance_window = group.preferred_maintenance_window or "sun:05:00-sun:06:00"
    group.engine_version = group.engine_version or "7.1"
    group.auto_minor_version_upgrade = self._get_bool_param("AutoMinorVersionUpgrade") is not False
    group.data_tiering = "enabled" if self._get_bool_param("DataTieringEnabled") else "disabled"
    backend.tagging_service.tag_resource(group.arn, get("Tags") or [])
    if transit and not group.transit_encryption_mode:
        group.transit_encryption_mode = "required"
    place(backend, group)
    begin(group, "creating", "creating")
    return answer


def place(backend: Any, group: ReplicationGroup) -> None:
    """AWS: names and zones are those of the region and of the subnet group; moto's are of us-east-1."""
    subnet_group = backend.cache_subnet_groups.get(group.cache_subnet_group_name or "")
    zones = sorted({subnet["subnet_availability_zone"] for subnet in subnet_group.subnets}) if subnet_group else []
    zones = zones or [f"{backend.region_name}{letter}" for letter in "abc"]
    short = REGIONS.get(backend.region_name, "use1")
    for node_group in group.node_groups:
        for number, member in enumerate(node_group["node_group_members"]):
            member["preferred_availability_zone"] = zones[number % len(zones)]
            address = member.get("read_endpoint", {})
            if address.get("address"):
                address["address"] = address["address"].replace(".use1.", f".{short}.")
        for name in ("primary_endpoint_address", "reader_endpoint_address"):
            if name in node_group:
                node_group[name] = node_group[name].replace(".use1.", f".{short}.")
        if "primary_endpoint_address" in node_group:
            node_group["primary_endpoint"] = {"address": node_group["primary_endpoint_address"], "port": group.port}
            node_group["reader_endpoint"] = {"address": node_group["reader_endpoint_address"], "port": group.port}
    if getattr(group, "configuration_endpoint", None):
        group.configuration_endpoint["address"] = group.configuration_endpoint["address"].replace(".use1.", f".{short}.")


def begin(group: ReplicationGroup, phase: str, status: str) -> None:
    # AWS: creating or modifying, then available
    group.status = status
    LIFE.then("elasticache_replication_group", phase, lambda: setattr(group, "status", "available") if group.status == status else None)


def available(backend: Any, name: str) -> ReplicationGroup:
    group = backend.replication_groups.get(name)
    if group is None:
        raise ReplicationGroupNotFound(name)
    if group.status != "available":
        # AWS: InvalidReplicationGroupState while something else is being done
        raise fault("InvalidReplicationGroupState", f"Replication group {name} is not in available state: {group.status}")
    return group


@corrects(ElastiCacheResponse)
def modify_replication_group(moto: Any, self: Any) -> ActionResult:
    backend, get = self.elasticache_backend, self._get_param
    group = available(backend, get("ReplicationGroupId"))
    check(self, backend)
    answer = moto(self)
    # AWS: changes these as well
    for parameter, attribute in {
        "SnapshotWindow": "snapshot_window", "TransitEncryptionMode": "transit_encryption_mode", "EngineVersion": "engine_version",
        "CacheParameterGroupName": "cache_parameter_group_name", "PreferredMaintenanceWindow": "preferred_maintenance_window",
        "NotificationTopicArn": "notification_topic_arn", "SecurityGroupIds": "security_group_ids", "IpDiscovery": "ip_discovery",
    }.items():
        if get(parameter) is not None:
            setattr(group, attribute, get(parameter))
    for parameter, attribute in {"AutoMinorVersionUpgrade": "auto_minor_version_upgrade", "TransitEncryptionEnabled": "transit_encryption_enabled"}.items():
        if self._get_bool_param(parameter) is not None:
            setattr(group, attribute, self._get_bool_param(parameter))
    if get("NotificationTopicStatus") == "inactive":
        group.notification_topic_arn = None
    if group.transit_encryption_enabled is False:
        group.transit_encryption_mode = None
    if get("LogDeliveryConfigurations") is not None:
        given = {item["LogType"]: item for item in get("LogDeliveryConfigurations")}
        kept = [item for item in group.log_delivery_configurations if log_type(item) not in given]
        wanted = [item for item in get("LogDeliveryConfigurations") if item.get("Enabled") is not False]
        group.log_delivery_configurations = kept + group._get_log_delivery_configurations(wanted)
    removed = get("UserGroupIdsToRemove") or []
    group.user_group_ids = [name for name in group.user_group_ids if name not in removed] + (get("UserGroupIdsToAdd") or [])
    if get("AuthToken"):
        group.auth_token_enabled = get("AuthTokenUpdateStrategy") != "DELETE"
    begin(group, "updating", "modifying")
    return answer


def log_type(configuration: dict[str, Any]) -> Any:
    return configuration.get("log_type", configuration.get("LogType"))


@corrects(ElastiCacheResponse)
def delete_replication_group(moto: Any, self: Any) -> ActionResult:
    backend, name = self.elasticache_backend, self._get_param("ReplicationGroupId")
    group = available(backend, name)
    final = self._get_param("FinalSnapshotIdentifier")
    if final:
        backend.create_snapshot(final, name, None, group.kms_key_id, [])
    answer = moto(self)
    # AWS: deleting for a while, then gone with its name; moto keeps it for ever
    LIFE.then("elasticache_replication_group", "deleting", lambda: backend.replication_groups.pop(name, None))
    return answer


def set_replicas(response: Any) -> ActionResult:
    backend = response.elasticache_backend
    group = available(backend, response._get_param("ReplicationGroupId"))
    everywhere = response._get_int_param("NewReplicaCount")
    single = {shard["NodeGroupId"]: int(shard["NewReplicaCount"]) for shard in response._get_param("ReplicaConfiguration") or []}
    if everywhere == 0 and group.automatic_failover == "enabled":
        raise InvalidParameterCombinationException("Automatic failover needs at least one replica.")
    for node_group in group.node_groups:
        members = node_group["node_group_members"]
        wanted = single.get(node_group["node_group_id"], len(members) - 1 if everywhere is None else everywhere) + 1
        while len(members) > wanted:
            group.member_clusters.remove(members.pop()["cache_cluster_id"])
        while len(members) < wanted:
            number = len(members) + 1
            stem = members[0]["cache_cluster_id"].rsplit("-", 1)[0]
            member = {key: (dict(value) if isinstance(value, dict) else value) for key, value in members[0].items()}
            member.update(cache_cluster_id=f"{stem}-{number:03}", current_role="replica")
            members.append(member)
            group.member_clusters.append(member["cache_cluster_id"])
    place(backend, group)
    begin(group, "updating", "modifying")
    return ActionResult({"ReplicationGroup": group})


@adds(ElastiCacheResponse)
def modify_replication_group_shard_configuration(self: Any) -> ActionResult:
    group = available(self.elasticache_backend, self._get_param("ReplicationGroupId"))
    wanted, removed = self._get_int_param("NodeGroupCount"), self._get_param("NodeGroupsToRemove") or []
    if not group.cluster_enabled:
        raise InvalidParameterValueException("The replication group has cluster mode disabled.")
    # AWS: which shards go has to be said
    if wanted < len(group.node_groups) and len(group.node_groups) - len(removed) != wanted:
        raise InvalidParameterCombinationException("Either NodeGroupsToRemove or NodeGroupsToRetain is needed to have fewer node groups.")
    group.node_groups = [shard for shard in group.node_groups if shard["node_group_id"] not in removed]
    first = group.node_groups[0]
    for number in range(len(group.node_groups) + 1, wanted + 1):
        members = [{**member, "cache_cluster_id": f"{group.replication_group_id}-{number:04}-{place:03}"}
                   for place, member in enumerate(first["node_group_members"], start=1)]
        group.node_groups.append({**first, "node_group_id": f"{number:04}", "node_group_members": members})
    for number, shard in enumerate(group.node_groups):
        # AWS: spreads the slots anew
        shard["slots"] = f"{16384 * number // wanted}-{16384 * (number + 1) // wanted - 1}"
    group.member_clusters = [member["cache_cluster_id"] for shard in group.node_groups for member in shard["node_group_members"]]
    place(self.elasticache_backend, group)
    begin(group, "updating", "modifying")
    return ActionResult({"ReplicationGroup": group})


@adds(ElastiCacheResponse)
def increase_replica_count(self: Any) -> ActionResult:
    return set_replicas(self)


@adds(ElastiCacheResponse)
def decrease_replica_count(self: Any) -> ActionResult:
    return set_replicas(self)


@adds(ElastiCacheResponse)
def test_failover(self: Any) -> ActionResult:
    group = available(self.elasticache_backend, self._get_param("ReplicationGroupId"))
    if group.automatic_failover != "enabled":
        raise InvalidParameterCombinationException("Automatic failover is not enabled.")
    for node_group in group.node_groups:
        members = node_group["node_group_members"]
        if node_group["node_group_id"] == self._get_param("NodeGroupId") and len(members) > 1:
            members[0]["current_role"], members[1]["current_role"] = "replica", "primary"
            members.insert(0, members.pop(1))
    begin(group, "updating", "modifying")
    return ActionResult({"ReplicationGroup": group})


@corrects(ElastiCacheBackend)
def describe_cache_clusters(moto: Any, self: Any, cache_cluster_id: str | None = None) -> list[Any]:
    # AWS: the members of a replication group are clusters too, and only there some of its settings can be read
    members = {member["CacheClusterId"]: member for group in self.replication_groups.values() for member in clusters_of(self, group)}
    if cache_cluster_id:
        if cache_cluster_id in members:
            return [members[cache_cluster_id]]
        if cache_cluster_id not in self.cache_clusters:
            raise CacheClusterNotFound(cache_cluster_id)
        return moto(self, cache_cluster_id)
    return moto(self) + list(members.values())


def whole_version(version: str) -> str:
    """AWS: what is asked for as 7.1 or 6.x runs as 7.1.0 or 6.2.6."""
    if version.startswith("6."):
        return "6.2.6" if version in ("6.x", "6.2") else f"{version}.5"
    return version if version.count(".") > 1 else f"{version}.0"


def clusters_of(backend: Any, group: ReplicationGroup) -> list[dict[str, Any]]:
    engine_major = str(group.engine_version).split(".")[0]
    version = whole_version(str(group.engine_version))
    parameters = group.cache_parameter_group_name or f"default.{group.engine}{engine_major}"
    return [{
        "CacheClusterId": member["cache_cluster_id"], "CacheNodeType": group.cache_node_type, "Engine": group.engine,
        "EngineVersion": version, "CacheClusterStatus": group.status, "NumCacheNodes": 1,
        "PreferredAvailabilityZone": member.get("preferred_availability_zone"), "CacheClusterCreateTime": group.replication_group_create_time,
        "PreferredMaintenanceWindow": group.preferred_maintenance_window,
        "NotificationConfiguration": {"TopicArn": group.notification_topic_arn, "TopicStatus": "active"} if group.notification_topic_arn else None,
        "CacheParameterGroup": {"CacheParameterGroupName": parameters, "ParameterApplyStatus": "in-sync"},
        "CacheSubnetGroupName": group.cache_subnet_group_name, "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade,
        "SecurityGroups": [{"SecurityGroupId": group_id, "Status": "active"} for group_id in group.security_group_ids or []],
        "ReplicationGroupId": group.replication_group_id, "SnapshotRetentionLimit": group.snapshot_retention_limit,
        "SnapshotWindow": group.snapshot_window, "AuthTokenEnabled": group.auth_token_enabled,
        "TransitEncryptionEnabled": group.transit_encryption_enabled, "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
        "TransitEncryptionMode": group.transit_encryption_mode, "NetworkType": group.network_type, "IpDiscovery": group.ip_discovery,
        "LogDeliveryConfigurations": group.log_delivery_configurations,
        "ARN": f"arn:aws:elasticache:{backend.region_name}:{backend.account_id}:cluster:{member['cache_cluster_id']}",
        "CacheNodes": [{"CacheNodeId": "0001", "CacheNodeStatus": group.status, "Endpoint": member.get("read_endpoint"),
                        "ParameterGroupStatus": "in-sync", "CustomerAvailabilityZone": member.get("preferred_availability_zone")}],
    } for node_group in group.node_groups for member in node_group["node_group_members"]]
