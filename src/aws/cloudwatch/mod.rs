//! Drivers of the service `cloudwatch`, and what they share.

mod alarm_check;
pub mod dashboard;
pub mod metric_alarm;

pub use dashboard::Dashboard;
pub use metric_alarm::MetricAlarm;

use std::collections::BTreeMap;

use aws_sdk_cloudwatch::types::{AlarmType, MetricAlarm as Alarm, Tag};

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::Result;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_cloudwatch::types;

    pub(crate) use crate::aws::{Aws, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{Driver, Id, Op, Result, Status};
    pub(crate) use crate::schema::told::told;
    pub(crate) use crate::schema::{
        Auto, Block, BlockSet, Given, Nested, Out, Resource, Set, Tags,
    };
}

/// Every metric alarm being read right now, a hundred in one call.
pub(crate) struct Alarms;

impl Batch for Alarms {
    type Item = Alarm;
    const MAX: usize = 100;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<Alarm>> {
        let call = aws.cloudwatch().describe_alarms().set_alarm_names(Some(names));
        let call = call.alarm_types(AlarmType::MetricAlarm).max_records(100);
        let pages = call.into_paginator().send().collect::<Result<Vec<_>, _>>().await?;
        let alarms = pages.into_iter().flat_map(|it| it.metric_alarms.unwrap_or_default());
        Ok(alarms.filter_map(|it| Some((it.alarm_name.clone()?, it))).collect())
    }
}

/// Tags as they are sent; none where there are none.
pub(crate) fn tagged<'a>(
    tags: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Option<Vec<Tag>> {
    let tags = tags.into_iter().map(|(k, v)| Tag::builder().key(k).value(v).build());
    Some(tags.collect()).filter(|it: &Vec<Tag>| !it.is_empty())
}

/// Tags of one object. CloudWatch itself tells them with no other call and for one ARN at a time, so
/// a plan takes them from the index.
pub(crate) async fn tags_of(aws: &Aws, arn: &str) -> Result<BTreeMap<String, String>> {
    aws.tags(arn, async {
        let reply = aws.cloudwatch().list_tags_for_resource().resource_arn(arn).send().await?;
        let tags = reply.tags.into_iter().flatten();
        Ok(tags.filter_map(|it| Some((it.key?, it.value.unwrap_or_default()))).collect())
    })
    .await
}
