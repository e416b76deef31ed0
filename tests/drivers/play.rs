//! Plays the engine for one object: *find → status → observe → update* until nothing differs.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use fastcart_hcl::aws::{Aws, AwsProvider, AwsSettings};
use fastcart_hcl::diag::{Diagnostic, Diagnostics};
use fastcart_hcl::driver::{AnyDriver, Cloud, Failure, FailureKind, Id, Op, Status};
use fastcart_hcl::lang::convert::convert;
use fastcart_hcl::lang::value::Value;
use fastcart_hcl::plan::arguments::PlacesMap;
use fastcart_hcl::plan::rules;
use fastcart_hcl::provider::{Provider, Registry};
use fastcart_hcl::schema::{Attribute, Decides, Kind, compare};
use serde_json::json;

/// The local cloud, stopped with the test run because its standard input closes.
fn address() -> &'static str {
    static SERVER: OnceLock<(String, Option<Child>)> = OnceLock::new();
    let start = || {
        if let Ok(url) = std::env::var("FASTCART_CLOUD") {
            return (url, None);
        }
        let start = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cloud/start");
        let mut child = Command::new(start)
            .arg("--exit-with-stdin")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("tests/cloud/start runs");
        let mut lines = BufReader::new(child.stdout.take().expect("its output is piped")).lines();
        let line = lines.next().expect("it says where it listens").expect("as text");
        let url = line.split_whitespace().last().expect("at the end of the line").to_string();
        (url, Some(child))
    };
    &SERVER.get_or_init(start).0
}

/// One configured provider. Tests run beside each other in one account.
pub struct Play {
    registry: Registry,
    pub cloud: Cloud,
}

/// An object that was made.
#[derive(Clone, Debug)]
pub struct Made {
    pub kind: &'static str,
    pub id: Id,
    /// What is wanted of it.
    pub want: Value,
    /// What AWS told last.
    pub row: Value,
}

impl Made {
    /// The attribute of that name as JSON.
    pub fn at(&self, name: &str) -> serde_json::Value {
        let part = self.row.part(name).unwrap_or_else(|| panic!("{} has no `{name}`", self.kind));
        part.to_json().unwrap_or_else(|| panic!("`{name}` is not known"))
    }
}

impl Play {
    /// A provider whose block is `config`.
    pub async fn with(config: serde_json::Value) -> Play {
        Self::at(address(), config).await
    }

    /// The same, in the local cloud at that address.
    pub async fn at(url: &str, config: serde_json::Value) -> Play {
        let credentials = Credentials::new("test", "test", None, None, "test");
        let settings = AwsSettings {
            credentials: Some(SharedCredentialsProvider::new(credentials)),
            region: Some("eu-central-1".into()),
            endpoint_url: Some(url.into()),
            ..AwsSettings::default()
        };
        let provider = Arc::new(AwsProvider::new(settings));
        let config = filled(provider.arguments(), &config);
        let cloud = provider.configure(&config).await.unwrap_or_else(|it| panic!("{it:?}"));
        Play { registry: Registry::new().with(provider), cloud }
    }

    pub async fn new() -> Play {
        Self::with(json!({})).await
    }

    pub fn aws(&self) -> &Aws {
        self.cloud.downcast_ref().expect("the cloud is AWS")
    }

    pub fn driver(&self, kind: &str) -> &Arc<dyn AnyDriver> {
        self.registry.driver(kind).unwrap_or_else(|| panic!("no driver {kind}"))
    }

    /// Makes the object and brings it to what is wanted.
    pub async fn create(&self, kind: &str, config: serde_json::Value) -> Made {
        self.create_by(kind, config, Op::new(uuid::Uuid::new_v4().to_string(), false)).await
    }

    /// The same as that operation.
    pub async fn create_by(&self, kind: &str, config: serde_json::Value, op: Op) -> Made {
        let id = self.make(kind, &config, &op).await.unwrap_or_else(|it| panic!("{kind}: {it:?}"));
        let driver = self.driver(kind);
        let want = self.want(kind, &config);
        let made = Made { kind: driver.schema().kind, id, row: want.clone(), want };
        self.converge(made).await
    }

    /// Only the call that creates.
    pub async fn make(
        &self,
        kind: &str,
        config: &serde_json::Value,
        op: &Op,
    ) -> Result<Id, Failure> {
        let driver = self.driver(kind);
        driver.create(&self.cloud, self.want(kind, config), op.clone()).await
    }

    /// Brings the object to another configuration.
    pub async fn update(&self, made: &Made, config: serde_json::Value) -> Made {
        let want = self.want(made.kind, &config);
        self.converge(Made { want, ..made.clone() }).await
    }

    /// The same, beginning with the engine's first call: what AWS never tells, and what is only
    /// sent, differs in that one alone.
    pub async fn resend(&self, made: &Made, config: serde_json::Value) -> Made {
        let want = self.want(made.kind, &config);
        let (sent, have) = (known(&want, &made.row), made.row.clone());
        let sent = self.driver(made.kind).update(&self.cloud, &made.id, sent, have).await;
        sent.unwrap_or_else(|it| panic!("{} update: {it:?}", made.kind));
        self.converge(Made { row: want.clone(), want, ..made.clone() }).await
    }

    async fn converge(&self, mut made: Made) -> Made {
        let driver = self.driver(made.kind);
        let mut differing = Vec::new();
        for _ in 0..60 {
            let words = known(&made.want, &made.row);
            let seen = driver.read(&self.cloud, &made.id, words).await;
            let seen = seen.unwrap_or_else(|it| panic!("{} cannot be read: {it:?}", made.kind));
            let seen = seen.unwrap_or_else(|| panic!("{} {} is not there", made.kind, made.id));
            match seen.status {
                Status::Ready => {
                    made.row = seen.row;
                    made.id =
                        made.row.part("id").and_then(|it| it.as_str()).unwrap_or_default().into();
                }
                Status::Failed(why) => panic!("{} {} failed: {why}", made.kind, made.id),
                _ => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    continue;
                }
            }
            differing = differences(driver.schema().attributes, &made.want, &made.row);
            if differing.is_empty() {
                return made;
            }
            let (want, have) = (known(&made.want, &made.row), made.row.clone());
            match driver.update(&self.cloud, &made.id, want, have).await {
                Err(it) if it.kind == FailureKind::Retryable => {}
                other => other.unwrap_or_else(|it| panic!("{} update: {it:?}", made.kind)),
            }
        }
        panic!("{} never becomes what is wanted: {differing:?}\n{:?}", made.kind, made.row)
    }

    /// Deletes the object and waits until it is gone.
    pub async fn delete(&self, made: &Made) {
        let driver = self.driver(made.kind);
        for _ in 0..60 {
            if driver.stays(&made.row) {
                return;
            }
            match driver.read(&self.cloud, &made.id, made.row.clone()).await {
                Ok(None) => return,
                Ok(Some(it)) if matches!(it.status, Status::Busy(_)) => {}
                Ok(Some(_)) => match driver.delete(&self.cloud, &made.id, made.row.clone()).await {
                    Err(it) if it.kind == FailureKind::Retryable => {}
                    other => other.unwrap_or_else(|it| panic!("{} delete: {it:?}", made.kind)),
                },
                Err(it) => panic!("{} cannot be read: {it:?}", made.kind),
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{} {} never goes", made.kind, made.id)
    }

    /// The row of the object that an import string names.
    pub async fn import(&self, kind: &str, text: &str) -> Made {
        let driver = self.driver(kind);
        let id = driver.import(&self.cloud, text).await;
        let id = id.unwrap_or_else(|it| panic!("{kind} {text}: {it:?}"));
        let seen = driver.read(&self.cloud, &id, driver.blank()).await;
        let seen = seen.unwrap_or_else(|it| panic!("{kind} {text}: {it:?}"));
        let row = seen.unwrap_or_else(|| panic!("{kind} {text} is not there")).row;
        Made { kind: driver.schema().kind, id, want: row.clone(), row }
    }

    /// What importing tells must be what was made: every argument that has a value.
    pub async fn same_by_import(&self, made: &Made, text: &str, but: &[&str]) {
        let imported = self.import(made.kind, text).await;
        assert_eq!(imported.id, made.id, "{}", made.kind);
        let attributes = self.driver(made.kind).schema().attributes;
        let mut differing = differences(attributes, &made.row, &imported.row);
        differing.retain(|it| !but.iter().any(|but| it.starts_with(&format!("`{but}`"))));
        assert_eq!(differing, Vec::<String>::new(), "{} imported", made.kind);
    }

    /// Why a data source cannot be read.
    pub async fn no_data(&self, kind: &str, config: serde_json::Value) -> Failure {
        let source = self.registry.data_source(kind).unwrap_or_else(|| panic!("no data {kind}"));
        let read = source.read(&self.cloud, filled(source.schema().attributes, &config)).await;
        read.expect_err("nothing is there")
    }

    /// Reads a data source.
    pub async fn data(&self, kind: &str, config: serde_json::Value) -> Made {
        let source = self.registry.data_source(kind).unwrap_or_else(|| panic!("no data {kind}"));
        let want = filled(source.schema().attributes, &config);
        let row = source.read(&self.cloud, want.clone()).await;
        let row = row.unwrap_or_else(|it| panic!("{kind}: {it:?}"));
        let id = row.part("id").and_then(|it| it.as_str()).unwrap_or_default();
        Made { kind: source.schema().kind, id: id.into(), want, row }
    }

    /// Opens an ephemeral resource: the row with what it tells.
    pub async fn open(&self, kind: &str, config: serde_json::Value) -> Result<Value, Failure> {
        let it = self.registry.ephemeral(kind).unwrap_or_else(|| panic!("no ephemeral {kind}"));
        it.open(&self.cloud, filled(it.schema().attributes, &config)).await
    }

    /// Arguments that the table or the driver's `check` refuses at plan, outermost blocks for theirs.
    pub fn refused(&self, kind: &str, config: &serde_json::Value) -> Vec<String> {
        let name = |text: &str| text.split('`').nth(1).map(String::from);
        let named = |it: &Diagnostic| name(&it.summary).or_else(|| name(&it.detail));
        let found = self.refusals(kind, config);
        let names = found.iter().filter_map(named);
        names.map(|it| it.split(['[', '.']).next().unwrap_or_default().to_string()).collect()
    }

    /// The reason of the first refusal, where there is one.
    pub fn why_refused(&self, kind: &str, config: &serde_json::Value) -> Option<String> {
        self.refusals(kind, config).iter().next().map(|it| it.detail.clone())
    }

    fn refusals(&self, kind: &str, config: &serde_json::Value) -> Diagnostics {
        let driver = self.driver(kind);
        let attributes = driver.schema().attributes;
        let row = written(attributes, config);
        let mut found = Diagnostics::new();
        rules::check(&row, attributes, &PlacesMap::new(), &mut found);
        driver.check(&row, &|_| None, &mut found);
        found
    }

    /// The row that the configuration asks for, with what AWS has decided of the object.
    pub fn wanted(&self, made: &Made, config: &serde_json::Value) -> Value {
        known(&self.want(made.kind, config), &made.row)
    }

    pub fn want(&self, kind: &str, config: &serde_json::Value) -> Value {
        let mut config = config.clone();
        let attributes = self.driver(kind).schema().attributes;
        if attributes.iter().any(|it| it.name == "tags_all") {
            config["tags_all"] = config.get("tags").cloned().unwrap_or(json!({}));
        }
        filled(attributes, &config)
    }
}

/// A whole row from the arguments that are given: defaults, nulls, and unknown where AWS decides.
pub fn filled(attributes: &[Attribute], given: &serde_json::Value) -> Value {
    row(attributes, given, &|it| match (it.default, it.decides) {
        (Some(default), _) => default.value(),
        (None, Decides::Auto | Decides::Out) => Value::unknown(it.kind.ty()),
        (None, _) => Value::null(it.kind.ty()),
    })
}

/// The arguments as `check` sees them: what is not written is null, defaults included.
pub fn written(attributes: &[Attribute], given: &serde_json::Value) -> Value {
    row(attributes, given, &|it| match it.decides {
        Decides::Required => Value::unknown(it.kind.ty()),
        _ => Value::null(it.kind.ty()),
    })
}

type Unset<'a> = &'a dyn Fn(&Attribute) -> Value;

fn row(attributes: &[Attribute], given: &serde_json::Value, unset: Unset<'_>) -> Value {
    if let Some(entries) = given.as_object() {
        for name in entries.keys() {
            assert!(attributes.iter().any(|it| it.name == name), "there is no argument `{name}`");
        }
    }
    Value::object(attributes.iter().map(|it| (it.name, part(it, given.get(it.name), unset))))
}

fn part(attribute: &Attribute, given: Option<&serde_json::Value>, unset: Unset<'_>) -> Value {
    let ty = attribute.kind.ty();
    let Some(given) = given.filter(|it| !it.is_null()) else { return unset(attribute) };
    let nested = attribute.nested();
    let value = match (&attribute.kind, given.as_array()) {
        (Kind::Block { .. } | Kind::List(_) | Kind::Set(_), Some(items)) if !nested.is_empty() => {
            Value::tuple(items.iter().map(|it| row(nested, it, unset)))
        }
        _ => Value::from_json(given),
    };
    convert(&value, &ty).unwrap_or_else(|it| panic!("`{}`: {it:?}", attribute.name))
}

/// Arguments that are wanted and differ, in words.
fn differences(attributes: &[Attribute], want: &Value, have: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for it in attributes.iter().filter(|it| it.is_argument() && !it.local && !it.write_only) {
        let null = Value::NULL;
        let (w, h) = (want.part(it.name).unwrap_or(&null), have.part(it.name).unwrap_or(&null));
        if it.name != "tags" && !satisfied(it, w, h) {
            found.push(format!("`{}` is {h:?} instead of {w:?}", it.name));
        }
    }
    found
}

fn satisfied(attribute: &Attribute, want: &Value, have: &Value) -> bool {
    if !want.is_known() {
        return true;
    }
    let empty = |it: &Value| it.is_null() || it.as_slice().is_some_and(|it| it.is_empty());
    if empty(want) {
        let left_open = want.is_null() && attribute.decides == Decides::Auto;
        return left_open || empty(have);
    }
    let nested = attribute.nested();
    match (want.as_slice(), have.as_slice()) {
        (Some(want), Some(have)) if !nested.is_empty() => {
            let fits = |w: &Value| have.iter().any(|h| differences(nested, w, h).is_empty());
            want.len() == have.len() && want.iter().all(fits)
        }
        _ => compare::same(attribute.compare, want, have),
    }
}

/// What is wanted with what AWS decided in place of the unknown.
fn known(want: &Value, have: &Value) -> Value {
    if !want.is_known() {
        return have.clone();
    }
    match (want.as_entries(), have.as_entries()) {
        (Some(want), Some(have)) => {
            Value::object(want.iter().map(|(k, v)| {
                (k.clone(), have.get(k).map_or_else(|| v.clone(), |it| known(v, it)))
            }))
        }
        _ => want.clone(),
    }
}
