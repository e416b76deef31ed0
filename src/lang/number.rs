//! Numbers as Terraform computes them: binary floating point with 512 bits of mantissa, rounded half
//! to even. Small whole numbers take a short cut through `i64`.

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use dashu_float::ops::Abs;
use dashu_float::round::mode::HalfEven;
use dashu_float::{DBig, FBig};
use dashu_int::{IBig, UBig};

type Float = FBig<HalfEven, 2>;

/// Bits of mantissa.
const PRECISION: usize = 512;
/// Largest decimal exponent read from text; beyond it a number is of no use and costs memory.
const MAX_EXPONENT: i64 = 100_000;

/// A number of any size, or an infinity.
#[derive(Clone)]
pub struct Number(Repr);

/// A whole number that fits is always `Int`, so equal numbers have equal representations.
#[derive(Clone)]
enum Repr {
    Int(i64),
    Float(Arc<Float>),
    Infinite { negative: bool },
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number(Repr::Int(0));

    /// Reads decimal notation: `12`, `-0.5`, `1e3`. None where it is anything else.
    pub fn parse(text: &str) -> Option<Number> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (digits, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((digits, exponent)) => (digits, exponent.parse::<i64>().ok()?),
            None => (unsigned, 0),
        };
        let plain = |it: &str| !it.is_empty() && it.bytes().all(|b| b.is_ascii_digit());
        let well_formed = match digits.split_once('.') {
            Some((whole, fraction)) => plain(whole) && plain(fraction),
            None => plain(digits),
        };
        if !well_formed || exponent.abs() > MAX_EXPONENT {
            return None;
        }
        if let Ok(small) = text.parse::<i64>() {
            return Some(Number(Repr::Int(small)));
        }
        let exact: DBig = text.trim_start_matches('+').parse().ok()?;
        Some(Self::normal(exact.with_base_and_precision::<2>(PRECISION).value().with_rounding()))
    }

    /// The number that an `f64` is exactly; none for NaN.
    pub fn from_f64(it: f64) -> Option<Number> {
        if it.is_nan() {
            return None;
        }
        if it.is_infinite() {
            return Some(Number(Repr::Infinite { negative: it < 0.0 }));
        }
        let float = Float::try_from(it).ok()?;
        Some(Self::normal(float.with_precision(PRECISION).value()))
    }

    /// A whole number of any size (rounded to 512 bits).
    pub fn from_big(it: IBig) -> Number {
        Self::normal(Float::from(it).with_precision(PRECISION).value())
    }

    fn normal(it: Float) -> Number {
        if it.repr().is_infinite() {
            let negative = it < Float::ZERO;
            return Number(Repr::Infinite { negative });
        }
        let (significand, exponent) = it.repr().clone().into_parts();
        if (0..64).contains(&exponent) {
            if let Ok(small) = i64::try_from(&significand << exponent as usize) {
                return Number(Repr::Int(small));
            }
        }
        let float = Float::from_parts(significand, exponent);
        Number(Repr::Float(Arc::new(float.with_precision(PRECISION).value())))
    }

    fn float(&self) -> Option<Float> {
        match &self.0 {
            Repr::Int(it) => Some(Float::from(*it).with_precision(PRECISION).value()),
            Repr::Float(it) => Some(it.as_ref().clone()),
            Repr::Infinite { .. } => None,
        }
    }

    /// Whether it is an infinity.
    pub fn is_infinite(&self) -> bool {
        matches!(self.0, Repr::Infinite { .. })
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        *self < Number::ZERO
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        matches!(self.0, Repr::Int(0))
    }

    /// Whether it has no fraction.
    pub fn is_whole(&self) -> bool {
        match &self.0 {
            Repr::Int(_) => true,
            Repr::Float(it) => it.repr().exponent() >= 0,
            Repr::Infinite { .. } => false,
        }
    }

    /// As a machine integer, where it is one.
    pub fn to_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Int(it) => Some(it),
            _ => None,
        }
    }

    /// As a whole number of any size, where it is one.
    pub fn to_big(&self) -> Option<IBig> {
        match &self.0 {
            Repr::Int(it) => Some(IBig::from(*it)),
            Repr::Float(it) if it.repr().exponent() >= 0 => {
                Some(it.repr().significand() << it.repr().exponent() as usize)
            }
            _ => None,
        }
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        match &self.0 {
            Repr::Int(it) => *it as f64,
            Repr::Float(it) => it.to_f64().value(),
            Repr::Infinite { negative: true } => f64::NEG_INFINITY,
            Repr::Infinite { negative: false } => f64::INFINITY,
        }
    }

    /// Sum; none for `inf - inf`.
    pub fn add(&self, other: &Number) -> Option<Number> {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) if a.checked_add(*b).is_some() => Some((a + b).into()),
            (Repr::Infinite { negative: a }, Repr::Infinite { negative: b }) => {
                (a == b).then(|| self.clone())
            }
            (Repr::Infinite { .. }, _) => Some(self.clone()),
            (_, Repr::Infinite { .. }) => Some(other.clone()),
            _ => Some(Self::normal(self.float()? + other.float()?)),
        }
    }

    /// Difference; none for `inf - inf`.
    pub fn sub(&self, other: &Number) -> Option<Number> {
        self.add(&other.neg())
    }

    /// Product; none for `0 * inf`.
    pub fn mul(&self, other: &Number) -> Option<Number> {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) if a.checked_mul(*b).is_some() => Some((a * b).into()),
            (Repr::Infinite { .. }, _) | (_, Repr::Infinite { .. }) => {
                let zero = self.is_zero() || other.is_zero();
                let negative = self.is_negative() != other.is_negative();
                (!zero).then_some(Number(Repr::Infinite { negative }))
            }
            _ => Some(Self::normal(self.float()? * other.float()?)),
        }
    }

    /// Quotient; none where the divisor is zero or both are infinite.
    pub fn div(&self, other: &Number) -> Option<Number> {
        if other.is_zero() {
            return None;
        }
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) if a.checked_rem(*b) == Some(0) => Some((a / b).into()),
            (Repr::Infinite { .. }, Repr::Infinite { .. }) => None,
            (Repr::Infinite { negative }, _) => {
                Some(Number(Repr::Infinite { negative: *negative != other.is_negative() }))
            }
            (_, Repr::Infinite { .. }) => Some(Number::ZERO),
            _ => Some(Self::normal(self.float()? / other.float()?)),
        }
    }

    /// Remainder with the sign of the dividend; none where the divisor is zero or infinite.
    pub fn rem(&self, other: &Number) -> Option<Number> {
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a.checked_rem(*b).map(Number::from),
            _ => {
                let quotient = self.div(other)?;
                self.sub(&other.mul(&quotient.trunc())?)
            }
        }
    }

    /// The number with its sign turned.
    pub fn neg(&self) -> Number {
        match &self.0 {
            Repr::Int(it) => match it.checked_neg() {
                Some(it) => it.into(),
                None => Self::from_big(-IBig::from(*it)),
            },
            Repr::Float(it) => Self::normal(-it.as_ref().clone()),
            Repr::Infinite { negative } => Number(Repr::Infinite { negative: !negative }),
        }
    }

    /// Distance from zero.
    pub fn abs(&self) -> Number {
        match &self.0 {
            Repr::Float(it) => Self::normal(it.as_ref().clone().abs()),
            _ if self.is_negative() => self.neg(),
            _ => self.clone(),
        }
    }

    /// The next whole number below or equal.
    pub fn floor(&self) -> Number {
        self.round_with(|it| it.floor())
    }

    /// The next whole number above or equal.
    pub fn ceil(&self) -> Number {
        self.round_with(|it| it.ceil())
    }

    /// The whole part.
    pub fn trunc(&self) -> Number {
        self.round_with(|it| it.trunc())
    }

    fn round_with(&self, round: impl Fn(&Float) -> Float) -> Number {
        match &self.0 {
            Repr::Float(it) if it.repr().exponent() < 0 => Self::normal(round(it)),
            _ => self.clone(),
        }
    }
}

impl From<i64> for Number {
    fn from(it: i64) -> Self {
        Number(Repr::Int(it))
    }
}

impl From<usize> for Number {
    fn from(it: usize) -> Self {
        i64::try_from(it).map_or_else(|_| Number::from_big(it.into()), Number::from)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Number {}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        /// -1, 0 or 1: below, within or above all finite numbers.
        fn side(it: &Number) -> i8 {
            match it.0 {
                Repr::Infinite { negative } => 1 - 2 * negative as i8,
                _ => 0,
            }
        }
        match (&self.0, &other.0) {
            (Repr::Int(a), Repr::Int(b)) => a.cmp(b),
            (Repr::Infinite { .. }, _) | (_, Repr::Infinite { .. }) => side(self).cmp(&side(other)),
            _ => self.float().cmp(&other.float()),
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Decimal notation without exponent: the fewest digits that read back as the same number.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Repr::Int(it) => write!(f, "{it}"),
            Repr::Infinite { negative: true } => f.write_str("-Inf"),
            Repr::Infinite { negative: false } => f.write_str("+Inf"),
            Repr::Float(it) => {
                let (digits, point) = shortest(it);
                if **it < Float::ZERO {
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
        match self.float()? {
            it if it == Float::ZERO => None,
            it => Some(shortest(&it)),
        }
    }
}

impl Number {
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
        let Some(float) = self.float() else { return UBig::ZERO };
        let (significand, exponent) = float.repr().clone().into_parts();
        let mut value: UBig = significand.abs().try_into().unwrap_or(UBig::ZERO);
        let mut divisor = UBig::ONE;
        let ten = UBig::from(10u8).pow(power.unsigned_abs() as usize);
        if power >= 0 { value *= ten } else { divisor *= ten }
        if exponent >= 0 { value <<= exponent as usize } else { divisor <<= exponent.unsigned_abs() }
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
fn shortest(it: &Float) -> (String, i64) {
    let (significand, exponent) = it.repr().clone().into_parts();
    let magnitude: UBig = significand.abs().try_into().unwrap_or(UBig::ZERO);
    let bits = dashu_int::ops::BitTest::bit_len(&magnitude);
    let widen = PRECISION.saturating_sub(bits) + 1;
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
    let mut point = ((bits as i64 + exponent as i64) as f64 * std::f64::consts::LOG10_2).ceil() as i64;
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
            if high && (!low || &value * UBig::from(2u8) >= whole) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn prints_the_fewest_digits() {
        for (text, printed) in [
            ("0.1", "0.1"),
            ("12.75", "12.75"),
            ("-0.25", "-0.25"),
            ("1e3", "1000"),
            ("1e-7", "0.0000001"),
            ("123456789012345678901234567890", "123456789012345678901234567890"),
            ("9223372036854775808", "9223372036854775808"),
            ("0.30", "0.3"),
            ("1E400", &format!("1{}", "0".repeat(400))),
            ("9.99", "9.99"),
        ] {
            assert_eq!(number(text).to_string(), printed);
        }
    }

    #[test]
    fn a_third_has_the_digits_of_its_precision() {
        let third = number("1").div(&number("3")).unwrap().to_string();
        assert!(third.starts_with("0.33333333") && third.len() > 150 && third.len() < 160, "{third}");
    }

    #[test]
    fn arithmetic_is_exact_where_terraforms_is() {
        assert_eq!(number("0.1").add(&number("0.2")).unwrap(), number("0.3"));
        assert_eq!(number("9223372036854775807").add(&number("1")).unwrap().to_string(), "9223372036854775808");
        assert_eq!(number("-7").rem(&number("3")).unwrap(), number("-1"));
        assert_eq!(number("7.5").rem(&number("2")).unwrap(), number("1.5"));
        assert!(number("1").div(&Number::ZERO).is_none());
        assert_eq!(number("-1.5").floor(), number("-2"));
        assert_eq!(number("-1.5").ceil(), number("-1"));
        assert_eq!(number("9223372036854775808").sub(&number("1")).unwrap().to_i64(), Some(i64::MAX));
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "-", "1.", ".5", "0x1F", "1_000", "1e", "NaN", "Inf", "1e999999999", " 1"] {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }
}
