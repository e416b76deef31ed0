//! What is compared, and when it counts as the same.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};

/// Summaries that say the same thing in other words: Terraform's, ours.
const SYNONYMS: &[(&str, &str)] = &[
    // Nothing is installed here: the directory itself is missing.
    ("Module not installed", "Unreadable module directory"),
    (
        "Some objects will no longer be managed by Terraform",
        "Some objects will no longer be managed",
    ),
];

/// Warnings of what Terraform passes over in silence.
const OWN_WARNINGS: [&str; 2] = ["`--replace` names nothing", "`--target` names nothing"];

/// Differences found so far, and which of our random ids stands for which of the noted ones.
#[derive(Default)]
pub struct Problems {
    pub found: Vec<String>,
    place: String,
    ids: HashMap<String, String>,
}

impl Problems {
    /// What follows is found there.
    pub fn enter(&mut self, place: String) {
        self.place = place;
    }

    pub fn same(&mut self, what: &str, want: &Json, have: &Json) {
        if let Err(at) = self.differ(want, have) {
            let found = format!("{}{what}{at}", self.place);
            self.found.push(found);
        }
    }

    /// As [`Problems::same`], where the case says what is wanted.
    pub fn wanted(&mut self, what: &str, expect: &Json, key: &str, have: &Json) {
        if let Some(want) = expect.get(key) {
            self.same(what, want, have);
        }
    }

    /// Where two values differ first, and how.
    fn differ(&mut self, want: &Json, have: &Json) -> Result<(), String> {
        match (want, have) {
            (Json::Object(want), Json::Object(have)) => {
                for (key, value) in want {
                    let other =
                        have.get(key).ok_or_else(|| format!(".{key}: missing, wanted {value}"))?;
                    self.differ(value, other).map_err(|it| format!(".{key}{it}"))?;
                }
                match have.iter().find(|(key, _)| !want.contains_key(*key)) {
                    Some((key, value)) => Err(format!(".{key}: not wanted, is {value}")),
                    None => Ok(()),
                }
            }
            (Json::Array(a), Json::Array(b)) if a.len() == b.len() => {
                let mut each = a.iter().zip(b).enumerate();
                each.try_for_each(|(at, (a, b))| {
                    self.differ(a, b).map_err(|it| format!("[{at}]{it}"))
                })
            }
            (Json::String(want), Json::String(have)) if self.same_text(want, have) => Ok(()),
            (Json::Number(a), Json::Number(b)) if a.as_f64() == b.as_f64() => Ok(()),
            _ if want == have => Ok(()),
            _ => Err(format!(": wanted {want}, is {have}")),
        }
    }

    /// Texts with `<id of …>` in place of random ids.
    fn same_text(&mut self, want: &str, have: &str) -> bool {
        if let Some(token) = want.strip_suffix(" in upper case") {
            return self.same_text(token, &have.to_lowercase());
        }
        let token = regex::Regex::new("<id of [^>]*>").unwrap();
        let mut pattern = String::from("(?s)^");
        let (mut tokens, mut at) = (Vec::new(), 0);
        for it in token.find_iter(want) {
            pattern.push_str(&regex::escape(&want[at..it.start()]));
            pattern.push_str("([0-9a-f]{8}-[0-9a-f-]{27})");
            tokens.push(it.as_str().to_string());
            at = it.end();
        }
        pattern.push_str(&regex::escape(&want[at..]));
        pattern.push('$');
        let Some(found) = regex::Regex::new(&pattern).unwrap().captures(have) else { return false };
        tokens.iter().zip(found.iter().skip(1).flatten()).all(|(token, id)| {
            let known = self.ids.entry(token.clone()).or_insert_with(|| id.as_str().to_string());
            known == id.as_str()
        })
    }

    /// Errors or warnings: summary, file and line, in any order.
    pub fn diagnostics(&mut self, what: &str, want: &Json, have: &[Json]) {
        let want = want.as_array().into_iter().flatten();
        // What Terraform says without a place on top of the same with one is of no use.
        let mut want: Vec<Json> = want.filter(|it| it["line"] != 0).map(place_of).collect();
        want.sort_by_key(Json::to_string);
        want.dedup();
        let placed: Vec<Json> = want.iter().filter(|it| !it[1].is_null()).cloned().collect();
        want.retain(|it| !it[1].is_null() || !placed.iter().any(|placed| placed[0] == it[0]));
        let mut have: Vec<Json> = have.to_vec();
        have.sort_by_key(Json::to_string);
        have.dedup();
        // Where Terraform names several things in one place, one of them is enough.
        let told = |it: &&Json| {
            have.iter().any(|had| want.contains(had) && (&had[1], &had[2]) == (&it[1], &it[2]))
        };
        let missing: Vec<String> =
            want.iter().filter(|it| !told(it)).map(Json::to_string).collect();
        let own = |it: &Json| it[0].as_str().is_some_and(|it| OWN_WARNINGS.contains(&it));
        let extra = have.iter().filter(|it| !want.contains(it) && !own(it));
        let extra: Vec<String> = extra.map(Json::to_string).collect();
        for (word, list) in [("missing", missing), ("not wanted", extra)] {
            if !list.is_empty() {
                self.found.push(format!("{}{what} {word}: {}", self.place, list.join(" ")));
            }
        }
    }

    pub fn plan(&mut self, want: &Json, have: &Json) {
        for key in ["counts", "outputs", "applyable", "complete"] {
            self.same(&format!("plan.{key}"), &want[key], &have[key]);
        }
        self.same("plan.checks", want.get("checks").unwrap_or(&json!([])), &have["checks"]);
        let (want, have) = (&want["resources"], &have["resources"]);
        let names = |it: &Json| it.as_object().map(|it| it.keys().cloned().collect::<Vec<_>>());
        for name in names(want).unwrap_or_default() {
            match have.get(&name) {
                Some(it) => self.same(&format!("plan of {name}"), &want[&name], it),
                None => self.found.push(format!("{}plan of {name}: missing", self.place)),
            }
        }
        for name in names(have).unwrap_or_default() {
            if want.get(&name).is_none() {
                let what = &have[&name]["actions"];
                self.found.push(format!("{}plan of {name}: not wanted, is {what}", self.place));
            }
        }
    }
}

/// Summary, file and line of a noted diagnostic.
fn place_of(it: &Json) -> Json {
    let summary = it["summary"].as_str().unwrap_or_default();
    let summary = SYNONYMS.iter().find(|(theirs, _)| *theirs == summary).map_or(summary, |it| it.1);
    json!([summary, it["file"], it["line"]])
}

/// Errors and warnings among lines of JSON: summary, file and line.
pub fn diagnostics(lines: &[Json]) -> (Vec<Json>, Vec<Json>) {
    let mut found = (Vec::new(), Vec::new());
    for it in lines.iter().filter(|it| it["type"] == "diagnostic").map(|it| &it["diagnostic"]) {
        let place = json!([it["summary"], it["range"]["filename"], it["range"]["start"]["line"]]);
        match it["severity"].as_str() {
            Some("error") => found.0.push(place),
            _ => found.1.push(place),
        }
    }
    found
}

/// A plan's JSON in the shape of the noted ones.
pub fn actual_plan(it: &Json) -> Json {
    let mut counts = Map::new();
    let mut count = |key: &str| {
        let known = counts.get(key).and_then(Json::as_i64).unwrap_or(0);
        counts.insert(key.to_string(), (known + 1).into());
    };
    let mut resources = Map::new();
    for resource in it["resource_changes"].as_array().into_iter().flatten() {
        let change = &resource["change"];
        let actions: Vec<&str> =
            change["actions"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
        count(match actions[..] {
            ["delete", "create"] => "replace",
            ["create", "delete"] => "replace_create_before_destroy",
            [one, ..] => one,
            [] => "none",
        });
        let mut out = Map::new();
        out.insert("actions".into(), change["actions"].clone());
        for key in ["action_reason", "previous_address"] {
            out.extend(resource.get(key).map(|it| (key.to_string(), it.clone())));
        }
        if let Some(importing) = change.get("importing") {
            count("import");
            out.insert("importing".into(), importing.clone());
        }
        out.extend(change.get("replace_paths").map(|it| ("replace_paths".into(), it.clone())));
        out.insert("before".into(), change["before"].clone());
        out.insert("after".into(), with_unknowns(change.get("after"), &change["after_unknown"]));
        for key in ["before_sensitive", "after_sensitive"] {
            if marks_anything(&change[key]) {
                out.insert(key.into(), change[key].clone());
            }
        }
        resources.insert(resource["address"].as_str().unwrap_or_default().into(), out.into());
    }
    let outputs: Map<String, Json> = it["output_changes"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, change)| {
            let mut out = Map::new();
            out.insert("actions".into(), change["actions"].clone());
            out.insert("before".into(), change["before"].clone());
            out.insert(
                "after".into(),
                with_unknowns(change.get("after"), &change["after_unknown"]),
            );
            if change["after_sensitive"] == true {
                out.insert("sensitive".into(), true.into());
            }
            (name.clone(), out.into())
        })
        .collect();
    json!({
        "counts": counts,
        "resources": resources,
        "outputs": outputs,
        "checks": checks(&it["checks"]),
        "applyable": it["applyable"],
        "complete": it["complete"],
    })
}

fn marks_anything(it: &Json) -> bool {
    match it {
        Json::Bool(it) => *it,
        Json::Array(items) => items.iter().any(marks_anything),
        Json::Object(items) => items.values().any(marks_anything),
        _ => false,
    }
}

/// Values, with what is not known yet put in.
fn with_unknowns(after: Option<&Json>, unknown: &Json) -> Json {
    match (after, unknown) {
        (_, Json::Bool(true)) => json!({"$unknown": true}),
        (Some(Json::Object(after)), Json::Object(unknown)) => {
            let mut out = after.clone();
            for (key, it) in unknown {
                let part = with_unknowns(after.get(key), it);
                if marks_anything(it) || after.contains_key(key) {
                    out.insert(key.clone(), part);
                }
            }
            out.into()
        }
        (Some(Json::Array(after)), Json::Array(unknown)) => {
            let longest = after.len().max(unknown.len());
            let no = Json::Bool(false);
            let each =
                (0..longest).map(|at| with_unknowns(after.get(at), unknown.get(at).unwrap_or(&no)));
            Json::Array(each.collect())
        }
        (after, _) => after.cloned().unwrap_or(Json::Null),
    }
}

/// Results of checks in the shape of the noted ones, in address order.
pub fn checks(them: &Json) -> Vec<Json> {
    let each = them.as_array().into_iter().flatten().map(|it| {
        let instances = it["instances"].as_array().into_iter().flatten().map(|it| {
            let problems = it["problems"].as_array().into_iter().flatten();
            let mut problems: Vec<Json> = problems.map(|it| it["message"].clone()).collect();
            problems.sort_by_key(Json::to_string);
            json!({
                "address": it["address"]["to_display"],
                "status": it["status"],
                "problems": problems,
            })
        });
        json!({
            "address": it["address"]["to_display"],
            "kind": it["address"]["kind"],
            "status": it["status"],
            "instances": instances.collect::<Vec<_>>(),
        })
    });
    let mut all: Vec<Json> = each.collect();
    all.sort_by_key(|it| it["address"].to_string());
    all
}
