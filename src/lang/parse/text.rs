//! Text of strings and templates: escapes, strip markers, indentation of heredocs.

use std::ops::Range;

use crate::lang::ast::{Expr, Name};

/// Text of a piece of a quoted string, or the bytes of the first bad escape in it.
pub(super) fn unescape(raw: &str) -> Result<String, Range<usize>> {
    if !raw.bytes().any(|it| matches!(it, b'\\' | b'$' | b'%')) {
        return Ok(raw.into());
    }
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(c) = rest.chars().next() {
        let at = raw.len() - rest.len();
        match c {
            '\\' => {
                let (text, len) = escape(rest).ok_or_else(|| at..at + bad_len(rest))?;
                out.push(text);
                rest = &rest[len..];
            }
            '$' | '%' if rest.starts_with("$${") || rest.starts_with("%%{") => {
                out.push(c);
                out.push('{');
                rest = &rest[3..];
            }
            _ => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    Ok(out)
}

fn escape(rest: &str) -> Option<(char, usize)> {
    let hex = |len: usize| {
        let digits = rest.get(2..2 + len).filter(|it| it.bytes().all(|b| b.is_ascii_hexdigit()))?;
        Some((char::from_u32(u32::from_str_radix(digits, 16).ok()?)?, 2 + len))
    };
    match rest.as_bytes().get(1)? {
        b'n' => Some(('\n', 2)),
        b'r' => Some(('\r', 2)),
        b't' => Some(('\t', 2)),
        b'"' => Some(('"', 2)),
        b'\\' => Some(('\\', 2)),
        b'u' => hex(4),
        b'U' => hex(8),
        _ => None,
    }
}

fn bad_len(rest: &str) -> usize {
    1 + rest[1..].chars().next().map_or(0, char::len_utf8)
}

/// Text of a piece of a heredoc or a bare template: only `$${` and `%%{` are escapes.
pub(super) fn unescape_markers(raw: &str) -> String {
    raw.replace("$${", "${").replace("%%{", "%{")
}

/// One part of a template in the order of the source.
#[derive(Debug)]
pub(super) enum Piece {
    /// Text; in a heredoc, of one line at most.
    Text(String),
    /// An interpolation or directive, and whether it strips what is before and after it.
    Sequence { before: bool, after: bool, marker: Marker },
}

/// What stands between `${` or `%{` and `}`.
#[derive(Debug)]
pub(super) enum Marker {
    Interpolation(Expr),
    If(Expr),
    Else,
    For(Option<Name>, Name, Expr),
    /// Of an `if` or a `for`.
    End,
}

/// Does what the `~` markers ask for: blanks and line breaks in the neighbouring text go.
pub(super) fn strip(pieces: &mut [Piece]) {
    for at in 0..pieces.len() {
        let Piece::Sequence { before, after, .. } = pieces[at] else { continue };
        if before
            && let Some(Piece::Text(text)) = at.checked_sub(1).and_then(|it| pieces.get_mut(it))
        {
            text.truncate(text.trim_end().len());
        }
        if after && let Some(Piece::Text(text)) = pieces.get_mut(at + 1) {
            *text = text.trim_start().to_string();
        }
    }
}

/// Takes from every line of a `<<-` heredoc the indentation that all of them share. Lines that are
/// blank have no say; a line that a `~}` joined to the one before is no line of its own.
pub(super) fn dedent(pieces: &mut [Piece]) {
    let mut smallest = usize::MAX;
    let mut starts = Vec::new();
    let mut at_start = true;
    for (at, piece) in pieces.iter().enumerate() {
        if at_start {
            at_start = false;
            match piece {
                Piece::Text(text) => {
                    let indent = text.len() - text.trim_start().len();
                    let blank = indent == text.len() && text.ends_with('\n');
                    if !blank {
                        smallest = smallest.min(text[..indent].chars().count());
                        starts.push(at);
                    }
                }
                Piece::Sequence { .. } => smallest = 0,
            }
        }
        if let Piece::Text(text) = piece {
            at_start = text.ends_with('\n');
        }
    }
    for at in starts {
        if let Some(Piece::Text(text)) = pieces.get_mut(at) {
            *text = text.chars().skip(smallest).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read() {
        for (raw, text) in [
            (r#"a\n\t\"\\"#, "a\n\t\"\\"),
            (r"\u00e9\U0001F642", "é🙂"),
            ("$${x} %%{y} $$ %%", "${x} %{y} $$ %%"),
        ] {
            assert_eq!(unescape(raw).as_deref(), Ok(text));
        }
        for raw in [r"\x41", r"\ud83d", r"\u12", r"\U00110000", "\\"] {
            assert_eq!(unescape(raw).unwrap_err().start, 0, "{raw}");
        }
    }

    #[test]
    fn blank_lines_have_no_say_in_the_indentation() {
        let mut pieces: Vec<Piece> =
            ["    a\n", "\n", "  b\n"].map(|it| Piece::Text(it.into())).into();
        dedent(&mut pieces);
        let text: String = pieces
            .iter()
            .map(|it| if let Piece::Text(text) = it { text.as_str() } else { "" })
            .collect();
        assert_eq!(text, "  a\n\nb\n");
    }
}
