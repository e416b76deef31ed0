//! Data sources of the service `ec2`.

mod availability_zones;
mod managed_prefix_list;
mod prefix_list;
mod security_group;
mod subnet;
mod subnets;
mod vpc;
mod vpc_endpoint_service;
mod vpcs;

pub use availability_zones::AvailabilityZones;
pub use managed_prefix_list::ManagedPrefixList;
pub use prefix_list::PrefixList;
pub use security_group::SecurityGroup;
pub use subnet::Subnet;
pub use subnets::Subnets;
pub use vpc::Vpc;
pub use vpc_endpoint_service::VpcEndpointService;
pub use vpcs::Vpcs;

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

/// A filter by an argument that is given.
fn by(name: &str, value: Option<String>) -> Option<types::Filter> {
    value.map(|it| filter(name, [it]))
}

/// The one object that was found.
fn one<T>(what: &str, mut found: Vec<T>) -> Result<T> {
    let count = found.len();
    match (found.pop(), count) {
        (Some(it), 1) => Ok(it),
        (None, _) => {
            let why = format!("no {what} has what is asked for");
            Err(Failure::new(FailureKind::NotFound, why))
        }
        _ => {
            let why = format!("{count} {what}s have what is asked for");
            Err(Failure::fatal(why).hint("ask for more, such as by a `filter` block"))
        }
    }
}

/// No filters are none: AWS refuses an empty list.
fn some(filters: Vec<types::Filter>) -> Option<Vec<types::Filter>> {
    Some(filters).filter(|it| !it.is_empty())
}
