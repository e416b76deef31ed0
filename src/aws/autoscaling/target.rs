//! `aws_appautoscaling_target`: something whose size is changed by itself, and its limits.

use std::collections::{BTreeMap, BTreeSet};

use super::prelude::*;
use types::{ScalableDimension, ServiceNamespace};

/// Lets the size of something, such as the number of a service's tasks, be changed by itself.
///
/// ```hcl
/// resource "aws_appautoscaling_target" "orders" {
///   service_namespace  = "ecs"
///   resource_id        = "service/shop/orders"
///   scalable_dimension = "ecs:service:DesiredCount"
///   min_capacity       = 2
///   max_capacity       = 10
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_appautoscaling_target", tags = "scalable-target")]
pub struct Target {
    /// Largest size.
    pub max_capacity: i32,
    /// Smallest size.
    #[attr(range(0, ..))]
    pub min_capacity: i32,
    /// What is scaled, such as `service/shop/orders`.
    #[attr(replace)]
    pub resource_id: String,
    /// ARN of the role that changes the size; the service's own when unset.
    pub role_arn: Auto<String>,
    /// What of it is scaled, such as `ecs:service:DesiredCount`.
    #[attr(replace)]
    pub scalable_dimension: String,
    /// Service that it belongs to, such as `ecs`.
    #[attr(replace)]
    pub service_namespace: String,
    /// What does not happen for now; everything does when unset.
    #[attr(computed)]
    pub suspended_state: Block<SuspendedState>,
    /// ARN of the target.
    pub arn: Out<String>,
    /// Tags of the target.
    pub tags: Tags,
}

/// What does not happen for now.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct SuspendedState {
    /// Policies do not make it smaller.
    #[attr(default = false)]
    pub dynamic_scaling_in_suspended: bool,
    /// Policies do not make it larger.
    #[attr(default = false)]
    pub dynamic_scaling_out_suspended: bool,
    /// Schedules do not change it.
    #[attr(default = false)]
    pub scheduled_scaling_suspended: bool,
}

/// What two reads tell of a target.
pub struct Seen {
    target: types::ScalableTarget,
    tags: BTreeMap<String, String>,
}

impl Driver for Target {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &TargetDraft<'_>, diagnostics: &mut Diagnostics) {
        let (least, most) = (draft.min_capacity().known(), draft.max_capacity().known());
        if least.is_some_and(|least| most.is_some_and(|most| most < least)) {
            draft.refuse(diagnostics, "max_capacity", "it is at least `min_capacity`");
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        // A call for a target that is there changes it, but must not have tags.
        let tags = Some(self.tags.all.clone()).filter(|it| !it.is_empty() && !op.is_resumed());
        let tags = tags.map(|it| it.into_iter().collect());
        self.register(aws, tags).await?;
        Ok(self.id())
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some(target) = aws.load::<Targets>(id).await? else { return Ok(None) };
        let Some(arn) = target.scalable_target_arn() else {
            return Ok(Some(Seen { target, tags: BTreeMap::new() }));
        };
        let ask = aws.autoscaling().list_tags_for_resource().resource_arn(arn).send();
        let ask = async { Ok(ask.await?.tags.into_iter().flatten().collect()) };
        let tags = aws.tags(arn, ask).await?;
        Ok(Some(Seen { target, tags }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { target: it, tags } = seen;
        self.arn.set(it.scalable_target_arn);
        self.max_capacity = it.max_capacity;
        self.min_capacity = it.min_capacity;
        self.resource_id = it.resource_id;
        self.role_arn.set(it.role_arn);
        self.scalable_dimension = it.scalable_dimension.as_str().into();
        self.service_namespace = it.service_namespace.as_str().into();
        self.suspended_state = Block(it.suspended_state.map(|it| SuspendedState {
            dynamic_scaling_in_suspended: it.dynamic_scaling_in_suspended.unwrap_or_default(),
            dynamic_scaling_out_suspended: it.dynamic_scaling_out_suspended.unwrap_or_default(),
            scheduled_scaling_suspended: it.scheduled_scaling_suspended.unwrap_or_default(),
        }));
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, _: &Id, aws: &Aws) -> Result<()> {
        let suspended = &self.suspended_state;
        let differs = self.max_capacity != have.max_capacity
            || self.min_capacity != have.min_capacity
            || self.role_arn.differs(&have.role_arn)
            || (suspended.get().is_some() && *suspended != have.suspended_state);
        if differs {
            return self.register(aws, None).await;
        }
        let arn = have.arn.get().map_or("", String::as_str);
        aws.sync_tags::<tags::Autoscaling>(arn, &self.tags, &have.tags).await
    }

    async fn delete(&self, _: &Id, aws: &Aws) -> Result<()> {
        aws.autoscaling()
            .deregister_scalable_target()
            .resource_id(&self.resource_id)
            .scalable_dimension(ScalableDimension::from(&*self.scalable_dimension))
            .service_namespace(ServiceNamespace::from(&*self.service_namespace))
            .send()
            .await?;
        Ok(())
    }

    /// States of Terraform know a target by what it scales alone.
    async fn moved(&self, _: &Aws) -> Result<Option<Id>> {
        Ok(Some(self.id()).filter(|_| !self.resource_id.is_empty()))
    }

    /// Targets are imported by `namespace/resource/dimension`; a resource may hold slashes.
    async fn import(text: &str, _: &Aws) -> Result<Id> {
        match parts(text) {
            Some(_) => Ok(text.into()),
            None => Err(Failure::fatal(format!("`{text}` names no target"))
                .hint("write `service-namespace/resource-id/scalable-dimension`")),
        }
    }
}

impl Target {
    fn id(&self) -> Id {
        let (namespace, dimension) = (&self.service_namespace, &self.scalable_dimension);
        Id(format!("{namespace}/{}/{dimension}", self.resource_id))
    }

    async fn register(
        &self,
        aws: &Aws,
        tags: Option<std::collections::HashMap<String, String>>,
    ) -> Result<()> {
        let suspended = self.suspended_state.get().map(|it| {
            types::SuspendedState::builder()
                .dynamic_scaling_in_suspended(it.dynamic_scaling_in_suspended)
                .dynamic_scaling_out_suspended(it.dynamic_scaling_out_suspended)
                .scheduled_scaling_suspended(it.scheduled_scaling_suspended)
                .build()
        });
        let call = aws
            .autoscaling()
            .register_scalable_target()
            .max_capacity(self.max_capacity)
            .min_capacity(self.min_capacity)
            .resource_id(&self.resource_id)
            .set_role_arn(self.role_arn.given())
            .scalable_dimension(ScalableDimension::from(&*self.scalable_dimension))
            .service_namespace(ServiceNamespace::from(&*self.service_namespace))
            .set_suspended_state(suspended)
            .set_tags(tags);
        call.customize()
            .config_override(once())
            .send()
            .await
            .map_err(|it| known_soon(it.into()))?;
        Ok(())
    }
}

/// Namespace, resource and dimension of a target's identifier.
pub(super) fn parts(id: &str) -> Option<(&str, &str, &str)> {
    let (namespace, rest) = id.split_once('/')?;
    let (resource, dimension) = rest.rsplit_once('/')?;
    let is_dimension = dimension.matches(':').count() == 2;
    (!namespace.is_empty() && !resource.is_empty() && is_dimension)
        .then_some((namespace, resource, dimension))
}

/// Every target being read right now, in one call a namespace.
struct Targets;

impl Batch for Targets {
    type Item = types::ScalableTarget;
    const MAX: usize = 50;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::ScalableTarget>> {
        let mut namespaces: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (namespace, resource, _) in ids.iter().filter_map(|it| parts(it)) {
            namespaces.entry(namespace).or_default().insert(resource.into());
        }
        let reads = namespaces.into_iter().map(|(namespace, resources)| {
            let call = aws.autoscaling().describe_scalable_targets();
            let call = call.service_namespace(ServiceNamespace::from(namespace));
            let call = call.set_resource_ids(Some(resources.into_iter().collect()));
            call.into_paginator().items().send().collect::<Result<Vec<_>, _>>()
        });
        let found = futures_util::future::try_join_all(reads).await?.into_iter().flatten();
        let named = found.map(|it| {
            let (namespace, dimension) = (&it.service_namespace, &it.scalable_dimension);
            let id = format!("{}/{}/{}", namespace.as_str(), it.resource_id, dimension.as_str());
            (id, it)
        });
        Ok(named.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_named_by_three_parts() {
        let cases = [
            (
                "ecs/service/shop/orders/ecs:service:DesiredCount",
                Some(("ecs", "service/shop/orders", "ecs:service:DesiredCount")),
            ),
            ("service/shop/orders", None),
            ("ecs/ecs:service:DesiredCount", None),
            ("", None),
        ];
        for (id, expected) in cases {
            assert_eq!(parts(id), expected, "{id}");
        }
    }
}
