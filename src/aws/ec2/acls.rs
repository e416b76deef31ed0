//! What network ACLs share: their rules, and which subnets follow them.

use super::prelude::*;
use types::{IcmpTypeCode, PortRange, RuleAction};

/// A rule, as it is written inside `aws_network_acl`.
#[derive(Clone, Debug, Default, PartialEq, Nested)]
pub struct AclLine {
    /// Whether such packets pass: `allow` or `deny`.
    #[attr(fold_case, one_of("allow", "deny"))]
    pub action: String,
    /// First port; 0 where the protocol has none.
    #[attr(range(0, 65535))]
    pub from_port: i32,
    /// Last port; 0 where the protocol has none.
    #[attr(range(0, 65535))]
    pub to_port: i32,
    /// Protocol by name or number; `-1` is every one.
    pub protocol: String,
    /// When the rule is looked at: the lowest number first, and the first that fits decides.
    #[attr(range(1, 32766))]
    pub rule_no: i32,
    /// Range of IPv4 addresses on the other side.
    #[attr(format = "ipv4_cidr_network")]
    pub cidr_block: Option<String>,
    /// Range of IPv6 addresses on the other side.
    #[attr(format = "ipv6_cidr_network")]
    pub ipv6_cidr_block: Option<String>,
    /// ICMP type; every one as `-1`. For the protocols `icmp` and `icmpv6`.
    pub icmp_type: Option<i32>,
    /// ICMP code; every one as `-1`. For the protocols `icmp` and `icmpv6`.
    pub icmp_code: Option<i32>,
}

/// The highest number that a rule can be written with; AWS's own, which deny, come after it.
const LAST: i32 = 32766;

const TCP: &str = "6";
const UDP: &str = "17";
const ICMP: [&str; 2] = ["1", "58"];

/// Protocols by the names that IANA gives them; AWS takes and tells numbers here.
const PROTOCOLS: &[(&str, &str)] = &[
    ("-1", "all"),
    ("1", "icmp"),
    ("2", "igmp"),
    ("4", "ipv4"),
    ("6", "tcp"),
    ("8", "egp"),
    ("17", "udp"),
    ("27", "rdp"),
    ("33", "dccp"),
    ("41", "ipv6"),
    ("46", "rsvp"),
    ("47", "gre"),
    ("50", "esp"),
    ("51", "ah"),
    ("58", "icmpv6"),
    ("58", "ipv6-icmp"),
    ("88", "eigrp"),
    ("89", "ospf"),
    ("89", "ospfigp"),
    ("94", "ipip"),
    ("103", "pim"),
    ("112", "vrrp"),
    ("115", "l2tp"),
    ("132", "sctp"),
    ("136", "udplite"),
    ("137", "mpls-in-ip"),
];

/// The number of a protocol; none where the text is no protocol.
pub(super) fn number(protocol: &str) -> Option<String> {
    let named = PROTOCOLS.iter().find(|(_, name)| name.eq_ignore_ascii_case(protocol));
    let is_number = || protocol.parse::<i16>().is_ok_and(|it| (-1..=255).contains(&it));
    named.map(|it| it.0.to_string()).or_else(|| is_number().then(|| protocol.to_string()))
}

/// What is wrong with a protocol, in words.
pub(super) const NO_PROTOCOL: &str =
    "it is no protocol: write a name such as `tcp`, a number, or `-1` for every one";

impl AclLine {
    /// The rule in the words in which AWS tells it.
    pub(super) fn plain(&self) -> AclLine {
        let protocol = number(&self.protocol).unwrap_or_else(|| self.protocol.clone());
        let set = |it: &Option<String>| it.clone().filter(|it| !it.is_empty());
        let ports = [TCP, UDP].contains(&&*protocol);
        let icmp = ICMP.contains(&&*protocol);
        AclLine {
            action: self.action.to_ascii_lowercase(),
            from_port: if ports { self.from_port } else { 0 },
            to_port: if ports { self.to_port } else { 0 },
            rule_no: self.rule_no,
            cidr_block: set(&self.cidr_block),
            ipv6_cidr_block: set(&self.ipv6_cidr_block),
            icmp_type: icmp.then(|| self.icmp_type.unwrap_or_default()),
            icmp_code: icmp.then(|| self.icmp_code.unwrap_or_default()),
            protocol,
        }
    }

    fn ports(&self) -> Option<PortRange> {
        let range = PortRange::builder().from(self.from_port).to(self.to_port);
        [TCP, UDP].contains(&&*self.protocol).then(|| range.build())
    }

    fn icmp(&self) -> Option<IcmpTypeCode> {
        let it = IcmpTypeCode::builder().set_type(self.icmp_type).set_code(self.icmp_code);
        ICMP.contains(&&*self.protocol).then(|| it.build())
    }

    /// Adds the rule. Sent once: sent again after a lost reply, AWS would say that it exists.
    pub(super) async fn create(&self, aws: &Aws, acl: &str, egress: bool) -> Result<()> {
        let it = self.plain();
        let call = aws.ec2().create_network_acl_entry().network_acl_id(acl).egress(egress);
        call.rule_number(it.rule_no)
            .protocol(&it.protocol)
            .rule_action(RuleAction::from(&*it.action))
            .set_port_range(it.ports())
            .set_icmp_type_code(it.icmp())
            .set_cidr_block(it.cidr_block)
            .set_ipv6_cidr_block(it.ipv6_cidr_block)
            .customize()
            .config_override(once())
            .send()
            .await?;
        Ok(())
    }

    async fn replace(&self, aws: &Aws, acl: &str, egress: bool) -> Result<()> {
        let it = self.plain();
        let call = aws.ec2().replace_network_acl_entry().network_acl_id(acl).egress(egress);
        call.rule_number(it.rule_no)
            .protocol(&it.protocol)
            .rule_action(RuleAction::from(&*it.action))
            .set_port_range(it.ports())
            .set_icmp_type_code(it.icmp())
            .set_cidr_block(it.cidr_block)
            .set_ipv6_cidr_block(it.ipv6_cidr_block)
            .send()
            .await?;
        Ok(())
    }

    /// Takes the rule away.
    pub(super) async fn delete(&self, aws: &Aws, acl: &str, egress: bool) -> Result<()> {
        let call = aws.ec2().delete_network_acl_entry().network_acl_id(acl).egress(egress);
        unless_gone(call.rule_number(self.rule_no).send().await)
    }
}

impl From<&types::NetworkAclEntry> for AclLine {
    fn from(it: &types::NetworkAclEntry) -> Self {
        let (ports, icmp) = (it.port_range.as_ref(), it.icmp_type_code.as_ref());
        AclLine {
            action: it.rule_action.as_ref().map(|it| it.to_string()).unwrap_or_default(),
            from_port: ports.and_then(|it| it.from).unwrap_or_default(),
            to_port: ports.and_then(|it| it.to).unwrap_or_default(),
            protocol: it.protocol.clone().unwrap_or_default(),
            rule_no: it.rule_number.unwrap_or_default(),
            cidr_block: it.cidr_block.clone(),
            ipv6_cidr_block: it.ipv6_cidr_block.clone(),
            icmp_type: icmp.and_then(|it| it.r#type),
            icmp_code: icmp.and_then(|it| it.code),
        }
        .plain()
    }
}

/// What AWS tells of the rules of one direction, in the words that are known where both mean the same.
pub(super) fn told(known: &[AclLine], seen: &types::NetworkAcl, egress: bool) -> Vec<AclLine> {
    let written = seen.entries().iter().filter(|it| {
        it.egress == Some(egress) && it.rule_number.is_some_and(|number| number <= LAST)
    });
    let lines = written.map(AclLine::from);
    lines.map(|it| known.iter().find(|k| k.plain() == it).cloned().unwrap_or(it)).collect()
}

/// Makes the rules of one direction those wanted, each by itself: AWS takes no more than one in a
/// call, and none of them waits.
pub(super) async fn change(
    aws: &Aws,
    acl: &str,
    egress: bool,
    want: &[AclLine],
    now: &[AclLine],
) -> Result<()> {
    for new in want {
        match now.iter().find(|it| it.rule_no == new.rule_no) {
            None => match new.create(aws, acl, egress).await {
                // Added by a call whose reply was lost: the next look tells as what.
                Err(it) if it.kind == FailureKind::Exists => {}
                other => other?,
            },
            Some(old) if old.plain() != new.plain() => new.replace(aws, acl, egress).await?,
            Some(_) => {}
        }
    }
    for old in now.iter().filter(|old| !want.iter().any(|it| it.rule_no == old.rule_no)) {
        old.delete(aws, acl, egress).await?;
    }
    Ok(())
}

/// Refuses what is wrong with rules that are known at plan.
pub(super) fn check(view: &crate::schema::View<'_>, name: &str, diagnostics: &mut Diagnostics) {
    let Some(lines) = view.field::<BlockSet<AclLine>>(name).known() else { return };
    for it in &lines.0 {
        let set = |it: &Option<String>| it.as_ref().is_some_and(|it| !it.is_empty());
        if number(&it.protocol).is_none() {
            view.refuse(
                diagnostics,
                name,
                format!("rule {}: `protocol`: {NO_PROTOCOL}", it.rule_no),
            );
        }
        if set(&it.cidr_block) == set(&it.ipv6_cidr_block) {
            let why = "write one of `cidr_block` and `ipv6_cidr_block`";
            view.refuse(diagnostics, name, format!("rule {}: {why}", it.rule_no));
        }
        let twin = |other: &&AclLine| other.rule_no == it.rule_no;
        if lines.0.iter().filter(twin).count() > 1 {
            let why = format!("several rules have the number {}", it.rule_no);
            view.refuse(diagnostics, name, why);
        }
    }
}

/// Subnets that follow the ACL.
pub(super) fn followers(seen: &types::NetworkAcl) -> Set<String> {
    seen.associations().iter().filter_map(|it| it.subnet_id.clone()).collect()
}

/// Lets subnets follow an ACL instead of the one that they follow now.
pub(super) async fn follow(aws: &Aws, acl: &str, subnets: &[String]) -> Result<()> {
    for subnet in subnets {
        let now = aws.load::<NetworkAcls>(subnet).await?;
        if now.as_ref().is_some_and(|it| it.network_acl_id() == Some(acl)) {
            continue;
        }
        let mut all = now.into_iter().flat_map(|it| it.associations.unwrap_or_default());
        let old = all.find(|it| it.subnet_id() == Some(subnet));
        let Some(association) = old.and_then(|it| it.network_acl_association_id) else {
            let why = format!("there is no subnet `{subnet}` that follows a network ACL");
            return Err(Failure::new(FailureKind::NotFound, why));
        };
        let call = aws.ec2().replace_network_acl_association().association_id(association);
        call.network_acl_id(acl).customize().config_override(once()).send().await?;
    }
    Ok(())
}

/// Lets subnets follow the ACL that came with their VPC.
pub(super) async fn release(aws: &Aws, vpc: &str, subnets: &[String]) -> Result<()> {
    if subnets.is_empty() {
        return Ok(());
    }
    let missing = || Failure::fatal(format!("`{vpc}` has no default network ACL"));
    let default = aws.load::<NetworkAcls>(vpc).await?.ok_or_else(missing)?;
    follow(aws, default.network_acl_id().unwrap_or_default(), subnets).await
}

/// An ACL, and its ARN.
pub type Seen = (String, types::NetworkAcl);

/// The ACL of that identifier.
pub(super) async fn find(id: &str, aws: &Aws) -> Result<Option<Seen>> {
    let Some(seen) = aws.load::<NetworkAcls>(id).await? else { return Ok(None) };
    let owner = seen.owner_id().unwrap_or_default();
    Ok(Some((aws.arn("ec2", owner, format_args!("network-acl/{id}")), seen)))
}

/// Every ACL being read right now, in one call where they are in networks that are read too: by its
/// own identifier, by a subnet that follows it, or as the default one of a VPC.
pub(super) struct NetworkAcls;

impl Batch for NetworkAcls {
    type Item = types::NetworkAcl;
    const MAX: usize = 200;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::NetworkAcl>> {
        let stages =
            [("vpc-", "vpc-id"), ("acl-", "network-acl-id"), ("subnet-", "association.subnet-id")];
        let ask = |filters| async move {
            let call = aws.ec2().describe_network_acls().set_filters(Some(filters));
            Ok(call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?)
        };
        let names_of = |it: &types::NetworkAcl| {
            let network = it.vpc_id.clone().filter(|_| it.is_default == Some(true));
            let subnets = it.associations().iter().filter_map(|it| it.subnet_id.clone());
            it.network_acl_id.iter().cloned().chain(network).chain(subnets).collect()
        };
        staged(&names, &stages, filter("default", ["true"]), ask, names_of).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_the_same_in_other_words() {
        let written = AclLine {
            action: "ALLOW".into(),
            protocol: "tcp".into(),
            from_port: 80,
            to_port: 80,
            rule_no: 100,
            cidr_block: Some("10.0.0.0/8".into()),
            ipv6_cidr_block: Some(String::new()),
            ..AclLine::default()
        };
        let range = PortRange::builder().from(80).to(80).build();
        let entry = |number: i32| {
            types::NetworkAclEntry::builder()
                .egress(false)
                .rule_number(number)
                .protocol("6")
                .rule_action(RuleAction::Allow)
                .port_range(range.clone())
                .cidr_block("10.0.0.0/8")
                .build()
        };
        let seen = types::NetworkAcl::builder().entries(entry(100)).entries(entry(32767)).build();
        assert_eq!(told(&[], &seen, false), [written.plain()]);
        let known = [written];
        assert_eq!(told(&known, &seen, false), known);
        assert_eq!(told(&[], &seen, true), []);
    }

    #[test]
    fn protocols_have_numbers() {
        let cases = [
            ("tcp", Some("6")),
            ("TCP", Some("6")),
            ("all", Some("-1")),
            ("-1", Some("-1")),
            ("58", Some("58")),
            ("256", None),
            ("tpc", None),
        ];
        for (text, expected) in cases {
            assert_eq!(number(text).as_deref(), expected, "{text}");
        }
    }
}
