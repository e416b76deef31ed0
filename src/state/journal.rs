//! Nothing is sent to AWS before its intent is on disk.
//!
//! A journal is JSON lines, one line for each [`append`](super::Store::append): a checksum and what
//! it covers. So a batch is there whole or not at all, and one fsync pays for it. The first line is
//! the [`Header`]. A last line that is torn was never answered for (nothing was sent after it): it
//! is ignored, and cut off before the next append. Damage anywhere else is an error that changes
//! nothing. A journal of a newer format or of another state is refused.
//!
//! Each operation goes one way through these states, and [`next_status`] is the only judge:
//!
//! ```text
//!                  ┌──────── Finished ────────────────────┐
//!                  │                                      ▼
//! Absent ──▶ Intended ──▶ Identified ── Finished ──▶ Finished ── Saved ──▶ Saved
//!               │  │          │  │                        ▲                  ▲
//!               │  └─ Failed, sent ─▶ Doubtful ─ Finished ┘                  │
//!               │             │          │ (or Identified, once more known)  │
//!               └─ Failed, not sent ─────┴────────▶ Failed ────── Saved ─────┘
//! ```
//!
//! `Intended`, `Identified` and `Doubtful` are unfinished: the next run takes them up, before
//! anything else, with the stored inputs and the stored token. [`super::replay`] tells which.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{Object, State, as_text, as_texts};
use crate::address::{Address, Target};
use crate::diag::{Diagnostic, Result};

/// Version of the format.
pub const FORMAT: u64 = 1;

/// Number of an operation; unique within its journal.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct OpId(pub u64);

/// What an operation does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Makes an object.
    Create,
    /// Changes one in place.
    Update,
    /// Deletes one.
    Delete,
}

/// What is about to be sent: all that it takes to send it again after a crash.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Number of the operation.
    pub op: OpId,
    /// The instance.
    #[serde(with = "as_text")]
    pub address: Address,
    /// For a delete: which deposed object it is about. For a create: the key under which the object
    /// in use was put aside just before.
    pub deposed: Option<String>,
    /// What is done.
    pub action: Action,
    /// Resource type.
    pub kind: String,
    /// Idempotency token; the same for every attempt.
    pub token: String,
    /// Id of the object, where it has one already.
    pub id: Option<String>,
    /// Resolved arguments; may hold secrets.
    pub inputs: Json,
    /// Attributes before; may hold secrets.
    pub prior: Option<Json>,
    /// What must outlive the object.
    #[serde(with = "as_texts")]
    pub dependencies: Vec<Target>,
    /// Whether its replacement is created before it is deleted.
    pub create_before_destroy: bool,
    /// Provider of the object, as the state names it.
    #[serde(default)]
    pub provider: String,
    /// Paths of the inputs that are not to be shown, as the state writes them.
    #[serde(default)]
    pub sensitive_attributes: Vec<Json>,
}

/// Inputs stay out: they may be secret.
impl fmt::Debug for Intent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Intent")
            .field("op", &self.op)
            .field("address", &format_args!("{}", self.address))
            .field("deposed", &self.deposed)
            .field("action", &self.action)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// One record of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// About to be sent. Written before, always.
    Intended(Box<Intent>),
    /// The create call returned an id.
    Identified {
        /// The operation.
        op: OpId,
        /// The id.
        id: String,
    },
    /// Done.
    Finished {
        /// The operation.
        op: OpId,
        /// What exists now; none where it is gone.
        object: Option<Object>,
    },
    /// Given up.
    Failed {
        /// The operation.
        op: OpId,
        /// Why.
        error: String,
        /// Whether AWS may have done something all the same: no answer came, or the object exists
        /// but never became ready. A plain refusal by AWS counts as not sent.
        sent: bool,
    },
    /// The ends of these operations are in the state file of that serial.
    Saved {
        /// Serial of the file.
        serial: u64,
        /// Those whose end (finished or failed) was in the state when it was written.
        ops: Vec<OpId>,
    },
}

impl Event {
    /// The operations it is about.
    pub fn ops(&self) -> &[OpId] {
        match self {
            Event::Intended(it) => std::slice::from_ref(&it.op),
            Event::Identified { op, .. }
            | Event::Finished { op, .. }
            | Event::Failed { op, .. } => std::slice::from_ref(op),
            Event::Saved { ops, .. } => ops,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Event::Intended(_) => "intended",
            Event::Identified { .. } => "identified",
            Event::Finished { .. } => "finished",
            Event::Failed { .. } => "failed",
            Event::Saved { .. } => "saved",
        }
    }
}

/// How far an operation is; see the picture above.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum OpStatus {
    /// Never heard of.
    #[default]
    Absent,
    /// May have been sent.
    Intended,
    /// Sent; the object has an id.
    Identified,
    /// Given up while AWS may have done something.
    Doubtful,
    /// Done.
    Finished,
    /// Given up; AWS did nothing.
    Failed,
    /// Its end is in the state file.
    Saved,
}

impl OpStatus {
    /// Whether the next run must take it up.
    pub fn is_unfinished(self) -> bool {
        matches!(self, OpStatus::Intended | OpStatus::Identified | OpStatus::Doubtful)
    }
}

/// An event that cannot follow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an operation that is {status:?} cannot be {event}")]
pub struct Illegal {
    /// How far the operation was.
    pub status: OpStatus,
    /// Name of the event.
    pub event: &'static str,
}

/// How far an operation is after an event.
pub fn next_status(status: OpStatus, event: &Event) -> Result<OpStatus, Illegal> {
    use OpStatus::*;
    match (status, event) {
        (Absent, Event::Intended(_)) => Ok(Intended),
        (Intended | Doubtful, Event::Identified { .. }) => Ok(Identified),
        (Intended | Identified | Doubtful, Event::Finished { .. }) => Ok(Finished),
        (Intended | Identified | Doubtful, Event::Failed { sent: true, .. }) => Ok(Doubtful),
        (Intended | Identified | Doubtful, Event::Failed { sent: false, .. }) => Ok(Failed),
        (Finished | Failed, Event::Saved { .. }) => Ok(Saved),
        (status, event) => Err(Illegal { status, event: event.name() }),
    }
}

/// First line of a journal: which state it goes with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// [`FORMAT`].
    pub format: u64,
    /// Lineage of the state.
    pub lineage: String,
    /// Serial of the state when the journal began.
    pub serial: u64,
}

impl Header {
    /// For a journal that begins now.
    pub fn of(state: &State) -> Self {
        Header { format: FORMAT, lineage: state.lineage.clone(), serial: state.serial }
    }

    /// Its line.
    pub fn line(&self) -> Vec<u8> {
        line("journal", self)
    }
}

/// A journal as read.
#[derive(Clone, Debug, PartialEq)]
pub struct Journal {
    /// File or other place, for messages.
    pub place: String,
    /// Which state it goes with.
    pub header: Header,
    /// What is recorded, in order.
    pub events: Vec<Event>,
    /// How many bytes are sound; what follows is a torn line.
    pub sound: usize,
    /// Whether there was a torn line.
    pub torn: bool,
}

/// The line for events that are appended together.
pub fn events_line(events: &[Event]) -> Vec<u8> {
    line("events", &events)
}

const START: &str = "{\"crc\":\"";

fn line(key: &str, what: &impl Serialize) -> Vec<u8> {
    // Strings are the only keys of these types, so this cannot fail.
    let payload = serde_json::to_string(what).unwrap_or_default();
    format!("{START}{:08x}\",\"{key}\":{payload}}}\n", checksum(&payload)).into_bytes()
}

fn checksum(payload: &str) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(payload.as_bytes());
    crc.sum()
}

/// What a line covers, when its checksum agrees.
fn payload<'a>(line: &'a [u8], key: &str) -> Option<&'a str> {
    let rest = std::str::from_utf8(line).ok()?.strip_prefix(START)?;
    let (crc, rest) = rest.split_at_checked(8)?;
    let rest = rest.strip_prefix("\",\"")?.strip_prefix(key)?.strip_prefix("\":")?;
    let payload = rest.strip_suffix('}')?;
    (u32::from_str_radix(crc, 16).ok()? == checksum(payload)).then_some(payload)
}

/// Reads a journal; none where not even its header was written.
pub fn decode(place: &str, bytes: &[u8]) -> Result<Option<Journal>> {
    let mut lines = bytes.split_inclusive(|it| *it == b'\n');
    let Some(first) = lines.next() else { return Ok(None) };
    let refused =
        |summary: &str, why: String| Diagnostic::error(summary, format!("`{place}`: {why}"));
    let alone = first.len() == bytes.len();
    let Some(header) = whole(first).and_then(|it| payload(it, "journal")) else {
        // A header that never got whole: nothing was sent.
        let ours = START.as_bytes().starts_with(first) || first.starts_with(START.as_bytes());
        if alone && (ours || first.iter().all(|it| *it == 0)) {
            return Ok(None);
        }
        let why = "its first line is not the header of a journal".to_string();
        return Err(refused("not a journal", why).hint("move that file away").into());
    };
    let format = serde_json::from_str::<Json>(header).unwrap_or_default()["format"].as_u64();
    if format != Some(FORMAT) {
        let (summary, format) = ("the journal is too new", format.unwrap_or_default());
        let why = format!("it is of format {format}; format {FORMAT} is read");
        let hint = "use the version that wrote it to finish the run that broke off";
        return Err(refused(summary, why).hint(hint).into());
    }
    let damaged = |number: usize, why: String| {
        refused("the journal is damaged", format!("line {number}: {why}"))
            .hint("compare the state with AWS by hand before you delete the journal")
    };
    let header = serde_json::from_str(header).map_err(|it| damaged(1, it.to_string()))?;
    let mut journal = Journal {
        place: place.into(),
        header,
        events: Vec::new(),
        sound: first.len(),
        torn: false,
    };
    for (index, line) in lines.enumerate() {
        let Some(payload) = whole(line).and_then(|it| payload(it, "events")) else {
            if journal.sound + line.len() < bytes.len() {
                return Err(damaged(index + 2, "its checksum does not agree".to_string()).into());
            }
            journal.torn = true;
            break;
        };
        let events: Vec<Event> =
            serde_json::from_str(payload).map_err(|it| damaged(index + 2, it.to_string()))?;
        journal.events.extend(events);
        journal.sound += line.len();
    }
    Ok(Some(journal))
}

fn whole(line: &[u8]) -> Option<&[u8]> {
    line.strip_suffix(b"\n")
}

#[cfg(test)]
pub(crate) mod tests;
