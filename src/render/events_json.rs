//! Events in Terraform's machine-readable form: one JSON object a line, each with `@level`,
//! `@message`, `@module`, `@timestamp` and `type`.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::state_json::index;
use super::{events_text, json_value, plan_text};
use crate::address::Address;
use crate::diag::{Diagnostic, Severity, Sources, to_json};
use crate::event::Event;
use crate::lang::value::{Str, Value};
use crate::plan::graph::Verb;
use crate::plan::{Action, Change, Counts, Plan, Reason};
use crate::state::tfstate::WRITTEN_AS;

/// What one line carries beside its time: its type, its message, and the rest.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    level: &'static str,
    kind: &'static str,
    message: String,
    rest: Vec<(&'static str, Json)>,
}

impl Line {
    fn new(kind: &'static str, message: impl Into<String>) -> Self {
        Line { level: "info", kind, message: message.into(), rest: Vec::new() }
    }

    fn with(mut self, key: &'static str, value: Json) -> Self {
        self.rest.push((key, value));
        self
    }

    /// The object, as of that time.
    pub fn at(&self, time: jiff::Timestamp) -> Json {
        let mut out = Map::new();
        out.insert("@level".into(), self.level.into());
        out.insert("@message".into(), self.message.as_str().into());
        out.insert("@module".into(), "terraform.ui".into());
        out.insert("@timestamp".into(), format!("{time:.6}").into());
        for (key, value) in &self.rest {
            out.insert((*key).into(), value.clone());
        }
        out.insert("type".into(), self.kind.into());
        Json::Object(out)
    }
}

/// The first line: what speaks, and in which version of this form.
pub fn version() -> Line {
    Line::new("version", concat!("fastcart-hcl ", env!("CARGO_PKG_VERSION")))
        .with("terraform", WRITTEN_AS.into())
        .with("fastcart_hcl", env!("CARGO_PKG_VERSION").into())
        .with("ui", "1.2".into())
}

/// A diagnostic.
pub fn diagnostic(sources: &Sources, it: &Diagnostic) -> Line {
    let (level, word) = match it.severity {
        Severity::Error => ("error", "Error"),
        Severity::Warning => ("warn", "Warning"),
    };
    let line = Line::new("diagnostic", format!("{word}: {}", it.summary));
    Line { level, ..line }.with("diagnostic", to_json(sources, it))
}

/// Anything that happens during a run; none for what Terraform has no line for.
pub fn event(sources: &Sources, it: &Event) -> Vec<Line> {
    if let Event::Diagnostic(it) = it {
        return vec![diagnostic(sources, it)];
    }
    let Some(message) = events_text::line(it) else { return Vec::new() };
    let hook = |kind, message: String, address: &Address, rest: &[(&str, Json)]| {
        let mut hook = Map::new();
        hook.insert("resource".into(), resource(address));
        hook.extend(rest.iter().map(|(key, value)| (key.to_string(), value.clone())));
        Line::new(kind, message).with("hook", Json::Object(hook))
    };
    let id = |id: &str| [("id_key", Json::from("id")), ("id_value", Json::from(id))];
    let action = |verb| ("action", Json::from(verb_word(verb)));
    let seconds = |it: &std::time::Duration| ("elapsed_seconds", Json::from(it.as_secs()));
    vec![match it {
        Event::Refreshed { address, id: known } => {
            let done = format!("{address}: Refresh complete [id={known}]");
            return vec![
                hook("refresh_start", message, address, &id(known)),
                hook("refresh_complete", done, address, &id(known)),
            ];
        }
        Event::ReadStarted { address } => {
            let message = format!("{address}: Refreshing...");
            hook("apply_start", message, address, &[action(Verb::Read)])
        }
        Event::ReadFinished { address, id: found, took } => {
            let mut rest = vec![action(Verb::Read)];
            if !found.is_empty() {
                rest.extend(id(found));
            }
            rest.push(seconds(took));
            let done = message.replacen(": Read complete", ": Refresh complete", 1);
            hook("apply_complete", done, address, &rest)
        }
        Event::StepStarted { address, verb: verb @ (Verb::Open | Verb::Close), .. } => {
            hook("ephemeral_op_start", message, address, &[action(*verb)])
        }
        Event::StepProgress {
            address, verb: verb @ (Verb::Open | Verb::Close), elapsed, ..
        } => hook("ephemeral_op_progress", message, address, &[action(*verb), seconds(elapsed)]),
        Event::StepFinished { address, verb: verb @ (Verb::Open | Verb::Close), took, .. } => {
            hook("ephemeral_op_complete", message, address, &[action(*verb), seconds(took)])
        }
        Event::StepFailed { address, verb: verb @ (Verb::Open | Verb::Close), took, .. } => {
            hook("ephemeral_op_errored", message, address, &[action(*verb), seconds(took)])
        }
        // What is only forgotten is told by the plan.
        Event::Drifted { .. } | Event::StepFinished { verb: Verb::Forget, .. } => {
            return Vec::new();
        }
        Event::StepStarted { address, verb, id: known } => {
            let mut rest = vec![action(*verb)];
            rest.extend(known.iter().flat_map(|it| id(it)));
            hook("apply_start", message, address, &rest)
        }
        Event::StepProgress { address, verb, elapsed, .. } => {
            hook("apply_progress", message, address, &[action(*verb), seconds(elapsed)])
        }
        Event::StepFinished { address, verb, id: made, took } => {
            let mut rest = vec![action(*verb)];
            let made = made.iter().filter(|_| *verb != Verb::Delete);
            rest.extend(made.flat_map(|it| id(it)));
            rest.push(seconds(took));
            hook("apply_complete", message, address, &rest)
        }
        Event::StepFailed { address, verb, took, .. } => {
            hook("apply_errored", message, address, &[action(*verb), seconds(took)])
        }
        _ => Line::new("log", message),
    }]
}

fn verb_word(verb: Verb) -> &'static str {
    match verb {
        Verb::Keep => "noop",
        Verb::Read => "read",
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Delete => "delete",
        Verb::Forget => "remove",
        Verb::Open => "open",
        Verb::Close => "close",
    }
}

fn action_word(it: &Change) -> &'static str {
    match it.action {
        Action::NoOp if it.importing.is_some() => "import",
        Action::NoOp if it.previous_address.is_some() => "move",
        Action::NoOp | Action::Open => "noop",
        Action::Read => "read",
        Action::Create => "create",
        Action::Update => "update",
        Action::DeleteThenCreate | Action::CreateThenDelete => "replace",
        Action::Delete => "delete",
        Action::Forget => "remove",
    }
}

/// Everything a plan says: drift, planned changes, how many there are, outputs.
pub fn plan(it: &Plan) -> Vec<Line> {
    let mut lines: Vec<Line> = it.drift.iter().map(drift).collect();
    lines.extend(it.changes.iter().filter(|it| it.is_visible()).map(planned));
    lines.push(summary("plan", it.counts(), format!("Plan: {}", plan_text::counts(it))));
    if !it.outputs.is_empty() {
        let each = it.outputs.iter().map(|(name, output)| {
            let action = match output.action() {
                Action::NoOp => "noop",
                Action::Create => "create",
                Action::Delete => "delete",
                _ => "update",
            };
            (name.to_string(), json!({"sensitive": output.sensitive, "action": action}))
        });
        let message = format!("Outputs: {}", it.outputs.len());
        lines.push(Line::new("outputs", message).with("outputs", each.collect()));
    }
    lines
}

/// A planned change.
pub fn planned(it: &Change) -> Line {
    let word = action_word(it);
    let mut change = Map::new();
    change.insert("resource".into(), resource(&it.address));
    if let Some(from) = &it.previous_address {
        change.insert("previous_resource".into(), resource(from));
    }
    change.insert("action".into(), word.into());
    if let Some(reason) = it.reason {
        change.insert("reason".into(), reason_word(reason).into());
    }
    if let Some(id) = &it.importing {
        change.insert("importing".into(), json!({"id": id}));
    }
    Line::new("planned_change", format!("{}: Plan to {word}", it.address))
        .with("change", Json::Object(change))
}

fn drift(it: &Change) -> Line {
    let word = if it.after.is_some() { "update" } else { "delete" };
    Line::new("resource_drift", format!("{}: Drift detected ({word})", it.address))
        .with("change", json!({"resource": resource(&it.address), "action": word}))
}

fn reason_word(it: Reason) -> &'static str {
    match it {
        Reason::ReplaceBecauseCannotUpdate => "cannot_update",
        Reason::ReplaceBecauseTainted => "tainted",
        Reason::ReplaceByRequest => "requested",
        Reason::ReplaceByTriggers => "replace_triggered_by",
        other => other.word(),
    }
}

/// How many objects were touched; `operation` is `plan`, `apply` or `destroy`.
pub fn summary(operation: &str, it: Counts, message: String) -> Line {
    let changes = json!({
        "add": it.add,
        "change": it.change,
        "import": it.import,
        "remove": it.destroy,
        "operation": operation,
    });
    Line::new("change_summary", message).with("changes", changes)
}

/// How many calls were made, by operation.
pub fn calls(them: &BTreeMap<String, u64>) -> Line {
    let total: u64 = them.values().sum();
    let each = them.iter().map(|(operation, count)| (operation.clone(), (*count).into()));
    let calls = json!({"total": total, "operations": each.collect::<Map<String, Json>>()});
    Line::new("api_calls", format!("Calls to AWS: {total}")).with("api_calls", calls)
}

/// Root outputs after an apply; secret ones without their values.
pub fn outputs(them: &BTreeMap<Str, Value>, is_sensitive: &dyn Fn(&str) -> bool) -> Line {
    let each = them.iter().map(|(name, value)| {
        let sensitive = is_sensitive(name) || value.has_sensitive();
        let mut out = Map::new();
        out.insert("sensitive".into(), sensitive.into());
        out.insert("type".into(), value.ty().to_json());
        if !sensitive {
            out.insert("value".into(), json_value::known(value).unwrap_or_default());
        }
        (name.to_string(), Json::Object(out))
    });
    Line::new("outputs", format!("Outputs: {}", them.len())).with("outputs", each.collect())
}

fn resource(it: &Address) -> Json {
    let at = &it.resource;
    let mut local = it.clone();
    local.resource.module = Default::default();
    let implied = at.kind.split_once('_').map_or(&*at.kind, |(provider, _)| provider);
    json!({
        "addr": it.to_string(),
        "module": at.module.to_string(),
        "resource": local.to_string(),
        "implied_provider": implied,
        "resource_type": &*at.kind,
        "resource_name": &*at.name,
        "resource_key": it.key.as_ref().map(index),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn lines_have_terraforms_shape() {
        let address: Address = "module.m.aws_subnet.app[\"a\"]".parse().unwrap();
        let took = Duration::from_secs(3);
        let done =
            Event::StepFinished { address, verb: Verb::Create, id: Some("s-1".into()), took };
        let lines = event(&Sources::default(), &done);
        let json = lines[0].at(jiff::Timestamp::UNIX_EPOCH);
        let want = json!({
            "@level": "info",
            "@message": "module.m.aws_subnet.app[\"a\"]: Creation complete after 3s [id=s-1]",
            "@module": "terraform.ui",
            "@timestamp": "1970-01-01T00:00:00.000000Z",
            "hook": {
                "resource": {
                    "addr": "module.m.aws_subnet.app[\"a\"]",
                    "module": "module.m",
                    "resource": "aws_subnet.app[\"a\"]",
                    "implied_provider": "aws",
                    "resource_type": "aws_subnet",
                    "resource_name": "app",
                    "resource_key": "a",
                },
                "action": "create",
                "id_key": "id",
                "id_value": "s-1",
                "elapsed_seconds": 3,
            },
            "type": "apply_complete",
        });
        assert_eq!(json.to_string(), want.to_string());
    }

    #[test]
    fn secret_outputs_have_no_value() {
        let them: BTreeMap<Str, Value> =
            [("a".into(), Value::from(1)), ("s".into(), Value::from("hunter2").sensitive())].into();
        let json = outputs(&them, &|_| false).at(jiff::Timestamp::UNIX_EPOCH);
        assert!(!json.to_string().contains("hunter2"));
        assert_eq!(json["outputs"]["a"], json!({"sensitive": false, "type": "number", "value": 1}));
    }
}
