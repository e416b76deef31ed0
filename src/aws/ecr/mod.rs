//! Drivers of the service `ecr`, and what they share.

pub mod data;
pub mod lifecycle_policy;
pub mod repository;

pub use lifecycle_policy::LifecyclePolicy;
pub use repository::Repository;

use std::collections::BTreeMap;

use aws_sdk_ecr::types::{self, Tag};

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::Result;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_ecr::types;

    pub(crate) use super::{Repositories, once, tag, tags_of};
    pub(crate) use crate::aws::{Aws, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::{Auto, Block, Blocks, Given, Nested, Out, Resource, Tags};
}

crate::aws::once::once!(aws_sdk_ecr);

/// One tag.
pub(crate) fn tag((name, value): (&String, &String)) -> Option<Tag> {
    Tag::builder().key(name).value(value).build().ok()
}

/// Tags of a repository, by its ARN.
pub(crate) async fn tags_of(aws: &Aws, arn: &str) -> Result<BTreeMap<String, String>> {
    aws.tags(arn, async {
        let reply = aws.ecr().list_tags_for_resource().resource_arn(arn).send().await?;
        Ok(reply.tags.into_iter().flatten().map(|it| (it.key, it.value)).collect())
    })
    .await
}

/// Every repository being read right now, by name.
pub(crate) struct Repositories;

impl Batch for Repositories {
    type Item = types::Repository;
    const MAX: usize = 100;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::Repository>> {
        let call = aws.ecr().describe_repositories().set_repository_names(Some(names));
        let found = call.send().await?.repositories.unwrap_or_default();
        Ok(found.into_iter().filter_map(|it| Some((it.repository_name.clone()?, it))).collect())
    }
}
