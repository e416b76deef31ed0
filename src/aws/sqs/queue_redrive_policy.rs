//! `aws_sqs_queue_redrive_policy`: where a queue's failed messages go, apart from the queue itself.

use super::prelude::*;

/// Where messages of a queue that is declared elsewhere go when they were taken too often.
///
/// ```hcl
/// resource "aws_sqs_queue_redrive_policy" "orders" {
///   queue_url = aws_sqs_queue.orders.url
///
///   redrive_policy = jsonencode({
///     deadLetterTargetArn = aws_sqs_queue.failed_orders.arn
///     maxReceiveCount     = 3
///   })
/// }
///
/// resource "aws_sqs_queue" "orders" {
///   name = "orders"
/// }
///
/// resource "aws_sqs_queue" "failed_orders" {
///   name = "failed-orders"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_sqs_queue_redrive_policy")]
pub struct QueueRedrivePolicy {
    /// URL of the queue.
    #[attr(replace)]
    pub queue_url: String,
    /// ARN of the queue that takes failed messages, and how often they are tried before.
    #[attr(json, format = "json")]
    pub redrive_policy: String,
}

impl Driver for QueueRedrivePolicy {
    type Cloud = Aws;
    type Seen = (Id, String);

    const STALE_FOR: Duration = SPREADS_FOR;

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        set(aws, &self.queue_url, redrive(&self.redrive_policy)).await?;
        Ok(Id(self.queue_url.clone()))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<(Id, String)>> {
        let told = aws.load::<Queues>(id).await?.and_then(|mut it| it.remove(&Name::RedrivePolicy));
        Ok(told.filter(|it| !it.is_empty()).map(|it| (id.clone(), it)))
    }

    fn status(_: &(Id, String)) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (id, policy): (Id, String)) {
        self.queue_url = id.0;
        self.redrive_policy =
            restated_redrive(Some(&self.redrive_policy), Some(policy)).unwrap_or_default();
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        match same_json(&self.redrive_policy, &have.redrive_policy) {
            true => Ok(()),
            false => set(aws, id, redrive(&self.redrive_policy)).await,
        }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        set(aws, id, redrive("")).await
    }
}

fn redrive(text: &str) -> Attributes {
    Attributes::from([(Name::RedrivePolicy, text.to_string())])
}
