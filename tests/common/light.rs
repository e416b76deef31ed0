//! A store without bytes, for runs of many steps: keeps the state, counts appends and writes.

use std::sync::{Arc, Mutex};

use fastcart_hcl::diag::Result;
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
}

impl LightStore {
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
        Ok(())
    }
}
