//! What a table says of values: texts, numbers, lengths and forms; which arguments go together; and
//! when two values are the same.

use std::collections::BTreeSet;

use fastcart_hcl::schema::{Attribute, Compare, Format, Kind};
use serde_json::{Map, Value as Json};

use super::{Findings, flag};

/// What the facts say of a value or of the elements of a collection. What the provider checks in
/// code they do not tell, so there the table may say more.
pub struct Wanted<'a> {
    fact: &'a Json,
    /// Begins the names of what is said of elements.
    prefix: &'static str,
}

impl<'a> Wanted<'a> {
    pub fn new(it: &Attribute, fact: &'a Json) -> Self {
        let prefix = match it.kind {
            Kind::List(_) | Kind::Set(_) => "element_",
            Kind::Map(_) => "value_",
            _ => "",
        };
        Wanted { fact, prefix }
    }

    fn part(&self, name: &str) -> Option<&'a Json> {
        self.fact.get(format!("{}{name}", self.prefix))
    }

    /// Alternatives of which one must hold.
    fn any(&self) -> &'a [Json] {
        self.part("validation_any").and_then(Json::as_array).map_or(&[], Vec::as_slice)
    }

    fn is_checked_in_code(&self) -> bool {
        let alternatives = self.any().iter().any(|it| flag(it, "custom_validation"));
        let own = self.part("custom_validation").is_some();
        own || alternatives || flag(self.fact, "custom_validation")
    }

    fn format(&self) -> Option<&'a str> {
        self.part("format").and_then(Json::as_str)
    }

    fn range(&self) -> Option<(f64, f64)> {
        match self.format() {
            Some("port_or_zero") => return Some((0.0, 65535.0)),
            // A number that must not be missing must not be zero.
            Some("not_empty") if self.fact["type"] == "number" => {
                return Some((1.0, f64::INFINITY));
            }
            _ => {}
        }
        let of_any = self.any().iter().find_map(|it| it.get("range"));
        let range = self.part("range").or(of_any)?;
        let (low, high) = (range.get(0)?.as_f64(), range.get(1)?.as_f64());
        Some((low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY)))
    }

    fn multiple_of(&self) -> Option<i64> {
        self.any().iter().find_map(|it| it.get("multiple_of")).and_then(Json::as_i64)
    }

    /// The values of an enumeration, and whether the SDK may know newer ones.
    fn values(&self) -> (Vec<&'a Json>, bool) {
        let source = self.part("enum_source").and_then(Json::as_str).unwrap_or_default();
        let own = self.part("enum").and_then(Json::as_array).into_iter().flatten();
        let of_any = self.any().iter().filter_map(|it| it.get("enum")?.as_array()).flatten();
        (own.chain(of_any).collect(), source.starts_with("botocore"))
    }

    fn length(&self) -> Option<(usize, usize)> {
        match self.format() {
            Some("empty") => Some((0, 0)),
            _ => extent(self.part("length")?.get(0), self.part("length")?.get(1)),
        }
    }
}

fn extent(least: Option<&Json>, most: Option<&Json>) -> Option<(usize, usize)> {
    let number = |it: Option<&Json>| it.and_then(Json::as_u64).map(|it| it as usize);
    let (least, most) = (number(least), number(most));
    (least.is_some() || most.is_some()).then(|| (least.unwrap_or(0), most.unwrap_or(usize::MAX)))
}

/// Formats by the names that the facts have for them; none for one that no fact names.
fn format_name(it: Format) -> Option<&'static str> {
    Some(match it {
        Format::AccountId => "account_id",
        Format::Arn => "arn",
        Format::Base64 => "base64",
        Format::Bool => "nullable_bool",
        Format::Cidr => "cidr_network",
        Format::Cidr4 => "ipv4_cidr_network",
        Format::Cidr6 => "ipv6_cidr_network",
        Format::DailyWindow => "daily_window",
        Format::Float => "nullable_float",
        Format::Identifier | Format::IdentifierPrefix | Format::KmsAlias | Format::Path => {
            return None;
        }
        Format::Int => "nullable_int",
        Format::Ip => "ip_address",
        Format::Ip4 => "ipv4_address",
        Format::Ip6 => "ipv6_address",
        Format::Json => "json",
        Format::JsonOrYaml => "json_or_yaml",
        Format::KmsKey => "kms_key_id",
        Format::NotEmpty => "not_empty",
        Format::Policy => "iam_policy_json",
        Format::Time => "utc_timestamp",
        Format::WeeklyWindow => "weekly_window",
    })
}

/// Formats of the facts that are something else in a table.
fn is_other_rule(format: &str, fact: &Json) -> bool {
    matches!(format, "empty" | "port_or_zero")
        || (format == "not_empty" && fact["type"] == "number")
}

/// What one argument may be.
pub fn allowed(path: &str, it: &Attribute, fact: &Json, to: &mut Findings) {
    let wanted = Wanted::new(it, fact);
    let in_code = wanted.is_checked_in_code();
    let mut same = |aspect: &str, ours: String, theirs: String, says_more: bool| {
        if ours != theirs && !(in_code && says_more) {
            to.differs(path, aspect, ours, theirs);
        }
    };
    let (range, ours) = (wanted.range(), it.range);
    same("range", format!("{ours:?}"), format!("{range:?}"), range.is_none());
    let (multiple, ours) = (wanted.multiple_of(), it.multiple_of);
    same("multiple", format!("{ours:?}"), format!("{multiple:?}"), multiple.is_none());
    let (length, ours) = (wanted.length(), it.length);
    same("length", format!("{ours:?}"), format!("{length:?}"), length.is_none());
    let items = extent(fact.get("min_items"), fact.get("max_items"));
    same("elements", format!("{:?}", it.items), format!("{items:?}"), items.is_none());
    let prefix = fact
        .get("prefix_length")
        .and_then(|it| Some((it.get(0)?.as_u64()? as u8, it.get(1)?.as_u64()? as u8)));
    same("prefix", format!("{:?}", it.prefix), format!("{prefix:?}"), false);
    let theirs = wanted.format().filter(|it| !is_other_rule(it, fact)).map(|it| match it {
        "rfc3339" => "utc_timestamp",
        other => other,
    });
    let ours = it.format.map(|it| format_name(it).unwrap_or("of names"));
    same("format", format!("{ours:?}"), format!("{theirs:?}"), theirs.is_none());
    same("characters", it.characters.into(), String::new(), true);
    values(path, it, &wanted, to);
}

fn values(path: &str, it: &Attribute, wanted: &Wanted<'_>, to: &mut Findings) {
    let (all, from_sdk) = wanted.values();
    let numbers: BTreeSet<i64> = all.iter().filter_map(|it| it.as_i64()).collect();
    let ours: BTreeSet<i64> = it.numbers.iter().copied().collect();
    if ours != numbers {
        to.differs(path, "numbers", format!("{ours:?}"), format!("{numbers:?}"));
    }
    let theirs: BTreeSet<&str> = all.iter().filter_map(|it| it.as_str()).collect();
    let ours: BTreeSet<&str> = it.one_of.iter().copied().collect();
    // Of texts that are checked in code too only some are told, and none has them all.
    let open = wanted.is_checked_in_code() && ours.is_empty();
    let more = from_sdk || theirs.is_empty();
    if !open && (!theirs.is_subset(&ours) || (!more && ours != theirs)) {
        to.differs(path, "allowed values", format!("{ours:?}"), format!("{theirs:?}"));
    }
}

/// When two values are the same.
pub fn compared(path: &str, it: &Attribute, fact: &Json, to: &mut Findings) {
    let suppress = fact.get("diff_suppress").and_then(Json::as_str).unwrap_or_default();
    let wanted = match suppress {
        "json" | "iam_policy" => Some(Compare::Json),
        "case_insensitive" => Some(Compare::FoldCase),
        _ if flag(fact, "enum_ignore_case") => Some(Compare::FoldCase),
        _ => None,
    };
    // What the provider says in code, or by what it keeps, the facts do not tell.
    let open = suppress == "custom" || flag(fact, "state_func") || flag(fact, "computed");
    if wanted.is_some_and(|it_is| it.compare != it_is)
        || (wanted.is_none() && !open && it.compare != Compare::Exact)
    {
        to.differs(path, "compared", format!("{:?}", it.compare), format!("{wanted:?}"));
    }
}

/// Which arguments of one block go together.
pub fn beside(path: &str, ours: &[Attribute], fact: &Map<String, Json>, to: &mut Findings) {
    let known = |name: &&str| ours.iter().any(|it| it.name == *name);
    for it in ours {
        let lists = [it.conflicts, it.required_with, it.exactly_one_of, it.at_least_one_of];
        for other in lists.iter().copied().flatten().filter(|it| !known(it)) {
            to.differs(&format!("{path}.{}", it.name), other, "named", "no argument beside it");
        }
    }
    let all: Vec<(&str, &Json)> = ["attributes", "blocks"]
        .iter()
        .filter_map(|it| fact.get(*it)?.as_object())
        .flatten()
        .map(|(name, it)| (name.as_str(), it))
        .filter(|(name, _)| known(name))
        .collect();
    // They name arguments by their whole path, and all are of the same block.
    let names = |it: &'_ Json, rule: &str| -> BTreeSet<String> {
        let paths = it.get(rule).and_then(Json::as_array).into_iter().flatten();
        let last = paths.filter_map(Json::as_str).filter_map(|it| it.rsplit('.').next());
        last.filter(|it| known(it)).map(String::from).collect()
    };
    let ordered = |a: &str, b: &str| match a < b {
        true => (a.to_string(), b.to_string()),
        false => (b.to_string(), a.to_string()),
    };
    let pairs: BTreeSet<(String, String)> = ours
        .iter()
        .flat_map(|it| it.conflicts.iter().map(|other| ordered(it.name, other)))
        .collect();
    let theirs: BTreeSet<(String, String)> = all
        .iter()
        .flat_map(|(name, it)| {
            names(it, "conflicts_with").into_iter().map(|other| ordered(name, &other))
        })
        .collect();
    for (a, b) in pairs.symmetric_difference(&theirs) {
        let excludes = |all: &BTreeSet<(String, String)>| all.contains(&(a.clone(), b.clone()));
        let aspect = format!("excludes {b}");
        to.differs(&format!("{path}.{a}"), &aspect, excludes(&pairs), excludes(&theirs));
    }
    for it in ours {
        let needs: BTreeSet<String> = it.required_with.iter().map(ToString::to_string).collect();
        let theirs = all.iter().find(|(name, _)| *name == it.name);
        let theirs = theirs.map(|(_, fact)| names(fact, "required_with")).unwrap_or_default();
        if needs != theirs {
            let path = format!("{path}.{}", it.name);
            to.differs(&path, "needs", format!("{needs:?}"), format!("{theirs:?}"));
        }
    }
    type Group = fn(&Attribute) -> &'static [&'static str];
    let rules: [(&str, Group); 2] =
        [("exactly_one_of", |it| it.exactly_one_of), ("at_least_one_of", |it| it.at_least_one_of)];
    for (rule, of) in rules {
        // The first of a group says it for all.
        let mut groups = BTreeSet::new();
        for it in ours.iter().filter(|it| !of(it).is_empty()) {
            let (path, first) = (format!("{path}.{}", it.name), of(it)[0]);
            groups.insert(of(it).iter().map(ToString::to_string).collect::<BTreeSet<_>>());
            if first != it.name {
                to.differs(&path, rule, "said by another", format!("said by {first}"));
            }
        }
        let theirs: BTreeSet<BTreeSet<String>> =
            all.iter().map(|(_, it)| names(it, rule)).filter(|it| !it.is_empty()).collect();
        for group in groups.symmetric_difference(&theirs) {
            let first = group.iter().next().cloned().unwrap_or_default();
            let path = format!("{path}.{first}");
            to.differs(&path, rule, format!("{groups:?}"), format!("{theirs:?}"));
        }
    }
}
