//! `aws_iam_role_policy_attachment`: a managed policy on a role.

use super::prelude::*;

/// Gives a role the permissions of a managed policy.
///
/// ```hcl
/// resource "aws_iam_role_policy_attachment" "monitoring" {
///   role       = "rds-monitoring"
///   policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_iam_role_policy_attachment")]
pub struct RolePolicyAttachment {
    /// ARN of the policy.
    #[attr(replace, format = "arn")]
    pub policy_arn: String,
    /// Name of the role.
    #[attr(replace)]
    pub role: String,
}

impl Driver for RolePolicyAttachment {
    type Cloud = Aws;
    type Seen = (String, String);

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        let call = aws.iam().attach_role_policy().role_name(&self.role);
        call.policy_arn(&self.policy_arn).send().await?;
        Ok(Id(format!("{}/{}", self.role, self.policy_arn)))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<(String, String)>> {
        let [role, arn] = id.parts('/')?;
        let attached = aws.attached_policies(role).await?;
        Ok(attached.contains(&arn.to_string()).then(|| (role.into(), arn.into())))
    }

    fn status(_: &(String, String)) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (role, policy_arn): (String, String)) {
        *self = RolePolicyAttachment { policy_arn, role };
    }

    /// Every argument replaces.
    async fn update(&self, _: &Self, _: &Id, _: &Aws) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let [role, arn] = id.parts('/')?;
        aws.iam().detach_role_policy().role_name(role).policy_arn(arn).send().await?;
        Ok(())
    }
}
