//! Providers: where drivers come from, and how a `provider` block becomes clients.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::address::Mode;
use crate::diag::Diagnostics;
use crate::driver::{AnyDataSource, AnyDriver, AnyEphemeral, BoxFuture, Cloud};
use crate::lang::config::LookedAt;
use crate::lang::value::Value;
use crate::schema::{Attribute, Places, Schema};

/// A provider: its types, and what its `provider` block takes.
pub trait Provider: Send + Sync {
    /// Local name, such as `aws`; types of it begin with that word and an underscore.
    fn name(&self) -> &str;

    /// Source as the state file names it, such as `registry.terraform.io/hashicorp/aws`.
    fn source(&self) -> &str;

    /// Arguments of its `provider` block.
    fn arguments(&self) -> &'static [Attribute];

    /// Drivers, sorted by type.
    fn drivers(&self) -> Vec<Arc<dyn AnyDriver>>;

    /// Data sources, sorted by type.
    fn data_sources(&self) -> Vec<Arc<dyn AnyDataSource>>;

    /// Ephemeral resources, sorted by type.
    fn ephemerals(&self) -> Vec<Arc<dyn AnyEphemeral>> {
        Vec::new()
    }

    /// Types that this build leaves out, each with the feature that brings it.
    fn left_out(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// What a configured provider adds to every resource, as far as it is known at plan.
    fn defaults(&self, _config: &Value) -> Defaults {
        Defaults::default()
    }

    /// Calls that its clients have made so far, by operation: `ec2:DescribeVpcs` 3 times.
    fn calls(&self) -> BTreeMap<String, u64> {
        BTreeMap::new()
    }

    /// Until [`Provider::end_survey`] these clients are only read with: what is asked for twice may be
    /// told once, what belongs together asked for together, and what nothing looks at left as it was
    /// last known.
    fn begin_survey(&self, _cloud: &Cloud, _survey: &Survey<'_>) {}

    /// From now on whatever is read is read anew.
    fn end_survey(&self, _cloud: &Cloud) {}

    /// Makes the clients. `config` is wholly known.
    fn configure<'a>(&'a self, config: &'a Value) -> BoxFuture<'a, Result<Cloud, Diagnostics>>;
}

/// What is about to be read, all in all.
pub struct Survey<'a> {
    /// Rows of managed objects and of data sources, as they were last known.
    pub known: Vec<&'a Value>,
    /// Computes what the configuration looks at; where everything is to be looked at, there is none.
    pub looked_at: Option<&'a dyn Fn() -> LookedAt>,
}

/// What a configured provider adds to every resource.
#[derive(Clone, Debug, Default)]
pub struct Defaults {
    /// `default_tags`; none where there are none, or unknown as a whole.
    pub tags: Option<Value>,
}

/// Every type that a run knows, by name.
#[derive(Clone, Default)]
pub struct Registry {
    providers: Vec<Arc<dyn Provider>>,
    drivers: BTreeMap<&'static str, (usize, Arc<dyn AnyDriver>)>,
    data_sources: BTreeMap<&'static str, (usize, Arc<dyn AnyDataSource>)>,
    ephemerals: BTreeMap<&'static str, (usize, Arc<dyn AnyEphemeral>)>,
}

/// A type, whatever its mode is.
#[derive(Clone, Copy)]
pub enum AnyType<'r> {
    /// What is created, changed and deleted.
    Managed(&'r Arc<dyn AnyDriver>),
    /// What is only read.
    Data(&'r Arc<dyn AnyDataSource>),
    /// What is opened anew in every run.
    Ephemeral(&'r Arc<dyn AnyEphemeral>),
}

impl AnyType<'_> {
    /// What the type looks like.
    pub fn schema(self) -> &'static Schema {
        match self {
            AnyType::Managed(it) => it.schema(),
            AnyType::Data(it) => it.schema(),
            AnyType::Ephemeral(it) => it.schema(),
        }
    }

    /// What the type itself refuses.
    pub fn check(self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics) {
        match self {
            AnyType::Managed(it) => it.check(row, places, diagnostics),
            AnyType::Data(it) => it.check(row, places, diagnostics),
            AnyType::Ephemeral(it) => it.check(row, places, diagnostics),
        }
    }

    /// The row with what these clients decide; see [`AnyDriver::located`].
    pub fn located(
        self,
        cloud: &Cloud,
        row: Value,
        places: Places<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        match self {
            AnyType::Managed(it) => it.located(cloud, row, places, diagnostics),
            AnyType::Data(it) => it.located(cloud, row, places, diagnostics),
            AnyType::Ephemeral(it) => it.located(cloud, row, places, diagnostics),
        }
    }
}

impl Registry {
    /// No types at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a provider with its types.
    pub fn with(mut self, provider: Arc<dyn Provider>) -> Self {
        let at = self.providers.len();
        for driver in provider.drivers() {
            self.drivers.insert(driver.schema().kind, (at, driver));
        }
        for source in provider.data_sources() {
            self.data_sources.insert(source.schema().kind, (at, source));
        }
        for ephemeral in provider.ephemerals() {
            self.ephemerals.insert(ephemeral.schema().kind, (at, ephemeral));
        }
        self.providers.push(provider);
        self
    }

    /// The driver of a resource type.
    pub fn driver(&self, kind: &str) -> Option<&Arc<dyn AnyDriver>> {
        self.drivers.get(kind).map(|(_, driver)| driver)
    }

    /// The data source of that type.
    pub fn data_source(&self, kind: &str) -> Option<&Arc<dyn AnyDataSource>> {
        self.data_sources.get(kind).map(|(_, source)| source)
    }

    /// The ephemeral resource of that type.
    pub fn ephemeral(&self, kind: &str) -> Option<&Arc<dyn AnyEphemeral>> {
        self.ephemerals.get(kind).map(|(_, ephemeral)| ephemeral)
    }

    /// The type of that mode and name.
    pub fn of(&self, mode: Mode, kind: &str) -> Option<AnyType<'_>> {
        match mode {
            Mode::Managed => self.driver(kind).map(AnyType::Managed),
            Mode::Data => self.data_source(kind).map(AnyType::Data),
            Mode::Ephemeral => self.ephemeral(kind).map(AnyType::Ephemeral),
        }
    }

    /// Names of all types of that mode, sorted.
    pub fn kinds(&self, mode: Mode) -> Vec<&'static str> {
        match mode {
            Mode::Managed => self.drivers.keys().copied().collect(),
            Mode::Data => self.data_sources.keys().copied().collect(),
            Mode::Ephemeral => self.ephemerals.keys().copied().collect(),
        }
    }

    /// The provider that a type of that mode belongs to.
    pub fn provider_of(&self, mode: Mode, kind: &str) -> Option<&Arc<dyn Provider>> {
        let at = match mode {
            Mode::Managed => self.drivers.get(kind)?.0,
            Mode::Data => self.data_sources.get(kind)?.0,
            Mode::Ephemeral => self.ephemerals.get(kind)?.0,
        };
        self.providers.get(at)
    }

    /// The provider of that local name.
    pub fn provider(&self, name: &str) -> Option<&Arc<dyn Provider>> {
        self.providers.iter().find(|it| it.name() == name)
    }

    /// All providers.
    pub fn providers(&self) -> &[Arc<dyn Provider>] {
        &self.providers
    }

    /// All resource types, sorted.
    pub fn drivers(&self) -> impl Iterator<Item = &Arc<dyn AnyDriver>> {
        self.drivers.values().map(|(_, driver)| driver)
    }

    /// All data sources, sorted.
    pub fn data_sources(&self) -> impl Iterator<Item = &Arc<dyn AnyDataSource>> {
        self.data_sources.values().map(|(_, source)| source)
    }

    /// All ephemeral resources, sorted.
    pub fn ephemerals(&self) -> impl Iterator<Item = &Arc<dyn AnyEphemeral>> {
        self.ephemerals.values().map(|(_, ephemeral)| ephemeral)
    }
}
