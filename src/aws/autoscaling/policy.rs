//! `aws_appautoscaling_policy`: when and how far a target's size is changed.

use std::collections::{BTreeMap, BTreeSet};

use super::predictive::PredictiveScaling;
use super::prelude::*;
use super::step::StepScaling;
use super::target;
use super::target_tracking::TargetTracking;
use types::{PolicyType, ScalableDimension, ServiceNamespace};

/// Says when and how far the size of a target is changed.
///
/// ```hcl
/// resource "aws_appautoscaling_policy" "cpu" {
///   name               = "cpu"
///   policy_type        = "TargetTrackingScaling"
///   service_namespace  = "ecs"
///   resource_id        = "service/shop/orders"
///   scalable_dimension = "ecs:service:DesiredCount"
///
///   target_tracking_scaling_policy_configuration {
///     target_value = 60
///
///     predefined_metric_specification {
///       predefined_metric_type = "ECSServiceAverageCPUUtilization"
///     }
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_appautoscaling_policy")]
pub struct Policy {
    /// Name of the policy.
    #[attr(replace, length(0, 255))]
    pub name: String,
    /// Kind of the policy; its configuration stands beside it.
    #[attr(default = "StepScaling")]
    pub policy_type: PolicyType,
    /// What is scaled, such as `service/shop/orders`.
    #[attr(replace)]
    pub resource_id: String,
    /// What of it is scaled, such as `ecs:service:DesiredCount`.
    #[attr(replace)]
    pub scalable_dimension: String,
    /// Service that it belongs to, such as `ecs`.
    #[attr(replace)]
    pub service_namespace: String,
    /// For `PredictiveScaling`.
    pub predictive_scaling_policy_configuration: Block<PredictiveScaling>,
    /// For `StepScaling`.
    pub step_scaling_policy_configuration: Block<StepScaling>,
    /// For `TargetTrackingScaling`.
    pub target_tracking_scaling_policy_configuration: Block<TargetTracking>,
    /// ARNs of the alarms that AWS made for it.
    pub alarm_arns: Out<Vec<String>>,
    /// ARN of the policy.
    pub arn: Out<String>,
}

/// Kinds of policies, each with its configuration.
const KINDS: [(PolicyType, &str); 3] = [
    (PolicyType::PredictiveScaling, "predictive_scaling_policy_configuration"),
    (PolicyType::StepScaling, "step_scaling_policy_configuration"),
    (PolicyType::TargetTrackingScaling, "target_tracking_scaling_policy_configuration"),
];

impl Driver for Policy {
    type Cloud = Aws;
    type Seen = types::ScalingPolicy;

    fn check(draft: &PolicyDraft<'_>, diagnostics: &mut Diagnostics) {
        let kind = match draft.policy_type() {
            Given::Absent => Some(PolicyType::StepScaling),
            other => other.known(),
        };
        for (of, name) in KINDS {
            let value = draft.value(name);
            let given = value.as_slice().is_some_and(|it| !it.is_empty());
            match kind.as_ref().map(|it| *it == of) {
                Some(true) if value.is_known() && !given => {
                    let why = format!("`policy_type = \"{of}\"` needs it");
                    draft.refuse(diagnostics, name, why);
                }
                Some(false) if given => {
                    let why = format!("it goes with `policy_type = \"{of}\"`");
                    draft.refuse(diagnostics, name, why);
                }
                _ => {}
            }
        }
    }

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        // The same name makes the same policy.
        self.put(aws).await?;
        Ok(self.id())
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<types::ScalingPolicy>> {
        aws.load::<Policies>(id).await
    }

    fn status(_: &types::ScalingPolicy) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: types::ScalingPolicy) {
        let alarms = seen.alarms.into_iter().flatten().map(|it| it.alarm_arn);
        self.alarm_arns.set(alarms.collect::<Vec<_>>());
        self.arn.set(seen.policy_arn);
        self.name = seen.policy_name;
        self.policy_type = seen.policy_type;
        self.resource_id = seen.resource_id;
        self.scalable_dimension = seen.scalable_dimension.as_str().into();
        self.service_namespace = seen.service_namespace.as_str().into();
        let known = self.predictive_scaling_policy_configuration.get();
        let predictive = seen.predictive_scaling_policy_configuration;
        self.predictive_scaling_policy_configuration =
            Block(predictive.map(|it| PredictiveScaling::told(it, known)));
        let known = self.step_scaling_policy_configuration.get();
        let step = seen.step_scaling_policy_configuration;
        self.step_scaling_policy_configuration = Block(step.map(|it| StepScaling::told(it, known)));
        let tracking = seen.target_tracking_scaling_policy_configuration;
        self.target_tracking_scaling_policy_configuration =
            Block(tracking.map(TargetTracking::told));
    }

    async fn update(&self, _: &Self, _: &Id, aws: &Aws) -> Result<()> {
        self.put(aws).await
    }

    async fn delete(&self, _: &Id, aws: &Aws) -> Result<()> {
        aws.autoscaling()
            .delete_scaling_policy()
            .policy_name(&self.name)
            .resource_id(&self.resource_id)
            .scalable_dimension(ScalableDimension::from(&*self.scalable_dimension))
            .service_namespace(ServiceNamespace::from(&*self.service_namespace))
            .send()
            .await?;
        Ok(())
    }

    /// States of Terraform know a policy by its name alone.
    async fn moved(&self, _: &Aws) -> Result<Option<Id>> {
        Ok(Some(self.id()).filter(|_| !self.resource_id.is_empty()))
    }

    /// Policies are imported by `namespace/resource/dimension/name`; a resource may hold slashes.
    async fn import(text: &str, _: &Aws) -> Result<Id> {
        match parts(text) {
            Some(_) => Ok(text.into()),
            None => Err(Failure::fatal(format!("`{text}` names no policy"))
                .hint("write `service-namespace/resource-id/scalable-dimension/policy-name`")),
        }
    }
}

impl Policy {
    fn id(&self) -> Id {
        let (namespace, dimension) = (&self.service_namespace, &self.scalable_dimension);
        Id(format!("{namespace}/{}/{dimension}/{}", self.resource_id, self.name))
    }

    async fn put(&self, aws: &Aws) -> Result<()> {
        let predictive = self.predictive_scaling_policy_configuration.get();
        let tracking = self.target_tracking_scaling_policy_configuration.get();
        let call = aws
            .autoscaling()
            .put_scaling_policy()
            .policy_name(&self.name)
            .policy_type(self.policy_type.clone())
            .resource_id(&self.resource_id)
            .scalable_dimension(ScalableDimension::from(&*self.scalable_dimension))
            .service_namespace(ServiceNamespace::from(&*self.service_namespace))
            .set_predictive_scaling_policy_configuration(predictive.and_then(|it| it.sent()))
            .set_step_scaling_policy_configuration(
                self.step_scaling_policy_configuration.get().map(StepScaling::sent),
            )
            .set_target_tracking_scaling_policy_configuration(tracking.and_then(|it| it.sent()));
        call.send().await.map_err(|it| known_soon(it.into()))?;
        Ok(())
    }
}

/// Namespace and name of a policy's identifier. The dimension, which has two colons and no slash,
/// tells where the name begins.
fn parts(id: &str) -> Option<(&str, &str)> {
    let cuts = id.match_indices('/').map(|(at, _)| at);
    let mut found = cuts.filter_map(|at| {
        let (namespace, _, _) = target::parts(id.get(..at)?)?;
        id.get(at + 1..).filter(|it| !it.is_empty()).map(|name| (namespace, name))
    });
    found.next()
}

/// Every policy being read right now, in one call a namespace.
struct Policies;

impl Batch for Policies {
    type Item = types::ScalingPolicy;
    const MAX: usize = 50;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::ScalingPolicy>> {
        let mut namespaces: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
        for (namespace, name) in ids.iter().filter_map(|it| parts(it)) {
            namespaces.entry(namespace).or_default().insert(name.into());
        }
        let reads = namespaces.into_iter().map(|(namespace, names)| {
            let call = aws.autoscaling().describe_scaling_policies();
            let call = call.service_namespace(ServiceNamespace::from(namespace));
            let call = call.set_policy_names(Some(names.into_iter().collect()));
            call.into_paginator().items().send().collect::<Result<Vec<_>, _>>()
        });
        let found = futures_util::future::try_join_all(reads).await?.into_iter().flatten();
        let named = found.map(|it| {
            let (namespace, dimension) = (&it.service_namespace, &it.scalable_dimension);
            let place = format!("{}/{}", namespace.as_str(), it.resource_id);
            (format!("{place}/{}/{}", dimension.as_str(), it.policy_name), it)
        });
        Ok(named.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_is_named_by_its_target_and_its_name() {
        let target = "ecs/service/shop/orders/ecs:service:DesiredCount";
        let cases = [
            (format!("{target}/cpu"), Some(("ecs", "cpu"))),
            (format!("{target}/a/b:c:d"), Some(("ecs", "a/b:c:d"))),
            (target.to_string(), None),
            ("cpu".to_string(), None),
        ];
        for (id, expected) in cases {
            assert_eq!(parts(&id), expected, "{id}");
        }
    }
}
