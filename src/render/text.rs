//! Text that is safe to print.

use std::fmt::Write;

use crate::address::quoted;

/// One line of text for a terminal: control characters are written as escapes.
pub fn printable(line: &str) -> String {
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            '\t' => out.push(c),
            c if c.is_control() => drop(write!(out, "\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out
}

/// A string in quotes, safe for a terminal.
pub fn literal(text: &str) -> String {
    printable(&quoted(text))
}

/// Whether a name can stand without quotes.
pub fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    let starts = |c| unicode_ident::is_xid_start(c) || c == '_';
    chars.next().is_some_and(starts) && chars.all(|c| unicode_ident::is_xid_continue(c) || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_is_not_taken_over() {
        assert_eq!(literal("\u{1b}[2J\u{9b}"), "\"\\u001b[2J\\u009b\"");
        assert_eq!(printable("a\u{7f}\tb"), "a\\u007f\tb");
    }

    #[test]
    fn names_that_need_no_quotes() {
        let plain = ["a", "a-b", "_x1", "é"].map(is_identifier);
        assert_eq!(plain, [true; 4]);
        assert_eq!(["", "1a", "a b", "-a"].map(is_identifier), [false; 4]);
    }
}
