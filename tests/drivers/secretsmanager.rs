//! Secrets, their values, policies and rotation.

use aws_smithy_types::Blob;
use fastcart_hcl::driver::{FailureKind, Op};
use serde_json::{Value as Json, json};

use crate::cloud::Cloud;
use crate::play::{Made, Play};

const TOKEN: &str = "6f0c2a77-3a2e-4d8b-9a11-0d7c5b8e4f21";
const NEXT: &str = "b1d5e9c3-8f47-4c0a-b6d2-7e3f1a9c5d40";

fn policy(principal: &str, action: &str) -> String {
    json!({ "Version": "2012-10-17", "Statement": [{
        "Sid": "readers", "Effect": "Allow", "Principal": { "AWS": principal },
        "Action": [action], "Resource": "*",
    }] })
    .to_string()
}

fn called(play: &Play, operation: &str) -> u64 {
    let calls = play.aws().calls().snapshot();
    calls.get(&format!("secretsmanager:{operation}")).copied().unwrap_or_default()
}

#[tokio::test]
async fn a_secret_lives() {
    let play = Play::new().await;
    let kms = play.create("aws_kms_key", json!({})).await;
    let kind = "aws_secretsmanager_secret";
    let bare = json!({ "name": "test/lives", "recovery_window_in_days": 0 });
    let secret = play.create(kind, bare.clone()).await;
    assert_eq!(secret.at("arn"), json!(*secret.id));
    let full = json!({
        "name": "test/lives", "recovery_window_in_days": 0, "description": "for tests",
        "kms_key_id": kms.at("arn"), "tags": { "a": "1" },
        "policy": policy("123456789012", "secretsmanager:GetSecretValue"),
        "replica": [{ "region": "eu-west-1" }],
    });
    let secret = play.update(&secret, full.clone()).await;
    assert_eq!(secret.at("tags_all"), json!({ "a": "1" }));
    assert_eq!(secret.at("replica")[0]["status"], json!("InSync"));
    play.same_by_import(&secret, &secret.id, &[]).await;
    let data = play.data(kind, json!({ "name": "test/lives" })).await;
    assert_eq!((data.at("arn"), data.at("kms_key_id")), (secret.at("arn"), kms.at("arn")));
    assert_eq!((data.at("policy"), data.at("tags")), (secret.at("policy"), json!({ "a": "1" })));
    let by_arn = play.data(kind, json!({ "arn": *secret.id })).await;
    assert_eq!(by_arn.at("name"), json!("test/lives"));
    let writes = ["UpdateSecret", "PutResourcePolicy", "TagResource", "ReplicateSecretToRegions"];
    let before = writes.map(|it| called(&play, it));
    let secret = play.update(&secret, full.clone()).await;
    assert_eq!(writes.map(|it| called(&play, it)), before, "nothing differs any more");
    let mut less = bare;
    less["policy"] = json!("{}");
    less["replica"] = json!([{ "region": "eu-north-1" }]);
    let secret = play.update(&secret, less).await;
    assert_eq!((secret.at("description"), secret.at("kms_key_id")), (json!(null), json!(null)));
    assert_eq!(secret.at("replica")[0]["region"], json!("eu-north-1"));
    assert_eq!(called(&play, "GetSecretValue"), 0, "no value is read");
    play.delete(&secret).await;
    play.delete(&kms).await;
}

#[tokio::test]
async fn a_secret_is_made_whole_and_once() {
    let play = Play::new().await;
    let kind = "aws_secretsmanager_secret";
    let config = json!({
        "name_prefix": "test/once-", "description": "once", "tags": { "a": "1" },
        "replica": [{ "region": "eu-west-1" }],
    });
    let secret = play.create_by(kind, config.clone(), Op::new(TOKEN, false)).await;
    let name = secret.at("name").as_str().unwrap().to_string();
    assert!(name.starts_with("test/once-6f0c2a77"), "{name}");
    assert_eq!(called(&play, "UpdateSecret") + called(&play, "ReplicateSecretToRegions"), 0);
    let taken = play.make(kind, &config, &Op::new(TOKEN, false)).await.unwrap_err();
    assert_eq!(taken.kind, FailureKind::Exists);
    let again = play.make(kind, &config, &Op::new(TOKEN, true)).await;
    assert_eq!(again.unwrap(), secret.id, "an earlier run made it");
    play.delete(&secret).await;
    let gone = play.driver(kind).read(&play.cloud, &secret.id, secret.row.clone()).await.unwrap();
    assert!(gone.is_none(), "what waits for its end is gone");
    for resumed in [false, true] {
        let kept = play.make(kind, &config, &Op::new(TOKEN, resumed)).await.unwrap_err();
        assert_eq!(kept.kind, FailureKind::Retryable, "the name is kept: {kept}");
        assert!(kept.hints.iter().any(|it| it.contains("--force-delete-without-recovery")));
    }
    let data = play.no_data(kind, json!({ "name": name })).await;
    assert_eq!(data.kind, FailureKind::NotFound, "{data}");
}

#[tokio::test]
async fn a_secret_policy_lives() {
    let play = Play::new().await;
    let secret = json!({ "name": "test/policy", "recovery_window_in_days": 0 });
    let secret = play.create("aws_secretsmanager_secret", secret).await;
    let kind = "aws_secretsmanager_secret_policy";
    let config = |policy: String| json!({ "secret_arn": *secret.id, "policy": policy });
    let all = policy("123456789012", "secretsmanager:*");
    let it = play.create(kind, config(policy("123456789012", "secretsmanager:Get*"))).await;
    let it = play.update(&it, config(all)).await;
    play.same_by_import(&it, &secret.id, &[]).await;
    let soon = policy("arn:aws:iam::123456789012:role/secret-soon", "secretsmanager:*");
    let refused = play.make(kind, &config(soon), &Op::new("t", false)).await.unwrap_err();
    assert_eq!(refused.kind, FailureKind::Retryable, "a role made just now: {refused}");
    play.delete(&it).await;
    let seen = play.import("aws_secretsmanager_secret", &secret.id).await;
    assert_eq!(seen.at("policy"), json!(null));
    play.delete(&secret).await;
}

async fn secret_with(play: &Play, name: &str) -> Made {
    let config = json!({ "name": name, "recovery_window_in_days": 0 });
    play.create("aws_secretsmanager_secret", config).await
}

async fn stored(play: &Play, secret: &str) -> (Option<String>, Option<Blob>) {
    let told = play.aws().secretsmanager().get_secret_value().secret_id(secret).send().await;
    let told = told.unwrap();
    (told.secret_string, told.secret_binary)
}

#[tokio::test]
async fn a_version_lives() {
    let play = Play::new().await;
    let secret = secret_with(&play, "test/version").await;
    let kind = "aws_secretsmanager_secret_version";
    let config = |value: &str| json!({ "secret_id": "test/version", "secret_string": value });
    let first = play.create_by(kind, config("hunter2"), Op::new(TOKEN, false)).await;
    assert_eq!(*first.id, format!("{}|{TOKEN}", secret.id));
    assert_eq!(first.at("version_stages"), json!(["AWSCURRENT"]));
    assert_eq!(first.at("secret_arn"), secret.at("arn"));
    assert_eq!(first.at("secret_id"), json!("test/version"), "as the user called it");
    assert!(!format!("{:?}", first.row).contains("hunter2"), "a secret is never shown");
    let again = play.make(kind, &config("hunter2"), &Op::new(TOKEN, true)).await;
    assert_eq!(again.unwrap(), first.id, "an earlier run made it");
    let second = play.create_by(kind, config("correct horse"), Op::new(NEXT, false)).await;
    assert_eq!(stored(&play, "test/version").await.0.as_deref(), Some("correct horse"));
    let mut labelled = config("hunter2");
    labelled["version_stages"] = json!(["AWSPREVIOUS", "kept"]);
    let first = play.update(&first, labelled.clone()).await;
    labelled["version_stages"] = json!(["AWSCURRENT"]);
    let first = play.update(&first, labelled).await;
    assert_eq!(stored(&play, "test/version").await.0.as_deref(), Some("hunter2"), "current again");
    // What the value is, the state knows alone.
    play.same_by_import(&first, &first.id, &["secret_string", "secret_id"]).await;
    let second = play.import(kind, &second.id).await;
    assert_eq!(second.at("version_stages"), json!(["AWSPREVIOUS"]));
    assert!(!play.driver(kind).stays(&second.row));
    play.delete(&second).await;
    assert!(play.driver(kind).stays(&first.row), "the current version goes with its secret");
    play.driver(kind).delete(&play.cloud, &first.id, first.row.clone()).await.unwrap();
    assert_eq!(stored(&play, "test/version").await.0.as_deref(), Some("hunter2"));
    play.delete(&secret).await;
}

#[tokio::test]
async fn a_value_may_be_kept_nowhere() {
    let play = Play::new().await;
    let secret = secret_with(&play, "test/nowhere").await;
    let kind = "aws_secretsmanager_secret_version";
    let config = |value: &str| json!({ "secret_id": *secret.id, "secret_string_wo": value, "secret_string_wo_version": 1 });
    let it = play.create_by(kind, config("hunter2"), Op::new(TOKEN, false)).await;
    assert_eq!(stored(&play, &secret.id).await.0.as_deref(), Some("hunter2"));
    assert_eq!(it.at("has_secret_string_wo"), json!(true));
    assert_eq!(it.at("secret_string_wo"), json!(null));
    assert_eq!(it.at("secret_string"), json!(null));
    assert!(!format!("{:?}", it.row).contains("hunter2"));
    // A value that is made up anew in every run: what refers to it has this run's.
    let again = play.make(kind, &config("correct horse"), &Op::new(TOKEN, true)).await.unwrap();
    assert_ne!(again, it.id);
    assert_eq!(stored(&play, &secret.id).await.0.as_deref(), Some("correct horse"));
    let binary = json!({ "secret_id": *secret.id, "secret_binary": "AAH/" });
    let binary = play.create(kind, binary).await;
    assert_eq!(stored(&play, &secret.id).await, (None, Some(Blob::new([0, 1, 255]))));
    let data = play.data(kind, json!({ "secret_id": *secret.id })).await;
    assert_eq!(data.at("secret_binary"), json!("AAH/"));
    assert_eq!(data.id, binary.id);
    play.delete(&secret).await;
}

#[tokio::test]
async fn values_are_read_and_never_shown() {
    let play = Play::new().await;
    let secret = secret_with(&play, "test/read").await;
    let kind = "aws_secretsmanager_secret_version";
    let config = json!({ "secret_id": *secret.id, "secret_string": "hunter2" });
    let made = play.create(kind, config).await;
    let data = play.data(kind, json!({ "secret_id": "test/read" })).await;
    assert_eq!(data.at("secret_string"), json!("hunter2"));
    assert_eq!((data.at("version_id"), data.id.clone()), (made.at("version_id"), made.id.clone()));
    assert!(!format!("{data:?}").contains("hunter2"));
    let of_version = json!({ "secret_id": *secret.id, "version_id": made.at("version_id") });
    assert_eq!(play.data(kind, of_version).await.at("secret_string"), json!("hunter2"));
    let open = play.open(kind, json!({ "secret_id": "test/read" })).await.unwrap();
    let told = |name: &str| open.part(name).and_then(|it| it.to_json());
    assert_eq!(told("secret_string"), Some(json!("hunter2")));
    assert_eq!(told("version_stage"), Some(json!("AWSCURRENT")));
    assert_eq!(told("version_stages"), Some(json!(["AWSCURRENT"])));
    assert_eq!(told("arn"), Some(secret.at("arn")));
    assert!(!format!("{open:?}").contains("hunter2"));
    let absent = play.open(kind, json!({ "secret_id": "test/absent" })).await.unwrap_err();
    assert_eq!(absent.kind, FailureKind::NotFound);
    assert!(absent.hints.iter().any(|it| it.contains("test/absent")), "{absent:?}");
    play.delete(&secret).await;
}

#[tokio::test]
async fn passwords_are_made_up() {
    let play = Play::new().await;
    let kind = "aws_secretsmanager_random_password";
    let config = json!({ "password_length": 40, "exclude_punctuation": true });
    let password = || async {
        let open = play.open(kind, config.clone()).await.unwrap();
        let password = open.part("random_password").unwrap().clone();
        let text = password.as_str().unwrap().to_string();
        assert!(!format!("{open:?}").contains(&text), "never shown");
        text
    };
    let (first, second) = (password().await, password().await);
    assert_eq!(first.len(), 40);
    assert!(first.chars().all(|it| it.is_ascii_alphanumeric()));
    assert_ne!(first, second, "anew in every run");
}

fn seeded(cloud: &Cloud) -> Json {
    cloud.seed(&json!({
        "functions": [{ "name": "rotate" }, { "name": "other" }],
        "secrets": [{ "name": "shop/db", "value": { "username": "u", "password": "p" } }],
    }))
}

#[tokio::test]
async fn a_rotation_lives_and_the_secret_stays() {
    let cloud = Cloud::take();
    let made = seeded(&cloud);
    let play = Play::at(&cloud.url(), json!({})).await;
    let kind = "aws_secretsmanager_secret_rotation";
    let config = |rules: Json| {
        json!({
            "secret_id": "shop/db", "rotation_lambda_arn": made["functions"]["rotate"],
            "rotate_immediately": false, "rotation_rules": [rules],
        })
    };
    let monthly = config(json!({ "automatically_after_days": 30 }));
    let it = play.create(kind, monthly.clone()).await;
    assert_eq!(json!(*it.id), made["secrets"]["shop/db"]);
    assert_eq!(it.at("rotation_enabled"), json!(true));
    assert_eq!(it.at("rotation_rules")[0]["automatically_after_days"], json!(30));
    assert_eq!(it.at("secret_id"), json!("shop/db"), "as the user called it");
    let password = || async {
        let value = stored(&play, "shop/db").await.0.unwrap();
        serde_json::from_str::<Json>(&value).unwrap()["password"].clone()
    };
    assert_eq!(password().await, json!("p"), "only tried");
    play.same_by_import(&it, &it.id, &["secret_id"]).await;
    let before = called(&play, "RotateSecret");
    let it = play.update(&it, monthly.clone()).await;
    assert_eq!(called(&play, "RotateSecret"), before, "nothing differs any more");
    let schedule = json!({ "schedule_expression": "rate(10 days)", "duration": "3h" });
    let it = play.update(&it, config(schedule)).await;
    assert_eq!(it.at("rotation_rules")[0]["automatically_after_days"], json!(null));
    assert_eq!(it.at("rotation_rules")[0]["duration"], json!("3h"));
    let mut now = monthly.clone();
    now["rotate_immediately"] = json!(true);
    now["rotation_lambda_arn"] = made["functions"]["other"].clone();
    let it = play.update(&it, now).await;
    assert_ne!(password().await, json!("p"), "rotated, and readable");
    play.delete(&it).await;
    assert_eq!(stored(&play, "shop/db").await.1, None, "readable still");
    let again = play.create_by(kind, monthly.clone(), Op::new(TOKEN, false)).await;
    let resumed = play.make(kind, &monthly, &Op::new(TOKEN, true)).await;
    assert_eq!(resumed.unwrap(), again.id);
    play.delete(&again).await;
}

#[tokio::test]
async fn a_rotation_of_nothing_or_by_nobody_fails() {
    let cloud = Cloud::take();
    let made = seeded(&cloud);
    let play = Play::at(&cloud.url(), json!({})).await;
    let kind = "aws_secretsmanager_secret_rotation";
    let config = |secret: &str, function: Json| {
        json!({
            "secret_id": secret, "rotation_lambda_arn": function,
            "rotation_rules": [{ "automatically_after_days": 30 }],
        })
    };
    let nobody = json!("arn:aws:lambda:eu-central-1:123456789012:function:nobody");
    for (secret, function) in [("shop/db", nobody), ("none", made["functions"]["rotate"].clone())] {
        let op = Op::new(TOKEN, false);
        let refused = play.make(kind, &config(secret, function), &op).await.unwrap_err();
        assert_eq!(refused.kind, FailureKind::NotFound, "{refused}");
        assert_eq!(refused.operation.as_deref(), Some("secretsmanager:RotateSecret"));
    }
    let message = "Secrets Manager cannot invoke the specified Lambda function. Ensure that the \
                   function policy grants access to the principal secretsmanager.amazonaws.com.";
    cloud.faults(&json!([{
        "operation": "secretsmanager.RotateSecret", "kind": "error", "times": 1,
        "code": "AccessDeniedException", "status": 400, "message": message,
    }]));
    let config = config("shop/db", made["functions"]["rotate"].clone());
    let soon = play.make(kind, &config, &Op::new(TOKEN, false)).await.unwrap_err();
    assert_eq!(soon.kind, FailureKind::Retryable, "{soon}");
    assert!(soon.hints.iter().any(|it| it.contains("aws_lambda_permission")));
}

#[tokio::test]
async fn what_aws_would_refuse_is_refused_at_plan() {
    let play = Play::new().await;
    let rotation = |rules: Json| json!({ "secret_id": "s", "rotation_rules": [rules] });
    let version = |more: Json| {
        let mut config = json!({ "secret_id": "s" });
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        config
    };
    let secret = "aws_secretsmanager_secret";
    let cases = [
        (secret, json!({ "name": "a/b", "recovery_window_in_days": 0 }), vec![]),
        (secret, json!({ "name": "a b" }), vec!["name"]),
        (secret, json!({ "recovery_window_in_days": 5 }), vec!["recovery_window_in_days"]),
        (
            "aws_secretsmanager_secret_rotation",
            rotation(json!({ "automatically_after_days": 30 })),
            vec![],
        ),
        (
            "aws_secretsmanager_secret_rotation",
            rotation(json!({ "schedule_expression": "cron(0 8 1 * ? *)" })),
            vec![],
        ),
        ("aws_secretsmanager_secret_rotation", rotation(json!({})), vec!["rotation_rules"]),
        (
            "aws_secretsmanager_secret_rotation",
            rotation(
                json!({ "automatically_after_days": 1, "schedule_expression": "rate(1 day)" }),
            ),
            vec!["rotation_rules"],
        ),
        (
            "aws_secretsmanager_secret_rotation",
            rotation(json!({ "schedule_expression": "monthly" })),
            vec!["rotation_rules"],
        ),
        (
            "aws_secretsmanager_secret_rotation",
            rotation(json!({ "automatically_after_days": 1, "duration": "25h" })),
            vec!["rotation_rules"],
        ),
        ("aws_secretsmanager_secret_version", version(json!({ "secret_string": "x" })), vec![]),
        (
            "aws_secretsmanager_secret_version",
            version(json!({ "secret_string_wo": "x", "secret_string_wo_version": 1 })),
            vec![],
        ),
        (
            "aws_secretsmanager_secret_version",
            version(json!({ "secret_string_wo": "x" })),
            vec!["secret_string_wo"],
        ),
        (
            "aws_secretsmanager_secret_version",
            version(json!({ "secret_string_wo_version": 1 })),
            vec!["secret_string", "secret_string_wo_version"],
        ),
        ("aws_secretsmanager_secret_version", version(json!({})), vec!["secret_string"]),
        (
            "aws_secretsmanager_secret_version",
            version(json!({ "secret_binary": "not base64" })),
            vec!["secret_binary"],
        ),
    ];
    for (kind, config, expected) in cases {
        assert_eq!(play.refused(kind, &config), expected, "{kind} {config}");
    }
}
