//! Changes that replace an object under a condition: which arguments have one, and what it is.

use std::collections::BTreeSet;

use fastcart_hcl::aws::registry;
use fastcart_hcl::lang::value::Value;
use serde_json::{Value as Json, json};

/// Type, argument, the object as it is and as it is planned, and whether it is replaced.
fn cases() -> Vec<(&'static str, &'static str, Json, Json, bool)> {
    let cache = "aws_elasticache_replication_group";
    let engine = |engine: &str| json!({ "engine": engine });
    let running = |asked: &str, actual: &str| json!({ "engine": "redis", "engine_version": asked, "engine_version_actual": actual });
    let global =
        json!({ "engine": "redis", "engine_version": "6.2", "global_replication_group_id": "g" });
    let shards = |replicas: &[i64]| {
        let shards: Vec<Json> =
            replicas.iter().enumerate().map(|(at, it)| shard(at, *it)).collect();
        json!({ "node_group_configuration": shards })
    };
    let gateway = |kind: &str, count: i64| json!({ "connectivity_type": kind, "secondary_private_ip_address_count": count });
    let zones = |mode: &str, zones: Json| json!({ "availability_mode": mode, "availability_zone_address": zones });
    let subnet =
        |native: bool, range: &str| json!({ "ipv6_native": native, "ipv6_cidr_block": range });
    let endpoint = |kind: &str, private: bool| json!({ "vpc_endpoint_type": kind, "private_dns_enabled": private });
    let durable = |those: Json| json!({ "durable_config": those });
    let kept = |days: i64| json!([{ "execution_timeout": 60, "retention_period": days }]);
    let tenancy = |it: &str| json!({ "instance_tenancy": it });
    vec![
        (cache, "engine", engine("redis"), engine("valkey"), false),
        (cache, "engine", engine("valkey"), engine("redis"), true),
        (cache, "engine_version", running("7.1", "7.1.0"), running("6.2", "7.1.0"), true),
        (cache, "engine_version", running("6.x", "6.2.6"), running("7.1", "6.2.6"), false),
        (cache, "engine_version", running("7.1", "7.1.0"), global, false),
        (
            cache,
            "transit_encryption_enabled",
            running("6.2", "6.2.6"),
            running("6.2", "6.2.6"),
            true,
        ),
        (
            cache,
            "transit_encryption_enabled",
            running("7.1", "7.1.0"),
            running("7.1", "7.1.0"),
            false,
        ),
        (cache, "node_group_configuration", shards(&[1, 1]), shards(&[1, 1]), false),
        (cache, "node_group_configuration", shards(&[1, 1]), shards(&[1, 2]), true),
        ("aws_lambda_function", "durable_config", durable(json!([])), durable(kept(1)), true),
        ("aws_lambda_function", "durable_config", durable(kept(1)), durable(kept(2)), false),
        (
            "aws_nat_gateway",
            "secondary_private_ip_address_count",
            gateway("private", 1),
            gateway("private", 2),
            true,
        ),
        (
            "aws_nat_gateway",
            "secondary_private_ip_address_count",
            gateway("public", 1),
            gateway("public", 2),
            false,
        ),
        (
            "aws_nat_gateway",
            "availability_zone_address",
            zones("regional", json!([])),
            zones("regional", json!([{}])),
            true,
        ),
        (
            "aws_nat_gateway",
            "availability_zone_address",
            zones("regional", json!([{}])),
            zones("regional", json!([{}, {}])),
            false,
        ),
        (
            "aws_subnet",
            "ipv6_cidr_block",
            subnet(true, "fd00::/64"),
            subnet(true, "fd01::/64"),
            true,
        ),
        (
            "aws_subnet",
            "ipv6_cidr_block",
            subnet(false, "fd00::/64"),
            subnet(false, "fd01::/64"),
            false,
        ),
        ("aws_vpc", "instance_tenancy", tenancy("default"), tenancy("dedicated"), true),
        ("aws_vpc", "instance_tenancy", tenancy("dedicated"), tenancy("default"), false),
        (
            "aws_vpc_endpoint",
            "private_dns_enabled",
            endpoint("Interface", false),
            endpoint("Interface", true),
            false,
        ),
        (
            "aws_vpc_endpoint",
            "private_dns_enabled",
            endpoint("ServiceNetwork", false),
            endpoint("ServiceNetwork", true),
            true,
        ),
    ]
}

fn shard(at: usize, replicas: i64) -> Json {
    json!({ "node_group_id": format!("{at:04}"), "replica_count": replicas })
}

#[test]
fn some_changes_replace_under_a_condition() {
    let drivers = registry::drivers();
    let mut tried = BTreeSet::new();
    for (kind, argument, is, will_be, expected) in cases() {
        let Some(driver) = drivers.iter().find(|it| it.schema().kind == kind) else { continue };
        let rows = [&is, &will_be].map(Value::from_json);
        let found = driver.replaces(argument, &rows[0], &rows[1]);
        assert_eq!(found, expected, "{kind}.{argument}: {is} to {will_be}");
        tried.insert((kind, argument, expected));
    }
    for schema in drivers.iter().map(|it| it.schema()) {
        for it in schema.attributes.iter().filter(|it| it.may_replace) {
            for expected in [true, false] {
                let case = (schema.kind, it.name, expected);
                assert!(tried.remove(&case), "there is no case of {case:?}");
            }
        }
    }
    assert!(tried.is_empty(), "the table says nothing of {tried:?}");
}
