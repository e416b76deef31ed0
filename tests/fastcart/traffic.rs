//! What the stack costs in calls, and how much of it is done at a time.

use std::collections::BTreeMap;

use fastcart_hcl::plan::Plan;
use serde_json::json;

use crate::cloud::Cloud;
use crate::stack::Site;

/// What a plan without changes asks AWS more than once, and why. Objects that AWS lists many at a time
/// take one call a type and page; the rest is this table.
const MORE_THAN_ONCE: &[(&str, u64)] = &[
    // Of the VPC: three attributes, one a call.
    ("ec2.DescribeVpcAttribute", 3),
    // Of four keys; described also that of the secrets.
    ("kms.DescribeKey", 5),
    ("kms.GetKeyPolicy", 4),
    ("kms.GetKeyRotationStatus", 4),
    // Of two secrets: for the data source and the rotation together.
    ("secretsmanager.DescribeSecret", 2),
];

/// Most calls of all.
const AT_MOST: u64 = 60;

#[tokio::test]
async fn a_plan_without_changes_asks_no_more_than_the_table_says() {
    let cloud = Cloud::take();
    let site = Site::new(&cloud);
    site.apply().await;
    cloud.forget_requests();
    site.expect_no_changes().await;
    let asked = cloud.requests();
    assert_eq!(cloud.changing(), Vec::<String>::new());
    let total: u64 = asked.values().sum();
    for (operation, count) in &asked {
        println!("{count:>3} {operation}");
    }
    println!("{total:>3} calls");
    let allowed: BTreeMap<&str, u64> = MORE_THAN_ONCE.iter().copied().collect();
    let more = |(operation, count): &(&String, &u64)| {
        **count > allowed.get(operation.as_str()).copied().unwrap_or(1)
    };
    let too_many: Vec<_> = asked.iter().filter(more).collect();
    assert!(total <= AT_MOST && too_many.is_empty(), "{total} calls; {too_many:?}");
}

/// The longest chain of what has to be there before the next thing, which no concurrency shortens.
fn longest_path(plan: &Plan) -> Vec<String> {
    let mut chains: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let needs: BTreeMap<String, Vec<String>> = plan
        .changes
        .iter()
        .filter(|it| it.action.creates())
        .map(|it| {
            (it.address.to_string(), it.dependencies.iter().map(ToString::to_string).collect())
        })
        .collect();
    fn chain(
        at: &str,
        needs: &BTreeMap<String, Vec<String>>,
        chains: &mut BTreeMap<String, Vec<String>>,
    ) -> Vec<String> {
        if let Some(known) = chains.get(at) {
            return known.clone();
        }
        let before = needs.get(at).into_iter().flatten().filter(|it| needs.contains_key(*it));
        let mut longest = Vec::new();
        for it in before {
            let one = chain(it, needs, chains);
            if one.len() > longest.len() {
                longest = one;
            }
        }
        longest.push(at.to_string());
        chains.insert(at.to_string(), longest.clone());
        longest
    }
    needs.keys().map(|it| chain(it, &needs, &mut chains)).max_by_key(Vec::len).unwrap_or_default()
}

#[tokio::test]
async fn as_much_as_possible_is_under_way_at_a_time() {
    let cloud = Cloud::take();
    // Every call takes a moment, as over a real network: else none would wait for another.
    cloud.faults(&json!([{"operation": "*.*", "kind": "delay", "seconds": 0.02, "times": null}]));
    let mut site = Site::new(&cloud);
    site.engine.parallelism = 64;
    let plan = site.plan().await;
    cloud.forget_requests();
    let applied = site.try_apply(&plan).await;
    assert!(applied.diagnostics.is_empty(), "{}", site.told(&applied.diagnostics));
    let path = longest_path(&plan);
    println!("{} requests under way at the widest", cloud.widest());
    println!("the longest path has {} steps:\n  {}", path.len(), path.join("\n  "));
    assert!(cloud.widest() >= 8, "{}", cloud.widest());
    // Address, gateway, and route of a zone have nothing to do with those of another, nor a key, a
    // topic or a role with the network.
    assert!(path.len() <= 16, "{path:#?}");
    let needs = |address: &str| -> Vec<String> {
        let it = plan.changes.iter().find(|it| it.address.to_string() == address);
        let it = it.unwrap_or_else(|| panic!("no {address}"));
        it.dependencies.iter().map(ToString::to_string).collect()
    };
    let only = |address: &str, starts: &[&str]| {
        for it in needs(address) {
            assert!(starts.iter().any(|start| it.starts_with(start)), "{address} waits for {it}");
        }
    };
    only("aws_kinesis_stream.orders", &[r#"aws_kms_key.main["stream"]"#, "data."]);
    only("aws_sns_topic.alarms", &[r#"aws_kms_key.main["messages"]"#, "data."]);
    only("aws_sqs_queue.dead_letters", &[r#"aws_kms_key.main["messages"]"#, "data."]);
    only(r#"aws_kms_key.main["data"]"#, &["data."]);
    only(r#"aws_iam_role.main["task"]"#, &["data."]);
    only("aws_db_subnet_group.main", &["aws_subnet.data", "data."]);
    only(
        r#"aws_vpc_endpoint.interface["sqs"]"#,
        &[
            "aws_iam_role.main",
            "aws_security_group.endpoints",
            "aws_sqs_queue.dead_letters",
            "aws_subnet.app",
            "aws_vpc.main",
            "data.",
        ],
    );
}
