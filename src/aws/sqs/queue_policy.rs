//! `aws_sqs_queue_policy`: who may do what with a queue, apart from the queue itself.

use super::prelude::*;

/// Policy of a queue that is declared elsewhere.
///
/// ```hcl
/// resource "aws_sqs_queue_policy" "failed_orders" {
///   queue_url = aws_sqs_queue.failed_orders.url
///
///   policy = jsonencode({
///     Version = "2012-10-17"
///     Statement = [{
///       Sid       = "EncryptedConnectionsOnly"
///       Effect    = "Deny"
///       Principal = "*"
///       Action    = "sqs:*"
///       Resource  = aws_sqs_queue.failed_orders.arn
///       Condition = { Bool = { "aws:SecureTransport" = "false" } }
///     }]
///   })
/// }
///
/// resource "aws_sqs_queue" "failed_orders" {
///   name = "failed-orders"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_sqs_queue_policy")]
pub struct QueuePolicy {
    /// Who may do what with the queue.
    #[attr(json, format = "json")]
    pub policy: String,
    /// URL of the queue.
    #[attr(replace)]
    pub queue_url: String,
}

impl Driver for QueuePolicy {
    type Cloud = Aws;
    type Seen = (Id, String);

    const STALE_FOR: Duration = SPREADS_FOR;

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        set(aws, &self.queue_url, policy(&self.policy)).await?;
        Ok(Id(self.queue_url.clone()))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<(Id, String)>> {
        let told = aws.load::<Queues>(id).await?.and_then(|mut it| it.remove(&Name::Policy));
        Ok(told.filter(|it| !it.is_empty()).map(|it| (id.clone(), it)))
    }

    fn status(_: &(Id, String)) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (id, policy): (Id, String)) {
        self.queue_url = id.0;
        self.policy = agreed(Some(&self.policy), Some(policy)).unwrap_or_default();
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        match same_json(&self.policy, &have.policy) {
            true => Ok(()),
            false => set(aws, id, policy(&self.policy)).await,
        }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        set(aws, id, policy("")).await
    }
}

fn policy(text: &str) -> Attributes {
    Attributes::from([(Name::Policy, text.to_string())])
}
