//! Secrets that pass through a run: ephemeral resources, and arguments that are only sent.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use fastcart_hcl::diag::{Diagnostics, Style};
use fastcart_hcl::driver::{
    AnyDriver, AnyEphemeral, BoxFuture, Cloud, Driver, Ephemeral, Failure, FailureKind, Id, Op,
    Result, Status, driver, ephemeral,
};
use fastcart_hcl::engine::{Engine, Inputs, PlanOptions, Stack, saved};
use fastcart_hcl::event::Event;
use fastcart_hcl::lang::files::MemoryFiles;
use fastcart_hcl::lang::value::Value;
use fastcart_hcl::plan::{Action, Plan, PlanMode};
use fastcart_hcl::provider::{Provider, Registry};
use fastcart_hcl::render::plan_json::Origin;
use fastcart_hcl::render::{events_json, graph, plan_json, plan_text, schemas};
use fastcart_hcl::schema::{Attribute, Nested, Out, Resource, Row, WriteOnly};
use fastcart_hcl::state::{FileStore, ObjectStatus};

/// What every secret begins with.
const SECRET: &str = "hunter2";

/// What happened, in order.
#[derive(Default)]
struct World {
    log: Vec<String>,
    accounts: BTreeMap<String, (String, i64)>,
    tokens: BTreeMap<String, String>,
    opened: usize,
    /// Replies to creates that get lost.
    lost: usize,
    /// Creates that are refused, by name.
    refused: Option<String>,
}

#[derive(Clone, Default)]
struct Vault(Arc<Mutex<World>>);

impl Vault {
    fn log(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().log)
    }

    fn say(&self, what: String) {
        self.0.lock().unwrap().log.push(what);
    }
}

/// A secret, another one at each opening.
///
/// ```terraform
/// ephemeral "vault_token" "t" {
///   name = "t"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("vault_token", anonymous)]
struct Token {
    /// Its name.
    name: String,
    /// The secret.
    #[attr(sensitive)]
    secret: Out<String>,
}

impl Ephemeral for Token {
    type Cloud = Vault;

    async fn open(&mut self, vault: &Vault) -> Result<()> {
        if self.name == "locked" {
            return Err(Failure::fatal("it is locked"));
        }
        let mut world = vault.0.lock().unwrap();
        world.opened += 1;
        let secret = format!("{SECRET}-{}-{}", self.name, world.opened);
        world.log.push(format!("open {}", self.name));
        self.secret.set(secret);
        Ok(())
    }

    async fn close(&self, vault: &Vault) -> Result<()> {
        assert!(self.secret.get().is_some_and(|it| it.starts_with(SECRET)), "closed as it is open");
        vault.say(format!("close {}", self.name));
        Ok(())
    }
}

/// Something with a password.
///
/// ```terraform
/// resource "vault_account" "a" {
///   name = "a"
/// }
/// ```
#[derive(Clone, Debug, Resource)]
#[resource("vault_account")]
struct Account {
    /// Its name.
    #[attr(replace)]
    name: String,
    /// What can be changed.
    #[attr(default = 1)]
    size: i64,
    /// Password.
    password_wo: WriteOnly<String>,
    /// Number of the password.
    #[attr(local)]
    password_wo_version: Option<i64>,
}

impl Account {
    fn pass(&self) -> &str {
        self.password_wo.expose().map_or("-", String::as_str)
    }
}

impl Driver for Account {
    type Cloud = Vault;
    type Seen = i64;

    async fn create(&self, vault: &Vault, op: &Op) -> Result<Id> {
        let mut world = vault.0.lock().unwrap();
        world.log.push(format!("create {} {}", self.name, self.pass()));
        if world.refused.as_ref() == Some(&self.name) {
            return Err(Failure::fatal(format!("`{}` is too weak", self.pass())));
        }
        if let (Some(name), 0) = (world.tokens.get(op.token()), world.lost) {
            return Ok(name.as_str().into());
        }
        world.accounts.insert(self.name.clone(), (self.pass().into(), self.size));
        world.tokens.insert(op.token().into(), self.name.clone());
        if world.lost > 0 {
            world.lost -= 1;
            return Err(Failure::new(FailureKind::Lost, "no answer"));
        }
        Ok(self.name.as_str().into())
    }

    async fn find(id: &Id, vault: &Vault) -> Result<Option<i64>> {
        Ok(vault.0.lock().unwrap().accounts.get(&id.0).map(|it| it.1))
    }

    fn status(_: &i64) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: i64) {
        self.size = seen;
    }

    async fn update(&self, have: &Self, id: &Id, vault: &Vault) -> Result<()> {
        assert!(have.password_wo.expose().is_none(), "no one has it");
        let mut world = vault.0.lock().unwrap();
        world.log.push(format!("update {} {} {}", self.name, self.size, self.pass()));
        let account = world.accounts.get_mut(&id.0).unwrap();
        account.1 = self.size;
        if let Some(pass) = self.password_wo.expose() {
            account.0 = pass.clone();
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, vault: &Vault) -> Result<()> {
        vault.0.lock().unwrap().accounts.remove(&id.0);
        Ok(())
    }
}

/// Arguments of the provider block.
#[derive(Debug, Nested)]
struct Block {
    /// Token to sign in with.
    token: Option<String>,
}

struct VaultProvider(&'static str, Vault);

impl Provider for VaultProvider {
    fn name(&self) -> &str {
        self.0
    }

    fn source(&self) -> &str {
        "registry.terraform.io/test/vault"
    }

    fn arguments(&self) -> &'static [Attribute] {
        Block::ATTRIBUTES
    }

    fn drivers(&self) -> Vec<Arc<dyn AnyDriver>> {
        Vec::from_iter((self.0 == "vault").then(driver::<Account>))
    }

    fn data_sources(&self) -> Vec<Arc<dyn fastcart_hcl::driver::AnyDataSource>> {
        Vec::new()
    }

    fn ephemerals(&self) -> Vec<Arc<dyn AnyEphemeral>> {
        Vec::from_iter((self.0 == "vault").then(ephemeral::<Token>))
    }

    fn configure<'a>(&'a self, config: &'a Value) -> BoxFuture<'a, Result<Cloud, Diagnostics>> {
        let block = Block::from_row(config).unwrap();
        if let Some(token) = block.token {
            self.1.say(format!("configure {} {token}", self.0));
        }
        let cloud: Cloud = Arc::new(self.1.clone());
        Box::pin(async move { Ok(cloud) })
    }
}

/// A stack in memory, its state in a directory.
struct Bench {
    vault: Vault,
    engine: Engine,
    stack: Stack,
    dir: tempfile::TempDir,
    events: Arc<Mutex<Vec<Event>>>,
}

fn bench(text: &str) -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let vault = Vault::default();
    let registry = Registry::new()
        .with(Arc::new(fastcart_hcl::builtin::Builtin::default()))
        .with(Arc::new(VaultProvider("vault", vault.clone())))
        .with(Arc::new(VaultProvider("other", vault.clone())));
    let store = FileStore::new(dir.path().join("terraform.tfstate"));
    let mut engine = Engine::new(registry, Arc::new(store));
    let events: Arc<Mutex<Vec<Event>>> = Arc::default();
    let heard = events.clone();
    engine.listener = Arc::new(move |event| heard.lock().unwrap().push(event));
    let stack = load(&mut engine, text);
    Bench { vault, engine, stack, dir, events }
}

fn load(engine: &mut Engine, text: &str) -> Stack {
    engine.files = Arc::new(MemoryFiles::new().with("main.tf", text));
    let (stack, found) = engine.load(Path::new("."));
    assert!(!found.has_errors(), "{found}");
    stack.unwrap()
}

impl Bench {
    fn change(&mut self, text: &str) {
        self.stack = load(&mut self.engine, text);
    }

    async fn plan_with(&self, options: PlanOptions) -> Result<Plan, String> {
        let planned = self.engine.plan(&self.stack, &Inputs::new(), &options).await;
        planned.map_err(|it| it.diagnostics.to_string())
    }

    async fn plan(&self) -> Plan {
        self.plan_with(PlanOptions::default()).await.unwrap()
    }

    async fn apply(&self) -> fastcart_hcl::engine::Applied {
        let plan = self.plan().await;
        self.vault.log();
        self.engine.apply(&self.stack, &Inputs::new(), &plan).await
    }

    /// Everything that a run writes or says, the plan included.
    fn told(&self, plan: Option<&Plan>) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for it in std::fs::read_dir(self.dir.path()).unwrap().map(|it| it.unwrap()) {
            let text = String::from_utf8_lossy(&std::fs::read(it.path()).unwrap()).into_owned();
            all.push((it.file_name().to_string_lossy().into_owned(), text));
        }
        let events = self.events.lock().unwrap();
        let now = jiff::Timestamp::UNIX_EPOCH;
        for event in events.iter() {
            let lines = events_json::event(&self.stack.sources, event);
            let lines = lines.iter().map(|it| it.at(now).to_string()).collect::<String>();
            all.push(("events".into(), format!("{event:?}{lines}")));
        }
        if let Some(plan) = plan {
            let registry = &self.engine.registry;
            let find = schemas(registry);
            let bytes = saved::encode(Path::new("."), &self.stack, &Inputs::new(), plan);
            all.push(("saved plan".into(), String::from_utf8(bytes).unwrap()));
            let json = plan_json::plan(&find, plan, &Origin::default());
            all.push(("plan as JSON".into(), json.to_string()));
            all.push(("plan as text".into(), plan_text::plan(&find, plan, Style::default())));
            let lines = events_json::plan(plan);
            all.push(("lines".into(), lines.iter().map(|it| it.at(now).to_string()).collect()));
            let picture = graph::of_plan(plan);
            all.push(("graph".into(), graph::dot(&picture) + &graph::mermaid(&picture)));
        }
        all
    }

    fn assert_secret(&self, plan: Option<&Plan>) {
        for (where_, text) in self.told(plan) {
            assert!(!text.contains(SECRET), "{where_} tells the secret: {text}");
        }
    }
}

const STACK: &str = r#"
ephemeral "vault_token" "t" {
  name = "t"
}
locals {
  pass = "${ephemeral.vault_token.t.secret}!"
}
resource "vault_account" "a" {
  name                = "a"
  password_wo         = local.pass
  password_wo_version = 1
}
"#;

#[tokio::test(start_paused = true)]
async fn a_secret_reaches_the_driver_and_no_file() {
    let bench = bench(STACK);
    let plan = bench.plan().await;
    assert_eq!(bench.vault.log(), ["open t", "close t"], "at plan");
    let actions: Vec<_> =
        plan.changes.iter().map(|it| (it.address.to_string(), it.action)).collect();
    let want = [
        ("ephemeral.vault_token.t".to_string(), Action::Open),
        ("vault_account.a".to_string(), Action::Create),
    ];
    assert_eq!(actions.iter().collect::<std::collections::BTreeSet<_>>().len(), 2);
    for it in want {
        assert!(actions.contains(&it), "{it:?} is not in {actions:?}");
    }
    assert_eq!(plan.counts().add, 1);
    bench.assert_secret(Some(&plan));
    let picture = graph::dot(&graph::of_plan(&plan));
    assert!(picture.contains("\"vault_account.a\" -> \"ephemeral.vault_token.t\""), "{picture}");
    let text = plan_text::plan(&schemas(&bench.engine.registry), &plan, Style::default());
    assert!(!text.contains("vault_token"), "{text}");

    let applied = bench.engine.apply(&bench.stack, &Inputs::new(), &plan).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    assert_eq!(bench.vault.log(), ["open t", "create a hunter2-t-2!", "close t"]);
    bench.assert_secret(Some(&plan));
    let state = bench.told(None).into_iter().find(|it| it.0 == "terraform.tfstate").unwrap().1;
    assert!(!state.contains("vault_token"), "{state}");

    // Nothing to do: it is opened to plan, and no more.
    let plan = bench.plan().await;
    assert!(!plan.has_changes());
    assert_eq!(bench.vault.log(), ["open t", "close t"]);
    bench.engine.apply(&bench.stack, &Inputs::new(), &plan).await;
    assert_eq!(bench.vault.log(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_saved_plan_opens_it_again() {
    let bench = bench(STACK);
    let plan = bench.plan().await;
    let bytes = saved::encode(Path::new("."), &bench.stack, &Inputs::new(), &plan);
    bench.vault.log();
    let read = saved::decode(&bench.engine, "it.plan", &bytes).unwrap();
    let applied = bench.engine.apply(&read.stack, &read.inputs, &read.plan).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    assert_eq!(bench.vault.log(), ["open t", "create a hunter2-t-2!", "close t"]);
}

#[tokio::test(start_paused = true)]
async fn a_write_only_argument_is_sent_again_when_its_version_changes() {
    let mut bench = bench(STACK);
    bench.apply().await;
    bench.vault.log();
    let one = "password_wo_version = 1";
    let cases = [
        // Arguments, and what the driver is told.
        ("password_wo_version = 1\n  size = 3", Some("update a 3 -")),
        ("password_wo_version = 1\n  size = 3", None),
        ("password_wo_version = 2\n  size = 3", Some("update a 3 hunter2-t-")),
        ("password_wo_version = 2\n  size = 4", Some("update a 4 -")),
        ("size = 4", Some("update a 4 hunter2-t-")),
    ];
    for (more, update) in cases {
        bench.change(&STACK.replace(one, more));
        let plan = bench.plan().await;
        assert_eq!(plan.counts().change, usize::from(update.is_some()), "{more}");
        bench.vault.log();
        bench.engine.apply(&bench.stack, &Inputs::new(), &plan).await;
        let log = bench.vault.log();
        match update {
            None => assert_eq!(log, [""; 0], "{more}"),
            Some(update) => assert!(log.len() == 3 && log[1].starts_with(update), "{log:?}"),
        }
        bench.assert_secret(Some(&plan));
    }
}

#[tokio::test(start_paused = true)]
async fn a_create_that_is_taken_up_is_sent_with_its_secret_again() {
    let bench = bench(STACK);
    bench.vault.0.lock().unwrap().lost = usize::MAX;
    let applied = bench.apply().await;
    assert!(applied.diagnostics.has_errors());
    bench.assert_secret(None);
    assert!(bench.told(None).iter().any(|it| it.0.contains("journal")), "it is in doubt");
    bench.vault.0.lock().unwrap().lost = 0;
    bench.vault.log();
    let found = bench.engine.recover(&bench.stack, &Inputs::new()).await.unwrap();
    assert!(found.is_empty(), "{found}");
    let log = bench.vault.log();
    assert_eq!((log[0].as_str(), log[2].as_str(), log.len()), ("open t", "close t", 3), "{log:?}");
    assert!(log[1].starts_with("create a hunter2-t-"), "{log:?}");
    bench.assert_secret(None);
    let state = bench.engine.store.read().unwrap().unwrap();
    let object = state.current(&"vault_account.a".parse().unwrap()).unwrap();
    assert_eq!(object.status, ObjectStatus::Ready);
    assert!(!bench.plan().await.has_changes());
}

#[tokio::test(start_paused = true)]
async fn what_a_service_repeats_is_not_told() {
    let bench = bench(STACK);
    bench.vault.0.lock().unwrap().refused = Some("a".into());
    let applied = bench.apply().await;
    let text = applied.diagnostics.to_string();
    assert!(text.contains("`(sensitive)` is too weak"), "{text}");
    bench.assert_secret(None);
    assert_eq!(bench.vault.log().last().unwrap(), "close t", "closed all the same");
}

#[tokio::test(start_paused = true)]
async fn each_is_closed_after_its_last_user() {
    let bench = bench(
        r#"
ephemeral "vault_token" "first" {
  name = "first"
}
ephemeral "vault_token" "second" {
  name = "second-${substr(ephemeral.vault_token.first.secret, 0, 7)}"
}
ephemeral "vault_token" "each" {
  for_each = toset(["x", "y"])
  name     = each.key
}
resource "vault_account" "a" {
  name        = "a"
  password_wo = ephemeral.vault_token.second.secret
}
resource "vault_account" "b" {
  name        = "b"
  password_wo = ephemeral.vault_token.each["y"].secret
  depends_on  = [vault_account.a]
}
"#,
    );
    let plan = bench.plan().await;
    bench.vault.log();
    let applied = bench.engine.apply(&bench.stack, &Inputs::new(), &plan).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    let log = bench.vault.log();
    let at = |what: &str| {
        log.iter().position(|it| it.starts_with(what)).unwrap_or_else(|| panic!("{what}: {log:?}"))
    };
    for (first, then) in [
        ("open first", "open second"),
        ("open second", "create a"),
        ("create a", "close second"),
        ("close second", "close first"),
        ("create a", "create b"),
        ("create b", "close y"),
    ] {
        assert!(at(first) < at(then), "{first}, {then}: {log:?}");
    }
    assert!(!log.iter().any(|it| it == "open x"), "nothing uses it: {log:?}");
}

#[tokio::test(start_paused = true)]
async fn one_whose_arguments_are_not_known_is_opened_at_apply() {
    let bench = bench(
        r#"
resource "terraform_data" "d" {}
ephemeral "vault_token" "t" {
  name = "t-${terraform_data.d.id}"
  lifecycle {
    postcondition {
      condition     = self.secret != ""
      error_message = "empty"
    }
  }
}
resource "vault_account" "a" {
  name        = "a"
  password_wo = ephemeral.vault_token.t.secret
}
"#,
    );
    let plan = bench.plan().await;
    assert_eq!(bench.vault.log(), [""; 0]);
    let account = plan.changes.iter().find(|it| &*it.address.resource.kind == "vault_account");
    let used: Vec<_> = account.unwrap().dependencies.iter().map(ToString::to_string).collect();
    assert!(used.contains(&"terraform_data.d".to_string()), "{used:?}");
    let applied = bench.engine.apply(&bench.stack, &Inputs::new(), &plan).await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    let log = bench.vault.log();
    assert!(log.len() == 3 && log[1].contains("hunter2-t-"), "{log:?}");
    bench.assert_secret(Some(&plan));
    let object = applied.state.current(&"vault_account.a".parse().unwrap()).unwrap();
    let used: Vec<_> = object.dependencies.iter().map(ToString::to_string).collect();
    assert_eq!(used, ["terraform_data.d"], "what is ephemeral is in no state");
}

#[tokio::test(start_paused = true)]
async fn a_provider_block_may_use_one() {
    let bench = bench(
        r#"
ephemeral "vault_token" "t" {
  name = "t"
}
provider "other" {
  token = ephemeral.vault_token.t.secret
}
"#,
    );
    let plan = bench.plan().await;
    assert_eq!(bench.vault.log(), ["open t", "configure other hunter2-t-1", "close t"]);
    bench.engine.apply(&bench.stack, &Inputs::new(), &plan).await;
    assert_eq!(bench.vault.log(), ["open t", "configure other hunter2-t-2", "close t"]);
}

#[tokio::test(start_paused = true)]
async fn a_target_brings_what_it_needs() {
    let text = format!("{STACK}\nresource \"vault_account\" \"b\" {{\n  name = \"b\"\n}}\n");
    let bench = bench(&text);
    let targets = vec!["vault_account.a".parse().unwrap()];
    let options = PlanOptions { targets, ..PlanOptions::default() };
    let plan = bench.plan_with(options).await.unwrap();
    bench.vault.log();
    let applied = bench.engine.apply(&bench.stack, &Inputs::new(), &plan).await;
    assert_eq!(applied.done.add, 1);
    assert_eq!(bench.vault.log(), ["open t", "create a hunter2-t-2!", "close t"]);
    // A run that destroys opens nothing.
    let options = PlanOptions { mode: PlanMode::Destroy, ..PlanOptions::default() };
    let plan = bench.plan_with(options).await.unwrap();
    bench.engine.apply(&bench.stack, &Inputs::new(), &plan).await;
    assert_eq!(bench.vault.log(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn what_would_be_stored_is_refused() {
    let token = "ephemeral \"vault_token\" \"t\" {\n  name = \"t\"\n}\n";
    let cases = [
        (
            "resource \"vault_account\" \"a\" {\n  name = ephemeral.vault_token.t.secret\n}",
            "Invalid use of ephemeral value",
        ),
        (
            "resource \"terraform_data\" \"a\" {\n  input = [local.s]\n}\nlocals {\n  s = ephemeral.vault_token.t\n}",
            "Invalid use of ephemeral value",
        ),
        (
            "data \"terraform_remote_state\" \"a\" {\n  backend = ephemeral.vault_token.t.secret\n}",
            "Invalid use of ephemeral value",
        ),
        (
            "output \"o\" {\n  value = ephemeral.vault_token.t.secret\n}",
            "Ephemeral value not allowed",
        ),
        (
            "output \"o\" {\n  value     = ephemeral.vault_token.t.secret\n  ephemeral = true\n}",
            "Ephemeral output not allowed",
        ),
        (
            "resource \"terraform_data\" \"a\" {\n  count = length(ephemeral.vault_token.t.secret)\n}",
            "Invalid count argument",
        ),
        (
            "resource \"terraform_data\" \"a\" {\n  for_each = toset([ephemeral.vault_token.t.secret])\n}",
            "Invalid for_each argument",
        ),
        (
            "resource \"terraform_data\" \"a\" {\n  input = ephemeral.vault_token.u.secret\n}",
            "Reference to undeclared resource",
        ),
        ("ephemeral \"vault_account\" \"a\" {\n  name = \"a\"\n}", "Invalid ephemeral resource"),
        ("ephemeral \"vault_token\" \"b\" {\n}", "Missing required argument"),
        (
            "ephemeral \"vault_token\" \"b\" {\n  name = \"b\"\n  lifecycle {\n    prevent_destroy = true\n  }\n}",
            "Invalid ephemeral resource lifecycle argument",
        ),
        ("ephemeral \"vault_token\" \"b\" {\n  name = \"locked\"\n}", "cannot open"),
    ];
    for (text, summary) in cases {
        let mut engine = bench("").engine;
        engine.files =
            Arc::new(MemoryFiles::new().with("main.tf", format!("{token}{text}\n").as_str()));
        let (stack, found) = engine.load(Path::new("."));
        let shown = match stack.filter(|_| !found.has_errors()) {
            None => found.to_string(),
            Some(stack) => {
                let planned = engine.plan(&stack, &Inputs::new(), &PlanOptions::default()).await;
                planned.err().map(|it| it.diagnostics.to_string()).unwrap_or_default()
            }
        };
        assert!(shown.contains(summary), "{text}\n{shown}");
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn it_passes_through_modules_that_say_so() {
    let mut bench = bench("");
    let files = MemoryFiles::new()
        .with(
            "main.tf",
            r#"
ephemeral "vault_token" "t" {
  name = "t"
}
module "m" {
  source = "./m"
  secret = ephemeral.vault_token.t.secret
}
resource "vault_account" "a" {
  name        = "a"
  password_wo = module.m.doubled
}
"#,
        )
        .with(
            "m/main.tf",
            r#"
variable "secret" {
  type      = string
  ephemeral = true
}
output "doubled" {
  value     = "${var.secret}/${var.secret}"
  ephemeral = true
}
"#,
        );
    bench.engine.files = Arc::new(files);
    let (stack, found) = bench.engine.load(Path::new("."));
    assert!(found.is_empty(), "{found}");
    bench.stack = stack.unwrap();
    let applied = bench.apply().await;
    assert!(applied.diagnostics.is_empty(), "{}", applied.diagnostics);
    assert_eq!(bench.vault.log()[1], "create a hunter2-t-2/hunter2-t-2");
    bench.assert_secret(None);
}
