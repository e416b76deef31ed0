//! Drivers of the service `iam`, and what they share.

pub mod data;
pub mod policy;
pub mod role;
pub mod role_policy;
pub mod role_policy_attachment;
pub mod service_linked_role;

pub use policy::Policy;
pub use role::Role;
pub use role_policy::RolePolicy;
pub use role_policy_attachment::RolePolicyAttachment;
pub use service_linked_role::ServiceLinkedRole;

use aws_sdk_iam::types::Tag;

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::{Failure, FailureKind, Result};

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_iam::types;

    pub(crate) use super::{AttachedPolicies, decoded, once, pairs, tagged};
    pub(crate) use crate::aws::times::rfc3339;
    pub(crate) use crate::aws::{Aws, names, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::compare::{same_json, settled};
    pub(crate) use crate::schema::{Auto, BlockSet, Blocks, Nested, Out, Resource, Set, Tags};
}

crate::aws::once::once!(aws_sdk_iam);

/// Names and values of tags.
pub(crate) fn pairs(tags: Option<Vec<Tag>>) -> impl Iterator<Item = (String, String)> {
    tags.into_iter().flatten().map(|it| (it.key, it.value))
}

/// Tags in the call that creates; none where there are none.
pub(crate) fn tagged<'a>(
    tags: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Option<Vec<Tag>> {
    let tag = |(k, v): (&String, &String)| Tag::builder().key(k).value(v).build().ok();
    let tags: Vec<Tag> = tags.into_iter().filter_map(tag).collect();
    Some(tags).filter(|it| !it.is_empty())
}

/// A policy as it was sent: IAM gives it back with percent signs.
pub(crate) fn decoded(document: &str) -> String {
    percent_encoding::percent_decode_str(document).decode_utf8_lossy().into_owned()
}

/// A trust policy that names a role or user made just now is refused for some seconds, until IAM
/// knows that one everywhere. By its code the refusal is the same as that of a policy in error.
pub(crate) fn known_soon(mut refusal: Failure) -> Failure {
    if refusal.message.contains("Invalid principal in policy") {
        refusal.kind = FailureKind::Retryable;
    }
    refusal
}

/// ARNs of the managed policies that each role being read right now has: a role and its attachments
/// are read by one call.
pub(crate) struct AttachedPolicies;

impl Batch for AttachedPolicies {
    type Item = Vec<String>;
    const MAX: usize = 1;

    async fn fetch(roles: Vec<String>, aws: &Aws) -> Result<Keyed<Vec<String>>> {
        let mut all = Keyed::new();
        for role in roles {
            let call = aws.iam().list_attached_role_policies().role_name(&role);
            let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await;
            match listed {
                Err(it)
                    if it.as_service_error().is_some_and(|it| it.is_no_such_entity_exception()) => {
                }
                listed => {
                    all.insert(role, listed?.into_iter().filter_map(|it| it.policy_arn).collect());
                }
            }
        }
        Ok(all)
    }
}
