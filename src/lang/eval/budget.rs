//! How much one evaluation may make: values grow by doubling as easily as by anything else, and then
//! there is no memory that would do.

use std::cell::Cell;

use crate::diag::{Diagnostic, Result, Span};
use crate::lang::value::Value;

/// Most parts that a value may have, at any depth.
pub(super) const MAX_PARTS: usize = 4_000_000;
/// Most items that the evaluation of one expression may gather.
const MAX_ITEMS: usize = 8_000_000;
/// Longest text that a template may render, in bytes.
pub(super) const MAX_TEXT: usize = 64 << 20;
/// Bytes of text that count as one more item.
const BYTES: usize = 100;

/// What is left of what one evaluation may make.
pub(super) struct Budget(Cell<usize>);

impl Budget {
    pub(super) fn new() -> Self {
        Budget(Cell::new(MAX_ITEMS))
    }

    /// Takes off an item that is kept, with its text.
    pub(super) fn spend(&self, item: &Value, at: Span) -> Result<()> {
        let cost = 1 + item.as_str().map_or(0, str::len) / BYTES;
        match self.0.get().checked_sub(cost) {
            Some(left) => {
                self.0.set(left);
                Ok(())
            }
            None => Err(too_large("the expression makes more values than there is memory for", at)),
        }
    }
}

/// The value, unless it has too many parts.
pub(super) fn bounded(value: Value, at: Span) -> Result<Value> {
    match value.part_count() <= MAX_PARTS {
        true => Ok(value),
        false => Err(too_large(&format!("it has more than {MAX_PARTS} parts"), at)),
    }
}

pub(super) fn too_large(why: &str, at: Span) -> crate::diag::Diagnostics {
    Diagnostic::error("Value too large", why).at(at).into()
}
