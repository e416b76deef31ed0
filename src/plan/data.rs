//! Data sources: read while planning where their arguments are known, else during apply.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::arguments as rules;
use super::change::{Action, Change, Path, Reason};
use super::diff;
use super::evaluation::{Checked, Evaluation, ModuleInstance, Purpose, Wanted};
use super::instance::{arguments, mark_sensitive, scope, unknown_type, without_origins};
use crate::address::Address;
use crate::diag::{Diagnostics, Result};
use crate::lang::config::ResourceKey;
use crate::lang::value::{Marks, Origins, Value};

/// Plans one data source; what it tells, or will tell.
pub fn plan(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    address: &Address,
) -> Result<Value> {
    let resource = &module.module.resources[key];
    let Some(source) = ev.facts.registry.data_source(&key.kind) else {
        let known = ev.facts.registry.data_sources().map(|it| it.schema().kind).collect();
        return Err(unknown_type(ev, resource, known));
    };
    let schema = source.schema();
    let given = arguments(ev, module, key, address, schema)?;
    let (scope, _) = scope(ev, module, key, address)?;
    ev.conditions(
        &scope,
        &resource.lifecycle.preconditions,
        Checked::Precondition(address.clone()),
    )?;
    let mut diagnostics = Diagnostics::new();
    rules::check(&given.row, schema.attributes, &given.places, &mut diagnostics);
    source.check(&given.row, &|path| given.places.get(path).copied(), &mut diagnostics);
    diagnostics.into_result(())?;
    if ev.facts.purpose == Purpose::Validate {
        return Ok(Value::unknown(schema.ty()));
    }
    let row = mark_sensitive(
        schema.attributes,
        &diff::planned(schema, None, &without_origins(&given.row)),
    );
    let marks = Marks { from: given.origins.clone(), ..Marks::NONE };
    let reason = match () {
        () if !given.row.is_wholly_known() => Some(Reason::ReadBecauseConfigUnknown),
        () if pending(ev, &given.explicit) => Some(Reason::ReadBecauseDependencyPending),
        () => None,
    };
    let Some(reason) = reason else {
        if let Some(read) = ev.facts.data.get(address) {
            let read = mark_sensitive(schema.attributes, read).with_marks(&marks);
            let scope = scope.with_self(read.clone());
            let checked = Checked::Postcondition(address.clone());
            ev.conditions(&scope, &resource.lifecycle.postconditions, checked)?;
            if resource.in_check.is_some() {
                // A check looks at what is there when all is done, so it is read again then.
                let because = Reason::ReadBecauseCheckNested;
                let from = ev.addresses(&given.origins);
                let change =
                    change(ev, address, schema.kind, because, read.clone(), from, given.timeouts);
                ev.changes.borrow_mut().insert(address.clone(), change);
            }
            return Ok(read);
        }
        let (row, _) = row.without_marks();
        let wanted =
            Wanted { kind: key.kind.clone(), row, provider: given.provider, span: resource.span };
        ev.wanted.borrow_mut().insert(address.clone(), wanted);
        return Ok(Value::unknown(schema.ty()).with_marks(&marks));
    };
    let from = ev.addresses(&given.origins);
    let change = change(ev, address, schema.kind, reason, row.clone(), from, given.timeouts);
    ev.changes.borrow_mut().insert(address.clone(), change);
    Ok(row.with_marks(&marks))
}

/// The read that is left for the apply.
fn change(
    ev: &Evaluation<'_>,
    address: &Address,
    kind: &str,
    reason: Reason,
    row: Value,
    dependencies: Vec<Address>,
    timeouts: BTreeMap<String, u64>,
) -> Change {
    let provider = ev.facts.registry.provider_of_data_source(kind);
    Change {
        address: address.clone(),
        deposed: None,
        previous_address: None,
        provider: provider.map(|it| it.source().to_string()).unwrap_or_default(),
        action: Action::Read,
        reason: Some(reason),
        before: None,
        after: Some(row),
        replace_paths: Vec::<Path>::new(),
        dependencies,
        prior_dependencies: Vec::new(),
        create_before_destroy: false,
        importing: None,
        id: None,
        timeouts,
    }
}

/// Whether one of these instances is still to be changed.
fn pending(ev: &Evaluation<'_>, origins: &Origins) -> bool {
    let changes = ev.changes.borrow();
    ev.addresses(origins)
        .iter()
        .any(|it| changes.get(it).is_some_and(|change| change.action != Action::NoOp))
}
