//! The grammar as Terraform holds it, walked over tokens without building a tree.
//!
//! `hcl-edit` builds the tree, but it accepts a little more and a little less than Terraform, stops
//! at the first error of a file and names it in its own words. So every text is walked here first:
//! the walk decides what is an error, where it is and what it is called, and it notes the
//! [`Edits`] by which the text is made palatable to `hcl-edit` without moving a byte.

use std::collections::HashMap;
use std::ops::Range;

use super::directive::Ends;
use super::lex::{Start, Tok, Token, lex, name_len};
use crate::diag::{Diagnostic, Diagnostics, FileId, Span};

/// Deeper than this, a text is refused. `hcl-edit` refuses a little earlier.
const DEPTH: usize = 128;

pub(super) type Step<T = ()> = Result<T, Box<Diagnostic>>;

/// What to overwrite before `hcl-edit` sees the text; no byte changes its place.
#[derive(Debug, Default)]
pub(super) struct Edits {
    /// Becomes blanks.
    pub blank: Vec<Range<usize>>,
    /// Text of heredocs: becomes dots, line breaks kept, so that nothing in it looks like a marker.
    pub dots: Vec<Range<usize>>,
    /// Numbers that only an exact reading can take.
    pub zeros: Vec<Range<usize>>,
}

impl Edits {
    /// The text as `hcl-edit` shall see it.
    pub fn apply(&self, text: &str) -> String {
        let mut bytes = text.as_bytes().to_vec();
        let mut fill = |range: &Range<usize>, with: u8, keep: &[u8]| {
            for byte in bytes.get_mut(range.clone()).into_iter().flatten() {
                if !keep.contains(byte) {
                    *byte = with;
                }
            }
        };
        self.dots.iter().for_each(|it| fill(it, b'.', b"\n"));
        self.zeros.iter().for_each(|it| fill(it, b'0', b""));
        self.blank.iter().for_each(|it| fill(it, b' ', b""));
        String::from_utf8(bytes).unwrap_or_default()
    }
}

/// Walks over the tokens of one text.
pub(super) struct Walk<'a> {
    pub file: FileId,
    pub text: &'a str,
    pub tokens: Vec<Token>,
    pub at: usize,
    /// Whether line breaks count, innermost last.
    pub newlines: Vec<bool>,
    pub depth: usize,
    pub edits: Edits,
}

impl<'a> Walk<'a> {
    /// At the start of the text.
    pub fn new(file: FileId, text: &'a str, start: Start) -> Self {
        let tokens = lex(text, start);
        let newlines = vec![start == Start::Code];
        let mut edits = Edits::default();
        if text.starts_with('\u{feff}') {
            edits.blank.push(0..3);
        }
        Walk { file, text, tokens, at: 0, newlines, depth: 0, edits }
    }

    pub fn token(&self, at: usize) -> Token {
        let end = Token { tok: Tok::End, start: self.text.len(), end: self.text.len() };
        self.tokens.get(at).copied().unwrap_or(end)
    }

    /// Number of the next token that counts, and that token.
    fn next_index(&self) -> (usize, Token) {
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

    /// Takes the next token that counts, and blanks out what was passed over.
    pub fn read(&mut self) -> Token {
        let (at, token) = self.next_index();
        for skipped in self.at..at {
            let it = self.token(skipped);
            self.edits.blank.push(it.start..it.end);
        }
        if self.token(at).tok == Tok::Comment {
            self.edits.blank.push(token.start..token.end - 1);
        }
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

    /// The place of a token.
    pub fn span(&self, token: Token) -> Span {
        Span::new(self.file, token.start, token.end)
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

    /// A whole file: every error, and the byte ranges of the top-level items that have one.
    pub fn file(&mut self) -> (Diagnostics, Vec<Range<usize>>) {
        let (mut found, mut bad) = (Diagnostics::new(), Vec::new());
        let mut names = HashMap::new();
        loop {
            let first = self.peek();
            match first.tok {
                Tok::End => return (found, bad),
                Tok::Newline => {
                    self.read();
                    continue;
                }
                _ => {}
            }
            if let Err(one) = self.item(&mut names) {
                found.push(*one);
                self.newlines.truncate(1);
                self.depth = 0;
                self.resume(first);
                bad.push(first.start..self.token(self.at).start);
            }
        }
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
    fn body(&mut self, open: Token) -> Step {
        let mut names = HashMap::new();
        loop {
            match self.peek().tok {
                Tok::CloseBrace => {
                    self.read();
                    return Ok(());
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
                _ => self.item(&mut names)?,
            }
        }
    }

    fn item(&mut self, names: &mut HashMap<&'a str, Token>) -> Step {
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
                self.argument(true)
            }
            Tok::OpenQuote | Tok::OpenBrace | Tok::Word => self.deeper(|it| it.block()),
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
    fn argument(&mut self, whole_line: bool) -> Step {
        self.read();
        self.expression()?;
        let end = self.peek();
        match end.tok {
            _ if !whole_line => Ok(()),
            Tok::Newline | Tok::End => {
                self.read();
                Ok(())
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
    fn block(&mut self) -> Step {
        let open = loop {
            let next = self.peek();
            match next.tok {
                Tok::OpenBrace => break self.read(),
                Tok::Word => {
                    self.read();
                }
                Tok::OpenQuote => self.label()?,
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
        match self.peek().tok {
            Tok::Newline | Tok::End | Tok::CloseBrace => self.body(open)?,
            _ => self.one_line_body()?,
        }
        let end = self.peek();
        match end.tok {
            Tok::Newline | Tok::End => {
                self.read();
                Ok(())
            }
            _ => self.error(
                end,
                "Missing newline after block definition",
                "nothing may follow a block on the line of its closing brace",
            ),
        }
    }

    fn one_line_body(&mut self) -> Step {
        let name = self.read();
        if name.tok != Tok::Word {
            return self.item_required(name);
        }
        match self.peek().tok {
            Tok::Equal => self.argument(false)?,
            Tok::OpenQuote | Tok::OpenBrace | Tok::Word => {
                return self.error(
                    name,
                    "Argument definition required",
                    "a block on one line may hold one argument and no block",
                );
            }
            _ => return self.item_required(name),
        }
        let close = self.peek();
        let detail = match close.tok {
            Tok::CloseBrace => {
                self.read();
                return Ok(());
            }
            Tok::Newline => {
                "a block that starts with an argument on its first line ends on that line"
            }
            _ => "a block on one line may hold one argument",
        };
        self.error(close, "Invalid single-argument block definition", detail)
    }

    /// A quoted label: text and escapes, no templates.
    fn label(&mut self) -> Step {
        self.read();
        loop {
            let next = self.read();
            match next.tok {
                Tok::CloseQuote => return Ok(()),
                Tok::QuotedText => self.escapes(next)?,
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
    pub fn only_expression(&mut self) -> Step {
        self.newlines(false, |it| {
            it.expression()?;
            let next = it.peek();
            if next.tok != Tok::End {
                return it.error(
                    next,
                    "Extra characters after expression",
                    "the expression ends before this",
                );
            }
            // Line breaks and comments after the expression do not count either.
            it.read();
            Ok(())
        })
    }

    /// A template that is the whole text.
    pub fn only_template(&mut self) -> Step {
        self.template(Ends::Text)
    }

    /// Whether a name is all there is in a text.
    pub fn is_name(text: &str) -> bool {
        text.chars().next().is_some_and(super::lex::is_name_start) && name_len(text) == text.len()
    }
}
