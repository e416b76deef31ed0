//! The configuration evaluated lazily: a value is computed when something asks for it, once.
//!
//! There is no graph to walk: asking for an output pulls in all that it needs. A node that asks for
//! itself, directly or around, is a cycle. A node that fails is reported once; whoever needs it fails
//! silently ([`upstream`]), so that one mistake makes one message.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use super::change::{Change, Changes, CheckResult, CheckStatus};
use super::instance;
use super::memo::{Item, Memo, Node, Settled};
use super::providers::ProviderKey;
use super::repetition::{self, Repetition};
use super::scope::ModuleScope;
use crate::address::{Address, Key, ModulePath, ResourceAddress};
use crate::diag::{At, Diagnostic, Diagnostics, Result, Severity};
use crate::driver::Cloud;
use crate::lang::config::{Condition, Config, Module, ModuleCall, ResourceKey};
use crate::lang::eval::{Environment, evaluate};
use crate::lang::types::Type;
use crate::lang::value::{Marks, Origins, Str, Value};
use crate::provider::Registry;

/// What a run knows beside the configuration.
pub struct Facts<'a> {
    /// Every type.
    pub registry: &'a Registry,
    /// What evaluation is for.
    pub purpose: Purpose,
    /// Root variables as given, by name; converted and checked here.
    pub variables: &'a BTreeMap<Str, Value>,
    /// Objects as they are, by address, moves carried out.
    pub prior: &'a BTreeMap<Address, instance::Prior>,
    /// Data sources read so far.
    pub data: &'a BTreeMap<Address, Value>,
    /// Ephemeral resources that are open, with what they tell.
    pub opened: &'a BTreeMap<Address, Value>,
    /// Clients of the configured providers, as far as there are any yet.
    pub clouds: &'a BTreeMap<ProviderKey, Cloud>,
    /// Instances that `--replace` names.
    pub replace: &'a HashSet<Address>,
    /// What functions may look at.
    pub environment: Environment,
    /// Name of the workspace.
    pub workspace: &'a str,
}

/// What evaluation is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To find mistakes without variables, state or AWS: most values are unknown.
    Validate,
    /// To plan.
    Plan,
    /// To find what destroying needs: only providers.
    Destroy,
    /// To apply: results of finished steps are known.
    Apply,
}

/// A module instance.
pub struct ModuleInstance {
    /// Its number.
    pub number: usize,
    /// Its address.
    pub path: ModulePath,
    /// Its configuration.
    pub module: Arc<Module>,
    /// What functions called in it may look at.
    pub environment: Environment,
    /// Who called it.
    pub caller: Option<Caller>,
}

/// Who called a module.
pub struct Caller {
    /// The calling module instance.
    pub parent: Arc<ModuleInstance>,
    /// The call's name.
    pub name: Str,
    /// `each` and `count` of this instance.
    pub repeated: Repeated,
}

/// What `each` and `count` stand for in one instance.
#[derive(Clone, Debug, Default)]
pub struct Repeated {
    /// `count.index`
    pub index: Option<Value>,
    /// `each.key` and `each.value`
    pub each: Option<(Value, Value)>,
}

impl Repeated {
    /// In an instance of which nothing is known yet.
    pub fn unknown() -> Self {
        let key = Value::unknown_not_null(Type::String);
        Repeated {
            index: Some(Value::unknown_not_null(Type::Number)),
            each: Some((key, Value::unknown(Type::Any))),
        }
    }
}

/// The configuration under evaluation.
pub struct Evaluation<'a> {
    /// The configuration.
    pub config: &'a Config,
    /// What is known beside it.
    pub facts: Facts<'a>,
    pub(super) memo: RefCell<HashMap<Node, Memo>>,
    pub(super) stack: RefCell<Vec<Node>>,
    pub(super) modules: RefCell<Vec<Arc<ModuleInstance>>>,
    module_numbers: RefCell<HashMap<ModulePath, usize>>,
    addresses: RefCell<(Vec<Address>, HashMap<Address, u32>)>,
    pub(super) found: RefCell<Diagnostics>,
    pub(super) settled: RefCell<Settled>,
    /// Whether what is being evaluated hangs on something that is not settled.
    pub(super) open: Cell<bool>,
    /// Planned changes so far.
    pub changes: RefCell<Changes>,
    /// Data sources to be read, and ephemeral resources to be opened, before the next round.
    pub wanted: RefCell<BTreeMap<Address, Wanted>>,
    /// Data sources of checks that could not be read, and why.
    pub unread: RefCell<BTreeMap<Address, String>>,
    /// Results of conditions so far.
    pub checks: RefCell<Vec<CheckResult>>,
    /// During apply: objects that are not as they were to be.
    pub failed: RefCell<HashSet<Address>>,
    /// During apply: objects as they have become.
    pub results: RefCell<HashMap<Address, Value>>,
}

/// A data source that can be read, or an ephemeral resource that can be opened, now.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Type.
    pub kind: Str,
    /// Its arguments, wholly known.
    pub row: Value,
    /// The provider configuration to read it with.
    pub provider: ProviderKey,
    /// Where it is declared.
    pub span: crate::diag::Span,
    /// Whether nothing but a check looks at it, which never stops a run.
    pub for_check: bool,
}

/// The error of what needs something that failed: it is not shown.
pub fn upstream() -> Diagnostics {
    Diagnostic::error("", "").into()
}

pub(super) fn is_upstream(it: &Diagnostic) -> bool {
    it.severity == Severity::Error && it.summary.is_empty()
}

impl<'a> Evaluation<'a> {
    /// Nothing evaluated yet.
    pub fn new(config: &'a Config, facts: Facts<'a>) -> Self {
        let root = Arc::new(ModuleInstance {
            number: 0,
            path: ModulePath::root(),
            module: config.root.clone(),
            environment: facts.environment.clone(),
            caller: None,
        });
        // Most of what is evaluated is declared in the root module.
        let Module { variables, locals, outputs, resources, .. } = &*config.root;
        let objects = resources.len();
        let nodes = variables.len() + locals.len() + outputs.len() + objects;
        let addresses = (Vec::with_capacity(objects), HashMap::with_capacity(objects));
        Evaluation {
            config,
            facts,
            memo: RefCell::new(HashMap::with_capacity(nodes)),
            stack: RefCell::default(),
            modules: RefCell::new(vec![root]),
            module_numbers: RefCell::new(HashMap::from_iter([(ModulePath::root(), 0)])),
            addresses: RefCell::new(addresses),
            found: RefCell::default(),
            settled: RefCell::default(),
            open: Cell::default(),
            changes: RefCell::default(),
            wanted: RefCell::default(),
            unread: RefCell::default(),
            checks: RefCell::default(),
            failed: RefCell::default(),
            results: RefCell::default(),
        }
    }

    /// The root module's instance.
    pub fn root(&self) -> Arc<ModuleInstance> {
        self.modules.borrow()[0].clone()
    }

    /// What was found wrong so far, taken out.
    pub fn take_diagnostics(&self) -> Diagnostics {
        std::mem::take(&mut *self.found.borrow_mut())
    }

    /// Keeps what is to be told.
    pub fn report(&self, those: impl IntoIterator<Item = Diagnostic>) {
        let shown = those.into_iter().filter(|it| !is_upstream(it));
        self.found.borrow_mut().extend(shown);
    }

    /// Keeps the value of a result, or reports its diagnostics.
    pub fn keep<T>(&self, result: Result<T>) -> Option<T> {
        result.map_err(|those| self.report(those)).ok()
    }

    /// The number of an instance, by which marks name it.
    pub fn origin(&self, address: &Address) -> u32 {
        let (list, numbers) = &mut *self.addresses.borrow_mut();
        if let Some(number) = numbers.get(address) {
            return *number;
        }
        let number = list.len() as u32;
        list.push(address.clone());
        numbers.insert(address.clone(), number);
        number
    }

    /// The instances that marks name, in address order.
    pub fn addresses(&self, origins: &Origins) -> Vec<Address> {
        let (list, _) = &*self.addresses.borrow();
        let mut found: Vec<Address> =
            origins.iter().filter_map(|it| list.get(it as usize).cloned()).collect();
        found.sort();
        // Every change keeps its own.
        found.shrink_to_fit();
        found
    }

    /// The value of an input variable.
    pub fn variable(&self, module: &Arc<ModuleInstance>, name: &Str) -> Result<Value> {
        let node = Node { module: module.number, item: Item::Variable(name.clone()) };
        self.value(node, || super::variables::value(self, module, name))
    }

    /// The value of a local value.
    pub fn local(&self, module: &Arc<ModuleInstance>, name: &Str) -> Result<Value> {
        let node = Node { module: module.number, item: Item::Local(name.clone()) };
        self.value(node, || match module.module.locals.get(name) {
            Some(local) => evaluate(&self.scope(module), &local.expr),
            None => Err(upstream()),
        })
    }

    /// The value of an output, as the caller of the module sees it.
    pub fn output(&self, module: &Arc<ModuleInstance>, name: &Str) -> Result<Value> {
        let node = Node { module: module.number, item: Item::Output(name.clone()) };
        self.value(node, || {
            let Some(output) = module.module.outputs.get(name) else { return Err(upstream()) };
            let scope = self.scope(module);
            let address = match module.path.is_root() {
                true => format!("output.{name}"),
                false => format!("{}.output.{name}", module.path),
            };
            self.conditions(&scope, &output.preconditions, Checked::Output(address))?;
            let value = evaluate(&scope, &output.value)?;
            let more = self.dependencies(module, &output.depends_on)?;
            let value = value.with_marks(&Marks { from: more, ..Marks::NONE });
            if value.has_ephemeral() && !output.ephemeral && !module.path.is_root() {
                let it = Diagnostic::error(
                    "Ephemeral value not allowed",
                    format!("output `{name}` holds an ephemeral value, which may not be stored"),
                );
                return Err(it.hint("set `ephemeral = true` on it").at(output.value.span).into());
            }
            Ok(match output.sensitive {
                true => value.sensitive(),
                false => value,
            })
        })
    }

    /// Names evaluated in a module outside of any instance of its resources.
    pub fn scope<'e>(&'e self, module: &Arc<ModuleInstance>) -> ModuleScope<'e> {
        ModuleScope::of_module(self, module.clone())
    }

    /// The instances of a module call.
    pub fn call_repetition(
        &self,
        module: &Arc<ModuleInstance>,
        call: &ModuleCall,
    ) -> Result<Arc<Repetition>> {
        let node = Node { module: module.number, item: Item::Call(call.name.clone()) };
        let scope = self.scope(module);
        let compute = || {
            let it = repetition::of(
                &scope,
                call.count.as_deref(),
                call.for_each.as_deref(),
                self.facts.purpose,
            )?;
            Ok(Memo::Repetition(Arc::new(it)))
        };
        match self.once(node, compute)? {
            Memo::Repetition(it) => Ok(it),
            _ => Err(upstream()),
        }
    }

    /// One instance of a called module.
    pub fn child(
        &self,
        parent: &Arc<ModuleInstance>,
        call: &ModuleCall,
        key: Option<Key>,
        repeated: Repeated,
    ) -> Arc<ModuleInstance> {
        let path = parent.path.child(call.name.clone(), key);
        if let Some(number) = self.module_numbers.borrow().get(&path) {
            return self.modules.borrow()[*number].clone();
        }
        let mut modules = self.modules.borrow_mut();
        let instance = Arc::new(ModuleInstance {
            number: modules.len(),
            path: path.clone(),
            module: call.module.clone(),
            environment: parent.environment.clone(),
            caller: Some(Caller { parent: parent.clone(), name: call.name.clone(), repeated }),
        });
        self.module_numbers.borrow_mut().insert(path, instance.number);
        modules.push(instance.clone());
        instance
    }

    /// The only instance of a module that is not repeated.
    fn called_once(&self, path: &ModulePath) -> Option<Arc<ModuleInstance>> {
        path.0.iter().try_fold(self.root(), |parent, step| {
            let call = parent.module.calls.get(&step.name)?;
            Some(self.child(&parent, call, None, Repeated::default()))
        })
    }

    /// The instances of a resource.
    pub fn repetition(
        &self,
        module: &Arc<ModuleInstance>,
        key: &ResourceKey,
    ) -> Result<Arc<Repetition>> {
        let Some(resource) = module.module.resources.get(key) else { return Err(upstream()) };
        let (count, each) = (resource.count.as_deref(), resource.for_each.as_deref());
        if count.or(each).is_none() {
            return Ok(repetition::once());
        }
        let node = Node { module: module.number, item: Item::Resource(key.clone()) };
        let compute = || {
            // How many there are cannot depend on which one it is.
            let scope = self.scope(module).inside(key.clone());
            let it = repetition::of(&scope, count, each, self.facts.purpose)?;
            Ok(Memo::Repetition(Arc::new(it)))
        };
        match self.once(node, compute)? {
            Memo::Repetition(it) => Ok(it),
            _ => Err(upstream()),
        }
    }

    /// The value of one resource instance, marked as coming from it.
    pub fn instance(
        &self,
        module: &Arc<ModuleInstance>,
        resource: &ResourceKey,
        key: &Option<Key>,
    ) -> Result<Value> {
        let node =
            Node { module: module.number, item: Item::Instance(resource.clone(), key.clone()) };
        self.value(node, || {
            let address = address(module, resource, key.clone());
            let value = match self.facts.purpose {
                Purpose::Apply => instance::current(self, &address),
                _ => instance::plan(self, module, resource, &address),
            }?;
            Ok(value.with_marks(&Marks::from_instance(self.origin(&address))))
        })
    }

    /// The configuration of a provider: its arguments, maybe not all known.
    pub fn provider(&self, key: &ProviderKey) -> Result<Value> {
        let module = self.called_once(&key.module).ok_or_else(upstream)?;
        let item = Item::Provider(key.name.clone(), key.alias.clone());
        self.value(Node { module: module.number, item }, || {
            let Some(provider) = self.facts.registry.provider(&key.name) else {
                return Err(upstream());
            };
            let Some(block) = module.module.provider(&key.name, &key.alias) else {
                let all = provider.arguments().iter();
                return Ok(Value::object(all.map(|it| (it.name, Value::null(it.kind.ty())))));
            };
            let scope = self.scope(&module);
            let what = format!("provider `{}`", key.name);
            let (row, places, mut diagnostics) =
                super::arguments::read(&scope, &block.body, provider.arguments(), &what);
            super::rules::check(&row, provider.arguments(), &places, &mut diagnostics);
            diagnostics.into_result(row)
        })
    }

    /// The instances that these references name, and all that those come from.
    pub fn dependencies(
        &self,
        module: &Arc<ModuleInstance>,
        references: &[crate::lang::ast::Reference],
    ) -> Result<Origins> {
        use crate::lang::eval::Scope;
        let scope = self.scope(module);
        let mut all = Origins::default();
        for reference in references {
            let (value, _) = scope.resolve(reference).at(reference.span())?;
            all = all.union(&value.deep_marks().from);
        }
        Ok(all)
    }

    /// What the calls that lead to a module depend on.
    pub fn module_dependencies(&self, module: &Arc<ModuleInstance>) -> Result<Origins> {
        let Some(caller) = &module.caller else { return Ok(Origins::default()) };
        let call = &caller.parent.module.calls[&caller.name];
        let own = self.dependencies(&caller.parent, &call.depends_on)?;
        Ok(own.union(&self.module_dependencies(&caller.parent)?))
    }

    /// Keeps what is planned for an object.
    pub fn planned(&self, change: Change) {
        self.changes.borrow_mut().insert(change.address.clone(), Box::new(change));
    }

    /// Keeps the result of a condition.
    pub fn record(&self, kind: &'static str, address: &str, status: CheckStatus, message: &str) {
        let mut checks = self.checks.borrow_mut();
        let at = checks.iter().position(|it| it.kind == kind && it.address == address);
        let at = at.unwrap_or_else(|| {
            checks.push(CheckResult { kind, address: address.into(), instances: Vec::new() });
            checks.len() - 1
        });
        let problems = if message.is_empty() { Vec::new() } else { vec![message.to_string()] };
        match checks[at].instances.first_mut() {
            Some((_, known, known_problems)) => {
                // During apply, what was not known yet is evaluated again.
                let again = self.facts.purpose == Purpose::Apply && *known == CheckStatus::Unknown;
                *known = if again { status } else { (*known).max(status) };
                let new = problems.into_iter().filter(|it| !known_problems.contains(it));
                let new: Vec<String> = new.collect();
                known_problems.extend(new);
            }
            None => checks[at].instances.push((address.into(), status, problems)),
        }
    }

    /// Evaluates conditions, and tells what they depend on; one that does not hold is an error.
    pub fn conditions(
        &self,
        scope: &ModuleScope<'_>,
        conditions: &[Condition],
        checked: Checked,
    ) -> Result<Origins> {
        let mut diagnostics = Diagnostics::new();
        let mut origins = Origins::default();
        for condition in conditions {
            let one = diagnostics.keep(super::condition::check(self, scope, condition, &checked));
            origins = one.map_or(origins.clone(), |it| origins.union(&it));
        }
        diagnostics.into_result(origins)
    }
}

/// Whose conditions are evaluated.
#[derive(Clone, Debug)]
pub enum Checked {
    /// Before an object is made.
    Precondition(Address),
    /// After it is.
    Postcondition(Address),
    /// An output, by address.
    Output(String),
}

/// The address of a resource instance.
pub fn address(module: &ModuleInstance, resource: &ResourceKey, key: Option<Key>) -> Address {
    ResourceAddress {
        module: module.path.clone(),
        mode: resource.mode,
        kind: resource.kind.clone(),
        name: resource.name.clone(),
    }
    .instance(key)
}
