//! Data sources of the service `elasticache`.

pub mod replication_group;

pub use replication_group::ReplicationGroup;
