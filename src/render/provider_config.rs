//! Provider configurations as the plan's JSON names them: by local name and module, those that a
//! module takes over from its caller under the name that they have there.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::config_json::{body, provider_of};
use crate::lang::ast::{ExprKind, ObjectKey};
use crate::lang::config::{Module, ProviderRef, constant};
use crate::provider::Registry;

/// Every provider configuration of a configuration, by key.
pub struct ProviderConfigs(BTreeMap<String, Entry>);

struct Entry {
    full_name: String,
    json: Map<String, Json>,
    /// The key of the configuration that this one only hands on.
    taken_from: Option<String>,
}

impl ProviderConfigs {
    /// Those of the root module and of all that it calls.
    pub fn of(registry: &Registry, root: &Module) -> Self {
        let mut all = ProviderConfigs(BTreeMap::new());
        all.collect(registry, root, "", None);
        all
    }

    /// The `provider_config` part: what is configured somewhere, or nowhere at all.
    pub fn json(&self) -> Json {
        let own = self.0.iter().filter(|(_, it)| it.taken_from.is_none());
        own.map(|(key, it)| (key.clone(), Json::Object(it.json.clone()))).collect()
    }

    /// The key of the configuration that a module means by a name.
    pub fn key(&self, name: &str, module: &str) -> String {
        let key = key(name, module);
        self.0.get(&key).and_then(|it| it.taken_from.clone()).unwrap_or(key)
    }

    fn collect(&mut self, registry: &Registry, it: &Module, path: &str, parent: Option<&str>) {
        for block in &it.providers {
            let name = local(&block.name, block.alias.as_deref());
            let mut entry = entry(registry, &block.name, path);
            if let Some(alias) = &block.alias {
                entry.json.insert("alias".into(), alias.to_string().into());
            }
            if let Some(version) = version(it, &block.name) {
                entry.json.insert("version_constraint".into(), version.into());
            }
            let expressions = body(&block.body, 0);
            if !expressions.is_empty() {
                entry.json.insert("expressions".into(), expressions.into());
            }
            self.0.insert(key(&name, path), entry);
        }
        for name in it.terraform.required_providers.keys() {
            let mut entry = entry(registry, name, path);
            if let Some(version) = version(it, name) {
                entry.json.insert("version_constraint".into(), version.into());
            }
            self.0.entry(key(name, path)).or_insert(entry);
        }
        for name in implied(registry, it) {
            let mut entry = entry(registry, &name, path);
            entry.taken_from = parent.and_then(|it| self.source(&key(&name, it), &entry.full_name));
            self.0.entry(key(&name, path)).or_insert(entry);
        }
        for call in it.calls.values() {
            let inner = match path {
                "" => format!("module.{}", call.name),
                path => format!("{path}.module.{}", call.name),
            };
            for (child, outer) in &call.providers {
                let mut entry = entry(registry, &child.name, &inner);
                entry.json.insert("name".into(), reference(child).into());
                entry.taken_from = self.source(&key(&reference(outer), path), &entry.full_name);
                self.0.insert(key(&reference(child), &inner), entry);
            }
            self.collect(registry, &call.module, &inner, Some(path));
        }
    }

    /// The configuration behind a key, if it is one of that provider.
    fn source(&self, key: &str, full_name: &str) -> Option<String> {
        let it = self.0.get(key).filter(|it| it.full_name == full_name)?;
        Some(it.taken_from.clone().unwrap_or_else(|| key.to_string()))
    }
}

fn entry(registry: &Registry, name: &str, path: &str) -> Entry {
    let full_name = match registry.provider(name) {
        Some(it) => it.source().to_string(),
        None => format!("registry.terraform.io/hashicorp/{name}"),
    };
    let mut json = Map::new();
    json.insert("name".into(), name.into());
    json.insert("full_name".into(), full_name.clone().into());
    if !path.is_empty() {
        json.insert("module_address".into(), path.into());
    }
    Entry { full_name, json, taken_from: None }
}

fn key(name: &str, module: &str) -> String {
    if module.is_empty() { name.to_string() } else { format!("{module}:{name}") }
}

fn local(name: &str, alias: Option<&str>) -> String {
    alias.map_or_else(|| name.to_string(), |alias| format!("{name}.{alias}"))
}

fn reference(it: &ProviderRef) -> String {
    local(&it.name, it.alias.as_deref())
}

/// Providers that what a module declares needs, whether it says so or not.
fn implied(registry: &Registry, it: &Module) -> Vec<String> {
    let mut names: Vec<String> =
        it.resources.values().map(|it| provider_of(registry, it.mode, &it.kind)).collect();
    for import in &it.imports {
        let kind = match &import.to.kind {
            ExprKind::Reference(to) if &*to.root.text != "module" => Some(&to.root.text),
            _ => None,
        };
        names.extend(kind.map(|it| provider_of(registry, crate::address::Mode::Managed, it)));
    }
    names
}

/// The version that a module requires of a provider.
fn version(it: &Module, name: &str) -> Option<String> {
    let required = it.terraform.required_providers.get(name)?;
    let ExprKind::Object(parts) = &required.value.kind else { return None };
    let version = parts.iter().find_map(|(key, value)| match key {
        ObjectKey::Word(word) if *word.text == *"version" => Some(value),
        _ => None,
    })?;
    constant(version, &mut Default::default())?.as_str().map(String::from)
}
