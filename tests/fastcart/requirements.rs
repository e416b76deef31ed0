//! R1 to R18, over what was planned and over what is there, read back through the SDK. (R17 is in
//! `life.rs`, the secrets of R8 in `secrets.rs`, the killed run of R18 in `crash_fastcart.rs`.)

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_ec2::types::Filter;
use fastcart_hcl::aws::Aws;
use serde_json::{Value as Json, json};

use crate::ZONES;
use crate::cloud::Cloud;
use crate::deployed::{Deployed, deployed, listed, parsed, text};
use crate::edits::TAGGED;
use crate::stack::{FASTCART, Site};

// ---- R1 to R3: region, names, tags -------------------------------------------------------------

#[tokio::test]
async fn r01_everything_is_in_eu_central_1() {
    let it = deployed();
    for request in it.cloud.log() {
        assert_eq!(request["region"], "eu-central-1", "{request}");
    }
    for object in it.cloud.left() {
        let region = object["region"].as_str().unwrap_or("global");
        assert!(["eu-central-1", "aws", "global"].contains(&region), "{object}");
    }
    for (name, value) in &it.outputs {
        let mut parts = value.strip_prefix("arn:aws:").into_iter().flat_map(|it| it.split(':'));
        if let (Some(service), Some(region)) = (parts.next(), parts.next()) {
            assert_eq!(region, if service == "iam" { "" } else { "eu-central-1" }, "{name}");
        }
    }
    // Another region, by variable and by what is in effect: nothing is changed, by variable nothing asked.
    let cloud = Cloud::take();
    let found = Site::new(&cloud).with("region", json!("us-east-1")).try_plan().await.unwrap_err();
    assert!(found.iter().any(|it| it.detail.contains("eu-central-1 only")), "{found}");
    assert_eq!(cloud.log(), Vec::<Json>::new());
    let ours = "region = var.region\n\n  default_tags";
    assert!(FASTCART.contains(ours));
    let other = FASTCART.replace(ours, "region = \"us-east-1\"\n\n  default_tags");
    let found = Site::of(&cloud, &other).try_plan().await.unwrap_err();
    let told = |it: &str| found.iter().any(|one| one.detail.contains(it));
    assert!(told("The effective region is us-east-1"), "{found}");
    assert_eq!(cloud.changing(), Vec::<String>::new());
}

/// Arguments that name something, and the most characters that AWS takes for each.
const NAMES: &[(&str, &str, usize)] = &[
    ("aws_appautoscaling_policy", "name", 255),
    ("aws_cloudwatch_dashboard", "dashboard_name", 255),
    ("aws_cloudwatch_log_group", "name", 512),
    ("aws_cloudwatch_metric_alarm", "alarm_name", 255),
    ("aws_db_event_subscription", "name", 255),
    ("aws_db_instance", "identifier", 63),
    ("aws_db_parameter_group", "name", 255),
    ("aws_db_subnet_group", "name", 255),
    ("aws_ecs_cluster", "name", 255),
    ("aws_ecs_service", "name", 255),
    ("aws_ecs_task_definition", "family", 255),
    ("aws_elasticache_parameter_group", "name", 255),
    ("aws_elasticache_replication_group", "replication_group_id", 40),
    ("aws_elasticache_subnet_group", "name", 255),
    ("aws_elasticache_user", "user_id", 40),
    ("aws_elasticache_user", "user_name", 40),
    ("aws_elasticache_user_group", "user_group_id", 40),
    ("aws_iam_role", "name", 64),
    ("aws_iam_role_policy", "name", 128),
    ("aws_kinesis_stream", "name", 128),
    ("aws_kms_alias", "name", 256),
    ("aws_security_group", "name", 255),
    ("aws_sns_topic", "name", 256),
    ("aws_sqs_queue", "name", 80),
];

/// Names that AWS gives, which the stack can only know: they hold the suffix where AWS lets them.
fn given_by_aws(name: &str) -> bool {
    let holds = name.contains("-t1/");
    name == "default" || holds && (name.starts_with("/aws/rds/") || name.starts_with("/aws/ecs/"))
}

#[tokio::test]
async fn r02_every_name_ends_in_the_suffix() {
    let it = deployed();
    fn named(kind: &str) -> impl Iterator<Item = &'static str> {
        NAMES.iter().filter(move |it| it.0 == kind).map(|it| it.1)
    }
    let mut count = 0;
    for kind in it.kinds() {
        for (address, values) in it.planned(&kind) {
            let own = named(&kind).map(|name| &values[name]);
            for name in own.chain([&values["tags"]["Name"]]).filter_map(Json::as_str) {
                count += 1;
                assert!(name.ends_with("-t1") || given_by_aws(name), "{address}: {name}");
            }
            let unlisted = ["name", "identifier"];
            for name in unlisted.iter().filter(|it| values[**it].is_string()) {
                assert!(named(&kind).any(|it| it == *name), "{kind}.{name} is not in the table");
            }
        }
    }
    assert!(count > 150, "{count}");
    // And what is there.
    for object in it.cloud.left() {
        let Some(name) = object["name"].as_str() else { continue };
        let fits = name.ends_with("-t1") || name.ends_with(" t1") || given_by_aws(name);
        // Endpoints have the name of their service there.
        assert!(fits || name.starts_with("com.amazonaws."), "{object}");
    }
}

/// Secrets that are there, whatever the suffix.
fn secrets() -> Json {
    json!({"database": "fastcart/database-t1", "cache": "fastcart/cache-t1"})
}

#[tokio::test]
async fn r02_suffixes_fit_the_tightest_limit() {
    let cloud = Cloud::take();
    for (suffix, fits) in [
        ("t1", true),
        ("a", true),
        ("pr-123", true),
        ("a--b", false),
        ("abcdefghij0123456789x", false),
        ("", false),
        ("Upper", false),
        ("-a", false),
        ("a-", false),
        ("a_b", false),
        ("a b", false),
        ("ä", false),
    ] {
        cloud.reset();
        let site = Site::new(&cloud).with("environment_suffix", json!(suffix));
        let site = site.with("secrets", secrets());
        let found = site.try_plan().await;
        assert_eq!(found.is_ok(), fits, "{suffix:?}");
        assert!(fits || cloud.log().is_empty(), "{suffix:?} is refused before any call");
    }
    // The longest that is let in.
    let longest = "abcdefghij0123456789";
    let site =
        Site::new(&cloud).with("environment_suffix", json!(longest)).with("secrets", secrets());
    let plan = site.plan().await;
    let mut room = usize::MAX;
    for change in &plan.changes {
        let Some(after) = &change.after else { continue };
        let values = crate::stack::json(after);
        for (kind, name, most) in NAMES {
            if *kind == &*change.address.resource.kind
                && let Some(value) = values[*name].as_str()
            {
                assert!(value.len() <= *most, "{}: {value} has over {most}", change.address);
                room = room.min(most - value.len());
            }
        }
    }
    assert!(room <= 5, "the tightest name would leave {room} characters more");
}

#[tokio::test]
async fn r03_everything_that_takes_tags_has_the_default_ones() {
    let it = deployed();
    let want = [
        ("Project", "fastcart"),
        ("Environment", "test"),
        ("EnvironmentSuffix", "t1"),
        ("Owner", "fastcart-platform"),
        ("ManagedBy", "fastcart-hcl"),
    ];
    let cloud = Cloud::take();
    let registry = Site::of(&cloud, "").engine.registry.clone();
    let takes_tags =
        |kind: &str| registry.driver(kind).is_some_and(|it| it.schema().tags.is_some());
    let mut tagged = BTreeSet::new();
    for kind in it.kinds().into_iter().filter(|it| takes_tags(it)) {
        for (address, values) in it.planned(&kind) {
            for (name, value) in want {
                assert_eq!(values["tags_all"][name], value, "{address} {name}");
            }
            tagged.insert(address.split('[').next().unwrap().to_string());
        }
    }
    assert_eq!(tagged, TAGGED.iter().map(ToString::to_string).collect());
    // And AWS has them, and none of our own.
    for object in it.cloud.left() {
        let kind = object["type"].as_str().unwrap();
        // Their inventory has no tags.
        if takes_tags(kind) && kind != "aws_appautoscaling_target" {
            for (name, value) in want {
                assert_eq!(object["tags"][name], value, "{object}");
            }
            let ours = |name: &String| name.starts_with("fastcart-hcl:");
            assert!(!object["tags"].as_object().unwrap().keys().any(ours), "{object}");
        }
    }
}

// ---- R4: orders arrive -------------------------------------------------------------------------

#[tokio::test]
async fn r04_orders_arrive_on_an_encrypted_stream_with_a_dead_letter_queue() {
    let it = deployed();
    let aws = it.aws();
    let stream = aws.kinesis().describe_stream_summary().stream_name("fastcart-orders-t1");
    let stream = stream.send().await.unwrap().stream_description_summary.unwrap();
    assert_eq!(stream.encryption_type().map(|it| it.as_str()), Some("KMS"));
    assert_eq!(stream.key_id(), Some(it.output("stream_key_arn")));
    assert_eq!(stream.retention_period_hours(), 168);
    assert_eq!(stream.open_shard_count(), 2);
    assert_eq!(stream.stream_mode_details().unwrap().stream_mode().as_str(), "PROVISIONED");
    assert_eq!(stream.enhanced_monitoring()[0].shard_level_metrics().len(), 7);

    let queue = queue(&aws, it).await;
    assert_eq!(queue["KmsMasterKeyId"], it.output("messages_key_arn"));
    assert_eq!(queue["MessageRetentionPeriod"], "1209600");
    assert_eq!(parsed(&queue["RedriveAllowPolicy"]), json!({"redrivePermission": "denyAll"}));

    let cloud = Cloud::take();
    let mode = |it: &fastcart_hcl::plan::Plan| {
        let stream =
            it.changes.iter().find(|it| &*it.address.resource.kind == "aws_kinesis_stream");
        let values = crate::stack::json(stream.unwrap().after.as_ref().unwrap());
        text(&values["stream_mode_details"][0]["stream_mode"])
    };
    let on_demand = Site::new(&cloud).with("orders_stream", json!({"mode": "ON_DEMAND"}));
    assert_eq!(mode(&on_demand.plan().await), "ON_DEMAND");
    for wrong in [
        json!({"mode": "SOMETIMES"}),
        json!({"retention_hours": 23}),
        json!({"retention_hours": 8761}),
    ] {
        let site = Site::new(&cloud).with("orders_stream", wrong.clone());
        assert!(site.try_plan().await.is_err(), "{wrong}");
    }
}

/// Attributes of the dead-letter queue.
async fn queue(aws: &Aws, it: &Deployed) -> BTreeMap<String, String> {
    let queue = aws.sqs().get_queue_attributes().queue_url(it.output("dead_letter_queue_url"));
    let queue = queue.attribute_names(aws_sdk_sqs::types::QueueAttributeName::All);
    let attributes = queue.send().await.unwrap().attributes.unwrap();
    attributes.into_iter().map(|(name, value)| (name.as_str().to_string(), value)).collect()
}

// ---- R5: the service ---------------------------------------------------------------------------

#[tokio::test]
async fn r05_the_service_runs_on_fargate_in_private_subnets() {
    let it = deployed();
    let aws = it.aws();
    let clusters = aws.ecs().describe_clusters().clusters(it.output("cluster_name"));
    let clusters =
        clusters.include(aws_sdk_ecs::types::ClusterField::Settings).send().await.unwrap();
    let setting = &clusters.clusters()[0].settings()[0];
    assert_eq!(setting.name().map(|it| it.as_str()), Some("containerInsights"));
    assert_eq!(setting.value(), Some("enabled"));

    let service = aws.ecs().describe_services().cluster(it.output("cluster_name"));
    let service = service
        .services(it.output("service_name"))
        .send()
        .await
        .unwrap()
        .services
        .unwrap()
        .remove(0);
    assert_eq!(service.launch_type().map(|it| it.as_str()), Some("FARGATE"));
    assert!(service.desired_count() >= 2 && service.running_count() >= 2);
    let breaker = service.deployment_configuration().unwrap().deployment_circuit_breaker().unwrap();
    assert!(breaker.enable() && breaker.rollback());
    let network = service.network_configuration().unwrap().awsvpc_configuration().unwrap();
    assert_eq!(network.assign_public_ip().map(|it| it.as_str()), Some("DISABLED"));
    let subnets: BTreeSet<&str> = network.subnets().iter().map(String::as_str).collect();
    assert_eq!(subnets, it.output("app_subnet_ids").split(',').collect());
    assert_eq!(network.security_groups(), [it.output("service_security_group_id").to_string()]);

    let task =
        aws.ecs().describe_task_definition().task_definition(service.task_definition().unwrap());
    let task = task.send().await.unwrap().task_definition.unwrap();
    assert_eq!(task.network_mode().map(|it| it.as_str()), Some("awsvpc"));
    assert_eq!(task.execution_role_arn(), Some(it.output("execution_role_arn")));
    assert_eq!(task.task_role_arn(), Some(it.output("task_role_arn")));
    for container in task.container_definitions() {
        assert_eq!(container.readonly_root_filesystem(), Some(true));
        let user = container.user().unwrap_or("0");
        assert!(!user.starts_with("0") && !user.starts_with("root"), "{user}");
        assert!(container.health_check().is_some_and(|it| !it.command().is_empty()));
        let log = container.log_configuration().unwrap();
        assert_eq!(log.log_driver().as_str(), "awslogs");
        assert_eq!(log.options().unwrap()["awslogs-group"], it.output("service_log_group_name"));
        let secrets: BTreeMap<&str, &str> =
            container.secrets().iter().map(|it| (it.name(), it.value_from())).collect();
        for (name, output) in
            [("DATABASE_PASSWORD", "database_secret_arn"), ("CACHE_PASSWORD", "cache_secret_arn")]
        {
            assert_eq!(secrets[name], format!("{}:password::", it.output(output)));
        }
        let plain = container.environment().iter().filter_map(|it| it.name());
        assert!(plain.clone().count() > 5 && plain.clone().all(|it| !it.contains("PASSWORD")));
    }

    let targets = aws.autoscaling().describe_scalable_targets();
    let targets =
        targets.service_namespace(aws_sdk_applicationautoscaling::types::ServiceNamespace::Ecs);
    let targets = targets.send().await.unwrap();
    let target = &targets.scalable_targets()[0];
    assert!(target.min_capacity() >= 2 && target.max_capacity() > target.min_capacity());
    let policies = aws.autoscaling().describe_scaling_policies();
    let policies =
        policies.service_namespace(aws_sdk_applicationautoscaling::types::ServiceNamespace::Ecs);
    for policy in policies.send().await.unwrap().scaling_policies() {
        assert_eq!(policy.policy_type().as_str(), "TargetTrackingScaling");
        assert!(policy.target_tracking_scaling_policy_configuration().is_some());
    }
}

// ---- R6, R7: the stores ------------------------------------------------------------------------

async fn databases(aws: &Aws) -> Vec<aws_sdk_rds::types::DbInstance> {
    let all = aws.rds().describe_db_instances().send().await.unwrap().db_instances.unwrap();
    assert_eq!(all.len(), 2);
    all
}

#[tokio::test]
async fn r06_the_database_is_encrypted_backed_up_and_in_two_zones() {
    let it = deployed();
    let aws = it.aws();
    let data_subnets: BTreeSet<&str> = it.output("data_subnet_ids").split(',').collect();
    for database in databases(&aws).await {
        let name = database.db_instance_identifier().unwrap();
        assert_eq!(database.engine(), Some("postgres"), "{name}");
        assert_eq!(database.multi_az(), Some(true), "{name}");
        assert_eq!(database.storage_encrypted(), Some(true), "{name}");
        assert_eq!(database.kms_key_id(), Some(it.output("data_key_arn")), "{name}");
        assert_eq!(database.publicly_accessible(), Some(false), "{name}");
        assert!(database.backup_retention_period() >= Some(7), "{name}");
        assert!(database.monitoring_interval() > Some(0), "{name}");
        assert!(
            database.monitoring_role_arn().is_some_and(|it| it.ends_with("fastcart-monitoring-t1"))
        );
        assert_eq!(database.performance_insights_enabled(), Some(true), "{name}");
        assert_eq!(database.performance_insights_kms_key_id(), Some(it.output("data_key_arn")));
        let exports: BTreeSet<&str> =
            database.enabled_cloudwatch_logs_exports().iter().map(String::as_str).collect();
        assert_eq!(exports, BTreeSet::from(["postgresql", "upgrade"]), "{name}");
        assert_eq!(database.deletion_protection(), Some(false), "{name}");
        let groups = database.db_parameter_groups();
        assert_eq!(groups[0].db_parameter_group_name(), Some("fastcart-postgres-t1"), "{name}");
        let subnets = database.db_subnet_group().unwrap().subnets();
        let subnets: BTreeSet<&str> =
            subnets.iter().filter_map(|it| it.subnet_identifier()).collect();
        assert_eq!(subnets, data_subnets, "{name}");
    }
    for (address, values) in it.planned("aws_db_instance") {
        assert_eq!(values["skip_final_snapshot"], true, "{address}");
        assert!(values["password"].is_null(), "{address}");
    }
    assert_eq!(force_ssl(&aws).await, "1");
}

async fn force_ssl(aws: &Aws) -> String {
    let parameters =
        aws.rds().describe_db_parameters().db_parameter_group_name("fastcart-postgres-t1");
    let parameters = parameters.source("user").send().await.unwrap();
    let found =
        parameters.parameters().iter().find(|it| it.parameter_name() == Some("rds.force_ssl"));
    found.and_then(|it| it.parameter_value()).unwrap_or_default().to_string()
}

#[tokio::test]
async fn r07_the_cache_is_encrypted_authenticated_and_fails_over() {
    let it = deployed();
    let aws = it.aws();
    let groups = aws.elasticache().describe_replication_groups();
    let group = groups.replication_group_id("fastcart-cache-t1").send().await.unwrap();
    let group = group.replication_groups.unwrap().remove(0);
    assert_eq!(group.multi_az().map(|it| it.as_str()), Some("enabled"));
    assert_eq!(group.automatic_failover().map(|it| it.as_str()), Some("enabled"));
    assert_eq!(group.at_rest_encryption_enabled(), Some(true));
    assert_eq!(group.kms_key_id(), Some(it.output("data_key_arn")));
    assert_eq!(group.transit_encryption_enabled(), Some(true));
    assert_eq!(group.member_clusters().len(), 3);
    assert_eq!(group.user_group_ids(), ["fastcart-t1"]);
    let users = aws.elasticache().describe_users().send().await.unwrap();
    let ours = users.users().iter().filter(|it| it.user_id().is_some_and(|it| it.ends_with("-t1")));
    for user in ours {
        let (name, access) = (user.user_name().unwrap(), user.access_string().unwrap());
        let password = user.authentication().and_then(|it| it.password_count()).unwrap_or(0);
        match name {
            "default" => assert!(access.contains("off"), "{access}"),
            _ => assert!(password > 0 && access.contains("on "), "{name}: {access}"),
        }
    }
}

// ---- R8: credentials ---------------------------------------------------------------------------

#[tokio::test]
async fn r08_credentials_are_read_never_made_and_rotate_every_thirty_days() {
    let it = deployed();
    let aws = it.aws();
    for kind in it.kinds() {
        let makes = ["aws_secretsmanager_secret", "aws_secretsmanager_secret_version"];
        assert!(!makes.contains(&kind.as_str()), "the stack makes a {kind}");
    }
    for output in ["database_secret_arn", "cache_secret_arn"] {
        let secret = aws.secretsmanager().describe_secret().secret_id(it.output(output));
        let secret = secret.send().await.unwrap();
        assert_eq!(secret.rotation_enabled(), Some(true), "{output}");
        let rules = secret.rotation_rules().unwrap();
        assert_eq!(rules.automatically_after_days(), Some(30), "{output}");
        let function = "arn:aws:lambda:eu-central-1:123456789012:function:fastcart-rotation";
        assert_eq!(secret.rotation_lambda_arn(), Some(function));
    }
    // Another function, by variable.
    let cloud = Cloud::take();
    let other = "arn:aws:lambda:eu-central-1:123456789012:function:other";
    let plan = Site::new(&cloud).with("rotation_function_arn", json!(other)).plan().await;
    let rotations = plan
        .changes
        .iter()
        .filter(|it| &*it.address.resource.kind == "aws_secretsmanager_secret_rotation");
    for rotation in rotations {
        let values = crate::stack::json(rotation.after.as_ref().unwrap());
        assert_eq!(values["rotation_lambda_arn"], other);
    }
    // Only the role that starts tasks reads them.
    for (name, statement) in statements(&aws, it).await {
        let reads = actions(&statement).iter().any(|it| it.starts_with("secretsmanager:"));
        assert!(!reads || name == "fastcart-execution-t1", "{name}: {statement}");
    }
}

// ---- R9: network -------------------------------------------------------------------------------

fn in_vpc(it: &Deployed) -> Filter {
    Filter::builder().name("vpc-id").values(it.output("vpc_id")).build()
}

#[tokio::test]
async fn r09_each_zone_has_its_own_networks_and_way_out() {
    let it = deployed();
    let aws = it.aws();
    let subnets = aws.ec2().describe_subnets().filters(in_vpc(it)).send().await.unwrap();
    let zone: BTreeMap<&str, &str> = subnets
        .subnets()
        .iter()
        .map(|it| (it.subnet_id().unwrap(), it.availability_zone().unwrap()))
        .collect();
    let zones_of = |output: &str| -> Vec<&str> {
        let mut zones: Vec<&str> = it.output(output).split(',').map(|id| zone[id]).collect();
        zones.sort();
        zones
    };
    for tier in ["public_subnet_ids", "app_subnet_ids", "data_subnet_ids"] {
        assert_eq!(zones_of(tier), ZONES, "{tier}");
    }
    assert_eq!(zone.len(), 9);
    for subnet in subnets.subnets() {
        assert_ne!(subnet.map_public_ip_on_launch(), Some(true), "{:?}", subnet.subnet_id());
    }

    let gateways = aws.ec2().describe_nat_gateways().filter(in_vpc(it)).send().await.unwrap();
    let public: BTreeSet<&str> = it.output("public_subnet_ids").split(',').collect();
    let mut gateway_zone = BTreeMap::new();
    for gateway in gateways.nat_gateways() {
        let subnet = gateway.subnet_id().unwrap();
        assert!(public.contains(subnet));
        gateway_zone.insert(gateway.nat_gateway_id().unwrap(), zone[subnet]);
    }
    assert_eq!(gateway_zone.values().copied().collect::<BTreeSet<_>>(), ZONES.into());

    let tables = aws.ec2().describe_route_tables().filters(in_vpc(it)).send().await.unwrap();
    let mut routed = 0;
    for table in tables.route_tables() {
        let default =
            table.routes().iter().find(|it| it.destination_cidr_block() == Some("0.0.0.0/0"));
        for subnet in table.associations().iter().filter_map(|it| it.subnet_id()) {
            let route = default.unwrap_or_else(|| panic!("{subnet} has no way out"));
            match public.contains(subnet) {
                true => assert!(route.gateway_id().is_some_and(|it| it.starts_with("igw-"))),
                false => assert_eq!(gateway_zone[route.nat_gateway_id().unwrap()], zone[subnet]),
            }
            routed += 1;
        }
    }
    assert_eq!(routed, 9);
}

// ---- R10: keys ---------------------------------------------------------------------------------

#[tokio::test]
async fn r10_one_rotating_key_for_each_purpose() {
    let it = deployed();
    let aws = it.aws();
    let outputs = ["data_key_arn", "logs_key_arn", "messages_key_arn", "stream_key_arn"];
    let keys: BTreeSet<&str> = outputs.iter().map(|name| it.output(name)).collect();
    assert_eq!(keys.len(), 4, "one for each purpose");
    for key in keys {
        let metadata =
            aws.kms().describe_key().key_id(key).send().await.unwrap().key_metadata.unwrap();
        assert_eq!(metadata.key_manager().map(|it| it.as_str()), Some("CUSTOMER"));
        let rotation = aws.kms().get_key_rotation_status().key_id(key).send().await.unwrap();
        assert!(rotation.key_rotation_enabled(), "{key}");
        let policy =
            aws.kms().get_key_policy().key_id(key).policy_name("default").send().await.unwrap();
        for statement in listed(&parsed(policy.policy().unwrap())["Statement"]) {
            for action in actions(&statement) {
                assert!(!action.contains('*'), "{action}");
            }
            let principal = &statement["Principal"];
            assert!(principal != "*" && principal["AWS"] != "*", "{statement}");
            // Administration, or use under a condition.
            let uses =
                actions(&statement).iter().any(|it| it.contains("crypt") || it.contains("DataKey"));
            assert_eq!(
                uses,
                statement["Condition"].is_object() && statement["Sid"] != "GrantedToItsServices",
                "{statement}"
            );
            assert!(!uses || statement["Condition"].is_object(), "{statement}");
        }
    }
    assert_eq!(it.planned("aws_kms_alias").len(), 4);
}

// ---- R11: in transit ---------------------------------------------------------------------------

/// Whether a policy refuses whoever comes without TLS.
fn refuses_plain(policy: &Json) -> bool {
    listed(&policy["Statement"]).iter().any(|it| {
        it["Effect"] == "Deny"
            && it["Condition"]["Bool"]["aws:SecureTransport"] == "false"
            && (it["Principal"] == "*" || it["Principal"]["AWS"] == "*")
    })
}

#[tokio::test]
async fn r11_everything_is_encrypted_in_transit() {
    let it = deployed();
    let aws = it.aws();
    assert_eq!(force_ssl(&aws).await, "1");
    let cache = aws.elasticache().describe_replication_groups().send().await.unwrap();
    for group in cache.replication_groups() {
        assert_eq!(group.transit_encryption_enabled(), Some(true));
        assert_eq!(group.transit_encryption_mode().map(|it| it.as_str()), Some("required"));
    }
    assert!(refuses_plain(&parsed(&queue(&aws, it).await["Policy"])));
    let topic = aws.sns().get_topic_attributes().topic_arn(it.output("alarm_topic_arn"));
    let topic = topic.send().await.unwrap().attributes.unwrap();
    assert!(refuses_plain(&parsed(&topic["Policy"])));
}

// ---- R12: permissions --------------------------------------------------------------------------

fn actions(statement: &Json) -> Vec<String> {
    listed(&statement["Action"]).iter().map(text).collect()
}

/// Roles that the stack makes, with every statement of their policies.
async fn statements(aws: &Aws, it: &Deployed) -> Vec<(String, Json)> {
    let mut all = Vec::new();
    for (_, role) in it.planned("aws_iam_role") {
        let name = text(&role["name"]);
        let policies = aws.iam().list_role_policies().role_name(&name).send().await.unwrap();
        for policy in policies.policy_names() {
            let policy = aws.iam().get_role_policy().role_name(&name).policy_name(policy);
            let document = policy.send().await.unwrap().policy_document;
            let document = percent_encoding::percent_decode_str(&document).decode_utf8().unwrap();
            let found = listed(&parsed(&document)["Statement"]);
            all.extend(found.into_iter().map(|it| (name.clone(), it)));
        }
    }
    all
}

/// Actions that AWS does not let name a resource.
const NAMELESS: &[&str] = &["ecr:GetAuthorizationToken", "logs:DescribeLogGroups"];

#[tokio::test]
async fn r12_every_role_may_do_what_it_needs_and_no_more() {
    let it = deployed();
    let aws = it.aws();
    assert_ne!(it.output("execution_role_arn"), it.output("task_role_arn"));
    let all = statements(&aws, it).await;
    assert!(all.len() >= 10, "{}", all.len());
    for (name, statement) in all {
        assert_eq!(statement["Effect"], "Allow", "{name}");
        assert!(statement["NotAction"].is_null() && statement["NotResource"].is_null(), "{name}");
        for action in actions(&statement) {
            assert!(!action.contains('*'), "{name}: {action}");
        }
        for resource in listed(&statement["Resource"]) {
            if resource == "*" {
                let nameless = actions(&statement).iter().all(|it| NAMELESS.contains(&it.as_str()));
                assert!(nameless, "{name}: {statement}");
            }
        }
    }
    for (address, role) in it.planned("aws_iam_role") {
        let role =
            aws.iam().get_role().role_name(text(&role["name"])).send().await.unwrap().role.unwrap();
        let trust = role.assume_role_policy_document().unwrap();
        let trust = percent_encoding::percent_decode_str(trust).decode_utf8().unwrap();
        for statement in listed(&parsed(&trust)["Statement"]) {
            assert!(statement["Principal"]["Service"].is_string(), "{address}");
            let conditions = &statement["Condition"];
            assert_eq!(
                conditions["StringEquals"]["aws:SourceAccount"], "123456789012",
                "{address}"
            );
            let source = text(&conditions["ArnLike"]["aws:SourceArn"]);
            assert!(source.contains(":eu-central-1:123456789012:"), "{address}: {source}");
        }
    }
}

// ---- R13: what is seen -------------------------------------------------------------------------

/// Every alarm that is asked for: where its figure comes from, its name, and how many there are.
const ALARMS: &[(&str, &str, usize)] = &[
    ("AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", 1),
    ("AWS/Kinesis", "WriteProvisionedThroughputExceeded", 1),
    ("AWS/ECS", "CPUUtilization", 1),
    ("AWS/ECS", "MemoryUtilization", 1),
    ("ECS/ContainerInsights", "RunningTaskCount", 1),
    ("AWS/RDS", "CPUUtilization", 2),
    ("AWS/RDS", "DatabaseConnections", 2),
    ("AWS/RDS", "FreeStorageSpace", 2),
    ("AWS/RDS", "ReplicaLag", 1),
    ("AWS/ElastiCache", "EngineCPUUtilization", 3),
    ("AWS/ElastiCache", "DatabaseMemoryUsagePercentage", 3),
    ("AWS/ElastiCache", "Evictions", 3),
    ("AWS/ElastiCache", "ReplicationLag", 3),
    ("AWS/SQS", "ApproximateNumberOfMessagesVisible", 1),
];

#[tokio::test]
async fn r13_logs_alarms_and_a_dashboard_for_each_component() {
    let it = deployed();
    let aws = it.aws();
    let mut alarms =
        aws.cloudwatch().describe_alarms().send().await.unwrap().metric_alarms.unwrap();
    // Autoscaling makes alarms of its own for its policies.
    alarms.retain(|it| !it.alarm_name().is_some_and(|it| it.starts_with("TargetTracking-")));
    let mut found: BTreeMap<(String, String), usize> = BTreeMap::new();
    for alarm in &alarms {
        let (space, metric) = (alarm.namespace().unwrap(), alarm.metric_name().unwrap());
        *found.entry((space.into(), metric.into())).or_default() += 1;
        assert_eq!(alarm.alarm_actions(), [it.output("alarm_topic_arn").to_string()]);
        assert!(
            alarm.dimensions().iter().all(|it| it.value().is_some_and(|it| it.contains("-t1")))
        );
    }
    let wanted = ALARMS
        .iter()
        .map(|(space, metric, count)| ((space.to_string(), metric.to_string()), *count));
    assert_eq!(found, wanted.collect());
    // Nodes are those that there are.
    let cache = aws.elasticache().describe_replication_groups().send().await.unwrap();
    let members: BTreeSet<String> =
        cache.replication_groups()[0].member_clusters().iter().cloned().collect();
    let watched: BTreeSet<String> = alarms
        .iter()
        .filter(|it| it.namespace() == Some("AWS/ElastiCache"))
        .filter_map(|it| it.dimensions()[0].value().map(str::to_string))
        .collect();
    assert_eq!(watched, members);

    let topic = aws.sns().get_topic_attributes().topic_arn(it.output("alarm_topic_arn"));
    let topic = topic.send().await.unwrap().attributes.unwrap();
    assert_eq!(topic["KmsMasterKeyId"], it.output("messages_key_arn"));

    let groups = aws.logs().describe_log_groups().send().await.unwrap();
    assert_eq!(groups.log_groups().len(), 9);
    for group in groups.log_groups() {
        let name = group.log_group_name().unwrap();
        assert_eq!(group.kms_key_id(), Some(it.output("logs_key_arn")), "{name}");
        assert_eq!(group.retention_in_days(), Some(30), "{name}");
    }

    let board = aws.cloudwatch().get_dashboard().dashboard_name(it.output("dashboard_name"));
    let board = parsed(board.send().await.unwrap().dashboard_body().unwrap());
    let widgets = board["widgets"].as_array().unwrap();
    assert_eq!(widgets[0]["properties"]["alarms"].as_array().map(Vec::len), Some(alarms.len()));
    for widget in &widgets[1..] {
        let metrics = widget["properties"]["metrics"].as_array().unwrap();
        assert!(!metrics.is_empty(), "{widget}");
    }
}

// ---- R14, R15: what is let through -------------------------------------------------------------

#[tokio::test]
async fn r14_connections_are_recorded_and_nothing_is_open() {
    let it = deployed();
    let aws = it.aws();
    let of = Filter::builder().name("resource-id").values(it.output("vpc_id")).build();
    let flows = aws.ec2().describe_flow_logs().filter(of).send().await.unwrap();
    let flow = &flows.flow_logs()[0];
    assert_eq!(flow.traffic_type().map(|it| it.as_str()), Some("ALL"));
    assert_eq!(flow.log_group_name(), Some(it.output("flow_log_group_name")));

    let groups = aws.ec2().describe_security_groups().filters(in_vpc(it)).send().await.unwrap();
    assert_eq!(groups.security_groups().len(), 5);
    let mut named = 0;
    for group in groups.security_groups() {
        let name = group.group_name().unwrap();
        let rules = group.ip_permissions().iter().chain(group.ip_permissions_egress());
        for rule in rules {
            assert_ne!(name, "default", "it is closed");
            assert!(
                rule.ip_ranges().is_empty() && rule.ipv6_ranges().is_empty(),
                "{name}: {rule:?}"
            );
            let lists = rule.prefix_list_ids().len();
            named += rule.user_id_group_pairs().len();
            // The one thing outside is S3, by the list that AWS keeps of it.
            assert!(lists == 0 || name == "fastcart-service-t1", "{name}");
        }
    }
    assert_eq!(named, 7, "database, cache, endpoints on both sides, and peers");
}

#[tokio::test]
async fn r15_aws_is_reached_through_endpoints() {
    let it = deployed();
    let aws = it.aws();
    let endpoints = aws.ec2().describe_vpc_endpoints().filters(in_vpc(it)).send().await.unwrap();
    let app: BTreeSet<&str> = it.output("app_subnet_ids").split(',').collect();
    let mut found = BTreeMap::new();
    for endpoint in endpoints.vpc_endpoints() {
        let service = endpoint.service_name().unwrap().strip_prefix("com.amazonaws.eu-central-1.");
        let kind = endpoint.vpc_endpoint_type().unwrap().as_str();
        found.insert(service.unwrap(), kind);
        if kind == "Interface" {
            assert_eq!(endpoint.private_dns_enabled(), Some(true), "{service:?}");
            assert_eq!(
                endpoint.subnet_ids().iter().map(String::as_str).collect::<BTreeSet<_>>(),
                app
            );
        } else {
            assert_eq!(endpoint.route_table_ids().len(), 3);
        }
        for statement in listed(&parsed(endpoint.policy_document().unwrap())["Statement"]) {
            for action in actions(&statement) {
                assert!(!action.contains('*'), "{service:?}: {action}");
            }
            let everything = listed(&statement["Resource"]).iter().any(|it| it == "*");
            let nameless = actions(&statement).iter().all(|it| NAMELESS.contains(&it.as_str()));
            assert!(!everything || nameless, "{service:?}: {statement}");
        }
    }
    let wanted = [
        ("s3", "Gateway"),
        ("ecr.api", "Interface"),
        ("ecr.dkr", "Interface"),
        ("logs", "Interface"),
        ("secretsmanager", "Interface"),
        ("kinesis-streams", "Interface"),
        ("kms", "Interface"),
    ];
    for (service, kind) in wanted {
        assert_eq!(found.get(service), Some(&kind), "{service}");
    }
}

// ---- R16 to R18 --------------------------------------------------------------------------------

#[tokio::test]
async fn r16_outputs_are_a_flat_map_of_texts() {
    let it = deployed();
    let path = it.dir.join("cfn-outputs/flat-outputs.json");
    let flat = parsed(&std::fs::read_to_string(path).unwrap());
    let told = parsed(&std::fs::read_to_string(it.dir.join("outputs.json")).unwrap());
    let flat = flat.as_object().unwrap();
    assert_eq!(flat.len(), told.as_object().unwrap().len());
    for (name, value) in flat {
        assert_eq!(told[name]["type"], "string", "{name}");
        assert_eq!(&told[name]["value"], value, "{name}");
        assert!(value.as_str().is_some_and(|it| !it.is_empty()), "{name}");
    }
}

#[tokio::test]
async fn r17_nothing_is_kept_on_purpose() {
    let it = deployed();
    assert!(!FASTCART.contains("prevent_destroy"));
    for kind in it.kinds() {
        for (address, values) in it.planned(&kind) {
            for kept in ["deletion_protection", "deletion_protection_enabled", "skip_destroy"] {
                assert_ne!(values[kept], true, "{address} {kept}");
            }
            assert!(values["final_snapshot_identifier"].is_null(), "{address}");
            assert_ne!(values["skip_final_snapshot"], false, "{address}");
            assert_ne!(values["delete_automated_backups"], false, "{address}");
        }
    }
    for (address, key) in it.planned("aws_kms_key") {
        assert_eq!(key["deletion_window_in_days"], 7, "{address}: the shortest that AWS takes");
    }
}

#[tokio::test]
async fn r18_no_single_failure_takes_it_down() {
    let it = deployed();
    let aws = it.aws();
    for database in databases(&aws).await {
        assert_eq!(database.multi_az(), Some(true));
    }
    let cache = aws.elasticache().describe_replication_groups().send().await.unwrap();
    for group in cache.replication_groups() {
        assert_eq!(group.multi_az().map(|it| it.as_str()), Some("enabled"));
        assert_eq!(group.automatic_failover().map(|it| it.as_str()), Some("enabled"));
    }
    let services = aws.ecs().describe_services().cluster(it.output("cluster_name"));
    let services = services.services(it.output("service_name")).send().await.unwrap();
    let network = services.services()[0].network_configuration().unwrap();
    assert_eq!(network.awsvpc_configuration().unwrap().subnets().len(), ZONES.len());
    let gateways = aws.ec2().describe_nat_gateways().filter(in_vpc(it)).send().await.unwrap();
    assert_eq!(gateways.nat_gateways().len(), ZONES.len());
    // Two zones are the least.
    let cloud = Cloud::take();
    for (zones, fits) in [(1, false), (2, true), (3, true), (4, false)] {
        let site = Site::new(&cloud).with("zone_count", json!(zones));
        assert_eq!(site.try_plan().await.is_ok(), fits, "{zones}");
    }
    // A second plan finds it as it was made.
    let again = std::fs::read_to_string(it.dir.join("again.txt")).unwrap();
    assert!(again.contains("No changes"), "{again}");
}
