//! Numbers: decimal, exact, with 38 significant digits and magnitudes from 1E-130 to 9.99…E+125.

use std::cmp::Ordering;
use std::fmt;
use std::ops::Neg;

/// Significant digits of a number.
const PRECISION: usize = 38;
/// The power of ten of the first digit.
const MAGNITUDES: std::ops::RangeInclusive<i64> = -130..=125;
/// Beyond what any number reaches, and far from what an `i64` ends with.
const FAR: i64 = 1 << 40;

/// Why a text or a result is no number, in AWS's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum NumberError {
    #[error("The parameter cannot be converted to a numeric value")]
    Empty,
    #[error("The parameter cannot be converted to a numeric value: {0}")]
    NotNumeric(String),
    #[error("Attempting to store more than 38 significant digits in a Number")]
    TooPrecise,
    #[error("Number overflow. Attempting to store a number with magnitude larger than supported range")]
    Overflow,
    #[error("Number underflow. Attempting to store a number with magnitude smaller than supported range")]
    Underflow,
}

/// `coefficient` times ten to the power of `exponent`. The coefficient has at most 38 digits and does not end with a
/// zero, so that equal numbers are written alike: `1`, `1.0` and `01` are the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Number {
    coefficient: i128,
    exponent: i64,
}

impl Number {
    /// Reads what `N` holds: digits with a sign, a point and an exponent, where wanted.
    pub(super) fn parse(text: &str) -> Result<Self, NumberError> {
        if text.is_empty() {
            return Err(NumberError::Empty);
        }
        let not_numeric = || NumberError::NotNumeric(text.to_owned());
        let (negative, unsigned) = sign(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, power(exponent).ok_or_else(not_numeric)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let all = format!("{whole}{fraction}");
        if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(not_numeric());
        }
        let digits = all.trim_end_matches('0');
        let zeros = all.len() - digits.len();
        let digits = digits.trim_start_matches('0');
        let places = i64::try_from(zeros).unwrap_or(FAR) - i64::try_from(fraction.len()).unwrap_or(FAR);
        if digits.len() > PRECISION {
            return Err(NumberError::TooPrecise);
        }
        let coefficient = if digits.is_empty() { 0 } else { digits.parse().map_err(|_| not_numeric())? };
        Self::within(if negative { -coefficient } else { coefficient }, exponent + places)
    }

    /// A number in its one form, if it is in the range.
    fn within(mut coefficient: i128, mut exponent: i64) -> Result<Self, NumberError> {
        if coefficient == 0 {
            return Ok(Self { coefficient, exponent: 0 });
        }
        while coefficient % 10 == 0 {
            coefficient /= 10;
            exponent += 1;
        }
        let number = Self { coefficient, exponent };
        match number.magnitude() {
            magnitude if magnitude > *MAGNITUDES.end() => Err(NumberError::Overflow),
            magnitude if magnitude < *MAGNITUDES.start() => Err(NumberError::Underflow),
            // DynamoDB calls a result with too many digits an overflow, too.
            _ if number.digits() > PRECISION => Err(NumberError::Overflow),
            _ => Ok(number),
        }
    }

    /// The exact sum.
    ///
    /// # Errors
    ///
    /// When it is out of the range, or has more than 38 digits.
    pub(super) fn plus(self, other: Self) -> Result<Self, NumberError> {
        let (high, low) = if self.exponent >= other.exponent { (self, other) } else { (other, self) };
        if high.coefficient == 0 || low.coefficient == 0 {
            return Ok(if self.coefficient == 0 { other } else { self });
        }
        let shift = u32::try_from(high.exponent - low.exponent).ok();
        let scaled = shift.and_then(|shift| 10_i128.checked_pow(shift)?.checked_mul(high.coefficient));
        let sum = scaled.and_then(|scaled| scaled.checked_add(low.coefficient)).ok_or(NumberError::Overflow)?;
        Self::within(sum, low.exponent)
    }

    /// How many digits are significant.
    pub(super) fn digits(self) -> usize {
        self.coefficient.unsigned_abs().checked_ilog10().map_or(0, |log| log as usize + 1)
    }

    /// How many significant digits stand before the decimal point, and how many after it.
    pub(super) fn digits_around_point(self) -> (usize, usize) {
        let behind = usize::try_from(-self.exponent).unwrap_or(0).min(self.digits());
        (self.digits() - behind, behind)
    }

    /// The nearest binary fraction, for what needs no exact value.
    pub(super) fn approximately(self) -> f64 {
        format!("{}e{}", self.coefficient, self.exponent).parse().unwrap_or(f64::NAN)
    }

    pub(super) fn is_negative(self) -> bool {
        self.coefficient < 0
    }

    /// The power of ten of the first digit.
    fn magnitude(self) -> i64 {
        self.exponent + i64::try_from(self.digits()).unwrap_or(FAR) - 1
    }

    /// The digits as if there were 38 of them.
    fn filled(self) -> i128 {
        let missing = PRECISION.saturating_sub(self.digits());
        (0..missing).fold(self.coefficient, |coefficient, _| coefficient * 10)
    }
}

fn sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// An exponent. One that is beyond all numbers is as good as any such.
fn power(text: &str) -> Option<i64> {
    let (negative, digits) = sign(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let power = digits.parse::<i64>().unwrap_or(FAR).min(FAR);
    Some(if negative { -power } else { power })
}

impl From<usize> for Number {
    fn from(count: usize) -> Self {
        let count = i128::try_from(count).unwrap_or_default();
        Self::within(count, 0).unwrap_or(Self { coefficient: 0, exponent: 0 })
    }
}

impl Neg for Number {
    type Output = Self;

    fn neg(self) -> Self {
        Self { coefficient: -self.coefficient, ..self }
    }
}

impl Ord for Number {
    fn cmp(&self, other: &Self) -> Ordering {
        let signs = self.coefficient.signum().cmp(&other.coefficient.signum());
        let magnitudes = self.magnitude().cmp(&other.magnitude());
        let magnitudes = if self.is_negative() { magnitudes.reverse() } else { magnitudes };
        signs
            .then(if self.coefficient == 0 { Ordering::Equal } else { magnitudes })
            .then_with(|| self.filled().cmp(&other.filled()))
    }
}

impl PartialOrd for Number {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// All digits, without an exponent, as DynamoDB answers.
impl fmt::Display for Number {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.coefficient.unsigned_abs().to_string();
        if self.is_negative() {
            formatter.write_str("-")?;
        }
        let point = i64::try_from(digits.len()).unwrap_or(FAR) + self.exponent;
        match usize::try_from(point) {
            Ok(point) if point >= digits.len() => write!(formatter, "{digits}{}", "0".repeat(point - digits.len())),
            Ok(point) if point > 0 => write!(formatter, "{}.{}", &digits[..point], &digits[point..]),
            _ => {
                let zeros = usize::try_from(point.unsigned_abs()).unwrap_or_default();
                write!(formatter, "0.{}{digits}", "0".repeat(zeros))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn number(text: &str) -> Number {
        Number::parse(text).unwrap()
    }

    #[test]
    fn numbers_are_written_in_one_way() {
        let max = format!("{}{}", "9".repeat(38), "0".repeat(88));
        for (text, written) in [
            ("0", "0"),
            ("-0.0", "0"),
            ("0e1000", "0"),
            ("+3", "3"),
            ("01.50", "1.5"),
            (".125", "0.125"),
            ("5.", "5"),
            ("1e+5", "100000"),
            ("-17.4E37", "-174000000000000000000000000000000000000"),
            ("12e-3", "0.012"),
            ("9.9999999999999999999999999999999999999E+125", &max),
        ] {
            assert_eq!(number(text).to_string(), written, "{text}");
        }
        assert_eq!(number("1e-130").to_string(), format!("0.{}1", "0".repeat(129)));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        let not_numeric = |text: &str| NumberError::NotNumeric(text.to_owned());
        let huge = format!("1e{}", "9".repeat(400));
        for (text, error) in [
            ("", NumberError::Empty),
            ("NaN", not_numeric("NaN")),
            ("Infinity", not_numeric("Infinity")),
            (" 1", not_numeric(" 1")),
            ("1 ", not_numeric("1 ")),
            ("--1", not_numeric("--1")),
            ("1e", not_numeric("1e")),
            (".", not_numeric(".")),
            ("1.2.3", not_numeric("1.2.3")),
            ("3.14159265358979323846264338327950288419", NumberError::TooPrecise),
            ("1e126", NumberError::Overflow),
            ("-11e125", NumberError::Overflow),
            (huge.as_str(), NumberError::Overflow),
            ("0.9e-130", NumberError::Underflow),
        ] {
            assert_eq!(Number::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn sums_are_exact_or_refused() {
        for (left, right, sum) in [
            ("10000000000000000000000", "1", Ok("10000000000000000000001")),
            ("0.1", "0.2", Ok("0.3")),
            ("1e38", "-1", Ok("99999999999999999999999999999999999999")),
            ("5", "-5", Ok("0")),
            ("0", "1e-130", Ok("1e-130")),
            ("9e125", "9e125", Err(NumberError::Overflow)),
            ("1e50", "1", Err(NumberError::Overflow)),
            ("2e38", "-1", Err(NumberError::Overflow)),
            ("1e125", "1e-130", Err(NumberError::Overflow)),
            ("1.01e-130", "-1e-130", Err(NumberError::Underflow)),
        ] {
            assert_eq!(number(left).plus(number(right)), sum.map(number), "{left} + {right}");
        }
    }

    #[test]
    fn numbers_sort_by_value() {
        let sorted = ["-1e125", "-20", "-3", "-2.5", "-1e-130", "0", "1e-130", "0.5", "2", "10", "10.5", "1e125"];
        for pair in sorted.windows(2) {
            assert!(number(pair[0]) < number(pair[1]), "{pair:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(coefficient in -10_i64.pow(17)..10_i64.pow(17), exponent in -100_i64..100) {
            let read = number(&format!("{coefficient}e{exponent}"));
            prop_assert_eq!(number(&read.to_string()), read);
            prop_assert_eq!(read.plus(-read), Ok(number("0")));
        }

        #[test]
        fn whole_numbers_behave_as_integers(left in any::<i64>(), right in any::<i64>()) {
            let (one, two) = (number(&left.to_string()), number(&right.to_string()));
            prop_assert_eq!(one.cmp(&two), left.cmp(&right));
            prop_assert_eq!(one.plus(two).unwrap().to_string(), (i128::from(left) + i128::from(right)).to_string());
        }

        #[test]
        fn no_text_breaks_the_reader(text in "\\PC{0,60}") {
            let _ = Number::parse(&text);
        }
    }
}
