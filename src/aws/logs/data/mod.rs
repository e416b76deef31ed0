//! Data sources of the service `logs`.

pub mod log_group;

pub use log_group::LogGroup;
