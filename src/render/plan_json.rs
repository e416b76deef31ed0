//! A plan in Terraform's JSON format 1.2, as `show --json` writes it. Programs read it, so secrets
//! are in it, marked as such.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::state_json::{self, Modules, index};
use super::{Schemas, json_value, provider_source};
use crate::address::{Address, Mode, Target};
use crate::lang::value::Value;
use crate::plan::{Action, Change, CheckResult, CheckStatus, OutputChange, PathStep, Plan, codec};
use crate::state::tfstate::{AWS_PROVIDER, BUILTIN_PROVIDER, WRITTEN_AS};
use crate::state::{Object, OutputState, State};

/// What is said of the configuration a plan was made from, where it is at hand.
#[derive(Clone, Debug, Default)]
pub struct Origin {
    /// Values of the root variables.
    pub variables: BTreeMap<String, Json>,
    /// The `configuration` part; see [`super::config_json`].
    pub configuration: Option<Json>,
    /// What the changes are made from; see [`super::relevant`].
    pub relevant: Vec<Json>,
}

/// The whole document.
pub fn plan(schemas: Schemas<'_>, it: &Plan, origin: &Origin) -> Json {
    let mut out = Map::new();
    let mut put = |key: &str, value: Json| drop(out.insert(key.into(), value));
    put("format_version", "1.2".into());
    put("terraform_version", WRITTEN_AS.into());
    if !origin.variables.is_empty() {
        let variables = origin.variables.iter();
        put("variables", variables.map(|(k, v)| (k.clone(), json!({"value": v}))).collect());
    }
    put("planned_values", planned_values(it));
    if !it.drift.is_empty() {
        put("resource_drift", it.drift.iter().map(resource_change).collect());
    }
    // Nothing of what is ephemeral is told.
    let changes: Vec<&Change> = it.changes.iter().filter(|it| it.action != Action::Open).collect();
    if !changes.is_empty() {
        let changes = changes.into_iter().map(|change| with_generated(it, change));
        put("resource_changes", changes.collect());
    }
    let outputs = it.outputs.iter().map(|(name, it)| (name.to_string(), output_change(it)));
    let outputs: Map<String, Json> = outputs.collect();
    if !outputs.is_empty() {
        put("output_changes", outputs.into());
    }
    let prior = prior_state(schemas, it);
    if !prior.is_empty() {
        put("prior_state", state_json::state(schemas, &prior));
    }
    if let Some(configuration) = &origin.configuration {
        put("configuration", configuration.clone());
    }
    if !origin.relevant.is_empty() {
        put("relevant_attributes", origin.relevant.clone().into());
    }
    let checks = checks(&it.checks);
    if !checks.is_empty() {
        put("checks", checks.into());
    }
    put("timestamp", seconds(it.made).into());
    put("applyable", (it.has_changes() && !it.errored).into());
    put("complete", (it.complete && !it.errored).into());
    put("errored", it.errored.into());
    Json::Object(out)
}

/// The state as refresh found it, data sources included.
fn prior_state(schemas: Schemas<'_>, it: &Plan) -> State {
    let mut state = it.prior.clone();
    let known: Vec<Address> = state.currents().map(|(address, _)| address.clone()).collect();
    for address in known {
        let gone = match address.resource.mode {
            Mode::Managed => !it.refreshed.is_empty() && !it.refreshed.contains_key(&address),
            _ => !it.data.contains_key(&address),
        };
        if gone {
            state.remove(&address);
        }
    }
    let managed = it.refreshed.iter().map(|(address, prior)| (address, &prior.row));
    for (address, row) in managed.chain(&it.data) {
        let Some(schema) = schemas(&address.resource) else { continue };
        let attributes = codec::encode(schema, row);
        let provider = it.changes.iter().find(|change| change.address == *address);
        let provider = provider.map(|it| it.provider.clone()).or_else(|| {
            it.refreshed.get(address).map(|it| it.provider.clone()).filter(|it| !it.is_empty())
        });
        let mut object = match state.current(address) {
            Some(object) => Object { attributes, ..object.clone() },
            None => {
                let builtin = address.resource.kind.starts_with("terraform_");
                let usual = if builtin { BUILTIN_PROVIDER } else { AWS_PROVIDER }.to_string();
                Object { provider: provider.unwrap_or(usual), ..Object::new(attributes) }
            }
        };
        object.sensitive_attributes = codec::sensitive_paths(row);
        state.insert(address.clone(), object);
    }
    // Terraform has evaluated them by then.
    for (name, output) in &it.outputs {
        let Some(after) = output.after.as_ref().filter(|it| it.is_wholly_known()) else { continue };
        let Some(value) = json_value::known(after).filter(|it| !it.is_null()) else {
            state.outputs.remove(&**name);
            continue;
        };
        let sensitive = after.has_sensitive();
        let output = OutputState { value, ty: after.ty().to_json(), sensitive };
        state.outputs.insert(name.to_string(), output);
    }
    // What was checked before is no part of it.
    state.check_results = None;
    state
}

/// Results by what was declared, the instances of it together.
fn checks(them: &[CheckResult]) -> Vec<Json> {
    type Found<'a> = Vec<&'a (String, CheckStatus, Vec<String>)>;
    let mut groups: BTreeMap<(String, &str), Found<'_>> = BTreeMap::new();
    for it in them {
        groups.entry((without_keys(&it.address), it.kind)).or_default().extend(&it.instances);
    }
    let each = groups.into_iter().map(|((address, kind), found)| {
        let status = found.iter().map(|(_, status, _)| *status).max();
        let instances: Vec<_> = found
            .into_iter()
            .map(|(at, status, why)| (at.clone(), status.word().to_string(), why.clone()))
            .collect();
        check(kind, &address, status.map_or("pass", CheckStatus::word), &instances)
    });
    each.collect()
}

fn without_keys(address: &str) -> String {
    let mut resource = match address.parse() {
        Ok(Target::Instance(it)) => it.resource,
        Ok(Target::Resource(it)) => it,
        _ => return address.to_string(),
    };
    resource.module.0.iter_mut().for_each(|step| step.key = None);
    resource.to_string()
}

/// A time to the second, as RFC 3339.
fn seconds(it: jiff::Timestamp) -> String {
    jiff::Timestamp::from_second(it.as_second()).unwrap_or(it).to_string()
}

/// The words of an action.
pub fn actions(it: Action) -> &'static [&'static str] {
    match it {
        Action::NoOp | Action::Open => &["no-op"],
        Action::Read => &["read"],
        Action::Create => &["create"],
        Action::Update => &["update"],
        Action::DeleteThenCreate => &["delete", "create"],
        Action::CreateThenDelete => &["create", "delete"],
        Action::Delete => &["delete"],
        Action::Forget => &["forget"],
    }
}

fn planned_values(it: &Plan) -> Json {
    let mut out = Map::new();
    let outputs: Map<String, Json> = it
        .outputs
        .iter()
        .filter_map(|(name, output)| {
            let after = output.after.as_ref()?;
            let mut json = Map::new();
            json.insert("sensitive".into(), output.sensitive.into());
            if after.is_wholly_known() {
                json.insert("type".into(), after.ty().to_json());
                json.insert("value".into(), json_value::known(after).unwrap_or_default());
            }
            Some((name.to_string(), Json::Object(json)))
        })
        .collect();
    if !outputs.is_empty() {
        out.insert("outputs".into(), outputs.into());
    }
    let mut modules = Modules::default();
    for change in &it.changes {
        if change.action == Action::Forget && change.deposed.is_none() {
            let mut json = state_json::identity(&change.address);
            json.insert("provider_name".into(), provider_source(&change.provider).into());
            json.insert("schema_version".into(), 0.into());
            json.insert("sensitive_values".into(), false.into());
            modules.add(&change.address.resource.module, Json::Object(json));
        }
        let Some(after) = planned(change) else { continue };
        let version = it.prior.current(&change.address).map_or(0, |it| it.schema_version);
        let mut json = state_json::identity(&change.address);
        json.insert("provider_name".into(), provider_source(&change.provider).into());
        json.insert("schema_version".into(), version.into());
        // Where nothing of it is known, nothing is said.
        let known =
            json_value::known(after).filter(|it| it.as_object().is_none_or(|it| !it.is_empty()));
        json.extend(known.map(|it| ("values".into(), it)));
        json.insert("sensitive_values".into(), json_value::sensitive(after));
        modules.add(&change.address.resource.module, Json::Object(json));
    }
    out.insert("root_module".into(), modules.into_json());
    Json::Object(out)
}

fn planned(it: &Change) -> Option<&Value> {
    let stays = !matches!(it.action, Action::Delete | Action::Forget) && it.deposed.is_none();
    it.after.as_ref().filter(|_| stays)
}

/// A change with the configuration that was generated for it.
fn with_generated(plan: &Plan, it: &Change) -> Json {
    let mut json = resource_change(it);
    if let Some(generated) = plan.generated.iter().find(|one| one.address == it.address) {
        json["change"]["generated_config"] = generated.text.as_str().into();
    }
    json
}

fn resource_change(it: &Change) -> Json {
    let mut out = Map::new();
    let identity = state_json::identity(&it.address);
    for (key, value) in identity {
        let is_address = key == "address";
        out.insert(key, value);
        if is_address {
            if let Some(from) = &it.previous_address {
                out.insert("previous_address".into(), from.to_string().into());
            }
            let module = &it.address.resource.module;
            if !module.is_root() {
                out.insert("module_address".into(), module.to_string().into());
            }
        }
    }
    out.insert("provider_name".into(), provider_source(&it.provider).into());
    if let Some(key) = &it.deposed {
        out.insert("deposed".into(), key.clone().into());
    }
    out.insert("change".into(), change(it));
    if let Some(reason) = it.reason {
        out.insert("action_reason".into(), reason.word().into());
    }
    Json::Object(out)
}

fn change(it: &Change) -> Json {
    let mut out = Map::new();
    let sides = sides(it.action, it.before.as_ref(), it.after.as_ref());
    out.extend(sides);
    if !it.replace_paths.is_empty() {
        let step = |it: &PathStep| match it {
            PathStep::Name(name) => Json::from(name.to_string()),
            PathStep::Index(index) => Json::from(*index),
        };
        let path = |it: &Vec<PathStep>| it.iter().map(step).collect::<Json>();
        out.insert("replace_paths".into(), it.replace_paths.iter().map(path).collect());
    }
    if let Some(id) = &it.importing {
        out.insert("importing".into(), json!({"id": id}));
    }
    Json::Object(out)
}

fn sides(action: Action, before: Option<&Value>, after: Option<&Value>) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("actions".into(), actions(action).into());
    out.insert("before".into(), before.and_then(json_value::known).unwrap_or_default());
    match after {
        None => drop(out.insert("after".into(), Json::Null)),
        Some(after) => {
            if let Some(known) = json_value::known(after) {
                out.insert("after".into(), known);
            }
        }
    }
    let unknown = match after {
        Some(after) if !after.is_wholly_known() => json_value::unknown(after),
        _ => json!({}),
    };
    out.insert("after_unknown".into(), unknown);
    let sensitive = |it: Option<&Value>| it.map_or(false.into(), json_value::sensitive);
    out.insert("before_sensitive".into(), sensitive(before));
    out.insert("after_sensitive".into(), sensitive(after));
    out
}

fn output_change(it: &OutputChange) -> Json {
    let mut out = sides(it.action(), it.before.as_ref(), it.after.as_ref());
    let known = it.after.as_ref().is_none_or(Value::is_wholly_known);
    if known {
        out.insert("after_unknown".into(), false.into());
    }
    out.insert("before_sensitive".into(), it.sensitive.into());
    out.insert("after_sensitive".into(), it.sensitive.into());
    Json::Object(out)
}

/// The result of a check: what is checked, how it came out, and the same for each instance with what
/// was found.
pub fn check(
    kind: &str,
    address: &str,
    status: &str,
    instances: &[(String, String, Vec<String>)],
) -> Json {
    let each = instances.iter().map(|(at, status, problems)| {
        let mut place = Map::new();
        place.insert("to_display".into(), at.as_str().into());
        if let Ok(Target::Instance(Address { resource, key: Some(key) })) = at.parse() {
            if !resource.module.is_root() {
                place.insert("module".into(), resource.module.to_string().into());
            }
            place.insert("instance_key".into(), index(&key));
        } else if let Ok(Target::Resource(resource)) = at.parse()
            && !resource.module.is_root()
        {
            place.insert("module".into(), resource.module.to_string().into());
        }
        let mut out = Map::new();
        out.insert("address".into(), Json::Object(place));
        out.insert("status".into(), status.as_str().into());
        if !problems.is_empty() {
            out.insert(
                "problems".into(),
                problems.iter().map(|it| json!({"message": it})).collect(),
            );
        }
        Json::Object(out)
    });
    let mut place = Map::new();
    place.insert("kind".into(), kind.into());
    // `check.name`, `output.name` and `var.name` read like resources, too.
    if let Ok(Target::Resource(resource)) = address.parse() {
        if kind == "resource" {
            place.insert("mode".into(), state_json::mode(resource.mode).into());
        }
        if !resource.module.is_root() {
            place.insert("module".into(), resource.module.to_string().into());
        }
        place.insert("name".into(), resource.name.to_string().into());
        if kind == "resource" {
            place.insert("type".into(), resource.kind.to_string().into());
        }
    }
    place.insert("to_display".into(), address.into());
    let mut out = Map::new();
    out.insert("address".into(), Json::Object(place));
    out.insert("status".into(), status.into());
    let each: Vec<Json> = each.collect();
    if !each.is_empty() {
        out.insert("instances".into(), each.into());
    }
    Json::Object(out)
}

#[cfg(test)]
#[path = "plan_json_tests.rs"]
mod tests;
