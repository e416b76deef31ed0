//! The pure heart of planning: what an object will be, given what it is and what is asked for.

use super::change::{Path, PathStep};
use crate::lang::types::Type;
use crate::lang::value::{Named, Value};
use crate::schema::compare::same;
use crate::schema::{Attribute, Compare, Decides, Kind, Nesting, Schema};

/// The planned object: arguments from the configuration, the rest from what there is, and unknown
/// where AWS will decide. `prior` is none where the object is made anew.
pub fn planned(schema: &Schema, prior: Option<&Value>, config: &Value) -> Value {
    let planned = echo(schema.attributes, object(schema.attributes, prior, config), prior);
    match prior {
        Some(prior) => follow(schema.attributes, prior, config, planned),
        None => planned,
    }
}

fn object(attributes: &[Attribute], prior: Option<&Value>, config: &Value) -> Value {
    let entries = attributes.iter().map(|it| {
        let before = prior.and_then(|prior| prior.part(it.name));
        let null = Value::null(it.kind.ty());
        let given = config.part(it.name).unwrap_or(&null);
        (it.name, attribute(it, prior.is_some(), before, given))
    });
    Value::object(entries.collect::<Vec<_>>()).with_marks(config.marks())
}

fn attribute(it: &Attribute, exists: bool, before: Option<&Value>, given: &Value) -> Value {
    let ty = it.kind.ty();
    if it.write_only {
        return Value::null(ty);
    }
    if it.decides == Decides::Out {
        return match (exists, it.name) {
            // Every object has an identifier.
            (false, "id") => Value::unknown_not_null(ty),
            _ => undecided(exists, before, ty),
        };
    }
    if let Kind::Block { attributes, nesting, .. } = &it.kind {
        if it.decides == Decides::Auto && given.is_null() {
            return undecided(exists, before, ty);
        }
        return blocks(attributes, *nesting, before, given);
    }
    if given.is_null() {
        return match (it.default, it.decides) {
            (Some(default), _) => default.value(),
            (None, Decides::Auto) => undecided(exists, before, ty),
            _ => Value::null(ty),
        };
    }
    match before {
        // What AWS tells in other words means the same, so it is not a change.
        Some(before) if it.compare != Compare::Exact && same(it.compare, given, before) => {
            before.clone().with_marks(given.marks())
        }
        _ => given.clone(),
    }
}

/// What AWS decides: as it is, or unknown where there is nothing yet.
fn undecided(exists: bool, before: Option<&Value>, ty: Type) -> Value {
    match (exists, before) {
        (true, Some(before)) => before.clone(),
        (true, None) => Value::null(ty),
        (false, _) => Value::unknown(ty),
    }
}

fn blocks(
    attributes: &[Attribute],
    nesting: Nesting,
    before: Option<&Value>,
    given: &Value,
) -> Value {
    let Some(items) = given.as_slice() else { return given.clone() };
    let prior_items = before.and_then(Value::as_slice).unwrap_or_default();
    let planned = items.iter().enumerate().map(|(at, item)| {
        let prior = match nesting {
            Nesting::List => prior_items.get(at),
            Nesting::Set => prior_items.iter().find(|prior| matches(attributes, prior, item)),
        };
        object(attributes, prior, item)
    });
    let of = crate::schema::attribute::object_type(attributes);
    let planned: Vec<Value> = planned.collect();
    let whole = match nesting {
        Nesting::List => Value::list(of, planned),
        Nesting::Set => Value::set(of, planned),
    };
    whole.with_marks(given.marks())
}

/// Whether a block of a set is the one that was there, computed parts aside.
fn matches(attributes: &[Attribute], prior: &Value, given: &Value) -> bool {
    attributes.iter().all(|it| {
        let before = prior.part(it.name).unwrap_or(&Value::NULL);
        let null = Value::null(it.kind.ty());
        let given = given.part(it.name).unwrap_or(&null);
        let planned = attribute(it, true, Some(before), given);
        planned.same(before)
    })
}

/// Of what repeats an argument of any type, the type is known before the value is; and of nothing,
/// the repetition is nothing too.
fn echo(attributes: &[Attribute], planned: Value, prior: Option<&Value>) -> Value {
    let mut planned = planned;
    let repeats = |it: &&Attribute| it.decides == Decides::Out && it.kind.ty() == Type::Any;
    for it in attributes.iter().filter(repeats) {
        let [source] = it.follows else { continue };
        let Some(source) = planned.part(source).cloned() else { continue };
        let value = match prior {
            None if source.is_null() => Value::NULL,
            None => Value::unknown(source.ty()),
            Some(_) => continue,
        };
        let mut entries = planned.as_entries().cloned().unwrap_or_default();
        entries.insert(it.name.into(), value);
        planned = Value::object(entries).with_marks(planned.marks());
    }
    planned
}

/// Makes unknown what follows an argument that changes, and is not given itself.
fn follow(attributes: &[Attribute], prior: &Value, config: &Value, planned: Value) -> Value {
    let changed = |name: &&str| differs(prior.part(name), planned.part(name));
    let given = |it: &Attribute| {
        it.is_argument() && config.part(it.name).is_some_and(|given| !given.is_null())
    };
    let stale: Vec<&Attribute> =
        attributes.iter().filter(|it| it.follows.iter().any(changed) && !given(it)).collect();
    if stale.is_empty() {
        return planned;
    }
    let mut entries = planned.as_entries().cloned().unwrap_or_default();
    for it in stale {
        let source = it.follows.iter().find_map(|name| planned.part(name));
        let ty = match it.kind.ty() {
            Type::Any => source.map_or(Type::Any, Value::ty),
            ty => ty,
        };
        entries.insert(it.name.into(), Value::unknown(ty));
    }
    Value::object(entries).with_marks(planned.marks())
}

fn differs(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => !a.same(b) || !b.is_wholly_known(),
        (None, Some(b)) => !b.is_null(),
        (Some(a), None) => !a.is_null(),
        (None, None) => false,
    }
}

/// Whether an object changes at all; marks aside.
pub fn changes(prior: &Value, planned: &Value) -> bool {
    differs(Some(prior), Some(planned))
}

/// Paths of the arguments whose change needs a new object. `replaces` says it of a change of those
/// that the table says may.
pub fn replacing(
    schema: &Schema,
    prior: &Value,
    planned: &Value,
    replaces: &dyn Fn(&str) -> bool,
) -> Vec<Path> {
    let mut paths = Vec::new();
    collect(schema.attributes, prior, planned, &mut Vec::new(), &mut paths);
    for it in schema.attributes.iter().filter(|it| it.may_replace) {
        let path = vec![PathStep::Name(it.name.into())];
        let changes = differs(prior.part(it.name), planned.part(it.name));
        if changes && !paths.contains(&path) && replaces(it.name) {
            paths.push(path);
        }
    }
    paths
}

fn collect(
    attributes: &[Attribute],
    prior: &Value,
    planned: &Value,
    at: &mut Path,
    paths: &mut Vec<Path>,
) {
    for it in attributes {
        let (before, after) = (prior.part(it.name), planned.part(it.name));
        if !differs(before, after) {
            continue;
        }
        at.push(PathStep::Name(it.name.into()));
        if it.replace && it.is_argument() {
            paths.push(at.clone());
        } else if let Kind::Block { attributes, nesting: Nesting::List, .. } = &it.kind {
            let items =
                |it: Option<&Value>| it.and_then(Value::as_slice).unwrap_or_default().to_vec();
            for (index, (a, b)) in items(before).iter().zip(&items(after)).enumerate() {
                at.push(PathStep::Index(index));
                collect(attributes, a, b, at, paths);
                at.pop();
            }
        } else if let Kind::Block { attributes, .. } = &it.kind {
            // In a set nothing tells which block became which: any change of one with such an
            // argument counts.
            if attributes.iter().any(|it| it.replace) {
                paths.push(at.clone());
            }
        }
        at.pop();
    }
}

pub use crate::schema::unmet::unmet;

/// What was seen, in the words last known where those mean the same: a policy that the service
/// returns with its keys in another order is not a change.
pub fn reworded(attributes: &[Attribute], known: &Value, seen: &Value) -> Value {
    let Some(entries) = seen.as_entries() else { return seen.clone() };
    let mut entries = entries.clone();
    for it in attributes.iter().filter(|it| it.compare != Compare::Exact) {
        if let (Some(seen), Some(known)) = (entries.get_mut(it.name), known.part(it.name))
            && !known.is_null()
            && same(it.compare, known, seen)
        {
            *seen = known.clone();
        }
    }
    Value::object(entries).with_marks(seen.marks())
}

/// `tags_all`: the provider's `default_tags` with the resource's own over them.
pub fn merge_tags(defaults: Option<&Value>, own: &Value) -> Value {
    let ty = Type::map(Type::String);
    let defaults = defaults.cloned().unwrap_or_else(|| Value::map(Type::String, []));
    let marks = defaults.deep_marks().union(&own.deep_marks());
    if !own.is_known() || !defaults.is_known() {
        return Value::unknown(ty).with_marks(&marks);
    }
    let mut all: Named = defaults.as_entries().cloned().unwrap_or_default();
    all.extend(own.as_entries().cloned().unwrap_or_default());
    all.retain(|_, value| !value.is_null());
    Value::map(Type::String, all).with_marks(&marks)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Default;

    const SCHEMA: Schema = Schema {
        kind: "test",
        doc: "",
        attributes: &[
            Attribute { name: "id", kind: Kind::String, decides: Decides::Out, ..Attribute::BLANK },
            Attribute {
                name: "name",
                kind: Kind::String,
                decides: Decides::Required,
                replace: true,
                ..Attribute::BLANK
            },
            Attribute {
                name: "size",
                kind: Kind::Int,
                default: Some(Default::Int(3)),
                ..Attribute::BLANK
            },
            Attribute {
                name: "zone",
                kind: Kind::String,
                decides: Decides::Auto,
                ..Attribute::BLANK
            },
            Attribute {
                name: "echo",
                kind: Kind::String,
                decides: Decides::Out,
                follows: &["size"],
                ..Attribute::BLANK
            },
        ],
        timeouts: crate::schema::Timeouts { create: None, update: None, delete: None, read: None },
        tags: None,
    };

    fn config(name: &str) -> Value {
        Value::object([("name", Value::from(name))])
    }

    fn object(name: &str, size: i64) -> Value {
        Value::object([
            ("id", Value::from("i-1")),
            ("name", name.into()),
            ("size", size.into()),
            ("zone", "a".into()),
            ("echo", "e".into()),
        ])
    }

    #[test]
    fn a_new_object_has_defaults_and_unknowns() {
        let it = planned(&SCHEMA, None, &config("x"));
        assert!(it.part("size").unwrap().same(&3.into()));
        assert!(!it.part("zone").unwrap().is_known() && !it.part("id").unwrap().is_known());
    }

    #[test]
    fn what_the_user_left_open_stays_as_it_is() {
        let it = planned(&SCHEMA, Some(&object("x", 3)), &config("x"));
        assert!(!changes(&object("x", 3), &it));
    }

    #[test]
    fn what_follows_a_change_becomes_unknown() {
        let it = planned(&SCHEMA, Some(&object("x", 5)), &config("x"));
        assert!(!it.part("echo").unwrap().is_known());
        assert!(replacing(&SCHEMA, &object("x", 5), &it, &|_| true).is_empty());
    }

    #[test]
    fn what_is_given_follows_nothing() {
        const FOLLOWS: Schema = Schema {
            attributes: &[
                Attribute { name: "file", kind: Kind::String, ..Attribute::BLANK },
                Attribute {
                    name: "sum",
                    kind: Kind::String,
                    decides: Decides::Auto,
                    follows: &["file"],
                    ..Attribute::BLANK
                },
            ],
            ..SCHEMA
        };
        let row = |file: &str, sum| Value::object([("file", Value::from(file)), ("sum", sum)]);
        let prior = row("a", "1".into());
        let open = planned(&FOLLOWS, Some(&prior), &row("b", Value::null(Type::String)));
        assert!(!open.part("sum").unwrap().is_known());
        let given = planned(&FOLLOWS, Some(&prior), &row("b", "2".into()));
        assert!(given.part("sum").unwrap().same(&"2".into()));
    }

    #[test]
    fn a_replacing_argument_is_named() {
        let it = planned(&SCHEMA, Some(&object("x", 3)), &config("y"));
        let paths = replacing(&SCHEMA, &object("x", 3), &it, &|_| true);
        assert_eq!(paths, [vec![PathStep::Name("name".into())]]);
    }

    #[test]
    fn some_changes_replace_where_the_driver_says_so() {
        const SOMETIMES: Schema = Schema {
            attributes: &[Attribute {
                name: "version",
                kind: Kind::Int,
                may_replace: true,
                ..Attribute::BLANK
            }],
            ..SCHEMA
        };
        let row = |version: i64| Value::object([("version", Value::from(version))]);
        let path = vec![vec![PathStep::Name("version".into())]];
        let replacing = |is, will_be, replaces: &dyn Fn(&str) -> bool| {
            replacing(&SOMETIMES, &row(is), &row(will_be), replaces)
        };
        assert_eq!(replacing(7, 6, &|it| it == "version"), path);
        assert!(replacing(6, 7, &|_| false).is_empty());
        assert!(replacing(7, 7, &|_| true).is_empty());
    }

    #[test]
    fn only_wanted_arguments_can_be_unmet() {
        let want = planned(&SCHEMA, None, &config("x"));
        assert_eq!(unmet(&SCHEMA, &want, &object("x", 3)), Vec::<String>::new());
        assert_eq!(unmet(&SCHEMA, &want, &object("x", 4)), ["size"]);
    }

    #[test]
    fn no_block_leaves_it_to_aws_and_an_empty_list_asks_for_none() {
        const RULE: &[Attribute] =
            &[Attribute { name: "port", kind: Kind::Int, ..Attribute::BLANK }];
        const RULES: Attribute = Attribute {
            name: "rule",
            kind: Kind::Block {
                attributes: RULE,
                nesting: Nesting::Set,
                count: (0, usize::MAX),
                as_attribute: true,
            },
            decides: Decides::Auto,
            ..Attribute::BLANK
        };
        let schema = Schema {
            kind: "test",
            doc: "",
            attributes: &[RULES],
            timeouts: SCHEMA.timeouts,
            tags: None,
        };
        let of = crate::schema::attribute::object_type(RULE);
        let rules = |items: Vec<Value>| Value::object([("rule", Value::set(of.clone(), items))]);
        let one = rules(vec![Value::object([("port", Value::from(80))])]);
        let open = Value::object([("rule", Value::null(RULES.kind.ty()))]);
        assert!(!changes(&one, &planned(&schema, Some(&one), &open)));
        assert!(changes(&one, &planned(&schema, Some(&one), &rules(vec![]))));
        assert_eq!(unmet(&schema, &rules(vec![]), &one), ["rule"]);
        assert_eq!(unmet(&schema, &open, &one), Vec::<String>::new());
    }

    #[test]
    fn own_tags_win() {
        let tags = |k: &str, v: &str| Value::map(Type::String, [(k.into(), Value::from(v))]);
        let all = merge_tags(Some(&tags("a", "1")), &tags("a", "2"));
        assert!(all.part("a").unwrap().same(&"2".into()));
    }
}
