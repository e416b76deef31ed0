//! `aws_prefix_list`: addresses of a service that has gateway endpoints.

use super::super::prelude::*;
use super::{FilterBlock, by, filters, one, some};

/// Addresses of one of AWS's services, for rules and routes that name them together.
///
/// ```hcl
/// data "aws_prefix_list" "s3" {
///   name = "com.amazonaws.eu-central-1.s3"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_prefix_list", read = "20m")]
pub struct PrefixList {
    /// What the list must have to be found; anything when unset.
    pub filter: BlockSet<FilterBlock>,
    /// Name of the list; any when unset.
    pub name: Auto<String>,
    /// Identifier of the list; any when unset.
    pub prefix_list_id: Option<String>,
    /// Ranges of addresses in the list.
    pub cidr_blocks: Out<Vec<String>>,
}

impl DataSource for PrefixList {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let mut wanted = filters(&self.filter, None);
        wanted.extend(by("prefix-list-name", self.name.given()));
        wanted.extend(by("prefix-list-id", self.prefix_list_id.clone()));
        let call = aws.ec2().describe_prefix_lists().set_filters(some(wanted));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        let list = one("prefix list", found?)?;
        self.name.set(list.prefix_list_name);
        self.cidr_blocks.set(list.cidrs.unwrap_or_default());
        Id::need(list.prefix_list_id)
    }
}
