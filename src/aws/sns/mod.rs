//! Drivers of the service `sns`, and what they share.

pub mod data;
pub mod topic;
pub mod topic_policy;
pub mod topic_subscription;

pub use topic::Topic;
pub use topic_policy::TopicPolicy;
pub use topic_subscription::TopicSubscription;

use std::collections::{BTreeMap, HashMap};

use aws_sdk_sns::types::Tag;
use serde_json::Value as Json;

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::{Failure, FailureKind, Result};
use crate::schema::compare::agreed;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use super::{Attributes, Topics, known_soon, restated};
    pub(crate) use crate::aws::{Aws, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::compare::{agreed, same_json};
    pub(crate) use crate::schema::{Auto, Given, Out, Resource, Tags};
}

/// Attributes of a topic or subscription. All are texts, numbers and policies too.
pub(crate) type Attributes = HashMap<String, String>;

/// Attributes of the topics being read right now: a topic and its policy are read by one call.
pub(crate) struct Topics;

impl Batch for Topics {
    type Item = Attributes;
    const MAX: usize = 1;

    async fn fetch(arns: Vec<String>, aws: &Aws) -> Result<Keyed<Attributes>> {
        let mut found = Keyed::new();
        for arn in arns {
            let reply = aws.sns().get_topic_attributes().topic_arn(&arn).send().await?;
            found.insert(arn, reply.attributes.unwrap_or_default());
        }
        Ok(found)
    }
}

/// One tag.
pub(crate) fn tag(name: impl Into<String>, value: impl Into<String>) -> Option<Tag> {
    Tag::builder().key(name).value(value).build().ok()
}

/// Tags of a topic.
pub(crate) async fn tags_of(aws: &Aws, arn: &str) -> Result<BTreeMap<String, String>> {
    aws.tags(arn, async {
        let reply = aws.sns().list_tags_for_resource().resource_arn(arn).send().await?;
        Ok(reply.tags.into_iter().flatten().map(|it| (it.key, it.value)).collect())
    })
    .await
}

/// Sets one attribute of a topic: SNS takes no more in a call.
pub(crate) async fn set(aws: &Aws, arn: &str, name: &str, value: String) -> Result<()> {
    let call = aws.sns().set_topic_attributes().topic_arn(arn).attribute_name(name);
    call.attribute_value(value).send().await.map_err(|it| known_soon(it.into()))?;
    Ok(())
}

/// A policy that names a principal made just now is refused until SNS knows that one. By its code
/// the refusal is the same as that of a policy in error.
pub(crate) fn known_soon(mut refusal: Failure) -> Failure {
    if refusal.message.contains("PrincipalNotFound") {
        refusal.kind = FailureKind::Retryable;
    }
    refusal
}

/// A delivery policy in the words last known, where SNS tells the same: it adds what is not set, as
/// null, false or zero.
pub(crate) fn restated(known: Option<&String>, seen: Option<String>) -> Option<String> {
    let json = |it: &String| serde_json::from_str::<Json>(it).ok();
    match (known, known.and_then(json), seen.as_ref().and_then(json)) {
        (Some(text), Some(known), Some(seen)) if tells(&seen, &known) => Some(text.clone()),
        _ => agreed(known, seen),
    }
}

/// Whether a document says what another does, and besides only what is not set.
fn tells(seen: &Json, known: &Json) -> bool {
    match (seen, known) {
        (Json::Object(seen), Json::Object(known)) => {
            let said = |(name, value): (&String, &Json)| match seen.get(name) {
                Some(it) => tells(it, value),
                None => says_nothing(value),
            };
            let added = seen.iter().filter(|(name, _)| !known.contains_key(*name));
            known.iter().all(said) && added.map(|(_, value)| value).all(says_nothing)
        }
        (Json::Number(seen), Json::Number(known)) => seen.as_f64() == known.as_f64(),
        _ => seen == known,
    }
}

fn says_nothing(it: &Json) -> bool {
    match it {
        Json::Null | Json::Bool(false) => true,
        Json::Number(number) => number.as_f64() == Some(0.0),
        Json::String(text) => text.is_empty(),
        Json::Array(items) => items.is_empty(),
        Json::Object(entries) => entries.values().all(says_nothing),
        Json::Bool(true) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_sns_adds_to_a_delivery_policy_says_nothing() {
        let cases = [
            (
                r#"{"healthyRetryPolicy":{"numRetries":3}}"#,
                r#"{"healthyRetryPolicy":{"numRetries":3.0,"numNoDelayRetries":0},"sicklyRetryPolicy":null,"guaranteed":false}"#,
                true,
            ),
            (
                r#"{"healthyRetryPolicy":{"numRetries":3},"guaranteed":false}"#,
                r#"{"healthyRetryPolicy":{"numRetries":3}}"#,
                true,
            ),
            (
                r#"{"healthyRetryPolicy":{"numRetries":3}}"#,
                r#"{"healthyRetryPolicy":{"numRetries":4}}"#,
                false,
            ),
            (
                r#"{"healthyRetryPolicy":{"numRetries":3}}"#,
                r#"{"healthyRetryPolicy":{"numRetries":3},"throttlePolicy":{"maxReceivesPerSecond":1}}"#,
                false,
            ),
            (r#"{"throttlePolicy":{"maxReceivesPerSecond":1}}"#, r#"{}"#, false),
        ];
        for (known, seen, same) in cases {
            let known = known.to_string();
            let it = restated(Some(&known), Some(seen.into()));
            assert_eq!(it == Some(known.clone()), same, "{known} {seen}");
        }
        assert_eq!(restated(Some(&"{}".into()), None), Some("{}".into()));
        assert_eq!(restated(None, Some(String::new())), None);
    }
}
