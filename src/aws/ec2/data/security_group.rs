//! `aws_security_group`: a security group that is already there.

use std::collections::BTreeMap;

use super::super::prelude::*;
use super::{FilterBlock, by, filters, one, some};

/// The one security group that has what is asked for.
///
/// ```hcl
/// data "aws_security_group" "default" {
///   vpc_id = "vpc-0123456789abcdef0"
///   name   = "default"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_security_group", read = "20m")]
pub struct SecurityGroup {
    /// Identifier of the group; any when unset.
    pub id: Auto<String>,
    /// What the group must have to be found; anything when unset.
    pub filter: BlockSet<FilterBlock>,
    /// Name of the group; any when unset.
    pub name: Auto<String>,
    /// Tags that the group must have; any when unset.
    pub tags: Auto<BTreeMap<String, String>>,
    /// VPC that the group is for; any when unset.
    pub vpc_id: Auto<String>,
    /// ARN of the group.
    pub arn: Out<String>,
    /// What the group is for.
    pub description: Out<String>,
}

impl DataSource for SecurityGroup {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let mut wanted = filters(&self.filter, self.tags.get());
        wanted.extend(by("group-id", self.id.given()));
        wanted.extend(by("group-name", self.name.given()));
        wanted.extend(by("vpc-id", self.vpc_id.given()));
        let call = aws.ec2().describe_security_groups().set_filters(some(wanted));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        let group = one("security group", found?)?;
        let id = Id::need(group.group_id)?;
        let owner = group.owner_id.unwrap_or_default();
        self.arn.set(aws.arn("ec2", &owner, format_args!("security-group/{id}")));
        self.id.set(id.to_string());
        self.description.set(group.description);
        self.name.set(group.group_name);
        self.tags.set(pairs(group.tags).collect::<BTreeMap<_, _>>());
        self.vpc_id.set(group.vpc_id);
        Ok(id)
    }
}
