//! Value to struct and back.

use std::fmt;

use crate::lang::value::Value;

/// A struct that a value's attributes fill. Made by the derives.
pub trait Row: Sized + Send + Sync + 'static {
    /// Reads an object. Unknown computed parts are read as not set.
    fn from_row(row: &Value) -> Result<Self, Mistake>;
    /// Writes an object with every attribute.
    fn to_row(&self) -> Value;
    /// What stands before anything is known.
    fn blank() -> Self;
}

/// A value that does not fit its field.
#[derive(Clone, Debug, PartialEq)]
pub struct Mistake {
    /// Steps from the whole to the part.
    pub path: String,
    /// What is wanted, and what was found.
    pub message: String,
}

impl Mistake {
    /// A value of another shape. The value itself is not told: it may be a secret.
    pub fn shape(wanted: &str, found: &Value) -> Self {
        let found = match (found.is_null(), found.is_known()) {
            (true, _) => "null".to_string(),
            (_, false) => "a value that is not known yet".to_string(),
            _ => format!("a {}", found.ty().friendly()),
        };
        Mistake { path: String::new(), message: format!("{wanted} is wanted, but it is {found}") }
    }

    /// A text that is not one of those allowed.
    pub fn not_one_of(found: &str, allowed: &[&str]) -> Self {
        let message = format!("{found:?} is not one of {}", allowed.join(", "));
        Mistake { path: String::new(), message }
    }

    /// Puts a step before the path.
    pub fn under(mut self, step: impl fmt::Display) -> Self {
        self.path.insert_str(0, &step.to_string());
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`: {}", self.path.trim_start_matches('.'), self.message)
    }
}

/// The part of a row, or null where it is missing: a state may be older than its field.
pub fn part<'a>(row: &'a Value, name: &str) -> &'a Value {
    static NULL: Value = Value::NULL;
    row.part(name).unwrap_or(&NULL)
}
