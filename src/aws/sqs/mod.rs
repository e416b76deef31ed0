//! Drivers of the service `sqs`, and what they share.

pub mod queue;
pub mod queue_policy;
pub mod queue_redrive_policy;

pub use queue::Queue;
pub use queue_policy::QueuePolicy;
pub use queue_redrive_policy::QueueRedrivePolicy;

use std::collections::HashMap;
use std::time::Duration;

use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value as Json;

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::{Failure, FailureKind, Result};
use crate::schema::compare::{agreed, same_json};

/// How long a change of an attribute takes until every read tells it.
pub(crate) const SPREADS_FOR: Duration = Duration::from_secs(60);

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use std::time::Duration;

    pub(crate) use aws_sdk_sqs::types::QueueAttributeName as Name;

    pub(crate) use super::{Attributes, Queues, SPREADS_FOR, restated_redrive, set};
    pub(crate) use crate::aws::{Aws, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{Driver, Failure, FailureKind, Id, Op, Result, Status};
    pub(crate) use crate::schema::compare::{agreed, same_json};
    pub(crate) use crate::schema::{Auto, Given, Out, Resource, Tags};
}

/// Attributes of a queue. All are texts, numbers and policies too.
pub(crate) type Attributes = HashMap<QueueAttributeName, String>;

/// Attributes of the queues being read right now: a queue and its policies are read by one call.
pub(crate) struct Queues;

impl Batch for Queues {
    type Item = Attributes;
    const MAX: usize = 1;

    async fn fetch(urls: Vec<String>, aws: &Aws) -> Result<Keyed<Attributes>> {
        let mut found = Keyed::new();
        for url in urls {
            let call = aws.sqs().get_queue_attributes().queue_url(&url);
            let reply = call.attribute_names(QueueAttributeName::All).send().await?;
            found.insert(url, reply.attributes.unwrap_or_default());
        }
        Ok(found)
    }
}

/// Sets attributes of a queue, all in one call; an empty text takes one away.
pub(crate) async fn set(aws: &Aws, url: &str, attributes: Attributes) -> Result<()> {
    let call = aws.sqs().set_queue_attributes().queue_url(url).set_attributes(Some(attributes));
    call.send().await.map_err(|it| known_soon(it.into()))?;
    Ok(())
}

/// A policy that names a principal or a queue made just now is refused until SQS knows that one. By
/// its code the refusal is the same as that of a policy in error.
pub(crate) fn known_soon(mut refusal: Failure) -> Failure {
    let unknown = ["Invalid value for the parameter Policy", "Dead letter target does not exist"];
    if unknown.iter().any(|it| refusal.message.contains(it)) {
        refusal.kind = FailureKind::Retryable;
    }
    refusal
}

/// The redrive policy in the words last known, where both mean the same: SQS takes a count that is
/// written as a text, and tells it as a number.
pub(crate) fn restated_redrive(known: Option<&String>, seen: Option<String>) -> Option<String> {
    let counted = |text: &str| {
        let mut policy: Json = serde_json::from_str(text).ok()?;
        let count = policy.get_mut("maxReceiveCount")?;
        *count = count.as_str()?.trim().parse::<u64>().ok()?.into();
        Some(policy.to_string())
    };
    match (known, &seen) {
        (Some(text), Some(it)) if counted(text).is_some_and(|text| same_json(&text, it)) => {
            known.cloned()
        }
        _ => agreed(known, seen),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_may_be_written_as_a_text() {
        let told = r#"{"deadLetterTargetArn":"arn:a","maxReceiveCount":3}"#.to_string();
        let cases = [
            (r#"{"maxReceiveCount":"3","deadLetterTargetArn":"arn:a"}"#, true),
            (r#"{"maxReceiveCount":3,"deadLetterTargetArn":"arn:a"}"#, true),
            (r#"{"maxReceiveCount":"4","deadLetterTargetArn":"arn:a"}"#, false),
            (r#"{"maxReceiveCount":"3","deadLetterTargetArn":"arn:b"}"#, false),
            ("", false),
        ];
        for (known, same) in cases {
            let known = known.to_string();
            let it = restated_redrive(Some(&known), Some(told.clone()));
            assert_eq!(it == Some(known.clone()), same, "{known}");
        }
        assert_eq!(restated_redrive(Some(&String::new()), None), Some(String::new()));
        assert_eq!(restated_redrive(None, Some(told.clone())), Some(told));
    }

    #[test]
    fn what_is_not_known_yet_is_worth_another_try() {
        let cases = [
            ("Invalid value for the parameter Policy.", FailureKind::Retryable),
            ("Invalid value for the parameter DelaySeconds.", FailureKind::Fatal),
            ("Reason: Dead letter target does not exist.", FailureKind::Retryable),
        ];
        for (message, kind) in cases {
            assert_eq!(known_soon(Failure::fatal(message)).kind, kind, "{message}");
        }
    }
}
