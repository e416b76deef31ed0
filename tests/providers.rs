//! Several configurations of one provider: each object is made, read and deleted where it belongs.

mod common;

use std::path::Path;
use std::sync::Arc;

use common::fake::FakeCloud;
use fastcart_hcl::diag::Diagnostics;
use fastcart_hcl::engine::{Engine, Inputs, PlanOptions};
use fastcart_hcl::lang::files::MemoryFiles;
use fastcart_hcl::plan::Plan;
use fastcart_hcl::state::{MemoryStore, State};

const PROVIDERS: &str = r#"
provider "fake" {
  region = "east"
}
provider "fake" {
  alias  = "west"
  region = "west"
}
"#;

const THINGS: &str = r#"
resource "fake_thing" "here" {
  name = "here"
}
resource "fake_thing" "there" {
  provider = fake.west
  name     = "there"
}
data "fake_lookup" "there" {
  provider   = fake.west
  name       = "there"
  depends_on = [fake_thing.there]
}
module "m" {
  source = "./m"
  providers = {
    fake = fake.west
  }
}
"#;

const INNER: &str = r#"
terraform {
  required_providers {
    fake = { source = "fake" }
  }
}
resource "fake_thing" "inner" {
  name = "inner"
}
"#;

struct Regions {
    east: FakeCloud,
    west: FakeCloud,
    engine: Engine,
}

impl Regions {
    fn new() -> Self {
        let (east, west) = (FakeCloud::new(), FakeCloud::new());
        let registry = FakeCloud::regions(&[("east", &east), ("west", &west)]);
        let engine = Engine::new(registry, Arc::new(MemoryStore::new()));
        Regions { east, west, engine }
    }

    async fn plan(&mut self, text: &str) -> Result<Plan, Diagnostics> {
        self.plan_with(text, INNER).await
    }

    async fn plan_with(&mut self, text: &str, inner: &str) -> Result<Plan, Diagnostics> {
        let files = MemoryFiles::new().with("main.tf", text).with("m/main.tf", inner);
        self.engine.files = Arc::new(files);
        let (stack, found) = self.engine.load(Path::new("."));
        assert!(!found.has_errors(), "{found}");
        let options = PlanOptions::default();
        let plan = self.engine.plan(&stack.unwrap(), &Inputs::new(), &options).await;
        plan.map_err(|it| it.diagnostics)
    }

    async fn apply(&mut self, text: &str) {
        self.apply_with(text, INNER).await;
    }

    async fn apply_with(&mut self, text: &str, inner: &str) {
        let plan = self.plan_with(text, inner).await.unwrap();
        let (stack, _) = self.engine.load(Path::new("."));
        let applied = self.engine.apply(&stack.unwrap(), &Inputs::new(), &plan).await;
        assert!(!applied.diagnostics.has_errors(), "{}", applied.diagnostics);
    }

    fn state(&self) -> State {
        self.engine.store.read().unwrap().unwrap()
    }

    /// Names of what there is in each.
    fn names(&self) -> [Vec<String>; 2] {
        [self.east.names(), self.west.names()]
    }
}

#[tokio::test(start_paused = true)]
async fn each_object_lives_in_its_own_region() {
    let mut it = Regions::new();
    let whole = format!("{PROVIDERS}{THINGS}");
    it.apply(&whole).await;
    assert_eq!(it.names(), [vec!["here"], vec!["inner", "there"]]);
    let state = it.state();
    let provider =
        |address: &str| state.current(&address.parse().unwrap()).unwrap().provider.clone();
    let (east, west) = (
        "provider[\"registry.terraform.io/fake/fake\"]",
        "provider[\"registry.terraform.io/fake/fake\"].west",
    );
    assert_eq!(provider("fake_thing.here"), east);
    assert_eq!(provider("fake_thing.there"), west);
    assert_eq!(provider("data.fake_lookup.there"), west);
    assert_eq!(provider("module.m.fake_thing.inner"), west);

    let again = it.plan(&whole).await.unwrap();
    assert!(!again.has_changes() && again.drift.is_empty(), "{:?}", again.counts());
}

#[tokio::test(start_paused = true)]
async fn what_has_no_block_any_more_is_deleted_where_it_was_made() {
    let mut it = Regions::new();
    it.apply(&format!("{PROVIDERS}{THINGS}")).await;
    // Without its provider block, nobody can tell where it is.
    let east = PROVIDERS.split("provider").take(2).collect::<Vec<_>>().join("provider");
    let found = it.plan(&east).await.unwrap_err();
    assert!(found.to_string().contains("`fake.west`"), "{found}");
    assert_eq!(it.names(), [vec!["here"], vec!["inner", "there"]]);
    it.apply(PROVIDERS).await;
    assert_eq!(it.names(), [Vec::<String>::new(), Vec::new()]);
}

#[tokio::test(start_paused = true)]
async fn an_empty_block_of_a_module_stands_for_what_is_handed_in() {
    let inner = "provider \"fake\" {\n  alias = \"there\"\n}\n\
                 resource \"fake_thing\" \"inner\" {\n  provider = fake.there\n  name     = \"inner\"\n}\n";
    let (default, west) = (
        "provider[\"registry.terraform.io/fake/fake\"]",
        "provider[\"registry.terraform.io/fake/fake\"].west",
    );
    for (handed, want) in [("providers = { fake.there = fake.west }", west), ("", default)] {
        let text = format!("{PROVIDERS}module \"m\" {{\n  source = \"./m\"\n  {handed}\n}}\n");
        let plan = Regions::new().plan_with(&text, inner).await.unwrap();
        assert_eq!(plan.changes[0].provider, want, "{handed}");
    }
}

/// A module that says itself where its objects live.
const CONFIGURED: &str = r#"
variable "region" {
  type = string
}
provider "fake" {
  region = var.region
}
provider "fake" {
  alias  = "home"
  region = "east"
}
resource "fake_thing" "inner" {
  name = "inner"
}
resource "fake_thing" "home" {
  provider = fake.home
  name     = "home"
}
"#;

#[tokio::test(start_paused = true)]
async fn a_module_may_configure_providers_itself() {
    let mut it = Regions::new();
    let call = |more: &str| {
        let here = "resource \"fake_thing\" \"here\" {\n  name = \"here\"\n}\n";
        format!(
            "{PROVIDERS}{here}module \"m\" {{\n  source = \"./m\"\n  region = \"west\"\n{more}}}\n"
        )
    };
    it.apply_with(&call(""), CONFIGURED).await;
    assert_eq!(it.names(), [vec!["here", "home"], vec!["inner"]]);
    let state = it.state();
    let provider =
        |address: &str| state.current(&address.parse().unwrap()).unwrap().provider.clone();
    let own = "module.m.provider[\"registry.terraform.io/fake/fake\"]";
    assert_eq!(provider("module.m.fake_thing.inner"), own);
    assert_eq!(provider("module.m.fake_thing.home"), format!("{own}.home"));
    assert!(!it.plan_with(&call(""), CONFIGURED).await.unwrap().has_changes());

    // Nobody knows where to delete its objects when the module is gone, and its configuration with it.
    let found = it.plan_with(PROVIDERS, "").await.unwrap_err();
    assert!(found.to_string().contains("`module.m.fake`"), "{found}");
    assert_eq!(it.names(), [vec!["here", "home"], vec!["inner"]]);

    // The configuration stays, so what has no block any more is deleted where it was made.
    let rest = CONFIGURED.split("resource").next().unwrap();
    it.apply_with(&call(""), rest).await;
    assert_eq!(it.names(), [vec!["here".to_string()], Vec::new()]);
}

#[tokio::test(start_paused = true)]
async fn a_module_that_configures_providers_is_called_once() {
    let thing = "resource \"fake_thing\" \"x\" {\n  name = \"x\"\n}\n";
    let overridden = "Cannot override provider configuration";
    let repeated = "Module is incompatible with count, for_each, and depends_on";
    for (more, summary) in [
        ("count = 2", repeated),
        ("for_each = toset([\"a\"])", repeated),
        ("depends_on = [fake_thing.x]", repeated),
        ("providers = { fake.home = fake }", overridden),
    ] {
        let call =
            format!("module \"m\" {{\n  source = \"./m\"\n  region = \"west\"\n  {more}\n}}\n");
        let text = format!("{PROVIDERS}{thing}{call}");
        let found = Regions::new().plan_with(&text, CONFIGURED).await.unwrap_err();
        let told = found.iter().next().unwrap();
        assert_eq!((found.len(), &*told.summary), (1, summary), "{found}");
        assert!(told.span.is_some(), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_nothing_uses_is_not_needed() {
    let mut it = Regions::new();
    let west = "provider \"fake\" {\n  alias  = \"west\"\n  region = \"west\"\n}\n";
    let there = "resource \"fake_thing\" \"a\" {\n  provider = fake.west\n  name     = \"a\"\n}\n";
    it.apply(&format!("{west}{there}")).await;
    assert_eq!(it.names(), [Vec::<String>::new(), vec!["a".to_string()]]);
    it.apply(west).await;
    assert_eq!(it.names(), [Vec::<String>::new(), Vec::new()]);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_may_get_another_name() {
    let mut it = Regions::new();
    let named = |alias: &str| {
        format!(
            "provider \"fake\" {{\n  alias  = \"{alias}\"\n  region = \"west\"\n}}\n\
             resource \"fake_thing\" \"a\" {{\n  provider = fake.{alias}\n  name     = \"a\"\n}}\n"
        )
    };
    it.apply(&named("west")).await;
    assert!(!it.plan(&named("other")).await.unwrap().has_changes());
    it.apply(&named("other")).await;
    // The state knows the new name, so that the block of the resource can go.
    let whole = named("other");
    it.apply(whole.split("resource").next().unwrap()).await;
    assert_eq!(it.names(), [Vec::<String>::new(), Vec::new()]);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_is_nowhere_written_is_refused() {
    let mut it = Regions::new();
    let wrong = THINGS.replacen("fake.west", "fake.wset", 1);
    let found = it.plan(&format!("{PROVIDERS}{wrong}")).await.unwrap_err();
    assert_eq!(found.len(), 1, "{found}");
    let told = found.iter().next().unwrap();
    assert_eq!(told.summary, "Provider configuration not present");
    assert!(told.detail.contains("`fake.wset`") && told.span.is_some(), "{told:?}");
    assert_eq!(told.hints, ["did you mean `fake.west`?"]);
}

#[tokio::test(start_paused = true)]
async fn a_block_of_an_unknown_provider_is_told() {
    let mut it = Regions::new();
    let plan = it.plan("provider \"fkae\" {\n  region = \"east\"\n}\n").await.unwrap();
    let told = plan.warnings.iter().next().unwrap();
    assert_eq!(told.summary, "provider block that is not used");
    assert!(told.span.is_some());
    assert_eq!(told.hints, ["did you mean `fake`?"]);
}
