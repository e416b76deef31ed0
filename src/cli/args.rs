//! Arguments that several commands share, and how they are read.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{ArgAction, FromArgMatches};

use super::Cli;
use crate::address::{Address, Target};
use crate::plan::PlanMode;

/// Which stack.
#[derive(Debug, clap::Args)]
pub struct StackArg {
    /// Stack: a file, or a directory of *.tf, *.hcl and *.tf.json files.
    #[arg(value_name = "STACK", default_value = ".")]
    pub stack: PathBuf,
}

/// Values of root variables.
#[derive(Debug, Default, clap::Args)]
pub struct VariableArgs {
    /// Value of a root variable, as NAME=VALUE; may be given several times.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    pub var: Vec<(String, String)>,
    /// File of variable values (.tfvars or .tfvars.json); may be given several times.
    #[arg(long, value_name = "FILE")]
    pub var_file: Vec<PathBuf>,
    /// The order in which the two above were given.
    #[arg(skip)]
    pub order: Vec<Given>,
    /// Whether to ask for missing values, and for approval, on a terminal.
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", action = ArgAction::Set)]
    pub input: bool,
}

/// One of `--var` and `--var-file`, by its place among its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// The n-th `--var`.
    Value(usize),
    /// The n-th `--var-file`.
    File(usize),
}

/// Where the state is.
#[derive(Debug, clap::Args)]
pub struct StateArgs {
    /// State file; beside the stack when unset.
    #[arg(long, value_name = "FILE")]
    pub state: Option<PathBuf>,
    /// Workspace: a state of its own for the same stack.
    #[arg(long, value_name = "NAME", env = "TF_WORKSPACE", default_value = "default")]
    pub workspace: String,
}

/// How the state is locked.
#[derive(Debug, clap::Args)]
pub struct LockArgs {
    /// Whether to lock the state while it is in use.
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", action = ArgAction::Set)]
    pub lock: bool,
    /// How long to wait for a lock that another run holds, such as 30s or 5m.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
}

/// What to plan.
#[derive(Debug, clap::Args)]
pub struct PlanArgs {
    /// Only this module, resource or instance, and what it depends on; may be given several times.
    #[arg(long, value_name = "ADDRESS", value_parser = target)]
    pub target: Vec<Target>,
    /// Replace this instance even where nothing asks for it; may be given several times.
    #[arg(long, value_name = "ADDRESS", value_parser = address)]
    pub replace: Vec<Address>,
    /// Whether to read what exists before planning.
    #[arg(long, value_name = "BOOL", default_value = "true", num_args = 0..=1, require_equals = true,
        default_missing_value = "true", action = ArgAction::Set)]
    pub refresh: bool,
    /// Only bring the state up to date with what exists.
    #[arg(long, conflicts_with_all = ["destroy", "replace"])]
    pub refresh_only: bool,
    /// Plan to destroy everything.
    #[arg(long)]
    pub destroy: bool,
    /// How many operations may be under way at a time.
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = at_least_one)]
    pub parallelism: usize,
    /// Show warnings by their summaries only.
    #[arg(long)]
    pub compact_warnings: bool,
    /// Tell at the end how many calls were made to AWS, by operation.
    #[arg(long)]
    pub api_calls: bool,
}

impl PlanArgs {
    /// The mode that the flags name.
    pub fn mode(&self) -> PlanMode {
        match (self.destroy, self.refresh_only) {
            (true, _) => PlanMode::Destroy,
            (_, true) => PlanMode::RefreshOnly,
            _ => PlanMode::Normal,
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().into(), value.into())),
        _ => Err("write it as NAME=VALUE".into()),
    }
}

fn duration(text: &str) -> Result<Duration, String> {
    let parsed: Option<jiff::SignedDuration> = text.parse().ok();
    let parsed = parsed.and_then(|it| Duration::try_from(it).ok());
    parsed.ok_or_else(|| "write it as 30s, 5m or 1h".into())
}

fn at_least_one(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|it| *it > 0).ok_or_else(|| "a whole number of at least 1".into())
}

fn target(text: &str) -> Result<Target, String> {
    text.parse().map_err(|it: crate::diag::Diagnostic| it.detail)
}

fn address(text: &str) -> Result<Address, String> {
    text.parse().map_err(|it: crate::diag::Diagnostic| it.detail)
}

/// Reads the command line; on failure, and for `--help`, everything is printed already.
pub(super) fn parse(command: clap::Command) -> Result<Cli, ExitCode> {
    let given: Vec<String> =
        std::env::args_os().map(|it| it.to_string_lossy().into_owned()).collect();
    if let Some(text) = single_dash(&command, &given) {
        super::screen::say(&text);
        return Err(ExitCode::FAILURE);
    }
    let parsed = command.try_get_matches_from(std::env::args_os()).and_then(|matches| {
        let mut cli = Cli::from_arg_matches(&matches)?;
        let order = matches.subcommand().map(|(_, it)| order(it)).unwrap_or_default();
        if let Some(variables) = cli.command.variables() {
            variables.order = order;
        }
        Ok(cli)
    });
    parsed.map_err(|error| {
        // `--help` and `--version` count as errors, too.
        let code = if error.use_stderr() { ExitCode::FAILURE } else { ExitCode::SUCCESS };
        let _ = error.print();
        code
    })
}

impl super::Command {
    fn variables(&mut self) -> Option<&mut VariableArgs> {
        use super::Command;
        Some(match self {
            Command::Plan(it) => &mut it.variables,
            Command::Apply(it) => &mut it.common.variables,
            Command::Destroy(it) => &mut it.common.variables,
            Command::Graph(it) => &mut it.variables,
            Command::Console(it) => &mut it.variables,
            _ => return None,
        })
    }
}

fn order(matches: &clap::ArgMatches) -> Vec<Given> {
    let places = |id: &str| -> Vec<usize> {
        let is_defined = matches.try_contains_id(id).is_ok();
        is_defined.then(|| matches.indices_of(id)).flatten().into_iter().flatten().collect()
    };
    let values = places("var").into_iter().enumerate().map(|(n, at)| (at, Given::Value(n)));
    let files = places("var_file").into_iter().enumerate().map(|(n, at)| (at, Given::File(n)));
    let mut all: Vec<(usize, Given)> = values.chain(files).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, it)| it).collect()
}

/// What to write in place of a long flag with a single dash, as Terraform takes it.
fn single_dash(command: &clap::Command, given: &[String]) -> Option<String> {
    fn is_long(command: &clap::Command, name: &str) -> bool {
        command.get_arguments().any(|it| it.get_long() == Some(name))
            || command.get_subcommands().any(|it| is_long(it, name))
    }
    let before_separator = given.iter().skip(1).take_while(|it| *it != "--");
    for text in before_separator {
        let Some(rest) = text.strip_prefix('-').filter(|it| it.len() > 1 && !it.starts_with('-'))
        else {
            continue;
        };
        let name = rest.split_once('=').map_or(rest, |(name, _)| name);
        if is_long(command, name) || ["help", "version", "no-color"].contains(&name) {
            return Some(format!(
                "error: `{text}` has a single dash\n\nhint: write `-{text}`: long flags have two dashes"
            ));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn single_dashes_are_explained() {
        let hint =
            |flag: &str| single_dash(&Cli::command(), &["x".into(), "plan".into(), flag.into()]);
        assert!(hint("-auto-approve").unwrap().contains("write `--auto-approve`"));
        assert!(hint("-var=a=b").unwrap().contains("write `--var=a=b`"));
        assert_eq!((hint("--var=a"), hint("-x"), hint("-")), (None, None, None));
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(duration("90s"), Ok(Duration::from_secs(90)));
        assert_eq!(duration("5m"), Ok(Duration::from_secs(300)));
        assert!(duration("soon").is_err() && duration("-1s").is_err());
    }
}
