//! FastCart on the local cloud, through the library: made, found unchanged, edited, taken over,
//! destroyed; what its requirements ask for; what becomes of it when calls fail.
#![cfg(all(
    feature = "ec2",
    feature = "iam",
    feature = "kinesis",
    feature = "kms",
    feature = "logs"
))]

#[path = "common/cloud.rs"]
mod cloud;
#[path = "common/stack.rs"]
mod stack;

use std::collections::{BTreeMap, BTreeSet};

use cloud::{Cloud, denied};
use fastcart_hcl::plan::{Action, Plan};
use fastcart_hcl::state::{MemoryStore, Store};
use serde_json::{Value as Json, json};
use stack::{FASTCART, FASTER, Site, actions, differences, made};

const ZONES: [&str; 3] = ["eu-central-1a", "eu-central-1b", "eu-central-1c"];

// ---- its life ----------------------------------------------------------------------------------

#[tokio::test]
async fn made_found_unchanged_destroyed_and_made_again() {
    let cloud = Cloud::take();
    let site = Site::new(&cloud);
    for _ in 0..2 {
        let plan = site.apply().await;
        assert_eq!(cloud.counts(), made(&plan));
        site.expect_no_changes().await;
        site.destroy().await;
        assert_eq!(cloud.left(), Vec::<Json>::new());
    }
}

#[tokio::test]
async fn two_suffixes_live_side_by_side() {
    let cloud = Cloud::take();
    let (one, two) = (Site::new(&cloud), Site::new(&cloud).with("environment_suffix", json!("t2")));
    let plan = one.apply().await;
    two.apply().await;
    one.expect_no_changes().await;
    two.expect_no_changes().await;
    one.destroy().await;
    two.expect_no_changes().await;
    assert_eq!(cloud.counts(), made(&plan), "only the other is left");
    two.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
}

/// What a plan without changes asks AWS, and why no operation is asked for more than once. Objects
/// that AWS lists many at a time take one call a type; the rest is this table.
const ONE_AT_A_TIME: &[(&str, u64)] = &[
    // Of each VPC: three attributes, one a call.
    ("ec2.DescribeVpcAttribute", 3),
    // Of four keys, one at a time.
    ("kms.DescribeKey", 4),
    ("kms.GetKeyPolicy", 4),
    ("kms.GetKeyRotationStatus", 4),
    ("kms.ListResourceTags", 4),
    // Of two log groups.
    ("logs.ListTagsForResource", 2),
    // Tables by their identifiers, by their associations, and the main one of the VPC.
    ("ec2.DescribeRouteTables", 3),
    // Groups by their identifiers, and the default one of the VPC.
    ("ec2.DescribeSecurityGroups", 2),
    // Of the role, which lists its own, and of the policy itself.
    ("iam.GetRolePolicy", 2),
];

#[tokio::test]
async fn a_plan_without_changes_asks_once_for_each_type() {
    let cloud = Cloud::take();
    let site = Site::new(&cloud);
    site.apply().await;
    cloud.forget_requests();
    site.expect_no_changes().await;
    let asked = cloud.requests();
    assert_eq!(cloud.changing(), Vec::<String>::new());
    let allowed: BTreeMap<&str, u64> = ONE_AT_A_TIME.iter().copied().collect();
    let too_many: Vec<_> = asked
        .iter()
        .filter(|(operation, count)| {
            **count > allowed.get(operation.as_str()).copied().unwrap_or(1)
        })
        .collect();
    assert!(too_many.is_empty(), "{too_many:?}");
    let stale: Vec<_> =
        allowed.iter().filter(|(it, count)| asked.get(**it) < Some(count)).collect();
    assert!(stale.is_empty(), "fewer than the table says, which is good: {stale:?}");
    println!("{} requests: {asked:?}", asked.values().sum::<u64>());
    assert!(asked.values().sum::<u64>() <= 48);
}

// ---- edits -------------------------------------------------------------------------------------

/// Resources (`type.name`) that an edit changes in place and replaces, all their instances.
struct Edit {
    what: &'static str,
    edit: fn(&mut Site<'_>),
    updated: &'static [&'static str],
    replaced: &'static [&'static str],
}

/// One after the other, each on top of those before.
const EDITS: &[Edit] = &[
    Edit {
        what: "the stream keeps records longer",
        edit: |it| it.set("orders_stream", json!({"retention_hours": 240})),
        updated: &["aws_kinesis_stream.orders"],
        replaced: &[],
    },
    Edit {
        what: "the stream keeps records less long, and gets a shard",
        edit: |it| it.set("orders_stream", json!({"retention_hours": 48, "shards": 3})),
        updated: &["aws_kinesis_stream.orders"],
        replaced: &[],
    },
    Edit {
        what: "the stream grows by itself",
        edit: |it| it.set("orders_stream", json!({"mode": "ON_DEMAND", "retention_hours": 48})),
        updated: &["aws_kinesis_stream.orders"],
        replaced: &[],
    },
    Edit {
        what: "logs are kept longer",
        edit: |it| it.set("log_retention_days", json!(90)),
        updated: &["aws_cloudwatch_log_group.main"],
        replaced: &[],
    },
    Edit {
        what: "another port of the service",
        edit: |it| it.set("service_port", json!(9090)),
        updated: &["aws_vpc_security_group_ingress_rule.service_peers"],
        replaced: &[],
    },
    Edit {
        what: "another description of a key, and no rotation",
        edit: |it| {
            let text = FASTCART.replace("\"FastCart logs ", "\"All logs ");
            let at = text.find("\"All logs ").unwrap();
            let (before, after) = text.split_at(at);
            let after =
                after.replacen("enable_key_rotation     = true", "enable_key_rotation = false", 1);
            it.rewrite(&format!("{before}{after}"));
        },
        updated: &["aws_kms_key.logs"],
        replaced: &[],
    },
    Edit {
        what: "as it was",
        edit: |it| it.rewrite(FASTCART),
        updated: &["aws_kms_key.logs"],
        replaced: &[],
    },
    Edit {
        what: "what flow logs cannot change",
        edit: |it| {
            it.rewrite(
                &FASTCART
                    .replace("max_aggregation_interval = 60", "max_aggregation_interval = 600"),
            )
        },
        updated: &[],
        replaced: &["aws_flow_log.vpc"],
    },
    Edit {
        what: "another owner: a tag of everything that has tags",
        edit: |it| it.set("owner", json!("another-team")),
        updated: TAGGED,
        replaced: &[],
    },
    Edit {
        what: "other addresses: the network anew, the rest as it is",
        edit: |it| it.set("vpc_cidr", json!("10.41.0.0/16")),
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
        edit: |it| it.set("environment_suffix", json!("t9")),
        updated: &[
            "aws_default_security_group.closed",
            "aws_eip.nat",
            "aws_internet_gateway.main",
            "aws_kms_key.logs",
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
            "aws_iam_role.flow_logs",
            "aws_iam_role_policy.flow_logs",
            "aws_kinesis_stream.orders",
            "aws_kms_alias.logs",
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

/// Resources that have tags.
const TAGGED: &[&str] = &[
    "aws_cloudwatch_log_group.main",
    "aws_default_security_group.closed",
    "aws_eip.nat",
    "aws_flow_log.vpc",
    "aws_iam_role.flow_logs",
    "aws_internet_gateway.main",
    "aws_kinesis_stream.orders",
    "aws_kms_key.logs",
    "aws_kms_key.main",
    "aws_nat_gateway.main",
    "aws_route_table.private",
    "aws_route_table.public",
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
];

#[tokio::test]
async fn edits_are_made_in_place_where_aws_can() {
    let cloud = Cloud::take();
    let mut site = Site::new(&cloud);
    let first = made(&site.apply().await);
    for Edit { what, edit, updated, replaced } in EDITS {
        edit(&mut site);
        let plan = site.plan().await;
        let found = |fits: fn(Action) -> bool| -> BTreeSet<String> {
            let changes = plan.changes.iter().filter(|it| fits(it.action));
            changes
                .map(|it| format!("{}.{}", it.address.resource.kind, it.address.resource.name))
                .collect()
        };
        let names =
            |all: &[&str]| -> BTreeSet<String> { all.iter().map(ToString::to_string).collect() };
        let why = || format!("{what}\n{:#?}", differences(&plan));
        assert_eq!(found(|it| it == Action::Update), names(updated), "{}", why());
        assert_eq!(found(Action::is_replace), names(replaced), "{}", why());
        let others = found(|it| {
            !matches!(it, Action::Update | Action::NoOp | Action::Read) && !it.is_replace()
        });
        assert_eq!(others, BTreeSet::new(), "{}", why());
        // All instances of a resource or none.
        for (address, action) in actions(&plan) {
            let resource = address.split('[').next().unwrap();
            assert_eq!(action == Action::Update, updated.contains(&resource), "{address}");
        }
        let applied = site.try_apply(&plan).await;
        assert!(applied.diagnostics.is_empty(), "{what}: {}", site.told(&applied.diagnostics));
        site.expect_no_changes().await;
        assert_eq!(cloud.counts(), first, "{what}");
    }
    site.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
}

// ---- taking over -------------------------------------------------------------------------------

/// The import string of an object, where it is not its identifier.
fn import_string(site: &Site<'_>, address: &str, kind: &str) -> String {
    let at = |name: &str| site.attribute(address, name).as_str().unwrap_or_default().to_string();
    match kind {
        "aws_route" => format!("{}_{}", at("route_table_id"), at("destination_cidr_block")),
        "aws_route_table_association" => format!("{}/{}", at("subnet_id"), at("route_table_id")),
        "aws_iam_role_policy" => format!("{}:{}", at("role"), at("name")),
        "aws_kinesis_stream" => at("name"),
        _ => at("id"),
    }
}

#[tokio::test]
async fn everything_can_be_taken_over_by_an_empty_state() {
    let cloud = Cloud::take();
    let mut site = Site::new(&cloud);
    let plan = site.apply().await;
    let mut text = FASTCART.to_string();
    for it in plan.changes.iter().filter(|it| it.action == Action::Create) {
        let address = it.address.to_string();
        let id = import_string(&site, &address, &it.address.resource.kind);
        text.push_str(&format!("import {{\n  to = {address}\n  id = {id:?}\n}}\n"));
    }
    let count = plan.counts().add;
    site.store = MemoryStore::new();
    site.rewrite(&text);
    let plan = site.plan().await;
    assert_eq!(plan.counts().import, count);
    // AWS does not know what only we keep; nothing is sent for it.
    let mut found = differences(&plan);
    found.retain(|it| !it.contains(" deletion_window_in_days: null -> 7"));
    found.retain(|it| !it.starts_with("output "));
    assert_eq!(found, Vec::<String>::new());
    cloud.forget_requests();
    let applied = site.try_apply(&plan).await;
    assert!(applied.diagnostics.is_empty(), "{}", site.told(&applied.diagnostics));
    assert_eq!(cloud.changing(), Vec::<String>::new(), "nothing is sent");
    site.expect_no_changes().await;
    site.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
}

// ---- requirements, over planned values ---------------------------------------------------------

async fn planned(cloud: &Cloud) -> Plan {
    Site::new(cloud).plan().await
}

/// What is planned of a type: addresses and arguments.
fn of(plan: &Plan, kind: &str) -> Vec<(String, Json)> {
    let changes = plan.changes.iter().filter(|it| &*it.address.resource.kind == kind);
    let all: Vec<_> = changes
        .map(|it| (it.address.to_string(), stack::json(it.after.as_ref().unwrap())))
        .collect();
    assert!(!all.is_empty(), "no {kind}");
    all
}

fn dependencies(plan: &Plan, address: &str) -> Vec<String> {
    let change = plan.changes.iter().find(|it| it.address.to_string() == address).unwrap();
    change.dependencies.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn r1_everything_is_in_eu_central_1() {
    let cloud = Cloud::take();
    let site = Site::new(&cloud);
    site.apply().await;
    for it in cloud.log() {
        assert_eq!(it["region"], "eu-central-1", "{it}");
    }
    for it in cloud.left() {
        let region = it["region"].as_str().unwrap_or("global");
        assert!(["eu-central-1", "aws", "global"].contains(&region), "{it}");
    }
    // Another region, by variable and by what is in effect.
    cloud.reset();
    let found = Site::new(&cloud).with("region", json!("us-east-1")).try_plan().await.unwrap_err();
    assert!(found.iter().any(|it| it.detail.contains("eu-central-1 only")), "{found}");
    assert_eq!(cloud.log(), Vec::<Json>::new());
    let text = FASTCART.replace(
        "region = var.region\n\n  default_tags",
        "region = \"us-east-1\"\n\n  default_tags",
    );
    assert_ne!(text, FASTCART);
    let found = Site::of(&cloud, &text).try_plan().await.unwrap_err();
    let told = |it: &str| found.iter().any(|one| one.detail.contains(it));
    assert!(told("The effective region is us-east-1"), "{found}");
    assert_eq!(cloud.changing(), Vec::<String>::new());
}

#[tokio::test]
async fn r2_every_name_ends_in_the_suffix() {
    let cloud = Cloud::take();
    let plan = planned(&cloud).await;
    let mut names = 0;
    for change in &plan.changes {
        let row = stack::json(change.after.as_ref().unwrap());
        for name in [&row["name"], &row["tags"]["Name"]].into_iter().filter_map(Json::as_str) {
            // The default group has a name of AWS's.
            if name == "(unknown)" {
                continue;
            }
            names += 1;
            assert!(name.ends_with("-t1"), "{}: {name}", change.address);
        }
    }
    assert!(names > 50, "{names}");
    for (suffix, fits) in [
        ("t1", true),
        ("a", true),
        ("pr-123", true),
        ("abcdefghij0123456789", true),
        ("abcdefghij0123456789x", false),
        ("", false),
        ("Upper", false),
        ("-a", false),
        ("a-", false),
        ("a_b", false),
        ("a b", false),
        ("ä", false),
    ] {
        cloud.forget_requests();
        let site = Site::new(&cloud).with("environment_suffix", json!(suffix));
        let found = site.try_plan().await;
        assert_eq!(found.is_ok(), fits, "{suffix:?}");
        assert!(fits || cloud.log().is_empty(), "{suffix:?} is refused before any call");
    }
}

#[tokio::test]
async fn r3_everything_that_takes_tags_has_the_default_ones() {
    let cloud = Cloud::take();
    let site = Site::new(&cloud);
    let plan = site.plan().await;
    let mut tagged = BTreeSet::new();
    for change in plan.changes.iter().filter(|it| it.action != Action::Read) {
        let schema = site.engine.registry.driver(&change.address.resource.kind).unwrap().schema();
        if schema.tags.is_none() {
            continue;
        }
        tagged.insert(format!("{}.{}", schema.kind, change.address.resource.name));
        let tags = stack::json(change.after.as_ref().unwrap())["tags_all"].clone();
        let want = [
            ("Project", "fastcart"),
            ("Environment", "test"),
            ("EnvironmentSuffix", "t1"),
            ("Owner", "fastcart-platform"),
            ("ManagedBy", "fastcart-hcl"),
        ];
        for (name, value) in want {
            assert_eq!(tags[name], value, "{} {name}", change.address);
        }
    }
    assert_eq!(tagged, TAGGED.iter().map(ToString::to_string).collect());
    // And AWS has them.
    site.apply().await;
    for it in cloud.left() {
        let kind = it["type"].as_str().unwrap();
        if site.engine.registry.driver(kind).is_some_and(|it| it.schema().tags.is_some()) {
            assert_eq!(it["tags"]["EnvironmentSuffix"], "t1", "{it}");
            let ours = |name: &String| name.starts_with("fastcart-hcl:");
            assert!(!it["tags"].as_object().unwrap().keys().any(ours), "{it}");
        }
    }
}

#[tokio::test]
async fn r4_orders_arrive_on_an_encrypted_stream() {
    let cloud = Cloud::take();
    let plan = planned(&cloud).await;
    let (_, stream) = of(&plan, "aws_kinesis_stream").remove(0);
    assert_eq!(
        (&stream["encryption_type"], &stream["retention_period"]),
        (&json!("KMS"), &json!(168))
    );
    assert_eq!(stream["shard_level_metrics"].as_array().map(Vec::len), Some(7));
    assert_eq!(stream["stream_mode_details"][0]["stream_mode"], "PROVISIONED");
    assert!(
        dependencies(&plan, "aws_kinesis_stream.orders")
            .contains(&"aws_kms_key.main[\"stream\"]".to_string())
    );
    let on_demand = Site::new(&cloud).with("orders_stream", json!({"mode": "ON_DEMAND"}));
    let (_, stream) = of(&on_demand.plan().await, "aws_kinesis_stream").remove(0);
    assert_eq!(stream["stream_mode_details"][0]["stream_mode"], "ON_DEMAND");
    for wrong in [
        json!({"mode": "SOMETIMES"}),
        json!({"retention_hours": 23}),
        json!({"retention_hours": 8761}),
    ] {
        assert!(
            Site::new(&cloud).with("orders_stream", wrong.clone()).try_plan().await.is_err(),
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn r9_each_zone_has_its_own_networks_and_way_out() {
    let cloud = Cloud::take();
    let site = Site::new(&cloud);
    let plan = site.apply().await;
    assert_eq!(of(&plan, "aws_vpc").len(), 1);
    for tier in ["public", "app", "data"] {
        for zone in ZONES {
            let zone_of =
                site.attribute(&format!("aws_subnet.{tier}[{zone:?}]"), "availability_zone");
            assert_eq!(zone_of, zone);
        }
    }
    let blocks: BTreeSet<String> =
        of(&plan, "aws_subnet").iter().map(|it| it.1["cidr_block"].to_string()).collect();
    assert_eq!(blocks.len(), 9);
    for zone in ZONES {
        let at =
            |resource: &str, name: &str| site.attribute(&format!("{resource}[{zone:?}]"), name);
        let table = at("aws_route_table.private", "id");
        assert_eq!(at("aws_nat_gateway.main", "subnet_id"), at("aws_subnet.public", "id"));
        assert_eq!(at("aws_route.private_out", "nat_gateway_id"), at("aws_nat_gateway.main", "id"));
        assert_eq!(at("aws_route.private_out", "route_table_id"), table);
        for tier in ["app", "data"] {
            let association = format!("aws_route_table_association.{tier}");
            assert_eq!(at(&association, "route_table_id"), table);
            assert_eq!(at(&association, "subnet_id"), at(&format!("aws_subnet.{tier}"), "id"));
        }
        let gateways: Vec<String> =
            dependencies(&plan, &format!("aws_route.private_out[{zone:?}]"))
                .into_iter()
                .filter(|it| it.starts_with("aws_nat_gateway"))
                .collect();
        assert_eq!(
            gateways,
            [format!("aws_nat_gateway.main[{zone:?}]")],
            "only that of its own zone"
        );
    }
}

#[tokio::test]
async fn r10_one_rotating_key_for_each_purpose() {
    let cloud = Cloud::take();
    let plan = planned(&cloud).await;
    let keys = of(&plan, "aws_kms_key");
    let purposes: BTreeSet<&str> =
        keys.iter().filter_map(|it| it.1["tags"]["Purpose"].as_str()).collect();
    assert_eq!(purposes, BTreeSet::from(["data", "logs", "messages", "stream"]));
    assert_eq!(keys.len(), 4);
    for (address, key) in &keys {
        assert_eq!(key["enable_key_rotation"], true, "{address}");
        let policy: Json = serde_json::from_str(key["policy"].as_str().unwrap()).unwrap();
        for statement in policy["Statement"].as_array().unwrap() {
            let everyone = statement["Principal"]["AWS"] == "*";
            let everything = statement["Action"] == "kms:*";
            let root =
                statement["Principal"]["AWS"].as_str().is_some_and(|it| it.ends_with(":root"));
            assert!(!everything || root, "{address}: only the account administers: {statement}");
            assert!(root || statement["Condition"].is_object(), "{address}: {statement}");
            if everyone {
                assert_eq!(
                    statement["Condition"]["StringEquals"]["kms:CallerAccount"],
                    "123456789012"
                );
            }
        }
    }
    assert_eq!(of(&plan, "aws_kms_alias").len(), 4);
}

#[tokio::test]
async fn r14_connections_are_recorded_and_nothing_is_open() {
    let cloud = Cloud::take();
    let site = Site::new(&cloud);
    let plan = site.apply().await;
    let (_, flow) = of(&plan, "aws_flow_log").remove(0);
    assert_eq!(flow["traffic_type"], "ALL");
    let group = r#"aws_cloudwatch_log_group.main["flow"]"#;
    assert_eq!(site.attribute("aws_flow_log.vpc", "log_destination"), site.attribute(group, "arn"));
    assert_eq!(site.attribute(group, "kms_key_id"), site.attribute("aws_kms_key.logs", "arn"));
    for rules in ["ingress", "egress"] {
        assert_eq!(site.attribute("aws_default_security_group.closed", rules), json!([]));
    }
    for kind in ["aws_vpc_security_group_ingress_rule", "aws_vpc_security_group_egress_rule"] {
        for (address, rule) in of(&plan, kind) {
            for open in ["cidr_ipv4", "cidr_ipv6", "prefix_list_id"] {
                assert!(rule[open].is_null(), "{address} {open}");
            }
            let group = site.attribute(&address, "referenced_security_group_id");
            assert!(group.as_str().is_some_and(|it| it.starts_with("sg-")), "{address}");
        }
    }
    for (address, group) in of(&plan, "aws_security_group") {
        assert!(site.attribute(&address, "name") == group["name"], "{address}");
    }
}

// ---- failures ----------------------------------------------------------------------------------

/// Applies while calls fail by these rules, and finds everything there once and nothing else.
async fn expect_made_once(rules: Json) {
    let cloud = Cloud::take();
    let site = Site::new(&cloud).with("zone_count", json!(2));
    let plan = site.plan().await;
    cloud.faults(&rules);
    let applied = site.try_apply(&plan).await;
    assert!(!applied.diagnostics.has_errors(), "{rules}: {}", site.told(&applied.diagnostics));
    let met = cloud.log().iter().filter(|it| !it["fault"].is_null()).count();
    assert!(met > 0, "{rules}: no call met it");
    cloud.faults(&json!([]));
    assert_eq!(cloud.counts(), made(&plan), "{rules}");
    assert_eq!(cloud.leaving(), BTreeMap::new(), "{rules}");
    site.expect_no_changes().await;
    site.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new(), "{rules}");
}

#[tokio::test]
async fn throttling_is_waited_out() {
    expect_made_once(json!([{"operation": "*.Create*", "kind": "throttle", "times": 4}])).await;
}

#[tokio::test]
async fn errors_of_the_service_are_waited_out() {
    expect_made_once(json!([
        {"operation": "*.Create*", "kind": "error", "status": 500, "times": 3},
        {"operation": "*.Describe*", "kind": "error", "status": 503, "code": "ServiceUnavailable", "times": 3},
    ]))
    .await;
}

/// Operations that make something.
const MAKING: &[&str] = &[
    "ec2.AllocateAddress",
    "ec2.AssociateRouteTable",
    "ec2.AttachInternetGateway",
    "ec2.AuthorizeSecurityGroupEgress",
    "ec2.AuthorizeSecurityGroupIngress",
    "ec2.CreateFlowLogs",
    "ec2.CreateInternetGateway",
    "ec2.CreateNatGateway",
    "ec2.CreateRoute",
    "ec2.CreateRouteTable",
    "ec2.CreateSecurityGroup",
    "ec2.CreateSubnet",
    "ec2.CreateVpc",
    "iam.CreateRole",
    "iam.PutRolePolicy",
    "kinesis.CreateStream",
    "kms.CreateAlias",
    "kms.CreateKey",
    "logs.CreateLogGroup",
];

#[tokio::test]
async fn a_reply_that_is_lost_makes_nothing_twice() {
    let drop = |operation: &&str| json!({"operation": operation, "kind": "drop_reply", "times": 1});
    expect_made_once(MAKING.iter().map(drop).collect()).await;
}

#[tokio::test]
async fn what_was_made_may_be_seen_late() {
    let late = |operation: &&str| json!({"operation": operation, "kind": "not_found_after_create", "reads": 2, "times": 4});
    let all = [
        "ec2.CreateVpc",
        "ec2.CreateSubnet",
        "ec2.CreateRouteTable",
        "ec2.CreateNatGateway",
        "kms.CreateKey",
    ];
    expect_made_once(all.iter().map(late).collect()).await;
}

#[tokio::test]
async fn a_missing_permission_is_named_and_the_rest_is_kept() {
    let cloud = Cloud::take();
    let site = Site::new(&cloud).with("zone_count", json!(2));
    let plan = site.plan().await;
    cloud.faults(&json!([
        denied("kms.CreateKey", "kms:CreateKey"),
        denied("ec2.CreateSubnet", "ec2:CreateSubnet"),
    ]));
    let applied = site.try_apply(&plan).await;
    for (address, action) in [
        ("aws_kms_key.logs", "kms:CreateKey"),
        (r#"aws_subnet.data["eu-central-1a"]"#, "ec2:CreateSubnet"),
    ] {
        let found = applied.diagnostics.iter().find(|it| it.address.as_deref() == Some(address));
        let found =
            found.unwrap_or_else(|| panic!("{address}: {}", site.told(&applied.diagnostics)));
        assert!(found.hints.iter().any(|it| it.contains(action)), "{found:?}");
        assert!(found.span.is_some() && found.detail.contains(action), "{found:?}");
    }
    // What does not depend on it is there, and the next run goes on from it.
    assert!(cloud.counts().contains_key("aws_vpc"));
    cloud.faults(&json!([]));
    site.apply().await;
    site.expect_no_changes().await;
    assert_eq!(cloud.counts(), made(&plan));
    site.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
}

#[tokio::test]
async fn what_takes_long_is_waited_for() {
    let cloud = Cloud::take();
    // As long as in AWS, on the clock of these tests.
    cloud.lifetimes(&json!({
        "vpc": {"creating": 2}, "subnet": {"creating": 2},
        "nat_gateway": {"creating": 90, "deleting": 60, "gone": 600},
        "kinesis_stream": {"creating": 20, "updating": 15, "deleting": 20},
        "scale": 1.0 / f64::from(FASTER),
    }));
    let mut site = Site::new(&cloud);
    let plan = site.apply().await;
    let polls = cloud.requests()["ec2.DescribeNatGateways"];
    // Three gateways for a minute and a half, and one call tells of all.
    assert!((5..60).contains(&polls), "{polls}");
    site.expect_no_changes().await;
    site.set("orders_stream", json!({"shards": 4, "retention_hours": 24}));
    site.apply().await;
    site.expect_no_changes().await;
    site.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
    assert_eq!(plan.counts().add, 60);
    assert!(site.store.read().unwrap().is_some_and(|it| it.is_empty()));
}
