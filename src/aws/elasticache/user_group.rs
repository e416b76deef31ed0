//! `aws_elasticache_user_group`: the users of a cache.

use std::collections::BTreeMap;

use super::prelude::*;
use super::{lower_all, without};

/// Users that caches can be opened to together.
///
/// ```hcl
/// resource "aws_elasticache_user_group" "orders" {
///   user_group_id = "orders"
///   engine        = "redis"
///   user_ids      = ["default"]
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_elasticache_user_group", tags = "usergroup")]
pub struct UserGroup {
    /// `redis` or `valkey`.
    #[attr(one_of("redis", "valkey"), fold_case)]
    pub engine: String,
    /// Identifier of the group; AWS keeps it in lower case.
    #[attr(replace, fold_case)]
    pub user_group_id: String,
    /// Identifiers of the users; a group for Redis has one whose name is `default`.
    #[attr(fold_case)]
    pub user_ids: Option<Set<String>>,
    /// ARN of the group.
    pub arn: Out<String>,
    /// Tags of the group.
    pub tags: Tags,
}

/// What two reads tell of a group.
pub struct Seen {
    group: types::UserGroup,
    tags: BTreeMap<String, String>,
}

impl Driver for UserGroup {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let id = Id(self.user_group_id.to_lowercase());
        let call = aws
            .elasticache()
            .create_user_group()
            .engine(self.engine.to_lowercase())
            .set_tags(tagged(&self.tags.all))
            .user_group_id(&*id)
            .set_user_ids(self.user_ids.as_ref().map(lower_all))
            .customize()
            .config_override(once());
        let made = call.send().await.map(|_| id.clone()).map_err(Failure::from);
        op.or_adopt(made, || id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let arn = aws.arn("elasticache", aws.account().await?, format!("usergroup:{id}"));
        let (group, tags) = tokio::join!(aws.load::<UserGroups>(id), tags_of(aws, &arn));
        let Some(group) = group? else { return Ok(None) };
        match tags {
            Err(_) if group.status.as_deref() == Some("deleting") => {
                Ok(Some(Seen { group, tags: BTreeMap::new() }))
            }
            tags => Ok(Some(Seen { group, tags: tags? })),
        }
    }

    fn status(seen: &Seen) -> Status {
        match seen.group.status.as_deref() {
            Some("active") | None => Status::Ready,
            Some(other) => Status::busy(other),
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { group, tags } = seen;
        self.engine = group.engine.unwrap_or_default();
        self.user_group_id = group.user_group_id.unwrap_or_default();
        self.user_ids = told(self.user_ids.take(), group.user_ids.map(Set));
        self.arn.set(group.arn);
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let more = without(&self.user_ids, &have.user_ids);
        let fewer = without(&have.user_ids, &self.user_ids);
        let other_engine = !self.engine.eq_ignore_ascii_case(&have.engine);
        if !more.is_empty() || !fewer.is_empty() || other_engine {
            let call = aws.elasticache().modify_user_group().user_group_id(&**id);
            call.set_engine(other_engine.then(|| self.engine.to_lowercase()))
                .set_user_ids_to_add(Some(more).filter(|it| !it.is_empty()))
                .set_user_ids_to_remove(Some(fewer).filter(|it| !it.is_empty()))
                .send()
                .await?;
            return Ok(());
        }
        let arn = have.arn.get().cloned().unwrap_or_default();
        aws.sync_tags::<tags::ElastiCache>(&arn, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.elasticache().delete_user_group().user_group_id(&**id).send().await?;
        Ok(())
    }

    /// AWS keeps names in lower case.
    async fn import(text: &str, _: &Aws) -> Result<Id> {
        Ok(Id(text.to_lowercase()))
    }
}

/// Every group being read right now: one by its identifier, several in one listing.
struct UserGroups;

impl Batch for UserGroups {
    type Item = types::UserGroup;
    const MAX: usize = 10_000;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::UserGroup>> {
        let mut call = aws.elasticache().describe_user_groups();
        if let [id] = ids.as_slice() {
            call = call.user_group_id(id);
        }
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let named = listed.into_iter().filter_map(|it| Some((it.user_group_id.clone()?, it)));
        Ok(named.filter(|(id, _)| ids.contains(id)).collect())
    }
}
