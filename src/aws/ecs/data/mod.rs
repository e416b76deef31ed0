//! Data sources of the service `ecs`.

pub mod cluster;

pub use cluster::Cluster;
