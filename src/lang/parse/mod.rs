//! Native syntax to the syntax tree: `&str` to `(Body, diagnostics)`.
//!
//! `lex` splits the text into tokens; `grammar`, `expression`, `traversal` and `template` build
//! [`super::ast`] from them as Terraform's grammar has it, and find every error. Another parser, which
//! otherwise only writes HCL here, is held against it in `tests/second_reader.rs`.

mod expression;
mod grammar;
mod lex;
mod place;
mod template;
mod text;
mod traversal;

use self::grammar::Parser;
use self::lex::{Start, check_tokens};
use self::place::Place;
use super::ast;
use crate::diag::{Diagnostic, Diagnostics, FileId, Sources, Span};

/// Why a deeply nested text is refused.
const TOO_DEEP: &str = "expressions, templates and blocks may nest 64 levels deep";

/// Larger files are refused.
pub const MAX_BYTES: usize = 10 << 20;

/// The body of a file. What has no error is in it, even where the rest has.
pub fn parse(sources: &Sources, file: FileId) -> (ast::Body, Diagnostics) {
    let text = sources.get(file).text;
    let place = Place::Offset(file, 0);
    if let Err(one) = check_size(&text) {
        let nothing = Parser::new(file, place, "", Start::Code).empty_body(0..0);
        return (nothing, one.at(Span::new(file, 0, 0)).into());
    }
    let mut parser = Parser::new(file, place, &text, Start::Code);
    let (body, errors) = parser.file();
    (body, merge(check_tokens(file, &text, &parser.tokens), errors))
}

/// A text that is one expression, as typed into a console.
pub fn parse_expression(sources: &Sources, file: FileId) -> (Option<ast::Expr>, Diagnostics) {
    expression_at(&sources.get(file).text, Place::Offset(file, 0))
}

/// A text that is one template, as a template file is.
pub fn parse_template(sources: &Sources, file: FileId) -> (Option<ast::Expr>, Diagnostics) {
    template_at(&sources.get(file).text, Place::Offset(file, 0))
}

/// A string of a JSON file that is an expression; `span` is where the string stands.
pub fn parse_expression_in(text: &str, span: Span) -> (Option<ast::Expr>, Diagnostics) {
    expression_at(text, Place::Fixed(span))
}

/// A string of a JSON file that is a template. `offset` is the byte at which its text starts, where
/// the file holds it letter by letter; otherwise all of it is said to stand at `span`.
pub fn parse_template_in(
    text: &str,
    span: Span,
    offset: Option<usize>,
) -> (Option<ast::Expr>, Diagnostics) {
    let place = offset.map_or(Place::Fixed(span), |it| Place::Offset(span.file, it));
    template_at(text, place)
}

/// Whether a text is a valid name of a variable, resource, …
pub fn is_name(text: &str) -> bool {
    Parser::is_name(text)
}

fn expression_at(text: &str, place: Place) -> (Option<ast::Expr>, Diagnostics) {
    whole(text, place, Start::Code, |it| it.only_expression())
}

fn template_at(text: &str, place: Place) -> (Option<ast::Expr>, Diagnostics) {
    whole(text, place, Start::Template, |it| {
        let kind = it.only_template()?;
        Ok(ast::Expr { kind, span: place.span(0..text.len()) })
    })
}

/// Reads a text that is not a file. Its errors are placed within it first, and then where it stands.
fn whole(
    text: &str,
    place: Place,
    start: Start,
    read: impl FnOnce(&mut Parser) -> grammar::Step<ast::Expr>,
) -> (Option<ast::Expr>, Diagnostics) {
    if let Err(one) = check_size(text) {
        return (None, one.at(place.span(0..0)).into());
    }
    let mut parser = Parser::new(FileId(0), place, text, start);
    let (expr, errors) = match read(&mut parser) {
        Ok(expr) => (Some(expr), Diagnostics::new()),
        Err(one) => (None, (*one).into()),
    };
    let found = merge(check_tokens(FileId(0), text, &parser.tokens), errors);
    if !found.has_errors() {
        return (expr, found);
    }
    let moved = |span: Span| place.span(span.start as usize..span.end as usize);
    let found = found.map(|mut it| {
        it.span = it.span.map(moved);
        it.labels.iter_mut().for_each(|(span, _)| *span = moved(*span));
        it
    });
    (None, found)
}

fn check_size(text: &str) -> grammar::Step {
    if text.len() <= MAX_BYTES {
        return Ok(());
    }
    Err(Box::new(Diagnostic::error(
        "file too large",
        format!("this file has {} bytes; at most {MAX_BYTES} are read", text.len()),
    )))
}

/// Bad tokens and errors of the grammar in the order of the text; of two at one place, the token
/// comes first.
fn merge(tokens: Diagnostics, errors: Diagnostics) -> Diagnostics {
    let mut all: Vec<Diagnostic> = tokens.into_iter().chain(errors).collect();
    all.sort_by_key(|one| one.span.map_or(0, |it| it.start));
    all.into_iter().collect()
}

#[cfg(test)]
mod tests;
