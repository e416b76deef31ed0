//! Files: blocks and arguments as Terraform's grammar has them, from tokens to the syntax tree.
//!
//! It decides what is an error, where it is and what it is called. An item of a file that has an
//! error is left out, and the rest is read all the same.

use std::ops::Range;
use std::sync::Arc;

use foldhash::{HashMap, HashMapExt};

use super::lex::{Start, Tok, Token, lex, name_len};
use super::place::Place;
use super::template::Ends;
use crate::diag::{Diagnostic, Diagnostics, FileId, Span};
use crate::lang::ast::{Attribute, Block, Body, Expr, ExprKind, Name};

/// Deeper than this, a text is refused; most constructs take two levels, an expression and its operand.
const DEPTH: usize = 128;

pub(super) type Step<T = ()> = Result<T, Box<Diagnostic>>;

/// Reads the tokens of one text.
pub(super) struct Parser<'a> {
    /// The file by which errors are placed in the text.
    pub file: FileId,
    /// Where what is read stands.
    pub place: Place,
    pub text: &'a str,
    pub tokens: Vec<Token>,
    pub at: usize,
    /// Whether line breaks count, innermost last.
    pub newlines: Vec<bool>,
    pub depth: usize,
    /// How many operators stand above one another in what was read last.
    pub operators: usize,
}

impl<'a> Parser<'a> {
    /// At the start of the text.
    pub fn new(file: FileId, place: Place, text: &'a str, start: Start) -> Self {
        let tokens = lex(text, start);
        let newlines = vec![start == Start::Code];
        Parser { file, place, text, tokens, at: 0, newlines, depth: 0, operators: 0 }
    }

    pub fn token(&self, at: usize) -> Token {
        let end = Token { tok: Tok::End, start: self.text.len(), end: self.text.len() };
        self.tokens.get(at).copied().unwrap_or(end)
    }

    /// Number of the next token that counts, and that token.
    #[inline]
    fn next_index(&self) -> (usize, Token) {
        match self.tokens.get(self.at) {
            Some(it) if !matches!(it.tok, Tok::Newline | Tok::Comment) => (self.at, *it),
            _ => self.next_after_blanks(),
        }
    }

    fn next_after_blanks(&self) -> (usize, Token) {
        let newlines = self.newlines.last().copied().unwrap_or(true);
        let mut at = self.at;
        loop {
            let mut token = self.token(at);
            match token.tok {
                Tok::Newline if !newlines => {}
                Tok::Comment if newlines && self.word(token).ends_with('\n') => {
                    token.tok = Tok::Newline;
                    return (at, token);
                }
                Tok::Comment => {}
                _ => return (at, token),
            }
            at += 1;
        }
    }

    /// The next token that counts.
    pub fn peek(&self) -> Token {
        self.next_index().1
    }

    /// Takes the next token that counts.
    pub fn read(&mut self) -> Token {
        let (at, token) = self.next_index();
        if token.tok != Tok::End {
            self.at = at + 1;
        }
        token
    }

    /// Takes the next token if it is of that kind.
    pub fn eat(&mut self, tok: Tok) -> bool {
        let found = self.peek().tok == tok;
        if found {
            self.read();
        }
        found
    }

    /// The text of a token.
    pub fn word(&self, token: Token) -> &'a str {
        self.text.get(token.start..token.end).unwrap_or("")
    }

    /// Whether the next token is that name.
    pub fn at_word(&self, word: &str) -> bool {
        let next = self.peek();
        next.tok == Tok::Word && self.word(next) == word
    }

    /// An error at a token.
    pub fn error<T>(&self, token: Token, summary: &str, detail: impl Into<String>) -> Step<T> {
        Err(Box::new(Diagnostic::error(summary, detail).at(self.span(token))))
    }

    /// The place of a token for an error.
    pub fn span(&self, token: Token) -> Span {
        Span::new(self.file, token.start, token.end)
    }

    /// The place of these bytes in the tree.
    pub fn place(&self, bytes: Range<usize>) -> Span {
        self.place.span(bytes)
    }

    /// From a token to the one that was read last, in the tree.
    pub fn since(&self, first: Token) -> Span {
        self.place(first.start..self.end())
    }

    /// End of the token that was read last.
    pub fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.tokens.get(at)).map_or(0, |it| it.end)
    }

    /// A token as a name.
    pub fn name(&self, token: Token) -> Name {
        Name { text: self.word(token).into(), span: self.place(token.start..token.end) }
    }

    /// Runs one level deeper.
    pub fn deeper<T>(&mut self, inner: impl FnOnce(&mut Self) -> Step<T>) -> Step<T> {
        if self.depth >= DEPTH {
            let next = self.peek();
            return self.error(next, "nested too deeply", super::TOO_DEEP);
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Runs with line breaks that count or do not.
    pub fn newlines<T>(
        &mut self,
        count: bool,
        inner: impl FnOnce(&mut Self) -> Step<T>,
    ) -> Step<T> {
        self.newlines.push(count);
        let result = inner(self);
        self.newlines.pop();
        result
    }

    /// A whole file without the items that have an error, and every error.
    pub fn file(&mut self) -> (Body, Diagnostics) {
        let mut found = Diagnostics::new();
        let mut body = self.empty_body(0..self.text.len());
        let mut names = HashMap::new();
        loop {
            let first = self.peek();
            match first.tok {
                Tok::End => return (body, found),
                Tok::Newline => {
                    self.read();
                    continue;
                }
                _ => {}
            }
            match self.item(&mut names) {
                Ok(item) => item.add_to(&mut body),
                Err(one) => {
                    found.push(*one);
                    self.newlines.truncate(1);
                    self.depth = 0;
                    self.resume(first);
                }
            }
        }
    }

    /// A body of which nothing is read yet; `inner` is what is between its braces.
    pub fn empty_body(&self, inner: Range<usize>) -> Body {
        let brace = inner.end..(inner.end + 1).min(self.text.len());
        let (attributes, blocks) = Default::default();
        Body { attributes, blocks, span: self.place(inner), end: self.place(brace), json: false }
    }

    /// Goes to the next line that begins, without indentation, as a block does.
    fn resume(&mut self, failed: Token) {
        while self.tokens.get(self.at).is_some_and(|it| it.start <= failed.start) {
            self.at += 1;
        }
        loop {
            let (this, next) = (self.token(self.at), self.token(self.at + 1));
            let line_start = self.text[..this.start].ends_with('\n');
            let block = matches!(next.tok, Tok::OpenBrace | Tok::OpenQuote | Tok::Word);
            if this.tok == Tok::End || (this.tok == Tok::Word && line_start && block) {
                return;
            }
            self.at += 1;
        }
    }

    /// Arguments and blocks up to the closing brace, which is taken.
    fn body(&mut self, open: Token) -> Step<Body> {
        let mut body = self.empty_body(open.end..open.end);
        let mut names = HashMap::new();
        loop {
            let next = self.peek();
            match next.tok {
                Tok::CloseBrace => {
                    self.read();
                    return Ok(self.closed(body, open, next));
                }
                Tok::Newline => {
                    self.read();
                }
                Tok::End => {
                    return self.error(
                        open,
                        "Unclosed configuration block",
                        "the file ends before the closing brace of this block",
                    );
                }
                _ => self.item(&mut names)?.add_to(&mut body),
            }
        }
    }

    /// The body that ends with that brace.
    fn closed(&self, body: Body, open: Token, close: Token) -> Body {
        let empty = self.empty_body(open.end..close.start);
        Body { span: empty.span, end: empty.end, ..body }
    }

    fn item(&mut self, names: &mut HashMap<&'a str, Token>) -> Step<Item> {
        let name = self.read();
        match name.tok {
            Tok::Word => {}
            Tok::OpenQuote => {
                return self.error(
                    name,
                    "Invalid argument name",
                    "the name of an argument is written without quotes",
                );
            }
            _ => return self.item_required(name),
        }
        match self.peek().tok {
            Tok::Equal => {
                if let Some(earlier) = names.insert(self.word(name), name) {
                    return Err(Box::new(self.redefined(name, earlier)));
                }
                self.argument(name, true).map(Item::Attribute)
            }
            Tok::OpenQuote | Tok::OpenBrace | Tok::Word => {
                self.deeper(|it| it.block(name)).map(Item::Block)
            }
            _ => self.item_required(name),
        }
    }

    fn redefined(&self, name: Token, earlier: Token) -> Diagnostic {
        let word = self.word(name);
        Diagnostic::error("Attribute redefined", format!("`{word}` is set twice in this block"))
            .at(self.span(name))
            .label(self.span(earlier), "first set here")
    }

    fn item_required<T>(&self, at: Token) -> Step<T> {
        let it = Diagnostic::error(
            "Argument or block definition required",
            "here, an argument (`name = value`) or a block (`name { … }`) is expected",
        );
        Err(Box::new(it.at(self.span(at))))
    }

    /// From the equals sign to the end of the line.
    fn argument(&mut self, name: Token, whole_line: bool) -> Step<Attribute> {
        self.read();
        let value = self.expression()?;
        let name = self.name(name);
        let span = name.span.to(value.span);
        let argument = Attribute { name, value: Arc::new(value), span };
        let end = self.peek();
        match end.tok {
            _ if !whole_line => Ok(argument),
            Tok::Newline | Tok::End => {
                self.read();
                Ok(argument)
            }
            Tok::Comma => self.error(
                end,
                "Unexpected comma after argument",
                "arguments are separated by line breaks, not by commas",
            ),
            _ => self.error(
                end,
                "Missing newline after argument",
                "nothing may follow an argument on its line",
            ),
        }
    }

    /// From the first label or the opening brace to the end of the last line.
    fn block(&mut self, kind: Token) -> Step<Block> {
        let mut labels = Vec::new();
        let open = loop {
            let next = self.peek();
            match next.tok {
                Tok::OpenBrace => break self.read(),
                Tok::Word => {
                    self.read();
                    labels.push(self.name(next));
                }
                Tok::OpenQuote => labels.push(self.label()?),
                Tok::Equal => {
                    return self.error(
                        next,
                        "Invalid block definition",
                        "an argument has no labels, and a block has no equals sign",
                    );
                }
                Tok::Newline => {
                    return self.error(
                        next,
                        "Invalid block definition",
                        "the opening brace of a block stands on the line of its header",
                    );
                }
                _ => {
                    return self.error(
                        next,
                        "Invalid block definition",
                        "here, a label in double quotes or an opening brace is expected",
                    );
                }
            }
        };
        let body = match self.peek().tok {
            Tok::Newline | Tok::End | Tok::CloseBrace => self.body(open)?,
            _ => self.one_line_body(open)?,
        };
        let kind = self.name(kind);
        let header = labels.last().map_or(kind.span, |last| kind.span.to(last.span));
        let end = self.peek();
        match end.tok {
            Tok::Newline | Tok::End => {
                self.read();
                Ok(Block { kind, labels, body, header })
            }
            _ => self.error(
                end,
                "Missing newline after block definition",
                "nothing may follow a block on the line of its closing brace",
            ),
        }
    }

    fn one_line_body(&mut self, open: Token) -> Step<Body> {
        let name = self.read();
        if name.tok != Tok::Word {
            return self.item_required(name);
        }
        let argument = match self.peek().tok {
            Tok::Equal => self.argument(name, false)?,
            Tok::OpenQuote | Tok::OpenBrace | Tok::Word => {
                return self.error(
                    name,
                    "Argument definition required",
                    "a block on one line may hold one argument and no block",
                );
            }
            _ => return self.item_required(name),
        };
        let close = self.peek();
        let detail = match close.tok {
            Tok::CloseBrace => {
                self.read();
                let mut body = self.empty_body(open.end..close.start);
                body.attributes.push(argument);
                return Ok(body);
            }
            Tok::Newline => {
                "a block that starts with an argument on its first line ends on that line"
            }
            _ => "a block on one line may hold one argument",
        };
        self.error(close, "Invalid single-argument block definition", detail)
    }

    /// A quoted label: text and escapes, no templates.
    fn label(&mut self) -> Step<Name> {
        let open = self.read();
        let mut text = String::new();
        loop {
            let next = self.read();
            match next.tok {
                Tok::CloseQuote => return Ok(Name { text: text.into(), span: self.since(open) }),
                Tok::QuotedText => text.push_str(&self.unescaped(next)?),
                Tok::Interpolation | Tok::Control => {
                    return self.error(
                        next,
                        "Invalid string literal",
                        "a label is fixed text: no templates",
                    );
                }
                Tok::End => {
                    return self.error(
                        next,
                        "Unterminated string literal",
                        "the file ends before the closing quote",
                    );
                }
                _ => {
                    return self.error(
                        next,
                        "Invalid string literal",
                        "this may not stand in a label",
                    );
                }
            }
        }
    }

    /// An expression that is the whole text.
    pub fn only_expression(&mut self) -> Step<Expr> {
        self.newlines(false, |it| {
            let whole = it.expression()?;
            let next = it.peek();
            if next.tok != Tok::End {
                return it.error(
                    next,
                    "Extra characters after expression",
                    "the expression ends before this",
                );
            }
            Ok(whole)
        })
    }

    /// A template that is the whole text.
    pub fn only_template(&mut self) -> Step<ExprKind> {
        self.template(Ends::Text)
    }

    /// Whether a name is all there is in a text.
    pub fn is_name(text: &str) -> bool {
        text.chars().next().is_some_and(super::lex::is_name_start) && name_len(text) == text.len()
    }
}

/// What a body holds.
enum Item {
    Attribute(Attribute),
    Block(Block),
}

impl Item {
    fn add_to(self, body: &mut Body) {
        match self {
            Item::Attribute(it) => body.attributes.push(it),
            Item::Block(it) => body.blocks.push(it),
        }
    }
}
