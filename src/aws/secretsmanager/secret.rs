//! `aws_secretsmanager_secret`: a place for a value that few may read.
//!
//! Longer than most: a secret has copies in other regions, which are made and let go by themselves.

use super::prelude::*;
use super::{Policies, once, pairs, tag};
use crate::aws::names;
use types::{ReplicaRegionType, ReplicationStatusType, StatusType};

/// Place for a value that few may read; the value itself is an `aws_secretsmanager_secret_version`.
///
/// ```hcl
/// resource "aws_secretsmanager_secret" "database" {
///   name                    = "fastcart/database"
///   description             = "Who may log in to the orders database"
///   recovery_window_in_days = 7
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_secretsmanager_secret", tags = "secret")]
pub struct Secret {
    /// What the secret is for, in words.
    pub description: Option<String>,
    /// Replaces secrets of the same name in the regions of `replica`.
    #[attr(default = false, local)]
    pub force_overwrite_replica_secret: bool,
    /// Key to encrypt values with: identifier, ARN or alias; one that AWS keeps when unset.
    pub kms_key_id: Option<String>,
    /// Name of the secret; made up when unset.
    #[attr(replace, conflicts("name_prefix"), length(1, 512), characters = "a-zA-Z0-9/_+=.@-")]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, conflicts("name"), length(1, 486), characters = "a-zA-Z0-9/_+=.@-")]
    pub name_prefix: Auto<String>,
    /// Who may read the secret besides those whom IAM allows; left alone when unset, none when empty.
    #[attr(json, format = "json")]
    pub policy: Auto<String>,
    /// Days after deletion in which the secret can be called back, 7 to 30; 0 deletes it for good.
    #[attr(default = 30, local, range(7, 30), numbers(0))]
    pub recovery_window_in_days: i32,
    /// Kind of secret that AWS rotates by itself for another provider; none when unset.
    #[attr(replace, length(0, 256))]
    pub r#type: Option<String>,
    /// Regions that hold a copy; left alone when unset.
    #[attr(computed)]
    pub replica: BlockSet<Replica>,
    /// ARN of the secret.
    pub arn: Out<String>,
    /// Tags of the secret.
    pub tags: Tags,
}

/// Region that holds a copy of a secret.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Replica {
    /// Key to encrypt the copy with: identifier, ARN or alias there; one that AWS keeps when unset.
    pub kms_key_id: Auto<String>,
    /// Name of the region.
    pub region: String,
    /// When the copy was last read.
    pub last_accessed_date: Out<String>,
    /// How far along the copy is: `InSync`, `InProgress` or `Failed`.
    pub status: Out<String>,
    /// Why it is not further.
    pub status_message: Out<String>,
}

/// What two reads tell of a secret.
pub struct Seen {
    secret: DescribeSecretOutput,
    policy: Option<String>,
}

impl Driver for Secret {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let tags: Vec<_> = self.tags.all.iter().map(|(k, v)| tag(k, v)).collect();
        let made = aws
            .secretsmanager()
            .create_secret()
            .name(&name)
            .client_request_token(op.token())
            .set_description(self.description.clone())
            .set_kms_key_id(self.kms_key_id.clone().filter(|it| !it.is_empty()))
            .set_type(self.r#type.clone())
            .set_add_replica_regions(replicas(self.replica.0.iter()))
            .force_overwrite_replica_secret(self.force_overwrite_replica_secret)
            .set_tags(Some(tags).filter(|it| !it.is_empty()))
            .customize()
            .config_override(once())
            .send()
            .await;
        match made.map_err(|it| known_soon(it.into())) {
            Ok(made) => Id::need(made.arn),
            Err(it) if op.is_resumed() && it.kind == FailureKind::Exists => {
                let found = aws.secretsmanager().describe_secret().secret_id(name).send().await?;
                // What is being deleted was not made by this operation.
                Id::need(found.arn.filter(|_| found.deleted_date.is_none())).map_err(|_| it)
            }
            Err(it) => Err(it),
        }
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let (secret, policy) = tokio::join!(aws.load::<Secrets>(id), aws.load::<Policies>(id));
        let Some(secret) = secret? else { return Ok(None) };
        Ok(Some(Seen { secret, policy: policy? }))
    }

    fn status(seen: &Seen) -> Status {
        if seen.secret.deleted_date.is_some() {
            return Status::Gone;
        }
        let mut copies = seen.secret.replication_status().iter();
        match copies.find(|it| it.status == Some(StatusType::InProgress)) {
            Some(it) => Status::busy(format!("copied to {}", it.region().unwrap_or_default())),
            None => Status::Ready,
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { secret, policy } = seen;
        self.arn.set(secret.arn);
        self.name.set(secret.name);
        self.description = secret.description.filter(|it| !it.is_empty());
        // AWS may tell a key that was given by its identifier by its ARN.
        if !names_same(self.kms_key_id.as_deref(), secret.kms_key_id.as_deref()) {
            self.kms_key_id = secret.kms_key_id;
        }
        self.r#type = secret.r#type.filter(|it| !it.is_empty());
        self.policy.set(agreed(self.policy.get(), policy));
        let copies = secret.replication_status.unwrap_or_default();
        self.replica = BlockSet(copies.into_iter().map(replica).collect());
        self.tags.observe(pairs(secret.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (secrets, arn) = (aws.secretsmanager(), &**id);
        let (fewer, more) = self.other_copies(have);
        let other = |want: &Option<String>, has: &Option<String>| {
            (want != has).then(|| want.clone().unwrap_or_default())
        };
        let description = other(&self.description, &have.description);
        let key = other(&self.kms_key_id, &have.kms_key_id);
        if description.is_some() || key.is_some() {
            let call = secrets.update_secret().secret_id(arn);
            call.set_description(description).set_kms_key_id(key).send().await?;
        } else if let Some(policy) = changed(&self.policy, &have.policy) {
            put_policy(aws, arn, policy, None).await?;
        } else if !fewer.is_empty() {
            remove_copies(aws, arn, &fewer).await?;
        } else if !more.is_empty() {
            let call = secrets.replicate_secret_to_regions().secret_id(arn);
            let call = call.set_add_replica_regions(replicas(more.into_iter()));
            call.force_overwrite_replica_secret(self.force_overwrite_replica_secret).send().await?;
        } else {
            return aws.sync_tags::<tags::Secrets>(id, &self.tags, &have.tags).await;
        }
        Ok(())
    }

    /// A secret with copies is not deleted before they are let go.
    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let copies: Vec<_> = self.replica.0.iter().collect();
        if !copies.is_empty() {
            remove_copies(aws, id, &copies).await?;
        }
        let days = self.recovery_window_in_days;
        let call = aws.secretsmanager().delete_secret().secret_id(&**id);
        let call = match days {
            0 => call.force_delete_without_recovery(true),
            days => call.recovery_window_in_days(days.into()),
        };
        call.send().await?;
        Ok(())
    }
}

impl Secret {
    /// Copies to let go of, and copies to make: those that are not there, and those that failed. One
    /// with another key is let go of and made again.
    fn other_copies<'a>(&'a self, have: &'a Secret) -> (Vec<&'a Replica>, Vec<&'a Replica>) {
        let (wanted, had) = (&self.replica.0, &have.replica.0);
        let same = |want: &Replica, has: &Replica| {
            want.region == has.region && !want.kms_key_id.differs(&has.kms_key_id)
        };
        let failed = StatusType::Failed.as_str();
        let works = |it: &Replica| it.status.get().is_none_or(|it| it != failed);
        let fewer = had.iter().filter(|has| !wanted.iter().any(|want| same(want, has)));
        let more = wanted.iter().filter(|want| !had.iter().any(|it| same(want, it) && works(it)));
        (fewer.collect(), more.collect())
    }
}

/// Sets the policy of a secret; an empty one takes it away.
pub(super) async fn put_policy(
    aws: &Aws,
    secret: &str,
    policy: &str,
    block_public: Option<bool>,
) -> Result<()> {
    let secrets = aws.secretsmanager();
    if same_json(policy, "") {
        secrets.delete_resource_policy().secret_id(secret).send().await?;
        return Ok(());
    }
    let call = secrets.put_resource_policy().secret_id(secret).resource_policy(policy);
    let sent = call.set_block_public_policy(block_public).send().await;
    sent.map_err(|it| known_soon(it.into()))?;
    Ok(())
}

/// The policy wanted, where the secret has one that means something else.
fn changed<'a>(want: &'a Auto<String>, have: &Auto<String>) -> Option<&'a String> {
    let has = have.get().map_or("", String::as_str);
    want.get().filter(|it| !same_json(it, has))
}

async fn remove_copies(aws: &Aws, secret: &str, copies: &[&Replica]) -> Result<()> {
    let call = aws.secretsmanager().remove_regions_from_replication().secret_id(secret);
    let regions = copies.iter().map(|it| it.region.clone()).collect();
    call.set_remove_replica_regions(Some(regions)).send().await?;
    Ok(())
}

fn replicas<'a>(wanted: impl Iterator<Item = &'a Replica>) -> Option<Vec<ReplicaRegionType>> {
    let region = |it: &Replica| {
        ReplicaRegionType::builder()
            .region(&it.region)
            .set_kms_key_id(it.kms_key_id.given())
            .build()
    };
    Some(wanted.map(region).collect()).filter(|it: &Vec<_>| !it.is_empty())
}

fn replica(it: ReplicationStatusType) -> Replica {
    let mut kms_key_id = Auto::default();
    kms_key_id.set(it.kms_key_id);
    Replica {
        kms_key_id,
        region: it.region.unwrap_or_default(),
        last_accessed_date: it.last_accessed_date.as_ref().and_then(rfc3339).into(),
        status: it.status.map(|it| it.as_str().to_string()).into(),
        status_message: it.status_message.into(),
    }
}

/// Whether both name the same key: by its identifier or its ARN.
fn names_same(known: Option<&str>, told: Option<&str>) -> bool {
    match (known, told) {
        (Some(known), Some(told)) => {
            let ends =
                |arn: &str, id: &str| arn.starts_with("arn:") && arn.rsplit('/').next() == Some(id);
            known == told || ends(told, known) || ends(known, told)
        }
        // The key that AWS keeps is told by no name.
        (Some(known), None) => known.is_empty() || known.ends_with("alias/aws/secretsmanager"),
        (None, told) => told.is_none(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_named_in_several_ways() {
        let arn = "arn:aws:kms:eu-central-1:1:key/k-1";
        let cases = [
            (Some("k-1"), Some(arn), true),
            (Some(arn), Some("k-1"), true),
            (Some(arn), Some(arn), true),
            (Some("k-2"), Some(arn), false),
            (Some("alias/aws/secretsmanager"), None, true),
            (Some(arn), None, false),
            (None, Some(arn), false),
            (None, None, true),
        ];
        for (known, told, expected) in cases {
            assert_eq!(names_same(known, told), expected, "{known:?} {told:?}");
        }
    }
}
