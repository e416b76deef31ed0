//! Points in time, in RFC 3339 notation.

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp, ToSpan};

use super::{CallError, Context, Outcome, argument, failed, text};
use crate::lang::types::Type;
use crate::lang::value::Value;

/// A point in time as its place saw it.
#[derive(Clone, Copy)]
struct Moment {
    local: DateTime,
    /// Seconds east of Greenwich.
    offset: i32,
}

impl Moment {
    /// Reads `2017-11-22T00:00:00.5+01:00` and nothing looser.
    fn parse(text: &str) -> Option<Moment> {
        let number = |from: usize, to: usize| -> Option<i16> {
            let part = text.get(from..to)?;
            part.bytes().all(|it| it.is_ascii_digit()).then(|| part.parse().ok()).flatten()
        };
        for (at, mark) in [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")] {
            text.get(at..at + 1).filter(|it| *it == mark)?;
        }
        let [month, day, hour, minute, second] =
            [(5, 7), (8, 10), (11, 13), (14, 16), (17, 19)].map(|(from, to)| number(from, to));
        let mut rest = text.get(19..)?;
        let mut nanosecond = 0;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            let digits = fraction.bytes().take_while(|it| it.is_ascii_digit()).count();
            let (digits, after) = fraction.split_at(digits);
            if digits.is_empty() {
                return None;
            }
            nanosecond = format!("{:0<9.9}", digits).parse().ok()?;
            rest = after;
        }
        let small = |it: Option<i16>| i8::try_from(it?).ok();
        let local = DateTime::new(
            number(0, 4)?,
            small(month)?,
            small(day)?,
            small(hour)?,
            small(minute)?,
            small(second)?,
            nanosecond,
        );
        Some(Moment { local: local.ok()?, offset: parse_offset(rest)? })
    }

    fn timestamp(&self) -> Option<Timestamp> {
        let seconds = jiff::tz::Offset::UTC.to_timestamp(self.local).ok()?;
        seconds.checked_sub(SignedDuration::from_secs(self.offset.into())).ok()
    }

    /// RFC 3339 without fractions of a second.
    fn text(&self) -> String {
        self.text_after(0)
    }

    /// The same so many years later, in a year that the calendar may not have.
    fn text_after(&self, years: i32) -> String {
        let zone = if self.offset == 0 { "Z".into() } else { self.zone(":") };
        let year = i32::from(self.local.year()) + years;
        let sign = if year < 0 { "-" } else { "" };
        format!("{sign}{:04}{}{zone}", year.abs(), self.local.strftime("-%m-%dT%H:%M:%S"))
    }

    /// `+01:00`, with what stands between hours and minutes.
    fn zone(&self, between: &str) -> String {
        let (sign, size) = (if self.offset < 0 { '-' } else { '+' }, self.offset.abs());
        format!("{sign}{:02}{between}{:02}", size / 3600, size / 60 % 60)
    }
}

fn parse_offset(text: &str) -> Option<i32> {
    if text == "Z" {
        return Some(0);
    }
    let sign = match text.get(..1)? {
        "+" => 1,
        "-" => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let number = |it: &str, most: i32| -> Option<i32> {
        let digits = it.len() == 2 && it.bytes().all(|it| it.is_ascii_digit());
        it.parse().ok().filter(|it| digits && *it <= most)
    };
    Some(sign * (number(hours, 24)? * 3600 + number(minutes, 59)? * 60))
}

/// The RFC 3339 notation of what YAML takes for a timestamp: a date, or date and time, whose parts
/// may have one digit and whose zone may be missing.
pub(super) fn yaml_timestamp(text: &str) -> Option<String> {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?),
        None => (text, ""),
    };
    let wide = |it: &str| (1..=2).contains(&it.len()).then(|| format!("{it:0>2}"));
    let mut parts = date.split('-');
    let (year, month, day) = (parts.next()?, wide(parts.next()?)?, wide(parts.next()?)?);
    if year.len() != 4 || parts.next().is_some() {
        return None;
    }
    if date.len() == text.len() {
        return Some(Moment::parse(&format!("{year}-{month}-{day}T00:00:00Z"))?.text());
    }
    let spaced = text.get(date.len()..)?.starts_with(' ');
    let zone = if spaced { time.len() } else { time.find(['Z', '+', '-'])? };
    let (clock, zone) = (time.get(..zone)?, if spaced { "Z" } else { time.get(zone..)? });
    let (clock, fraction) = match clock.find('.') {
        Some(at) => clock.split_at(at),
        None => (clock, ""),
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (parts.next()?, wide(parts.next()?)?);
    let (hour, second) = (wide(hour)?, wide(parts.next()?)?);
    if parts.next().is_some() {
        return None;
    }
    let full = format!("{year}-{month}-{day}T{hour}:{minute}:{second}{fraction}{zone}");
    Some(Moment::parse(&full)?.text())
}

const WANTED: &str = "an RFC 3339 timestamp is required, such as 2017-11-22T00:00:00Z";

/// `timestamp()`: differs every time, so only known at apply.
pub(super) fn timestamp(ctx: &Context<'_>, _: &[Value]) -> Outcome {
    Ok(match ctx.apply {
        true => Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
        false => Value::unknown_not_null(Type::String),
    })
}

/// `plantimestamp()`: when the plan was made.
pub(super) fn plantimestamp(ctx: &Context<'_>, _: &[Value]) -> Outcome {
    Ok(match ctx.now {
        Some(it) => it.strftime("%Y-%m-%dT%H:%M:%SZ").to_string().into(),
        None => Value::unknown_not_null(Type::String),
    })
}

/// `timecmp(timestamp_a, timestamp_b)`
pub(super) fn timecmp(_: &Context<'_>, args: &[Value]) -> Outcome {
    let mut moments = Vec::new();
    for index in 0..2 {
        match Moment::parse(text(args, index)).and_then(|it| it.timestamp()) {
            Some(it) => moments.push(it),
            None => return argument(index, WANTED),
        }
    }
    Ok((moments.first().cmp(&moments.last()) as i64).into())
}

/// `timeadd(timestamp, duration)`
pub(super) fn timeadd(_: &Context<'_>, args: &[Value]) -> Outcome {
    let Some(moment) = Moment::parse(text(args, 0)) else { return failed(WANTED) };
    let Some(nanoseconds) = parse_duration(text(args, 1)) else {
        return failed("a duration is required, such as 1h30m or -10s");
    };
    /// After as many years, weekdays and leap years come again.
    const CYCLE: i32 = 400;
    let duration = SignedDuration::from_nanos(nanoseconds);
    if let Ok(local) = moment.local.checked_add(duration) {
        return Ok(Moment { local, ..moment }.text().into());
    }
    // No duration is longer than a cycle.
    let earlier = moment.local.checked_sub(CYCLE.years()).and_then(|it| it.checked_add(duration));
    match earlier {
        Ok(local) => Ok(Moment { local, ..moment }.text_after(CYCLE).into()),
        Err(_) => failed("the result is beyond the calendar"),
    }
}

/// Nanoseconds of `1h30m`, `-1.5s`, `0`; none where it is no duration or too long a one.
fn parse_duration(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let sign = if text.starts_with('-') { -1 } else { 1 };
    if unsigned == "0" {
        return Some(0);
    }
    if unsigned.is_empty() {
        return None;
    }
    let (mut rest, mut total) = (unsigned, 0i128);
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|it: char| it.is_ascii_digit() || it == '.').unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let unit: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1_000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => return None,
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if (whole.is_empty() && fraction.is_empty()) || fraction.contains('.') {
            return None;
        }
        let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let fraction = fraction.get(..fraction.len().min(18))?;
        let part: i128 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
        total += i128::from(whole) * unit + part * unit / 10i128.pow(fraction.len() as u32);
        i64::try_from(total).ok()?;
        rest = after;
    }
    i64::try_from(sign * total).ok()
}

/// `formatdate(format, time)`: runs of letters stand for parts of the time, `'…'` for itself.
pub(super) fn formatdate(_: &Context<'_>, args: &[Value]) -> Outcome {
    let Some(moment) = Moment::parse(text(args, 1)) else { return argument(1, WANTED) };
    let mut out = String::new();
    let mut rest = text(args, 0);
    while let Some(it) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("''") {
            out.push('\'');
            rest = after;
        } else if let Some(quoted) = rest.strip_prefix('\'') {
            rest = unquote(quoted, &mut out)?;
        } else if it.is_ascii_alphabetic() {
            let end = rest.find(|other| other != it).unwrap_or(rest.len());
            let (word, after) = rest.split_at(end);
            match part(&moment, word) {
                Some(it) => out.push_str(&it),
                None => {
                    let message =
                        format!("`{word}` stands for no part of a time; quote text as 'it'");
                    return argument(0, message);
                }
            }
            rest = after;
        } else {
            out.push(it);
            rest = &rest[it.len_utf8()..];
        }
    }
    Ok(out.into())
}

/// Appends text up to the closing quote, two quotes being one; returns what follows.
fn unquote<'a>(mut text: &'a str, out: &mut String) -> Result<&'a str, CallError> {
    loop {
        let Some((before, after)) = text.split_once('\'') else {
            return argument(0, "a closing quote is missing");
        };
        out.push_str(before);
        match after.strip_prefix('\'') {
            Some(rest) => {
                out.push('\'');
                text = rest;
            }
            None => return Ok(after),
        }
    }
}

fn part(moment: &Moment, word: &str) -> Option<String> {
    let local = moment.local;
    let clock = match local.hour() % 12 {
        0 => 12,
        it => it,
    };
    Some(match word {
        "YYYY" => format!("{:04}", local.year()),
        "YY" => format!("{:02}", local.year().rem_euclid(100)),
        "MMMM" => local.strftime("%B").to_string(),
        "MMM" => local.strftime("%b").to_string(),
        "MM" => format!("{:02}", local.month()),
        "M" => local.month().to_string(),
        "DD" => format!("{:02}", local.day()),
        "D" => local.day().to_string(),
        "EEEE" => local.strftime("%A").to_string(),
        "EEE" => local.strftime("%a").to_string(),
        "hh" => format!("{:02}", local.hour()),
        "h" => local.hour().to_string(),
        "HH" => format!("{clock:02}"),
        "H" => clock.to_string(),
        "AA" => local.strftime("%p").to_string().to_uppercase(),
        "aa" => local.strftime("%p").to_string().to_lowercase(),
        "mm" => format!("{:02}", local.minute()),
        "m" => local.minute().to_string(),
        "ss" => format!("{:02}", local.second()),
        "s" => local.second().to_string(),
        "ZZZZZ" => moment.zone(":"),
        "ZZZZ" => moment.zone(""),
        "ZZZ" if moment.offset == 0 => "UTC".into(),
        "ZZZ" => moment.zone(""),
        "Z" if moment.offset == 0 => "Z".into(),
        "Z" => moment.zone(":"),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;
    use super::*;

    #[test]
    fn timestamps_are_read_strictly() {
        for text in [
            "2017-11-22t00:00:00Z",
            "2017-11-22T00:00:00z",
            "2017-11-22T00:00:60Z",
            "2017-11-22T00:00:00+0100",
            "2017-11-22T00:00:00.Z",
            "2017-11-22 00:00:00Z",
            "2017-13-22T00:00:00Z",
            "+017-11-22T00:00:00Z",
            "é",
            "",
        ] {
            assert!(Moment::parse(text).is_none(), "{text}");
        }
        assert!(Moment::parse("2017-11-22T00:00:00.123456789012+23:59").is_some());
    }

    #[test]
    fn durations_are_read_as_written() {
        for (text, want) in [
            ("1.5h", Some(5_400_000_000_000)),
            (".5s", Some(500_000_000)),
            ("-1m1s", Some(-61_000_000_000)),
            ("0", Some(0)),
            ("1", None),
            ("", None),
            ("-", None),
            ("1.s", Some(1_000_000_000)),
            ("1.1.1s", None),
            (".s", None),
            ("1h ", None),
            ("9223372036854775807ns", Some(i64::MAX)),
            ("9223372036854775808ns", None),
        ] {
            assert_eq!(parse_duration(text), want, "{text}");
        }
    }

    #[test]
    fn dates_are_written_as_asked() {
        for (format, want) in [
            ("h:mm aa, H 'o''clock'", "\"0:05 am, 12 o'clock\""),
            ("EEE D.M.YY Z", "\"Wed 2.1.19 -03:30\""),
            ("'", "arg 0: a closing quote is missing"),
        ] {
            let args = [format.into(), "2019-01-02T00:05:09-03:30".into()];
            assert_eq!(show(run("formatdate", args)), want);
        }
    }

    #[test]
    fn years_may_have_five_digits_or_a_sign() {
        let after = |from: &str, by: &str| show(run("timeadd", [from.into(), by.into()]));
        assert_eq!(after("9999-12-31T23:59:59Z", "1h"), "\"10000-01-01T00:59:59Z\"");
        assert_eq!(after("0000-01-01T00:00:00Z", "-1h"), "\"-0001-12-31T23:00:00Z\"");
    }
}
