//! Regular expressions: `regex`, `regexall`, `replace`. Patterns are of RE2, which Terraform knows;
//! [`translate`] writes them as the `regex` crate reads them.

use regex::{Captures, Regex, RegexBuilder};

use super::{CallError, Context, MAX_TEXT, Outcome, argument, bounded, failed, text};
use crate::lang::types::Type;
use crate::lang::value::Value;

/// Largest compiled pattern, in bytes.
const MAX_COMPILED: usize = 10 << 20;
/// Most matches that `regexall` returns.
const MAX_MATCHES: usize = 1 << 20;

/// `regex(pattern, string)`: the first match.
pub(super) fn regex(_: &Context<'_>, args: &[Value]) -> Outcome {
    let pattern = compile(text(args, 0)).map_err(first_argument)?;
    let shape = Shape::of(&pattern).map_err(first_argument)?;
    if args.get(1).is_some_and(|it| !it.is_known()) {
        return Ok(Value::unknown_not_null(shape.ty()));
    }
    match pattern.captures(text(args, 1)) {
        Some(found) => Ok(shape.value(&found)),
        None => failed("the pattern does not match any part of the string"),
    }
}

/// `regexall(pattern, string)`: every match.
pub(super) fn regexall(_: &Context<'_>, args: &[Value]) -> Outcome {
    let pattern = compile(text(args, 0)).map_err(first_argument)?;
    let shape = Shape::of(&pattern).map_err(first_argument)?;
    if args.get(1).is_some_and(|it| !it.is_known()) {
        return Ok(Value::unknown_not_null(Type::list(shape.ty())));
    }
    let mut found = Vec::new();
    for one in pattern.captures_iter(text(args, 1)) {
        if found.len() == MAX_MATCHES {
            return failed(format!("there are more than {MAX_MATCHES} matches"));
        }
        found.push(shape.value(&one));
    }
    Ok(Value::list(shape.ty(), found))
}

/// `replace(str, substr, replace)`: `/…/` is a pattern, anything else is text.
pub(super) fn replace(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (text, wanted, with) = (text(args, 0), text(args, 1), text(args, 2));
    let inner = wanted.strip_prefix('/').and_then(|it| it.strip_suffix('/'));
    let Some(pattern) = inner else {
        let count = if wanted.is_empty() { text.len() + 1 } else { text.len() / wanted.len() };
        if count.saturating_mul(with.len()) > MAX_TEXT && text.matches(wanted).count() > 0 {
            let count = text.matches(wanted).count();
            if count.saturating_mul(with.len()) > MAX_TEXT {
                return failed("the result is larger than 64 MiB");
            }
        }
        return bounded(text.replace(wanted, with));
    };
    let pattern = compile(pattern).map_err(CallError::Failed)?;
    let (mut out, mut end) = (String::new(), 0);
    for found in pattern.captures_iter(text) {
        let Some(whole) = found.get(0) else { break };
        out.push_str(text.get(end..whole.start()).unwrap_or(""));
        expand(&found, with, &mut out);
        end = whole.end();
        if out.len() > MAX_TEXT {
            return failed("the result is larger than 64 MiB");
        }
    }
    out.push_str(text.get(end..).unwrap_or(""));
    bounded(out)
}

/// Appends the replacement: `$1`, `$name` (as many letters, digits and `_` as there are), `${name}`,
/// `$$`. A group that there is not, or that took no part in the match, is empty.
fn expand(found: &Captures<'_>, mut with: &str, out: &mut String) {
    while let Some(at) = with.find('$') {
        out.push_str(&with[..at]);
        with = &with[at + 1..];
        if let Some(rest) = with.strip_prefix('$') {
            out.push('$');
            with = rest;
            continue;
        }
        let braced = with.strip_prefix('{');
        let body = braced.unwrap_or(with);
        let word = |it: char| it.is_alphanumeric() || it == '_';
        let (name, rest) = body.split_at(body.find(|it| !word(it)).unwrap_or(body.len()));
        let rest = if braced.is_some() { rest.strip_prefix('}') } else { Some(rest) };
        let Some(rest) = rest.filter(|_| !name.is_empty()) else {
            out.push('$');
            continue;
        };
        let group = match name.parse::<usize>() {
            Ok(number) => found.get(number),
            Err(_) => found.name(name),
        };
        out.push_str(group.map_or("", |it| it.as_str()));
        with = rest;
    }
    out.push_str(with);
}

/// What a match gives: its text, its groups in order, or its groups by name.
enum Shape {
    Whole,
    Numbered(usize),
    Named(Vec<String>),
}

impl Shape {
    fn of(pattern: &Regex) -> Result<Shape, String> {
        let groups = pattern.captures_len() - 1;
        let names: Vec<String> = pattern.capture_names().flatten().map(String::from).collect();
        match (groups, names.len()) {
            (0, _) => Ok(Shape::Whole),
            (_, 0) => Ok(Shape::Numbered(groups)),
            (groups, names_len) if groups == names_len => Ok(Shape::Named(names)),
            _ => Err("either all or none of the groups must have names".into()),
        }
    }

    fn ty(&self) -> Type {
        match self {
            Shape::Whole => Type::String,
            Shape::Numbered(groups) => Type::tuple((0..*groups).map(|_| Type::String)),
            Shape::Named(names) => Type::object(names.iter().map(|it| (it.as_str(), Type::String))),
        }
    }

    fn value(&self, found: &Captures<'_>) -> Value {
        let value = |it: Option<regex::Match<'_>>| {
            it.map_or(Value::null(Type::String), |it| it.as_str().into())
        };
        match self {
            Shape::Whole => value(found.get(0)),
            Shape::Numbered(groups) => Value::tuple((1..=*groups).map(|it| value(found.get(it)))),
            Shape::Named(names) => {
                Value::object(names.iter().map(|it| (it.as_str(), value(found.name(it)))))
            }
        }
    }
}

fn first_argument(message: String) -> CallError {
    argument::<()>(0, message).unwrap_err()
}

fn compile(pattern: &str) -> Result<Regex, String> {
    let translated = translate(pattern)?;
    let built = RegexBuilder::new(&translated).size_limit(MAX_COMPILED).build();
    built.map_err(|it| match it {
        regex::Error::CompiledTooBig(_) => "the pattern is too large".to_string(),
        it => {
            // The library's message shows the pattern over several lines; its last line says why.
            let text = it.to_string();
            let reason = text.lines().last().unwrap_or("");
            format!("not a valid pattern: {}", reason.trim_start_matches("error: "))
        }
    })
}

/// RE2's notation as that of the `regex` crate: classes such as `\d` are of ASCII, `[` in a class and
/// a lone `{` are plain, `\Q…\E` quotes.
fn translate(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern;
    // Whether what was written last repeats something, so that a further repetition is an error.
    let mut repeats = false;
    while let Some(it) = rest.chars().next() {
        let after = &rest[it.len_utf8()..];
        let repeated = std::mem::take(&mut repeats);
        match it {
            '\\' => rest = escape(after, false, &mut out)?,
            '[' => rest = class(after, &mut out)?,
            '*' | '+' | '?' | '{' => {
                let size = if it == '{' { counted(rest) } else { Some(1) };
                let Some(size) = size else {
                    out.push_str("\\{");
                    rest = after;
                    continue;
                };
                if repeated {
                    return Err(format!("not a valid pattern: `{it}` after another repetition"));
                }
                out.push_str(&rest[..size]);
                rest = &rest[size..];
                if let Some(after) = rest.strip_prefix('?') {
                    out.push('?');
                    rest = after;
                }
                repeats = true;
            }
            '(' => {
                check_flags(after)?;
                out.push('(');
                rest = after;
            }
            it => {
                out.push(it);
                rest = after;
            }
        }
    }
    Ok(out)
}

/// The `regex` crate knows more flags than `i`, `m`, `s` and `U`.
fn check_flags(group: &str) -> Result<(), String> {
    let Some(flags) = group.strip_prefix('?') else { return Ok(()) };
    let end = flags.find([':', ')', '<', '>', '=', '!']).unwrap_or(flags.len());
    match flags.get(..end).unwrap_or("") {
        "P" | "" => Ok(()),
        it if it.chars().all(|it| "imsU-".contains(it)) => Ok(()),
        it => Err(format!("not a valid pattern: `(?{it}` is not a group or flag")),
    }
}

/// Length of `{2}`, `{2,}` or `{2,3}` at the start of the text.
fn counted(text: &str) -> Option<usize> {
    let end = text.find('}')?;
    let (least, most) = match text.get(1..end)?.split_once(',') {
        Some((least, most)) => (least, most),
        None => (text.get(1..end)?, ""),
    };
    let digits = |it: &str| it.bytes().all(|it| it.is_ascii_digit());
    (!least.is_empty() && digits(least) && digits(most)).then_some(end + 1)
}

/// Writes the escape whose backslash has been read; returns what follows it.
fn escape<'a>(text: &'a str, in_class: bool, out: &mut String) -> Result<&'a str, String> {
    let Some(it) = text.chars().next() else {
        return Err("not a valid pattern: it ends with a backslash".into());
    };
    let after = &text[it.len_utf8()..];
    if it == 'Q' && !in_class {
        let (quoted, rest) = after.split_once("\\E").unwrap_or((after, ""));
        out.push_str(&regex::escape(quoted));
        return Ok(rest);
    }
    let plain = match (it, in_class) {
        ('d', false) => "[0-9]",
        ('d', true) => "0-9",
        ('D', _) => "[^0-9]",
        ('w', false) => "[0-9A-Za-z_]",
        ('w', true) => "0-9A-Za-z_",
        ('W', _) => "[^0-9A-Za-z_]",
        ('s', false) => "[\\t\\n\\f\\r ]",
        ('s', true) => "\\t\\n\\f\\r ",
        ('S', _) => "[^\\t\\n\\f\\r ]",
        ('b', false) => "(?-u:\\b)",
        ('B', false) => "(?-u:\\B)",
        ('<', _) => "<",
        ('>', _) => ">",
        ('0'..='7', _) => {
            let digits = after.bytes().take(2).take_while(|it| (b'0'..=b'7').contains(it)).count();
            if it != '0' && digits == 0 {
                return Err("not a valid pattern: it refers back to a group".into());
            }
            let code = u32::from_str_radix(&text[..digits + 1], 8).unwrap_or(0);
            out.push_str(&format!("\\x{{{code:X}}}"));
            return Ok(&after[digits..]);
        }
        // The name in braces is no repetition.
        ('p' | 'P' | 'x', _) if after.starts_with('{') => {
            let Some((name, rest)) = after.split_once('}') else {
                return Err("not a valid pattern: a `}` is missing".into());
            };
            let (name, turned) = match name.strip_prefix("{^") {
                Some(name) if it != 'x' => (name, true),
                _ => (name.strip_prefix('{').unwrap_or(name), false),
            };
            let letter = match (it, turned) {
                ('p', true) => 'P',
                ('P', true) => 'p',
                (it, _) => it,
            };
            out.push_str(&format!("\\{letter}{{{name}}}"));
            return Ok(rest);
        }
        _ => {
            out.push('\\');
            out.push(it);
            return Ok(after);
        }
    };
    out.push_str(plain);
    Ok(after)
}

/// Writes the class whose `[` has been read; returns what follows it.
fn class<'a>(text: &'a str, out: &mut String) -> Result<&'a str, String> {
    let mut rest = text;
    out.push('[');
    if let Some(after) = rest.strip_prefix('^') {
        out.push('^');
        rest = after;
    }
    if let Some(after) = rest.strip_prefix(']') {
        out.push_str("\\]");
        rest = after;
    }
    while let Some(it) = rest.chars().next() {
        let after = &rest[it.len_utf8()..];
        let posix = (it == '[' && after.starts_with(':')).then(|| after.find(":]")).flatten();
        match (it, posix) {
            (']', _) => {
                out.push(']');
                return Ok(after);
            }
            ('\\', _) => rest = escape(after, true, out)?,
            ('[', Some(end)) => {
                out.push_str(&rest[..end + 3]);
                rest = &rest[end + 3..];
            }
            // Plain in RE2, operators of the `regex` crate.
            ('[' | '&' | '~', _) => {
                out.push('\\');
                out.push(it);
                rest = after;
            }
            _ => {
                out.push(it);
                rest = after;
            }
        }
    }
    Err("not a valid pattern: a `]` is missing".into())
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn patterns_are_of_re2() {
        for (pattern, text, want) in [
            ("\\d+", "٣ 12", "\"12\""),
            ("\\w+", "é_a", "\"_a\""),
            ("[[]x", "a[x", "\"[x\""),
            ("[a&&b]+", "c&&", "\"&&\""),
            ("[\\d.-]+", "v1.2-3", "\"1.2-3\""),
            ("a{,2}", "a{,2}", "\"a{,2}\""),
            ("\\Q[.]\\E", "x[.]", "\"[.]\""),
            ("\\x41\\101\\x{e9}+", "AAéé", "\"AAéé\""),
            ("\\p{^Greek}", "αb", "\"b\""),
            ("[^]]+", "]a]", "\"a\""),
            ("\\ba\\B", "x ab", "\"a\""),
            ("[[:alpha:]_]+", "1a_b", "\"a_b\""),
            ("\\/\\\"\\<", "/\"<", "\"/\\\"<\""),
        ] {
            assert_eq!(show(run("regex", [pattern.into(), text.into()])), want, "{pattern}");
        }
        for wrong in ["a**", "(", "[", "\\", "(?=x)", "(a)\\1", "x{2}{3}", "[z-a]", "(?P<a>x)(y)"] {
            let shown = show(run("regex", [wrong.into(), "a".into()]));
            assert!(shown.starts_with("arg 0"), "{wrong} {shown}");
        }
    }

    #[test]
    fn replacements_name_groups() {
        for (with, want) in [
            ("$1", "\"b\""),
            ("$1x", "\"\""),
            ("${1}x", "\"bx\""),
            ("$x-$$-${x", "\"b-$-${x\""),
            ("$9$", "\"$\""),
        ] {
            let args = ["b".into(), "/(?P<x>b)/".into(), with.into()];
            assert_eq!(show(run("replace", args)), want, "{with}");
        }
    }

    #[test]
    fn replacing_is_bounded() {
        let long = || Value::from("a".repeat(100_000));
        assert!(show(run("replace", [long(), "".into(), long()])).contains("64 MiB"));
        assert!(show(run("replace", [long(), "/a/".into(), long()])).contains("64 MiB"));
    }

    #[test]
    fn the_pattern_alone_tells_the_type() {
        let args = ["(a)(b)".into(), Value::unknown(Type::String)];
        let want = Type::tuple([Type::String, Type::String]);
        assert_eq!(run("regex", args).unwrap().ty(), want);
    }
}
