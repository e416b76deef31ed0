//! The expression grammar, walked over tokens; see [`super::grammar`].

use std::collections::HashMap;
use std::ops::Range;

use super::directive::Ends;
use super::grammar::{Step, Walk};
use super::lex::{Tok, Token};
use crate::lang::number::Number;

impl Walk<'_> {
    /// Any expression.
    pub fn expression(&mut self) -> Step<Range<usize>> {
        self.deeper(|it| {
            let start = it.peek().start;
            it.operand()?;
            while matches!(it.peek().tok, Tok::Operator | Tok::Minus | Tok::Star) {
                it.read();
                it.operand()?;
            }
            if it.eat(Tok::Question) {
                it.expression()?;
                let colon = it.peek();
                if colon.tok != Tok::Colon {
                    return it.error(
                        colon,
                        "Missing false expression in conditional",
                        "a condition takes both results: `condition ? this : that`",
                    );
                }
                it.read();
                it.expression()?;
            }
            Ok(start..it.end())
        })
    }

    /// End of the token that was read last.
    fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |it| it.end)
    }

    fn operand(&mut self) -> Step {
        self.deeper(|it| {
            it.term()?;
            it.traversal()
        })
    }

    fn term(&mut self) -> Step {
        let first = self.peek();
        match first.tok {
            Tok::Word => {
                self.read();
                self.call_after(first)
            }
            Tok::Number => self.number(),
            Tok::OpenQuote => {
                self.read();
                self.template(Ends::Quote)
            }
            Tok::OpenHeredoc => {
                self.read();
                self.template(Ends::Heredoc)
            }
            Tok::OpenParen => {
                self.read();
                self.newlines(false, |it| {
                    it.expression()?;
                    let close = it.peek();
                    if close.tok != Tok::CloseParen {
                        return it.error(
                            close,
                            "Unbalanced parentheses",
                            "here, the closing parenthesis is expected",
                        );
                    }
                    it.read();
                    Ok(())
                })
            }
            Tok::Minus | Tok::Bang => {
                self.read();
                self.operand()
            }
            Tok::OpenBracket => self.tuple(),
            Tok::OpenBrace => self.object(),
            Tok::End => {
                self.error(first, "Missing expression", "the text ends where a value is expected")
            }
            _ => self.error(first, "Invalid expression", "here, a value is expected"),
        }
    }

    fn number(&mut self) -> Step {
        let token = self.read();
        let word = self.word(token);
        if Number::parse(word).is_none() {
            return self.error(
                token,
                "Invalid number literal",
                format!("`{word}` is not a number"),
            );
        }
        if !word.parse::<f64>().is_ok_and(f64::is_finite) {
            self.edits.zeros.push(token.start..token.end);
        }
        Ok(())
    }

    fn call_after(&mut self, name: Token) -> Step {
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
        }
        let open = self.peek();
        match open.tok {
            Tok::OpenParen => {
                self.read();
                self.newlines(false, |it| it.arguments(name))
            }
            _ if called => self.error(
                open,
                "Missing open parenthesis",
                "the name of a function is followed by its arguments in parentheses",
            ),
            _ => Ok(()),
        }
    }

    fn arguments(&mut self, name: Token) -> Step {
        loop {
            if self.eat(Tok::CloseParen) {
                return Ok(());
            }
            self.expression()?;
            let next = self.peek();
            match next.tok {
                Tok::CloseParen => {}
                Tok::Comma => {
                    self.read();
                }
                Tok::Ellipsis => {
                    self.read();
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
                        name,
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

    fn tuple(&mut self) -> Step {
        let open = self.read();
        if self.at_for() {
            return self.newlines(false, |it| it.for_expression(Tok::CloseBracket));
        }
        self.newlines(false, |it| {
            loop {
                if it.eat(Tok::CloseBracket) {
                    return Ok(());
                }
                it.expression()?;
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

    fn object(&mut self) -> Step {
        let open = self.read();
        if self.at_for() {
            return self.newlines(false, |it| it.for_expression(Tok::CloseBrace));
        }
        self.newlines(true, |it| it.object_items(open))
    }

    fn object_items(&mut self, open: Token) -> Step {
        // Where each key was seen last, by its text. `hcl-edit` refuses a second one, while in
        // Terraform the last one wins; so the earlier item is blanked out.
        let mut keys: HashMap<String, Range<usize>> = HashMap::new();
        loop {
            let first = self.peek();
            match first.tok {
                Tok::Newline => {
                    self.read();
                    continue;
                }
                Tok::CloseBrace => {
                    self.read();
                    return Ok(());
                }
                _ => {}
            }
            let key = self.expression()?;
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
            let value = self.expression()?;
            let next = self.peek();
            let mut item = key.start..value.end;
            match next.tok {
                Tok::CloseBrace => {}
                Tok::Comma => {
                    self.read();
                    item.end = next.end;
                }
                Tok::Newline => {
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
            let words = self.text.get(key).unwrap_or("");
            // Within quotes, blanks tell keys apart.
            let words = match words.contains('"') {
                true => words.to_string(),
                false => words.split_whitespace().collect(),
            };
            if let Some(earlier) = keys.insert(words, item) {
                self.edits.blank.push(earlier);
            }
        }
    }

    fn unclosed_object<T>(&self, open: Token) -> Step<T> {
        self.error(
            open,
            "Unterminated object constructor expression",
            "the file ends before the closing brace",
        )
    }

    /// Names of a `for`: `k, v in`.
    pub fn for_names(&mut self, what: &str) -> Step {
        let summary = format!("Invalid 'for' {what}");
        for more in [true, false] {
            let name = self.peek();
            if name.tok != Tok::Word {
                return self.error(name, &summary, "here, the name of a variable is expected");
            }
            self.read();
            if !more || !self.eat(Tok::Comma) {
                break;
            }
        }
        if !self.at_word("in") {
            let next = self.peek();
            return self.error(next, &summary, "after its names, `for` takes the word `in`");
        }
        self.read();
        Ok(())
    }

    fn for_expression(&mut self, close: Tok) -> Step {
        const SUMMARY: &str = "Invalid 'for' expression";
        self.read();
        self.for_names("expression")?;
        self.expression()?;
        let colon = self.peek();
        if colon.tok != Tok::Colon {
            return self.error(colon, SUMMARY, "here, a colon and the result are expected");
        }
        self.read();
        let mut value = self.expression()?;
        let mut key = None;
        if self.eat(Tok::FatArrow) {
            key = Some(value);
            value = self.expression()?;
        }
        let ellipsis = self.peek();
        let group = self.eat(Tok::Ellipsis);
        if self.at_word("if") {
            self.read();
            self.expression()?;
        }
        let end = self.peek();
        if end.tok != close {
            return self.error(end, SUMMARY, "the expression should end here");
        }
        self.read();
        let token =
            |range: Range<usize>| Token { tok: Tok::Word, start: range.start, end: range.end };
        match (close, key) {
            (Tok::CloseBracket, Some(key)) => {
                self.error(token(key), SUMMARY, "in brackets the result has no keys")
            }
            (Tok::CloseBracket, None) if group => {
                self.error(ellipsis, SUMMARY, "grouping (`...`) is for results in braces")
            }
            (Tok::CloseBrace, None) => self.error(
                token(value),
                SUMMARY,
                "in braces the result is a key and a value: `key => value`",
            ),
            _ => Ok(()),
        }
    }

    /// `.name`, `.0`, `.*`, `[…]`, `[*]`, as many as follow.
    fn traversal(&mut self) -> Step {
        loop {
            match self.peek().tok {
                Tok::Dot => {
                    self.read();
                    if self.peek().tok == Tok::Star {
                        let star = self.read();
                        self.attribute_splat(star)?;
                    } else {
                        self.attribute_step(None)?;
                    }
                }
                Tok::OpenBracket => {
                    self.read();
                    self.newlines(false, |it| it.index())?;
                }
                _ => return Ok(()),
            }
        }
    }

    fn attribute_splat(&mut self, star: Token) -> Step {
        while self.peek().tok == Tok::Dot {
            self.read();
            let next = self.peek();
            if next.tok == Tok::Star {
                return self.error(
                    next,
                    "Nested splat expression not allowed",
                    "a splat `.*` may not stand inside another one; write `[*]`",
                );
            }
            self.attribute_step(Some(star))?;
        }
        Ok(())
    }

    /// What follows a dot; within a splat, a missing name is told at its star.
    fn attribute_step(&mut self, star: Option<Token>) -> Step {
        let next = self.peek();
        match next.tok {
            Tok::Word => {
                self.read();
                Ok(())
            }
            Tok::Number if self.word(next).contains('.') => self.error(
                next,
                "Invalid legacy index syntax",
                "two indexes in a row are written in brackets: `a[1][0]`",
            ),
            Tok::Number if self.word(next).parse::<u64>().is_err() => self.error(
                next,
                "Invalid legacy index syntax",
                "an index is a whole number; write it in brackets: `a[1]`",
            ),
            Tok::Number => {
                self.read();
                Ok(())
            }
            _ => self.error(
                star.unwrap_or(next),
                "Invalid attribute name",
                "after a dot, the name of an attribute is expected",
            ),
        }
    }

    fn index(&mut self) -> Step {
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
            self.expression()?;
        }
        if self.peek().tok != Tok::CloseBracket {
            return self.error(
                self.closing_bracket(),
                "Missing close bracket on index",
                "here, the closing bracket of the index is expected",
            );
        }
        self.read();
        Ok(())
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
