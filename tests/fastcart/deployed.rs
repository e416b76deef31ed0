//! The whole stack, deployed once by the binary, for many tests to look at: what was planned, the
//! files that were written, and, through the SDK, what is there.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_types::SdkConfig;
use aws_types::region::Region;
use fastcart_hcl::aws::Aws;
use fastcart_hcl::aws::provider::http_client;
use serde_json::Value as Json;

use crate::cloud::Cloud;

pub const STACK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/stacks/eu-central-1.hcl");

pub struct Deployed {
    pub cloud: Cloud,
    /// Where everything was written; it stays after the tests, to be looked at.
    pub dir: PathBuf,
    /// `show --json` of the plan that was applied.
    pub plan: Json,
    /// What `cfn-outputs/flat-outputs.json` holds.
    pub outputs: BTreeMap<String, String>,
}

/// The deployment of this test run.
pub fn deployed() -> &'static Deployed {
    static ONCE: LazyLock<Deployed> = LazyLock::new(deploy);
    &ONCE
}

fn deploy() -> Deployed {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("fastcart");
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).unwrap();
    let cloud = Cloud::take();
    cloud.prepare();
    let binary = Binary { cloud: &cloud, dir: dir.clone() };
    binary.run(&[
        "plan",
        STACK,
        "--state",
        STATE,
        "--var",
        "environment_suffix=t1",
        "--out",
        "it.plan",
    ]);
    let plan = binary.kept("plan.json", &["show", "it.plan", "--json"]);
    binary.kept("events.jsonl", &["apply", "it.plan", "--auto-approve", "--json"]);
    binary.kept("state.json", &["show", STACK, "--state", STATE, "--json"]);
    binary.kept("outputs.json", &["output", STACK, "--state", STATE, "--json"]);
    let variable = ["--var", "environment_suffix=t1"];
    for format in ["dot", "svg"] {
        let args = ["graph", STACK, "--state", STATE, "--format", format];
        binary.kept(&format!("graph.{format}"), &[&args[..], &variable].concat());
    }
    binary.kept("again.txt", &[&["plan", STACK, "--state", STATE][..], &variable].concat());
    let outputs = std::fs::read_to_string(dir.join("cfn-outputs/flat-outputs.json")).unwrap();
    let outputs = serde_json::from_str(&outputs).expect("a flat map of texts");
    Deployed { plan: parsed(&plan), outputs, dir, cloud }
}

const STATE: &str = "fastcart.tfstate";

/// The binary in a directory of its own, with nothing of this machine's environment.
pub struct Binary<'a> {
    pub cloud: &'a Cloud,
    pub dir: PathBuf,
}

impl Binary<'_> {
    /// What it prints when all is well.
    pub fn run(&self, args: &[&str]) -> String {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fastcart-hcl"));
        command.current_dir(&self.dir).args(args).stdin(Stdio::null());
        command.env_clear().envs(self.cloud.environment(&self.dir));
        let ran = command.output().unwrap();
        let out = String::from_utf8_lossy(&ran.stdout).into_owned();
        let err = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{args:?}\n{out}\n{err}");
        out
    }

    /// The same, and it is kept in a file.
    fn kept(&self, name: &str, args: &[&str]) -> String {
        let out = self.run(args);
        std::fs::write(self.dir.join(name), &out).unwrap();
        out
    }
}

impl Deployed {
    /// What is planned of a type: addresses and arguments.
    pub fn planned(&self, kind: &str) -> Vec<(String, Json)> {
        let all: Vec<_> = resources(&self.plan["planned_values"])
            .filter(|it| it["type"] == kind && it["mode"] == "managed")
            .map(|it| (text(&it["address"]), it["values"].clone()))
            .collect();
        assert!(!all.is_empty(), "no {kind} is planned");
        all
    }

    /// Types that are planned.
    pub fn kinds(&self) -> Vec<String> {
        let managed = resources(&self.plan["planned_values"]).filter(|it| it["mode"] == "managed");
        let mut all: Vec<String> = managed.map(|it| text(&it["type"])).collect();
        all.sort();
        all.dedup();
        all
    }

    /// An output of the flat map.
    pub fn output(&self, name: &str) -> &str {
        self.outputs.get(name).unwrap_or_else(|| panic!("no output {name}"))
    }

    /// Clients of the region.
    pub fn aws(&self) -> Aws {
        clients(&self.cloud)
    }
}

fn resources(values: &Json) -> impl Iterator<Item = &Json> {
    values["root_module"]["resources"].as_array().into_iter().flatten()
}

/// Clients of the local cloud, made as any program makes them.
pub fn clients(cloud: &Cloud) -> Aws {
    let credentials = Credentials::new("reader", "reader", None, None, "test");
    let config = SdkConfig::builder()
        .behavior_version(aws_config::BehaviorVersion::latest())
        .region(Region::new("eu-central-1"))
        .endpoint_url(cloud.url())
        .http_client(http_client())
        .credentials_provider(SharedCredentialsProvider::new(credentials))
        .build();
    Aws::new(config, Duration::ZERO, Arc::default(), None).unwrap()
}

/// A text of a document.
pub fn text(value: &Json) -> String {
    value.as_str().unwrap_or_else(|| panic!("not a text: {value}")).to_string()
}

/// The same for a document in a text, such as a policy.
pub fn parsed(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|why| panic!("{why}: {text}"))
}

/// A value, or the values of a list.
pub fn listed(value: &Json) -> Vec<Json> {
    match value {
        Json::Null => Vec::new(),
        Json::Array(all) => all.clone(),
        one => vec![one.clone()],
    }
}
