//! `aws_secretsmanager_secret_version`, ephemeral: a secret's value, kept nowhere.

use super::super::prelude::*;
use super::super::{binary, value_of};
use crate::schema::Secret;

/// Value of a secret, read anew in every run and kept nowhere.
///
/// ```hcl
/// ephemeral "aws_secretsmanager_secret_version" "database" {
///   secret_id = "fastcart/database"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_secretsmanager_secret_version", anonymous)]
pub struct SecretVersion {
    /// Secret to read: its ARN or name.
    pub secret_id: String,
    /// Identifier of the version; the one with the label `version_stage` when unset.
    pub version_id: Auto<String>,
    /// Label of the version; `AWSCURRENT` when unset.
    pub version_stage: Auto<String>,
    /// ARN of the secret.
    pub arn: Out<String>,
    /// When the version was made.
    pub created_date: Out<String>,
    /// Value that is not text: as text where it can be, else in base64.
    pub secret_binary: Out<Secret<String>>,
    /// Value that is text.
    pub secret_string: Out<Secret<String>>,
    /// Labels of the version.
    pub version_stages: Out<Vec<String>>,
}

impl Ephemeral for SecretVersion {
    type Cloud = Aws;

    async fn open(&mut self, aws: &Aws) -> Result<()> {
        let (version, stage) = (self.version_id.given(), self.version_stage.given());
        let asked = stage.clone().or_else(|| version.is_none().then(|| "AWSCURRENT".to_string()));
        let told = value_of(aws, &self.secret_id, version, stage).await?;
        self.arn.set(told.arn);
        self.created_date.set(told.created_date.as_ref().and_then(rfc3339));
        self.secret_binary.set(binary(told.secret_binary));
        self.secret_string.set(told.secret_string.map(Secret::from));
        self.version_id.set(told.version_id);
        let stages = told.version_stages.unwrap_or_default();
        self.version_stage.set(asked.or_else(|| stages.first().cloned()));
        self.version_stages.set(stages);
        Ok(())
    }
}
