//! `aws_db_parameter_group`: settings of a database engine.
//!
//! AWS changes and resets twenty parameters in a call, and tells those that were set from those of
//! the family, except for one that was set to what the family has already.

use std::collections::BTreeMap;

use super::prelude::*;

/// Settings that databases of one engine family run with.
///
/// ```hcl
/// resource "aws_db_parameter_group" "postgres" {
///   name   = "orders-postgres16"
///   family = "postgres16"
///
///   parameter {
///     name         = "rds.force_ssl"
///     value        = "1"
///     apply_method = "pending-reboot"
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_db_parameter_group", tags = "pg")]
pub struct ParameterGroup {
    /// What the group is for, in words.
    #[attr(replace, default = "Managed by Terraform")]
    pub description: String,
    /// Engine and major version, such as `postgres16`.
    #[attr(replace)]
    pub family: String,
    /// Name of the group, in lower-case letters; made up when unset.
    #[attr(
        replace,
        conflicts("name_prefix"),
        length(1, 255),
        characters = "a-z0-9-",
        format = "identifier"
    )]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(
        replace,
        conflicts("name"),
        length(1, 229),
        characters = "a-z0-9-",
        format = "identifier_prefix"
    )]
    pub name_prefix: Auto<String>,
    /// Leaves the group in AWS when it is deleted here.
    #[attr(default = false, local)]
    pub skip_destroy: bool,
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
    /// `immediate` changes it at once, `pending-reboot` with the next reboot, as static ones need.
    #[attr(default = "immediate", one_of("immediate", "pending-reboot"), fold_case)]
    pub apply_method: String,
    /// Name of the setting.
    pub name: String,
    /// What it is set to.
    pub value: String,
}

/// What the reads tell of a group.
pub struct Seen {
    group: types::DbParameterGroup,
    parameters: Vec<types::Parameter>,
    tags: BTreeMap<String, String>,
}

/// Most parameters in one call.
const AT_ONCE: usize = 20;

impl Driver for ParameterGroup {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let call = aws
            .rds()
            .create_db_parameter_group()
            .db_parameter_group_name(&name)
            .db_parameter_group_family(&self.family)
            .description(&self.description)
            .set_tags(tagged(&self.tags.all))
            .customize()
            .config_override(once());
        let made = call.send().await.map(|_| Id(name.clone())).map_err(Failure::from);
        op.or_adopt(made, || Id(name))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let arn = aws.arn("rds", aws.account().await?, format!("pg:{id}"));
        let group = aws.load::<ParameterGroups>(id);
        let (group, parameters, tags) =
            tokio::join!(group, parameters(aws, id, Some("user")), tags_of(aws, &arn));
        let Some(group) = group? else { return Ok(None) };
        Ok(Some(Seen { group, parameters: parameters?, tags: tags? }))
    }

    /// What is set to the value that its family has anyway is not told as set: then all are read.
    async fn look(&self, id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(mut seen) = Self::find(id, aws).await? else { return Ok(None) };
        let told = |it: &Parameter| seen.parameters.iter().any(|seen| is_of(seen, &it.name));
        if !self.parameter.0.iter().all(told) {
            let all = parameters(aws, id, None).await?;
            let known = |seen: &types::Parameter| {
                seen.source.as_deref() == Some("user")
                    || self.parameter.0.iter().any(|it| is_of(seen, &it.name))
            };
            seen.parameters = all.into_iter().filter(known).collect();
        }
        Ok(Some(seen))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { group, parameters, tags } = seen;
        self.description = group.description.unwrap_or_default();
        self.family = group.db_parameter_group_family.unwrap_or_default();
        self.name.set(group.db_parameter_group_name);
        self.arn.set(group.db_parameter_group_arn);
        let told = |it: types::Parameter| {
            let known = self.parameter.0.iter().find(|known| is_of(&it, &known.name)).cloned();
            let (name, value) = (it.parameter_name?, it.parameter_value?);
            let method = it.apply_method.map(|it| it.as_str().to_string());
            match known {
                // The way of applying is not taken over where the value stays the same.
                Some(known) if known.value == value => Some(known),
                known => Some(Parameter {
                    apply_method: method.unwrap_or_else(|| "immediate".into()),
                    name: known.map_or(name, |it| it.name),
                    value,
                }),
            }
        };
        self.parameter = BlockSet(parameters.into_iter().filter_map(told).collect());
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let wanted = |it: &&Parameter| {
            self.parameter.0.iter().any(|want| want.name.eq_ignore_ascii_case(&it.name))
        };
        let removed = have.parameter.0.iter().filter(|it| !wanted(it));
        let removed: Vec<_> = removed.take(AT_ONCE).map(sent).collect();
        let changed = self.parameter.0.iter().filter(|it| !have.parameter.0.contains(it));
        let changed: Vec<_> = changed.take(AT_ONCE).map(sent).collect();
        if !removed.is_empty() {
            let call = aws.rds().reset_db_parameter_group().db_parameter_group_name(&**id);
            call.set_parameters(Some(removed)).send().await?;
        } else if !changed.is_empty() {
            let call = aws.rds().modify_db_parameter_group().db_parameter_group_name(&**id);
            call.set_parameters(Some(changed)).send().await?;
        } else {
            let arn = have.arn.get().cloned().unwrap_or_default();
            return aws.sync_tags::<tags::Rds>(&arn, &self.tags, &have.tags).await;
        }
        Ok(())
    }

    fn stays(&self) -> bool {
        self.skip_destroy
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        if !self.skip_destroy {
            aws.rds().delete_db_parameter_group().db_parameter_group_name(&**id).send().await?;
        }
        Ok(())
    }
}

/// AWS tells names in lower case.
fn is_of(seen: &types::Parameter, name: &str) -> bool {
    seen.parameter_name.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(name))
}

fn sent(it: &Parameter) -> types::Parameter {
    let method = types::ApplyMethod::from(&*it.apply_method.to_lowercase());
    types::Parameter::builder()
        .parameter_name(&it.name)
        .parameter_value(&it.value)
        .apply_method(method)
        .build()
}

/// Parameters of a group: those that were set, or all.
async fn parameters(aws: &Aws, name: &str, from: Option<&str>) -> Result<Vec<types::Parameter>> {
    let call = aws.rds().describe_db_parameters().db_parameter_group_name(name);
    let pages = call.set_source(from.map(String::from)).into_paginator().items().send();
    Ok(pages.collect::<Result<Vec<_>, _>>().await?)
}

/// Every group being read right now: one by its name, several in one listing, because AWS takes
/// no list of names.
struct ParameterGroups;

impl Batch for ParameterGroups {
    type Item = types::DbParameterGroup;
    const MAX: usize = 10_000;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::DbParameterGroup>> {
        let mut call = aws.rds().describe_db_parameter_groups();
        if let [name] = names.as_slice() {
            call = call.db_parameter_group_name(name);
        }
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let named =
            listed.into_iter().filter_map(|it| Some((it.db_parameter_group_name.clone()?, it)));
        Ok(named.filter(|(name, _)| names.contains(name)).collect())
    }
}
