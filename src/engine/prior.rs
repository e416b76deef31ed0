//! The state's objects as values, ready to be refreshed and planned against.

use std::collections::BTreeMap;

use crate::address::{Address, Mode, Target};
use crate::diag::{Diagnostic, Diagnostics};
use crate::lang::value::Value;
use crate::plan::codec;
use crate::plan::instance::{Prior, mark_sensitive};
use crate::provider::Registry;
use crate::state::{Object, ObjectStatus, State};

/// Every current managed object of the state. A type that is not known is an error.
pub fn objects(state: &State, registry: &Registry) -> (BTreeMap<Address, Prior>, Diagnostics) {
    let mut found = Diagnostics::new();
    let all: Vec<&Address> = state.currents().map(|(address, _)| address).collect();
    let objects = state
        .currents()
        .filter(|(address, _)| address.resource.mode == Mode::Managed)
        .filter_map(|(address, object)| {
            let prior = object_of(address, object, registry, &all);
            match prior {
                Some(prior) => Some((address.clone(), prior)),
                None => {
                    found.push(unknown_type(address));
                    None
                }
            }
        });
    let objects = objects.collect();
    (objects, found)
}

/// Rows of all data sources as they were last read. Types that are not known are left out: nothing
/// asks for them.
pub fn data(state: &State, registry: &Registry) -> BTreeMap<Address, Value> {
    let data = state.currents().filter(|(address, _)| address.resource.mode == Mode::Data);
    let rows = data.filter_map(|(address, object)| {
        let schema = registry.data_source(&address.resource.kind)?.schema();
        Some((address.clone(), codec::decode(schema, &object.attributes)))
    });
    rows.collect()
}

/// The error for a state that holds a type which this build does not know.
fn unknown_type(address: &Address) -> Diagnostic {
    let detail = format!("the state holds `{address}`, a type that this build does not know");
    Diagnostic::error("unknown resource type in the state", detail)
        .hint("use a build with that type, or remove the object from the state")
}

/// One object as a value; none where its type is not known.
pub fn object_of(
    address: &Address,
    object: &Object,
    registry: &Registry,
    all: &[&Address],
) -> Option<Prior> {
    let schema = registry.driver(&address.resource.kind)?.schema();
    let row = codec::decode(schema, &object.attributes);
    let row = codec::with_sensitive(row, &object.sensitive_attributes);
    Some(Prior {
        row: mark_sensitive(schema.attributes, &row),
        id: object.id().unwrap_or_default().to_string(),
        tainted: object.status == ObjectStatus::Tainted,
        dependencies: expand(&object.dependencies, all),
        create_before_destroy: object.create_before_destroy,
        provider: object.provider.clone(),
        previous_address: None,
        importing: None,
    })
}

/// The instances that the state's dependencies name.
fn expand(dependencies: &[Target], all: &[&Address]) -> Vec<Address> {
    let mut found: Vec<Address> = dependencies
        .iter()
        .flat_map(|target| match target {
            Target::Instance(it) => vec![it.clone()],
            _ => all.iter().filter(|it| target.contains(it)).map(|it| (*it).clone()).collect(),
        })
        .collect();
    found.sort();
    found.dedup();
    found
}
