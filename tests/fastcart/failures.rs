//! Calls that fail: what is waited out, what is told, and that nothing is made twice.

use std::collections::BTreeMap;
use std::sync::Arc;

use fastcart_hcl::clock::SystemClock;
use serde_json::{Value as Json, json};

use crate::cloud::{Cloud, denied};
use crate::stack::{Site, made};

/// Applies while calls fail by these rules, and finds everything there once and nothing else.
async fn expect_made_once(rules: Json) {
    let cloud = Cloud::take();
    let mut site = Site::new(&cloud).with("zone_count", json!(2));
    // The SDK waits by the machine's clock before it tries again.
    site.engine.clock = Arc::new(SystemClock::new());
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
    "ec2.CreateVpcEndpoint",
    "iam.AttachRolePolicy",
    "iam.CreateRole",
    "iam.PutRolePolicy",
    "kinesis.CreateStream",
    "kms.CreateAlias",
    "kms.CreateKey",
    "logs.CreateLogGroup",
    "cloudwatch.PutDashboard",
    "cloudwatch.PutMetricAlarm",
    "ecs.CreateCluster",
    "ecs.CreateService",
    "ecs.PutClusterCapacityProviders",
    "ecs.RegisterTaskDefinition",
    "application-autoscaling.PutScalingPolicy",
    "application-autoscaling.RegisterScalableTarget",
    "elasticache.CreateCacheParameterGroup",
    "elasticache.CreateCacheSubnetGroup",
    "elasticache.CreateReplicationGroup",
    "elasticache.CreateUser",
    "elasticache.CreateUserGroup",
    "rds.CreateDBInstance",
    "rds.CreateDBInstanceReadReplica",
    "rds.CreateDBParameterGroup",
    "rds.CreateDBSubnetGroup",
    "rds.CreateEventSubscription",
    "secretsmanager.RotateSecret",
    "sns.CreateTopic",
    "sqs.CreateQueue",
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
        (r#"aws_kms_key.main["logs"]"#, "kms:CreateKey"),
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
