//! Data sources about whoever makes the calls.

mod caller_identity;
mod partition;

pub use caller_identity::CallerIdentity;
pub use partition::Partition;
