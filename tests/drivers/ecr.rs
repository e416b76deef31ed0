//! Repositories and what is deleted of them.

use fastcart_hcl::driver::{FailureKind, Op};
use serde_json::{Value, json};

use crate::play::Play;

#[tokio::test]
async fn a_repository_lives() {
    let play = Play::new().await;
    let kind = "aws_ecr_repository";
    let name = |more: Value| {
        let mut it = json!({ "name": "test/lives" });
        it.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        it
    };
    let it = play.create(kind, name(json!({ "tags": { "a": "1" } }))).await;
    assert_eq!(*it.id, *"test/lives");
    assert_eq!(it.at("encryption_configuration")[0]["encryption_type"], json!("AES256"));
    assert!(it.at("repository_url").as_str().unwrap().ends_with("/test/lives"));
    let taken = play.make(kind, &name(json!({})), &Op::new("t", false)).await;
    assert_eq!(taken.unwrap_err().kind, FailureKind::Exists);
    let again = play.make(kind, &name(json!({})), &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id, "an earlier run took the name");
    let full = json!({
        "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION", "force_delete": true,
        "image_tag_mutability_exclusion_filter": [{ "filter": "dev-*", "filter_type": "WILDCARD" }],
        "image_scanning_configuration": [{ "scan_on_push": true }], "tags": { "b": "2" },
    });
    let it = play.update(&it, name(full)).await;
    assert_eq!(it.at("tags_all"), json!({ "b": "2" }));
    play.same_by_import(&it, "test/lives", &[]).await;
    let data = play.data(kind, json!({ "name": "test/lives" })).await;
    assert_eq!(data.at("arn"), it.at("arn"));
    assert_eq!(data.at("most_recent_image_tags"), json!([]));
    assert_eq!(data.at("image_scanning_configuration"), json!([{ "scan_on_push": true }]));
    assert_eq!(data.at("tags"), json!({ "b": "2" }));
    let it = play.update(&it, name(json!({ "image_tag_mutability": "IMMUTABLE" }))).await;
    assert_eq!(it.at("image_scanning_configuration"), json!([{ "scan_on_push": true }]), "left");
    play.delete(&it).await;
}

#[tokio::test]
async fn a_repository_with_images_is_deleted_by_force() {
    let play = Play::new().await;
    let kind = "aws_ecr_repository";
    let it = play.create(kind, json!({ "name": "test/full" })).await;
    let ecr = play.aws().ecr();
    let image = ecr.put_image().repository_name("test/full").image_tag("1");
    let manifest = json!({
        "schemaVersion": 2, "layers": [], "config": {},
        "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    });
    image.image_manifest(manifest.to_string()).send().await.unwrap();
    let driver = play.driver(kind);
    let refused = driver.delete(&play.cloud, &it.id, it.row.clone()).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Fatal);
    assert!(refused.hints[0].contains("force_delete = true"), "{refused:?}");
    let data = play.data(kind, json!({ "name": "test/full" })).await;
    assert_eq!(data.at("most_recent_image_tags"), json!(["1"]));
    let it = play.update(&it, json!({ "name": "test/full", "force_delete": true })).await;
    play.delete(&it).await;
}

#[tokio::test]
async fn a_lifecycle_policy_lives() {
    let play = Play::new().await;
    let repository = play.create("aws_ecr_repository", json!({ "name": "test/aging" })).await;
    let rule = |priority: i32, tagged: &str| {
        let mut selection = json!({
            "tagStatus": tagged, "countType": "imageCountMoreThan", "countNumber": 5,
        });
        if tagged == "tagged" {
            selection["tagPrefixList"] = json!(["v"]);
        }
        json!({ "rulePriority": priority, "selection": selection, "action": { "type": "expire" } })
    };
    let policy = |rules: &[Value]| json!({ "rules": rules }).to_string();
    let config = |policy: String| json!({ "repository": "test/aging", "policy": policy });
    let kind = "aws_ecr_lifecycle_policy";
    let given = policy(&[rule(2, "untagged"), rule(1, "tagged")]);
    let it = play.create(kind, config(given)).await;
    assert_eq!(*it.id, *"test/aging");
    assert_eq!(it.at("registry_id"), json!("123456789012"));
    play.same_by_import(&it, "test/aging", &[]).await;
    let told = it.at("policy").as_str().unwrap().to_string();
    let sorted = policy(&[rule(1, "tagged"), rule(2, "untagged")]);
    assert!(fastcart_hcl::schema::compare::same_json(&told, &sorted));
    play.delete(&it).await;
    play.delete(&repository).await;
}

#[tokio::test]
async fn many_repositories_are_read_in_one_call() {
    let play = Play::new().await;
    let kind = "aws_ecr_repository";
    let a = play.create(kind, json!({ "name": "test/batch-a" })).await;
    let b = play.create(kind, json!({ "name": "test/batch-b" })).await;
    let calls =
        |play: &Play| play.aws().calls().snapshot().get("ecr:DescribeRepositories").copied();
    let before = calls(&play).unwrap();
    let driver = play.driver(kind);
    let (x, y) = tokio::join!(
        driver.read(&play.cloud, &a.id, driver.blank()),
        driver.read(&play.cloud, &b.id, driver.blank()),
    );
    assert!(x.unwrap().is_some() && y.unwrap().is_some());
    assert_eq!(calls(&play), Some(before + 1));
    play.delete(&a).await;
    play.delete(&b).await;
}

#[tokio::test]
async fn plan_refuses_what_aws_would_refuse() {
    let play = Play::new().await;
    let cases = [
        (json!({ "name": "shop/orders" }), None),
        (json!({ "name": "Shop" }), Some("name")),
        (
            json!({ "name": "ab", "image_tag_mutability_exclusion_filter": [
                { "filter": "v*", "filter_type": "WILDCARD" },
            ] }),
            Some("image_tag_mutability_exclusion_filter"),
        ),
        (
            json!({ "name": "ab", "image_tag_mutability": "IMMUTABLE_WITH_EXCLUSION" }),
            Some("image_tag_mutability_exclusion_filter"),
        ),
        (
            json!({ "name": "ab", "encryption_configuration": [{ "kms_key": "k" }] }),
            Some("encryption_configuration"),
        ),
    ];
    for (config, expected) in cases {
        let refused = play.refused("aws_ecr_repository", &config);
        assert_eq!(refused.first().map(String::as_str), expected, "{config}");
    }
    let policy = |text: &str| json!({ "repository": "ab", "policy": text });
    for text in ["{", "{}", "[]"] {
        let refused = play.refused("aws_ecr_lifecycle_policy", &policy(text));
        assert_eq!(refused, ["policy"], "{text}");
    }
}
