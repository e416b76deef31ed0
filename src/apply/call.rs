//! One call with its retries, under the time limit of its step.

use std::sync::Arc;
use std::time::Duration;

use super::Settings;
use crate::address::Address;
use crate::diag::Diagnostic;
use crate::driver::{BoxFuture, Failure, FailureKind, Result};
use crate::event::Event;
use crate::lang::value::Value;
use crate::plan::graph::Verb;
use crate::schema::Schema;

/// Pause before the second try; doubled each time.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// What a call may take even where its step's time is up: a last look needs its answer.
const LAST_CALL: Duration = Duration::from_secs(30);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Who calls, since when, and for how long it may.
#[derive(Clone)]
pub(super) struct Caller<'a> {
    pub(super) settings: &'a Settings<'a>,
    pub(super) address: Address,
    pub(super) verb: Verb,
    pub(super) started: Duration,
    pub(super) limit: Duration,
    /// Texts that no message may tell, though a service may put them into one.
    pub(super) secrets: Arc<[String]>,
}

/// Texts of a row that no message may tell: what is only sent, and what is sensitive.
pub(super) fn secrets(schema: &Schema, row: &Value) -> Arc<[String]> {
    fn gather(value: &Value, hidden: bool, found: &mut Vec<String>) {
        let hidden = hidden || value.marks().sensitive || value.marks().ephemeral;
        match value.as_str() {
            // What is shorter stands in any message by chance.
            Some(text) if hidden && text.len() >= 4 => found.push(text.to_string()),
            _ => value.each_part(&mut |part| gather(part, hidden, found)),
        }
    }
    let mut found = Vec::new();
    for it in schema.attributes.iter().filter(|it| it.is_argument()) {
        if let Some(part) = row.part(it.name) {
            gather(part, it.write_only || it.sensitive, &mut found);
        }
    }
    found.into()
}

/// Calls that did not succeed in the end.
#[derive(Debug)]
pub(super) struct Stop {
    /// The last failure.
    pub(super) failure: Failure,
    /// Whether a call may have had its effect all the same.
    pub(super) in_doubt: bool,
}

impl Caller<'_> {
    pub(super) fn now(&self) -> Duration {
        self.settings.clock.elapsed()
    }

    /// Time since the step began.
    pub(super) fn elapsed(&self) -> Duration {
        self.now().saturating_sub(self.started)
    }

    /// Time until the step's limit.
    pub(super) fn left(&self) -> Duration {
        self.limit.saturating_sub(self.elapsed())
    }

    /// Calls until it succeeds or there is no more sense in it. `call` is told whether an earlier
    /// try, in this run or in one before, may have had its effect; `again` names further failures
    /// that are worth another try.
    pub(super) async fn persist<'c, T>(
        &self,
        mut sent_before: bool,
        mut call: impl FnMut(bool) -> BoxFuture<'c, Result<T>>,
        again: impl Fn(&Failure) -> bool,
    ) -> Result<T, Stop> {
        let (mut pause, begun) = (FIRST_PAUSE, self.now());
        loop {
            let failure = match self.within_limit(call(sent_before)).await {
                Ok(it) => return Ok(it),
                Err(failure) => self.without_secrets(failure),
            };
            sent_before |= failure.kind == FailureKind::Lost;
            let passing = matches!(
                failure.kind,
                FailureKind::Throttled | FailureKind::Retryable | FailureKind::Lost
            );
            let too_long = self.now() + pause > begun + self.settings.retry_for;
            if !(passing || again(&failure)) || too_long || pause >= self.left() {
                // With the same token or name, an outright refusal says that nothing was made.
                let refused = matches!(
                    failure.kind,
                    FailureKind::Fatal | FailureKind::NotFound | FailureKind::Exists
                );
                return Err(Stop { failure, in_doubt: sent_before && !refused });
            }
            self.settings.listener.event(Event::Retrying {
                address: self.address.clone(),
                verb: self.verb,
                why: failure.to_string(),
                after: pause,
            });
            self.settings.clock.sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    fn without_secrets(&self, mut failure: Failure) -> Failure {
        for secret in self.secrets.iter() {
            if failure.message.contains(secret) {
                failure.message = failure.message.replace(secret, "(sensitive)");
            }
        }
        failure
    }

    async fn within_limit<T>(&self, call: BoxFuture<'_, Result<T>>) -> Result<T> {
        let limit = self.left().max(LAST_CALL);
        tokio::select! {
            biased;
            result = call => result,
            () = self.settings.clock.sleep(limit) => {
                Err(Failure::new(FailureKind::Lost, format!("no answer within {limit:?}")))
            }
        }
    }

    /// A failure as something to tell, about this object.
    pub(super) fn diagnostic(&self, failure: &Failure) -> Diagnostic {
        failure
            .diagnostic(&format!("{} `{}` failed", self.doing(), self.address))
            .about(&self.address)
    }

    /// Something else that went wrong, about this object.
    pub(super) fn trouble(&self, detail: impl Into<String>) -> Diagnostic {
        let summary = format!("{} `{}` failed", self.doing(), self.address);
        Diagnostic::error(summary, detail).about(&self.address)
    }

    pub(super) fn doing(&self) -> &'static str {
        match self.verb {
            Verb::Keep => "keeping",
            Verb::Read => "reading",
            Verb::Create => "creating",
            Verb::Update => "updating",
            Verb::Delete => "deleting",
            Verb::Forget => "forgetting",
            Verb::Open => "opening",
            Verb::Close => "closing",
        }
    }

    /// The name of the operation in a `timeouts` block.
    pub(super) fn operation(&self) -> &'static str {
        operation(self.verb)
    }
}

/// The name of the operation in a `timeouts` block.
pub(super) fn operation(verb: Verb) -> &'static str {
    match verb {
        Verb::Create => "create",
        Verb::Update => "update",
        Verb::Delete => "delete",
        Verb::Keep | Verb::Read | Verb::Forget | Verb::Open | Verb::Close => "read",
    }
}
