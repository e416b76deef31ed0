//! Tokens of the native syntax, with the places at which its errors are reported.

use crate::diag::{Diagnostic, Diagnostics, FileId, Span};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tok {
    Word,
    Number,
    OpenQuote,
    CloseQuote,
    QuotedText,
    /// Text in a heredoc or a bare template: one line at most.
    Text,
    OpenHeredoc,
    CloseHeredoc,
    /// `${` or `${~`
    Interpolation,
    /// `%{` or `%{~`
    Control,
    /// `}` or `~}` that ends one of the two.
    SequenceEnd,
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    /// An operator between operands, `-` aside.
    Operator,
    Minus,
    Star,
    Bang,
    Equal,
    FatArrow,
    Question,
    Colon,
    DoubleColon,
    Dot,
    Ellipsis,
    Comma,
    Newline,
    /// A comment; with the line break when it runs to the end of its line.
    Comment,
    /// A line break where there may be none: inside a quoted string.
    QuotedNewline,
    /// `&`, `|`, `^`, `~`, alone.
    Unsupported,
    Invalid,
    End,
}

/// A token with its bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub tok: Tok,
    pub start: usize,
    pub end: usize,
}

/// In which syntax a text starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    /// A file or an expression.
    Code,
    /// A template without quotes.
    Template,
}

enum Mode<'a> {
    Code,
    /// In `${ }` or `%{ }`, this many braces deep.
    Sequence(usize),
    Quoted,
    Heredoc {
        marker: &'a str,
        line_start: bool,
    },
    Bare,
}

/// Splits a text into tokens; the last one is [`Tok::End`]. Never fails: what is no token is one
/// of kind [`Tok::Invalid`].
pub(super) fn lex(text: &str, start: Start) -> Vec<Token> {
    let mut lexer = Lexer { text, at: 0, tokens: Vec::new(), modes: vec![] };
    lexer.modes.push(if start == Start::Code { Mode::Code } else { Mode::Bare });
    if text.starts_with('\u{feff}') {
        lexer.at = 3;
    }
    while lexer.at < text.len() {
        let before = lexer.at;
        match lexer.modes.last() {
            Some(Mode::Quoted) => lexer.quoted(),
            Some(Mode::Heredoc { .. }) | Some(Mode::Bare) => lexer.literal_lines(),
            _ => lexer.code(),
        }
        debug_assert!(lexer.at > before || lexer.at >= text.len());
    }
    lexer.push(Tok::End, 0);
    lexer.tokens
}

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    tokens: Vec<Token>,
    modes: Vec<Mode<'a>>,
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn push(&mut self, tok: Tok, len: usize) {
        let end = (self.at + len).min(self.text.len());
        self.tokens.push(Token { tok, start: self.at, end });
        self.at = end;
    }

    /// `${`, `%{` and their `~` forms, if that is what comes.
    fn sequence_start(&mut self) -> bool {
        let rest = self.rest();
        let tok = match () {
            _ if rest.starts_with("${") => Tok::Interpolation,
            _ if rest.starts_with("%{") => Tok::Control,
            _ => return false,
        };
        self.push(tok, if rest[2..].starts_with('~') { 3 } else { 2 });
        self.modes.push(Mode::Sequence(0));
        true
    }

    fn quoted(&mut self) {
        let rest = self.rest();
        if rest.starts_with('"') {
            self.push(Tok::CloseQuote, 1);
            self.modes.pop();
            return;
        }
        if let Some(len) = newline(rest) {
            return self.push(Tok::QuotedNewline, len);
        }
        if self.sequence_start() {
            return;
        }
        let bytes = rest.as_bytes();
        let mut len = 0;
        while let Some(byte) = bytes.get(len) {
            match byte {
                b'"' | b'\n' => break,
                b'\r' if bytes.get(len + 1) == Some(&b'\n') => break,
                b'\\' => match rest[len + 1..].chars().next() {
                    None | Some('\n') => break,
                    Some('\r') if rest[len + 1..].starts_with("\r\n") => break,
                    Some(c) => len += 1 + c.len_utf8(),
                },
                b'$' | b'%' => match marker_len(&rest[len..]) {
                    Some(0) => break,
                    Some(escaped) => len += escaped,
                    None => len += 1,
                },
                _ => len += 1,
            }
        }
        match len {
            // A backslash before the line break.
            0 => self.push(Tok::Invalid, 1),
            len => self.push(Tok::QuotedText, len),
        }
    }

    fn literal_lines(&mut self) {
        let rest = self.rest();
        if let Some(Mode::Heredoc { marker, line_start: true }) = self.modes.last() {
            let line = rest.split('\n').next().unwrap_or("");
            if line.trim() == *marker {
                self.push(Tok::CloseHeredoc, line.trim_end().len());
                self.modes.pop();
                return;
            }
        }
        if self.sequence_start() {
            return self.not_at_line_start(2);
        }
        let bytes = rest.as_bytes();
        let mut len = 0;
        let mut ended = false;
        while let Some(byte) = bytes.get(len) {
            match byte {
                b'\n' => {
                    len += 1;
                    ended = true;
                    break;
                }
                b'$' | b'%' => match marker_len(&rest[len..]) {
                    Some(0) => break,
                    Some(escaped) => len += escaped,
                    None => len += 1,
                },
                _ => len += 1,
            }
        }
        self.push(Tok::Text, len);
        if let Some(Mode::Heredoc { line_start, .. }) = self.modes.last_mut() {
            *line_start = ended;
        }
    }

    /// The heredoc that is `from_top` modes down is no longer at the start of a line.
    fn not_at_line_start(&mut self, from_top: usize) {
        let at = self.modes.len().checked_sub(from_top);
        if let Some(Mode::Heredoc { line_start, .. }) = at.and_then(|it| self.modes.get_mut(it)) {
            *line_start = false;
        }
    }

    fn code(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else { return };
        if first == ' ' || first == '\t' {
            self.at += rest.bytes().take_while(|it| matches!(it, b' ' | b'\t')).count();
            return;
        }
        if let Some(len) = newline(rest) {
            return self.push(Tok::Newline, len);
        }
        if is_name_start(first) {
            return self.push(Tok::Word, name_len(rest));
        }
        if first.is_ascii_digit() {
            return self.push(Tok::Number, number_len(rest));
        }
        if first == '#' || rest.starts_with("//") {
            return self.push(Tok::Comment, rest.find('\n').map_or(rest.len(), |it| it + 1));
        }
        if rest.starts_with("/*")
            && let Some(end) = rest[2..].find("*/")
        {
            return self.push(Tok::Comment, end + 4);
        }
        if let Some((marker, len)) = heredoc_start(rest) {
            self.push(Tok::OpenHeredoc, len);
            self.modes.push(Mode::Heredoc { marker, line_start: true });
            return;
        }
        match first {
            '"' => {
                self.push(Tok::OpenQuote, 1);
                self.modes.push(Mode::Quoted);
            }
            '{' => {
                self.push(Tok::OpenBrace, 1);
                if let Some(Mode::Sequence(depth)) = self.modes.last_mut() {
                    *depth += 1;
                }
            }
            '}' => match self.modes.last_mut() {
                Some(Mode::Sequence(0)) => {
                    self.push(Tok::SequenceEnd, 1);
                    self.modes.pop();
                }
                mode => {
                    if let Some(Mode::Sequence(depth)) = mode {
                        *depth -= 1;
                    }
                    self.push(Tok::CloseBrace, 1);
                }
            },
            '~' if rest.starts_with("~}")
                && matches!(self.modes.last(), Some(Mode::Sequence(0))) =>
            {
                self.push(Tok::SequenceEnd, 2);
                self.modes.pop();
            }
            _ => {
                let (tok, len) = operator(rest, first);
                self.push(tok, len);
            }
        }
    }
}

fn operator(rest: &str, first: char) -> (Tok, usize) {
    const LONG: [(&str, Tok); 9] = [
        ("...", Tok::Ellipsis),
        ("==", Tok::Operator),
        ("!=", Tok::Operator),
        ("<=", Tok::Operator),
        (">=", Tok::Operator),
        ("&&", Tok::Operator),
        ("||", Tok::Operator),
        ("=>", Tok::FatArrow),
        ("::", Tok::DoubleColon),
    ];
    let may_be_long = matches!(first, '.' | '=' | '!' | '<' | '>' | '&' | '|' | ':');
    let long = LONG.iter().filter(|_| may_be_long).find(|(text, _)| rest.starts_with(text));
    if let Some((text, tok)) = long {
        return (*tok, text.len());
    }
    let tok = match first {
        '[' => Tok::OpenBracket,
        ']' => Tok::CloseBracket,
        '(' => Tok::OpenParen,
        ')' => Tok::CloseParen,
        '+' | '/' | '%' | '<' | '>' => Tok::Operator,
        '-' => Tok::Minus,
        '*' => Tok::Star,
        '!' => Tok::Bang,
        '=' => Tok::Equal,
        '?' => Tok::Question,
        ':' => Tok::Colon,
        '.' => Tok::Dot,
        ',' => Tok::Comma,
        '&' | '|' | '^' | '~' => Tok::Unsupported,
        _ => Tok::Invalid,
    };
    (tok, first.len_utf8())
}

/// Length of an escaped `$${` or `%%{`; 0 for `${` and `%{`, which are not text.
fn marker_len(rest: &str) -> Option<usize> {
    match () {
        _ if rest.starts_with("$${") || rest.starts_with("%%{") => Some(3),
        _ if rest.starts_with("${") || rest.starts_with("%{") => Some(0),
        _ => None,
    }
}

fn newline(rest: &str) -> Option<usize> {
    match () {
        _ if rest.starts_with('\n') => Some(1),
        _ if rest.starts_with("\r\n") => Some(2),
        _ => None,
    }
}

/// Whether a name may start so.
pub(super) fn is_name_start(c: char) -> bool {
    c == '_' || unicode_ident::is_xid_start(c)
}

/// Length of the name that a text starts with.
pub(super) fn name_len(rest: &str) -> usize {
    let plain = |it: &u8| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_');
    let ascii = rest.bytes().take_while(|it| plain(it)).count();
    if rest.as_bytes().get(ascii).is_none_or(u8::is_ascii) {
        return ascii;
    }
    let go_on = |c: char| c == '-' || c == '_' || unicode_ident::is_xid_continue(c);
    rest.char_indices().find(|(_, c)| !go_on(*c)).map_or(rest.len(), |(at, _)| at)
}

/// Length of the digits, dots and exponents that a text starts with; ends in a digit.
fn number_len(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    let (mut at, mut end) = (0, 0);
    loop {
        match bytes.get(at) {
            Some(b'0'..=b'9') => {
                at += 1;
                end = at;
            }
            Some(b'.') => at += 1,
            Some(b'e' | b'E') if digit(at + 1) => at += 2,
            Some(b'e' | b'E')
                if matches!(bytes.get(at + 1), Some(b'+' | b'-')) && digit(at + 2) =>
            {
                at += 3
            }
            _ => return end,
        }
        if at > 0 && digit(at - 1) {
            end = at;
        }
    }
}

/// The marker of a heredoc and the length of its introduction, line break included.
fn heredoc_start(rest: &str) -> Option<(&str, usize)> {
    let after = rest.strip_prefix("<<")?;
    let after = after.strip_prefix('-').unwrap_or(after);
    after.chars().next().filter(|c| is_name_start(*c))?;
    let len = name_len(after);
    let line_break = newline(&after[len..])?;
    Some((&after[..len], rest.len() - after.len() + len + line_break))
}

/// What is wrong with single tokens, each kind of it reported at every place it occurs.
pub(super) fn check_tokens(file: FileId, text: &str, tokens: &[Token]) -> Diagnostics {
    /// Line breaks in strings that are told; more would tell nothing new.
    const MOST_BREAKS: usize = 16;
    let mut found = Diagnostics::new();
    let mut breaks = 0;
    for token in tokens {
        breaks += usize::from(token.tok == Tok::QuotedNewline);
        let word = || text.get(token.start..token.end).unwrap_or("");
        let one = match token.tok {
            Tok::Unsupported => unsupported(word()),
            Tok::QuotedNewline if breaks <= MOST_BREAKS => Diagnostic::error(
                "Invalid multi-line string",
                "a quoted string ends on the line it starts on",
            )
            .hint("write `\\n` for a line break, or use a heredoc: `<<EOT`"),
            Tok::Invalid => invalid(word()),
            _ => continue,
        };
        found.push(one.at(Span::new(file, token.start, token.end)));
    }
    found
}

fn unsupported(word: &str) -> Diagnostic {
    let it = Diagnostic::error("Unsupported operator", format!("there is no operator `{word}`"));
    match word {
        "&" => it.hint("did you mean the logical and, `&&`?"),
        "|" => it.hint("did you mean the logical or, `||`?"),
        "~" => it.hint("did you mean the logical not, `!`?"),
        _ => it.hint("for powers, there is the function `pow`"),
    }
}

fn invalid(word: &str) -> Diagnostic {
    let shown: String = word.chars().flat_map(char::escape_debug).collect();
    let it = Diagnostic::error("Invalid character", format!("`{shown}` has no meaning here"));
    match word {
        "'" => it.hint("strings are written in double quotes"),
        "`" => it.hint("a text of several lines is written as a heredoc: `<<EOT`"),
        ";" => it.hint("one argument a line, without a separator"),
        "\\" => it.hint("for a string of several lines, use a heredoc: `<<EOT`"),
        _ => it,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> Vec<Tok> {
        lex(text, Start::Code).into_iter().map(|it| it.tok).collect()
    }

    #[test]
    fn numbers_end_in_a_digit() {
        for (text, len) in
            [("1.", 1), ("1..3", 4), ("12abc", 2), ("1e-3x", 4), ("1_0", 1), ("1...", 1)]
        {
            assert_eq!(number_len(text), len, "{text}");
        }
    }

    #[test]
    fn a_heredoc_ends_only_at_its_marker_alone() {
        let tokens = kinds("<<A\nA,\n  A \n1");
        assert_eq!(
            tokens,
            [Tok::OpenHeredoc, Tok::Text, Tok::CloseHeredoc, Tok::Newline, Tok::Number, Tok::End]
        );
    }

    #[test]
    fn templates_nest() {
        use Tok::*;
        assert_eq!(
            kinds("\"a${ {b=\"}\"} ~}$${\""),
            [
                OpenQuote,
                QuotedText,
                Interpolation,
                OpenBrace,
                Word,
                Equal,
                OpenQuote,
                QuotedText,
                CloseQuote,
                CloseBrace,
                SequenceEnd,
                QuotedText,
                CloseQuote,
                End
            ]
        );
    }

    #[test]
    fn no_input_breaks_it() {
        for text in
            ["\"\\", "\"${", "<<A", "<<A\n", "${", "/*", "\u{feff}", "\"a\\\r\n", "\r", "%", "\"%"]
        {
            assert_eq!(kinds(text).last(), Some(&Tok::End), "{text:?}");
            assert_eq!(lex(text, Start::Template).last().map(|it| it.tok), Some(Tok::End));
        }
    }
}
