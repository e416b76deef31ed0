//! Override files: their blocks replace parts of blocks in the other files.

use std::sync::Arc;

use super::decode::file_blocks;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lang::ast::{Attribute, Block, Body, Expr, ExprKind};

/// Merges what an override file holds into the blocks of the module. An argument replaces the one of
/// that name; nested blocks replace all of that kind, save for `lifecycle`, which is merged itself.
pub fn merge_override(blocks: &mut Vec<Block>, body: &Body, found: &mut Diagnostics) {
    for it in file_blocks(body, found) {
        match &*it.kind.text {
            "locals" => merge_locals(blocks, &it, found),
            "terraform" => match blocks.iter_mut().find(|base| &*base.kind.text == "terraform") {
                Some(base) => merge_body(&mut base.body, &it.body, &["required_providers"]),
                None => blocks.push(it),
            },
            "moved" | "removed" | "import" | "check" => {
                let one = Diagnostic::error(
                    format!("Cannot override '{}' blocks", it.kind.text),
                    "such a block belongs into a file that is no override file",
                );
                found.push(one.at(it.header));
            }
            kind => {
                let names =
                    |it: &Block| it.labels.iter().map(|it| it.text.clone()).collect::<Vec<_>>();
                let wanted = (names(&it), alias(&it.body));
                let same = |base: &&mut Block| {
                    base.kind.text == it.kind.text
                        && names(base) == wanted.0
                        && (kind != "provider" || alias(&base.body) == wanted.1)
                };
                match blocks.iter_mut().find(same) {
                    Some(base) => {
                        found.extend(unsupported(&it));
                        merge_body(&mut base.body, &it.body, &["lifecycle"]);
                        if kind == "variable" {
                            blame(base, &it);
                        }
                    }
                    None => found.push(missing_base(&it)),
                }
            }
        }
    }
}

fn alias(body: &Body) -> Option<String> {
    let value = &body.attribute("alias")?.value;
    match &value.kind {
        ExprKind::Literal(it) => it.as_str().map(Into::into),
        _ => None,
    }
}

/// What an override file cannot change.
fn unsupported(it: &Block) -> Option<Diagnostic> {
    let dependencies = it.body.attribute("depends_on")?;
    let at = match &dependencies.value.kind {
        ExprKind::Tuple(items) => items.first()?.span,
        _ => dependencies.value.span,
    };
    let detail = "`depends_on` cannot be changed by an override file";
    Some(Diagnostic::error("Unsupported override", detail).at(at))
}

/// Where type and default of a variable stand in different files, what does not fit is the fault of the
/// override.
fn blame(variable: &mut Block, over: &Block) {
    let changes = |name: &str| over.body.attribute(name).is_some();
    let mut attributes = variable.body.attributes.iter_mut();
    if let Some(default) = attributes.find(|it| &*it.name.text == "default")
        && (changes("type") || changes("default"))
    {
        default.value = Arc::new(Expr { span: over.header, ..(*default.value).clone() });
    }
}

fn missing_base(it: &Block) -> Diagnostic {
    let summary = match &*it.kind.text {
        "variable" => "Missing base variable declaration to override".to_string(),
        "output" => "Missing base output definition to override".to_string(),
        "module" => "Missing module call to override".to_string(),
        "provider" => "Missing base provider configuration for override".to_string(),
        kind => format!("Missing {kind} to override"),
    };
    let detail = "an override file only changes what another file declares";
    Diagnostic::error(summary, detail).at(it.header)
}

fn merge_locals(blocks: &mut [Block], it: &Block, found: &mut Diagnostics) {
    for attribute in &it.body.attributes {
        let name = &attribute.name.text;
        let base = blocks
            .iter_mut()
            .filter(|base| &*base.kind.text == "locals")
            .find_map(|base| base.body.attributes.iter_mut().find(|it| it.name.text == *name));
        match base {
            Some(base) => *base = attribute.clone(),
            None => {
                let one = Diagnostic::error(
                    "Missing base local value definition to override",
                    format!("no other file declares a local value `{name}`"),
                );
                found.push(one.at(attribute.span));
            }
        }
    }
}

fn merge_body(base: &mut Body, over: &Body, deep: &[&str]) {
    for attribute in &over.attributes {
        replace(&mut base.attributes, attribute);
    }
    let mut replaced: Vec<&str> = Vec::new();
    for block in &over.blocks {
        let kind = &*block.kind.text;
        if deep.contains(&kind)
            && let Some(inner) = base.blocks.iter_mut().find(|it| &*it.kind.text == kind)
        {
            merge_body(&mut inner.body, &block.body, &[]);
            continue;
        }
        if !replaced.contains(&kind) {
            base.blocks.retain(|it| &*it.kind.text != kind);
            replaced.push(kind);
        }
        base.blocks.push(block.clone());
    }
}

fn replace(attributes: &mut Vec<Attribute>, new: &Attribute) {
    // `count` and `for_each` exclude each other, so one replaces the other.
    let other = match &*new.name.text {
        "count" => "for_each",
        "for_each" => "count",
        _ => "",
    };
    attributes.retain(|it| &*it.name.text != other);
    match attributes.iter_mut().find(|it| it.name.text == new.name.text) {
        Some(base) => *base = new.clone(),
        None => attributes.push(new.clone()),
    }
}
