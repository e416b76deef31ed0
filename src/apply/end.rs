//! What the end of a step means for state and journal.
//!
//! | step | sent | journal at its end |
//! |---|---|---|
//! | create | refused | `Failed`: nothing was made, the object that was put aside is in use again |
//! | | no answer | `Failed`, sent: the next run looks for it |
//! | | made, not as wanted | `Finished`, tainted |
//! | update | refused before anything was seen | `Failed`: as before |
//! | | failed later | `Finished` with what AWS has |
//! | delete | failed | `Failed`: the state still has the object, the next plan deletes it again |

use super::fit;
use super::settle::{Remote, Settled};
use super::step::{Open, Reply, Steps, Task, Work, object};
use crate::address::Address;
use crate::diag::{Diagnostic, Diagnostics};
use crate::lang::value::Value;
use crate::plan::{Action, Change};
use crate::state::{Event, ObjectStatus, OpId};

/// What comes after a reply.
pub(super) enum Next {
    /// The object is made; now it settles.
    Settle,
    /// The step is done; warnings.
    Done(Diagnostics),
    /// Nothing was read, which stops nothing: only a check looks at it.
    Unread(Diagnostic),
    /// The step is done, but what depends on it must not go on: a postcondition does not hold.
    Rejected(Diagnostics),
    /// The step failed.
    Failed(Diagnostics),
}

impl<'a> Steps<'a> {
    /// Takes a reply: writes down what it means.
    pub(super) fn take(&mut self, work: &mut Work<'a>, reply: Reply) -> Next {
        let change = work.change;
        match (reply, work.task.clone()) {
            (Reply::Made(Ok(id)), Task::Create { op, driver, cloud, want, .. }) => {
                self.ledger.note(Event::Identified { op, id: id.0.clone() });
                let remote = Remote { driver, cloud, id };
                work.task = Task::Converge { op, remote, want };
                Next::Settle
            }
            (Reply::Made(Err(stop)), Task::Create { op, .. }) => {
                let mut why = work.caller.diagnostic(&stop.failure);
                if stop.in_doubt {
                    why = why.hint("the next run finds out whether it was made");
                } else if let Some(key) = &work.put_aside {
                    self.state.restore(&change.address, key);
                }
                self.failed(op, &why, stop.in_doubt);
                Next::Failed(why.into())
            }
            (Reply::Settled(settled), Task::Converge { op, remote, want }) => {
                self.created(change, op, &remote, &want, settled)
            }
            (Reply::Settled(settled), Task::Update { op, remote, prior, .. }) => {
                self.updated(work, op, &remote, &prior, settled)
            }
            (Reply::Refused(why), Task::Update { op, .. }) => {
                self.failed(op, &why, false);
                Next::Failed(why.into())
            }
            (Reply::Deleted(Ok(())), Task::Delete { op, deposed, .. }) => {
                self.ledger.note(Event::Finished { op, object: None });
                self.done.destroy += 1;
                self.gone(change, deposed.as_deref());
                let is_last = change.action == Action::Delete && deposed.is_none();
                self.settled(change, None, is_last, Diagnostics::new())
            }
            (Reply::Deleted(Err(why)), Task::Delete { op, .. }) => {
                self.failed(op, &why, false);
                Next::Failed(why.into())
            }
            (Reply::Read(Ok(have)), Task::Read { source, row, .. }) => {
                let row = fit::kept(source.schema(), &row, &have);
                let object =
                    object(&self.state, change, source.schema(), &row, ObjectStatus::Ready);
                self.state.insert(change.address.clone(), object);
                self.ledger.touch();
                self.settled(change, Some(&row), true, Diagnostics::new())
            }
            (Reply::Opened(Ok(row)), Task::Open(open)) => {
                self.open.push(Open { row: row.clone(), ..open });
                self.settled(change, Some(&row), true, Diagnostics::new())
            }
            (Reply::Closed(Ok(())), _) => Next::Done(Diagnostics::new()),
            (Reply::Read(Err(why)), _) if change.for_check => {
                self.resolve.unread(&change.address, &why);
                Next::Unread(why.as_warning())
            }
            (Reply::Read(Err(why)) | Reply::Opened(Err(why)) | Reply::Closed(Err(why)), _) => {
                Next::Failed(why.into())
            }
            // No call is answered by another's reply.
            _ => Next::Failed(work.caller.trouble("an answer that nothing asked for").into()),
        }
    }

    fn created(
        &mut self,
        change: &Change,
        op: OpId,
        remote: &Remote,
        want: &Value,
        settled: Settled,
    ) -> Next {
        let schema = remote.driver.schema();
        let (row, failure) = ended(remote, want, settled, &change.address);
        let status = match &failure {
            Ok(_) => ObjectStatus::Ready,
            Err(_) => ObjectStatus::Tainted,
        };
        let object = object(&self.state, change, schema, &row, status);
        self.ledger.note(Event::Finished { op, object: Some(object.clone()) });
        self.state.insert(change.address.clone(), object);
        match failure {
            Ok(warnings) => {
                self.done.add += 1;
                self.settled(change, Some(&row), true, warnings)
            }
            Err(why) => Next::Failed(why.into()),
        }
    }

    fn updated(
        &mut self,
        work: &Work<'_>,
        op: OpId,
        remote: &Remote,
        prior: &Value,
        settled: Settled,
    ) -> Next {
        let (change, schema) = (work.change, remote.driver.schema());
        let (row, next) = match settled {
            Settled::Ready { row, warnings } => (Some(row), Ok(warnings)),
            Settled::Stuck { have: Some(have), why } => {
                (Some(fit::after_failure(schema, prior, &have)), Err(why))
            }
            Settled::Stuck { have: None, why } => {
                self.failed(op, &why, false);
                return Next::Failed(why.into());
            }
            Settled::Gone => {
                let why = format!("`{}` no longer exists", remote.id);
                (None, Err(work.caller.trouble(why).hint("plan again")))
            }
        };
        let object = row.as_ref().map(|row| {
            let status = self.state.current(&change.address).map(|it| it.status);
            object(&self.state, change, schema, row, status.unwrap_or_default())
        });
        self.ledger.note(Event::Finished { op, object: object.clone() });
        match object {
            Some(object) => drop(self.state.insert(change.address.clone(), object)),
            None => drop(self.state.remove(&change.address)),
        }
        match next {
            Ok(warnings) => {
                self.done.change += 1;
                self.settled(change, row.as_ref(), true, warnings)
            }
            Err(why) => Next::Failed(why.into()),
        }
    }

    fn failed(&mut self, op: OpId, why: &Diagnostic, sent: bool) {
        self.ledger.note(Event::Failed { op, error: why.to_string(), sent });
    }

    /// Forgets an object that is gone.
    pub(super) fn gone(&mut self, change: &Change, deposed: Option<&str>) {
        match deposed {
            Some(key) => drop(self.state.remove_deposed(&change.address, key)),
            None => drop(self.state.remove(&change.address)),
        }
    }

    fn settled(
        &mut self,
        change: &Change,
        row: Option<&Value>,
        tell: bool,
        mut found: Diagnostics,
    ) -> Next {
        if tell && let Err(those) = self.resolve.settled(&change.address, row) {
            found.extend(those.map(|it| it.about(&change.address)));
        }
        if found.has_errors() { Next::Rejected(found) } else { Next::Done(found) }
    }
}

/// The row of an object that was made, and why it is not as wanted where it is not.
pub(super) fn ended(
    remote: &Remote,
    want: &Value,
    settled: Settled,
    address: &Address,
) -> (Value, Result<Diagnostics, Diagnostic>) {
    let schema = remote.driver.schema();
    let unseen = || {
        let mut entries = want.as_entries().cloned().unwrap_or_default();
        entries.insert("id".into(), (*remote.id).into());
        Value::object(entries)
    };
    match settled {
        Settled::Ready { row, warnings } => (row, Ok(warnings)),
        Settled::Stuck { have, why } => {
            let have = have.unwrap_or_else(unseen);
            (fit::kept(schema, want, &have), Err(why))
        }
        Settled::Gone => {
            let detail = format!("`{}` was made, but AWS does not show it", remote.id);
            let why = Diagnostic::error(format!("creating `{address}` failed"), detail);
            (fit::kept(schema, want, &unseen()), Err(why.about(address)))
        }
    }
}
