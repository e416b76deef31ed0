//! The plan-time view of a resource, where unknowns live.
//!
//! A driver's `check` sees arguments through this view only, so a value that is not known yet cannot
//! be taken for one that is: [`Given`] must be matched.

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
            true => T::from_value(value).map_or(Given::Absent, Given::Known),
            false => Given::Unknown,
        }
    }

    /// The value of that name as it is.
    pub fn value(&self, name: &str) -> &'a Value {
        super::row::part(self.row, name)
    }

    /// Reports an error at the argument of that name.
    pub fn refuse(&self, diagnostics: &mut Diagnostics, name: &str, why: impl Into<String>) {
        let mut it = Diagnostic::error(format!("invalid value for `{name}`"), why);
        it.span = (self.places)(name);
        diagnostics.push(it);
    }
}
