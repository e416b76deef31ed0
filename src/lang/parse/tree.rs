//! From the tree of `hcl-edit` to ours.

use std::ops::Range;
use std::sync::Arc;

use hcl_edit::expr::{self as edit, Expression, TraversalOperator};
use hcl_edit::structure::{self, Structure};
use hcl_edit::{Decorated, Ident, Span as _};

use super::grammar::Walk;
use crate::diag::{FileId, Span};
use crate::lang::ast::*;
use crate::lang::number::Number;
use crate::lang::value::Value;

/// Where the text that is converted stands.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place {
    /// It starts at that byte of the file.
    Offset(FileId, usize),
    /// Its bytes cannot be told apart in the file: all of it stands there.
    Fixed(Span),
}

/// Converts the tree of one text.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    pub text: &'a str,
    pub place: Place,
}

impl Tree<'_> {
    pub fn span(&self, range: Option<Range<usize>>) -> Span {
        let range = range.unwrap_or(0..0);
        match self.place {
            Place::Offset(file, from) => Span::new(file, from + range.start, from + range.end),
            Place::Fixed(span) => span,
        }
    }

    pub fn source(&self, range: Option<Range<usize>>) -> &str {
        range.and_then(|it| self.text.get(it)).unwrap_or("")
    }

    pub fn name(&self, ident: &Decorated<Ident>) -> Name {
        Name { text: ident.as_str().into(), span: self.span(ident.span()) }
    }

    /// A body; `range` is what is between its braces.
    pub fn body(&self, body: &structure::Body, range: Range<usize>) -> Body {
        let mut attributes = Vec::new();
        let mut blocks = Vec::new();
        for item in body.iter() {
            match item {
                Structure::Attribute(it) => attributes.push(self.attribute(it)),
                Structure::Block(it) => blocks.push(self.block(it)),
            }
        }
        let brace = range.end..(range.end + 1).min(self.text.len());
        Body {
            attributes,
            blocks,
            span: self.span(Some(range)),
            end: self.span(Some(brace)),
            json: false,
        }
    }

    fn attribute(&self, it: &structure::Attribute) -> Attribute {
        let name = self.name(&it.key);
        let value = self.expr(&it.value);
        let span = name.span.to(value.span);
        Attribute { name, value: Arc::new(value), span }
    }

    fn block(&self, it: &structure::Block) -> Block {
        let kind = self.name(&it.ident);
        let labels: Vec<Name> = it
            .labels
            .iter()
            .map(|label| Name { text: label.as_str().into(), span: self.span(label.span()) })
            .collect();
        let header = labels.last().map_or(kind.span, |last| kind.span.to(last.span));
        let whole = it.span().unwrap_or(0..0);
        let header_end = labels_end(it);
        // Nothing but blanks stands between the header and the opening brace.
        let open = self.source(Some(header_end..whole.end)).find('{').unwrap_or(0);
        let inner = header_end + open + 1..whole.end.saturating_sub(1);
        Block { kind, labels, body: self.body(&it.body, inner), header }
    }

    pub fn expr(&self, it: &Expression) -> Expr {
        let span = self.span(it.span());
        let kind = match it {
            Expression::Null(_) => ExprKind::Literal(Value::NULL),
            Expression::Bool(it) => ExprKind::Literal(Value::from(*it.value())),
            Expression::Number(_) => self.number(it.span()),
            Expression::String(text) => ExprKind::Literal(Value::from(text.as_str())),
            Expression::Array(items) => {
                ExprKind::Tuple(items.iter().map(|item| self.expr(item)).collect())
            }
            Expression::Object(items) => ExprKind::Object(
                items.iter().map(|(key, value)| (self.key(key), self.expr(value.expr()))).collect(),
            ),
            Expression::StringTemplate(parts) => self.string_template(parts),
            Expression::HeredocTemplate(heredoc) => {
                self.heredoc(&heredoc.template, self.source(it.span()).starts_with("<<-"))
            }
            Expression::Parenthesis(inner) => ExprKind::Paren(Box::new(self.expr(inner.inner()))),
            Expression::Variable(name) => ExprKind::Reference(Reference {
                root: Name { text: name.as_str().into(), span },
                steps: Vec::new(),
            }),
            Expression::Conditional(it) => ExprKind::Conditional(
                Box::new(self.expr(&it.cond_expr)),
                Box::new(self.expr(&it.true_expr)),
                Box::new(self.expr(&it.false_expr)),
            ),
            Expression::FuncCall(call) => self.call(call, it.span()),
            Expression::Traversal(it) => return self.traversal(self.expr(&it.expr), &it.operators),
            Expression::UnaryOp(it) => {
                let operator = match it.operator.value() {
                    edit::UnaryOperator::Neg => Unary::Negate,
                    edit::UnaryOperator::Not => Unary::Not,
                };
                ExprKind::Unary(operator, Box::new(self.expr(&it.expr)))
            }
            Expression::BinaryOp(it) => ExprKind::Binary(
                binary(*it.operator.value()),
                Box::new(self.expr(&it.lhs_expr)),
                Box::new(self.expr(&it.rhs_expr)),
            ),
            Expression::ForExpr(it) => ExprKind::For(Box::new(For {
                key_name: it.intro.key_var.as_ref().map(|name| self.name(name)),
                value_name: self.name(&it.intro.value_var),
                collection: self.expr(&it.intro.collection_expr),
                key: it.key_expr.as_ref().map(|key| self.expr(key)),
                value: self.expr(&it.value_expr),
                condition: it.cond.as_ref().map(|it| self.expr(&it.expr)),
                group: it.grouping,
            })),
        };
        Expr { kind, span }
    }

    /// From its digits in the source, since `hcl-edit` keeps no more than 64 bits.
    fn number(&self, range: Option<Range<usize>>) -> ExprKind {
        let source = self.source(range.clone());
        let literal = |digits: &str| match Number::parse(digits) {
            Some(number) => ExprKind::Literal(Value::number(number)),
            None => ExprKind::Literal(Value::NULL),
        };
        match source.strip_prefix('-') {
            None => literal(source),
            Some(rest) => {
                // Blanks and comments may stand between the sign and the digits.
                let digits = |c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c));
                let digits =
                    rest.rfind(digits).map_or(rest, |at| rest.get(at + 1..).unwrap_or(rest));
                let range = range.unwrap_or(0..0);
                let span = self.span(Some(range.end.saturating_sub(digits.len())..range.end));
                ExprKind::Unary(Unary::Negate, Box::new(Expr { kind: literal(digits), span }))
            }
        }
    }

    fn key(&self, key: &edit::ObjectKey) -> ObjectKey {
        match key {
            edit::ObjectKey::Ident(name) => ObjectKey::Word(self.name(name)),
            edit::ObjectKey::Expression(it) => {
                let source = self.source(it.span());
                // `null`, `true` and `false` are names in this place.
                if Walk::is_name(source) {
                    let span = self.span(it.span());
                    return ObjectKey::Word(Name { text: source.into(), span });
                }
                ObjectKey::Expr(self.expr(it))
            }
        }
    }

    fn call(&self, call: &edit::FuncCall, range: Option<Range<usize>>) -> ExprKind {
        let last = self.name(&call.name.name);
        let first = call.name.namespace.first().map_or(last.span, |it| self.span(it.span()));
        let words = call.name.namespace.iter().map(|it| it.as_str()).chain([&*last.text]);
        let text = words.collect::<Vec<_>>().join("::").into();
        let range = range.unwrap_or(0..0);
        ExprKind::Call(Call {
            name: Name { text, span: first.to(last.span) },
            args: call.args.iter().map(|arg| self.expr(arg)).collect(),
            expand: call.args.expand_final(),
            close: self.span(Some(range.end.saturating_sub(1)..range.end)),
        })
    }

    /// Steps one after the other. A full splat `[*]` takes all that follow; an attribute splat `.*`
    /// only takes attributes, so an index after them applies to its result.
    fn traversal(&self, base: Expr, operators: &[Decorated<TraversalOperator>]) -> Expr {
        let mut expr = base;
        let mut rest = operators.iter();
        while let Some(operator) = rest.next() {
            let span = self.span(operator.span());
            let step = |kind| Step { kind, span };
            match operator.value() {
                TraversalOperator::GetAttr(name) => {
                    expr = push_step(expr, step(StepKind::Attribute(name.as_str().into())));
                }
                TraversalOperator::LegacyIndex(index) => {
                    let index = Value::number(Number::from(**index as i64));
                    expr = push_step(expr, step(StepKind::Index(index)));
                }
                TraversalOperator::Index(key) => {
                    let key = self.expr(key);
                    expr = match key.kind {
                        ExprKind::Literal(value) => push_step(expr, step(StepKind::Index(value))),
                        _ => {
                            let whole = expr.span.to(span);
                            let kind = ExprKind::Index(Box::new(expr), Box::new(key));
                            Expr { kind, span: whole }
                        }
                    };
                }
                TraversalOperator::FullSplat(_) => {
                    let each = self.traversal(element(span), rest.as_slice());
                    return splat(expr, each, span);
                }
                TraversalOperator::AttrSplat(_) => {
                    let taken = rest.as_slice();
                    let attributes = |it: &Decorated<TraversalOperator>| {
                        use TraversalOperator::*;
                        matches!(it.value(), GetAttr(_) | LegacyIndex(_))
                    };
                    let count = taken.iter().take_while(|it| attributes(it)).count();
                    let (taken, left) = taken.split_at(count);
                    expr = splat(expr, self.traversal(element(span), taken), span);
                    rest = left.iter();
                }
            }
        }
        expr
    }
}

fn labels_end(it: &structure::Block) -> usize {
    let kind = it.ident.span().map_or(0, |it| it.end);
    it.labels.last().and_then(|it| it.span()).map_or(kind, |it| it.end)
}

fn element(marker: Span) -> Expr {
    let root = Name { text: Splat::ELEMENT.into(), span: marker };
    Expr { kind: ExprKind::Reference(Reference { root, steps: Vec::new() }), span: marker }
}

fn splat(source: Expr, each: Expr, marker: Span) -> Expr {
    let span = source.span.to(marker).to(each.span);
    let splat = Splat { source: Box::new(source), each: Box::new(each), marker };
    Expr { kind: ExprKind::Splat(splat), span }
}

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

fn binary(operator: edit::BinaryOperator) -> Binary {
    use edit::BinaryOperator::*;
    match operator {
        Or => Binary::Or,
        And => Binary::And,
        Eq => Binary::Equal,
        NotEq => Binary::NotEqual,
        Less => Binary::Less,
        LessEq => Binary::LessEqual,
        Greater => Binary::Greater,
        GreaterEq => Binary::GreaterEqual,
        Plus => Binary::Add,
        Minus => Binary::Subtract,
        Mul => Binary::Multiply,
        Div => Binary::Divide,
        Mod => Binary::Remainder,
    }
}
