//! Expressions, from tokens to the syntax tree; see [`super::grammar`]. What the tree consists of stays
//! in memory to the end of a run, so it is cut down to the size that it needs.

use super::grammar::{Parser, Step};
use super::lex::{Tok, Token};
use super::template::Ends;
use crate::diag::Diagnostic;
use crate::lang::ast::{Binary, Call, Expr, ExprKind, For, Name, ObjectKey, Reference, Unary};
use crate::lang::number::Number;
use crate::lang::value::Value;

/// Most operators that may stand above one another in a tree: everything behind goes down into it.
const OPERATORS: usize = 128;

impl Parser<'_> {
    /// Any expression.
    pub fn expression(&mut self) -> Step<Expr> {
        let around = std::mem::take(&mut self.operators);
        let result = self.deeper(|it| it.conditional());
        self.operators = self.operators.max(around);
        result
    }

    fn conditional(&mut self) -> Step<Expr> {
        let condition = self.operation(1)?;
        if !self.eat(Tok::Question) {
            return Ok(condition);
        }
        let yes = self.expression()?;
        let colon = self.peek();
        if colon.tok != Tok::Colon {
            return self.error(
                colon,
                "Missing false expression in conditional",
                "a condition takes both results: `condition ? this : that`",
            );
        }
        self.read();
        let no = self.expression()?;
        let span = condition.span.to(no.span);
        let [condition, yes, no] = [condition, yes, no].map(Box::new);
        Ok(Expr { kind: ExprKind::Conditional(condition, yes, no), span })
    }

    /// Operands and the operators between them that bind at least so tightly.
    fn operation(&mut self, least: u8) -> Step<Expr> {
        let mut left = self.operand()?;
        while let Some((operator, binds)) = self.operator().filter(|(_, binds)| *binds >= least) {
            let at = self.read();
            self.one_more_operator(at)?;
            let right = self.operation(binds + 1)?;
            let span = left.span.to(right.span);
            let kind = ExprKind::Binary(operator, Box::new(left), Box::new(right));
            left = Expr { kind, span };
        }
        Ok(left)
    }

    /// The operator that comes, if one comes, and how tightly it binds.
    fn operator(&self) -> Option<(Binary, u8)> {
        let next = self.peek();
        if !matches!(next.tok, Tok::Operator | Tok::Minus | Tok::Star) {
            return None;
        }
        Some(match self.word(next) {
            "||" => (Binary::Or, 1),
            "&&" => (Binary::And, 2),
            "==" => (Binary::Equal, 3),
            "!=" => (Binary::NotEqual, 3),
            "<" => (Binary::Less, 4),
            "<=" => (Binary::LessEqual, 4),
            ">" => (Binary::Greater, 4),
            ">=" => (Binary::GreaterEqual, 4),
            "+" => (Binary::Add, 5),
            "-" => (Binary::Subtract, 5),
            "*" => (Binary::Multiply, 6),
            "/" => (Binary::Divide, 6),
            _ => (Binary::Remainder, 6),
        })
    }

    /// Counts what makes the tree one level higher without anything being nested in the text.
    pub fn one_more_operator(&mut self, at: Token) -> Step {
        self.operators += 1;
        if self.operators <= OPERATORS {
            return Ok(());
        }
        let detail = format!("at most {OPERATORS} operators may follow one another");
        let it = Diagnostic::error("too many operators", detail).hint(
            "give a part of it a name in `locals`, or use a function such as `sum` or `join`",
        );
        Err(Box::new(it.at(self.span(at))))
    }

    fn operand(&mut self) -> Step<Expr> {
        self.deeper(|it| {
            let term = it.term()?;
            it.traversal(term)
        })
    }

    fn term(&mut self) -> Step<Expr> {
        let first = self.peek();
        let kind = match first.tok {
            Tok::Word => {
                self.read();
                self.word_or_call(first)?
            }
            Tok::Number => self.number()?,
            Tok::OpenQuote => {
                self.read();
                self.template(Ends::Quote)?
            }
            Tok::OpenHeredoc => {
                self.read();
                let indented = self.word(first).starts_with("<<-");
                self.template(Ends::Heredoc { indented })?
            }
            Tok::OpenParen => {
                self.read();
                ExprKind::Paren(Box::new(self.newlines(false, |it| it.parenthesis())?))
            }
            Tok::Minus | Tok::Bang => {
                self.read();
                let operator = if first.tok == Tok::Minus { Unary::Negate } else { Unary::Not };
                ExprKind::Unary(operator, Box::new(self.operand()?))
            }
            Tok::OpenBracket => self.tuple()?,
            Tok::OpenBrace => self.object()?,
            Tok::End => {
                return self.error(
                    first,
                    "Missing expression",
                    "the text ends where a value is expected",
                );
            }
            _ => return self.error(first, "Invalid expression", "here, a value is expected"),
        };
        Ok(Expr { kind, span: self.since(first) })
    }

    fn parenthesis(&mut self) -> Step<Expr> {
        let inner = self.expression()?;
        let close = self.peek();
        if close.tok != Tok::CloseParen {
            return self.error(
                close,
                "Unbalanced parentheses",
                "here, the closing parenthesis is expected",
            );
        }
        self.read();
        Ok(inner)
    }

    fn number(&mut self) -> Step<ExprKind> {
        let token = self.read();
        let word = self.word(token);
        match Number::parse(word) {
            Some(number) => Ok(ExprKind::Literal(Value::number(number))),
            None => {
                let detail = format!("`{word}` is not a number");
                self.error(token, "Invalid number literal", detail)
            }
        }
    }

    /// What starts with a name: a constant, a reference, or a call, whose name may have namespaces.
    fn word_or_call(&mut self, first: Token) -> Step<ExprKind> {
        let mut name = self.name(first);
        let mut called = false;
        while self.eat(Tok::DoubleColon) {
            called = true;
            let next = self.peek();
            if next.tok != Tok::Word {
                return self.error(
                    next,
                    "Missing function name",
                    "a namespace is followed by the name of a function: `core::upper(…)`",
                );
            }
            self.read();
            let text = format!("{}::{}", name.text, self.word(next)).into();
            name = Name { text, span: self.since(first) };
        }
        let open = self.peek();
        match open.tok {
            Tok::OpenParen => {
                self.read();
                self.newlines(false, |it| it.arguments(first, name))
            }
            _ if called => self.error(
                open,
                "Missing open parenthesis",
                "the name of a function is followed by its arguments in parentheses",
            ),
            _ => Ok(match &*name.text {
                "null" => ExprKind::Literal(Value::NULL),
                "true" => ExprKind::Literal(Value::TRUE),
                "false" => ExprKind::Literal(Value::FALSE),
                _ => ExprKind::Reference(Reference { root: name, steps: Vec::new() }),
            }),
        }
    }

    fn arguments(&mut self, first: Token, name: Name) -> Step<ExprKind> {
        let (mut args, mut expand) = (Vec::new(), false);
        loop {
            let next = self.peek();
            if self.eat(Tok::CloseParen) {
                args.shrink_to_fit();
                let close = self.place(next.start..next.end);
                return Ok(ExprKind::Call(Call { name, args, expand, close }));
            }
            args.push(self.expression()?);
            let next = self.peek();
            match next.tok {
                Tok::CloseParen => {}
                Tok::Comma => {
                    self.read();
                }
                Tok::Ellipsis => {
                    self.read();
                    expand = true;
                    if self.peek().tok != Tok::CloseParen {
                        return self.error(
                            next,
                            "Missing closing parenthesis",
                            "an argument that is expanded with `...` is the last one",
                        );
                    }
                }
                Tok::End => {
                    return self.error(
                        first,
                        "Unterminated function call",
                        "the file ends before the closing parenthesis of this call",
                    );
                }
                _ => {
                    return self.error(
                        next,
                        "Missing argument separator",
                        "a comma is expected between the arguments of a function",
                    );
                }
            }
        }
    }

    fn at_for(&mut self) -> bool {
        self.newlines.push(false);
        let found = self.at_word("for");
        self.newlines.pop();
        found
    }

    fn tuple(&mut self) -> Step<ExprKind> {
        let open = self.read();
        if self.at_for() {
            return self.newlines(false, |it| it.for_expression(Tok::CloseBracket));
        }
        self.newlines(false, |it| {
            let mut items = Vec::new();
            loop {
                if it.eat(Tok::CloseBracket) {
                    items.shrink_to_fit();
                    return Ok(ExprKind::Tuple(items));
                }
                items.push(it.expression()?);
                let next = it.peek();
                match next.tok {
                    Tok::CloseBracket => {}
                    Tok::Comma => {
                        it.read();
                    }
                    Tok::End => {
                        return it.error(
                            open,
                            "Unterminated tuple constructor expression",
                            "the file ends before the closing bracket",
                        );
                    }
                    _ => {
                        return it.error(
                            next,
                            "Missing item separator",
                            "a comma is expected between items",
                        );
                    }
                }
            }
        })
    }

    fn object(&mut self) -> Step<ExprKind> {
        let open = self.read();
        if self.at_for() {
            return self.newlines(false, |it| it.for_expression(Tok::CloseBrace));
        }
        self.newlines(true, |it| it.object_items(open))
    }

    fn object_items(&mut self, open: Token) -> Step<ExprKind> {
        let mut items = Vec::new();
        loop {
            let first = self.peek();
            match first.tok {
                Tok::Newline => {
                    self.read();
                    continue;
                }
                Tok::CloseBrace => {
                    self.read();
                    items.shrink_to_fit();
                    return Ok(ExprKind::Object(items));
                }
                _ => {}
            }
            let key = self.object_key()?;
            let next = self.peek();
            match next.tok {
                Tok::Equal | Tok::Colon => {
                    self.read();
                }
                Tok::Newline | Tok::Comma => {
                    return self.error(
                        next,
                        "Missing attribute value",
                        "an item is written `key = value`, with the equals sign on the line of the key",
                    );
                }
                Tok::End => return self.unclosed_object(open),
                _ => {
                    return self.error(
                        next,
                        "Missing key/value separator",
                        "an equals sign is expected between key and value",
                    );
                }
            }
            items.push((key, self.expression()?));
            let next = self.peek();
            match next.tok {
                Tok::CloseBrace => {}
                Tok::Comma | Tok::Newline => {
                    self.read();
                }
                Tok::End => return self.unclosed_object(open),
                _ => {
                    return self.error(
                        next,
                        "Missing attribute separator",
                        "a line break or a comma is expected between items",
                    );
                }
            }
        }
    }

    /// A name that stands alone is a text, also where it is a word such as `null` elsewhere.
    fn object_key(&mut self) -> Step<ObjectKey> {
        let first = self.peek();
        let key = self.expression()?;
        Ok(match first.tok == Tok::Word && self.end() == first.end {
            true => ObjectKey::Word(self.name(first)),
            false => ObjectKey::Expr(key),
        })
    }

    fn unclosed_object<T>(&self, open: Token) -> Step<T> {
        self.error(
            open,
            "Unterminated object constructor expression",
            "the file ends before the closing brace",
        )
    }

    /// Names of a `for`: `k, v in`.
    pub fn for_names(&mut self, what: &str) -> Step<(Option<Name>, Name)> {
        let summary = format!("Invalid 'for' {what}");
        let first = self.for_name(&summary)?;
        let names = match self.eat(Tok::Comma) {
            true => (Some(first), self.for_name(&summary)?),
            false => (None, first),
        };
        if !self.at_word("in") {
            let next = self.peek();
            return self.error(next, &summary, "after its names, `for` takes the word `in`");
        }
        self.read();
        Ok(names)
    }

    fn for_name(&mut self, summary: &str) -> Step<Name> {
        let name = self.peek();
        if name.tok != Tok::Word {
            return self.error(name, summary, "here, the name of a variable is expected");
        }
        self.read();
        Ok(self.name(name))
    }

    fn for_expression(&mut self, close: Tok) -> Step<ExprKind> {
        const SUMMARY: &str = "Invalid 'for' expression";
        self.read();
        let (key_name, value_name) = self.for_names("expression")?;
        let collection = self.expression()?;
        let colon = self.peek();
        if colon.tok != Tok::Colon {
            return self.error(colon, SUMMARY, "here, a colon and the result are expected");
        }
        self.read();
        let mut result = self.peek();
        let mut value = self.expression()?;
        result.end = self.end();
        let mut key = None;
        if self.eat(Tok::FatArrow) {
            key = Some(value);
            value = self.expression()?;
        }
        let ellipsis = self.peek();
        let group = self.eat(Tok::Ellipsis);
        let mut condition = None;
        if self.at_word("if") {
            self.read();
            condition = Some(self.expression()?);
        }
        let end = self.peek();
        if end.tok != close {
            return self.error(end, SUMMARY, "the expression should end here");
        }
        self.read();
        match (close, &key) {
            (Tok::CloseBracket, Some(_)) => {
                self.error(result, SUMMARY, "in brackets the result has no keys")
            }
            (Tok::CloseBracket, None) if group => {
                self.error(ellipsis, SUMMARY, "grouping (`...`) is for results in braces")
            }
            (Tok::CloseBrace, None) => self.error(
                result,
                SUMMARY,
                "in braces the result is a key and a value: `key => value`",
            ),
            _ => {
                let it = For { key_name, value_name, collection, key, value, condition, group };
                Ok(ExprKind::For(Box::new(it)))
            }
        }
    }
}
