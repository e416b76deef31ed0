//! The bodies of a module's files to a [`Module`].

use indexmap::map::Entry;

use super::blocks;
use super::refer::reference_text;
use super::resource::{invalid_name, resource};
use super::{Content, Import, Local, Module, Resource, ResourceKey, Shape, sorted};
use crate::address::Mode;
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::lang::ast::{Block, Body, ExprKind};
use crate::lang::{json, parse};

/// What a file may hold.
pub(super) const FILE: Shape = Shape {
    attributes: &[],
    blocks: &[
        ("terraform", &[]),
        ("required_providers", &[]),
        ("provider", &["name"]),
        ("variable", &["name"]),
        ("locals", &[]),
        ("output", &["name"]),
        ("module", &["name"]),
        ("resource", &["type", "name"]),
        ("data", &["type", "name"]),
        ("ephemeral", &["type", "name"]),
        ("moved", &[]),
        ("removed", &[]),
        ("import", &[]),
        ("check", &["name"]),
    ],
};

/// Everything that a file holds, as blocks.
pub fn file_blocks(body: &Body, found: &mut Diagnostics) -> Vec<Block> {
    Content::of(body, FILE, found).blocks
}

/// The module that these blocks make up, whichever files they came from.
pub fn decode(blocks: &[Block], found: &mut Diagnostics) -> Module {
    let mut module = Module::default();
    for it in blocks {
        decode_block(it, &mut module, found);
    }
    module.resources = sorted(std::mem::take(&mut module.resources));
    duplicate_imports(&module.imports, found);
    module
}

fn decode_block(it: &Block, module: &mut Module, found: &mut Diagnostics) {
    match &*it.kind.text {
        "terraform" => blocks::terraform(it, &mut module.terraform, found),
        "required_providers" => {
            let one = Diagnostic::error(
                "Invalid required_providers block",
                "it stands inside of a `terraform` block",
            );
            found.push(one.at(it.header));
        }
        "locals" => locals(it, module, found),
        "variable" => {
            if let Some(new) = blocks::variable(it, found) {
                let earlier = module.variables.get(&new.name).map(|it| it.span);
                match earlier {
                    Some(at) => found.push(twice("Duplicate variable declaration", new.span, at)),
                    None => drop(module.variables.insert(new.name.clone(), new)),
                }
            }
        }
        "output" => {
            if let Some(new) = blocks::output(it, found) {
                let earlier = module.outputs.get(&new.name).map(|it| it.span);
                match earlier {
                    Some(at) => found.push(twice("Duplicate output definition", new.span, at)),
                    None => drop(module.outputs.insert(new.name.clone(), new)),
                }
            }
        }
        "module" => {
            if let Some(new) = blocks::call(it, found) {
                let earlier = module.calls.get(&new.name).map(|it| it.span);
                match earlier {
                    Some(at) => found.push(twice("Duplicate module call", new.span, at)),
                    None => drop(module.calls.insert(new.name.clone(), new)),
                }
            }
        }
        "provider" => {
            if let Some(new) = blocks::provider(it, found) {
                let same =
                    |it: &&super::ProviderBlock| (&it.name, &it.alias) == (&new.name, &new.alias);
                match module.providers.iter().find(same).map(|it| it.span) {
                    Some(at) => found.push(twice("Duplicate provider configuration", new.span, at)),
                    None => module.providers.push(new),
                }
            }
        }
        "resource" => add_resource(resource(it, Mode::Managed, found), module, found),
        "data" => add_resource(resource(it, Mode::Data, found), module, found),
        "ephemeral" => add_resource(resource(it, Mode::Ephemeral, found), module, found),
        "check" => {
            if let Some((new, data)) = blocks::check(it, found) {
                let earlier = module.checks.iter().find(|it| it.name == new.name).map(|it| it.span);
                match earlier {
                    Some(at) => found.push(twice(
                        &format!("Duplicate check \"{}\" configuration", new.name),
                        new.span,
                        at,
                    )),
                    None => module.checks.push(new),
                }
                if data.is_some() {
                    add_resource(data, module, found);
                }
            }
        }
        "moved" => module.moved.extend(blocks::moved(it, found)),
        "removed" => module.removed.extend(blocks::removed(it, found)),
        "import" => module.imports.extend(blocks::import(it, found)),
        _ => {}
    }
}

fn add_resource(new: Option<Resource>, module: &mut Module, found: &mut Diagnostics) {
    let Some(new) = new else { return };
    match module.resources.entry(ResourceKey::from(&new)) {
        Entry::Vacant(place) => drop(place.insert(new)),
        Entry::Occupied(earlier) => {
            let word = match new.mode {
                Mode::Managed => "resource",
                Mode::Data => "data",
                Mode::Ephemeral => "ephemeral",
            };
            let summary = format!("Duplicate {word} \"{}\" configuration", new.kind);
            found.push(twice(&summary, new.span, earlier.get().span));
        }
    }
}

fn twice(summary: &str, at: Span, earlier: Span) -> Diagnostic {
    Diagnostic::error(summary, "there is one of that name already")
        .at(at)
        .label(earlier, "first here")
}

fn locals(it: &Block, module: &mut Module, found: &mut Diagnostics) {
    for block in &it.body.blocks {
        let summary = format!("Unexpected \"{}\" block", block.kind.text);
        let one = Diagnostic::error(summary, "`locals` holds arguments only");
        found.push(one.at(block.kind.span));
    }
    for attribute in &it.body.attributes {
        if it.body.json {
            json::refuse_repeated_keys(&attribute.value, found);
        }
        let name = &attribute.name;
        if !parse::is_name(&name.text) {
            found.push(invalid_name("Invalid local value name", &name.text).at(name.span));
        }
        match module.locals.get(&name.text) {
            Some(earlier) => {
                let at = attribute.span;
                found.push(twice("Duplicate local value definition", at, earlier.span));
            }
            None => {
                let local = Local { expr: attribute.value.clone(), span: attribute.span };
                module.locals.insert(name.text.clone(), local);
            }
        }
    }
}

fn duplicate_imports(imports: &[Import], found: &mut Diagnostics) {
    let text = |it: &Import| match &it.to.kind {
        ExprKind::Reference(to) => Some(reference_text(to)),
        _ => None,
    };
    for (at, new) in imports.iter().enumerate() {
        let Some(address) = text(new) else { continue };
        let before = imports.iter().take(at);
        if let Some(earlier) = before.into_iter().find(|it| text(it).as_ref() == Some(&address)) {
            let summary = format!("Duplicate import configuration for \"{address}\"");
            found.push(twice(&summary, new.to.span, earlier.to.span));
        }
    }
}
