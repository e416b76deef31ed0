//! A plan as a Terraform user reads it.

use super::diff;
use super::page::{BOLD, CYAN, GREEN, Mark, Page, RED, YELLOW};
use super::text::printable;
use super::{Schemas, diff::one, object};
use crate::address::{Address, Mode};
use crate::diag::Style;
use crate::lang::value::Value;
use crate::plan::{Action, Change, OutputChange, Plan, PlanMode, Reason};

/// The whole plan: what changed outside, what will be done, and how much that is.
pub fn plan(schemas: Schemas<'_>, it: &Plan, style: Style) -> String {
    let mut page = Page::new(style.color, true);
    drift(schemas, &mut page, it);
    let visible: Vec<&Change> = it.changes.iter().filter(|it| it.is_visible()).collect();
    let outputs = it.outputs.values().any(|it| it.action() != Action::NoOp);
    if visible.is_empty() && !outputs {
        nothing(&mut page, it);
        return page.out;
    }
    if !visible.is_empty() {
        legend(&mut page, &visible);
        page.text("\n\nThe following will be done:\n");
        for change in &visible {
            page.text("\n");
            object(schemas, &mut page, change, None);
            page.text("\n");
        }
        page.text("\n");
        summary(&mut page, it);
        generated(&mut page, it);
    }
    if outputs {
        page.text(if visible.is_empty() { "" } else { "\n" });
        page.text("Changes to Outputs:");
        output_changes(&mut page, it);
        page.text("\n");
        if visible.is_empty() {
            page.text(
                "\nOnly output values change: applying this plan saves them in the state and \
                 touches nothing else.\n",
            );
        }
    }
    page.out
}

/// `1 to add, 0 to change, 0 to destroy.`
pub fn counts(it: &Plan) -> String {
    let it = it.counts();
    let import = match it.import {
        0 => String::new(),
        count => format!("{count} to import, "),
    };
    format!("{import}{} to add, {} to change, {} to destroy.", it.add, it.change, it.destroy)
}

fn summary(page: &mut Page<'_>, it: &Plan) {
    page.paint(BOLD, "Plan:");
    page.text(&format!(" {}\n", counts(it)));
}

fn generated(page: &mut Page<'_>, it: &Plan) {
    if !it.generated.is_empty() {
        let names: Vec<String> = it.generated.iter().map(|it| shown(&it.address)).collect();
        let names = names.join(", ");
        page.text(&format!(
            "Configuration that is no part of the stack yet was generated for: {names}\n"
        ));
    }
}

fn nothing(page: &mut Page<'_>, it: &Plan) {
    let (what, why) = match it.mode {
        PlanMode::RefreshOnly if !it.drift.is_empty() => {
            page.text(
                "Applying this plan brings the state up to date with what is shown above, and \
                 changes no object.\n",
            );
            return;
        }
        PlanMode::RefreshOnly => (
            "No changes. Your infrastructure still matches the configuration.",
            "Every object was read, and none differs from the state.",
        ),
        PlanMode::Destroy => (
            "No changes. No objects need to be destroyed.",
            "Nothing was made yet, or everything is gone already.",
        ),
        PlanMode::Normal => (
            "No changes. Your infrastructure matches the configuration.",
            "Every object was compared with the configuration, and none differs.",
        ),
    };
    page.paint(GREEN, what);
    page.text(&format!("\n\n{why}\n"));
}

fn drift<'a>(schemas: Schemas<'_>, page: &mut Page<'a>, it: &'a Plan) {
    if it.relevant_drift().next().is_none() {
        return;
    }
    page.paint(CYAN, "Note:");
    page.text(" objects have changed outside of this stack since they were last applied:\n");
    for change in it.relevant_drift() {
        page.text("\n");
        let what = match change.after {
            Some(_) => "has changed",
            None => "has been deleted",
        };
        object(schemas, page, change, Some(what));
        page.text("\n");
    }
    page.text("\n");
    page.text(&"\u{2500}".repeat(72));
    page.text("\n\n");
}

const LEGEND: [(Action, &str, &str); 7] = [
    (Action::Create, "  +", "create"),
    (Action::Update, "  ~", "update in-place"),
    (Action::Delete, "  -", "destroy"),
    (Action::DeleteThenCreate, "-/+", "destroy and then create replacement"),
    (Action::CreateThenDelete, "+/-", "create replacement and then destroy"),
    (Action::Read, " <=", "read (data resources)"),
    (Action::Forget, "  .", "forget, without destroying"),
];

fn legend(page: &mut Page<'_>, changes: &[&Change]) {
    let used: Vec<_> = LEGEND
        .iter()
        .filter(|(action, ..)| changes.iter().any(|it| it.action == *action))
        .collect();
    if used.is_empty() {
        return;
    }
    page.text("Actions are marked with these symbols:");
    for (action, symbol, meaning) in used {
        page.text("\n");
        page.paint(color(*action), symbol);
        page.text(&format!(" {meaning}"));
    }
}

fn color(action: Action) -> &'static str {
    match action {
        Action::NoOp | Action::Open => "",
        Action::Create => GREEN,
        Action::Update | Action::DeleteThenCreate | Action::CreateThenDelete => YELLOW,
        Action::Delete | Action::Forget => RED,
        Action::Read => CYAN,
    }
}

/// One object: what will become of it and why, then its attributes.
fn object<'a>(
    schemas: Schemas<'_>,
    page: &mut Page<'a>,
    it: &'a Change,
    drifted: Option<&'static str>,
) {
    headline(page, it, drifted);
    page.text("\n");
    let symbol = match (drifted, it.action) {
        (Some(_), _) if it.after.is_some() => LEGEND[1].1,
        (Some(_), _) => LEGEND[2].1,
        (None, action) => LEGEND
            .iter()
            .find(|(listed, ..)| *listed == action)
            .map_or("   ", |(_, symbol, _)| symbol),
    };
    page.paint(color(it.action), symbol);
    let resource = &it.address.resource;
    let block = match resource.mode {
        Mode::Managed => "resource",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    };
    page.text(&format!(" {block} \"{}\" \"{}\" {{", resource.kind, resource.name));
    page.forces(&it.replace_paths);
    let schema = schemas(resource);
    let attributes = schema.map_or(&[][..], |it| it.attributes);
    // What is forgotten stays as it is.
    let after = match it.action {
        Action::Forget => it.before.as_ref(),
        _ => it.after.as_ref(),
    };
    let shown = |it: Option<&Value>| it.map(|it| object::shown(it.clone(), schema));
    let (before, after) = (shown(it.before.as_ref()), shown(after));
    diff::body(page, 1, attributes, before.as_ref(), after.as_ref());
    page.forces(&[]);
    page.plain(0);
    page.text("}");
}

fn headline(page: &mut Page<'_>, it: &Change, drifted: Option<&str>) {
    let name = match &it.deposed {
        Some(key) => format!("{} (deposed object {key})", shown(&it.address)),
        None => shown(&it.address),
    };
    let what = match (drifted, it.action, it.reason) {
        (Some(what), ..) => what,
        (_, Action::Create, _) => "will be created",
        (_, Action::Read, _) => "will be read during apply",
        (_, Action::Update, _) => "will be updated in-place",
        (_, Action::Delete, _) => "will be destroyed",
        (_, Action::Forget, _) => "will be forgotten, but not destroyed",
        (_, Action::NoOp, _) if it.importing.is_some() => "will be imported",
        (_, Action::NoOp, _) => "",
        (_, _, Some(Reason::ReplaceBecauseTainted)) => "is tainted, so must be replaced",
        (_, _, Some(Reason::ReplaceByRequest)) => "will be replaced, as requested",
        (_, _, Some(Reason::ReplaceByTriggers)) => {
            "will be replaced due to changes in replace_triggered_by"
        }
        _ => "must be replaced",
    };
    let moved = it.previous_address.as_ref();
    let text = match (what, moved) {
        ("", Some(from)) => format!("  # {} has moved to {name}", shown(from)),
        (what, _) => format!("  # {name} {what}"),
    };
    page.paint(BOLD, &text);
    let mut remark = |text: String| page.text(&format!("\n  # ({text})"));
    if let (Some(from), false) = (moved, what.is_empty()) {
        remark(format!("moved from {}", shown(from)));
    }
    if let (Some(id), true) = (&it.importing, drifted.is_none()) {
        remark(format!("imported from {}", super::text::literal(id)));
    }
    if it.deposed.is_some() && drifted.is_none() {
        remark("left over from a replacement that was not finished".into());
    }
    if let Some(why) = it.reason.and_then(|reason| because(reason, it)) {
        remark(why);
    }
}

fn because(reason: Reason, it: &Change) -> Option<String> {
    let resource = &it.address.resource;
    let key = it.address.key.as_ref();
    Some(match reason {
        Reason::ReplaceBecauseCannotUpdate
        | Reason::ReplaceBecauseTainted
        | Reason::ReplaceByRequest
        | Reason::ReplaceByTriggers => return None,
        Reason::DeleteBecauseNoResourceConfig => {
            format!("because {resource} is not in configuration")
        }
        Reason::DeleteBecauseNoModule => {
            format!("because {} is not in configuration", resource.module)
        }
        Reason::DeleteBecauseWrongRepetition => match key {
            Some(_) => {
                "because the resource uses neither count nor for_each as this key needs".into()
            }
            None => "because the resource uses count or for_each".into(),
        },
        Reason::DeleteBecauseCountIndex => {
            format!("because index {} is out of range for count", text(key))
        }
        Reason::DeleteBecauseEachKey => {
            format!("because key {} is not in for_each map", text(key))
        }
        Reason::DeleteBecauseNoMoveTarget => match &it.previous_address {
            Some(from) => format!(
                "because {} was moved to {}, which is not in configuration",
                shown(from),
                shown(&it.address)
            ),
            None => "because the place it was moved to is not in configuration".into(),
        },
        Reason::ReadBecauseConfigUnknown => "config refers to values not yet known".into(),
        Reason::ReadBecauseDependencyPending => {
            "depends on a resource or a module with changes pending".into()
        }
        Reason::ReadBecauseCheckNested => "config will be reloaded to verify a check block".into(),
    })
}

fn text(key: Option<&crate::address::Key>) -> String {
    key.map(ToString::to_string).unwrap_or_default()
}

fn shown(address: &Address) -> String {
    printable(&address.to_string())
}

fn output_changes(page: &mut Page<'_>, it: &Plan) {
    let changed: Vec<_> = it.outputs.iter().filter(|(_, it)| it.action() != Action::NoOp).collect();
    let width = changed.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, output) in changed {
        let (before, after) = (secret(output, &output.before), secret(output, &output.after));
        let mark = match output.action() {
            Action::Create => Mark::Add,
            Action::Delete => Mark::Remove,
            _ => Mark::Change,
        };
        page.line(0, mark);
        page.text(&format!("{name:width$} = "));
        match (&before, &after) {
            (Some(it), None) => {
                one(page, 0, it, Mark::Remove);
                page.arrow();
                page.text("null");
            }
            _ => diff::value(page, 0, before.as_ref(), after.as_ref()),
        }
    }
}

fn secret(output: &OutputChange, value: &Option<Value>) -> Option<Value> {
    let value = value.clone()?;
    Some(if output.sensitive { value.sensitive() } else { value })
}

#[cfg(test)]
#[path = "plan_text_tests.rs"]
pub(super) mod tests;
