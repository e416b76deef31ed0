//! Drivers of the service `secretsmanager`, and what they share.
//!
//! A value is read where somebody asks for it only: by the data source and the ephemeral resource.
//! What a secret holds is neither read back nor compared.

pub mod data;
pub mod ephemeral;
pub mod secret;
pub mod secret_policy;
pub mod secret_rotation;
pub mod secret_version;

pub use secret::Secret;
pub use secret_policy::SecretPolicy;
pub use secret_rotation::SecretRotation;
pub use secret_version::SecretVersion;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_sdk_secretsmanager::operation::get_secret_value::GetSecretValueOutput;
use aws_sdk_secretsmanager::types::Tag;
use aws_smithy_types::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Aws;
use super::batch::{Batch, Keyed};
use crate::driver::{Failure, FailureKind, Result};
use crate::schema;

/// What every driver file of this folder begins with.
pub(crate) mod prelude {
    pub(crate) use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
    pub(crate) use aws_sdk_secretsmanager::types;

    pub(crate) use super::{Secrets, known_soon};
    pub(crate) use crate::aws::times::rfc3339;
    pub(crate) use crate::aws::{Aws, tags};
    pub(crate) use crate::diag::Diagnostics;
    pub(crate) use crate::driver::{
        DataSource, Driver, Ephemeral, Failure, FailureKind, Id, Op, Result, Status,
    };
    pub(crate) use crate::schema::compare::{agreed, same_json};
    pub(crate) use crate::schema::{
        Auto, Block, BlockSet, Blocks, Nested, Out, Resource, Set, Tags,
    };
}

/// What is told of the secrets being read right now, by name or ARN and without their values: a
/// secret, its rotation and its versions are read by one call.
pub(crate) struct Secrets;

impl Batch for Secrets {
    type Item = DescribeSecretOutput;
    const MAX: usize = 1;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<DescribeSecretOutput>> {
        let mut found = Keyed::new();
        for id in ids {
            let reply = aws.secretsmanager().describe_secret().secret_id(&id).send().await?;
            let names = [Some(id), reply.arn.clone(), reply.name.clone()];
            found.extend(names.into_iter().flatten().map(|name| (name, reply.clone())));
        }
        Ok(found)
    }
}

/// Policies of the secrets being read right now; a secret without one is absent.
pub(crate) struct Policies;

impl Batch for Policies {
    type Item = String;
    const MAX: usize = 1;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<String>> {
        let mut found = Keyed::new();
        for id in ids {
            let call = aws.secretsmanager().get_resource_policy().secret_id(&id);
            let policy = match call.send().await.map_err(Failure::from) {
                Ok(reply) => reply.resource_policy,
                // A secret that is being deleted tells none.
                Err(it) if it.code.as_deref() == Some("InvalidRequestException") => None,
                Err(it) => return Err(it),
            };
            found.extend(policy.map(|it| (id, it)));
        }
        Ok(found)
    }
}

/// One tag.
pub(crate) fn tag(name: impl Into<String>, value: impl Into<String>) -> Tag {
    Tag::builder().key(name).value(value).build()
}

/// Names and values of tags.
pub(crate) fn pairs(tags: Option<Vec<Tag>>) -> impl Iterator<Item = (String, String)> {
    let pair = |it: Tag| Some((it.key?, it.value.unwrap_or_default()));
    tags.unwrap_or_default().into_iter().filter_map(pair)
}

crate::aws::once::once!(aws_sdk_secretsmanager);

/// Some refusals are about what was made or deleted just now. By their codes they are the same as
/// those that stay.
pub(crate) fn known_soon(mut refusal: Failure) -> Failure {
    let passing = [
        // A policy that names a principal made just now.
        "unsupported principal",
        // A name whose secret was deleted for good a moment ago, or is kept for its recovery.
        "scheduled for deletion",
        "marked for deletion",
        // A rotation on its way.
        "previous rotation isn't complete",
        "rotation request is still in progress",
        // A function whose permission was given just now.
        "cannot invoke the specified Lambda function",
    ];
    if passing.iter().any(|it| refusal.message.contains(it)) {
        refusal.kind = FailureKind::Retryable;
    }
    if refusal.message.contains("cannot invoke the specified Lambda function") {
        refusal = refusal.hint(
            "give the function an `aws_lambda_permission` with `principal = \"secretsmanager.amazonaws.com\"`",
        );
    }
    if refusal.message.contains("scheduled for deletion") {
        refusal = refusal.hint(
            "choose another name, or end the recovery window: `aws secretsmanager delete-secret \
             --force-delete-without-recovery --secret-id …`",
        );
    }
    refusal
}

/// One version of a secret with its value.
pub(crate) async fn value_of(
    aws: &Aws,
    secret: &str,
    version: Option<String>,
    stage: Option<String>,
) -> Result<GetSecretValueOutput> {
    let is_current = version.is_none() && stage.as_deref().is_none_or(|it| it == "AWSCURRENT");
    if aws.is_surveying()
        && is_current
        && let Some(it) = aws.load::<Values>(secret).await?
    {
        return Ok(it);
    }
    let call = aws.secretsmanager().get_secret_value().secret_id(secret).set_version_id(version);
    call.set_version_stage(stage).send().await.map_err(|it| {
        let it = Failure::from(it);
        match it.kind {
            FailureKind::NotFound => {
                it.hint(format!("`{secret}` must be a secret in {} that has a value", aws.region()))
            }
            _ => it,
        }
    })
}

/// Current values of the secrets being read right now. Whichever is not told, or all where they may
/// not be asked for together, is read alone, which tells why; and so is a single one.
struct Values;

impl Batch for Values {
    type Item = GetSecretValueOutput;
    const MAX: usize = 20;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<GetSecretValueOutput>> {
        let mut found = Keyed::new();
        if ids.len() == 1 {
            return Ok(found);
        }
        let call = aws.secretsmanager().batch_get_secret_value().set_secret_id_list(Some(ids));
        let told = call.send().await.ok().and_then(|it| it.secret_values).unwrap_or_default();
        for it in told {
            let names = [it.arn.clone(), it.name.clone()];
            let value = GetSecretValueOutput::builder()
                .set_arn(it.arn)
                .set_name(it.name)
                .set_version_id(it.version_id)
                .set_secret_binary(it.secret_binary)
                .set_secret_string(it.secret_string)
                .set_version_stages(it.version_stages)
                .set_created_date(it.created_date)
                .build();
            found.extend(names.into_iter().flatten().map(|name| (name, value.clone())));
        }
        Ok(found)
    }
}

/// A value that is not text: as the text it is, else in base64.
pub(crate) fn binary(value: Option<Blob>) -> Option<schema::Secret<String>> {
    let text = |it: Blob| match String::from_utf8(it.into_inner()) {
        Ok(text) => text,
        Err(bytes) => STANDARD.encode(bytes.as_bytes()),
    };
    value.map(text).map(schema::Secret::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_told_as_text_where_they_are() {
        let told = |it: &[u8]| binary(Some(Blob::new(it))).map(|it| it.expose().clone());
        assert_eq!(told(b"abc").as_deref(), Some("abc"));
        assert_eq!(told(&[0xff, 0xfe]).as_deref(), Some("//4="));
        assert!(binary(None).is_none());
    }

    #[test]
    fn what_passes_is_worth_another_try() {
        let cases = [
            ("This resource policy contains an unsupported principal.", FailureKind::Retryable),
            ("a secret with this name is already scheduled for deletion.", FailureKind::Retryable),
            ("A previous rotation isn't complete. It will be tried again.", FailureKind::Retryable),
            ("This resource policy contains a syntax error.", FailureKind::Fatal),
        ];
        for (message, kind) in cases {
            assert_eq!(known_soon(Failure::fatal(message)).kind, kind, "{message}");
        }
    }
}
