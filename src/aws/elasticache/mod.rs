//! Drivers of the service `elasticache`, and what they share.

pub mod data;
pub mod observation;
pub mod parameter_group;
pub mod replacing;
pub mod replication_group;
pub mod steps;
pub mod subnet_group;
pub mod user;
pub mod user_group;

pub use parameter_group::ParameterGroup;
pub use replication_group::ReplicationGroup;
pub use subnet_group::SubnetGroup;
pub use user::User;
pub use user_group::UserGroup;

use std::collections::BTreeMap;

use aws_sdk_elasticache::types::Tag;

use super::Aws;
use crate::driver::Result;
use crate::schema::{Auto, Set};

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_elasticache::types;

    pub(crate) use super::{once, tagged, tags_of};
    pub(crate) use crate::aws::batch::{Batch, Keyed};
    pub(crate) use crate::aws::{Aws, tags, words};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::told::told;
    pub(crate) use crate::schema::{
        Auto, Block, BlockSet, Nested, Out, Resource, Secret, Set, Tags, WriteOnly,
    };
}

crate::aws::once::once!(aws_sdk_elasticache);

/// Tags in a call; none where there are none.
pub(crate) fn tagged(tags: &BTreeMap<String, String>) -> Option<Vec<Tag>> {
    let tag = |(name, value): (&String, &String)| Tag::builder().key(name).value(value).build();
    Some(tags.iter().map(tag).collect()).filter(|it: &Vec<_>| !it.is_empty())
}

/// Names and values of tags.
pub(crate) fn pairs(tags: Option<Vec<Tag>>) -> impl Iterator<Item = (String, String)> {
    tags.into_iter().flatten().filter_map(|it| Some((it.key?, it.value.unwrap_or_default())))
}

/// Tags of the object of that ARN: no other read brings them.
pub(crate) async fn tags_of(aws: &Aws, arn: &str) -> Result<BTreeMap<String, String>> {
    aws.tags(arn, async {
        let reply = aws.elasticache().list_tags_for_resource().resource_name(arn).send().await?;
        Ok(pairs(reply.tag_list).collect())
    })
    .await
}

/// A name as AWS keeps it.
pub(crate) fn lower(name: &Auto<String>) -> Option<String> {
    name.get().map(|it| it.to_lowercase())
}

/// Names as AWS keeps them.
pub(crate) fn lower_all(names: &Set<String>) -> Vec<String> {
    names.0.iter().map(|it| it.to_lowercase()).collect()
}

/// Names that the first has and the second has not, as AWS keeps them.
pub(crate) fn without(all: &Option<Set<String>>, those: &Option<Set<String>>) -> Vec<String> {
    let names = |it: &Option<Set<String>>| it.as_ref().map(lower_all).unwrap_or_default();
    let those = names(those);
    names(all).into_iter().filter(|it| !those.contains(it)).collect()
}
