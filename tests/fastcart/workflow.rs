//! The workflow from end to end, by somebody who knows `cfn-outputs/flat-outputs.json` and nothing else.

use aws_sdk_kinesis::primitives::Blob;
use aws_sdk_kinesis::types::ShardIteratorType;
use serde_json::json;

use crate::deployed::{deployed, parsed};

#[tokio::test]
async fn orders_are_put_on_the_stream_and_read_back() {
    let it = deployed();
    let (aws, stream) = (it.aws(), it.output("orders_stream_name"));
    let orders: Vec<_> = (0..20).map(|n| json!({"order": n, "total": n * 100})).collect();
    for (n, order) in orders.iter().enumerate() {
        let put =
            aws.kinesis().put_record().stream_name(stream).partition_key(format!("customer-{n}"));
        let put = put.data(Blob::new(order.to_string())).send().await.unwrap();
        assert_eq!(put.encryption_type().map(|it| it.as_str()), Some("KMS"));
    }
    let mut read = Vec::new();
    let shards = aws.kinesis().list_shards().stream_name(stream).send().await.unwrap();
    assert!(shards.shards().len() >= 2);
    for shard in shards.shards() {
        let from =
            aws.kinesis().get_shard_iterator().stream_name(stream).shard_id(shard.shard_id());
        let from = from.shard_iterator_type(ShardIteratorType::TrimHorizon).send().await.unwrap();
        let records = aws.kinesis().get_records().set_shard_iterator(from.shard_iterator);
        for record in records.send().await.unwrap().records() {
            assert_eq!(record.encryption_type().map(|it| it.as_str()), Some("KMS"));
            read.push(parsed(std::str::from_utf8(record.data().as_ref()).unwrap()));
        }
    }
    read.sort_by_key(|it| it["order"].as_u64());
    assert_eq!(read, orders);
}

#[tokio::test]
async fn what_cannot_be_processed_is_put_aside() {
    let it = deployed();
    let (aws, queue) = (it.aws(), it.output("dead_letter_queue_url"));
    let order = json!({"order": "unreadable"}).to_string();
    aws.sqs().send_message().queue_url(queue).message_body(&order).send().await.unwrap();
    let received =
        aws.sqs().receive_message().queue_url(queue).wait_time_seconds(1).send().await.unwrap();
    let message = &received.messages()[0];
    assert_eq!(message.body(), Some(order.as_str()));
    let receipt = message.receipt_handle().unwrap();
    aws.sqs().delete_message().queue_url(queue).receipt_handle(receipt).send().await.unwrap();
}

#[tokio::test]
async fn the_secrets_can_be_read_and_rotate() {
    let it = deployed();
    let aws = it.aws();
    for secret in ["database_secret_arn", "cache_secret_arn"] {
        let arn = it.output(secret);
        let value = aws.secretsmanager().get_secret_value().secret_id(arn).send().await.unwrap();
        let value = parsed(value.secret_string().unwrap());
        assert!(value["password"].as_str().is_some_and(|it| it.len() >= 16), "{secret}");
        let secret = aws.secretsmanager().describe_secret().secret_id(arn).send().await.unwrap();
        assert_eq!(secret.rotation_enabled(), Some(true));
    }
}

#[tokio::test]
async fn a_throttled_stream_raises_an_alarm() {
    let it = deployed();
    let aws = it.aws();
    let alarms = aws.cloudwatch().describe_alarms();
    let alarms = alarms.alarm_names(it.output("write_throttles_alarm_name")).send().await.unwrap();
    let alarm = &alarms.metric_alarms()[0];
    assert_eq!(alarm.metric_name(), Some("WriteProvisionedThroughputExceeded"));
    let dimension = &alarm.dimensions()[0];
    assert_eq!(dimension.value(), Some(it.output("orders_stream_name")));
    assert_eq!(alarm.alarm_actions(), [it.output("alarm_topic_arn").to_string()]);
    let topic = aws.sns().get_topic_attributes().topic_arn(it.output("alarm_topic_arn"));
    let topic = topic.send().await.unwrap().attributes.unwrap();
    assert_eq!(topic["KmsMasterKeyId"], it.output("messages_key_arn"));
}

#[tokio::test]
async fn logs_are_encrypted() {
    let it = deployed();
    let aws = it.aws();
    for name in ["service_log_group_name", "flow_log_group_name"] {
        let groups = aws.logs().describe_log_groups().log_group_name_prefix(it.output(name));
        let groups = groups.send().await.unwrap();
        assert_eq!(groups.log_groups()[0].kms_key_id(), Some(it.output("logs_key_arn")), "{name}");
    }
}

#[tokio::test]
async fn the_service_runs_and_has_its_stores() {
    let it = deployed();
    let aws = it.aws();
    let services = aws.ecs().describe_services().cluster(it.output("cluster_name"));
    let services = services.services(it.output("service_name")).send().await.unwrap();
    assert!(services.services()[0].running_count() >= 2);
    for endpoint in ["database_endpoint", "database_reader_endpoint"] {
        assert!(it.output(endpoint).ends_with(":5432"), "{}", it.output(endpoint));
    }
    assert_ne!(it.output("cache_endpoint"), it.output("cache_reader_endpoint"));
}
