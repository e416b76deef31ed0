//! `aws_kms_alias`, read only: the key that a name stands for.

use super::super::prelude::*;
use super::super::{Aliases, target_arn};

/// Alias that is declared elsewhere, or that AWS made for a service.
///
/// ```hcl
/// data "aws_kms_alias" "kinesis" {
///   name = "alias/aws/kinesis"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_kms_alias")]
pub struct Alias {
    /// Name with `alias/` before it.
    #[attr(format = "kms_alias")]
    pub name: String,
    /// ARN of the alias.
    pub arn: Out<String>,
    /// ARN of the key.
    pub target_key_arn: Out<String>,
    /// Identifier of the key.
    pub target_key_id: Out<String>,
}

impl DataSource for Alias {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let Some(mut alias) = aws.load::<Aliases>(&self.name).await? else {
            let why = format!("there is no alias `{}` in {}", self.name, aws.region());
            return Err(Failure::new(FailureKind::NotFound, why));
        };
        if alias.target_key_id.is_none() {
            // AWS makes the key behind its own alias when the alias is first used, as this does.
            let key = aws.kms().describe_key().key_id(&self.name).send().await?.key_metadata;
            alias.target_key_id = key.map(|it| it.key_id);
        }
        self.target_key_arn.set(target_arn(&alias));
        self.target_key_id.set(alias.target_key_id);
        self.arn.set(alias.alias_arn.clone());
        Id::need(alias.alias_arn)
    }
}
