//! `aws_vpc_security_group_ingress_rule`: one rule for packets to a security group's members.

use super::prelude::*;
use super::rules::{Seen, find, line, modify, only, same};

/// Allows one kind of packet from the other side to members of a security group.
#[derive(Debug, Resource)]
#[resource("aws_vpc_security_group_ingress_rule", tags = "security-group-rule")]
pub struct IngressRule {
    /// Security group that the rule is part of.
    #[attr(replace)]
    pub security_group_id: String,
    /// Protocol by name or number; `-1` is every one.
    pub ip_protocol: String,
    /// First port, or the ICMP type; every one when unset, with the protocol `-1`.
    #[attr(range(-1, 65535))]
    pub from_port: Option<i32>,
    /// Last port, or the ICMP code; every one when unset, with the protocol `-1`.
    #[attr(range(-1, 65535))]
    pub to_port: Option<i32>,
    /// Range of IPv4 addresses on the other side.
    #[attr(exactly_one_of(
        "cidr_ipv4",
        "cidr_ipv6",
        "prefix_list_id",
        "referenced_security_group_id"
    ))]
    pub cidr_ipv4: Option<String>,
    /// Range of IPv6 addresses on the other side.
    pub cidr_ipv6: Option<String>,
    /// Managed prefix list on the other side.
    pub prefix_list_id: Option<String>,
    /// Security group on the other side; that of another account as `123456789012/sg-…`.
    pub referenced_security_group_id: Option<String>,
    /// What the rule is for; empty when unset.
    pub description: Option<String>,
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
        let tags = tagged(types::ResourceType::SecurityGroupRule, &self.tags);
        let call = aws.ec2().authorize_security_group_ingress().group_id(&self.security_group_id);
        let call = call.ip_permissions(line!(self).permission()).set_tag_specifications(tags);
        let made = call.customize().config_override(once()).send().await.map_err(Failure::from);
        match made {
            Err(it) if it.kind == FailureKind::Exists && op.is_resumed() => {
                same(aws, &self.security_group_id, false, &line!(self)).await?.ok_or(it)
            }
            other => only(other?.security_group_rules),
        }
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        find(id, aws).await
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (arn, seen): Seen) {
        line!(self, line!(self).observe(&seen));
        self.arn.set(arn);
        if let Some(group) = seen.group_id {
            self.security_group_id = group;
        }
        self.security_group_rule_id.set(seen.security_group_rule_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if line!(self) != line!(have) {
            return modify(aws, &self.security_group_id, id, &line!(self)).await;
        }
        aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let call = aws.ec2().revoke_security_group_ingress().group_id(&self.security_group_id);
        call.security_group_rule_ids(&**id).send().await?;
        Ok(())
    }
}
