//! The rules of a table: what each argument may be, and which arguments go together.
//!
//! What is not known yet is never refused, and what is sensitive is never told.

use super::arguments::{PlacesMap, place};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lang::value::{Kind as ValueKind, Value};
use crate::schema::{Attribute, Kind, allowed};

/// Refuses the arguments that break a rule of their table.
pub fn check(
    row: &Value,
    attributes: &[Attribute],
    places: &PlacesMap,
    diagnostics: &mut Diagnostics,
) {
    Body { row, attributes, at: "", places }.check(diagnostics);
}

/// The arguments of a resource or of one nested block. What is not known yet may turn out to be null,
/// so it counts neither as set nor as missing.
struct Body<'a> {
    row: &'a Value,
    attributes: &'a [Attribute],
    /// Path of the block; empty for the resource itself.
    at: &'a str,
    places: &'a PlacesMap,
}

impl Body<'_> {
    fn check(&self, found: &mut Diagnostics) {
        let arguments = || self.attributes.iter().filter(|it| it.is_argument());
        for (index, it) in arguments().enumerate() {
            let earlier = || arguments().take(index);
            let wrong = [
                self.conflict(it, earlier()),
                self.lonely(it),
                self.many_or_none(it),
                self.none(it),
            ];
            found.extend(wrong.into_iter().flatten());
            let Some(value) = self.row.part(it.name).filter(|it| it.is_known() && !it.is_null())
            else {
                continue;
            };
            found.extend(self.values(it, value));
            if let Kind::Block { attributes, .. } = it.kind {
                for (index, row) in value.as_slice().unwrap_or_default().iter().enumerate() {
                    let at = format!("{}[{index}]", self.path(it.name));
                    Body { row, attributes, at: &at, places: self.places }.check(found);
                }
            }
        }
    }

    fn path(&self, name: &str) -> String {
        match self.at {
            "" => name.into(),
            at => format!("{at}.{name}"),
        }
    }

    /// An error at the argument, or at the block that it is missing from.
    fn error(&self, name: &str, summary: impl Into<String>, detail: String) -> Diagnostic {
        let mut it = Diagnostic::error(summary, detail);
        it.span = place(self.places, &self.path(name));
        it
    }

    /// An error between arguments, which are told by their names in the block.
    fn between(&self, name: &str, summary: &str, detail: String) -> Diagnostic {
        let detail = match self.at {
            "" => detail,
            at => format!("in `{at}`: {detail}"),
        };
        self.error(name, summary, detail)
    }

    fn part(&self, name: &str) -> Option<&Value> {
        self.row
            .part(name)
            .filter(|it| !it.is_null() && it.as_slice().is_none_or(|items| !items.is_empty()))
    }

    fn is_set(&self, name: &str) -> bool {
        self.part(name).is_some_and(Value::is_known)
    }

    fn is_missing(&self, name: &str) -> bool {
        self.part(name).is_none()
    }

    /// An argument that excludes an earlier one: told once, whichever of them says it.
    fn conflict<'a>(
        &self,
        it: &Attribute,
        earlier: impl Iterator<Item = &'a Attribute>,
    ) -> Option<Diagnostic> {
        if !self.is_set(it.name) {
            return None;
        }
        let excludes = |other: &&Attribute| {
            let excluded = it.conflicts.contains(&other.name) || other.conflicts.contains(&it.name);
            // Of a group of which one is to be set, that is told.
            excluded && !self.is_grouped(it.name, other.name)
        };
        let others = earlier.filter(excludes).map(|it| it.name).filter(|it| self.is_set(it));
        let others: Vec<&str> = others.collect();
        let detail = match others.as_slice() {
            [] => return None,
            _ => format!("`{}` cannot be set together with {}", it.name, list(&others)),
        };
        let mut wrong = self
            .between(it.name, "Conflicting configuration arguments", detail)
            .hint("leave out one of them");
        for other in others {
            wrong.labels.extend(self.label(other, "set here"));
        }
        Some(wrong)
    }

    /// Whether exactly one of a group with both is to be set.
    fn is_grouped(&self, one: &str, other: &str) -> bool {
        let mut groups = self.attributes.iter().map(|it| it.exactly_one_of);
        groups.any(|group| group.contains(&one) && group.contains(&other))
    }

    fn label(&self, name: &str, text: &str) -> Option<(crate::diag::Span, String)> {
        Some((*self.places.get(&self.path(name))?, text.into()))
    }

    /// An argument that needs others beside it.
    fn lonely(&self, it: &Attribute) -> Option<Diagnostic> {
        if !self.is_set(it.name) {
            return None;
        }
        let missing = it.required_with.iter().copied().filter(|it| self.is_missing(it));
        let missing: Vec<&str> = missing.collect();
        if missing.is_empty() {
            return None;
        }
        let (own, others) = (it.name, list(&missing));
        let detail = format!("`{own}` needs {others} to be set beside it");
        Some(
            self.between(it.name, "Missing required argument", detail)
                .hint(format!("write {others}, or leave `{own}` out")),
        )
    }

    /// Several arguments, or none, of which one is to be set.
    fn many_or_none(&self, it: &Attribute) -> Option<Diagnostic> {
        let group = it.exactly_one_of;
        if group.first() != Some(&it.name) {
            return None;
        }
        let set: Vec<&str> = group.iter().copied().filter(|it| self.is_set(it)).collect();
        let wanted = format!("exactly one of {} must be set", list(group));
        let (at, found) = match set.as_slice() {
            [] if group.iter().all(|it| self.is_missing(it)) => (it.name, "none is".to_string()),
            [_, second, ..] => (*second, format!("{} are", list(&set))),
            _ => return None,
        };
        let detail = format!("{wanted}, but {found}");
        let mut wrong = self.between(at, "Invalid combination of arguments", detail);
        for other in set.iter().filter(|it| **it != at) {
            wrong.labels.extend(self.label(other, "set here"));
        }
        Some(wrong)
    }

    /// No argument, where one or more of a few must be set.
    fn none(&self, it: &Attribute) -> Option<Diagnostic> {
        let group = it.at_least_one_of;
        let is_first = group.first() == Some(&it.name);
        (is_first && group.iter().all(|it| self.is_missing(it))).then(|| {
            let detail = format!("one of {} must be set, but none is", list(group));
            self.between(it.name, "Missing required argument", detail)
        })
    }

    /// Values that are not allowed, one for each argument.
    fn values(&self, it: &Attribute, value: &Value) -> Option<Diagnostic> {
        let refuse = |detail: String| {
            let summary = format!("invalid value for `{}`", self.path(it.name));
            self.error(it.name, summary, detail)
        };
        if let Some(detail) = too_many_or_few(it, value) {
            return Some(refuse(detail));
        }
        let secret = it.sensitive || it.write_only;
        let hidden = |one: &Value| {
            let marked = |it: &Value| it.has_sensitive() || it.has_ephemeral();
            secret || marked(value) || marked(one)
        };
        elements(value).find_map(|(place, one)| {
            let wrong = allowed::misfit(it, one)?;
            if hidden(one) {
                return Some(refuse(format!("{place}(sensitive) {}", wrong.why)));
            }
            let mut told = refuse(format!("{one:?} {}", wrong.why));
            told.hints.extend(wrong.hint);
            Some(told)
        })
    }
}

/// Names of arguments in a sentence.
fn list(names: &[&str]) -> String {
    format!("`{}`", names.join("`, `"))
}

/// How many elements there are, where it is not as many as there may be.
fn too_many_or_few(it: &Attribute, value: &Value) -> Option<String> {
    let (least, most) = it.items?;
    // Elements of a set that are not known yet may turn out to be the same.
    let open = !value.is_wholly_known() && matches!(it.kind, Kind::Set(_));
    let count = value.as_slice().map(<[Value]>::len).or(value.as_entries().map(|it| it.len()))?;
    let wrong = count < least || (count > most && !open);
    wrong.then(|| {
        let wanted = allowed::extent(least, most);
        format!("it has {count} elements, and {wanted} are allowed")
    })
}

/// The value itself, or its known elements, each with where it stands.
fn elements(value: &Value) -> Box<dyn Iterator<Item = (Place<'_>, &Value)> + '_> {
    let known = |(_, it): &(Place<'_>, &Value)| it.is_known() && !it.is_null();
    match (value.as_slice(), value.as_entries()) {
        (Some(items), _) => {
            let place = |at| match value.kind() {
                ValueKind::Set(..) => Place::Member,
                _ => Place::Index(at),
            };
            let each = items.iter().enumerate();
            Box::new(each.map(move |(at, it)| (place(at), it)).filter(known))
        }
        (_, Some(entries)) => {
            let each = entries.iter();
            Box::new(each.map(|(key, it)| (Place::Key(key), it)).filter(known))
        }
        _ => Box::new(std::iter::once((Place::Whole, value))),
    }
}

/// Where a value that is not told stands in its argument.
enum Place<'a> {
    /// It is the argument.
    Whole,
    /// It is that element of a list.
    Index(usize),
    /// It is an element of a set.
    Member,
    /// It is that element of a map.
    Key(&'a str),
}

impl std::fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Whole => Ok(()),
            Place::Index(at) => write!(f, "element {at} "),
            Place::Member => f.write_str("an element "),
            Place::Key(key) => write!(f, "{key:?} "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lang::types::Type;
    use crate::schema::{Format, Nesting};

    const TEXT: Attribute = Attribute { kind: Kind::String, ..Attribute::BLANK };
    const RULE: &[Attribute] = &[
        Attribute { name: "range", format: Some(Format::Cidr), ..TEXT },
        Attribute { name: "group", conflicts: &["range"], ..TEXT },
    ];
    const TABLE: &[Attribute] = &[
        Attribute { name: "name", ..TEXT },
        Attribute { name: "prefix", conflicts: &["name"], ..TEXT },
        Attribute { name: "key", required_with: &["region"], ..TEXT },
        Attribute { name: "region", ..TEXT },
        Attribute { name: "zone", exactly_one_of: &["zone", "subnet"], ..TEXT },
        Attribute { name: "subnet", ..TEXT },
        Attribute { name: "pattern", at_least_one_of: &["pattern", "schedule"], ..TEXT },
        Attribute { name: "schedule", ..TEXT },
        Attribute { name: "token", length: Some((4, 8)), sensitive: true, ..TEXT },
        Attribute {
            name: "hosts",
            kind: Kind::List(&Kind::String),
            format: Some(Format::Ip),
            items: Some((1, 2)),
            ..Attribute::BLANK
        },
        Attribute {
            name: "zones",
            kind: Kind::Set(&Kind::String),
            format: Some(Format::Arn),
            ..Attribute::BLANK
        },
        Attribute {
            name: "rule",
            kind: Kind::Block {
                attributes: RULE,
                nesting: Nesting::List,
                count: (0, usize::MAX),
                as_attribute: false,
            },
            ..Attribute::BLANK
        },
    ];

    /// What is told of arguments beside those that are right.
    fn told(arguments: Vec<(&'static str, Value)>) -> Vec<String> {
        let right = [("zone", Value::from("a")), ("pattern", "{}".into())];
        let given = |name: &str| arguments.iter().any(|it| it.0 == name);
        let rest: Vec<_> = right.into_iter().filter(|it| !given(it.0)).collect();
        let row = Value::object(arguments.into_iter().chain(rest));
        let mut found = Diagnostics::new();
        check(&row, TABLE, &PlacesMap::new(), &mut found);
        found.iter().map(|it| it.detail.clone()).collect()
    }

    #[test]
    fn arguments_go_together_or_not() {
        let (text, null) = (|| Value::from("x"), || Value::null(Type::String));
        let unknown = || Value::unknown(Type::String);
        type Case = (Vec<(&'static str, Value)>, &'static [&'static str]);
        let cases: [Case; 10] = [
            (vec![], &[]),
            (
                vec![("name", text()), ("prefix", text())],
                &["`prefix` cannot be set together with `name`"],
            ),
            (vec![("name", text()), ("prefix", unknown())], &[]),
            (vec![("key", text())], &["`key` needs `region` to be set beside it"]),
            (vec![("key", text()), ("region", unknown())], &[]),
            (
                vec![("zone", text()), ("subnet", text())],
                &["exactly one of `zone`, `subnet` must be set, but `zone`, `subnet` are"],
            ),
            (vec![("zone", null())], &["exactly one of `zone`, `subnet` must be set, but none is"]),
            (vec![("zone", null()), ("subnet", unknown())], &[]),
            (vec![("pattern", null())], &["one of `pattern`, `schedule` must be set, but none is"]),
            (vec![("pattern", null()), ("schedule", unknown())], &[]),
        ];
        for (arguments, expected) in cases {
            assert_eq!(told(arguments.clone()), expected, "{arguments:?}");
        }
    }

    #[test]
    fn elements_and_blocks_are_looked_into() {
        let hosts = |those: Vec<Value>| vec![("hosts", Value::list(Type::String, those))];
        assert!(told(hosts(vec!["::1".into(), Value::unknown(Type::String)])).is_empty());
        assert_eq!(
            told(hosts(vec!["::1".into(), "home".into()])),
            ["\"home\" is not an IP address"]
        );
        let none = "it has 0 elements, and 1 to 2 are allowed";
        assert_eq!(told(hosts(vec![])), [none]);
        let rule = Value::object([("range", Value::from("10.0.0.1/8")), ("group", "g".into())]);
        let both = "in `rule[0]`: `group` cannot be set together with `range`";
        let range = "\"10.0.0.1/8\" is not a network, such as `10.0.0.0/16`";
        assert_eq!(told(vec![("rule", Value::tuple([rule]))]), [range, both]);
    }

    #[test]
    fn a_secret_is_not_told() {
        let expected = ["(sensitive) does not have 4 to 8 characters"];
        assert_eq!(told(vec![("token", "abc".into())]), expected);
        let hosts = Value::list(Type::String, [Value::from("secret").sensitive()]);
        assert_eq!(told(vec![("hosts", hosts)]), ["element 0 (sensitive) is not an IP address"]);
        let zones = Value::set(Type::String, [Value::from("secret").sensitive()]);
        assert_eq!(
            told(vec![("zones", zones)]),
            [format!("an element (sensitive) is not {}", Format::Arn.expected())]
        );
    }

    #[test]
    fn a_place_is_that_of_the_argument_or_of_what_lacks_it() {
        use crate::diag::{FileId, Span};
        let span = |start: usize| Span::new(FileId(0), start, start + 1);
        let places = PlacesMap::from([
            (String::new(), span(0)),
            ("name".into(), span(1)),
            ("prefix".into(), span(2)),
            ("rule[0]".into(), span(3)),
        ]);
        let cases = [("name", 1), ("zone", 0), ("rule[0].range", 3), ("rule[1].range", 0)];
        for (path, expected) in cases {
            assert_eq!(place(&places, path), Some(span(expected)), "{path}");
        }
        let row = Value::object(["name", "prefix", "zone", "pattern"].map(|it| (it, "x".into())));
        let mut found = Diagnostics::new();
        check(&row, TABLE, &places, &mut found);
        let it = found.iter().next().unwrap();
        assert_eq!(
            (it.span, it.labels.as_slice()),
            (Some(span(2)), &[(span(1), "set here".into())][..])
        );
    }
}
