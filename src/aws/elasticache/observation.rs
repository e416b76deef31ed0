//! What AWS tells of a replication group: some of it the group itself, the rest its first node.

use std::collections::BTreeMap;

use super::prelude::*;
use super::replication_group::{LogDelivery, NodeGroup, ReplicationGroup, Seen};
use crate::schema::compare::is_version;
use types::{AutomaticFailoverStatus, MultiAzStatus, PendingAutomaticFailoverStatus};

impl ReplicationGroup {
    /// Whether something is under way though the group is `available`.
    pub(super) fn waits_for(&self, seen: &Seen) -> bool {
        let group = seen.group.pending_modified_values.as_ref();
        let at_once = group.is_some_and(|it| {
            it.auth_token_status.is_some()
                || it.resharding.is_some()
                || it.user_groups.is_some()
                || it.transit_encryption_enabled.is_some()
                || it.transit_encryption_mode.is_some()
                || it.cluster_mode.is_some()
                || it.log_delivery_configurations.as_ref().is_some_and(|it| !it.is_empty())
        });
        let node = seen.member.as_ref().and_then(|it| it.pending_modified_values.as_ref());
        let version =
            |it: &str| self.engine_version.get().is_some_and(|asked| is_version(asked, it));
        let in_window = group.is_some_and(|it| it.automatic_failover_status.is_some())
            || node.is_some_and(|it| {
                it.engine_version.as_deref().is_some_and(version)
                    || (it.cache_node_type.is_some()
                        && it.cache_node_type.as_ref() == self.node_type.get())
            });
        at_once || (self.apply_immediately.given() == Some(true) && in_window)
    }

    /// Sets what AWS tells.
    pub(super) fn see(&mut self, seen: Seen) {
        let Seen { mut group, member, tags, .. } = seen;
        let pending = group.pending_modified_values.take();
        let at_once = self.apply_immediately.given() == Some(true);
        let is_clustered = group.cluster_enabled.unwrap_or_default();
        let failover = match pending.and_then(|it| it.automatic_failover_status) {
            // What waits for the maintenance window counts as done.
            Some(coming) if !at_once => coming == PendingAutomaticFailoverStatus::Enabled,
            _ => matches!(
                group.automatic_failover,
                Some(AutomaticFailoverStatus::Enabled | AutomaticFailoverStatus::Enabling)
            ),
        };
        // A cache of shards always has it, whatever is asked for.
        let is_new = self.replication_group_id.is_empty();
        if is_new || !is_clustered {
            self.automatic_failover_enabled = failover;
        }
        self.at_rest_encryption_enabled
            .set(group.at_rest_encryption_enabled.map(|it| it.to_string()));
        self.auto_minor_version_upgrade
            .set(group.auto_minor_version_upgrade.map(|it| it.to_string()));
        self.data_tiering_enabled
            .set(group.data_tiering.map(|it| it == types::DataTieringStatus::Enabled));
        self.durability.set(group.durability);
        self.global_replication_group_id
            .set(group.global_replication_group_info.and_then(|it| it.global_replication_group_id));
        self.ip_discovery.set(group.ip_discovery);
        self.kms_key_id = words::key(self.kms_key_id.as_ref(), group.kms_key_id);
        self.multi_az_enabled = group.multi_az == Some(MultiAzStatus::Enabled);
        self.network_type.set(group.network_type);
        self.node_type.set(group.cache_node_type);
        let logs = group.log_delivery_configurations.into_iter().flatten();
        self.log_delivery_configuration = BlockSet(logs.filter_map(log_delivery).collect());
        let mut shards = group.node_groups.unwrap_or_default();
        shards.sort_by(|a, b| a.node_group_id.cmp(&b.node_group_id));
        let one = shards.first();
        let replicas = one.map(|it| it.node_group_members().len().saturating_sub(1) as i32);
        self.num_cache_clusters.set(group.member_clusters.as_ref().map(|it| it.len() as i32));
        self.num_node_groups.set(shards.len() as i32);
        self.replicas_per_node_group.set(replicas);
        let primary = one.and_then(|it| it.primary_endpoint.as_ref());
        let reader = one.and_then(|it| it.reader_endpoint.as_ref());
        let whole = group.configuration_endpoint.as_ref();
        self.port.set(whole.or(primary).and_then(|it| it.port).or(self.port.given()));
        self.configuration_endpoint_address.set(whole.and_then(|it| it.address.clone()));
        self.primary_endpoint_address.set(primary.and_then(|it| it.address.clone()));
        self.reader_endpoint_address.set(reader.and_then(|it| it.address.clone()));
        self.node_group_configuration = node_groups(&self.node_group_configuration, &shards);
        self.member_clusters.set(group.member_clusters.map(Set));
        self.cluster_enabled.set(is_clustered);
        self.cluster_mode.set(group.cluster_mode);
        self.arn.set(group.arn);
        self.description = group.description.unwrap_or_default();
        self.replication_group_id = group.replication_group_id.unwrap_or_default();
        self.snapshot_retention_limit =
            told(self.snapshot_retention_limit.take(), group.snapshot_retention_limit);
        self.snapshot_window.set(group.snapshot_window);
        self.transit_encryption_enabled.set(group.transit_encryption_enabled);
        self.transit_encryption_mode.set(group.transit_encryption_mode);
        self.user_group_ids = told(self.user_group_ids.take(), group.user_group_ids.map(Set));
        self.engine.set(group.engine);
        if let Some(member) = member {
            self.see_member(member, at_once);
        }
        self.tags.observe(tags);
    }

    fn see_member(&mut self, member: types::CacheCluster, at_once: bool) {
        let coming = member.pending_modified_values.filter(|_| !at_once);
        if let Some(node_type) = coming.as_ref().and_then(|it| it.cache_node_type.clone()) {
            self.node_type.set(node_type);
        }
        if self.engine.get().is_none() {
            self.engine.set(member.engine);
        }
        let version = coming.and_then(|it| it.engine_version).or(member.engine_version.clone());
        self.engine_version.set(version.map(|it| shortened(&it)));
        self.engine_version_actual.set(member.engine_version);
        self.maintenance_window.set(member.preferred_maintenance_window);
        let topic = member.notification_configuration;
        let topic = topic.filter(|it| it.topic_status.as_deref() == Some("active"));
        self.notification_topic_arn = topic.and_then(|it| it.topic_arn);
        self.parameter_group_name
            .set(member.cache_parameter_group.and_then(|it| it.cache_parameter_group_name));
        let groups = member.security_groups.into_iter().flatten();
        self.security_group_ids
            .set(groups.filter_map(|it| it.security_group_id).collect::<Set<_>>());
        self.subnet_group_name.set(member.cache_subnet_group_name);
        let port = member.cache_nodes.into_iter().flatten().next();
        if self.port.get().is_none() {
            self.port.set(port.and_then(|it| it.endpoint).and_then(|it| it.port));
        }
    }
}

/// The form in which a version is asked for: `7.1` for 7.1.0, whole before 6.
fn shortened(version: &str) -> String {
    let parts: Vec<&str> = version.split('.').collect();
    match parts.as_slice() {
        [major, minor, ..] if major.parse::<u32>().is_ok_and(|it| it >= 6) => {
            format!("{major}.{minor}")
        }
        _ => version.to_string(),
    }
}

fn log_delivery(it: types::LogDeliveryConfiguration) -> Option<LogDelivery> {
    let details = it.destination_details?;
    let group = details.cloud_watch_logs_details.and_then(|it| it.log_group);
    let stream = details.kinesis_firehose_details.and_then(|it| it.delivery_stream);
    Some(LogDelivery {
        destination: group.or(stream)?,
        destination_type: it.destination_type?,
        log_format: it.log_format?,
        log_type: it.log_type?,
    })
}

/// The shards, in the words in which they are known: by number where they were not named, zones in
/// the order asked for, because a failover makes another node the primary.
fn node_groups(known: &BlockSet<NodeGroup>, seen: &[types::NodeGroup]) -> BlockSet<NodeGroup> {
    let told: Vec<NodeGroup> = seen.iter().map(node_group).collect();
    if known.0.len() != told.len() {
        return BlockSet(told);
    }
    let mut left = told;
    let worded = known.0.iter().map(|known| {
        let named = left.iter().position(|it| it.node_group_id == known.node_group_id);
        let told = left.remove(named.unwrap_or(0));
        let same_zones = zones(known) == zones(&told);
        NodeGroup {
            node_group_id: told.node_group_id.filter(|_| known.node_group_id.is_some()),
            primary_availability_zone: match same_zones {
                true => known.primary_availability_zone.clone(),
                false => told.primary_availability_zone,
            },
            primary_outpost_arn: told.primary_outpost_arn,
            replica_availability_zones: match same_zones {
                true => known.replica_availability_zones.clone(),
                false => told.replica_availability_zones,
            },
            replica_count: told.replica_count.filter(|_| known.replica_count.is_some()),
            replica_outpost_arns: told.replica_outpost_arns,
            slots: told.slots.filter(|_| known.slots.is_some()),
        }
    });
    let worded: Vec<NodeGroup> = worded.collect();
    BlockSet(worded)
}

/// Every zone of a shard, sorted.
fn zones(it: &NodeGroup) -> Vec<String> {
    let replicas = it.replica_availability_zones.given().unwrap_or_default();
    let mut all: Vec<String> =
        it.primary_availability_zone.given().into_iter().chain(replicas).collect();
    all.sort();
    all
}

fn node_group(it: &types::NodeGroup) -> NodeGroup {
    let is_primary = |it: &&types::NodeGroupMember| it.current_role.as_deref() == Some("primary");
    let members = it.node_group_members();
    let primary = members.iter().find(is_primary).or(members.first());
    let is_replica = |it: &&types::NodeGroupMember| {
        it.cache_cluster_id != primary.and_then(|it| it.cache_cluster_id.clone())
    };
    let replicas: Vec<_> = members.iter().filter(is_replica).collect();
    let zones = replicas.iter().filter_map(|it| it.preferred_availability_zone.clone());
    let outposts = replicas.iter().filter_map(|it| it.preferred_outpost_arn.clone());
    let mut told = NodeGroup {
        node_group_id: it.node_group_id.clone(),
        primary_availability_zone: Auto::default(),
        primary_outpost_arn: Auto::default(),
        replica_availability_zones: zones.collect::<Vec<_>>().into(),
        replica_count: Some(replicas.len() as i32),
        replica_outpost_arns: outposts.collect::<Vec<_>>().into(),
        slots: it.slots.clone(),
    };
    told.primary_availability_zone
        .set(primary.and_then(|it| it.preferred_availability_zone.clone()));
    told.primary_outpost_arn.set(primary.and_then(|it| it.preferred_outpost_arn.clone()));
    told
}

impl From<types::ReplicationGroup> for Seen {
    fn from(group: types::ReplicationGroup) -> Self {
        Seen { group, member: None, tags: BTreeMap::new(), events: Vec::new() }
    }
}

/// Whether it will not become available by itself.
pub(super) fn has_failed(group: &types::ReplicationGroup) -> bool {
    matches!(group.status.as_deref(), Some("create-failed" | "restore-failed"))
}

/// What ElastiCache said of the group last. Without leave to read it, the status alone must do.
pub(super) async fn events(aws: &Aws, id: &str) -> Vec<String> {
    const A_DAY: i32 = 24 * 60;
    let call = aws.elasticache().describe_events().source_identifier(id).duration(A_DAY);
    let told = call.source_type(types::SourceType::ReplicationGroup).send().await;
    let events = told.ok().and_then(|it| it.events).unwrap_or_default();
    let messages: Vec<String> = events.into_iter().filter_map(|it| it.message).collect();
    let last = messages.len().saturating_sub(3);
    messages.into_iter().skip(last).collect()
}

/// Every group being read right now: one by its identifier, several in one listing, because AWS
/// takes no list of identifiers.
pub(super) struct ReplicationGroups;

impl Batch for ReplicationGroups {
    type Item = types::ReplicationGroup;
    const MAX: usize = 10_000;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::ReplicationGroup>> {
        let mut call = aws.elasticache().describe_replication_groups();
        if let [id] = ids.as_slice() {
            call = call.replication_group_id(id);
        }
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let named =
            listed.into_iter().filter_map(|it| Some((it.replication_group_id.clone()?, it)));
        Ok(named.filter(|(id, _)| ids.contains(id)).collect())
    }
}

/// One node of every group being read right now.
pub(super) struct Member;

impl Batch for Member {
    type Item = types::CacheCluster;
    const MAX: usize = 10_000;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::CacheCluster>> {
        let mut call = aws.elasticache().describe_cache_clusters().show_cache_node_info(true);
        if let [id] = ids.as_slice() {
            call = call.cache_cluster_id(id);
        }
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let named = listed.into_iter().filter_map(|it| Some((it.cache_cluster_id.clone()?, it)));
        Ok(named.filter(|(id, _)| ids.contains(id)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_told_as_they_are_asked_for() {
        let cases = [("7.1.0", "7.1"), ("6.2.6", "6.2"), ("5.0.6", "5.0.6"), ("7.1", "7.1")];
        for (actual, expected) in cases {
            assert_eq!(shortened(actual), expected);
        }
    }

    #[test]
    fn shards_keep_the_words_of_the_user() {
        let member = |id: &str, zone: &str, role: &str| {
            types::NodeGroupMember::builder()
                .cache_cluster_id(id)
                .preferred_availability_zone(zone)
                .current_role(role)
                .build()
        };
        let seen = types::NodeGroup::builder()
            .node_group_id("0001")
            .slots("0-16383")
            .node_group_members(member("c-1", "a", "replica"))
            .node_group_members(member("c-2", "b", "primary"))
            .build();
        let known = NodeGroup {
            node_group_id: None,
            primary_availability_zone: "a".to_string().into(),
            primary_outpost_arn: Auto::default(),
            replica_availability_zones: vec!["b".to_string()].into(),
            replica_count: Some(1),
            replica_outpost_arns: vec![].into(),
            slots: None,
        };
        let same = node_groups(&BlockSet(vec![known.clone()]), std::slice::from_ref(&seen));
        assert_eq!(same.0, std::slice::from_ref(&known), "another primary is no difference");
        let other = NodeGroup { replica_count: Some(2), ..known };
        let told = node_groups(&BlockSet(vec![other]), std::slice::from_ref(&seen));
        assert_eq!(told.0[0].replica_count, Some(1));
        let all = node_groups(&BlockSet(vec![]), &[seen]);
        assert_eq!(all.0[0].slots.as_deref(), Some("0-16383"));
    }
}
