//! What a journal says, folded.
//!
//! [`replay`] is pure: it checks the order of events and tells which operations are unfinished, in
//! the order they were intended, and which ends are not in the state file yet. Folding an end twice
//! does no harm, so a crash between the write of the state and its `Saved` record is none either.
//!
//! What changes the state without a call to AWS (`moved`, `removed`, outputs) is not journalled: write
//! the state before the next intent. Clear the journal once nothing is unfinished and all is saved.

use std::collections::HashMap;

use super::journal::next_status;
use super::{Action, Event, Header, Intent, Journal, Object, OpId, OpStatus, State};
use crate::address::Address;
use crate::diag::{Diagnostic, Result};

/// An operation that the next run must take up.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfinished {
    /// What was meant.
    pub intent: Intent,
    /// How far it came.
    pub status: OpStatus,
    /// Id of the object, where one is known.
    pub id: Option<String>,
    /// Why it was given up, where it was.
    pub error: Option<String>,
}

/// A journal, folded.
#[derive(Clone, Debug, PartialEq)]
pub struct Replay {
    /// Operations to take up, in the order they were intended.
    pub unfinished: Vec<Unfinished>,
    /// Number for the next operation, should the journal go on.
    pub next_op: OpId,
    place: String,
    header: Header,
    serial: u64,
    changes: Vec<(OpId, Change)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Change {
    Depose(Address, String),
    Restore(Address, String),
    Put(Address, Option<String>, Option<Object>),
}

/// Folds a journal.
pub fn replay(journal: &Journal) -> Result<Replay> {
    let mut ops: HashMap<OpId, Unfinished> = HashMap::new();
    let mut order: Vec<OpId> = Vec::new();
    let mut folded = Replay {
        unfinished: Vec::new(),
        next_op: OpId(0),
        place: journal.place.clone(),
        header: journal.header.clone(),
        serial: journal.header.serial,
        changes: Vec::new(),
    };
    for event in &journal.events {
        for op in event.ops() {
            let status = ops.get(op).map_or(OpStatus::Absent, |it| it.status);
            let status = next_status(status, event).map_err(|illegal| {
                let detail = format!("`{}`: operation {}: {illegal}", journal.place, op.0);
                Diagnostic::error("the journal contradicts itself", detail)
                    .hint("compare the state with AWS by hand before you delete the journal")
            })?;
            if let Some(it) = ops.get_mut(op) {
                it.status = status;
            }
        }
        match event {
            Event::Intended(intent) => {
                let (op, intent) = (intent.op, (**intent).clone());
                folded.next_op = folded.next_op.max(OpId(op.0.saturating_add(1)));
                if let Some(key) = put_aside(&intent) {
                    folded.changes.push((op, Change::Depose(intent.address.clone(), key)));
                }
                let id = intent.id.clone();
                order.push(op);
                let status = OpStatus::Intended;
                ops.insert(op, Unfinished { intent, status, id, error: None });
            }
            Event::Identified { op, id } => {
                ops.entry(*op).and_modify(|it| it.id = Some(id.clone()));
            }
            Event::Finished { op, object } => {
                let Some(Unfinished { intent, .. }) = ops.get(op) else { continue };
                let deposed = intent.deposed.clone().filter(|_| intent.action != Action::Create);
                let put = Change::Put(intent.address.clone(), deposed, object.clone());
                folded.changes.push((*op, put));
            }
            Event::Failed { op, error, sent } => {
                let Some(it) = ops.get_mut(op) else { continue };
                it.error = Some(error.clone());
                if let (false, Some(key)) = (*sent, put_aside(&it.intent)) {
                    let restore = Change::Restore(it.intent.address.clone(), key);
                    folded.changes.push((*op, restore));
                }
            }
            Event::Saved { serial, .. } => folded.serial = folded.serial.max(*serial),
        }
    }
    folded.changes.retain(|(op, _)| ops.get(op).is_some_and(|it| it.status != OpStatus::Saved));
    let unfinished = order.iter().filter_map(|op| ops.remove(op));
    folded.unfinished = unfinished.filter(|it| it.status.is_unfinished()).collect();
    Ok(folded)
}

/// The key under which a create put the object in use aside.
fn put_aside(intent: &Intent) -> Option<String> {
    intent.deposed.clone().filter(|_| intent.action == Action::Create)
}

impl Replay {
    /// Whether the journal asks for nothing: it may be cleared.
    pub fn is_settled(&self) -> bool {
        self.unfinished.is_empty() && self.changes.is_empty()
    }

    /// Folds what is not in the state file yet into the state read from it; into a new state where
    /// there was no file. Refuses a state that the journal does not go with.
    pub fn apply_to(&self, state: &mut State) -> Result<()> {
        let place = &self.place;
        let other = |detail: String| {
            let summary = "the journal goes with another state";
            Diagnostic::error(summary, detail)
                .hint("put the state that it goes with back, or move the journal away")
        };
        if state.serial == 0 && state.is_empty() {
            state.lineage.clone_from(&self.header.lineage);
        }
        if state.lineage != self.header.lineage {
            let (theirs, ours) = (&self.header.lineage, &state.lineage);
            let detail = format!("`{place}` is of lineage `{theirs}`, the state of `{ours}`");
            return Err(other(detail).into());
        }
        if state.serial < self.serial {
            let (theirs, ours) = (self.serial, state.serial);
            let detail = format!("`{place}` goes with serial {theirs}; the state has only {ours}");
            return Err(other(detail).into());
        }
        for (_, change) in &self.changes {
            match change.clone() {
                Change::Depose(at, key) => drop(state.depose_as(&at, &key)),
                Change::Restore(at, key) => drop(state.restore(&at, &key)),
                Change::Put(at, None, Some(object)) => drop(state.insert(at, object)),
                Change::Put(at, None, None) => drop(state.remove(&at)),
                Change::Put(at, Some(key), Some(it)) => drop(state.insert_deposed(at, &key, it)),
                Change::Put(at, Some(key), None) => drop(state.remove_deposed(&at, &key)),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::journal::tests::{create, created, deleted};
    use super::super::journal::{Action, FORMAT};
    use super::*;
    use serde_json::json;

    fn journal(events: &[Event]) -> Journal {
        let header = Header { format: FORMAT, lineage: "l".into(), serial: 3 };
        let events = events.to_vec();
        Journal { place: "x.journal".into(), header, events, sound: 0, torn: false }
    }

    fn begun() -> State {
        let mut state = State { lineage: "l".into(), serial: 3, ..State::new() };
        state.insert("aws_vpc.a".parse().unwrap(), Object::new(json!({"id": "old"})));
        state
    }

    /// Replaces `aws_vpc.a`, the new one first.
    fn replacement() -> Vec<Event> {
        let mut make = create(0, "aws_vpc.a");
        make.deposed = Some("00c0ffee".into());
        let mut unmake = create(1, "aws_vpc.a");
        (unmake.deposed, unmake.action) = (Some("00c0ffee".into()), Action::Delete);
        vec![
            Event::Intended(Box::new(make)),
            Event::Identified { op: OpId(0), id: "new".into() },
            created(0, "new"),
            Event::Intended(Box::new(unmake)),
            deleted(1),
        ]
    }

    fn shown(state: &State) -> String {
        let at = "aws_vpc.a".parse().unwrap();
        let Some(it) = state.instance(&at) else { return "gone".into() };
        let current = it.current.as_ref().and_then(Object::id).unwrap_or("-");
        let deposed: Vec<_> = it.deposed.values().filter_map(Object::id).collect();
        format!("{current} [{}]", deposed.join(" "))
    }

    #[test]
    fn a_cut_after_every_record() {
        let expect = [
            ("old []", 0),
            ("- [old]", 1),
            ("- [old]", 1),
            ("new [old]", 0),
            ("new [old]", 1),
            ("new []", 0),
        ];
        for (cut, (state, unfinished)) in expect.into_iter().enumerate() {
            let folded = replay(&journal(&replacement()[..cut])).unwrap();
            let mut have = begun();
            folded.apply_to(&mut have).unwrap();
            assert_eq!(
                (shown(&have).as_str(), folded.unfinished.len()),
                (state, unfinished),
                "{cut}"
            );
            // The state was written just before the crash, the record of it was not.
            for (whole, expect) in expect.iter().enumerate().skip(cut) {
                let mut again = have.clone();
                replay(&journal(&replacement()[..whole])).unwrap().apply_to(&mut again).unwrap();
                assert_eq!(shown(&again), expect.0, "{cut} then {whole}");
            }
        }
        let folded = replay(&journal(&replacement()[..2])).unwrap();
        assert_eq!(folded.unfinished[0].id.as_deref(), Some("new"));
        assert_eq!(folded.next_op, OpId(1));
    }

    #[test]
    fn a_create_that_was_never_made_gives_the_old_object_back() {
        for (sent, expect, unfinished) in [(false, "old []", 0), (true, "- [old]", 1)] {
            let failed = Event::Failed { op: OpId(0), error: "no".into(), sent };
            let folded = replay(&journal(&[replacement()[0].clone(), failed])).unwrap();
            let mut have = begun();
            folded.apply_to(&mut have).unwrap();
            assert_eq!((shown(&have).as_str(), folded.unfinished.len()), (expect, unfinished));
        }
    }

    #[test]
    fn what_is_saved_is_not_folded_again() {
        let mut events = replacement();
        events.push(Event::Saved { serial: 4, ops: vec![OpId(0), OpId(1)] });
        let folded = replay(&journal(&events)).unwrap();
        assert!(folded.is_settled());
        let older = folded.apply_to(&mut begun()).unwrap_err();
        assert!(older.to_string().contains("serial 4; the state has only 3"), "{older}");
    }

    #[test]
    fn a_journal_of_another_state_is_refused() {
        let folded = replay(&journal(&[])).unwrap();
        let mut other = State { lineage: "other".into(), ..begun() };
        assert!(folded.apply_to(&mut other).is_err());
        let first = Journal {
            header: Header { format: FORMAT, lineage: "l".into(), serial: 0 },
            ..journal(&replacement()[..3])
        };
        let mut new = State::new();
        replay(&first).unwrap().apply_to(&mut new).unwrap();
        assert_eq!((new.lineage.as_str(), shown(&new).as_str()), ("l", "new []"));
    }

    #[test]
    fn contradictions_are_named() {
        let twice = replay(&journal(&[replacement()[0].clone(), replacement()[0].clone()]));
        let text = twice.unwrap_err().to_string();
        assert!(text.contains("operation 0: an operation that is Intended"), "{text}");
        assert!(replay(&journal(&[created(7, "x")])).is_err());
    }
}
