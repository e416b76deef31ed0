//! `aws_db_subnet_group`: the subnets that a database may stand in.

use std::collections::BTreeMap;

use super::prelude::*;

/// Subnets, in two zones or more, that databases may stand in.
///
/// ```hcl
/// resource "aws_db_subnet_group" "data" {
///   name       = "orders-data"
///   subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_db_subnet_group", tags = "subgrp")]
pub struct SubnetGroup {
    /// What the group is for, in words.
    #[attr(default = "Managed by Terraform")]
    pub description: String,
    /// Name of the group, in lower-case letters; made up when unset.
    #[attr(replace, conflicts("name_prefix"), length(1, 255), characters = "a-z0-9 ._-")]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, conflicts("name"), length(1, 229), characters = "a-z0-9 ._-")]
    pub name_prefix: Auto<String>,
    /// Subnets in two zones or more.
    pub subnet_ids: Set<String>,
    /// ARN of the group.
    pub arn: Out<String>,
    /// Kinds of addresses that all subnets have: `IPV4`, `DUAL`.
    pub supported_network_types: Out<Set<String>>,
    /// VPC that the subnets are in.
    pub vpc_id: Out<String>,
    /// Tags of the group.
    pub tags: Tags,
}

/// What two reads tell of a group.
pub struct Seen {
    group: types::DbSubnetGroup,
    tags: BTreeMap<String, String>,
}

impl Driver for SubnetGroup {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &SubnetGroupDraft<'_>, diagnostics: &mut Diagnostics) {
        if draft.name().known().is_some_and(|it| it == "default") {
            draft.refuse(diagnostics, "name", "`default` is AWS's own group");
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let call = aws
            .rds()
            .create_db_subnet_group()
            .db_subnet_group_name(&name)
            .db_subnet_group_description(&self.description)
            .set_subnet_ids(Some(self.subnet_ids.0.clone()))
            .set_tags(tagged(&self.tags.all))
            .customize()
            .config_override(once());
        let made = call.send().await.map(|_| Id(name.clone())).map_err(Failure::from);
        op.or_adopt(made, || Id(name))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let arn = aws.arn("rds", aws.account().await?, format!("subgrp:{id}"));
        let (group, tags) = tokio::join!(aws.load::<SubnetGroups>(id), tags_of(aws, &arn));
        let Some(group) = group? else { return Ok(None) };
        Ok(Some(Seen { group, tags: tags? }))
    }

    fn status(seen: &Seen) -> Status {
        match seen.group.subnet_group_status.as_deref() {
            Some("Complete") | None => Status::Ready,
            Some(other) => Status::busy(other),
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { group, tags } = seen;
        self.description = group.db_subnet_group_description.unwrap_or_default();
        self.name.set(group.db_subnet_group_name);
        let subnets = group.subnets.into_iter().flatten();
        self.subnet_ids = subnets.filter_map(|it| it.subnet_identifier).collect();
        self.arn.set(group.db_subnet_group_arn);
        self.supported_network_types.set(group.supported_network_types.map(Set));
        self.vpc_id.set(group.vpc_id);
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.description != have.description || self.subnet_ids != have.subnet_ids {
            let call = aws.rds().modify_db_subnet_group().db_subnet_group_name(&**id);
            let call = call.db_subnet_group_description(&self.description);
            call.set_subnet_ids(Some(self.subnet_ids.0.clone())).send().await?;
            return Ok(());
        }
        let arn = have.arn.get().cloned().unwrap_or_default();
        aws.sync_tags::<tags::Rds>(&arn, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.rds().delete_db_subnet_group().db_subnet_group_name(&**id).send().await?;
        Ok(())
    }
}

/// Every group being read right now: one by its name, several in one listing, because AWS takes
/// no list of names.
struct SubnetGroups;

impl Batch for SubnetGroups {
    type Item = types::DbSubnetGroup;
    const MAX: usize = 10_000;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::DbSubnetGroup>> {
        let mut call = aws.rds().describe_db_subnet_groups();
        if let [name] = names.as_slice() {
            call = call.db_subnet_group_name(name);
        }
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let named =
            listed.into_iter().filter_map(|it| Some((it.db_subnet_group_name.clone()?, it)));
        Ok(named.filter(|(name, _)| names.contains(name)).collect())
    }
}
