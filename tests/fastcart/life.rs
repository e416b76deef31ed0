//! Made, found unchanged, destroyed, made again, side by side.

use serde_json::{Value as Json, json};

use crate::cloud::Cloud;
use crate::stack::{FASTER, Site, made};

fn lives() -> usize {
    if std::env::var_os("FASTCART_FULL").is_some() { 10 } else { 2 }
}

#[tokio::test]
async fn r17_nothing_is_left_and_the_same_suffix_works_at_once() {
    let cloud = Cloud::take();
    // A queue's name is not free at once, and keys go in days only.
    cloud.lifetimes(&json!({"sqs_queue": {"deleting": 60}, "scale": 1.0 / f64::from(FASTER)}));
    let site = Site::new(&cloud);
    for _ in 0..lives() {
        let plan = site.apply().await;
        assert_eq!(cloud.counts(), made(&plan));
        site.expect_no_changes().await;
        site.destroy().await;
        assert_eq!(cloud.left(), Vec::<Json>::new());
    }
    // What AWS keeps for days: keys, and task definitions that nobody can start any more.
    let waits: Vec<String> = cloud.leaving().into_keys().collect();
    let allowed = [
        "aws_ecs_cluster",
        "aws_ecs_service",
        "aws_ecs_task_definition",
        "aws_kms_alias",
        "aws_kms_key",
    ];
    assert!(waits.iter().all(|it| allowed.contains(&it.as_str())), "{waits:?}");
}

#[tokio::test]
async fn two_suffixes_live_side_by_side() {
    let cloud = Cloud::take();
    let (one, two) = (Site::new(&cloud), Site::new(&cloud).with("environment_suffix", json!("t2")));
    cloud.prepare_secrets("t2");
    let plan = one.apply().await;
    two.apply().await;
    one.expect_no_changes().await;
    one.destroy().await;
    two.expect_no_changes().await;
    assert_eq!(cloud.counts(), made(&plan), "only the other is left");
    two.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
}

#[tokio::test]
async fn what_takes_long_is_waited_for() {
    let cloud = Cloud::take();
    // As long as in AWS, on the clock of these tests.
    cloud.lifetimes(&json!({
        "vpc": {"creating": 2}, "subnet": {"creating": 2},
        "nat_gateway": {"creating": 90, "deleting": 60, "gone": 600},
        "vpc_endpoint": {"creating": 60, "deleting": 45, "gone": 600},
        "kinesis_stream": {"creating": 20, "updating": 15, "deleting": 20},
        "db_instance": {"creating": 600, "updating": 120, "deleting": 240},
        "elasticache_replication_group": {"creating": 480, "updating": 120, "deleting": 300},
        "elasticache_user": {"updating": 10, "deleting": 10},
        "elasticache_user_group": {"creating": 10, "updating": 10, "deleting": 10},
        "ecs_service": {"creating": 90, "updating": 60, "deleting": 60},
        "sqs_queue": {"deleting": 60},
        "scale": 1.0 / f64::from(FASTER),
    }));
    let mut site = Site::new(&cloud).with("zone_count", json!(2));
    site.apply().await;
    // Many gateways and databases for minutes, and one call tells of all of a type.
    let asked = cloud.requests();
    for operation in ["ec2.DescribeNatGateways", "rds.DescribeDBInstances"] {
        assert!((3..400).contains(&asked[operation]), "{operation}: {}", asked[operation]);
    }
    site.expect_no_changes().await;
    site.set("orders_stream", json!({"shards": 4, "retention_hours": 24}));
    site.set("database", json!({"instance_class": "db.t4g.large"}));
    site.apply().await;
    site.expect_no_changes().await;
    site.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
}
