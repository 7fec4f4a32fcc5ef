//! Decimal numbers of a bounded precision and magnitude, and whether anything was rounded on the way.

use dashu_base::{Abs, Sign};
use dashu_float::round::mode::{HalfEven, Zero};
use dashu_float::{Context, FBig, FpError, FpResult, Repr};
use dashu_int::IBig;

/// A decimal number.
pub type Number = FBig<HalfEven, 10>;

/// Digits that are kept beyond those asked for, so that errors of rounding do not reach these.
const GUARD_DIGITS: usize = 15;

/// No number is beyond 10 to this power, or, other than 0, below its inverse.
const MOST_EXPONENT: isize = 10_000;

/// How far from the decimal point a number may begin or end and still be written without an exponent.
const PLAIN_DIGITS: isize = 30;

/// Arithmetic: each operation is rounded correctly to the precision, and what was rounded is remembered.
pub struct Arithmetic {
    digits: usize,
    context: Context<HalfEven>,
    exact: bool,
}

impl Arithmetic {
    /// For results of so many significant digits.
    pub fn new(digits: usize) -> Self {
        Self { digits, context: Context::new(digits + GUARD_DIGITS), exact: true }
    }

    /// Takes what an operation gave.
    pub fn take(&mut self, result: FpResult<Number>) -> Result<Number, String> {
        let (number, exact) = result.map_err(|error| complaint(error).to_owned())?.value_with_exact();
        self.exact &= exact;
        within_bounds(number)
    }

    pub fn add(&mut self, a: &Number, b: &Number) -> Result<Number, String> {
        self.take(self.context.add(a.repr(), b.repr()))
    }

    pub fn subtract(&mut self, a: &Number, b: &Number) -> Result<Number, String> {
        self.take(self.context.sub(a.repr(), b.repr()))
    }

    pub fn multiply(&mut self, a: &Number, b: &Number) -> Result<Number, String> {
        self.take(self.context.mul(a.repr(), b.repr()))
    }

    pub fn divide(&mut self, a: &Number, b: &Number) -> Result<Number, String> {
        if is_zero(b) {
            return Err("division by zero".to_owned());
        }
        self.take(self.context.div(a.repr(), b.repr()))
    }

    /// With the sign of `a`, as in most programming languages.
    pub fn remainder(&mut self, a: &Number, b: &Number) -> Result<Number, String> {
        if is_zero(b) {
            return Err("division by zero".to_owned());
        }
        let truncating = Context::<Zero>::new(self.context.precision());
        let result = truncating.rem(a.repr(), b.repr());
        self.take(result.map(|rounded| rounded.map(FBig::with_rounding)))
    }

    pub fn power(&mut self, base: &Number, exponent: &Number) -> Result<Number, String> {
        if is_zero(base) && exponent.repr().sign() == Sign::Negative && !is_zero(exponent) {
            return Err("division by zero: 0 to a negative power".to_owned());
        }
        if !exponent.repr().is_int() {
            return self.rounded(|context, exponent| context.powf(base.repr(), exponent, None), exponent);
        }
        match small_integer(exponent) {
            Some(exponent) => self.take(self.context.powi(base.repr(), IBig::from(exponent))),
            None => Err("an exponent must be from -1000000000 to 1000000000".to_owned()),
        }
    }

    /// One of the library's functions of one number.
    pub fn apply(
        &mut self,
        function: impl FnOnce(&Context<HalfEven>, &Repr<10>) -> FpResult<Number>,
        number: &Number,
    ) -> Result<Number, String> {
        self.take(function(&self.context, number.repr()))
    }

    /// The same, of a function whose results are never whole decimals. The library says that one is exact where it is
    /// as close to one as the precision can tell: e to the power of 1e-9000 is not 1.
    pub fn rounded(
        &mut self,
        function: impl FnOnce(&Context<HalfEven>, &Repr<10>) -> FpResult<Number>,
        number: &Number,
    ) -> Result<Number, String> {
        self.exact = false;
        self.apply(function, number)
    }

    pub fn pi(&mut self) -> Number {
        self.exact = false;
        Number::pi(self.context.precision())
    }

    pub fn e(&mut self) -> Number {
        self.exact = false;
        Number::e(self.context.precision())
    }

    /// A number as a text, rounded to the digits asked for, and whether it is exact.
    pub fn finish(&self, number: Number) -> (String, bool) {
        if is_zero(&number) {
            // Without the sign that it may have.
            return ("0".to_owned(), self.exact);
        }
        let (number, exact) = number.with_precision(self.digits).value_with_exact();
        let repr = number.repr();
        let end = repr.exponent();
        let start = end.saturating_add_unsigned(repr.digits());
        let longest = PLAIN_DIGITS.max(isize::try_from(self.digits).unwrap_or(isize::MAX));
        let plain = start <= longest && start > -PLAIN_DIGITS;
        (if plain { repr.to_string() } else { format!("{repr:e}") }, exact && self.exact)
    }
}

/// Reads digits with an optional fraction and exponent.
pub fn parse(text: &str) -> Result<Number, String> {
    let number = text.parse::<Number>().map_err(|_| format!("{text} is no number"))?;
    within_bounds(number)
}

pub fn is_zero(number: &Number) -> bool {
    number.repr().is_pos_zero() || number.repr().is_neg_zero()
}

/// An integer of at most 10^9, which needs no number of words.
pub fn small_integer(number: &Number) -> Option<i64> {
    let repr = number.repr();
    if !repr.is_int() || repr.exponent().saturating_add_unsigned(repr.digits()) > 10 {
        return None;
    }
    let value = number.to_int().value();
    i64::try_from(value).ok().filter(|value| (-1_000_000_000..=1_000_000_000).contains(value))
}

/// Is it at most `most`, whatever its sign?
pub fn at_most(number: &Number, most: i64) -> bool {
    number.clone().abs() <= Number::from(most)
}

fn within_bounds(number: Number) -> Result<Number, String> {
    let repr = number.repr();
    if repr.is_infinite() {
        return Err("the result is infinite".to_owned());
    }
    // Of its first digit.
    let power = repr.exponent().saturating_add_unsigned(repr.digits()).saturating_sub(1);
    if is_zero(&number) {
        Ok(Number::ZERO)
    } else if power > MOST_EXPONENT {
        Err(format!("a number is beyond 10^{MOST_EXPONENT}"))
    } else if power < -MOST_EXPONENT {
        Err(format!("a number is closer to 0 than 10^-{MOST_EXPONENT}"))
    } else {
        Ok(number)
    }
}

fn complaint(error: FpError) -> &'static str {
    match error {
        FpError::OutOfDomain => "the result is no real number, as that of the square root of -1",
        FpError::Indeterminate => "the result is not defined, as that of 0/0",
        FpError::InfiniteInput => "a number is infinite",
        FpError::Overflow(_) => "a number is too large",
        FpError::Underflow(_) => "a number is too close to 0",
        FpError::ZivRetryLimitExceeded => "the result cannot be computed to this precision",
    }
}
