//! `aws_ecr_lifecycle_policy`: which images of a repository are deleted.

use aws_sdk_ecr::operation::get_lifecycle_policy::GetLifecyclePolicyOutput;

use super::prelude::*;
use crate::schema::compare::settled;

/// Says which images of a repository are deleted, and when.
///
/// ```hcl
/// resource "aws_ecr_lifecycle_policy" "orders" {
///   repository = "shop/orders"
///
///   policy = jsonencode({
///     rules = [{
///       rulePriority = 1
///       selection    = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 20 }
///       action       = { type = "expire" }
///     }]
///   })
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_ecr_lifecycle_policy")]
pub struct LifecyclePolicy {
    /// The rules, as JSON; compared by what they mean.
    #[attr(replace, json, format = "json")]
    pub policy: String,
    /// Name of the repository.
    #[attr(replace)]
    pub repository: String,
    /// Account that the repository is in.
    pub registry_id: Out<String>,
}

impl Driver for LifecyclePolicy {
    type Cloud = Aws;
    type Seen = GetLifecyclePolicyOutput;

    fn check(draft: &LifecyclePolicyDraft<'_>, diagnostics: &mut Diagnostics) {
        let Some(policy) = draft.policy().known() else { return };
        let document = serde_json::from_str::<serde_json::Value>(&policy);
        if document.is_ok_and(|it| !it.get("rules").is_some_and(serde_json::Value::is_array)) {
            draft.refuse(diagnostics, "policy", "it has no list `rules`");
        }
    }

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        let call = aws.ecr().put_lifecycle_policy().repository_name(&self.repository);
        call.lifecycle_policy_text(&self.policy).send().await?;
        Ok(Id(self.repository.clone()))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<GetLifecyclePolicyOutput>> {
        Ok(Some(aws.ecr().get_lifecycle_policy().repository_name(&**id).send().await?))
    }

    fn status(_: &GetLifecyclePolicyOutput) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: GetLifecyclePolicyOutput) {
        self.policy = settled(Some(&self.policy), seen.lifecycle_policy_text.unwrap_or_default());
        self.repository = seen.repository_name.unwrap_or_default();
        self.registry_id.set(seen.registry_id);
    }

    async fn update(&self, _: &Self, _: &Id, _: &Aws) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.ecr().delete_lifecycle_policy().repository_name(&**id).send().await?;
        Ok(())
    }
}
