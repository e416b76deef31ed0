//! Drivers of the service `logs`, and what they share.

pub mod data;
pub mod log_group;
pub mod log_metric_filter;

pub use log_group::LogGroup;
pub use log_metric_filter::LogMetricFilter;

use std::collections::BTreeMap;

use aws_sdk_cloudwatchlogs::types;

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::Result;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_cloudwatchlogs::types;

    pub(crate) use super::{Groups, group_arn, once, tags_of};
    pub(crate) use crate::aws::{Aws, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::{Auto, Block, Nested, Out, Resource, Tags};
}

crate::aws::once::once!(aws_sdk_cloudwatchlogs);

/// Every log group being read right now, in one call.
pub(crate) struct Groups;

impl Batch for Groups {
    type Item = types::LogGroup;
    const MAX: usize = 50;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::LogGroup>> {
        let call = aws.logs().describe_log_groups().set_log_group_identifiers(Some(names));
        let found = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        Ok(found.into_iter().filter_map(|it| Some((it.log_group_name.clone()?, it))).collect())
    }
}

/// ARN of a group without the `:*` that stands for its streams.
pub(crate) fn group_arn(group: &types::LogGroup) -> Option<String> {
    let with_streams = || group.arn().map(|it| it.trim_end_matches(":*").to_string());
    group.log_group_arn.clone().or_else(with_streams)
}

/// ARN of the group of that name, without asking for the group.
pub(crate) async fn arn_of(aws: &Aws, name: &str) -> Result<String> {
    Ok(aws.arn("logs", aws.account().await?, format!("log-group:{name}")))
}

/// Tags of a group.
pub(crate) async fn tags_of(aws: &Aws, name: &str) -> Result<BTreeMap<String, String>> {
    let arn = arn_of(aws, name).await?;
    aws.tags(&arn, async {
        let reply = aws.logs().list_tags_for_resource().resource_arn(&arn).send().await?;
        Ok(reply.tags.into_iter().flatten().collect())
    })
    .await
}
