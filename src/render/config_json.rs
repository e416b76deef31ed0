//! The `configuration` part of a plan's JSON: what was written, expressions as their references.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::provider_config::ProviderConfigs;
use super::state_json::mode;
use crate::address::Mode;
use crate::lang::ast::{Body, Expr, Name, Reference, Step, StepKind};
use crate::lang::config::{Config, Module, Resource, fixed, reference_text};
use crate::provider::Registry;

/// The whole part.
pub fn configuration(registry: &Registry, it: &Config) -> Json {
    let providers = ProviderConfigs::of(registry, &it.root);
    let mut out = Map::new();
    let configs = providers.json();
    if configs.as_object().is_some_and(|it| !it.is_empty()) {
        out.insert("provider_config".into(), configs);
    }
    let root = Writer { registry, providers: &providers, path: String::new() };
    out.insert("root_module".into(), root.module(&it.root));
    Json::Object(out)
}

/// The local name of the provider that a type belongs to, as its first word says.
pub fn provider_of(registry: &Registry, mode: Mode, kind: &str) -> String {
    let found = registry.provider_of(mode, kind);
    let guess = || kind.split_once('_').map_or(kind, |(name, _)| name).to_string();
    found.map_or_else(guess, |it| it.name().to_string())
}

/// Writes one module.
struct Writer<'a> {
    registry: &'a Registry,
    providers: &'a ProviderConfigs,
    /// `module.a.module.b`; nothing for the root.
    path: String,
}

impl Writer<'_> {
    fn module(&self, it: &Module) -> Json {
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
        let resources: Vec<Json> = in_order(it).map(|it| self.resource(it)).collect();
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
            one.insert("module".into(), self.within(&it.name).module(&it.module));
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
            (it.name.to_string(), Json::Object(one))
        });
        put("variables", variables.collect());
        Json::Object(out)
    }

    fn within(&self, name: &str) -> Writer<'_> {
        let path = match self.path.as_str() {
            "" => format!("module.{name}"),
            path => format!("{path}.module.{name}"),
        };
        Writer { registry: self.registry, providers: self.providers, path }
    }

    fn resource(&self, it: &Resource) -> Json {
        let address = match it.mode {
            Mode::Managed => format!("{}.{}", it.kind, it.name),
            other => format!("{}.{}.{}", mode(other), it.kind, it.name),
        };
        let provider = match &it.provider {
            Some(it) => match &it.alias {
                Some(alias) => format!("{}.{alias}", it.name),
                None => it.name.to_string(),
            },
            None => provider_of(self.registry, it.mode, &it.kind),
        };
        let provider = self.providers.key(&provider, &self.path);
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
}

/// Managed resources first.
fn in_order(it: &Module) -> impl Iterator<Item = &Resource> {
    let of = |mode: Mode| it.resources.values().filter(move |it| it.mode == mode);
    [Mode::Managed, Mode::Data, Mode::Ephemeral].into_iter().flat_map(of)
}

/// Arguments by name; nested blocks as lists of the same.
pub fn body(it: &Body, depth: usize) -> Map<String, Json> {
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

/// The value where it is the same whatever it refers to, and the references, each with all that it
/// passes through.
fn expression(it: &Expr) -> Json {
    let mut out = Map::new();
    if let Some(value) = fixed(it).and_then(|it| it.to_json()) {
        out.insert("constant_value".into(), value);
    }
    let mut references = Vec::new();
    it.references(&mut |it| references.extend(prefixes(it)));
    if !references.is_empty() {
        out.insert("references".into(), references.into());
    }
    Json::Object(out)
}

/// From the whole reference down to the object that it starts from.
fn prefixes(it: &Reference) -> Vec<String> {
    // `resource.a.b` is `a.b`.
    if let ("resource", Some((first, rest))) = (&*it.root.text, it.steps.split_first())
        && let StepKind::Attribute(kind) = &first.kind
    {
        let root = Name { text: kind.clone(), span: it.root.span };
        return prefixes(&Reference { root, steps: rest.to_vec() });
    }
    let with = |count: usize| {
        let steps: Vec<Step> = it.steps.iter().take(count).cloned().collect();
        reference_text(&Reference { root: it.root.clone(), steps })
    };
    let mut subject = match &*it.root.text {
        "data" | "ephemeral" => 2,
        "self" => 0,
        _ => 1,
    };
    // Of a module that is repeated, an instance is the least that is named.
    let is_index = |it: &Step| matches!(it.kind, StepKind::Index(_));
    if &*it.root.text == "module" && it.steps.get(1).is_some_and(is_index) && it.steps.len() > 2 {
        subject += 1;
    }
    (subject.min(it.steps.len())..=it.steps.len()).rev().map(with).collect()
}
