//! The calls that change a replication group. AWS takes the next when the group is `available`
//! again, so each update makes the first one that is due.

use aws_sdk_elasticache::operation::decrease_replica_count::builders::DecreaseReplicaCountInputBuilder;
use aws_sdk_elasticache::operation::increase_replica_count::builders::IncreaseReplicaCountInputBuilder;
use aws_sdk_elasticache::operation::modify_replication_group::builders::ModifyReplicationGroupInputBuilder;
use aws_sdk_elasticache::operation::modify_replication_group_shard_configuration::builders::ModifyReplicationGroupShardConfigurationInputBuilder;

use super::prelude::*;
use super::replication_group::{LogDelivery, NodeGroup, ReplicationGroup, flag};
use super::{lower, lower_all, without};
use crate::schema::compare::is_version;
use types::{AuthTokenUpdateStrategyType, DestinationType, TransitEncryptionMode};

/// One call.
#[derive(Debug, PartialEq)]
pub(super) enum Step {
    /// Settings of the group.
    Change(Box<ModifyReplicationGroupInputBuilder>),
    /// Another number of shards.
    Shards(Box<ModifyReplicationGroupShardConfigurationInputBuilder>),
    /// More replicas.
    More(Box<IncreaseReplicaCountInputBuilder>),
    /// Fewer replicas.
    Fewer(Box<DecreaseReplicaCountInputBuilder>),
}

/// Makes the call.
pub(super) async fn take(step: Step, aws: &Aws, id: &str) -> Result<()> {
    let cache = aws.elasticache();
    match step {
        Step::Change(it) => drop(it.replication_group_id(id).send_with(cache).await?),
        Step::Shards(it) => drop(it.replication_group_id(id).send_with(cache).await?),
        Step::More(it) => drop(it.replication_group_id(id).send_with(cache).await?),
        Step::Fewer(it) => drop(it.replication_group_id(id).send_with(cache).await?),
    }
    Ok(())
}

/// The first call that is due. The token comes before all, because AWS never tells whether it was
/// sent. Failover needs the replicas that are to come, and ends before the last of them goes.
pub(super) fn next(want: &ReplicationGroup, have: &ReplicationGroup) -> Option<Step> {
    let change = |it| Step::Change(Box::new(it));
    token(want, have)
        .map(change)
        .or_else(|| more_replicas(want, have))
        .or_else(|| settings(want, have).map(change))
        .or_else(|| users(want, have).map(change))
        .or_else(|| transit(want, have).map(change))
        .or_else(|| shards(want, have))
        .or_else(|| fewer_replicas(want, have))
}

/// Another token, or the same in another way; none any more where user groups take over.
fn token(
    want: &ReplicationGroup,
    have: &ReplicationGroup,
) -> Option<ModifyReplicationGroupInputBuilder> {
    let strategy = &want.auth_token_update_strategy;
    let other_way = strategy.is_some() && *strategy != have.auth_token_update_strategy;
    let call = ModifyReplicationGroupInputBuilder::default().apply_immediately(true);
    match &want.auth_token {
        Some(token) if want.auth_token != have.auth_token || other_way => {
            let strategy = strategy.clone().unwrap_or(AuthTokenUpdateStrategyType::Rotate);
            Some(call.auth_token(token.expose()).auth_token_update_strategy(strategy))
        }
        None if have.auth_token.is_some() && want.user_group_ids.is_some() => {
            // The token goes when users take over, in one call.
            let call = call.auth_token_update_strategy(AuthTokenUpdateStrategyType::Delete);
            Some(call.set_user_group_ids_to_add(want.user_group_ids.as_ref().map(lower_all)))
        }
        _ => None,
    }
}

/// Everything that one call changes.
fn settings(
    want: &ReplicationGroup,
    have: &ReplicationGroup,
) -> Option<ModifyReplicationGroupInputBuilder> {
    let same_engine = want.engine.get().is_none() || lower(&want.engine) == lower(&have.engine);
    let actual = have.engine_version_actual.get();
    let version = changed(&want.engine_version, &have.engine_version)
        .filter(|it| !actual.is_some_and(|actual| is_version(it, actual)));
    let version = match same_engine {
        true => version,
        false => want.engine_version.given(),
    };
    // A group of the old version's family cannot stay.
    let other_parameters = lower(&want.parameter_group_name) != lower(&have.parameter_group_name);
    let parameters = lower(&want.parameter_group_name)
        .filter(|_| other_parameters || !same_engine || version.is_some());
    let topic = Some(&want.notification_topic_arn)
        .filter(|it| **it != have.notification_topic_arn)
        .map(|it| match it {
            Some(arn) => (Some(arn.clone()), "active"),
            None => (None, "inactive"),
        });
    let days = |it: &ReplicationGroup| it.snapshot_retention_limit.unwrap_or_default();
    let begins = days(have) == 0 && days(want) > 0 && have.cluster_enabled.get() != Some(&true);
    let mut nodes = have.member_clusters.get().map(|it| it.0.clone()).unwrap_or_default();
    nodes.sort();
    let upgrades = flag(&want.auto_minor_version_upgrade)
        .filter(|it| flag(&have.auto_minor_version_upgrade) != Some(*it));
    let window = want.maintenance_window.given().filter(|it| {
        !have.maintenance_window.get().is_some_and(|have| have.eq_ignore_ascii_case(it))
    });
    let changes = ModifyReplicationGroupInputBuilder::default()
        .set_auto_minor_version_upgrade(upgrades)
        .set_automatic_failover_enabled(
            Some(want.automatic_failover_enabled)
                .filter(|it| *it != have.automatic_failover_enabled),
        )
        .set_cache_node_type(changed(&want.node_type, &have.node_type))
        .set_cache_parameter_group_name(parameters)
        .set_cluster_mode(changed(&want.cluster_mode, &have.cluster_mode))
        .set_engine(lower(&want.engine).filter(|_| !same_engine))
        .set_engine_version(version)
        .set_ip_discovery(changed(&want.ip_discovery, &have.ip_discovery))
        .set_log_delivery_configurations(logs(want, have))
        .set_multi_az_enabled(Some(want.multi_az_enabled).filter(|it| *it != have.multi_az_enabled))
        .set_notification_topic_status(topic.as_ref().map(|it| it.1.to_string()))
        .set_notification_topic_arn(topic.and_then(|it| it.0))
        .set_preferred_maintenance_window(window)
        .set_replication_group_description(
            Some(want.description.clone()).filter(|it| *it != have.description),
        )
        .set_security_group_ids(
            changed(&want.security_group_ids, &have.security_group_ids).map(|it| it.0),
        )
        .set_snapshot_retention_limit(Some(days(want)).filter(|it| *it != days(have)))
        .set_snapshot_window(changed(&want.snapshot_window, &have.snapshot_window))
        // Which node is copied has to be said where there is one shard.
        .set_snapshotting_cluster_id(nodes.into_iter().next_back().filter(|_| begins));
    let at_once = |it: &ReplicationGroup| it.apply_immediately.given() == Some(true);
    // Without anything else it makes what is pending happen now.
    let hastened = at_once(want) && !at_once(have);
    let differs = hastened || changes != ModifyReplicationGroupInputBuilder::default();
    differs.then(|| changes.apply_immediately(at_once(want)))
}

/// What is wanted, where the group has something else.
fn changed<T: Clone + PartialEq>(want: &Auto<T>, have: &Auto<T>) -> Option<T> {
    want.given().filter(|_| want.differs(have))
}

fn users(
    want: &ReplicationGroup,
    have: &ReplicationGroup,
) -> Option<ModifyReplicationGroupInputBuilder> {
    let more = without(&want.user_group_ids, &have.user_group_ids);
    let fewer = without(&have.user_group_ids, &want.user_group_ids);
    let call = ModifyReplicationGroupInputBuilder::default()
        .apply_immediately(true)
        .set_user_group_ids_to_add(Some(more.clone()).filter(|it| !it.is_empty()))
        .set_user_group_ids_to_remove(Some(fewer.clone()).filter(|it| !it.is_empty()));
    (!more.is_empty() || !fewer.is_empty()).then_some(call)
}

/// Encryption comes and goes by way of `preferred`, so that no client is shut out meanwhile.
fn transit(
    want: &ReplicationGroup,
    have: &ReplicationGroup,
) -> Option<ModifyReplicationGroupInputBuilder> {
    let call = ModifyReplicationGroupInputBuilder::default().apply_immediately(true);
    let required = have.transit_encryption_mode.get() == Some(&TransitEncryptionMode::Required);
    match changed(&want.transit_encryption_enabled, &have.transit_encryption_enabled) {
        Some(true) => Some(
            call.transit_encryption_enabled(true)
                .transit_encryption_mode(TransitEncryptionMode::Preferred),
        ),
        Some(false) if required => {
            Some(call.transit_encryption_mode(TransitEncryptionMode::Preferred))
        }
        Some(false) => Some(call.transit_encryption_enabled(false)),
        None => changed(&want.transit_encryption_mode, &have.transit_encryption_mode)
            .map(|it| call.transit_encryption_mode(it)),
    }
}

/// Another number of shards; the last ones go.
fn shards(want: &ReplicationGroup, have: &ReplicationGroup) -> Option<Step> {
    let configured = Some(want.node_group_configuration.0.len() as i32).filter(|it| *it > 0);
    let wanted = want.num_node_groups.given().or(configured)?;
    let had = have.num_node_groups.given()?;
    if wanted == had {
        return None;
    }
    let mut gone = shard_ids(have);
    let stay = usize::try_from(wanted).unwrap_or_default().min(gone.len());
    let gone = gone.split_off(stay);
    let call = ModifyReplicationGroupShardConfigurationInputBuilder::default()
        .apply_immediately(true)
        .node_group_count(wanted)
        .set_node_groups_to_remove(Some(gone).filter(|it| wanted < had && !it.is_empty()));
    Some(Step::Shards(Box::new(call)))
}

/// Identifiers of the shards, sorted: nodes of shards are named `group-0001-001`.
fn shard_ids(it: &ReplicationGroup) -> Vec<String> {
    let nodes = it.member_clusters.get().map(|it| it.0.as_slice()).unwrap_or_default();
    let shard = |it: &String| {
        let (shard, _) = it.rsplit_once('-')?;
        shard.rsplit_once('-').map(|(_, it)| it.to_string())
    };
    let mut ids: Vec<String> = nodes.iter().filter_map(shard).collect();
    ids.sort();
    ids.dedup();
    ids
}

/// Replicas of each shard: how many there are, and how many there are to be.
fn replicas(want: &ReplicationGroup, have: &ReplicationGroup) -> Option<(i32, i32)> {
    let had = have.replicas_per_node_group.given()?;
    let nodes = changed(&want.num_cache_clusters, &have.num_cache_clusters).map(|it| it - 1);
    let by_shard = changed(&want.replicas_per_node_group, &have.replicas_per_node_group);
    by_shard.or(nodes.filter(|_| have.num_node_groups.given() == Some(1))).map(|it| (had, it))
}

/// Shards whose number of replicas is given one by one.
fn one_by_one(
    want: &ReplicationGroup,
    have: &ReplicationGroup,
    more: bool,
) -> Option<Vec<types::ConfigureShard>> {
    let count = |it: &NodeGroup| it.replica_count.unwrap_or_default();
    let each = want.node_group_configuration.0.iter().filter_map(|want| {
        let id = want.node_group_id.as_ref()?;
        let all = &have.node_group_configuration.0;
        let have = all.iter().find(|it| it.node_group_id.as_ref() == Some(id))?;
        let due = want.replica_count.is_some()
            && if more { count(want) > count(have) } else { count(want) < count(have) };
        let shard = types::ConfigureShard::builder().node_group_id(id);
        due.then(|| shard.new_replica_count(count(want)).build())
    });
    Some(each.collect()).filter(|it: &Vec<_>| !it.is_empty())
}

fn more_replicas(want: &ReplicationGroup, have: &ReplicationGroup) -> Option<Step> {
    let call = IncreaseReplicaCountInputBuilder::default().apply_immediately(true);
    let call = match replicas(want, have) {
        Some((had, wanted)) if wanted > had => {
            let zones = want.preferred_cache_cluster_azs.clone();
            let zones = zones.filter(|it| i32::try_from(it.len()) == Ok(wanted + 1));
            let shard = zones.map(|zones| {
                let shard = types::ConfigureShard::builder().node_group_id("0001");
                let shard = shard.new_replica_count(wanted);
                vec![shard.set_preferred_availability_zones(Some(zones)).build()]
            });
            match shard {
                Some(shard) => call.set_replica_configuration(Some(shard)),
                None => call.new_replica_count(wanted),
            }
        }
        Some(_) => return None,
        None => call.set_replica_configuration(Some(one_by_one(want, have, true)?)),
    };
    Some(Step::More(Box::new(call)))
}

fn fewer_replicas(want: &ReplicationGroup, have: &ReplicationGroup) -> Option<Step> {
    let call = DecreaseReplicaCountInputBuilder::default().apply_immediately(true);
    let call = match replicas(want, have) {
        Some((had, wanted)) if wanted < had => call.new_replica_count(wanted),
        Some(_) => return None,
        None => call.set_replica_configuration(Some(one_by_one(want, have, false)?)),
    };
    Some(Step::Fewer(Box::new(call)))
}

/// Logs that come, change or go.
fn logs(
    want: &ReplicationGroup,
    have: &ReplicationGroup,
) -> Option<Vec<types::LogDeliveryConfigurationRequest>> {
    let (wanted, had) = (&want.log_delivery_configuration.0, &have.log_delivery_configuration.0);
    let due = wanted.iter().filter(|it| !had.contains(it)).map(log);
    let gone = had.iter().filter(|it| !wanted.iter().any(|want| want.log_type == it.log_type));
    let gone = gone.map(|it| {
        let log = types::LogDeliveryConfigurationRequest::builder().enabled(false);
        log.log_type(it.log_type.clone()).build()
    });
    Some(due.chain(gone).collect()).filter(|it: &Vec<_>| !it.is_empty())
}

/// A log as it is sent.
pub(super) fn log(it: &LogDelivery) -> types::LogDeliveryConfigurationRequest {
    let details = types::DestinationDetails::builder();
    let details = match it.destination_type {
        DestinationType::KinesisFirehose => {
            let stream = types::KinesisFirehoseDestinationDetails::builder();
            details.kinesis_firehose_details(stream.delivery_stream(&it.destination).build())
        }
        _ => {
            let group = types::CloudWatchLogsDestinationDetails::builder();
            details.cloud_watch_logs_details(group.log_group(&it.destination).build())
        }
    };
    types::LogDeliveryConfigurationRequest::builder()
        .destination_details(details.build())
        .destination_type(it.destination_type.clone())
        .enabled(true)
        .log_format(it.log_format.clone())
        .log_type(it.log_type.clone())
        .build()
}

/// A shard as it is sent.
pub(super) fn shard(it: &NodeGroup) -> types::NodeGroupConfiguration {
    types::NodeGroupConfiguration::builder()
        .set_node_group_id(it.node_group_id.clone())
        .set_primary_availability_zone(it.primary_availability_zone.given())
        .set_primary_outpost_arn(it.primary_outpost_arn.given())
        .set_replica_availability_zones(it.replica_availability_zones.given())
        .set_replica_count(it.replica_count)
        .set_replica_outpost_arns(it.replica_outpost_arns.given())
        .set_slots(it.slots.clone())
        .build()
}
