//! Templates, from tokens to parts; see [`super::grammar`].

use super::grammar::{Parser, Step};
use super::lex::{Tok, Token};
use super::text::{Marker, Piece, dedent, strip, unescape, unescape_markers};
use crate::lang::ast::{Expr, ExprKind, Part, TemplateFor};
use crate::lang::value::Value;

/// What ends a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Quote,
    /// `indented` for `<<-`.
    Heredoc {
        indented: bool,
    },
    Text,
}

impl Ends {
    fn tok(self) -> Tok {
        match self {
            Ends::Quote => Tok::CloseQuote,
            Ends::Heredoc { .. } => Tok::CloseHeredoc,
            Ends::Text => Tok::End,
        }
    }
}

/// A directive of a template that is not ended yet.
enum Open {
    If { seen_else: bool },
    For,
}

impl Parser<'_> {
    /// What is between quotes or heredoc markers, the end included.
    pub fn template(&mut self, ends: Ends) -> Step<ExprKind> {
        let depth = self.depth;
        let pieces = self.pieces(ends);
        self.depth = depth;
        Ok(assembled(pieces?, ends))
    }

    /// Texts and sequences in the order of the source. A directive that is open takes a level of
    /// nesting, as what is in it will.
    fn pieces(&mut self, ends: Ends) -> Step<Vec<Piece>> {
        let start = self.token(self.at);
        let mut pieces = Vec::new();
        let mut open: Vec<Open> = Vec::new();
        let mut misplaced: Step = Ok(());
        let depth = self.depth;
        loop {
            self.depth = depth + open.len();
            let next = self.read_template_token();
            match next.tok {
                tok if tok == ends.tok() => {
                    misplaced?;
                    if !open.is_empty() {
                        return self.error(
                            next,
                            "Unexpected end of template",
                            "a directive `%{ if }` or `%{ for }` is not ended",
                        );
                    }
                    return Ok(pieces);
                }
                Tok::QuotedText => pieces.push(Piece::Text(self.unescaped(next)?)),
                Tok::Text => pieces.push(Piece::Text(unescape_markers(self.word(next)))),
                Tok::Interpolation => {
                    let inner = self.newlines(false, |it| it.interpolation(start, ends))?;
                    pieces.push(self.sequence(next, Marker::Interpolation(inner)));
                }
                Tok::Control => {
                    let (marker, placed) =
                        self.newlines(false, |it| it.directive(next, &mut open))?;
                    pieces.push(self.sequence(next, marker));
                    if misplaced.is_ok() {
                        misplaced = placed;
                    }
                }
                _ => {
                    return self.error(
                        next,
                        "Unterminated template string",
                        match ends {
                            Ends::Heredoc { .. } => {
                                "the end marker of the heredoc, alone on its line, is missing"
                            }
                            _ => "the closing quote is missing",
                        },
                    );
                }
            }
        }
    }

    /// A sequence from its opening token to the closing one, which was read last.
    fn sequence(&self, open: Token, marker: Marker) -> Piece {
        let before = self.word(open).ends_with('~');
        let after = self.text[..self.end()].ends_with("~}");
        Piece::Sequence { before, after, marker }
    }

    /// In a template every token counts.
    fn read_template_token(&mut self) -> Token {
        let token = self.tokens.get(self.at).copied();
        match token {
            Some(it) if it.tok != Tok::End => {
                self.at += 1;
                it
            }
            _ => self.peek(),
        }
    }

    /// What is between `${` and `}`, in a template that starts so.
    fn interpolation(&mut self, start: Token, ends: Ends) -> Step<Expr> {
        let inner = self.expression()?;
        let close = self.peek();
        match close.tok {
            Tok::SequenceEnd => {
                self.read();
                Ok(inner)
            }
            Tok::End => self.unclosed_interpolation(start),
            Tok::OpenQuote | Tok::CloseQuote if ends == Ends::Quote => {
                self.unclosed_interpolation(start)
            }
            _ => self.error(
                close,
                "Extra characters after interpolation expression",
                "here, the closing brace of the interpolation is expected",
            ),
        }
    }

    fn unclosed_interpolation<T>(&self, start: Token) -> Step<T> {
        self.error(
            start,
            "Unclosed template interpolation sequence",
            "the closing brace of an interpolation `${` is missing",
        )
    }

    /// A directive, and whether it is in its place.
    fn directive(&mut self, start: Token, open: &mut Vec<Open>) -> Step<(Marker, Step)> {
        let keyword = self.peek();
        if keyword.tok != Tok::Word {
            return self.error(
                keyword,
                "Invalid template directive",
                "`%{` is followed by `if`, `else`, `endif`, `for` or `endfor`",
            );
        }
        self.read();
        let word = self.word(keyword);
        let (marker, placed) = match word {
            "if" => {
                let condition = self.expression()?;
                open.push(Open::If { seen_else: false });
                (Marker::If(condition), true)
            }
            "else" => match open.last_mut() {
                Some(Open::If { seen_else }) if !*seen_else => {
                    *seen_else = true;
                    (Marker::Else, true)
                }
                _ => (Marker::Else, false),
            },
            "endif" => {
                let closes = matches!(open.last(), Some(Open::If { .. })) && open.pop().is_some();
                (Marker::End, closes)
            }
            "for" => {
                let (key, value) = self.for_names("directive")?;
                let collection = self.expression()?;
                open.push(Open::For);
                (Marker::For(key, value, collection), true)
            }
            "endfor" => {
                let closes = matches!(open.last(), Some(Open::For)) && open.pop().is_some();
                (Marker::End, closes)
            }
            _ => {
                return self.error(
                    keyword,
                    "Invalid template control keyword",
                    format!("there is no template directive `{word}`"),
                );
            }
        };
        let close = self.peek();
        if close.tok != Tok::SequenceEnd {
            return self.error(
                close,
                &format!("Extra characters in {word} marker"),
                "here, the closing brace of the directive is expected",
            );
        }
        self.read();
        let placed = match placed {
            true => Ok(()),
            false => self.error(
                start,
                &format!("Unexpected {word} directive"),
                "there is no directive open that this could belong to",
            ),
        };
        Ok((marker, placed))
    }

    /// The text of a piece of a quoted string.
    pub fn unescaped(&mut self, token: Token) -> Step<String> {
        match unescape(self.word(token)) {
            Ok(text) => Ok(text),
            Err(bad) => {
                let at = Token {
                    tok: Tok::Invalid,
                    start: token.start + bad.start,
                    end: token.start + bad.end,
                };
                let word = self.word(at);
                self.error(
                    at,
                    "Invalid escape sequence",
                    format!(
                        "`{}` is no escape; there are \\n, \\r, \\t, \\\", \\\\, \\uXXXX and \\UXXXXXXXX",
                        word.escape_debug()
                    ),
                )
            }
        }
    }
}

/// The expression that the pieces of a template are.
fn assembled(mut pieces: Vec<Piece>, ends: Ends) -> ExprKind {
    if let [Piece::Sequence { marker: Marker::Interpolation(_), .. }] = pieces.as_slice()
        && let Some(Piece::Sequence { marker: Marker::Interpolation(inner), .. }) = pieces.pop()
    {
        return ExprKind::Wrap(Box::new(inner));
    }
    strip(&mut pieces);
    if ends == (Ends::Heredoc { indented: true }) {
        dedent(&mut pieces);
    }
    if pieces.iter().any(|it| matches!(it, Piece::Sequence { .. })) {
        return ExprKind::Template(parts(pieces));
    }
    let texts =
        pieces.into_iter().map(|it| if let Piece::Text(text) = it { text } else { String::new() });
    ExprKind::Literal(Value::string(texts.reduce(|all, more| all + &more).unwrap_or_default()))
}

/// The pieces with what is between directives in them.
fn parts(pieces: Vec<Piece>) -> Vec<Part> {
    parts_to_end(&mut pieces.into_iter()).0
}

/// Parts up to the end of the directive that they are in, and whether that is an `else`.
fn parts_to_end(pieces: &mut impl Iterator<Item = Piece>) -> (Vec<Part>, bool) {
    let mut parts: Vec<Part> = Vec::new();
    let mut text = String::new();
    while let Some(piece) = pieces.next() {
        let marker = match piece {
            Piece::Text(more) => {
                text.push_str(&more);
                continue;
            }
            Piece::Sequence { marker, .. } => marker,
        };
        parts.extend(text_part(&mut text));
        parts.push(match marker {
            Marker::Interpolation(inner) => Part::Interpolation(inner),
            Marker::If(condition) => {
                let (yes, has_else) = parts_to_end(pieces);
                let no = if has_else { parts_to_end(pieces).0 } else { Vec::new() };
                Part::If(condition, yes, no)
            }
            Marker::For(key_name, value_name, collection) => {
                let (body, _) = parts_to_end(pieces);
                Part::For(Box::new(TemplateFor { key_name, value_name, collection, body }))
            }
            marker @ (Marker::Else | Marker::End) => {
                return (parts, matches!(marker, Marker::Else));
            }
        });
    }
    parts.extend(text_part(&mut text));
    (parts, false)
}

/// The text that has gathered, unless there is none.
fn text_part(text: &mut String) -> Option<Part> {
    let text = std::mem::take(text);
    (!text.is_empty()).then(|| Part::Text(text.into()))
}
