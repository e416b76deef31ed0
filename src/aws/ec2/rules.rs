//! What rules of security groups share, whichever way they go.

use super::permissions::protocol;
use super::prelude::*;
use types::{ReferencedSecurityGroup, SecurityGroupRuleRequest, SecurityGroupRuleUpdate};

/// What a rule allows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    pub(super) protocol: String,
    pub(super) from_port: Option<i32>,
    pub(super) to_port: Option<i32>,
    pub(super) cidr_ipv4: Option<String>,
    pub(super) cidr_ipv6: Option<String>,
    pub(super) prefix_list_id: Option<String>,
    pub(super) group: Option<String>,
    pub(super) description: Option<String>,
}

/// Reads and writes the fields that both resources have.
macro_rules! line {
    ($it:expr) => {
        $crate::aws::ec2::rules::Line {
            protocol: $it.ip_protocol.clone(),
            from_port: $it.from_port,
            to_port: $it.to_port,
            cidr_ipv4: $it.cidr_ipv4.clone(),
            cidr_ipv6: $it.cidr_ipv6.clone(),
            prefix_list_id: $it.prefix_list_id.clone(),
            group: $it.referenced_security_group_id.clone(),
            description: $it.description.clone(),
        }
    };
    ($it:expr, $line:expr) => {{
        let line: $crate::aws::ec2::rules::Line = $line;
        $it.ip_protocol = line.protocol;
        $it.from_port = line.from_port;
        $it.to_port = line.to_port;
        $it.cidr_ipv4 = line.cidr_ipv4;
        $it.cidr_ipv6 = line.cidr_ipv6;
        $it.prefix_list_id = line.prefix_list_id;
        $it.referenced_security_group_id = line.group;
        $it.description = line.description;
    }};
}
pub(super) use line;

impl Line {
    /// What AWS tells; in the words that are known, where they mean the same.
    pub(super) fn observe(self, seen: &types::SecurityGroupRule) -> Line {
        let told = protocol(seen.ip_protocol().unwrap_or_default());
        let any = told == "-1";
        let port = |known: Option<i32>, seen: Option<i32>| match any {
            // Every protocol means every port; AWS tells -1, whatever was written.
            true => known,
            false => seen,
        };
        let group = seen.referenced_group_info.as_ref().and_then(|it| reference(it, seen));
        Line {
            protocol: if protocol(&self.protocol) == told { self.protocol } else { told },
            from_port: port(self.from_port, seen.from_port),
            to_port: port(self.to_port, seen.to_port),
            cidr_ipv4: seen.cidr_ipv4.clone(),
            cidr_ipv6: seen.cidr_ipv6.clone(),
            prefix_list_id: seen.prefix_list_id.clone(),
            group,
            description: seen.description.clone().filter(|it| !it.is_empty()),
        }
    }

    /// The permission to ask for.
    pub(super) fn permission(&self) -> types::IpPermission {
        let why = self.description.clone();
        let it = types::IpPermission::builder()
            .ip_protocol(&self.protocol)
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
            let group = self.group.clone().unwrap_or_default();
            let (account, id) = match group.split_once('/') {
                Some((account, id)) => (Some(account.to_string()), id.to_string()),
                None => (None, group),
            };
            let pair = types::UserIdGroupPair::builder().group_id(id).set_user_id(account);
            it.user_id_group_pairs(pair.set_description(why).build()).build()
        }
    }

    fn request(&self) -> SecurityGroupRuleRequest {
        let group = self.group.as_ref().map(|it| it.rsplit('/').next().unwrap_or(it).to_string());
        SecurityGroupRuleRequest::builder()
            .ip_protocol(&self.protocol)
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
    fn is(&self, seen: &types::SecurityGroupRule) -> bool {
        let told = self.clone().observe(seen);
        Line { description: None, ..told } == Line { description: None, ..self.clone() }
    }
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
    let Some(seen) = aws.load::<Rules>(id).await? else { return Ok(None) };
    let owner = seen.group_owner_id().unwrap_or_default();
    Ok(Some((aws.arn("ec2", owner, format_args!("security-group-rule/{id}")), seen)))
}

/// The rule that an earlier run of the same operation made.
pub(super) async fn same(aws: &Aws, group: &str, egress: bool, line: &Line) -> Result<Option<Id>> {
    let call = aws.ec2().describe_security_group_rules().filters(filter("group-id", [group]));
    let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
    let mut ours = found?.into_iter().filter(|it| it.is_egress == Some(egress) && line.is(it));
    Ok(ours.find_map(|it| it.security_group_rule_id).map(Id))
}

/// The identifier of the one rule that a call made.
pub(super) fn only(made: Option<Vec<types::SecurityGroupRule>>) -> Result<Id> {
    Id::need(made.unwrap_or_default().into_iter().find_map(|it| it.security_group_rule_id))
}

/// Makes the rule allow something else.
pub(super) async fn modify(aws: &Aws, group: &str, id: &Id, line: &Line) -> Result<()> {
    let change = SecurityGroupRuleUpdate::builder().security_group_rule_id(&**id);
    let change = change.security_group_rule(line.request()).build();
    let call = aws.ec2().modify_security_group_rules().group_id(group);
    call.security_group_rules(change).send().await?;
    Ok(())
}

/// Every rule being read right now, in one call.
struct Rules;

impl Batch for Rules {
    type Item = types::SecurityGroupRule;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::SecurityGroupRule>> {
        let by = filter("security-group-rule-id", ids);
        let call = aws.ec2().describe_security_group_rules().filters(by);
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.security_group_rule_id.clone()))
    }
}
