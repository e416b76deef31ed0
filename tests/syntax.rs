//! The syntax corpus: what Terraform reads and refuses, and where it says so.

use base64::Engine as _;
use fastcart_hcl::diag::{Diagnostic, Diagnostics, Sources};
use fastcart_hcl::lang::parse;
use serde_json::Value as Json;

/// Cases in which a difference is meant, with the reason. None so far.
const EXCEPTIONS: &[(&str, &str)] = &[];

fn cases(file: &str) -> Vec<Json> {
    let path = format!("{}/tests/lang/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|it| panic!("{path}: {it}"));
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn excepted(id: &str) -> bool {
    EXCEPTIONS.iter().any(|(name, _)| *name == id)
}

fn parsed(text: &str) -> (Sources, Diagnostics) {
    let sources = Sources::default();
    let file = sources.add("main.tf", text);
    let (_, found) = parse::parse(&sources, file);
    (sources, found)
}

#[test]
fn files_are_read_as_terraform_reads_them() {
    let (mut total, mut placed, mut failed) = (0, 0, Vec::new());
    for case in cases("syntax.jsonl") {
        let id = case["id"].as_str().unwrap();
        if excepted(id) {
            continue;
        }
        let Some(text) = text_of(&case) else {
            // Not UTF-8: refused before there is a text.
            assert_eq!(case["syntax_ok"], false, "{id}");
            continue;
        };
        total += 1;
        let (sources, found) = parsed(&text);
        if case["syntax_ok"] == true {
            if !found.is_empty() {
                failed.push(format!("{id}: refused: {found}"));
            }
            continue;
        }
        let first = found.iter().next();
        let have = first.map(|it| (it.summary.clone(), sources.position(it.span.unwrap())));
        let want = (case["error"].as_str().unwrap(), case["line"].as_u64(), case["col"].as_u64());
        let have =
            have.map(|(summary, at)| (summary, Some(at.line as u64), Some(at.column as u64)));
        match have {
            Some(have) if (have.0.as_str(), have.1, have.2) == want => placed += 1,
            have => failed.push(format!("{id}: {have:?}, wanted {want:?}\n{text}")),
        }
    }
    println!(
        "{} of {total} files are read alike, {placed} errors in their place",
        total - failed.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

fn text_of(case: &Json) -> Option<String> {
    match case["hcl"].as_str() {
        Some(text) => Some(text.to_string()),
        None => {
            let bytes = base64::engine::general_purpose::STANDARD
                .decode(case["hcl_base64"].as_str().unwrap())
                .unwrap();
            String::from_utf8(bytes).ok()
        }
    }
}

/// Summaries that only the parser gives: every other error of the corpus comes from evaluation.
const SYNTAX: &[&str] = &[
    "Invalid expression",
    "Missing expression",
    "Missing newline after argument",
    "Extra characters after expression",
    "Unsupported operator",
    "Invalid character",
    "Invalid 'for' expression",
    "Invalid 'for' directive",
    "Missing attribute separator",
    "Missing attribute value",
    "Missing closing parenthesis",
    "Missing item separator",
    "Missing key/value separator",
    "Missing argument separator",
    "Invalid legacy index syntax",
    "Invalid multi-line string",
    "Unterminated template string",
    "Invalid escape sequence",
    "Unexpected end of template",
    "Unexpected endif directive",
    "Unexpected endfor directive",
    "Unexpected else directive",
    "Invalid template control keyword",
    "Invalid template directive",
    "Unbalanced parentheses",
    "Invalid attribute name",
    "Invalid number literal",
];

/// Expressions as they were measured: as an argument in a `locals` block.
#[test]
fn expressions_are_read_as_terraform_reads_them() {
    let (mut total, mut failed) = (0, Vec::new());
    for case in cases("expressions.jsonl") {
        let (id, expr) = (case["id"].as_str().unwrap(), case["expr"].as_str().unwrap());
        if excepted(id) {
            continue;
        }
        total += 1;
        let before = "locals {\n  x = ";
        let (sources, found) = parsed(&format!("{before}{expr}\n}}\n"));
        let first = found.iter().next();
        let summary = case["error_summary"].as_str().unwrap_or("");
        let is_syntax = SYNTAX.contains(&summary);
        let Some(first) = first else {
            if is_syntax {
                failed.push(format!("{id}: accepted, wanted {summary}: {expr:?}"));
            }
            continue;
        };
        if !is_syntax {
            failed.push(format!("{id}: refused: {first}: {expr:?}"));
            continue;
        }
        let want = (case["error_at"][0].as_u64().unwrap(), case["error_at"][1].as_u64().unwrap());
        // These were listed with what is wrong with single tokens first, not by place.
        let is_it = |one: &Diagnostic| {
            let at = sources.position(one.span.unwrap());
            let line = at.line as u64 - 1;
            let column = if line == 1 { at.column as u64 - 6 } else { at.column as u64 };
            one.summary == summary && (line, column) == want
        };
        if !found.iter().any(is_it) {
            let at = sources.position(first.span.unwrap());
            failed.push(format!("{id}: {first} at {at:?}, wanted {summary} at {want:?}: {expr:?}"));
        }
    }
    println!("{} of {total} expressions are read alike", total - failed.len());
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}

/// The same expressions alone, as typed into a console.
#[test]
fn expressions_stand_alone() {
    let mut failed = Vec::new();
    for case in cases("expressions.jsonl") {
        let expr = case["expr"].as_str().unwrap();
        let sources = Sources::default();
        let file = sources.add("console", expr);
        let (value, found) = parse::parse_expression(&sources, file);
        let summary = case["console_error_summary"].as_str().or(case["error_summary"].as_str());
        let summary = summary.unwrap_or("");
        match found.iter().next() {
            None if SYNTAX.contains(&summary) || value.is_none() => {
                failed.push(format!("accepted, wanted {summary}: {expr:?}"))
            }
            None => {}
            Some(_) if found.iter().any(|it| it.summary == summary) => {}
            Some(first) => failed.push(format!("{first}, wanted {summary}: {expr:?}")),
        }
    }
    assert!(failed.is_empty(), "{}", failed.join("\n"));
}
