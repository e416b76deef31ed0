//! Pieces of the syntax tree, and where they stand.

use std::ops::Range;

use crate::diag::{FileId, Span};
use crate::lang::ast::*;

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

/// The element of a splat, with which the expression for each begins.
pub(super) fn element(marker: Span) -> Expr {
    let root = Name { text: Splat::ELEMENT.into(), span: marker };
    Expr { kind: ExprKind::Reference(Reference { root, steps: Vec::new() }), span: marker }
}

/// A splat.
pub(super) fn splat(source: Expr, each: Expr, marker: Span) -> Expr {
    let span = source.span.to(marker).to(each.span);
    let splat = Splat { source: Box::new(source), each: Box::new(each), marker };
    Expr { kind: ExprKind::Splat(splat), span }
}

/// The expression with one more constant step after it.
pub(super) fn push_step(expr: Expr, step: Step) -> Expr {
    let span = expr.span.to(step.span);
    let kind = match expr.kind {
        ExprKind::Reference(mut it) => {
            it.steps.push(step);
            ExprKind::Reference(it)
        }
        ExprKind::Access(inner, mut steps) => {
            steps.push(step);
            ExprKind::Access(inner, steps)
        }
        kind => ExprKind::Access(Box::new(Expr { kind, span: expr.span }), vec![step]),
    };
    Expr { kind, span }
}
