//! Where the pieces of the syntax tree stand.

use std::ops::Range;

use crate::diag::{FileId, Span};

/// Where a text that is read stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// It starts at that byte of the file.
    Offset(FileId, usize),
    /// Its bytes cannot be told apart in the file: all of it stands there.
    Fixed(Span),
}

impl Place {
    /// The place of these bytes of the text.
    pub fn span(self, bytes: Range<usize>) -> Span {
        match self {
            Place::Offset(file, from) => Span::new(file, from + bytes.start, from + bytes.end),
            Place::Fixed(span) => span,
        }
    }
}
