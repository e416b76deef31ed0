//! What follows an operand: attributes, indexes and splats; see [`super::grammar`].

use super::grammar::{Parser, Step as Read};
use super::lex::{Tok, Token};
use crate::diag::Span;
use crate::lang::ast::{Expr, ExprKind, Name, Reference, Splat, Step, StepKind};
use crate::lang::value::Value;

impl Parser<'_> {
    /// `.name`, `.0`, `.*`, `[…]`, `[*]`, as many as follow. A full splat `[*]` takes all that
    /// follow; an attribute splat `.*` only takes attributes, so an index after them applies to its
    /// result.
    pub fn traversal(&mut self, base: Expr) -> Read<Expr> {
        let mut expr = base;
        loop {
            let first = self.peek();
            match first.tok {
                Tok::Dot => {
                    self.read();
                    if self.peek().tok == Tok::Star {
                        let star = self.read();
                        self.one_more_operator(first)?;
                        let marker = self.since(first);
                        let each = self.attribute_splat(star, element(marker))?;
                        expr = splat(expr, each, marker);
                    } else {
                        let step = self.attribute_step(first, None)?;
                        expr = push_step(expr, step);
                    }
                }
                Tok::OpenBracket => {
                    self.read();
                    let key = self.newlines(false, |it| it.index())?;
                    let span = self.since(first);
                    expr = match key.map(|it| (it.kind, it.span)) {
                        None => {
                            let each = self.deeper(|it| it.traversal(element(span)))?;
                            return Ok(splat(expr, each, span));
                        }
                        Some((ExprKind::Literal(key), _)) => {
                            push_step(expr, Step { kind: StepKind::Index(key), span })
                        }
                        Some((kind, at)) => {
                            self.one_more_operator(first)?;
                            let key = Expr { kind, span: at };
                            let whole = expr.span.to(span);
                            let kind = ExprKind::Index(Box::new(expr), Box::new(key));
                            Expr { kind, span: whole }
                        }
                    };
                }
                _ => {
                    if let ExprKind::Reference(Reference { steps, .. })
                    | ExprKind::Access(_, steps) = &mut expr.kind
                    {
                        steps.shrink_to_fit();
                    }
                    return Ok(expr);
                }
            }
        }
    }

    /// What an attribute splat does to each element.
    fn attribute_splat(&mut self, star: Token, element: Expr) -> Read<Expr> {
        let mut each = element;
        while self.peek().tok == Tok::Dot {
            let dot = self.read();
            let next = self.peek();
            if next.tok == Tok::Star {
                return self.error(
                    next,
                    "Nested splat expression not allowed",
                    "a splat `.*` may not stand inside another one; write `[*]`",
                );
            }
            let step = self.attribute_step(dot, Some(star))?;
            each = push_step(each, step);
        }
        Ok(each)
    }

    /// What follows a dot; within a splat, a missing name is told at its star.
    fn attribute_step(&mut self, dot: Token, star: Option<Token>) -> Read<Step> {
        let next = self.peek();
        let kind = match next.tok {
            Tok::Word => StepKind::Attribute(self.word(next).into()),
            Tok::Number if self.word(next).contains('.') => {
                return self.error(
                    next,
                    "Invalid legacy index syntax",
                    "two indexes in a row are written in brackets: `a[1][0]`",
                );
            }
            Tok::Number => match self.word(next).parse::<u64>() {
                Ok(index) => StepKind::Index(Value::number(index as i64)),
                Err(_) => {
                    return self.error(
                        next,
                        "Invalid legacy index syntax",
                        "an index is a whole number; write it in brackets: `a[1]`",
                    );
                }
            },
            _ => {
                return self.error(
                    star.unwrap_or(next),
                    "Invalid attribute name",
                    "after a dot, the name of an attribute is expected",
                );
            }
        };
        self.read();
        Ok(Step { kind, span: self.since(dot) })
    }

    /// What is between brackets; none for a splat.
    fn index(&mut self) -> Read<Option<Expr>> {
        let mut key = None;
        if self.peek().tok == Tok::Star {
            self.read();
            if self.peek().tok != Tok::CloseBracket {
                return self.error(
                    self.closing_bracket(),
                    "Missing close bracket on splat index",
                    "here, the closing bracket of `[*]` is expected",
                );
            }
        } else {
            key = Some(self.expression()?);
        }
        if self.peek().tok != Tok::CloseBracket {
            return self.error(
                self.closing_bracket(),
                "Missing close bracket on index",
                "here, the closing bracket of the index is expected",
            );
        }
        self.read();
        Ok(key)
    }

    /// The bracket that closes the index after all, or the end: where Terraform goes on, and where
    /// it says that one is missing.
    fn closing_bracket(&self) -> Token {
        let mut open = 0;
        let rest = self.tokens.get(self.at..).unwrap_or_default();
        let closes = |it: &&Token| {
            match it.tok {
                Tok::OpenBracket => open += 1,
                Tok::CloseBracket if open > 0 => open -= 1,
                Tok::CloseBracket => return true,
                _ => {}
            }
            false
        };
        rest.iter().find(closes).or(rest.last()).copied().unwrap_or_else(|| self.peek())
    }
}

/// The element of a splat, with which the expression for each begins.
fn element(marker: Span) -> Expr {
    let root = Name { text: Splat::ELEMENT.into(), span: marker };
    Expr { kind: ExprKind::Reference(Reference { root, steps: Vec::new() }), span: marker }
}

/// A splat.
fn splat(source: Expr, each: Expr, marker: Span) -> Expr {
    let span = source.span.to(marker).to(each.span);
    let splat = Splat { source: Box::new(source), each: Box::new(each), marker };
    Expr { kind: ExprKind::Splat(splat), span }
}

/// The expression with one more constant step after it.
fn push_step(expr: Expr, step: Step) -> Expr {
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
