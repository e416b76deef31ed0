//! An engine made of what the command line and the environment say.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Failed;
use super::args::{LockArgs, StateArgs};
use super::saved;
use super::screen::{Form, Screen};
use crate::builtin::Builtin;
use crate::diag::{Diagnostic, Diagnostics};
use crate::engine::{Engine, Stack};
use crate::provider::Registry;
use crate::state::{FileStore, State, Store};

/// Every type of this build.
pub fn registry() -> Registry {
    let registry = Registry::new().with(Arc::new(Builtin::default()));
    #[cfg(feature = "aws")]
    let registry = {
        use crate::aws::provider::{AwsProvider, AwsSettings, http_client};
        let http = http_client();
        let loader = Some(crate::aws::environment::loader(http.clone()));
        let settings = AwsSettings { http_client: Some(http), loader, ..AwsSettings::default() };
        registry.with(Arc::new(AwsProvider::new(settings)))
    };
    registry
}

/// An engine for the stack at that path.
pub fn engine(stack: &Path, state: &StateArgs, lock: Option<&LockArgs>) -> Result<Engine, Failed> {
    let store: Arc<dyn Store> = Arc::new(FileStore::new(state_path(stack, state)?));
    let mut engine = Engine::new(registry(), store);
    engine.workspace = state.workspace.clone();
    engine.who = who();
    engine.lock_timeout = lock.filter(|it| it.lock).map(|it| it.lock_timeout);
    Ok(engine)
}

/// Where the state of a stack is: `terraform.tfstate` in a directory, `NAME.tfstate` beside a file;
/// other workspaces in a folder of their own.
pub fn state_path(stack: &Path, args: &StateArgs) -> Result<PathBuf, Diagnostics> {
    if let Some(path) = &args.state {
        return Ok(path.clone());
    }
    let (dir, name) = match stack.file_stem() {
        Some(stem) if !stack.is_dir() => {
            let dir = stack.parent().unwrap_or(Path::new("")).to_path_buf();
            (dir, format!("{}.tfstate", stem.to_string_lossy()))
        }
        _ => (stack.to_path_buf(), "terraform.tfstate".to_string()),
    };
    let workspace = args.workspace.as_str();
    if workspace == "default" || workspace.is_empty() {
        return Ok(dir.join(name));
    }
    let plain = |c: char| c.is_alphanumeric() || "-_.".contains(c);
    if !workspace.chars().all(plain) || workspace.starts_with('.') {
        let detail = format!("`{workspace}` is not the name of a workspace");
        return Err(Diagnostic::error("Invalid workspace name", detail)
            .hint("use letters, digits, `-`, `_` and `.`")
            .into());
    }
    Ok(dir.join("terraform.tfstate.d").join(workspace).join(name))
}

/// Reads the stack and shows what is wrong with it.
pub fn load(screen: &Screen, engine: &Engine, path: &Path, form: Form) -> Result<Stack, Failed> {
    let loaded = saved::refuse(path).map(|()| engine.load(path));
    let (stack, found) = loaded.unwrap_or_else(|those| (None, those));
    let sources = stack.as_ref().map(|it| it.sources.clone()).unwrap_or_default();
    let failed = found.has_errors();
    screen.report(&sources, &found, form);
    stack.filter(|_| !failed).ok_or(Failed::Said)
}

/// Says where the state is kept where the stack asks for another place.
pub fn backend(engine: &Engine, stack: &Stack) -> Option<Diagnostic> {
    let block = stack.config.root.terraform.backend.as_ref()?;
    let kind = block.labels.first().map_or(&*block.kind.text, |it| &*it.text);
    if kind == "local" && block.body.attributes.is_empty() {
        return None;
    }
    let detail = format!("the state is kept in the file `{}`", engine.store.place());
    let it = Diagnostic::warning(format!("backend `{kind}` is not used"), detail);
    Some(it.hint("`--state` names another file").at(block.header))
}

/// The state of a stack, for commands that only look at it.
pub fn read_state(stack: &Path, args: &StateArgs) -> Result<Option<State>, Failed> {
    let path = state_path(stack, args)?;
    if args.state.is_none() && !stack.exists() && !path.exists() {
        let detail = format!("`{}` does not exist", stack.display());
        let it = Diagnostic::error("no such file or directory", detail);
        return Err(it.hint("name a stack, or the state with `--state`").into());
    }
    Ok(FileStore::new(path).read()?)
}

/// `user@host`, for the lock.
fn who() -> String {
    let user = ["USER", "LOGNAME", "USERNAME"].iter().find_map(|it| std::env::var(it).ok());
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let host = host.or_else(|| std::env::var("HOSTNAME").ok());
    let or = |it: Option<String>, other: &str| {
        it.map(|it| it.trim().to_string()).filter(|it| !it.is_empty()).unwrap_or(other.into())
    };
    format!("{}@{}", or(user, "unknown"), or(host, "localhost"))
}

/// Of two optional positional arguments, the stack and a name: one alone is the stack where there is
/// such a file or directory.
pub fn stack_and_name(given: &[String]) -> (PathBuf, Option<String>) {
    match given {
        [] => (".".into(), None),
        [one] if Path::new(one).exists() => (one.into(), None),
        [one] => (".".into(), Some(one.clone())),
        [stack, name, ..] => (stack.into(), Some(name.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_is_beside_the_stack() {
        let check = |stack: &str, workspace: &str, want: &str| {
            let args = StateArgs { state: None, workspace: workspace.into() };
            assert_eq!(state_path(Path::new(stack), &args).unwrap(), Path::new(want));
        };
        check(".", "default", "./terraform.tfstate");
        check("stacks/eu.hcl", "default", "stacks/eu.tfstate");
        check("stacks/eu.hcl", "test", "stacks/terraform.tfstate.d/test/eu.tfstate");
        let args = StateArgs { state: None, workspace: "../up".into() };
        assert!(state_path(Path::new("."), &args).is_err());
    }
}
