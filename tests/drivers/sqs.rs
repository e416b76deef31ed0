//! Queues and their policies.

use fastcart_hcl::driver::{FailureKind, Op};
use fastcart_hcl::schema::compare::same_json;
use serde_json::{Value as Json, json};

use crate::cloud::Cloud;
use crate::play::{Made, Play};

fn policy(queue: &Made, principal: &str) -> String {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "TlsOnly", "Effect": "Deny", "Principal": principal, "Action": ["sqs:*"],
        "Resource": queue.at("arn"), "Condition": { "Bool": { "aws:SecureTransport": "false" } },
    }] })
    .to_string()
}

fn redrive(to: &Made, count: Json) -> String {
    json!({ "deadLetterTargetArn": to.at("arn"), "maxReceiveCount": count }).to_string()
}

#[tokio::test]
async fn a_queue_lives() {
    let play = Play::new().await;
    let dead = play.create("aws_sqs_queue", json!({ "name": "lives-dead" })).await;
    assert_eq!(dead.at("url"), json!(*dead.id));
    assert_eq!(dead.at("arn"), json!("arn:aws:sqs:eu-central-1:123456789012:lives-dead"));
    assert_eq!(dead.at("sqs_managed_sse_enabled"), json!(true));
    let queue = play.create("aws_sqs_queue", json!({ "name": "lives" })).await;
    let full = json!({
        "name": "lives", "delay_seconds": 5, "kms_master_key_id": "alias/aws/sqs",
        "kms_data_key_reuse_period_seconds": 600, "max_message_size": 2048,
        "message_retention_seconds": 86400, "policy": policy(&queue, "*"),
        "receive_wait_time_seconds": 20, "redrive_policy": redrive(&dead, json!("4")),
        "redrive_allow_policy": r#"{"redrivePermission":"denyAll"}"#,
        "visibility_timeout_seconds": 60, "tags": { "a": "1" },
    });
    let queue = play.update(&queue, full.clone()).await;
    assert_eq!(queue.at("sqs_managed_sse_enabled"), json!(false));
    assert_eq!(queue.at("tags_all"), json!({ "a": "1" }));
    assert_eq!(queue.at("redrive_policy"), json!(redrive(&dead, json!("4"))), "in its own words");
    // The count is told as a number.
    play.same_by_import(&queue, &queue.id, &["redrive_policy"]).await;
    play.same_by_import(&queue, "lives", &["redrive_policy"]).await;
    let mut less = full;
    less["delay_seconds"] = json!(null);
    less["kms_master_key_id"] = json!(null);
    less["sqs_managed_sse_enabled"] = json!(true);
    less["policy"] = json!("");
    less["redrive_policy"] = json!("");
    less["tags"] = json!({ "b": "2" });
    let queue = play.update(&queue, less.clone()).await;
    assert_eq!(queue.at("delay_seconds"), json!(0));
    assert_eq!(queue.at("kms_master_key_id"), json!(null));
    assert_eq!(queue.at("visibility_timeout_seconds"), json!(60));
    assert_eq!(queue.at("tags_all"), json!({ "b": "2" }));
    let calls = play.aws().calls().snapshot();
    let queue = play.update(&queue, less).await;
    assert_eq!(
        play.aws().calls().snapshot().get("sqs:SetQueueAttributes"),
        calls.get("sqs:SetQueueAttributes"),
        "nothing differs any more"
    );
    play.delete(&queue).await;
    play.delete(&dead).await;
}

#[tokio::test]
async fn a_queue_is_made_whole_in_one_call() {
    let play = Play::new().await;
    let dead = play
        .create("aws_sqs_queue", json!({ "name": "whole-dead.fifo", "fifo_queue": true }))
        .await;
    let before = play.aws().calls().snapshot();
    let config = json!({
        "name_prefix": "whole-", "fifo_queue": true, "content_based_deduplication": true,
        "deduplication_scope": "messageGroup", "fifo_throughput_limit": "perMessageGroupId",
        "kms_master_key_id": "alias/aws/sqs", "redrive_policy": redrive(&dead, json!(3)),
        "tags": { "a": "1" },
    });
    let queue = play.create_by("aws_sqs_queue", config.clone(), Op::new("a-b", false)).await;
    assert_eq!(queue.at("name"), json!("whole-ab.fifo"));
    assert_eq!(queue.at("content_based_deduplication"), json!(true));
    let after = play.aws().calls().snapshot();
    assert_eq!(after.get("sqs:SetQueueAttributes"), before.get("sqs:SetQueueAttributes"));
    let again = play.make("aws_sqs_queue", &config, &Op::new("a-b", true)).await;
    assert_eq!(again.unwrap(), queue.id, "an earlier run made it");
    let other = play.make("aws_sqs_queue", &config, &Op::new("a-b", false)).await.unwrap_err();
    assert_eq!(
        other.kind,
        FailureKind::Retryable,
        "another's, or one that is still going: {other}"
    );
    assert!(other.message.contains("whole-ab.fifo") && !other.hints.is_empty());
    play.delete(&queue).await;
    play.delete(&dead).await;
}

#[tokio::test]
async fn policies_of_a_queue_live_apart_from_it() {
    let play = Play::new().await;
    let dead = play.create("aws_sqs_queue", json!({ "name": "apart-dead" })).await;
    let queue = play.create("aws_sqs_queue", json!({ "name": "apart" })).await;
    let kinds = [
        ("aws_sqs_queue_policy", "policy", policy(&queue, "*"), policy(&queue, "123456789012")),
        (
            "aws_sqs_queue_redrive_policy",
            "redrive_policy",
            redrive(&dead, json!("2")),
            redrive(&dead, json!(5)),
        ),
    ];
    for (kind, argument, first, second) in kinds {
        let config = |text: &str| json!({ "queue_url": *queue.id, argument: text });
        let it = play.create(kind, config(&first)).await;
        assert_eq!(it.id, queue.id);
        let it = play.update(&it, config(&second)).await;
        play.same_by_import(&it, &queue.id, &[]).await;
        let seen = play.update(&queue, json!({ "name": "apart", "delay_seconds": 7 })).await;
        let (has, wanted) = (seen.at(argument), it.at(argument));
        let same = same_json(has.as_str().unwrap(), wanted.as_str().unwrap());
        assert!(same, "the queue leaves it alone: {has}");
        play.delete(&it).await;
        let seen = play.import("aws_sqs_queue", &queue.id).await;
        assert_eq!(seen.at(argument), json!(null), "{kind} is gone");
    }
    play.delete(&queue).await;
    play.delete(&dead).await;
}

#[tokio::test]
async fn what_sqs_does_not_know_yet_is_tried_again() {
    let cloud = Cloud::take();
    cloud.lifetimes(&json!({ "sqs_queue": { "deleting": 60 } }));
    let play = Play::at(&cloud.url(), json!({})).await;
    let queue = play.create("aws_sqs_queue", json!({ "name": "soon" })).await;
    let role = json!({ "AWS": "arn:aws:iam::123456789012:role/soon" });
    let document = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": role, "Action": "sqs:*", "Resource": queue.at("arn") }] });
    let config = json!({ "queue_url": *queue.id, "policy": document.to_string() });
    let refused = play.make("aws_sqs_queue_policy", &config, &Op::new("t", false)).await;
    assert_eq!(refused.unwrap_err().kind, FailureKind::Retryable);
    let nowhere =
        r#"{"deadLetterTargetArn":"arn:aws:sqs:eu-central-1:123456789012:no","maxReceiveCount":1}"#;
    let config = json!({ "queue_url": *queue.id, "redrive_policy": nowhere });
    let refused = play.make("aws_sqs_queue_redrive_policy", &config, &Op::new("t", false)).await;
    assert_eq!(refused.unwrap_err().kind, FailureKind::Retryable);
    play.delete(&queue).await;
    let config = json!({ "name": "soon" });
    let refused = play.make("aws_sqs_queue", &config, &Op::new("t", false)).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Retryable, "the name is not free at once: {refused}");
    cloud.advance(61);
    play.make("aws_sqs_queue", &config, &Op::new("t", false)).await.unwrap();
}

#[tokio::test]
async fn a_queue_and_its_policies_are_read_by_one_call() {
    let play = Play::new().await;
    let queue = play.create("aws_sqs_queue", json!({ "name": "together" })).await;
    let config = json!({ "queue_url": *queue.id, "policy": policy(&queue, "*") });
    let policy = play.create("aws_sqs_queue_policy", config).await;
    let count = || play.aws().calls().snapshot().get("sqs:GetQueueAttributes").copied();
    let before = count().unwrap_or_default();
    let reads = [&queue, &policy].map(|it| {
        let driver = play.driver(it.kind);
        async { driver.read(&play.cloud, &it.id, it.row.clone()).await.unwrap().unwrap() }
    });
    futures_util::future::join_all(reads).await;
    assert_eq!(count().unwrap_or_default(), before + 1);
    play.delete(&policy).await;
    play.delete(&queue).await;
}

#[tokio::test]
async fn what_aws_would_refuse_is_refused_at_plan() {
    let play = Play::new().await;
    let cases = [
        (json!({ "name": "a" }), vec![]),
        (json!({ "name": "a.fifo", "fifo_queue": true }), vec![]),
        (json!({ "name": "a", "fifo_queue": true }), vec!["name"]),
        (json!({ "name": "a.fifo" }), vec!["name"]),
        (json!({ "name": "a b" }), vec!["name"]),
        (json!({ "name_prefix": "a".repeat(55) }), vec!["name_prefix"]),
        (json!({ "receive_wait_time_seconds": 21 }), vec!["receive_wait_time_seconds"]),
        (json!({ "content_based_deduplication": true }), vec!["content_based_deduplication"]),
        (json!({ "deduplication_scope": "queue" }), vec!["deduplication_scope"]),
        (
            json!({ "fifo_queue": true, "fifo_throughput_limit": "perMessageGroupId" }),
            vec!["fifo_throughput_limit"],
        ),
    ];
    for (config, expected) in cases {
        assert_eq!(play.refused("aws_sqs_queue", &config), expected, "{config}");
    }
}
