//! `aws_elasticache_subnet_group`: the subnets that caches may stand in.

use std::collections::BTreeMap;

use super::prelude::*;

/// Subnets that caches may stand in.
///
/// ```hcl
/// resource "aws_elasticache_subnet_group" "data" {
///   name       = "orders-cache"
///   subnet_ids = ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"]
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_elasticache_subnet_group", tags = "subnetgroup")]
pub struct SubnetGroup {
    /// What the group is for, in words.
    #[attr(default = "Managed by Terraform")]
    pub description: String,
    /// Name of the group; AWS keeps it in lower case.
    #[attr(replace, fold_case)]
    pub name: String,
    /// Subnets of one VPC.
    pub subnet_ids: Set<String>,
    /// ARN of the group.
    pub arn: Out<String>,
    /// VPC that the subnets are in.
    pub vpc_id: Out<String>,
    /// Tags of the group.
    pub tags: Tags,
}

/// What two reads tell of a group.
pub struct Seen {
    group: types::CacheSubnetGroup,
    tags: BTreeMap<String, String>,
}

impl Driver for SubnetGroup {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &SubnetGroupDraft<'_>, diagnostics: &mut Diagnostics) {
        let name = draft.name().known();
        if name.is_some_and(|it| it.eq_ignore_ascii_case("default")) {
            draft.refuse(diagnostics, "name", "`default` is AWS's own group");
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = self.name.to_lowercase();
        let call = aws
            .elasticache()
            .create_cache_subnet_group()
            .cache_subnet_group_name(&name)
            .cache_subnet_group_description(&self.description)
            .set_subnet_ids(Some(self.subnet_ids.0.clone()))
            .set_tags(tagged(&self.tags.all))
            .customize()
            .config_override(once());
        let made = call.send().await.map(|_| Id(name.clone())).map_err(Failure::from);
        op.or_adopt(made, || Id(name))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let arn = aws.arn("elasticache", aws.account().await?, format!("subnetgroup:{id}"));
        let (group, tags) = tokio::join!(aws.load::<SubnetGroups>(id), tags_of(aws, &arn));
        let Some(group) = group? else { return Ok(None) };
        Ok(Some(Seen { group, tags: tags? }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { group, tags } = seen;
        self.description = group.cache_subnet_group_description.unwrap_or_default();
        self.name = group.cache_subnet_group_name.unwrap_or_default();
        let subnets = group.subnets.into_iter().flatten();
        self.subnet_ids = subnets.filter_map(|it| it.subnet_identifier).collect();
        self.arn.set(group.arn);
        self.vpc_id.set(group.vpc_id);
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.description != have.description || self.subnet_ids != have.subnet_ids {
            let call = aws.elasticache().modify_cache_subnet_group().cache_subnet_group_name(&**id);
            let call = call.cache_subnet_group_description(&self.description);
            call.set_subnet_ids(Some(self.subnet_ids.0.clone())).send().await?;
            return Ok(());
        }
        let arn = have.arn.get().cloned().unwrap_or_default();
        aws.sync_tags::<tags::ElastiCache>(&arn, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let call = aws.elasticache().delete_cache_subnet_group();
        call.cache_subnet_group_name(&**id).send().await?;
        Ok(())
    }

    /// AWS keeps names in lower case.
    async fn import(text: &str, _: &Aws) -> Result<Id> {
        Ok(Id(text.to_lowercase()))
    }
}

/// Every group being read right now: one by its name, several in one listing, because AWS takes
/// no list of names.
struct SubnetGroups;

impl Batch for SubnetGroups {
    type Item = types::CacheSubnetGroup;
    const MAX: usize = 10_000;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::CacheSubnetGroup>> {
        let mut call = aws.elasticache().describe_cache_subnet_groups();
        if let [name] = names.as_slice() {
            call = call.cache_subnet_group_name(name);
        }
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let named =
            listed.into_iter().filter_map(|it| Some((it.cache_subnet_group_name.clone()?, it)));
        Ok(named.filter(|(name, _)| names.contains(name)).collect())
    }
}
