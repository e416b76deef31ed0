//! The argument `region` that every regional type takes beside its own.
//!
//! A stack keeps to the region of its provider: any other is refused at plan. Types are wrapped
//! here, so that no driver has to know.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::Aws;
use crate::diag::{Diagnostic, Diagnostics};
use crate::driver::{
    AnyDataSource, AnyDriver, AnyEphemeral, BoxFuture, Cloud, Failure, Id, Observation, Op, Result,
};
use crate::lang::value::Value;
use crate::schema::{Attribute, Decides, Kind, Places, Schema};

const REGION: Attribute = Attribute {
    name: "region",
    doc: "Region of the object: that of the provider, which is also meant when unset.",
    kind: Kind::String,
    decides: Decides::Auto,
    ..Attribute::BLANK
};

/// Types that are the same in all regions of a partition.
const GLOBAL: &[&str] = &["aws_caller_identity", "aws_partition"];

fn is_regional(schema: &Schema) -> bool {
    let named = schema.attribute(REGION.name).is_some();
    !named && !GLOBAL.contains(&schema.kind) && !schema.kind.starts_with("aws_iam_")
}

/// The driver, with a region.
pub fn driver(it: Arc<dyn AnyDriver>) -> Arc<dyn AnyDriver> {
    match is_regional(it.schema()) {
        true => Arc::new(In { schema: with_region(it.schema()), inner: it }),
        false => it,
    }
}

/// The data source, with a region.
pub fn data_source(it: Arc<dyn AnyDataSource>) -> Arc<dyn AnyDataSource> {
    match is_regional(it.schema()) {
        true => Arc::new(In { schema: with_region(it.schema()), inner: it }),
        false => it,
    }
}

/// The ephemeral resource, with a region.
pub fn ephemeral(it: Arc<dyn AnyEphemeral>) -> Arc<dyn AnyEphemeral> {
    match is_regional(it.schema()) {
        true => Arc::new(In { schema: with_region(it.schema()), inner: it }),
        false => it,
    }
}

/// The table with one more row. Tables live as long as the program, so each is made once.
fn with_region(schema: &'static Schema) -> &'static Schema {
    static MADE: Mutex<BTreeMap<usize, &'static Schema>> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    made.entry(std::ptr::from_ref(schema).addr()).or_insert_with(|| {
        let attributes: Vec<Attribute> =
            schema.attributes.iter().copied().chain([REGION]).collect();
        Box::leak(Box::new(Schema { attributes: attributes.leak(), ..*schema }))
    })
}

/// A type of this provider, in its region.
struct In<T: ?Sized> {
    schema: &'static Schema,
    inner: Arc<T>,
}

fn region_of(cloud: &Cloud) -> Option<&str> {
    cloud.downcast_ref::<Aws>().map(Aws::region)
}

fn located(cloud: &Cloud, row: Value, places: Places<'_>, found: &mut Diagnostics) -> Value {
    let Some(region) = region_of(cloud) else { return row };
    let given = row.part(REGION.name).filter(|it| !it.is_null());
    match given.map(|it| it.as_str()) {
        // Not known yet: looked at when it is.
        Some(None) => return row,
        Some(Some(given)) if given != region => {
            let detail = format!(
                "`region` is {given:?}, but the provider `aws` works in {region:?}, and a stack keeps to one region"
            );
            let mut it = Diagnostic::error("resource in another region", detail)
                .hint("leave `region` out, or give the provider that region");
            it.span = places(REGION.name);
            found.push(it);
            return row;
        }
        _ => {}
    }
    within(cloud, &row)
}

/// The row with the region of the clients.
fn within(cloud: &Cloud, row: &Value) -> Value {
    let Some(region) = region_of(cloud) else { return row.clone() };
    let mut entries = row.as_entries().cloned().unwrap_or_default();
    entries.insert(REGION.name.into(), region.into());
    Value::object(entries).with_marks(row.marks())
}

/// What is known of an object that is elsewhere must not be looked for, or changed, here.
fn refuse_elsewhere(cloud: &Cloud, row: &Value) -> Result<()> {
    let known = row.part(REGION.name).and_then(Value::as_str);
    match (known, region_of(cloud)) {
        (Some(known), Some(region)) if known != region => Err(Failure::fatal(format!(
            "the object is in {known:?}, but the provider `aws` works in {region:?}"
        ))
        .hint("give the provider the region that the object was made in")),
        _ => Ok(()),
    }
}

impl AnyDriver for In<dyn AnyDriver> {
    fn schema(&self) -> &'static Schema {
        self.schema
    }

    fn check(&self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics) {
        self.inner.check(row, places, diagnostics);
    }

    fn replaces(&self, argument: &str, is: &Value, will_be: &Value) -> bool {
        self.inner.replaces(argument, is, will_be)
    }

    fn create<'a>(&'a self, cloud: &'a Cloud, row: Value, op: Op) -> BoxFuture<'a, Result<Id>> {
        Box::pin(async move {
            refuse_elsewhere(cloud, &row)?;
            self.inner.create(cloud, row, op).await
        })
    }

    fn read<'a>(
        &'a self,
        cloud: &'a Cloud,
        id: &'a Id,
        known: Value,
    ) -> BoxFuture<'a, Result<Option<Observation>>> {
        Box::pin(async move {
            refuse_elsewhere(cloud, &known)?;
            let seen = self.inner.read(cloud, id, known).await?;
            Ok(seen.map(|it| Observation { row: within(cloud, &it.row), ..it }))
        })
    }

    fn update<'a>(
        &'a self,
        cloud: &'a Cloud,
        id: &'a Id,
        want: Value,
        have: Value,
    ) -> BoxFuture<'a, Result<()>> {
        self.inner.update(cloud, id, want, have)
    }

    fn delete<'a>(&'a self, cloud: &'a Cloud, id: &'a Id, row: Value) -> BoxFuture<'a, Result<()>> {
        Box::pin(async move {
            refuse_elsewhere(cloud, &row)?;
            self.inner.delete(cloud, id, row).await
        })
    }

    fn import<'a>(&'a self, cloud: &'a Cloud, text: &'a str) -> BoxFuture<'a, Result<Id>> {
        self.inner.import(cloud, text)
    }

    fn located(
        &self,
        cloud: &Cloud,
        row: Value,
        places: Places<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        located(cloud, self.inner.located(cloud, row, places, diagnostics), places, diagnostics)
    }

    fn stays(&self, row: &Value) -> bool {
        self.inner.stays(row)
    }

    fn stale_for(&self) -> Duration {
        self.inner.stale_for()
    }

    fn blank(&self) -> Value {
        self.inner.blank()
    }
}

impl AnyDataSource for In<dyn AnyDataSource> {
    fn schema(&self) -> &'static Schema {
        self.schema
    }

    fn check(&self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics) {
        self.inner.check(row, places, diagnostics);
    }

    fn read<'a>(&'a self, cloud: &'a Cloud, row: Value) -> BoxFuture<'a, Result<Value>> {
        Box::pin(async move {
            refuse_elsewhere(cloud, &row)?;
            Ok(within(cloud, &self.inner.read(cloud, row).await?))
        })
    }

    fn located(
        &self,
        cloud: &Cloud,
        row: Value,
        places: Places<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        located(cloud, row, places, diagnostics)
    }
}

impl AnyEphemeral for In<dyn AnyEphemeral> {
    fn schema(&self) -> &'static Schema {
        self.schema
    }

    fn check(&self, row: &Value, places: Places<'_>, diagnostics: &mut Diagnostics) {
        self.inner.check(row, places, diagnostics);
    }

    fn open<'a>(&'a self, cloud: &'a Cloud, row: Value) -> BoxFuture<'a, Result<Value>> {
        Box::pin(async move {
            refuse_elsewhere(cloud, &row)?;
            Ok(within(cloud, &self.inner.open(cloud, row).await?))
        })
    }

    fn close<'a>(&'a self, cloud: &'a Cloud, row: Value) -> BoxFuture<'a, Result<()>> {
        self.inner.close(cloud, row)
    }

    fn located(
        &self,
        cloud: &Cloud,
        row: Value,
        places: Places<'_>,
        diagnostics: &mut Diagnostics,
    ) -> Value {
        located(cloud, row, places, diagnostics)
    }
}
