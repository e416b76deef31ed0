//! `aws_ecr_repository`: where images of one name are kept.

use std::collections::BTreeMap;

use super::prelude::*;
use crate::lang::value::Value;
use types::{
    EncryptionType, ImageTagMutability, ImageTagMutabilityExclusionFilter as SentFilter,
    ImageTagMutabilityExclusionFilterType as FilterType,
};

/// Keeps images of one name.
///
/// ```hcl
/// resource "aws_ecr_repository" "orders" {
///   name                 = "shop/orders"
///   image_tag_mutability = "IMMUTABLE"
///
///   image_scanning_configuration {
///     scan_on_push = true
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_ecr_repository", tags = "repository", delete = "20m")]
pub struct Repository {
    /// Deletes the repository together with the images in it.
    #[attr(local)]
    pub force_delete: Option<bool>,
    /// Whether a tag may be moved to another image.
    #[attr(default = "MUTABLE")]
    pub image_tag_mutability: ImageTagMutability,
    /// Name of the repository.
    #[attr(replace, length(2, 256), characters = "a-z0-9._/-")]
    pub name: String,
    /// How images are encrypted; with a key of ECR's own when unset.
    #[attr(replace, computed)]
    pub encryption_configuration: Blocks<Encryption>,
    /// When images are searched for known flaws; as the registry says when unset.
    #[attr(computed)]
    pub image_scanning_configuration: Block<Scanning>,
    /// Tags for which the opposite of `image_tag_mutability` holds.
    #[attr(count(0, 5))]
    pub image_tag_mutability_exclusion_filter: Blocks<ExclusionFilter>,
    /// ARN of the repository.
    pub arn: Out<String>,
    /// Account that the repository is in.
    pub registry_id: Out<String>,
    /// Where images are pushed to and pulled from.
    pub repository_url: Out<String>,
    /// Tags of the repository.
    pub tags: Tags,
}

/// How images are encrypted.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Encryption {
    /// With a key of ECR's own or one of KMS.
    #[attr(replace, default = "AES256")]
    pub encryption_type: EncryptionType,
    /// ARN of the key; the account's own for ECR when unset.
    #[attr(replace)]
    pub kms_key: Auto<String>,
}

/// When images are searched for known flaws.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Scanning {
    /// Whether they are when they are pushed.
    pub scan_on_push: bool,
}

/// Tags for which the opposite holds.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ExclusionFilter {
    /// Pattern with at most two `*`.
    #[attr(length(1, 128), characters = "a-zA-Z0-9._*-")]
    pub filter: String,
    /// Kind of the pattern.
    pub filter_type: FilterType,
}

/// What two reads tell of a repository.
pub struct Seen {
    repository: types::Repository,
    tags: BTreeMap<String, String>,
}

impl Driver for Repository {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &RepositoryDraft<'_>, diagnostics: &mut Diagnostics) {
        if draft.name().known().is_some_and(|it| !is_name(&it)) {
            let why = "it is 2 to 256 characters: lower-case letters and digits, between them \
                       single `.`, `_`, `/`, or `-`";
            draft.refuse(diagnostics, "name", why);
        }
        let filters = draft.value("image_tag_mutability_exclusion_filter");
        let has_filters = filters.as_slice().is_some_and(|it| !it.is_empty());
        let excludes = match draft.image_tag_mutability() {
            Given::Absent => Some(false),
            other => other.known().map(|it| it.as_str().ends_with("_WITH_EXCLUSION")),
        };
        if excludes.is_some_and(|it| it != has_filters) && filters.is_known() {
            let why =
                "it stands beside a mutability that ends with `_WITH_EXCLUSION`, and only there";
            draft.refuse(diagnostics, "image_tag_mutability_exclusion_filter", why);
        }
        let encryption = draft.value("encryption_configuration").as_slice().unwrap_or_default();
        let needs_kms = |it: &Value| {
            let kind = it.part("encryption_type").filter(|it| !it.is_null());
            let is_aes = kind.is_none_or(|it| it.as_str() == Some("AES256"));
            is_aes && it.part("kms_key").is_some_and(|it| !it.is_null())
        };
        if encryption.iter().any(needs_kms) {
            let why = "a key needs `encryption_type = \"KMS\"` beside it";
            draft.refuse(diagnostics, "encryption_configuration", why);
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let encryption = self.encryption_configuration.0.first().and_then(|it| {
            let sent = types::EncryptionConfiguration::builder();
            let sent = sent.encryption_type(it.encryption_type.clone());
            sent.set_kms_key(it.kms_key.given()).build().ok()
        });
        let tags: Vec<_> = self.tags.all.iter().filter_map(tag).collect();
        let made = aws
            .ecr()
            .create_repository()
            .repository_name(&self.name)
            .set_encryption_configuration(encryption)
            .set_image_scanning_configuration(self.scanning())
            .image_tag_mutability(self.image_tag_mutability.clone())
            .set_image_tag_mutability_exclusion_filters(self.filters())
            .set_tags(Some(tags).filter(|it| !it.is_empty()))
            .customize()
            .config_override(once())
            .send()
            .await;
        let made = made.map(|_| Id(self.name.clone())).map_err(Failure::from);
        op.or_adopt(made, || Id(self.name.clone()))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(repository) = aws.load::<Repositories>(id).await? else { return Ok(None) };
        let tags = tags_of(aws, repository.repository_arn().unwrap_or_default()).await?;
        Ok(Some(Seen { repository, tags }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { repository: it, tags } = seen;
        self.arn.set(it.repository_arn);
        self.name = it.repository_name.unwrap_or_default();
        self.registry_id.set(it.registry_id);
        self.repository_url.set(it.repository_uri);
        if let Some(it) = it.image_tag_mutability {
            self.image_tag_mutability = it;
        }
        let encryption = it.encryption_configuration.map(|it| Encryption {
            encryption_type: it.encryption_type,
            kms_key: it.kms_key.into(),
        });
        self.encryption_configuration = Blocks(encryption.into_iter().collect());
        let scanning = it.image_scanning_configuration;
        self.image_scanning_configuration =
            Block(scanning.map(|it| Scanning { scan_on_push: it.scan_on_push }));
        let filters = it.image_tag_mutability_exclusion_filters.into_iter().flatten();
        let filters =
            filters.map(|it| ExclusionFilter { filter: it.filter, filter_type: it.filter_type });
        self.image_tag_mutability_exclusion_filter = Blocks(filters.collect());
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let scanning = &self.image_scanning_configuration;
        if self.image_tag_mutability != have.image_tag_mutability
            || self.image_tag_mutability_exclusion_filter
                != have.image_tag_mutability_exclusion_filter
        {
            let call = aws.ecr().put_image_tag_mutability().repository_name(&**id);
            let call = call.image_tag_mutability(self.image_tag_mutability.clone());
            call.set_image_tag_mutability_exclusion_filters(self.filters()).send().await?;
        } else if scanning.get().is_some() && *scanning != have.image_scanning_configuration {
            let call = aws.ecr().put_image_scanning_configuration().repository_name(&**id);
            call.set_image_scanning_configuration(self.scanning()).send().await?;
        } else {
            let arn = have.arn.get().map_or("", String::as_str);
            return aws.sync_tags::<tags::Ecr>(arn, &self.tags, &have.tags).await;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let call = aws.ecr().delete_repository().repository_name(&**id);
        let call = call.force(self.force_delete.unwrap_or_default());
        match call.send().await.map_err(Failure::from) {
            Err(it) if it.code.as_deref() == Some("RepositoryNotEmptyException") => {
                let hint = "write and apply `force_delete = true` to delete the images with it";
                Err(it.hint(hint))
            }
            other => other.map(|_| ()),
        }
    }
}

impl Repository {
    fn scanning(&self) -> Option<types::ImageScanningConfiguration> {
        let scanning = self.image_scanning_configuration.get();
        scanning.map(|it| {
            types::ImageScanningConfiguration::builder().scan_on_push(it.scan_on_push).build()
        })
    }

    fn filters(&self) -> Option<Vec<SentFilter>> {
        let one = |it: &ExclusionFilter| {
            let sent = SentFilter::builder().filter(&it.filter);
            sent.filter_type(it.filter_type.clone()).build().ok()
        };
        let all = self.image_tag_mutability_exclusion_filter.0.iter().filter_map(one);
        Some(all.collect::<Vec<_>>()).filter(|it| !it.is_empty())
    }
}

/// Lower-case letters and digits, with separators between them.
fn is_name(text: &str) -> bool {
    let word = |it: &str| {
        let inner = it.trim_matches(|it: char| it.is_ascii_lowercase() || it.is_ascii_digit());
        let ends = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric());
        let known = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || "._-".contains(it);
        ends(it.chars().next()) && ends(it.chars().last()) && inner.chars().all(known)
    };
    (2..=256).contains(&text.len()) && text.split('/').all(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_lower_case_words() {
        for name in ["ab", "shop/orders", "a.b_c-d/e1", "a--b", "0x/y"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["a", "Shop", "shop/", "/shop", "-a", "a_", "a b", "a//b"] {
            assert!(!is_name(name), "{name}");
        }
    }
}
