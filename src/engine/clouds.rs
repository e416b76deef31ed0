//! Clients of the configured providers.

use std::collections::{BTreeMap, BTreeSet};

use crate::address::{Address, Mode};
use crate::diag::{Diagnostic, Result};
use crate::driver::Cloud;
use crate::plan::evaluation::{Evaluation, ProviderKey};
use crate::provider::Registry;

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
        let kind = &address.resource.kind;
        let provider = match address.resource.mode {
            Mode::Data => registry.provider_of_data_source(kind),
            _ => registry.provider_of_driver(kind),
        };
        match provider {
            Some(provider) => self.of(&(provider.name().into(), None)),
            None => {
                let detail = format!("the type of `{address}` is not known");
                Err(Diagnostic::error("unknown resource type", detail).into())
            }
        }
    }

    /// Makes the clients of every provider that the configuration or the state uses.
    pub async fn connect(
        registry: &Registry,
        configs: BTreeMap<ProviderKey, crate::lang::value::Value>,
    ) -> Result<Clouds> {
        let mut clouds = BTreeMap::new();
        for (key, config) in configs {
            let Some(provider) = registry.provider(&key.0) else { continue };
            if !config.is_wholly_known() {
                let detail =
                    format!("the arguments of provider `{}` are known only after apply", key.0);
                return Err(Diagnostic::error("provider configuration is not known", detail)
                    .hint("apply first, with `--target`, what the provider block refers to")
                    .into());
            }
            let (config, _) = config.without_marks();
            clouds.insert(key, provider.configure(&config).await?);
        }
        Ok(Clouds(clouds))
    }
}

/// The provider configurations that a run needs: those that are written, and the default one of every
/// type that is used.
pub fn needed(ev: &Evaluation<'_>, in_state: &BTreeSet<&str>) -> BTreeSet<ProviderKey> {
    let registry = ev.facts.registry;
    let root = ev.root();
    let mut keys: BTreeSet<ProviderKey> =
        root.module.providers.iter().map(|it| (it.name.clone(), it.alias.clone())).collect();
    let mut kinds: BTreeSet<String> = in_state.iter().map(|it| it.to_string()).collect();
    let mut modules = vec![root.module.clone()];
    while let Some(module) = modules.pop() {
        kinds.extend(module.resources.keys().map(|it| it.kind.to_string()));
        modules.extend(module.calls.values().map(|it| it.module.clone()));
    }
    for kind in &kinds {
        let provider = registry.provider_of_driver(kind).or(registry.provider_of_data_source(kind));
        keys.extend(provider.map(|it| (it.name().into(), None)));
    }
    keys
}
