//! `aws_kms_key`, read only: a key by any of its names.

use super::super::prelude::*;
use crate::aws::times::rfc3339;

/// Key that is declared elsewhere.
///
/// ```hcl
/// data "aws_kms_key" "kinesis" {
///   key_id = "alias/aws/kinesis"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_kms_key")]
pub struct Key {
    /// Tokens of grants that are not in force everywhere yet.
    pub grant_tokens: Option<Vec<String>>,
    /// Identifier, ARN or alias of the key.
    pub key_id: String,
    /// ARN of the key.
    pub arn: Out<String>,
    /// Number of the account that owns the key.
    pub aws_account_id: Out<String>,
    /// CloudHSM cluster that holds the key.
    pub cloud_hsm_cluster_id: Out<String>,
    /// When the key was made.
    pub creation_date: Out<String>,
    /// Key store outside of KMS that holds the key.
    pub custom_key_store_id: Out<String>,
    /// Algorithm and length of the key.
    pub customer_master_key_spec: Out<String>,
    /// When the key ends; while it is being deleted.
    pub deletion_date: Out<String>,
    /// What the key is for, in words.
    pub description: Out<String>,
    /// Whether the key can be used.
    pub enabled: Out<bool>,
    /// Whether imported material expires.
    pub expiration_model: Out<String>,
    /// `CUSTOMER` or `AWS`.
    pub key_manager: Out<String>,
    /// Algorithm and length of the key.
    pub key_spec: Out<String>,
    /// How far along the key is.
    pub key_state: Out<String>,
    /// What the key may be used for.
    pub key_usage: Out<String>,
    /// Whether the key may be replicated into other regions.
    pub multi_region: Out<bool>,
    /// Replicas of the key.
    pub multi_region_configuration: Out<Vec<MultiRegionConfiguration>>,
    /// Where the material of the key comes from.
    pub origin: Out<String>,
    /// Days from deletion to the end of a key with replicas.
    pub pending_deletion_window_in_days: Out<i32>,
    /// When imported material expires.
    pub valid_to: Out<String>,
    /// Key of the external key store that stands behind this one.
    pub xks_key_configuration: Out<Vec<XksKeyConfiguration>>,
}

/// Replicas of a key.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct MultiRegionConfiguration {
    /// `PRIMARY` or `REPLICA`.
    pub multi_region_key_type: Out<String>,
    /// Key that the replicas were made of.
    pub primary_key: Out<Vec<RegionKey>>,
    /// Replicas.
    pub replica_keys: Out<Vec<RegionKey>>,
}

/// A key in a region.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct RegionKey {
    /// ARN of the key.
    pub arn: Out<String>,
    /// Region of the key.
    pub region: Out<String>,
}

/// Key of an external key store.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct XksKeyConfiguration {
    /// Identifier in that store.
    pub id: Out<String>,
}

impl DataSource for Key {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let call = aws.kms().describe_key().key_id(&self.key_id);
        let found = call.set_grant_tokens(self.grant_tokens.clone()).send().await?.key_metadata;
        let Some(key) = found else { return Err(Failure::fatal("the reply names no key")) };
        let text = |it: Option<&str>| it.map(String::from);
        self.arn.set(key.arn);
        self.aws_account_id.set(key.aws_account_id);
        self.cloud_hsm_cluster_id.set(key.cloud_hsm_cluster_id);
        self.creation_date.set(key.creation_date.as_ref().and_then(rfc3339));
        self.custom_key_store_id.set(key.custom_key_store_id);
        let spec = text(key.key_spec.as_ref().map(|it| it.as_str()));
        self.customer_master_key_spec.set(spec.clone());
        self.key_spec.set(spec);
        self.deletion_date.set(key.deletion_date.as_ref().and_then(rfc3339));
        self.description.set(key.description);
        self.enabled.set(key.enabled);
        self.expiration_model.set(text(key.expiration_model.as_ref().map(|it| it.as_str())));
        self.key_manager.set(text(key.key_manager.as_ref().map(|it| it.as_str())));
        self.key_state.set(text(key.key_state.as_ref().map(|it| it.as_str())));
        self.key_usage.set(text(key.key_usage.as_ref().map(|it| it.as_str())));
        self.multi_region.set(key.multi_region);
        let regions = key.multi_region_configuration.map(MultiRegionConfiguration::from);
        self.multi_region_configuration.set(regions.into_iter().collect::<Vec<_>>());
        self.origin.set(text(key.origin.as_ref().map(|it| it.as_str())));
        self.pending_deletion_window_in_days.set(key.pending_deletion_window_in_days);
        self.valid_to.set(key.valid_to.as_ref().and_then(rfc3339));
        let external = key.xks_key_configuration.and_then(|it| it.id);
        let external = external.map(|it| XksKeyConfiguration { id: Some(it).into() });
        self.xks_key_configuration.set(external.into_iter().collect::<Vec<_>>());
        Ok(Id(key.key_id))
    }
}

impl From<types::MultiRegionConfiguration> for MultiRegionConfiguration {
    fn from(it: types::MultiRegionConfiguration) -> Self {
        let key =
            |it: types::MultiRegionKey| RegionKey { arn: it.arn.into(), region: it.region.into() };
        let kind = it.multi_region_key_type.map(|it| it.as_str().to_string());
        MultiRegionConfiguration {
            multi_region_key_type: kind.into(),
            primary_key: Some(it.primary_key.into_iter().map(key).collect()).into(),
            replica_keys: Some(it.replica_keys.into_iter().flatten().map(key).collect()).into(),
        }
    }
}
