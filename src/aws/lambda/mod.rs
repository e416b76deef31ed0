//! Drivers of the service `lambda`, and what they share.

pub mod event_source_mapping;
pub mod function;
mod function_check;
mod function_configuration;
mod function_parts;
mod function_versions;
mod mapping_parts;
pub mod permission;

pub use event_source_mapping::EventSourceMapping;
pub use function::Function;
pub use permission::Permission;

use std::collections::HashMap;

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::{Failure, FailureKind, Result};

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_lambda::types;

    pub(crate) use super::{known_soon, once};
    pub(crate) use crate::aws::parts::{Part, PartBlock};
    pub(crate) use crate::aws::{Aws, names, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{Driver, Failure, Id, Op, Result, Status};
    pub(crate) use crate::schema::told::told;
    pub(crate) use crate::schema::{Auto, Block, BlockSet, Nested, Out, Resource, Set, Tags};
}

crate::aws::once::once!(aws_sdk_lambda);

/// Refusals that end by themselves, though by their code they look like any other wrong value: a
/// role, its policies or a key that were made just now are not known everywhere yet.
const SOON: &[&str] = &[
    "cannot be assumed by Lambda",
    "execution role does not have permissions",
    "ensure the role can perform",
    "ensure that the role has",
    "was unable to configure access to your environment variables because the KMS key is invalid",
    "throttled by EC2",
];

/// The failure, worth another try where what it names is known soon.
pub(crate) fn known_soon(mut refusal: Failure) -> Failure {
    if refusal.kind == FailureKind::Fatal && SOON.iter().any(|it| refusal.message.contains(it)) {
        refusal.kind = FailureKind::Retryable;
    }
    refusal
}

/// Of a builder that says everything only what another one says otherwise; none where nothing is.
/// AWS takes some arguments of some objects only, even where they would change nothing.
macro_rules! only_changed {
    ($builder:ty, $want:expr, $have:expr; $($get:ident => $set:ident,)*) => {{
        fn changed<T: Clone + PartialEq>(want: &Option<T>, have: &Option<T>) -> Option<T> {
            want.clone().filter(|_| want != have)
        }
        let (want, have): ($builder, $builder) = ($want, $have);
        let changes = <$builder>::default()$(.$set(changed(want.$get(), have.$get())))*;
        (changes != <$builder>::default()).then_some(changes)
    }};
}
pub(crate) use only_changed;

/// Name and qualifier of a function, from its name or ARN.
pub(crate) fn function_name(text: &str) -> (&str, Option<&str>) {
    let rest = text.split_once("function:").map_or(text, |(_, rest)| rest);
    rest.split_once(':').map_or((rest, None), |(name, qualifier)| (name, Some(qualifier)))
}

/// Statements of the policies being read right now, by function: its permissions share one read.
pub(crate) struct Policies;

impl Batch for Policies {
    type Item = Vec<serde_json::Value>;
    const MAX: usize = 1;

    async fn fetch(functions: Vec<String>, aws: &Aws) -> Result<Keyed<Self::Item>> {
        let mut found = Keyed::new();
        for function in functions {
            let (text, qualifier) = permission::qualified(&function);
            let call = aws.lambda().get_policy().function_name(text);
            let reply = call.set_qualifier(qualifier.map(String::from)).send().await?;
            let policy = reply.policy.unwrap_or_default();
            let policy: serde_json::Value = serde_json::from_str(&policy)
                .map_err(|it| Failure::fatal(format!("the policy is not JSON: {it}")))?;
            let statements = policy.get("Statement").and_then(|it| it.as_array());
            found.insert(function, statements.cloned().unwrap_or_default());
        }
        Ok(found)
    }
}

/// Tags in the call that creates; none where there are none.
pub(crate) fn tagged<'a>(
    tags: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Option<HashMap<String, String>> {
    let tags = tags.into_iter().map(|(k, v)| (k.clone(), v.clone()));
    Some(tags.collect()).filter(|it: &HashMap<_, _>| !it.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_in_several_ways() {
        let arn = "arn:aws:lambda:eu-central-1:123456789012:function:f";
        let cases = [
            ("f".to_string(), ("f", None)),
            ("f:live".to_string(), ("f", Some("live"))),
            (arn.to_string(), ("f", None)),
            (format!("{arn}:3"), ("f", Some("3"))),
            ("123456789012:function:f".to_string(), ("f", None)),
        ];
        for (text, expected) in cases {
            assert_eq!(function_name(&text), expected, "{text}");
        }
    }

    #[test]
    fn what_was_just_made_is_worth_another_try() {
        let of = |text: &str| known_soon(Failure::fatal(text)).kind;
        let role = "The role defined for the function cannot be assumed by Lambda.";
        assert_eq!(of(role), FailureKind::Retryable);
        assert_eq!(of("Unzipped size must be smaller"), FailureKind::Fatal);
    }
}
