//! The provider that is always there: `terraform_data` and `terraform_remote_state`.

mod data;
mod remote_state;

use std::sync::Arc;

use crate::diag::Diagnostics;
use crate::driver::{AnyDataSource, AnyDriver, BoxFuture, Cloud, data_source, driver};
use crate::lang::files::{DiskFiles, Files};
use crate::lang::value::Value;
use crate::provider::Provider;
use crate::schema::Attribute;

pub use data::TerraformData;
pub use remote_state::TerraformRemoteState;

/// The builtin provider `terraform`.
pub struct Builtin {
    files: Arc<dyn Files>,
}

/// What the builtin types work with.
pub struct Local {
    files: Arc<dyn Files>,
}

impl Builtin {
    /// With the files that `terraform_remote_state` reads.
    pub fn new(files: Arc<dyn Files>) -> Self {
        Builtin { files }
    }
}

impl Default for Builtin {
    fn default() -> Self {
        Self::new(Arc::new(DiskFiles))
    }
}

impl Provider for Builtin {
    fn name(&self) -> &str {
        "terraform"
    }

    fn source(&self) -> &str {
        "terraform.io/builtin/terraform"
    }

    fn arguments(&self) -> &'static [Attribute] {
        &[]
    }

    fn drivers(&self) -> Vec<Arc<dyn AnyDriver>> {
        vec![driver::<TerraformData>()]
    }

    fn data_sources(&self) -> Vec<Arc<dyn AnyDataSource>> {
        vec![data_source::<TerraformRemoteState>()]
    }

    fn configure<'a>(&'a self, _config: &'a Value) -> BoxFuture<'a, Result<Cloud, Diagnostics>> {
        let local: Cloud = Arc::new(Local { files: self.files.clone() });
        Box::pin(async move { Ok(local) })
    }
}
