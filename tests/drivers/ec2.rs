//! Network types.

use fastcart_hcl::driver::{Id, Op};
use serde_json::json;

use crate::play::Play;

/// A VPC by the bare SDK, for drivers tested without the driver of the VPC.
#[tokio::test]
async fn data_about_the_caller() {
    let play = Play::new("111111111101").await;
    let caller = play.data("aws_caller_identity", json!({})).await;
    assert_eq!(caller.at("account_id"), json!("123456789012"));
    let partition = play.data("aws_partition", json!({})).await;
    assert_eq!(partition.at("reverse_dns_prefix"), json!("com.amazonaws"));
    let calls = play.aws().calls().snapshot();
    assert_eq!(calls.get("sts:GetCallerIdentity"), Some(&1));
}
