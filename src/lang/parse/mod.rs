//! Native syntax to the syntax tree: `&str` to `(Body, diagnostics)`.
//!
//! `grammar` walks the text as Terraform's grammar has it and finds every error; `hcl-edit` then
//! builds the tree of what is left; `tree` and `template` turn that into [`super::ast`].

mod directive;
mod expression;
mod grammar;
mod lex;
mod template;
mod text;
mod tree;

use self::grammar::Walk;
use self::lex::{Start, check_tokens};
use self::tree::{Place, Tree};
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
    let tree = Tree { text: &text, place };
    if let Err(one) = check_size(&text) {
        let span = Span::new(file, 0, 0);
        return (empty(tree), one.at(span).into());
    }
    let mut walk = Walk::new(file, &text, Start::Code);
    let (errors, bad) = walk.file();
    let found = merge(check_tokens(file, &text, &walk.tokens), errors);
    let mut edits = std::mem::take(&mut walk.edits);
    edits.blank.extend(bad);
    match hcl_edit::parser::parse_body(&edits.apply(&text)) {
        Ok(body) => (tree.body(&body, 0..text.len()), found),
        Err(_) if found.has_errors() => (empty(tree), found),
        Err(refusal) => (empty(tree), refused(tree, &refusal).into()),
    }
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
    Walk::is_name(text)
}

fn expression_at(text: &str, place: Place) -> (Option<ast::Expr>, Diagnostics) {
    let tree = Tree { text, place };
    let edits = match checked(tree, Start::Code, |walk| walk.only_expression()) {
        Ok(edits) => edits,
        Err(found) => return (None, found),
    };
    let prepared = edits.apply(text);
    // `hcl-edit` wants no blanks around an expression.
    let trimmed = prepared.trim_start();
    let skipped = prepared.len() - trimmed.len();
    let place = match place {
        Place::Offset(file, from) => Place::Offset(file, from + skipped),
        fixed => fixed,
    };
    let tree = Tree { text: text.get(skipped..).unwrap_or(""), place };
    match hcl_edit::parser::parse_expr(trimmed.trim_end()) {
        Ok(it) => (Some(tree.expr(&it)), Diagnostics::new()),
        Err(refusal) => (None, refused(tree, &refusal).into()),
    }
}

fn template_at(text: &str, place: Place) -> (Option<ast::Expr>, Diagnostics) {
    let tree = Tree { text, place };
    let edits = match checked(tree, Start::Template, |walk| walk.only_template()) {
        Ok(edits) => edits,
        Err(found) => return (None, found),
    };
    match hcl_edit::parser::parse_template(&edits.apply(text)) {
        Ok(it) => {
            let span = tree.span(Some(0..text.len()));
            (Some(ast::Expr { kind: tree.bare_template(&it), span }), Diagnostics::new())
        }
        Err(refusal) => (None, refused(tree, &refusal).into()),
    }
}

/// Walks a text that is not a file.
fn checked(
    tree: Tree,
    start: Start,
    walked: impl FnOnce(&mut Walk) -> grammar::Step,
) -> Result<grammar::Edits, Diagnostics> {
    check_size(tree.text).map_err(|it| it.at(tree.span(Some(0..0))))?;
    let mut walk = Walk::new(FileId(0), tree.text, start);
    let result = walked(&mut walk);
    let errors = result.err().into_iter().map(|it| *it).collect();
    let found = merge(check_tokens(FileId(0), tree.text, &walk.tokens), errors);
    if !found.has_errors() {
        return Ok(walk.edits);
    }
    let moved = |span: Span| tree.span(Some(span.start as usize..span.end as usize));
    Err(found.map(|mut it| {
        it.span = it.span.map(moved);
        it.labels.iter_mut().for_each(|(span, _)| *span = moved(*span));
        it
    }))
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

fn empty(tree: Tree) -> ast::Body {
    let end = tree.text.len();
    let (span, end) = (tree.span(Some(0..end)), tree.span(Some(end..end)));
    ast::Body { attributes: Vec::new(), blocks: Vec::new(), span, end, json: false }
}

/// Bad tokens and errors of the grammar in the order of the text; of two at one place, the token
/// comes first.
fn merge(tokens: Diagnostics, errors: Diagnostics) -> Diagnostics {
    let mut all: Vec<Diagnostic> = tokens.into_iter().chain(errors).collect();
    all.sort_by_key(|one| one.span.map_or(0, |it| it.start));
    all.into_iter().collect()
}

/// What `hcl-edit` refuses although the grammar allows it: its limits.
fn refused(tree: Tree, refusal: &hcl_edit::parser::Error) -> Diagnostic {
    let message = refusal.message();
    let at = refusal.location().offset();
    let one = if message.contains("nesting depth") {
        Diagnostic::error("nested too deeply", TOO_DEEP)
            .hint("give a part of it a name in `locals`")
    } else if message.contains("chained binary operators") {
        Diagnostic::error("too many operators", "at most 128 operators may follow one another")
            .hint("give a part of it a name in `locals`, or use a function such as `sum` or `join`")
    } else {
        Diagnostic::error("invalid syntax", message.to_string())
    };
    one.at(tree.span(Some(at..at + 1)))
}

#[cfg(test)]
mod tests;
