//! Logarithm and power of doubles, to the last bit as Terraform has them: by the same series and the
//! same order of multiplications, since results are printed with all of their digits.

use std::f64::consts::{LN_2, SQRT_2};

/// Natural logarithm: of the power of two by multiplication, of the rest by a series in
/// `s = f / (2 + f)`, whose coefficients are those that most C libraries use.
pub(super) fn ln(x: f64) -> f64 {
    // The upper bits of ln 2, so that multiples of it are exact, and what they lack.
    const UPPER: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
    const LOWER: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
    const SERIES: [u64; 7] = [
        0x3fe5_5555_5555_5593,
        0x3fd9_9999_9997_fa04,
        0x3fd2_4924_9422_9359,
        0x3fcc_71c5_1d8e_78af,
        0x3fc7_4664_96cb_03de,
        0x3fc3_9a09_d078_c69f,
        0x3fc2_f112_df3e_5244,
    ];
    if !(x > 0.0 && x.is_finite()) {
        return x.ln();
    }
    let (mut mantissa, mut exponent) = split(x);
    if mantissa < SQRT_2 / 2.0 {
        mantissa *= 2.0;
        exponent -= 1;
    }
    let (f, k) = (mantissa - 1.0, f64::from(exponent));
    let [c1, c2, c3, c4, c5, c6, c7] = SERIES.map(f64::from_bits);
    let s = f / (2.0 + f);
    let square = s * s;
    let fourth = square * square;
    let odd = square * (c1 + fourth * (c3 + fourth * (c5 + fourth * c7)));
    let even = fourth * (c2 + fourth * (c4 + fourth * c6));
    let half = 0.5 * f * f;
    k * UPPER - ((half - (s * (half + (odd + even)) + k * LOWER)) - f)
}

/// `x` to the power of `y`: the whole part of `y` by squaring, the rest by logarithm.
pub(super) fn pow(x: f64, y: f64) -> f64 {
    let magnitude = y.abs();
    if !x.is_finite() || x == 0.0 || !y.is_finite() || magnitude >= 2f64.powi(63) {
        return x.powf(y);
    }
    if x < 0.0 && y.fract() != 0.0 {
        return f64::NAN;
    }
    match y {
        0.5 => return x.sqrt(),
        -0.5 => return 1.0 / x.sqrt(),
        _ => {}
    }
    let (mut whole, mut part) = (magnitude.trunc(), magnitude.fract());
    let (mut result, mut exponent) = (1.0, 0i64);
    if part != 0.0 {
        if part > 0.5 {
            part -= 1.0;
            whole += 1.0;
        }
        result = exp(part * ln(x));
    }
    let (mut factor, power) = split(x);
    let mut power = i64::from(power);
    let mut bits = whole as u64;
    while bits != 0 {
        if power.abs() > 1 << 12 {
            // Beyond what a double holds, whatever follows.
            exponent += power;
            break;
        }
        if bits & 1 == 1 {
            result *= factor;
            exponent += power;
        }
        factor *= factor;
        power <<= 1;
        if factor < 0.5 {
            factor += factor;
            power -= 1;
        }
        bits >>= 1;
    }
    if y < 0.0 {
        (result, exponent) = (1.0 / result, -exponent);
    }
    scaled(result, exponent)
}

/// `e` to the power of a number between -1 and 1 times a logarithm.
fn exp(x: f64) -> f64 {
    const UPPER: f64 = f64::from_bits(0x3fe6_2e42_fee0_0000);
    const LOWER: f64 = f64::from_bits(0x3dea_39ef_3579_3c76);
    const SERIES: [u64; 5] = [
        0x3fc5_5555_5555_553e,
        0xbf66_c16c_16be_bd93,
        0x3f11_566a_af25_de2c,
        0xbebb_bd41_c5d2_6bf1,
        0x3e66_3769_72be_a4d0,
    ];
    if x.abs() < 2f64.powi(-28) {
        return 1.0 + x;
    }
    let k = (x / LN_2 + 0.5f64.copysign(x)).trunc();
    let (high, low) = (x - k * UPPER, k * LOWER);
    let r = high - low;
    let t = r * r;
    let [c1, c2, c3, c4, c5] = SERIES.map(f64::from_bits);
    let c = r - t * (c1 + t * (c2 + t * (c3 + t * (c4 + t * c5))));
    scaled(1.0 - ((low - (r * c) / (2.0 - c)) - high), k as i64)
}

/// A number as a mantissa from 1/2 up to 1 and a power of two.
fn split(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    let (x, shift) = if x.is_normal() { (x, 0) } else { (x * 2f64.powi(64), -64) };
    let bits = x.to_bits();
    let exponent = ((bits >> 52) & 0x7ff) as i32 - 1022;
    (f64::from_bits(bits & !(0x7ff << 52) | 1022 << 52), exponent + shift)
}

/// `x` times a power of two.
fn scaled(x: f64, power: i64) -> f64 {
    let power = power.clamp(-4000, 4000) as i32;
    // In steps, so that nothing is lost on the way to a very small number.
    let step = power / 4;
    x * 2f64.powi(step) * 2f64.powi(step) * 2f64.powi(step) * 2f64.powi(power - 3 * step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_is_right() {
        assert_eq!(ln(16.0) / ln(3.0), 2.52371901428583);
        assert_eq!(pow(0.1, 10.0), 1.0000000000000011e-10);
        assert_eq!(pow(2.0, -1074.0), 5e-324);
        assert_eq!(pow(2.0, 2000.0), f64::INFINITY);
        assert!(pow(-8.0, 0.333).is_nan());
    }

    #[test]
    fn they_are_what_the_library_has_but_for_the_last_bits() {
        for step in 1..2000 {
            let x = f64::from(step) * 0.37;
            assert!((ln(x) - x.ln()).abs() <= 1e-15 * x.ln().abs().max(1.0), "{x}");
            let (have, want) = (pow(x, 2.3), x.powf(2.3));
            assert!((have - want).abs() <= 1e-14 * want, "{x}: {have} {want}");
        }
    }
}
