//! `format` and `formatlist`: verbs such as `%s`, `%5.2f`, `%[2]d`.

use super::graphemes::graphemes;

use super::encoding::{json_text, write_json_string};
use super::{CallError, Context, MAX_TEXT, Outcome, argument, bounded, failed};
use crate::lang::convert::convert;
use crate::lang::number::Number;
use crate::lang::types::Type;
use crate::lang::value::{Kind, Value};

/// Largest width and precision.
const MAX_WIDTH: usize = 100_000;

/// `format(format, args...)`
pub(super) fn format(_: &Context<'_>, args: &[Value]) -> Outcome {
    let Some(pattern) = args.first().and_then(Value::as_str) else { return Ok(unknown()) };
    let values = args.get(1..).unwrap_or(&[]);
    // Terraform gives up on an untyped null: its type is as good as not known.
    if values.iter().any(Value::is_untyped) {
        return Ok(Value::unknown(Type::Any));
    }
    if !values.iter().all(Value::is_wholly_known) {
        // What is wrong with the pattern is told once there is something to put into it.
        return Ok(parse(pattern).map_or_else(|_| unknown(), |it| beginning(&it, values)));
    }
    let parts = parse(pattern).map_err(CallError::Failed)?;
    let text = render(&parts, values).map_err(CallError::Failed)?;
    check_count(&parts, values.len())?;
    bounded(text)
}

/// `formatlist(format, args...)`: once for each element of the lists among the arguments.
pub(super) fn formatlist(_: &Context<'_>, args: &[Value]) -> Outcome {
    let unknown_list = || Ok(Value::unknown_not_null(Type::list(Type::String)));
    let values = args.get(1..).unwrap_or(&[]);
    if values.iter().any(Value::is_untyped) {
        return Ok(Value::unknown(Type::Any));
    }
    let mut count: Option<usize> = None;
    let mut known = true;
    for (index, value) in values.iter().enumerate() {
        let length = match (value.as_slice(), value.ty()) {
            (Some(items), _) => items.len(),
            (None, Type::Tuple(of)) if !value.is_known() => of.len(),
            (None, Type::List(_) | Type::Set(_)) if !value.is_known() => {
                known = false;
                continue;
            }
            _ => continue,
        };
        match count {
            Some(count) if count != length => {
                let message = format!("has {length} elements, but an earlier list has {count}");
                return argument(index + 1, message);
            }
            _ => count = Some(length),
        }
    }
    let Some(pattern) = args.first().and_then(Value::as_str) else { return unknown_list() };
    if !known {
        return unknown_list();
    }
    let parts = parse(pattern);
    let mut rows = Vec::new();
    let mut size = 0;
    for at in 0..count.unwrap_or(1) {
        let row: Vec<Value> = values
            .iter()
            .map(|it| match (it.as_slice(), it.ty()) {
                (Some(items), _) => items.get(at).cloned().unwrap_or(Value::NULL),
                (None, Type::Tuple(of)) if !it.is_known() => {
                    Value::unknown(of.get(at).cloned().unwrap_or(Type::Any))
                }
                _ => it.clone(),
            })
            .collect();
        if !row.iter().all(Value::is_wholly_known) {
            rows.push(parts.as_ref().map_or_else(|_| unknown(), |it| beginning(it, &row)));
            continue;
        }
        let parts = parts.as_ref().map_err(|it| CallError::Failed(it.clone()))?;
        let text = render(parts, &row)
            .map_err(|it| CallError::Failed(format!("in element {at}: {it}")))?;
        if values.is_empty() {
            check_count(parts, 0)?;
        } else if let Err(CallError::Argument { message, .. }) = check_count(parts, row.len()) {
            return failed(format!("in element {at}: {message}"));
        }
        size += text.len();
        if size > MAX_TEXT {
            return failed("the result is larger than 64 MiB");
        }
        rows.push(text.into());
    }
    Ok(Value::list(Type::String, rows))
}

fn unknown() -> Value {
    Value::unknown_not_null(Type::String)
}

/// What is known of the result before all of the arguments are.
fn beginning(parts: &[Part], values: &[Value]) -> Value {
    let known = |part: &&Part| match part {
        Part::Text(_) => true,
        Part::Verb(it) => values.get(it.argument).is_some_and(Value::is_wholly_known),
    };
    let known: Vec<Part> = parts.iter().take_while(known).cloned().collect();
    render(&known, values).map_or_else(|_| unknown(), |it| super::prefixed(&it))
}

#[derive(Clone)]
enum Part {
    Text(String),
    Verb(Verb),
}

#[derive(Clone, Default)]
struct Verb {
    /// As it was written, for messages.
    source: String,
    letter: char,
    argument: usize,
    sharp: bool,
    plus: bool,
    minus: bool,
    space: bool,
    zero: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

fn parse(pattern: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    let mut next = 0;
    while let Some(at) = rest.find('%') {
        if at > 0 {
            parts.push(Part::Text(rest[..at].into()));
        }
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("%%") {
            parts.push(Part::Text("%".into()));
            rest = after;
            continue;
        }
        let (verb, length) = parse_verb(rest, &mut next)?;
        parts.push(Part::Verb(verb));
        rest = &rest[length..];
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.into()));
    }
    Ok(parts)
}

/// Reads the verb at the start of the text; returns it with its length.
fn parse_verb(text: &str, next: &mut usize) -> Result<(Verb, usize), String> {
    let mut verb = Verb::default();
    let mut at = 1;
    let peek = |at: usize| text.get(at..).and_then(|it| it.chars().next());
    while let Some(it) = peek(at) {
        match it {
            '#' => verb.sharp = true,
            '+' => verb.plus = true,
            '-' => verb.minus = true,
            ' ' => verb.space = true,
            '0' => verb.zero = true,
            _ => break,
        }
        at += 1;
    }
    let number = |at: &mut usize| -> Result<Option<usize>, String> {
        let digits = text.get(*at..).unwrap_or("");
        let end = digits.bytes().take_while(|it| it.is_ascii_digit()).count();
        let digits = digits.get(..end).unwrap_or("");
        *at += end;
        if digits.is_empty() {
            return Ok(None);
        }
        match digits.parse() {
            Ok(it) if it <= MAX_WIDTH => Ok(Some(it)),
            _ => Err(format!("`{text}`: a width or precision is larger than {MAX_WIDTH}")),
        }
    };
    verb.width = number(&mut at)?;
    if peek(at) == Some('.') {
        at += 1;
        verb.precision = Some(number(&mut at)?.unwrap_or(0));
    }
    let mut explicit = None;
    if peek(at) == Some('[') {
        at += 1;
        explicit = number(&mut at)?.filter(|it| *it > 0);
        if explicit.is_none() || peek(at) != Some(']') {
            return Err(format!("the argument number at the start of {text:?} is not valid"));
        }
        at += 1;
    }
    match peek(at) {
        Some(it) if "vtbdoxXeEfgGsq".contains(it) => verb.letter = it,
        Some(it) => return Err(format!("`{it}` at the start of {text:?} is not a verb")),
        None => return Err(format!("{text:?} ends before its verb; `%%` stands for `%`")),
    }
    at += 1;
    verb.argument = explicit.map_or(*next, |it| it - 1);
    *next = verb.argument + 1;
    verb.source = text.get(..at).unwrap_or("").into();
    Ok((verb, at))
}

/// Every argument up to the last is used.
fn check_count(parts: &[Part], count: usize) -> Result<(), CallError> {
    let used = parts.iter().map(|it| if let Part::Verb(it) = it { it.argument + 1 } else { 0 });
    let used = used.max().unwrap_or(0);
    match used < count {
        true => argument(used + 1, format!("the format uses only {used} of {count} arguments")),
        false => Ok(()),
    }
}

fn render(parts: &[Part], values: &[Value]) -> Result<String, String> {
    let mut out = String::new();
    for part in parts {
        match part {
            Part::Text(it) => out.push_str(it),
            Part::Verb(verb) => {
                let Some(value) = values.get(verb.argument) else {
                    let (wanted, count) = (verb.argument + 1, values.len());
                    return Err(format!("`{}` needs argument {wanted} of {count}", verb.source));
                };
                let text = verb.text(value);
                out.push_str(&text.map_err(|it| format!("`{}` does not fit: {it}", verb.source))?);
            }
        }
        if out.len() > MAX_TEXT {
            return Err("the result is larger than 64 MiB".into());
        }
    }
    Ok(out)
}

impl Verb {
    fn text(&self, value: &Value) -> Result<String, String> {
        if value.is_null() && self.letter != 'v' {
            return Err("a null value cannot be formatted".into());
        }
        match self.letter {
            'v' if self.sharp || value.is_null() => Ok(self.pad(json_text(value)?, false)),
            'v' => match value.kind() {
                Kind::String(it) => Ok(self.pad(it.to_string(), false)),
                Kind::Number(it) => self.number(it, 'g'),
                Kind::Bool(it) => Ok(self.pad(it.to_string(), false)),
                _ => Ok(self.pad(json_text(value)?, false)),
            },
            't' => {
                let it = convert(value, &Type::Bool).map_err(|it| it.to_string())?;
                Ok(self.pad(it.as_bool().unwrap_or(false).to_string(), false))
            }
            's' | 'q' => {
                let it = convert(value, &Type::String).map_err(|it| it.to_string())?;
                let cut = self.cut(it.as_str().unwrap_or(""));
                if self.letter == 's' {
                    return Ok(self.pad(cut, false));
                }
                let mut quoted = String::new();
                write_json_string(&cut, &mut quoted);
                Ok(self.pad(quoted, false))
            }
            letter => {
                let it = convert(value, &Type::Number).map_err(|it| it.to_string())?;
                self.number(it.as_number().unwrap_or(&Number::ZERO), letter)
            }
        }
    }

    /// No more characters than the precision, as people see them.
    fn cut(&self, text: &str) -> String {
        match self.precision {
            Some(most) => graphemes(text).take(most).collect(),
            None => text.into(),
        }
    }

    /// As wide as asked for, counted in what people see as characters. Zeros go after a sign.
    fn pad(&self, text: String, number: bool) -> String {
        let missing = self.width.unwrap_or(0).saturating_sub(graphemes(&text).count());
        if missing == 0 {
            return text;
        }
        if self.minus {
            return text + &" ".repeat(missing);
        }
        if !self.zero {
            return " ".repeat(missing) + &text;
        }
        let sign =
            if number { text.len() - text.trim_start_matches(['+', '-', ' ']).len() } else { 0 };
        let (sign, digits) = text.split_at(sign);
        format!("{sign}{}{digits}", "0".repeat(missing))
    }

    fn number(&self, number: &Number, letter: char) -> Result<String, String> {
        if number.is_infinite() {
            if "dboxX".contains(letter) {
                return Err("a whole number is required".into());
            }
            let text = self.sign(number.is_negative()).to_string() + "Inf";
            let text = if text == "Inf" { "+Inf".into() } else { text };
            return Ok(Verb { zero: false, ..self.clone() }.pad(text, false));
        }
        let magnitude = match letter {
            'd' | 'b' | 'o' | 'x' | 'X' => self.whole(number, letter)?,
            'f' => number.abs().fixed(self.precision.unwrap_or(6)),
            'e' | 'E' => {
                let places = self.precision.unwrap_or(6);
                let (digits, point) = number.abs().rounded(places + 1);
                exponential(&digits, point, places)
            }
            _ => general(&number.abs(), self.precision),
        };
        let magnitude = if "EG".contains(letter) { magnitude.to_uppercase() } else { magnitude };
        let text = format!("{}{magnitude}", self.sign(number.is_negative()));
        Ok(self.pad(text, true))
    }

    fn sign(&self, negative: bool) -> &'static str {
        match () {
            () if negative => "-",
            () if self.plus => "+",
            () if self.space => " ",
            () => "",
        }
    }

    fn whole(&self, number: &Number, letter: char) -> Result<String, String> {
        let Some(whole) = number.abs().to_big() else {
            return Err("a whole number is required".into());
        };
        let (base, mark) = match letter {
            'b' => (2, "0b"),
            'o' => (8, "0"),
            'x' => (16, "0x"),
            'X' => (16, "0X"),
            _ => (10, ""),
        };
        let digits = whole.in_radix(base).to_string();
        let digits = if letter == 'X' { digits.to_uppercase() } else { digits };
        let least = self.precision.unwrap_or(0).saturating_sub(digits.len());
        let mark = if self.sharp { mark } else { "" };
        Ok(format!("{mark}{}{digits}", "0".repeat(least)))
    }
}

/// `1.25e+03` from digits and the power of ten before which their point stands.
fn exponential(digits: &str, point: i64, places: usize) -> String {
    let exponent = if digits.bytes().all(|it| it == b'0') { 0 } else { point - 1 };
    let (first, rest) = digits.split_at(digits.len().min(1));
    let dot = if places > 0 { "." } else { "" };
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{first}{dot}{rest:0<places$}e{sign}{:02}", exponent.abs())
}

/// The shorter of both notations; without precision, as many digits as tell the number.
fn general(number: &Number, precision: Option<usize>) -> String {
    let (digits, point) = match precision {
        None => number.digits().unwrap_or(("0".into(), 1)),
        Some(count) => number.rounded(count.max(1)),
    };
    let digits = match digits.trim_end_matches('0') {
        "" => "0",
        it => it,
    };
    let count = digits.len() as i64;
    let most = match precision.map(|it| it.max(1) as i64) {
        None => 6,
        Some(most) if most > count && count >= point => count,
        Some(most) => most,
    };
    let exponent = point - 1;
    if exponent < -4 || exponent >= most {
        return exponential(digits, point, digits.len() - 1);
    }
    number_text(digits, point)
}

fn number_text(digits: &str, point: i64) -> String {
    let count = digits.len() as i64;
    match point {
        ..=0 => format!("0.{}{digits}", "0".repeat(point.unsigned_abs() as usize)),
        _ if point >= count => format!("{digits}{}", "0".repeat((point - count) as usize)),
        _ => {
            let (whole, fraction) = digits.split_at(point as usize);
            format!("{whole}.{fraction}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn verbs_render() {
        for (pattern, value, want) in [
            ("%06.2f", "-3.14159", "\"-03.14\""),
            ("%.0f", "2.5", "\"2\""),
            ("%x", "255", "\"ff\""),
            ("%#X", "255", "\"0XFF\""),
            ("%.3d", "7", "\"007\""),
            ("%.3g", "1234.5", "\"1.23e+03\""),
            ("%g", "0.0001", "\"0.0001\""),
            ("%g", "0.00001", "\"1e-05\""),
            ("%v", "1234567", "\"1.234567e+06\""),
            ("%e", "0", "\"0.000000e+00\""),
            ("%e", "9.9999999", "\"1.000000e+01\""),
            ("%g", "0", "\"0\""),
            ("%5t|", "true", "\" true|\""),
            ("%-4d|", "7", "\"7   |\""),
            ("%q", "\"<é>\"", "\"\\\"\\\\u003cé\\\\u003e\\\"\""),
        ] {
            assert_eq!(
                show(run("format", [pattern.into(), json(value)])),
                want,
                "{pattern} {value}"
            );
        }
    }

    #[test]
    fn widths_are_bounded() {
        let shown = show(run("format", ["%999999999999d".into(), 1.into()]));
        assert!(shown.starts_with("failed"), "{shown}");
    }

    #[test]
    fn what_is_known_of_an_unknown_text_is_its_beginning() {
        let args = ["a-%s-%s".into(), "b".into(), Value::unknown(Type::String)];
        let Kind::Unknown(it) = run("format", args).unwrap().into_kind() else { panic!() };
        assert_eq!(it.prefix.as_deref(), Some("a-b-"));
    }
}
