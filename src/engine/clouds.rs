//! Clients of the configured providers.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Mode};
use crate::diag::{Diagnostic, Result};
use crate::driver::Cloud;
use crate::lang::config::{Config, LookedAt};
use crate::lang::value::Value;
use crate::plan::evaluation::{Evaluation, ProviderKey};
use crate::provider::{Registry, Survey};

/// Clients by provider configuration.
#[derive(Clone, Default)]
pub struct Clouds(BTreeMap<ProviderKey, Cloud>);

impl Clouds {
    /// The clients of a configuration.
    pub fn of(&self, key: &ProviderKey) -> Result<Cloud> {
        self.0.get(key).cloned().ok_or_else(|| {
            let name = match &key.1 {
                Some(alias) => format!("{}.{alias}", key.0),
                None => key.0.to_string(),
            };
            let detail = format!("there is no `provider` block for `{name}`");
            Diagnostic::error("Provider configuration not present", detail).into()
        })
    }

    /// The clients of a type's provider, in its default configuration.
    pub fn of_type(&self, registry: &Registry, address: &Address) -> Result<Cloud> {
        let resource = &address.resource;
        let provider = registry.provider_of(resource.mode, &resource.kind);
        match provider {
            Some(provider) => self.of(&(provider.name().into(), None)),
            None => {
                let detail = format!("the type of `{address}` is not known");
                Err(Diagnostic::error("unknown resource type", detail).into())
            }
        }
    }

    /// All of them, by configuration.
    pub fn all(&self) -> &BTreeMap<ProviderKey, Cloud> {
        &self.0
    }

    /// Tells the providers what is about to be read, and that nothing changes meanwhile.
    pub fn begin_survey(
        &self,
        registry: &Registry,
        known: &BTreeMap<Address, Value>,
        looked_at: Option<&dyn Fn() -> LookedAt>,
    ) {
        for (key, cloud) in &self.0 {
            let Some(provider) = registry.provider(&key.0) else { continue };
            let is_read_here = |it: &Address| {
                let of_type = registry.provider_of(it.resource.mode, &it.resource.kind);
                of_type.is_some_and(|it| it.name() == &*key.0)
            };
            let theirs = known.iter().filter(|(it, _)| is_read_here(it)).map(|(_, row)| row);
            provider.begin_survey(cloud, &Survey { known: theirs.collect(), looked_at });
        }
    }

    /// Tells the providers that from now on objects may change.
    pub fn end_survey(&self, registry: &Registry) {
        for (key, cloud) in &self.0 {
            if let Some(provider) = registry.provider(&key.0) {
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
            let Some(provider) = registry.provider(&key.0) else { continue };
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
    let detail = format!("the arguments of provider `{}` are known only after apply", key.0);
    let it = Diagnostic::error("provider configuration is not known", detail)
        .hint("apply first, with `--target`, what the provider block refers to");
    placed(config, key, it)
}

/// What is wrong with a provider, with the place of its block.
fn placed(config: &Config, key: &ProviderKey, mut it: Diagnostic) -> Diagnostic {
    let mut blocks = config.root.providers.iter();
    let block = blocks.find(|it| (&it.name, &it.alias) == (&key.0, &key.1));
    it.span = it.span.or(block.map(|it| it.span));
    it
}

/// The provider configurations that a run needs: those that are written, and the default one of every
/// type that is used.
pub fn needed(ev: &Evaluation<'_>, in_state: &BTreeSet<(Mode, &str)>) -> BTreeSet<ProviderKey> {
    let registry = ev.facts.registry;
    let root = ev.root();
    let mut keys: BTreeSet<ProviderKey> =
        root.module.providers.iter().map(|it| (it.name.clone(), it.alias.clone())).collect();
    let mut kinds: BTreeSet<(Mode, String)> =
        in_state.iter().map(|(mode, kind)| (*mode, kind.to_string())).collect();
    let mut modules = vec![root.module.clone()];
    while let Some(module) = modules.pop() {
        kinds.extend(module.resources.keys().map(|it| (it.mode, it.kind.to_string())));
        modules.extend(module.calls.values().map(|it| it.module.clone()));
    }
    for (mode, kind) in &kinds {
        keys.extend(registry.provider_of(*mode, kind).map(|it| (it.name().into(), None)));
    }
    keys
}
