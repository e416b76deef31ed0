//! Our tables against facts about the Terraform AWS provider: names, types, who decides, what
//! replaces, defaults, allowed values, what goes together. What differs on purpose stands in
//! `src/aws/left_out.rs`.
#![cfg(feature = "aws")]

mod replacing;
mod rules;

use std::collections::BTreeSet;
use std::time::Duration;

use fastcart_hcl::aws::left_out::{DIFFERS, LEFT_OUT};
use fastcart_hcl::aws::registry;
use fastcart_hcl::diag::Diagnostics;
use fastcart_hcl::lang::value::Value;
use fastcart_hcl::plan::arguments::PlacesMap;
use fastcart_hcl::plan::rules::check;
use fastcart_hcl::schema::{Attribute, Decides, Default, Kind, Nesting, Schema, Timeouts};
use serde_json::{Map, Value as Json};

/// Everything that differs, each in one line that begins with its path.
#[derive(Default)]
struct Findings {
    lines: Vec<String>,
    used: BTreeSet<&'static str>,
}

impl Findings {
    fn missing(&mut self, path: &str) {
        match LEFT_OUT.iter().find(|it| it.0 == path) {
            Some((known, _)) => drop(self.used.insert(known)),
            None => self.lines.push(format!("{path}: is missing")),
        }
    }

    fn differs(&mut self, path: &str, aspect: &str, ours: impl ToString, theirs: impl ToString) {
        let at = format!("{path}: {aspect}");
        match DIFFERS.iter().find(|it| it.0 == at) {
            Some((known, _)) => drop(self.used.insert(known)),
            None => {
                let (ours, theirs) = (ours.to_string(), theirs.to_string());
                self.lines.push(format!("{at} is {ours} here, {theirs} there"));
            }
        }
    }
}

#[test]
fn tables_are_those_of_the_provider() {
    let facts: Json = serde_json::from_str(include_str!("../facts/aws-schema.json")).unwrap();
    let mut findings = Findings::default();
    for driver in registry::drivers() {
        type_of(&facts["resources"], "", driver.schema(), true, &mut findings);
    }
    for source in registry::data_sources() {
        type_of(&facts["data_sources"], "data.", source.schema(), false, &mut findings);
    }
    for ephemeral in registry::ephemerals() {
        type_of(&facts["ephemeral"], "ephemeral.", ephemeral.schema(), false, &mut findings);
    }
    let kinds: Vec<String> = registry::drivers().iter().map(|it| it.schema().kind.into()).collect();
    let sources = registry::data_sources();
    let kinds: BTreeSet<String> = kinds
        .into_iter()
        .chain(sources.iter().map(|it| format!("data.{}", it.schema().kind)))
        .chain(registry::ephemerals().iter().map(|it| format!("ephemeral.{}", it.schema().kind)))
        .collect();
    for (path, _) in LEFT_OUT.iter().chain(DIFFERS) {
        let mut parts = path.split(['.', ':']);
        let first = parts.next().unwrap_or_default();
        let kind = match first {
            "data" | "ephemeral" => format!("{first}.{}", parts.next().unwrap_or_default()),
            _ => first.to_string(),
        };
        if kinds.contains(&kind) && !findings.used.contains(path) {
            findings.lines.push(format!("{path}: nothing is different: take it from left_out.rs"));
        }
    }
    let lines = findings.lines;
    assert!(lines.is_empty(), "{} differences:\n{}", lines.len(), lines.join("\n"));
}

fn type_of(facts: &Json, prefix: &str, schema: &Schema, is_resource: bool, to: &mut Findings) {
    let path = format!("{prefix}{}", schema.kind);
    let Some(fact) = facts.get(schema.kind).and_then(Json::as_object) else {
        return to.lines.push(format!("{path}: there is no such type there"));
    };
    attributes(&path, schema.attributes, fact, is_resource, to);
    timeouts(&path, &schema.timeouts, fact, to);
}

fn timeouts(path: &str, ours: &Timeouts, fact: &Map<String, Json>, to: &mut Findings) {
    let all = [
        ("create", ours.create),
        ("update", ours.update),
        ("delete", ours.delete),
        ("read", ours.read),
    ];
    for (operation, limit) in all {
        let theirs = fact.get("timeouts").and_then(|it| it.get(operation)).and_then(Json::as_str);
        if limit != theirs.map(duration) {
            to.differs(
                path,
                &format!("timeout {operation}"),
                format!("{limit:?}"),
                format!("{theirs:?}"),
            );
        }
    }
}

/// `1h15m30s`
fn duration(text: &str) -> Duration {
    let (mut seconds, mut number) = (0, 0);
    for it in text.chars() {
        let unit = match it {
            'h' => 3600,
            'm' => 60,
            's' => 1,
            digit => {
                number = number * 10 + u64::from(digit.to_digit(10).unwrap());
                continue;
            }
        };
        seconds += number * unit;
        number = 0;
    }
    Duration::from_secs(seconds)
}

/// Attributes that the engine brings, or that AWS's tables disagree upon among themselves.
const EVERYWHERE: &[&str] = &["id", "region", "tags_all"];

fn attributes(
    path: &str,
    ours: &[Attribute],
    fact: &Map<String, Json>,
    is_resource: bool,
    to: &mut Findings,
) {
    let empty = Map::new();
    let group = |name: &str| fact.get(name).and_then(Json::as_object).unwrap_or(&empty);
    let (single, blocks) = (group("attributes"), group("blocks"));
    for name in single.keys().chain(blocks.keys()) {
        let has = ours.iter().any(|it| it.name == name);
        if !has && !EVERYWHERE.contains(&name.as_str()) {
            to.missing(&format!("{path}.{name}"));
        }
    }
    rules::beside(path, ours, fact, to);
    for it in ours.iter().filter(|it| !EVERYWHERE.contains(&it.name)) {
        let path = format!("{path}.{}", it.name);
        match (single.get(it.name), blocks.get(it.name)) {
            (Some(fact), _) => attribute(&path, it, fact, is_resource, to),
            (_, Some(fact)) => block(&path, it, fact, is_resource, to),
            _ => to.differs(&path, "it", "known", "unknown"),
        }
    }
}

fn flag(fact: &Json, name: &str) -> bool {
    fact.get(name).and_then(Json::as_bool) == Some(true)
}

fn decides(fact: &Json) -> Decides {
    match (flag(fact, "required"), flag(fact, "optional"), flag(fact, "computed")) {
        (true, ..) => Decides::Required,
        (_, true, true) => Decides::Auto,
        (_, true, false) => Decides::Optional,
        _ => Decides::Out,
    }
}

/// What blocks and attributes have in common.
fn common(path: &str, it: &Attribute, fact: &Json, is_resource: bool, to: &mut Findings) {
    let theirs = decides(fact);
    if it.decides != theirs {
        to.differs(path, "who decides", format!("{:?}", it.decides), format!("{theirs:?}"));
    }
    if it.is_argument() {
        replaces(path, it, fact, is_resource, to);
    }
}

fn replaces(path: &str, it: &Attribute, fact: &Json, is_resource: bool, to: &mut Findings) {
    if is_resource && it.replace != flag(fact, "force_new") {
        to.differs(path, "replace", it.replace, flag(fact, "force_new"));
    }
    let sometimes = flag(fact, "force_new_conditional");
    if it.may_replace != sometimes {
        to.differs(path, "may replace", it.may_replace, sometimes);
    }
}

fn attribute(path: &str, it: &Attribute, fact: &Json, is_resource: bool, to: &mut Findings) {
    common(path, it, fact, is_resource, to);
    let (ours, theirs) = (shape(&it.kind), fact["type"].as_str().unwrap_or_default());
    if ours != theirs {
        to.differs(path, "type", ours, theirs);
    }
    if let Some(nested) = fact.get("nested").and_then(Json::as_object) {
        attributes(path, it.nested(), nested, is_resource, to);
    }
    let default = it.default.map(default);
    if default.as_ref() != fact.get("default") {
        to.differs(path, "default", format!("{default:?}"), format!("{:?}", fact.get("default")));
    }
    let sensitive = flag(fact, "sensitive") || flag(fact, "write_only");
    if it.sensitive != sensitive {
        to.differs(path, "sensitive", it.sensitive, sensitive);
    }
    if it.write_only != flag(fact, "write_only") {
        to.differs(path, "write-only", it.write_only, flag(fact, "write_only"));
    }
    if it.is_argument() {
        rules::allowed(path, it, fact, to);
        rules::compared(path, it, fact, to);
    }
}

fn block(path: &str, it: &Attribute, fact: &Json, is_resource: bool, to: &mut Findings) {
    let Kind::Block { attributes: nested, nesting, count, as_attribute } = &it.kind else {
        return to.differs(path, "type", shape(&it.kind), "a block");
    };
    let theirs = decides(fact);
    let required = count.0 > 0;
    if required != (theirs == Decides::Required) || it.is_computed() != (theirs == Decides::Auto) {
        to.differs(
            path,
            "who decides",
            format!("{:?} {count:?}", it.decides),
            format!("{theirs:?}"),
        );
    }
    replaces(path, it, fact, is_resource, to);
    let least = fact.get("min_items").and_then(Json::as_u64).unwrap_or_default() as usize;
    if count.0 != least {
        to.differs(path, "least", count.0, least);
    }
    let set = fact["nesting"] == "set";
    if set != (*nesting == Nesting::Set) || *as_attribute {
        to.differs(path, "nesting", format!("{nesting:?}"), &fact["nesting"]);
    }
    let most = fact.get("max_items").and_then(Json::as_u64).map_or(usize::MAX, |it| it as usize);
    if count.1 != most {
        to.differs(path, "most", count.1, most);
    }
    if let Some(fact) = fact.as_object() {
        attributes(path, nested, fact, is_resource, to);
    }
}

/// The type as the table writes it.
fn shape(kind: &Kind) -> String {
    match kind {
        Kind::Bool => "bool".into(),
        Kind::Int | Kind::Float => "number".into(),
        Kind::String => "string".into(),
        Kind::Any => "any".into(),
        Kind::List(of) => format!("list({})", shape(of)),
        Kind::Set(of) => format!("set({})", shape(of)),
        Kind::Map(of) => format!("map({})", shape(of)),
        Kind::Object(attributes) => object(attributes),
        Kind::Block { attributes, nesting: Nesting::List, .. } => {
            format!("list({})", object(attributes))
        }
        Kind::Block { attributes, nesting: Nesting::Set, .. } => {
            format!("set({})", object(attributes))
        }
    }
}

fn object(attributes: &[Attribute]) -> String {
    let mut parts: Vec<String> =
        attributes.iter().map(|it| format!("{}={}", it.name, shape(&it.kind))).collect();
    parts.sort();
    format!("object({{{}}})", parts.join(", "))
}

fn default(it: Default) -> Json {
    match it {
        Default::Bool(it) => it.into(),
        Default::Int(it) => it.into(),
        Default::Float(it) => it.into(),
        Default::String(it) => it.into(),
    }
}

/// An object of which nothing is known.
fn unknown(attributes: &[Attribute]) -> Value {
    Value::object(attributes.iter().map(|it| (it.name, Value::unknown(it.kind.ty()))))
}

/// One block of each kind, of which nothing is known.
fn unknown_inside(attributes: &[Attribute]) -> Value {
    Value::object(attributes.iter().map(|it| {
        let part = match &it.kind {
            Kind::Block { attributes, .. } => Value::tuple([unknown_inside(attributes)]),
            kind => Value::unknown(kind.ty()),
        };
        (it.name, part)
    }))
}

#[test]
fn what_is_not_known_yet_is_never_refused() {
    let drivers = registry::drivers();
    let (sources, ephemerals) = (registry::data_sources(), registry::ephemerals());
    let schemas = drivers.iter().map(|it| it.schema());
    let schemas = schemas.chain(sources.iter().map(|it| it.schema()));
    for schema in schemas.chain(ephemerals.iter().map(|it| it.schema())) {
        let mut found = Diagnostics::new();
        check(&unknown(schema.attributes), schema.attributes, &PlacesMap::new(), &mut found);
        assert!(found.is_empty(), "{}: {found}", schema.kind);
        // A block that is written is set, whatever is in it, and may exclude another.
        check(&unknown_inside(schema.attributes), schema.attributes, &PlacesMap::new(), &mut found);
        let of_values: Vec<_> =
            found.iter().filter(|it| it.summary.starts_with("invalid value")).collect();
        assert!(of_values.is_empty(), "{}: {of_values:?}", schema.kind);
    }
}
