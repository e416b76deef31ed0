//! How a service gets from one revision of its tasks to the next.

use aws_smithy_schema::codec::Codec;
use aws_smithy_schema::prelude::DOCUMENT;
use aws_smithy_schema::serde::{ShapeDeserializer, ShapeSerializer};
use aws_smithy_types::Document;

use super::containers::codec;
use super::prelude::*;
use types::{DeploymentControllerType, DeploymentLifecycleHookStage, DeploymentStrategy};

/// Alarms that end a deployment.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Alarms {
    /// Names of the alarms.
    pub alarm_names: Set<String>,
    /// Whether they are watched.
    pub enable: bool,
    /// Whether the last revision that ran is brought back.
    pub rollback: bool,
}

/// What ends a deployment whose tasks do not start.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct CircuitBreaker {
    /// Whether it ends.
    pub enable: bool,
    /// Whether the last revision that ran is brought back.
    pub rollback: bool,
}

/// Who deploys.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Controller {
    /// ECS itself, CodeDeploy, or something else.
    #[attr(default = "ECS", name = "type")]
    pub kind: DeploymentControllerType,
}

/// How one revision replaces another.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DeploymentConfiguration {
    /// Minutes in which the old tasks still run beside the new ones.
    #[attr(range(0, 1440), format = "nullable_int")]
    pub bake_time_in_minutes: Auto<String>,
    /// The strategy.
    pub strategy: Auto<DeploymentStrategy>,
    /// A small share first, then all.
    #[attr(computed)]
    pub canary_configuration: Block<Canary>,
    /// What is called on the way.
    pub lifecycle_hook: BlockSet<LifecycleHook>,
    /// Equal shares, one after another.
    #[attr(computed)]
    pub linear_configuration: Block<Linear>,
}

/// A small share first, then all.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Canary {
    /// Minutes before all follow.
    #[attr(range(0, 1440), format = "nullable_int")]
    pub canary_bake_time_in_minutes: Auto<String>,
    /// Share of traffic in percent.
    #[attr(range(0.1, 100))]
    pub canary_percent: Auto<f64>,
}

/// Equal shares, one after another.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Linear {
    /// Minutes between two steps.
    #[attr(range(0, 1440), format = "nullable_int")]
    pub step_bake_time_in_minutes: Auto<String>,
    /// Share of traffic in percent.
    #[attr(range(3, 100))]
    pub step_percent: Auto<f64>,
}

/// Function that is called on the way.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct LifecycleHook {
    /// What the function is told, as JSON.
    #[attr(json, format = "json_or_yaml")]
    pub hook_details: Option<String>,
    /// ARN of the function.
    #[attr(format = "arn")]
    pub hook_target_arn: String,
    /// When it is called.
    #[attr(one_of(
        "POST_PRODUCTION_TRAFFIC_SHIFT",
        "POST_SCALE_UP",
        "POST_TEST_TRAFFIC_SHIFT",
        "PRE_PRODUCTION_TRAFFIC_SHIFT",
        "PRE_SCALE_UP",
        "PRODUCTION_TRAFFIC_SHIFT",
        "RECONCILE_SERVICE",
        "TEST_TRAFFIC_SHIFT"
    ))]
    pub lifecycle_stages: Vec<String>,
    /// ARN of the role that calls it.
    #[attr(format = "arn")]
    pub role_arn: String,
}

impl Alarms {
    pub(super) fn sent(&self) -> Option<types::DeploymentAlarms> {
        types::DeploymentAlarms::builder()
            .set_alarm_names(Some(self.alarm_names.0.clone()))
            .enable(self.enable)
            .rollback(self.rollback)
            .build()
            .ok()
    }

    pub(super) fn told(it: types::DeploymentAlarms) -> Self {
        let alarm_names = Set(it.alarm_names);
        Alarms { alarm_names, enable: it.enable, rollback: it.rollback }
    }
}

impl CircuitBreaker {
    pub(super) fn sent(&self) -> types::DeploymentCircuitBreaker {
        let it = types::DeploymentCircuitBreaker::builder().enable(self.enable);
        it.rollback(self.rollback).build()
    }
}

impl Controller {
    pub(super) fn sent(&self) -> Option<types::DeploymentController> {
        types::DeploymentController::builder().r#type(self.kind.clone()).build().ok()
    }
}

impl DeploymentConfiguration {
    /// Adds it to what else is sent of deployments.
    pub(super) fn add_to(
        &self,
        to: types::builders::DeploymentConfigurationBuilder,
    ) -> types::builders::DeploymentConfigurationBuilder {
        let canary = self.canary_configuration.get().map(|it| {
            types::CanaryConfiguration::builder()
                .set_canary_bake_time_in_minutes(minutes(&it.canary_bake_time_in_minutes))
                .set_canary_percent(it.canary_percent.given())
                .build()
        });
        let linear = self.linear_configuration.get().map(|it| {
            types::LinearConfiguration::builder()
                .set_step_bake_time_in_minutes(minutes(&it.step_bake_time_in_minutes))
                .set_step_percent(it.step_percent.given())
                .build()
        });
        to.set_bake_time_in_minutes(minutes(&self.bake_time_in_minutes))
            .set_strategy(self.strategy.given())
            .set_canary_configuration(canary)
            .set_linear_configuration(linear)
            .set_lifecycle_hooks(Some(
                self.lifecycle_hook.0.iter().map(LifecycleHook::sent).collect(),
            ))
    }

    pub(super) fn told(it: types::DeploymentConfiguration) -> Self {
        let canary = it.canary_configuration.map(|it| Canary {
            canary_bake_time_in_minutes: text(it.canary_bake_time_in_minutes),
            canary_percent: it.canary_percent.into(),
        });
        let linear = it.linear_configuration.map(|it| Linear {
            step_bake_time_in_minutes: text(it.step_bake_time_in_minutes),
            step_percent: it.step_percent.into(),
        });
        let hooks = it.lifecycle_hooks.into_iter().flatten().map(LifecycleHook::told);
        DeploymentConfiguration {
            bake_time_in_minutes: text(it.bake_time_in_minutes),
            strategy: it.strategy.into(),
            canary_configuration: Block(canary),
            lifecycle_hook: BlockSet(hooks.collect()),
            linear_configuration: Block(linear),
        }
    }
}

impl LifecycleHook {
    fn sent(&self) -> types::DeploymentLifecycleHook {
        let stages = self.lifecycle_stages.iter();
        let stages = stages.map(|it| DeploymentLifecycleHookStage::from(&**it)).collect();
        types::DeploymentLifecycleHook::builder()
            .set_hook_details(self.hook_details.as_deref().and_then(document))
            .hook_target_arn(&self.hook_target_arn)
            .set_lifecycle_stages(Some(stages))
            .role_arn(&self.role_arn)
            .build()
    }

    fn told(it: types::DeploymentLifecycleHook) -> Self {
        let stages = it.lifecycle_stages.into_iter().flatten();
        LifecycleHook {
            hook_details: it.hook_details.as_ref().and_then(document_text),
            hook_target_arn: it.hook_target_arn.unwrap_or_default(),
            lifecycle_stages: stages.map(|it| it.as_str().to_string()).collect(),
            role_arn: it.role_arn.unwrap_or_default(),
        }
    }
}

fn minutes(it: &Auto<String>) -> Option<i32> {
    it.get().and_then(|it| it.parse().ok())
}

fn text(it: Option<i32>) -> Auto<String> {
    it.map(|it| it.to_string()).into()
}

fn document(text: &str) -> Option<Document> {
    codec().create_deserializer(text.as_bytes()).read_document(&DOCUMENT).ok()
}

fn document_text(it: &Document) -> Option<String> {
    let mut writing = codec().create_serializer();
    writing.write_document(&DOCUMENT, it).ok()?;
    String::from_utf8(writing.finish()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_are_any_document() {
        let text = r#"{"a":[1,"x",null],"b":{"c":true}}"#;
        let it = document(text).and_then(|it| document_text(&it)).unwrap();
        assert!(crate::schema::compare::same_json(&it, text), "{it}");
    }
}
