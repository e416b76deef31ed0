//! Keys, their names and their policies.

use fastcart_hcl::driver::{FailureKind, Op};
use serde_json::json;

use crate::play::Play;

const TOKEN: &str = "3d1f7f6e-52c4-4d3f-8e0a-6a4b8b1f2c11";

fn policy(actions: &[&str]) -> String {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "all", "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
        "Action": actions, "Resource": "*",
    }] })
    .to_string()
}

#[tokio::test]
async fn a_key_lives() {
    let play = Play::new().await;
    let key = play.create("aws_kms_key", json!({})).await;
    assert_eq!(key.at("key_id"), json!(*key.id));
    assert_eq!(key.at("is_enabled"), json!(true));
    assert_eq!(key.at("tags_all"), json!({}), "the tag to resume by is removed");
    assert!(key.at("policy").as_str().unwrap().contains("kms:*"));
    let full = json!({
        "description": "for tests", "enable_key_rotation": true, "rotation_period_in_days": 180,
        "policy": policy(&["kms:*"]), "deletion_window_in_days": 7, "tags": { "a": "1" },
    });
    let key = play.update(&key, full.clone()).await;
    assert_eq!(key.at("rotation_period_in_days"), json!(180));
    assert_eq!(key.at("tags_all"), json!({ "a": "1" }));
    let data = play.data("aws_kms_key", json!({ "key_id": *key.id })).await;
    assert_eq!(data.at("description"), json!("for tests"));
    assert_eq!(data.at("key_spec"), json!("SYMMETRIC_DEFAULT"));
    assert_eq!(data.at("arn"), key.at("arn"));
    play.same_by_import(&key, &key.id, &[]).await;
    let mut less = full;
    less["is_enabled"] = json!(false);
    less["policy"] = json!(policy(&["kms:*", "kms:Decrypt"]));
    less["tags"] = json!({ "b": "2" });
    let key = play.update(&key, less.clone()).await;
    assert_eq!(key.at("is_enabled"), json!(false));
    less["is_enabled"] = json!(true);
    less["enable_key_rotation"] = json!(false);
    less["rotation_period_in_days"] = json!(null);
    let key = play.update(&key, less).await;
    play.delete(&key).await;
}

#[tokio::test]
async fn a_policy_in_other_words_is_no_change() {
    let play = Play::new().await;
    let key =
        play.create("aws_kms_key", json!({ "policy": policy(&["kms:*", "kms:Decrypt"]) })).await;
    let calls = play.aws().calls().snapshot();
    let other = policy(&["kms:Decrypt", "kms:*"]);
    let made = play.import("aws_kms_key", &key.id).await;
    assert!(fastcart_hcl::schema::compare::same_json(made.at("policy").as_str().unwrap(), &other));
    assert_eq!(
        play.aws().calls().snapshot().get("kms:PutKeyPolicy"),
        calls.get("kms:PutKeyPolicy")
    );
    play.delete(&key).await;
}

#[tokio::test]
async fn a_key_is_made_once_however_often_it_is_resumed() {
    let play = Play::new().await;
    let config = json!({ "description": "once" });
    let first = play.make("aws_kms_key", &config, &Op::new(TOKEN, false)).await.unwrap();
    let key = play.create_by("aws_kms_key", config, Op::new(TOKEN, true)).await;
    assert_eq!(key.id, first);
    play.delete(&key).await;
}

#[tokio::test]
async fn an_alias_lives() {
    let play = Play::new().await;
    let key = play.create("aws_kms_key", json!({})).await;
    let other = play.create("aws_kms_key", json!({})).await;
    let name = "alias/test/lives";
    let config = |key: &serde_json::Value| json!({ "name": name, "target_key_id": key });
    let alias = play.create("aws_kms_alias", config(&key.at("arn"))).await;
    assert_eq!(*alias.id, *name);
    assert_eq!(alias.at("target_key_arn"), key.at("arn"));
    let taken = play.make("aws_kms_alias", &config(&key.at("key_id")), &Op::new("t", false)).await;
    assert_eq!(taken.unwrap_err().kind, FailureKind::Exists);
    let again = play.make("aws_kms_alias", &config(&key.at("key_id")), &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), alias.id, "an earlier run took the name");
    let alias = play.update(&alias, config(&other.at("key_id"))).await;
    assert_eq!(alias.at("target_key_arn"), other.at("arn"));
    let data = play.data("aws_kms_alias", json!({ "name": name })).await;
    assert_eq!(data.at("target_key_id"), other.at("key_id"));
    assert_eq!(data.at("arn"), alias.at("arn"));
    play.same_by_import(&alias, name, &[]).await;
    let prefixed = json!({ "name_prefix": "alias/pre-", "target_key_id": key.at("key_id") });
    let made_up = play.create("aws_kms_alias", prefixed).await;
    assert!(made_up.id.starts_with("alias/pre-"), "{}", made_up.id);
    for it in [alias, made_up, key, other] {
        play.delete(&it).await;
    }
}

#[tokio::test]
async fn a_key_policy_lives_and_the_key_keeps_one() {
    let play = Play::new().await;
    let key = play.create("aws_kms_key", json!({})).await;
    let config = |policy: String| json!({ "key_id": *key.id, "policy": policy });
    let it = play.create("aws_kms_key_policy", config(policy(&["kms:*"]))).await;
    let it = play.update(&it, config(policy(&["kms:*", "kms:Sign"]))).await;
    play.same_by_import(&it, &key.id, &[]).await;
    assert!(play.driver("aws_kms_key_policy").stays(&it.row));
    play.driver(it.kind).delete(&play.cloud, &it.id, it.row.clone()).await.unwrap();
    let left = play.import("aws_kms_key_policy", &key.id).await;
    assert!(left.at("policy").as_str().unwrap().contains("Enable IAM User Permissions"));
    play.delete(&key).await;
}
