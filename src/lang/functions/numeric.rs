//! Numbers: rounding, powers, extremes, sums.

use dashu_int::IBig;

use super::machine;
use super::{Context, Outcome, argument, failed, items, text, whole, whole_or_fail};
use crate::lang::convert::convert;
use crate::lang::number::Number;
use crate::lang::types::Type;
use crate::lang::value::Value;

fn number(args: &[Value], index: usize) -> Number {
    args.get(index).and_then(Value::as_number).cloned().unwrap_or(Number::ZERO)
}

/// `abs(num)`
pub(super) fn abs(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(number(args, 0).abs().into())
}

/// `ceil(num)`
pub(super) fn ceil(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(number(args, 0).ceil().into())
}

/// `floor(num)`
pub(super) fn floor(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(number(args, 0).floor().into())
}

/// `signum(num)`: of a whole number, -1, 0 or 1.
pub(super) fn signum(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(whole_or_fail(args, 0)?.signum().into())
}

/// `log(num, base)`, in machine precision.
pub(super) fn log(_: &Context<'_>, args: &[Value]) -> Outcome {
    let (num, base) = (number(args, 0).to_f64(), number(args, 1).to_f64());
    machine(machine::ln(num) / machine::ln(base))
}

/// `pow(num, power)`, in machine precision.
pub(super) fn pow(_: &Context<'_>, args: &[Value]) -> Outcome {
    machine(machine::pow(number(args, 0).to_f64(), number(args, 1).to_f64()))
}

fn machine(result: f64) -> Outcome {
    match Number::from_f64(result) {
        Some(it) => Ok(it.into()),
        None => failed("the result is not a real number"),
    }
}

/// `max(numbers...)`
pub(super) fn max(_: &Context<'_>, args: &[Value]) -> Outcome {
    extreme(args, |a, b| a > b)
}

/// `min(numbers...)`
pub(super) fn min(_: &Context<'_>, args: &[Value]) -> Outcome {
    extreme(args, |a, b| a < b)
}

fn extreme(args: &[Value], better: impl Fn(&Number, &Number) -> bool) -> Outcome {
    let numbers = args.iter().filter_map(Value::as_number);
    match numbers.reduce(|best, it| if better(it, best) { it } else { best }) {
        Some(best) => Ok(best.clone().into()),
        None => failed("at least one number is required"),
    }
}

/// `sum(list)`
pub(super) fn sum(_: &Context<'_>, args: &[Value]) -> Outcome {
    let ordered = args.first().is_some_and(|it| it.as_slice().is_some());
    if !ordered {
        return argument(0, "a list, set or tuple of numbers is required");
    }
    let Some((first, rest)) = items(args, 0).split_first() else {
        return argument(0, "cannot sum an empty list");
    };
    if !items(args, 0).iter().all(Value::is_wholly_known) {
        return Ok(Value::unknown_not_null(Type::Number));
    }
    let mut sum = addend(first)?;
    for item in rest {
        match sum.add(&addend(item)?) {
            Some(it) => sum = it,
            None => return failed("infinities of both signs have no sum"),
        }
    }
    Ok(sum.into())
}

fn addend(item: &Value) -> Result<Number, super::CallError> {
    match convert(item, &Type::Number).ok().and_then(|it| it.as_number().cloned()) {
        Some(it) => Ok(it),
        None => argument(0, "every element must be a number"),
    }
}

/// `parseint(number, base)`
pub(super) fn parseint(_: &Context<'_>, args: &[Value]) -> Outcome {
    if args.first().and_then(Value::as_str).is_none() {
        return argument(0, "a string is required");
    }
    let Some(base) = whole(args, 1).filter(|it| (2..=62).contains(it)) else {
        return argument(1, "the base must be a whole number between 2 and 62");
    };
    let text = text(args, 0);
    match parse_digits(text, base as u32) {
        Some(it) => Ok(Number::from_big(it).into()),
        None => argument(0, format!("{text:?} is not a number in base {base}")),
    }
}

fn parse_digits(text: &str, base: u32) -> Option<IBig> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|it| digit(it, base).is_some()) {
        return None;
    }
    let magnitude = match base {
        ..=36 => IBig::from_str_radix(digits, base).ok()?,
        // Beyond 36 the cases of a letter are different digits.
        _ => digits.bytes().try_fold(IBig::ZERO, |sum, it| Some(sum * base + digit(it, base)?))?,
    };
    Some(if text.starts_with('-') { -magnitude } else { magnitude })
}

fn digit(it: u8, base: u32) -> Option<u32> {
    let value = match it {
        b'0'..=b'9' => it - b'0',
        b'a'..=b'z' => it - b'a' + 10,
        b'A'..=b'Z' if base <= 36 => it - b'A' + 10,
        b'A'..=b'Z' => it - b'A' + 36,
        _ => return None,
    };
    Some(u32::from(value)).filter(|value| *value < base)
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn digits_are_read_in_any_base() {
        for (text, base, want) in [
            ("zZ", 36, "1295"),
            ("zZ", 62, "2231"),
            ("-101", 2, "-5"),
            ("+7", 8, "7"),
            ("1_0", 10, "arg 0: \"1_0\" is not a number in base 10"),
            ("-", 10, "arg 0: \"-\" is not a number in base 10"),
        ] {
            assert_eq!(show(run("parseint", [text.into(), Value::from(base)])), want);
        }
    }

    #[test]
    fn what_is_no_real_number_is_an_error() {
        assert!(
            show(run("pow", [(-8).into(), Number::parse("0.5").unwrap().into()]))
                .starts_with("failed")
        );
        assert!(show(run("log", [(-1).into(), 10.into()])).starts_with("failed"));
    }

    #[test]
    fn sums_need_numbers() {
        assert_eq!(show(run("sum", [json("[1, \"2\", 0.5]")])), "3.5");
        for wrong in ["[]", "{}", "[null]", "[[1]]", "3"] {
            assert!(show(run("sum", [json(wrong)])).starts_with("arg 0"), "{wrong}");
        }
    }
}
