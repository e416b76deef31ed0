//! `aws_secretsmanager_secret_rotation`: how often a secret gets another value, and from whom.

use super::prelude::*;
use types::{ExternalSecretRotationMetadataItem, RotationRulesType};

/// Gives a secret another value again and again; the secret stays readable all the while.
///
/// ```hcl
/// data "aws_secretsmanager_secret" "database" {
///   name = "fastcart/database"
/// }
///
/// resource "aws_secretsmanager_secret_rotation" "database" {
///   secret_id           = data.aws_secretsmanager_secret.database.arn
///   rotation_lambda_arn = "arn:aws:lambda:eu-central-1:123456789012:function:rotate"
///   rotate_immediately  = false
///
///   rotation_rules {
///     automatically_after_days = 30
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_secretsmanager_secret_rotation")]
pub struct SecretRotation {
    /// Role with which AWS rotates a secret of another provider.
    #[attr(format = "arn")]
    pub external_secret_rotation_role_arn: Option<String>,
    /// Rotates now too, and whenever the rotation changes; otherwise the function is only tried.
    #[attr(default = true, local)]
    pub rotate_immediately: bool,
    /// Function that rotates; none for a secret that AWS rotates by itself.
    #[attr(format = "arn")]
    pub rotation_lambda_arn: Option<String>,
    /// Secret to rotate: its ARN or name.
    #[attr(replace)]
    pub secret_id: String,
    /// What the other provider needs to know to rotate.
    pub external_secret_rotation_metadata: Blocks<Metadata>,
    /// When the secret is rotated.
    #[attr(count(1, 1))]
    pub rotation_rules: Block<RotationRules>,
    /// Whether the secret is rotated.
    pub rotation_enabled: Out<bool>,
}

/// What the provider of a secret needs to know to rotate it.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Metadata {
    /// What the value is for.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// When a secret is rotated.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct RotationRules {
    /// Days between rotations; either these or `schedule_expression`.
    #[attr(
        range(1, 1000),
        exactly_one_of("automatically_after_days", "schedule_expression"),
        conflicts("schedule_expression")
    )]
    pub automatically_after_days: Option<i64>,
    /// Hours that a rotation may begin in, such as `3h`; the rest of the day when unset.
    pub duration: Option<String>,
    /// When to rotate, such as `rate(10 days)` or `cron(0 8 1 * ? *)`.
    pub schedule_expression: Option<String>,
}

impl Driver for SecretRotation {
    type Cloud = Aws;
    type Seen = DescribeSecretOutput;

    fn check(draft: &SecretRotationDraft<'_>, diagnostics: &mut Diagnostics) {
        let rules = draft.rotation_rules().known().and_then(|it| it.0);
        let Some(rules) = rules else { return };
        let mut refuse = |why: &str| draft.refuse(diagnostics, "rotation_rules", why);
        if rules.schedule_expression.as_ref().is_some_and(|it| !is_schedule(it)) {
            refuse("`schedule_expression` is `rate(…)` or `cron(…)`");
        }
        if rules.duration.is_some_and(|it| !is_hours(&it)) {
            refuse("`duration` is a number of hours between 1 and 24, such as `3h`");
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        self.rotate(&self.secret_id, Some(op.token()), aws).await
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<DescribeSecretOutput>> {
        aws.load::<Secrets>(id).await
    }

    fn status(seen: &DescribeSecretOutput) -> Status {
        match seen.deleted_date.is_none() && seen.rotation_enabled == Some(true) {
            true => Status::Ready,
            false => Status::Gone,
        }
    }

    fn observe(&mut self, seen: DescribeSecretOutput) {
        self.rotation_enabled.set(seen.rotation_enabled);
        self.rotation_lambda_arn = seen.rotation_lambda_arn.filter(|it| !it.is_empty());
        self.external_secret_rotation_role_arn = seen.external_secret_rotation_role_arn;
        let item = |it: ExternalSecretRotationMetadataItem| Metadata {
            key: it.key.unwrap_or_default(),
            value: it.value.unwrap_or_default(),
        };
        let metadata = seen.external_secret_rotation_metadata.unwrap_or_default();
        self.external_secret_rotation_metadata = Blocks(metadata.into_iter().map(item).collect());
        // A secret may be called by its name or its ARN.
        let names = [seen.name.as_ref(), seen.arn.as_ref()];
        if let (false, Some(arn)) = (names.contains(&Some(&self.secret_id)), seen.arn) {
            self.secret_id = arn;
        }
        // Of a schedule AWS tells the days it comes to as well.
        let rules = |it: RotationRulesType| RotationRules {
            automatically_after_days: it
                .automatically_after_days
                .filter(|_| it.schedule_expression.is_none()),
            duration: it.duration,
            schedule_expression: it.schedule_expression,
        };
        self.rotation_rules = Block(seen.rotation_rules.map(rules));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let differs = self.rotation_rules != have.rotation_rules
            || self.rotation_lambda_arn != have.rotation_lambda_arn
            || self.external_secret_rotation_role_arn != have.external_secret_rotation_role_arn
            || self.external_secret_rotation_metadata != have.external_secret_rotation_metadata;
        if differs {
            self.rotate(id, None, aws).await?;
        }
        Ok(())
    }

    /// The secret stays, with the value that it has.
    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let call = aws.secretsmanager().cancel_rotate_secret().secret_id(&**id);
        call.send().await.map_err(|it| known_soon(it.into()))?;
        Ok(())
    }
}

impl SecretRotation {
    async fn rotate(&self, secret: &str, token: Option<&str>, aws: &Aws) -> Result<Id> {
        let rules = self.rotation_rules.get().map(|it| {
            RotationRulesType::builder()
                .set_automatically_after_days(it.automatically_after_days)
                .set_duration(it.duration.clone())
                .set_schedule_expression(it.schedule_expression.clone())
                .build()
        });
        let item = |it: &Metadata| {
            ExternalSecretRotationMetadataItem::builder().key(&it.key).value(&it.value).build()
        };
        let metadata: Vec<_> = self.external_secret_rotation_metadata.0.iter().map(item).collect();
        let rotated = aws
            .secretsmanager()
            .rotate_secret()
            .secret_id(secret)
            .set_client_request_token(token.map(String::from))
            .set_rotation_lambda_arn(self.rotation_lambda_arn.clone())
            .set_rotation_rules(rules)
            .set_external_secret_rotation_metadata(Some(metadata).filter(|it| !it.is_empty()))
            .set_external_secret_rotation_role_arn(self.external_secret_rotation_role_arn.clone())
            .rotate_immediately(self.rotate_immediately)
            .send()
            .await;
        Id::need(rotated.map_err(|it| known_soon(it.into()))?.arn)
    }
}

fn is_schedule(text: &str) -> bool {
    ["rate(", "cron("].iter().any(|it| text.starts_with(it)) && text.ends_with(')')
}

fn is_hours(text: &str) -> bool {
    let hours = text.strip_suffix('h').and_then(|it| it.parse::<u8>().ok());
    hours.is_some_and(|it| (1..=24).contains(&it))
}
