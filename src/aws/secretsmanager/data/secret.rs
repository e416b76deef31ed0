//! `aws_secretsmanager_secret`, read only: all about a secret but its value.

use std::collections::BTreeMap;

use super::super::prelude::*;
use super::super::{Policies, pairs};

/// Secret that is declared elsewhere, without its value.
///
/// ```hcl
/// data "aws_secretsmanager_secret" "database" {
///   name = "fastcart/database"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_secretsmanager_secret")]
pub struct Secret {
    /// ARN of the secret; either this or its name.
    #[attr(exactly_one_of("arn", "name"), format = "arn")]
    pub arn: Auto<String>,
    /// Name of the secret; either this or its ARN.
    pub name: Auto<String>,
    /// When the secret was made.
    pub created_date: Out<String>,
    /// What the secret is for, in words.
    pub description: Out<String>,
    /// Key that values are encrypted with; none where AWS keeps it.
    pub kms_key_id: Out<String>,
    /// When the secret was last changed.
    pub last_changed_date: Out<String>,
    /// Who may read the secret besides those whom IAM allows.
    pub policy: Out<String>,
    /// Tags of the secret.
    pub tags: Auto<BTreeMap<String, String>>,
    /// Kind of secret that AWS rotates by itself for another provider.
    pub r#type: Out<String>,
}

impl DataSource for Secret {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let given = self.arn.given().or_else(|| self.name.given());
        let Some(asked) = given else { return Err(Failure::fatal("neither `arn` nor `name`")) };
        let policy = async {
            match aws.leaves::<Secret>("policy", self.created_date.get().is_some()) {
                true => Ok(self.policy.get().cloned()),
                false => aws.load::<Policies>(&asked).await,
            }
        };
        let (secret, policy) = tokio::join!(aws.load::<Secrets>(&asked), policy);
        let Some(secret) = secret?.filter(|it| it.deleted_date.is_none()) else {
            let why = format!("there is no secret `{asked}` in {}", aws.region());
            return Err(Failure::new(FailureKind::NotFound, why));
        };
        self.policy.set(policy?);
        self.created_date.set(secret.created_date.as_ref().and_then(rfc3339));
        self.last_changed_date.set(secret.last_changed_date.as_ref().and_then(rfc3339));
        self.description.set(secret.description);
        self.kms_key_id.set(secret.kms_key_id);
        self.name.set(secret.name);
        self.r#type.set(secret.r#type);
        let own = pairs(secret.tags).filter(|(name, _)| !name.starts_with("aws:"));
        self.tags.set(own.collect::<BTreeMap<_, _>>());
        self.arn.set(secret.arn.clone());
        Id::need(secret.arn)
    }
}
