//! `aws_secretsmanager_secret_version`, read only: a secret's value, which ends up in the state.

use super::super::prelude::*;
use super::super::{binary, value_of};
use crate::schema::Secret;

/// Value of a secret. The state keeps it; the ephemeral resource of the same name keeps it nowhere.
///
/// ```hcl
/// data "aws_secretsmanager_secret_version" "database" {
///   secret_id = "fastcart/database"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_secretsmanager_secret_version")]
pub struct SecretVersion {
    /// Secret to read: its ARN or name.
    pub secret_id: String,
    /// Identifier of the version; the one with the label `version_stage` when unset.
    pub version_id: Auto<String>,
    /// Label of the version; not looked at when `version_id` is set.
    #[attr(default = "AWSCURRENT")]
    pub version_stage: String,
    /// ARN of the secret.
    pub arn: Out<String>,
    /// When the version was made.
    pub created_date: Out<String>,
    /// ARN of the secret.
    pub secret_arn: Out<String>,
    /// Value that is not text: as text where it can be, else in base64.
    pub secret_binary: Out<Secret<String>>,
    /// Value that is text.
    pub secret_string: Out<Secret<String>>,
    /// Labels of the version.
    pub version_stages: Out<Set<String>>,
}

impl DataSource for SecretVersion {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let version = self.version_id.given();
        let stage = Some(self.version_stage.clone()).filter(|_| version.is_none());
        let told = value_of(aws, &self.secret_id, version, stage).await?;
        let (Some(arn), Some(version)) = (told.arn, told.version_id) else { return Id::need(None) };
        let id = Id(format!("{arn}|{version}"));
        self.created_date.set(told.created_date.as_ref().and_then(rfc3339));
        self.secret_binary.set(binary(told.secret_binary));
        self.secret_string.set(told.secret_string.map(Secret::from));
        self.version_stages.set(Set(told.version_stages.unwrap_or_default()));
        self.version_id.set(version);
        self.arn.set(arn.clone());
        self.secret_arn.set(arn);
        Ok(id)
    }
}
