//! `console`

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use serde_json::{Value as Json, json};

use super::args::{StackArg, StateArgs, VariableArgs};
use super::screen::{Form, Screen};
use super::{Outcome, inputs, session};
use crate::diag::Diagnostics;
use crate::engine::{Engine, Inputs, Stack};
use crate::lang::ast::{Expr, ExprKind};
use crate::lang::config::{Config, Module};
use crate::lang::console::{display, type_text};
use crate::lang::parse::parse_expression;
use crate::lang::value::Value;

/// Evaluate expressions, one a line, in the scope of a stack and its state.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    stack: StackArg,
    #[command(flatten)]
    pub(super) variables: VariableArgs,
    #[command(flatten)]
    state: StateArgs,
    /// Print one JSON object a line: value and type, or what is wrong.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(screen: &Screen, args: Args) -> Outcome {
    let path = &args.stack.stack;
    let engine = session::engine(path, &args.state, None)?;
    let stack = match is_empty(&engine, path) {
        true => empty(path),
        false => session::load(screen, &engine, path, Form::default())?,
    };
    let gathered = inputs::gather(screen, &engine, &stack, path, &args.variables, false);
    let (inputs, warnings) =
        gathered.map_err(|it| super::Failed::Because(stack.sources.clone(), it))?;
    screen.diagnostics(&stack.sources, &warnings);
    let prompt = std::io::stdin().is_terminal() && !args.json;
    let mut input = std::io::stdin().lock();
    let mut failed = false;
    loop {
        if prompt {
            let mut err = std::io::stderr();
            let _ = err.write_all(b"> ").and_then(|()| err.flush());
        }
        let lines = lines_at_hand(&mut input);
        if lines.is_empty() {
            break;
        }
        let lines: Vec<&str> =
            lines.iter().map(|it| it.trim()).filter(|it| !it.is_empty()).collect();
        let end = lines.iter().position(|it| *it == "exit");
        let asked = lines.get(..end.unwrap_or(lines.len())).unwrap_or_default();
        let answers = answer(&engine, &stack, &inputs, asked);
        let mut out = String::new();
        for result in answers {
            match (args.json, result) {
                (true, result) => out.push_str(&format!("{}\n", as_json(result))),
                (false, Ok(Answer::Value(it))) => out.push_str(&format!("{}\n", display(&it))),
                (false, Ok(Answer::Type(it))) => out.push_str(&format!("{it}\n")),
                (false, Err(those)) => {
                    failed = true;
                    screen.print(&std::mem::take(&mut out));
                    screen.diagnostics(&stack.sources, &those);
                }
            }
        }
        screen.print(&out);
        if end.is_some() {
            break;
        }
    }
    // Who types may slip; a script that fails should say so.
    Ok(if failed && !prompt { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// All lines that can be read without waiting, at least one; none at the end.
fn lines_at_hand(input: &mut impl BufRead) -> Vec<String> {
    let whole = match input.fill_buf() {
        Ok(buffer) => buffer.iter().filter(|byte| **byte == b'\n').count().max(1),
        Err(_) => return Vec::new(),
    };
    let mut lines = Vec::with_capacity(whole);
    for _ in 0..whole {
        let mut line = Vec::new();
        match input.read_until(b'\n', &mut line) {
            Ok(0) | Err(_) => break,
            Ok(_) => lines.push(String::from_utf8_lossy(&line).into_owned()),
        }
    }
    lines
}

enum Answer {
    Value(Value),
    Type(String),
}

/// The answers to all of these, in their order.
fn answer(
    engine: &Engine,
    stack: &Stack,
    inputs: &Inputs,
    asked: &[&str],
) -> Vec<Result<Answer, Diagnostics>> {
    let mut parsed = Vec::with_capacity(asked.len());
    let mut expressions = Vec::new();
    for text in asked {
        let file = stack.sources.add("<console-input>", *text);
        let (expr, found) = parse_expression(&stack.sources, file);
        parsed.push(match expr {
            Some(expr) if !found.has_errors() => {
                let (expr, is_type) = without_type(expr);
                expressions.push(expr);
                Ok(is_type)
            }
            _ => Err(found),
        });
    }
    let mut values = match engine.evaluate(stack, inputs, &expressions) {
        Ok(values) => values.into_iter(),
        Err(those) => return asked.iter().map(|_| Err(those.clone())).collect(),
    };
    let answer = |parsed: Result<bool, Diagnostics>| {
        let is_type = parsed?;
        let value = values.next().unwrap_or_else(|| Ok(Value::NULL))?;
        Ok(match is_type {
            true => Answer::Type(type_text(&value.ty())),
            false => Answer::Value(value),
        })
    };
    parsed.into_iter().map(answer).collect()
}

/// `type(x)` works in the console only, and only as the whole expression.
fn without_type(expr: Expr) -> (Expr, bool) {
    match expr.kind {
        ExprKind::Call(mut call)
            if matches!(&*call.name.text, "type" | "core::type")
                && call.args.len() == 1
                && !call.expand =>
        {
            let inner = call.args.remove(0);
            (inner, true)
        }
        kind => (Expr { kind, ..expr }, false),
    }
}

fn as_json(result: Result<Answer, Diagnostics>) -> Json {
    let value = match result {
        Ok(Answer::Value(it)) => it,
        Ok(Answer::Type(it)) => return json!({"value": it, "type": "string"}),
        Err(those) => {
            let summary = those.iter().next().map_or("", |it| it.summary.as_str());
            return json!({"error": {"summary": summary}});
        }
    };
    let ty = type_text(&value.ty());
    if value.has_sensitive() {
        return json!({"sensitive": true, "type": ty});
    }
    if !value.is_wholly_known() {
        return json!({"unknown": true, "type": ty});
    }
    match value.to_json() {
        Some(json) => json!({"value": json, "type": ty}),
        None => json!({"error": {"summary": "the value has no JSON form"}}),
    }
}

/// Whether there is no stack to load, and none was asked for.
fn is_empty(engine: &Engine, path: &Path) -> bool {
    let ends = |it: &String| [".tf", ".hcl", ".tf.json"].iter().any(|end| it.ends_with(end));
    path == Path::new(".") && !engine.files.list(path).unwrap_or_default().iter().any(ends)
}

fn empty(path: &Path) -> Stack {
    let root = Module { dir: path.to_path_buf(), display_dir: ".".into(), ..Module::default() };
    let config = Config { root: Arc::new(root), sources: Default::default() };
    let sources = config.sources.clone();
    Stack { config, sources }
}
