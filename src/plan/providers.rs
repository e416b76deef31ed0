//! Which provider configuration an object belongs to: the one that its block names, or, where there is
//! no block any more, the one that the state names.

use crate::address::{Address, Mode, ModulePath, ModuleStep, ResourceAddress};
use crate::diag::Diagnostic;
use crate::lang::config::{Import, Module, ProviderBlock, ResourceKey};
use crate::lang::value::Str;
use crate::provider::Registry;

/// A provider configuration: where its block stands, or would stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProviderKey {
    /// The module, which is called once where it has such a block: its steps have no keys.
    pub module: ModulePath,
    /// The provider's local name.
    pub name: Str,
    /// The name of this configuration, where it is not the default one.
    pub alias: Option<Str>,
}

impl ProviderKey {
    /// The configuration of a block.
    pub fn of(block: &ProviderBlock, module: &ModulePath) -> Self {
        let (name, alias) = (block.name.clone(), block.alias.clone());
        ProviderKey { module: module.clone(), name, alias }
    }

    /// The root module's configuration of that name.
    pub fn in_root(name: Str, alias: Option<Str>) -> Self {
        ProviderKey { module: ModulePath::root(), name, alias }
    }

    /// Whether it is there without a block: all its arguments are unset then.
    pub fn is_implied(&self) -> bool {
        self.alias.is_none() && self.module.is_root()
    }

    /// The block of this configuration.
    pub fn block<'m>(&self, root: &'m Module) -> Option<&'m ProviderBlock> {
        root.descendant(&self.module)?.provider(&self.name, &self.alias)
    }
}

/// Every configuration that is written, in the root module and in what it calls.
pub fn written(root: &Module) -> Vec<(ProviderKey, &ProviderBlock)> {
    fn of<'m>(
        module: &'m Module,
        path: &ModulePath,
        all: &mut Vec<(ProviderKey, &'m ProviderBlock)>,
    ) {
        let counts = |it: &&ProviderBlock| path.is_root() || !it.is_empty();
        let own = module.providers.iter().filter(counts);
        all.extend(own.map(|it| (ProviderKey::of(it, path), it)));
        for call in module.calls.values() {
            of(&call.module, &path.child(call.name.clone(), None), all);
        }
    }
    let mut all = Vec::new();
    of(root, &ModulePath::root(), &mut all);
    all
}

/// The configuration that the block of a resource names; none where there is no such block.
pub fn of_block(registry: &Registry, root: &Module, it: &ResourceAddress) -> Option<ProviderKey> {
    let mut calls = Vec::new();
    let mut module = root;
    for step in &it.module.0 {
        let call = module.calls.get(&step.name)?;
        calls.push(call);
        module = &call.module;
    }
    let (mut name, mut alias) = match &module.resources.get(&ResourceKey::from(it))?.provider {
        Some(it) => (it.name.clone(), it.alias.clone()),
        None => (by_type(registry, it.mode, &it.kind), None),
    };
    // Modules are handed configurations by their callers, under names of their own.
    for (at, call) in calls.iter().enumerate().rev() {
        let own = call.module.provider(&name, &alias);
        if let Some(block) = own.filter(|it| !it.is_empty()) {
            return Some(ProviderKey::of(block, &without_keys(&it.module.0[..=at])));
        }
        let mut handed = call.providers.iter();
        let handed = handed.find(|(inner, _)| (&inner.name, &inner.alias) == (&name, &alias));
        if let Some((_, outer)) = handed {
            (name, alias) = (outer.name.clone(), outer.alias.clone());
        } else if own.is_some() {
            alias = None;
        }
    }
    Some(ProviderKey::in_root(name, alias))
}

fn without_keys(steps: &[ModuleStep]) -> ModulePath {
    let plain = |it: &ModuleStep| ModuleStep { name: it.name.clone(), key: None };
    ModulePath(steps.iter().map(plain).collect())
}

/// The name of a type's provider.
fn by_type(registry: &Registry, mode: Mode, kind: &str) -> Str {
    let provider = registry.provider_of(mode, kind);
    provider.map_or_else(|| kind.split('_').next().unwrap_or(""), |it| it.name()).into()
}

/// The default configuration of a type's provider.
fn default_of(registry: &Registry, it: &ResourceAddress) -> ProviderKey {
    ProviderKey::in_root(by_type(registry, it.mode, &it.kind), None)
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
        .unwrap_or_else(|| default_of(registry, it))
}

/// The configuration that an object is imported with: that of its block, or, where there is none, the
/// one that the import names.
pub fn of_import(
    registry: &Registry,
    root: &Module,
    import: &Import,
    to: &ResourceAddress,
) -> ProviderKey {
    let named = || {
        let it = import.provider.as_ref()?;
        Some(ProviderKey::in_root(it.name.clone(), it.alias.clone()))
    };
    of_block(registry, root, to).or_else(named).unwrap_or_else(|| default_of(registry, to))
}

/// Refuses a configuration that no block has and that is not there without one.
pub fn declared(root: &Module, key: &ProviderKey) -> Result<(), Diagnostic> {
    if key.is_implied() || key.block(root).is_some() {
        return Ok(());
    }
    let root_path = ModulePath::root();
    let names = root.providers.iter().map(|it| label(&ProviderKey::of(it, &root_path)));
    let names: Vec<String> = names.collect();
    let it = missing(key).did_you_mean(&label(key), names.iter().map(String::as_str));
    let (name, alias) = (&key.name, key.alias.as_deref().unwrap_or_default());
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

/// `aws`, `aws.west`, `module.m.aws`
fn label(key: &ProviderKey) -> String {
    format!("{}{}{}", within(&key.module), key.name, dotted(&key.alias))
}

/// As the state names it: `provider["registry.terraform.io/hashicorp/aws"].west`.
pub fn name(registry: &Registry, key: &ProviderKey) -> String {
    let Some(provider) = registry.provider(&key.name) else { return String::new() };
    let (module, source) = (within(&key.module), provider.source());
    format!("{module}provider[\"{source}\"]{}", dotted(&key.alias))
}

fn within(module: &ModulePath) -> String {
    if module.is_root() { String::new() } else { format!("{module}.") }
}

fn dotted(alias: &Option<Str>) -> String {
    alias.as_ref().map(|it| format!(".{it}")).unwrap_or_default()
}

fn read(registry: &Registry, name: &str) -> Option<ProviderKey> {
    let (module, rest) = name.split_once("provider[\"")?;
    let (source, alias) = rest.split_once("\"]")?;
    let provider = registry.providers().iter().find(|it| it.source() == source)?;
    let module = module.strip_suffix('.').unwrap_or_default().parse().ok()?;
    let alias = alias.strip_prefix('.').map(Into::into);
    Some(ProviderKey { module, name: provider.name().into(), alias })
}
