//! Drivers of the service `kinesis`, and what they share.

pub mod data;
pub mod stream;
pub mod stream_consumer;

pub use stream::Stream;
pub use stream_consumer::StreamConsumer;

use std::collections::BTreeMap;

use super::Aws;
use crate::driver::Result;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_kinesis::types;

    pub(crate) use super::{once, tags_of};
    pub(crate) use crate::aws::{Aws, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::{Auto, Block, Given, Nested, Out, Resource, Set, Tags};
}

crate::aws::once::once!(aws_sdk_kinesis);

/// Tags of a stream or consumer.
pub(crate) async fn tags_of(aws: &Aws, arn: &str) -> Result<BTreeMap<String, String>> {
    aws.tags(arn, async {
        let reply = aws.kinesis().list_tags_for_resource().resource_arn(arn).send().await?;
        let tags = reply.tags.into_iter().flatten();
        Ok(tags.map(|it| (it.key, it.value.unwrap_or_default())).collect())
    })
    .await
}
