//! What one value may be, as its table says: whether it is, and what is allowed in words.

use ipnet::IpNet;

use super::{Attribute, Format, Kind};
use crate::lang::value::Value;

/// What is wrong with a value that is not allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// What follows the value in a sentence: `is not between 1 and 10`.
    pub why: String,
    /// What to type instead, which may repeat parts of the value.
    pub hint: Option<String>,
}

impl Misfit {
    fn is_not(what: impl std::fmt::Display) -> Self {
        Misfit { why: format!("is not {what}"), hint: None }
    }

    fn hint(self, hint: impl Into<Option<String>>) -> Self {
        Misfit { hint: hint.into(), ..self }
    }
}

/// Why a known text or number, given for the argument or as an element of it, is not allowed.
pub fn misfit(it: &Attribute, value: &Value) -> Option<Misfit> {
    match value.as_str() {
        Some(text) => text_misfit(it, text),
        None => {
            let number = value.as_number()?;
            match innermost(&it.kind) {
                Kind::Int if number.to_i64().is_none() => Some(Misfit::is_not("a whole number")),
                _ => number_misfit(it, number.to_f64()),
            }
        }
    }
}

fn innermost(kind: &Kind) -> &Kind {
    match kind {
        Kind::List(of) | Kind::Set(of) | Kind::Map(of) => innermost(of),
        other => other,
    }
}

fn text_misfit(it: &Attribute, text: &str) -> Option<Misfit> {
    let is_one = |one: &&str| match it.folds_case() {
        true => one.eq_ignore_ascii_case(text),
        false => *one == text,
    };
    if !it.one_of.is_empty() && !it.one_of.iter().any(is_one) {
        let near = crate::diag::closest(text, it.one_of.iter().copied());
        let hint = near.map(|near| format!("did you mean {near:?}?"));
        return Some(Misfit::is_not(format!("one of {}", it.one_of.join(", "))).hint(hint));
    }
    // An empty text is as good as none.
    let form = it.format.filter(|it| *it == Format::NotEmpty || !text.is_empty());
    if let Some(format) = form.filter(|it| !it.fits(text)) {
        let is_number = matches!(format, Format::Int | Format::Float);
        let wanted = match numbers(it).filter(|_| is_number) {
            Some(numbers) => format!("{} {numbers}", format.expected()),
            None => format.expected().to_string(),
        };
        return Some(Misfit::is_not(wanted).hint(format.hint(text)));
    }
    if let Some((least, most)) = it.length {
        let length = text.chars().count();
        if length < least || length > most {
            let why = format!("does not have {} characters", extent(least, most));
            return Some(Misfit { why, hint: None });
        }
    }
    if let Some(strange) = stranger(it.characters, text) {
        let hint = format!("{strange:?} cannot stand in it");
        return Some(Misfit::is_not(format!("made of {}", characters(it.characters))).hint(hint));
    }
    if let (Some((shortest, longest)), Ok(range)) = (it.prefix, text.parse::<IpNet>())
        && !(shortest..=longest).contains(&range.prefix_len())
    {
        return Some(Misfit::is_not(prefix(shortest, longest)));
    }
    match form {
        Some(Format::Int | Format::Float) => number_misfit(it, text.parse().ok()?),
        _ => None,
    }
}

fn number_misfit(it: &Attribute, number: f64) -> Option<Misfit> {
    let named = it.numbers.iter().any(|it| *it as f64 == number);
    let bounded = it.range.is_none_or(|(low, high)| (low..=high).contains(&number));
    let whole = it.multiple_of.is_none_or(|it| number != 0.0 && number % it as f64 == 0.0);
    let rest = it.range.is_some() || it.multiple_of.is_some() || it.numbers.is_empty();
    let fits = named || (rest && bounded && whole);
    (!fits).then(|| Misfit::is_not(numbers(it).unwrap_or_default()))
}

/// The allowed numbers in words; none where any is.
pub fn numbers(it: &Attribute) -> Option<String> {
    let mut parts: Vec<String> = it.numbers.iter().map(ToString::to_string).collect();
    let bounds = it.range.map(|(low, high)| match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("between {low} and {high}"),
        (true, false) => format!("{low} or more"),
        _ => format!("{high} or less"),
    });
    match (it.multiple_of, bounds) {
        (Some(of), Some(bounds)) => parts.push(format!("a multiple of {of}, {bounds}")),
        (Some(of), None) => parts.push(format!("a multiple of {of}")),
        (None, bounds) => parts.extend(bounds),
    }
    match parts.pop() {
        Some(last) if parts.is_empty() => Some(last),
        Some(last) => Some(format!("{} or {last}", parts.join(", "))),
        None => None,
    }
}

/// A number of characters or elements in words.
pub fn extent(least: usize, most: usize) -> String {
    match (least, most) {
        (least, most) if least == most => format!("exactly {least}"),
        (least, usize::MAX) => format!("{least} or more"),
        (0, most) => format!("at most {most}"),
        (least, most) => format!("{least} to {most}"),
    }
}

/// The allowed lengths of a network's prefix in words.
pub fn prefix(shortest: u8, longest: u8) -> String {
    format!("a network of /{shortest} to /{longest}")
}

/// Characters that stand in a set such as `a-z0-9_-`, and ranges of them.
fn members(set: &str) -> Vec<(char, char)> {
    let all: Vec<char> = set.chars().collect();
    let (mut members, mut at) = (Vec::new(), 0);
    while let Some(first) = all.get(at) {
        match (all.get(at + 1), all.get(at + 2)) {
            (Some('-'), Some(last)) => {
                members.push((*first, *last));
                at += 3;
            }
            _ => {
                members.push((*first, *first));
                at += 1;
            }
        }
    }
    members
}

/// The first character of the text that does not stand in the set; in an empty one all do.
fn stranger(set: &str, text: &str) -> Option<char> {
    if set.is_empty() {
        return None;
    }
    let members = members(set);
    let stands = |one: char| members.iter().any(|(first, last)| (*first..=*last).contains(&one));
    text.chars().find(|one| !stands(*one))
}

/// The set in words: `letters, digits, "_" and "-"`.
pub fn characters(set: &str) -> String {
    let members = members(set);
    let has = |of: (char, char)| members.contains(&of);
    let mut parts: Vec<String> = Vec::new();
    match (has(('a', 'z')), has(('A', 'Z'))) {
        (true, true) => parts.push("letters".into()),
        (true, false) => parts.push("lower-case letters".into()),
        (false, true) => parts.push("upper-case letters".into()),
        _ => {}
    }
    for it in members.into_iter().filter(|it| !matches!(it, ('a', 'z') | ('A', 'Z'))) {
        parts.push(match it {
            ('0', '9') => "digits".into(),
            (' ', ' ') => "blanks".into(),
            (one, last) if one == last => format!("`{one}`"),
            (first, last) => format!("`{first}` to `{last}`"),
        });
    }
    match parts.pop() {
        Some(last) if parts.is_empty() => last,
        Some(last) => format!("{} and {last}", parts.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Compare;

    const TEXT: Attribute = Attribute { kind: Kind::String, ..Attribute::BLANK };
    const NUMBER: Attribute = Attribute { kind: Kind::Int, ..Attribute::BLANK };

    /// What is said of each value; nothing where it is allowed.
    fn check<T: Into<Value>>(it: &Attribute, cases: impl IntoIterator<Item = (T, &'static str)>) {
        for (value, expected) in cases {
            let value = value.into();
            let told = misfit(it, &value).map(|it| match it.hint {
                Some(hint) => format!("{}; {hint}", it.why),
                None => it.why,
            });
            assert_eq!(told.unwrap_or_default(), expected, "{value:?}");
        }
    }

    #[test]
    fn texts_are_one_of_a_few() {
        let modes = Attribute { one_of: &["public", "private"], ..TEXT };
        check(
            &modes,
            [
                ("public", ""),
                ("Public", "is not one of public, private; did you mean \"public\"?"),
                ("", "is not one of public, private"),
            ],
        );
        check(&Attribute { compare: Compare::FoldCase, ..modes }, [("Public", "")]);
    }

    #[test]
    fn texts_have_a_length_characters_and_a_form() {
        let name = Attribute { length: Some((1, 3)), characters: "a-z0-9_-", ..TEXT };
        check(
            &name,
            [
                ("a-1", ""),
                ("", "does not have 1 to 3 characters"),
                ("äöüß", "does not have 1 to 3 characters"),
                (
                    "a b",
                    "is not made of lower-case letters, digits, `_` and `-`; ' ' cannot stand in it",
                ),
            ],
        );
        let range = Attribute { format: Some(Format::Cidr), prefix: Some((16, 28)), ..TEXT };
        check(
            &range,
            [
                ("10.0.0.0/16", ""),
                ("", ""),
                ("10.0.0.0/8", "is not a network of /16 to /28"),
                (
                    "10.0.0.1/16",
                    "is not a network, such as `10.0.0.0/16`; did you mean \"10.0.0.0/16\"?",
                ),
            ],
        );
        check(
            &Attribute { format: Some(Format::NotEmpty), ..TEXT },
            [("", "is not a text that is not empty")],
        );
        let minutes = Attribute { format: Some(Format::Int), range: Some((0.0, 1440.0)), ..TEXT };
        check(
            &minutes,
            [
                ("5", ""),
                ("", ""),
                ("x", "is not a whole number between 0 and 1440"),
                ("1441", "is not between 0 and 1440"),
            ],
        );
    }

    #[test]
    fn numbers_are_in_a_range_multiples_or_named() {
        let open = f64::INFINITY;
        check(
            &Attribute { range: Some((1.0, 10.0)), ..NUMBER },
            [(0, "is not between 1 and 10"), (1, ""), (10, ""), (11, "is not between 1 and 10")],
        );
        check(
            &Attribute { range: Some((1.0, open)), ..NUMBER },
            [(0, "is not 1 or more"), (9, "")],
        );
        check(
            &Attribute { range: Some((-open, 35.0)), ..NUMBER },
            [(36, "is not 35 or less"), (-1, "")],
        );
        check(
            &Attribute { numbers: &[0, 1, 5], ..NUMBER },
            [(2, "is not 0, 1 or 5"), (5, ""), (6, "is not 0, 1 or 5")],
        );
        check(
            &Attribute { numbers: &[10], multiple_of: Some(60), ..NUMBER },
            [
                (10, ""),
                (120, ""),
                (20, "is not 10 or a multiple of 60"),
                (0, "is not 10 or a multiple of 60"),
            ],
        );
        check(
            &Attribute { numbers: &[0], range: Some((7.0, 30.0)), ..NUMBER },
            [(0, ""), (7, ""), (3, "is not 0 or between 7 and 30")],
        );
    }

    #[test]
    fn whole_numbers_have_no_fraction() {
        let half = Value::number(crate::lang::number::Number::parse("0.5").unwrap());
        assert_eq!(misfit(&NUMBER, &half).unwrap().why, "is not a whole number");
        let share = Attribute { kind: Kind::Float, range: Some((0.1, 100.0)), ..TEXT };
        assert_eq!(misfit(&share, &half), None);
        let least = Value::number(crate::lang::number::Number::parse("0.1").unwrap());
        assert_eq!(misfit(&share, &least), None);
    }

    #[test]
    fn characters_are_told_in_words() {
        let cases = [
            ("a-zA-Z0-9", "letters and digits"),
            ("a-z", "lower-case letters"),
            ("a-zA-Z0-9+=,.@_-", "letters, digits, `+`, `=`, `,`, `.`, `@`, `_` and `-`"),
            ("a-f ", "`a` to `f` and blanks"),
        ];
        for (set, expected) in cases {
            assert_eq!(characters(set), expected);
        }
    }
}
