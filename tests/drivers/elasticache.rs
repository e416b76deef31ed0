//! Caches, their groups and their users.

use fastcart_hcl::driver::{FailureKind, Op};
use serde_json::{Value as Json, json};

use crate::cloud::Cloud;
use crate::play::{Made, Play};

/// What a cache stands in.
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
        for (n, zone) in ["a", "b"].iter().enumerate() {
            let config = json!({
                "vpc_id": &*vpc.id, "cidr_block": format!("10.{range}.{n}.0/24"),
                "availability_zone": format!("eu-central-1{zone}"),
            });
            subnets.push(play.create("aws_subnet", config).await);
        }
        let ids: Vec<&str> = subnets.iter().map(|it| &*it.id).collect();
        let group = json!({"name": name, "subnet_ids": ids, "tags": {"a": "1"}});
        let group = play.create("aws_elasticache_subnet_group", group).await;
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
    let site = Site::at(Play::new().await, "Cache-Subnets", 81).await;
    let (play, group) = (&site.play, &site.group);
    assert_eq!(group.id, "cache-subnets".into(), "AWS keeps it in lower case");
    assert_eq!(group.at("vpc_id"), json!(&*site.vpc.id));
    let config = json!({
        "name": "Cache-Subnets", "description": "d", "subnet_ids": [&*site.subnets[0].id],
        "tags": {"b": "2"},
    });
    let group = play.update(group, config.clone()).await;
    assert_eq!(group.at("subnet_ids"), json!([&*site.subnets[0].id]));
    assert_eq!(group.at("tags_all"), json!({"b": "2"}));
    play.same_by_import(&group, "Cache-Subnets", &[]).await;
    let kind = "aws_elasticache_subnet_group";
    let taken = play.make(kind, &config, &Op::new("t", false)).await;
    assert_eq!(taken.unwrap_err().kind, FailureKind::Exists);
    let again = play.make(kind, &config, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), group.id, "an earlier run took the name");
    site.clear().await;
}

#[tokio::test]
async fn a_parameter_group_lives() {
    let play = Play::new().await;
    let config = |parameters: Json, tags: Json| json!({"name": "redis", "family": "redis7", "parameter": parameters, "tags": tags});
    let first = json!([{"name": "maxmemory-policy", "value": "allkeys-lru"}]);
    let kind = "aws_elasticache_parameter_group";
    let group = play.create(kind, config(first, json!({"a": "1"}))).await;
    play.same_by_import(&group, "Redis", &[]).await;
    // What the family has anyway is told as its own; and AWS takes twenty at a time.
    let mut many: Vec<Json> =
        (0..25).map(|n| json!({"name": format!("p{n}"), "value": "1"})).collect();
    many.push(json!({"name": "timeout", "value": "0"}));
    let group = play.update(&group, config(json!(many), json!({"b": "2"}))).await;
    assert_eq!(group.at("parameter").as_array().unwrap().len(), 26);
    let group = play.update(&group, config(json!([]), json!({}))).await;
    assert_eq!((group.at("parameter"), group.at("tags_all")), (json!([]), json!({})));
    let again = play.make(kind, &config(json!([]), json!({})), &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), group.id, "an earlier run took the name");
    play.delete(&group).await;
}

#[tokio::test]
async fn a_replication_group_lives() {
    let site = Site::at(Play::new().await, "cache-lives", 82).await;
    let play = &site.play;
    let kms = play.create("aws_kms_key", json!({})).await;
    let kind = "aws_elasticache_replication_group";
    let parameters = json!({"name": "lives7", "family": "redis7"});
    let parameters = play.create("aws_elasticache_parameter_group", parameters).await;
    let log = |name: &str, of: &str| {
        json!({"destination": name, "destination_type": "cloudwatch-logs", "log_format": "json",
               "log_type": of})
    };
    let topic = "arn:aws:sns:eu-central-1:123456789012:alarms";
    let config = json!({
        "replication_group_id": "Lives", "description": "d", "engine": "redis", "engine_version": "7.1",
        "node_type": "cache.t4g.small", "num_cache_clusters": 2, "automatic_failover_enabled": true,
        "multi_az_enabled": true, "at_rest_encryption_enabled": "true", "kms_key_id": kms.at("arn"),
        "transit_encryption_enabled": true, "auth_token": "0123456789abcdef0123",
        "subnet_group_name": &*site.group.id, "security_group_ids": [&*site.security.id],
        "parameter_group_name": &*parameters.id, "maintenance_window": "Sun:05:00-Sun:06:00",
        "snapshot_retention_limit": 1, "snapshot_window": "03:00-04:00", "apply_immediately": true,
        "notification_topic_arn": topic, "tags": {"a": "1"},
        "log_delivery_configuration": [log("/slow", "slow-log")],
    });
    let made = play.create(kind, config.clone()).await;
    assert_eq!(made.id, "lives".into(), "AWS keeps it in lower case");
    assert_eq!(made.at("engine_version"), json!("7.1"));
    assert_eq!(made.at("engine_version_actual"), json!("7.1.0"));
    assert_eq!(made.at("port"), json!(6379));
    assert_eq!(made.at("cluster_enabled"), json!(false));
    assert!(made.at("primary_endpoint_address").as_str().unwrap().contains(".euc1."));
    let local = ["auth_token", "apply_immediately"];
    play.same_by_import(&made, "Lives", &local).await;
    let data = play.data(kind, json!({"replication_group_id": "lives"})).await;
    for name in ["arn", "member_clusters", "primary_endpoint_address", "node_type", "port"] {
        assert_eq!(data.at(name), made.at(name), "{name}");
    }
    assert_eq!(data.at("auth_token_enabled"), json!(true));
    let again = play.make(kind, &config, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), made.id, "an earlier run took the name");

    let (mut config, mut made) = (config, made);
    for change in [
        json!({"description": "e", "snapshot_retention_limit": 5}),
        json!({"snapshot_retention_limit": null}),
        json!({"snapshot_retention_limit": 7, "snapshot_window": "01:00-02:00"}),
        json!({"num_cache_clusters": 3}),
        json!({"multi_az_enabled": false, "automatic_failover_enabled": false, "num_cache_clusters": 1}),
        json!({"multi_az_enabled": true, "automatic_failover_enabled": true, "num_cache_clusters": 2}),
        json!({"node_type": "cache.r7g.large"}),
        json!({"maintenance_window": "mon:05:00-mon:06:00"}),
        json!({"parameter_group_name": "default.redis7"}),
        json!({"auto_minor_version_upgrade": "false"}),
        json!({"notification_topic_arn": null}),
        json!({"notification_topic_arn": topic}),
        json!({"log_delivery_configuration": [log("/slow2", "slow-log"), log("/engine", "engine-log")]}),
        json!({"log_delivery_configuration": []}),
        json!({"transit_encryption_mode": "preferred"}),
        json!({"transit_encryption_mode": "required"}),
        json!({"engine": "valkey", "engine_version": "8.0", "parameter_group_name": "default.valkey8"}),
        json!({"tags": {"b": "2"}}),
    ] {
        config = with(&config, change);
        made = play.update(&made, config.clone()).await;
    }
    assert_eq!(made.at("engine_version_actual"), json!("8.0.0"));
    assert_eq!(made.at("tags_all"), json!({"b": "2"}));
    let calls = play.aws().calls().snapshot();
    play.update(&made, config).await;
    let again = play.aws().calls().snapshot();
    let count = |it: &std::collections::BTreeMap<String, u64>| {
        it.get("elasticache:ModifyReplicationGroup").copied()
    };
    assert_eq!(count(&calls), count(&again), "a second time nothing is changed");
    play.delete(&made).await;
    for it in [&parameters, &kms] {
        play.delete(it).await;
    }
    site.clear().await;
}

#[tokio::test]
async fn shards_come_and_go() {
    let site = Site::at(Play::new().await, "cache-shards", 83).await;
    let play = &site.play;
    let kind = "aws_elasticache_replication_group";
    let mut config = json!({
        "replication_group_id": "shards", "description": "d", "node_type": "cache.r7g.large",
        "parameter_group_name": "default.redis7.cluster.on", "automatic_failover_enabled": true,
        "num_node_groups": 2, "replicas_per_node_group": 1, "subnet_group_name": &*site.group.id,
    });
    let mut made = play.create(kind, config.clone()).await;
    assert_eq!(made.at("num_cache_clusters"), json!(4));
    assert_eq!(made.at("cluster_enabled"), json!(true));
    assert!(made.at("configuration_endpoint_address").as_str().unwrap().starts_with("clustercfg."));
    play.same_by_import(&made, "shards", &[]).await;
    for (change, nodes) in [
        (json!({"num_node_groups": 3}), 6),
        (json!({"replicas_per_node_group": 2}), 9),
        (json!({"num_node_groups": 1, "replicas_per_node_group": 1}), 2),
    ] {
        config = with(&config, change);
        made = play.update(&made, config.clone()).await;
        assert_eq!(made.at("num_cache_clusters"), json!(nodes));
    }
    play.delete(&made).await;

    let shard = |replicas: i32| json!({"primary_availability_zone": "eu-central-1a", "replica_count": replicas});
    let named = |id: &str, replicas: i32| with(&shard(replicas), json!({"node_group_id": id}));
    let config = json!({
        "replication_group_id": "zones", "description": "d", "node_type": "cache.r7g.large",
        "parameter_group_name": "default.redis7.cluster.on", "automatic_failover_enabled": true,
        "node_group_configuration": [named("0001", 1), named("0002", 1)],
        "num_node_groups": 2, "subnet_group_name": &*site.group.id,
    });
    let made = play.create(kind, config.clone()).await;
    let more = json!({"node_group_configuration": [named("0001", 1), named("0002", 2)]});
    let made = play.update(&made, with(&config, more)).await;
    assert_eq!(made.at("num_cache_clusters"), json!(5));
    play.delete(&made).await;
    site.clear().await;
}

#[tokio::test]
async fn tokens_and_users_open_a_cache() {
    let cloud = Cloud::take();
    let site = Site::at(Play::at(&cloud.url(), json!({})).await, "cache-opens", 84).await;
    let play = &site.play;
    let kind = "aws_elasticache_replication_group";
    let user = |id: &str, name: &str| {
        json!({"user_id": id, "user_name": name, "engine": "redis", "access_string": "on ~* +@all",
               "passwords": ["0123456789abcdef"]})
    };
    let default = play.create("aws_elasticache_user", user("anyone", "default")).await;
    let group = json!({"user_group_id": "Team", "engine": "redis", "user_ids": ["Anyone"]});
    let group = play.create("aws_elasticache_user_group", group).await;
    let config = |more: Json| {
        with(
            &json!({
                "replication_group_id": "opens", "description": "d", "node_type": "cache.t4g.small",
                "num_cache_clusters": 1, "transit_encryption_enabled": true, "engine_version": "7.1",
            }),
            more,
        )
    };
    let sent =
        || cloud.requests().get("elasticache.ModifyReplicationGroup").copied().unwrap_or_default();
    let token = |it: &str| json!({"auth_token": it});
    let mut made = play.create(kind, config(token("0123456789abcdef"))).await;
    for (more, calls) in [
        (token("0123456789abcdef"), 0),
        (token("another-token-than-before"), 1),
        (
            json!({"auth_token": "another-token-than-before", "auth_token_update_strategy": "SET"}),
            2,
        ),
        (json!({"user_group_ids": ["Team"]}), 3),
    ] {
        made = play.resend(&made, config(more)).await;
        assert_eq!(sent(), calls);
    }
    assert_eq!(made.at("user_group_ids"), json!(["team"]));
    made = play.update(&made, config(json!({}))).await;
    assert_eq!(made.at("user_group_ids"), json!(null));
    made = play.update(&made, config(json!({"transit_encryption_enabled": false}))).await;
    made = play.update(&made, config(json!({"transit_encryption_mode": "required"}))).await;
    assert_eq!(made.at("transit_encryption_enabled"), json!(true));
    for it in [&made, &group, &default] {
        play.delete(it).await;
    }
    site.clear().await;
}

#[tokio::test]
async fn a_user_and_a_user_group_live() {
    let play = Play::new().await;
    let kind = "aws_elasticache_user";
    let config = json!({
        "user_id": "App", "user_name": "default", "engine": "REDIS", "tags": {"a": "1"},
        "access_string": "on ~app:* -@all +@read", "passwords": ["0123456789abcdef"],
    });
    let user = play.create(kind, config.clone()).await;
    assert_eq!(user.id, "app".into(), "AWS keeps it in lower case");
    assert_eq!(user.at("access_string"), json!("on ~app:* -@all +@read"), "as it was written");
    let mode = user.at("authentication_mode");
    assert_eq!((&mode[0]["type"], &mode[0]["password_count"]), (&json!("password"), &json!(1)));
    play.same_by_import(&user, "App", &["passwords", "access_string"]).await;
    let again = play.make(kind, &config, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), user.id, "an earlier run made it");

    let without = with(&config, json!({"passwords": null}));
    let mut user = user;
    for (change, proof, count) in [
        (json!({"passwords": ["0123456789abcdef", "fedcba9876543210"]}), "password", json!(2)),
        (
            json!({"passwords_wo": "0123456789abcdef", "passwords_wo_version": 1, "passwords": null}),
            "password",
            json!(1),
        ),
        (
            json!({"passwords": null, "no_password_required": true}),
            "no-password-required",
            json!(null),
        ),
        (json!({"passwords": ["0123456789abcdef"]}), "password", json!(1)),
        (json!({"passwords": null, "authentication_mode": [{"type": "iam"}]}), "iam", json!(null)),
        (
            json!({"passwords": null, "authentication_mode": [{"type": "password", "passwords": ["fedcba9876543210"]}]}),
            "password",
            json!(1),
        ),
        (
            json!({"passwords": null, "authentication_mode": [{"type": "no-password-required"}]}),
            "no-password-required",
            json!(null),
        ),
    ] {
        user = play.resend(&user, with(&without, change.clone())).await;
        let mode = user.at("authentication_mode");
        assert_eq!(
            (&mode[0]["type"], &mode[0]["password_count"]),
            (&json!(proof), &count),
            "{change}"
        );
    }
    let other = json!({"access_string": "on ~* +@all", "engine": "valkey", "tags": {"b": "2"},
                       "authentication_mode": [{"type": "no-password-required"}]});
    let user = play.update(&user, with(&without, other)).await;
    assert_eq!((user.at("engine"), user.at("tags_all")), (json!("valkey"), json!({"b": "2"})));

    let second = json!({
        "user_id": "second", "user_name": "second", "engine": "valkey", "access_string": "on ~* +@all",
        "no_password_required": true,
    });
    let second = play.create(kind, second).await;
    let kind = "aws_elasticache_user_group";
    let config = json!({"user_group_id": "Team-live", "engine": "redis", "user_ids": ["app"], "tags": {"a": "1"}});
    let group = play.create(kind, config.clone()).await;
    let config =
        with(&config, json!({"user_ids": ["app", "second"], "engine": "valkey", "tags": {}}));
    let group = play.update(&group, config.clone()).await;
    assert_eq!(group.at("user_ids"), json!(["app", "second"]));
    play.same_by_import(&group, "Team-Live", &[]).await;
    let group = play.update(&group, with(&config, json!({"user_ids": ["app"]}))).await;
    let again = play.make(kind, &config, &Op::new("t", true)).await;
    assert_eq!(again.unwrap(), group.id, "an earlier run made it");
    for it in [&group, &second, &user] {
        play.delete(it).await;
    }
}

#[tokio::test]
async fn arguments_are_checked() {
    let play = Play::new().await;
    let good = json!({"replication_group_id": "a", "description": "d"});
    let cases = [
        (json!({"auth_token": "0123456789abcdef"}), None),
        (json!({"replication_group_id": "a_b"}), Some("replication_group_id")),
        (json!({"description": ""}), Some("description")),
        (json!({"at_rest_encryption_enabled": "yes"}), Some("at_rest_encryption_enabled")),
        (json!({"auth_token": "short"}), Some("auth_token")),
        (
            json!({"auth_token": "0123456789abcdef", "transit_encryption_enabled": false}),
            Some("auth_token"),
        ),
        (json!({"engine_version": "7.1.0"}), Some("engine_version")),
        (json!({"snapshot_window": "3"}), Some("snapshot_window")),
        (json!({"maintenance_window": "3"}), Some("maintenance_window")),
        (json!({"snapshot_retention_limit": 36}), Some("snapshot_retention_limit")),
        (json!({"replicas_per_node_group": 6}), Some("replicas_per_node_group")),
        (json!({"multi_az_enabled": true}), Some("multi_az_enabled")),
        (
            json!({"automatic_failover_enabled": true, "num_cache_clusters": 1}),
            Some("num_cache_clusters"),
        ),
        (json!({"auth_token_update_strategy": "SET"}), Some("auth_token_update_strategy")),
    ];
    for (more, expected) in cases {
        let refused = play.refused("aws_elasticache_replication_group", &with(&good, more.clone()));
        assert_eq!(refused.first().map(String::as_str), expected, "{more}");
    }
    let user = json!({"user_id": "a", "user_name": "a", "engine": "redis", "access_string": "on"});
    let cases = [
        (json!({"passwords": ["short"]}), "passwords"),
        (json!({"passwords_wo": "0123456789abcdef"}), "passwords_wo"),
        (json!({"passwords_wo_version": 1}), "passwords_wo_version"),
    ];
    for (more, expected) in cases {
        assert_eq!(play.refused("aws_elasticache_user", &with(&user, more)), [expected]);
    }
}
