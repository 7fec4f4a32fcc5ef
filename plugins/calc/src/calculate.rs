//! `calculate`

use pegboard_sdk::prelude::*;

use crate::expression;
use crate::number::Arithmetic;

const DEFAULT_DIGITS: u16 = 50;
const MOST_DIGITS: u16 = 1_000;

/// What an expression comes to.
#[output]
#[derive(Debug, PartialEq)]
pub struct Calculated {
    /// The result, in decimal.
    pub result: String,
    /// True: not a digit was rounded away, neither in the result nor on the way to it.
    pub exact: bool,
}

/// Evaluates an arithmetic expression in decimal, to 50 significant digits or as many as wanted: 0.1+0.2 is 0.3, and
/// 2^100 is exact. Use it for every calculation that is more than trivial, instead of calculating yourself.
#[tool(title = "Calculate", read_only, destructive = false, idempotent, open_world = false)]
pub fn calculate(
    /// The expression, for example (1299.90 * 3 - 250) * 1.19. Operators: + - * / % (remainder) ^ (power; -2^2 is
    /// -4) ! (factorial) and parentheses. Functions: abs, sign, round(x) or round(x, places), floor, ceil, trunc, sqrt,
    /// cbrt, exp, ln, log2, log10, log(x, base), sin, cos, tan, asin, acos, atan (in radians: sin(30*deg)), and min,
    /// max, sum, avg of any number of arguments. Constants: pi, e, tau, deg. Numbers have a decimal point and no
    /// separators of thousands; a multiplication needs its *; percent are written /100.
    #[schemars(length(min = 1, max = 4_000))]
    expression: &str,
    /// Significant digits of the result; 50 if not given.
    #[schemars(range(min = 1, max = 1000))]
    digits: Option<u16>,
) -> Result<Calculated, Error> {
    let digits = digits.unwrap_or(DEFAULT_DIGITS).clamp(1, MOST_DIGITS);
    let mut arithmetic = Arithmetic::new(digits.into());
    let value = expression::evaluate(expression, &mut arithmetic)
        .map_err(|error| Error::invalid_arguments(format!("expression: {error}")))?;
    let (result, exact) = arithmetic.finish(value);
    Ok(Calculated { result, exact })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(expression: &str, digits: Option<u16>) -> (String, bool) {
        let Calculated { result, exact } = calculate(expression, digits).expect(expression);
        (result, exact)
    }

    #[test]
    fn decimals_are_exact_and_what_was_rounded_is_said() {
        for (expression, digits, expected, exact) in [
            ("0.1+0.2", None, "0.3", true),
            ("(1299.90 * 3 - 250) * 1.19", None, "4343.143", true),
            ("2^100", None, "1267650600228229401496703205376", true),
            ("1/3", Some(5), "0.33333", false),
            ("1/3*3", None, "1", false),
            ("2/3", Some(3), "0.667", false),
            ("123456", Some(3), "123000", false),
            ("1/8", Some(3), "0.125", true),
            ("pi", Some(10), "3.141592654", false),
            ("sqrt(16)", None, "4", true),
            ("-0", None, "0", true),
            ("cos(0) + ln(1) + log10(1000)", None, "4", true),
            ("exp(1e-9000)", None, "1", false),
            ("(1 + 1e-500)^(1e-9000)", None, "1", false),
            ("sin(1e-9000) * 1e9000", None, "1", false),
        ] {
            assert_eq!(result(expression, digits), (expected.to_owned(), exact), "{expression}");
        }
    }

    #[test]
    fn numbers_far_from_the_point_are_written_with_an_exponent() {
        assert_eq!(result("1.5*10^400", None).0, "1.5e400");
        assert_eq!(result("-25*10^-400", None).0, "-2.5e-399");
        assert_eq!(result("10^-9", None).0, "0.000000001");
        assert_eq!(result("100!", Some(200)).0.len(), 158);
    }

    #[test]
    fn a_thousand_digits_are_computed() {
        let (digits, exact) = result("sqrt(2)", Some(1000));
        assert_eq!((digits.len(), exact), (1001, false));
        assert!(digits.ends_with("2951848847"), "{digits}");
    }

    #[test]
    fn a_wrong_expression_names_the_argument() {
        let error = calculate("1+", None).expect_err("wrong");
        assert_eq!(error, Error::invalid_arguments("expression: something is missing at the end"));
    }
}
