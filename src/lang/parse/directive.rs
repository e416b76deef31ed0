//! Templates, walked over tokens; see [`super::grammar`].

use super::grammar::{Step, Walk};
use super::lex::{Tok, Token};

/// What ends a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Quote,
    Heredoc,
    Text,
}

impl Ends {
    fn tok(self) -> Tok {
        match self {
            Ends::Quote => Tok::CloseQuote,
            Ends::Heredoc => Tok::CloseHeredoc,
            Ends::Text => Tok::End,
        }
    }
}

/// A directive of a template that is not ended yet.
enum Open {
    If { seen_else: bool },
    For,
}

impl Walk<'_> {
    /// What is between quotes or heredoc markers, the end included.
    pub fn template(&mut self, ends: Ends) -> Step {
        let start = self.token(self.at);
        let mut open: Vec<Open> = Vec::new();
        let mut misplaced: Step = Ok(());
        loop {
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
                    return Ok(());
                }
                Tok::QuotedText => self.escapes(next)?,
                Tok::Text if ends == Ends::Heredoc => {
                    self.edits.dots.push(next.start..next.end);
                }
                Tok::Text => {}
                Tok::Interpolation => self.newlines(false, |it| it.interpolation(start, ends))?,
                Tok::Control => {
                    let placed = self.newlines(false, |it| it.directive(next, &mut open))?;
                    if misplaced.is_ok() {
                        misplaced = placed;
                    }
                }
                _ => {
                    return self.error(
                        next,
                        "Unterminated template string",
                        match ends {
                            Ends::Heredoc => {
                                "the end marker of the heredoc, alone on its line, is missing"
                            }
                            _ => "the closing quote is missing",
                        },
                    );
                }
            }
        }
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
    fn interpolation(&mut self, start: Token, ends: Ends) -> Step {
        self.expression()?;
        let close = self.peek();
        match close.tok {
            Tok::SequenceEnd => {
                self.read();
                Ok(())
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

    fn unclosed_interpolation(&self, start: Token) -> Step {
        self.error(
            start,
            "Unclosed template interpolation sequence",
            "the closing brace of an interpolation `${` is missing",
        )
    }

    /// A directive; the inner result tells whether it is in its place.
    fn directive(&mut self, start: Token, open: &mut Vec<Open>) -> Step<Step> {
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
        let placed = match word {
            "if" => {
                self.expression()?;
                open.push(Open::If { seen_else: false });
                true
            }
            "else" => match open.last_mut() {
                Some(Open::If { seen_else }) if !*seen_else => {
                    *seen_else = true;
                    true
                }
                _ => false,
            },
            "endif" => matches!(open.last(), Some(Open::If { .. })) && open.pop().is_some(),
            "for" => {
                self.for_names("directive")?;
                self.expression()?;
                open.push(Open::For);
                true
            }
            "endfor" => matches!(open.last(), Some(Open::For)) && open.pop().is_some(),
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
        Ok(match placed {
            true => Ok(()),
            false => self.error(
                start,
                &format!("Unexpected {word} directive"),
                "there is no directive open that this could belong to",
            ),
        })
    }

    /// The escapes of a piece of a quoted string.
    pub fn escapes(&mut self, token: Token) -> Step {
        match super::text::unescape(self.word(token)) {
            Ok(_) => Ok(()),
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
