//! Drivers of the service `kms`, and what they share.

pub mod alias;
pub mod data;
pub mod key;
pub mod key_policy;

pub use alias::Alias;
pub use key::Key;
pub use key_policy::KeyPolicy;

use aws_sdk_kms::types::{AliasListEntry, Tag};

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::Result;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_kms::types;

    pub(crate) use crate::aws::Aws;
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::compare::{same_json, settled};
    pub(crate) use crate::schema::{Auto, Nested, Out, Resource, Tags};
}

/// One tag.
pub(crate) fn tag(name: impl Into<String>, value: impl Into<String>) -> Option<Tag> {
    Tag::builder().tag_key(name).tag_value(value).build().ok()
}

/// Every alias being read right now, in one listing: AWS filters by key at most.
pub(crate) struct Aliases;

impl Batch for Aliases {
    type Item = AliasListEntry;
    const MAX: usize = 10_000;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<AliasListEntry>> {
        let listed = aws.kms().list_aliases().into_paginator().items().send();
        let listed = listed.collect::<Result<Vec<_>, _>>().await?;
        let named = listed.into_iter().filter_map(|it| Some((it.alias_name.clone()?, it)));
        Ok(named.filter(|(name, _)| names.contains(name)).collect())
    }
}

/// Whether the text names that key: by its identifier or its ARN.
pub(crate) fn names_key(text: &str, key: &str) -> bool {
    text.rsplit('/').next() == Some(key)
}

/// ARN of the key that an alias points at: it sits where the alias does.
pub(crate) fn target_arn(alias: &AliasListEntry) -> Option<String> {
    let (place, _) = alias.alias_arn()?.rsplit_once(":alias/")?;
    Some(format!("{place}:key/{}", alias.target_key_id()?))
}

/// The document that [`aws_sdk_kms::Client::get_key_policy`] tells.
pub(crate) async fn policy(aws: &Aws, key: &str) -> Result<Option<String>> {
    let call = aws.kms().get_key_policy().key_id(key).policy_name("default");
    Ok(call.send().await?.policy)
}

crate::aws::once::once!(aws_sdk_kms);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_by_identifier_or_arn() {
        let arn = "arn:aws:kms:eu-central-1:1:key/k-1";
        assert!(names_key("k-1", "k-1") && names_key(arn, "k-1"));
        assert!(!names_key(arn, "k-2"));
        let alias = AliasListEntry::builder()
            .alias_arn("arn:aws:kms:eu-central-1:1:alias/a/b")
            .target_key_id("k-1");
        assert_eq!(target_arn(&alias.build()).as_deref(), Some(arn));
    }
}
