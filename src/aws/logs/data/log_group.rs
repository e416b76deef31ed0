//! `aws_cloudwatch_log_group`, read only: a group by its name.

use std::collections::BTreeMap;

use super::super::prelude::*;

/// Log group that is declared elsewhere.
///
/// ```hcl
/// data "aws_cloudwatch_log_group" "orders" {
///   name = "/fastcart/orders"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_cloudwatch_log_group")]
pub struct LogGroup {
    /// Name of the group.
    pub name: String,
    /// ARN of the group.
    pub arn: Out<String>,
    /// When the group was made, in milliseconds since 1970.
    pub creation_time: Out<i64>,
    /// Whether the group refuses to be deleted.
    pub deletion_protection_enabled: Out<bool>,
    /// ARN of the key that events are encrypted with.
    pub kms_key_id: Out<String>,
    /// What the group can do.
    pub log_group_class: Out<String>,
    /// Days that events are kept; 0 for ever.
    pub retention_in_days: Out<i32>,
    /// Tags of the group.
    pub tags: Auto<BTreeMap<String, String>>,
}

impl DataSource for LogGroup {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let (group, tags) = tokio::join!(aws.load::<Groups>(&self.name), tags_of(aws, &self.name));
        let Some(group) = group? else {
            let why = format!("there is no log group `{}` in {}", self.name, aws.region());
            return Err(Failure::new(FailureKind::NotFound, why));
        };
        self.arn.set(group_arn(&group));
        self.creation_time.set(group.creation_time);
        self.deletion_protection_enabled.set(group.deletion_protection_enabled.unwrap_or_default());
        self.kms_key_id.set(group.kms_key_id);
        self.log_group_class.set(group.log_group_class.map(|it| it.as_str().to_string()));
        self.retention_in_days.set(group.retention_in_days.unwrap_or_default());
        let own = tags?.into_iter().filter(|(name, _)| !name.starts_with("aws:"));
        self.tags.set(own.collect::<BTreeMap<_, _>>());
        Ok(Id(self.name.clone()))
    }
}
