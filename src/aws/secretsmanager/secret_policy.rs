//! `aws_secretsmanager_secret_policy`: who may read a secret, apart from the secret itself.

use super::Policies;
use super::prelude::*;
use super::secret::put_policy;

/// Policy of a secret that is declared elsewhere.
///
/// ```hcl
/// resource "aws_secretsmanager_secret_policy" "database" {
///   secret_arn = aws_secretsmanager_secret.database.arn
///
///   policy = jsonencode({
///     Version = "2012-10-17"
///     Statement = [{
///       Sid       = "EncryptedConnectionsOnly"
///       Effect    = "Deny"
///       Principal = "*"
///       Action    = "secretsmanager:GetSecretValue"
///       Resource  = "*"
///       Condition = { Bool = { "aws:SecureTransport" = "false" } }
///     }]
///   })
/// }
///
/// resource "aws_secretsmanager_secret" "database" {
///   name = "fastcart/database"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_secretsmanager_secret_policy")]
pub struct SecretPolicy {
    /// Refuses a policy that lets everybody in; AWS accepts it when unset.
    #[attr(local)]
    pub block_public_policy: Option<bool>,
    /// Who may read the secret besides those whom IAM allows.
    #[attr(json, format = "json")]
    pub policy: String,
    /// ARN of the secret.
    #[attr(replace, format = "arn")]
    pub secret_arn: String,
}

impl Driver for SecretPolicy {
    type Cloud = Aws;
    type Seen = (Id, String);

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        put_policy(aws, &self.secret_arn, &self.policy, self.block_public_policy).await?;
        Ok(Id(self.secret_arn.clone()))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<(Id, String)>> {
        Ok(aws.load::<Policies>(id).await?.map(|it| (id.clone(), it)))
    }

    fn status(_: &(Id, String)) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (id, policy): (Id, String)) {
        self.secret_arn = id.0;
        self.policy = agreed(Some(&self.policy), Some(policy)).unwrap_or_default();
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        match same_json(&self.policy, &have.policy) {
            true => Ok(()),
            false => put_policy(aws, id, &self.policy, self.block_public_policy).await,
        }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        put_policy(aws, id, "", None).await
    }
}
