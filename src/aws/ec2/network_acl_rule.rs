//! `aws_network_acl_rule`: one rule of a network ACL.

use super::acls::{AclLine, NO_PROTOCOL, NetworkAcls, number};
use super::prelude::*;
use types::RuleAction;

/// Lets one kind of packet enter or leave the subnets that follow a network ACL, or stops it.
///
/// ```hcl
/// resource "aws_network_acl_rule" "postgres" {
///   network_acl_id = "acl-0123456789abcdef0"
///   rule_number    = 100
///   rule_action    = "allow"
///   protocol       = "tcp"
///   from_port      = 5432
///   to_port        = 5432
///   cidr_block     = "10.0.0.0/16"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_network_acl_rule")]
pub struct NetworkAclRule {
    /// Network ACL that the rule is part of.
    #[attr(replace)]
    pub network_acl_id: String,
    /// When the rule is looked at: the lowest number first, and the first that fits decides.
    #[attr(replace, range(1, 32766))]
    pub rule_number: i32,
    /// Whether the rule is for packets that leave.
    #[attr(replace, default = false)]
    pub egress: bool,
    /// Protocol by name or number; `-1` is every one.
    #[attr(replace)]
    pub protocol: String,
    /// Whether such packets pass.
    #[attr(replace, fold_case)]
    pub rule_action: RuleAction,
    /// Range of IPv4 addresses on the other side.
    #[attr(replace, exactly_one_of("cidr_block", "ipv6_cidr_block"), format = "ipv4_cidr_network")]
    pub cidr_block: Option<String>,
    /// Range of IPv6 addresses on the other side.
    #[attr(replace, format = "ipv6_cidr_network")]
    pub ipv6_cidr_block: Option<String>,
    /// First port; for TCP and UDP.
    #[attr(replace)]
    pub from_port: Option<i32>,
    /// Last port; for TCP and UDP.
    #[attr(replace)]
    pub to_port: Option<i32>,
    /// ICMP type; every one as `-1`. For the protocols `icmp` and `icmpv6`.
    #[attr(replace)]
    pub icmp_type: Option<i32>,
    /// ICMP code; every one as `-1`. For the protocols `icmp` and `icmpv6`.
    #[attr(replace)]
    pub icmp_code: Option<i32>,
}

/// A rule, and its ACL.
pub type Seen = (String, types::NetworkAclEntry);

impl Driver for NetworkAclRule {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &NetworkAclRuleDraft<'_>, diagnostics: &mut Diagnostics) {
        if draft.protocol().known().is_some_and(|it| number(&it).is_none()) {
            draft.refuse(diagnostics, "protocol", NO_PROTOCOL);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let made = self.line().create(aws, &self.network_acl_id, self.egress).await;
        op.or_adopt(made.map(|()| self.identifier()), || self.identifier())
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some((acl, rule, egress)) = parts(id) else { return Ok(None) };
        let seen = aws.load::<NetworkAcls>(acl).await?;
        let mut all = seen.into_iter().flat_map(|it| it.entries.unwrap_or_default());
        let entry = all.find(|it| it.rule_number == Some(rule) && it.egress == Some(egress));
        Ok(entry.map(|it| (acl.to_string(), it)))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (acl, seen): Seen) {
        self.network_acl_id = acl;
        let told = AclLine::from(&seen);
        if self.line().plain() == told {
            return;
        }
        let ports = seen.port_range.as_ref();
        let icmp = seen.icmp_type_code.as_ref();
        self.egress = seen.egress == Some(true);
        self.rule_number = told.rule_no;
        self.protocol = told.protocol;
        self.rule_action = RuleAction::from(&*told.action);
        self.cidr_block = told.cidr_block;
        self.ipv6_cidr_block = told.ipv6_cidr_block;
        self.from_port = ports.and_then(|it| it.from);
        self.to_port = ports.and_then(|it| it.to);
        self.icmp_type = icmp.and_then(|it| it.r#type);
        self.icmp_code = icmp.and_then(|it| it.code);
    }

    /// Nothing can be changed: another rule takes the place of this one.
    async fn update(&self, _: &Self, _: &Id, _: &Aws) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, _: &Id, aws: &Aws) -> Result<()> {
        self.line().delete(aws, &self.network_acl_id, self.egress).await
    }

    /// Terraform's identifiers are checksums, by which nothing can be found.
    async fn moved(&self, _: &Aws) -> Result<Option<Id>> {
        Ok(Some(self.identifier()))
    }

    async fn import(text: &str, _: &Aws) -> Result<Id> {
        let wrong = || {
            Failure::fatal(format!("`{text}` names no rule")).hint(
                "write the ACL, the number, the protocol and whether it is for egress: \
                       `acl-0123456789abcdef0:100:tcp:false`",
            )
        };
        let (acl, rule, egress) = parts(text).ok_or_else(wrong)?;
        Ok(Id(format!("{acl}:{rule}:{egress}")))
    }
}

impl NetworkAclRule {
    fn line(&self) -> AclLine {
        AclLine {
            action: self.rule_action.to_string(),
            from_port: self.from_port.unwrap_or_default(),
            to_port: self.to_port.unwrap_or_default(),
            protocol: self.protocol.clone(),
            rule_no: self.rule_number,
            cidr_block: self.cidr_block.clone(),
            ipv6_cidr_block: self.ipv6_cidr_block.clone(),
            icmp_type: self.icmp_type,
            icmp_code: self.icmp_code,
        }
    }

    /// What tells a rule from all others.
    fn identifier(&self) -> Id {
        Id(format!("{}:{}:{}", self.network_acl_id, self.rule_number, self.egress))
    }
}

/// ACL, number and direction; a protocol between them says nothing more.
fn parts(id: &str) -> Option<(&str, i32, bool)> {
    let parts: Vec<&str> = id.split(':').collect();
    match *parts.as_slice() {
        [acl, rule, egress] | [acl, rule, _, egress] => {
            Some((acl, rule.parse().ok()?, egress.parse().ok()?))
        }
        _ => None,
    }
}
