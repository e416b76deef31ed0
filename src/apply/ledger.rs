//! Journal and state: when each is written.
//!
//! Records gather until [`Ledger::flush`], which the loop calls once a turn and before anything is
//! sent: one append, one fsync. The state follows, coalesced under load; the journal has every end
//! first, so a crash in between costs nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use super::Settings;
use crate::diag::{Diagnostic, Result};
use crate::event;
use crate::state::{Event, Header, Intent, OpId, State, replay};

/// Shortest time between two writes of the state.
const SAVE_EVERY: Duration = Duration::from_millis(200);
/// Writing the state takes at most one part in this many of the time.
const SAVE_SHARE: u32 = 10;

pub(super) struct Ledger<'a> {
    settings: &'a Settings<'a>,
    header: Header,
    next_op: OpId,
    pending: Vec<Event>,
    /// Operations without an end.
    open: BTreeSet<OpId>,
    /// Ended operations that no `Saved` record names yet.
    ended: Vec<OpId>,
    dirty: bool,
    gave_up: bool,
    save_from: Duration,
}

impl<'a> Ledger<'a> {
    /// Begins after a run that left nothing unfinished. Writes the state first: what changed in it
    /// without a call to AWS is in no journal.
    pub(super) fn begin(settings: &'a Settings<'a>, state: &mut State) -> Result<Self> {
        let mut next_op = OpId::default();
        if let Some(journal) = settings.store.journal()? {
            let folded = replay::replay(&journal)?;
            if !folded.unfinished.is_empty() {
                let count = folded.unfinished.len();
                let detail = format!("`{}` has {count} of them", journal.place);
                return Err(Diagnostic::error("unfinished operations of an earlier run", detail)
                    .hint("resume them first")
                    .into());
            }
            next_op = folded.next_op;
        }
        settings.store.write(state)?;
        Ok(Self::resume(settings, state, next_op, []))
    }

    /// Goes on with a journal in which these operations have no end yet.
    pub(super) fn resume(
        settings: &'a Settings<'a>,
        state: &State,
        next_op: OpId,
        open: impl IntoIterator<Item = OpId>,
    ) -> Self {
        Ledger {
            settings,
            header: Header::of(state),
            next_op,
            pending: Vec::new(),
            open: open.into_iter().collect(),
            ended: Vec::new(),
            dirty: false,
            gave_up: false,
            save_from: settings.clock.elapsed() + SAVE_EVERY,
        }
    }

    /// Number for the next operation.
    pub(super) fn op(&mut self) -> OpId {
        let op = self.next_op;
        self.next_op = OpId(op.0.saturating_add(1));
        op
    }

    /// Notes what is about to be sent. It may be sent after the next [`Ledger::flush`].
    pub(super) fn intend(&mut self, intent: Intent) {
        self.open.insert(intent.op);
        self.pending.push(Event::Intended(Box::new(intent)));
    }

    /// Notes what became of an operation.
    pub(super) fn note(&mut self, event: Event) {
        match &event {
            Event::Finished { op, .. } | Event::Failed { op, sent: false, .. } => {
                self.open.remove(op);
                self.ended.push(*op);
                self.dirty = true;
            }
            _ => {}
        }
        self.pending.push(event);
    }

    /// Notes that the state changed without an operation.
    pub(super) fn touch(&mut self) {
        self.dirty = true;
    }

    /// Puts what was noted on disk. After an error nothing may be sent any more.
    pub(super) fn flush(&mut self) -> Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        self.settings.store.append(&self.header, &self.pending)?;
        self.pending.clear();
        Ok(())
    }

    /// Time until the state is to be written; none where there is nothing to write.
    pub(super) fn save_in(&self) -> Option<Duration> {
        (self.dirty && !self.gave_up)
            .then(|| self.save_from.saturating_sub(self.settings.clock.elapsed()))
    }

    /// Writes the state, with every end in it on disk before.
    pub(super) fn save(&mut self, state: &mut State) -> Result<()> {
        self.flush()?;
        let (began, serial) = (self.settings.clock.elapsed(), state.serial);
        self.settings.store.write(state)?;
        self.dirty = false;
        let now = self.settings.clock.elapsed();
        self.save_from = now + SAVE_EVERY.max(now.saturating_sub(began) * SAVE_SHARE);
        if !self.ended.is_empty() {
            let ops = std::mem::take(&mut self.ended);
            self.pending.push(Event::Saved { serial: state.serial, ops });
        }
        if state.serial != serial {
            self.settings.listener.event(event::Event::StateSaved { serial: state.serial });
        }
        Ok(())
    }

    /// Writes the state no more until the end.
    pub(super) fn give_up_saving(&mut self) {
        self.gave_up = true;
    }

    /// Writes the state for the last time, and clears the journal unless an operation has no end.
    pub(super) fn close(mut self, state: &mut State) -> Result<()> {
        self.save(state)?;
        match self.open.is_empty() {
            true => self.settings.store.clear_journal(),
            false => self.flush(),
        }
    }
}
