//! Values of root variables, from the environment, files and flags; later ones win.

use std::path::{Path, PathBuf};

use super::args::{Given, VariableArgs};
use super::screen::Screen;
use crate::diag::{Diagnostic, Diagnostics};
use crate::engine::{Engine, Input, InputValue, Inputs, Stack};
use crate::lang::load::load_tfvars;

/// Gathers all values: `TF_VAR_…`, `terraform.tfvars`, `*.auto.tfvars`, then flags in their order.
/// Returns warnings beside them.
pub fn gather(
    screen: &Screen,
    engine: &Engine,
    stack: &Stack,
    path: &Path,
    args: &VariableArgs,
    may_ask: bool,
) -> Result<(Inputs, Diagnostics), Diagnostics> {
    let mut inputs = Inputs::new();
    let mut found = Diagnostics::new();
    let declared = &stack.config.root.variables;
    for (name, text) in std::env::vars_os() {
        let (Some(name), Some(text)) = (name.to_str(), text.to_str()) else { continue };
        let Some(short) = name.strip_prefix("TF_VAR_").filter(|it| declared.contains_key(*it))
        else {
            continue;
        };
        let given = InputValue::Text(text.to_string());
        inputs.add(short, Input { given, origin: name.to_string(), strict: false });
    }
    for file in automatic(engine, path) {
        add_file(engine, stack, &file, &mut inputs, &mut found);
    }
    for given in &args.order {
        match *given {
            Given::Value(n) => {
                let Some((name, text)) = args.var.get(n) else { continue };
                let origin = format!("--var {name}");
                let given = InputValue::Text(text.clone());
                inputs.add(name.as_str(), Input { given, origin, strict: true });
            }
            Given::File(n) => {
                let Some(file) = args.var_file.get(n) else { continue };
                add_file(engine, stack, file, &mut inputs, &mut found);
            }
        }
    }
    if may_ask && args.input && screen.is_interactive() {
        ask(screen, stack, &mut inputs);
    }
    match found.has_errors() {
        true => Err(found),
        false => Ok((inputs, found)),
    }
}

/// Files of values that are read unasked, from the directory of the stack.
fn automatic(engine: &Engine, stack: &Path) -> Vec<PathBuf> {
    let dir = match engine.files.is_dir(stack) {
        true => stack.to_path_buf(),
        false => stack.parent().map(Path::to_path_buf).unwrap_or_default(),
    };
    let listed = match dir.as_os_str().is_empty() {
        true => engine.files.list(Path::new(".")),
        false => engine.files.list(&dir),
    };
    let names = listed.unwrap_or_default();
    let first = ["terraform.tfvars", "terraform.tfvars.json"];
    let first = first.iter().filter(|it| names.iter().any(|name| name == *it));
    let ends = |it: &&String| it.ends_with(".auto.tfvars") || it.ends_with(".auto.tfvars.json");
    let mut auto: Vec<&String> = names.iter().filter(ends).collect();
    auto.sort();
    first.map(|it| dir.join(it)).chain(auto.into_iter().map(|it| dir.join(it))).collect()
}

fn add_file(
    engine: &Engine,
    stack: &Stack,
    file: &Path,
    inputs: &mut Inputs,
    found: &mut Diagnostics,
) {
    let (values, those) = load_tfvars(&*engine.files, &stack.sources, file);
    found.extend(those);
    let declared = &stack.config.root.variables;
    for (name, (expr, span)) in values {
        if !declared.contains_key(&name) {
            let detail = format!("`{name}` has a value here, but the stack does not declare it");
            let known = declared.keys().map(|it| &**it);
            let it = Diagnostic::warning("Value for undeclared variable", detail).at(span);
            found.push(it.did_you_mean(&name, known));
            continue;
        }
        let given = InputValue::Expr(Box::new((*expr).clone()));
        inputs.add(name, Input { given, origin: file.display().to_string(), strict: false });
    }
}

/// Asks for values of variables that have none. Secrets are not asked for: typing would show them.
fn ask(screen: &Screen, stack: &Stack, inputs: &mut Inputs) {
    let missing: Vec<_> = stack
        .config
        .root
        .variables
        .values()
        .filter(|it| it.default.is_none() && !it.sensitive && !it.ephemeral)
        .filter(|it| !inputs.iter().any(|(name, _)| *name == it.name))
        .collect();
    for variable in missing {
        screen.say(&format!("var.{}", variable.name));
        if let Some(text) = &variable.description {
            screen.say(&format!("  {text}"));
        }
        let Some(text) = super::apply::answer(screen, "\n  Enter a value: ") else { return };
        let origin = "what was entered".to_string();
        let given = InputValue::Text(text);
        inputs.add(variable.name.clone(), Input { given, origin, strict: true });
        screen.say("");
    }
}
