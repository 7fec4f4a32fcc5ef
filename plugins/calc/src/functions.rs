//! What has a name in an expression.

use dashu_base::Sign;
use dashu_float::Context;
use dashu_float::ops::Abs;
use dashu_float::round::mode::HalfAway;

use crate::number::{self, Arithmetic, Number};

/// The largest number whose factorial is computed.
const MOST_FACTORIAL: i64 = 3_000;

/// The farthest place that `round` rounds to.
const MOST_PLACES: i64 = 10_000;

/// The largest angle, so that there are digits left to tell where in the circle it is.
const MOST_ANGLE: i64 = 1_000_000_000_000;

/// e to the power of more than this is out of bounds.
const MOST_POWER: i64 = 24_000;

/// Functions of one number.
const OF_ONE: [&str; 17] = [
    "abs", "sign", "floor", "ceil", "trunc", "sqrt", "cbrt", "exp", "ln", "log2", "log10", "sin", "cos", "tan", "asin",
    "acos", "atan",
];

const OTHERS: &str = "round log min max sum avg, and the constants pi e tau deg";

/// The message for a name that has no meaning.
pub fn unknown(name: &str) -> String {
    let name = name.chars().take(40).collect::<String>();
    format!("{name} is not known; there are the functions {} {OTHERS}", OF_ONE.join(" "))
}

pub fn constant(name: &str, arithmetic: &mut Arithmetic) -> Option<Number> {
    match name.to_ascii_lowercase().as_str() {
        "pi" => Some(arithmetic.pi()),
        "e" => Some(arithmetic.e()),
        "tau" => Some(arithmetic.pi() * Number::from(2)),
        // One degree, in radians.
        "deg" => {
            let pi = arithmetic.pi();
            arithmetic.divide(&pi, &Number::from(180)).ok()
        }
        _ => None,
    }
}

/// Calls a function. The error names what is wrong with its arguments.
pub fn call(name: &str, arguments: &[Number], arithmetic: &mut Arithmetic) -> Result<Number, String> {
    let name = name.to_ascii_lowercase();
    match (name.as_str(), arguments) {
        ("min" | "max" | "sum" | "avg", []) => Err(format!("{name} wants at least one number")),
        ("min", [first, rest @ ..]) => Ok(rest.iter().fold(first, |least, number| least.min(number)).clone()),
        ("max", [first, rest @ ..]) => Ok(rest.iter().fold(first, |most, number| most.max(number)).clone()),
        ("sum", all) => sum(all, arithmetic),
        ("avg", all) => {
            let sum = sum(all, arithmetic)?;
            arithmetic.divide(&sum, &Number::from(all.len()))
        }
        ("round", [x]) => Ok(round(x, 0)),
        ("round", [x, places]) => match number::small_integer(places) {
            Some(places) if (-MOST_PLACES..=MOST_PLACES).contains(&places) => Ok(round(x, places)),
            _ => Err(format!("round(x, places) wants a whole number of places, of at most {MOST_PLACES}")),
        },
        ("log", [x, base]) => {
            let (x, base) = (logarithm(x, arithmetic)?, logarithm(base, arithmetic)?);
            arithmetic.divide(&x, &base)
        }
        ("log", _) => Err("log wants a number and its base: log(8, 2); there are also ln, log2 and log10".to_owned()),
        (_, [x]) => of_one(&name, x, arithmetic),
        _ if OF_ONE.contains(&name.as_str()) => {
            Err(format!("{name} wants one number, and there are {}", arguments.len()))
        }
        ("round", _) => Err("round wants a number, and the places to round to if they are not 0".to_owned()),
        _ => Err(unknown(&name)),
    }
}

fn of_one(name: &str, x: &Number, arithmetic: &mut Arithmetic) -> Result<Number, String> {
    let angle = || {
        if number::at_most(x, MOST_ANGLE) {
            Ok(())
        } else {
            Err(format!("{name} wants an angle of at most {MOST_ANGLE}"))
        }
    };
    match name {
        // What is exact of the functions that are not.
        "sign" | "sin" | "tan" | "asin" | "atan" if number::is_zero(x) => Ok(Number::ZERO),
        "exp" | "cos" if number::is_zero(x) => Ok(Number::ONE),
        "acos" | "ln" if *x == Number::ONE => Ok(Number::ZERO),
        "abs" => Ok(x.clone().abs()),
        "sign" => Ok(if x.repr().sign() == Sign::Negative { Number::NEG_ONE } else { Number::ONE }),
        "floor" => Ok(x.floor()),
        "ceil" => Ok(x.ceil()),
        "trunc" => Ok(x.trunc()),
        "sqrt" => arithmetic.apply(Context::sqrt, x),
        "cbrt" => arithmetic.apply(Context::cbrt, x),
        "exp" if !number::at_most(x, MOST_POWER) => Err(format!("exp wants a number of at most {MOST_POWER}")),
        "exp" => arithmetic.rounded(|context, x| context.exp(x, None), x),
        "ln" => logarithm(x, arithmetic),
        "log2" => positive(x).and_then(|()| arithmetic.apply(|context, x| context.log2(x, None), x)),
        "log10" => positive(x).and_then(|()| arithmetic.apply(|context, x| context.log10(x, None), x)),
        "sin" => angle().and_then(|()| arithmetic.rounded(|context, x| context.sin(x, None), x)),
        "cos" => angle().and_then(|()| arithmetic.rounded(|context, x| context.cos(x, None), x)),
        "tan" => angle().and_then(|()| arithmetic.rounded(|context, x| context.tan(x, None), x)),
        "asin" => arithmetic.rounded(|context, x| context.asin(x, None), x),
        "acos" => arithmetic.rounded(|context, x| context.acos(x, None), x),
        "atan" => arithmetic.rounded(|context, x| context.atan(x, None), x),
        _ => Err(unknown(name)),
    }
}

pub fn factorial(number: &Number, arithmetic: &mut Arithmetic) -> Result<Number, String> {
    match number::small_integer(number) {
        Some(number @ 0..=MOST_FACTORIAL) => {
            (2..=number).try_fold(Number::ONE, |product, factor| arithmetic.multiply(&product, &Number::from(factor)))
        }
        _ => Err(format!("a factorial must be of a whole number from 0 to {MOST_FACTORIAL}")),
    }
}

fn sum(all: &[Number], arithmetic: &mut Arithmetic) -> Result<Number, String> {
    all.iter().try_fold(Number::ZERO, |sum, number| arithmetic.add(&sum, number))
}

fn logarithm(x: &Number, arithmetic: &mut Arithmetic) -> Result<Number, String> {
    positive(x)?;
    arithmetic.rounded(|context, x| context.ln(x, None), x)
}

fn positive(x: &Number) -> Result<(), String> {
    if number::is_zero(x) || x.repr().sign() == Sign::Negative {
        return Err("only a number above 0 has a logarithm".to_owned());
    }
    Ok(())
}

/// To a number of decimal places, halves away from zero, as people round.
fn round(x: &Number, places: i64) -> Number {
    let x = x.clone().with_rounding::<HalfAway>();
    x.quantize(isize::try_from(-places).unwrap_or_default()).value().with_rounding()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::expression::evaluate;

    fn value(text: &str) -> String {
        let mut arithmetic = Arithmetic::new(20);
        let value = evaluate(text, &mut arithmetic).expect(text);
        arithmetic.finish(value).0
    }

    #[test]
    fn functions_give_what_mathematics_says() {
        for (text, expected) in [
            ("sqrt(2)", "1.4142135623730950488"),
            ("cbrt(-27)", "-3"),
            ("abs(-1.5)+sign(-3)+sign(0)", "0.5"),
            ("round(2.5)", "3"),
            ("round(-2.5)", "-3"),
            ("round(2.345, 2)", "2.35"),
            ("round(1234, -2)", "1200"),
            ("floor(-1.5)", "-2"),
            ("ceil(1.2)", "2"),
            ("trunc(-1.7)", "-1"),
            ("min(3, 1, 2) + max(3, 1, 2)", "4"),
            ("sum(0.1, 0.2) / avg(1, 2)", "0.2"),
            ("exp(1)", "2.7182818284590452354"),
            ("ln(e)", "1"),
            ("log(8, 2)", "3"),
            ("log2(0.125)", "-3"),
            ("log10(1e50)", "50"),
            ("exp(0)+cos(0)+sin(0)+ln(1)+acos(1)", "2"),
            ("sin(30*deg)", "0.5"),
            ("cos(pi)", "-1"),
            ("tan(pi/4)", "1"),
            ("4*atan(1)", "3.1415926535897932385"),
            ("asin(1) + acos(0)", "3.1415926535897932385"),
            ("tau/PI", "2"),
            ("20!", "2432902008176640000"),
            ("0!", "1"),
            ("2^0.5", "1.4142135623730950488"),
        ] {
            assert_eq!(value(text), expected, "{text}");
        }
    }

    #[test]
    fn what_a_function_cannot_take_is_said() {
        for (text, expected) in [
            ("sqrt(-1)", "no real number"),
            ("ln(0)", "above 0"),
            ("log(8)", "log wants a number and its base"),
            ("log(8, 1)", "division by zero"),
            ("asin(2)", "no real number"),
            ("sqrt(1, 2)", "sqrt wants one number, and there are 2"),
            ("sin()", "sin wants one number, and there are 0"),
            ("max()", "at least one number"),
            ("round(1, 2, 3)", "round wants a number"),
            ("round(1, 1e9)", "of at most 10000"),
            ("(-1)!", "from 0 to 3000"),
            ("1.5!", "from 0 to 3000"),
            ("3001!", "from 0 to 3000"),
            ("sin(1e100)", "an angle of at most"),
            ("(-8)^(1/3)", "no real number"),
            ("eval(1, 2)", "eval is not known; there are the functions abs"),
        ] {
            let error = evaluate(text, &mut Arithmetic::new(20)).expect_err(text);
            assert!(error.contains(expected), "{text}: {error}");
        }
    }
}
