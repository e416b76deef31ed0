//! Drivers of the service `rds`, and what they share.

pub mod births;
pub mod data;
pub mod event_subscription;
pub mod instance;
pub mod modification;
pub mod observation;
pub mod parameter_group;
pub mod subnet_group;

pub use event_subscription::EventSubscription;
pub use instance::Instance;
pub use parameter_group::ParameterGroup;
pub use subnet_group::SubnetGroup;

use std::collections::BTreeMap;

use aws_sdk_rds::types::Tag;

use super::Aws;
use crate::driver::Result;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_rds::types;

    pub(crate) use super::{once, pairs, tagged, tags_of};
    pub(crate) use crate::aws::batch::{Batch, Keyed};
    pub(crate) use crate::aws::{Aws, names, tags, words};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::told::told;
    pub(crate) use crate::schema::{
        Auto, Block, BlockSet, Nested, Out, Resource, Secret, Set, Tags, WriteOnly,
    };
}

crate::aws::once::once!(aws_sdk_rds);

/// Tags in a call; none where there are none.
pub(crate) fn tagged(tags: &BTreeMap<String, String>) -> Option<Vec<Tag>> {
    let tag = |(name, value): (&String, &String)| Tag::builder().key(name).value(value).build();
    Some(tags.iter().map(tag).collect()).filter(|it: &Vec<_>| !it.is_empty())
}

/// Names and values of tags.
pub(crate) fn pairs(tags: Option<Vec<Tag>>) -> impl Iterator<Item = (String, String)> {
    tags.into_iter().flatten().filter_map(|it| Some((it.key?, it.value.unwrap_or_default())))
}

/// Tags of the object of that ARN, where the read of the object itself does not bring them.
pub(crate) async fn tags_of(aws: &Aws, arn: &str) -> Result<BTreeMap<String, String>> {
    aws.tags(arn, async {
        let reply = aws.rds().list_tags_for_resource().resource_name(arn).send().await?;
        Ok(pairs(reply.tag_list).collect())
    })
    .await
}
