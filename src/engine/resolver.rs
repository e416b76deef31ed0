//! Evaluation on behalf of apply: rows as what they depend on becomes known.

use std::collections::BTreeMap;

use super::clouds::Clouds;
use crate::address::{Address, Mode};
use crate::apply::{Resolve, Resolved};
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::lang::value::{Marks, Str, Value};
use crate::plan::evaluation::Evaluation;
use crate::plan::{Change, CheckResult, Plan, ephemeral, instance, make, providers};
use crate::provider::AnyType;

/// The configuration, evaluated again as results come in.
pub struct Resolver<'a> {
    evaluation: Evaluation<'a>,
    clouds: &'a Clouds,
}

impl<'a> Resolver<'a> {
    /// A resolver over an evaluation that knows the plan's changes.
    pub fn new(evaluation: Evaluation<'a>, clouds: &'a Clouds) -> Self {
        Resolver { evaluation, clouds }
    }

    /// Root outputs with whether they are sensitive, as far as they are wholly known.
    pub fn outputs(&self) -> (BTreeMap<Str, (Value, bool)>, Diagnostics) {
        let root = self.evaluation.root();
        let mut values = BTreeMap::new();
        for (name, output) in &root.module.outputs {
            let Some(value) = self.evaluation.keep(self.evaluation.output(&root, name)) else {
                continue;
            };
            let (value, marks) = value.without_marks();
            if value.is_wholly_known() {
                values.insert(name.clone(), (value, output.sensitive || marks.sensitive));
            }
        }
        (values, self.evaluation.take_diagnostics())
    }

    /// What is wrong with variables of which only now everything is known.
    pub fn variables(&self) -> Diagnostics {
        make::variables_after(&self.evaluation);
        self.evaluation.take_diagnostics()
    }

    /// Results of all checks, those that were known at plan included; and what they have to tell.
    pub fn checks(&self, plan: &Plan) -> (Vec<CheckResult>, Diagnostics) {
        make::checks_after(&self.evaluation);
        let mut all = plan.checks.clone();
        for it in self.evaluation.checks.borrow().iter() {
            match all.iter_mut().find(|had| (had.kind, &had.address) == (it.kind, &it.address)) {
                Some(had) => *had = it.clone(),
                None => all.push(it.clone()),
            }
        }
        CheckResult::sort(&mut all);
        (all, self.evaluation.take_diagnostics())
    }

    /// The provider configuration of an instance, as the state names it.
    pub fn provider(&self, address: &Address) -> String {
        let (registry, root) = (self.evaluation.facts.registry, &self.evaluation.config.root);
        providers::name(registry, &providers::of_object(registry, root, address, ""))
    }

    /// Whether it could not be read.
    pub fn is_unread(&self, address: &Address) -> bool {
        self.evaluation.unread.borrow().contains_key(address)
    }

    /// What a step has made of an instance.
    pub fn result(&self, address: &Address) -> Option<Value> {
        self.evaluation.results.borrow().get(address).cloned()
    }

    /// Takes over what is open already.
    pub fn open(&mut self, rows: &BTreeMap<Address, Value>) {
        for (address, row) in rows {
            self.know(address, row);
        }
    }

    fn of(&self, address: &Address) -> Result<AnyType<'a>> {
        let it = &address.resource;
        let found = self.evaluation.facts.registry.of(it.mode, &it.kind);
        found.ok_or_else(|| Diagnostic::error("unknown resource type", it.to_string()).into())
    }

    /// Later rows see this one.
    fn know(&mut self, address: &Address, row: &Value) {
        let changes = self.evaluation.changes.borrow();
        let used = changes.get(address).map(|it| it.dependencies.clone()).unwrap_or_default();
        drop(changes);
        let from = || used.iter().map(|it| self.evaluation.origin(it)).collect();
        let marked = match (address.resource.mode, self.of(address)) {
            (Mode::Ephemeral, Ok(it)) => ephemeral::opened(it.schema(), row, from()),
            // What a data source was read with counts as a source of what it tells.
            (Mode::Data, _) => row.clone().with_marks(&Marks { from: from(), ..Marks::NONE }),
            _ => row.clone(),
        };
        self.evaluation.results.borrow_mut().insert(address.clone(), marked);
    }

    /// Diagnostics of what was asked for, those of nested parts included.
    fn explained(&self, those: Diagnostics, address: &Address) -> Diagnostics {
        let shown = those.into_iter().filter(|it| !it.summary.is_empty());
        let mut all: Diagnostics = shown.collect();
        all.extend(self.evaluation.take_diagnostics());
        if all.is_empty() {
            all.push(Diagnostic::error(
                "cannot be evaluated",
                "something it depends on has failed",
            ));
        }
        all.map(|it| it.about(address))
    }
}

impl Resolve for Resolver<'_> {
    fn resolve(&mut self, change: &Change) -> Result<Resolved> {
        let address = &change.address;
        let kind = self.of(address)?;
        let it = &address.resource;
        let key = it.into();
        let Some(module) = make::module_at(&self.evaluation, &it.module) else {
            return Err(self.explained(Diagnostics::new(), address));
        };
        let wanted = instance::wanted(&self.evaluation, &module, &key, change, kind);
        let (row, provider) = wanted.map_err(|those| self.explained(those, address))?;
        Ok(Resolved { row, cloud: Some(self.clouds.of(&provider)?) })
    }

    fn settled(&mut self, address: &Address, row: Option<&Value>) -> Result<()> {
        let Some(row) = row else {
            self.evaluation.results.borrow_mut().remove(address);
            return Ok(());
        };
        let it = &address.resource;
        self.know(address, row);
        let key = it.into();
        let Some(module) = make::module_at(&self.evaluation, &it.module) else { return Ok(()) };
        if !module.module.resources.contains_key(&key) {
            return Ok(());
        }
        instance::settled(&self.evaluation, &module, &key, address, row)
            .map_err(|those| self.explained(those, address))
    }

    fn failed(&mut self, address: &Address) {
        self.evaluation.failed.borrow_mut().insert(address.clone());
    }

    fn unread(&mut self, address: &Address, why: &Diagnostic) {
        self.evaluation.unread.borrow_mut().insert(address.clone(), why.summary.clone());
    }
}
