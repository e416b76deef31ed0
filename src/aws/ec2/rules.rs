//! What rules of security groups share, whichever way they go.

use super::permissions::{Way, protocol};
use super::prelude::*;
use types::{ReferencedSecurityGroup, SecurityGroupRuleRequest, SecurityGroupRuleUpdate};

/// What a rule allows.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Line {
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
    #[attr(
        exactly_one_of("cidr_ipv4", "cidr_ipv6", "prefix_list_id", "referenced_security_group_id"),
        format = "ipv4_cidr_network"
    )]
    pub cidr_ipv4: Option<String>,
    /// Range of IPv6 addresses on the other side.
    #[attr(format = "ipv6_cidr_network")]
    pub cidr_ipv6: Option<String>,
    /// Managed prefix list on the other side.
    pub prefix_list_id: Option<String>,
    /// Security group on the other side; that of another account as `123456789012/sg-…`.
    pub referenced_security_group_id: Option<String>,
    /// What the rule is for; empty when unset.
    pub description: Option<String>,
}

impl Line {
    /// Sets what AWS tells; in the words that are known, where they mean the same.
    pub(super) fn observe(&mut self, seen: &types::SecurityGroupRule) {
        let told = protocol(seen.ip_protocol().unwrap_or_default());
        // AWS tells -1 of protocols without ports, whatever was written.
        let has_ports = Line::has_ports(&told);
        let port = |known: Option<i32>, seen: Option<i32>| match (has_ports, known, seen) {
            (false, ..) | (_, None, Some(-1)) => known,
            _ => seen,
        };
        self.from_port = port(self.from_port, seen.from_port);
        self.to_port = port(self.to_port, seen.to_port);
        if protocol(&self.ip_protocol) != told {
            self.ip_protocol = told;
        }
        if let Some(group) = &seen.group_id {
            self.security_group_id = group.clone();
        }
        self.cidr_ipv4 = seen.cidr_ipv4.clone();
        self.cidr_ipv6 = seen.cidr_ipv6.clone();
        self.prefix_list_id = seen.prefix_list_id.clone();
        self.referenced_security_group_id =
            seen.referenced_group_info.as_ref().and_then(|it| reference(it, seen));
        self.description = seen.description.clone().filter(|it| !it.is_empty());
    }

    /// Whether AWS has something else; an empty text is none.
    pub(super) fn differs(&self, have: &Line) -> bool {
        let plain = |it: &Line| {
            let set = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
            Line {
                cidr_ipv4: set(&it.cidr_ipv4),
                cidr_ipv6: set(&it.cidr_ipv6),
                prefix_list_id: set(&it.prefix_list_id),
                referenced_security_group_id: set(&it.referenced_security_group_id),
                description: set(&it.description),
                ..it.clone()
            }
        };
        plain(self) != plain(have)
    }

    /// Whether AWS keeps ports of that protocol.
    pub(super) fn has_ports(text: &str) -> bool {
        matches!(protocol(text).as_str(), "tcp" | "udp" | "icmp" | "icmpv6")
    }

    /// The permission to ask for.
    pub(super) fn permission(&self) -> types::IpPermission {
        let why = self.description.clone();
        let it = types::IpPermission::builder()
            .ip_protocol(&self.ip_protocol)
            .set_from_port(self.from_port)
            .set_to_port(self.to_port);
        if let Some(range) = &self.cidr_ipv4 {
            let range = types::IpRange::builder().cidr_ip(range).set_description(why).build();
            it.ip_ranges(range).build()
        } else if let Some(range) = &self.cidr_ipv6 {
            let range = types::Ipv6Range::builder().cidr_ipv6(range).set_description(why).build();
            it.ipv6_ranges(range).build()
        } else if let Some(list) = &self.prefix_list_id {
            let list = types::PrefixListId::builder().prefix_list_id(list).set_description(why);
            it.prefix_list_ids(list.build()).build()
        } else {
            let group = self.referenced_security_group_id.clone().unwrap_or_default();
            let (account, id) = match group.split_once('/') {
                Some((account, id)) => (Some(account.to_string()), id.to_string()),
                None => (None, group),
            };
            let pair = types::UserIdGroupPair::builder().group_id(id).set_user_id(account);
            it.user_id_group_pairs(pair.set_description(why).build()).build()
        }
    }

    fn request(&self) -> SecurityGroupRuleRequest {
        let group = self.referenced_security_group_id.as_ref();
        let group = group.map(|it| it.rsplit('/').next().unwrap_or(it).to_string());
        SecurityGroupRuleRequest::builder()
            .ip_protocol(&self.ip_protocol)
            .set_from_port(self.from_port)
            .set_to_port(self.to_port)
            .set_cidr_ipv4(self.cidr_ipv4.clone())
            .set_cidr_ipv6(self.cidr_ipv6.clone())
            .set_prefix_list_id(self.prefix_list_id.clone())
            .set_referenced_group_id(group)
            .set_description(self.description.clone())
            .build()
    }

    /// Whether a rule that AWS has allows the same, whatever it is described as.
    pub(super) fn is(&self, seen: &types::SecurityGroupRule) -> bool {
        let mut told = self.clone();
        told.observe(seen);
        Line { description: None, ..told } == Line { description: None, ..self.clone() }
    }

    /// Allows it.
    pub(super) async fn create(&self, aws: &Aws, op: &Op, way: Way, tags: &Tags) -> Result<Id> {
        let tags = tagged(types::ResourceType::SecurityGroupRule, tags);
        match authorize(aws, &self.security_group_id, way, self.permission(), tags).await {
            Err(it) if it.kind == FailureKind::Exists && op.is_resumed() => {
                let rules = aws.load::<Rules>(&self.security_group_id).await?.unwrap_or_default();
                let ours = |seen: &types::SecurityGroupRule| way.has(seen) && self.is(seen);
                let id = rules.into_iter().find(ours).and_then(|it| it.security_group_rule_id);
                id.map(Id).ok_or(it)
            }
            made => {
                let mut ids = made?.into_iter().filter_map(|it| it.security_group_rule_id);
                Id::need(ids.next())
            }
        }
    }

    /// Makes the rule of that identifier allow this.
    pub(super) async fn modify(&self, aws: &Aws, id: &Id) -> Result<()> {
        let change = SecurityGroupRuleUpdate::builder().security_group_rule_id(&**id);
        let change = change.security_group_rule(self.request()).build();
        let call = aws.ec2().modify_security_group_rules().group_id(&self.security_group_id);
        call.security_group_rules(change).send().await?;
        Ok(())
    }

    /// Allows it no longer.
    pub(super) async fn delete(&self, aws: &Aws, id: &Id, way: Way) -> Result<()> {
        let (ec2, group) = (aws.ec2(), &self.security_group_id);
        match way {
            Way::In => {
                let call = ec2.revoke_security_group_ingress().group_id(group);
                call.security_group_rule_ids(&**id).send().await?;
            }
            Way::Out => {
                let call = ec2.revoke_security_group_egress().group_id(group);
                call.security_group_rule_ids(&**id).send().await?;
            }
        }
        Ok(())
    }
}

impl Way {
    /// Whether the rule goes this way.
    pub(super) fn has(self, rule: &types::SecurityGroupRule) -> bool {
        rule.is_egress == Some(self == Way::Out)
    }
}

/// Adds rules to a group. Sent once: sent again after a lost reply, AWS would say that they exist.
pub(super) async fn authorize(
    aws: &Aws,
    group: &str,
    way: Way,
    permission: types::IpPermission,
    tags: Option<Vec<types::TagSpecification>>,
) -> Result<Vec<types::SecurityGroupRule>> {
    let made = match way {
        Way::In => {
            let call = aws.ec2().authorize_security_group_ingress().group_id(group);
            let call = call.ip_permissions(permission).set_tag_specifications(tags);
            call.customize().config_override(once()).send().await?.security_group_rules
        }
        Way::Out => {
            let call = aws.ec2().authorize_security_group_egress().group_id(group);
            let call = call.ip_permissions(permission).set_tag_specifications(tags);
            call.customize().config_override(once()).send().await?.security_group_rules
        }
    };
    Ok(made.unwrap_or_default())
}

/// A group on the other side, with its account where that is another.
fn reference(it: &ReferencedSecurityGroup, seen: &types::SecurityGroupRule) -> Option<String> {
    let id = it.group_id.clone()?;
    let owner = seen.group_owner_id.as_ref();
    match it.user_id.as_ref().filter(|it| !it.is_empty() && owner.is_some_and(|own| own != *it)) {
        Some(account) => Some(format!("{account}/{id}")),
        None => Some(id),
    }
}

/// A rule, and its ARN.
pub type Seen = (String, types::SecurityGroupRule);

/// The rule of that identifier.
pub(super) async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
    let rules = aws.load::<Rules>(id).await?.unwrap_or_default();
    let Some(seen) = rules.into_iter().next() else { return Ok(None) };
    let owner = seen.group_owner_id().unwrap_or_default();
    Ok(Some((aws.arn("ec2", owner, format_args!("security-group-rule/{id}")), seen)))
}

/// Every rule being read right now, in one call: by its own identifier, or as one of a group's.
pub(super) struct Rules;

impl Batch for Rules {
    type Item = Vec<types::SecurityGroupRule>;
    const MAX: usize = 200;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<Self::Item>> {
        let mut found: Keyed<Self::Item> = Keyed::new();
        // Groups first: a rule of one of them need not be asked for again.
        for (beginning, by) in [("sg-", "group-id"), ("sgr-", "security-group-rule-id")] {
            let left = |it: &&String| it.starts_with(beginning) && !found.contains_key(*it);
            let left: Vec<String> = names.iter().filter(left).cloned().collect();
            if left.is_empty() {
                continue;
            }
            let call = aws.ec2().describe_security_group_rules().filters(filter(by, left));
            let told = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
            for it in told {
                let ids = [it.group_id.clone(), it.security_group_rule_id.clone()];
                for id in ids.into_iter().flatten().filter(|it| names.contains(it)) {
                    found.entry(id).or_default().push(it.clone());
                }
            }
        }
        Ok(found)
    }
}
