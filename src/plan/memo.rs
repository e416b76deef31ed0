//! What is evaluated once, and what is known of it.

use std::sync::Arc;

use foldhash::HashMap;

use super::evaluation::{Evaluation, Purpose, is_upstream, upstream};
use super::repetition::Repetition;
use crate::address::{Key, ModulePath};
use crate::diag::{Diagnostic, Diagnostics, Result, Severity, Span};
use crate::lang::config::{Module, ResourceKey};
use crate::lang::value::{Str, Value};

/// A thing that is evaluated once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Node {
    /// Number of the module instance.
    pub module: usize,
    /// What it is in it.
    pub item: Item,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Item {
    Variable(Str),
    Local(Str),
    Output(Str),
    Call(Str),
    Resource(ResourceKey),
    Instance(ResourceKey, Option<Key>),
    Provider(Str, Option<Str>),
}

impl Node {
    /// Where it is declared; `module` is the one that it is in.
    pub fn place(&self, module: &Module) -> Option<Span> {
        match &self.item {
            Item::Variable(name) => module.variables.get(name).map(|it| it.span),
            Item::Local(name) => module.locals.get(name).map(|it| it.span),
            Item::Output(name) => module.outputs.get(name).map(|it| it.span),
            Item::Call(name) => module.calls.get(name).map(|it| it.span),
            Item::Instance(key, _) | Item::Resource(key) => {
                module.resources.get(key).map(|it| it.span)
            }
            Item::Provider(..) => None,
        }
    }

    /// What it is called in a cycle; `path` is that of the module that it is in.
    pub fn label(&self, path: &ModulePath) -> String {
        let prefix = if path.is_root() { String::new() } else { format!("{path}.") };
        match &self.item {
            Item::Variable(name) => format!("{prefix}var.{name} (expand)"),
            Item::Local(name) => format!("{prefix}local.{name} (expand)"),
            Item::Output(name) => format!("{prefix}output.{name} (expand)"),
            Item::Call(name) => format!("{prefix}module.{name} (expand)"),
            Item::Instance(key, _) | Item::Resource(key) => format!("{prefix}{key}"),
            Item::Provider(name, None) => format!("{prefix}provider[{name}]"),
            Item::Provider(name, Some(alias)) => format!("{prefix}provider[{name}].{alias}"),
        }
    }
}

/// How far the evaluation of a node has come.
#[derive(Clone)]
pub(super) enum Memo {
    Running,
    Failed,
    Value(Value),
    Repetition(Arc<Repetition>),
}

/// Local values and outputs of the root module that hang on nothing that a run decides, such as
/// variables and objects: what validation has found of them holds for the plan.
#[derive(Default)]
pub struct Settled(pub(super) HashMap<Node, Value>);

impl<'a> Evaluation<'a> {
    /// With what is settled, which is not evaluated again.
    pub fn knowing(self, settled: &Settled) -> Self {
        let known =
            settled.0.iter().map(|(node, value)| (node.clone(), Memo::Value(value.clone())));
        self.memo.borrow_mut().extend(known);
        self
    }

    /// What has been settled so far, taken out. Only validation settles anything.
    pub fn take_settled(&self) -> Settled {
        self.settled.take()
    }

    /// Whether a node that has been evaluated hangs on nothing that a run decides. The outcome of
    /// preconditions is part of every plan, so an output that has some is evaluated each time.
    fn settle(&self, node: &Node, done: &Memo) -> bool {
        let root = &self.config.root;
        let settles = self.facts.purpose == Purpose::Validate
            && node.module == 0
            && match &node.item {
                Item::Local(_) => true,
                Item::Output(name) => {
                    root.outputs.get(name).is_some_and(|it| it.preconditions.is_empty())
                }
                _ => false,
            };
        match done {
            Memo::Value(value) if settles && !self.open.get() && value.is_wholly_known() => {
                self.settled.borrow_mut().0.insert(node.clone(), value.clone());
                true
            }
            _ => false,
        }
    }

    /// Evaluates a node once. A failure is reported here, and silent for whoever asked.
    pub(super) fn once(&self, node: Node, compute: impl FnOnce() -> Result<Memo>) -> Result<Memo> {
        match self.memo.borrow().get(&node) {
            // No one place is to blame, so none is named as that of the error.
            Some(Memo::Running) => {
                // A local value that names itself is found without evaluation.
                let itself = self.stack.borrow().last() == Some(&node);
                if !(itself && matches!(node.item, Item::Local(_))) {
                    self.report(self.cycle(&node));
                }
                return Err(upstream());
            }
            Some(Memo::Failed) => return Err(upstream()),
            Some(done) => {
                if !self.settled.borrow().0.contains_key(&node) {
                    self.open.set(true);
                }
                return Ok(done.clone());
            }
            None => {}
        }
        self.memo.borrow_mut().insert(node.clone(), Memo::Running);
        self.stack.borrow_mut().push(node);
        let open = self.open.take();
        // Chains of references may be thousands long; each takes a few stack frames.
        let result = stacker::maybe_grow(256 * 1024, 8 * 1024 * 1024, compute);
        let node = self.stack.borrow_mut().pop().ok_or_else(upstream)?;
        let settled = result.as_ref().is_ok_and(|done| self.settle(&node, done));
        self.open.set(open || !settled);
        match result {
            Ok(done) => {
                let mut memo = self.memo.borrow_mut();
                match self.may_change(&done) {
                    true => drop(memo.remove(&node)),
                    false => drop(memo.insert(node, done.clone())),
                }
                Ok(done)
            }
            Err(those) => {
                self.memo.borrow_mut().insert(node, Memo::Failed);
                // What more is wrong in what needs something that failed may only follow from that.
                let blocked = those.iter().any(is_upstream) && self.found.borrow().has_errors();
                let told = |it: &Diagnostic| !blocked || it.severity == Severity::Warning;
                self.report(those.into_iter().filter(told));
                Err(upstream())
            }
        }
    }

    /// During apply, what is not wholly known yet will be asked for again.
    fn may_change(&self, done: &Memo) -> bool {
        match (self.facts.purpose, done) {
            (Purpose::Apply, Memo::Value(value)) => !value.is_wholly_known(),
            (Purpose::Apply, Memo::Repetition(it)) => !it.is_known(),
            _ => false,
        }
    }

    pub(super) fn value(
        &self,
        node: Node,
        compute: impl FnOnce() -> Result<Value>,
    ) -> Result<Value> {
        match self.once(node, || compute().map(Memo::Value))? {
            Memo::Value(value) => Ok(value),
            _ => Err(upstream()),
        }
    }

    fn cycle(&self, node: &Node) -> Diagnostics {
        let stack = self.stack.borrow();
        let start = stack.iter().position(|it| it == node).unwrap_or(0);
        let modules = self.modules.borrow();
        let label = |it: &Node| it.label(&modules[it.module].path);
        let mut names: Vec<String> = stack[start..].iter().map(label).collect();
        names.sort();
        names.dedup();
        let mut it = Diagnostic::error(
            format!("Cycle: {}", names.join(", ")),
            "each of these needs another of them to be known first",
        )
        .hint("remove one of the references between them");
        for node in &stack[start..] {
            if let Some(place) = node.place(&modules[node.module].module) {
                it = it.label(place, label(node));
            }
        }
        it.into()
    }
}
