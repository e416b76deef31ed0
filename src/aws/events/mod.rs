//! Drivers of the service `events`, and what they share.

mod ecs_parameters;
pub mod event_rule;
pub mod event_target;
mod target_parameters;

pub use event_rule::EventRule;
pub use event_target::EventTarget;

use std::collections::BTreeMap;

use aws_sdk_eventbridge::types::{Rule, Tag, Target};

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::{Failure, FailureKind, Result};

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_eventbridge::types;

    pub(crate) use super::{Rules, Targets, is_bus, joined, known_soon, same_bus, split};
    pub(crate) use crate::aws::parts::{Part, PartBlock};
    pub(crate) use crate::aws::{Aws, names, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{Driver, Failure, FailureKind, Id, Op, Result, Status};
    pub(crate) use crate::schema::told::told;
    pub(crate) use crate::schema::{Auto, Block, BlockSet, Blocks, Nested, Out, Resource, Tags};
}

/// Name of the bus that every account has.
pub(crate) const DEFAULT_BUS: &str = "default";

/// Identifier of a rule: its name, with its bus before it unless that is the default one.
pub(crate) fn joined(bus: &str, rule: &str) -> String {
    match bus {
        DEFAULT_BUS | "" => rule.into(),
        _ => format!("{bus}/{rule}"),
    }
}

/// Bus and rule of an identifier. Names of buses may have slashes in them, those of rules have none.
pub(crate) fn split(id: &str) -> (&str, &str) {
    id.rsplit_once('/').unwrap_or((DEFAULT_BUS, id))
}

/// Whether both name one bus: by its name or by its ARN.
pub(crate) fn same_bus(one: &str, other: &str) -> bool {
    fn name(it: &str) -> &str {
        it.split_once(":event-bus/").map_or(it, |(_, name)| name)
    }
    name(one) == name(other)
}

/// Whether AWS takes the text as a name or ARN of a bus.
pub(crate) fn is_bus(text: &str) -> bool {
    let allowed = |it: char| it.is_ascii_alphanumeric() || "/._-".contains(it);
    text.starts_with("arn:") || text.chars().all(allowed)
}

/// A role that was made just now is refused for some seconds, until it is known everywhere. By its
/// code the refusal is the same as that of any other wrong value.
pub(crate) fn known_soon(mut refusal: Failure) -> Failure {
    if refusal.message.contains("cannot be assumed by principal") {
        refusal.kind = FailureKind::Retryable;
    }
    refusal
}

/// Every rule being read right now: one by itself, several of a bus in one listing.
pub(crate) struct Rules;

impl Batch for Rules {
    type Item = Rule;
    const MAX: usize = 10_000;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<Rule>> {
        let mut by_bus: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (bus, rule) in ids.iter().map(|it| split(it)) {
            by_bus.entry(bus).or_default().push(rule);
        }
        let buses = by_bus.into_iter().map(|(bus, names)| async move {
            let rules = match names.as_slice() {
                [name] => vec![rule(aws, bus, name).await?],
                names => {
                    let all = listed(aws, bus).await?;
                    let wanted = |it: &Rule| it.name().is_some_and(|it| names.contains(&it));
                    all.into_iter().filter(wanted).collect()
                }
            };
            let keyed = rules.into_iter().filter_map(|it| Some((joined(bus, it.name()?), it)));
            Ok::<_, Failure>(keyed.collect::<Vec<_>>())
        });
        let found = futures_util::future::try_join_all(buses).await?;
        Ok(found.into_iter().flatten().collect())
    }
}

async fn rule(aws: &Aws, bus: &str, name: &str) -> Result<Rule> {
    let it = aws.events().describe_rule().event_bus_name(bus).name(name).send().await?;
    Ok(Rule::builder()
        .set_name(it.name)
        .set_arn(it.arn)
        .set_event_pattern(it.event_pattern)
        .set_schedule_expression(it.schedule_expression)
        .set_state(it.state)
        .set_description(it.description)
        .set_role_arn(it.role_arn)
        .set_managed_by(it.managed_by)
        .set_event_bus_name(it.event_bus_name)
        .build())
}

async fn listed(aws: &Aws, bus: &str) -> Result<Vec<Rule>> {
    let (mut rules, mut token) = (Vec::new(), None);
    loop {
        let call = aws.events().list_rules().event_bus_name(bus).limit(100);
        let page = call.set_next_token(token).send().await?;
        rules.extend(page.rules.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            return Ok(rules);
        }
    }
}

/// Targets of each rule whose targets are being read right now: one call a rule.
pub(crate) struct Targets;

impl Batch for Targets {
    type Item = Vec<Target>;
    const MAX: usize = 1;

    async fn fetch(rules: Vec<String>, aws: &Aws) -> Result<Keyed<Vec<Target>>> {
        let mut found = Keyed::new();
        for id in rules {
            let (bus, rule) = split(&id);
            let (mut targets, mut token) = (Vec::new(), None);
            loop {
                let call = aws.events().list_targets_by_rule().event_bus_name(bus).rule(rule);
                let page = call.limit(100).set_next_token(token).send().await?;
                targets.extend(page.targets.unwrap_or_default());
                token = page.next_token;
                if token.is_none() {
                    break;
                }
            }
            found.insert(id, targets);
        }
        Ok(found)
    }
}

/// Tags as they are sent; none where there are none.
pub(crate) fn tagged<'a>(
    tags: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Option<Vec<Tag>> {
    let tag = |(k, v): (&String, &String)| Tag::builder().key(k).value(v).build().ok();
    let tags: Vec<Tag> = tags.into_iter().filter_map(tag).collect();
    Some(tags).filter(|it| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_named_with_their_bus() {
        let partner = "aws.partner/example.com/1";
        let cases = [
            ("nightly", "default", "nightly"),
            ("shop/nightly", "shop", "nightly"),
            ("aws.partner/example.com/1/nightly", partner, "nightly"),
        ];
        for (id, bus, rule) in cases {
            assert_eq!(split(id), (bus, rule));
            assert_eq!(joined(bus, rule), id);
        }
        assert!(same_bus("shop", "arn:aws:events:eu-central-1:1:event-bus/shop"));
        assert!(!same_bus("shop", "arn:aws:events:eu-central-1:1:event-bus/shop2"));
    }
}
