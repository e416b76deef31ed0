//! Numbers as Terraform computes them: binary floating point, mostly with 512 bits of mantissa, rounded
//! half to even. Small whole numbers take a short cut through `i64`.

mod decimal;

use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

use dashu_float::FBig;
use dashu_float::ops::Abs;
use dashu_float::round::mode::HalfEven;
use dashu_int::{IBig, UBig};

type Float = FBig<HalfEven, 2>;

/// Bits of mantissa of a number that is read from text.
const PRECISION: u16 = 512;
/// Bits of mantissa of a number that counts something.
const COUNT_PRECISION: u16 = 64;
/// Bits of mantissa of a number that the processor computed.
const MACHINE_PRECISION: u16 = 53;
/// Largest decimal exponent read from text; beyond it a number is of no use and costs memory.
const MAX_EXPONENT: i64 = 100_000;
/// Largest power of two of a finite number.
const MAX_BITS: usize = 1 << 20;

/// A number of any size, or an infinity. It knows how many bits it was computed with: results have
/// those of the more precise operand, and as many decimal digits as these bits tell apart.
#[derive(Clone)]
pub struct Number {
    repr: Repr,
    precision: u16,
}

/// A whole number that fits is always `Int`, so equal numbers have equal representations.
#[derive(Clone)]
enum Repr {
    Int(i64),
    /// Equal to zero, and yet shown with its sign.
    NegativeZero,
    Float(Arc<Float>),
    Infinite {
        negative: bool,
    },
}

impl Number {
    /// Zero.
    pub const ZERO: Number = Number::int(0, COUNT_PRECISION);

    const fn int(it: i64, precision: u16) -> Number {
        Number { repr: Repr::Int(it), precision }
    }

    const fn infinite(negative: bool, precision: u16) -> Number {
        Number { repr: Repr::Infinite { negative }, precision }
    }

    /// Zero with the sign.
    const fn zero(negative: bool, precision: u16) -> Number {
        let repr = if negative { Repr::NegativeZero } else { Repr::Int(0) };
        Number { repr, precision }
    }

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
        let zero = digits.bytes().all(|it| matches!(it, b'0' | b'.'));
        if zero {
            return Some(Number::zero(text.starts_with('-'), PRECISION));
        }
        if let Ok(small) = text.parse::<i64>() {
            return Some(Number::int(small, PRECISION));
        }
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let significand: UBig = format!("{whole}{fraction}").parse().ok()?;
        let exponent = exponent - i64::try_from(fraction.len()).ok()?;
        let power = UBig::from(10u8).pow(usize::try_from(exponent.unsigned_abs()).ok()?);
        let magnitude = match exponent >= 0 {
            true => ratio(&(significand * power), &UBig::ONE, PRECISION),
            false => ratio(&significand, &power, PRECISION),
        };
        let signed = if text.starts_with('-') { -magnitude } else { magnitude };
        Some(Self::normal(signed, PRECISION))
    }

    /// Reads what a text may hold that is converted to a number: decimal notation, also with nothing
    /// before or behind the point, and infinities.
    pub fn from_text(text: &str) -> Option<Number> {
        match text {
            "inf" | "Inf" | "+inf" | "+Inf" => Some(Number::infinite(false, PRECISION)),
            "-inf" | "-Inf" => Some(Number::infinite(true, PRECISION)),
            _ => Number::parse(text).or_else(|| {
                let (whole, fraction) = text.split_once('.')?;
                let bare = whole.trim_start_matches(['-', '+']).is_empty();
                let zero = if bare { "0" } else { "" };
                let fraction = match fraction.starts_with(|it: char| it.is_ascii_digit()) {
                    true => fraction.to_string(),
                    false if bare => return None,
                    false => format!("0{fraction}"),
                };
                Number::parse(&format!("{whole}{zero}.{fraction}"))
            }),
        }
    }

    /// The number that an `f64` is exactly; none for NaN.
    pub fn from_f64(it: f64) -> Option<Number> {
        if it.is_nan() {
            return None;
        }
        if it.is_infinite() {
            return Some(Number::infinite(it < 0.0, MACHINE_PRECISION));
        }
        if it == 0.0 {
            return Some(Number::zero(it.is_sign_negative(), MACHINE_PRECISION));
        }
        Some(Self::normal(Float::try_from(it).ok()?, MACHINE_PRECISION))
    }

    /// A whole number of any size.
    pub fn from_big(it: IBig) -> Number {
        let precision = u16::try_from(bit_len(&it)).unwrap_or(u16::MAX).max(COUNT_PRECISION);
        Self::normal(Float::from(it), precision)
    }

    /// Rounded to the precision; infinite or zero where its size is beyond all use.
    fn normal(it: Float, precision: u16) -> Number {
        if it.repr().is_infinite() {
            return Number::infinite(it < Float::ZERO, precision);
        }
        let (significand, exponent) = it.repr().clone().into_parts();
        let top = exponent.saturating_add_unsigned(bit_len(&significand));
        if top.unsigned_abs() > MAX_BITS {
            let negative = significand < IBig::ZERO;
            return match top > 0 {
                true => Number::infinite(negative, precision),
                false => Number::zero(negative, precision),
            };
        }
        // Taken apart and put together again, since only then all of its bits are looked at.
        let rounded =
            Float::from_parts(significand, exponent).with_precision(precision.into()).value();
        let (significand, exponent) = rounded.repr().clone().into_parts();
        let whole = (0..64).contains(&exponent);
        if let Some(Ok(small)) = whole.then(|| i64::try_from(&significand << exponent as usize)) {
            return Number::int(small, precision);
        }
        Number { repr: Repr::Float(Arc::new(rounded)), precision }
    }

    /// As a float of that precision, which must not be below its own.
    fn float(&self, precision: u16) -> Option<Float> {
        let float = match &self.repr {
            Repr::Int(it) => Float::from(*it),
            Repr::NegativeZero => Float::ZERO,
            Repr::Float(it) => it.as_ref().clone(),
            Repr::Infinite { .. } => return None,
        };
        Some(float.with_precision(precision.into()).value())
    }

    /// Whether it is an infinity.
    pub fn is_infinite(&self) -> bool {
        matches!(self.repr, Repr::Infinite { .. })
    }

    /// Whether it is below zero.
    pub fn is_negative(&self) -> bool {
        match &self.repr {
            Repr::Int(it) => *it < 0,
            Repr::NegativeZero => false,
            Repr::Float(it) => **it < Float::ZERO,
            Repr::Infinite { negative } => *negative,
        }
    }

    /// Whether it is shown with a minus sign.
    fn has_minus(&self) -> bool {
        matches!(self.repr, Repr::NegativeZero) || self.is_negative()
    }

    /// Whether it is zero.
    pub fn is_zero(&self) -> bool {
        matches!(self.repr, Repr::Int(0) | Repr::NegativeZero)
    }

    /// Whether it has no fraction.
    pub fn is_whole(&self) -> bool {
        match &self.repr {
            Repr::Int(_) | Repr::NegativeZero => true,
            Repr::Float(it) => it.repr().exponent() >= 0,
            Repr::Infinite { .. } => false,
        }
    }

    /// As a machine integer, where it is one.
    pub fn to_i64(&self) -> Option<i64> {
        match self.repr {
            Repr::Int(it) => Some(it),
            Repr::NegativeZero => Some(0),
            _ => None,
        }
    }

    /// As a whole number of any size, where it is one.
    pub fn to_big(&self) -> Option<IBig> {
        match &self.repr {
            Repr::Int(it) => Some(IBig::from(*it)),
            Repr::NegativeZero => Some(IBig::ZERO),
            Repr::Float(it) if it.repr().exponent() >= 0 => {
                Some(it.repr().significand() << it.repr().exponent() as usize)
            }
            _ => None,
        }
    }

    /// The nearest `f64`.
    pub fn to_f64(&self) -> f64 {
        match &self.repr {
            Repr::Int(it) => *it as f64,
            Repr::NegativeZero => -0.0,
            Repr::Float(it) => it.to_f64().value(),
            Repr::Infinite { negative: true } => f64::NEG_INFINITY,
            Repr::Infinite { negative: false } => f64::INFINITY,
        }
    }

    /// Sum; none for `inf - inf`.
    pub fn add(&self, other: &Number) -> Option<Number> {
        let precision = self.precision.max(other.precision);
        match (&self.repr, &other.repr) {
            (Repr::Infinite { negative: a }, Repr::Infinite { negative: b }) => {
                (a == b).then(|| self.clone())
            }
            (Repr::Infinite { .. }, _) => Some(self.clone()),
            (_, Repr::Infinite { .. }) => Some(other.clone()),
            (Repr::NegativeZero, Repr::NegativeZero) => Some(Number::zero(true, precision)),
            (Repr::Int(a), Repr::Int(b))
                if a.checked_add(*b).is_some_and(|it| holds(it, precision)) =>
            {
                Some(Number::int(a + b, precision))
            }
            _ => {
                // Exactly, and rounded once: the library's own sum is now and then one bit off.
                let (a, a_exponent) = self.float(precision)?.into_repr().into_parts();
                let (b, b_exponent) = other.float(precision)?.into_repr().into_parts();
                let exponent = a_exponent.min(b_exponent);
                let sum =
                    (a << a_exponent.abs_diff(exponent)) + (b << b_exponent.abs_diff(exponent));
                Some(Self::normal(Float::from_parts(sum, exponent), precision))
            }
        }
    }

    /// Difference; none for `inf - inf`.
    pub fn sub(&self, other: &Number) -> Option<Number> {
        self.add(&other.neg())
    }

    /// Product, with as many more bits as it needs to be exact, up to those of a number in a text;
    /// none for `0 * inf`.
    pub fn mul(&self, other: &Number) -> Option<Number> {
        let precision = self.precision.max(other.precision);
        if let (Repr::Int(a), Repr::Int(b)) = (&self.repr, &other.repr)
            && let Some(it) = a.checked_mul(*b).filter(|it| *it != 0)
        {
            let used = i64::BITS - it.unsigned_abs().leading_zeros() - it.trailing_zeros();
            return Some(Number::int(it, precision.max(used as u16)));
        }
        let negative = self.has_minus() != other.has_minus();
        if self.is_infinite() || other.is_infinite() {
            let zero = self.is_zero() || other.is_zero();
            return (!zero).then_some(Number::infinite(negative, precision));
        }
        if self.is_zero() || other.is_zero() {
            return Some(Number::zero(negative, precision));
        }
        let wide = precision.max(PRECISION);
        let product = self.float(wide)? * other.float(wide)?;
        let used = u16::try_from(product.repr().digits()).unwrap_or(wide).min(wide);
        Some(Self::normal(product, precision.max(used)))
    }

    /// Quotient, infinite where the divisor is zero; none for `0 / 0` and `inf / inf`.
    pub fn div(&self, other: &Number) -> Option<Number> {
        let precision = self.precision.max(other.precision);
        let negative = self.has_minus() != other.has_minus();
        match (self.is_infinite() || other.is_zero(), other.is_infinite() || self.is_zero()) {
            (true, true) => return None,
            (true, false) => return Some(Number::infinite(negative, precision)),
            (false, true) => return Some(Number::zero(negative, precision)),
            (false, false) => {}
        }
        match (&self.repr, &other.repr) {
            (Repr::Int(a), Repr::Int(b)) if a.checked_rem(*b) == Some(0) => {
                Some(Number::int(a / b, precision))
            }
            _ => {
                let (a, mut a_exponent) = self.float(precision)?.into_repr().into_parts();
                let (b, b_exponent) = other.float(precision)?.into_repr().into_parts();
                let magnitude = |it: IBig| UBig::try_from(it.abs()).unwrap_or(UBig::ZERO);
                let (quotient, exponent) =
                    ratio(&magnitude(a), &magnitude(b), precision).into_repr().into_parts();
                a_exponent = a_exponent.saturating_sub(b_exponent).saturating_add(exponent);
                let quotient = if negative { -quotient } else { quotient };
                Some(Self::normal(Float::from_parts(quotient, a_exponent), precision))
            }
        }
    }

    /// Remainder with the sign of the dividend. Of a division by zero all remains; an infinity makes
    /// it infinite; none for `0` and an infinity.
    pub fn rem(&self, other: &Number) -> Option<Number> {
        if self.is_infinite() || other.is_infinite() {
            return self.mul(other);
        }
        if other.is_zero() {
            return Some(self.clone());
        }
        match (&self.repr, &other.repr) {
            (Repr::Int(a), Repr::Int(b)) => {
                a.checked_rem(*b).map(|it| Number::int(it, self.precision))
            }
            _ => {
                let quotient = self.div(other)?.trunc();
                self.sub(&other.mul(&quotient)?)
            }
        }
    }

    /// The number with its sign turned.
    pub fn neg(&self) -> Number {
        let precision = self.precision;
        match &self.repr {
            Repr::Int(0) => Number::zero(true, precision),
            Repr::NegativeZero => Number::zero(false, precision),
            Repr::Int(it) => match it.checked_neg() {
                Some(it) => Number::int(it, precision),
                None => Self::normal(-Float::from(*it), precision),
            },
            Repr::Float(it) => Self::normal(-it.as_ref().clone(), precision),
            Repr::Infinite { negative } => Number::infinite(!negative, precision),
        }
    }

    /// Distance from zero.
    pub fn abs(&self) -> Number {
        if self.has_minus() { self.neg() } else { self.clone() }
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
        match &self.repr {
            Repr::Float(it) if it.repr().exponent() < 0 => Self::normal(round(it), self.precision),
            Repr::NegativeZero => Number::zero(false, self.precision),
            _ => self.clone(),
        }
    }
}

fn bit_len(it: &IBig) -> usize {
    dashu_int::ops::BitTest::bit_len(it)
}

/// The quotient with a few bits more than the precision, the last of which tells whether there are
/// further ones, so that it can be rounded correctly.
fn ratio(numerator: &UBig, denominator: &UBig, precision: u16) -> Float {
    let len = dashu_int::ops::BitTest::bit_len;
    let shift = usize::from(precision) + 3 + len(denominator);
    let shift = shift.saturating_sub(len(numerator));
    let shifted = numerator << shift;
    let (quotient, rest) = (&shifted / denominator, &shifted % denominator);
    let sticky = if rest == UBig::ZERO { UBig::ZERO } else { UBig::ONE };
    let exponent = -isize::try_from(shift).unwrap_or(isize::MAX - 1) - 1;
    Float::from_parts(IBig::from((quotient << 1usize) + sticky), exponent)
}

/// Whether so many bits hold the whole number without rounding.
fn holds(it: i64, precision: u16) -> bool {
    precision >= COUNT_PRECISION || it.unsigned_abs() >> precision == 0
}

impl From<i64> for Number {
    fn from(it: i64) -> Self {
        Number::int(it, COUNT_PRECISION)
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
            match it.repr {
                Repr::Infinite { negative } => 1 - 2 * negative as i8,
                _ => 0,
            }
        }
        match (&self.repr, &other.repr) {
            (Repr::Int(a), Repr::Int(b)) => a.cmp(b),
            (Repr::Infinite { .. }, _) | (_, Repr::Infinite { .. }) => side(self).cmp(&side(other)),
            _ => {
                let precision = self.precision.max(other.precision);
                self.float(precision).cmp(&other.float(precision))
            }
        }
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
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
        assert!(
            third.starts_with("0.33333333") && third.len() > 150 && third.len() < 160,
            "{third}"
        );
    }

    #[test]
    fn arithmetic_is_exact_where_terraforms_is() {
        assert_eq!(number("0.1").add(&number("0.2")).unwrap(), number("0.3"));
        assert_eq!(
            number("9223372036854775807").add(&number("1")).unwrap().to_string(),
            "9223372036854775808"
        );
        assert_eq!(number("-7").rem(&number("3")).unwrap(), number("-1"));
        assert_eq!(number("7.5").rem(&number("2")).unwrap(), number("1.5"));
        assert!(Number::ZERO.div(&Number::ZERO).is_none());
        assert_eq!(number("-1").div(&Number::ZERO).unwrap().to_string(), "-Inf");
        assert_eq!(number("5").rem(&Number::ZERO).unwrap(), number("5"));
        assert_eq!(number("-1.5").floor(), number("-2"));
        assert_eq!(number("-1.5").ceil(), number("-1"));
        assert_eq!(
            number("9223372036854775808").sub(&number("1")).unwrap().to_i64(),
            Some(i64::MAX)
        );
    }

    #[test]
    fn results_have_the_digits_of_the_more_precise_operand() {
        let machine = Number::from_f64(1.1).unwrap();
        assert_eq!(machine.to_string(), "1.1");
        assert_eq!(Number::from_f64(2f64.powi(64)).unwrap().to_string(), "18446744073709550000");
        assert_eq!(
            Number::from(1i64).div(&Number::from(3i64)).unwrap().to_string(),
            "0.33333333333333333334"
        );
        assert_eq!(Number::from(2i64).div(&number("8")).unwrap().to_string(), "0.25");
        assert!(machine.add(&number("0.1")).unwrap().to_string().len() > 50);
    }

    #[test]
    fn numbers_beyond_all_use_are_infinite_or_zero() {
        let mut large = number("1e99999");
        let mut small = number("1e-99999");
        for _ in 0..40 {
            large = large.mul(&large).unwrap();
            small = small.mul(&small).unwrap();
        }
        assert!(large.is_infinite() && small.is_zero());
    }

    #[test]
    fn results_are_rounded_once() {
        let third = number("1").div(&number("3")).unwrap();
        assert_eq!(third.mul(&number("3")).unwrap(), number("1"));
        let tenths = (0..10).fold(number("0"), |sum, _| sum.add(&number("0.1")).unwrap());
        // One unit in the last of 512 bits.
        let beyond = tenths.sub(&number("1")).unwrap().to_string();
        assert!(beyond.starts_with(&format!("0.{}1", "0".repeat(153))), "{beyond}");
    }

    #[test]
    fn zero_has_a_sign_but_no_side() {
        let minus = number("0").neg();
        assert_eq!(minus.to_string(), "-0");
        assert_eq!(minus, Number::ZERO);
        assert_eq!(number("1").div(&minus).unwrap().to_string(), "-Inf");
        assert_eq!(minus.add(&Number::ZERO).unwrap().to_string(), "0");
        assert_eq!(number("-0.0").abs().to_string(), "0");
        assert_eq!(number("-0.5").ceil().to_string(), "0");
    }

    #[test]
    fn text_is_read_more_leniently_than_source() {
        for (text, want) in
            [(".5", "0.5"), ("-.5e1", "-5"), ("1.", "1"), ("1.e2", "100"), ("inf", "+Inf")]
        {
            assert_eq!(Number::from_text(text).unwrap().to_string(), want, "{text}");
        }
        for text in [".", "-.", "INF", "Infinity", "1..2", ".e1", "e1", "1.5.", "+-1."] {
            assert!(Number::from_text(text).is_none(), "{text}");
        }
    }

    #[test]
    fn digits_are_rounded_half_to_even() {
        assert_eq!(number("2.25").fixed(1), "2.2");
        assert_eq!(number("0.05").fixed(0), "0");
        assert_eq!(number("9.999").rounded(2), ("10".into(), 2));
        assert_eq!(number("0.00099996").rounded(4), ("1000".into(), -2));
    }

    #[test]
    fn refuses_what_is_no_number() {
        for text in ["", "-", "1.", ".5", "0x1F", "1_000", "1e", "NaN", "Inf", "1e999999999", " 1"]
        {
            assert!(Number::parse(text).is_none(), "{text}");
        }
    }
}
