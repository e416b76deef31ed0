//! `aws_kinesis_stream_consumer`: a reader of a stream with a throughput of its own.

use std::collections::BTreeMap;

use super::prelude::*;
use crate::aws::times::rfc3339;
use types::ConsumerStatus;

/// Reader that a stream sends its records to, with a throughput of its own.
///
/// ```hcl
/// resource "aws_kinesis_stream_consumer" "processor" {
///   name       = "processor"
///   stream_arn = "arn:aws:kinesis:eu-central-1:123456789012:stream/orders"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_kinesis_stream_consumer", tags = "consumer")]
pub struct StreamConsumer {
    /// Name of the consumer.
    #[attr(replace)]
    pub name: String,
    /// ARN of the stream.
    #[attr(replace, format = "arn")]
    pub stream_arn: String,
    /// ARN of the consumer.
    pub arn: Out<String>,
    /// When the consumer was registered.
    pub creation_timestamp: Out<String>,
    /// Tags of the consumer.
    pub tags: Tags,
}

/// What two reads tell of a consumer.
pub struct Seen {
    consumer: types::ConsumerDescription,
    tags: BTreeMap<String, String>,
}

impl Driver for StreamConsumer {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let kinesis = aws.kinesis();
        let call = kinesis.register_stream_consumer().stream_arn(&self.stream_arn);
        let tags = Some(self.tags.all.clone().into_iter().collect());
        let call = call.set_tags(tags.filter(|_| !self.tags.all.is_empty()));
        let call = call.consumer_name(&self.name).customize().config_override(once());
        match call.send().await.map_err(Failure::from) {
            Ok(made) => Id::need(made.consumer.map(|it| it.consumer_arn)),
            Err(it) if op.is_resumed() && it.kind == FailureKind::Exists => {
                let call = kinesis.describe_stream_consumer().stream_arn(&self.stream_arn);
                let found = call.consumer_name(&self.name).send().await?.consumer_description;
                Id::need(found.map(|it| it.consumer_arn))
            }
            Err(it) => Err(it),
        }
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let consumer = aws.kinesis().describe_stream_consumer().consumer_arn(&**id).send();
        let (consumer, tags) = tokio::join!(consumer, tags_of(aws, id));
        let Some(consumer) = consumer?.consumer_description else { return Ok(None) };
        match (tags, &consumer.consumer_status) {
            (Ok(tags), _) => Ok(Some(Seen { consumer, tags })),
            (Err(_), ConsumerStatus::Deleting) => {
                Ok(Some(Seen { consumer, tags: BTreeMap::new() }))
            }
            (Err(it), _) => Err(it),
        }
    }

    fn status(seen: &Seen) -> Status {
        match &seen.consumer.consumer_status {
            ConsumerStatus::Active => Status::Ready,
            other => Status::busy(other.as_str()),
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { consumer, tags } = seen;
        self.name = consumer.consumer_name;
        self.stream_arn = consumer.stream_arn;
        self.arn.set(consumer.consumer_arn);
        self.creation_timestamp.set(rfc3339(&consumer.consumer_creation_timestamp));
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        aws.sync_tags::<tags::Kinesis>(id, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.kinesis().deregister_stream_consumer().consumer_arn(&**id).send().await?;
        Ok(())
    }
}
