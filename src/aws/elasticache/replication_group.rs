//! `aws_elasticache_replication_group`: a cache of a primary and its replicas, or of several such.
//!
//! Longer than most: some fifty arguments. What AWS tells is read in `observation`; the calls that
//! change a group, of which AWS takes one at a time, stand in `steps`.

use std::collections::BTreeMap;

use super::observation::{Member, ReplicationGroups, events, has_failed};
use super::prelude::*;
use super::{lower, lower_all, steps};
use crate::schema::Given;
use types::{
    AuthTokenUpdateStrategyType, ClusterMode, DestinationType, Durability, IpDiscovery, LogFormat,
    LogType, NetworkType, TransitEncryptionMode,
};

/// Cache of a primary and its replicas, or of several shards of these.
///
/// ```hcl
/// resource "aws_elasticache_replication_group" "orders" {
///   replication_group_id       = "orders"
///   description                = "orders that are read often"
///   engine                     = "redis"
///   engine_version             = "7.1"
///   node_type                  = "cache.t4g.small"
///   num_cache_clusters         = 2
///   automatic_failover_enabled = true
///   multi_az_enabled           = true
///   at_rest_encryption_enabled = true
///   transit_encryption_enabled = true
/// }
/// ```
#[derive(Debug, Resource)]
#[resource(
    "aws_elasticache_replication_group",
    tags = "replicationgroup",
    create = "60m",
    update = "40m",
    delete = "45m"
)]
pub struct ReplicationGroup {
    /// Makes changes at once instead of in the next maintenance window.
    #[attr(local)]
    pub apply_immediately: Auto<bool>,
    /// `true` encrypts what is written to disk.
    #[attr(replace, format = "nullable_bool")]
    pub at_rest_encryption_enabled: Auto<String>,
    /// Password of the cache; needs encryption in transit. It is stored in the state.
    #[attr(local, conflicts("user_group_ids"))]
    pub auth_token: Option<Secret<String>>,
    /// How another `auth_token` comes in: `ROTATE` keeps the one before as well, `SET` does not,
    /// `DELETE` goes over to user groups; `ROTATE` when unset.
    #[attr(local)]
    pub auth_token_update_strategy: Option<AuthTokenUpdateStrategyType>,
    /// `true` lets AWS install new minor versions in the maintenance window.
    #[attr(format = "nullable_bool")]
    pub auto_minor_version_upgrade: Auto<String>,
    /// Makes a replica the primary when that fails; needs a replica.
    #[attr(default = false)]
    pub automatic_failover_enabled: bool,
    /// `enabled` spreads keys over shards; `compatible` takes clients of either kind.
    pub cluster_mode: Auto<ClusterMode>,
    /// Moves what is seldom read to disks; nodes of the type r6gd only.
    #[attr(replace)]
    pub data_tiering_enabled: Auto<bool>,
    /// What the cache is for, in words.
    #[attr(format = "not_empty")]
    pub description: String,
    /// How surely a write is kept: `sync`, `async` or not at all.
    #[attr(replace)]
    pub durability: Auto<Durability>,
    /// `redis` or `valkey`; `redis` when unset.
    #[attr(one_of("redis", "valkey"), fold_case, may_replace)]
    pub engine: Auto<String>,
    /// Version: `7.1`, `6.x`, `5.0.6`; the newest when unset.
    #[attr(version, may_replace)]
    pub engine_version: Auto<String>,
    /// Name of the snapshot that is made when the cache is deleted; none when unset.
    #[attr(local)]
    pub final_snapshot_identifier: Option<String>,
    /// Global group to be a secondary of, which decides engine, version and size.
    #[attr(
        replace,
        conflicts(
            "at_rest_encryption_enabled",
            "engine",
            "engine_version",
            "node_type",
            "num_node_groups",
            "parameter_group_name",
            "snapshot_arns",
            "snapshot_name",
            "transit_encryption_enabled",
            "transit_encryption_mode"
        )
    )]
    pub global_replication_group_id: Auto<String>,
    /// Kind of addresses that nodes are found by: `ipv4` or `ipv6`.
    pub ip_discovery: Auto<IpDiscovery>,
    /// Key that encrypts what is written to disk; AWS's own when unset.
    #[attr(replace)]
    pub kms_key_id: Option<String>,
    /// Part of the week in UTC for maintenance, such as `sun:05:00-sun:06:00`; AWS picks one when
    /// unset.
    #[attr(fold_case, format = "weekly_window")]
    pub maintenance_window: Auto<String>,
    /// Keeps primary and replicas in different zones; needs automatic failover.
    #[attr(default = false)]
    pub multi_az_enabled: bool,
    /// Kind of addresses: `ipv4`, `ipv6` or `dual_stack`.
    #[attr(replace)]
    pub network_type: Auto<NetworkType>,
    /// Processors and memory, such as `cache.t4g.small`.
    pub node_type: Auto<String>,
    /// ARN of the topic that is told what happens; none when unset.
    #[attr(format = "arn")]
    pub notification_topic_arn: Option<String>,
    /// Number of nodes of a cache of one shard, the primary included; one when unset.
    #[attr(
        conflicts("num_node_groups", "replicas_per_node_group"),
        follows("num_node_groups", "replicas_per_node_group")
    )]
    pub num_cache_clusters: Auto<i32>,
    /// Number of shards.
    #[attr(
        conflicts("global_replication_group_id", "num_cache_clusters"),
        follows("num_cache_clusters")
    )]
    pub num_node_groups: Auto<i32>,
    /// Parameter group; the default one of the engine when unset.
    #[attr(fold_case)]
    pub parameter_group_name: Auto<String>,
    /// Port that nodes listen on; 6379 when unset.
    #[attr(replace)]
    pub port: Auto<i32>,
    /// Zones of the nodes of a cache of one shard, the primary's first; AWS picks them when unset.
    #[attr(local, conflicts("node_group_configuration"))]
    pub preferred_cache_cluster_azs: Option<Vec<String>>,
    /// Number of replicas of each shard.
    #[attr(conflicts("num_cache_clusters"), follows("num_cache_clusters"), range(0, 5))]
    pub replicas_per_node_group: Auto<i32>,
    /// Identifier of the group; AWS keeps it in lower case.
    #[attr(replace, length(1, 40), fold_case, format = "identifier")]
    pub replication_group_id: String,
    /// Security groups; the VPC's default one when unset.
    pub security_group_ids: Auto<Set<String>>,
    /// ARN of the snapshot in a bucket that the cache begins with.
    #[attr(replace, local, format = "arn")]
    pub snapshot_arns: Option<Set<String>>,
    /// Name of the snapshot that the cache begins with.
    #[attr(replace, local)]
    pub snapshot_name: Option<String>,
    /// Days that daily snapshots are kept; none are made when unset.
    #[attr(range(0, 35))]
    pub snapshot_retention_limit: Option<i32>,
    /// Part of the day in UTC in which snapshots are made, such as `03:00-04:00`; AWS picks one when
    /// unset.
    #[attr(format = "daily_window")]
    pub snapshot_window: Auto<String>,
    /// Subnet group that the cache stands in; the default VPC when unset.
    #[attr(replace, fold_case)]
    pub subnet_group_name: Auto<String>,
    /// Encrypts what is sent over the network.
    #[attr(may_replace)]
    pub transit_encryption_enabled: Auto<bool>,
    /// `required` refuses clients without encryption, `preferred` takes both.
    pub transit_encryption_mode: Auto<TransitEncryptionMode>,
    /// Group of users that the cache is open to; needs encryption in transit.
    #[attr(conflicts("auth_token"), fold_case)]
    pub user_group_ids: Option<Set<String>>,
    /// Logs that are sent somewhere, one of each type.
    #[attr(count(0, 2))]
    pub log_delivery_configuration: BlockSet<LogDelivery>,
    /// Zones, slots and number of replicas of each shard; AWS decides when unset.
    #[attr(
        computed,
        conflicts("preferred_cache_cluster_azs"),
        follows("num_cache_clusters", "num_node_groups", "replicas_per_node_group"),
        may_replace
    )]
    pub node_group_configuration: BlockSet<NodeGroup>,
    /// ARN of the group.
    pub arn: Out<String>,
    /// Whether keys are spread over shards.
    #[attr(follows("cluster_mode"))]
    pub cluster_enabled: Out<bool>,
    /// Host name that a client of a cache of shards begins with.
    #[attr(follows("cluster_mode"))]
    pub configuration_endpoint_address: Out<String>,
    /// Version that runs.
    #[attr(follows("engine", "engine_version"))]
    pub engine_version_actual: Out<String>,
    /// Identifiers of all nodes.
    #[attr(follows("num_cache_clusters", "num_node_groups", "replicas_per_node_group"))]
    pub member_clusters: Out<Set<String>>,
    /// Host name of the primary of a cache of one shard.
    #[attr(follows("cluster_mode", "transit_encryption_enabled"))]
    pub primary_endpoint_address: Out<String>,
    /// Host name of the replicas of a cache of one shard.
    #[attr(follows("cluster_mode", "transit_encryption_enabled"))]
    pub reader_endpoint_address: Out<String>,
    /// Tags of the group.
    pub tags: Tags,
}

/// Log that is sent somewhere.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct LogDelivery {
    /// Name of the log group or delivery stream.
    pub destination: String,
    /// `cloudwatch-logs` or `kinesis-firehose`.
    pub destination_type: DestinationType,
    /// `json` or `text`.
    pub log_format: LogFormat,
    /// `slow-log` or `engine-log`.
    pub log_type: LogType,
}

/// One shard.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct NodeGroup {
    /// Identifier of the shard, such as `0001`; AWS numbers them when unset.
    #[attr(length(1, 4), characters = "0-9")]
    pub node_group_id: Option<String>,
    /// Zone of the primary.
    pub primary_availability_zone: Auto<String>,
    /// Outpost of the primary.
    #[attr(format = "arn")]
    pub primary_outpost_arn: Auto<String>,
    /// Zones of the replicas.
    pub replica_availability_zones: Auto<Vec<String>>,
    /// Number of replicas.
    #[attr(range(0, ..))]
    pub replica_count: Option<i32>,
    /// Outposts of the replicas.
    pub replica_outpost_arns: Auto<Vec<String>>,
    /// Slots of the keys that are kept here, such as `0-8191`; spread evenly when unset.
    #[attr(characters = "0-9,-")]
    pub slots: Option<String>,
}

/// What three reads tell of a group, and of one that failed its last events.
pub struct Seen {
    pub(super) group: types::ReplicationGroup,
    pub(super) member: Option<types::CacheCluster>,
    pub(super) tags: BTreeMap<String, String>,
    pub(super) events: Vec<String>,
}

impl Driver for ReplicationGroup {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &ReplicationGroupDraft<'_>, diagnostics: &mut Diagnostics) {
        let mut refuse = |argument: &str, why: Option<String>| {
            if let Some(why) = why {
                draft.refuse(diagnostics, argument, why);
            }
        };
        let token = draft.auth_token().known();
        let odd = token.is_some_and(|it| !is_token(it.expose()));
        let why = || {
            "it is 16 to 128 characters that can be printed, none of them a space or one of `/\"@`"
                .to_string()
        };
        refuse("auth_token", odd.then(why));
        let version = draft.engine_version().known();
        refuse("engine_version", version.and_then(|it| version_refused(&it)));
        let failover = draft.automatic_failover_enabled();
        let has_none = matches!(failover, Given::Absent | Given::Known(false));
        if has_none && draft.multi_az_enabled() == Given::Known(true) {
            let why = "it needs `automatic_failover_enabled = true` beside it";
            refuse("multi_az_enabled", Some(why.into()));
        }
        let one = draft.num_cache_clusters().known().is_some_and(|it| it < 2);
        if one && failover == Given::Known(true) {
            let why = "a replica must be there to take over: write 2 or more";
            refuse("num_cache_clusters", Some(why.into()));
        }
        let in_transit = draft.value("transit_encryption_enabled").as_bool() == Some(false);
        let strategy = draft.auth_token_update_strategy().is_set();
        if in_transit && draft.auth_token().is_set() {
            let why = "it needs `transit_encryption_enabled = true` beside it";
            refuse("auth_token", Some(why.into()));
        }
        if strategy && !draft.auth_token().is_set() && !draft.user_group_ids().is_set() {
            let why = "it says how `auth_token` is changed, which is not set";
            refuse("auth_token_update_strategy", Some(why.into()));
        }
    }

    fn replaces(
        argument: &str,
        is: &ReplicationGroupDraft<'_>,
        will_be: &ReplicationGroupDraft<'_>,
    ) -> bool {
        super::replacing::replaces(argument, is, will_be)
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let id = Id(self.replication_group_id.to_lowercase());
        let logs: Vec<_> = self.log_delivery_configuration.0.iter().map(steps::log).collect();
        let shards: Vec<_> = self.node_group_configuration.0.iter().map(steps::shard).collect();
        let call = aws
            .elasticache()
            .create_replication_group()
            .replication_group_id(&*id)
            .set_at_rest_encryption_enabled(flag(&self.at_rest_encryption_enabled))
            .set_auth_token(self.auth_token.as_ref().map(|it| it.expose().clone()))
            .set_auto_minor_version_upgrade(flag(&self.auto_minor_version_upgrade))
            .automatic_failover_enabled(self.automatic_failover_enabled)
            .set_cache_node_type(self.node_type.given())
            .set_cache_parameter_group_name(lower(&self.parameter_group_name))
            .set_cache_subnet_group_name(lower(&self.subnet_group_name))
            .set_cluster_mode(self.cluster_mode.given())
            .set_data_tiering_enabled(self.data_tiering_enabled.given())
            .set_durability(self.durability.given())
            .set_engine(lower(&self.engine))
            .set_engine_version(self.engine_version.given())
            .set_global_replication_group_id(self.global_replication_group_id.given())
            .set_ip_discovery(self.ip_discovery.given())
            .set_kms_key_id(self.kms_key_id.clone())
            .set_log_delivery_configurations(Some(logs).filter(|it| !it.is_empty()))
            .multi_az_enabled(self.multi_az_enabled)
            .set_network_type(self.network_type.given())
            .set_node_group_configuration(Some(shards).filter(|it| !it.is_empty()))
            .set_notification_topic_arn(self.notification_topic_arn.clone())
            .set_num_cache_clusters(self.num_cache_clusters.given())
            .set_num_node_groups(self.num_node_groups.given())
            .set_port(self.port.given())
            .set_preferred_cache_cluster_azs(self.preferred_cache_cluster_azs.clone())
            .set_preferred_maintenance_window(self.maintenance_window.given())
            .set_replicas_per_node_group(self.replicas_per_node_group.given())
            .replication_group_description(&self.description)
            .set_security_group_ids(self.security_group_ids.given().map(|it| it.0))
            .set_snapshot_arns(self.snapshot_arns.clone().map(|it| it.0))
            .set_snapshot_name(self.snapshot_name.clone())
            .set_snapshot_retention_limit(self.snapshot_retention_limit)
            .set_snapshot_window(self.snapshot_window.given())
            .set_tags(tagged(&self.tags.all))
            .set_transit_encryption_enabled(self.transit_encryption_enabled.given())
            .set_transit_encryption_mode(self.transit_encryption_mode.given())
            .set_user_group_ids(self.user_group_ids.as_ref().map(lower_all))
            .customize()
            .config_override(once());
        let made = call.send().await.map(|_| id.clone()).map_err(Failure::from);
        op.or_adopt(made, || id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let arn = aws.arn("elasticache", aws.account().await?, format!("replicationgroup:{id}"));
        let group = async {
            let group = aws.load::<ReplicationGroups>(id).await?;
            let member = group.as_ref().and_then(|it| it.member_clusters().first().cloned());
            match member {
                Some(member) => Ok::<_, Failure>((group, aws.load::<Member>(&member).await?)),
                None => Ok((group, None)),
            }
        };
        let (found, tags) = tokio::join!(group, tags_of(aws, &arn));
        let (Some(group), member) = found? else { return Ok(None) };
        let events = if has_failed(&group) { events(aws, id).await } else { Vec::new() };
        let tags = match tags {
            Err(_) if group.status.as_deref() == Some("deleting") => BTreeMap::new(),
            tags => tags?,
        };
        Ok(Some(Seen { group, member, tags, events }))
    }

    fn status(seen: &Seen) -> Status {
        let status = seen.group.status.as_deref().unwrap_or_default();
        match status {
            "available" => Status::Ready,
            _ if has_failed(&seen.group) => {
                let mut why = vec![format!("it is `{status}`")];
                why.extend(seen.events.iter().cloned());
                Status::failed(why.join("; "))
            }
            _ => Status::busy(status),
        }
    }

    /// For a while after a change was asked for, the group is still `available`.
    fn progress(&self, seen: &Seen) -> Status {
        match Self::status(seen) {
            Status::Ready if self.waits_for(seen) => Status::busy("about to be modified"),
            other => other,
        }
    }

    fn observe(&mut self, seen: Seen) {
        self.see(seen);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        match steps::next(self, have) {
            Some(step) => steps::take(step, aws, id).await,
            None => {
                let arn = have.arn.get().cloned().unwrap_or_default();
                aws.sync_tags::<tags::ElastiCache>(&arn, &self.tags, &have.tags).await
            }
        }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let cache = aws.elasticache();
        if let Some(global) = self.global_replication_group_id.given() {
            let call = cache.disassociate_global_replication_group();
            let call = call.global_replication_group_id(global).replication_group_id(&**id);
            let left = call.replication_group_region(aws.region()).send().await;
            match left.map_err(Failure::from) {
                // No longer a member.
                Err(it) if matches!(it.kind, FailureKind::NotFound | FailureKind::Fatal) => {}
                other => drop(other?),
            }
        }
        let call = cache.delete_replication_group().replication_group_id(&**id);
        let call = call.set_final_snapshot_identifier(self.final_snapshot_identifier.clone());
        call.send().await?;
        Ok(())
    }

    /// AWS keeps identifiers in lower case.
    async fn import(text: &str, _: &Aws) -> Result<Id> {
        Ok(Id(text.to_lowercase()))
    }
}

/// A flag that is written as a text.
pub(super) fn flag(it: &Auto<String>) -> Option<bool> {
    it.get().and_then(|it| it.parse().ok())
}

fn is_token(it: &str) -> bool {
    let allowed = |it: char| it.is_ascii_graphic() && !"/\"@".contains(it);
    (16..=128).contains(&it.len()) && it.chars().all(allowed)
}

/// Redis tells apart `7.1`, `6.x` or `6.2`, and whole versions before.
fn version_refused(it: &str) -> Option<String> {
    let parts: Vec<&str> = it.split('.').collect();
    let numbers = |those: &[&str]| those.iter().all(|it| it.parse::<u32>().is_ok());
    let fits = match (parts.as_slice(), parts.first().and_then(|it| it.parse::<u32>().ok())) {
        (["6", "x"], _) => true,
        (parts, Some(6..)) => parts.len() == 2 && numbers(parts),
        (parts, Some(_)) => parts.len() == 3 && numbers(parts),
        _ => false,
    };
    (!fits).then(|| "write it as `7.1`, as `6.x` or `6.2`, or before 6 as `5.0.6`".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_and_tokens_are_checked() {
        for good in ["7.1", "6.x", "6.2", "5.0.6", "8.0"] {
            assert_eq!(version_refused(good), None, "{good}");
        }
        for bad in ["7", "7.x", "7.1.0", "5.0", "6.x.1", "", "seven"] {
            assert!(version_refused(bad).is_some(), "{bad}");
        }
        assert!(is_token("0123456789abcdef") && !is_token("short"));
        assert!(!is_token("0123456789abcde@") && !is_token("0123456789 abcdef"));
    }
}
