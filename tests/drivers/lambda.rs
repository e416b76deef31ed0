//! Functions, who may call them, and what calls them.

use std::io::Write;
use std::path::PathBuf;

use fastcart_hcl::driver::{FailureKind, Id, Op, Status};
use serde_json::{Value as Json, json};

use crate::play::{Made, Play};

/// A zip file with nothing but an empty file of that name in it.
fn zipped(name: &str) -> PathBuf {
    let (crc, size) = ([0u8; 4], [0u8; 4]);
    let length = (name.len() as u16).to_le_bytes();
    let mut local = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\x21\x5c".to_vec();
    local.extend([&crc[..], &size, &size, &length, &[0, 0], name.as_bytes()].concat());
    let mut entry = b"PK\x01\x02\x0a\0\x0a\0\0\0\0\0\0\0\x21\x5c".to_vec();
    entry.extend([&crc[..], &size, &size, &length, &[0; 12], &[0; 4], name.as_bytes()].concat());
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    end.extend((entry.len() as u32).to_le_bytes());
    end.extend((local.len() as u32).to_le_bytes());
    end.extend([0, 0]);
    let path = std::env::temp_dir().join(format!("fastcart-{}-{name}.zip", std::process::id()));
    let mut file = std::fs::File::create(&path).unwrap();
    file.write_all(&[local, entry, end].concat()).unwrap();
    path
}

/// A role that Lambda, or another service, may take on.
async fn role(play: &Play, name: &str, service: &str) -> String {
    let trust = json!({ "Version": "2012-10-17", "Statement": [{ "Effect": "Allow",
        "Action": "sts:AssumeRole", "Principal": { "Service": service } }] });
    let call = play.aws().iam().create_role().role_name(name);
    let made = call.assume_role_policy_document(trust.to_string()).send().await.unwrap();
    made.role.unwrap().arn
}

fn with(mut it: Json, more: Json) -> Json {
    for (k, v) in more.as_object().unwrap() {
        it[k] = v.clone();
    }
    it
}

async fn basic(play: &Play, name: &str) -> Json {
    json!({
        "function_name": name, "runtime": "python3.13", "handler": "index.handler",
        "role": role(play, &format!("{name}-role"), "lambda.amazonaws.com").await,
        "filename": zipped(&format!("{name}.py")),
    })
}

async fn function(play: &Play, name: &str) -> Made {
    play.create("aws_lambda_function", basic(play, name).await).await
}

#[tokio::test]
async fn a_function_lives() {
    let play = Play::new().await;
    let basic = basic(&play, "lives").await;
    let mut it = play.create("aws_lambda_function", basic.clone()).await;
    let arn = "arn:aws:lambda:eu-central-1:123456789012:function:lives";
    assert_eq!(it.at("arn"), json!(arn));
    assert_eq!(
        (it.at("version"), it.at("qualified_arn")),
        (json!("$LATEST"), json!(format!("{arn}:$LATEST")))
    );
    let invoke = "arn:aws:apigateway:eu-central-1:lambda:path/2015-03-31/functions";
    assert_eq!(it.at("invoke_arn"), json!(format!("{invoke}/{arn}/invocations")));
    assert_eq!(it.at("environment"), json!([]));
    assert_eq!(it.at("logging_config")[0]["log_group"], json!("/aws/lambda/lives"));
    let local = ["filename", "source_code_hash"];
    play.same_by_import(&it, "lives", &local).await;
    let other = role(&play, "lives-other", "lambda.amazonaws.com").await;
    let key = "arn:aws:kms:eu-central-1:123456789012:key/26104167-c280-42b3-9975-dd55e51b82c4";
    let arn =
        |service: &str, name: &str| format!("arn:aws:{service}:eu-central-1:123456789012:{name}");
    let signing = arn("lambda", "code-signing-config:csc-0f6c334abcdea4d8b");
    let changes = [
        json!({ "memory_size": 256, "timeout": 30, "description": "d", "handler": "a.b" }),
        json!({ "runtime": "nodejs22.x", "role": other, "kms_key_arn": key }),
        json!({ "environment": [{ "variables": { "LEVEL": "info", "OTHER": "1" } }] }),
        json!({ "environment": [{ "variables": { "LEVEL": "warn" } }], "tags": { "a": "1", "b": "2" } }),
        json!({ "dead_letter_config": [{ "target_arn": arn("sqs", "dead") }] }),
        json!({ "tracing_config": [{ "mode": "Active" }], "ephemeral_storage": [{ "size": 1024 }] }),
        json!({ "snap_start": [{ "apply_on": "PublishedVersions" }] }),
        json!({ "logging_config": [{ "log_format": "JSON" }] }),
        json!({ "logging_config": [{ "log_format": "JSON", "application_log_level": "WARN",
            "system_log_level": "DEBUG", "log_group": "g" }] }),
        json!({ "file_system_config": [{
            "arn": arn("elasticfilesystem", "access-point/fsap-12345678901234567"),
            "local_mount_path": "/mnt/files" }] }),
        json!({ "reserved_concurrent_executions": 0, "architectures": ["arm64"] }),
        json!({ "reserved_concurrent_executions": 5, "code_signing_config_arn": signing }),
        json!({ "tags": { "b": "3" } }),
    ];
    for change in changes {
        it = play.update(&it, with(basic.clone(), change.clone())).await;
        play.same_by_import(&it, "lives", &local).await;
    }
    assert_eq!(it.at("tags_all"), json!({ "b": "3" }));
    assert_eq!(it.at("reserved_concurrent_executions"), json!(-1));
    assert_eq!(it.at("architectures"), json!(["arm64"]), "left open it stays");
    let before = play.aws().calls().snapshot();
    let it = play.update(&it, with(basic.clone(), json!({ "tags": { "b": "3" } }))).await;
    let after = play.aws().calls().snapshot();
    let of = |it: &std::collections::BTreeMap<String, u64>| -> u64 {
        it.iter().filter(|(k, _)| k.starts_with("lambda:Update")).map(|(_, n)| n).sum()
    };
    assert_eq!(of(&before), of(&after), "nothing is sent where nothing differs");
    let taken = play.make("aws_lambda_function", &basic, &Op::new("t", false)).await;
    assert_eq!(taken.unwrap_err().kind, FailureKind::Exists);
    let again = play.make("aws_lambda_function", &basic, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id, "an earlier run made it");
    play.delete(&it).await;
}

#[tokio::test]
async fn code_is_sent_again_when_its_hash_changes() {
    let play = Play::new().await;
    let basic = basic(&play, "code").await;
    let (one, two) = (zipped("one"), zipped("two"));
    let of = |file: &PathBuf, hash: &str| {
        with(basic.clone(), json!({ "filename": file, "source_code_hash": hash }))
    };
    let it = play.create("aws_lambda_function", of(&one, "first")).await;
    let first = it.at("code_sha256");
    assert_eq!(it.at("source_code_hash"), json!("first"), "it may be the sum of anything");
    std::fs::copy(&two, &one).unwrap();
    let it = play.update(&it, of(&one, "first")).await;
    assert_eq!(it.at("code_sha256"), first, "the hash is the same");
    let it = play.resend(&it, of(&one, "second")).await;
    assert_ne!(it.at("code_sha256"), first);
    let sum = it.at("code_sha256");
    let it = play.resend(&it, of(&one, sum.as_str().unwrap())).await;
    let call = play.aws().lambda().update_function_code().function_name("code");
    let file = aws_smithy_types::Blob::new(std::fs::read(zipped("three")).unwrap());
    call.zip_file(file).send().await.unwrap();
    let driver = play.driver("aws_lambda_function");
    let seen = driver.read(&play.cloud, &it.id, it.row.clone()).await.unwrap().unwrap();
    let hash = seen.row.part("source_code_hash").unwrap().as_str().unwrap().to_string();
    assert_ne!(json!(hash), sum, "somebody else sent other code");
    play.delete(&it).await;
}

#[tokio::test]
async fn every_change_is_published() {
    let play = Play::new().await;
    let basic = with(basic(&play, "published").await, json!({ "publish": true }));
    let it = play.create("aws_lambda_function", basic.clone()).await;
    assert_eq!(it.at("version"), json!("1"));
    let it = play.update(&it, with(basic.clone(), json!({ "memory_size": 256 }))).await;
    assert_eq!((it.at("version"), it.at("publish")), (json!("2"), json!(true)));
    let more = json!({ "memory_size": 256, "filename": zipped("new"), "timeout": 9 });
    let it = play.resend(&it, with(basic.clone(), more.clone())).await;
    assert_eq!(it.at("version"), json!("3"), "code and configuration together are one version");
    let it = play.update(&it, with(basic.clone(), more.clone())).await;
    assert_eq!(it.at("version"), json!("3"));
    let quiet = with(with(basic, more), json!({ "publish": false, "timeout": 10 }));
    let it = play.update(&it, quiet).await;
    assert_eq!(it.at("version"), json!("3"));
    play.delete(&it).await;
}

#[tokio::test]
async fn a_function_of_an_image_lives() {
    let play = Play::new().await;
    let image = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/orders";
    let config = |tag: &str, more: Json| {
        let it = json!({ "function_name": "image", "package_type": "Image",
            "image_uri": format!("{image}:{tag}"), "role": "arn:aws:iam::123456789012:role/image" });
        with(it, more)
    };
    role(&play, "image", "lambda.amazonaws.com").await;
    let it = play.create("aws_lambda_function", config("1", json!({}))).await;
    assert_eq!(it.at("code_signing_config_arn"), json!(null));
    let special = json!({ "image_config": [{ "command": ["a"], "working_directory": "/w" }] });
    let it = play.update(&it, config("2", special)).await;
    assert_eq!(it.at("image_uri"), json!(format!("{image}:2")));
    play.same_by_import(&it, "image", &[]).await;
    let it = play.update(&it, config("2", json!({}))).await;
    assert_eq!(it.at("image_config"), json!([]));
    let it = play.update(&it, config("2", json!({ "skip_destroy": true }))).await;
    assert!(play.driver(it.kind).stays(&it.row));
    let it = play.update(&it, config("2", json!({}))).await;
    play.delete(&it).await;
}

#[tokio::test]
async fn why_a_function_is_not_made() {
    let play = Play::new().await;
    let driver = play.driver("aws_lambda_function");
    let config = with(
        basic(&play, "fails").await,
        json!({ "role": role(&play, "fails-other", "ecs-tasks.amazonaws.com").await }),
    );
    let refusal =
        play.make("aws_lambda_function", &config, &Op::new("t", false)).await.unwrap_err();
    assert_eq!(refusal.kind, FailureKind::Retryable, "a role may just not be known yet");
    let missing = with(config, json!({ "filename": "nowhere.zip" }));
    assert_eq!(play.refused("aws_lambda_function", &missing), ["filename"]);
    let gone = driver.read(&play.cloud, &Id::from("never"), driver.blank()).await.unwrap();
    assert!(gone.is_none());
    use aws_sdk_lambda::types::{FunctionConfiguration, LastUpdateStatus, State};
    let of = |state: State, update: LastUpdateStatus| {
        FunctionConfiguration::builder()
            .state(state)
            .last_update_status(update)
            .state_reason("the image is gone")
            .last_update_status_reason("the subnet is gone")
            .build()
    };
    let cases = [
        (of(State::Pending, LastUpdateStatus::Successful), Status::busy("Pending")),
        (of(State::Active, LastUpdateStatus::InProgress), Status::busy("update InProgress")),
        (of(State::Active, LastUpdateStatus::Successful), Status::Ready),
        (of(State::Failed, LastUpdateStatus::Successful), Status::failed("the image is gone")),
        (of(State::Active, LastUpdateStatus::Failed), Status::failed("the subnet is gone")),
    ];
    for (seen, expected) in cases {
        assert_eq!(fastcart_hcl::aws::lambda::function::status_of(&seen), expected);
    }
}

#[tokio::test]
async fn a_permission_lives() {
    let play = Play::new().await;
    let made = function(&play, "called").await;
    let config = |more: Json| {
        let it = json!({ "function_name": "called", "action": "lambda:InvokeFunction",
            "principal": "events.amazonaws.com" });
        with(it, more)
    };
    let rule = "arn:aws:events:eu-central-1:123456789012:rule/r";
    let one = config(
        json!({ "statement_id": "one", "source_arn": rule, "source_account": "123456789012" }),
    );
    let it = play.create("aws_lambda_permission", one.clone()).await;
    assert_eq!(*it.id, *"called/one");
    play.same_by_import(&it, "called/one", &[]).await;
    let account = config(json!({ "statement_id_prefix": "p-", "principal": "123456789012",
        "principal_org_id": "o-1234567890", "function_name": *made.at("arn").as_str().unwrap() }));
    let other = play.create("aws_lambda_permission", account).await;
    assert_eq!(other.at("principal"), json!("123456789012"), "as the user wrote it");
    assert!(other.at("statement_id").as_str().unwrap().starts_with("p-"));
    let taken = play.make("aws_lambda_permission", &one, &Op::new("t", false)).await;
    assert_eq!(taken.unwrap_err().kind, FailureKind::Exists);
    let again = play.make("aws_lambda_permission", &one, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), it.id, "an earlier run added it");
    let driver = play.driver("aws_lambda_permission");
    let seen = driver.read(&play.cloud, &"one".into(), it.row.clone()).await.unwrap().unwrap();
    assert_eq!(
        seen.row.part("id").and_then(|it| it.as_str()),
        Some("called/one"),
        "Terraform's id"
    );
    play.aws().lambda().publish_version().function_name("called").send().await.unwrap();
    let version = config(json!({ "statement_id": "one", "qualifier": "1" }));
    let version = play.create("aws_lambda_permission", version).await;
    assert_eq!(*version.id, *"called:1/one");
    play.same_by_import(&version, "called:1/one", &[]).await;
    let two = config(json!({ "statement_id": "two" }));
    let two = play.create("aws_lambda_permission", two).await;
    let before = play.aws().calls().snapshot().get("lambda:GetPolicy").copied().unwrap_or_default();
    let reads = [&it, &two].map(|it| driver.read(&play.cloud, &it.id, it.row.clone()));
    for seen in futures_util::future::join_all(reads).await {
        assert!(seen.unwrap().is_some());
    }
    let after = play.aws().calls().snapshot().get("lambda:GetPolicy").copied().unwrap_or_default();
    assert_eq!(after - before, 1, "permissions of a function are read at once");
    for made in [&it, &other, &version, &two, &made] {
        play.delete(made).await;
    }
}

#[tokio::test]
async fn a_mapping_of_a_stream_lives() {
    let play = Play::new().await;
    let made = function(&play, "reader").await;
    let stream = play.aws().kinesis().create_stream().stream_name("mapped").shard_count(1);
    stream.send().await.unwrap();
    let source = "arn:aws:kinesis:eu-central-1:123456789012:stream/mapped";
    let config = |more: Json| {
        let it = json!({ "event_source_arn": source, "function_name": "reader",
            "starting_position": "AT_TIMESTAMP",
            "starting_position_timestamp": "2026-01-02T04:04:05+01:00" });
        with(it, more)
    };
    let op = Op::new("b3d1f7f6-52c4-4d3f-8e0a-6a4b8b1f2c11", false);
    let first = config(json!({ "tags": { "a": "1" } }));
    let id = play.make("aws_lambda_event_source_mapping", &first, &op).await.unwrap();
    let again = Op::new(op.token(), true);
    let mut it = play.create_by("aws_lambda_event_source_mapping", first, again).await;
    assert_eq!(it.id, id, "an earlier run made it");
    assert_eq!(it.at("tags_all"), json!({ "a": "1" }), "the tag to resume by is removed");
    assert_eq!(it.at("batch_size"), json!(null), "what is usual is not told");
    assert_eq!(it.at("function_name"), json!("reader"), "as the user wrote it");
    assert_eq!(it.at("function_arn"), made.at("arn"));
    let letters = "arn:aws:sqs:eu-central-1:123456789012:dead";
    let key = "arn:aws:kms:eu-central-1:123456789012:key/26104167-c280-42b3-9975-dd55e51b82c4";
    let changes = [
        json!({ "batch_size": 50, "maximum_batching_window_in_seconds": 5, "enabled": false }),
        json!({ "parallelization_factor": 2, "maximum_retry_attempts": 3, "tags": { "b": "2" },
            "maximum_record_age_in_seconds": 60, "bisect_batch_on_function_error": true }),
        json!({ "tumbling_window_in_seconds": 30, "function_response_types": ["ReportBatchItemFailures"],
            "destination_config": [{ "on_failure": [{ "destination_arn": letters }] }] }),
        json!({ "filter_criteria": [{ "filter": [{ "pattern": "{\"a\":[1]}" }, { "pattern": "{\"b\":[2]}" }] }],
            "kms_key_arn": key, "metrics_config": [{ "metrics": ["EventCount"] }] }),
        json!({ "function_name": made.at("arn") }),
    ];
    for change in changes {
        it = play.update(&it, config(change)).await;
        let words = ["function_name", "starting_position_timestamp"];
        play.same_by_import(&it, &it.id.clone(), &words).await;
    }
    let before = play.aws().calls().snapshot();
    let it = play.update(&it, config(json!({}))).await;
    let after = play.aws().calls().snapshot();
    let update = "lambda:UpdateEventSourceMapping";
    assert_eq!(before.get(update), after.get(update), "nothing is sent where nothing differs");
    play.delete(&it).await;
    play.delete(&made).await;
}

#[tokio::test]
async fn mappings_of_other_sources_live() {
    let play = Play::new().await;
    let made = function(&play, "others").await;
    play.aws().sqs().create_queue().queue_name("mapped").send().await.unwrap();
    let kind = "aws_lambda_event_source_mapping";
    let queue = |more: Json| {
        let source = "arn:aws:sqs:eu-central-1:123456789012:mapped";
        with(json!({ "event_source_arn": source, "function_name": "others" }), more)
    };
    let it =
        play.create(kind, queue(json!({ "scaling_config": [{ "maximum_concurrency": 5 }] }))).await;
    let it = play
        .update(&it, queue(json!({ "provisioned_poller_config": [{ "maximum_pollers": 5 }] })))
        .await;
    play.same_by_import(&it, &it.id.clone(), &["function_name"]).await;
    let it = play.update(&it, queue(json!({}))).await;
    play.delete(&it).await;
    let cluster = "arn:aws:kafka:eu-central-1:123456789012:cluster/c/1";
    let kafka = json!({ "event_source_arn": cluster, "function_name": "others", "topics": ["orders"],
        "starting_position": "LATEST", "amazon_managed_kafka_event_source_config": [{
            "consumer_group_id": "group", "schema_registry_config": [{
                "event_record_format": "JSON", "schema_registry_uri": "https://registry.example.com",
                "access_config": [{ "type": "BASIC_AUTH", "uri": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:s" }],
                "schema_validation_config": [{ "attribute": "VALUE" }] }] }] });
    let it = play.create(kind, kafka).await;
    play.same_by_import(&it, &it.id.clone(), &["function_name"]).await;
    play.delete(&it).await;
    let own = |servers: &str, more: Json| {
        let it = json!({ "function_name": "others", "topics": ["orders"], "starting_position": "LATEST",
            "self_managed_event_source": [{ "endpoints": { "KAFKA_BOOTSTRAP_SERVERS": servers } }],
            "source_access_configuration": [{ "type": "VPC_SUBNET", "uri": "subnet:subnet-1" },
                { "type": "VPC_SECURITY_GROUP", "uri": "security_group:sg-1" }] });
        with(it, more)
    };
    let it = play.create(kind, own("b:9092, a:9092", json!({}))).await;
    assert!(it.at("self_managed_kafka_event_source_config")[0]["consumer_group_id"].is_string());
    let fewer = json!([{ "type": "VPC_SUBNET", "uri": "subnet:subnet-2" }]);
    let it = play
        .update(&it, own("b:9092, a:9092", json!({ "source_access_configuration": fewer })))
        .await;
    play.delete(&it).await;
    play.delete(&made).await;
}

#[tokio::test]
async fn what_aws_would_refuse_is_refused_at_plan() {
    let play = Play::new().await;
    let zip = zipped("refused");
    let function = |more: Json| {
        let it = json!({ "function_name": "f", "role": "arn:aws:iam::123456789012:role/f",
            "runtime": "python3.13", "handler": "a.b", "filename": &zip });
        with(it, more)
    };
    let functions: &[(Json, &[&str])] = &[
        (json!({}), &[]),
        (json!({ "filename": std::env::temp_dir() }), &["filename"]),
        (json!({ "runtime": null, "handler": null }), &["handler", "runtime"]),
        (json!({ "filename": null, "s3_bucket": "b" }), &["s3_bucket"]),
        (json!({ "package_type": "Image" }), &["handler", "runtime", "image_uri"]),
        (json!({ "function_name": "a b" }), &["function_name"]),
        (json!({ "layers": ["l"] }), &["layers"]),
        (json!({ "architectures": ["sparc"] }), &["architectures"]),
        (
            json!({ "replace_security_groups_on_destroy": true }),
            &["replacement_security_group_ids"],
        ),
        (
            json!({ "file_system_config": [{ "local_mount_path": "/files",
                "arn": "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/a" }] }),
            &["file_system_config"],
        ),
        (
            json!({ "logging_config": [{ "log_format": "Text", "system_log_level": "INFO" }] }),
            &["logging_config"],
        ),
        (json!({ "environment": [{ "variables": { "1": "x" } }] }), &["environment"]),
    ];
    for (more, expected) in functions {
        let config = function(more.clone());
        assert_eq!(play.refused("aws_lambda_function", &config), *expected, "{more}");
    }
    let permission = json!({ "function_name": "f", "action": "s3:GetObject", "principal": "*",
        "statement_id": "a b" });
    assert_eq!(play.refused("aws_lambda_permission", &permission), ["statement_id", "action"]);
    let stream = "arn:aws:kinesis:eu-central-1:123456789012:stream/s";
    let mappings: &[(Json, &[&str])] = &[
        (json!({ "event_source_arn": stream }), &["starting_position"]),
        (
            json!({ "event_source_arn": stream, "starting_position": "AT_TIMESTAMP" }),
            &["starting_position_timestamp"],
        ),
        (
            json!({ "event_source_arn": stream, "starting_position": "LATEST",
                "starting_position_timestamp": "today" }),
            &["starting_position_timestamp", "starting_position_timestamp"],
        ),
        (
            json!({ "event_source_arn": "arn:aws:sqs:eu-central-1:123456789012:q",
                "starting_position": "LATEST", "scaling_config": [{ "maximum_concurrency": 1 }],
                "filter_criteria": [{ "filter": [{ "pattern": "{" }] }],
                "maximum_record_age_in_seconds": 5 }),
            &[
                "maximum_record_age_in_seconds",
                "filter_criteria",
                "scaling_config",
                "starting_position",
            ],
        ),
    ];
    for (more, expected) in mappings {
        let config = with(json!({ "function_name": "f" }), more.clone());
        assert_eq!(play.refused("aws_lambda_event_source_mapping", &config), *expected, "{more}");
    }
}
