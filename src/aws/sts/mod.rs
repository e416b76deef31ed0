//! Data sources about whoever makes the calls.

mod caller_identity;
mod partition;
mod region;

pub use caller_identity::CallerIdentity;
pub use partition::Partition;
pub use region::Region;
