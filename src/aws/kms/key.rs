//! `aws_kms_key`: a key that never leaves KMS.

use std::collections::BTreeMap;

use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::operation::get_key_rotation_status::GetKeyRotationStatusOutput;
use futures_util::stream::{self, StreamExt};

use super::prelude::*;
use super::{once, policy, tag};
use crate::aws::tags::{self, TOKEN};
use types::{KeySpec, KeyState, KeyUsageType, OriginType};

/// Key that encrypts, signs or authenticates without ever leaving KMS.
///
/// ```hcl
/// resource "aws_kms_key" "data" {
///   description             = "Orders at rest"
///   enable_key_rotation     = true
///   deletion_window_in_days = 7
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_kms_key", tags = "key", create = "2m")]
pub struct Key {
    /// Accepts a policy that would lock the caller out of the key.
    #[attr(default = false, local)]
    pub bypass_policy_lockout_safety_check: bool,
    /// Key store outside of KMS that holds the key; KMS holds it when unset.
    #[attr(replace, length(1, 22))]
    pub custom_key_store_id: Option<String>,
    /// Algorithm and length of the key.
    #[attr(replace, default = "SYMMETRIC_DEFAULT")]
    pub customer_master_key_spec: KeySpec,
    /// Days between deletion and the end of the key, in which it can be called back; 30 when unset.
    #[attr(range(7, 30), local)]
    pub deletion_window_in_days: Option<i32>,
    /// What the key is for, in words.
    #[attr(length(0, 8192))]
    pub description: Auto<String>,
    /// Replaces the key's material regularly; symmetric keys only.
    #[attr(default = false)]
    pub enable_key_rotation: bool,
    /// Whether the key can be used.
    #[attr(default = true)]
    pub is_enabled: bool,
    /// What the key may be used for.
    #[attr(replace, default = "ENCRYPT_DECRYPT")]
    pub key_usage: KeyUsageType,
    /// Lets the key be replicated into other regions; it stays in one when unset.
    #[attr(replace)]
    pub multi_region: Auto<bool>,
    /// Who may use and administer the key; everyone whom IAM allows when unset.
    #[attr(json, format = "json")]
    pub policy: Auto<String>,
    /// Days between rotations; 365 when unset.
    #[attr(range(90, 2560), required_with("enable_key_rotation"))]
    pub rotation_period_in_days: Auto<i32>,
    /// Key of the external key store that stands behind this one.
    #[attr(replace, length(1, 128), required_with("custom_key_store_id"))]
    pub xks_key_id: Option<String>,
    /// ARN of the key.
    pub arn: Out<String>,
    /// Identifier of the key.
    pub key_id: Out<String>,
    /// Tags of the key.
    pub tags: Tags,
}

/// What four reads tell of a key. The last three are empty while it is being deleted.
pub struct Seen {
    key: types::KeyMetadata,
    policy: Option<String>,
    rotation: Option<GetKeyRotationStatusOutput>,
    tags: BTreeMap<String, String>,
}

impl Driver for Key {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &KeyDraft<'_>, diagnostics: &mut Diagnostics) {
        let rotates = draft.value("enable_key_rotation");
        if draft.rotation_period_in_days().known().is_some() && rotates.as_bool() == Some(false) {
            let why = "the key is not rotated: write `enable_key_rotation = true` beside it";
            draft.refuse(diagnostics, "rotation_period_in_days", why);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        if let Some(made) = resumed(aws, op).await? {
            return Ok(made);
        }
        let tags =
            self.tags.all.iter().filter_map(|(k, v)| tag(k, v)).chain(tag(TOKEN, op.token()));
        let origin = match (&self.custom_key_store_id, &self.xks_key_id) {
            (_, Some(_)) => Some(OriginType::ExternalKeyStore),
            (Some(_), None) => Some(OriginType::AwsCloudhsm),
            (None, None) => None,
        };
        let made = aws
            .kms()
            .create_key()
            .bypass_policy_lockout_safety_check(self.bypass_policy_lockout_safety_check)
            .set_custom_key_store_id(self.custom_key_store_id.clone())
            .key_spec(self.customer_master_key_spec.clone())
            .key_usage(self.key_usage.clone())
            .set_description(self.description.given())
            .set_multi_region(self.multi_region.given())
            .set_origin(origin)
            .set_policy(self.policy.given())
            .set_xks_key_id(self.xks_key_id.clone())
            .set_tags(Some(tags.collect()))
            .customize()
            .config_override(once())
            .send()
            .await?;
        Id::need(made.key_metadata.map(|it| it.key_id))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let key = aws.kms().describe_key().key_id(&**id).send();
        let (key, policy, rotation, tags) =
            tokio::join!(key, policy(aws, id), rotation(aws, id), tags_of(aws, id));
        let Some(key) = key?.key_metadata else { return Ok(None) };
        if is_going(&key) {
            return Ok(Some(Seen { key, policy: None, rotation: None, tags: BTreeMap::new() }));
        }
        Ok(Some(Seen { key, policy: policy?, rotation: rotation?, tags: tags? }))
    }

    fn status(seen: &Seen) -> Status {
        match &seen.key.key_state {
            _ if is_going(&seen.key) => Status::Gone,
            Some(it @ (KeyState::Creating | KeyState::Updating)) => Status::busy(it.as_str()),
            _ => Status::Ready,
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { key, policy, rotation, tags } = seen;
        self.arn.set(key.arn);
        self.key_id.set(key.key_id);
        self.description.set(key.description);
        self.is_enabled = key.enabled;
        self.custom_key_store_id = key.custom_key_store_id;
        self.xks_key_id = key.xks_key_configuration.and_then(|it| it.id);
        self.multi_region.set(key.multi_region);
        if let Some(it) = key.key_spec {
            self.customer_master_key_spec = it;
        }
        if let Some(it) = key.key_usage {
            self.key_usage = it;
        }
        self.policy.set(policy.map(|it| settled(self.policy.get(), it)));
        self.enable_key_rotation = rotation.as_ref().is_some_and(|it| it.key_rotation_enabled);
        // Of a key that is not rotated AWS tells no period; the one that was stays.
        let period = rotation.and_then(|it| it.rotation_period_in_days);
        if period.is_some() || self.rotation_period_in_days.given().is_none() {
            self.rotation_period_in_days.set(period);
        }
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (kms, key) = (aws.kms(), &**id);
        let period = self.rotation_period_in_days.given();
        let rotates = self.enable_key_rotation;
        if self.is_enabled && !have.is_enabled {
            kms.enable_key().key_id(key).send().await?;
        } else if self.description.differs(&have.description) {
            let description = self.description.given().unwrap_or_default();
            kms.update_key_description().key_id(key).description(description).send().await?;
        } else if rotates && (!have.enable_key_rotation || period_differs(self, have)) {
            let call = kms.enable_key_rotation().key_id(key);
            call.set_rotation_period_in_days(period).send().await?;
        } else if !rotates && have.enable_key_rotation {
            kms.disable_key_rotation().key_id(key).send().await?;
        } else if let Some(policy) = changed(&self.policy, &have.policy) {
            kms.put_key_policy()
                .key_id(key)
                .policy_name("default")
                .policy(policy)
                .bypass_policy_lockout_safety_check(self.bypass_policy_lockout_safety_check)
                .send()
                .await?;
        } else if !self.is_enabled && have.is_enabled {
            kms.disable_key().key_id(key).send().await?;
        } else {
            return aws.sync_tags::<tags::Kms>(id, &self.tags, &have.tags).await;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let call = aws.kms().schedule_key_deletion().key_id(&**id);
        call.set_pending_window_in_days(self.deletion_window_in_days).send().await?;
        Ok(())
    }
}

/// A key on its way out counts as gone: it can be called back, but no longer used.
fn is_going(key: &types::KeyMetadata) -> bool {
    matches!(key.key_state, Some(KeyState::PendingDeletion | KeyState::PendingReplicaDeletion))
}

fn period_differs(want: &Key, have: &Key) -> bool {
    want.rotation_period_in_days.differs(&have.rotation_period_in_days)
}

/// The policy wanted, where the key has one that means something else.
fn changed<'a>(want: &'a Auto<String>, have: &Auto<String>) -> Option<&'a String> {
    want.get().filter(|it| !have.get().is_some_and(|have| same_json(it, have)))
}

/// How the key is rotated; none for keys that cannot be.
async fn rotation(aws: &Aws, key: &str) -> Result<Option<GetKeyRotationStatusOutput>> {
    match aws.kms().get_key_rotation_status().key_id(key).send().await {
        Ok(it) => Ok(Some(it)),
        Err(it) if it.code() == Some("UnsupportedOperationException") => Ok(None),
        Err(it) => Err(it.into()),
    }
}

async fn tags_of(aws: &Aws, key: &str) -> Result<BTreeMap<String, String>> {
    let arn = aws.arn("kms", aws.account().await?, format!("key/{key}"));
    aws.tags(&arn, own_tags(aws, key)).await
}

/// Tags as KMS itself tells them.
async fn own_tags(aws: &Aws, key: &str) -> Result<BTreeMap<String, String>> {
    let listed = aws.kms().list_resource_tags().key_id(key).into_paginator().items().send();
    let listed = listed.collect::<Result<Vec<_>, _>>().await?;
    Ok(listed.into_iter().map(|it| (it.tag_key, it.tag_value)).collect())
}

/// What an earlier run of the same operation made: the key that carries its tag. AWS cannot search
/// by tag, so every key is asked; no call at all where the operation is new.
async fn resumed(aws: &Aws, op: &Op) -> Result<Option<Id>> {
    if !op.is_resumed() {
        return Ok(None);
    }
    let keys = aws.kms().list_keys().into_paginator().items().send();
    let keys = keys.collect::<Result<Vec<_>, _>>().await?;
    let ids = keys.into_iter().filter_map(|it| it.key_id).map(|id| async move {
        // Keys that the caller may not read are not ours.
        let tags = own_tags(aws, &id).await.unwrap_or_default();
        let ours = tags.get(TOKEN).is_some_and(|it| it == op.token());
        ours.then_some(Id(id))
    });
    let mut found = stream::iter(ids).buffer_unordered(8).filter_map(std::future::ready).boxed();
    Ok(found.next().await)
}
