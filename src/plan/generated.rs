//! The configuration of an object that is imported without one: which of its arguments are written,
//! so that a plan with them finds nothing to do.

use hcl_edit::Decorate;
use hcl_edit::structure::Body;

use super::arguments::{PlacesMap, place};
use super::change::{Path, PathStep};
use super::rules;
use super::written::{self, is_secret};
use crate::address::{Address, quoted};
use crate::diag::{Diagnostic, Diagnostics, FileId, Severity, Span};
use crate::driver::AnyDriver;
use crate::lang::config::ProviderRef;
use crate::lang::types::Type;
use crate::lang::value::{Kind as ValueKind, Str, Value};
use crate::schema::attribute::object_type;
use crate::schema::{Attribute, Decides, Kind, Nesting, Schema};

/// A resource block that was written for an import that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Generated {
    /// The resource.
    pub address: Address,
    /// Its block.
    pub text: String,
}

/// An object that was found, and what is so without being written.
pub struct Found<'a> {
    /// Where it is imported to.
    pub address: &'a Address,
    /// What it was imported by, where that may be told.
    pub id: Option<&'a str>,
    /// The provider configuration that the import names.
    pub provider: Option<&'a ProviderRef>,
    /// The object.
    pub row: &'a Value,
    /// Arguments that the clients decide, such as the region.
    pub decided: &'a Value,
    /// The provider's `default_tags`.
    pub default_tags: Option<&'a Value>,
}

/// A resource of which nothing is written.
pub fn nothing(schema: &Schema) -> Value {
    arguments(schema.attributes, &Value::NULL, None)
}

/// What a file of generated configuration holds.
pub fn document(all: &[Generated]) -> String {
    let mut text = String::from(
        "# Generated from objects as they were found. Review it, give what is `null` a value or\n\
         # remove it, and move it to where it belongs.\n",
    );
    for it in all {
        text.push('\n');
        text.push_str(&it.text);
    }
    text
}

/// The block of an object.
pub fn block(driver: &dyn AnyDriver, found: &Found<'_>) -> Generated {
    let schema = driver.schema();
    let row = with_own_tags(schema, found.row, found.default_tags);
    let given = fitting(driver, arguments(schema.attributes, &row, Some(found.decided)));
    let resource = &found.address.resource;
    let mut block = written::resource(resource, found.provider, schema.attributes, &given);
    let id = found.id.map_or("(sensitive)".into(), quoted);
    block.decor_mut().set_prefix(format!("# Imported by {id}\n"));
    let mut body = Body::new();
    body.push(block);
    Generated { address: found.address.clone(), text: body.to_string() }
}

/// The object with the tags of its own only, those that `default_tags` give it left out.
fn with_own_tags(schema: &Schema, row: &Value, defaults: Option<&Value>) -> Value {
    let Some(mut entries) = row.as_entries().filter(|_| schema.tags.is_some()).cloned() else {
        return row.clone();
    };
    entries.remove("tags_all");
    if let Some(tags) = entries.get("tags").and_then(Value::as_entries) {
        let is_default = |(name, it): &(&Str, &Value)| {
            defaults.and_then(|all| all.part(name)).is_some_and(|default| default.same(it))
        };
        let own = tags.iter().filter(|it| !is_default(it));
        let own: Vec<_> = own.map(|(name, it)| (name.clone(), it.clone())).collect();
        let tags = match own.is_empty() {
            true => Value::null(Type::map(Type::String)),
            false => Value::map(Type::String, own),
        };
        entries.insert("tags".into(), tags);
    }
    Value::object(entries)
}

/// What is to be written of an object or of a nested block; null where nothing is.
fn arguments(attributes: &[Attribute], row: &Value, decided: Option<&Value>) -> Value {
    let argument = |it: &Attribute| {
        let is_decided = |value: &Value| {
            decided.and_then(|all| all.part(it.name)).is_some_and(|it| it.same(value))
        };
        let value = row.part(it.name).filter(|value| is_written(it, value) && !is_decided(value));
        let value = value.map(|value| match it.kind {
            Kind::Block { attributes, nesting, as_attribute: false, .. } => {
                blocks(attributes, nesting, value)
            }
            _ => value.clone(),
        });
        (it.name, value.unwrap_or_else(|| Value::null(it.kind.ty())))
    };
    Value::object(attributes.iter().map(argument))
}

fn blocks(attributes: &[Attribute], nesting: Nesting, value: &Value) -> Value {
    let items = value.as_slice().unwrap_or_default();
    let items = items.iter().map(|it| arguments(attributes, it, None));
    match nesting {
        Nesting::List => Value::list(object_type(attributes), items),
        Nesting::Set => Value::set(object_type(attributes), items),
    }
}

/// Whether leaving it out would be another configuration, or would say less than is known.
fn is_written(it: &Attribute, value: &Value) -> bool {
    let is_block = matches!(it.kind, Kind::Block { as_attribute: false, .. });
    let hidden = is_secret(it) || (!is_block && value.has_sensitive());
    if !it.is_argument() || hidden || value.is_null() || !value.is_wholly_known() {
        return false;
    }
    match it.decides {
        Decides::Required => true,
        // What it follows says it already.
        Decides::Auto => !is_void(value) && it.follows.is_empty(),
        _ => it.default.is_none_or(|default| !default.value().same(value)),
    }
}

/// Whether AWS tells with it that there is nothing.
fn is_void(value: &Value) -> bool {
    match value.kind() {
        ValueKind::Null(_) => true,
        ValueKind::Bool(it) => !it,
        ValueKind::Number(it) => it.is_zero(),
        ValueKind::String(it) => it.is_empty(),
        _ => value.part_count() == 0,
    }
}

/// The arguments without those that the type refuses to take, such as one of two that exclude each
/// other: AWS tells both.
fn fitting(driver: &dyn AnyDriver, mut row: Value) -> Value {
    let attributes = driver.schema().attributes;
    loop {
        let mut given = Vec::new();
        collect(attributes, &row, &mut Vec::new(), &mut given);
        let place_of = |index: usize| Span::new(FileId(0), index, index + 1);
        let places = given.iter().enumerate().map(|(at, it)| (it.spelled(), place_of(at)));
        let places: PlacesMap = places.collect();
        let mut found = Diagnostics::new();
        rules::check(&row, attributes, &places, &mut found);
        driver.check(&row, &|path| place(&places, path), &mut found);
        let mut errors = found.iter().filter(|it| it.severity == Severity::Error);
        let Some(refused) = errors.find_map(|it| dispensable(&given, it)) else { return row };
        row = without(&row, &refused.path);
    }
}

/// An argument that is given.
struct Argument {
    path: Path,
    decides: Decides,
}

impl Argument {
    /// `rule[0].port`
    fn spelled(&self) -> String {
        let mut text = String::new();
        for step in &self.path {
            match step {
                PathStep::Name(name) if text.is_empty() => text.push_str(name),
                PathStep::Name(name) => text.push_str(&format!(".{name}")),
                PathStep::Index(index) => text.push_str(&format!("[{index}]")),
            }
        }
        text
    }
}

/// All arguments that are given, those of nested blocks included.
fn collect(attributes: &[Attribute], row: &Value, at: &mut Path, given: &mut Vec<Argument>) {
    for it in attributes {
        let Some(value) = row.part(it.name).filter(|it| !it.is_null()) else { continue };
        at.push(PathStep::Name(it.name.into()));
        given.push(Argument { path: at.clone(), decides: it.decides });
        if let Kind::Block { attributes, as_attribute: false, .. } = it.kind {
            for (index, item) in value.as_slice().unwrap_or_default().iter().enumerate() {
                at.push(PathStep::Index(index));
                collect(attributes, item, at, given);
                at.pop();
            }
        }
        at.pop();
    }
}

/// Which of the arguments that an error is about can be left out: rather one that AWS decides then.
fn dispensable<'g>(given: &'g [Argument], error: &Diagnostic) -> Option<&'g Argument> {
    let spans = error.span.into_iter().chain(error.labels.iter().map(|it| it.0));
    let about = spans.filter_map(|it| given.get(it.start as usize));
    let optional: Vec<&Argument> = about.filter(|it| it.decides != Decides::Required).collect();
    let auto = optional.iter().find(|it| it.decides == Decides::Auto);
    auto.or(optional.first()).copied()
}

/// The value with null at that path.
fn without(value: &Value, path: &[PathStep]) -> Value {
    let Some((step, rest)) = path.split_first() else { return Value::null(value.ty()) };
    match (step, value.as_entries(), value.as_slice()) {
        (PathStep::Name(name), Some(entries), _) => {
            let mut entries = entries.clone();
            if let Some(part) = entries.get_mut(name) {
                *part = without(part, rest);
            }
            Value::object(entries)
        }
        (PathStep::Index(index), _, Some(_)) => {
            let mut at = 0..;
            value.map_parts(&mut |part| match at.next() == Some(*index) {
                true => without(part, rest),
                false => part.clone(),
            })
        }
        _ => value.clone(),
    }
}
