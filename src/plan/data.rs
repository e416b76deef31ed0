//! Data sources: read while planning where their arguments are known, else during apply.

use std::sync::Arc;

use super::change::{Action, Change, Reason};
use super::diff;
use super::evaluation::{Evaluation, ModuleInstance, Purpose, Wanted};
use super::instance::{mark_sensitive, unknown_type};
use super::opening::{self, Arguments, Opening};
use super::providers;
use crate::address::Address;
use crate::diag::Result;
use crate::lang::config::ResourceKey;
use crate::lang::value::{Marks, Origins, Value};
use crate::provider::AnyType;

/// Plans one data source; what it tells, or will tell.
pub fn plan(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    address: &Address,
) -> Result<Value> {
    let resource = &module.module.resources[key];
    let Some(source) = ev.facts.registry.data_source(&key.kind) else {
        return Err(unknown_type(ev, resource));
    };
    let schema = source.schema();
    let Opening { given, scope, config } =
        opening::open(ev, module, key, address, AnyType::Data(source), None)?;
    if ev.facts.purpose == Purpose::Validate {
        let value = Value::unknown(schema.ty());
        opening::postconditions(ev, scope, resource, address, &value)?;
        return Ok(value);
    }
    let row = mark_sensitive(schema.attributes, &diff::planned(schema, None, &config));
    let marks = Marks { from: given.origins.clone(), ..Marks::NONE };
    let reason = match () {
        () if !config.is_wholly_known() => Some(Reason::ReadBecauseConfigUnknown),
        () if pending(ev, &given.explicit) => Some(Reason::ReadBecauseDependencyPending),
        () => None,
    };
    // A check looks at what is there when all is done, so it is read again then.
    let (for_check, again) = (resource.in_check.is_some(), Reason::ReadBecauseCheckNested);
    let leave = |reason, row| {
        ev.planned(Change { for_check, ..change(ev, address, &given, reason, row) });
    };
    let Some(reason) = reason else {
        if let Some(read) = ev.facts.data.get(address) {
            let read = mark_sensitive(schema.attributes, read).with_marks(&marks);
            opening::postconditions(ev, scope, resource, address, &read)?;
            if for_check {
                leave(again, read.clone());
            }
            return Ok(read);
        }
        if ev.unread.borrow().contains_key(address) {
            leave(again, row);
            return Ok(Value::unknown(schema.ty()).with_marks(&marks));
        }
        let (row, _) = row.without_marks();
        let (kind, provider, span) = (key.kind.clone(), given.provider, resource.span);
        let wanted = Wanted { kind, row, provider, span, for_check };
        ev.wanted.borrow_mut().insert(address.clone(), wanted);
        return Ok(Value::unknown(schema.ty()).with_marks(&marks));
    };
    leave(reason, row.clone());
    Ok(row.with_marks(&marks))
}

/// The read that is left for the apply.
fn change(
    ev: &Evaluation<'_>,
    address: &Address,
    given: &Arguments,
    reason: Reason,
    row: Value,
) -> Change {
    let provider = providers::name(ev.facts.registry, &given.provider);
    Change {
        reason: Some(reason),
        after: Some(row),
        dependencies: ev.addresses(&given.origins),
        timeouts: given.timeouts.clone(),
        ..Change::blank(address.clone(), provider, Action::Read)
    }
}

/// Whether one of these instances is still to be changed.
pub fn pending(ev: &Evaluation<'_>, origins: &Origins) -> bool {
    let changes = ev.changes.borrow();
    ev.addresses(origins).iter().any(|it| changes.get(it).is_some_and(|it| it.acts()))
}
