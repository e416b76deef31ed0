//! `output`

use std::process::ExitCode;

use serde_json::{Map, Value as Json, json};

use super::args::StateArgs;
use super::screen::Screen;
use super::{Outcome, session};
use crate::diag::Diagnostic;
use crate::lang::console;
use crate::lang::value::Value;
use crate::render::object;
use crate::state::OutputState;

/// Print the outputs of the last apply.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Stack (a file or a directory), and the name of one output.
    #[arg(value_name = "STACK] [NAME", num_args = 0..=2)]
    given: Vec<String>,
    #[command(flatten)]
    state: StateArgs,
    /// Print JSON, secret values included.
    #[arg(long)]
    json: bool,
    /// Print one string, number or bool as it is.
    #[arg(long, conflicts_with = "json")]
    raw: bool,
}

pub(super) fn run(screen: &Screen, args: Args) -> Outcome {
    let (stack, name) = session::stack_and_name(&args.given);
    let outputs = session::read_state(&stack, &args.state)?.unwrap_or_default().outputs;
    let Some(name) = name else {
        if args.raw {
            let it = Diagnostic::error("--raw needs a name", "only one output can be printed raw");
            return Err(it.hint("write `output --raw NAME`").into());
        }
        if args.json {
            let each = outputs.iter().map(|(name, it)| {
                let json = json!({"sensitive": it.sensitive, "type": it.ty, "value": it.value});
                (name.clone(), json)
            });
            screen.print(&format!("{:#}\n", Json::Object(each.collect::<Map<_, _>>())));
            return Ok(ExitCode::SUCCESS);
        }
        if outputs.is_empty() {
            let it = Diagnostic::warning("no outputs found", "the state holds no output values");
            let hint = "declare an `output` block and run `apply`";
            screen.diagnostics(&Default::default(), &it.hint(hint).into());
        }
        for (name, it) in &outputs {
            let value = if it.sensitive { "<sensitive>".into() } else { shown(it) };
            screen.print(&format!("{name} = {value}\n"));
        }
        return Ok(ExitCode::SUCCESS);
    };
    let Some(it) = outputs.get(&name) else {
        let detail = format!("the state has no output named `{name}`");
        let it = Diagnostic::error(format!("Output \"{name}\" not found"), detail);
        return Err(it.did_you_mean(&name, outputs.keys().map(String::as_str)).into());
    };
    let text = match (args.json, args.raw) {
        (true, _) => format!("{}\n", it.value),
        (_, true) => raw(&name, it)?,
        _ => format!("{}\n", shown(it)),
    };
    screen.print(&text);
    Ok(ExitCode::SUCCESS)
}

/// The value, a secret one too: it was asked for by name.
fn shown(it: &OutputState) -> String {
    let open = OutputState { sensitive: false, ..it.clone() };
    console::display(&object::output(&open))
}

fn raw(name: &str, it: &OutputState) -> crate::diag::Result<String> {
    let value: Value = object::output(it);
    match &it.value {
        Json::String(text) => Ok(text.clone()),
        Json::Number(_) | Json::Bool(_) => Ok(it.value.to_string()),
        _ => Err(Diagnostic::error(
            "Unsupported value for raw output",
            format!("`{name}` is a {}, which has no raw form", value.ty().friendly()),
        )
        .hint(format!("write `output --json {name}`"))
        .into()),
    }
}
