//! A store without bytes, for runs of many steps: keeps the state, counts appends and writes.

use std::sync::{Arc, Mutex};

use fastcart_hcl::diag::{Diagnostic, Result};
use fastcart_hcl::state::{
    Event, Guard, Header, Journal, LockError, LockInfo, MemoryStore, State, Store,
};

/// What was kept and counted; clones share it.
#[derive(Clone, Default)]
pub struct LightStore(Arc<Mutex<Kept>>);

#[derive(Clone, Default)]
pub struct Kept {
    pub state: Option<State>,
    pub appends: usize,
    pub records: usize,
    pub writes: usize,
    pub clears: usize,
    /// Refuses every write of the state after so many.
    pub refuse_after: Option<usize>,
}

impl LightStore {
    pub fn refuse_after(&self, writes: usize) {
        self.0.lock().unwrap().refuse_after = Some(writes);
    }

    pub fn kept(&self) -> Kept {
        self.0.lock().unwrap().clone()
    }
}

impl Store for LightStore {
    fn place(&self) -> String {
        "(light)".into()
    }

    fn read(&self) -> Result<Option<State>> {
        Ok(self.kept().state)
    }

    fn write(&self, state: &mut State) -> Result<()> {
        let mut kept = self.0.lock().unwrap();
        if kept.refuse_after.is_some_and(|it| kept.writes >= it) {
            return Err(Diagnostic::error("cannot write a file", "the disk is full").into());
        }
        kept.writes += 1;
        state.serial += 1;
        kept.state = Some(state.clone());
        Ok(())
    }

    fn lock(&self, info: &LockInfo) -> Result<Box<dyn Guard>, LockError> {
        MemoryStore::new().lock(info)
    }

    fn append(&self, _: &Header, events: &[Event]) -> Result<()> {
        let mut kept = self.0.lock().unwrap();
        kept.appends += 1;
        kept.records += events.len();
        Ok(())
    }

    fn journal(&self) -> Result<Option<Journal>> {
        Ok(None)
    }

    fn clear_journal(&self) -> Result<()> {
        self.0.lock().unwrap().clears += 1;
        Ok(())
    }
}
