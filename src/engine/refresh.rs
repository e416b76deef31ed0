//! One wave of reads: every object of the state at once. The drivers' loaders make few calls of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};

use super::clouds::Clouds;
use super::imports::Request;
use super::{Engine, Stack};
use crate::address::Address;
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::driver::{AnyDriver, Cloud, Id};
use crate::event::Event;
use crate::lang::value::Value;
use crate::plan::evaluation::Wanted;
use crate::plan::instance::{Prior, mark_sensitive, with_part};
use crate::plan::{codec, diff, providers};
use crate::schema::{Attribute, Schema};

/// What refresh found.
pub struct Refreshed {
    /// Objects as they are; those that are gone are left out.
    pub objects: BTreeMap<Address, Prior>,
    /// Objects that differ from the state: as they were, and as they are.
    pub drift: Vec<(Address, Prior, Option<Value>)>,
}

/// Reads every object.
pub async fn objects(
    engine: &Engine,
    stack: &Stack,
    clouds: &Clouds,
    before: BTreeMap<Address, Prior>,
) -> Result<Refreshed> {
    engine.listener.event(Event::RefreshStarted { objects: before.len() });
    let mut reads = FuturesUnordered::new();
    let mut diagnostics = Diagnostics::new();
    for (address, prior) in before {
        let Some(driver) = engine.registry.driver(&address.resource.kind) else { continue };
        let cloud = clouds.of_object(&engine.registry, stack, &address, &prior.provider);
        let cloud = cloud.map_err(|those| those.map(|it| it.about(&address)));
        let Some(cloud) = diagnostics.keep(cloud) else { continue };
        let driver = driver.clone();
        reads.push(async move {
            let id = Id(prior.id.clone());
            let (known, _) = prior.row.clone().without_marks();
            let seen = driver.read(&cloud, &id, known).await;
            (address, prior, driver, seen)
        });
    }
    let mut found = Refreshed { objects: BTreeMap::new(), drift: Vec::new() };
    while let Some((address, mut prior, driver, seen)) = reads.next().await {
        let schema = driver.schema();
        match seen {
            Err(failure) => {
                let it = failure.diagnostic(&format!("cannot read `{address}`")).about(&address);
                diagnostics.push(it);
            }
            Ok(None) => {
                engine.listener.event(Event::Drifted { address: address.clone() });
                found.drift.push((address, prior, None));
            }
            Ok(Some(seen)) => {
                let event = Event::Refreshed { address: address.clone(), id: prior.id.clone() };
                engine.listener.event(event);
                let row = as_known(schema.attributes, &prior, &seen.row);
                if diff::changes(&prior.row, &row) {
                    engine.listener.event(Event::Drifted { address: address.clone() });
                    found.drift.push((address.clone(), prior.clone(), Some(row.clone())));
                }
                prior.row = row;
                found.objects.insert(address, prior);
            }
        }
    }
    found.drift.sort_by(|a, b| a.0.cmp(&b.0));
    diagnostics.into_result(found)
}

/// What was read, in the words and with the marks in which it was known.
fn as_known(attributes: &[Attribute], prior: &Prior, seen: &Value) -> Value {
    let row = diff::reworded(attributes, &prior.row, seen);
    let row = codec::with_sensitive(row, &codec::sensitive_paths(&prior.row));
    mark_sensitive(attributes, &row)
}

/// Reads data sources, all at once.
pub async fn data(
    engine: &Engine,
    clouds: &Clouds,
    wanted: BTreeMap<Address, Wanted>,
) -> Result<Vec<(Address, Value)>> {
    let read = read(engine, clouds, wanted, &BTreeMap::new()).await;
    read.wrong.into_result(read.found)
}

/// What came of reading data sources.
#[derive(Default)]
pub struct Read {
    /// What those tell that could be read.
    pub found: Vec<(Address, Value)>,
    /// Those that could not be read but that only a check looks at: what to warn of.
    pub untold: Vec<(Address, Diagnostic)>,
    /// What is wrong with the others.
    pub wrong: Diagnostics,
}

/// Reads data sources, all at once. What one told before stays where it is not asked for again.
pub async fn read(
    engine: &Engine,
    clouds: &Clouds,
    wanted: BTreeMap<Address, Wanted>,
    before: &BTreeMap<Address, Value>,
) -> Read {
    let mut all = Read::default();
    let mut reads = FuturesUnordered::new();
    for (address, it) in wanted {
        let Some(source) = engine.registry.data_source(&it.kind).cloned() else { continue };
        let cloud: Option<Cloud> = all.wrong.keep(clouds.of(&it.provider));
        let Some(cloud) = cloud else { continue };
        engine.listener.event(Event::ReadStarted { address: address.clone() });
        let clock = Arc::clone(&engine.clock);
        let row = as_told_before(source.schema(), &it.row, before.get(&address));
        reads.push(async move {
            let started = clock.elapsed();
            let read = source.read(&cloud, row).await;
            (address, it, read, clock.elapsed().saturating_sub(started))
        });
    }
    while let Some((address, it, read, took)) = reads.next().await {
        match read {
            Ok(row) => {
                let id = row.part("id").and_then(Value::as_str).unwrap_or_default().to_string();
                engine.listener.event(Event::ReadFinished { address: address.clone(), id, took });
                all.found.push((address, row));
            }
            Err(failure) => {
                // Where no service was asked, the reason is what happened.
                let doing = match (&failure.operation, &failure.code) {
                    (None, Some(what)) => what.clone(),
                    _ => format!("cannot read `{address}`"),
                };
                let failed = failure.diagnostic(&doing).about(&address).at(it.span);
                match it.for_check {
                    true => all.untold.push((address, failed.as_warning())),
                    false => all.wrong.push(failed),
                }
            }
        }
    }
    all
}

/// The arguments of a data source, with what it told of the same ones before.
fn as_told_before(schema: &Schema, row: &Value, before: Option<&Value>) -> Value {
    let (Some(before), Some(entries)) = (before, row.as_entries()) else { return row.clone() };
    let mut given = entries.iter().filter(|(_, it)| it.is_known() && !it.is_null());
    if !given.all(|(name, it)| before.part(name).is_some_and(|before| before.same(it))) {
        return row.clone();
    }
    let told = schema.attributes.iter().filter(|it| !it.is_argument());
    let told = told.filter_map(|it| Some((it.name.into(), before.part(it.name)?.clone())));
    let mut entries = entries.clone();
    entries.extend(told);
    Value::object(entries)
}

/// Finds the objects of import blocks.
pub(super) async fn imports(
    engine: &Engine,
    clouds: &Clouds,
    wanted: Vec<Request>,
) -> Result<Vec<(Request, Prior)>> {
    let mut diagnostics = Diagnostics::new();
    let mut found = Vec::new();
    for it in wanted {
        let Some(driver) = engine.registry.driver(&it.address.resource.kind) else { continue };
        let Some(cloud) = diagnostics.keep(clouds.of(&it.provider)) else { continue };
        let read = async {
            let id = driver.import(&cloud, &it.id).await?;
            let seen = driver.read(&cloud, &id, unknown_before(&**driver)).await?;
            Ok((id, seen))
        };
        let address = &it.address;
        match read.await {
            Ok((id, Some(seen))) => {
                let event = Event::Refreshed { address: address.clone(), id: id.0.clone() };
                engine.listener.event(event);
                let prior = Prior {
                    row: mark_sensitive(driver.schema().attributes, &seen.row),
                    id: id.0,
                    tainted: false,
                    dependencies: Vec::new(),
                    create_before_destroy: false,
                    provider: providers::name(&engine.registry, &it.provider),
                    previous_address: None,
                    importing: Some(it.id.clone()),
                };
                found.push((it, prior));
            }
            Ok((_, None)) => {
                let detail = format!("there is no object {:?} to import as `{address}`", it.id);
                let wrong = Diagnostic::error("Cannot import non-existent remote object", detail);
                diagnostics.push(wrong.about(address).at(it.span));
            }
            Err(failure) => {
                let failure: crate::driver::Failure = failure;
                let wrong = failure.diagnostic(&format!("cannot import `{address}`"));
                diagnostics.push(wrong.about(address).at(it.span));
            }
        }
    }
    diagnostics.into_result(found)
}

/// What is known of an object that is only now taken over: of what AWS never tells, the default.
fn unknown_before(driver: &dyn AnyDriver) -> Value {
    let mut row = driver.blank();
    for it in driver.schema().attributes.iter().filter(|it| it.local) {
        if let Some(default) = it.default {
            row = with_part(&row, it.name, default.value());
        }
    }
    row
}
