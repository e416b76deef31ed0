//! `aws_iam_role_policy`: what a role may do, as a part of the role.

use super::prelude::*;

/// Policy that is part of a role and goes with it.
///
/// ```hcl
/// resource "aws_iam_role_policy" "read_orders" {
///   role = "orders-task"
///   name = "read-orders"
///
///   policy = jsonencode({
///     Version = "2012-10-17"
///     Statement = [{
///       Effect   = "Allow"
///       Action   = "kinesis:GetRecords"
///       Resource = "arn:aws:kinesis:eu-central-1:123456789012:stream/orders"
///     }]
///   })
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_iam_role_policy")]
pub struct RolePolicy {
    /// Name of the policy; made up when unset.
    #[attr(replace, length(1, 128), conflicts("name_prefix"), characters = "a-zA-Z0-9_+=,.@-")]
    pub name: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, length(1, 102), conflicts("name"), characters = "a-zA-Z0-9_+=,.@-")]
    pub name_prefix: Auto<String>,
    /// What the role may do.
    #[attr(json, format = "iam_policy_json")]
    pub policy: String,
    /// Name of the role.
    #[attr(replace, length(1, 128), characters = "a-zA-Z0-9_+=,.@-")]
    pub role: String,
}

impl Driver for RolePolicy {
    type Cloud = Aws;
    /// The policy as it was sent.
    type Seen = (Id, String);

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let name = names::chosen(op, &self.name, &self.name_prefix, "terraform-");
        let id = Id(format!("{}:{name}", self.role));
        self.put(&id, aws).await?;
        Ok(id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Self::Seen>> {
        let [role, name] = id.parts(':')?;
        let surveyed = aws.surveyed_policies(role).await?.and_then(|mut it| it.inline.remove(name));
        if let Some(policy) = surveyed {
            return Ok(Some((id.clone(), policy)));
        }
        let told = aws.iam().get_role_policy().role_name(role).policy_name(name).send().await?;
        Ok(Some((id.clone(), decoded(&told.policy_document))))
    }

    fn status(_: &Self::Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, (id, policy): (Id, String)) {
        if let Ok([role, name]) = id.parts(':') {
            self.role = role.into();
            self.name.set(name.to_string());
        }
        self.policy = settled(Some(&self.policy), policy);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        if same_json(&self.policy, &have.policy) { Ok(()) } else { self.put(id, aws).await }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let [role, name] = id.parts(':')?;
        aws.iam().delete_role_policy().role_name(role).policy_name(name).send().await?;
        Ok(())
    }
}

impl RolePolicy {
    /// Makes the policy or takes its place: the call is the same.
    async fn put(&self, id: &Id, aws: &Aws) -> Result<()> {
        let [role, name] = id.parts(':')?;
        let call = aws.iam().put_role_policy().role_name(role).policy_name(name);
        call.policy_document(&self.policy).send().await?;
        Ok(())
    }
}
