//! Drivers of the service `application-autoscaling`, and what they share.

pub mod policy;
pub(crate) mod predictive;
pub(crate) mod step;
pub mod target;
pub(crate) mod target_tracking;

pub use policy::Policy;
pub use target::Target;

use crate::driver::{Failure, FailureKind};

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_applicationautoscaling::types;

    pub(crate) use super::{known_soon, once, some, text_of};
    pub(crate) use crate::aws::batch::{Batch, Keyed};
    pub(crate) use crate::aws::{Aws, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{Driver, Failure, Id, Op, Result, Status};
    pub(crate) use crate::schema::{
        Auto, Block, BlockSet, Blocks, Given, Nested, Out, Resource, Tags,
    };
}

crate::aws::once::once!(aws_sdk_applicationautoscaling);

/// One code stands for all that is wrong with a call: what will be known soon, a service or role
/// that was just made, is told by the message alone.
pub(crate) fn known_soon(mut it: Failure) -> Failure {
    const SOON: [&str; 4] = [
        "service doesn't exist",
        "Unable to assume IAM role",
        "is not authorized to perform",
        "token included in the request is invalid",
    ];
    let code = it.code.as_deref().unwrap_or_default();
    let is_vague = ["ValidationException", "FailedResourceAccessException"].contains(&code);
    if is_vague && SOON.iter().any(|text| it.message.contains(text)) {
        it.kind = FailureKind::Retryable;
    }
    it
}

/// A list that is not empty.
pub(crate) fn some<T>(all: Vec<T>) -> Option<Vec<T>> {
    Some(all).filter(|it| !it.is_empty())
}

/// The number as text, in the words in which it was given where those say the same.
pub(crate) fn text_of(number: f64, known: Option<&str>) -> String {
    match known {
        Some(known) if known.parse() == Ok(number) => known.into(),
        _ => number.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_tell_what_codes_do_not() {
        let kind = |code: &str, message: &str| {
            let mut it = Failure::fatal(message);
            it.code = Some(code.into());
            known_soon(it).kind
        };
        let missing = "ECS service doesn't exist: service/shop/orders";
        assert_eq!(kind("ValidationException", missing), FailureKind::Retryable);
        let wrong = "Maximum capacity cannot be less than minimum capacity";
        assert_eq!(kind("ValidationException", wrong), FailureKind::Fatal);
    }

    #[test]
    fn numbers_keep_their_words() {
        let cases = [(0.0, Some("0.0"), "0.0"), (0.0, Some("1"), "0"), (10.5, None, "10.5")];
        for (number, known, expected) in cases {
            assert_eq!(text_of(number, known), expected);
        }
    }
}
