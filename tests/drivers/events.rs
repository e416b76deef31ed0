//! Rules of EventBridge and their targets.

use fastcart_hcl::driver::{FailureKind, Op};
use serde_json::{Value as Json, json};

use crate::play::Play;

fn pattern(sources: &[&str]) -> String {
    json!({ "source": sources, "detail": { "state": ["STOPPED"] } }).to_string()
}

fn arn(service: &str, rest: &str) -> String {
    format!("arn:aws:{service}:eu-central-1:123456789012:{rest}")
}

#[tokio::test]
async fn a_rule_lives() {
    let play = Play::new().await;
    let config = |more: Json| {
        let mut it = json!({ "name": "lives", "event_pattern": pattern(&["aws.ecs"]) });
        for (k, v) in more.as_object().unwrap() {
            it[k] = v.clone();
        }
        it
    };
    let it = play.create("aws_cloudwatch_event_rule", config(json!({}))).await;
    assert_eq!(*it.id, *"lives");
    assert_eq!(it.at("arn"), json!(arn("events", "rule/lives")));
    assert_eq!((it.at("state"), it.at("is_enabled")), (json!(null), json!(null)));
    let full = config(json!({
        "description": "stopped tasks", "state": "DISABLED", "tags": { "a": "1", "b": "2" },
        "event_pattern": pattern(&["aws.ecs", "aws.rds"]), "schedule_expression": "rate(1 hour)",
    }));
    let it = play.update(&it, full).await;
    assert_eq!(it.at("state"), json!("DISABLED"));
    play.same_by_import(&it, "lives", &[]).await;
    let less = config(json!({ "event_pattern": null, "schedule_expression": "cron(0 3 * * ? *)",
        "is_enabled": false, "tags": { "b": "3" } }));
    let it = play.update(&it, less).await;
    assert_eq!(it.at("is_enabled"), json!(false));
    assert_eq!(it.at("tags_all"), json!({ "b": "3" }));
    let it = play.update(&it, config(json!({}))).await;
    assert_eq!(it.at("tags_all"), json!({}));
    let again =
        play.make("aws_cloudwatch_event_rule", &config(json!({})), &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id, "put again it is the same rule");
    play.delete(&it).await;
}

#[tokio::test]
async fn a_name_is_made_up_once() {
    let play = Play::new().await;
    let config = json!({ "name_prefix": "made-", "schedule_expression": "rate(5 minutes)" });
    let op = Op::new("0b9c2a4e-7d31-4f0e-9a55-3c1f7e2d8b60", false);
    let it = play.create_by("aws_cloudwatch_event_rule", config.clone(), op.clone()).await;
    assert_eq!(it.at("name"), json!("made-0b9c2a4e7d314f0e9a553c1f7e"));
    let again = play.make("aws_cloudwatch_event_rule", &config, &op).await;
    assert_eq!(again.unwrap(), it.id);
    play.delete(&it).await;
}

#[tokio::test]
async fn rules_of_a_bus_are_read_in_one_call_and_targets_of_a_rule_too() {
    let play = Play::new().await;
    play.aws().events().create_event_bus().name("shop").send().await.unwrap();
    let mut made = Vec::new();
    for number in 0..3 {
        let rule = format!("many-{number}");
        let config =
            json!({ "name": rule, "event_bus_name": "shop", "event_pattern": pattern(&["a"]) });
        made.push(play.create("aws_cloudwatch_event_rule", config).await);
        assert_eq!(*made.last().unwrap().id, format!("shop/{rule}"));
    }
    let mut targets = Vec::new();
    for name in ["a", "b", "c"] {
        let config = json!({ "rule": "many-0", "event_bus_name": arn("events", "event-bus/shop"),
            "target_id": name, "arn": arn("sns", name) });
        targets.push(play.create("aws_cloudwatch_event_target", config).await);
    }
    play.same_by_import(&made[0], "shop/many-0", &[]).await;
    let refusal = play.driver("aws_cloudwatch_event_rule");
    let refusal = refusal.delete(&play.cloud, &made[0].id, made[0].row.clone()).await.unwrap_err();
    assert_eq!(refusal.kind, FailureKind::Retryable, "{refusal:?}");
    assert!(refusal.hints.iter().any(|it| it.contains(&arn("sns", "b"))), "{refusal:?}");
    let before = play.aws().calls().snapshot();
    let reads = made
        .iter()
        .chain(&targets)
        .map(|it| play.driver(it.kind).read(&play.cloud, &it.id, it.row.clone()));
    for seen in futures_util::future::join_all(reads).await {
        assert!(seen.unwrap().is_some());
    }
    let after = play.aws().calls().snapshot();
    let calls = |name: &str| {
        after.get(name).copied().unwrap_or_default() - before.get(name).copied().unwrap_or_default()
    };
    assert_eq!(calls("events:ListRules"), 1);
    assert_eq!(calls("events:DescribeRule"), 0);
    assert_eq!(calls("events:ListTargetsByRule"), 1);
    for it in targets.iter().chain(&made) {
        play.delete(it).await;
    }
    play.aws().events().delete_event_bus().name("shop").send().await.unwrap();
}

#[tokio::test]
async fn a_target_lives() {
    let play = Play::new().await;
    let rule = json!({ "name": "target", "event_pattern": pattern(&["aws.ecs"]) });
    let rule = play.create("aws_cloudwatch_event_rule", rule).await;
    let config = |more: Json| {
        let mut it = json!({ "rule": "target", "target_id": "t", "arn": arn("sns", "ops") });
        for (k, v) in more.as_object().unwrap() {
            it[k] = v.clone();
        }
        it
    };
    let mut it = play.create("aws_cloudwatch_event_target", config(json!({}))).await;
    assert_eq!(*it.id, *"target/t");
    let role = "arn:aws:iam::123456789012:role/events";
    let changes = [
        json!({ "input": "{\"a\":1}", "dead_letter_config": [{ "arn": arn("sqs", "dead") }],
            "retry_policy": [{ "maximum_retry_attempts": 3 }] }),
        json!({ "input_path": "$.detail",
            "retry_policy": [{ "maximum_event_age_in_seconds": 60, "maximum_retry_attempts": 0 }] }),
        json!({ "input_transformer": [{ "input_paths": { "at": "$.time" }, "input_template": "\"<at>\"" }] }),
        json!({ "input_transformer": [{ "input_template": "\"now\"" }] }),
        json!({ "arn": arn("ecs", "cluster/c"), "role_arn": role, "ecs_target": [{
            "task_definition_arn": arn("ecs", "task-definition/f:1"), "task_count": 2,
            "launch_type": "FARGATE", "platform_version": "LATEST", "group": "g",
            "enable_ecs_managed_tags": true, "enable_execute_command": true,
            "propagate_tags": "TASK_DEFINITION", "tags": { "a": "1" },
            "network_configuration": [{ "subnets": ["subnet-2", "subnet-1"],
                "security_groups": ["sg-1"], "assign_public_ip": true }],
        }] }),
        json!({ "arn": arn("ecs", "cluster/c"), "role_arn": role, "ecs_target": [{
            "task_definition_arn": arn("ecs", "task-definition/f"),
            "capacity_provider_strategy": [{ "capacity_provider": "FARGATE", "weight": 1 },
                { "capacity_provider": "FARGATE_SPOT", "base": 1, "weight": 4 }],
            "ordered_placement_strategy": [{ "type": "spread", "field": "host" }],
            "placement_constraint": [{ "type": "distinctInstance" }],
            "network_configuration": [{ "subnets": ["subnet-1"] }],
        }] }),
        json!({ "arn": arn("kinesis", "stream/s"), "role_arn": role,
            "kinesis_target": [{ "partition_key_path": "$.id" }] }),
        json!({ "arn": arn("sqs", "q.fifo"), "sqs_target": [{ "message_group_id": "g" }] }),
        json!({ "arn": arn("batch", "job-queue/q"), "role_arn": role, "batch_target": [{
            "job_definition": "d", "job_name": "n", "array_size": 2, "job_attempts": 3 }] }),
        json!({ "arn": arn("batch", "job-queue/q"), "role_arn": role, "batch_target": [{
            "job_definition": "d", "job_name": "n" }] }),
        json!({ "arn": arn("events", "api-destination/d/1"), "role_arn": role, "http_target": [{
            "header_parameters": { "X-A": "1" }, "path_parameter_values": ["a", "b"],
            "query_string_parameters": { "q": "1" } }] }),
        json!({ "arn": arn("redshift", "cluster:c"), "role_arn": role, "redshift_target": [{
            "database": "d", "db_user": "u", "sql": "select 1", "with_event": true,
            "statement_name": "s" }] }),
        json!({ "arn": arn("ssm", "document/d"), "role_arn": role, "run_command_targets": [
            { "key": "tag:Name", "values": ["a", "b"] }, { "key": "InstanceIds", "values": ["i"] }] }),
        json!({ "arn": arn("sagemaker", "pipeline/p"), "role_arn": role,
            "sagemaker_pipeline_target": [{ "pipeline_parameter_list": [
                { "name": "a", "value": "1" }, { "name": "b", "value": "2" }] }] }),
        json!({ "arn": arn("appsync", "endpoints/graphql-api/a"), "role_arn": role,
            "appsync_target": [{ "graphql_operation": "mutation A { a }" }] }),
    ];
    for change in changes {
        it = play.update(&it, config(change)).await;
        play.same_by_import(&it, "target/t", &[]).await;
    }
    let again =
        play.make("aws_cloudwatch_event_target", &config(json!({})), &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id);
    let driver = play.driver("aws_cloudwatch_event_target");
    let seen = driver.read(&play.cloud, &"target-t".into(), it.row.clone()).await.unwrap().unwrap();
    assert_eq!(seen.row.part("id").and_then(|it| it.as_str()), Some("target/t"), "Terraform's id");
    play.delete(&it).await;
    let it = play.create("aws_cloudwatch_event_target", config(json!({ "target_id": null }))).await;
    assert!(it.at("target_id").as_str().unwrap().starts_with("terraform-"));
    play.delete(&it).await;
    play.delete(&rule).await;
}

#[tokio::test]
async fn what_aws_would_refuse_is_refused_at_plan() {
    let play = Play::new().await;
    let rules: &[(Json, &[&str])] = &[
        (json!({ "name": "a" }), &["event_pattern"]),
        (json!({ "name": "a b", "schedule_expression": "rate(1 day)" }), &["name"]),
        (json!({ "event_pattern": "{" }), &["event_pattern"]),
        (json!({ "event_pattern": "[]" }), &["event_pattern"]),
        (
            json!({ "event_bus_name": "shop", "schedule_expression": "rate(1 day)" }),
            &["schedule_expression"],
        ),
        (json!({ "event_bus_name": "s p", "event_pattern": "{}" }), &["event_bus_name"]),
    ];
    for (config, expected) in rules {
        assert_eq!(play.refused("aws_cloudwatch_event_rule", config), *expected, "{config}");
    }
    let target = |more: Json| {
        let mut it = json!({ "rule": "r", "arn": arn("sns", "ops") });
        for (k, v) in more.as_object().unwrap() {
            it[k] = v.clone();
        }
        it
    };
    let targets: &[(Json, &[&str])] = &[
        (json!({}), &[]),
        (json!({ "target_id": "a b" }), &["target_id"]),
        (json!({ "kinesis_target": [{}] }), &["kinesis_target"]),
        (
            json!({ "input_transformer": [{ "input_paths": { "AWS1": "$" }, "input_template": "x" }] }),
            &["input_transformer"],
        ),
    ];
    for (more, expected) in targets {
        let config = target(more.clone());
        assert_eq!(play.refused("aws_cloudwatch_event_target", &config), *expected, "{more}");
    }
}
