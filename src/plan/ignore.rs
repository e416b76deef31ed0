//! `ignore_changes`: arguments that stay as they are, whatever the configuration says.

use super::instance::{Prior, with_part};
use crate::lang::ast::{Step, StepKind};
use crate::lang::config::IgnoreChanges;
use crate::lang::value::{Kind, Named, Str, Value};
use crate::schema::{Decides, Schema};

/// The configuration with the ignored arguments as they are.
pub fn apply(
    ignored: &IgnoreChanges,
    prior: Option<&Prior>,
    config: &Value,
    schema: &Schema,
) -> Value {
    prior.map_or_else(|| config.clone(), |prior| left(ignored, &prior.row, config, schema))
}

/// What is asked for with the ignored arguments as they are in `prior`.
pub fn left(ignored: &IgnoreChanges, prior: &Value, config: &Value, schema: &Schema) -> Value {
    match ignored {
        IgnoreChanges::None => config.clone(),
        IgnoreChanges::All => {
            let mut row = config.clone();
            for it in schema.attributes.iter().filter(|it| it.decides != Decides::Out) {
                if let Some(part) = prior.part(it.name) {
                    row = with_part(&row, it.name, part.clone());
                }
            }
            row
        }
        IgnoreChanges::Paths(paths) => paths.iter().fold(config.clone(), |row, path| {
            let row = taken_from(&row, prior, path);
            match path.first().map(|it| &it.kind) {
                // The merged tags follow the resource's own.
                Some(StepKind::Attribute(name)) if &**name == "tags" => {
                    taken_from(&row, prior, &renamed(path, "tags_all"))
                }
                _ => row,
            }
        }),
    }
}

fn renamed(path: &[Step], name: &str) -> Vec<Step> {
    let mut path = path.to_vec();
    if let Some(first) = path.first_mut() {
        first.kind = StepKind::Attribute(name.into());
    }
    path
}

/// `row` with the part at that path as it is in `prior`.
fn taken_from(row: &Value, prior: &Value, path: &[Step]) -> Value {
    let Some((step, rest)) = path.split_first() else { return prior.clone() };
    // A key is that of a map: of an object, Terraform then ignores the whole.
    let keyed = matches!(&step.kind, StepKind::Index(key) if key.as_str().is_some());
    if keyed && rest.is_empty() && matches!(row.kind(), Kind::Object(_)) {
        return prior.clone();
    }
    let name: Str = match &step.kind {
        StepKind::Attribute(name) => name.clone(),
        StepKind::Index(key) => match (key.as_str(), key.as_number().and_then(|it| it.to_i64())) {
            (Some(name), _) => name.into(),
            (_, Some(index)) => return element_taken(row, prior, index as usize, rest),
            _ => return row.clone(),
        },
    };
    let Some(entries) = row.as_entries() else { return row.clone() };
    let mut entries = entries.clone();
    match (entries.get(&name), prior.part(&name)) {
        (Some(part), Some(before)) => drop(entries.insert(name, taken_from(part, before, rest))),
        (None, Some(before)) if rest.is_empty() => drop(entries.insert(name, before.clone())),
        (Some(_), None) if rest.is_empty() => drop(entries.remove(&name)),
        _ => {}
    }
    rebuilt(row, entries)
}

fn rebuilt(like: &Value, entries: Named) -> Value {
    let value = match like.ty().element() {
        Some(of) => Value::map(of.clone(), entries),
        None => Value::object(entries),
    };
    value.with_marks(like.marks())
}

fn element_taken(row: &Value, prior: &Value, index: usize, rest: &[Step]) -> Value {
    let before = prior.as_slice().and_then(|it| it.get(index));
    let mut at = 0;
    row.map_parts(&mut |part| {
        let here = at == index;
        at += 1;
        match (here, before) {
            (true, Some(before)) => taken_from(part, before, rest),
            _ => part.clone(),
        }
    })
}
