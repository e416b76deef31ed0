//! Waiting: from *sent* to *as wanted*, and from *deleted* to *gone*.
//!
//! There is one poll clock. Whatever waits wakes on ticks of a common grid, so reads of many objects
//! leave at the same moment and the batch loader makes one call of them. The first read is made at
//! once; the longer an object takes, the coarser its ticks. Every coarse tick is a fine one too.
//!
//! ```text
//!  find ──▶ not there ──▶ just made: wait · else: Gone
//!   ▲   ├─▶ busy ───────▶ wait for the next tick
//!   │   ├─▶ failed ─────▶ Stuck
//!   │   └─▶ ready ──▶ as wanted ─────────────────────▶ Ready
//!   │             ├─▶ differs as it did before, for long ──▶ Ready, with a warning
//!   └── update ◀──┴─▶ differs
//! ```

use std::sync::Arc;
use std::time::Duration;

use super::call::Caller;
use super::fit;
use super::ignored::Ignored;
use crate::diag::{Diagnostic, Diagnostics};
use crate::driver::{AnyDriver, Cloud, Failure, FailureKind, Id, Observation, Status};
use crate::event::Event;
use crate::lang::value::Value;
use crate::plan::diff::unmet;

/// Distances of ticks, in milliseconds; ten seconds are a multiple of each.
const TICKS: [u64; 6] = [250, 500, 1000, 2000, 5000, 10_000];
/// A wait is looked at this many times before its ticks get coarser.
const LOOKS: u32 = 8;
/// How long a new object may not be visible yet.
const HIDDEN_FOR: Duration = Duration::from_secs(120);
/// Time between two events about the same status.
const QUIET_FOR: Duration = Duration::from_secs(10);

/// An object that AWS holds, and the way to it.
#[derive(Clone)]
pub(super) struct Remote {
    pub(super) driver: Arc<dyn AnyDriver>,
    pub(super) cloud: Cloud,
    pub(super) id: Id,
}

/// What waiting came to.
#[derive(Debug)]
pub(super) enum Settled {
    /// As it will stay.
    Ready {
        /// The row to keep.
        row: Value,
        /// What AWS still reports otherwise.
        warnings: Diagnostics,
    },
    /// No longer there, or never seen.
    Gone,
    /// There, but not as wanted.
    Stuck {
        /// What AWS has, as far as it was seen.
        have: Option<Value>,
        /// Why.
        why: Diagnostic,
    },
}

/// Waits until the object is ready and as wanted, and updates it as long as it is not. `known` is
/// what stands where AWS tells nothing; `is_new` that it may not be visible yet. What is ignored is
/// wanted as it is seen.
pub(super) async fn converge(
    caller: &Caller<'_>,
    remote: &Remote,
    want: &Value,
    known: &Value,
    is_new: bool,
) -> Settled {
    let schema = remote.driver.schema();
    let mut wait = Wait::new(caller, remote);
    let mut ignored = Ignored::of(caller, schema, is_new);
    let mut want = want.clone();
    let mut seen = None;
    let mut tried: Vec<Difference> = Vec::new();
    loop {
        let row = match look(caller, remote, known).await {
            Err(why) => return Settled::Stuck { have: seen, why },
            Ok(None) if is_new && wait.began.saturating_add(HIDDEN_FOR) > caller.now() => {
                wait.tell("not visible yet");
                None
            }
            Ok(None) => return Settled::Gone,
            Ok(Some(Observation { status, row })) => {
                seen = Some(row.clone());
                want = ignored.wanted(schema, &want, &row);
                match status {
                    Status::Ready => Some(row),
                    Status::Busy(what) => {
                        wait.tell(&what);
                        None
                    }
                    Status::Failed(why) => {
                        let why = caller.trouble(format!("`{}`: {why}", remote.id));
                        return Settled::Stuck { have: seen, why };
                    }
                    Status::Gone => return Settled::Gone,
                }
            }
        };
        if let Some(have) = row {
            let difference = Difference::between(unmet(schema, &want, &have), &have);
            if difference.0.is_empty() {
                return ready(caller, remote, &want, &have, difference);
            }
            match tried.contains(&difference) {
                true if wait.since_change() >= remote.driver.stale_for() => {
                    return ready(caller, remote, &want, &have, difference);
                }
                true => wait.tell("ready, the change not visible yet"),
                false => {
                    if let Err(why) = change(caller, remote, &want, &have, is_new).await {
                        return Settled::Stuck { have: seen, why };
                    }
                    tried.push(difference);
                    wait.changed();
                    continue;
                }
            }
        }
        if let Err(why) = wait.tick().await {
            return Settled::Stuck { have: seen, why };
        }
    }
}

/// Attributes of which AWS has something else, and what that is.
struct Difference(Vec<(String, Value)>);

impl Difference {
    fn between(names: Vec<String>, have: &Value) -> Self {
        let part = |name: &str| have.part(name).cloned().unwrap_or(Value::NULL);
        Difference(names.into_iter().map(|it| (it.clone(), part(&it))).collect())
    }
}

impl PartialEq for Difference {
    fn eq(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.0.iter().zip(&other.0).all(|((a, x), (b, y))| a == b && x.same(y))
    }
}

fn ready(
    caller: &Caller<'_>,
    remote: &Remote,
    want: &Value,
    have: &Value,
    difference: Difference,
) -> Settled {
    let warning = |(name, value): &(String, Value)| {
        let wanted = want.part(name);
        let hidden = wanted.is_some_and(|it| it.has_sensitive() || it.has_ephemeral())
            || value.has_sensitive();
        let has = match value.to_json().filter(|_| !hidden) {
            Some(json) => format!(" {json}"),
            None => " another value".to_string(),
        };
        let summary = format!("AWS still reports{has} for `{name}`");
        let detail = format!("`{}` was updated, and nothing is pending", remote.id);
        Diagnostic::warning(summary, detail).about(&caller.address)
    };
    let warnings = difference.0.iter().map(warning).collect();
    Settled::Ready { row: fit::kept(remote.driver.schema(), want, have), warnings }
}

/// One read, with its retries.
pub(super) async fn look(
    caller: &Caller<'_>,
    remote: &Remote,
    known: &Value,
) -> Result<Option<Observation>, Diagnostic> {
    let read = |_| remote.driver.read(&remote.cloud, &remote.id, known.clone());
    caller.persist(false, read, |_| false).await.map_err(|it| caller.diagnostic(&it.failure))
}

/// One step of an update, with its retries.
pub(super) async fn change(
    caller: &Caller<'_>,
    remote: &Remote,
    want: &Value,
    have: &Value,
    is_new: bool,
) -> Result<(), Diagnostic> {
    let hidden =
        |it: &Failure| is_new && it.kind == FailureKind::NotFound && caller.elapsed() < HIDDEN_FOR;
    let update = |_| remote.driver.update(&remote.cloud, &remote.id, want.clone(), have.clone());
    let updated = caller.persist(false, update, hidden).await;
    updated.map_err(|stop| caller.diagnostic(&stop.failure))
}

/// Brings an object nearer to what is wanted of it, then waits until it is there. What is never told
/// or only sent is compared with what stood `prior`.
pub(super) async fn alter(
    caller: &Caller<'_>,
    remote: &Remote,
    mut want: Value,
    mut prior: Value,
) -> Result<Settled, Diagnostic> {
    let schema = remote.driver.schema();
    let mut ignored = Ignored::of(caller, schema, false);
    // What is ignored may have moved since the plan.
    if ignored.is_any()
        && fit::differs(schema, &want, &prior)
        && let Some(seen) = look(caller, remote, &prior).await?
    {
        want = ignored.wanted(schema, &want, &seen.row);
        prior = ignored.wanted(schema, &prior, &seen.row);
    }
    if fit::differs(schema, &want, &prior) {
        change(caller, remote, &want, &prior, false).await?;
    }
    let known = fit::over(schema, &want, &prior);
    Ok(converge(caller, remote, &want, &known, false).await)
}

/// Deletes the object and waits until it is gone.
pub(super) async fn unmake(
    caller: &Caller<'_>,
    remote: &Remote,
    row: &Value,
) -> Result<(), Diagnostic> {
    let delete = |_| remote.driver.delete(&remote.cloud, &remote.id, row.clone());
    let deleted = caller.persist(false, delete, |_| false).await;
    deleted.map_err(|stop| caller.diagnostic(&stop.failure))?;
    if remote.driver.stays(row) {
        return Ok(());
    }
    let mut wait = Wait::new(caller, remote);
    loop {
        match look(caller, remote, row).await?.map(|it| it.status) {
            None | Some(Status::Gone) => return Ok(()),
            Some(Status::Failed(why)) => {
                return Err(caller.trouble(format!("`{}`: {why}", remote.id)));
            }
            Some(Status::Busy(what)) => wait.tell(&what),
            Some(Status::Ready) => wait.tell("still there"),
        }
        wait.tick().await?;
    }
}

/// One object's wait.
struct Wait<'a> {
    caller: &'a Caller<'a>,
    id: String,
    began: Duration,
    changed: Duration,
    status: String,
    told: Duration,
}

impl<'a> Wait<'a> {
    fn new(caller: &'a Caller<'a>, remote: &Remote) -> Self {
        let now = caller.now();
        Wait {
            caller,
            id: remote.id.to_string(),
            began: now,
            changed: now,
            status: String::new(),
            told: now,
        }
    }

    /// Something was sent: from here on looks are frequent again.
    fn changed(&mut self) {
        self.changed = self.caller.now();
    }

    fn since_change(&self) -> Duration {
        self.caller.now().saturating_sub(self.changed)
    }

    /// Tells the status when it is another one, else from time to time.
    fn tell(&mut self, status: &str) {
        let now = self.caller.now();
        if self.status == status && now < self.told.saturating_add(QUIET_FOR) {
            return;
        }
        (self.status, self.told) = (status.to_string(), now);
        self.caller.settings.listener.event(Event::StepProgress {
            address: self.caller.address.clone(),
            verb: self.caller.verb,
            status: self.status.clone(),
            elapsed: self.caller.elapsed(),
        });
    }

    /// Sleeps until the next tick, or until the limit for a last look; an error after that.
    async fn tick(&mut self) -> Result<(), Diagnostic> {
        let (now, left) = (self.caller.now(), self.caller.left());
        if left.is_zero() {
            let (limit, verb) = (self.caller.limit, self.caller.operation());
            let why = format!("after {limit:?} `{}` is {}", self.id, self.status);
            return Err(self
                .caller
                .trouble(format!("timeout: {why}"))
                .hint(format!("give it more time: `timeouts {{ {verb} = \"…\" }}`")));
        }
        let until_tick = next_tick(now, self.since_change()).saturating_sub(now);
        self.caller.settings.clock.sleep(until_tick.min(left)).await;
        Ok(())
    }
}

/// The next tick for something that has waited that long.
fn next_tick(now: Duration, waited: Duration) -> Duration {
    let fits = |it: &&u64| waited >= Duration::from_millis(**it) * LOOKS;
    let distance = TICKS.iter().rev().find(fits).unwrap_or(&TICKS[0]);
    let passed = now.as_nanos() / Duration::from_millis(*distance).as_nanos();
    Duration::from_millis(distance.saturating_mul(passed as u64 + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_get_coarser_and_stay_on_the_grid() {
        let cases = [
            // now, waited, tick, all in milliseconds
            (0, 0, 250),
            (250, 250, 500),
            (1_001, 0, 1_250),
            (10_100, 4_000, 10_500),
            (100_001, 8_000, 101_000),
            (100_001, 79_000, 105_000),
            (100_001, 3_600_000, 110_000),
        ];
        for (now, waited, tick) in cases {
            let it = next_tick(Duration::from_millis(now), Duration::from_millis(waited));
            assert_eq!(it, Duration::from_millis(tick), "{now} {waited}");
        }
        assert!(TICKS.iter().all(|it| 10_000 % it == 0));
    }
}
