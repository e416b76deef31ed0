//! What people see as one character.

use unicode_segmentation::UnicodeSegmentation;

/// The text's grapheme clusters as of Unicode 15, which Terraform counts by: a consonant that is
/// joined to the one before it by a virama is still a character of its own.
pub(super) fn graphemes(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.graphemes(true).flat_map(|cluster| conjuncts(cluster).into_iter())
}

fn conjuncts(cluster: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut joined) = (0, false);
    for (at, it) in cluster.char_indices() {
        if joined && is_consonant(it) {
            parts.extend(cluster.get(start..at));
            (start, joined) = (at, false);
        }
        joined = joined || is_virama(it);
    }
    parts.extend(cluster.get(start..));
    parts
}

fn is_virama(it: char) -> bool {
    matches!(it, '\u{94d}' | '\u{9cd}' | '\u{acd}' | '\u{b4d}' | '\u{c4d}' | '\u{d4d}')
}

/// Of the scripts that these viramas belong to.
fn is_consonant(it: char) -> bool {
    matches!(it,
        '\u{915}'..='\u{939}' | '\u{958}'..='\u{95f}' | '\u{978}'..='\u{97f}'
        | '\u{995}'..='\u{9b9}' | '\u{9dc}'..='\u{9df}' | '\u{9f0}' | '\u{9f1}'
        | '\u{a95}'..='\u{ab9}' | '\u{af9}'
        | '\u{b15}'..='\u{b39}' | '\u{b5c}'..='\u{b5f}' | '\u{b71}'
        | '\u{c15}'..='\u{c39}' | '\u{c58}'..='\u{c5a}'
        | '\u{d15}'..='\u{d3a}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_what_terraform_counts() {
        for (text, count) in
            [("नमस्ते", 4), ("क्ष", 2), ("👨‍👩‍👧‍👦", 1), ("e\u{301}", 1), ("\r\n", 1), ("", 0), ("각", 1)]
        {
            assert_eq!(graphemes(text).count(), count, "{text}");
        }
        assert_eq!(graphemes("aक्ष").rev().collect::<String>(), "षक्a");
    }
}
