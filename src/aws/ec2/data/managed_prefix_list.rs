//! `aws_ec2_managed_prefix_list`: ranges of addresses under one name.

use std::collections::BTreeMap;

use super::super::prelude::*;
use super::{FilterBlock, by, filters, one, some};

/// The one managed prefix list that has what is asked for, of this account or of AWS.
///
/// ```hcl
/// data "aws_ec2_managed_prefix_list" "cloudfront" {
///   name = "com.amazonaws.global.cloudfront.origin-facing"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_ec2_managed_prefix_list", read = "20m")]
pub struct ManagedPrefixList {
    /// Identifier of the list; any when unset.
    pub id: Auto<String>,
    /// What the list must have to be found; anything when unset.
    pub filter: BlockSet<FilterBlock>,
    /// Name of the list; any when unset.
    pub name: Auto<String>,
    /// Tags that the list must have; any when unset.
    pub tags: Auto<BTreeMap<String, String>>,
    /// Whether the addresses are `IPv4` or `IPv6`.
    pub address_family: Out<String>,
    /// ARN of the list.
    pub arn: Out<String>,
    /// Ranges of addresses in the list.
    pub entries: Out<Set<Entry>>,
    /// How many ranges the list may have; none for lists of AWS.
    pub max_entries: Out<i32>,
    /// Account that owns the list, or `AWS`.
    pub owner_id: Out<String>,
    /// How often the list was changed; none for lists of AWS.
    pub version: Out<i64>,
}

/// A range of addresses.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Entry {
    /// The range.
    pub cidr: Out<String>,
    /// What the range is for.
    pub description: Out<String>,
}

impl DataSource for ManagedPrefixList {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let mut wanted = filters(&self.filter, None);
        wanted.extend(by("prefix-list-id", self.id.given()));
        wanted.extend(by("prefix-list-name", self.name.given()));
        let call = aws.ec2().describe_managed_prefix_lists().set_filters(some(wanted));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        let mut found = found?;
        // AWS has no filter by tag here.
        let tags_of = |it: &types::ManagedPrefixList| -> BTreeMap<String, String> {
            pairs(it.tags.clone()).collect()
        };
        if let Some(tags) = self.tags.get() {
            found.retain(|it| tags.iter().all(|(k, v)| tags_of(it).get(k) == Some(v)));
        }
        let list = one("managed prefix list", found)?;
        let id = Id::need(list.prefix_list_id.clone())?;
        let call = aws.ec2().get_managed_prefix_list_entries().prefix_list_id(&*id);
        let entries: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        let entry = |it: types::PrefixListEntry| Entry {
            cidr: it.cidr.into(),
            description: it.description.into(),
        };
        self.entries.set(entries?.into_iter().map(entry).collect::<Set<_>>());
        self.tags.set(tags_of(&list));
        self.id.set(list.prefix_list_id);
        self.address_family.set(list.address_family);
        self.arn.set(list.prefix_list_arn);
        self.max_entries.set(list.max_entries);
        self.name.set(list.prefix_list_name);
        self.owner_id.set(list.owner_id);
        self.version.set(list.version);
        Ok(id)
    }
}
