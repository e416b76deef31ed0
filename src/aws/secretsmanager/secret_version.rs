//! `aws_secretsmanager_secret_version`: a value of a secret.
//!
//! The value is sent once and never read back: a version keeps the value it was made with, and
//! another value is another version. So the first apply after an import makes a new one.

use super::prelude::*;
use crate::schema::{Secret, WriteOnly};
use aws_smithy_types::Blob;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Value of a secret.
///
/// ```hcl
/// resource "aws_secretsmanager_secret_version" "database" {
///   secret_id                = aws_secretsmanager_secret.database.arn
///   secret_string_wo         = jsonencode({ username = "orders", password = "change me" })
///   secret_string_wo_version = 1
/// }
///
/// resource "aws_secretsmanager_secret" "database" {
///   name = "fastcart/database"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_secretsmanager_secret_version")]
pub struct SecretVersion {
    /// Value that is not text, in base64; kept in the state.
    #[attr(replace, conflicts("secret_string", "secret_string_wo"), format = "base64")]
    pub secret_binary: Option<Secret<String>>,
    /// Secret that gets the value: its ARN or name.
    #[attr(replace)]
    pub secret_id: String,
    /// Value; kept in the state.
    #[attr(
        replace,
        conflicts("secret_binary", "secret_string_wo"),
        at_least_one_of("secret_string", "secret_string_wo", "secret_binary")
    )]
    pub secret_string: Option<Secret<String>>,
    /// Value that is kept nowhere else; sent whenever `secret_string_wo_version` changes.
    #[attr(conflicts("secret_binary", "secret_string"), required_with("secret_string_wo_version"))]
    pub secret_string_wo: WriteOnly<String>,
    /// Number to change when `secret_string_wo` is another.
    #[attr(replace, required_with("secret_string_wo"))]
    pub secret_string_wo_version: Option<i32>,
    /// Labels by which the version is read; `AWSCURRENT` when unset.
    pub version_stages: Auto<Set<String>>,
    /// ARN of the secret.
    pub arn: Out<String>,
    /// Whether the value is kept nowhere else.
    pub has_secret_string_wo: Out<bool>,
    /// ARN of the secret.
    pub secret_arn: Out<String>,
    /// Identifier of the version.
    pub version_id: Out<String>,
}

/// What is told of a version: never its value.
pub struct Seen {
    arn: String,
    name: Option<String>,
    version: String,
    stages: Vec<String>,
}

impl Driver for SecretVersion {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        match self.put(Some(op.token()), aws).await {
            // An earlier run sent a value that was kept nowhere. What refers to it has this run's.
            Err(it) if op.is_resumed() && it.kind == FailureKind::Exists => {
                self.put(None, aws).await
            }
            other => other,
        }
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let [arn, version] = id.parts('|')?;
        let secret = aws.load::<Secrets>(arn).await?.filter(|it| it.deleted_date.is_none());
        let Some(secret) = secret else { return Ok(None) };
        let stages = secret.version_ids_to_stages.and_then(|mut it| it.remove(version));
        Ok(stages.filter(|it| !it.is_empty()).map(|stages| Seen {
            arn: secret.arn.unwrap_or_else(|| arn.into()),
            name: secret.name,
            version: version.into(),
            stages,
        }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        // A secret may be called by its name or its ARN.
        if seen.name.as_ref() != Some(&self.secret_id) {
            self.secret_id = seen.arn.clone();
        }
        self.version_stages.set(Set(seen.stages));
        self.has_secret_string_wo.set(self.secret_string_wo_version.is_some());
        self.version_id.set(seen.version);
        self.arn.set(seen.arn.clone());
        self.secret_arn.set(seen.arn);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let [arn, version] = id.parts('|')?;
        let none = Set::default();
        let Some(wanted) = self.version_stages.get() else { return Ok(()) };
        let had = have.version_stages.get().unwrap_or(&none);
        let move_stage = aws.secretsmanager().update_secret_version_stage().secret_id(arn);
        if let Some(stage) = wanted.minus(had).into_iter().next() {
            // A label is taken from the version that has it.
            let secret = aws.load::<Secrets>(arn).await?;
            let stages = secret.and_then(|it| it.version_ids_to_stages).unwrap_or_default();
            let mut holders = stages.into_iter().filter(|(it, _)| it != version);
            let holder = holders.find(|(_, stages)| stages.contains(&stage)).map(|(it, _)| it);
            let call = move_stage.version_stage(stage).move_to_version_id(version);
            call.set_remove_from_version_id(holder).send().await?;
        } else if let Some(stage) = had.minus(wanted).into_iter().find(|it| it != CURRENT) {
            let call = move_stage.version_stage(stage).remove_from_version_id(version);
            call.send().await?;
        }
        Ok(())
    }

    /// AWS drops a version that has no label left.
    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let [arn, version] = id.parts('|')?;
        let secret = aws.load::<Secrets>(arn).await?;
        let stages = secret.and_then(|mut it| it.version_ids_to_stages.as_mut()?.remove(version));
        for stage in stages.unwrap_or_default().into_iter().filter(|it| it != CURRENT) {
            let call = aws.secretsmanager().update_secret_version_stage().secret_id(arn);
            call.version_stage(stage).remove_from_version_id(version).send().await?;
        }
        Ok(())
    }

    /// The current version goes with its secret, or when another becomes current.
    fn stays(&self) -> bool {
        self.version_stages.get().is_some_and(|it| it.0.iter().any(|it| it == CURRENT))
    }
}

/// The label that one version of a secret always has.
const CURRENT: &str = "AWSCURRENT";

impl SecretVersion {
    async fn put(&self, token: Option<&str>, aws: &Aws) -> Result<Id> {
        let binary = self.secret_binary.as_ref().map(|it| STANDARD.decode(it.expose()));
        let Ok(binary) = binary.transpose() else {
            return Err(Failure::fatal("`secret_binary` is not base64"));
        };
        let text = self.secret_string.as_ref().map(Secret::expose);
        let text = text.or_else(|| self.secret_string_wo.expose());
        let call = aws.secretsmanager().put_secret_value().secret_id(&self.secret_id);
        let put = call
            .set_client_request_token(token.map(String::from))
            .set_secret_string(text.cloned())
            .set_secret_binary(binary.map(Blob::new))
            .set_version_stages(self.version_stages.given().map(|it| it.0))
            .send()
            .await?;
        let (Some(arn), Some(version)) = (put.arn, put.version_id) else { return Id::need(None) };
        Ok(Id(format!("{arn}|{version}")))
    }
}
