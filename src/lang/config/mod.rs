//! Blocks to meaning: variables, locals, resources, module calls, outputs, checks.

mod addresses;
mod blocks;
mod constant;
mod constraint;
mod content;
mod decode;
mod defaults;
mod kinds;
mod looked_at;
mod merge;
mod refer;
mod requirements;
mod resource;
pub mod validate;
mod version;

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

pub use self::constant::{constant, fixed};
pub use self::constraint::type_constraint;
pub use self::content::{Content, Shape};
pub use self::decode::{decode, file_blocks};
pub use self::defaults::TypeDefaults;
pub use self::looked_at::LookedAt;
pub use self::merge::merge_override;
pub use self::refer::{reference_text, target};
pub use self::version::LANGUAGE;
use indexmap::IndexMap;

use super::ast::{Attribute, Block, Body, Expr, Reference, Step};
use super::types::Type;
use super::value::{Str, Value};
use crate::address::{Mode, ModulePath, ResourceAddress, Target, compared};
use crate::diag::{Sources, Span};

/// The whole configuration: the root module and all that it calls.
#[derive(Clone, Debug)]
pub struct Config {
    /// The module that the stack is.
    pub root: Arc<Module>,
    /// Every file that was read.
    pub sources: Sources,
}

/// One module: all of its files together.
#[derive(Clone, Debug, Default)]
pub struct Module {
    /// Its directory, for reading files.
    pub dir: PathBuf,
    /// Its directory as `path.module` shows it.
    pub display_dir: String,
    /// Input variables by name.
    pub variables: BTreeMap<Str, Variable>,
    /// Local values by name.
    pub locals: BTreeMap<Str, Local>,
    /// Output values by name.
    pub outputs: BTreeMap<Str, Output>,
    /// Resources and data sources, sorted.
    pub resources: Resources,
    /// Module calls by name.
    pub calls: BTreeMap<Str, ModuleCall>,
    /// `provider` blocks in source order.
    pub providers: Vec<ProviderBlock>,
    /// `check` blocks in source order.
    pub checks: Vec<Check>,
    /// `moved` blocks in source order.
    pub moved: Vec<Moved>,
    /// `removed` blocks in source order.
    pub removed: Vec<Removed>,
    /// `import` blocks in source order.
    pub imports: Vec<Import>,
    /// Everything of the `terraform` blocks.
    pub terraform: TerraformBlock,
}

/// Resources by their place: found by hash, since evaluation looks for each many times, and listed in
/// order.
pub type Resources = IndexMap<ResourceKey, Resource, foldhash::fast::RandomState>;

/// Sorted as they are listed, with one text for each resource type.
pub(crate) fn sorted(all: impl IntoIterator<Item = (ResourceKey, Resource)>) -> Resources {
    let mut all = Vec::from_iter(all);
    all.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
    let mut last: Option<Str> = None;
    for (key, resource) in &mut all {
        let kind = last.take().filter(|it| *it == key.kind).unwrap_or_else(|| key.kind.clone());
        (key.kind, resource.kind) = (kind.clone(), kind.clone());
        last = Some(kind);
    }
    all.into_iter().collect()
}

/// A resource's place in its module.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceKey {
    /// Managed, data or ephemeral.
    pub mode: Mode,
    /// Resource type.
    pub kind: Str,
    /// Name.
    pub name: Str,
}

impl From<&ResourceAddress> for ResourceKey {
    fn from(it: &ResourceAddress) -> Self {
        ResourceKey { mode: it.mode, kind: it.kind.clone(), name: it.name.clone() }
    }
}

impl From<&Resource> for ResourceKey {
    fn from(it: &Resource) -> Self {
        ResourceKey { mode: it.mode, kind: it.kind.clone(), name: it.name.clone() }
    }
}

impl Module {
    /// The resource of that address, as this module calls it.
    pub fn resource(&self, address: &ResourceAddress) -> Option<&Resource> {
        self.descendant(&address.module)?.resources.get(&ResourceKey::from(address))
    }

    /// The module that a path of calls leads to.
    pub fn descendant(&self, path: &ModulePath) -> Option<&Module> {
        path.0.iter().try_fold(self, |module, step| Some(&*module.calls.get(&step.name)?.module))
    }

    /// The provider block of that name and alias.
    pub fn provider(&self, name: &str, alias: &Option<Str>) -> Option<&ProviderBlock> {
        self.providers.iter().find(|it| &*it.name == name && it.alias == *alias)
    }
}

impl Ord for ResourceKey {
    fn cmp(&self, other: &Self) -> Ordering {
        let kinds = || compared(&self.kind, &other.kind);
        self.mode.cmp(&other.mode).then_with(kinds).then_with(|| compared(&self.name, &other.name))
    }
}

impl PartialOrd for ResourceKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl std::fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.mode {
            Mode::Managed => {}
            Mode::Data => f.write_str("data.")?,
            Mode::Ephemeral => f.write_str("ephemeral.")?,
        }
        write!(f, "{}.{}", self.kind, self.name)
    }
}

/// `variable "name" { … }`
#[derive(Clone, Debug)]
pub struct Variable {
    /// Name.
    pub name: Str,
    /// Type constraint, `optional(…)` included; [`Type::Any`] where none is given.
    pub ty: Type,
    /// Whether text from a command line or the environment is the value itself: where the type is
    /// a simple one, or none is given.
    pub literal: bool,
    /// Defaults of `optional(…)` attributes, applied before conversion to `ty`.
    pub defaults: TypeDefaults,
    /// Default, converted to `ty`; none where a value must be given.
    pub default: Option<Value>,
    /// For people.
    pub description: Option<Str>,
    /// Not to be shown.
    pub sensitive: bool,
    /// Not to be stored.
    pub ephemeral: bool,
    /// Whether null is a value, not a request for the default.
    pub nullable: bool,
    /// What must hold.
    pub validations: Vec<Condition>,
    /// Kind and label.
    pub span: Span,
}

/// `condition` and `error_message` of a validation, precondition, postcondition or assertion.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What must be true.
    pub condition: Arc<Expr>,
    /// What to say where it is not.
    pub error_message: Arc<Expr>,
    /// The block's header.
    pub span: Span,
}

/// One argument of a `locals` block.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its value.
    pub expr: Arc<Expr>,
    /// Name and value.
    pub span: Span,
}

/// `output "name" { … }`
#[derive(Clone, Debug)]
pub struct Output {
    /// Name.
    pub name: Str,
    /// Its value.
    pub value: Arc<Expr>,
    /// For people.
    pub description: Option<Str>,
    /// Not to be shown.
    pub sensitive: bool,
    /// Not to be stored.
    pub ephemeral: bool,
    /// Further dependencies.
    pub depends_on: Vec<Reference>,
    /// What must hold.
    pub preconditions: Vec<Condition>,
    /// Kind and label.
    pub span: Span,
}

/// `resource "kind" "name" { … }`, `data` or `ephemeral`.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Managed, data or ephemeral.
    pub mode: Mode,
    /// Resource type.
    pub kind: Str,
    /// Name.
    pub name: Str,
    /// `count`
    pub count: Option<Arc<Expr>>,
    /// `for_each`
    pub for_each: Option<Arc<Expr>>,
    /// Further dependencies.
    pub depends_on: Vec<Reference>,
    /// `provider = name.alias`
    pub provider: Option<ProviderRef>,
    /// The `lifecycle` block.
    pub lifecycle: Lifecycle,
    /// Arguments and blocks of the resource type; `timeouts` stays in it.
    pub body: Arc<Body>,
    /// The check that a data source belongs to, where it stands in one.
    pub in_check: Option<Str>,
    /// Where the resource type stands.
    pub kind_span: Span,
    /// Kind and labels.
    pub span: Span,
}

/// `aws` or `aws.west`
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProviderRef {
    /// Local name of the provider.
    pub name: Str,
    /// Alias of one of its configurations.
    pub alias: Option<Str>,
    /// Where it is referred to.
    pub span: Span,
}

/// `lifecycle { … }`
#[derive(Clone, Debug, Default)]
pub struct Lifecycle {
    /// Replacement before the old object is destroyed.
    pub create_before_destroy: Option<bool>,
    /// Refuse to destroy.
    pub prevent_destroy: bool,
    /// Where `prevent_destroy` is set.
    pub prevent_destroy_span: Option<Span>,
    /// Arguments whose changes do not count.
    pub ignore_changes: IgnoreChanges,
    /// What forces a replacement when it changes.
    pub replace_triggered_by: Vec<Arc<Expr>>,
    /// What must hold before.
    pub preconditions: Vec<Condition>,
    /// What must hold after.
    pub postconditions: Vec<Condition>,
}

/// `ignore_changes`
#[derive(Clone, Debug, Default)]
pub enum IgnoreChanges {
    /// Every change counts.
    #[default]
    None,
    /// `all`: no change counts.
    All,
    /// Changes under these paths do not count.
    Paths(Vec<Vec<Step>>),
}

/// `module "name" { … }`
#[derive(Clone, Debug)]
pub struct ModuleCall {
    /// Name.
    pub name: Str,
    /// As written.
    pub source: Str,
    /// Where `source` stands.
    pub source_span: Span,
    /// The module; an empty one until it is loaded.
    pub module: Arc<Module>,
    /// Arguments by name.
    pub inputs: BTreeMap<Str, Attribute>,
    /// `count`
    pub count: Option<Arc<Expr>>,
    /// `for_each`
    pub for_each: Option<Arc<Expr>>,
    /// Further dependencies of all that is in it.
    pub depends_on: Vec<Reference>,
    /// Provider configurations handed in: name in the module, name here.
    pub providers: Vec<(ProviderRef, ProviderRef)>,
    /// Where a missing argument is reported.
    pub missing: Span,
    /// Kind and label.
    pub span: Span,
}

/// `provider "name" { … }`
#[derive(Clone, Debug)]
pub struct ProviderBlock {
    /// Local name of the provider.
    pub name: Str,
    /// `alias`
    pub alias: Option<Str>,
    /// What is configured, `alias` and `version` left out.
    pub body: Arc<Body>,
    /// Kind and label.
    pub span: Span,
}

impl ProviderBlock {
    /// Whether it says nothing: in a module, such a block stands for what the caller hands in.
    pub fn is_empty(&self) -> bool {
        self.body.attributes.is_empty() && self.body.blocks.is_empty()
    }
}

/// `check "name" { … }`; its data source is among the module's resources.
#[derive(Clone, Debug)]
pub struct Check {
    /// Name.
    pub name: Str,
    /// The data source inside.
    pub data: Option<ResourceKey>,
    /// What should hold.
    pub asserts: Vec<Condition>,
    /// Kind and label.
    pub span: Span,
}

/// `moved { from = … to = … }`
#[derive(Clone, Debug)]
pub struct Moved {
    /// Old address, relative to the module.
    pub from: Target,
    /// New address, relative to the module.
    pub to: Target,
    /// The header.
    pub span: Span,
    /// Where `from` stands.
    pub from_span: Span,
    /// Where `to` stands.
    pub to_span: Span,
}

/// `removed { from = … }`
#[derive(Clone, Debug)]
pub struct Removed {
    /// What is no longer in the configuration.
    pub from: Target,
    /// Whether it is destroyed, not only forgotten.
    pub destroy: bool,
    /// The header.
    pub span: Span,
}

/// `import { to = … id = … }`
#[derive(Clone, Debug)]
pub struct Import {
    /// Address; its keys may use `each`.
    pub to: Arc<Expr>,
    /// Where the word `to` stands.
    pub to_name: Span,
    /// What the provider knows it by.
    pub id: Option<Arc<Expr>>,
    /// What the provider knows it by, in parts.
    pub identity: Option<Arc<Expr>>,
    /// Several at once.
    pub for_each: Option<Arc<Expr>>,
    /// `provider = name.alias`
    pub provider: Option<ProviderRef>,
    /// The header.
    pub span: Span,
}

/// Everything of the `terraform` blocks.
#[derive(Clone, Debug, Default)]
pub struct TerraformBlock {
    /// Version constraints, each with its place.
    pub required_version: Vec<(Str, Span)>,
    /// Arguments of `required_providers` by name.
    pub required_providers: BTreeMap<Str, Attribute>,
    /// `backend "kind" { … }`
    pub backend: Option<Block>,
}

#[cfg(test)]
mod tests;
