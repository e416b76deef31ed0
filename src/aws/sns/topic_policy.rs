//! `aws_sns_topic_policy`: who may do what with a topic, apart from the topic itself.

use super::prelude::*;
use super::set;

/// Policy of a topic that is declared elsewhere.
///
/// ```hcl
/// resource "aws_sns_topic_policy" "alarms" {
///   arn = aws_sns_topic.alarms.arn
///
///   policy = jsonencode({
///     Version = "2012-10-17"
///     Statement = [{
///       Sid       = "Alarms"
///       Effect    = "Allow"
///       Principal = { Service = "cloudwatch.amazonaws.com" }
///       Action    = "sns:Publish"
///       Resource  = aws_sns_topic.alarms.arn
///     }]
///   })
/// }
///
/// resource "aws_sns_topic" "alarms" {
///   name = "alarms"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_sns_topic_policy")]
pub struct TopicPolicy {
    /// ARN of the topic.
    #[attr(replace, format = "arn")]
    pub arn: String,
    /// Who may do what with the topic.
    #[attr(json, format = "json")]
    pub policy: String,
    /// Number of the account that owns the topic.
    pub owner: Out<String>,
}

impl Driver for TopicPolicy {
    type Cloud = Aws;
    type Seen = (Id, Attributes);

    const STAYS: bool = true;

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        set(aws, &self.arn, "Policy", self.policy.clone()).await?;
        Ok(Id(self.arn.clone()))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<(Id, Attributes)>> {
        Ok(aws.load::<Topics>(id).await?.map(|it| (id.clone(), it)))
    }

    fn status(_: &(Id, Attributes)) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (id, mut attributes): (Id, Attributes)) {
        self.arn = id.0;
        self.owner.set(attributes.remove("Owner"));
        let policy = agreed(Some(&self.policy), attributes.remove("Policy"));
        self.policy = policy.unwrap_or_default();
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        match same_json(&self.policy, &have.policy) {
            true => Ok(()),
            false => set(aws, id, "Policy", self.policy.clone()).await,
        }
    }

    /// A topic always has a policy: the one that AWS gives new topics takes its place.
    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        set(aws, id, "Policy", default_policy(id)).await
    }
}

/// What AWS gives a topic that is made without a policy: everyone in its account may use it.
fn default_policy(arn: &str) -> String {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let actions = [
        "SNS:GetTopicAttributes",
        "SNS:SetTopicAttributes",
        "SNS:AddPermission",
        "SNS:RemovePermission",
        "SNS:DeleteTopic",
        "SNS:Subscribe",
        "SNS:ListSubscriptionsByTopic",
        "SNS:Publish",
    ];
    serde_json::json!({
        "Version": "2008-10-17",
        "Id": "__default_policy_ID",
        "Statement": [{
            "Sid": "__default_statement_ID",
            "Effect": "Allow",
            "Principal": { "AWS": "*" },
            "Action": actions,
            "Resource": arn,
            "Condition": { "StringEquals": { "AWS:SourceOwner": account } },
        }],
    })
    .to_string()
}
