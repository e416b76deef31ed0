//! Drivers of the service `kinesis`, and what they share.

pub mod data;
pub mod stream;
pub mod stream_consumer;

pub use stream::Stream;
pub use stream_consumer::StreamConsumer;

use std::collections::BTreeMap;

use aws_smithy_types::retry::RetryConfig;

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

/// Sends a call a single time. Were a create repeated by the SDK because its reply was lost, the
/// name would be found taken, by whom nobody could tell. The engine resumes the operation instead.
pub(crate) fn once() -> aws_sdk_kinesis::config::Builder {
    aws_sdk_kinesis::config::Builder::new().retry_config(RetryConfig::disabled())
}

/// Tags of a stream or consumer.
pub(crate) async fn tags_of(aws: &Aws, arn: &str) -> Result<BTreeMap<String, String>> {
    aws.tags(arn, async {
        let reply = aws.kinesis().list_tags_for_resource().resource_arn(arn).send().await?;
        let tags = reply.tags.into_iter().flatten();
        Ok(tags.map(|it| (it.key, it.value.unwrap_or_default())).collect())
    })
    .await
}
