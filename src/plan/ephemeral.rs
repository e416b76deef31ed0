//! Ephemeral resources: opened while planning where their arguments are known, and once more at
//! apply. What they tell is marked, so that it reaches nothing that is stored.

use std::sync::Arc;

use super::change::{Action, Change};
use super::data::pending;
use super::evaluation::{Evaluation, ModuleInstance, Purpose, Wanted};
use super::instance::{mark_sensitive, unknown_type};
use super::{diff, opening, providers};
use crate::address::Address;
use crate::diag::Result;
use crate::lang::config::ResourceKey;
use crate::lang::value::{Marks, Origins, Value};
use crate::provider::AnyType;
use crate::schema::Schema;

/// Plans one ephemeral resource; what it tells, unknown where it cannot be opened yet.
pub fn plan(
    ev: &Evaluation<'_>,
    module: &Arc<ModuleInstance>,
    key: &ResourceKey,
    address: &Address,
) -> Result<Value> {
    let resource = &module.module.resources[key];
    let Some(ephemeral) = ev.facts.registry.ephemeral(&key.kind) else {
        return Err(unknown_type(ev, resource));
    };
    let schema = ephemeral.schema();
    let kind = AnyType::Ephemeral(ephemeral);
    let it = opening::open(ev, module, key, address, kind, None)?;
    if ev.facts.purpose == Purpose::Validate {
        return Ok(unopened(schema, Origins::default()));
    }
    let origins = it.given.origins.clone();
    let provider = providers::name(ev.facts.registry, &it.given.provider);
    let mut change = Change::blank(address.clone(), provider, Action::Open);
    change.dependencies = ev.addresses(&origins);
    ev.planned(change);
    let row = diff::planned(schema, None, &it.config).without_marks().0;
    if !it.config.is_wholly_known() || pending(ev, &it.given.explicit) {
        return Ok(unopened(schema, origins));
    }
    let Some(told) = ev.facts.opened.get(address) else {
        let (kind, span) = (key.kind.clone(), resource.span);
        let provider = it.given.provider;
        let wanted = Wanted { kind, row, provider, span, for_check: false };
        ev.wanted.borrow_mut().insert(address.clone(), wanted);
        return Ok(unopened(schema, origins));
    };
    let told = opened(schema, told, origins);
    opening::postconditions(ev, it.scope, resource, address, &told)?;
    Ok(told)
}

/// What an open one tells, marked.
pub fn opened(schema: &Schema, row: &Value, origins: Origins) -> Value {
    let marks = Marks { ephemeral: true, from: origins, ..Marks::NONE };
    mark_sensitive(schema.attributes, row).with_marks(&marks)
}

/// What it tells before it is open.
pub fn unopened(schema: &Schema, origins: Origins) -> Value {
    let marks = Marks { ephemeral: true, from: origins, ..Marks::NONE };
    Value::unknown(schema.ty()).with_marks(&marks)
}
