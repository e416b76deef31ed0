//! Tags that others set: what `ignore_tags` of the provider block names is neither shown nor removed.
//!
//! Every driver with tags is wrapped here, so that no driver has to know.

use std::sync::Arc;
use std::time::Duration;

use super::Aws;
use super::provider::IgnoreTags;
use crate::diag::Diagnostics;
use crate::driver::{AnyDriver, BoxFuture, Cloud, Id, Observation, Op, Result};
use crate::lang::value::Value;
use crate::schema::{Places, Schema};

/// The driver, whose reads tell no ignored tags.
pub fn without_ignored(driver: Arc<dyn AnyDriver>) -> Arc<dyn AnyDriver> {
    match driver.schema().tags {
        Some(_) => Arc::new(Without(driver)),
        None => driver,
    }
}

struct Without(Arc<dyn AnyDriver>);

impl AnyDriver for Without {
    fn schema(&self) -> &'static Schema {
        self.0.schema()
    }

    fn check(&self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics) {
        self.0.check(row, places, diagnostics);
    }

    fn replaces(&self, argument: &str, is: &Value, will_be: &Value) -> bool {
        self.0.replaces(argument, is, will_be)
    }

    fn create<'a>(&'a self, cloud: &'a Cloud, row: Value, op: Op) -> BoxFuture<'a, Result<Id>> {
        self.0.create(cloud, row, op)
    }

    fn read<'a>(
        &'a self,
        cloud: &'a Cloud,
        id: &'a Id,
        known: Value,
    ) -> BoxFuture<'a, Result<Option<Observation>>> {
        let aws = cloud.downcast_ref::<Aws>();
        let Some(ignored) = aws.and_then(Aws::ignored) else {
            return self.0.read(cloud, id, known);
        };
        Box::pin(async move {
            let seen = self.0.read(cloud, id, known).await?;
            Ok(seen.map(|it| Observation { row: ignored.left_out(&it.row), ..it }))
        })
    }

    fn update<'a>(
        &'a self,
        cloud: &'a Cloud,
        id: &'a Id,
        want: Value,
        have: Value,
    ) -> BoxFuture<'a, Result<()>> {
        self.0.update(cloud, id, want, have)
    }

    fn delete<'a>(&'a self, cloud: &'a Cloud, id: &'a Id, row: Value) -> BoxFuture<'a, Result<()>> {
        self.0.delete(cloud, id, row)
    }

    fn import<'a>(&'a self, cloud: &'a Cloud, text: &'a str) -> BoxFuture<'a, Result<Id>> {
        self.0.import(cloud, text)
    }

    fn stays(&self, row: &Value) -> bool {
        self.0.stays(row)
    }

    fn stale_for(&self) -> Duration {
        self.0.stale_for()
    }

    fn blank(&self) -> Value {
        self.0.blank()
    }
}

impl IgnoreTags {
    fn names(&self, tag: &str) -> bool {
        let mut names = self.keys.iter().flat_map(|it| &it.0);
        let mut beginnings = self.key_prefixes.iter().flat_map(|it| &it.0);
        names.any(|it| it == tag) || beginnings.any(|it| tag.starts_with(&**it))
    }

    /// The row without those tags.
    fn left_out(&self, row: &Value) -> Value {
        let mut entries = row.as_entries().cloned().unwrap_or_default();
        for name in ["tags", "tags_all"] {
            let Some(tags) = entries.get_mut(name) else { continue };
            let Some(all) = tags.as_entries() else { continue };
            if !all.keys().any(|it| self.names(it)) {
                continue;
            }
            let kept = all.iter().filter(|(it, _)| !self.names(it));
            let kept: Vec<_> = kept.map(|(k, v)| (k.clone(), v.clone())).collect();
            let ty = tags.ty();
            *tags = match (name, kept.is_empty()) {
                // No tags of its own are no `tags` at all.
                ("tags", true) => Value::null(ty),
                _ => Value::map(crate::lang::types::Type::String, kept),
            };
        }
        Value::object(entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Set;

    #[test]
    fn ignored_tags_are_not_told() {
        let set = |it: &str| Some(Set(vec![it.to_string()]));
        let ignored = IgnoreTags { keys: set("owner"), key_prefixes: set("cost:") };
        let tags = |names: &[&str]| {
            let all = names.iter().map(|it| ((*it).into(), Value::from("x")));
            Value::map(crate::lang::types::Type::String, all)
        };
        let row = |own: Value, all: Value| Value::object([("tags", own), ("tags_all", all)]);
        let seen = row(tags(&["owner"]), tags(&["owner", "cost:a", "Name", "ownership"]));
        let told = ignored.left_out(&seen);
        assert!(told.part("tags").unwrap().is_null());
        assert!(told.part("tags_all").unwrap().same(&tags(&["Name", "ownership"])));
    }
}
