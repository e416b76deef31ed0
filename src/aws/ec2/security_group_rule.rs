//! `aws_security_group_rule`: rules of a security group for several others at once.
//!
//! Longer than most: AWS keeps one rule for each of the others, and none is all of them.

use super::permissions::{Way, protocol};
use super::prelude::*;
use super::rules::{Line, Rules, authorize};

/// Allows one kind of packet between members of a security group and others: several ranges, lists or
/// groups at once. `aws_vpc_security_group_ingress_rule` and `aws_vpc_security_group_egress_rule` are
/// one rule each, and can be tagged.
///
/// ```hcl
/// resource "aws_security_group_rule" "postgres" {
///   security_group_id = "sg-0123456789abcdef0"
///   type              = "ingress"
///   protocol          = "tcp"
///   from_port         = 5432
///   to_port           = 5432
///   cidr_blocks       = ["10.0.1.0/24", "10.0.2.0/24"]
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_security_group_rule", create = "5m")]
pub struct SecurityGroupRule {
    /// Security group that the rules are part of.
    #[attr(replace)]
    pub security_group_id: String,
    /// Which way packets go: `ingress` to members, `egress` from them.
    #[attr(replace, one_of("egress", "ingress"))]
    pub r#type: String,
    /// Protocol by name or number; `-1` is every one.
    #[attr(replace)]
    pub protocol: String,
    /// First port, or the ICMP type; 0 with the protocol `-1`.
    #[attr(replace)]
    pub from_port: i32,
    /// Last port, or the ICMP code; 0 with the protocol `-1`.
    #[attr(replace)]
    pub to_port: i32,
    /// Ranges of IPv4 addresses on the other side; none when unset.
    #[attr(
        replace,
        conflicts("self", "source_security_group_id"),
        format = "ipv4_cidr_network",
        at_least_one_of(
            "cidr_blocks",
            "ipv6_cidr_blocks",
            "prefix_list_ids",
            "self",
            "source_security_group_id"
        )
    )]
    pub cidr_blocks: Option<Vec<String>>,
    /// Ranges of IPv6 addresses on the other side; none when unset.
    #[attr(replace, conflicts("self", "source_security_group_id"), format = "ipv6_cidr_network")]
    pub ipv6_cidr_blocks: Option<Vec<String>>,
    /// Managed prefix lists on the other side; none when unset.
    #[attr(replace, format = "not_empty")]
    pub prefix_list_ids: Option<Vec<String>>,
    /// Whether members of the group itself are on the other side.
    #[attr(name = "self", replace, default = false)]
    pub itself: bool,
    /// Security group on the other side; that of another account as `123456789012/sg-…`.
    #[attr(replace, conflicts("cidr_blocks", "ipv6_cidr_blocks", "self"))]
    pub source_security_group_id: Auto<String>,
    /// What the rules are for; empty when unset.
    #[attr(characters = "a-zA-Z0-9_ .:/()#,@[]+=&;{}!$*-")]
    pub description: Option<String>,
    /// Identifier of the rule, where it is one.
    pub security_group_rule_id: Out<String>,
}

impl Driver for SecurityGroupRule {
    type Cloud = Aws;
    type Seen = (SecurityGroupRule, Vec<types::SecurityGroupRule>);

    /// One call: all the rules are added, or none.
    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let it = self.permission();
        let made = authorize(aws, &self.security_group_id, self.way(), it, None).await;
        op.or_adopt(made.map(|_| self.identifier()), || self.identifier())
    }

    /// Its rules as far as they are there: the identifier says which.
    async fn find(id: &Id, aws: &Aws) -> Result<Option<Self::Seen>> {
        let Some(named) = SecurityGroupRule::named(id) else { return Ok(None) };
        let all = aws.load::<Rules>(&named.security_group_id).await?.unwrap_or_default();
        let lines = named.lines();
        let ours = |seen: &types::SecurityGroupRule| {
            named.way().has(seen) && lines.iter().any(|it| it.is(seen))
        };
        let found: Vec<_> = all.into_iter().filter(ours).collect();
        Ok(Some((named, found)).filter(|it| !it.1.is_empty()))
    }

    fn status(_: &Self::Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (named, seen): Self::Seen) {
        let lines: Vec<Line> = named.lines();
        let is_there = |it: &Line| seen.iter().any(|seen| it.is(seen));
        let there: Vec<&Line> = lines.iter().filter(|it| is_there(it)).collect();
        let ranges = |known: Option<Vec<String>>, of: fn(&Line) -> Option<&String>| {
            let found: Vec<String> = there.iter().filter_map(|it| of(it).cloned()).collect();
            let known = known.unwrap_or_default();
            // In the order in which they are written.
            let mut kept: Vec<String> = known.into_iter().filter(|it| found.contains(it)).collect();
            let rest: Vec<_> = found.into_iter().filter(|it| !kept.contains(it)).collect();
            kept.extend(rest);
            Some(kept).filter(|it| !it.is_empty())
        };
        self.cidr_blocks = ranges(self.cidr_blocks.take(), |it| it.cidr_ipv4.as_ref());
        self.ipv6_cidr_blocks = ranges(self.ipv6_cidr_blocks.take(), |it| it.cidr_ipv6.as_ref());
        self.prefix_list_ids = ranges(self.prefix_list_ids.take(), |it| it.prefix_list_id.as_ref());
        let refers = |group: &String| {
            there.iter().any(|it| it.referenced_security_group_id.as_ref() == Some(group))
        };
        self.itself = named.itself && refers(&named.security_group_id);
        self.source_security_group_id.set(named.source_security_group_id.given().filter(refers));
        if protocol(&self.protocol) != named.protocol {
            self.protocol = named.protocol;
        }
        if Line::has_ports(&self.protocol) {
            (self.from_port, self.to_port) = (named.from_port, named.to_port);
        }
        self.security_group_id = named.security_group_id;
        self.r#type = named.r#type;
        let mut descriptions = seen.iter().map(|it| it.description().unwrap_or_default());
        let other = descriptions.find(|it| Some(*it) != self.description.as_deref());
        let told = other.or(self.description.as_deref()).unwrap_or_default().to_string();
        self.description = Some(told).filter(|it| !it.is_empty());
        let single = seen.first().filter(|_| seen.len() == 1);
        let id = single.and_then(|it| it.security_group_rule_id.clone());
        self.security_group_rule_id.set(id);
    }

    async fn update(&self, have: &Self, _: &Id, aws: &Aws) -> Result<()> {
        let words = |it: &Self| it.description.clone().filter(|it| !it.is_empty());
        if words(self) == words(have) {
            return Ok(());
        }
        let (ec2, group) = (aws.ec2(), &self.security_group_id);
        match self.way() {
            Way::In => {
                let call = ec2.update_security_group_rule_descriptions_ingress().group_id(group);
                call.ip_permissions(self.permission()).send().await?;
            }
            Way::Out => {
                let call = ec2.update_security_group_rule_descriptions_egress().group_id(group);
                call.ip_permissions(self.permission()).send().await?;
            }
        }
        Ok(())
    }

    async fn delete(&self, _: &Id, aws: &Aws) -> Result<()> {
        let (ec2, group) = (aws.ec2(), &self.security_group_id);
        match self.way() {
            Way::In => {
                let call = ec2.revoke_security_group_ingress().group_id(group);
                call.ip_permissions(self.permission()).send().await?;
            }
            Way::Out => {
                let call = ec2.revoke_security_group_egress().group_id(group);
                call.ip_permissions(self.permission()).send().await?;
            }
        }
        Ok(())
    }

    /// Terraform's identifiers are checksums, by which nothing can be found.
    async fn moved(&self, _: &Aws) -> Result<Option<Id>> {
        Ok(Some(self.identifier()))
    }

    async fn import(text: &str, _: &Aws) -> Result<Id> {
        let wrong = || {
            Failure::fatal(format!("`{text}` names no rule")).hint(
                "write group, type, protocol, ports and the others, joined by `_`: \
                 `sg-0123456789abcdef0_ingress_tcp_80_80_10.0.0.0/8_self`",
            )
        };
        SecurityGroupRule::named(text).map(|it| it.identifier()).ok_or_else(wrong)
    }
}

impl SecurityGroupRule {
    fn way(&self) -> Way {
        if self.r#type == "egress" { Way::Out } else { Way::In }
    }

    /// Each rule by itself, as AWS keeps it.
    fn lines(&self) -> Vec<Line> {
        let one = |to: fn(&mut Line, String), other: &String| {
            let mut it = Line {
                security_group_id: self.security_group_id.clone(),
                ip_protocol: self.protocol.clone(),
                from_port: Some(self.from_port),
                to_port: Some(self.to_port),
                cidr_ipv4: None,
                cidr_ipv6: None,
                prefix_list_id: None,
                referenced_security_group_id: None,
                description: self.description.clone(),
            };
            to(&mut it, other.clone());
            it
        };
        let group = self.source_security_group_id.get().filter(|it| !it.is_empty());
        let itself = self.itself.then_some(&self.security_group_id);
        let v4 =
            self.cidr_blocks.iter().flatten().map(|it| one(|to, it| to.cidr_ipv4 = Some(it), it));
        let v6 = self.ipv6_cidr_blocks.iter().flatten();
        let v6 = v6.map(|it| one(|to, it| to.cidr_ipv6 = Some(it), it));
        let lists = self.prefix_list_ids.iter().flatten();
        let lists = lists.map(|it| one(|to, it| to.prefix_list_id = Some(it), it));
        let groups = itself.into_iter().chain(group);
        let groups = groups.map(|it| one(|to, it| to.referenced_security_group_id = Some(it), it));
        v4.chain(v6).chain(lists).chain(groups).collect()
    }

    /// All of them as one permission.
    fn permission(&self) -> types::IpPermission {
        let mut whole = types::IpPermission::builder().build();
        for it in self.lines() {
            let one = it.permission();
            whole.ip_protocol = one.ip_protocol;
            (whole.from_port, whole.to_port) = (one.from_port, one.to_port);
            whole.ip_ranges.get_or_insert_default().extend(one.ip_ranges.unwrap_or_default());
            whole.ipv6_ranges.get_or_insert_default().extend(one.ipv6_ranges.unwrap_or_default());
            let lists = one.prefix_list_ids.unwrap_or_default();
            whole.prefix_list_ids.get_or_insert_default().extend(lists);
            let groups = one.user_id_group_pairs.unwrap_or_default();
            whole.user_id_group_pairs.get_or_insert_default().extend(groups);
        }
        whole
    }

    /// What tells the rules from all others: the string that Terraform imports them by.
    fn identifier(&self) -> Id {
        let protocol = protocol(&self.protocol);
        let (group, way, from, to) =
            (&self.security_group_id, &self.r#type, self.from_port, self.to_port);
        let mut id = format!("{group}_{way}_{protocol}_{from}_{to}");
        let ranges = self.cidr_blocks.iter().chain(&self.ipv6_cidr_blocks);
        let mut others: Vec<&str> =
            ranges.chain(&self.prefix_list_ids).flatten().map(String::as_str).collect();
        others.extend(self.itself.then_some("self"));
        others.extend(self.source_security_group_id.get().map(String::as_str));
        for other in others.into_iter().filter(|it| !it.is_empty()) {
            id.push('_');
            id.push_str(other);
        }
        Id(id)
    }

    /// What an identifier says.
    fn named(id: &str) -> Option<SecurityGroupRule> {
        let mut parts = id.split('_');
        let mut it = <SecurityGroupRule as crate::schema::Row>::blank();
        it.security_group_id = parts.next().filter(|it| it.starts_with("sg-"))?.into();
        it.r#type = parts.next().filter(|it| ["egress", "ingress"].contains(it))?.into();
        it.protocol = protocol(parts.next()?);
        let port = |text: &str| if text == "all" { Some(0) } else { text.parse().ok() };
        it.from_port = port(parts.next()?)?;
        it.to_port = port(parts.next()?)?;
        for other in parts {
            let push = |list: &mut Option<Vec<String>>| {
                list.get_or_insert_default().push(other.to_string());
            };
            match other {
                "self" => it.itself = true,
                _ if other.starts_with("pl-") => push(&mut it.prefix_list_ids),
                _ if other.contains(':') => push(&mut it.ipv6_cidr_blocks),
                _ if other.starts_with("sg-") || other.contains("/sg-") => {
                    it.source_security_group_id.set(other.to_string());
                }
                _ => push(&mut it.cidr_blocks),
            }
        }
        Some(it).filter(|it| !it.lines().is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_say_what_the_rules_are() {
        let cases = [
            "sg-1_ingress_tcp_80_80_10.0.0.0/8_2001:db8::/32_pl-1",
            "sg-1_egress_-1_0_0_self",
            "sg-1_ingress_udp_53_53_123456789012/sg-2",
        ];
        for text in cases {
            let named = SecurityGroupRule::named(text).unwrap();
            assert_eq!(&*named.identifier(), text);
        }
        let all = SecurityGroupRule::named("sg-1_ingress_all_0_65535_sg-2").unwrap();
        assert_eq!(all.protocol, "-1");
        for text in ["sgrule-123", "sg-1_ingress_tcp_80_80", "sg-1_in_tcp_80_80_self", "sg-1"] {
            assert!(SecurityGroupRule::named(text).is_none(), "{text}");
        }
    }
}
