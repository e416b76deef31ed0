//! The plan-time view of a resource, where unknowns live.
//!
//! A driver's `check` sees arguments through this view only, so a value that is not known yet cannot
//! be taken for one that is: [`Given`] must be matched.

use super::attribute::{Attribute, Kind, Nesting, object_type};
use super::field::Field;
use crate::diag::{Diagnostic, Diagnostics, Span};
use crate::lang::value::Value;

/// An argument as far as it is known at plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Given<T> {
    /// Not set.
    Absent,
    /// Set, but known only after apply.
    Unknown,
    /// Set and known.
    Known(T),
}

impl<T> Given<T> {
    /// The value, where it is known.
    pub fn known(self) -> Option<T> {
        match self {
            Given::Known(it) => Some(it),
            _ => None,
        }
    }

    /// Whether it is set, known or not.
    pub fn is_set(&self) -> bool {
        !matches!(self, Given::Absent)
    }
}

/// Finds the place of an argument by its path.
pub type Places<'a> = &'a dyn Fn(&str) -> Option<Span>;

/// The arguments of one resource instance at plan time.
#[derive(Clone, Copy)]
pub struct View<'a> {
    row: &'a Value,
    places: Places<'a>,
}

impl<'a> View<'a> {
    /// A view of that object.
    pub fn new(row: &'a Value, places: Places<'a>) -> Self {
        View { row, places }
    }

    /// The argument of that name, read as the field's type.
    pub fn field<T: Field>(&self, name: &str) -> Given<T> {
        let value = super::row::part(self.row, name);
        if value.is_null() {
            return Given::Absent;
        }
        match value.is_wholly_known() {
            true => {
                T::from_value(&with_defaults(&T::KIND, value)).map_or(Given::Absent, Given::Known)
            }
            false => Given::Unknown,
        }
    }

    /// The value of that name as it is.
    pub fn value(&self, name: &str) -> &'a Value {
        super::row::part(self.row, name)
    }

    /// Reports an error at the argument of that name.
    pub fn refuse(&self, diagnostics: &mut Diagnostics, name: &str, why: impl Into<String>) {
        self.refuse_as(diagnostics, name, format!("invalid value for `{name}`"), why);
    }

    /// The same under a summary of its own.
    pub fn refuse_as(
        &self,
        diagnostics: &mut Diagnostics,
        name: &str,
        summary: impl Into<String>,
        why: impl Into<String>,
    ) {
        let mut it = Diagnostic::error(summary, why);
        it.span = (self.places)(name);
        diagnostics.push(it);
    }
}

/// The value with the defaults inside of nested blocks: the configuration has none yet.
fn with_defaults(kind: &Kind, value: &Value) -> Value {
    let Kind::Block { attributes, nesting, .. } = kind else { return value.clone() };
    let Some(items) = value.as_slice() else { return value.clone() };
    let items = items.iter().map(|it| block(attributes, it));
    let (of, items): (_, Vec<Value>) = (object_type(attributes), items.collect());
    match nesting {
        Nesting::List => Value::list(of, items),
        Nesting::Set => Value::set(of, items),
    }
}

fn block(attributes: &[Attribute], value: &Value) -> Value {
    Value::object(attributes.iter().map(|it| {
        let part = super::row::part(value, it.name);
        let part = match it.default {
            Some(default) if part.is_null() => default.value(),
            _ => with_defaults(&it.kind, part),
        };
        (it.name, part)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Block, Nested};

    #[derive(Debug, PartialEq, Nested)]
    struct Outer {
        /// Nested once more.
        inner: Block<Inner>,
    }

    #[derive(Debug, PartialEq, Nested)]
    struct Inner {
        /// Has a default.
        #[attr(default = 3)]
        size: i32,
        /// Has none.
        name: Option<String>,
    }

    #[test]
    fn nested_blocks_are_read_with_their_defaults() {
        let inner = Value::object([("name", Value::from("n"))]);
        let outer = Value::object([("inner", Value::tuple([inner]))]);
        let row = Value::object([("outer", Value::tuple([outer]))]);
        let given = View::new(&row, &|_| None).field::<Block<Outer>>("outer");
        let inner = Inner { size: 3, name: Some("n".into()) };
        assert_eq!(given, Given::Known(Block(Some(Outer { inner: Block(Some(inner)) }))));
    }
}
