//! Drivers of the service `ecs`, and what they share.

pub mod cluster;
pub mod cluster_capacity_providers;
pub(crate) mod containers;
pub mod data;
pub mod deployment;
pub(crate) mod failing;
pub mod service;
pub(crate) mod service_calls;
pub mod service_connect;
pub mod service_parts;
pub mod task_definition;
pub mod volumes;

pub use cluster::Cluster;
pub use cluster_capacity_providers::ClusterCapacityProviders;
pub use service::Service;
pub use task_definition::TaskDefinition;

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ecs::types::{self, ClusterField, Tag};

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::{Failure, FailureKind, Result};

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_ecs::types;

    pub(crate) use super::{known_soon, last, once, pairs, tagged};
    pub(crate) use crate::aws::batch::{Batch, Keyed};
    pub(crate) use crate::aws::{Aws, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::{
        Auto, Block, BlockSet, Blocks, Given, Nested, Out, Resource, Set, Tags,
    };
}

crate::aws::once::once!(aws_sdk_ecs);

/// Tags as they are sent; none where there are none, which takes no permission to tag.
pub(crate) fn tagged(tags: &BTreeMap<String, String>) -> Option<Vec<Tag>> {
    let each = tags.iter().map(|(name, value)| Tag::builder().key(name).value(value).build());
    Some(each.collect::<Vec<_>>()).filter(|it| !it.is_empty())
}

/// Names and values of tags.
pub(crate) fn pairs(tags: Option<Vec<Tag>>) -> impl Iterator<Item = (String, String)> {
    let tags = tags.into_iter().flatten();
    tags.map(|it| (it.key.unwrap_or_default(), it.value.unwrap_or_default()))
}

/// What stands last in an ARN: a name is itself.
pub(crate) fn last(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// ECS has one code for all that is wrong with a call: what will be known to it soon, a role or load
/// balancer that was just made, is told by the message alone. So is a name that is taken.
pub(crate) fn known_soon(mut it: Failure) -> Failure {
    const SOON: [&str; 4] = [
        "Unable to assume the service linked role",
        "Unable to assume the role",
        "verify that the ECS service role",
        "does not have an associated load balancer",
    ];
    let says = |text: &str| it.message.contains(text);
    if it.kind == FailureKind::Fatal && SOON.iter().any(|text| says(text)) {
        it.kind = FailureKind::Retryable;
    } else if says("was not idempotent") {
        it.kind = FailureKind::Exists;
    }
    it
}

/// Every cluster being read right now, by ARN or name. Deleted ones are still told, as `INACTIVE`.
pub(crate) struct Clusters;

impl Batch for Clusters {
    type Item = types::Cluster;
    const MAX: usize = 100;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::Cluster>> {
        let names: BTreeSet<String> = ids.iter().map(|it| last(it).to_string()).collect();
        let mut call = aws.ecs().describe_clusters().set_clusters(Some(Vec::from_iter(names)));
        for it in [ClusterField::Configurations, ClusterField::Settings, ClusterField::Tags] {
            call = call.include(it);
        }
        let found = call.send().await?.clusters.unwrap_or_default();
        let named = |id: &str| found.iter().find(|it| it.cluster_name() == Some(last(id))).cloned();
        Ok(ids
            .into_iter()
            .filter_map(|id| Some((named(&id)?, id)))
            .map(|(it, id)| (id, it))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_tell_what_codes_do_not() {
        let kind = |message: &str| known_soon(Failure::fatal(message)).kind;
        let role = "Unable to assume the service linked role. Please verify that it exists.";
        assert_eq!(kind(role), FailureKind::Retryable);
        assert_eq!(kind("Creation of service was not idempotent."), FailureKind::Exists);
        assert_eq!(kind("subnets can not be empty."), FailureKind::Fatal);
    }
}
