//! What we believe exists.
//!
//! [`State`] is a value in memory; plan reads it, apply changes it, a [`Store`] keeps it. Nothing in
//! this folder talks to AWS, to the terminal or to the environment.
//!
//! # Which files are touched, by whom, when
//!
//! For a state at `terraform.tfstate`, all in its folder and all readable by their owner only,
//! because they hold secrets in plain text:
//!
//! | file | written by | when |
//! |---|---|---|
//! | `terraform.tfstate` | [`FileStore::write`](Store::write) | replaced whole after finished actions |
//! | `terraform.tfstate.backup` | the same | once a run, before its first write |
//! | `terraform.tfstate.journal` | [`append`](Store::append) | before each call to AWS; gone after a clean run |
//! | `.terraform.tfstate.lock` | [`lock`](Store::lock) | carries the lock of the operating system; stays, empty |
//! | `.terraform.tfstate.lock.info` | the same | says who holds the lock; gone with it |
//! | `.terraform.tfstate.*.tmp` | `write` | for an instant; one left over from a crash may be deleted |
//!
//! The state file is Terraform's ([`tfstate`]); the journal is ours ([`journal`], folded by
//! [`replay`]).

pub mod file;
pub mod journal;
pub mod lock;
pub mod memory;
pub mod replay;
pub mod tfstate;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use uuid::Uuid;

use crate::address::{Address, Mode, Target};
use crate::diag::{self, Diagnostic};

pub use file::{FileStore, Store};
pub use journal::{Action, Event, Header, Intent, Journal, OpId, OpStatus};
pub use lock::{Guard, LockError, LockInfo};
pub use memory::MemoryStore;
pub use replay::Replay;

/// Everything we believe exists, with the outputs of the last run.
#[derive(Clone, PartialEq)]
pub struct State {
    /// Names this state for life, so that two are never mistaken for each other.
    pub lineage: String,
    /// Number of the last write; the store counts it up.
    pub serial: u64,
    /// Version of Terraform that wrote what was read; what we write says [`tfstate::WRITTEN_AS`].
    pub terraform_version: String,
    /// Output values of the root module.
    pub outputs: BTreeMap<String, OutputState>,
    /// Results of `check` blocks and conditions, as read.
    pub check_results: Option<Json>,
    /// Top-level keys of the file that we do not know, kept as read.
    pub extra: Map<String, Json>,
    objects: BTreeMap<Address, Instance>,
}

/// What exists of one resource instance; never neither.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Instance {
    /// The object in use.
    pub current: Option<Object>,
    /// Objects replaced but not yet deleted, by their key of eight hexadecimal digits.
    pub deposed: BTreeMap<String, Object>,
}

/// One output value of the root module.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputState {
    /// The value.
    pub value: Json,
    /// Its type, as Terraform writes types in JSON: `"string"`, `["list", "number"]`.
    #[serde(rename = "type")]
    pub ty: Json,
    /// Whether it is only shown on request.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sensitive: bool,
}

/// One object that AWS holds for us (or, for a data source, has told us about).
#[derive(Clone, PartialEq, Serialize, Deserialize)]
pub struct Object {
    /// Every attribute, as a JSON object.
    pub attributes: Json,
    /// Paths of the attributes marked sensitive by the configuration, as read.
    #[serde(default)]
    pub sensitive_attributes: Vec<Json>,
    /// Whether it is fit for use.
    #[serde(default)]
    pub status: ObjectStatus,
    /// Version of the schema that the attributes follow.
    #[serde(default)]
    pub schema_version: u64,
    /// The provider's own notes, in base64; none of our business, but kept.
    #[serde(default)]
    pub private: Option<String>,
    /// What must outlive it. Those from Terraform name whole resources, ours single instances.
    #[serde(default, with = "as_texts")]
    pub dependencies: Vec<Target>,
    /// Whether its replacement is created before it is deleted.
    #[serde(default)]
    pub create_before_destroy: bool,
    /// Such as `provider["registry.terraform.io/hashicorp/aws"]`.
    pub provider: String,
}

/// Whether an object is fit for use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ObjectStatus {
    /// It is.
    #[default]
    Ready,
    /// Half made or marked by the user: the next plan replaces it.
    Tainted,
}

impl Object {
    /// A ready object of the AWS provider, without dependencies.
    pub fn new(attributes: Json) -> Self {
        Object {
            attributes,
            sensitive_attributes: Vec::new(),
            status: ObjectStatus::Ready,
            schema_version: 0,
            private: None,
            dependencies: Vec::new(),
            create_before_destroy: false,
            provider: tfstate::AWS_PROVIDER.to_string(),
        }
    }

    /// The `id` attribute, where there is one.
    pub fn id(&self) -> Option<&str> {
        self.attributes.get("id")?.as_str()
    }
}

impl State {
    /// Nothing exists yet; a lineage of its own.
    pub fn new() -> Self {
        State {
            lineage: Uuid::new_v4().to_string(),
            serial: 0,
            terraform_version: tfstate::WRITTEN_AS.to_string(),
            outputs: BTreeMap::new(),
            check_results: None,
            extra: Map::new(),
            objects: BTreeMap::new(),
        }
    }

    /// Whether it holds neither objects nor outputs.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty() && self.outputs.is_empty()
    }

    /// Every instance in address order, those with deposed objects only among them.
    pub fn iter(&self) -> impl Iterator<Item = (&Address, &Instance)> {
        self.objects.iter()
    }

    /// What exists of one instance.
    pub fn instance(&self, address: &Address) -> Option<&Instance> {
        self.objects.get(address)
    }

    /// The object in use.
    pub fn current(&self, address: &Address) -> Option<&Object> {
        self.objects.get(address)?.current.as_ref()
    }

    /// The object in use, to change in place.
    pub fn current_mut(&mut self, address: &Address) -> Option<&mut Object> {
        self.objects.get_mut(address)?.current.as_mut()
    }

    /// Every object in use, in address order.
    pub fn currents(&self) -> impl Iterator<Item = (&Address, &Object)> {
        self.objects.iter().filter_map(|(at, it)| Some((at, it.current.as_ref()?)))
    }

    /// Every deposed object with its key, in address order.
    pub fn all_deposed(&self) -> impl Iterator<Item = (&Address, &str, &Object)> {
        let each = |(at, it)| -> Vec<(&Address, &str, &Object)> {
            let it: &Instance = it;
            it.deposed.iter().map(|(key, object)| (at, key.as_str(), object)).collect()
        };
        self.objects.iter().flat_map(each)
    }

    /// Puts the object in use, and returns the one it takes the place of.
    pub fn insert(&mut self, address: Address, object: Object) -> Option<Object> {
        self.objects.entry(address).or_default().current.replace(object)
    }

    /// Forgets the object in use.
    pub fn remove(&mut self, address: &Address) -> Option<Object> {
        let gone = self.objects.get_mut(address)?.current.take();
        self.prune(address);
        gone
    }

    /// Puts the object in use aside, under a new key; none where there is no such object.
    pub fn depose(&mut self, address: &Address) -> Option<String> {
        let deposed = &self.objects.get(address)?.deposed;
        let key = std::iter::repeat_with(|| Uuid::new_v4().simple().to_string()[..8].to_string())
            .find(|key| !deposed.contains_key(key))?;
        self.depose_as(address, &key).then_some(key)
    }

    /// Puts the object in use aside under a given key; does nothing where that key is taken.
    pub fn depose_as(&mut self, address: &Address, key: &str) -> bool {
        let Some(instance) = self.objects.get_mut(address) else { return false };
        if instance.deposed.contains_key(key) {
            return false;
        }
        let Some(object) = instance.current.take() else { return false };
        instance.deposed.insert(key.to_string(), object);
        true
    }

    /// Takes a deposed object back into use, unless another is: its replacement was never made.
    pub fn restore(&mut self, address: &Address, key: &str) -> bool {
        let Some(instance) = self.objects.get_mut(address) else { return false };
        if instance.current.is_some() {
            return false;
        }
        instance.current = instance.deposed.remove(key);
        instance.current.is_some()
    }

    /// A deposed object.
    pub fn deposed(&self, address: &Address, key: &str) -> Option<&Object> {
        self.objects.get(address)?.deposed.get(key)
    }

    /// Puts a deposed object, and returns the one that had its key.
    pub fn insert_deposed(&mut self, address: Address, key: &str, it: Object) -> Option<Object> {
        self.objects.entry(address).or_default().deposed.insert(key.to_string(), it)
    }

    /// Forgets a deposed object.
    pub fn remove_deposed(&mut self, address: &Address, key: &str) -> Option<Object> {
        let gone = self.objects.get_mut(address)?.deposed.remove(key);
        self.prune(address);
        gone
    }

    /// Gives an instance, deposed objects and all, another address; what depends on it follows.
    pub fn relocate(&mut self, from: &Address, to: Address) -> diag::Result<()> {
        if self.objects.contains_key(&to) {
            let detail = format!("`{from}` cannot move to `{to}`: that address is taken");
            return Err(Diagnostic::error("address taken", detail).into());
        }
        let Some(instance) = self.objects.remove(from) else {
            let known: Vec<String> = self.objects.keys().map(Address::to_string).collect();
            let slip = from.to_string();
            return Err(Diagnostic::error("no such object", format!("the state has no `{from}`"))
                .did_you_mean(&slip, known.iter().map(String::as_str))
                .into());
        };
        self.objects.insert(to.clone(), instance);
        let target = |it: &Address| match it.key {
            Some(_) => Target::Instance(it.clone()),
            None => Target::Resource(it.resource.clone()),
        };
        let (old, new) = (target(from), target(&to));
        for instance in self.objects.values_mut() {
            for object in instance.current.iter_mut().chain(instance.deposed.values_mut()) {
                object.dependencies.iter_mut().filter(|it| **it == old).for_each(|it| {
                    *it = new.clone();
                });
            }
        }
        Ok(())
    }

    /// Every instance, in the order of `terraform state list`: outer modules first, data first.
    pub fn resources(&self) -> Vec<&Address> {
        let mut all: Vec<&Address> = self.objects.keys().collect();
        all.sort_by_cached_key(|it| {
            let resource = &it.resource;
            let (path, managed) = (resource.module.clone(), resource.mode != Mode::Data);
            let names = (resource.kind.clone(), resource.name.clone(), it.key.clone());
            (path.0.len(), path, managed, names)
        });
        all
    }

    fn prune(&mut self, address: &Address) {
        if let Some(it) = self.objects.get(address)
            && it.current.is_none()
            && it.deposed.is_empty()
        {
            self.objects.remove(address);
        }
    }
}

impl Default for State {
    fn default() -> Self {
        Self::new()
    }
}

/// Attributes stay out: they may be secret.
impl fmt::Debug for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Object")
            .field("id", &self.id())
            .field("status", &self.status)
            .field("provider", &self.provider)
            .finish_non_exhaustive()
    }
}

/// Values stay out: they may be secret.
impl fmt::Debug for OutputState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OutputState").field("sensitive", &self.sensitive).finish_non_exhaustive()
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("lineage", &self.lineage)
            .field("serial", &self.serial)
            .field("outputs", &self.outputs)
            .field("objects", &self.objects)
            .finish_non_exhaustive()
    }
}

/// One address as its text.
mod as_text {
    use super::*;

    pub fn serialize<S: serde::Serializer>(it: &Address, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(it)
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Address, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Many addresses as their texts.
mod as_texts {
    use super::*;

    pub fn serialize<S: serde::Serializer>(those: &[Target], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(those.iter().map(Target::to_string))
    }

    pub fn deserialize<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Target>, D::Error> {
        let texts = Vec::<String>::deserialize(from)?;
        texts.iter().map(|it| it.parse().map_err(serde::de::Error::custom)).collect()
    }
}

#[cfg(test)]
mod tests;
