//! Time, passed in from outside, so that tests run on virtual time.

use std::time::Duration;

use crate::driver::BoxFuture;

/// Where time comes from.
pub trait Clock: Send + Sync {
    /// The time of day.
    fn now(&self) -> jiff::Timestamp;
    /// Time since some fixed moment; never goes back.
    fn elapsed(&self) -> Duration;
    /// Waits.
    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()>;
}

/// The clock of the machine, on tokio's timers: under `tokio::time::pause` it is virtual.
#[derive(Clone, Debug)]
pub struct SystemClock {
    started: tokio::time::Instant,
    day: jiff::Timestamp,
}

impl SystemClock {
    /// The machine's clock. Needs a tokio runtime only for [`Clock::sleep`].
    pub fn new() -> Self {
        SystemClock { started: tokio::time::Instant::now(), day: jiff::Timestamp::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn now(&self) -> jiff::Timestamp {
        let elapsed = jiff::SignedDuration::try_from(self.elapsed()).unwrap_or_default();
        self.day.checked_add(elapsed).unwrap_or(self.day)
    }

    fn elapsed(&self) -> Duration {
        self.started.elapsed()
    }

    fn sleep(&self, time: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(time))
    }
}
