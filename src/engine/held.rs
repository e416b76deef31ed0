//! Ephemeral resources that a run holds open.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;

use super::Engine;
use super::clouds::Clouds;
use crate::address::{Address, Mode};
use crate::diag::{Diagnostics, Result, Severity};
use crate::driver::{AnyEphemeral, Cloud};
use crate::event::Event;
use crate::lang::value::Value;
use crate::plan::evaluation::Wanted;
use crate::plan::graph::Verb;

/// What is open, in the order in which it was opened.
#[derive(Default)]
pub struct Held {
    /// What each tells.
    pub rows: BTreeMap<Address, Value>,
    order: Vec<(Address, Arc<dyn AnyEphemeral>, Cloud)>,
}

/// Those of the wanted that are ephemeral, and those that are not.
pub fn split(wanted: BTreeMap<Address, Wanted>) -> [BTreeMap<Address, Wanted>; 2] {
    let is_ephemeral = |it: &(Address, Wanted)| it.0.resource.mode == Mode::Ephemeral;
    let (ephemeral, data) = wanted.into_iter().partition(is_ephemeral);
    [ephemeral, data]
}

impl Held {
    /// Opens these, all at once.
    pub async fn open(
        &mut self,
        engine: &Engine,
        clouds: &Clouds,
        wanted: BTreeMap<Address, Wanted>,
    ) -> Result<()> {
        let mut found = Diagnostics::new();
        let mut opening = Vec::new();
        for (address, it) in wanted {
            let Some(ephemeral) = engine.registry.ephemeral(&it.kind).cloned() else { continue };
            let Some(cloud) = found.keep(clouds.of(&it.provider)) else { continue };
            let started =
                Event::StepStarted { address: address.clone(), verb: Verb::Open, id: None };
            engine.listener.event(started);
            opening.push(async move {
                let began = engine.clock.elapsed();
                let told = ephemeral.open(&cloud, it.row.clone()).await;
                let took = engine.clock.elapsed().saturating_sub(began);
                (address, it, ephemeral, cloud, told, took)
            });
        }
        for (address, it, ephemeral, cloud, told, took) in join_all(opening).await {
            let verb = Verb::Open;
            match told {
                Ok(row) => {
                    let (id, at) = (None, address.clone());
                    engine.listener.event(Event::StepFinished { address: at, verb, id, took });
                    self.rows.insert(address.clone(), row);
                    self.order.push((address, ephemeral, cloud));
                }
                Err(failure) => {
                    let failed = failure.diagnostic(&format!("cannot open `{address}`"));
                    let failed = failed.about(&address).at(it.span);
                    let diagnostic = Box::new(failed.clone());
                    engine.listener.event(Event::StepFailed { address, verb, took, diagnostic });
                    found.push(failed);
                }
            }
        }
        found.into_result(())
    }

    /// Closes all, what was opened last first. What goes wrong is only worth a warning: what was
    /// told has been used already.
    pub async fn close(&mut self, engine: &Engine) -> Diagnostics {
        let mut found = Diagnostics::new();
        while let Some((address, ephemeral, cloud)) = self.order.pop() {
            let Some(row) = self.rows.remove(&address) else { continue };
            let (verb, began) = (Verb::Close, engine.clock.elapsed());
            let id = None;
            engine.listener.event(Event::StepStarted { address: address.clone(), verb, id });
            let closed = ephemeral.close(&cloud, row).await;
            let took = engine.clock.elapsed().saturating_sub(began);
            match closed {
                Ok(()) => {
                    let id = None;
                    engine.listener.event(Event::StepFinished { address, verb, id, took });
                }
                Err(failure) => {
                    let mut failed = failure.diagnostic(&format!("cannot close `{address}`"));
                    failed.severity = Severity::Warning;
                    let failed = failed.about(&address);
                    let diagnostic = Box::new(failed.clone());
                    engine.listener.event(Event::StepFailed { address, verb, took, diagnostic });
                    found.push(failed);
                }
            }
        }
        found
    }
}
