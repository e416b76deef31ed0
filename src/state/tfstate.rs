//! The Terraform v4 state format, so that `terraform state list` and `terraform output` read ours
//! and we read theirs.
//!
//! Pure: [`encode`] makes bytes and [`decode`] reads them; [`super::file`] does the files. What is
//! written is sorted and laid out as Terraform does, so a state that changes hands shows no other
//! difference than what was changed.
//!
//! Terraform refuses a dependency with an instance key (`aws_subnet.app[0]`), so `dependencies`
//! names whole resources. Where ours are more exact, the exact list travels in `private`, which
//! Terraform and the AWS provider carry along unread: base64 of a JSON object in which our entry
//! `fastcart_hcl` is again base64 of a JSON list. It counts only while it still agrees with
//! `dependencies`; after Terraform has found others, its word is taken.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_json::{Map, Value as Json};

use super::{Object, ObjectStatus, State};
use crate::address::{Address, Key, Mode, ModulePath, ResourceAddress, Target};
use crate::diag::{Diagnostic, Diagnostics, Result};

/// The version of Terraform we write as.
pub const WRITTEN_AS: &str = "1.11.4";
/// Provider of every `aws_` resource.
pub const AWS_PROVIDER: &str = r#"provider["registry.terraform.io/hashicorp/aws"]"#;
/// Provider of `terraform_data`.
pub const BUILTIN_PROVIDER: &str = r#"provider["terraform.io/builtin/terraform"]"#;

const OURS: &str = "fastcart_hcl";

#[derive(Serialize, Deserialize)]
struct ResourceV4 {
    #[serde(default, skip_serializing_if = "String::is_empty")]
    module: String,
    mode: String,
    r#type: String,
    name: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    provider: String,
    instances: Option<Vec<InstanceV4>>,
}

#[derive(Serialize, Deserialize)]
struct InstanceV4 {
    #[serde(skip_serializing_if = "Option::is_none")]
    index_key: Option<Json>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deposed: Option<String>,
    #[serde(default)]
    schema_version: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    attributes: Option<Json>,
    #[serde(skip_serializing)]
    attributes_flat: Option<Json>,
    sensitive_attributes: Option<Vec<Json>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    private: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dependencies: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    create_before_destroy: Option<bool>,
    #[serde(skip_serializing)]
    instance_provider: Option<String>,
}

/// The file's bytes. Ephemeral resources are never stored.
pub fn encode(state: &State) -> Vec<u8> {
    let mut outputs = serde_json::to_value(&state.outputs).unwrap_or_default();
    for output in outputs.as_object_mut().into_iter().flat_map(Map::values_mut) {
        output.as_object_mut().into_iter().flat_map(Map::values_mut).for_each(sort);
    }
    let resources = serde_json::to_value(resources(state)).unwrap_or_default();
    let known = [
        ("version", Json::from(4)),
        ("terraform_version", Json::from(WRITTEN_AS)),
        ("serial", Json::from(state.serial)),
        ("lineage", Json::from(state.lineage.as_str())),
        ("outputs", outputs),
        ("resources", resources),
        ("check_results", state.check_results.clone().unwrap_or_default()),
    ];
    let mut top: Map<String, Json> =
        known.into_iter().map(|(key, value)| (key.to_string(), value)).collect();
    for (key, value) in &state.extra {
        top.entry(key).or_insert_with(|| value.clone());
    }
    // As Go does; outside of strings JSON has none of these characters.
    let mut text = format!("{:#}", Json::Object(top));
    let escapes = [
        ('<', "\\u003c"),
        ('>', "\\u003e"),
        ('&', "\\u0026"),
        ('\u{2028}', "\\u2028"),
        ('\u{2029}', "\\u2029"),
    ];
    for (plain, escaped) in escapes {
        if text.contains(plain) {
            text = text.replace(plain, escaped);
        }
    }
    text.push('\n');
    text.into_bytes()
}

fn resources(state: &State) -> Vec<ResourceV4> {
    // Terraform compares the parts as text.
    type Parts = (String, &'static str, String, String, String);
    let mut groups: BTreeMap<Parts, Vec<InstanceV4>> = BTreeMap::new();
    for (address, instance) in state.iter() {
        let resource = &address.resource;
        let mode = match resource.mode {
            Mode::Managed => "managed",
            Mode::Data => "data",
            Mode::Ephemeral => continue,
        };
        let current = instance.current.iter().map(|it| (None, it));
        let deposed = instance.deposed.iter().map(|(key, it)| (Some(key.clone()), it));
        for (key, object) in current.chain(deposed) {
            let (kind, name) = (resource.kind.to_string(), resource.name.to_string());
            let provider = object.provider.clone();
            let parts = (resource.module.to_string(), mode, kind, name, provider);
            groups.entry(parts).or_default().push(instance_v4(address, key, object));
        }
    }
    let resource = |((module, mode, kind, name, provider), instances)| ResourceV4 {
        module,
        mode: String::from(mode),
        r#type: kind,
        name,
        provider,
        instances: Some(instances),
    };
    groups.into_iter().map(resource).collect()
}

fn instance_v4(address: &Address, deposed: Option<String>, object: &Object) -> InstanceV4 {
    let mut attributes = object.attributes.clone();
    sort(&mut attributes);
    let dependencies = whole_resources(&object.dependencies);
    InstanceV4 {
        index_key: address.key.as_ref().map(|key| match key {
            Key::Index(index) => Json::from(*index),
            Key::Name(name) => Json::from(&**name),
        }),
        status: (object.status == ObjectStatus::Tainted).then(|| "tainted".to_string()),
        deposed,
        schema_version: object.schema_version,
        attributes: Some(attributes),
        attributes_flat: None,
        sensitive_attributes: Some(object.sensitive_attributes.clone()),
        private: with_exact(object.private.as_deref(), &object.dependencies),
        dependencies: (!dependencies.is_empty()).then_some(dependencies),
        create_before_destroy: object.create_before_destroy.then_some(true),
        instance_provider: None,
    }
}

/// Sorts keys as Terraform does: all but those of the pair that it writes for a value of any type.
fn sort(json: &mut Json) {
    match json {
        Json::Object(map) => {
            let any_type = map.len() == 2 && map.contains_key("value") && map.contains_key("type");
            if !any_type {
                map.sort_keys();
            }
            map.values_mut().for_each(sort);
        }
        Json::Array(list) => list.iter_mut().for_each(sort),
        _ => {}
    }
}

/// Without instance keys, sorted, each once: all that Terraform reads.
fn whole_resources(those: &[Target]) -> Vec<String> {
    let mut names: Vec<String> = those
        .iter()
        .filter_map(|it| match it {
            Target::Instance(it) => Some(&it.resource),
            Target::Resource(it) => Some(it),
            Target::Module(_) => None,
        })
        .map(|it| {
            let mut it = it.clone();
            it.module.0.iter_mut().for_each(|step| step.key = None);
            it.to_string()
        })
        .collect();
    names.sort();
    names.dedup();
    names
}

fn notes(private: &str) -> Option<Map<String, Json>> {
    serde_json::from_slice(&BASE64.decode(private).ok()?).ok()
}

/// Adds the exact list to `private` where it says more than the whole resources do.
fn with_exact(private: Option<&str>, those: &[Target]) -> Option<String> {
    let kept = private.map(str::to_string);
    let exact: Vec<String> = those.iter().map(Target::to_string).collect();
    let mut sorted = exact.clone();
    sorted.sort();
    if sorted == whole_resources(those) {
        return kept;
    }
    // Notes in another form are the provider's; then whole resources must do.
    let mut map = match private {
        None => Map::new(),
        Some(text) => match notes(text) {
            Some(map) => map,
            None => return kept,
        },
    };
    map.insert(OURS.to_string(), Json::from(BASE64.encode(Json::from(exact).to_string())));
    Some(BASE64.encode(Json::Object(map).to_string()))
}

/// Takes the exact list out of `private` again.
fn without_exact(private: Option<String>) -> (Option<String>, Option<Vec<String>>) {
    let Some(mut map) = private.as_deref().and_then(notes) else { return (private, None) };
    let Some(ours) = map.shift_remove(OURS) else { return (private, None) };
    let exact = ours.as_str().and_then(|it| BASE64.decode(it).ok());
    let exact = exact.and_then(|it| serde_json::from_slice(&it).ok());
    let rest = (!map.is_empty()).then(|| BASE64.encode(Json::Object(map).to_string()));
    (rest, exact)
}

fn refused(place: &str, summary: &str, why: impl std::fmt::Display) -> Diagnostic {
    Diagnostic::error(summary, format!("`{place}`: {why}"))
}

/// Reads a file's bytes; `place` names the file in what goes wrong.
pub fn decode(place: &str, bytes: &[u8]) -> Result<State> {
    let restore = format!("restore `{place}.backup`, or delete the file to start with nothing");
    // Each part is read once, into what it is to become.
    let read: serde_json::Result<Written<'_>> = serde_json::from_slice(bytes);
    let mut top = read.map_err(|error| match error.classify() {
        Category::Data => foreign(place, "it holds no JSON object"),
        _ if error.is_eof() || is_at_end(&error, bytes) => {
            let why = format!("it ends too early: {error}");
            refused(place, "the state file is cut off", why).hint(&restore)
        }
        _ => refused(place, "the state file is not JSON", &error).hint(&restore),
    })?;
    let Some(version) = part(place, &mut top, "version")?.as_ref().and_then(Json::as_u64) else {
        return Err(foreign(place, "it has no format version").into());
    };
    match version {
        4 => {}
        0..4 => {
            let why = format!("its format is version {version}; version 4 is read");
            let hint =
                "run `terraform apply -refresh-only` with Terraform 1.11 to bring it up to date";
            return Err(refused(place, "the state file is too old", why).hint(hint).into());
        }
        _ => {
            let why = format!("it was written by a newer version: format {version}, not 4");
            let hint = "use the newer version that wrote it";
            return Err(refused(place, "the state file is too new", why).hint(hint).into());
        }
    }
    let lineage = match part(place, &mut top, "lineage")? {
        Some(Json::String(lineage)) => lineage,
        None if top.contains_key("terraform_version") => String::new(),
        _ => return Err(foreign(place, "it has no lineage").into()),
    };
    let serial = part(place, &mut top, "serial")?.unwrap_or_default();
    let terraform_version = part(place, &mut top, "terraform_version")?.unwrap_or_default();
    let outputs = part(place, &mut top, "outputs")?.unwrap_or_default();
    let resources: Vec<ResourceV4> = part(place, &mut top, "resources")?.unwrap_or_default();
    let check_results = part(place, &mut top, "check_results")?.filter(|it: &Json| !it.is_null());
    let mut extra = Map::new();
    while let Some(name) = top.keys().next().cloned() {
        let value = part(place, &mut top, &name)?.unwrap_or_default();
        extra.insert(name, value);
    }
    let mut state =
        State { lineage, serial, terraform_version, outputs, check_results, extra, ..State::new() };
    let mut found = Diagnostics::new();
    for resource in resources {
        found.keep(add_resource(place, &mut state, resource));
    }
    found.into_result(state)
}

/// Whether it went wrong with the last byte, as in half a number.
fn is_at_end(error: &serde_json::Error, bytes: &[u8]) -> bool {
    let lines = bytes.split(|it| *it == b'\n');
    let (number, last) = lines.enumerate().last().unwrap_or_default();
    error.line() == number + 1 && error.column() >= last.len()
}

fn foreign(place: &str, why: &str) -> Diagnostic {
    refused(place, "not a Terraform state", why).hint("name another file for the state")
}

/// The parts of the file by name, as they are written.
type Written<'b> = BTreeMap<String, &'b RawValue>;

/// Takes one part out and reads it.
fn part<T: DeserializeOwned>(place: &str, top: &mut Written<'_>, key: &str) -> Result<Option<T>> {
    let Some(json) = top.remove(key) else { return Ok(None) };
    serde_json::from_str(json.get()).map_err(|error| {
        // Its place is one inside of this part.
        let why = error.to_string();
        let why = why.rsplit_once(" at line ").map_or(&*why, |(why, _)| why);
        refused(place, "the state file is damaged", format!("`{key}`: {why}")).into()
    })
}

fn add_resource(place: &str, state: &mut State, from: ResourceV4) -> Result<()> {
    let damaged = |why: String| refused(place, "the state file is damaged", why);
    let module: ModulePath = from.module.parse().map_err(|it: Diagnostic| damaged(it.detail))?;
    let (kind, name) = (from.r#type.as_str().into(), from.name.as_str().into());
    let mode = match from.mode.as_str() {
        "managed" => Mode::Managed,
        "data" => Mode::Data,
        mode => return Err(damaged(format!("`{kind}.{name}` has the mode `{mode}`")).into()),
    };
    let resource = ResourceAddress { module, mode, kind, name };
    let text = resource.to_string();
    if text.parse() != Ok(Target::Resource(resource.clone())) {
        return Err(damaged(format!("`{text}` is not the address of a resource")).into());
    }
    let mut found = Diagnostics::new();
    for instance in from.instances.unwrap_or_default() {
        let added = add_instance(state, &resource, &from.provider, instance);
        found.keep(added.map_err(|why| damaged(format!("`{text}`: {why}")).into()));
    }
    found.into_result(())
}

fn add_instance(
    state: &mut State,
    resource: &ResourceAddress,
    provider: &str,
    from: InstanceV4,
) -> Result<(), String> {
    let address = resource.instance(match from.index_key {
        None | Some(Json::Null) => None,
        Some(Json::String(name)) => Some(Key::Name(name.into())),
        Some(other) => match index(&other) {
            Some(index) => Some(Key::Index(index)),
            None => return Err(format!("an instance has the key `{other}`")),
        },
    });
    if from.attributes_flat.is_some() && from.attributes.is_none() {
        return Err("its attributes are in the form of Terraform 0.11".to_string());
    }
    let attributes = from.attributes.unwrap_or_else(|| Json::Object(Map::new()));
    if !attributes.is_object() {
        return Err("its attributes are no JSON object".to_string());
    }
    let status = match from.status.as_deref() {
        None | Some("") => ObjectStatus::Ready,
        Some("tainted") => ObjectStatus::Tainted,
        Some(status) => return Err(format!("an instance has the status `{status}`")),
    };
    let parsed = |those: Vec<String>| -> Result<Vec<Target>, String> {
        those.iter().map(|it| it.parse().map_err(|it: Diagnostic| it.detail)).collect()
    };
    let mut dependencies = parsed(from.dependencies.unwrap_or_default())?;
    let (private, exact) = without_exact(from.private.filter(|it| !it.is_empty()));
    if let Some(exact) = exact.and_then(|it| parsed(it).ok())
        && whole_resources(&exact) == whole_resources(&dependencies)
    {
        dependencies = exact;
    }
    let object = Object {
        attributes,
        sensitive_attributes: from.sensitive_attributes.unwrap_or_default(),
        status,
        schema_version: from.schema_version,
        private,
        dependencies,
        create_before_destroy: from.create_before_destroy.unwrap_or_default(),
        provider: from.instance_provider.unwrap_or_else(|| provider.to_string()),
    };
    match from.deposed.filter(|it| !it.is_empty()) {
        Some(key) if key.len() != 8 => Err(format!("`{key}` is not the key of a deposed object")),
        Some(key) => match state.insert_deposed(address, &key, object) {
            Some(_) => Err(format!("the deposed object `{key}` is there twice")),
            None => Ok(()),
        },
        None => match state.insert(address.clone(), object) {
            Some(_) => Err(format!("the instance `{address}` is there twice")),
            None => Ok(()),
        },
    }
}

/// A whole number, also where it is written `0.0`.
fn index(json: &Json) -> Option<u64> {
    let number = json.as_f64().filter(|it| it.fract() == 0.0 && (0.0..9e15).contains(it));
    json.as_u64().or(number.map(|it| it as u64))
}

#[cfg(test)]
mod tests;
