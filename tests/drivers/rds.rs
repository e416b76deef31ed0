//! Databases, their groups, and what is told of them.

use fastcart_hcl::driver::{FailureKind, Op, Status};
use serde_json::{Value as Json, json};

use crate::cloud::Cloud;
use crate::play::{Made, Play};

/// What a database stands in.
struct Site {
    play: Play,
    vpc: Made,
    subnets: Vec<Made>,
    group: Made,
    security: Made,
}

impl Site {
    async fn at(play: Play, name: &str, range: u8) -> Site {
        let block = format!("10.{range}.0.0/16");
        let vpc = play.create("aws_vpc", json!({"cidr_block": block})).await;
        let mut subnets = Vec::new();
        for (n, zone) in ["a", "b", "c"].iter().enumerate() {
            let config = json!({
                "vpc_id": &*vpc.id, "cidr_block": format!("10.{range}.{n}.0/24"),
                "availability_zone": format!("eu-central-1{zone}"),
            });
            subnets.push(play.create("aws_subnet", config).await);
        }
        let ids: Vec<&str> = subnets.iter().take(2).map(|it| &*it.id).collect();
        let group = json!({"name": name, "subnet_ids": ids, "tags": {"a": "1"}});
        let group = play.create("aws_db_subnet_group", group).await;
        let security = json!({"name": name, "vpc_id": &*vpc.id});
        let security = play.create("aws_security_group", security).await;
        Site { play, vpc, subnets, group, security }
    }

    async fn clear(&self) {
        self.play.delete(&self.group).await;
        self.play.delete(&self.security).await;
        for it in &self.subnets {
            self.play.delete(it).await;
        }
        self.play.delete(&self.vpc).await;
    }

    /// A PostgreSQL database with that much besides.
    fn database(&self, name: &str, more: Json) -> Json {
        let mut config = json!({
            "identifier": name, "engine": "postgres", "engine_version": "16", "username": "shop",
            "instance_class": "db.r6g.large", "allocated_storage": 50, "storage_type": "gp3",
            "password": "a long password", "skip_final_snapshot": true, "apply_immediately": true,
            "db_subnet_group_name": &*self.group.id, "backup_retention_period": 7,
        });
        for (name, value) in more.as_object().unwrap() {
            config[name] = value.clone();
        }
        config
    }
}

fn with(config: &Json, changes: Json) -> Json {
    let mut config = config.clone();
    for (name, value) in changes.as_object().unwrap() {
        config[name] = value.clone();
    }
    config
}

#[tokio::test]
async fn a_subnet_group_lives() {
    let site = Site::at(Play::new().await, "subnets", 71).await;
    let (play, group) = (&site.play, &site.group);
    assert_eq!(group.at("vpc_id"), json!(&*site.vpc.id));
    assert_eq!(group.at("description"), json!("Managed by Terraform"));
    let ids: Vec<&str> = site.subnets.iter().map(|it| &*it.id).collect();
    let config =
        json!({"name": "subnets", "description": "d", "subnet_ids": ids, "tags": {"b": "2"}});
    let group = play.update(group, config.clone()).await;
    assert_eq!(group.at("subnet_ids").as_array().unwrap().len(), 3);
    assert_eq!(group.at("tags_all"), json!({"b": "2"}));
    play.same_by_import(&group, "subnets", &[]).await;
    let kind = "aws_db_subnet_group";
    let taken = play.make(kind, &config, &Op::new("t", false)).await;
    assert_eq!(taken.unwrap_err().kind, FailureKind::Exists);
    let again = play.make(kind, &config, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), group.id, "an earlier run took the name");
    let prefixed = json!({"name_prefix": "made-up-", "subnet_ids": &ids});
    let prefixed = play.create("aws_db_subnet_group", prefixed).await;
    assert!(prefixed.at("name").as_str().unwrap().starts_with("made-up-"));
    play.delete(&prefixed).await;
    site.clear().await;
}

#[tokio::test]
async fn a_parameter_group_lives() {
    let play = Play::new().await;
    let config = |parameters: Json, tags: Json| json!({"name": "pg", "family": "postgres16", "parameter": parameters, "tags": tags});
    let set = |name: &str, value: &str, method: &str| json!({"name": name, "value": value, "apply_method": method});
    let first = json!([
        set("rds.force_ssl", "1", "pending-reboot"),
        set("log_min_duration_statement", "500", "IMMEDIATE")
    ]);
    let group = play.create("aws_db_parameter_group", config(first, json!({"a": "1"}))).await;
    assert_eq!(group.at("arn"), json!("arn:aws:rds:eu-central-1:123456789012:pg:pg"));
    play.same_by_import(&group, "pg", &["parameter"]).await;
    let imported = play.import("aws_db_parameter_group", "pg").await;
    assert_eq!(imported.at("parameter").as_array().unwrap().len(), 2, "not those of the family");
    // What the family has anyway is told as its own; and AWS takes twenty at a time.
    let mut many: Vec<Json> = (0..45).map(|n| set(&format!("p{n}"), "1", "immediate")).collect();
    many.push(set("log_statement", "none", "immediate"));
    let group = play.update(&group, config(json!(many), json!({"b": "2"}))).await;
    assert_eq!(group.at("parameter").as_array().unwrap().len(), 46);
    assert_eq!(group.at("tags_all"), json!({"b": "2"}));
    let group = play.update(&group, config(json!([]), json!({}))).await;
    assert_eq!(group.at("parameter"), json!([]));
    let empty = config(json!([]), json!({}));
    let again = play.make("aws_db_parameter_group", &empty, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), group.id, "an earlier run took the name");
    let kept = json!({"name": "pg", "family": "postgres16", "skip_destroy": true});
    let kept = play.resend(&group, kept).await;
    play.delete(&kept).await;
    let group = play.import("aws_db_parameter_group", "pg").await;
    play.delete(&group).await;
}

#[tokio::test]
async fn a_database_lives() {
    let site = Site::at(Play::new().await, "lives", 72).await;
    let play = &site.play;
    let kms = play.create("aws_kms_key", json!({})).await;
    let role = "arn:aws:iam::123456789012:role/monitoring";
    let parameters = json!({"name": "lives-pg", "family": "postgres16"});
    let parameters = play.create("aws_db_parameter_group", parameters).await;
    let config = site.database(
        "lives",
        json!({
            "multi_az": true, "storage_encrypted": true, "kms_key_id": kms.at("arn"),
            "vpc_security_group_ids": [&*site.security.id], "parameter_group_name": &*parameters.id,
            "backup_window": "03:00-04:00", "maintenance_window": "Mon:04:00-Mon:05:00",
            "performance_insights_enabled": true, "performance_insights_kms_key_id": kms.at("arn"),
            "enabled_cloudwatch_logs_exports": ["postgresql", "upgrade"], "monitoring_interval": 60,
            "monitoring_role_arn": role, "max_allocated_storage": 200, "tags": {"a": "1"},
            "deletion_protection": false, "copy_tags_to_snapshot": true, "db_name": "shop",
        }),
    );
    let made = play.create("aws_db_instance", config.clone()).await;
    assert_eq!(made.at("id"), made.at("resource_id"));
    assert!(made.id.starts_with("db-"));
    assert_eq!(made.at("engine_version_actual"), json!("16.10"));
    assert_eq!(made.at("performance_insights_retention_period"), json!(7));
    assert_eq!(made.at("port"), json!(5432));
    assert_eq!(
        made.at("endpoint"),
        json!(format!("{}:5432", made.at("address").as_str().unwrap()))
    );
    let local = ["password", "apply_immediately", "skip_final_snapshot", "deletion_protection"];
    play.same_by_import(&made, "lives", &local).await;
    play.same_by_import(&made, &made.id, &local).await;

    let data = play.data("aws_db_instance", json!({"db_instance_identifier": "lives"})).await;
    assert_eq!(data.at("db_instance_arn"), made.at("arn"));
    assert_eq!(data.at("db_parameter_groups"), json!(["lives-pg"]));
    let data = play.data("aws_db_instance", json!({"tags": {"a": "1"}})).await;
    assert_eq!(data.at("resource_id"), json!(&*made.id));

    let other = play
        .create("aws_db_parameter_group", json!({"name": "lives-17", "family": "postgres17"}))
        .await;
    let (mut config, mut made) = (config, made);
    for change in [
        json!({"allocated_storage": 60}),
        json!({"max_allocated_storage": 300}),
        json!({"max_allocated_storage": 0}),
        json!({"instance_class": "db.r6g.xlarge"}),
        json!({"multi_az": false}),
        json!({"backup_retention_period": 14, "backup_window": "05:00-06:00"}),
        json!({"maintenance_window": "tue:01:00-tue:02:00"}),
        json!({"storage_type": "io1", "iops": 3000, "allocated_storage": 100}),
        json!({"iops": 4000}),
        json!({"storage_type": "gp3", "iops": 12000, "storage_throughput": 500, "allocated_storage": 400}),
        json!({"monitoring_interval": 0, "monitoring_role_arn": null}),
        json!({"monitoring_interval": 15, "monitoring_role_arn": role}),
        json!({"performance_insights_retention_period": 93}),
        json!({"performance_insights_enabled": false, "performance_insights_retention_period": null,
               "performance_insights_kms_key_id": null}),
        json!({"enabled_cloudwatch_logs_exports": ["upgrade"]}),
        json!({"enabled_cloudwatch_logs_exports": null}),
        json!({"deletion_protection": true}),
        json!({"deletion_protection": null}),
        json!({"iam_database_authentication_enabled": true}),
        json!({"publicly_accessible": true}),
        json!({"copy_tags_to_snapshot": false, "auto_minor_version_upgrade": false}),
        json!({"ca_cert_identifier": "rds-ca-ecc384-g1"}),
        json!({"engine_version": "16.10"}),
        json!({"engine_version": "17", "allow_major_version_upgrade": true, "parameter_group_name": &*other.id}),
        json!({"port": 6000}),
        json!({"tags": {"b": "2"}}),
        json!({"identifier": "renamed"}),
    ] {
        config = with(&config, change);
        made = play.update(&made, config.clone()).await;
    }
    assert_eq!(made.at("engine_version_actual"), json!("17.6"));
    assert!(made.at("arn").as_str().unwrap().ends_with(":db:renamed"));
    assert_eq!(made.at("endpoint").as_str().unwrap().split(':').nth(1), Some("6000"));
    assert_eq!(made.at("tags_all"), json!({"b": "2"}));
    let calls = play.aws().calls().snapshot();
    play.update(&made, config).await;
    let again = play.aws().calls().snapshot();
    assert_eq!(calls.get("rds:ModifyDBInstance"), again.get("rds:ModifyDBInstance"));
    play.delete(&made).await;
    for it in [&parameters, &other, &kms] {
        play.delete(it).await;
    }
    site.clear().await;
}

#[tokio::test]
async fn a_database_is_made_once() {
    let site = Site::at(Play::new().await, "once", 73).await;
    let play = &site.play;
    let config = site.database("once", json!({}));
    let first = play.make("aws_db_instance", &config, &Op::new("t", false)).await.unwrap();
    let taken = play.make("aws_db_instance", &config, &Op::new("u", false)).await;
    assert_eq!(taken.unwrap_err().kind, FailureKind::Exists);
    let again = play.make("aws_db_instance", &config, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), first, "an earlier run took the name");
    let prefixed = site.database("x", json!({"identifier": null, "identifier_prefix": "made-up-"}));
    let prefixed_made = play.create("aws_db_instance", prefixed.clone()).await;
    assert!(prefixed_made.at("identifier").as_str().unwrap().starts_with("made-up-"));
    for missing in ["engine", "username", "allocated_storage", "password"] {
        let config = with(&site.database("incomplete", json!({})), json!({missing: null}));
        let refused =
            play.make("aws_db_instance", &config, &Op::new("v", false)).await.unwrap_err();
        assert_eq!(refused.kind, FailureKind::Fatal, "{missing}");
    }
    play.delete(&prefixed_made).await;
    let once = play.import("aws_db_instance", "once").await;
    let once = play.resend(&once, config).await;
    play.delete(&once).await;
    site.clear().await;
}

#[tokio::test]
async fn passwords_are_sent_when_they_change() {
    let cloud = Cloud::take();
    let site = Site::at(Play::at(&cloud.url(), json!({})).await, "passwords", 74).await;
    let play = &site.play;
    let wo = |password: &str, version: i32| {
        let more =
            json!({"password": null, "password_wo": password, "password_wo_version": version});
        site.database("passwords", more)
    };
    let sent = || cloud.requests().get("rds.ModifyDBInstance").copied().unwrap_or_default();
    let mut made = play.create("aws_db_instance", wo("the first one", 1)).await;
    assert_eq!((sent(), made.at("password_wo")), (0, json!(null)));
    let managed = json!({"password": null, "manage_master_user_password": true});
    for (config, calls) in [
        (wo("the first one", 1), 0),
        (wo("the second one", 2), 1),
        (site.database("passwords", json!({"password": "the third one"})), 2),
        (site.database("passwords", json!({"password": "the fourth one"})), 3),
        (site.database("passwords", managed), 4),
        (site.database("passwords", json!({"password": "the fifth one"})), 5),
    ] {
        made = play.resend(&made, config).await;
        assert_eq!(sent(), calls);
        let is_managed = made.at("manage_master_user_password") == json!(true);
        assert_eq!(
            made.at("master_user_secret").as_array().unwrap().len(),
            usize::from(is_managed)
        );
    }
    play.delete(&made).await;
    site.clear().await;
}

#[tokio::test]
async fn databases_are_born_of_others() {
    let cloud = Cloud::take();
    let site = Site::at(Play::at(&cloud.url(), json!({})).await, "born", 75).await;
    let play = &site.play;
    let source = site.database("source", json!({"tags": {"a": "1"}, "storage_encrypted": true}));
    let source = play.create("aws_db_instance", source).await;
    let modified = || cloud.requests().get("rds.ModifyDBInstance").copied().unwrap_or_default();

    let replica = json!({
        "identifier": "replica", "replicate_source_db": "source", "instance_class": "db.r6g.large",
        "skip_final_snapshot": true, "backup_retention_period": 3, "tags": {"r": "1"},
        "monitoring_interval": 60, "monitoring_role_arn": "arn:aws:iam::123456789012:role/m",
    });
    let made = play.create("aws_db_instance", replica.clone()).await;
    assert_eq!(made.at("tags_all"), json!({"r": "1"}), "what was owed is given");
    assert_eq!(made.at("username"), json!("shop"));
    assert_eq!(made.at("storage_encrypted"), json!(true), "as its source has it");
    assert_ne!(made.id, source.id);
    let by_arn = with(&replica, json!({"replicate_source_db": source.at("arn")}));
    let made = play.update(&made, by_arn).await;
    play.same_by_import(&made, "replica", &["skip_final_snapshot", "replicate_source_db"]).await;
    let calls = modified();
    let alone = with(
        &replica,
        json!({
            "replicate_source_db": null, "password": "one of its own", "apply_immediately": true,
        }),
    );
    let made = play.resend(&made, alone).await;
    assert_eq!(made.at("replicate_source_db"), json!(null));
    assert_eq!(
        (modified(), made.at("tags_all")),
        (calls + 1, json!({"r": "1"})),
        "the password is sent"
    );
    let wants = with(&replica, json!({"replicate_source_db": "source"}));
    let want = play.driver("aws_db_instance");
    let row = crate::play::filled(want.schema().attributes, &with(&wants, json!({"tags_all": {}})));
    let refused = want.update(&play.cloud, &made.id, row, made.row.clone()).await.unwrap_err();
    assert!(refused.message.contains("replica"), "{refused}");
    play.delete(&made).await;

    let snapshot = play.aws().rds().create_db_snapshot().db_instance_identifier("source");
    snapshot.db_snapshot_identifier("backup").send().await.unwrap();
    let restored = with(
        &site.database("restored", json!({})),
        json!({
            "snapshot_identifier": "backup", "engine": null, "engine_version": null, "username": null,
            "password": "quite another one", "tags": {"s": "1"}, "allocated_storage": null,
            "monitoring_interval": 60, "monitoring_role_arn": "arn:aws:iam::123456789012:role/m",
        }),
    );
    let calls = modified();
    let made =
        play.create("aws_db_instance", with(&restored, json!({"apply_immediately": false}))).await;
    assert_eq!((modified(), made.at("monitoring_interval")), (calls + 1, json!(60)));
    assert_eq!((made.at("tags_all"), made.at("allocated_storage")), (json!({"s": "1"}), json!(50)));
    play.delete(&made).await;

    let rewound = with(
        &restored,
        json!({
            "identifier": "rewound", "snapshot_identifier": null,
            "restore_to_point_in_time": [{"source_db_instance_identifier": "source", "use_latest_restorable_time": true}],
        }),
    );
    let made = play.create("aws_db_instance", rewound.clone()).await;
    assert_eq!(made.at("username"), json!("shop"));
    play.delete(&made).await;
    let wrong = with(
        &rewound,
        json!({
            "restore_to_point_in_time": [{"source_db_instance_identifier": "source", "restore_time": "yesterday"}],
        }),
    );
    let wrong = play.make("aws_db_instance", &wrong, &Op::new("t", false)).await.unwrap_err();
    assert!(wrong.message.contains("restore_time"), "{wrong}");
    play.delete(&source).await;
    site.clear().await;
}

#[tokio::test]
async fn what_waits_for_the_maintenance_window_is_no_difference() {
    let site = Site::at(Play::new().await, "waits", 76).await;
    let play = &site.play;
    let later = site.database("waits", json!({"apply_immediately": false}));
    let made = play.create("aws_db_instance", later.clone()).await;
    let bigger = with(
        &later,
        json!({"instance_class": "db.r6g.xlarge", "engine_version": "16.10", "multi_az": true}),
    );
    let made = play.update(&made, bigger.clone()).await;
    assert_eq!(made.at("instance_class"), json!("db.r6g.xlarge"));
    let found =
        play.aws().rds().describe_db_instances().db_instance_identifier("waits").send().await;
    let found = found.unwrap().db_instances.unwrap().remove(0);
    assert_eq!(found.db_instance_class(), Some("db.r6g.large"), "it is only pending");
    // At once from now on.
    let at_once = with(&bigger, json!({"apply_immediately": true}));
    let made = play.resend(&made, at_once).await;
    let found =
        play.aws().rds().describe_db_instances().db_instance_identifier("waits").send().await;
    let found = found.unwrap().db_instances.unwrap().remove(0);
    assert_eq!((found.db_instance_class(), found.multi_az), (Some("db.r6g.xlarge"), Some(true)));
    play.delete(&made).await;
    site.clear().await;
}

#[tokio::test]
async fn storage_that_grew_is_no_difference() {
    let site = Site::at(Play::new().await, "grows", 77).await;
    let play = &site.play;
    let config = site.database("grows", json!({"max_allocated_storage": 200}));
    let made = play.create("aws_db_instance", config.clone()).await;
    let grow = play.aws().rds().modify_db_instance().db_instance_identifier("grows");
    grow.allocated_storage(80).apply_immediately(true).send().await.unwrap();
    let made = play.update(&made, config.clone()).await;
    assert_eq!(made.at("allocated_storage"), json!(50), "as it was asked for");
    let made = play.update(&made, with(&config, json!({"allocated_storage": 100}))).await;
    assert_eq!(made.at("allocated_storage"), json!(100));
    play.delete(&made).await;
    site.clear().await;
}

#[tokio::test]
async fn a_database_that_fails_says_why() {
    let cloud = Cloud::take();
    let site = Site::at(Play::at(&cloud.url(), json!({})).await, "fails", 78).await;
    let play = &site.play;
    let parameters = json!({"name": "fails-pg", "family": "postgres16", "parameter": [
        {"name": "shared_buffers", "value": "134217728", "apply_method": "pending-reboot"},
    ]});
    let parameters = play.create("aws_db_parameter_group", parameters).await;
    cloud.lifetimes(&json!({"db_instance": {"creating": 0.05}}));
    let config = site.database("fails", json!({"parameter_group_name": &*parameters.id}));
    let id = play.make("aws_db_instance", &config, &Op::new("t", false)).await.unwrap();
    let driver = play.driver("aws_db_instance");
    let mut seen = Vec::new();
    let why = loop {
        let it = driver.read(&play.cloud, &id, driver.blank()).await.unwrap().unwrap();
        match it.status {
            Status::Failed(why) => break why,
            other => seen.push(other),
        }
    };
    assert!(seen.iter().all(|it| *it == Status::busy("creating")), "{seen:?}");
    assert!(why.contains("incompatible-parameters") && why.contains("shared_buffers"), "{why}");
    cloud.reset();
}

#[tokio::test]
async fn deletion_asks_what_becomes_of_the_data() {
    let site = Site::at(Play::new().await, "ends", 79).await;
    let play = &site.play;
    let config =
        site.database("ends", json!({"skip_final_snapshot": false, "deletion_protection": true}));
    let made = play.create("aws_db_instance", config.clone()).await;
    let driver = play.driver("aws_db_instance");
    let refused = driver.delete(&play.cloud, &made.id, made.row.clone()).await.unwrap_err();
    assert!(refused.hints[0].contains("final_snapshot_identifier"), "{refused:?}");
    let config = with(&config, json!({"final_snapshot_identifier": "ends-last"}));
    let made = play.resend(&made, config.clone()).await;
    let refused = driver.delete(&play.cloud, &made.id, made.row.clone()).await.unwrap_err();
    assert!(refused.hints[0].contains("deletion_protection"), "{refused:?}");
    let made = play.update(&made, with(&config, json!({"deletion_protection": false}))).await;
    play.delete(&made).await;
    let snapshots = play.aws().rds().describe_db_snapshots().db_snapshot_identifier("ends-last");
    assert_eq!(snapshots.send().await.unwrap().db_snapshots.unwrap().len(), 1);
    play.aws().rds().delete_db_snapshot().db_snapshot_identifier("ends-last").send().await.unwrap();
    site.clear().await;
}

#[tokio::test]
async fn an_event_subscription_lives() {
    let site = Site::at(Play::new().await, "events", 80).await;
    let play = &site.play;
    let database = play.create("aws_db_instance", site.database("events", json!({}))).await;
    let topic = |name: &str| format!("arn:aws:sns:eu-central-1:123456789012:{name}");
    let config = json!({
        "name": "events", "sns_topic": topic("one"), "source_type": "db-instance",
        "event_categories": ["failover"], "tags": {"a": "1"},
    });
    let it = play.create("aws_db_event_subscription", config.clone()).await;
    assert_eq!(it.at("arn"), json!("arn:aws:rds:eu-central-1:123456789012:es:events"));
    let config = with(
        &config,
        json!({
            "sns_topic": topic("two"), "event_categories": ["failover", "failure"], "enabled": false,
            "source_ids": ["events"], "tags": {"b": "2"},
        }),
    );
    let it = play.update(&it, config.clone()).await;
    assert_eq!((it.at("source_ids"), it.at("tags_all")), (json!(["events"]), json!({"b": "2"})));
    play.same_by_import(&it, "events", &[]).await;
    let it = play.update(&it, with(&config, json!({"source_ids": null}))).await;
    assert_eq!(it.at("source_ids"), json!(null));
    let made = play.make("aws_db_event_subscription", &config, &Op::new("t", true)).await;
    assert_eq!(made.unwrap(), it.id, "an earlier run took the name");
    play.delete(&it).await;
    play.delete(&database).await;
    site.clear().await;
}

#[tokio::test]
async fn versions_are_found() {
    let play = Play::new().await;
    let cases = [
        (json!({"engine": "postgres"}), "17.6"),
        (json!({"engine": "postgres", "version": "16", "latest": true}), "16.10"),
        (json!({"engine": "postgres", "version": "15", "default_only": true}), "15.14"),
        (json!({"engine": "postgres", "preferred_versions": ["16.5", "16.4", "16.3"]}), "16.4"),
        (json!({"engine": "postgres", "parameter_group_family": "postgres14"}), "14.19"),
        (
            json!({"engine": "postgres", "version": "16", "preferred_upgrade_targets": ["16.4"]}),
            "16.3",
        ),
        (json!({"engine": "mysql", "version": "8.0", "has_minor_target": false}), "8.0.43"),
    ];
    for (config, expected) in cases {
        let found = play.data("aws_rds_engine_version", config.clone()).await;
        assert_eq!(found.at("version_actual"), json!(expected), "{config}");
    }
    let found =
        play.data("aws_rds_engine_version", json!({"engine": "postgres", "version": "16.4"})).await;
    assert_eq!(found.at("parameter_group_family"), json!("postgres16"));
    assert_eq!(found.at("valid_minor_targets"), json!(["16.10"]));
    assert_eq!(found.at("valid_major_targets"), json!(["17.5", "17.6"]));
}

#[tokio::test]
async fn arguments_are_checked() {
    let play = Play::new().await;
    let good = json!({"identifier": "a", "instance_class": "db.t4g.micro"});
    let cases = [
        (json!({}), None),
        (json!({"identifier": "Upper"}), Some("identifier")),
        (json!({"identifier": "a--b"}), Some("identifier")),
        (json!({"identifier_prefix": "1"}), Some("identifier_prefix")),
        (json!({"final_snapshot_identifier": "a-"}), Some("final_snapshot_identifier")),
        (json!({"backup_window": "3-4"}), Some("backup_window")),
        (json!({"maintenance_window": "04:00-05:00"}), Some("maintenance_window")),
        (json!({"monitoring_interval": 7}), Some("monitoring_interval")),
        (
            json!({"performance_insights_retention_period": 8}),
            Some("performance_insights_retention_period"),
        ),
        (json!({"performance_insights_retention_period": 93}), None),
        (json!({"password_wo": "x"}), Some("password_wo")),
        (json!({"password_wo_version": 1}), Some("password_wo_version")),
        (json!({"custom_iam_instance_profile": "mine"}), Some("custom_iam_instance_profile")),
        (json!({"domain_dns_ips": ["10.0.0.1"]}), Some("domain_dns_ips")),
    ];
    for (more, expected) in cases {
        let refused = play.refused("aws_db_instance", &with(&good, more.clone()));
        assert_eq!(refused.first().map(String::as_str), expected, "{more}");
    }
    let topic = "arn:aws:sns:eu-central-1:123456789012:t";
    let groups = [
        ("aws_db_subnet_group", json!({"name": "Upper", "subnet_ids": []}), "name"),
        ("aws_db_subnet_group", json!({"name": "default", "subnet_ids": []}), "name"),
        ("aws_db_parameter_group", json!({"name": "1st", "family": "f"}), "name"),
        ("aws_db_event_subscription", json!({"name": "a_b", "sns_topic": topic}), "name"),
        (
            "aws_db_event_subscription",
            json!({"source_ids": ["a"], "sns_topic": topic}),
            "source_ids",
        ),
    ];
    for (kind, config, expected) in groups {
        assert_eq!(play.refused(kind, &config), [expected], "{config}");
    }
}
