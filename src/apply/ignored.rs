//! What `ignore_changes` names, while an object settles: whatever moves it meanwhile has the last word,
//! so it is never set back. A new object gets it once, as configured.

use std::collections::HashSet;

use super::call::Caller;
use crate::lang::config::IgnoreChanges;
use crate::lang::value::Value;
use crate::plan::diff::unmet;
use crate::plan::ignore;
use crate::schema::{Attribute, Schema};

/// What is ignored of one object.
pub(super) struct Ignored {
    paths: IgnoreChanges,
    /// Arguments of a new object that were never seen as configured: until then they are asked for.
    owed: HashSet<&'static str>,
}

impl Ignored {
    /// Of an object that is there, or of a new one.
    pub(super) fn of(caller: &Caller<'_>, schema: &Schema, is_new: bool) -> Self {
        let paths = (caller.settings.ignored)(&caller.address);
        let mut it = Ignored { paths, owed: HashSet::new() };
        if is_new && it.is_any() {
            let arguments = schema.attributes.iter().filter(|it| it.is_argument());
            it.owed = arguments.map(|it| it.name).collect();
        }
        it
    }

    /// Whether anything is.
    pub(super) fn is_any(&self) -> bool {
        !matches!(self.paths, IgnoreChanges::None)
    }

    /// What is wanted of an object that looks like `have`.
    pub(super) fn wanted(&mut self, schema: &Schema, want: &Value, have: &Value) -> Value {
        if !self.is_any() {
            return want.clone();
        }
        let unmet = unmet(schema, want, have);
        self.owed.retain(|name| unmet.iter().any(|it| it == name));
        let left = ignore::left(&self.paths, have, want, schema);
        // What is only sent is never seen, so it can only be as it is asked for.
        let asked = |it: &Attribute| it.write_only || self.owed.contains(it.name);
        let part = |it: &Attribute| if asked(it) { want.part(it.name) } else { left.part(it.name) };
        let parts = schema.attributes.iter().filter_map(|it| Some((it.name, part(it)?.clone())));
        Value::object(parts).with_marks(want.marks())
    }
}
