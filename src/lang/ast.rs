//! The syntax tree that is evaluated: expressions and bodies, each with its place.
//!
//! Native syntax and JSON syntax both become this tree (see [`super::parse`]), so that nothing
//! behind it needs to know which was read.

use std::sync::Arc;

use super::value::{Str, Value};
use crate::diag::Span;

/// A name with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Name {
    /// The word.
    pub text: Str,
    /// Where it stands.
    pub span: Span,
}

/// An expression with its place.
#[derive(Clone, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it stands.
    pub span: Span,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `null`, `true`, `1.5`, a string without interpolation, or any constant.
    Literal(Value),
    /// A quoted string or heredoc with at least one interpolation or directive, or several parts.
    Template(Vec<Part>),
    /// `"${x}"`: the value itself, of any type.
    Wrap(Box<Expr>),
    /// `(x)`
    Paren(Box<Expr>),
    /// `var.name.attr[0]`: a root name and constant steps.
    Reference(Reference),
    /// Constant steps after an expression: `f(x).a[0]`.
    Access(Box<Expr>, Vec<Step>),
    /// `x[key]` with a key to be evaluated.
    Index(Box<Expr>, Box<Expr>),
    /// `x[*].a` and `x.*.a`
    Splat(Splat),
    /// `f(a, b...)`
    Call(Call),
    /// `-x`, `!x`
    Unary(Unary, Box<Expr>),
    /// `a + b`
    Binary(Binary, Box<Expr>, Box<Expr>),
    /// `c ? a : b`
    Conditional(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `[for …]` and `{for …}`
    For(Box<For>),
    /// `[a, b]`
    Tuple(Vec<Expr>),
    /// `{ a = 1 }`
    Object(Vec<(ObjectKey, Expr)>),
}

/// A root name and the constant steps that follow: `aws_vpc.main.id`.
#[derive(Clone, Debug)]
pub struct Reference {
    /// `var`, `local`, `each`, a resource type, …
    pub root: Name,
    /// What follows.
    pub steps: Vec<Step>,
}

/// One constant step of a traversal.
#[derive(Clone, Debug)]
pub struct Step {
    /// Which.
    pub kind: StepKind,
    /// Where it stands, its dot or bracket included.
    pub span: Span,
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum StepKind {
    /// `.name`
    Attribute(Str),
    /// `["name"]`, `[0]`, or the legacy `.0`
    Index(Value),
}

/// `source[*]` or `source.*`, and what is done to each element.
#[derive(Clone, Debug)]
pub struct Splat {
    /// What is splatted.
    pub source: Box<Expr>,
    /// Applied to each element: accesses, indexes and further splats around [`Splat::ELEMENT`].
    pub each: Box<Expr>,
    /// The marker `[*]` or `.*`.
    pub marker: Span,
}

impl Splat {
    /// Root name by which `each` refers to the element; no user can write it.
    pub const ELEMENT: &'static str = "*";
}

/// A function call.
#[derive(Clone, Debug)]
pub struct Call {
    /// Name with its namespace: `upper`, `core::upper`.
    pub name: Name,
    /// Arguments in order.
    pub args: Vec<Expr>,
    /// Whether the last argument is followed by `...`.
    pub expand: bool,
    /// The closing parenthesis.
    pub close: Span,
}

/// An operator before its operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Unary {
    Negate,
    Not,
}

/// An operator between its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// `for k, v in collection : [key =>] value [...] [if condition]`
#[derive(Clone, Debug)]
pub struct For {
    /// Name of the key or index; optional.
    pub key_name: Option<Name>,
    /// Name of the element.
    pub value_name: Name,
    /// What is iterated.
    pub collection: Expr,
    /// The key of an object result; none for a tuple result.
    pub key: Option<Expr>,
    /// The element of the result.
    pub value: Expr,
    /// `if …`
    pub condition: Option<Expr>,
    /// `...` after the value: group by key.
    pub group: bool,
}

/// The key of an object constructor's item.
#[derive(Clone, Debug)]
pub enum ObjectKey {
    /// A bare word, which is its own value.
    Word(Name),
    /// Anything else, to be evaluated.
    Expr(Expr),
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum Part {
    /// Text as it is.
    Text(Str),
    /// `${x}`
    Interpolation(Expr),
    /// `%{ if c }…%{ else }…%{ endif }`
    If(Expr, Vec<Part>, Vec<Part>),
    /// `%{ for k, v in c }…%{ endfor }`
    For(Box<TemplateFor>),
}

/// `%{ for k, v in collection }body%{ endfor }`
#[derive(Clone, Debug)]
pub struct TemplateFor {
    /// Name of the key or index; optional.
    pub key_name: Option<Name>,
    /// Name of the element.
    pub value_name: Name,
    /// What is iterated.
    pub collection: Expr,
    /// What is repeated.
    pub body: Vec<Part>,
}

/// What stands between braces, or in a file: arguments and blocks in their order.
#[derive(Clone, Debug)]
pub struct Body {
    /// Arguments, in source order.
    pub attributes: Vec<Attribute>,
    /// Blocks, in source order.
    pub blocks: Vec<Block>,
    /// The whole, without braces.
    pub span: Span,
    /// The closing brace, or the end of the file.
    pub end: Span,
    /// From `*.tf.json`: what is an attribute or a block is decided by who reads it.
    pub json: bool,
}

/// `name = value`
#[derive(Clone, Debug)]
pub struct Attribute {
    /// The name.
    pub name: Name,
    /// The value.
    pub value: Arc<Expr>,
    /// Name and value.
    pub span: Span,
}

/// `kind "label" { … }`
#[derive(Clone, Debug)]
pub struct Block {
    /// `resource`, `variable`, …
    pub kind: Name,
    /// Labels in order.
    pub labels: Vec<Name>,
    /// What is between its braces.
    pub body: Body,
    /// Kind and labels: what is shown for a message about the whole block.
    pub header: Span,
}

impl Body {
    /// The argument of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|it| &*it.name.text == name)
    }

    /// Where a missing argument is reported: the opening brace.
    pub fn missing(&self) -> Span {
        let start = self.span.start as usize;
        match start.checked_sub(1) {
            Some(brace) if !self.json => Span::new(self.span.file, brace, start),
            _ => Span { end: self.span.start, ..self.span },
        }
    }

    /// Every block of that kind.
    pub fn blocks<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |it| &*it.kind.text == kind)
    }
}

impl Expr {
    /// Calls `visit` for every reference in the expression, bound names of `for` left out.
    pub fn references<'a>(&'a self, visit: &mut dyn FnMut(&'a Reference)) {
        walk(self, &mut Vec::new(), visit);
    }
}

fn walk<'a>(expr: &'a Expr, bound: &mut Vec<&'a str>, visit: &mut dyn FnMut(&'a Reference)) {
    match &expr.kind {
        ExprKind::Literal(_) => {}
        ExprKind::Reference(it) => {
            if !bound.contains(&&*it.root.text) && &*it.root.text != Splat::ELEMENT {
                visit(it);
            }
        }
        ExprKind::Template(parts) => walk_parts(parts, bound, visit),
        ExprKind::Wrap(it) | ExprKind::Paren(it) | ExprKind::Access(it, _) => {
            walk(it, bound, visit)
        }
        ExprKind::Unary(_, it) => walk(it, bound, visit),
        ExprKind::Index(a, b) | ExprKind::Binary(_, a, b) => {
            walk(a, bound, visit);
            walk(b, bound, visit);
        }
        ExprKind::Splat(it) => {
            walk(&it.source, bound, visit);
            walk(&it.each, bound, visit);
        }
        ExprKind::Call(it) => it.args.iter().for_each(|arg| walk(arg, bound, visit)),
        ExprKind::Conditional(a, b, c) => {
            walk(a, bound, visit);
            walk(b, bound, visit);
            walk(c, bound, visit);
        }
        ExprKind::For(it) => {
            walk(&it.collection, bound, visit);
            let depth = bound.len();
            bound.extend(it.key_name.iter().map(|name| &*name.text));
            bound.push(&it.value_name.text);
            for part in
                [it.key.as_ref(), Some(&it.value), it.condition.as_ref()].into_iter().flatten()
            {
                walk(part, bound, visit);
            }
            bound.truncate(depth);
        }
        ExprKind::Tuple(items) => items.iter().for_each(|item| walk(item, bound, visit)),
        ExprKind::Object(items) => {
            for (key, value) in items {
                if let ObjectKey::Expr(key) = key {
                    walk(key, bound, visit);
                }
                walk(value, bound, visit);
            }
        }
    }
}

fn walk_parts<'a>(
    parts: &'a [Part],
    bound: &mut Vec<&'a str>,
    visit: &mut dyn FnMut(&'a Reference),
) {
    for part in parts {
        match part {
            Part::Text(_) => {}
            Part::Interpolation(it) => walk(it, bound, visit),
            Part::If(condition, yes, no) => {
                walk(condition, bound, visit);
                walk_parts(yes, bound, visit);
                walk_parts(no, bound, visit);
            }
            Part::For(it) => {
                walk(&it.collection, bound, visit);
                let depth = bound.len();
                bound.extend(it.key_name.iter().map(|name| &*name.text));
                bound.push(&it.value_name.text);
                walk_parts(&it.body, bound, visit);
                bound.truncate(depth);
            }
        }
    }
}
