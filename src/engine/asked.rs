//! Mistakes in what is asked of a plan: variables without a value, `removed` blocks for what is declared,
//! targets and replacements that name nothing.

use std::collections::BTreeMap;

use super::{Inputs, PlanOptions};
use crate::address::{Address, ModulePath, Target};
use crate::diag::{Diagnostic, Diagnostics, Result, Span};
use crate::lang::config::{Config, Module, Variable};
use crate::lang::value::{Str, Value};
use crate::plan::instance::Prior;
use crate::plan::{Plan, variables};

/// The values of root variables. Without one for each, nothing can be planned at all; one that cannot be
/// read is none.
pub(super) fn all_given(inputs: &Inputs, config: &Config) -> Result<BTreeMap<Str, Value>> {
    let (given, mut found) = inputs.values(config);
    let lacking = |it: &&Variable| it.default.is_none() && !given.contains_key(&it.name);
    let lacking = config.root.variables.values().filter(lacking);
    found.extend(lacking.map(|it| variables::unset(&it.name).at(it.span)));
    found.into_result(given)
}

/// Targets and replacements that name nothing at all, such as misspelled ones, or several instances.
pub(super) fn names_nothing(
    plan: &Plan,
    root: &Module,
    objects: &BTreeMap<Address, Prior>,
    options: &PlanOptions,
) -> Diagnostics {
    if options.targets.is_empty() && options.replace.is_empty() {
        return Diagnostics::new();
    }
    let changed = plan.changes.iter().map(|it| &it.address);
    let there: Vec<&Address> = changed.chain(plan.data.keys()).chain(objects.keys()).collect();
    let declared = root.resources.keys().map(ToString::to_string);
    let names: Vec<String> = there.iter().map(ToString::to_string).chain(declared).collect();
    let nothing = |flag: &str, name: String| {
        let detail = format!("`{name}` is neither in the configuration nor in the state");
        let it = Diagnostic::warning(format!("`{flag}` names nothing"), detail);
        let others = names.iter().map(String::as_str).filter(|it| *it != name);
        it.did_you_mean(&name, others)
    };
    let targets = options.targets.iter().filter(|it| !there.iter().any(|at| it.contains(at)));
    let targets = targets.map(|it| nothing("--target", it.to_string()));
    // What a target leaves out is not looked at.
    let whole = options.targets.is_empty();
    let replaced = options.replace.iter().filter(|it| !there.contains(it));
    let replaced = replaced.filter_map(|it| {
        let nothing = || whole.then(|| nothing("--replace", it.to_string()));
        incomplete(it, &there).or_else(nothing)
    });
    targets.chain(replaced).collect()
}

/// An address of `--replace` that lacks the key of an instance.
fn incomplete(address: &Address, there: &[&Address]) -> Option<Diagnostic> {
    let alike = |it: &&&Address| it.resource == address.resource && it.key != address.key;
    let some = there.iter().find(alike).filter(|_| address.key.is_none())?;
    let summary = "Incompletely-matched force-replace resource instance";
    let detail = format!("`{address}` has several instances, so none of them is replaced");
    Some(Diagnostic::warning(summary, detail).hint(format!("name one of them, such as `{some}`")))
}

/// What a `removed` block says is gone, but is still there.
pub(super) fn still_declared(module: &Module) -> Diagnostics {
    let mut found = Diagnostics::new();
    for removed in &module.removed {
        let (what, declared) = match &removed.from {
            Target::Module(path) => ("module", declared_call(module, path)),
            Target::Resource(it) => ("resource", module.resource(it).map(|it| it.span)),
            Target::Instance(it) => ("resource", module.resource(&it.resource).map(|it| it.span)),
        };
        if let Some(span) = declared {
            let detail = format!("a `removed` block names `{}`, which is declared", removed.from);
            let it = Diagnostic::error(format!("Removed {what} still exists"), detail).at(span);
            found.push(it.label(removed.span, "said to be removed here"));
        }
    }
    for call in module.calls.values() {
        found.extend(still_declared(&call.module));
    }
    found
}

fn declared_call(module: &Module, path: &ModulePath) -> Option<Span> {
    let (last, outer) = path.0.split_last()?;
    let mut inner = module;
    for step in outer {
        inner = &inner.calls.get(&step.name)?.module;
    }
    Some(inner.calls.get(&last.name)?.span)
}
