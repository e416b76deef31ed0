//! The reference under `docs/` is what the drivers say, and every example in it can be planned.
#![cfg(feature = "aws-all")]

#[path = "common/cloud.rs"]
mod cloud;
#[path = "common/stack.rs"]
mod stack;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cloud::Cloud;
use fastcart_hcl::engine::Inputs;
use fastcart_hcl::provider::Registry;
use fastcart_hcl::render::docs::{self, Written};
use fastcart_hcl::schema::Schema;
use stack::Site;

fn types(registry: &Registry) -> Vec<(Written, &'static Schema)> {
    let resources = registry.drivers().map(|it| (Written::Resource, it.schema()));
    let data = registry.data_sources().map(|it| (Written::Data, it.schema()));
    let ephemerals = registry.ephemerals().map(|it| (Written::Ephemeral, it.schema()));
    resources.chain(data).chain(ephemerals).collect()
}

/// The example as a stack of its own. What it reads is read at apply only: a cloud without objects
/// has nothing to read.
fn alone(example: &str) -> String {
    let mut text = String::new();
    for line in example.lines() {
        text.push_str(line);
        text.push('\n');
        let reads = ["data \"", "ephemeral \""].iter().any(|it| line.starts_with(it));
        if reads && line.ends_with('{') {
            text.push_str("  depends_on = [terraform_data.before]\n");
        }
    }
    text.push_str("resource \"terraform_data\" \"before\" {}\n");
    if !example.contains("provider \"aws\"") {
        text.push_str("provider \"aws\" {\n  region = \"eu-central-1\"\n}\n");
    }
    text
}

#[tokio::test]
async fn every_example_can_be_planned() {
    let cloud = Cloud::take();
    let mut wrong = Vec::new();
    let registry = Site::of(&cloud, "").engine.registry.clone();
    for (written, schema) in types(&registry) {
        let kind = schema.kind;
        let Some(example) = docs::example(schema) else {
            wrong.push(format!("{written:?} {kind} has no example"));
            continue;
        };
        let block = match written {
            Written::Resource => "resource",
            Written::Data => "data",
            Written::Ephemeral => "ephemeral",
        };
        if !example.contains(&format!("{block} \"{kind}\" \"")) {
            wrong.push(format!("the example of {written:?} {kind} does not show it"));
        }
        let found = match Site::load(&cloud, &alone(example)) {
            Ok(mut site) => {
                site.inputs = Inputs::new();
                site.try_plan().await.err()
            }
            Err(found) => Some(found),
        };
        if let Some(found) = found {
            let found: Vec<String> =
                found.iter().map(|it| format!("{}: {}", it.summary, it.detail)).collect();
            wrong.push(format!("{written:?} {kind}: {}", found.join("; ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files(folder: &Path, found: &mut BTreeMap<PathBuf, String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => drop(found.insert(path.clone(), fs::read_to_string(&path).unwrap())),
        }
    }
}

#[test]
fn the_reference_is_what_the_drivers_say() {
    let cloud = Cloud::take();
    let registry = Site::of(&cloud, "").engine.registry.clone();
    let all = types(&registry);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut wanted = BTreeMap::from([(folder.join("README.md"), docs::index(&all))]);
    for (written, schema) in &all {
        let path = folder.join(written.folder()).join(format!("{}.md", schema.kind));
        wanted.insert(path, docs::page(schema, *written));
    }
    let mut there = BTreeMap::new();
    files(&folder, &mut there);
    let differs = |(path, text): &(&PathBuf, &String)| there.get(*path) != Some(text);
    let stale: Vec<&PathBuf> = wanted.iter().filter(differs).map(|it| it.0).collect();
    let extra: Vec<&PathBuf> = there.keys().filter(|it| !wanted.contains_key(*it)).collect();
    assert!(
        stale.is_empty() && extra.is_empty(),
        "run `fastcart-hcl docs --out docs`; stale: {stale:?}, extra: {extra:?}"
    );
}
