//! Log groups and their metric filters.

use fastcart_hcl::driver::Op;
use serde_json::json;

use crate::play::Play;

fn key_policy() -> String {
    json!({ "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
          "Action": "kms:*", "Resource": "*" },
        { "Effect": "Allow", "Principal": { "Service": "logs.eu-central-1.amazonaws.com" },
          "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*",
                     "kms:Describe*"], "Resource": "*" },
    ] })
    .to_string()
}

#[tokio::test]
async fn a_group_lives() {
    let play = Play::new().await;
    let key = play.create("aws_kms_key", json!({ "policy": key_policy() })).await;
    let group = play.create("aws_cloudwatch_log_group", json!({ "name": "/test/lives" })).await;
    assert_eq!(group.at("retention_in_days"), json!(0));
    assert_eq!(group.at("log_group_class"), json!("STANDARD"));
    assert_eq!(
        group.at("arn"),
        json!("arn:aws:logs:eu-central-1:123456789012:log-group:/test/lives")
    );
    let full = json!({
        "name": "/test/lives", "retention_in_days": 30, "kms_key_id": key.at("arn"),
        "deletion_protection_enabled": true, "tags": { "a": "1" },
    });
    let group = play.update(&group, full).await;
    play.same_by_import(&group, "/test/lives", &[]).await;
    let data = play.data("aws_cloudwatch_log_group", json!({ "name": "/test/lives" })).await;
    assert_eq!(data.at("retention_in_days"), json!(30));
    assert_eq!(data.at("tags"), json!({ "a": "1" }));
    let less = json!({ "name": "/test/lives", "deletion_protection_enabled": false });
    let group = play.update(&group, less).await;
    assert_eq!(group.at("kms_key_id"), json!(null));
    play.delete(&group).await;
    play.delete(&key).await;
}

#[tokio::test]
async fn a_group_is_made_whole_and_may_stay() {
    let play = Play::new().await;
    let config = json!({
        "name_prefix": "/test/whole-", "retention_in_days": 7, "skip_destroy": true,
        "tags": { "a": "1" }, "log_group_class": "INFREQUENT_ACCESS",
    });
    let group =
        play.create_by("aws_cloudwatch_log_group", config.clone(), Op::new("a-b", false)).await;
    assert_eq!(*group.id, *"/test/whole-ab");
    let again = play.make("aws_cloudwatch_log_group", &config, &Op::new("a-b", true)).await;
    assert_eq!(again.unwrap(), group.id, "an earlier run took the name");
    assert!(play.driver("aws_cloudwatch_log_group").stays(&group.row));
    play.driver(group.kind).delete(&play.cloud, &group.id, group.row.clone()).await.unwrap();
    let left = play.import("aws_cloudwatch_log_group", &group.id).await;
    play.delete(&left).await;
}

#[tokio::test]
async fn groups_are_read_in_one_call() {
    let play = Play::new().await;
    let names = ["/test/one", "/test/two", "/test/three"];
    let mut groups = Vec::new();
    for name in names {
        groups.push(play.create("aws_cloudwatch_log_group", json!({ "name": name })).await);
    }
    let count = || play.aws().calls().snapshot().get("logs:DescribeLogGroups").copied();
    let before = count().unwrap_or_default();
    let reads = names.iter().map(|name| play.import("aws_cloudwatch_log_group", name));
    assert_eq!(futures_util::future::join_all(reads).await.len(), 3);
    assert_eq!(count(), Some(before + 1));
    for it in &groups {
        play.delete(it).await;
    }
}

#[tokio::test]
async fn a_metric_filter_lives() {
    let play = Play::new().await;
    let group = play.create("aws_cloudwatch_log_group", json!({ "name": "/test/filtered" })).await;
    let config = |pattern: &str, transformation: serde_json::Value| {
        json!({ "name": "errors", "log_group_name": "/test/filtered", "pattern": pattern,
                "metric_transformation": [transformation] })
    };
    let plain =
        json!({ "name": "Errors", "namespace": "Test", "value": "1", "default_value": "0" });
    let it = play.create("aws_cloudwatch_log_metric_filter", config("ERROR", plain)).await;
    assert_eq!(it.at("metric_transformation")[0]["unit"], json!("None"));
    let other = json!({ "name": "Errors", "namespace": "Test", "value": "$.n", "unit": "Count",
                        "dimensions": { "Service": "$.service" } });
    let it = play.update(&it, config("{ $.level = \"error\" }", other)).await;
    assert_eq!(it.at("metric_transformation")[0]["default_value"], json!(null));
    play.same_by_import(&it, "/test/filtered:errors", &[]).await;
    play.delete(&it).await;
    play.delete(&group).await;
}
