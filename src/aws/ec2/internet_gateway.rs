//! `aws_internet_gateway`: a VPC's way to the internet and back.

use super::prelude::*;
use types::AttachmentStatus;

/// Joins a VPC with the internet, both ways.
///
/// ```hcl
/// resource "aws_internet_gateway" "main" {
///   vpc_id = "vpc-0123456789abcdef0"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource(
    "aws_internet_gateway",
    tags = "internet-gateway",
    create = "20m",
    update = "20m",
    delete = "20m"
)]
pub struct InternetGateway {
    /// VPC that the gateway is attached to; none when unset.
    pub vpc_id: Auto<String>,
    /// ARN of the gateway.
    pub arn: Out<String>,
    /// Account that owns the gateway.
    pub owner_id: Out<String>,
    /// Tags of the gateway.
    pub tags: Tags,
}

impl Driver for InternetGateway {
    type Cloud = Aws;
    type Seen = (String, types::InternetGateway);

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        if let Some(id) = resumed(aws, op).await? {
            return Ok(id);
        }
        let kind = types::ResourceType::InternetGateway;
        let call = aws.ec2().create_internet_gateway();
        let call = call.set_tag_specifications(tagged_with_token(kind, &self.tags, op));
        let made = call.customize().config_override(once()).send().await?;
        Id::need(made.internet_gateway.and_then(|it| it.internet_gateway_id))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Self::Seen>> {
        let Some(seen) = aws.load::<InternetGateways>(id).await? else { return Ok(None) };
        let owner = seen.owner_id().unwrap_or_default();
        Ok(Some((aws.arn("ec2", owner, format_args!("internet-gateway/{id}")), seen)))
    }

    fn status((_, seen): &Self::Seen) -> Status {
        let changing = seen
            .attachments()
            .iter()
            .filter_map(|it| it.state.as_ref())
            .find(|it| matches!(it, AttachmentStatus::Attaching | AttachmentStatus::Detaching));
        changing.map_or(Status::Ready, |it| Status::busy(it.as_str()))
    }

    fn observe(&mut self, (arn, seen): Self::Seen) {
        let attached = seen.attachments().iter().find_map(|it| it.vpc_id.clone());
        self.vpc_id.set(attached);
        self.arn.set(arn);
        self.owner_id.set(seen.owner_id);
        self.tags.observe(pairs(seen.tags));
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        match (self.vpc_id.differs(&have.vpc_id), have.vpc_id.get(), self.vpc_id.given()) {
            (true, Some(old), _) => {
                let call = aws.ec2().detach_internet_gateway().internet_gateway_id(&**id);
                call.vpc_id(old).send().await?;
            }
            (true, None, new) => {
                let call = aws.ec2().attach_internet_gateway().internet_gateway_id(&**id);
                match call.set_vpc_id(new).send().await.map_err(Failure::from) {
                    // Attached by a call whose reply was lost: the next look tells to what.
                    Err(it) if it.kind == FailureKind::Exists => {}
                    other => drop(other?),
                }
            }
            (false, ..) => aws.sync_tags::<tags::Ec2>(id, &self.tags, &have.tags).await?,
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        if let Some(vpc) = self.vpc_id.get() {
            let call = aws.ec2().detach_internet_gateway().internet_gateway_id(&**id);
            unless_gone(call.vpc_id(vpc).send().await)?;
        }
        aws.ec2().delete_internet_gateway().internet_gateway_id(&**id).send().await?;
        Ok(())
    }
}

/// Every gateway being read right now, in one call.
struct InternetGateways;

impl Batch for InternetGateways {
    type Item = types::InternetGateway;
    const MAX: usize = 200;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::InternetGateway>> {
        let call = aws.ec2().describe_internet_gateways();
        let call = call.filters(filter("internet-gateway-id", ids));
        let found: Result<Vec<_>, _> = call.into_paginator().items().send().collect().await;
        Ok(keyed(found?, |it| it.internet_gateway_id.clone()))
    }
}
