//! The `configuration` part of a plan's JSON: what was written, expressions as their references.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::state_json::mode;
use crate::address::Mode;
use crate::diag::Diagnostics;
use crate::lang::ast::{Body, Expr, Reference, Step};
use crate::lang::config::{Config, Module, Resource, constant, reference_text};
use crate::provider::Registry;

/// The whole part.
pub fn configuration(registry: &Registry, it: &Config) -> Json {
    json!({
        "provider_config": providers(registry, &it.root),
        "root_module": module(registry, &it.root),
    })
}

fn providers(registry: &Registry, root: &Module) -> Json {
    let mut out = Map::new();
    let full_name = |name: &str| match registry.provider(name) {
        Some(it) => it.source().to_string(),
        None => format!("registry.terraform.io/hashicorp/{name}"),
    };
    for name in used_providers(registry, root) {
        out.insert(name.clone(), json!({"name": name, "full_name": full_name(&name)}));
    }
    for block in &root.providers {
        let mut one = Map::new();
        one.insert("name".into(), block.name.to_string().into());
        one.insert("full_name".into(), full_name(&block.name).into());
        let key = match &block.alias {
            Some(alias) => {
                one.insert("alias".into(), alias.to_string().into());
                format!("{}.{alias}", block.name)
            }
            None => block.name.to_string(),
        };
        let expressions = body(&block.body, 0);
        if !expressions.is_empty() {
            one.insert("expressions".into(), expressions.into());
        }
        out.insert(key, Json::Object(one));
    }
    out.sort_keys();
    Json::Object(out)
}

fn used_providers(registry: &Registry, module: &Module) -> Vec<String> {
    let mut names: Vec<String> =
        module.resources.values().map(|it| provider_of(registry, it)).collect();
    for call in module.calls.values() {
        names.extend(used_providers(registry, &call.module));
    }
    names.sort();
    names.dedup();
    names
}

fn provider_of(registry: &Registry, it: &Resource) -> String {
    let found = registry.provider_of(it.mode, &it.kind);
    let guess = || it.kind.split_once('_').map_or(&*it.kind, |(name, _)| name).to_string();
    found.map_or_else(guess, |it| it.name().to_string())
}

fn module(registry: &Registry, it: &Module) -> Json {
    let mut out = Map::new();
    let mut put = |key: &str, value: Json| {
        if value.as_object().is_some_and(|it| !it.is_empty())
            || value.as_array().is_some_and(|it| !it.is_empty())
        {
            out.insert(key.into(), value);
        }
    };
    let outputs = it.outputs.values().map(|it| {
        let mut one = Map::new();
        if it.sensitive {
            one.insert("sensitive".into(), true.into());
        }
        if it.ephemeral {
            one.insert("ephemeral".into(), true.into());
        }
        one.insert("expression".into(), expression(&it.value));
        if let Some(text) = &it.description {
            one.insert("description".into(), text.to_string().into());
        }
        depends_on(&mut one, &it.depends_on);
        (it.name.to_string(), Json::Object(one))
    });
    put("outputs", outputs.collect());
    let resources: Vec<Json> = it.resources.values().map(|it| resource(registry, it)).collect();
    put("resources", resources.into());
    let calls = it.calls.values().map(|it| {
        let mut one = Map::new();
        one.insert("source".into(), it.source.to_string().into());
        let inputs: Map<String, Json> =
            it.inputs.iter().map(|(k, v)| (k.to_string(), expression(&v.value))).collect();
        if !inputs.is_empty() {
            one.insert("expressions".into(), inputs.into());
        }
        repetition(&mut one, it.count.as_deref(), it.for_each.as_deref());
        one.insert("module".into(), module(registry, &it.module));
        depends_on(&mut one, &it.depends_on);
        (it.name.to_string(), Json::Object(one))
    });
    put("module_calls", calls.collect());
    let variables = it.variables.values().map(|it| {
        let mut one = Map::new();
        if let Some(value) = it.default.as_ref().and_then(|it| it.to_json()) {
            one.insert("default".into(), value);
        }
        if let Some(text) = &it.description {
            one.insert("description".into(), text.to_string().into());
        }
        if it.sensitive {
            one.insert("sensitive".into(), true.into());
        }
        if it.ephemeral {
            one.insert("ephemeral".into(), true.into());
        }
        (it.name.to_string(), Json::Object(one))
    });
    put("variables", variables.collect());
    Json::Object(out)
}

fn resource(registry: &Registry, it: &Resource) -> Json {
    let address = match it.mode {
        Mode::Managed => format!("{}.{}", it.kind, it.name),
        other => format!("{}.{}.{}", mode(other), it.kind, it.name),
    };
    let provider = match &it.provider {
        Some(it) => match &it.alias {
            Some(alias) => format!("{}.{alias}", it.name),
            None => it.name.to_string(),
        },
        None => provider_of(registry, it),
    };
    let mut out = Map::new();
    out.insert("address".into(), address.into());
    out.insert("mode".into(), mode(it.mode).into());
    out.insert("type".into(), it.kind.to_string().into());
    out.insert("name".into(), it.name.to_string().into());
    out.insert("provider_config_key".into(), provider.into());
    let expressions = body(&it.body, 0);
    if !expressions.is_empty() {
        out.insert("expressions".into(), expressions.into());
    }
    out.insert("schema_version".into(), 0.into());
    repetition(&mut out, it.count.as_deref(), it.for_each.as_deref());
    depends_on(&mut out, &it.depends_on);
    Json::Object(out)
}

/// Arguments by name; nested blocks as lists of the same.
fn body(it: &Body, depth: usize) -> Map<String, Json> {
    let mut out: BTreeMap<String, Json> =
        it.attributes.iter().map(|it| (it.name.text.to_string(), expression(&it.value))).collect();
    for block in it.blocks.iter().filter(|_| depth < 64) {
        let inner = Json::Object(body(&block.body, depth + 1));
        let list = out.entry(block.kind.text.to_string()).or_insert_with(|| json!([]));
        if let Some(list) = list.as_array_mut() {
            list.push(inner);
        }
    }
    out.into_iter().collect()
}

fn repetition(out: &mut Map<String, Json>, count: Option<&Expr>, for_each: Option<&Expr>) {
    for (key, expr) in [("count_expression", count), ("for_each_expression", for_each)] {
        let json = expr.map(expression);
        if let Some(json) = json.filter(|it| it.as_object().is_some_and(|it| !it.is_empty())) {
            out.insert(key.into(), json);
        }
    }
}

fn depends_on(out: &mut Map<String, Json>, them: &[Reference]) {
    if !them.is_empty() {
        out.insert("depends_on".into(), them.iter().map(reference_text).collect());
    }
}

/// `{"constant_value": …}`, or the references, each with all that it passes through.
fn expression(it: &Expr) -> Json {
    let mut references = Vec::new();
    it.references(&mut |it| references.extend(prefixes(it)));
    if !references.is_empty() {
        return json!({"references": references});
    }
    match constant(it, &mut Diagnostics::new()).and_then(|it| it.to_json()) {
        Some(value) => json!({"constant_value": value}),
        None => json!({}),
    }
}

/// From the whole reference down to the object that it starts from.
fn prefixes(it: &Reference) -> Vec<String> {
    let with = |count: usize| {
        let steps: Vec<Step> = it.steps.iter().take(count).cloned().collect();
        reference_text(&Reference { root: it.root.clone(), steps })
    };
    let subject = match &*it.root.text {
        "data" | "ephemeral" => 2,
        _ => 1,
    };
    let whole = matches!(
        &*it.root.text,
        "var" | "local" | "each" | "count" | "path" | "self" | "terraform"
    );
    match whole {
        true => vec![with(subject)],
        false => (subject.min(it.steps.len())..=it.steps.len()).rev().map(with).collect(),
    }
}
