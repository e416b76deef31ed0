//! What is evaluated once, and what is known of it.

use std::sync::Arc;

use foldhash::HashMap;

use super::repetition::Repetition;
use crate::address::{Key, ModulePath};
use crate::diag::Span;
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
            Item::Provider(name, None) => format!("provider[{name}]"),
            Item::Provider(name, Some(alias)) => format!("provider[{name}].{alias}"),
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
