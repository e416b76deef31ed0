//! The expression corpus: what Terraform makes of each expression, as value, type, text and error.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use fastcart_hcl::diag::{Diagnostics, Sources};
use fastcart_hcl::lang::console;
use fastcart_hcl::lang::eval::{self, Environment, Names};
use fastcart_hcl::lang::files::DiskFiles;
use fastcart_hcl::lang::number::Number;
use fastcart_hcl::lang::parse::parse_expression;
use fastcart_hcl::lang::value::{Str, Value};
use serde_json::Value as Json;

/// Cases in which a difference is meant, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[];

fn home() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lang")
}

fn cases() -> Vec<Json> {
    let path = format!("{}/expressions.jsonl", home());
    let text = std::fs::read_to_string(&path).unwrap_or_else(|it| panic!("{path}: {it}"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn evaluate(text: &str) -> (Sources, Result<Value, Diagnostics>) {
    let sources = Sources::default();
    let file = sources.add("main.tf", text);
    let environment = Environment {
        files: Arc::new(DiskFiles),
        dir: Arc::from(Path::new(home())),
        now: Some(jiff::Timestamp::now()),
        apply: true,
        sources: sources.clone(),
    };
    let (expr, found) = parse_expression(&sources, file);
    let Some(expr) = expr.filter(|_| !found.has_errors()) else { return (sources, Err(found)) };
    let values: BTreeMap<Str, Value> = BTreeMap::from([
        ("path".into(), Value::object([("module", "."), ("root", "."), ("cwd", home())].map(|(k, v)| (k, v.into())))),
        ("terraform".into(), Value::object([("workspace", Value::from("default"))])),
        ("local".into(), Value::object::<Str>([])),
        ("var".into(), Value::object::<Str>([])),
    ]);
    let result = eval::evaluate(&Names { values: &values, environment: &environment }, &expr);
    (sources, result)
}

/// Two JSON texts that hold the same; numbers are compared as the language reads them.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            let read = |it: &serde_json::Number| Number::parse(&it.to_string()).unwrap().to_string();
            a == b || read(a) == read(b)
        }
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b))
        }
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(k, a)| b.get(k).is_some_and(|b| same(a, b)))
        }
        _ => a == b,
    }
}

/// What differs; nothing where the case holds.
fn differences(case: &Json) -> Vec<String> {
    let (sources, result) = evaluate(case["expr"].as_str().unwrap());
    let mut wrong = Vec::new();
    let value = match (result, case["expect_error"] == true) {
        (Ok(it), true) => return vec![format!("a value, {it:?}, wanted {}", case["error_summary"])],
        (Err(_), true) if case["terraform_panics"] == true => return wrong,
        (Err(those), true) => {
            let first = those.iter().next().unwrap();
            if case["error_summary"] != first.summary {
                wrong.push(format!("{those}, wanted {}", case["error_summary"]));
            }
            let at = first.span.map(|it| sources.position(it));
            let at = at.map(|it| serde_json::json!([it.line, it.column]));
            if at.as_ref() != Some(&case["error_at"]) {
                wrong.push(format!("{those} at {at:?}, wanted {}", case["error_at"]));
            }
            return wrong;
        }
        (Err(those), false) => return vec![format!("{those}")],
        (Ok(it), false) => it,
    };
    let mut check = |what: &str, have: String, want: String| {
        if have != want {
            wrong.push(format!("{what} {have}, wanted {want}"));
        }
    };
    check("sensitive", value.marks().sensitive.to_string(), (case["sensitive"] == true).to_string());
    let nested = value.has_sensitive() && !value.marks().sensitive;
    check("nested", nested.to_string(), (case["sensitive_nested"] == true).to_string());
    if let Some(want) = case["type"].as_str() {
        check("type", console::type_text(&value.ty()), want.into());
    }
    if let Some(want) = case["console"].as_str().filter(|_| case["implementation_dependent"] != true) {
        check("console", console::display(&value), want.into());
    }
    if let Some(want) = case.get("cty_type") {
        check("cty_type", value.ty().to_json().to_string(), want.to_string());
    }
    if case["expect_unknown"] == true {
        check("known", value.is_known().to_string(), "false".into());
    } else if case["implementation_dependent"] == true {
        check("unzipped", unzip(&value), unzip(&case["expect"].as_str().unwrap().into()));
    } else if case.get("not_json").is_none() {
        let have = value.to_json().unwrap_or(Json::String("not JSON".into()));
        if !same(&have, &case["expect"]) {
            check("value", have.to_string(), case["expect"].to_string());
        }
    }
    wrong
}

fn unzip(value: &Value) -> String {
    use base64::Engine as _;
    use std::io::Read;
    let engine = base64::engine::general_purpose::STANDARD;
    let bytes = engine.decode(value.as_str().unwrap()).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
    text
}

#[test]
fn expressions_mean_what_they_mean_in_terraform() {
    let mut groups: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    let mut failed = Vec::new();
    for case in cases() {
        let id = case["id"].as_str().unwrap();
        let wrong = differences(&case);
        let excepted = EXCEPTIONS.iter().any(|(name, _)| *name == id);
        assert!(!(excepted && wrong.is_empty()), "{id} needs no exception any more");
        let counts = groups.entry(case["group"].as_str().unwrap().into()).or_default();
        counts.1 += 1;
        if wrong.is_empty() || excepted {
            counts.0 += 1;
        } else {
            failed.push(format!("{id}: {}\n    {}", case["expr"], wrong.join("\n    ")));
        }
    }
    for (group, (passed, total)) in groups.iter().filter(|(_, (passed, total))| passed < total) {
        println!("{group}: {passed} of {total}");
    }
    let (passed, total) = groups.values().fold((0, 0), |sum, it| (sum.0 + it.0, sum.1 + it.1));
    println!("{passed} of {total} expressions, {} of them meant to differ", EXCEPTIONS.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
