//! Drivers of the service `ec2`, and what they share.

pub mod nat_gateway;

pub use nat_gateway::NatGateway;

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use aws_smithy_types::retry::RetryConfig;

use super::Aws;
use super::batch::Keyed;
use super::tags::TOKEN;
use crate::driver::{Op, Result};
use crate::schema::Tags;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_ec2::types;

    pub(crate) use super::{filter, keyed, once, pairs, resumed, tagged, tagged_with_token};
    pub(crate) use crate::aws::Aws;
    pub(crate) use crate::aws::batch::{Batch, Keyed};
    pub(crate) use crate::aws::tags;
    #[allow(unused_imports)]
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status};
    pub(crate) use crate::schema::{
        Auto, Block, BlockSet, Nested, Out, Resource, Set, Tags,
    };
}

/// One tag.
pub(crate) fn tag(name: impl Into<String>, value: impl Into<String>) -> Tag {
    Tag::builder().key(name).value(value).build()
}

/// Names and values of tags.
pub(crate) fn pairs(tags: Option<Vec<Tag>>) -> impl Iterator<Item = (String, String)> {
    tags.into_iter().flatten().filter_map(|it| Some((it.key?, it.value.unwrap_or_default())))
}

/// Tags in the call that creates; none where there are none, because AWS refuses an empty list.
pub(crate) fn tagged(kind: ResourceType, tags: &Tags) -> Option<Vec<TagSpecification>> {
    let tags: Vec<Tag> = tags.all.iter().map(|(k, v)| tag(k, v)).collect();
    let specification = TagSpecification::builder().resource_type(kind).set_tags(Some(tags.clone()));
    (!tags.is_empty()).then(|| vec![specification.build()])
}

/// The same with the tag by which [`resumed`] finds what an earlier run made.
pub(crate) fn tagged_with_token(
    kind: ResourceType,
    tags: &Tags,
    op: &Op,
) -> Option<Vec<TagSpecification>> {
    let mut all = tags.clone();
    all.all.insert(TOKEN.into(), op.token().into());
    tagged(kind, &all)
}

/// What an earlier run of the same operation made, for types without a client token: the object
/// that carries the operation's tag. One call, and none where the operation is new.
pub(crate) async fn resumed(aws: &Aws, kind: ResourceType, op: &Op) -> Result<Option<String>> {
    if !op.is_resumed() {
        return Ok(None);
    }
    let tags = aws.ec2().describe_tags();
    let tags = tags.filters(filter("resource-type", [kind.as_str()]));
    let tags = tags.filters(filter("key", [TOKEN])).filters(filter("value", [op.token()]));
    let found = tags.send().await?.tags.unwrap_or_default();
    Ok(found.into_iter().find_map(|it| it.resource_id))
}

/// Sends a call a single time. A call without client token must not be repeated by the SDK when its
/// reply is lost: it would make two objects. The engine resumes the operation instead.
pub(crate) fn once() -> aws_sdk_ec2::config::Builder {
    aws_sdk_ec2::config::Builder::new().retry_config(RetryConfig::disabled())
}

/// A filter by any of those values.
pub(crate) fn filter<T: Into<String>>(name: &str, values: impl IntoIterator<Item = T>) -> Filter {
    let values = values.into_iter().map(Into::into).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// Objects by the identifier that each tells.
pub(crate) fn keyed<T>(items: Vec<T>, id: impl Fn(&T) -> Option<String>) -> Keyed<T> {
    items.into_iter().filter_map(|it| Some((id(&it)?, it))).collect()
}
