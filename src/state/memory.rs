//! A store in memory, for tests and for embedders that keep the state themselves.
//!
//! It keeps the very bytes that files would hold, so what passes here passes there. Clones share
//! one content. [`MemoryStore::stop_after`] plays a crash: from then on every write fails, until
//! [`MemoryStore::restart`] plays the next run.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::file::changed;
use super::journal::{self, Event, Header, Journal};
use super::{Guard, LockError, LockInfo, State, Store, tfstate};
use crate::diag::{Diagnostic, Result};

/// A state in memory; clones share it.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    state: Option<Vec<u8>>,
    journal: Vec<u8>,
    holder: Option<LockInfo>,
    /// How many more records may be written.
    left: Option<usize>,
}

/// Bytes stay out: they hold secrets.
impl std::fmt::Debug for Content {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Content").field("holder", &self.holder).finish_non_exhaustive()
    }
}

const PLACE: &str = "(memory)";

impl MemoryStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// One that holds this state, as if a run before had written it.
    pub fn with(state: &State) -> Self {
        let store = Self::new();
        store.content().state = Some(tfstate::encode(state));
        store
    }

    /// Plays a crash after that many more journal records: later appends and writes fail.
    pub fn stop_after(&self, records: usize) {
        self.content().left = Some(records);
    }

    /// Whether the crash has come.
    pub fn is_stopped(&self) -> bool {
        self.content().left == Some(0)
    }

    /// Plays the next run: nothing fails any more, and the lock of the killed one is gone.
    pub fn restart(&self) {
        let mut content = self.content();
        (content.left, content.holder) = (None, None);
    }

    fn content(&self) -> MutexGuard<'_, Content> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn stopped() -> Diagnostic {
    Diagnostic::error("the store has stopped", "a crash was asked for at this record")
}

impl Store for MemoryStore {
    fn place(&self) -> String {
        PLACE.to_string()
    }

    fn read(&self) -> Result<Option<State>> {
        let bytes = self.content().state.clone();
        bytes.map(|it| tfstate::decode(PLACE, &it)).transpose()
    }

    fn write(&self, state: &mut State) -> Result<()> {
        let mut content = self.content();
        if content.left == Some(0) {
            return Err(stopped().into());
        }
        if let Some(bytes) = &content.state {
            let there = tfstate::decode(PLACE, bytes)?;
            if (&there.lineage, there.serial) != (&state.lineage, state.serial) {
                return Err(changed(PLACE, "another has written it").into());
            }
            if tfstate::encode(&there) == tfstate::encode(state) {
                return Ok(());
            }
        }
        if state.lineage.is_empty() {
            state.lineage = State::new().lineage;
        }
        state.serial += 1;
        content.state = Some(tfstate::encode(state));
        Ok(())
    }

    fn lock(&self, info: &LockInfo) -> Result<Box<dyn Guard>, LockError> {
        let mut content = self.content();
        if let Some(holder) = &content.holder {
            return Err(LockError::Held(Box::new(holder.clone())));
        }
        let info = LockInfo { path: PLACE.to_string(), ..info.clone() };
        content.holder = Some(info.clone());
        Ok(Box::new(MemoryGuard { info, store: self.clone() }))
    }

    fn append(&self, header: &Header, events: &[Event]) -> Result<()> {
        let mut content = self.content();
        let wanted = content.left.map_or(events.len(), |left| left.min(events.len()));
        if let Some(left) = &mut content.left {
            *left -= wanted;
        }
        match journal::decode(PLACE, &content.journal)? {
            None if wanted > 0 => content.journal = header.line(),
            Some(it) if it.header.lineage != header.lineage => {
                let detail = format!("`{PLACE}` is of lineage `{}`", it.header.lineage);
                return Err(Diagnostic::error("the journal goes with another state", detail).into());
            }
            _ => {}
        }
        if wanted > 0 {
            content.journal.extend(journal::events_line(&events[..wanted]));
        }
        if wanted < events.len() { Err(stopped().into()) } else { Ok(()) }
    }

    fn journal(&self) -> Result<Option<Journal>> {
        journal::decode(PLACE, &self.content().journal)
    }

    fn clear_journal(&self) -> Result<()> {
        let mut content = self.content();
        if content.left == Some(0) {
            return Err(stopped().into());
        }
        content.journal.clear();
        Ok(())
    }
}

struct MemoryGuard {
    info: LockInfo,
    store: MemoryStore,
}

impl Guard for MemoryGuard {
    fn info(&self) -> &LockInfo {
        &self.info
    }
}

impl Drop for MemoryGuard {
    fn drop(&mut self) {
        let mut content = self.store.content();
        // After a restart the lock may be another's.
        if content.holder.as_ref().is_some_and(|it| it.id == self.info.id) {
            content.holder = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::journal::tests::{create, created};
    use super::super::{OpId, replay::replay};
    use super::*;

    #[test]
    fn a_crash_after_every_record() {
        for records in 0..=4 {
            let store = MemoryStore::new();
            let mut state = State::new();
            let header = Header::of(&state);
            store.stop_after(records);
            let events = [
                Event::Intended(Box::new(create(0, "aws_vpc.a"))),
                Event::Intended(Box::new(create(1, "aws_vpc.b"))),
                Event::Identified { op: OpId(1), id: "b".into() },
                created(1, "b"),
            ];
            let run = || -> Result<()> {
                store.append(&header, &events[..2])?;
                events[2..]
                    .iter()
                    .try_for_each(|it| store.append(&header, std::slice::from_ref(it)))
            };
            assert_eq!(run().is_ok(), records == 4, "{records}");
            assert!(store.is_stopped() && store.write(&mut state).is_err());

            store.restart();
            let journal = store.clone().journal().unwrap();
            assert_eq!(journal.as_ref().map_or(0, |it| it.events.len()), records);
            let unfinished = journal.map_or(0, |it| replay(&it).unwrap().unfinished.len());
            assert_eq!(unfinished, [0, 1, 2, 2, 1][records]);
            store.write(&mut state).unwrap();
        }
    }

    #[test]
    fn one_holder_and_one_writer() {
        let store = MemoryStore::with(&State { serial: 1, ..State::new() });
        let guard = store.lock(&LockInfo::new("apply", "ann@laptop", "now")).unwrap();
        assert!(store.lock(&LockInfo::new("plan", "bob@ci", "now")).is_err());
        drop(guard);
        assert!(store.lock(&LockInfo::new("plan", "bob@ci", "now")).is_ok());

        let mut mine = store.read().unwrap().unwrap();
        let mut theirs = mine.clone();
        store.write(&mut theirs).unwrap();
        assert_eq!(theirs.serial, 1, "no difference, no write");
        theirs.outputs.clear();
        theirs.extra.insert("x".into(), 1.into());
        store.write(&mut theirs).unwrap();
        assert_eq!(theirs.serial, 2);
        assert!(store.write(&mut mine).is_err());
    }
}
