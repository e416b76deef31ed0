//! `aws_sns_topic`, read only: a topic by its name.

use std::collections::BTreeMap;

use super::super::prelude::*;
use super::super::tags_of;

/// Topic of this account that is declared elsewhere.
///
/// ```hcl
/// data "aws_sns_topic" "alarms" {
///   name = "alarms"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_sns_topic")]
pub struct Topic {
    /// Name of the topic.
    pub name: String,
    /// ARN of the topic.
    pub arn: Out<String>,
    /// Tags of the topic.
    pub tags: Auto<BTreeMap<String, String>>,
}

impl DataSource for Topic {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let arn = aws.arn("sns", aws.account().await?, &self.name);
        let (topic, tags) = tokio::join!(aws.load::<Topics>(&arn), tags_of(aws, &arn));
        if topic?.is_none() {
            let why = format!("there is no topic `{}` in {}", self.name, aws.region());
            return Err(Failure::new(FailureKind::NotFound, why));
        }
        let own = tags?.into_iter().filter(|(name, _)| !name.starts_with("aws:"));
        self.tags.set(own.collect::<BTreeMap<_, _>>());
        self.arn.set(arn.clone());
        Ok(Id(arn))
    }
}
