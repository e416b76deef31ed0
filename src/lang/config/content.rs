//! Arguments and blocks of a body, by the names it may have.

use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::lang::ast::{Attribute, Block, Body};
use crate::lang::json;

/// What a body may hold.
#[derive(Clone, Copy, Debug)]
pub struct Shape<'a> {
    /// Arguments: name, and whether it must be there.
    pub attributes: &'a [(&'a str, bool)],
    /// Blocks: kind, and what its labels are called.
    pub blocks: &'a [(&'a str, &'a [&'a str])],
}

/// What was found of a [`Shape`].
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Arguments in source order.
    pub attributes: Vec<Attribute>,
    /// Blocks in source order, each with as many labels as it takes.
    pub blocks: Vec<Block>,
}

impl Content {
    /// The argument of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|it| &*it.name.text == name)
    }

    /// Every block of that kind.
    pub fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |it| &*it.kind.text == kind)
    }

    /// Takes what the shape names; anything else is an error.
    pub fn of(body: &Body, shape: Shape, found: &mut Diagnostics) -> Content {
        let (content, rest) = Content::partial(body, shape, found);
        for it in &rest.attributes {
            found.push(unsupported_argument(it, shape, body.json));
        }
        for it in &rest.blocks {
            found.push(unsupported_block(it, shape));
        }
        content
    }

    /// Takes what the shape names, and leaves the rest.
    pub fn partial(body: &Body, shape: Shape, found: &mut Diagnostics) -> (Content, Body) {
        let mut content = Content::default();
        let (attributes, blocks) = Default::default();
        let mut rest = Body { attributes, blocks, span: body.span, end: body.end, json: body.json };
        for it in &body.attributes {
            let name = &*it.name.text;
            let block = shape.blocks.iter().find(|(kind, _)| *kind == name);
            match block {
                _ if shape.attributes.iter().any(|(known, _)| *known == name) => {
                    // Native syntax refuses what is set twice when it is read.
                    if let Some(earlier) = content.attribute(name).filter(|_| body.json) {
                        found.push(set_twice(it, earlier));
                        continue;
                    }
                    if body.json {
                        json::refuse_repeated_keys(&it.value, found);
                    }
                    content.attributes.push(it.clone())
                }
                Some((_, labels)) if body.json => {
                    content.blocks.extend(json::as_blocks(it, labels, found))
                }
                _ => rest.attributes.push(it.clone()),
            }
        }
        for it in &body.blocks {
            match shape.blocks.iter().find(|(kind, _)| *kind == &*it.kind.text) {
                Some((kind, labels)) => match check_labels(it, kind, labels) {
                    Ok(()) => content.blocks.push(it.clone()),
                    Err(one) => found.push(*one),
                },
                None => rest.blocks.push(it.clone()),
            }
        }
        for (name, required) in shape.attributes {
            if *required && content.attribute(name).is_none() {
                found.push(missing_argument(name, body.missing()));
            }
        }
        rest.attributes.shrink_to_fit();
        (content, rest)
    }
}

fn set_twice(it: &Attribute, earlier: &Attribute) -> Diagnostic {
    let detail = format!("`{}` is set already", it.name.text);
    Diagnostic::error("Duplicate argument", detail)
        .at(it.name.span)
        .label(earlier.name.span, "first here")
}

/// `Missing required argument`
pub(super) fn missing_argument(name: &str, at: Span) -> Diagnostic {
    Diagnostic::error("Missing required argument", format!("`{name}` is required here"))
        .at(at)
        .hint(format!("add `{name} = …`"))
}

fn unsupported_argument(it: &Attribute, shape: Shape, json: bool) -> Diagnostic {
    let name = &*it.name.text;
    let summary = if json { "Extraneous JSON object property" } else { "Unsupported argument" };
    let one =
        Diagnostic::error(summary, format!("no argument is called `{name}` here")).at(it.name.span);
    if !json && shape.blocks.iter().any(|(kind, _)| *kind == name) {
        return one.hint(format!("`{name}` is a block: write `{name} {{ … }}`, without `=`"));
    }
    one.did_you_mean(name, shape.attributes.iter().map(|(name, _)| *name))
}

fn unsupported_block(it: &Block, shape: Shape) -> Diagnostic {
    let kind = &*it.kind.text;
    let one =
        Diagnostic::error("Unsupported block type", format!("no block is called `{kind}` here"))
            .at(it.kind.span);
    if shape.attributes.iter().any(|(name, _)| *name == kind) {
        return one.hint(format!("`{kind}` is an argument: write `{kind} = …`"));
    }
    one.did_you_mean(kind, shape.blocks.iter().map(|(kind, _)| *kind))
}

fn check_labels(it: &Block, kind: &str, labels: &[&str]) -> Result<(), Box<Diagnostic>> {
    if let Some(missing) = labels.get(it.labels.len()) {
        let names: Vec<String> = labels.iter().map(|it| format!("\"{it}\"")).collect();
        let one = Diagnostic::error(
            format!("Missing {missing} for {kind}"),
            format!("a `{kind}` block takes {} label(s): {}", labels.len(), labels.join(", ")),
        );
        let hint = format!("write `{kind} {} {{ … }}`", names.join(" "));
        return Err(Box::new(one.at(it.body.missing()).hint(hint)));
    }
    if let Some(extra) = it.labels.get(labels.len()) {
        let takes = match labels.len() {
            0 => "no labels".to_string(),
            _ => format!("{} label(s): {}", labels.len(), labels.join(", ")),
        };
        let one = Diagnostic::error(
            format!("Extraneous label for {kind}"),
            format!("a `{kind}` block takes {takes}"),
        );
        return Err(Box::new(one.at(extra.span)));
    }
    Ok(())
}
