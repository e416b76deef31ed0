//! Targets and policies of Application Auto Scaling.

use fastcart_hcl::driver::{FailureKind, Id, Op};
use serde_json::{Value, json};

use crate::play::{Made, Play};

const DIMENSION: &str = "ecs:service:DesiredCount";

fn target(cluster: &str, more: Value) -> Value {
    let mut it = json!({
        "service_namespace": "ecs", "scalable_dimension": DIMENSION,
        "resource_id": format!("service/{cluster}/app"),
    });
    it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    it
}

/// A service without tasks.
async fn service(play: &Play, cluster: &str) -> [Made; 3] {
    let containers = json!([{ "name": "app", "image": "app:1", "memory": 128 }]).to_string();
    let task = json!({ "family": cluster, "container_definitions": containers });
    let task = play.create("aws_ecs_task_definition", task).await;
    let made = play.create("aws_ecs_cluster", json!({ "name": cluster })).await;
    let it = json!({ "name": "app", "cluster": *made.id, "task_definition": *task.id });
    [play.create("aws_ecs_service", it).await, made, task]
}

#[tokio::test]
async fn a_target_lives() {
    let play = Play::new().await;
    let kind = "aws_appautoscaling_target";
    let config =
        target("scaled", json!({ "min_capacity": 1, "max_capacity": 4, "tags": { "a": "1" } }));
    let early = play.make(kind, &config, &Op::new("t", false)).await.unwrap_err();
    assert_eq!(early.kind, FailureKind::Retryable, "the service may be there soon");
    let below = service(&play, "scaled").await;
    let it = play.create(kind, config.clone()).await;
    assert_eq!(*it.id, *format!("ecs/service/scaled/app/{DIMENSION}"));
    assert!(it.at("arn").as_str().unwrap().contains("scalable-target/"));
    let again = play.make(kind, &config, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id);
    let full = target(
        "scaled",
        json!({
            "min_capacity": 2, "max_capacity": 8, "tags": { "b": "2" },
            "suspended_state": [{ "scheduled_scaling_suspended": true }],
        }),
    );
    let it = play.update(&it, full).await;
    assert_eq!(it.at("tags_all"), json!({ "b": "2" }));
    play.same_by_import(&it, &it.id, &[]).await;
    // A state of Terraform knows it by what it scales.
    let driver = play.driver(kind);
    let terraform = Id::from("service/scaled/app");
    let seen = driver.read(&play.cloud, &terraform, it.row.clone()).await.unwrap().unwrap();
    assert_eq!(seen.row.part("id").and_then(|id| id.as_str()), Some(&*it.id.0));
    assert!(driver.import(&play.cloud, "service/scaled/app").await.is_err());
    let wrong = target("scaled", json!({ "min_capacity": 2, "max_capacity": 1 }));
    assert_eq!(play.why_refused(kind, &wrong).as_deref(), Some("it is at least `min_capacity`"));
    play.delete(&it).await;
    for it in &below {
        play.delete(it).await;
    }
}

#[tokio::test]
async fn policies_live() {
    let play = Play::new().await;
    let kind = "aws_appautoscaling_policy";
    let below = service(&play, "tracked").await;
    let tracking = |more: Value| {
        let mut it = json!({ "target_value": 60, "predefined_metric_specification": [{
            "predefined_metric_type": "ECSServiceAverageCPUUtilization",
        }] });
        it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        target(
            "tracked",
            json!({
                "name": "cpu", "policy_type": "TargetTrackingScaling",
                "target_tracking_scaling_policy_configuration": [it],
            }),
        )
    };
    let early = play.make(kind, &tracking(json!({})), &Op::new("t", false)).await.unwrap_err();
    assert_eq!(early.kind, FailureKind::NotFound, "there is no target yet");
    let limits = target("tracked", json!({ "min_capacity": 1, "max_capacity": 4 }));
    let scaled = play.create("aws_appautoscaling_target", limits).await;
    let cpu = play.create(kind, tracking(json!({}))).await;
    assert_eq!(*cpu.id, *format!("ecs/service/tracked/app/{DIMENSION}/cpu"));
    assert_eq!(cpu.at("alarm_arns").as_array().map(Vec::len), Some(2));
    let cooler = json!({
        "target_value": 45.5, "scale_in_cooldown": 300, "scale_out_cooldown": 60,
        "disable_scale_in": true,
    });
    let cpu = play.update(&cpu, tracking(cooler)).await;
    play.same_by_import(&cpu, &cpu.id, &[]).await;
    let own = json!({
        "predefined_metric_specification": [], "customized_metric_specification": [{ "metrics": [
            { "id": "m", "return_data": false, "metric_stat": [{ "stat": "Sum", "metric": [{
                "metric_name": "ApproximateNumberOfMessagesVisible", "namespace": "AWS/SQS",
                "dimensions": [{ "name": "QueueName", "value": "orders" }],
            }] }] },
            { "id": "e", "expression": "m / 2", "label": "per task" },
        ] }],
    });
    let cpu = play.update(&cpu, tracking(own)).await;
    play.same_by_import(&cpu, &cpu.id, &[]).await;

    let steps = |bound: &str| {
        target(
            "tracked",
            json!({
                "name": "steps", "step_scaling_policy_configuration": [{
                    "adjustment_type": "ChangeInCapacity", "cooldown": 60,
                    "metric_aggregation_type": "Maximum", "step_adjustment": [
                        { "metric_interval_upper_bound": bound, "scaling_adjustment": -1 },
                        { "metric_interval_lower_bound": bound, "scaling_adjustment": 1 },
                    ],
                }],
            }),
        )
    };
    let it = play.create(kind, steps("0.0")).await;
    let told = it.at("step_scaling_policy_configuration");
    assert!(told.to_string().contains("\"0.0\""), "as the user wrote it: {told}");
    let it = play.update(&it, steps("10")).await;
    play.same_by_import(&it, &it.id, &[]).await;

    let calls = |play: &Play| {
        let all = play.aws().calls().snapshot();
        all.get("application-autoscaling:DescribeScalingPolicies").copied()
    };
    let (before, driver) = (calls(&play).unwrap(), play.driver(kind));
    let (a, b) = tokio::join!(
        driver.read(&play.cloud, &cpu.id, driver.blank()),
        driver.read(&play.cloud, &it.id, driver.blank()),
    );
    assert!(a.unwrap().is_some() && b.unwrap().is_some());
    assert_eq!(calls(&play), Some(before + 1), "one call for both");
    for it in [&it, &cpu, &scaled].into_iter().chain(&below) {
        play.delete(it).await;
    }
}

#[tokio::test]
async fn plan_refuses_what_aws_would_refuse() {
    let play = Play::new().await;
    let kind = "aws_appautoscaling_policy";
    let policy = |more: Value| {
        let mut it = target("x", json!({ "name": "x" }));
        it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        it
    };
    let step = |bound: &str| {
        json!([{ "step_adjustment": [
        { "metric_interval_lower_bound": bound, "scaling_adjustment": 1 },
    ] }])
    };
    let cases = [
        (policy(json!({ "step_scaling_policy_configuration": step("1") })), None),
        (policy(json!({})), Some("`policy_type = \"StepScaling\"` needs it")),
        (
            policy(json!({ "step_scaling_policy_configuration": step("far") })),
            Some("\"far\" is not a number"),
        ),
        (
            policy(json!({
                "policy_type": "TargetTrackingScaling",
                "target_tracking_scaling_policy_configuration": [{ "target_value": 1 }],
            })),
            Some(
                "in `target_tracking_scaling_policy_configuration[0]`: exactly one of \
                 `customized_metric_specification`, `predefined_metric_specification` must be set, \
                 but none is",
            ),
        ),
        (
            policy(json!({
                "policy_type": "PredictiveScaling",
                "predictive_scaling_policy_configuration": [{
                    "metric_specification": [{ "target_value": "some" }],
                }],
            })),
            Some("\"some\" is not a number"),
        ),
    ];
    for (config, expected) in cases {
        assert_eq!(play.why_refused(kind, &config).as_deref(), expected, "{config}");
    }
}
