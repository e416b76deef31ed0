//! `aws_vpcs`: identifiers of networks.

use std::collections::BTreeMap;

use super::super::prelude::*;
use super::{FilterBlock, filters, some};

/// Identifiers of all VPCs that have what the filters ask for.
///
/// ```hcl
/// data "aws_vpcs" "shop" {
///   tags = {
///     Project = "shop"
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_vpcs", read = "20m")]
pub struct Vpcs {
    /// What VPCs must have to be found; anything when unset.
    pub filter: BlockSet<FilterBlock>,
    /// Tags that VPCs must have; any when unset.
    pub tags: Auto<BTreeMap<String, String>>,
    /// Identifiers of the VPCs, sorted.
    pub ids: Out<Vec<String>>,
}

impl DataSource for Vpcs {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let wanted = some(filters(&self.filter, self.tags.get()));
        let call = aws.ec2().describe_vpcs().set_filters(wanted);
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        let mut ids: Vec<String> = found?.into_iter().filter_map(|it| it.vpc_id).collect();
        ids.sort();
        self.ids.set(ids);
        Ok(aws.region().into())
    }
}
