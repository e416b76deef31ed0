//! Streams and their consumers.

use fastcart_hcl::driver::{FailureKind, Op};
use serde_json::json;

use crate::play::Play;

#[tokio::test]
async fn a_stream_lives() {
    let play = Play::new().await;
    let kms = play.create("aws_kms_key", json!({})).await;
    let stream =
        play.create("aws_kinesis_stream", json!({ "name": "lives", "shard_count": 2 })).await;
    assert_eq!(stream.at("arn"), json!(*stream.id));
    assert_eq!(stream.at("retention_period"), json!(24));
    assert_eq!(stream.at("stream_mode_details"), json!([{ "stream_mode": "PROVISIONED" }]));
    let full = json!({
        "name": "lives", "shard_count": 3, "retention_period": 48, "encryption_type": "kms",
        "kms_key_id": kms.at("arn"), "shard_level_metrics": ["IncomingBytes", "OutgoingBytes"],
        "tags": { "a": "1", "b": "2" }, "enforce_consumer_deletion": true,
    });
    let stream = play.update(&stream, full.clone()).await;
    assert_eq!(stream.at("kms_key_id"), kms.at("arn"));
    assert_eq!(stream.at("encryption_type"), json!("kms"), "as the user wrote it");
    play.same_by_import(&stream, "lives", &["encryption_type"]).await;
    let data = play.data("aws_kinesis_stream", json!({ "name": "lives" })).await;
    assert_eq!(data.at("arn"), stream.at("arn"));
    assert_eq!(data.at("open_shards").as_array().map(Vec::len), Some(3));
    assert_eq!(data.at("tags"), json!({ "a": "1", "b": "2" }));
    let mut less = full;
    less["retention_period"] = json!(24);
    less["encryption_type"] = json!("NONE");
    less["kms_key_id"] = json!(null);
    less["shard_level_metrics"] = json!(["OutgoingBytes"]);
    less["tags"] = json!({ "b": "3" });
    let stream = play.update(&stream, less.clone()).await;
    assert_eq!(stream.at("tags_all"), json!({ "b": "3" }));
    less["shard_level_metrics"] = json!(null);
    less["shard_count"] = json!(null);
    less["stream_mode_details"] = json!([{ "stream_mode": "ON_DEMAND" }]);
    let stream = play.update(&stream, less).await;
    assert_eq!(stream.at("shard_count"), json!(null));
    play.delete(&stream).await;
    play.delete(&kms).await;
}

#[tokio::test]
async fn everything_is_converged_after_creation() {
    let play = Play::new().await;
    let config = json!({
        "name": "at-once", "shard_count": 1, "retention_period": 168, "encryption_type": "KMS",
        "kms_key_id": "alias/aws/kinesis", "shard_level_metrics": ["ALL"], "tags": { "a": "1" },
    });
    let stream = play.create("aws_kinesis_stream", config.clone()).await;
    assert_eq!(stream.at("retention_period"), json!(168));
    let taken = play.make("aws_kinesis_stream", &config, &Op::new("t", false)).await;
    assert_eq!(taken.unwrap_err().kind, FailureKind::Exists);
    let again = play.make("aws_kinesis_stream", &config, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), stream.id, "an earlier run took the name");
    play.delete(&stream).await;
}

#[tokio::test]
async fn a_consumer_lives() {
    let play = Play::new().await;
    let stream = json!({ "name": "consumed", "shard_count": 1 });
    let stream = play.create("aws_kinesis_stream", stream).await;
    let config = |tags: serde_json::Value| json!({ "name": "reader", "stream_arn": *stream.id, "tags": tags });
    let it = play.create("aws_kinesis_stream_consumer", config(json!({ "a": "1" }))).await;
    assert_eq!(it.at("arn"), json!(*it.id));
    let it = play.update(&it, config(json!({ "b": "2" }))).await;
    assert_eq!(it.at("tags_all"), json!({ "b": "2" }));
    play.same_by_import(&it, &it.id, &[]).await;
    let again = config(json!({}));
    let again = play.make("aws_kinesis_stream_consumer", &again, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id, "an earlier run registered it");
    play.delete(&it).await;
    play.delete(&stream).await;
}
