//! Roles and policies.

use fastcart_hcl::driver::{FailureKind, Op};
use serde_json::json;

use crate::play::Play;

fn trust(services: &[&str]) -> String {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": { "Service": services }, "Action": "sts:AssumeRole",
    }] })
    .to_string()
}

fn policy(actions: &[&str]) -> String {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Action": actions, "Resource": "*",
    }] })
    .to_string()
}

#[tokio::test]
async fn a_role_lives() {
    let play = Play::new().await;
    let boundary = json!({ "name": "lives-boundary", "policy": policy(&["s3:*"]) });
    let boundary = play.create("aws_iam_policy", boundary).await;
    let config = json!({ "name": "lives", "assume_role_policy": trust(&["ec2.amazonaws.com"]) });
    let role = play.create("aws_iam_role", config.clone()).await;
    assert_eq!(*role.id, *"lives");
    assert_eq!(role.at("path"), json!("/"));
    assert!(role.at("create_date").as_str().unwrap().ends_with('Z'));
    let full = json!({
        "name": "lives", "assume_role_policy": trust(&["ecs-tasks.amazonaws.com", "ec2.amazonaws.com"]),
        "description": "for tests", "max_session_duration": 7200, "tags": { "a": "1" },
        "permissions_boundary": boundary.at("arn"),
        "inline_policy": [
            { "name": "one", "policy": policy(&["s3:GetObject"]) },
            { "name": "two", "policy": policy(&["s3:PutObject"]) },
        ],
        "managed_policy_arns": [boundary.at("arn")],
    });
    let role = play.update(&role, full.clone()).await;
    assert_eq!(role.at("managed_policy_arns"), json!([boundary.at("arn")]));
    play.same_by_import(&role, "lives", &["inline_policy", "managed_policy_arns"]).await;
    let data = play.data("aws_iam_role", json!({ "name": "lives" })).await;
    assert_eq!(data.at("description"), json!("for tests"));
    assert_eq!(data.at("permissions_boundary"), boundary.at("arn"));
    assert_eq!(data.at("tags"), json!({ "a": "1" }));
    let mut less = full;
    less["inline_policy"] = json!([{ "name": "two", "policy": policy(&["s3:*"]) }]);
    less["managed_policy_arns"] = json!([]);
    less["permissions_boundary"] = json!(null);
    less["description"] = json!(null);
    less["tags"] = json!({ "b": "2" });
    let role = play.update(&role, less).await;
    assert_eq!(role.at("inline_policy").as_array().map(Vec::len), Some(1));
    let role = play.update(&role, config).await;
    assert_eq!(role.at("tags_all"), json!({}));
    play.delete(&role).await;
    play.delete(&boundary).await;
}

#[tokio::test]
async fn a_role_is_made_once_and_loses_its_policies_when_forced() {
    let play = Play::new().await;
    let config = json!({ "name_prefix": "forced-", "assume_role_policy": trust(&["ec2.amazonaws.com"]),
                         "force_detach_policies": true });
    let role = play.create_by("aws_iam_role", config.clone(), Op::new("op-1", false)).await;
    let again = play.make("aws_iam_role", &config, &Op::new("op-1", true)).await;
    assert_eq!(again.unwrap(), role.id, "an earlier run took the name");
    let taken = play.make("aws_iam_role", &config, &Op::new("op-1", false)).await;
    assert_eq!(taken.unwrap_err().kind, FailureKind::Exists);
    let inline = json!({ "role": *role.id, "name": "others", "policy": policy(&["s3:*"]) });
    play.create("aws_iam_role_policy", inline).await;
    play.delete(&role).await;
}

#[tokio::test]
async fn a_role_policy_lives() {
    let play = Play::new().await;
    let role = json!({ "name": "holder", "assume_role_policy": trust(&["ec2.amazonaws.com"]) });
    let role = play.create("aws_iam_role", role).await;
    let config =
        |actions: &[&str]| json!({ "role": "holder", "name": "p", "policy": policy(actions) });
    let it = play.create("aws_iam_role_policy", config(&["s3:GetObject", "s3:PutObject"])).await;
    assert_eq!(*it.id, *"holder:p");
    let it = play.update(&it, config(&["s3:*"])).await;
    play.same_by_import(&it, "holder:p", &[]).await;
    play.delete(&it).await;
    play.delete(&role).await;
}

#[tokio::test]
async fn a_policy_lives_beyond_its_fifth_version() {
    let play = Play::new().await;
    let config = |actions: &[&str], tags: serde_json::Value| {
        json!({ "name": "versions", "path": "/test/", "description": "d", "policy": policy(actions),
                "tags": tags })
    };
    let mut it = play.create("aws_iam_policy", config(&["s3:*"], json!({ "a": "1" }))).await;
    assert_eq!(*it.id, *"arn:aws:iam::123456789012:policy/test/versions");
    for action in ["s3:A", "s3:B", "s3:C", "s3:D", "s3:E", "s3:F"] {
        it = play.update(&it, config(&[action], json!({ "b": "2" }))).await;
    }
    assert!(it.at("policy").as_str().unwrap().contains("s3:F"));
    play.same_by_import(&it, &it.id, &[]).await;
    for search in [json!({ "arn": *it.id }), json!({ "name": "versions", "path_prefix": "/test/" })]
    {
        let data = play.data("aws_iam_policy", search).await;
        assert_eq!(data.at("policy_id"), it.at("policy_id"));
        assert_eq!(data.at("tags"), json!({ "b": "2" }));
    }
    let again = config(&["s3:F"], json!({}));
    let again = play.make("aws_iam_policy", &again, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id, "an earlier run took the name");
    play.delete(&it).await;
}

#[tokio::test]
async fn attachments_of_a_role_are_read_in_one_call() {
    let play = Play::new().await;
    let role = json!({ "name": "attached", "assume_role_policy": trust(&["ec2.amazonaws.com"]) });
    let role = play.create("aws_iam_role", role).await;
    let mut made = Vec::new();
    for name in ["att-a", "att-b"] {
        let policy = json!({ "name": name, "policy": policy(&["s3:*"]) });
        let policy = play.create("aws_iam_policy", policy).await;
        let config = json!({ "role": "attached", "policy_arn": *policy.id });
        let it = play.create("aws_iam_role_policy_attachment", config).await;
        assert_eq!(*it.id, *format!("attached/{}", policy.id));
        made.push((it, policy));
    }
    let count = || play.aws().calls().snapshot().get("iam:ListAttachedRolePolicies").copied();
    let before = count().unwrap_or_default();
    let reads = made.iter().map(|(it, _)| play.import(it.kind, &it.id));
    assert_eq!(futures_util::future::join_all(reads).await.len(), 2);
    assert_eq!(count(), Some(before + 1));
    for (it, policy) in &made {
        play.delete(it).await;
        play.delete(policy).await;
    }
    play.delete(&role).await;
}

#[tokio::test]
async fn a_service_linked_role_lives() {
    let play = Play::new().await;
    let config = |description: &str| {
        json!({ "aws_service_name": "autoscaling.amazonaws.com", "custom_suffix": "test",
                "description": description })
    };
    let it = play.create("aws_iam_service_linked_role", config("one")).await;
    assert_eq!(it.at("name"), json!("AWSServiceRoleForAutoScaling_test"));
    let again = play.make("aws_iam_service_linked_role", &config("one"), &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id, "an earlier run made it");
    let it = play.update(&it, config("two")).await;
    play.same_by_import(&it, &it.id, &[]).await;
    play.delete(&it).await;
}

#[tokio::test]
async fn a_policy_document_needs_no_call() {
    let play = Play::new().await;
    let it = play
        .data(
            "aws_iam_policy_document",
            json!({ "statement": [{
                "actions": ["s3:GetObject"], "resources": ["a", "b"],
                "principals": [{ "type": "AWS", "identifiers": ["*"] }],
                "condition": [
                    { "test": "StringLike", "variable": "k", "values": ["x"] },
                    { "test": "StringLike", "variable": "k", "values": ["y"] },
                ],
            }] }),
        )
        .await;
    let expected = concat!(
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","#,
        r#""Resource":["b","a"],"Principal":{"AWS":"*"},"#,
        r#""Condition":{"StringLike":{"k":["y","x"]}}}]}"#
    );
    let minified = it.at("minified_json");
    let minified = minified.as_str().unwrap();
    assert!(minified == expected || minified == expected.replace(r#"["y","x"]"#, r#"["x","y"]"#));
    assert!(play.aws().calls().snapshot().is_empty());
}
