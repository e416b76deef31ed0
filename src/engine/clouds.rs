//! Clients of the configured providers.

use std::collections::{BTreeMap, BTreeSet};

use super::Stack;
use crate::address::{Address, ModulePath, ResourceAddress, Target};
use crate::diag::{Diagnostic, Result};
use crate::driver::Cloud;
use crate::lang::ast::ExprKind;
use crate::lang::config::{Config, LookedAt, Module, reference_text};
use crate::lang::value::Value;
use crate::plan::evaluation::Evaluation;
use crate::plan::providers::{self, ProviderKey};
use crate::provider::{Registry, Survey};

/// Clients by provider configuration.
#[derive(Clone, Default)]
pub struct Clouds(BTreeMap<ProviderKey, Cloud>);

impl Clouds {
    /// The clients of a configuration.
    pub fn of(&self, key: &ProviderKey) -> Result<Cloud> {
        self.0.get(key).cloned().ok_or_else(|| providers::missing(key).into())
    }

    /// The clients of an object; `known` is what the state says of its provider.
    pub fn of_object(
        &self,
        registry: &Registry,
        stack: &Stack,
        address: &Address,
        known: &str,
    ) -> Result<Cloud> {
        self.of(&providers::of_object(registry, &stack.config.root, address, known))
    }

    /// All of them, by configuration.
    pub fn all(&self) -> &BTreeMap<ProviderKey, Cloud> {
        &self.0
    }

    /// Tells the providers what is about to be read, by configuration, and that nothing changes
    /// meanwhile.
    pub fn begin_survey(
        &self,
        registry: &Registry,
        mut known: BTreeMap<ProviderKey, Vec<&Value>>,
        looked_at: Option<&dyn Fn() -> LookedAt>,
    ) {
        for (key, cloud) in &self.0 {
            if let Some(provider) = registry.provider(&key.name) {
                let known = known.remove(key).unwrap_or_default();
                provider.begin_survey(cloud, &Survey { known, looked_at });
            }
        }
    }

    /// Tells the providers that from now on objects may change.
    pub fn end_survey(&self, registry: &Registry) {
        for (key, cloud) in &self.0 {
            if let Some(provider) = registry.provider(&key.name) {
                provider.end_survey(cloud);
            }
        }
    }

    /// Makes the clients of those configurations that are wholly known and have none yet; how many.
    pub async fn add(
        &mut self,
        registry: &Registry,
        config: &Config,
        configs: &BTreeMap<ProviderKey, Value>,
    ) -> Result<usize> {
        let mut made = 0;
        for (key, value) in configs {
            if !value.is_wholly_known() || self.0.contains_key(key) {
                continue;
            }
            let Some(provider) = registry.provider(&key.name) else { continue };
            let (value, _) = value.clone().without_marks();
            let cloud = provider.configure(&value).await;
            let cloud = cloud.map_err(|those| those.map(|it| placed(config, key, it)))?;
            self.0.insert(key.clone(), cloud);
            made += 1;
        }
        Ok(made)
    }
}

/// The error for a provider block that needs what is not there yet.
pub fn unknown_config(config: &Config, key: &ProviderKey) -> Diagnostic {
    let detail = format!("the arguments of provider `{}` are known only after apply", key.name);
    let it = Diagnostic::error("provider configuration is not known", detail)
        .hint("apply first, with `--target`, what the provider block refers to");
    placed(config, key, it)
}

/// What is wrong with a provider, with the place of its block.
fn placed(config: &Config, key: &ProviderKey, mut it: Diagnostic) -> Diagnostic {
    it.span = it.span.or(key.block(&config.root).map(|it| it.span));
    it
}

/// The provider configurations that a run needs: those that are written, and those of every resource,
/// of every object there is, with what is known of its provider, and of every import.
pub fn needed<'o>(
    ev: &Evaluation<'_>,
    objects: impl IntoIterator<Item = (&'o Address, &'o str)>,
) -> BTreeSet<ProviderKey> {
    fn of_module(
        registry: &Registry,
        root: &Module,
        path: &ModulePath,
        module: &Module,
        keys: &mut BTreeSet<ProviderKey>,
    ) {
        for it in module.resources.keys() {
            let (mode, kind, name) = (it.mode, it.kind.clone(), it.name.clone());
            let address = ResourceAddress { module: path.clone(), mode, kind, name };
            keys.extend(providers::of_block(registry, root, &address));
        }
        for call in module.calls.values() {
            of_module(registry, root, &path.child(call.name.clone(), None), &call.module, keys);
        }
    }
    let (registry, root) = (ev.facts.registry, ev.root().module.clone());
    let written = providers::written(&root).into_iter();
    let mut keys: BTreeSet<ProviderKey> = written.map(|(key, _)| key).collect();
    of_module(registry, &root, &ModulePath::root(), &root, &mut keys);
    let of_object = |(at, known)| providers::of_object(registry, &root, at, known);
    let imported = root.imports.iter().filter_map(|it| {
        let ExprKind::Reference(to) = &it.to.kind else { return None };
        let Ok(Target::Resource(to)) = reference_text(to).parse() else { return None };
        Some(providers::of_import(registry, &root, it, &to))
    });
    // Any other is only there where it is written.
    keys.extend(imported.filter(ProviderKey::is_implied));
    keys.extend(objects.into_iter().map(of_object).filter(ProviderKey::is_implied));
    keys
}
