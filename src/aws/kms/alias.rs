//! `aws_kms_alias`: a name for a key.

use super::prelude::*;
use super::{Aliases, names_key, once, target_arn};
use crate::aws::names;

/// Name by which a key is called, and which can be moved to another key.
///
/// ```hcl
/// resource "aws_kms_alias" "data" {
///   name          = "alias/fastcart-data"
///   target_key_id = aws_kms_key.data.key_id
/// }
///
/// resource "aws_kms_key" "data" {}
/// ```
#[derive(Debug, Resource)]
#[resource("aws_kms_alias")]
pub struct Alias {
    /// Name with `alias/` before it; made up when unset.
    #[attr(replace, conflicts("name_prefix"), length(7, 256), format = "kms_alias")]
    pub name: Auto<String>,
    /// Beginning of a name that is made up, with `alias/` before it.
    #[attr(replace, conflicts("name"), length(6, 230), format = "kms_alias")]
    pub name_prefix: Auto<String>,
    /// Identifier or ARN of the key.
    pub target_key_id: String,
    /// ARN of the alias.
    pub arn: Out<String>,
    /// ARN of the key.
    pub target_key_arn: Out<String>,
}

impl Driver for Alias {
    type Cloud = Aws;
    type Seen = types::AliasListEntry;

    fn check(draft: &AliasDraft<'_>, diagnostics: &mut Diagnostics) {
        let names = [("name", draft.name()), ("name_prefix", draft.name_prefix())];
        for (argument, name) in names {
            if name.known().is_some_and(|it| it.starts_with("alias/aws/")) {
                draft.refuse(diagnostics, argument, "names in `alias/aws/` are for AWS itself");
            }
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "alias/terraform-");
        let call = aws.kms().create_alias().alias_name(&name).target_key_id(&self.target_key_id);
        let made = call.customize().config_override(once()).send().await;
        let made = made.map(|_| Id(name.clone())).map_err(Failure::from);
        op.or_adopt(made, || Id(name))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<types::AliasListEntry>> {
        aws.load::<Aliases>(id).await
    }

    fn status(_: &types::AliasListEntry) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: types::AliasListEntry) {
        self.target_key_arn.set(target_arn(&seen));
        self.name.set(seen.alias_name);
        self.arn.set(seen.alias_arn);
        // The user may name the key by its ARN; AWS tells its identifier only.
        let key = seen.target_key_id.unwrap_or_default();
        if !names_key(&self.target_key_id, &key) {
            self.target_key_id = key;
        }
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if self.target_key_id != have.target_key_id {
            let call = aws.kms().update_alias().alias_name(&**id);
            call.target_key_id(&self.target_key_id).send().await?;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.kms().delete_alias().alias_name(&**id).send().await?;
        Ok(())
    }
}
