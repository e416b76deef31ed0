//! `resource`, `data` and `ephemeral` blocks, and their `lifecycle`.

use std::sync::Arc;

use super::constant::flag;
use super::content::{Content, Shape};
use super::refer;
use super::{Condition, IgnoreChanges, Lifecycle, Resource};
use crate::address::Mode;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lang::ast::{Attribute, Block, Expr, ExprKind, StepKind};
use crate::lang::parse;

const META: Shape = Shape {
    attributes: &[
        ("count", false),
        ("for_each", false),
        ("depends_on", false),
        ("provider", false),
    ],
    blocks: &[
        ("lifecycle", &[]),
        ("provisioner", &["type"]),
        ("connection", &[]),
        ("locals", &[]),
        ("_", &[]),
    ],
};

const LIFECYCLE: Shape = Shape {
    attributes: &[
        ("create_before_destroy", false),
        ("prevent_destroy", false),
        ("ignore_changes", false),
        ("replace_triggered_by", false),
    ],
    blocks: &[("precondition", &[]), ("postcondition", &[])],
};

/// A `resource`, `data` or `ephemeral` block with its two labels.
pub(super) fn resource(it: &Block, mode: Mode, found: &mut Diagnostics) -> Option<Resource> {
    let [kind, name] = it.labels.as_slice() else { return None };
    let word = match mode {
        Mode::Managed => "resource",
        Mode::Data => "data resource",
        Mode::Ephemeral => "ephemeral resource",
    };
    for (label, summary) in
        [(kind, format!("Invalid {word} type name")), (name, format!("Invalid {word} name"))]
    {
        if !parse::is_name(&label.text) {
            found.push(invalid_name(&summary, &label.text).at(label.span));
        }
    }
    let (meta, rest) = Content::partial(&it.body, META, found);
    let (count, for_each) = (meta.attribute("count"), meta.attribute("for_each"));
    both(count, for_each, found);
    for block in meta.blocks("provisioner").chain(meta.blocks("connection")) {
        let one = Diagnostic::error(
            "provisioners are not supported",
            format!(
                "there is no `{}` here: resources are managed through the API alone",
                block.kind.text
            ),
        );
        found.push(one.at(block.header).hint("run such commands before or after `apply`"));
    }
    for block in meta.blocks("locals").chain(meta.blocks("_")) {
        let one = Diagnostic::error(
            "Reserved block type name in resource block",
            format!("`{}` is a reserved name", block.kind.text),
        );
        found.push(one.at(block.kind.span));
    }
    let mut lifecycle = Lifecycle::default();
    let mut first = None;
    for block in meta.blocks("lifecycle") {
        match first {
            None => {
                first = Some(block.kind.span);
                lifecycle = read_lifecycle(block, mode, found);
            }
            Some(earlier) => {
                let one = Diagnostic::error("Duplicate lifecycle block", "one is enough");
                found.push(one.at(block.kind.span).label(earlier, "first here"));
            }
        }
    }
    let json = it.body.json;
    let depends_on = meta.attribute("depends_on");
    let provider = meta.attribute("provider");
    Some(Resource {
        mode,
        kind: kind.text.clone(),
        name: name.text.clone(),
        count: count.map(|it| it.value.clone()),
        for_each: for_each.map(|it| it.value.clone()),
        depends_on: depends_on.map_or(Vec::new(), |it| refer::references(&it.value, json, found)),
        provider: provider.and_then(|it| refer::provider(&it.value, json, found)),
        lifecycle,
        body: Arc::new(rest),
        in_check: None,
        kind_span: kind.span,
        span: it.header,
    })
}

/// `count` and `for_each` exclude each other.
pub(super) fn both(
    count: Option<&Attribute>,
    for_each: Option<&Attribute>,
    found: &mut Diagnostics,
) {
    if let (Some(count), Some(for_each)) = (count, for_each) {
        let one = Diagnostic::error(
            "Invalid combination of \"count\" and \"for_each\"",
            "a block has one of the two, not both",
        );
        found.push(one.at(for_each.name.span).label(count.name.span, "the other one"));
    }
}

pub(super) fn invalid_name(summary: &str, text: &str) -> Diagnostic {
    Diagnostic::error(
        summary,
        format!(
            "`{text}` is not a name: it starts with a letter or underscore and goes on with \
             letters, digits, underscores and dashes"
        ),
    )
}

fn read_lifecycle(it: &Block, mode: Mode, found: &mut Diagnostics) -> Lifecycle {
    let content = Content::of(&it.body, LIFECYCLE, found);
    if mode != Mode::Managed {
        let what = if mode == Mode::Data { "data" } else { "ephemeral" };
        for attribute in &content.attributes {
            let one = Diagnostic::error(
                format!("Invalid {what} resource lifecycle argument"),
                format!("`{}` is only for managed resources", attribute.name.text),
            );
            found.push(one.at(attribute.name.span));
        }
    }
    let json = it.body.json;
    let prevent = content.attribute("prevent_destroy");
    let triggers = content.attribute("replace_triggered_by");
    let ignore = content.attribute("ignore_changes");
    Lifecycle {
        create_before_destroy: flag(content.attribute("create_before_destroy"), found),
        prevent_destroy: flag(prevent, found).unwrap_or(false),
        prevent_destroy_span: prevent.map(|it| it.span),
        ignore_changes: ignore.map_or(IgnoreChanges::None, |it| ignored(&it.value, json, found)),
        replace_triggered_by: triggers
            .map_or(Vec::new(), |it| trigger_list(&it.value, json, found)),
        preconditions: conditions(content.blocks("precondition"), found),
        postconditions: conditions(content.blocks("postcondition"), found),
    }
}

fn ignored(expr: &Expr, json: bool, found: &mut Diagnostics) -> IgnoreChanges {
    let is_all = |expr: &Expr| match &expr.kind {
        ExprKind::Reference(it) => &*it.root.text == "all" && it.steps.is_empty(),
        ExprKind::Literal(value) => json && value.as_str() == Some("all"),
        _ => false,
    };
    match &expr.kind {
        _ if is_all(expr) => IgnoreChanges::All,
        ExprKind::Tuple(items) => {
            let mut paths = Vec::new();
            for item in items {
                if matches!(&item.kind, ExprKind::Literal(it) if it.as_str() == Some("*")) {
                    let one = Diagnostic::error(
                        "Invalid ignore_changes wildcard",
                        "to ignore every change, the word `all` stands alone",
                    );
                    found.push(one.at(item.span).hint("write `ignore_changes = all`"));
                    continue;
                }
                let Some(path) = refer::reference(item, json, found) else { continue };
                let mut steps = path.steps;
                let root = StepKind::Attribute(path.root.text);
                steps.insert(0, crate::lang::ast::Step { kind: root, span: path.root.span });
                paths.push(steps);
            }
            IgnoreChanges::Paths(paths)
        }
        _ => {
            let one = Diagnostic::error(
                "Invalid expression",
                "`ignore_changes` takes a list of arguments, or the word `all`",
            );
            found.push(one.at(expr.span));
            IgnoreChanges::None
        }
    }
}

fn trigger_list(expr: &Expr, json: bool, found: &mut Diagnostics) -> Vec<Arc<Expr>> {
    let ExprKind::Tuple(items) = &expr.kind else {
        let one = Diagnostic::error("Invalid expression", "here, a list in brackets is expected");
        found.push(one.at(expr.span));
        return Vec::new();
    };
    let mut triggers = Vec::new();
    for item in items {
        // Keys may use `each` and `count`, so these are expressions, not only references.
        let item = match &item.kind {
            ExprKind::Literal(text) if json => {
                let text = text.as_str().unwrap_or("");
                let (parsed, errors) = parse::parse_expression_in(text, item.span);
                found.extend(errors);
                parsed
            }
            _ => Some(item.clone()),
        };
        triggers.extend(item.map(Arc::new));
    }
    triggers
}

const CONDITION: Shape =
    Shape { attributes: &[("condition", true), ("error_message", true)], blocks: &[] };

/// `condition` and `error_message` of each block.
pub(super) fn conditions<'a>(
    blocks: impl Iterator<Item = &'a Block>,
    found: &mut Diagnostics,
) -> Vec<Condition> {
    let mut conditions = Vec::new();
    for block in blocks {
        let content = Content::of(&block.body, CONDITION, found);
        let (condition, message) =
            (content.attribute("condition"), content.attribute("error_message"));
        if let Some(condition) = condition {
            let mut refers = false;
            condition.value.references(&mut |_| refers = true);
            if !refers {
                let one = Diagnostic::error(
                    format!("Invalid {} expression", block.kind.text),
                    "the condition refers to nothing, so it would check nothing",
                );
                found.push(one.at(condition.value.span));
                continue;
            }
            let Some(message) = message else { continue };
            conditions.push(Condition {
                condition: condition.value.clone(),
                error_message: message.value.clone(),
                span: block.header,
            });
        }
    }
    conditions
}
