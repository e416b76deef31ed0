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

use std::collections::BTreeMap;
use std::pin::pin;

use aws_sdk_iam::types::{self, EntityType, RoleDetail, Tag};
use futures_util::stream::{self, Stream, StreamExt};

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::{Failure, FailureKind, Result};

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_iam::types;

    pub(crate) use super::{RolePolicies, decoded, once, pairs, tagged};
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

/// What a role may do: its inline policies by name, and the ARNs of its managed ones.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct RolePolicies {
    pub(crate) inline: BTreeMap<String, String>,
    pub(crate) managed: Vec<String>,
}

impl Aws {
    /// Policies of a role as the account's details tell them; none where those are not asked.
    pub(crate) async fn surveyed_policies(&self, role: &str) -> Result<Option<RolePolicies>> {
        if !self.is_surveying() {
            return Ok(None);
        }
        Ok(self.load::<AccountDetails>(role).await?.map(RolePolicies::from))
    }

    /// A role as the account's list and details tell it; none where those are not asked.
    pub(crate) async fn surveyed_role(&self, role: &str) -> Result<Option<types::Role>> {
        if !self.is_surveying() {
            return Ok(None);
        }
        let reads = tokio::try_join!(self.load::<Roles>(role), self.load::<AccountDetails>(role))?;
        let (Some(mut role), Some(details)) = reads else { return Ok(None) };
        role.permissions_boundary = details.permissions_boundary;
        role.tags = details.tags;
        Ok(Some(role))
    }

    /// ARNs of the managed policies of a role, which is read together with its attachments.
    pub(crate) async fn attached_policies(&self, role: &str) -> Result<Vec<String>> {
        match self.surveyed_policies(role).await? {
            Some(it) => Ok(it.managed),
            None => Ok(self.load::<AttachedPolicies>(role).await?.unwrap_or_default()),
        }
    }
}

/// Most roles that a page of the account's details tells of: each with all its policies, so that a
/// page is some megabytes at most.
const DETAILS_A_PAGE: i32 = 300;

/// Most roles that a page of the list of roles tells of.
const ROLES_A_PAGE: i32 = 1000;

/// What belongs to the roles being read right now, from the details of the whole account: one call
/// where IAM else takes some for every role.
struct AccountDetails;

impl Batch for AccountDetails {
    type Item = RoleDetail;
    const MAX: usize = usize::MAX;

    async fn fetch(roles: Vec<String>, aws: &Aws) -> Result<Keyed<RoleDetail>> {
        let call = aws.iam().get_account_authorization_details().filter(EntityType::Role);
        let pages = call.max_items(DETAILS_A_PAGE).into_paginator().send();
        let pages = stream::unfold(pages, |mut pages| async {
            let page = pages.next().await?.ok()?;
            Some((page.role_detail_list.unwrap_or_default(), pages))
        });
        Ok(among(roles, pages, |it| it.role_name.clone()).await)
    }
}

/// The roles being read right now, from the list of all: without their tags and boundaries.
struct Roles;

impl Batch for Roles {
    type Item = types::Role;
    const MAX: usize = usize::MAX;

    async fn fetch(roles: Vec<String>, aws: &Aws) -> Result<Keyed<types::Role>> {
        let pages = aws.iam().list_roles().max_items(ROLES_A_PAGE).into_paginator().send();
        let pages = stream::unfold(pages, |mut pages| async {
            Some((pages.next().await?.ok()?.roles, pages))
        });
        Ok(among(roles, pages, |it| Some(it.role_name.clone())).await)
    }
}

/// Those roles of all in the account, page by page while that still takes fewer calls than to ask
/// for each. Whichever is on none of these pages, or all where the account may not be asked, is
/// absent, and read alone.
async fn among<T>(
    roles: Vec<String>,
    pages: impl Stream<Item = Vec<T>>,
    name: impl Fn(&T) -> Option<String>,
) -> Keyed<T> {
    let mut pages = pin!(pages.take(roles.len() - 1));
    let mut found = Keyed::new();
    while let Some(page) = pages.next().await {
        let named = page.into_iter().filter_map(|it| Some((name(&it)?, it)));
        found.extend(named.filter(|(name, _)| roles.contains(name)));
        if found.len() == roles.len() {
            break;
        }
    }
    found
}

impl From<RoleDetail> for RolePolicies {
    fn from(it: RoleDetail) -> Self {
        let inline = it.role_policy_list.into_iter().flatten();
        let inline = inline.filter_map(|it| Some((it.policy_name?, decoded(&it.policy_document?))));
        let managed = it.attached_managed_policies.into_iter().flatten();
        RolePolicies {
            inline: inline.collect(),
            managed: managed.filter_map(|it| it.policy_arn).collect(),
        }
    }
}

/// ARNs of the managed policies that each role being read right now has: a role and its attachments
/// are read by one call.
struct AttachedPolicies;

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
