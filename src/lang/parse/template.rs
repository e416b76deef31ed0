//! Templates: from those of `hcl-edit` to parts, with their text taken from the source.

use std::collections::VecDeque;

use hcl_edit::Span as _;
use hcl_edit::template::{Directive, Element, StringTemplate, Strip, Template};

use super::text::{Piece, dedent, strip, unescape, unescape_markers};
use super::tree::Tree;
use crate::lang::ast::*;
use crate::lang::value::Value;

/// How the text of a template is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    /// With escapes.
    Quoted,
    /// Each line for itself.
    Lines,
}

impl Tree<'_> {
    /// What is between quotes.
    pub fn string_template(&self, it: &StringTemplate) -> ExprKind {
        self.parts(&it.iter().collect::<Vec<_>>(), Written::Quoted, false)
    }

    /// What is between the markers of a heredoc; `indented` for `<<-`.
    pub fn heredoc(&self, it: &Template, indented: bool) -> ExprKind {
        self.parts(&it.iter().collect::<Vec<_>>(), Written::Lines, indented)
    }

    /// A whole text that is a template.
    pub fn bare_template(&self, it: &Template) -> ExprKind {
        self.parts(&it.iter().collect::<Vec<_>>(), Written::Lines, false)
    }

    fn parts(&self, elements: &[&Element], written: Written, indented: bool) -> ExprKind {
        if let [Element::Interpolation(it)] = elements {
            return ExprKind::Wrap(Box::new(self.expr(&it.expr)));
        }
        let mut pieces = Vec::new();
        self.flatten(elements.iter().copied(), written, &mut pieces);
        strip(&mut pieces);
        if indented {
            dedent(&mut pieces);
        }
        let only_text = pieces.iter().all(|it| matches!(it, Piece::Text(_)));
        let mut texts: VecDeque<String> = pieces
            .into_iter()
            .filter_map(|it| if let Piece::Text(text) = it { Some(text) } else { None })
            .collect();
        if only_text {
            return ExprKind::Literal(Value::string(texts.into_iter().collect::<String>()));
        }
        ExprKind::Template(self.nest(elements.iter().copied(), written, &mut texts))
    }

    /// The text of a literal, in the pieces in which strip markers and indentation see it.
    fn literal<'s>(&'s self, element: &Element, written: Written) -> Vec<&'s str> {
        let source = self.source(element.span());
        match written {
            Written::Quoted => vec![source],
            Written::Lines => source.split_inclusive('\n').collect(),
        }
    }

    fn flatten<'e>(
        &self,
        elements: impl IntoIterator<Item = &'e Element>,
        written: Written,
        out: &mut Vec<Piece>,
    ) {
        for element in elements {
            match element {
                Element::Literal(_) => {
                    for raw in self.literal(element, written) {
                        out.push(Piece::Text(match written {
                            Written::Quoted => unescape(raw).unwrap_or_default(),
                            Written::Lines => unescape_markers(raw),
                        }));
                    }
                }
                Element::Interpolation(it) => out.push(sequence(it.strip)),
                Element::Directive(it) => match &**it {
                    Directive::If(it) => {
                        out.push(sequence(it.if_expr.strip));
                        self.flatten(it.if_expr.template.iter(), written, out);
                        if let Some(it) = &it.else_expr {
                            out.push(sequence(it.strip));
                            self.flatten(it.template.iter(), written, out);
                        }
                        out.push(sequence(it.endif_expr.strip));
                    }
                    Directive::For(it) => {
                        out.push(sequence(it.for_expr.strip));
                        self.flatten(it.for_expr.template.iter(), written, out);
                        out.push(sequence(it.endfor_expr.strip));
                    }
                },
            }
        }
    }

    /// The parts, with the texts that [`Tree::flatten`] found put back in the same order.
    fn nest<'e>(
        &self,
        elements: impl IntoIterator<Item = &'e Element>,
        written: Written,
        texts: &mut VecDeque<String>,
    ) -> Vec<Part> {
        let mut parts = Vec::new();
        for element in elements {
            match element {
                Element::Literal(_) => {
                    let count = self.literal(element, written).len().min(texts.len());
                    let text: String = texts.drain(..count).collect();
                    if !text.is_empty() {
                        parts.push(Part::Text(text.into()));
                    }
                }
                Element::Interpolation(it) => parts.push(Part::Interpolation(self.expr(&it.expr))),
                Element::Directive(it) => parts.push(match &**it {
                    Directive::If(it) => {
                        let condition = self.expr(&it.if_expr.cond_expr);
                        let yes = self.nest(it.if_expr.template.iter(), written, texts);
                        let no = it.else_expr.as_ref();
                        let no = no.map(|it| self.nest(it.template.iter(), written, texts));
                        Part::If(condition, yes, no.unwrap_or_default())
                    }
                    Directive::For(it) => {
                        let it = &it.for_expr;
                        Part::For(Box::new(TemplateFor {
                            key_name: it.key_var.as_ref().map(|name| self.name(name)),
                            value_name: self.name(&it.value_var),
                            collection: self.expr(&it.collection_expr),
                            body: self.nest(it.template.iter(), written, texts),
                        }))
                    }
                }),
            }
        }
        parts
    }
}

fn sequence(it: Strip) -> Piece {
    Piece::Sequence { before: it.strip_start(), after: it.strip_end() }
}
