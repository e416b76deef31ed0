//! Which provider configuration an object belongs to: the one that its block names, or, where there is
//! no block any more, the one that the state names.

use super::evaluation::ProviderKey;
use crate::address::{Address, Mode, ResourceAddress};
use crate::diag::Diagnostic;
use crate::lang::config::{Import, Module, ResourceKey};
use crate::lang::value::Str;
use crate::provider::Registry;

/// The configuration that the block of a resource names, in the root module; none where there is no
/// such block.
pub fn of_block(registry: &Registry, root: &Module, it: &ResourceAddress) -> Option<ProviderKey> {
    let mut calls = Vec::new();
    let mut module = root;
    for step in &it.module.0 {
        let call = module.calls.get(&step.name)?;
        calls.push(call);
        module = &call.module;
    }
    let mut key = match &module.resources.get(&ResourceKey::from(it))?.provider {
        Some(it) => (it.name.clone(), it.alias.clone()),
        None => by_type(registry, it.mode, &it.kind),
    };
    // Modules are handed configurations by their callers, under names of their own.
    for call in calls.iter().rev() {
        let is_it = |name: &Str, alias: &Option<Str>| (name, alias) == (&key.0, &key.1);
        let mut handed = call.providers.iter();
        let handed = handed.find(|(inner, _)| is_it(&inner.name, &inner.alias));
        if let Some((_, outer)) = handed {
            key = (outer.name.clone(), outer.alias.clone());
        } else if call.module.providers.iter().any(|own| is_it(&own.name, &own.alias)) {
            // It configures nothing, or it would have been refused.
            key.1 = None;
        }
    }
    Some(key)
}

/// The default configuration of a type's provider.
fn by_type(registry: &Registry, mode: Mode, kind: &str) -> ProviderKey {
    let provider = registry.provider_of(mode, kind);
    let name = provider.map_or_else(|| kind.split('_').next().unwrap_or(""), |it| it.name());
    (name.into(), None)
}

/// The configuration of an object; `known` is what the state says of it, empty where that says nothing.
pub fn of_object(
    registry: &Registry,
    root: &Module,
    address: &Address,
    known: &str,
) -> ProviderKey {
    let it = &address.resource;
    of_block(registry, root, it)
        .or_else(|| read(registry, known))
        .unwrap_or_else(|| by_type(registry, it.mode, &it.kind))
}

/// The configuration that an object is imported with: that of its block, or, where there is none, the
/// one that the import names.
pub fn of_import(
    registry: &Registry,
    root: &Module,
    import: &Import,
    to: &ResourceAddress,
) -> ProviderKey {
    let named = || import.provider.as_ref().map(|it| (it.name.clone(), it.alias.clone()));
    of_block(registry, root, to)
        .or_else(named)
        .unwrap_or_else(|| by_type(registry, to.mode, &to.kind))
}

/// Refuses a configuration with an alias that no block has.
pub fn declared(root: &Module, key: &ProviderKey) -> Result<(), Diagnostic> {
    let names = root.providers.iter().map(|it| (it.name.clone(), it.alias.clone()));
    let names: Vec<ProviderKey> = names.collect();
    if key.1.is_none() || names.contains(key) {
        return Ok(());
    }
    let names: Vec<String> = names.iter().map(label).collect();
    let it = missing(key).did_you_mean(&label(key), names.iter().map(String::as_str));
    let (name, alias) = (&key.0, key.1.as_deref().unwrap_or_default());
    Err(match it.hints.is_empty() {
        true => it.hint(format!("add `provider \"{name}\" {{ alias = \"{alias}\" }}`")),
        false => it,
    })
}

/// The error for a configuration that is nowhere written.
pub fn missing(key: &ProviderKey) -> Diagnostic {
    let detail = format!("there is no `provider` block for `{}`", label(key));
    Diagnostic::error("Provider configuration not present", detail)
}

/// `aws`, `aws.west`
fn label(key: &ProviderKey) -> String {
    let alias = key.1.as_ref().map(|it| format!(".{it}")).unwrap_or_default();
    format!("{}{alias}", key.0)
}

/// As the state names it: `provider["registry.terraform.io/hashicorp/aws"].west`.
pub fn name(registry: &Registry, key: &ProviderKey) -> String {
    let Some(provider) = registry.provider(&key.0) else { return String::new() };
    let alias = key.1.as_ref().map(|it| format!(".{it}")).unwrap_or_default();
    format!("provider[\"{}\"]{alias}", provider.source())
}

fn read(registry: &Registry, name: &str) -> Option<ProviderKey> {
    let (source, alias) = name.strip_prefix("provider[\"")?.split_once("\"]")?;
    let provider = registry.providers().iter().find(|it| it.source() == source)?;
    Some((provider.name().into(), alias.strip_prefix('.').map(Into::into)))
}
