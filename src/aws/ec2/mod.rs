//! Drivers of the service `ec2`, and what they share.

pub mod acls;
pub mod data;
pub mod default_network_acl;
pub mod default_route_table;
pub mod default_security_group;
pub mod eip;
pub mod endpoints;
pub mod flow_log;
pub mod groups;
pub mod internet_gateway;
pub mod nat_gateway;
pub mod network_acl;
pub mod network_acl_rule;
pub mod permissions;
pub mod route;
pub mod route_table;
pub mod route_table_association;
pub mod routes;
pub mod rules;
pub mod security_group;
pub mod security_group_rule;
pub mod subnet;
pub mod vpc;
pub mod vpc_dhcp_options;
pub mod vpc_endpoint;
pub mod vpc_security_group_egress_rule;
pub mod vpc_security_group_ingress_rule;

pub use default_network_acl::DefaultNetworkAcl;
pub use default_route_table::DefaultRouteTable;
pub use default_security_group::DefaultSecurityGroup;
pub use eip::Eip;
pub use flow_log::FlowLog;
pub use internet_gateway::InternetGateway;
pub use nat_gateway::NatGateway;
pub use network_acl::NetworkAcl;
pub use network_acl_rule::NetworkAclRule;
pub use route::Route;
pub use route_table::RouteTable;
pub use route_table_association::RouteTableAssociation;
pub use security_group::SecurityGroup;
pub use security_group_rule::SecurityGroupRule;
pub use subnet::Subnet;
pub use vpc::Vpc;
pub use vpc_dhcp_options::VpcDhcpOptions;
pub use vpc_endpoint::VpcEndpoint;
pub use vpc_security_group_egress_rule::EgressRule;
pub use vpc_security_group_ingress_rule::IngressRule;

use aws_sdk_ec2::types::{
    AttributeBooleanValue, Filter, ResourceType, Tag, TagSpecification, UnsuccessfulItem,
};

use super::Aws;
use super::batch::Keyed;
use super::tags::TOKEN;
use crate::driver::{Failure, FailureKind, Id, Op, Result};
use crate::schema::Tags;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_ec2::types;

    pub(crate) use super::{
        all_done, filter, flag, keyed, once, pairs, resumed, staged, tagged, tagged_with_token,
        unless_false, unless_gone,
    };
    pub(crate) use crate::aws::Aws;
    pub(crate) use crate::aws::batch::{Batch, Keyed};
    pub(crate) use crate::aws::tags;
    #[allow(unused_imports)]
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::{Auto, Block, BlockSet, Nested, Out, Resource, Row, Set, Tags};
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

crate::aws::once::once!(aws_sdk_ec2);

/// A filter by any of those values.
pub(crate) fn filter<T: Into<String>>(name: &str, values: impl IntoIterator<Item = T>) -> Filter {
    let values = values.into_iter().map(Into::into).collect();
    Filter::builder().name(name).set_values(Some(values)).build()
}

/// Objects by the identifier that each tells.
pub(crate) fn keyed<T>(items: Vec<T>, id: impl Fn(&T) -> Option<String>) -> Keyed<T> {
    items.into_iter().filter_map(|it| Some((id(&it)?, it))).collect()
}

/// Objects by whichever of their names they are asked for, in few calls. Each stage is a beginning of
/// names and the filter that takes such names; it asks for what no stage before it has brought.
/// Networks come first, because all that is in one is one call, and mostly the rest is among it.
/// Where nothing but networks is asked for, `alone` narrows the call to what is told of them.
pub(crate) async fn staged<T: Clone, F: Future<Output = Result<Vec<T>>>>(
    names: &[String],
    stages: &[(&str, &str)],
    alone: Filter,
    ask: impl Fn(Vec<Filter>) -> F,
    names_of: impl Fn(&T) -> Vec<String>,
) -> Result<Keyed<T>> {
    let only_networks = names.iter().all(|it| it.starts_with("vpc-"));
    let mut found = Keyed::new();
    for (beginning, by) in stages {
        let left = |it: &&String| it.starts_with(beginning) && !found.contains_key(*it);
        let left: Vec<String> = names.iter().filter(left).cloned().collect();
        if left.is_empty() {
            continue;
        }
        let mut filters = vec![filter(by, left)];
        filters.extend(Some(alone.clone()).filter(|_| only_networks));
        for it in ask(filters).await? {
            found.extend(names_of(&it).into_iter().map(|name| (name, it.clone())));
        }
    }
    Ok(found)
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

/// Whether a call for several objects did all of them: what it did not stands inside its reply.
pub(crate) fn all_done(operation: &str, failed: Option<Vec<UnsuccessfulItem>>) -> Result<()> {
    let Some(error) = failed.unwrap_or_default().into_iter().find_map(|it| it.error) else {
        return Ok(());
    };
    let code = error.code.unwrap_or_default();
    let kind = super::error::kind("ec2", operation, &code);
    let mut it = Failure::new(kind, error.message.unwrap_or_default());
    it.operation = Some(format!("ec2:{operation}"));
    it.code = Some(code);
    Err(it)
}
