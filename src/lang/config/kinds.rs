//! Resource types as far as reading a configuration needs to know them.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Resource;
use crate::address::Mode;
use crate::diag::Diagnostic;
use crate::lang::value::Str;

/// What is known about resource types.
pub trait Types {
    /// Every argument and attribute of a resource type, nested blocks included; none where there is
    /// no such type.
    fn attributes(&self, mode: Mode, kind: &str) -> Option<Vec<Str>>;

    /// Those attributes of a resource type that cannot be set.
    fn decided(&self, mode: Mode, kind: &str) -> Vec<Str> {
        let _ = (mode, kind);
        Vec::new()
    }

    /// The feature of the build that a resource type would come with, were it built in.
    fn left_out(&self, kind: &str) -> Option<String> {
        let _ = kind;
        None
    }

    /// Every resource type of that mode, for `did you mean`.
    fn kinds(&self, mode: Mode) -> Vec<Str> {
        let _ = mode;
        Vec::new()
    }
}

/// A set of types that is fixed, for tests.
#[derive(Clone, Debug, Default)]
pub struct FixedTypes(pub BTreeMap<(Mode, Str), Vec<Str>>);

impl Types for FixedTypes {
    fn attributes(&self, mode: Mode, kind: &str) -> Option<Vec<Str>> {
        self.0.get(&(mode, Arc::from(kind))).cloned()
    }

    fn kinds(&self, mode: Mode) -> Vec<Str> {
        self.0.keys().filter(|it| it.0 == mode).map(|it| it.1.clone()).collect()
    }
}

/// There is no such type, or not in this build.
pub(super) fn unknown_kind(types: &dyn Types, it: &Resource) -> Diagnostic {
    let (summary, what) = match it.mode {
        Mode::Managed => ("Invalid resource type", "resource type"),
        Mode::Data => ("Invalid data source", "data source"),
        Mode::Ephemeral => ("Invalid ephemeral resource", "ephemeral resource type"),
    };
    if let Some(feature) = types.left_out(&it.kind) {
        let detail = format!(
            "`{}` comes with the feature `{feature}`, which this build leaves out",
            it.kind
        );
        return Diagnostic::error("type is not in this build", detail)
            .hint(format!("build with `--features {feature}`"))
            .at(it.kind_span);
    }
    let known = types.kinds(it.mode);
    Diagnostic::error(summary, format!("there is no {what} `{}`", it.kind))
        .at(it.kind_span)
        .did_you_mean(&it.kind, known.iter().map(|it| &**it))
}
