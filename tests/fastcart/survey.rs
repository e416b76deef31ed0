//! What a plan asks the account as a whole: what others change is noticed all the same, whoever may
//! not ask that way pays with calls, and what nothing looks at is looked at by a refresh alone.

use fastcart_hcl::plan::PlanMode;
use serde_json::json;

use crate::cloud::{Cloud, denied};
use crate::deployed::clients;
use crate::stack::{Site, actions, differences};

#[tokio::test]
async fn what_others_change_is_noticed() {
    let cloud = Cloud::take();
    let site = Site::new(&cloud);
    site.apply().await;
    let aws = clients(&cloud);
    let topic = site.attribute("aws_sns_topic.alarms", "arn");
    let tag = aws_sdk_sns::types::Tag::builder().key("owner").value("somebody").build().unwrap();
    let call = aws.sns().tag_resource().resource_arn(topic.as_str().unwrap()).tags(tag);
    call.send().await.unwrap();
    let attached = site.attribute("aws_iam_role_policy_attachment.monitoring", "policy_arn");
    let call = aws.iam().detach_role_policy().role_name("fastcart-monitoring-t1");
    call.policy_arn(attached.as_str().unwrap()).send().await.unwrap();
    let call = aws.iam().update_role().role_name("fastcart-task-t1");
    call.description("changed by hand").send().await.unwrap();
    let key = site.attribute("aws_kms_alias.main[\"logs\"]", "target_key_id");
    let call = aws.kms().disable_key_rotation().key_id(key.as_str().unwrap());
    call.send().await.unwrap();

    let plan = site.plan().await;
    let changed: Vec<String> =
        actions(&plan).into_keys().filter(|it| !it.starts_with("ephemeral.")).collect();
    assert_eq!(
        changed,
        [
            "aws_iam_role.main[\"task\"]",
            "aws_iam_role_policy_attachment.monitoring",
            "aws_kms_key.main[\"logs\"]",
            "aws_sns_topic.alarms",
        ],
        "{:#?}",
        differences(&plan)
    );
}

#[tokio::test]
async fn who_may_not_ask_for_all_asks_for_each() {
    let cloud = Cloud::take();
    let site = Site::new(&cloud);
    site.apply().await;
    cloud.faults(&json!([
        denied("tagging.GetResources", "tag:GetResources"),
        denied("iam.GetAccountAuthorizationDetails", "iam:GetAccountAuthorizationDetails"),
        denied("iam.ListRoles", "iam:ListRoles"),
        denied("secretsmanager.BatchGetSecretValue", "secretsmanager:BatchGetSecretValue"),
    ]));
    cloud.forget_requests();
    site.expect_no_changes().await;
    let asked = cloud.requests();
    assert_eq!(asked["iam.GetRole"], 4);
    assert_eq!(asked["secretsmanager.GetSecretValue"], 2);
    assert_eq!(asked["sns.ListTagsForResource"], 1);
}

#[tokio::test]
async fn a_refresh_looks_at_what_nothing_looks_at() {
    let cloud = Cloud::take();
    let mut site = Site::new(&cloud);
    site.apply().await;
    let alone = ["ec2.DescribeAddressesAttribute", "secretsmanager.GetResourcePolicy"];
    cloud.forget_requests();
    site.plan().await;
    let asked = cloud.requests();
    assert!(alone.iter().all(|it| !asked.contains_key(*it)), "{asked:?}");
    site.options.mode = PlanMode::RefreshOnly;
    cloud.forget_requests();
    site.plan().await;
    let asked = cloud.requests();
    assert!(asked.contains_key(alone[0]), "{asked:?}");
}
