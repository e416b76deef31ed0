//! `aws_subnets`: identifiers of subnets.

use std::collections::BTreeMap;

use super::super::prelude::*;
use super::{FilterBlock, filters, some};

/// Identifiers of all subnets that have what the filters ask for.
///
/// ```hcl
/// data "aws_subnets" "private" {
///   filter {
///     name   = "vpc-id"
///     values = ["vpc-0123456789abcdef0"]
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_subnets", read = "20m")]
pub struct Subnets {
    /// What subnets must have to be found; anything when unset.
    pub filter: BlockSet<FilterBlock>,
    /// Tags that subnets must have; any when unset.
    pub tags: Auto<BTreeMap<String, String>>,
    /// Identifiers of the subnets, sorted.
    pub ids: Out<Vec<String>>,
}

impl DataSource for Subnets {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let wanted = some(filters(&self.filter, self.tags.get()));
        let call = aws.ec2().describe_subnets().set_filters(wanted);
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        let mut ids: Vec<String> = found?.into_iter().filter_map(|it| it.subnet_id).collect();
        ids.sort();
        self.ids.set(ids);
        Ok(aws.region().into())
    }
}
