//! Takes up what a run that broke off has left: before anything else, and as it was meant. Only what
//! no file may hold is evaluated anew by whoever calls.
//!
//! | unfinished | what is done | where it fails |
//! |---|---|---|
//! | create | sent again, same inputs, same token; then settled | stays unfinished, unless refused |
//! | create with an id | settled | in the state, tainted |
//! | update | read: what is there is the state | as before; the next plan reads it anyway |
//! | delete | deleted again, until gone | stays in the state; the next plan deletes it again |
//!
//! They were all under way at the same time, so none depends on another.

use std::collections::BTreeMap;

use futures_util::stream::{FuturesUnordered, StreamExt};
use serde_json::Value as Json;

use super::Settings;
use super::call::{Caller, Stop, secrets};
use super::end::ended;
use super::ledger::Ledger;
use super::settle::{self, Remote, Settled};
use super::step::{limit, make_again};
use crate::diag::{Diagnostic, Diagnostics, Result};
use crate::driver::{BoxFuture, Id, Observation};
use crate::event;
use crate::lang::value::Value;
use crate::plan::codec;
use crate::plan::graph::Verb;
use crate::schema::Schema;
use crate::state::replay::{self, Unfinished};
use crate::state::{Action, Event, Intent, Object, ObjectStatus, OpId, State};

/// Finishes what is unfinished in the journal, and clears it. `state` is as read from the store.
/// After an error something is still unfinished: then no plan may be made.
/// `again` has, by operation, the arguments that were only sent and so are in no journal.
pub async fn resume(
    settings: &Settings<'_>,
    mut state: State,
    again: &BTreeMap<OpId, Value>,
) -> (State, Diagnostics) {
    let mut found = Diagnostics::new();
    if let Err(those) = take_up(settings, &mut state, again, &mut found).await {
        found.extend(those);
    }
    (state, found)
}

async fn take_up(
    settings: &Settings<'_>,
    state: &mut State,
    again: &BTreeMap<OpId, Value>,
    found: &mut Diagnostics,
) -> Result<()> {
    let Some(journal) = settings.store.journal()? else { return Ok(()) };
    let folded = replay::replay(&journal)?;
    folded.apply_to(state)?;
    let open = folded.unfinished.iter().map(|it| it.intent.op);
    let mut ledger = Ledger::resume(settings, state, folded.next_op, open);
    if !folded.unfinished.is_empty() {
        let operations = folded.unfinished.len();
        settings.listener.event(event::Event::Resuming { operations });
    }
    let mut running = FuturesUnordered::new();
    for it in &folded.unfinished {
        match begin(settings, state, it, again.get(&it.intent.op)) {
            Ok(work) => running.push(work.next(None)),
            Err(those) => found.extend(those),
        }
    }
    loop {
        let next = tokio::select! {
            biased;
            () = settings.cancel.aborted() => None,
            next = running.next() => next,
        };
        let Some((work, reply)) = next else { break };
        if let Some(id) = work.take(reply, state, &mut ledger, found) {
            // What the journal does not know is not acted upon.
            ledger.flush()?;
            running.push(work.next(Some(id)));
        }
    }
    if !running.is_empty() {
        found.push(Diagnostic::error("interrupted", "unfinished operations are left"));
    }
    ledger.close(state)
}

/// An operation that is taken up.
#[derive(Clone)]
struct Work<'a> {
    intent: &'a Intent,
    caller: Caller<'a>,
    remote: Remote,
    id: Option<Id>,
    /// The stored inputs; for an update, what stood before.
    row: Value,
    /// An argument that is to be sent, but of which nobody knows any more what it was.
    lacks: Option<&'static str>,
}

enum Reply {
    Made(Result<Id, Stop>),
    Settled(Remote, Settled),
    Seen(Result<Option<Observation>, Diagnostic>),
    Deleted(Result<(), Diagnostic>),
}

fn begin<'a>(
    settings: &'a Settings<'a>,
    state: &State,
    it: &'a Unfinished,
    again: Option<&Value>,
) -> Result<Work<'a>> {
    let intent = &it.intent;
    let about = |it: Diagnostic| it.about(&intent.address);
    let driver = settings.registry.driver(&intent.kind).ok_or_else(|| {
        about(Diagnostic::error(
            "unknown type",
            format!("there is no driver for `{}`", intent.kind),
        ))
    })?;
    let provider = match (intent.provider.as_str(), state.current(&intent.address)) {
        ("", Some(object)) => &object.provider,
        (name, _) => name,
    };
    let cloud = (settings.clouds)(&intent.address, provider).map_err(|those| those.map(about))?;
    let schema = driver.schema();
    let (verb, row) = match intent.action {
        Action::Create => (Verb::Create, &intent.inputs),
        Action::Update => (Verb::Update, intent.prior.as_ref().unwrap_or(&intent.inputs)),
        Action::Delete => (Verb::Delete, &intent.inputs),
    };
    let row = codec::with_sensitive(codec::decode(schema, row), &intent.sensitive_attributes);
    let mut parts = row.as_entries().cloned().unwrap_or_default();
    parts.extend(again.and_then(Value::as_entries).cloned().unwrap_or_default());
    let row = Value::object(parts);
    // What has an identifier was sent with all that belongs to it.
    let sent = it.id.is_some() || again.is_some();
    let lacks = not_stored(schema, &intent.inputs).filter(|_| !sent);
    let id = it.id.as_deref().map(Id::from);
    let caller = Caller {
        settings,
        address: intent.address.clone(),
        verb,
        started: settings.clock.elapsed(),
        limit: limit(verb, &schema.timeouts),
        secrets: secrets(schema, &row),
    };
    let remote =
        Remote { driver: driver.clone(), cloud, id: id.clone().unwrap_or_else(|| "".into()) };
    Ok(Work { intent, caller, remote, id, row, lacks })
}

impl<'a> Work<'a> {
    /// The next call; `made` is the id of what was just made.
    fn next(&self, made: Option<Id>) -> BoxFuture<'a, (Work<'a>, Reply)> {
        let mut work = self.clone();
        if let Some(id) = made {
            (work.id, work.remote.id) = (Some(id.clone()), id);
        }
        Box::pin(async move {
            let (caller, remote, row) = (&work.caller, &work.remote, &work.row);
            let reply = match (work.intent.action, &work.id) {
                (Action::Create, None) => {
                    let (driver, cloud) = (&remote.driver, &remote.cloud);
                    Reply::Made(make_again(caller, driver, cloud, row, &work.intent.token).await)
                }
                (Action::Create, Some(_)) => {
                    let settled = settle::converge(caller, remote, row, row, true).await;
                    Reply::Settled(remote.clone(), settled)
                }
                (Action::Update, _) => Reply::Seen(settle::look(caller, remote, row).await),
                (Action::Delete, _) => Reply::Deleted(settle::unmake(caller, remote, row).await),
            };
            (work, reply)
        })
    }

    /// Writes down what a reply means; the id of an object that is to settle now.
    fn take(
        &self,
        reply: Reply,
        state: &mut State,
        ledger: &mut Ledger<'_>,
        found: &mut Diagnostics,
    ) -> Option<Id> {
        let (intent, op, address) = (self.intent, self.intent.op, &self.intent.address);
        let schema = self.remote.driver.schema();
        let failed = |why: &Diagnostic, sent| Event::Failed { op, error: why.to_string(), sent };
        match reply {
            Reply::Made(Ok(id)) => {
                ledger.note(Event::Identified { op, id: id.0.clone() });
                return Some(id);
            }
            Reply::Made(Err(stop)) => {
                let mut why = self.caller.diagnostic(&stop.failure);
                ledger.note(failed(&why, stop.in_doubt));
                if stop.in_doubt {
                    let place = self.caller.settings.store.place();
                    why = why.hint("run again once the cause is mended").hint(format!(
                        "if you know that nothing was made, delete the journal beside `{place}`"
                    ));
                } else {
                    why.severity = crate::diag::Severity::Warning;
                    if let Some(key) = &intent.deposed {
                        state.restore(address, key);
                    }
                }
                found.push(why);
            }
            Reply::Settled(remote, settled) => {
                let (row, end) = ended(&remote, &self.row, settled, address);
                let mut status = ObjectStatus::Ready;
                match end {
                    Ok(warnings) => found.extend(warnings),
                    Err(mut why) => {
                        why.severity = crate::diag::Severity::Warning;
                        found.push(why.hint("the object is tainted: the next apply replaces it"));
                        status = ObjectStatus::Tainted;
                    }
                }
                if let Some(name) = self.lacks {
                    let detail = format!("`{name}` is never stored, so it could not be sent again");
                    found.push(
                        Diagnostic::warning("the object may lack an argument", detail)
                            .about(address)
                            .hint("the object is tainted: the next apply replaces it"),
                    );
                    status = ObjectStatus::Tainted;
                }
                let object = object(intent, schema, &row, status, None);
                ledger.note(Event::Finished { op, object: Some(object.clone()) });
                state.insert(address.clone(), object);
            }
            Reply::Seen(Ok(Some(seen))) => {
                let hidden = codec::sensitive_paths(&self.row);
                let row = codec::with_sensitive(seen.row, &hidden);
                let prior = state.current(address).cloned();
                let status = prior.as_ref().map(|it| it.status).unwrap_or_default();
                let object = object(intent, schema, &row, status, prior);
                ledger.note(Event::Finished { op, object: Some(object.clone()) });
                state.insert(address.clone(), object);
            }
            Reply::Seen(Ok(None)) => {
                ledger.note(Event::Finished { op, object: None });
                state.remove(address);
            }
            Reply::Deleted(Ok(())) => {
                ledger.note(Event::Finished { op, object: None });
                match &intent.deposed {
                    Some(key) => drop(state.remove_deposed(address, key)),
                    None => drop(state.remove(address)),
                }
            }
            Reply::Seen(Err(mut why)) | Reply::Deleted(Err(mut why)) => {
                ledger.note(failed(&why, false));
                why.severity = crate::diag::Severity::Warning;
                found.push(why);
            }
        }
        None
    }
}

/// An argument that was given but is not among the stored inputs.
fn not_stored(schema: &Schema, inputs: &Json) -> Option<&'static str> {
    let sent_only = schema.attributes.iter().filter(|it| it.write_only);
    sent_only.map(|it| it.name).find(|name| inputs.get(name).is_none())
}

fn object(
    intent: &Intent,
    schema: &Schema,
    row: &Value,
    status: ObjectStatus,
    prior: Option<Object>,
) -> Object {
    Object {
        sensitive_attributes: codec::sensitive_paths(row),
        status,
        schema_version: prior.as_ref().map_or(0, |it| it.schema_version),
        private: prior.and_then(|it| it.private),
        dependencies: intent.dependencies.clone(),
        create_before_destroy: intent.create_before_destroy,
        provider: intent.provider.clone(),
        ..Object::new(codec::encode(schema, row))
    }
}
