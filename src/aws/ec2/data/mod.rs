//! Data sources of the service `ec2`.

mod availability_zones;
mod subnets;
mod vpc;

pub use availability_zones::AvailabilityZones;
pub use subnets::Subnets;
pub use vpc::Vpc;

use std::collections::BTreeMap;

use super::filter;
use super::prelude::*;

/// What an object must have to be found.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct FilterBlock {
    /// Name of the filter as the EC2 reference has it, such as `cidr-block`.
    pub name: String,
    /// Values of which the object must have one.
    pub values: Set<String>,
}

/// The filters as they are sent; those by tags beside them.
fn filters(
    blocks: &BlockSet<FilterBlock>,
    tags: Option<&BTreeMap<String, String>>,
) -> Vec<types::Filter> {
    let written = blocks.0.iter().map(|it| filter(&it.name, it.values.0.clone()));
    let tags = tags.into_iter().flatten().map(|(k, v)| filter(&format!("tag:{k}"), [v]));
    written.chain(tags).collect()
}

/// No filters are none: AWS refuses an empty list.
fn some(filters: Vec<types::Filter>) -> Option<Vec<types::Filter>> {
    Some(filters).filter(|it| !it.is_empty())
}
