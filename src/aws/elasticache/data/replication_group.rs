//! `aws_elasticache_replication_group`, read only: a cache that is declared elsewhere.

use super::super::observation::ReplicationGroups;
use super::super::prelude::*;

/// Cache that is declared elsewhere.
///
/// ```hcl
/// data "aws_elasticache_replication_group" "orders" {
///   replication_group_id = "orders"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_elasticache_replication_group")]
pub struct ReplicationGroup {
    /// Identifier of the group.
    #[attr(length(1, 40), format = "identifier")]
    pub replication_group_id: String,
    /// ARN of the group.
    pub arn: Out<String>,
    /// Whether clients need a password.
    pub auth_token_enabled: Out<bool>,
    /// Whether a replica becomes the primary when that fails.
    pub automatic_failover_enabled: Out<bool>,
    /// `enabled`, `disabled` or `compatible`.
    pub cluster_mode: Out<String>,
    /// Host name that a client of a cache of shards begins with.
    pub configuration_endpoint_address: Out<String>,
    /// What the cache is for, in words.
    pub description: Out<String>,
    /// Logs that are sent somewhere.
    pub log_delivery_configuration: Out<Set<LogDelivery>>,
    /// Identifiers of all nodes.
    pub member_clusters: Out<Set<String>>,
    /// Whether primary and replicas are in different zones.
    pub multi_az_enabled: Out<bool>,
    /// Zones, slots and number of replicas of each shard.
    pub node_group_configuration: Out<Set<NodeGroup>>,
    /// Processors and memory.
    pub node_type: Out<String>,
    /// Number of nodes.
    pub num_cache_clusters: Out<i32>,
    /// Number of shards.
    pub num_node_groups: Out<i32>,
    /// Port that nodes listen on.
    pub port: Out<i32>,
    /// Host name of the primary of a cache of one shard.
    pub primary_endpoint_address: Out<String>,
    /// Host name of the replicas of a cache of one shard.
    pub reader_endpoint_address: Out<String>,
    /// Number of replicas of each shard.
    pub replicas_per_node_group: Out<i32>,
    /// Days that daily snapshots are kept.
    pub snapshot_retention_limit: Out<i32>,
    /// Part of the day in which snapshots are made.
    pub snapshot_window: Out<String>,
}

/// Log that is sent somewhere.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct LogDelivery {
    /// Name of the log group or delivery stream.
    pub destination: Out<String>,
    /// `cloudwatch-logs` or `kinesis-firehose`.
    pub destination_type: Out<String>,
    /// `json` or `text`.
    pub log_format: Out<String>,
    /// `slow-log` or `engine-log`.
    pub log_type: Out<String>,
}

/// One shard.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct NodeGroup {
    /// Identifier of the shard.
    pub node_group_id: Out<String>,
    /// Zone of the primary.
    pub primary_availability_zone: Out<String>,
    /// Outpost of the primary.
    pub primary_outpost_arn: Out<String>,
    /// Zones of the replicas.
    pub replica_availability_zones: Out<Vec<String>>,
    /// Number of replicas.
    pub replica_count: Out<i32>,
    /// Outposts of the replicas.
    pub replica_outpost_arns: Out<Vec<String>>,
    /// Slots of the keys that are kept here.
    pub slots: Out<String>,
}

impl DataSource for ReplicationGroup {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let id = Id(self.replication_group_id.to_lowercase());
        let Some(group) = aws.load::<ReplicationGroups>(&id).await? else {
            return Err(Failure::new(FailureKind::NotFound, format!("there is no group `{id}`")));
        };
        self.auth_token_enabled.set(group.auth_token_enabled);
        // Everything else reads as it does where the group is declared.
        let mut seen = <super::super::ReplicationGroup as crate::schema::Row>::blank();
        seen.see(group.into());
        self.arn.set(seen.arn.get().cloned());
        self.automatic_failover_enabled.set(seen.automatic_failover_enabled);
        self.cluster_mode.set(seen.cluster_mode.get().map(|it| it.as_str().to_string()));
        self.configuration_endpoint_address.set(seen.configuration_endpoint_address.get().cloned());
        self.description.set(seen.description);
        let logs = seen.log_delivery_configuration.0.into_iter().map(|it| LogDelivery {
            destination: Some(it.destination).into(),
            destination_type: Some(it.destination_type.as_str().to_string()).into(),
            log_format: Some(it.log_format.as_str().to_string()).into(),
            log_type: Some(it.log_type.as_str().to_string()).into(),
        });
        self.log_delivery_configuration.set(logs.collect::<Set<_>>());
        self.member_clusters.set(seen.member_clusters.get().cloned());
        self.multi_az_enabled.set(seen.multi_az_enabled);
        let shards = seen.node_group_configuration.0.into_iter().map(|it| NodeGroup {
            node_group_id: it.node_group_id.into(),
            primary_availability_zone: it.primary_availability_zone.given().into(),
            primary_outpost_arn: it.primary_outpost_arn.given().into(),
            replica_availability_zones: it.replica_availability_zones.given().into(),
            replica_count: it.replica_count.into(),
            replica_outpost_arns: it.replica_outpost_arns.given().into(),
            slots: it.slots.into(),
        });
        self.node_group_configuration.set(shards.collect::<Set<_>>());
        self.node_type.set(seen.node_type.given());
        self.num_cache_clusters.set(seen.num_cache_clusters.given());
        self.num_node_groups.set(seen.num_node_groups.given());
        self.port.set(seen.port.given());
        self.primary_endpoint_address.set(seen.primary_endpoint_address.get().cloned());
        self.reader_endpoint_address.set(seen.reader_endpoint_address.get().cloned());
        self.replicas_per_node_group.set(seen.replicas_per_node_group.given());
        self.snapshot_retention_limit.set(Some(seen.snapshot_retention_limit.unwrap_or_default()));
        self.snapshot_window.set(seen.snapshot_window.given());
        Ok(id)
    }
}
