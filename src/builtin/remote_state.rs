//! `terraform_remote_state`: outputs of another stack's state file.

use std::path::Path;

use super::Local;
use crate::diag::Diagnostics;
use crate::driver::{DataSource, Failure, Id, Result};
use crate::lang::convert::convert;
use crate::lang::types::Type;
use crate::lang::value::{Named, Str, Value};
use crate::schema::{Out, Resource};
use crate::state::tfstate;

/// Reads the root outputs of another stack from its state file.
///
/// ```hcl
/// data "terraform_remote_state" "network" {
///   backend = "local"
///
///   config = {
///     path = "../network/terraform.tfstate"
///   }
/// }
///
/// output "vpc" {
///   value = data.terraform_remote_state.network.outputs
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("terraform_remote_state", anonymous)]
pub struct TerraformRemoteState {
    /// Kind of place where the state is kept; only `local` is supported.
    pub backend: String,
    /// Where the state is: `path` of the file.
    pub config: Value,
    /// Values of outputs that the state does not have.
    pub defaults: Value,
    /// Workspace to read; `default` when unset.
    pub workspace: Option<String>,
    /// Outputs of that state.
    pub outputs: Out<Value>,
}

impl DataSource for TerraformRemoteState {
    type Cloud = Local;

    fn check(draft: &TerraformRemoteStateDraft<'_>, diagnostics: &mut Diagnostics) {
        if let Some(backend) = draft.backend().known().filter(|it| it != "local") {
            let why = format!("the backend `{backend}` is not supported; only `local` is");
            return draft.refuse_as(diagnostics, "backend", "Invalid backend configuration", why);
        }
        let config = draft.value("config");
        let known = |name: &Str| matches!(&**name, "path" | "workspace_dir");
        let why = match config.as_entries() {
            Some(entries) => entries
                .keys()
                .find(|it| !known(it))
                .map(|it| format!("the backend `local` has no setting `{it}`")),
            None if config.is_known() && !config.is_null() => {
                Some("the settings of a backend are an object".into())
            }
            None => None,
        };
        if let Some(why) = why {
            draft.refuse_as(diagnostics, "config", "Invalid backend configuration", why);
        }
    }

    async fn read(&mut self, local: &Local) -> Result<Id> {
        if self.backend != "local" {
            return Err(Failure::fatal(format!("the backend `{}` is not supported", self.backend)));
        }
        let path = self.config.part("path").and_then(Value::as_str).unwrap_or("terraform.tfstate");
        let path = match self.workspace.as_deref() {
            None | Some("default") => path.to_string(),
            Some(name) => {
                let dir = self.config.part("workspace_dir").and_then(Value::as_str);
                format!("{}/{name}/terraform.tfstate", dir.unwrap_or("terraform.tfstate.d"))
            }
        };
        let bytes = local.files.read(Path::new(&path)).map_err(|why| {
            let mut failure = Failure::fatal(format!("cannot read `{path}`: {why}"));
            failure.code = Some("Unable to find remote state".into());
            failure
        })?;
        let state = tfstate::decode(&path, &bytes).map_err(|it| Failure::fatal(it.to_string()))?;
        let mut outputs: Named = self.defaults.as_entries().cloned().unwrap_or_default();
        for (name, output) in &state.outputs {
            let value = Value::from_json(&output.value);
            let ty = Type::from_json(&output.ty).unwrap_or(Type::Any);
            let value = convert(&value, &ty).unwrap_or(value);
            let value = if output.sensitive { value.sensitive() } else { value };
            outputs.insert(name.as_str().into(), value);
        }
        self.outputs.set(Value::object(outputs));
        Ok(path.into())
    }
}
