//! Text: cutting, joining, case.

use super::graphemes::graphemes;

use super::{Context, MAX_TEXT, Outcome, argument, failed, items, text, whole, whole_or_fail};
use crate::lang::types::Type;
use crate::lang::value::{Kind, Value};

/// `chomp(str)`: without the line ends at its end.
pub(super) fn chomp(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(text(args, 0).trim_end_matches(['\r', '\n']).into())
}

/// `endswith(str, suffix)`
pub(super) fn endswith(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(text(args, 0).ends_with(text(args, 1)).into())
}

/// `startswith(str, prefix)`: may be known of a text of which only the beginning is.
pub(super) fn startswith(_: &Context<'_>, args: &[Value]) -> Outcome {
    let prefix = text(args, 1);
    match args.first().map(Value::kind) {
        Some(Kind::Unknown(_)) if args[0].prefix().starts_with(prefix) => Ok(Value::TRUE),
        Some(Kind::Unknown(_)) if !prefix.starts_with(args[0].prefix()) => Ok(Value::FALSE),
        Some(Kind::Unknown(_)) => Ok(Value::unknown_not_null(Type::Bool)),
        _ => Ok(text(args, 0).starts_with(prefix).into()),
    }
}

/// `strcontains(str, substr)`
pub(super) fn strcontains(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(text(args, 0).contains(text(args, 1)).into())
}

/// `indent(spaces, str)`: spaces after each line end.
pub(super) fn indent(_: &Context<'_>, args: &[Value]) -> Outcome {
    let spaces = whole_or_fail(args, 0)?;
    let Ok(spaces) = usize::try_from(spaces) else {
        return failed("the number of spaces must not be negative");
    };
    let text = text(args, 1);
    let size = spaces.saturating_mul(text.matches('\n').count()).saturating_add(text.len());
    if size > MAX_TEXT {
        return failed("the result is larger than 64 MiB");
    }
    if !text.contains('\n') {
        return Ok(text.into());
    }
    Ok(text.replace('\n', &format!("\n{}", " ".repeat(spaces))).into())
}

/// `join(separator, lists...)`
pub(super) fn join(_: &Context<'_>, args: &[Value]) -> Outcome {
    if args.len() < 2 {
        return failed("at least one list is required");
    }
    let mut parts = Vec::new();
    for (list, _) in args.iter().enumerate().skip(1) {
        for (at, item) in items(args, list).iter().enumerate() {
            match item.as_str() {
                Some(it) => parts.push(it),
                None => {
                    return argument(list, format!("element {at} is null; it cannot be joined"));
                }
            }
        }
    }
    let separator = text(args, 0);
    let size: usize = parts.iter().map(|it| it.len() + separator.len()).sum();
    match size > MAX_TEXT + separator.len() {
        true => failed("the result is larger than 64 MiB"),
        false => Ok(parts.join(separator).into()),
    }
}

/// `split(separator, str)`
pub(super) fn split(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (separator, text) = (text(args, 0), text(args, 1));
    let parts: Vec<Value> = match separator {
        "" => text.chars().map(|it| Value::from(it.to_string())).collect(),
        _ => text.split(separator).map(Value::from).collect(),
    };
    Ok(Value::list(Type::String, parts))
}

/// `lower(str)`: each character by itself.
pub(super) fn lower(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(text(args, 0).chars().map(lower_char).collect::<String>().into())
}

/// `upper(str)`: each character by itself, so that `ß` stays.
pub(super) fn upper(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(text(args, 0).chars().map(upper_char).collect::<String>().into())
}

/// `title(str)`: the first letter of each word in title case.
pub(super) fn title(_: &Context<'_>, args: &[Value]) -> Outcome {
    let mut before = ' ';
    let change = |it: char| {
        let changed = if separates(before) { title_char(it) } else { it };
        before = it;
        changed
    };
    Ok(text(args, 0).chars().map(change).collect::<String>().into())
}

/// Whether a word ends at this character.
fn separates(it: char) -> bool {
    match it {
        '_' => false,
        it if it.is_ascii() => !it.is_ascii_alphanumeric(),
        it if it.is_alphanumeric() => false,
        it => it.is_whitespace(),
    }
}

/// The one lower-case character, as Unicode's simple mapping has it.
fn lower_char(it: char) -> char {
    match it {
        '\u{130}' => 'i',
        it => single(it, it.to_lowercase()),
    }
}

/// The one upper-case character, as Unicode's simple mapping has it.
fn upper_char(it: char) -> char {
    let shifted = |by: u32| char::from_u32(u32::from(it) + by).unwrap_or(it);
    match it {
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => shifted(8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => shifted(9),
        it => single(it, it.to_uppercase()),
    }
}

/// The one title-case character: differs from upper case for digraphs such as `ǆ`.
fn title_char(it: char) -> char {
    match it {
        'Ǆ' | 'ǅ' | 'ǆ' => 'ǅ',
        'Ǉ' | 'ǈ' | 'ǉ' => 'ǈ',
        'Ǌ' | 'ǋ' | 'ǌ' => 'ǋ',
        'Ǳ' | 'ǲ' | 'ǳ' => 'ǲ',
        // Georgian letters have capitals, but words do not begin with them.
        '\u{10d0}'..='\u{10ff}' => it,
        it => upper_char(it),
    }
}

fn single(it: char, mut mapped: impl Iterator<Item = char>) -> char {
    match (mapped.next(), mapped.next()) {
        (Some(one), None) => one,
        _ => it,
    }
}

/// `strrev(str)`: what people see as one character stays together.
pub(super) fn strrev(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(graphemes(text(args, 0)).rev().collect::<String>().into())
}

/// `substr(str, offset, length)`, counted in what people see as characters.
pub(super) fn substr(_: &Context<'_>, args: &[Value]) -> Outcome {
    let text = text(args, 0);
    let (Some(offset), Some(length)) = (whole(args, 1), whole(args, 2)) else {
        return failed("offset and length must be whole numbers");
    };
    let offset = match offset < 0 {
        true => (graphemes(text).count() as i64).saturating_add(offset).max(0),
        false => offset,
    };
    let skipped = usize::try_from(offset).unwrap_or(usize::MAX);
    let rest = graphemes(text).skip(skipped);
    // Terraform takes a length of 0 for none where the offset counts from the end.
    let all = length == 0 && whole(args, 1).is_some_and(|it| it < 0);
    Ok(match usize::try_from(length) {
        Ok(length) if !all => rest.take(length).collect::<String>().into(),
        // A negative length means: up to the end.
        _ => rest.collect::<String>().into(),
    })
}

/// `trim(str, cutset)`: without these characters at both ends.
pub(super) fn trim(_: &Context<'_>, args: &[Value]) -> Outcome {
    let cut = text(args, 1);
    Ok(text(args, 0).trim_matches(|it| cut.contains(it)).into())
}

/// `trimprefix(str, prefix)`: once.
pub(super) fn trimprefix(_: &Context<'_>, args: &[Value]) -> Outcome {
    let text = text(args, 0);
    Ok(text.strip_prefix(super::text(args, 1)).unwrap_or(text).into())
}

/// `trimsuffix(str, suffix)`: once.
pub(super) fn trimsuffix(_: &Context<'_>, args: &[Value]) -> Outcome {
    let text = text(args, 0);
    Ok(text.strip_suffix(super::text(args, 1)).unwrap_or(text).into())
}

/// `trimspace(str)`: without white space at both ends.
pub(super) fn trimspace(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(text(args, 0).trim().into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn case_is_changed_one_character_at_a_time() {
        for (name, text, want) in [
            ("upper", "straße ŉ ᾳ", "\"STRAßE ŉ ᾼ\""),
            ("lower", "ΑΣ İ", "\"ας i\""),
            ("title", "ǆ it's a_b ა", "\"ǅ It'S A_b ა\""),
        ] {
            let want = want.replace('ς', "σ");
            assert_eq!(show(run(name, [text.into()])), want);
        }
    }

    #[test]
    fn indent_is_bounded() {
        let args = || [Value::from(i64::MAX), "a\nb".into()];
        assert!(show(run("indent", args())).contains("64 MiB"));
        assert!(show(run("indent", [Value::from(-1), "a\nb".into()])).contains("negative"));
    }

    #[test]
    fn substr_counts_what_people_see() {
        for (offset, length, want) in
            [(1, 1, "\"👨‍👩‍👧\""), (-1, -1, "\"é\""), (-9, 2, "\"a👨‍👩‍👧\""), (9, 1, "\"\"")]
        {
            let args = ["a👨‍👩‍👧é".into(), Value::from(offset), Value::from(length)];
            assert_eq!(show(run("substr", args)), want);
        }
    }

    #[test]
    fn a_known_beginning_answers_startswith() {
        let text = super::super::prefixed("arn:aws:");
        for (prefix, want) in [("arn:", Some(true)), ("aws", Some(false)), ("arn:aws:s3", None)] {
            let result = run("startswith", [text.clone(), prefix.into()]).unwrap();
            assert_eq!(result.as_bool(), want);
        }
    }
}
