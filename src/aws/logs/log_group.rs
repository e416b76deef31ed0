//! `aws_cloudwatch_log_group`: log streams that are kept and read together.

use std::collections::BTreeMap;

use super::prelude::*;
use crate::aws::names;
use types::LogGroupClass;

/// Log streams that are kept equally long and read together.
///
/// ```hcl
/// resource "aws_cloudwatch_log_group" "orders" {
///   name              = "/fastcart/orders"
///   retention_in_days = 30
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_cloudwatch_log_group", tags = "log-group")]
pub struct LogGroup {
    /// Refuses to delete the group until it is `false` again; AWS has it off when unset.
    pub deletion_protection_enabled: Auto<bool>,
    /// ARN of the key to encrypt new events with; AWS uses one of its own when unset.
    pub kms_key_id: Option<String>,
    /// What the group can do, and what it costs; `STANDARD` when unset.
    #[attr(replace)]
    pub log_group_class: Auto<LogGroupClass>,
    /// Name of the group; made up when unset.
    #[attr(replace, length(1, 512), conflicts("name_prefix"), characters = "a-zA-Z0-9_/.#-")]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, length(1, 486), conflicts("name"), characters = "a-zA-Z0-9_/.#-")]
    pub name_prefix: Auto<String>,
    /// Days that events are kept; 0 keeps them for ever.
    #[attr(
        default = 0,
        numbers(
            0, 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192,
            2557, 2922, 3288, 3653
        )
    )]
    pub retention_in_days: i32,
    /// Leaves the group and its events where they are when the resource is deleted.
    #[attr(default = false, local)]
    pub skip_destroy: bool,
    /// ARN of the group.
    pub arn: Out<String>,
    /// Tags of the group.
    pub tags: Tags,
}

/// What two reads tell of a group.
pub struct Seen {
    group: types::LogGroup,
    tags: BTreeMap<String, String>,
}

impl Driver for LogGroup {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let tags = Some(self.tags.all.clone().into_iter().collect());
        let made = aws
            .logs()
            .create_log_group()
            .log_group_name(&name)
            .set_deletion_protection_enabled(self.deletion_protection_enabled.given())
            .set_kms_key_id(self.kms_key_id.clone())
            .set_log_group_class(self.log_group_class.given())
            .set_tags(tags.filter(|_| !self.tags.all.is_empty()))
            .customize()
            .config_override(once())
            .send()
            .await;
        op.or_adopt(made.map(|_| Id(name.clone())).map_err(Failure::from), || Id(name))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let (group, tags) = tokio::join!(aws.load::<Groups>(id), tags_of(aws, id));
        let Some(group) = group? else { return Ok(None) };
        Ok(Some(Seen { group, tags: tags? }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { group, tags } = seen;
        self.arn.set(group_arn(&group));
        self.name.set(group.log_group_name);
        self.deletion_protection_enabled.set(group.deletion_protection_enabled.unwrap_or_default());
        self.kms_key_id = group.kms_key_id;
        // A class that is fixed to two days tells them whatever was asked for.
        if group.log_group_class != Some(LogGroupClass::Delivery) {
            self.retention_in_days = group.retention_in_days.unwrap_or_default();
        }
        self.log_group_class.set(group.log_group_class);
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (logs, name) = (aws.logs(), &**id);
        let days = self.retention_in_days;
        if days != have.retention_in_days && days == 0 {
            logs.delete_retention_policy().log_group_name(name).send().await?;
        } else if days != have.retention_in_days {
            let call = logs.put_retention_policy().log_group_name(name);
            call.retention_in_days(days).send().await?;
        } else if self.kms_key_id != have.kms_key_id {
            match &self.kms_key_id {
                Some(key) => {
                    let call = logs.associate_kms_key().log_group_name(name);
                    call.kms_key_id(key).send().await?;
                }
                None => {
                    logs.disassociate_kms_key().log_group_name(name).send().await?;
                }
            }
        } else if self.deletion_protection_enabled.differs(&have.deletion_protection_enabled) {
            let wanted = self.deletion_protection_enabled.given();
            let call = logs.put_log_group_deletion_protection().log_group_identifier(name);
            call.set_deletion_protection_enabled(wanted).send().await?;
        } else {
            return aws.sync_tags::<tags::Logs>(id, &self.tags, &have.tags).await;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        if !self.stays() {
            aws.logs().delete_log_group().log_group_name(&**id).send().await?;
        }
        Ok(())
    }

    fn stays(&self) -> bool {
        self.skip_destroy
    }
}
