//! The readers on damaged input: the parser, the evaluator, the state reader and the reader of
//! variable files. Inputs are the cases of `tests/lang`, cut, joined and mixed; whatever comes of
//! them is a value or a diagnostic, never a panic.
//!
//! Every run tries the same inputs. `FUZZ=100000 cargo test --test fuzz` tries more than the usual
//! number of each, and `FUZZ_SEED=7` others; what fails is printed as short as it can be made.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use fastcart_hcl::diag::{Diagnostics, Sources};
use fastcart_hcl::lang::config::validate::{FixedTypes, validate};
use fastcart_hcl::lang::eval::{self, Environment, Names};
use fastcart_hcl::lang::files::MemoryFiles;
use fastcart_hcl::lang::load::{load, load_tfvars};
use fastcart_hcl::lang::value::{Str, Value};
use fastcart_hcl::lang::{config, console, json, parse};
use fastcart_hcl::state::{journal, tfstate};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, RngSeed, TestRng, TestRunner};

/// Inputs of each target, where nothing else is asked for.
const USUAL: u32 = 1_500;

/// What is put in between: what opens, closes, escapes or counts in one of the notations.
const WORDS: &[&str] = &[
    "${",
    "%{",
    "}",
    "{",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "\\",
    "<<E\n",
    "\nE\n",
    "<<-E\n",
    "~}",
    "${~",
    "%{ if ",
    "%{ for x in ",
    "%{ endif }",
    "%{ endfor }",
    "%{ else }",
    "[*]",
    ".*",
    "...",
    "=>",
    " ? ",
    " : ",
    "for x in ",
    " if ",
    "&&",
    "||",
    "!",
    "-",
    "1e999999999",
    "0.1",
    "99999999999999999999",
    "null",
    "true",
    "local.x",
    "var.x",
    "each.key",
    "\u{0}",
    "\u{feff}",
    "é",
    "\u{301}",
    "😀",
    "\r\n",
    "\n",
    "/*",
    "*/",
    "#",
    "//",
    "=",
    ",",
    "core::",
    "$${",
    "%%{",
    "\\u0000",
    "{\"",
    "\":",
    "[[[[[[[[",
    "((((((((",
    "\\ud800",
    "resource \"",
    "module \"m\" {\n source = \"./m\"\n}\n",
    "dynamic \"",
    "\"version\": 4",
    "\"instances\": [",
    "\"index_key\": ",
    "-0",
    "1.5",
    "\t",
    ";",
];

fn home() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lang")
}

/// A field of every line of a file of cases.
fn field(file: &str, name: &str) -> Vec<Vec<u8>> {
    let text = std::fs::read_to_string(home().join(file)).unwrap();
    let lines = text.lines().map(|it| serde_json::from_str::<serde_json::Value>(it).unwrap());
    lines.filter_map(|it| Some(it.get(name)?.as_str()?.as_bytes().to_vec())).collect()
}

/// The content of every file below `configs` whose name ends so.
fn files(end: &str) -> Vec<Vec<u8>> {
    let mut folders = vec![home().join("configs")];
    let mut paths = Vec::new();
    while let Some(folder) = folders.pop() {
        for it in std::fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
            match it.is_dir() {
                true => folders.push(it),
                false if it.to_string_lossy().ends_with(end) => paths.push(it),
                false => {}
            }
        }
    }
    paths.sort();
    paths.into_iter().map(|it| std::fs::read(it).unwrap()).collect()
}

/// One thing done to an input.
#[derive(Clone, Debug)]
enum Damage {
    Cut(usize, usize),
    Repeat(usize, usize),
    Insert(usize, &'static str),
    Byte(usize, u8),
    /// From there on, another input goes on.
    Join(usize, usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = || any::<usize>();
    prop_oneof![
        (at(), 0..40usize).prop_map(|(at, len)| Damage::Cut(at, len)),
        (at(), 1..40usize).prop_map(|(at, len)| Damage::Repeat(at, len)),
        (at(), prop::sample::select(WORDS)).prop_map(|(at, word)| Damage::Insert(at, word)),
        (at(), any::<u8>()).prop_map(|(at, byte)| Damage::Byte(at, byte)),
        (at(), at(), at()).prop_map(|(at, which, from)| Damage::Join(at, which, from)),
    ]
}

fn damaged(seeds: &[Vec<u8>], which: usize, all: &[Damage]) -> Vec<u8> {
    let mut out = seeds[which % seeds.len()].clone();
    for one in all {
        let place = |at: usize| at % (out.len() + 1);
        match *one {
            Damage::Cut(at, len) => {
                let at = place(at);
                out.drain(at..(at + len).min(out.len()));
            }
            Damage::Repeat(at, len) => {
                let at = place(at);
                let part = out[at..(at + len).min(out.len())].to_vec();
                out.splice(at..at, part);
            }
            Damage::Insert(at, word) => {
                let at = place(at);
                out.splice(at..at, word.bytes());
            }
            Damage::Byte(at, byte) => {
                let at = place(at);
                if let Some(it) = out.get_mut(at) {
                    *it = byte;
                }
            }
            Damage::Join(at, which, from) => {
                let at = place(at);
                let other = &seeds[which % seeds.len()];
                out.truncate(at);
                out.extend_from_slice(&other[from % (other.len() + 1)..]);
            }
        }
    }
    out
}

/// Tries a target on damaged seeds.
fn fuzz(seeds: Vec<Vec<u8>>, target: fn(&[u8])) {
    assert!(!seeds.is_empty());
    let number = |name: &str| std::env::var(name).ok().and_then(|it| it.parse::<u64>().ok());
    let config = Config {
        cases: number("FUZZ").map_or(USUAL, |it| it as u32),
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(number("FUZZ_SEED").unwrap_or(1)),
        ..Config::default()
    };
    let mut seed = [0; 32];
    seed[..8].copy_from_slice(&number("FUZZ_SEED").unwrap_or(1).to_le_bytes());
    let mut runner =
        TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &seed));
    let inputs = (any::<usize>(), prop::collection::vec(damage(), 0..6));
    let inputs = inputs.prop_map(move |(which, all)| {
        String::from_utf8_lossy(&damaged(&seeds, which, &all)).into_owned().into_bytes()
    });
    let result = runner.run(&inputs, |input| {
        target(&input);
        Ok(())
    });
    if let Err(failed) = result {
        panic!("{failed}");
    }
}

/// Every place that is told is a place in the text, and can be shown.
fn check_places(sources: &Sources, found: &Diagnostics) {
    for one in found {
        let labels = one.labels.iter().map(|(span, _)| *span);
        for span in one.span.into_iter().chain(labels) {
            let text = sources.get(span.file).text;
            let (start, end) = (span.start as usize, span.end as usize);
            assert!(start <= end && end <= text.len(), "{one}: {start}..{end} of {}", text.len());
            let _ = sources.position(span);
        }
    }
}

#[test]
fn the_parser() {
    fn target(input: &[u8]) {
        let text = std::str::from_utf8(input).unwrap();
        let sources = Sources::default();
        let file = sources.add("main.tf", text);
        check_places(&sources, &parse::parse(&sources, file).1);
        check_places(&sources, &parse::parse_expression(&sources, file).1);
        check_places(&sources, &parse::parse_template(&sources, file).1);
        check_places(&sources, &json::parse(&sources, file).1);
        for name in ["main.tf", "main.tf.json"] {
            let files = MemoryFiles::new().with(name, input).with("m/main.tf", "");
            let (config, found) = load(&files, Path::new("."));
            let Some(config) = config else { continue };
            check_places(&config.sources, &found);
            let found = validate(&config.root, &FixedTypes::default());
            check_places(&config.sources, &found);
        }
    }
    let mut seeds = field("syntax.jsonl", "hcl");
    seeds.extend(files(".tf"));
    seeds.extend(files(".tf.json"));
    fuzz(seeds, target);
}

#[test]
fn the_evaluator() {
    fn target(input: &[u8]) {
        let text = std::str::from_utf8(input).unwrap();
        // Slow on purpose.
        if text.contains("bcrypt") {
            return;
        }
        let files = MemoryFiles::new().with("files/a.txt", "a").with("files/a.tftpl", "${a}");
        let sources = Sources::default();
        let environment = Environment {
            files: Arc::new(files),
            dir: Path::new("").into(),
            now: Some(jiff::Timestamp::UNIX_EPOCH),
            apply: true,
            sources: sources.clone(),
        };
        let file = sources.add("<expression>", text);
        let (Some(expr), _) = parse::parse_expression(&sources, file) else { return };
        let values: BTreeMap<Str, Value> = BTreeMap::from([
            ("local".into(), Value::object([("x", Value::from("x").sensitive())])),
            ("path".into(), Value::object([("module", Value::from("."))])),
        ]);
        match eval::evaluate(&Names { values: &values, environment: &environment }, &expr) {
            Ok(value) => {
                let _ = (console::display(&value), console::type_text(&value.ty()));
                let _ = (value.to_json(), format!("{value:?}"));
            }
            Err(found) => check_places(&sources, &found),
        }
    }
    fuzz(field("expressions.jsonl", "expr"), target);
}

#[test]
fn the_state_reader() {
    fn target(input: &[u8]) {
        if let Ok(state) = tfstate::decode("terraform.tfstate", input) {
            let written = tfstate::encode(&state);
            let again = tfstate::decode("terraform.tfstate", &written);
            let again = again.unwrap_or_else(|it| panic!("what was written is not read: {it}"));
            assert_eq!(tfstate::encode(&again), written);
        }
        let _ = journal::decode("terraform.tfstate.journal", input);
    }
    let mut seeds = files(".tfstate");
    let id = "0b2b8d4e-3a6f-4c1d-9e57-1f0a2b3c4d5e";
    for (index, kind, mode) in [
        ("0", "aws_vpc", "managed"),
        ("\"a\"", "terraform_data", "managed"),
        ("null", "aws_x", "data"),
    ] {
        let state = format!(
            r#"{{"version": 4, "terraform_version": "1.11.4", "serial": 3, "lineage": "{id}",
            "outputs": {{"o": {{"value": [1, {{"a": null}}], "type": ["tuple", ["number", ["object", {{"a": "string"}}]]], "sensitive": true}}}},
            "resources": [{{"module": "module.m[\"k\"].module.n[1]", "mode": "{mode}", "type": "{kind}", "name": "x",
            "provider": "provider[\"registry.terraform.io/hashicorp/aws\"].west", "each": "list",
            "instances": [{{"index_key": {index}, "status": "tainted", "deposed": "00000001", "schema_version": 1,
            "attributes": {{"id": "{id}", "n": 12345678901234567890, "tags": {{"k": "v"}}}},
            "sensitive_attributes": [[{{"type": "get_attr", "value": "tags"}}, {{"type": "index", "value": {{"value": "k", "type": "string"}}}}]],
            "private": "e30=", "dependencies": ["module.m.aws_x.y"], "create_before_destroy": true}}]}}],
            "check_results": [{{"object_kind": "check", "config_addr": "check.c", "status": "fail", "objects": [{{"object_addr": "check.c", "status": "fail", "failure_messages": ["x"]}}]}}]}}"#
        );
        seeds.push(state.into_bytes());
    }
    fuzz(seeds, target);
}

#[test]
fn the_reader_of_variable_files() {
    fn target(input: &[u8]) {
        for name in ["a.tfvars", "a.tfvars.json"] {
            let files = MemoryFiles::new().with(name, input);
            let sources = Sources::default();
            let (values, mut found) = load_tfvars(&files, &sources, Path::new(name));
            for (expr, _) in values.values() {
                let value = config::constant(expr, &mut found);
                let _ = value.map(|it| console::display(&it));
            }
            check_places(&sources, &found);
        }
    }
    let mut seeds = files(".tfvars");
    seeds.extend(files(".tfvars.json"));
    // Any value may be that of a variable.
    let expressions = field("expressions.jsonl", "expr").into_iter();
    seeds.extend(expressions.map(|it| [b"a = ".as_slice(), &it, b"\n"].concat()));
    fuzz(seeds, target);
}
