//! Outputs as a flat map of strings, in a file that other tools read.

use std::path::Path;

use serde_json::{Map, Value as Json};

use super::file::{self, Readers};
use crate::diag::{Diagnostic, Result};
use crate::state::State;

/// Where they go unless a flag says otherwise.
pub const DEFAULT: &str = "cfn-outputs/flat-outputs.json";

/// Writes the outputs of the state. Secret ones are left out; a file that was never there is not made
/// for no outputs at all.
pub fn write(path: &Path, state: &State) -> Result<()> {
    let flat = flat(state);
    if flat.is_empty() && !path.exists() {
        return Ok(());
    }
    let text = format!("{:#}\n", Json::Object(flat));
    let dir = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    dir.and_then(|()| file::replace(path, text.as_bytes(), Readers::Everyone)).map_err(|why| {
        let detail = format!("`{}`: {why}", path.display());
        Diagnostic::error("the outputs file cannot be written", detail)
            .hint("name another one with `--outputs-file`")
            .into()
    })
}

fn flat(state: &State) -> Map<String, Json> {
    let shown = state.outputs.iter().filter(|(_, it)| !it.sensitive);
    let text = |it: &Json| match it {
        Json::String(text) => text.clone(),
        other => other.to_string(),
    };
    shown.map(|(name, it)| (name.clone(), Json::String(text(&it.value)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::OutputState;
    use serde_json::json;

    #[test]
    fn outputs_become_strings_and_secrets_stay_out() {
        let mut state = State::new();
        let mut add = |name: &str, value: Json, sensitive| {
            let ty = json!("dynamic");
            state.outputs.insert(name.into(), OutputState { value, ty, sensitive });
        };
        add("id", json!("vpc-1"), false);
        add("list", json!(["a", 1]), false);
        add("pw", json!("hunter2"), true);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("cfn-outputs/flat.json");
        write(&path, &state).unwrap();
        let read: Json = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(read, json!({"id": "vpc-1", "list": "[\"a\",1]"}));
        write(&path, &State::new()).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "{}\n");
        let other = dir.path().join("none.json");
        write(&other, &State::new()).unwrap();
        assert!(!other.exists());
    }
}
