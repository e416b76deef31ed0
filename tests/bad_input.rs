//! What is wrong with a stack, the account or the disk, through the binary: told with file and line,
//! exit code 1, no panic, and nothing changed on disk or in the cloud.
#![cfg(all(
    feature = "cli",
    feature = "ec2",
    feature = "iam",
    feature = "kinesis",
    feature = "kms"
))]

#[path = "common/cloud.rs"]
mod cloud;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use cloud::{Cloud, denied};
use serde_json::{Value as Json, json};

/// Most of what the cases change: one resource that is right.
const GOOD: &str = r#"
provider "aws" {
  region = "eu-central-1"
}
resource "aws_vpc" "main" {
  cidr_block = "10.0.0.0/16"
}
"#;

/// Name, what the stack says besides [`GOOD`], what is told.
const WRONG: &[(&str, &str, &[&str])] = &[
    ("typo in a block", "resorce \"aws_vpc\" \"b\" {}\n", &["resorce", "did you mean `resource`?"]),
    (
        "typo in a nested block",
        "resource \"aws_kinesis_stream\" \"s\" {\n  name = \"s\"\n  stream_mode_detail {\n    stream_mode = \"ON_DEMAND\"\n  }\n}\n",
        &["stream_mode_detail", "did you mean `stream_mode_details`?"],
    ),
    (
        "typo in an argument",
        "resource \"aws_vpc\" \"b\" {\n  cidr_blok = \"10.0.0.0/16\"\n}\n",
        &["cidr_blok", "did you mean `cidr_block`?"],
    ),
    (
        "typo in a reference to a resource",
        "output \"o\" {\n  value = aws_vpc.mian.id\n}\n",
        &["aws_vpc.mian", "did you mean `aws_vpc.main`?"],
    ),
    (
        "typo in a reference to an attribute",
        "output \"o\" {\n  value = aws_vpc.main.cidr_blok\n}\n",
        &["cidr_blok", "did you mean `cidr_block`?"],
    ),
    (
        "typo in a variable's name",
        "variable \"region\" {\n  default = \"x\"\n}\noutput \"o\" {\n  value = var.regoin\n}\n",
        &["regoin", "did you mean `region`?"],
    ),
    (
        "typo in a function's name",
        "output \"o\" {\n  value = uper(\"a\")\n}\n",
        &["uper", "did you mean `upper`?"],
    ),
    (
        "wrong type of an argument",
        "resource \"aws_vpc\" \"b\" {\n  cidr_block           = \"10.0.0.0/16\"\n  enable_dns_support = [true]\n}\n",
        &["enable_dns_support", "bool"],
    ),
    (
        "wrong type of a variable",
        "variable \"n\" {\n  type    = number\n  default = \"many\"\n}\n",
        &["number"],
    ),
    (
        "value that is not allowed",
        "resource \"aws_vpc\" \"b\" {\n  cidr_block       = \"10.0.0.0/16\"\n  instance_tenancy = \"host\"\n}\n",
        &["instance_tenancy", "dedicated"],
    ),
    ("missing required argument", "resource \"aws_kms_alias\" \"b\" {}\n", &["target_key_id"]),
    (
        "cycle",
        "locals {\n  a = local.b\n  b = local.a\n}\noutput \"o\" {\n  value = local.a\n}\n",
        &["local.a", "local.b"],
    ),
    (
        "cycle of resources",
        "resource \"aws_security_group\" \"a\" {\n  description = aws_security_group.b.id\n}\nresource \"aws_security_group\" \"b\" {\n  description = aws_security_group.a.id\n}\n",
        &["aws_security_group.a", "aws_security_group.b"],
    ),
    (
        "duplicate address",
        "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.1.0.0/16\"\n}\n",
        &["Duplicate resource", "first here"],
    ),
    (
        "unknown resource type",
        "resource \"aws_vcp\" \"b\" {}\n",
        &["aws_vcp", "did you mean `aws_vpc`?"],
    ),
    (
        "unknown data source",
        "data \"aws_regoin\" \"b\" {}\n",
        &["aws_regoin", "did you mean `aws_region`?"],
    ),
    ("unknown provider", "resource \"google_sql\" \"b\" {}\n", &["google_sql"]),
    (
        "unclosed block",
        "resource \"aws_vpc\" \"b\" {\n  cidr_block = \"10.0.0.0/16\"\n",
        &["closing brace"],
    ),
    ("unclosed string", "output \"o\" {\n  value = \"abc\n}\n", &["\""]),
    ("missing value", "output \"o\" {\n  value =\n}\n", &["value"]),
    ("control characters", "output \"o\" {\n  value = \u{1}\u{2}\n}\n", &[]),
    ("no such file", "output \"o\" {\n  value = file(\"none.txt\")\n}\n", &["none.txt"]),
    (
        "argument of a kind that AWS refuses",
        "resource \"aws_kinesis_stream\" \"s\" {\n  name             = \"s\"\n  shard_count      = 1\n  retention_period = 9000\n}\n",
        &["retention_period", "8760"],
    ),
    (
        "arguments that exclude each other",
        "resource \"aws_kms_alias\" \"a\" {\n  name          = \"alias/a\"\n  name_prefix   = \"alias/b\"\n  target_key_id = \"k\"\n}\n",
        &["`name_prefix` cannot be set together with `name`", "set here", "leave out one of them"],
    ),
    (
        "one of several arguments",
        "resource \"aws_flow_log\" \"f\" {\n  traffic_type = \"ALL\"\n}\n",
        &["exactly one of `vpc_id`, `subnet_id`", "but none is"],
    ),
    (
        "arguments that need another",
        "resource \"aws_vpc\" \"b\" {\n  ipv4_netmask_length = 20\n}\n",
        &["`ipv4_netmask_length` needs `ipv4_ipam_pool_id`"],
    ),
    (
        "network with bits beyond its length",
        "resource \"aws_vpc\" \"b\" {\n  cidr_block = \"10.1.2.3/16\"\n}\n",
        &["\"10.1.2.3/16\" is not a network", "did you mean \"10.1.0.0/16\"?"],
    ),
    (
        "network that is too large",
        "resource \"aws_vpc\" \"b\" {\n  cidr_block = \"10.0.0.0/8\"\n}\n",
        &["is not a network of /16 to /28"],
    ),
    (
        "text that is no ARN",
        "resource \"aws_iam_role\" \"r\" {\n  assume_role_policy   = jsonencode({})\n  permissions_boundary = \"admin\"\n}\n",
        &["permissions_boundary", "\"admin\" is not an ARN"],
    ),
    (
        "characters that a name cannot have",
        "resource \"aws_iam_role\" \"r\" {\n  name               = \"my role\"\n  assume_role_policy = jsonencode({})\n}\n",
        &["\"my role\" is not made of letters, digits", "' ' cannot stand in it"],
    ),
    (
        "element that is not allowed",
        "resource \"aws_kinesis_stream\" \"s\" {\n  name                = \"s\"\n  shard_count         = 1\n  shard_level_metrics = [\"IncomingByte\"]\n}\n",
        &["\"IncomingByte\" is not one of", "did you mean \"IncomingBytes\"?"],
    ),
    (
        "nested argument",
        "resource \"aws_security_group\" \"g\" {\n  ingress {\n    from_port   = 1\n    to_port     = 1\n    protocol    = \"tcp\"\n    cidr_blocks = [\"anywhere\"]\n  }\n}\n",
        &["ingress[0].cidr_blocks", "\"anywhere\" is not an IPv4 network"],
    ),
];

#[test]
fn a_wrong_stack_is_refused_before_anything_is_sent() {
    let cloud = Cloud::take();
    let mut broken = Vec::new();
    for (name, text, wants) in WRONG {
        let dir = directory(&format!("{GOOD}{text}"));
        let ran = run(&dir, &cloud.environment(dir.path()), &["apply", "--auto-approve"]);
        let mut wants = wants.to_vec();
        wants.push("main.tf:");
        broken.extend(ran.complaints(name, &wants));
        // The place is one in what was added, or at the end of the file.
        let first = GOOD.lines().count();
        let placed = ran.lines().iter().any(|it| *it > first);
        if !placed {
            broken.push(format!("{name}: told of lines {:?}, not after {first}", ran.lines()));
        }
    }
    assert_eq!(cloud.changing(), Vec::<String>::new());
    report(broken);
}

#[test]
fn a_wrong_file_is_refused() {
    let cloud = Cloud::take();
    let deep = |open: &str, close: &str| {
        format!("locals {{\n  a = {}1{}\n}}\n", open.repeat(10_000), close.repeat(10_000))
            .into_bytes()
    };
    let blocks = "a {\n".repeat(10_000) + &"}\n".repeat(10_000);
    let long = |lines: usize| format!("locals {{\n{}}}\n", "  a = 1\n".repeat(lines)).into_bytes();
    let (almost, too_long) = (long(9 << 17), long(11 << 17));
    /// What is wrong, the stack file (none for no file), and what must be said.
    type Case<'a> = (&'a str, Option<Vec<u8>>, &'a [&'a str]);
    let files: Vec<Case<'_>> = vec![
        ("missing", None, &["stack.hcl"]),
        (
            "not UTF-8",
            Some(b"locals {\n  a = \"\xff\xfe\"\n}\n".to_vec()),
            &["stack.hcl:2", "UTF-8"],
        ),
        ("binary", Some((0..=255).cycle().take(100_000).collect()), &["stack.hcl"]),
        ("almost 10 MB long", Some(almost), &["stack.hcl:3", "`a`"]),
        ("longer than 10 MB", Some(too_long), &["stack.hcl", "10485760 bytes"]),
        ("parentheses 10,000 deep", Some(deep("(", ")")), &["stack.hcl:2", "nested"]),
        ("lists 10,000 deep", Some(deep("[", "]")), &["stack.hcl:2", "nested"]),
        ("calls 10,000 deep", Some(deep("abs(", ")")), &["stack.hcl:2", "nested"]),
        ("templates 10,000 deep", Some(deep("\"${", "}\"")), &["stack.hcl:2", "nested"]),
        ("negations 10,000 deep", Some(deep("!", "")), &["stack.hcl:2", "nested"]),
        ("blocks 10,000 deep", Some(blocks.into_bytes()), &["stack.hcl:", "nested"]),
    ];
    let mut broken = Vec::new();
    for (name, content, wants) in files {
        let dir = tempfile::tempdir().unwrap();
        if let Some(content) = content {
            std::fs::write(dir.path().join("stack.hcl"), content).unwrap();
        }
        let started = Instant::now();
        let ran =
            run(&dir, &cloud.environment(dir.path()), &["apply", "stack.hcl", "--auto-approve"]);
        let took = started.elapsed();
        broken.extend(ran.complaints(name, wants));
        if took > Duration::from_secs(30) {
            broken.push(format!("{name}: {took:?}"));
        }
    }
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("empty")).unwrap();
    let ran = run(&dir, &cloud.environment(dir.path()), &["apply", "empty", "--auto-approve"]);
    broken.extend(ran.complaints("a directory without files", &["empty"]));
    assert_eq!(cloud.log(), Vec::<Json>::new());
    report(broken);
}

#[test]
fn an_empty_file_is_an_empty_stack() {
    let cloud = Cloud::take();
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("stack.hcl"), "").unwrap();
    let ran = run(&dir, &cloud.environment(dir.path()), &["plan", "stack.hcl"]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.out.contains("No changes.") && ran.touched.is_empty(), "{ran:?}");
}

#[test]
fn a_region_that_is_not_the_stacks_is_refused() {
    let cloud = Cloud::take();
    let dir =
        directory(include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/stacks/eu-central-1.hcl")));
    let arguments =
        ["apply", "--auto-approve", "--var", "environment_suffix=t1", "--var", "region=us-east-1"];
    let ran = run(&dir, &cloud.environment(dir.path()), &arguments);
    report(ran.complaints("region", &["eu-central-1 only", "var.region"]));
    assert_eq!(cloud.changing(), Vec::<String>::new());
}

#[test]
fn an_account_that_cannot_be_reached_is_told() {
    let cloud = Cloud::take();
    let dir = directory(GOOD);
    let with_data = directory(&format!("{GOOD}data \"aws_caller_identity\" \"me\" {{}}\n"));
    let apply = ["apply", "--auto-approve"];
    let mut broken = Vec::new();

    let mut environment = cloud.environment(dir.path());
    environment.retain(|it| !it.0.contains("KEY"));
    let ran = run(&with_data, &environment, &apply);
    broken.extend(ran.complaints("no credentials", &["credentials", "AWS_PROFILE"]));

    // A port that nobody listens on.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut environment = cloud.environment(dir.path());
    environment[0].1 = format!("http://{free}");
    let plan: &[&str] = &["plan"];
    let ran = run(&with_data, &environment, plan);
    broken.extend(
        ran.complaints("connection refused", &["sts:GetCallerIdentity", "main.tf:8", "endpoint"]),
    );

    cloud.faults(&json!([denied("sts.GetCallerIdentity", "sts:GetCallerIdentity")]));
    let ran = run(&with_data, &cloud.environment(dir.path()), plan);
    let wants = ["main.tf:8", "sts:GetCallerIdentity", "AccessDenied", "allow"];
    broken.extend(ran.complaints("access denied to a data source", &wants));

    assert_eq!(cloud.changing(), Vec::<String>::new());
    cloud.faults(&json!([denied("ec2.CreateVpc", "ec2:CreateVpc")]));
    let ran = run_unchecked(&dir, &cloud.environment(dir.path()), &apply);
    let wants = ["main.tf:5", "aws_vpc.main", "ec2:CreateVpc", "UnauthorizedOperation", "allow"];
    broken.extend(ran.complaints("access denied to an apply", &wants));
    report(broken);
}

#[test]
fn a_provider_that_cannot_be_configured_is_told_with_its_place() {
    let cloud = Cloud::take();
    let block = |arguments: &str| {
        format!(
            "locals {{}}\nprovider \"aws\" {{\n{arguments}\n}}\nresource \"aws_vpc\" \"main\" {{\n  cidr_block = \"10.0.0.0/16\"\n}}\n"
        )
    };
    let region = "  region = \"eu-central-1\"\n";
    let role = "  assume_role {\n    role_arn = \"arn:aws:iam::123456789012:role/x\"\n  }\n";
    let cases: &[(&str, String, &[&str])] = &[
        ("profile that is not there", format!("{region}  profile = \"nope\""), &["nope"]),
        (
            "role that may not be assumed",
            format!("{region}{role}"),
            &["role/x", "AccessDenied", "sts:AssumeRole"],
        ),
        (
            "time that is none",
            format!("{region}{}", role.replace("  }\n", "    duration = \"long\"\n  }\n")),
            &["assume_role.duration", "1h"],
        ),
        (
            "account that is not allowed",
            format!("{region}  allowed_account_ids = [\"111122223333\"]"),
            &["account 123456789012"],
        ),
        ("no region", String::new(), &["no region is set"]),
    ];
    let mut broken = Vec::new();
    for (name, arguments, wants) in cases {
        cloud.faults(&json!([denied("sts.AssumeRole", "sts:AssumeRole")]));
        let dir = directory(&block(arguments));
        let mut environment = cloud.environment(dir.path());
        environment.retain(|it| !it.0.contains("REGION"));
        let ran = run(&dir, &environment, &["apply", "--auto-approve"]);
        let wants: Vec<&str> = wants.iter().copied().chain(["main.tf:2"]).collect();
        broken.extend(ran.complaints(name, &wants));
    }
    let dir = directory(&block(region));
    let mut environment = cloud.environment(dir.path());
    environment.retain(|it| !it.0.contains("KEY"));
    let ran = run(&dir, &environment, &["apply", "--auto-approve"]);
    broken.extend(ran.complaints("no credentials", &["credentials", "main.tf:2"]));
    let changing: Vec<String> =
        cloud.changing().into_iter().filter(|it| it != "sts.AssumeRole").collect();
    assert_eq!(changing, Vec::<String>::new());
    report(broken);
}

#[test]
fn a_refused_connection_is_told_soon() {
    let cloud = Cloud::take();
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let accounts = GOOD.replace(
        "  region = \"eu-central-1\"\n",
        "  region = \"eu-central-1\"\n  allowed_account_ids = [\"1\"]\n",
    );
    let cases = [
        ("of a provider", accounts, ["sts:GetCallerIdentity", "main.tf:2"]),
        ("of a resource", GOOD.to_string(), ["ec2:CreateVpc", "main.tf:5"]),
    ];
    let mut broken = Vec::new();
    for (name, text, wants) in cases {
        let dir = directory(&text);
        let mut environment = cloud.environment(dir.path());
        environment[0].1 = format!("http://{free}");
        let started = Instant::now();
        let ran = run_unchecked(&dir, &environment, &["apply", "--auto-approve"]);
        let took = started.elapsed();
        let wants = [wants[0], wants[1], "refused", "endpoint"];
        broken.extend(ran.complaints(name, &wants));
        // Ten attempts with their pauses take about a minute.
        if took > Duration::from_secs(20) {
            broken.push(format!("{name}: {took:?}"));
        }
    }
    report(broken);
}

#[test]
fn a_resource_keeps_to_the_region_of_its_provider() {
    let cloud = Cloud::take();
    let with = |region: &str| {
        let argument = format!("  region     = {region}\n}}\n");
        let (start, _) = GOOD.rsplit_once("}\n").unwrap();
        format!("variable \"region\" {{\n  default = \"us-east-1\"\n}}\n{start}{argument}")
    };
    let mut broken = Vec::new();
    for region in ["\"us-east-1\"", "var.region"] {
        let dir = directory(&with(region));
        let ran = run(&dir, &cloud.environment(dir.path()), &["apply", "--auto-approve"]);
        let wants = ["main.tf:10", "us-east-1", "eu-central-1", "`region`"];
        broken.extend(ran.complaints(region, &wants));
    }
    let data =
        "data \"aws_kms_key\" \"k\" {\n  key_id = \"alias/x\"\n  region = \"us-east-1\"\n}\n";
    let dir = directory(&format!("{GOOD}{data}"));
    let ran = run(&dir, &cloud.environment(dir.path()), &["apply", "--auto-approve"]);
    broken.extend(ran.complaints("a data source", &["main.tf:10", "us-east-1"]));
    assert_eq!(cloud.changing(), Vec::<String>::new());

    for region in ["\"eu-central-1\"", "null"] {
        let dir = directory(&with(region));
        let environment = cloud.environment(dir.path());
        let apply = ["apply", "--auto-approve", "--json", "--api-calls"];
        let ran = run_unchecked(&dir, &environment, &apply);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        let calls = ran.out.lines().find(|it| it.contains("\"api_calls\"")).unwrap();
        let calls: Json = serde_json::from_str(calls).unwrap();
        assert_eq!(calls["api_calls"]["operations"]["ec2:CreateVpc"], 1, "{calls}");
        let state = std::fs::read(dir.path().join("terraform.tfstate")).unwrap();
        let state: Json = serde_json::from_slice(&state).unwrap();
        let vpc = &state["resources"][0]["instances"][0]["attributes"];
        assert_eq!(vpc["region"], "eu-central-1", "{vpc}");
        let ran = run_unchecked(&dir, &environment, &["plan", "--detailed-exitcode"]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        // The provider goes elsewhere: what was made stays where it is, and is not lost.
        let moved = with(region).replacen("region = \"eu-central-1\"", "region = \"us-east-1\"", 1);
        std::fs::write(dir.path().join("main.tf"), moved).unwrap();
        let ran = run(&dir, &environment, &["plan"]);
        broken.extend(ran.complaints("a provider that moves", &["eu-central-1", "us-east-1"]));
    }
    report(broken);
}

#[test]
fn a_type_that_is_built_out_is_told_from_an_unknown_one() {
    // Every type of this build is there: what others would say of theirs is in the registry.
    use fastcart_hcl::aws::registry::{BUILT_OUT, DRIVERS};
    for (kind, feature) in BUILT_OUT {
        let cloud = Cloud::take();
        let dir = directory(&format!("{GOOD}resource \"{kind}\" \"b\" {{}}\n"));
        let ran = run(&dir, &cloud.environment(dir.path()), &["plan"]);
        report(ran.complaints(kind, &[kind, feature, "main.tf:8", "--features"]));
    }
    assert!(BUILT_OUT.len() < DRIVERS.len());
}

/// What a run of the binary came to.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
    /// Files that came, went or changed.
    touched: Vec<String>,
}

impl Ran {
    /// What is not as it should be.
    fn complaints(&self, name: &str, wants: &[&str]) -> Vec<String> {
        let mut found: Vec<String> = wants
            .iter()
            .filter(|want| !self.err.contains(**want))
            .map(|want| format!("does not say {want:?}"))
            .collect();
        if self.code != Some(1) {
            found.push(format!("exit code {:?}", self.code));
        }
        if self.err.contains("panicked") {
            found.push("panics".into());
        }
        if self.err.len() > 40_000 {
            found.push(format!("says too much: {} bytes", self.err.len()));
        }
        if !self.touched.is_empty() {
            found.push(format!("touched {:?}", self.touched));
        }
        let whole = [&self.err, &self.out].map(|it| it.chars().take(1500).collect::<String>());
        found.iter().map(|it| format!("{name}: {it}\n{}\n", whole.join("\n"))).collect()
    }

    /// Lines of `main.tf` that are named.
    fn lines(&self) -> Vec<usize> {
        let places = self.err.split("main.tf:").skip(1);
        places
            .filter_map(|it| it.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok())
            .collect()
    }
}

fn report(broken: Vec<String>) {
    assert!(broken.is_empty(), "{} complaints\n{}", broken.len(), broken.join("\n"));
}

/// A directory with a stack in it.
fn directory(text: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("main.tf"), text).unwrap();
    dir
}

fn content(dir: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match path.is_dir() {
            true => all.extend(content(&path).into_iter().map(|(k, v)| (format!("{name}/{k}"), v))),
            false => drop(all.insert(name, std::fs::read(&path).unwrap())),
        }
    }
    all
}

fn run(dir: &tempfile::TempDir, environment: &[(&str, String)], arguments: &[&str]) -> Ran {
    let before = content(dir.path());
    let ran = run_unchecked(dir, environment, arguments);
    let after = content(dir.path());
    // The empty lock file stays: were it removed, two could hold the lock.
    let names = before.keys().chain(after.keys()).filter(|it| !it.ends_with(".lock"));
    let touched = names.filter(|it| before.get(*it) != after.get(*it)).cloned().collect();
    Ran { touched, ..ran }
}

/// The same where something may have been written.
fn run_unchecked(
    dir: &tempfile::TempDir,
    environment: &[(&str, String)],
    arguments: &[&str],
) -> Ran {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fastcart-hcl"));
    command.current_dir(dir.path()).args(arguments).env_clear();
    command.envs(environment.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    Ran { code: output.status.code(), out, err, touched: Vec::new() }
}
