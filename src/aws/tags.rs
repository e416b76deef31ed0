//! Tags: what differs, and how each service sets and removes them.
//!
//! A driver's `update` ends with one line, which does nothing where nothing differs:
//!
//! ```text
//! aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await
//! ```

use std::collections::BTreeMap;

use super::Aws;
use crate::driver::Result;
use crate::schema::Tags;

/// Name of the tag by which a resumed run finds what it made, for types without a client token and
/// without a unique name. The first `update` removes it, because nobody asked for it.
pub const TOKEN: &str = "fastcart-hcl:token";

/// How one service sets and removes tags.
pub trait Dialect {
    /// Sets them; others stay.
    fn set(
        aws: &Aws,
        id: &str,
        tags: BTreeMap<String, String>,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Removes them by name.
    fn remove(aws: &Aws, id: &str, names: Vec<String>) -> impl Future<Output = Result<()>> + Send;
}

/// What is to be set and what removed, so that the tags become those wanted.
#[derive(Debug, PartialEq)]
pub struct Change {
    /// Tags that are new or have another value.
    pub set: BTreeMap<String, String>,
    /// Names that nobody wants.
    pub remove: Vec<String>,
}

/// What differs between the tags wanted and those there are.
pub fn change(want: &Tags, have: &Tags) -> Change {
    let set = want.all.iter().filter(|(k, v)| have.all.get(*k) != Some(*v));
    let remove = have.all.keys().filter(|k| !want.all.contains_key(*k));
    Change {
        set: set.map(|(k, v)| (k.clone(), v.clone())).collect(),
        remove: remove.cloned().collect(),
    }
}

impl Aws {
    /// Makes the tags those wanted; no call where they are.
    pub async fn sync_tags<D: Dialect>(&self, id: &str, want: &Tags, have: &Tags) -> Result<()> {
        let change = change(want, have);
        // Removed first: an object holds fifty at most.
        if !change.remove.is_empty() {
            D::remove(self, id, change.remove).await?;
        }
        if !change.set.is_empty() {
            D::set(self, id, change.set).await?;
        }
        Ok(())
    }
}

/// Alarms, by ARN.
#[cfg(feature = "cloudwatch")]
pub struct CloudWatch;

#[cfg(feature = "cloudwatch")]
impl Dialect for CloudWatch {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = super::cloudwatch::tagged(&tags);
        aws.cloudwatch().tag_resource().resource_arn(arn).set_tags(tags).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        let names = Some(names);
        aws.cloudwatch().untag_resource().resource_arn(arn).set_tag_keys(names).send().await?;
        Ok(())
    }
}

/// One call for every EC2 type, by the object's identifier.
#[cfg(feature = "ec2")]
pub struct Ec2;

#[cfg(feature = "ec2")]
impl Dialect for Ec2 {
    async fn set(aws: &Aws, id: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = tags.into_iter().map(|(k, v)| super::ec2::tag(k, v)).collect();
        aws.ec2().create_tags().resources(id).set_tags(Some(tags)).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, id: &str, names: Vec<String>) -> Result<()> {
        let tags = names.into_iter().map(|it| aws_sdk_ec2::types::Tag::builder().key(it).build());
        aws.ec2().delete_tags().resources(id).set_tags(Some(tags.collect())).send().await?;
        Ok(())
    }
}

/// Rules, by ARN.
#[cfg(feature = "events")]
pub struct Events;

#[cfg(feature = "events")]
impl Dialect for Events {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = super::events::tagged(&tags);
        aws.events().tag_resource().resource_arn(arn).set_tags(tags).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        let names = Some(names);
        aws.events().untag_resource().resource_arn(arn).set_tag_keys(names).send().await?;
        Ok(())
    }
}

/// Targets of Application Auto Scaling, by ARN.
#[cfg(feature = "autoscaling")]
pub struct Autoscaling;

#[cfg(feature = "autoscaling")]
impl Dialect for Autoscaling {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = Some(tags.into_iter().collect());
        aws.autoscaling().tag_resource().resource_arn(arn).set_tags(tags).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        let names = Some(names);
        aws.autoscaling().untag_resource().resource_arn(arn).set_tag_keys(names).send().await?;
        Ok(())
    }
}

/// Repositories, by ARN.
#[cfg(feature = "ecr")]
pub struct Ecr;

#[cfg(feature = "ecr")]
impl Dialect for Ecr {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = Some(tags.iter().filter_map(super::ecr::tag).collect());
        aws.ecr().tag_resource().resource_arn(arn).set_tags(tags).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        aws.ecr().untag_resource().resource_arn(arn).set_tag_keys(Some(names)).send().await?;
        Ok(())
    }
}

/// Clusters, services and task definitions, by ARN.
#[cfg(feature = "ecs")]
pub struct Ecs;

#[cfg(feature = "ecs")]
impl Dialect for Ecs {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = super::ecs::tagged(&tags);
        aws.ecs().tag_resource().resource_arn(arn).set_tags(tags).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        aws.ecs().untag_resource().resource_arn(arn).set_tag_keys(Some(names)).send().await?;
        Ok(())
    }
}

/// Roles, by name.
#[cfg(feature = "iam")]
pub struct IamRole;

#[cfg(feature = "iam")]
impl Dialect for IamRole {
    async fn set(aws: &Aws, name: &str, tags: BTreeMap<String, String>) -> Result<()> {
        aws.iam().tag_role().role_name(name).set_tags(super::iam::tagged(&tags)).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, name: &str, names: Vec<String>) -> Result<()> {
        aws.iam().untag_role().role_name(name).set_tag_keys(Some(names)).send().await?;
        Ok(())
    }
}

/// Managed policies, by ARN.
#[cfg(feature = "iam")]
pub struct IamPolicy;

#[cfg(feature = "iam")]
impl Dialect for IamPolicy {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        aws.iam().tag_policy().policy_arn(arn).set_tags(super::iam::tagged(&tags)).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        aws.iam().untag_policy().policy_arn(arn).set_tag_keys(Some(names)).send().await?;
        Ok(())
    }
}

/// Streams and their consumers, by ARN.
#[cfg(feature = "kinesis")]
pub struct Kinesis;

#[cfg(feature = "kinesis")]
impl Dialect for Kinesis {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = Some(tags.into_iter().collect());
        aws.kinesis().tag_resource().resource_arn(arn).set_tags(tags).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        let names = Some(names);
        aws.kinesis().untag_resource().resource_arn(arn).set_tag_keys(names).send().await?;
        Ok(())
    }
}

/// Keys, by identifier.
#[cfg(feature = "kms")]
pub struct Kms;

#[cfg(feature = "kms")]
impl Dialect for Kms {
    async fn set(aws: &Aws, key: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = tags.into_iter().filter_map(|(k, v)| super::kms::tag(k, v)).collect();
        aws.kms().tag_resource().key_id(key).set_tags(Some(tags)).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, key: &str, names: Vec<String>) -> Result<()> {
        aws.kms().untag_resource().key_id(key).set_tag_keys(Some(names)).send().await?;
        Ok(())
    }
}

/// Functions and event source mappings, by ARN.
#[cfg(feature = "lambda")]
pub struct Lambda;

#[cfg(feature = "lambda")]
impl Dialect for Lambda {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = super::lambda::tagged(&tags);
        aws.lambda().tag_resource().resource(arn).set_tags(tags).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        let names = Some(names);
        aws.lambda().untag_resource().resource(arn).set_tag_keys(names).send().await?;
        Ok(())
    }
}

/// Log groups, by name.
#[cfg(feature = "logs")]
pub struct Logs;

#[cfg(feature = "logs")]
impl Dialect for Logs {
    async fn set(aws: &Aws, name: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let (arn, tags) = (super::logs::arn_of(aws, name).await?, Some(tags.into_iter().collect()));
        aws.logs().tag_resource().resource_arn(arn).set_tags(tags).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, name: &str, names: Vec<String>) -> Result<()> {
        let (arn, names) = (super::logs::arn_of(aws, name).await?, Some(names));
        aws.logs().untag_resource().resource_arn(arn).set_tag_keys(names).send().await?;
        Ok(())
    }
}

/// Databases and what belongs to them, by ARN.
#[cfg(feature = "rds")]
pub struct Rds;

#[cfg(feature = "rds")]
impl Dialect for Rds {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let call = aws.rds().add_tags_to_resource().resource_name(arn);
        call.set_tags(super::rds::tagged(&tags)).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        let call = aws.rds().remove_tags_from_resource().resource_name(arn);
        call.set_tag_keys(Some(names)).send().await?;
        Ok(())
    }
}

/// Caches and what belongs to them, by ARN.
#[cfg(feature = "elasticache")]
pub struct ElastiCache;

#[cfg(feature = "elasticache")]
impl Dialect for ElastiCache {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let call = aws.elasticache().add_tags_to_resource().resource_name(arn);
        call.set_tags(super::elasticache::tagged(&tags)).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        let call = aws.elasticache().remove_tags_from_resource().resource_name(arn);
        call.set_tag_keys(Some(names)).send().await?;
        Ok(())
    }
}

/// Secrets, by ARN.
#[cfg(feature = "secretsmanager")]
pub struct Secrets;

#[cfg(feature = "secretsmanager")]
impl Dialect for Secrets {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = tags.into_iter().map(|(k, v)| super::secretsmanager::tag(k, v)).collect();
        aws.secretsmanager().tag_resource().secret_id(arn).set_tags(Some(tags)).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        let names = Some(names);
        aws.secretsmanager().untag_resource().secret_id(arn).set_tag_keys(names).send().await?;
        Ok(())
    }
}

/// Topics, by ARN.
#[cfg(feature = "sns")]
pub struct Sns;

#[cfg(feature = "sns")]
impl Dialect for Sns {
    async fn set(aws: &Aws, arn: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = tags.into_iter().filter_map(|(k, v)| super::sns::tag(k, v)).collect();
        aws.sns().tag_resource().resource_arn(arn).set_tags(Some(tags)).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, arn: &str, names: Vec<String>) -> Result<()> {
        aws.sns().untag_resource().resource_arn(arn).set_tag_keys(Some(names)).send().await?;
        Ok(())
    }
}

/// Queues, by URL.
#[cfg(feature = "sqs")]
pub struct Sqs;

#[cfg(feature = "sqs")]
impl Dialect for Sqs {
    async fn set(aws: &Aws, url: &str, tags: BTreeMap<String, String>) -> Result<()> {
        let tags = Some(tags.into_iter().collect());
        aws.sqs().tag_queue().queue_url(url).set_tags(tags).send().await?;
        Ok(())
    }

    async fn remove(aws: &Aws, url: &str, names: Vec<String>) -> Result<()> {
        aws.sqs().untag_queue().queue_url(url).set_tag_keys(Some(names)).send().await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(all: &[(&str, &str)]) -> Tags {
        let all = all.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        Tags { own: BTreeMap::new(), all }
    }

    #[test]
    fn only_what_differs_is_changed() {
        let want = tags(&[("same", "1"), ("new", "2"), ("other", "3")]);
        let have = tags(&[("same", "1"), ("other", "x"), (TOKEN, "t")]);
        let change = change(&want, &have);
        assert_eq!(change.remove, [TOKEN]);
        assert_eq!(change.set, tags(&[("new", "2"), ("other", "3")]).all);
    }
}
