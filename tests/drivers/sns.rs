//! Topics, their policies and subscriptions.

use fastcart_hcl::driver::{FailureKind, Op, Status};
use serde_json::{Value as Json, json};

use crate::play::{Made, Play};

fn policy(topic: &str, principal: Json) -> String {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "alarms", "Effect": "Allow", "Principal": principal, "Action": ["sns:Publish"],
        "Resource": topic,
    }] })
    .to_string()
}

fn changes(play: &Play) -> u64 {
    let calls = play.aws().calls().snapshot();
    calls.iter().filter(|(name, _)| name.starts_with("sns:Set")).map(|(_, count)| count).sum()
}

#[tokio::test]
async fn a_topic_lives() {
    let play = Play::new().await;
    let topic = play.create("aws_sns_topic", json!({ "name": "lives" })).await;
    assert_eq!(topic.at("arn"), json!("arn:aws:sns:eu-central-1:123456789012:lives"));
    assert_eq!(topic.at("owner"), json!("123456789012"));
    assert_eq!(topic.at("signature_version"), json!(1));
    assert!(topic.at("policy").as_str().unwrap().contains("__default_policy_ID"));
    let role = "arn:aws:iam::123456789012:role/feedback";
    let full = json!({
        "name": "lives", "display_name": "Alarms", "kms_master_key_id": "alias/aws/sns",
        "policy": policy(&topic.id, json!({ "Service": "cloudwatch.amazonaws.com" })),
        "delivery_policy": r#"{"http": {"defaultHealthyRetryPolicy": {"numRetries": 5}}}"#,
        "sqs_failure_feedback_role_arn": role, "sqs_success_feedback_role_arn": role,
        "sqs_success_feedback_sample_rate": 50, "http_success_feedback_role_arn": role,
        "signature_version": 2, "tracing_config": "Active", "tags": { "a": "1" },
    });
    let topic = play.update(&topic, full.clone()).await;
    assert_eq!(topic.at("sqs_success_feedback_sample_rate"), json!(50));
    assert_eq!(topic.at("tags_all"), json!({ "a": "1" }));
    play.same_by_import(&topic, &topic.id, &[]).await;
    let data = play.data("aws_sns_topic", json!({ "name": "lives" })).await;
    assert_eq!((data.at("arn"), data.at("tags")), (topic.at("arn"), json!({ "a": "1" })));
    let before = changes(&play);
    let topic = play.update(&topic, full.clone()).await;
    assert_eq!(changes(&play), before, "nothing differs any more");
    let mut less = full;
    for gone in ["display_name", "kms_master_key_id", "delivery_policy", "tags"] {
        less[gone] = json!(null);
    }
    for gone in ["sqs_success_feedback_sample_rate", "sqs_failure_feedback_role_arn"] {
        less[gone] = json!(null);
    }
    less["tracing_config"] = json!("PassThrough");
    let topic = play.update(&topic, less).await;
    assert_eq!(topic.at("display_name"), json!(null));
    assert_eq!(topic.at("sqs_success_feedback_role_arn"), json!(role), "the rest stays");
    play.delete(&topic).await;
}

#[tokio::test]
async fn a_topic_is_made_whole_in_one_call() {
    let play = Play::new().await;
    let before = changes(&play);
    let config = json!({
        "name_prefix": "whole-", "fifo_topic": true, "content_based_deduplication": true,
        "display_name": "Alarms", "kms_master_key_id": "alias/aws/sns", "tags": { "a": "1" },
        "archive_policy": r#"{"MessageRetentionPeriod":"7"}"#, "fifo_throughput_scope": "Topic",
    });
    let topic = play.create_by("aws_sns_topic", config.clone(), Op::new("a-b", false)).await;
    assert_eq!(topic.at("name"), json!("whole-ab.fifo"));
    assert_eq!(changes(&play), before);
    let again = play.make("aws_sns_topic", &config, &Op::new("a-b", true)).await;
    assert_eq!(again.unwrap(), topic.id, "an earlier run made it");
    let taken = play.make("aws_sns_topic", &config, &Op::new("a-b", false)).await.unwrap_err();
    assert_eq!(taken.kind, FailureKind::Exists, "{taken}");
    play.delete(&topic).await;
    assert_eq!(changes(&play), before + 1, "it lets go of what it keeps");
}

#[tokio::test]
async fn a_topic_policy_lives_and_the_topic_keeps_one() {
    let play = Play::new().await;
    let topic = play.create("aws_sns_topic", json!({ "name": "policy" })).await;
    let config = |who: Json| json!({ "arn": *topic.id, "policy": policy(&topic.id, who) });
    let it = play.create("aws_sns_topic_policy", config(json!({ "AWS": "123456789012" }))).await;
    let cloudwatch = json!({ "Service": ["cloudwatch.amazonaws.com"] });
    let it = play.update(&it, config(cloudwatch)).await;
    assert_eq!(it.at("owner"), json!("123456789012"));
    play.same_by_import(&it, &topic.id, &[]).await;
    let seen = play.update(&topic, json!({ "name": "policy", "display_name": "x" })).await;
    assert_eq!(seen.at("policy"), it.at("policy"), "the topic leaves it alone");
    let unknown = config(json!({ "AWS": "arn:aws:iam::123456789012:role/sns-soon" }));
    let refused = play.make("aws_sns_topic_policy", &unknown, &Op::new("t", false)).await;
    assert_eq!(refused.unwrap_err().kind, FailureKind::Retryable, "a role made just now");
    assert!(play.driver("aws_sns_topic_policy").stays(&it.row));
    play.driver(it.kind).delete(&play.cloud, &it.id, it.row.clone()).await.unwrap();
    let left = play.import("aws_sns_topic", &topic.id).await;
    let fresh = play.create("aws_sns_topic", json!({ "name": "policy-fresh" })).await;
    let expected = fresh.at("policy").as_str().unwrap().replace("policy-fresh", "policy");
    let left = left.at("policy").as_str().unwrap().to_string();
    assert!(fastcart_hcl::schema::compare::same_json(&left, &expected), "{left}");
    play.delete(&fresh).await;
    play.delete(&topic).await;
}

async fn subscribed(play: &Play, name: &str) -> (Made, Made, Json) {
    let topic = play.create("aws_sns_topic", json!({ "name": name })).await;
    let queue = play.create("aws_sqs_queue", json!({ "name": name })).await;
    let to = json!({
        "topic_arn": *topic.id, "protocol": "sqs", "endpoint": queue.at("arn"),
        "filter_policy": r#"{"kind": ["order"]}"#, "raw_message_delivery": true,
    });
    (topic, queue, to)
}

#[tokio::test]
async fn a_subscription_lives() {
    let play = Play::new().await;
    let (topic, queue, config) = subscribed(&play, "subscribed").await;
    let before = changes(&play);
    let it = play.create("aws_sns_topic_subscription", config.clone()).await;
    assert_eq!(changes(&play), before, "made whole");
    assert_eq!(it.at("arn"), json!(*it.id));
    assert_eq!(it.at("filter_policy_scope"), json!("MessageAttributes"));
    assert_eq!(it.at("pending_confirmation"), json!(false));
    let again = play.make(it.kind, &config, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id, "the same endpoint again");
    play.same_by_import(&it, &it.id, &[]).await;
    let mut other = config.clone();
    other["filter_policy"] = json!(r#"{"order": {"kind": ["express"]}}"#);
    other["filter_policy_scope"] = json!("MessageBody");
    other["raw_message_delivery"] = json!(false);
    other["redrive_policy"] = json!(json!({ "deadLetterTargetArn": queue.at("arn") }).to_string());
    let it = play.update(&it, other.clone()).await;
    assert_eq!(it.at("filter_policy_scope"), json!("MessageBody"));
    let before = changes(&play);
    let it = play.update(&it, other.clone()).await;
    assert_eq!(changes(&play), before, "nothing differs any more");
    for gone in ["filter_policy", "filter_policy_scope", "redrive_policy"] {
        other[gone] = json!(null);
    }
    let it = play.update(&it, other).await;
    assert_eq!(it.at("filter_policy"), json!(null));
    assert_eq!(it.at("redrive_policy"), json!(null));
    for it in [it, topic, queue] {
        play.delete(&it).await;
    }
}

#[tokio::test]
async fn an_endpoint_that_never_confirms_holds_nothing_up() {
    let play = Play::new().await;
    let topic = play.create("aws_sns_topic", json!({ "name": "pending" })).await;
    let kind = "aws_sns_topic_subscription";
    let config = json!({
        "topic_arn": *topic.id, "protocol": "email", "endpoint": "on-call@example.com",
    });
    let mail = play.create(kind, config).await;
    assert_eq!(mail.at("pending_confirmation"), json!(true));
    let driver = play.driver(kind);
    assert!(driver.stays(&mail.row), "AWS does not end it");
    driver.delete(&play.cloud, &mail.id, mail.row.clone()).await.unwrap();
    let config = json!({
        "topic_arn": *topic.id, "protocol": "https", "endpoint": "https://example.com/in",
        "endpoint_auto_confirms": true,
    });
    let web = play.make(kind, &config, &Op::new("t", false)).await.unwrap();
    let want = crate::play::filled(driver.schema().attributes, &config);
    let seen = driver.read(&play.cloud, &web, want.clone()).await.unwrap().unwrap();
    assert_eq!(seen.status, Status::Busy("pending confirmation".into()));
    let confirm = play.aws().sns().confirm_subscription().topic_arn(&*topic.id).token(&*web);
    confirm.send().await.unwrap();
    let seen = driver.read(&play.cloud, &web, want).await.unwrap().unwrap();
    assert_eq!(seen.status, Status::Ready);
    assert!(!driver.stays(&seen.row));
    driver.delete(&play.cloud, &web, seen.row).await.unwrap();
    play.delete(&topic).await;
}

#[tokio::test]
async fn what_aws_would_refuse_is_refused_at_plan() {
    let play = Play::new().await;
    let topics = [
        (json!({ "name": "a" }), vec![]),
        (json!({ "name": "a", "fifo_topic": true }), vec!["name"]),
        (json!({ "name": "a.fifo" }), vec!["name"]),
        (json!({ "name": "a/b" }), vec!["name"]),
        (json!({ "archive_policy": "{}" }), vec!["archive_policy"]),
        (json!({ "content_based_deduplication": true }), vec!["content_based_deduplication"]),
        (json!({ "fifo_throughput_scope": "Topic" }), vec!["fifo_throughput_scope"]),
    ];
    for (config, expected) in topics {
        assert_eq!(play.refused("aws_sns_topic", &config), expected, "{config}");
    }
    let to = |protocol: &str, role: Json| {
        json!({
            "topic_arn": "arn:aws:sns:eu-central-1:123456789012:t", "endpoint": "arn",
            "protocol": protocol,
            "subscription_role_arn": role,
        })
    };
    let subscriptions = [
        (to("sqs", json!(null)), vec![]),
        (to("firehose", json!("arn:aws:iam::123456789012:role/r")), vec![]),
        (to("firehose", json!(null)), vec!["subscription_role_arn"]),
        (to("sqs", json!("arn:aws:iam::123456789012:role/r")), vec!["subscription_role_arn"]),
    ];
    for (config, expected) in subscriptions {
        assert_eq!(play.refused("aws_sns_topic_subscription", &config), expected, "{config}");
    }
}
