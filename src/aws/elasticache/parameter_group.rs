//! `aws_elasticache_parameter_group`: settings of a cache engine.
//!
//! AWS changes and resets twenty parameters in a call, and tells those that were set from those of
//! the family, except for one that was set to what the family has already.

use std::collections::BTreeMap;

use super::prelude::*;

/// Settings that caches of one engine family run with.
///
/// ```hcl
/// resource "aws_elasticache_parameter_group" "redis" {
///   name   = "orders-redis7"
///   family = "redis7"
///
///   parameter {
///     name  = "maxmemory-policy"
///     value = "allkeys-lru"
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_elasticache_parameter_group", tags = "parametergroup")]
pub struct ParameterGroup {
    /// What the group is for, in words.
    #[attr(replace, default = "Managed by Terraform")]
    pub description: String,
    /// Engine and major version, such as `redis7`.
    #[attr(replace)]
    pub family: String,
    /// Name of the group; AWS keeps it in lower case.
    #[attr(replace, fold_case, length(1, 255), format = "identifier")]
    pub name: String,
    /// Settings that differ from those of the family; a setting that is taken out is reset.
    pub parameter: BlockSet<Parameter>,
    /// ARN of the group.
    pub arn: Out<String>,
    /// Tags of the group.
    pub tags: Tags,
}

/// One setting.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Parameter {
    /// Name of the setting.
    pub name: String,
    /// What it is set to.
    pub value: String,
}

/// What the reads tell of a group.
pub struct Seen {
    group: types::CacheParameterGroup,
    parameters: Vec<types::Parameter>,
    tags: BTreeMap<String, String>,
}

/// Most parameters in one call.
const AT_ONCE: usize = 20;

impl Driver for ParameterGroup {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = self.name.to_lowercase();
        let call = aws
            .elasticache()
            .create_cache_parameter_group()
            .cache_parameter_group_name(&name)
            .cache_parameter_group_family(&self.family)
            .description(&self.description)
            .set_tags(tagged(&self.tags.all))
            .customize()
            .config_override(once());
        let made = call.send().await.map(|_| Id(name.clone())).map_err(Failure::from);
        op.or_adopt(made, || Id(name))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let arn = aws.arn("elasticache", aws.account().await?, format!("parametergroup:{id}"));
        let group = aws.load::<ParameterGroups>(id);
        let (group, parameters, tags) =
            tokio::join!(group, parameters(aws, id, Some("user")), tags_of(aws, &arn));
        let Some(group) = group? else { return Ok(None) };
        Ok(Some(Seen { group, parameters: parameters?, tags: tags? }))
    }

    /// What is set to the value that its family has anyway is not told as set: then all are read.
    async fn look(&self, id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(mut seen) = Self::find(id, aws).await? else { return Ok(None) };
        let is_known = |seen: &types::Parameter| {
            self.parameter.0.iter().any(|it| seen.parameter_name.as_ref() == Some(&it.name))
        };
        if seen.parameters.iter().filter(|it| is_known(it)).count() < self.parameter.0.len() {
            let all = parameters(aws, id, None).await?;
            let told = |it: &types::Parameter| it.source.as_deref() == Some("user") || is_known(it);
            seen.parameters = all.into_iter().filter(told).collect();
        }
        Ok(Some(seen))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { group, parameters, tags } = seen;
        self.description = group.description.unwrap_or_default();
        self.family = group.cache_parameter_group_family.unwrap_or_default();
        self.name = group.cache_parameter_group_name.unwrap_or_default();
        self.arn.set(group.arn);
        let told = |it: types::Parameter| {
            Some(Parameter { name: it.parameter_name?, value: it.parameter_value? })
        };
        self.parameter = BlockSet(parameters.into_iter().filter_map(told).collect());
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let wanted = |it: &&Parameter| self.parameter.0.iter().any(|want| want.name == it.name);
        let removed = have.parameter.0.iter().filter(|it| !wanted(it));
        let removed: Vec<_> = removed.take(AT_ONCE).map(sent).collect();
        let changed = self.parameter.0.iter().filter(|it| !have.parameter.0.contains(it));
        let changed: Vec<_> = changed.take(AT_ONCE).map(sent).collect();
        if !removed.is_empty() {
            let call = aws.elasticache().reset_cache_parameter_group();
            let call = call.cache_parameter_group_name(&**id);
            call.set_parameter_name_values(Some(removed)).send().await?;
        } else if !changed.is_empty() {
            let call = aws.elasticache().modify_cache_parameter_group();
            let call = call.cache_parameter_group_name(&**id);
            call.set_parameter_name_values(Some(changed)).send().await?;
        } else {
            let arn = have.arn.get().cloned().unwrap_or_default();
            return aws.sync_tags::<tags::ElastiCache>(&arn, &self.tags, &have.tags).await;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let call = aws.elasticache().delete_cache_parameter_group();
        call.cache_parameter_group_name(&**id).send().await?;
        Ok(())
    }

    /// AWS keeps names in lower case.
    async fn import(text: &str, _: &Aws) -> Result<Id> {
        Ok(Id(text.to_lowercase()))
    }
}

fn sent(it: &Parameter) -> types::ParameterNameValue {
    let parameter = types::ParameterNameValue::builder().parameter_name(&it.name);
    parameter.parameter_value(&it.value).build()
}

/// Parameters of a group: those that were set, or all.
async fn parameters(aws: &Aws, name: &str, from: Option<&str>) -> Result<Vec<types::Parameter>> {
    let call = aws.elasticache().describe_cache_parameters().cache_parameter_group_name(name);
    let pages = call.set_source(from.map(String::from)).into_paginator().send();
    let pages = pages.collect::<Result<Vec<_>, _>>().await?;
    Ok(pages.into_iter().flat_map(|it| it.parameters.unwrap_or_default()).collect())
}

/// Every group being read right now: one by its name, several in one listing, because AWS takes
/// no list of names.
struct ParameterGroups;

impl Batch for ParameterGroups {
    type Item = types::CacheParameterGroup;
    const MAX: usize = 10_000;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::CacheParameterGroup>> {
        let mut call = aws.elasticache().describe_cache_parameter_groups();
        if let [name] = names.as_slice() {
            call = call.cache_parameter_group_name(name);
        }
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let named =
            listed.into_iter().filter_map(|it| Some((it.cache_parameter_group_name.clone()?, it)));
        Ok(named.filter(|(name, _)| names.contains(name)).collect())
    }
}
