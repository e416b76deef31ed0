//! Changes that need another object under a condition are planned as such, before anything is sent.

use fastcart_hcl::plan::{Action, PathStep, Reason};

use crate::cloud::Cloud;
use crate::stack::Site;

fn vpc(tenancy: &str) -> String {
    format!(
        "provider \"aws\" {{\n  region = \"eu-central-1\"\n}}\n\
         resource \"aws_vpc\" \"main\" {{\n  cidr_block       = \"10.0.0.0/16\"\n  \
         instance_tenancy = \"{tenancy}\"\n}}\n"
    )
}

#[tokio::test]
async fn a_vpc_becomes_dedicated_by_another_one_and_shared_in_place() {
    let cloud = Cloud::take();
    let mut site = Site::of(&cloud, &vpc("default"));
    site.inputs = Default::default();
    site.apply().await;
    site.rewrite(&vpc("dedicated"));
    let plan = site.apply().await;
    let change = &plan.changes[0];
    assert_eq!(change.action, Action::DeleteThenCreate);
    assert_eq!(change.reason, Some(Reason::ReplaceBecauseCannotUpdate));
    assert_eq!(change.replace_paths, [vec![PathStep::Name("instance_tenancy".into())]]);
    site.expect_no_changes().await;
    site.rewrite(&vpc("default"));
    assert_eq!(site.apply().await.changes[0].action, Action::Update);
    site.expect_no_changes().await;
    site.destroy().await;
}
