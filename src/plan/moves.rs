//! `moved` blocks: objects that keep their identity under a new address.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::evaluation::{Evaluation, ModuleInstance};
use super::instance::Prior;
use super::make;
use crate::address::{Address, Key, ModulePath, ModuleStep, Target};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lang::config::{Config, Module, Moved, ResourceKey};

/// One `moved` block and the module that it stands in, by names alone.
struct Statement<'m> {
    module: Vec<&'m str>,
    moved: &'m Moved,
}

/// Carries out every move, and the implied ones between a single instance and index zero.
pub fn carry_out(
    config: &Config,
    prior: BTreeMap<Address, Prior>,
) -> (BTreeMap<Address, Prior>, Diagnostics) {
    let mut statements = Vec::new();
    gather(&config.root, &mut Vec::new(), &mut statements);
    let mut diagnostics = check(&statements);
    for one in statements.iter().filter(|it| it.still_declared(&config.root)) {
        let detail = format!("`{}` is declared, so it cannot have moved", one.moved.from);
        diagnostics.push(Diagnostic::error("Moved object still exists", detail).at(one.moved.span));
    }
    if diagnostics.has_errors() {
        return (prior, diagnostics);
    }
    let mut moved: BTreeMap<Address, Prior> = BTreeMap::new();
    // What does not move keeps its place, so it comes first.
    let (staying, going): (Vec<_>, Vec<_>) = prior
        .into_iter()
        .map(|(from, object)| (destination(config, &statements, &from), from, object))
        .partition(|(to, from, _)| to == from);
    moved.extend(staying.into_iter().map(|(_, from, object)| (from, object)));
    for (to, from, mut object) in going {
        if moved.contains_key(&to) {
            diagnostics.push(Diagnostic::warning(
                "Unresolved resource instance address changes",
                format!("`{from}` cannot become `{to}`, because there is an object already"),
            ));
            moved.insert(from, object);
            continue;
        }
        object.previous_address = Some(from);
        moved.insert(to, object);
    }
    // Dependencies follow, so that the order of deletes is kept.
    let renamed: BTreeMap<Address, Address> = moved
        .iter()
        .filter_map(|(to, it)| Some((it.previous_address.clone()?, to.clone())))
        .collect();
    for object in moved.values_mut().filter(|_| !renamed.is_empty()) {
        for it in &mut object.dependencies {
            if let Some(to) = renamed.get(it) {
                *it = to.clone();
            }
        }
    }
    (moved, diagnostics)
}

/// Refuses what names the instance of a resource or module as moved that is there all the same.
pub fn still_there(ev: &Evaluation<'_>) -> Diagnostics {
    let mut statements = Vec::new();
    gather(&ev.config.root, &mut Vec::new(), &mut statements);
    let mut found = Diagnostics::new();
    for Statement { module, moved } in &statements {
        let there = |it: &Arc<ModuleInstance>| has_instance(ev, it, &moved.from).unwrap_or(false);
        if moved.from != moved.to
            && make::module_instances(ev, module.iter().copied()).iter().any(there)
        {
            let detail = format!("`{}` is declared, so it cannot have moved", moved.from);
            let it = Diagnostic::error("Moved object still exists", detail);
            found.push(it.at(moved.span));
        }
    }
    found
}

/// Whether a module has the instance that is named with its key.
fn has_instance(ev: &Evaluation<'_>, module: &Arc<ModuleInstance>, it: &Target) -> Option<bool> {
    let below = |steps: &[ModuleStep]| make::module_below(ev, module.clone(), steps);
    match it {
        Target::Instance(it) if it.key.is_some() => {
            let module = below(&it.resource.module.0)?;
            Some(ev.repetition(&module, &(&it.resource).into()).ok()?.at(&it.key).is_some())
        }
        // In the root of the statement, it is known without evaluation.
        Target::Resource(it) if !it.module.is_root() => {
            Some(below(&it.module.0)?.module.resources.contains_key(&ResourceKey::from(it)))
        }
        Target::Module(path) => {
            let (last, outer) = path.0.split_last()?;
            last.key.as_ref()?;
            let module = below(outer)?;
            let call = module.module.calls.get(&last.name)?;
            Some(ev.call_repetition(&module, call).ok()?.at(&last.key).is_some())
        }
        _ => None,
    }
}

fn gather<'m>(module: &'m Module, path: &mut Vec<&'m str>, into: &mut Vec<Statement<'m>>) {
    into.extend(module.moved.iter().map(|moved| Statement { module: path.clone(), moved }));
    for (name, call) in &module.calls {
        path.push(name);
        gather(&call.module, path, into);
        path.pop();
    }
}

/// Where an object is to be after all moves.
fn destination(config: &Config, statements: &[Statement<'_>], from: &Address) -> Address {
    let mut at = from.clone();
    // Each statement applies at most once to an object, so a chain cannot be longer than their number.
    for _ in 0..=statements.len() {
        match statements.iter().find_map(|it| it.apply(&at)).filter(|to| *to != at) {
            Some(to) => at = to,
            None => break,
        }
    }
    implied(config, at)
}

/// Adding or removing `count` keeps the object with index zero.
fn implied(config: &Config, at: Address) -> Address {
    let Some(resource) = config.root.resource(&at.resource) else { return at };
    match (&at.key, resource.count.is_some(), resource.for_each.is_some()) {
        (None, true, _) => Address { key: Some(Key::Index(0)), ..at },
        (Some(Key::Index(0)), false, false) => Address { key: None, ..at },
        _ => at,
    }
}

impl Statement<'_> {
    /// Whether what has moved is there all the same.
    fn still_declared(&self, root: &Module) -> bool {
        if self.moved.from == self.moved.to {
            return false;
        }
        let mut at = root;
        for name in &self.module {
            match at.calls.get(*name) {
                Some(it) => at = &it.module,
                None => return false,
            }
        }
        // One instance without a key is not the whole of those that have keys.
        let one = matches!(self.moved.from, Target::Instance(_) | Target::Resource(_))
            && matches!(self.moved.to, Target::Instance(_));
        match &self.moved.from {
            Target::Resource(it) if it.module.is_root() => {
                let key = ResourceKey::from(it);
                at.resources
                    .get(&key)
                    .is_some_and(|it| !one || (it.count.is_none() && it.for_each.is_none()))
            }
            Target::Module(path) => match path.0.as_slice() {
                [only] if only.key.is_none() => at.calls.get(&only.name).is_some_and(|it| {
                    let whole = matches!(&self.moved.to,
                        Target::Module(to) if to.0.last().is_some_and(|it| it.key.is_none()));
                    whole || (it.count.is_none() && it.for_each.is_none())
                }),
                _ => false,
            },
            _ => false,
        }
    }

    /// The new address of an object, where this statement names it.
    fn apply(&self, at: &Address) -> Option<Address> {
        let steps = &at.resource.module.0;
        let depth = self.module.len();
        let here = steps.len() >= depth
            && steps.iter().zip(&self.module).all(|(step, name)| *step.name == **name);
        if !here {
            return None;
        }
        let (outer, inner) = steps.split_at(depth);
        let mut local = at.clone();
        local.resource.module = ModulePath(inner.to_vec());
        let mut to = relocate(&self.moved.from, &self.moved.to, &local)?;
        let mut path = outer.to_vec();
        path.append(&mut to.resource.module.0);
        to.resource.module = ModulePath(path);
        Some(to)
    }
}

/// The address of an object of `from` once that has become `to`.
fn relocate(from: &Target, to: &Target, at: &Address) -> Option<Address> {
    let mut result = at.clone();
    match (from, to) {
        (Target::Module(from), Target::Module(to)) => {
            let (last_from, last_to) = (from.0.last()?, to.0.last()?);
            let (outer, rest) = at.resource.module.0.split_at_checked(from.0.len())?;
            let whole_call = last_from.key.is_none() && last_to.key.is_none();
            let named = outer.iter().zip(&from.0).enumerate().all(|(depth, (have, want))| {
                let last = depth + 1 == from.0.len();
                have.name == want.name && (have.key == want.key || (last && whole_call))
            });
            if !named {
                return None;
            }
            let mut path: Vec<ModuleStep> = to.0.clone();
            if whole_call {
                path.last_mut()?.key = outer.last()?.key.clone();
            }
            path.extend(rest.iter().cloned());
            result.resource.module = ModulePath(path);
        }
        (Target::Resource(from), Target::Resource(to)) if at.resource == *from => {
            result.resource = to.clone();
        }
        (Target::Resource(from), Target::Instance(to))
            if at.resource == *from && at.key.is_none() =>
        {
            result = to.clone();
        }
        (Target::Instance(from), Target::Resource(to)) if at == from => {
            result = Address { resource: to.clone(), key: None };
        }
        (Target::Instance(from), Target::Instance(to)) if at == from => result = to.clone(),
        _ => return None,
    }
    Some(result)
}

/// Statements that contradict one another.
fn check(statements: &[Statement<'_>]) -> Diagnostics {
    let mut found = Diagnostics::new();
    let text = |it: &Statement<'_>, target: &Target| format!("{}|{target}", it.module.join("."));
    for (at, one) in statements.iter().enumerate() {
        let (from, to) = (text(one, &one.moved.from), text(one, &one.moved.to));
        if from == to {
            let detail = format!("`{}` would be moved to where it is", one.moved.from);
            found.push(Diagnostic::error("Redundant move statement", detail).at(one.moved.span));
            continue;
        }
        for other in &statements[..at] {
            let (other_from, other_to) =
                (text(other, &other.moved.from), text(other, &other.moved.to));
            let clash = (from == other_from) != (to == other_to);
            if clash && other_from != other_to {
                let detail = format!(
                    "`{}` to `{}` contradicts another `moved` block",
                    one.moved.from, one.moved.to
                );
                let it = Diagnostic::error("Ambiguous move statements", detail).at(one.moved.span);
                found.push(it.label(other.moved.span, "the other one"));
            }
        }
    }
    if let Some(cycle) = circle(statements, &text) {
        let detail = format!("these moves go round in a circle: {}", cycle.join(" → "));
        found.push(Diagnostic::error("Cyclic dependency in move statements", detail));
    }
    found
}

fn circle(
    statements: &[Statement<'_>],
    text: &dyn Fn(&Statement<'_>, &Target) -> String,
) -> Option<Vec<String>> {
    let next: BTreeMap<String, String> = statements
        .iter()
        .map(|it| (text(it, &it.moved.from), text(it, &it.moved.to)))
        .filter(|(from, to)| from != to)
        .collect();
    next.keys().find_map(|start| {
        let mut path = vec![start.clone()];
        let mut at = start;
        while let Some(to) = next.get(at) {
            path.push(to.clone());
            if to == start {
                return Some(
                    path.iter().map(|it| it.trim_start_matches('|').to_string()).collect(),
                );
            }
            if path.len() > next.len() + 1 {
                return None;
            }
            at = to;
        }
        None
    })
}
