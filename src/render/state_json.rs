//! A state in Terraform's JSON format 1.0, as `show --json` writes it.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value as Json, json};

use super::{Schemas, json_value, object, provider_source};
use crate::address::{Address, Key, Mode, ModulePath, ResourceAddress, Target};
use crate::state::tfstate::WRITTEN_AS;
use crate::state::{Object, ObjectStatus, State};

/// The whole document.
pub fn state(schemas: Schemas<'_>, it: &State) -> Json {
    if it.is_empty() {
        return json!({"format_version": "1.0"});
    }
    let mut out = json!({
        "format_version": "1.0",
        "terraform_version": WRITTEN_AS,
        "values": values(schemas, it),
    });
    if let (Some(checks), Some(out)) = (&it.check_results, out.as_object_mut()) {
        let checks = stored_checks(checks);
        if !checks.is_empty() {
            out.insert("checks".into(), checks.into());
        }
    }
    out
}

/// Outputs and objects, by module.
pub fn values(schemas: Schemas<'_>, it: &State) -> Json {
    let mut out = Map::new();
    if !it.outputs.is_empty() {
        out.insert("outputs".into(), outputs(it));
    }
    let mut modules = Modules::default();
    let nearest = nearest(it);
    for address in it.resources() {
        let Some(instance) = it.instance(address) else { continue };
        let current = instance.current.iter().map(|it| (None, it));
        let deposed = instance.deposed.iter().map(|(key, it)| (Some(key.as_str()), it));
        for (key, object) in current.chain(deposed) {
            let resource = resource(schemas, &nearest, address, key, object);
            modules.add(&address.resource.module, resource);
        }
    }
    out.insert("root_module".into(), modules.into_json());
    Json::Object(out)
}

/// Outputs with their values and types, secret ones included, as `output --json` writes them.
pub fn outputs(it: &State) -> Json {
    let each = it.outputs.iter().map(|(name, output)| {
        let json = json!({
            "sensitive": output.sensitive,
            "value": output.value,
            "type": output.ty,
        });
        (name.clone(), json)
    });
    Json::Object(each.collect())
}

fn resource(
    schemas: Schemas<'_>,
    nearest: &Nearest<'_>,
    address: &Address,
    deposed: Option<&str>,
    it: &Object,
) -> Json {
    let row = object::value(it, schemas(&address.resource));
    let mut out = identity(address);
    out.insert("provider_name".into(), provider_source(&it.provider).into());
    out.insert("schema_version".into(), it.schema_version.into());
    out.insert("values".into(), json_value::known(&row).unwrap_or_default());
    out.insert("sensitive_values".into(), json_value::sensitive(&row));
    let dependencies = with_further(nearest, &it.dependencies);
    if !dependencies.is_empty() {
        out.insert("depends_on".into(), whole_resources(&dependencies).into());
    }
    if it.status == ObjectStatus::Tainted {
        out.insert("tainted".into(), true.into());
    }
    if let Some(key) = deposed {
        out.insert("deposed_key".into(), key.into());
    }
    Json::Object(out)
}

/// What the instances of each resource depend on.
type Nearest<'a> = HashMap<&'a ResourceAddress, Vec<&'a Target>>;

fn nearest(state: &State) -> Nearest<'_> {
    let mut all = Nearest::new();
    for (address, object) in state.currents() {
        all.entry(&address.resource).or_default().extend(&object.dependencies);
    }
    all
}

/// These and what they depend on themselves: only the nearest are stored.
fn with_further(nearest: &Nearest<'_>, them: &[Target]) -> Vec<Target> {
    let (mut all, mut at) = (them.to_vec(), 0);
    let mut known: BTreeSet<String> = all.iter().map(ToString::to_string).collect();
    while let Some(it) = all.get(at).cloned() {
        at += 1;
        let further = match &it {
            Target::Instance(it) => nearest.get(&it.resource),
            Target::Resource(it) => nearest.get(it),
            Target::Module(_) => None,
        };
        let new = further.into_iter().flatten().filter(|it| known.insert(it.to_string()));
        all.extend(new.map(|it| (*it).clone()));
    }
    all
}

/// As Terraform names dependencies: without instance keys.
fn whole_resources(them: &[Target]) -> Vec<String> {
    let whole = |it: &ResourceAddress| {
        let mut it = it.clone();
        it.module.0.iter_mut().for_each(|step| step.key = None);
        it.to_string()
    };
    let names = them.iter().map(|it| match it {
        Target::Instance(it) => whole(&it.resource),
        Target::Resource(it) => whole(it),
        Target::Module(it) => it.to_string(),
    });
    names.collect::<BTreeSet<String>>().into_iter().collect()
}

/// Address, mode, type, name and index of an instance.
pub fn identity(it: &Address) -> Map<String, Json> {
    let mut out = Map::new();
    out.insert("address".into(), it.to_string().into());
    out.insert("mode".into(), mode(it.resource.mode).into());
    out.insert("type".into(), it.resource.kind.to_string().into());
    out.insert("name".into(), it.resource.name.to_string().into());
    if let Some(key) = &it.key {
        out.insert("index".into(), index(key));
    }
    out
}

/// `managed`, `data` or `ephemeral`.
pub fn mode(it: Mode) -> &'static str {
    match it {
        Mode::Managed => "managed",
        Mode::Data => "data",
        Mode::Ephemeral => "ephemeral",
    }
}

/// An instance key as number or text.
pub fn index(key: &Key) -> Json {
    match key {
        Key::Index(index) => (*index).into(),
        Key::Name(name) => name.to_string().into(),
    }
}

/// Resources by module; modules that hold none but lead to some are there too.
#[derive(Default)]
pub struct Modules {
    resources: Vec<Json>,
    children: BTreeMap<ModulePath, Modules>,
}

impl Modules {
    /// Adds a resource to its module.
    pub fn add(&mut self, module: &ModulePath, resource: Json) {
        let mut at = self;
        for depth in 1..=module.0.len() {
            let path = ModulePath(module.0.iter().take(depth).cloned().collect());
            at = at.children.entry(path).or_default();
        }
        at.resources.push(resource);
    }

    /// As JSON: `resources` and `child_modules` where there are any.
    pub fn into_json(self) -> Json {
        let mut out = Map::new();
        if !self.resources.is_empty() {
            out.insert("resources".into(), self.resources.into());
        }
        if !self.children.is_empty() {
            let each = self.children.into_iter().map(|(path, module)| {
                let mut json = module.into_json();
                if let Some(map) = json.as_object_mut() {
                    map.insert("address".into(), path.to_string().into());
                }
                json
            });
            out.insert("child_modules".into(), each.collect());
        }
        Json::Object(out)
    }
}

/// Check results as the state stores them, in the form that `show` gives them.
fn stored_checks(stored: &Json) -> Vec<Json> {
    let text = |it: &Json, key: &str| it.get(key).and_then(Json::as_str).map(String::from);
    let list = |it: &Json, key: &str| it.get(key).and_then(Json::as_array).cloned();
    stored
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|check| {
            let kind = match text(check, "object_kind")?.as_str() {
                "output" => "output_value".to_string(),
                other => other.to_string(),
            };
            let objects = list(check, "objects").unwrap_or_default();
            let instances = objects.iter().filter_map(|it| {
                let problems = list(it, "failure_messages").unwrap_or_default();
                let problems = problems.iter().filter_map(Json::as_str).map(String::from);
                Some((text(it, "object_addr")?, text(it, "status")?, problems.collect()))
            });
            let address = text(check, "config_addr")?;
            let status = text(check, "status")?;
            Some(super::plan_json::check(&kind, &address, &status, &instances.collect::<Vec<_>>()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_form_a_tree() {
        let mut it = State::new();
        for address in ["a.b", "module.m[\"k\"].a.b[1]", "module.m[\"k\"].module.n.data.c.d"] {
            it.insert(address.parse().unwrap(), Object::new(json!({"id": "x"})));
        }
        let json = state(&|_| None, &it);
        let root = &json["values"]["root_module"];
        assert_eq!(root["resources"][0]["address"], "a.b");
        let module = &root["child_modules"][0];
        assert_eq!(module["address"], "module.m[\"k\"]");
        assert_eq!(module["resources"][0]["index"], 1);
        let inner = &module["child_modules"][0];
        assert_eq!(inner["resources"][0]["mode"], "data");
        assert_eq!(inner["address"], "module.m[\"k\"].module.n");
        assert_eq!(state(&|_| None, &State::new()), json!({"format_version": "1.0"}));
    }
}
