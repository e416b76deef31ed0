//! `aws_ecr_repository`, read only: a repository and the tags of its newest image.

use std::collections::BTreeMap;

use super::super::prelude::*;

/// Repository that is declared elsewhere.
///
/// ```hcl
/// data "aws_ecr_repository" "orders" {
///   name = "shop/orders"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_ecr_repository")]
pub struct Repository {
    /// Name of the repository.
    pub name: String,
    /// Account that the repository is in; the caller's when unset.
    pub registry_id: Auto<String>,
    /// ARN of the repository.
    pub arn: Out<String>,
    /// How images are encrypted.
    pub encryption_configuration: Out<Vec<Encryption>>,
    /// When images are searched for known flaws.
    pub image_scanning_configuration: Out<Vec<Scanning>>,
    /// Whether a tag may be moved to another image.
    pub image_tag_mutability: Out<String>,
    /// Tags for which the opposite holds.
    pub image_tag_mutability_exclusion_filter: Out<Vec<ExclusionFilter>>,
    /// Tags of the image that was pushed last.
    pub most_recent_image_tags: Out<Vec<String>>,
    /// Where images are pushed to and pulled from.
    pub repository_url: Out<String>,
    /// Tags of the repository.
    pub tags: Auto<BTreeMap<String, String>>,
}

/// How images are encrypted.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Encryption {
    /// With a key of ECR's own or one of KMS.
    pub encryption_type: Out<String>,
    /// ARN of the key.
    pub kms_key: Out<String>,
}

/// When images are searched for known flaws.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Scanning {
    /// Whether they are when they are pushed.
    pub scan_on_push: Out<bool>,
}

/// Tags for which the opposite holds.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ExclusionFilter {
    /// Pattern with at most two `*`.
    pub filter: Out<String>,
    /// Kind of the pattern.
    pub filter_type: Out<String>,
}

impl DataSource for Repository {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let (account, text) = (self.registry_id.given(), |it: &str| Some(it.to_string()));
        let call = aws.ecr().describe_repositories().repository_names(&self.name);
        let found = call.set_registry_id(account.clone()).send().await?.repositories;
        let Some(seen) = found.unwrap_or_default().pop() else {
            let why = format!("there is no repository `{}`", self.name);
            return Err(Failure::new(FailureKind::NotFound, why));
        };
        let newest = async {
            match aws.leaves::<Repository>("most_recent_image_tags", self.arn.get().is_some()) {
                true => Ok(self.most_recent_image_tags.get().cloned().unwrap_or_default()),
                false => newest_tags(aws, &self.name, account).await,
            }
        };
        let tags = tags_of(aws, seen.repository_arn().unwrap_or_default());
        let (tags, newest) = tokio::try_join!(tags, newest)?;
        self.most_recent_image_tags.set(newest);
        let encryption = seen.encryption_configuration.map(|it| Encryption {
            encryption_type: text(it.encryption_type.as_str()).into(),
            kms_key: it.kms_key.into(),
        });
        self.encryption_configuration.set(encryption.into_iter().collect::<Vec<_>>());
        let scanning = seen.image_scanning_configuration;
        let scanning = scanning.map(|it| Scanning { scan_on_push: Some(it.scan_on_push).into() });
        self.image_scanning_configuration.set(scanning.into_iter().collect::<Vec<_>>());
        self.image_tag_mutability.set(seen.image_tag_mutability.and_then(|it| text(it.as_str())));
        let filters = seen.image_tag_mutability_exclusion_filters.into_iter().flatten();
        let filters = filters.map(|it| ExclusionFilter {
            filter: Some(it.filter).into(),
            filter_type: text(it.filter_type.as_str()).into(),
        });
        self.image_tag_mutability_exclusion_filter.set(filters.collect::<Vec<_>>());
        self.repository_url.set(seen.repository_uri);
        self.registry_id.set(seen.registry_id);
        self.arn.set(seen.repository_arn);
        let own = tags.into_iter().filter(|(name, _)| !name.starts_with("aws:"));
        self.tags.set(own.collect::<BTreeMap<_, _>>());
        Ok(Id(self.name.clone()))
    }
}

/// Tags of the image that was pushed last; AWS cannot be asked for it alone.
async fn newest_tags(aws: &Aws, name: &str, account: Option<String>) -> Result<Vec<String>> {
    let call = aws.ecr().describe_images().repository_name(name).set_registry_id(account);
    let images = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
    let pushed =
        |it: &types::ImageDetail| it.image_pushed_at.map(|at| (at.secs(), at.subsec_nanos()));
    Ok(images.into_iter().max_by_key(pushed).and_then(|it| it.image_tags).unwrap_or_default())
}
