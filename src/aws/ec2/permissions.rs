//! Rules written inside a security group, and what AWS makes of them.
//!
//! AWS keeps one permission for each source, grouped as it likes; people write them in blocks. Both
//! are compared as single permissions, and what AWS tells is put back into the blocks it came from.

use super::prelude::*;
use types::{IpPermission, IpRange, Ipv6Range, PrefixListId, UserIdGroupPair};

/// A rule, as it is written inside `aws_security_group`.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Rule {
    /// First port, or the ICMP type; 0 with the protocol `-1`.
    pub from_port: i32,
    /// Last port, or the ICMP code; 0 with the protocol `-1`.
    pub to_port: i32,
    /// Protocol by name or number; `-1` is every one.
    pub protocol: String,
    /// Ranges of IPv4 addresses on the other side; none when unset.
    #[attr(format = "ipv4_cidr_network")]
    pub cidr_blocks: Option<Vec<String>>,
    /// Ranges of IPv6 addresses on the other side; none when unset.
    #[attr(format = "ipv6_cidr_network")]
    pub ipv6_cidr_blocks: Option<Vec<String>>,
    /// Managed prefix lists on the other side; none when unset.
    pub prefix_list_ids: Option<Vec<String>>,
    /// Security groups on the other side; none when unset.
    pub security_groups: Option<Set<String>>,
    /// Whether members of the group itself are on the other side.
    #[attr(name = "self", default = false)]
    pub itself: bool,
    /// What the rule is for; empty when unset.
    pub description: Option<String>,
}

/// Which way packets go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Way {
    /// To members of the group.
    In,
    /// From members of the group.
    Out,
}

/// Who is on the other side of one permission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Other {
    V4(String),
    V6(String),
    List(String),
    Group(String),
    Itself,
}

/// One permission: what AWS counts and keeps.
#[derive(Clone, Debug, PartialEq)]
pub struct Permission {
    protocol: String,
    ports: Option<(i32, i32)>,
    other: Other,
    description: String,
}

impl Permission {
    /// Whether only the descriptions may differ.
    fn is(&self, it: &Permission) -> bool {
        (&self.protocol, self.ports, &self.other) == (&it.protocol, it.ports, &it.other)
    }

    fn sent(&self, group: &str) -> IpPermission {
        let why = Some(self.description.clone()).filter(|it| !it.is_empty());
        let it = IpPermission::builder()
            .ip_protocol(&self.protocol)
            .set_from_port(self.ports.map(|it| it.0))
            .set_to_port(self.ports.map(|it| it.1));
        let pair = |text: &str| {
            let (account, id) = text.split_once('/').map_or((None, text), |(a, id)| (Some(a), id));
            let account = account.map(String::from);
            UserIdGroupPair::builder().group_id(id).set_user_id(account)
        };
        match &self.other {
            Other::V4(range) => {
                it.ip_ranges(IpRange::builder().cidr_ip(range).set_description(why).build())
            }
            Other::V6(range) => {
                it.ipv6_ranges(Ipv6Range::builder().cidr_ipv6(range).set_description(why).build())
            }
            Other::List(id) => it.prefix_list_ids(
                PrefixListId::builder().prefix_list_id(id).set_description(why).build(),
            ),
            Other::Group(id) => it.user_id_group_pairs(pair(id).set_description(why).build()),
            Other::Itself => it.user_id_group_pairs(pair(group).set_description(why).build()),
        }
        .build()
    }
}

/// The name that AWS gives a protocol: `tcp` for `6`, `-1` for `all`.
pub(super) fn protocol(text: &str) -> String {
    match text.to_ascii_lowercase().as_str() {
        "all" | "-1" => "-1".into(),
        "1" => "icmp".into(),
        "6" => "tcp".into(),
        "17" => "udp".into(),
        "58" => "icmpv6".into(),
        other => other.into(),
    }
}

impl Rule {
    /// The single permissions that the block stands for.
    fn permissions(&self) -> Vec<Permission> {
        let protocol = protocol(&self.protocol);
        // AWS keeps ports of these protocols only.
        let has_ports = matches!(protocol.as_str(), "tcp" | "udp" | "icmp" | "icmpv6");
        let list = |it: &Option<Vec<String>>| it.clone().unwrap_or_default();
        let groups = self.security_groups.clone().unwrap_or_default().0;
        let others = list(&self.cidr_blocks).into_iter().map(Other::V4);
        let others = others.chain(list(&self.ipv6_cidr_blocks).into_iter().map(Other::V6));
        let others = others.chain(list(&self.prefix_list_ids).into_iter().map(Other::List));
        let others = others.chain(groups.into_iter().map(Other::Group));
        let others = others.chain(self.itself.then_some(Other::Itself));
        let one = |other| Permission {
            protocol: protocol.clone(),
            ports: has_ports.then_some((self.from_port, self.to_port)),
            other,
            description: self.description.clone().unwrap_or_default(),
        };
        others.map(one).collect()
    }

    /// The block with only those of its parts that are left.
    fn narrowed(&self, left: &[Permission]) -> Option<Rule> {
        let has = |other: Other| left.iter().any(|it| it.other == other);
        let list = |it: &Option<Vec<String>>, other: fn(String) -> Other| {
            let kept = it.clone().map(|it| it.into_iter().filter(|it| has(other(it.clone()))));
            kept.map(Iterator::collect)
        };
        let groups = self.security_groups.clone();
        let groups = groups.map(|it| it.0.into_iter().filter(|it| has(Other::Group(it.clone()))));
        (!left.is_empty()).then(|| Rule {
            cidr_blocks: list(&self.cidr_blocks, Other::V4),
            ipv6_cidr_blocks: list(&self.ipv6_cidr_blocks, Other::V6),
            prefix_list_ids: list(&self.prefix_list_ids, Other::List),
            security_groups: groups.map(Iterator::collect),
            itself: self.itself && has(Other::Itself),
            ..self.clone()
        })
    }

    fn takes(&mut self, it: Permission) {
        let push = |list: &mut Option<Vec<String>>, it| list.get_or_insert_default().push(it);
        match it.other {
            Other::V4(range) => push(&mut self.cidr_blocks, range),
            Other::V6(range) => push(&mut self.ipv6_cidr_blocks, range),
            Other::List(id) => push(&mut self.prefix_list_ids, id),
            Other::Group(id) => self.security_groups.get_or_insert_default().0.push(id),
            Other::Itself => self.itself = true,
        }
    }
}

/// The single permissions of all blocks, each once.
pub(super) fn permissions(rules: &BlockSet<Rule>) -> Vec<Permission> {
    let mut all: Vec<Permission> = Vec::new();
    for it in rules.0.iter().flat_map(Rule::permissions) {
        if !all.iter().any(|known| known.is(&it)) {
            all.push(it);
        }
    }
    all
}

/// What AWS tells, as single permissions.
pub(super) fn told(seen: &[IpPermission], group: &str, owner: &str) -> Vec<Permission> {
    let mut all = Vec::new();
    for it in seen {
        let protocol = protocol(it.ip_protocol().unwrap_or("-1"));
        let ports = it.from_port.zip(it.to_port).filter(|_| protocol != "-1");
        let mut add = |other: Option<Other>, description: &Option<String>| {
            let description = description.clone().unwrap_or_default();
            let (protocol, ports) = (protocol.clone(), ports);
            all.extend(other.map(|other| Permission { protocol, ports, other, description }));
        };
        for range in it.ip_ranges() {
            add(range.cidr_ip.clone().map(Other::V4), &range.description);
        }
        for range in it.ipv6_ranges() {
            add(range.cidr_ipv6.clone().map(Other::V6), &range.description);
        }
        for list in it.prefix_list_ids() {
            add(list.prefix_list_id.clone().map(Other::List), &list.description);
        }
        for pair in it.user_id_group_pairs() {
            let other = match (pair.group_id(), pair.user_id()) {
                (Some(id), _) if id == group => Some(Other::Itself),
                (Some(id), Some(account)) if account != owner && !account.is_empty() => {
                    Some(Other::Group(format!("{account}/{id}")))
                }
                (id, _) => id.map(|it| Other::Group(it.into())),
            };
            add(other, &pair.description);
        }
    }
    all
}

/// Puts what AWS tells into the blocks that are known, and the rest into blocks of its own.
pub(super) fn blocks(known: Option<&BlockSet<Rule>>, mut left: Vec<Permission>) -> BlockSet<Rule> {
    let mut rules = Vec::new();
    for block in known.map(|it| it.0.as_slice()).unwrap_or_default() {
        let own: Vec<Permission> =
            block.permissions().into_iter().filter(|it| left.contains(it)).collect();
        left.retain(|it| !own.contains(it));
        rules.extend(block.narrowed(&own));
    }
    for it in left {
        let (from_port, to_port) = it.ports.unwrap_or_default();
        let description = Some(it.description.clone()).filter(|it| !it.is_empty());
        let blank =
            Rule { from_port, to_port, protocol: it.protocol.clone(), description, ..Rule::BLANK };
        let same = |rule: &&mut Rule| {
            let head = (rule.from_port, rule.to_port, &rule.protocol, &rule.description);
            head == (from_port, to_port, &blank.protocol, &blank.description)
        };
        // Blocks that are known are left as they are: something new in one would hide what changed.
        let first_own = known.map_or(0, |_| rules.len().min(known.map_or(0, |it| it.0.len())));
        match rules.iter_mut().skip(first_own).find(same) {
            Some(rule) => rule.takes(it),
            None => {
                let mut rule = blank;
                rule.takes(it);
                rules.push(rule);
            }
        }
    }
    BlockSet(rules)
}

impl Rule {
    const BLANK: Rule = Rule {
        from_port: 0,
        to_port: 0,
        protocol: String::new(),
        cidr_blocks: None,
        ipv6_cidr_blocks: None,
        prefix_list_ids: None,
        security_groups: None,
        itself: false,
        description: None,
    };
}

/// Most permissions in one direction, unless AWS was asked for more.
const QUOTA: usize = 60;

/// Makes the permissions of one direction those wanted.
pub(super) async fn change(
    aws: &Aws,
    group: &str,
    way: Way,
    want: &[Permission],
    have: &[Permission],
) -> Result<()> {
    let lacking = |of: &[Permission], from: &[Permission]| -> Vec<IpPermission> {
        let missing = of.iter().filter(|it| !from.iter().any(|known| known.is(it)));
        missing.map(|it| it.sent(group)).collect()
    };
    let (new, old) = (lacking(want, have), lacking(have, want));
    let reworded = want
        .iter()
        .filter(|it| have.iter().any(|known| known.is(it) && known.description != it.description));
    let reworded: Vec<IpPermission> = reworded.map(|it| it.sent(group)).collect();
    // New ones first, so that nothing is cut off meanwhile; unless there is no room for them.
    match have.len() + new.len() <= QUOTA {
        true => {
            authorize(aws, group, way, new).await?;
            revoke(aws, group, way, old).await?;
        }
        false => {
            revoke(aws, group, way, old).await?;
            authorize(aws, group, way, new).await?;
        }
    }
    reword(aws, group, way, reworded).await
}

async fn authorize(aws: &Aws, group: &str, way: Way, all: Vec<IpPermission>) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    let result = match way {
        Way::In => {
            let call = aws.ec2().authorize_security_group_ingress().group_id(group);
            call.set_ip_permissions(Some(all)).send().await.map(drop).map_err(Failure::from)
        }
        Way::Out => {
            let call = aws.ec2().authorize_security_group_egress().group_id(group);
            call.set_ip_permissions(Some(all)).send().await.map(drop).map_err(Failure::from)
        }
    };
    match result {
        // Sent again after a lost reply.
        Err(it) if it.kind == FailureKind::Exists => Ok(()),
        other => other,
    }
}

async fn revoke(aws: &Aws, group: &str, way: Way, all: Vec<IpPermission>) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    match way {
        Way::In => {
            let call = aws.ec2().revoke_security_group_ingress().group_id(group);
            unless_gone(call.set_ip_permissions(Some(all)).send().await)
        }
        Way::Out => {
            let call = aws.ec2().revoke_security_group_egress().group_id(group);
            unless_gone(call.set_ip_permissions(Some(all)).send().await)
        }
    }
}

async fn reword(aws: &Aws, group: &str, way: Way, all: Vec<IpPermission>) -> Result<()> {
    if all.is_empty() {
        return Ok(());
    }
    match way {
        Way::In => {
            let call = aws.ec2().update_security_group_rule_descriptions_ingress().group_id(group);
            call.set_ip_permissions(Some(all)).send().await?;
        }
        Way::Out => {
            let call = aws.ec2().update_security_group_rule_descriptions_egress().group_id(group);
            call.set_ip_permissions(Some(all)).send().await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(ports: (i32, i32), protocol: &str, ranges: &[&str]) -> Rule {
        let cidr_blocks = Some(ranges.iter().map(|it| it.to_string()).collect());
        let (from_port, to_port) = ports;
        Rule { from_port, to_port, protocol: protocol.into(), cidr_blocks, ..Rule::BLANK }
    }

    fn ranges(protocol: &str, ports: Option<(i32, i32)>, ranges: &[&str]) -> IpPermission {
        let ranges = ranges.iter().map(|it| IpRange::builder().cidr_ip(*it).build()).collect();
        let it = IpPermission::builder().ip_protocol(protocol).set_ip_ranges(Some(ranges));
        it.set_from_port(ports.map(|it| it.0)).set_to_port(ports.map(|it| it.1)).build()
    }

    #[test]
    fn what_aws_groups_goes_back_into_the_blocks_it_came_from() {
        let known = BlockSet(vec![
            rule((80, 80), "tcp", &["10.0.0.0/8"]),
            rule((80, 80), "6", &["10.1.0.0/16", "10.2.0.0/16"]),
            rule((0, 0), "all", &["0.0.0.0/0"]),
        ]);
        let seen = [
            ranges("tcp", Some((80, 80)), &["10.2.0.0/16", "10.0.0.0/8", "10.1.0.0/16"]),
            ranges("-1", None, &["0.0.0.0/0"]),
        ];
        assert_eq!(blocks(Some(&known), told(&seen, "sg-1", "1")), known);
    }

    #[test]
    fn what_differs_shows() {
        let known = BlockSet(vec![rule((80, 80), "tcp", &["10.0.0.0/8", "10.1.0.0/16"])]);
        let seen = [ranges("tcp", Some((80, 80)), &["10.1.0.0/16", "10.9.0.0/16"])];
        let expected = BlockSet(vec![
            rule((80, 80), "tcp", &["10.1.0.0/16"]),
            rule((80, 80), "tcp", &["10.9.0.0/16"]),
        ]);
        assert_eq!(blocks(Some(&known), told(&seen, "sg-1", "1")), expected);
        assert_eq!(blocks(None, told(&[], "sg-1", "1")), BlockSet(Vec::new()));
    }

    #[test]
    fn groups_are_told_apart() {
        let pair = |account: &str, id: &str| {
            UserIdGroupPair::builder().user_id(account).group_id(id).build()
        };
        let seen = IpPermission::builder().ip_protocol("-1");
        let seen =
            seen.user_id_group_pairs(pair("1", "sg-1")).user_id_group_pairs(pair("1", "sg-2"));
        let seen = [seen.user_id_group_pairs(pair("2", "sg-3")).build()];
        let found = blocks(None, told(&seen, "sg-1", "1"));
        let groups = ["sg-2", "2/sg-3"].map(String::from).into_iter().collect();
        let expected = Rule {
            protocol: "-1".into(),
            itself: true,
            security_groups: Some(groups),
            ..Rule::BLANK
        };
        assert_eq!(found, BlockSet(vec![expected]));
    }
}
