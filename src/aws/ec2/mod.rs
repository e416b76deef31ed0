//! Drivers of the service `ec2`, and what they share.

pub mod data;
pub mod default_security_group;
pub mod eip;
pub mod flow_log;
pub mod internet_gateway;
pub mod nat_gateway;
pub mod permissions;
pub mod route;
pub mod route_table;
pub mod route_table_association;
pub mod routes;
pub mod rules;
pub mod security_group;
pub mod subnet;
pub mod vpc;
pub mod vpc_security_group_egress_rule;
pub mod vpc_security_group_ingress_rule;

pub use default_security_group::DefaultSecurityGroup;
pub use eip::Eip;
pub use flow_log::FlowLog;
pub use internet_gateway::InternetGateway;
pub use nat_gateway::NatGateway;
pub use route::Route;
pub use route_table::RouteTable;
pub use route_table_association::RouteTableAssociation;
pub use security_group::SecurityGroup;
pub use subnet::Subnet;
pub use vpc::Vpc;
pub use vpc_security_group_egress_rule::EgressRule;
pub use vpc_security_group_ingress_rule::IngressRule;

use aws_sdk_ec2::types::{AttributeBooleanValue, Filter, ResourceType, Tag, TagSpecification};
use aws_smithy_types::retry::RetryConfig;

use super::Aws;
use super::batch::Keyed;
use super::tags::TOKEN;
use crate::driver::{Failure, FailureKind, Id, Op, Result};
use crate::schema::Tags;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_ec2::types;

    pub(crate) use super::{
        filter, flag, keyed, once, pairs, resumed, tagged, tagged_with_token, unless_false,
        unless_gone,
    };
    pub(crate) use crate::aws::Aws;
    pub(crate) use crate::aws::batch::{Batch, Keyed};
    pub(crate) use crate::aws::tags;
    #[allow(unused_imports)]
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::{Auto, Block, BlockSet, Nested, Out, Resource, Set, Tags};
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
    let specification =
        TagSpecification::builder().resource_type(kind).set_tags(Some(tags.clone()));
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
pub(crate) async fn resumed(aws: &Aws, op: &Op) -> Result<Option<Id>> {
    if !op.is_resumed() {
        return Ok(None);
    }
    let tags = aws.ec2().describe_tags().filters(filter("key", [TOKEN]));
    let found = tags.filters(filter("value", [op.token()])).send().await?.tags;
    Ok(found.unwrap_or_default().into_iter().find_map(|it| it.resource_id).map(Id))
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

/// A setting that is on or off.
pub(crate) fn flag(on: bool) -> AttributeBooleanValue {
    AttributeBooleanValue::builder().value(on).build()
}

/// What AWS tells of a setting that is off unless asked for: off, and never given, stays unset.
pub(crate) fn unless_false(known: Option<bool>, seen: Option<bool>) -> Option<bool> {
    seen.filter(|it| *it || known.is_some())
}

/// Takes it as success where there was nothing to take away.
pub(crate) fn unless_gone<T, E: Into<Failure>>(result: Result<T, E>) -> Result<()> {
    match result.map_err(Into::into) {
        Ok(_) => Ok(()),
        Err(it) if it.kind == FailureKind::NotFound => Ok(()),
        Err(it) => Err(it),
    }
}
