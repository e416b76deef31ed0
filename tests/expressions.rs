//! The expression corpus: what Terraform makes of each expression, as value, type, text and error.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fastcart_hcl::diag::{Diagnostic, Diagnostics, Sources};
use fastcart_hcl::lang::config::validate::{FixedTypes, validate};
use fastcart_hcl::lang::console;
use fastcart_hcl::lang::eval::{self, Environment, Names};
use fastcart_hcl::lang::files::{DiskFiles, Files};
use fastcart_hcl::lang::load::load;
use fastcart_hcl::lang::number::Number;
use fastcart_hcl::lang::value::{Str, Value};
use serde_json::Value as Json;

/// Cases in which a difference is meant, with the reason.
const EXCEPTIONS: &[(&str, &str)] = &[(
    "cidrsubnet-dd1a7960",
    "a negative network number gives a network outside the prefix in Terraform; it is refused here",
)];

/// What stands before each expression in its file.
const BEFORE: &str = "locals {\n  x = ";

fn home() -> &'static str {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/lang")
}

fn cases() -> Vec<Json> {
    let mut all = Vec::new();
    for name in ["expressions", "recorded"] {
        let path = format!("{}/{name}.jsonl", home());
        let text = std::fs::read_to_string(&path).unwrap_or_else(|it| panic!("{path}: {it}"));
        all.extend(text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap()));
    }
    all
}

/// A configuration of one file, in the directory of the fixtures.
struct OneFile(String);

impl Files for OneFile {
    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        if path == self.main() { Ok(self.0.clone().into()) } else { DiskFiles.read(path) }
    }

    fn list(&self, dir: &Path) -> io::Result<Vec<String>> {
        DiskFiles.list(dir)
    }

    fn is_dir(&self, path: &Path) -> bool {
        DiskFiles.is_dir(path)
    }

    fn is_file(&self, path: &Path) -> bool {
        path == self.main() || DiskFiles.is_file(path)
    }

    fn canonical(&self, path: &Path) -> io::Result<PathBuf> {
        DiskFiles.canonical(path)
    }
}

impl OneFile {
    fn main(&self) -> PathBuf {
        Path::new(home()).join("main.tf")
    }
}

/// The value of the expression as a local value of a configuration.
fn evaluate(text: &str) -> (Sources, Result<Value, Diagnostics>) {
    let files = OneFile(format!("{BEFORE}{text}\n}}\n"));
    let (config, found) = load(&files, &files.main());
    let config = config.unwrap();
    let sources = config.sources.clone();
    if found.has_errors() {
        return (sources, Err(found));
    }
    let found = validate(&config.root, &FixedTypes::default());
    if found.has_errors() {
        return (sources, Err(found));
    }
    let environment = Environment {
        files: Arc::new(DiskFiles),
        dir: Arc::from(Path::new(home())),
        now: Some(jiff::Timestamp::now()),
        apply: true,
        sources: sources.clone(),
    };
    let path = [("module", "."), ("root", "."), ("cwd", home())].map(|(k, v)| (k, v.into()));
    let values: BTreeMap<Str, Value> = BTreeMap::from([
        ("path".into(), Value::object(path)),
        ("terraform".into(), Value::object([("workspace", Value::from("default"))])),
    ]);
    let names = Names { values: &values, environment: &environment };
    let result = eval::evaluate(&names, &config.root.locals["x"].expr);
    (sources, result)
}

/// Where an error is said to be, counted from the start of the expression.
fn place(sources: &Sources, error: &Diagnostic) -> Json {
    let Some(span) = error.span else { return Json::Null };
    let at = sources.position(span);
    let (line, before) = (at.line - 1, BEFORE.lines().last().unwrap().len());
    serde_json::json!([line, if line == 1 { at.column - before } else { at.column }])
}

/// Two JSON texts that hold the same; numbers are compared as the language reads them.
fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => {
            let read =
                |it: &serde_json::Number| Number::parse(&it.to_string()).unwrap().to_string();
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
        (Ok(it), true) => {
            return vec![format!("a value, {it:?}, wanted {}", case["error_summary"])];
        }
        (Err(_), true) if case["terraform_panics"] == true => return wrong,
        (Err(those), true) => {
            let wanted = (case["error_summary"].as_str().unwrap(), &case["error_at"]);
            let have: Vec<(&str, Json)> =
                those.iter().map(|it| (&*it.summary, place(&sources, it))).collect();
            // Where there are several, ours are in the order of the text.
            if !have.iter().any(|(summary, at)| (*summary, at) == wanted) {
                wrong.push(format!("{those} {have:?}, wanted {wanted:?}"));
            }
            return wrong;
        }
        (Err(those), false) => return vec![format!("{those}")],
        (Ok(it), false) => it,
    };
    if case["impure"] == true {
        return if value.to_json().as_ref() == Some(&case["expect"]) {
            wrong
        } else {
            vec![format!("{value:?}")]
        };
    }
    let mut check = |what: &str, have: String, want: String| {
        if have != want {
            wrong.push(format!("{what} {have}, wanted {want}"));
        }
    };
    check(
        "sensitive",
        value.marks().sensitive.to_string(),
        (case["sensitive"] == true).to_string(),
    );
    let nested = value.has_sensitive() && !value.marks().sensitive;
    check("nested", nested.to_string(), (case["sensitive_nested"] == true).to_string());
    if let Some(want) = case["type"].as_str() {
        check("type", console::type_text(&value.ty()), want.into());
    }
    if let Some(want) =
        case["console"].as_str().filter(|_| case["implementation_dependent"] != true)
    {
        // Terraform's output was read as text, in which every line end is one character.
        let shown = console::display(&value).replace("\r\n", "\n").replace('\r', "\n");
        check("console", shown, want.into());
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
