//! Edits of the stack, one for each interesting argument: planned in place where AWS can change it,
//! as a replacement where it cannot, applied, and then nothing is left to do.

use std::collections::BTreeSet;

use fastcart_hcl::plan::Action;
use serde_json::{Value as Json, json};

use crate::cloud::Cloud;
use crate::stack::{FASTCART, Site, differences, made};

/// Resources (`type.name`, all their instances) or single instances that an edit changes.
struct Edit {
    what: &'static str,
    how: How,
    updated: &'static [&'static str],
    replaced: &'static [&'static str],
}

enum How {
    /// A variable gets a value.
    Variable(&'static str, fn() -> Json),
    /// One text of the stack becomes another, everywhere.
    Text(&'static str, &'static str),
    /// Everything is as it was in `stacks/`, and the variables keep their values.
    Back,
}

const fn edit(what: &'static str, how: How, updated: &'static [&'static str]) -> Edit {
    Edit { what, how, updated, replaced: &[] }
}

const SERVICE: &str = "aws_ecs_service.orders";
const DATABASES: &[&str] = &["aws_db_instance.orders", "aws_db_instance.replica"];
const TASK: &[&str] = &["aws_ecs_task_definition.orders"];

/// One after the other, each on top of those before.
const EDITS: &[Edit] = &[
    // The stream
    edit(
        "records are kept longer",
        How::Variable("orders_stream", || json!({"retention_hours": 240})),
        &["aws_kinesis_stream.orders"],
    ),
    edit(
        "records are kept less long, and there is a shard more",
        How::Variable("orders_stream", || json!({"retention_hours": 48, "shards": 3})),
        &["aws_kinesis_stream.orders"],
    ),
    edit(
        "the stream grows by itself",
        How::Variable("orders_stream", || json!({"mode": "ON_DEMAND", "retention_hours": 48})),
        &["aws_kinesis_stream.orders"],
    ),
    edit(
        "fewer metrics of shards",
        How::Text("    \"OutgoingBytes\",\n", ""),
        &["aws_kinesis_stream.orders"],
    ),
    // The queue and the topic
    edit(
        "a letter is hidden longer",
        How::Text("visibility_timeout_seconds        = 120", "visibility_timeout_seconds = 240"),
        &["aws_sqs_queue.dead_letters"],
    ),
    edit(
        "the queue lets others in",
        How::Text("\"denyAll\"", "\"allowAll\""),
        &["aws_sqs_queue.dead_letters"],
    ),
    edit(
        "the queue's policy",
        How::Text("\"sqs:*\"", "\"sqs:SendMessage\""),
        &["aws_sqs_queue_policy.dead_letters"],
    ),
    edit(
        "a topic's name to be shown",
        How::Text(
            "resource \"aws_sns_topic\" \"alarms\" {",
            "resource \"aws_sns_topic\" \"alarms\" {\n  display_name = \"FastCart\"",
        ),
        &["aws_sns_topic.alarms"],
    ),
    // The service
    Edit {
        what: "more memory for a task",
        how: How::Variable("order_service", || json!({"memory": 2048})),
        updated: &[SERVICE],
        replaced: TASK,
    },
    Edit {
        what: "another port",
        how: How::Variable("order_service", || json!({"memory": 2048, "port": 9090})),
        updated: &[SERVICE, "aws_vpc_security_group_ingress_rule.service_peers"],
        replaced: TASK,
    },
    Edit {
        what: "another image",
        how: How::Variable("image", || json!({"tag": "1.1.0"})),
        updated: &[SERVICE],
        replaced: TASK,
    },
    edit(
        "more tasks, of which autoscaling decides",
        How::Variable(
            "order_service",
            || json!({"memory": 2048, "port": 9090, "min_tasks": 3, "max_tasks": 20}),
        ),
        &[
            "aws_appautoscaling_target.orders",
            r#"aws_cloudwatch_metric_alarm.main["service-tasks"]"#,
        ],
    ),
    edit("no rollback", How::Text("rollback = true", "rollback = false"), &[SERVICE]),
    edit(
        "fewer tasks too many",
        How::Text("deployment_maximum_percent         = 200", "deployment_maximum_percent = 150"),
        &[SERVICE],
    ),
    edit(
        "tasks in one zone less",
        How::Text(
            "subnets          = [for subnet in aws_subnet.app : subnet.id]",
            "subnets = slice([for subnet in aws_subnet.app : subnet.id], 0, 2)",
        ),
        &[SERVICE],
    ),
    edit(
        "less insight",
        How::Text("value = \"enabled\"", "value = \"disabled\""),
        &["aws_ecs_cluster.main"],
    ),
    edit(
        "another provider of capacity",
        How::Text(
            "capacity_providers = [\"FARGATE\"]",
            "capacity_providers = [\"FARGATE\", \"FARGATE_SPOT\"]",
        ),
        &["aws_ecs_cluster_capacity_providers.main"],
    ),
    edit(
        "more CPU in use",
        How::Text("target = 60", "target = 50"),
        &[r#"aws_appautoscaling_policy.orders["cpu"]"#],
    ),
    // The database
    edit(
        "a larger database",
        How::Variable("database", || json!({"instance_class": "db.t4g.large"})),
        DATABASES,
    ),
    edit(
        "more storage",
        How::Variable("database", || json!({"instance_class": "db.t4g.large", "storage": 80})),
        &[
            "aws_db_instance.orders",
            r#"aws_cloudwatch_metric_alarm.main["database-primary-storage"]"#,
            r#"aws_cloudwatch_metric_alarm.main["database-replica-storage"]"#,
        ],
    ),
    edit(
        "backups for longer",
        How::Variable(
            "database",
            || json!({"instance_class": "db.t4g.large", "storage": 80, "backup_days": 14}),
        ),
        DATABASES,
    ),
    edit(
        "a parameter",
        How::Text("value = \"1000\"", "value = \"500\""),
        &["aws_db_parameter_group.main"],
    ),
    edit(
        "a look at it less often",
        How::Text("monitoring_interval                   = 30", "monitoring_interval = 60"),
        DATABASES,
    ),
    edit(
        "one log less",
        How::Text(
            "enabled_cloudwatch_logs_exports       = local.database_logs",
            "enabled_cloudwatch_logs_exports = [\"postgresql\"]",
        ),
        DATABASES,
    ),
    edit(
        "one kind of event more",
        How::Text("[\"availability\", ", "[\"availability\", \"maintenance\", "),
        &["aws_db_event_subscription.main"],
    ),
    // Credentials
    edit(
        "the passwords that the secrets hold now",
        How::Variable("credentials_version", || json!(2)),
        &["aws_db_instance.orders", "aws_elasticache_user.service"],
    ),
    edit(
        "rotation less often",
        How::Text("automatically_after_days = 30", "automatically_after_days = 60"),
        &[
            "aws_secretsmanager_secret_rotation.cache",
            "aws_secretsmanager_secret_rotation.database",
        ],
    ),
    // The cache
    edit(
        "larger nodes",
        How::Variable("cache", || json!({"node_type": "cache.t4g.medium"})),
        &["aws_elasticache_replication_group.main"],
    ),
    edit(
        "snapshots for longer",
        How::Text("snapshot_retention_limit   = 7", "snapshot_retention_limit = 14"),
        &["aws_elasticache_replication_group.main"],
    ),
    edit(
        "what is forgotten",
        How::Text("\"allkeys-lru\"", "\"allkeys-lfu\""),
        &["aws_elasticache_parameter_group.main"],
    ),
    edit(
        "what the service may ask",
        How::Text("on ~orders:* ", "on ~orders:* ~carts:* "),
        &["aws_elasticache_user.service"],
    ),
    // Keys, logs, roles, endpoints
    edit(
        "another description of the keys",
        How::Text("\"FastCart ${each.key} ", "\"All ${each.key} "),
        &["aws_kms_key.main"],
    ),
    edit(
        "keys that do not rotate",
        How::Text("enable_key_rotation     = true", "enable_key_rotation = false"),
        &["aws_kms_key.main"],
    ),
    edit(
        "logs are kept longer",
        How::Variable("log_retention_days", || json!(90)),
        &["aws_cloudwatch_log_group.main"],
    ),
    Edit {
        what: "what flow logs cannot change",
        how: How::Text("max_aggregation_interval = 60", "max_aggregation_interval = 600"),
        updated: &[],
        replaced: &["aws_flow_log.vpc"],
    },
    edit(
        "another description of a role",
        How::Text("What the order service itself may do", "The order service"),
        &[r#"aws_iam_role.main["task"]"#],
    ),
    edit(
        "one action more, of the role and at the endpoint",
        How::Text(
            "\"kinesis:ListShards\"",
            "\"kinesis:ListShards\", \"kinesis:ListTagsForStream\"",
        ),
        &[r#"aws_iam_role_policy.service["task"]"#, r#"aws_vpc_endpoint.interface["kinesis"]"#],
    ),
    edit(
        "names of endpoints that are not private",
        How::Text("private_dns_enabled = true", "private_dns_enabled = false"),
        &["aws_vpc_endpoint.interface"],
    ),
    // Alarms
    edit(
        "orders may wait longer",
        How::Text("= 60000", "= 90000"),
        &[r#"aws_cloudwatch_metric_alarm.main["iterator-age"]"#],
    ),
    edit(
        "another title",
        How::Text("title = \"Order service\"", "title = \"The service\""),
        &["aws_cloudwatch_dashboard.main"],
    ),
    // Everything
    edit(
        "another owner: a tag of everything that has tags",
        How::Variable("owner", || json!("another-team")),
        TAGGED,
    ),
    Edit {
        what: "as it was",
        how: How::Back,
        updated: &[
            "aws_appautoscaling_policy.orders[\"cpu\"]",
            "aws_cloudwatch_dashboard.main",
            "aws_cloudwatch_metric_alarm.main[\"iterator-age\"]",
            "aws_db_event_subscription.main",
            "aws_db_instance.orders",
            "aws_db_instance.replica",
            "aws_db_parameter_group.main",
            "aws_ecs_cluster.main",
            "aws_ecs_cluster_capacity_providers.main",
            "aws_ecs_service.orders",
            "aws_elasticache_parameter_group.main",
            "aws_elasticache_replication_group.main",
            "aws_elasticache_user.service",
            "aws_iam_role.main[\"task\"]",
            "aws_iam_role_policy.service[\"task\"]",
            "aws_kinesis_stream.orders",
            "aws_kms_key.main",
            "aws_secretsmanager_secret_rotation.cache",
            "aws_secretsmanager_secret_rotation.database",
            "aws_sns_topic.alarms",
            "aws_sqs_queue.dead_letters",
            "aws_sqs_queue_policy.dead_letters",
            "aws_vpc_endpoint.interface",
        ],
        replaced: &["aws_flow_log.vpc"],
    },
];

/// Resources that have tags.
pub const TAGGED: &[&str] = &[
    "aws_appautoscaling_target.orders",
    "aws_cloudwatch_log_group.main",
    "aws_cloudwatch_metric_alarm.main",
    "aws_db_event_subscription.main",
    "aws_db_instance.orders",
    "aws_db_instance.replica",
    "aws_db_parameter_group.main",
    "aws_db_subnet_group.main",
    "aws_default_security_group.closed",
    "aws_ecs_cluster.main",
    "aws_ecs_service.orders",
    "aws_ecs_task_definition.orders",
    "aws_eip.nat",
    "aws_elasticache_parameter_group.main",
    "aws_elasticache_replication_group.main",
    "aws_elasticache_subnet_group.main",
    "aws_elasticache_user.default",
    "aws_elasticache_user.service",
    "aws_elasticache_user_group.main",
    "aws_flow_log.vpc",
    "aws_iam_role.main",
    "aws_internet_gateway.main",
    "aws_kinesis_stream.orders",
    "aws_kms_key.main",
    "aws_nat_gateway.main",
    "aws_route_table.private",
    "aws_route_table.public",
    "aws_security_group.cache",
    "aws_security_group.database",
    "aws_security_group.endpoints",
    "aws_security_group.service",
    "aws_sns_topic.alarms",
    "aws_sqs_queue.dead_letters",
    "aws_subnet.app",
    "aws_subnet.data",
    "aws_subnet.public",
    "aws_vpc.main",
    "aws_vpc_endpoint.interface",
    "aws_vpc_endpoint.s3",
    "aws_vpc_security_group_egress_rule.service",
    "aws_vpc_security_group_egress_rule.service_to_s3",
    "aws_vpc_security_group_ingress_rule.reached",
    "aws_vpc_security_group_ingress_rule.service_peers",
];

/// Applies one edit; what it changed and did not change is as the table says.
async fn make(site: &Site<'_>, edit: &Edit) {
    let plan = site.plan().await;
    let mut wrong = Vec::new();
    for it in &plan.changes {
        let address = it.address.to_string();
        let resource = address.split('[').next().unwrap_or_default();
        let named = |all: &[&str]| all.iter().any(|one| *one == resource || *one == address);
        let wanted = match (named(edit.updated), named(edit.replaced)) {
            (true, _) => Action::Update,
            (_, true) => Action::DeleteThenCreate,
            _ => Action::NoOp,
        };
        let found = match it.action {
            Action::CreateThenDelete => Action::DeleteThenCreate,
            Action::Read | Action::Open => continue,
            other => other,
        };
        if found != wanted {
            wrong.push(format!("{address}: {found:?} instead of {wanted:?}"));
        }
    }
    let known: BTreeSet<String> = plan.changes.iter().map(|it| it.address.to_string()).collect();
    for it in edit.updated.iter().chain(edit.replaced) {
        let there = |one: &String| one == it || one.starts_with(&format!("{it}["));
        if !known.iter().any(there) {
            wrong.push(format!("{it}: there is none"));
        }
    }
    assert!(wrong.is_empty(), "{}\n{wrong:#?}\n{:#?}", edit.what, differences(&plan));
    site.carry_out(&plan, edit.what).await;
    let plan = site.plan().await;
    assert!(!plan.has_changes(), "{}: again {:#?}", edit.what, differences(&plan));
}

#[tokio::test]
async fn edits_are_made_in_place_where_aws_can() {
    let cloud = Cloud::take();
    let mut site = Site::new(&cloud);
    let first = made(&site.apply().await);
    let mut text = FASTCART.to_string();
    for edit in EDITS {
        match edit.how {
            How::Variable(name, value) => site.set(name, value()),
            How::Text(from, to) => {
                assert!(text.contains(from), "{}: the stack has no {from:?}", edit.what);
                text = text.replace(from, to);
                site.rewrite(&text);
            }
            How::Back => site.rewrite(FASTCART),
        }
        make(&site, edit).await;
        assert_eq!(cloud.counts(), first, "{}", edit.what);
    }
    site.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
}

/// Somebody to be written to is one thing more, and one less again.
#[tokio::test]
async fn subscriptions_come_and_go() {
    let cloud = Cloud::take();
    let mut site = Site::new(&cloud);
    site.options.targets = vec!["aws_sns_topic_subscription.alarms".parse().unwrap()];
    site.set("alarm_emails", json!(["a@example.com", "b@example.com"]));
    let counts = site.apply().await.counts();
    assert_eq!(cloud.counts()["aws_sns_topic_subscription"], 2, "{counts:?}");
    site.set("alarm_emails", json!(["b@example.com"]));
    let counts = site.apply().await.counts();
    assert_eq!((counts.add, counts.change, counts.destroy), (0, 0, 1));
    site.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
}

/// What has no data in it: databases and caches do not move to another network.
const NETWORK: &[&str] = &[
    "aws_default_security_group.closed",
    "aws_flow_log.vpc",
    "aws_route.private_out",
    "aws_route.public_out",
    "aws_route_table_association.app",
    "aws_route_table_association.data",
    "aws_route_table_association.public",
    "aws_vpc_security_group_egress_rule.service",
    "aws_vpc_security_group_ingress_rule.reached",
    "aws_vpc_security_group_ingress_rule.service_peers",
    "aws_kinesis_stream.orders",
    "aws_kms_alias.main",
];

#[tokio::test]
async fn a_network_is_made_anew() {
    let cloud = Cloud::take();
    let mut site = Site::new(&cloud);
    site.set("secrets", json!({"database": "fastcart/database-t1", "cache": "fastcart/cache-t1"}));
    site.options.targets = NETWORK.iter().map(|it| it.parse().unwrap()).collect();
    let first = made(&site.apply().await);
    let all: &[Edit] = &[
        Edit {
            what: "other addresses: the network anew, the rest as it is",
            how: How::Variable("vpc_cidr", || json!("10.41.0.0/16")),
            updated: &[],
            replaced: &[
                "aws_default_security_group.closed",
                "aws_flow_log.vpc",
                "aws_internet_gateway.main",
                "aws_nat_gateway.main",
                "aws_route.private_out",
                "aws_route.public_out",
                "aws_route_table.private",
                "aws_route_table.public",
                "aws_route_table_association.app",
                "aws_route_table_association.data",
                "aws_route_table_association.public",
                "aws_security_group.cache",
                "aws_security_group.database",
                "aws_security_group.endpoints",
                "aws_security_group.service",
                "aws_subnet.app",
                "aws_subnet.data",
                "aws_subnet.public",
                "aws_vpc.main",
                "aws_vpc_security_group_egress_rule.service",
                "aws_vpc_security_group_ingress_rule.reached",
                "aws_vpc_security_group_ingress_rule.service_peers",
            ],
        },
        Edit {
            what: "another suffix: what has a name anew, of the rest the tags",
            how: How::Variable("environment_suffix", || json!("t9")),
            updated: &[
                "aws_default_security_group.closed",
                "aws_eip.nat",
                "aws_internet_gateway.main",
                "aws_kms_key.main",
                "aws_nat_gateway.main",
                "aws_route_table.private",
                "aws_route_table.public",
                "aws_subnet.app",
                "aws_subnet.data",
                "aws_subnet.public",
                "aws_vpc.main",
            ],
            replaced: &[
                "aws_cloudwatch_log_group.main",
                "aws_flow_log.vpc",
                "aws_iam_role.main",
                "aws_iam_role_policy.flow_logs",
                "aws_kinesis_stream.orders",
                "aws_kms_alias.main",
                "aws_security_group.cache",
                "aws_security_group.database",
                "aws_security_group.endpoints",
                "aws_security_group.service",
                "aws_vpc_security_group_egress_rule.service",
                "aws_vpc_security_group_ingress_rule.reached",
                "aws_vpc_security_group_ingress_rule.service_peers",
            ],
        },
    ];
    for edit in all {
        if let How::Variable(name, value) = edit.how {
            site.set(name, value());
        }
        make(&site, edit).await;
        assert_eq!(cloud.counts(), first, "{}", edit.what);
    }
    site.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
}
