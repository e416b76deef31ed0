//! Numbers as decimal digits: as few as tell them apart, or as many as asked for.

use std::cmp::Ordering;
use std::fmt;

use dashu_float::ops::Abs;
use dashu_int::UBig;

use super::{Float, Number, Repr, holds};

/// Decimal notation without exponent: the fewest digits that read back as the same number.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.repr {
            Repr::Int(it) if holds(*it, self.precision) => write!(f, "{it}"),
            Repr::NegativeZero => f.write_str("-0"),
            Repr::Infinite { negative: true } => f.write_str("-Inf"),
            Repr::Infinite { negative: false } => f.write_str("+Inf"),
            Repr::Int(_) | Repr::Float(_) => {
                let (digits, point) = self.digits().unwrap_or(("0".into(), 1));
                if self.is_negative() {
                    f.write_str("-")?;
                }
                f.write_str(&place_point(&digits, point))
            }
        }
    }
}

impl Number {
    /// Significant decimal digits and the power of ten before which the point stands:
    /// `0.d1d2d3… × 10^point`; none for zero and infinities.
    pub fn digits(&self) -> Option<(String, i64)> {
        match self.float(self.precision)? {
            it if it == Float::ZERO => None,
            it => Some(shortest(&it, self.precision)),
        }
    }

    /// Decimal notation with that many digits after the point, rounded half to even; the sign is left
    /// out.
    pub fn fixed(&self, places: usize) -> String {
        let scaled = self.scaled(places as i64).to_string();
        let digits = format!("{scaled:0>width$}", width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        if places == 0 { whole.into() } else { format!("{whole}.{fraction}") }
    }

    /// That many significant digits, rounded half to even, and the power of ten before which the
    /// point stands, as [`Number::digits`] has it; the sign is left out.
    pub fn rounded(&self, count: usize) -> (String, i64) {
        let Some((_, mut point)) = self.digits() else { return ("0".repeat(count), 1) };
        loop {
            let digits = self.scaled(count as i64 - point).to_string();
            match digits.len() as i64 - count as i64 {
                0 => return (digits, point),
                // Rounding made it one digit longer, or the shortest digits were rounded up already.
                more => point += more,
            }
        }
    }

    /// Distance from zero times ten to that power, rounded half to even.
    fn scaled(&self, power: i64) -> UBig {
        let Some(float) = self.float(self.precision) else { return UBig::ZERO };
        let (significand, exponent) = float.repr().clone().into_parts();
        let mut value: UBig = significand.abs().try_into().unwrap_or(UBig::ZERO);
        let mut divisor = UBig::ONE;
        let ten = UBig::from(10u8).pow(power.unsigned_abs() as usize);
        if power >= 0 {
            value *= ten
        } else {
            divisor *= ten
        }
        if exponent >= 0 {
            value <<= exponent as usize
        } else {
            divisor <<= exponent.unsigned_abs()
        }
        let (quotient, rest) = (&value / &divisor, &value % &divisor);
        let odd = dashu_int::ops::BitTest::bit(&quotient, 0);
        match (rest << 1usize).cmp(&divisor) {
            Ordering::Greater => quotient + UBig::ONE,
            Ordering::Equal if odd => quotient + UBig::ONE,
            _ => quotient,
        }
    }
}

fn place_point(digits: &str, point: i64) -> String {
    let count = digits.len() as i64;
    if point <= 0 {
        format!("0.{}{digits}", "0".repeat(-point as usize))
    } else if point >= count {
        format!("{digits}{}", "0".repeat((point - count) as usize))
    } else {
        let (whole, fraction) = digits.split_at(point as usize);
        format!("{whole}.{fraction}")
    }
}

/// Free-format digit generation (Steele and White) over exact integers.
fn shortest(it: &Float, precision: u16) -> (String, i64) {
    let (significand, exponent) = it.repr().clone().into_parts();
    let magnitude: UBig = significand.abs().try_into().unwrap_or(UBig::ZERO);
    let bits = dashu_int::ops::BitTest::bit_len(&magnitude);
    let widen = usize::from(precision).saturating_sub(bits) + 1;
    // value = mantissa × 2^scale, where one step of the mantissa is half a unit in the last place.
    let mantissa = &magnitude << widen;
    let scale = exponent as i64 - widen as i64;
    let inclusive = !dashu_int::ops::BitTest::bit(&(&mantissa >> 1), 0);
    let (mut value, mut unit, mut whole) = if scale >= 0 {
        (&mantissa << scale as usize, UBig::ONE << scale as usize, UBig::ONE)
    } else {
        (mantissa, UBig::ONE, UBig::ONE << (-scale) as usize)
    };
    let ten = UBig::from(10u8);
    let mut point =
        ((bits as i64 + exponent as i64) as f64 * std::f64::consts::LOG10_2).ceil() as i64;
    if point >= 0 {
        whole *= ten.pow(point as usize);
    } else {
        let lift = ten.pow(-point as usize);
        value *= &lift;
        unit *= &lift;
    }
    // The estimate of `point` may be one off in either direction.
    while value >= whole {
        whole *= &ten;
        point += 1;
    }
    while &value * &ten < whole {
        value *= &ten;
        unit *= &ten;
        point -= 1;
    }
    let mut digits = String::new();
    loop {
        value *= &ten;
        unit *= &ten;
        let digit = (&value / &whole).to_string();
        value %= &whole;
        let low = if inclusive { value <= unit } else { value < unit };
        let sum = &value + &unit;
        let high = if inclusive { sum >= whole } else { sum > whole };
        digits.push_str(&digit);
        if low || high {
            let odd = digits.bytes().last().is_some_and(|it| it % 2 == 1);
            let nearer = match (value << 1usize).cmp(&whole) {
                Ordering::Equal => odd,
                other => other == Ordering::Greater,
            };
            if high && (!low || nearer) {
                point += round_up(&mut digits);
            }
            let kept = digits.trim_end_matches('0').len().max(1);
            digits.truncate(kept);
            return (digits, point);
        }
    }
}

/// Adds one to the last digit; returns 1 where that made the number one digit longer.
fn round_up(digits: &mut String) -> i64 {
    let mut bytes = std::mem::take(digits).into_bytes();
    while bytes.last() == Some(&b'9') {
        bytes.pop();
    }
    let carried = bytes.is_empty();
    match bytes.last_mut() {
        Some(last) => *last += 1,
        None => bytes.push(b'1'),
    }
    *digits = bytes.into_iter().map(char::from).collect();
    carried as i64
}
