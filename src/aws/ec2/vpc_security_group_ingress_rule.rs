//! `aws_vpc_security_group_ingress_rule`: one rule for packets to a security group's members.

use super::permissions::Way;
use super::prelude::*;
use super::rules::{Line, Seen, find};

/// Allows one kind of packet from the other side to members of a security group.
///
/// ```hcl
/// resource "aws_vpc_security_group_ingress_rule" "from_service" {
///   security_group_id            = "sg-0123456789abcdef1"
///   referenced_security_group_id = "sg-0123456789abcdef0"
///   ip_protocol                  = "tcp"
///   from_port                    = 5432
///   to_port                      = 5432
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_vpc_security_group_ingress_rule", tags = "security-group-rule")]
pub struct IngressRule {
    /// What it allows.
    #[attr(flatten)]
    pub line: Line,
    /// ARN of the rule.
    pub arn: Out<String>,
    /// Identifier of the rule.
    pub security_group_rule_id: Out<String>,
    /// Tags of the rule.
    pub tags: Tags,
}

impl Driver for IngressRule {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        self.line.create(aws, op, Way::In, &self.tags).await
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        find(id, aws).await
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (arn, seen): Seen) {
        self.line.observe(&seen);
        self.arn.set(arn);
        self.security_group_rule_id.set(seen.security_group_rule_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        match self.line.differs(&have.line) {
            true => self.line.modify(aws, id).await,
            false => aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await,
        }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        self.line.delete(aws, id, Way::In).await
    }
}
