//! Everything that the stack makes, taken over by an empty state.

use fastcart_hcl::engine::Inputs;
use fastcart_hcl::plan::{Action, Plan};
use fastcart_hcl::state::MemoryStore;
use serde_json::Value as Json;

use crate::cloud::Cloud;
use crate::stack::{FASTCART, Site, differences};

/// The import string of an object, where it is not its identifier: attributes, and what is between.
const IMPORT_STRINGS: &[(&str, &str)] = &[
    ("aws_appautoscaling_policy", "{service_namespace}/{resource_id}/{scalable_dimension}/{name}"),
    ("aws_appautoscaling_target", "{service_namespace}/{resource_id}/{scalable_dimension}"),
    ("aws_ecs_cluster", "{name}"),
    ("aws_ecs_service", "{cluster}/{name}"),
    ("aws_ecs_task_definition", "{arn}"),
    ("aws_db_instance", "{identifier}"),
    ("aws_iam_role_policy", "{role}:{name}"),
    ("aws_iam_role_policy_attachment", "{role}/{policy_arn}"),
    ("aws_kinesis_stream", "{name}"),
    ("aws_route", "{route_table_id}_{destination_cidr_block}"),
    ("aws_route_table_association", "{subnet_id}/{route_table_id}"),
];

fn import_string(site: &Site<'_>, address: &str, kind: &str) -> String {
    let at = |name: &str| match site.attribute(address, name) {
        // The provider names clusters, not their ARNs.
        Json::String(text) if name == "cluster" => text.rsplit('/').next().unwrap().to_string(),
        Json::String(text) => text,
        other => panic!("{address} {name}: {other}"),
    };
    let Some((_, form)) = IMPORT_STRINGS.iter().find(|it| it.0 == kind) else { return at("id") };
    let mut parts = form.split(['{', '}']);
    let mut string = String::new();
    while let Some(between) = parts.next() {
        string.push_str(between);
        string.push_str(&parts.next().map(at).unwrap_or_default());
    }
    string
}

/// What AWS does not tell: only we keep it, and nothing is sent for it.
const OURS_ALONE: &[&str] = &[
    "apply_immediately",
    "delete_automated_backups",
    // What is off is told as unset.
    "deletion_protection",
    "deletion_window_in_days",
    "password_wo_version",
    "passwords_wo_version",
    "rotate_immediately",
    "skip_final_snapshot",
    "wait_for_steady_state",
];

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
    let ours = |it: &String| {
        let name = it.split(": ").next().unwrap_or_default().rsplit(' ').next();
        name.is_some_and(|it| OURS_ALONE.contains(&it))
    };
    let found: Vec<String> = differences(&plan)
        .into_iter()
        .filter(|it| !ours(it) && !it.starts_with("output "))
        .collect();
    assert_eq!(found, Vec::<String>::new());
    cloud.forget_requests();
    let applied = site.try_apply(&plan).await;
    assert!(applied.diagnostics.is_empty(), "{}", site.told(&applied.diagnostics));
    // Passwords are never told: they are handed over once more. And what waits for its window, if
    // anything does, is to be done at once from now on. Otherwise nothing is sent.
    let sent =
        ["elasticache.ModifyReplicationGroup", "elasticache.ModifyUser", "rds.ModifyDBInstance"];
    assert_eq!(cloud.changing(), sent, "nothing else is sent");
    site.expect_no_changes().await;
    site.destroy().await;
    assert_eq!(cloud.left(), Vec::<Json>::new());
}

/// A stack of nothing but imports: a name of its own for each object of the plan.
fn imports_alone(site: &Site<'_>, plan: &Plan) -> String {
    let mut text = String::from("provider \"aws\" {\n  region = \"eu-central-1\"\n}\n");
    let made = plan.changes.iter().filter(|it| it.action == Action::Create);
    for (number, it) in made.enumerate() {
        let (address, kind) = (it.address.to_string(), &it.address.resource.kind);
        let id = import_string(site, &address, kind);
        text.push_str(&format!("import {{\n  to = {kind}.it{number}\n  id = {id:?}\n}}\n"));
    }
    text
}

#[tokio::test]
async fn everything_can_be_written_from_what_there_is() {
    let cloud = Cloud::take();
    let mut site = Site::new(&cloud);
    let plan = site.apply().await;
    let text = imports_alone(&site, &plan);
    site.store = MemoryStore::new();
    site.inputs = Inputs::new();
    site.rewrite(&text);
    site.options.generate_config = true;
    let planned = site.plan().await;
    let count = plan.counts().add;
    assert_eq!((planned.counts().import, planned.generated.len()), (count, count));
    let blocks: Vec<String> = planned.generated.iter().map(|it| it.text.clone()).collect();
    site.rewrite(&(text + &blocks.join("\n")));
    site.options.generate_config = false;
    let again = site.plan().await;
    assert_eq!(differences(&again), Vec::<String>::new());
}
