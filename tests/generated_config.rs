//! Imports without configuration: it is generated, and finds nothing to do once it is in the stack.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use fastcart_hcl::diag::{Diagnostic, Diagnostics};
use fastcart_hcl::driver::{
    AnyDriver, BoxFuture, Cloud, Driver, Failure, Id, Op, Result, Status, driver,
};
use fastcart_hcl::engine::{Engine, Inputs, PlanFailure, PlanOptions, Stack};
use fastcart_hcl::lang::files::MemoryFiles;
use fastcart_hcl::lang::types::Type;
use fastcart_hcl::lang::value::Value;
use fastcart_hcl::plan::{Action, Plan, PlanMode, generated};
use fastcart_hcl::provider::{Defaults, Provider, Registry};
use fastcart_hcl::schema::{
    Attribute, Auto, Block, BlockSet, Blocks, Kind, Nested, Out, Resource, Row, Secret, Set, Tags,
    WriteOnly,
};
use fastcart_hcl::state::MemoryStore;

/// An object with every sort of argument.
#[derive(Clone, Debug, Resource)]
#[resource("rich_thing", tags = "thing")]
struct Thing {
    /// Name.
    #[attr(replace, conflicts("name_prefix"))]
    name: Auto<String>,
    /// What its name begins with.
    #[attr(replace)]
    name_prefix: Auto<String>,
    /// What it needs.
    needs: String,
    /// What is usual, and not told where it is so.
    #[attr(default = "round")]
    shape: String,
    /// Not what is usual.
    #[attr(default = 1)]
    size: i64,
    /// Only asked for, never told.
    #[attr(local, default = true)]
    eager: bool,
    /// Only asked for, never told.
    #[attr(local)]
    note: Option<String>,
    /// Another document than `jsonencode` writes.
    #[attr(json)]
    policy: Option<String>,
    /// Several lines.
    script: Option<String>,
    /// Where it is; said in one way.
    #[attr(exactly_one_of("zone", "subnet"))]
    zone: Auto<String>,
    /// Where it is; said in another way, and kept, since nobody else decides it.
    subnet: Option<String>,
    /// Told even where it does not apply.
    #[attr(range(1, 9))]
    throughput: Auto<i64>,
    /// Secret.
    password: Option<Secret<String>>,
    /// Only sent.
    password_wo: WriteOnly<String>,
    /// Words.
    words: Option<Set<String>>,
    /// One block.
    logging: Block<Logging>,
    /// Several blocks.
    rule: Blocks<Rule>,
    /// Blocks without order.
    peer: BlockSet<Peer>,
    /// Blocks written as an argument.
    #[attr(as_attribute)]
    route: Auto<BlockSet<Peer>>,
    /// Only told.
    arn: Out<String>,
    tags: Tags,
}

/// Where it logs to.
#[derive(Clone, Debug, Nested)]
struct Logging {
    /// Target.
    target: String,
    /// Its token.
    token: Option<Secret<String>>,
    /// How much.
    #[attr(default = "all")]
    level: String,
}

/// A rule.
#[derive(Clone, Debug, Nested)]
struct Rule {
    /// Port.
    port: i64,
    /// Number that it was given.
    number: Auto<i64>,
}

/// Another one.
#[derive(Clone, Debug, PartialEq, Nested)]
struct Peer {
    /// Its address.
    host: String,
    /// Why.
    why: Option<String>,
}

const SCRIPT: &str = "#!/bin/sh\necho \"${HOME} %{x} \\n\"\n\n  EOT\n";

fn thing() -> Thing {
    let peer = |host: &str, why: Option<&str>| Peer { host: host.into(), why: why.map(Into::into) };
    let mut thing = Thing::blank();
    thing.name.set("a \"name\" ${x}".to_string());
    thing.name_prefix.set("a".to_string());
    thing.needs = "air".into();
    (thing.shape, thing.size) = ("round".into(), 7);
    let policy = r#"{ "Version": "2012-10-17", "Statement": [{"Sid":"${a}","n-1":[1, 2.50, true, null, {}, []]}] }"#;
    thing.policy = Some(policy.into());
    thing.script = Some(SCRIPT.into());
    thing.zone.set("z1".to_string());
    thing.subnet = Some("s1".into());
    thing.throughput.set(0);
    thing.password = Some("hunter2".to_string().into());
    thing.words = Some(Set(vec!["b".into(), "a".into()]));
    let token = Some("hunter2".to_string().into());
    thing.logging = Block(Some(Logging { target: "t".into(), token, level: "all".to_string() }));
    thing.rule = Blocks(vec![rule(80, 1), rule(443, 2)]);
    thing.peer = BlockSet(vec![peer("h", None), peer("i", Some("because"))]);
    thing.route.set(BlockSet(vec![peer("r", None)]));
    thing.arn.set("arn".to_string());
    thing.tags.observe([("Stage", "test"), ("Name", "own"), ("a b", "c")]);
    thing
}

fn rule(port: i64, number: i64) -> Rule {
    let mut rule = Rule { port, number: Auto::default() };
    rule.number.set(number);
    rule
}

/// An object with an argument that is required and never told.
#[derive(Clone, Debug, Resource)]
#[resource("rich_lock")]
struct Lock {
    /// Opens it.
    key: Secret<String>,
    /// How thick it is.
    width: i64,
}

impl Driver for Lock {
    type Cloud = Held;
    type Seen = ();

    async fn create(&self, _: &Held, _: &Op) -> Result<Id> {
        Err(Failure::fatal("nothing is to be made"))
    }

    async fn find(_: &Id, _: &Held) -> Result<Option<()>> {
        Ok(Some(()))
    }

    fn status(_: &()) -> Status {
        Status::Ready
    }

    fn observe(&mut self, _: ()) {
        // As wide as nothing: it is said all the same, since it must be.
        self.width = 0;
    }

    async fn update(&self, _: &Lock, _: &Id, _: &Held) -> Result<()> {
        Err(Failure::fatal("nothing is to be changed"))
    }

    async fn delete(&self, _: &Id, _: &Held) -> Result<()> {
        Err(Failure::fatal("nothing is to be deleted"))
    }
}

/// Holds one object, `thing`, in either region; it is never changed.
struct Held;

impl Driver for Thing {
    type Cloud = Held;
    type Seen = Thing;

    async fn create(&self, _: &Held, _: &Op) -> Result<Id> {
        Err(Failure::fatal("nothing is to be made"))
    }

    async fn find(id: &Id, _: &Held) -> Result<Option<Thing>> {
        Ok((id.0 == "thing").then(thing))
    }

    fn status(_: &Thing) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Thing) {
        let mut tags = self.tags.clone();
        tags.observe(seen.tags.own);
        let (eager, note, password) = (self.eager, self.note.take(), self.password.take());
        // The secret is told at import only: what was given stands from then on.
        let password = password.or(seen.password);
        *self = Thing { eager, note, password, password_wo: WriteOnly::default(), tags, ..seen };
    }

    async fn update(&self, _: &Thing, _: &Id, _: &Held) -> Result<()> {
        Err(Failure::fatal("nothing is to be changed"))
    }

    async fn delete(&self, _: &Id, _: &Held) -> Result<()> {
        Err(Failure::fatal("nothing is to be deleted"))
    }
}

struct Rich;

impl Provider for Rich {
    fn name(&self) -> &str {
        "rich"
    }

    fn source(&self) -> &str {
        "registry.terraform.io/rich/rich"
    }

    fn arguments(&self) -> &'static [Attribute] {
        &[Attribute { name: "region", kind: Kind::String, ..Attribute::BLANK }]
    }

    fn drivers(&self) -> Vec<Arc<dyn AnyDriver>> {
        vec![driver::<Lock>(), driver::<Thing>()]
    }

    fn data_sources(&self) -> Vec<Arc<dyn fastcart_hcl::driver::AnyDataSource>> {
        Vec::new()
    }

    fn defaults(&self, _: &Value) -> Defaults {
        Defaults { tags: Some(Value::map(Type::String, [("Stage".into(), "test".into())])) }
    }

    fn configure<'a>(&'a self, _: &'a Value) -> BoxFuture<'a, Result<Cloud, Diagnostics>> {
        Box::pin(async { Ok(Arc::new(Held) as Cloud) })
    }
}

const IMPORT: &str = r#"
import {
  to = rich_thing.a
  id = "thing"
}
"#;

fn engine() -> Engine {
    let registry = Registry::new().with(Arc::new(Rich));
    Engine::new(registry, Arc::new(MemoryStore::new()))
}

fn stack(engine: &mut Engine, files: &[(&str, &str)]) -> Stack {
    let files = files.iter().fold(MemoryFiles::new(), |all, (name, text)| all.with(name, *text));
    engine.files = Arc::new(files);
    let (stack, found) = engine.load(Path::new("."));
    assert!(!found.has_errors(), "{found}");
    stack.unwrap()
}

async fn planned(engine: &Engine, stack: &Stack) -> std::result::Result<Plan, PlanFailure> {
    let options = PlanOptions { generate_config: true, ..PlanOptions::default() };
    engine.plan(stack, &Inputs::new(), &options).await
}

fn only(found: &Diagnostics) -> &Diagnostic {
    assert_eq!(found.len(), 1, "{found}");
    found.iter().next().unwrap()
}

const EXPECTED: &str = r##"# Generated from objects as they were found. Review it, give what is `null` a value or
# remove it, and move it to where it belongs.

# Imported by "thing"
resource "rich_thing" "a" {
  name  = "a \"name\" $${x}"
  needs = "air"
  size  = 7
  policy = jsonencode({
    Statement = [
      {
        Sid = "$${a}"
        n-1 = [1, 2.5, true, null, {}, []]
      },
    ]
    Version = "2012-10-17"
  })
  script      = <<EOF
#!/bin/sh
echo "$${HOME} %%{x} \n"

  EOT
EOF
  subnet      = "s1"
  password    = null # sensitive
  password_wo = null # sensitive
  words       = ["a", "b"]
  route = [
    {
      host = "r"
      why  = null
    },
  ]
  tags = {
    Name  = "own"
    "a b" = "c"
  }

  logging {
    target = "t"
    token  = null # sensitive
  }

  rule {
    port   = 80
    number = 1
  }

  rule {
    port   = 443
    number = 2
  }

  peer {
    host = "h"
  }

  peer {
    host = "i"
    why  = "because"
  }
}
"##;

#[tokio::test]
async fn what_is_generated_is_what_was_found_and_no_secret() {
    let mut engine = engine();
    let stack = stack(&mut engine, &[("main.tf", IMPORT)]);
    let plan = planned(&engine, &stack).await.map_err(|it| it.diagnostics).unwrap();
    assert_eq!((plan.counts().import, plan.generated.len()), (1, 1));
    let text = generated::document(&plan.generated);
    assert_eq!(text, EXPECTED);
    assert!(!text.contains("hunter2"));
}

#[tokio::test]
async fn an_id_that_is_secret_is_not_told() {
    let mut engine = engine();
    let import = IMPORT.replace("\"thing\"", "sensitive(\"thing\")");
    let stack = stack(&mut engine, &[("main.tf", &import)]);
    let plan = planned(&engine, &stack).await.map_err(|it| it.diagnostics).unwrap();
    assert_eq!(
        generated::document(&plan.generated),
        EXPECTED.replace("\"thing\"\n", "(sensitive)\n")
    );
}

/// Secrets must be given by hand; with them in it, nothing is left to do.
fn completed(text: &str) -> String {
    text.replace("  password    = null # sensitive", "  password    = \"hunter2\"")
        .replace("    token  = null # sensitive", "    token  = \"hunter2\"")
}

#[tokio::test]
async fn in_the_stack_it_leaves_nothing_to_do() {
    let mut engine = engine();
    let before = stack(&mut engine, &[("main.tf", IMPORT)]);
    let plan = planned(&engine, &before).await.map_err(|it| it.diagnostics).unwrap();
    let text = completed(&generated::document(&plan.generated));
    let after = stack(&mut engine, &[("main.tf", IMPORT), ("generated.tf", &text)]);
    let plan = planned(&engine, &after).await.map_err(|it| it.diagnostics).unwrap();
    assert_eq!(plan.generated, []);
    let [change] = plan.changes.as_slice() else { panic!("{:?}", plan.changes) };
    assert_eq!(change.action, Action::NoOp, "{:?}\n{:?}", change.before, change.after);
    let applied = engine.apply(&after, &Inputs::new(), &plan).await;
    assert!(!applied.diagnostics.has_errors(), "{}", applied.diagnostics);
    let plan = planned(&engine, &after).await.map_err(|it| it.diagnostics).unwrap();
    assert!(!plan.has_changes(), "{:?}", plan.changes);
}

#[tokio::test]
async fn what_cannot_be_planned_is_generated_all_the_same() {
    let mut engine = engine();
    let stack = stack(&mut engine, &[("main.tf", &IMPORT.replace("rich_thing", "rich_lock"))]);
    let failed = planned(&engine, &stack).await.unwrap_err();
    let it = only(&failed.diagnostics);
    assert_eq!(it.detail, "the argument `key` is required, but it is not set");
    let place = stack.sources.get(it.span.unwrap().file);
    assert_eq!(&*place.name, "<configuration generated for rich_lock.a>");
    let partial = failed.partial.unwrap();
    let expected = "  key   = null # sensitive\n  width = 0\n}\n";
    assert!(partial.generated[0].text.ends_with(expected), "{}", partial.generated[0].text);
}

#[tokio::test]
async fn the_provider_that_the_import_names_is_written() {
    let mut engine = engine();
    let providers = "provider \"rich\" {\n  alias  = \"west\"\n  region = \"west\"\n}\n";
    let import = IMPORT.replace("id = ", "provider = rich.west\n  id = ");
    let named = stack(&mut engine, &[("main.tf", providers), ("import.tf", &import)]);
    let plan = planned(&engine, &named).await.map_err(|it| it.diagnostics).unwrap();
    let text = &plan.generated[0].text;
    assert!(text.contains("{\n  provider = rich.west\n  name     = \"a"), "{text}");
    assert!(plan.changes[0].provider.ends_with(".west"));
    let nowhere = stack(&mut engine, &[("import.tf", &import)]);
    let failed = planned(&engine, &nowhere).await.unwrap_err();
    assert!(failed.diagnostics.to_string().contains("`rich.west`"), "{}", failed.diagnostics);
}

#[tokio::test]
async fn configuration_is_generated_where_terraform_generates_it() {
    let cases = [
        ("to = rich_thing.a", "plan --generate-config-out"),
        ("to = rich_thing.a[0]", "`count` or `for_each`"),
        ("to = rich_thing.a\n  for_each = toset([\"x\"])", "`for_each`"),
        ("to = rich_thing.a[each.key]\n  for_each = toset([\"x\"])", "`for_each`"),
        ("to = module.m.rich_thing.a", "root module only"),
    ];
    for (to, hint) in cases {
        let mut engine = engine();
        let module = "module \"m\" {\n  source = \"./m\"\n}\n";
        let import = IMPORT.replace("to = rich_thing.a", to);
        let files = [("main.tf", module), ("import.tf", import.as_str()), ("m/main.tf", "")];
        let stack = stack(&mut engine, &files);
        let refused = engine.plan(&stack, &Inputs::new(), &PlanOptions::default()).await;
        let refused = refused.unwrap_err().diagnostics;
        let it = only(&refused);
        assert_eq!(it.summary, "Configuration for import target does not exist", "{to}");
        assert!(it.hints.iter().any(|it| it.contains(hint)), "{to}: {:?}", it.hints);
        let generated = planned(&engine, &stack).await;
        assert_eq!(generated.is_ok(), hint.starts_with("plan"), "{to}");
        if let Err(failed) = generated {
            assert_eq!(only(&failed.diagnostics).hints, it.hints, "{to}");
        }
    }
}

#[tokio::test]
async fn nothing_is_generated_for_what_is_not_there_or_not_taken_over() {
    let mut engine = engine();
    let missing = stack(&mut engine, &[("main.tf", &IMPORT.replace("\"thing\"", "\"none\""))]);
    let failed = planned(&engine, &missing).await.unwrap_err();
    assert!(failed.diagnostics.to_string().contains("non-existent"), "{}", failed.diagnostics);
    assert!(failed.partial.is_some_and(|it| it.generated.is_empty()));
    for mode in [PlanMode::Destroy, PlanMode::RefreshOnly] {
        let stack = stack(&mut engine, &[("main.tf", IMPORT)]);
        let options = PlanOptions { mode, generate_config: true, ..PlanOptions::default() };
        let plan = engine.plan(&stack, &Inputs::new(), &options).await.unwrap();
        assert_eq!(plan.generated, []);
    }
}

/// Where a real Terraform is at hand, it finds nothing to lay out differently.
#[test]
fn terraform_leaves_the_layout_as_it_is() {
    let mut command = Command::new("terraform");
    command.args(["fmt", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let Ok(mut child) = command.spawn() else { return };
    let mut stdin = child.stdin.take().unwrap();
    std::io::Write::write_all(&mut stdin, EXPECTED.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), EXPECTED);
}
