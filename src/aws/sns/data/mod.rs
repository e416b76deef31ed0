//! Data sources of the service `sns`.

pub mod topic;

pub use topic::Topic;
