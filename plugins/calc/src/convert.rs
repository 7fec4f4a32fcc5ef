//! `convert_units`

use pegboard_sdk::prelude::*;

use crate::expression;
use crate::number::{self, Arithmetic, Number};
use crate::units::{KINDS, Kind, Unit};

/// Significant digits of a result.
const DIGITS: usize = 20;

/// What a unit's name may have.
const NAME_CHARACTERS: usize = 40;

/// A measure in another unit.
#[output]
#[derive(Debug, PartialEq)]
pub struct Measure {
    /// The value in the unit that was asked for, in decimal, to 20 significant digits.
    pub result: String,
    /// The unit of the result.
    pub unit: String,
    /// What both units measure.
    pub kind: String,
    /// True: nothing was rounded.
    pub exact: bool,
}

/// Converts a value from one unit of measurement to another of the same kind: length, mass, temperature, time, area,
/// volume, speed, data, data rate, energy, power, pressure, force, angle, frequency, fuel consumption. Exact by the
/// units' definitions.
#[tool(title = "Convert units", read_only, destructive = false, idempotent, open_world = false)]
pub fn convert_units(
    /// The value to convert.
    value: f64,
    /// The unit that it is in: a symbol or a name, such as km, mile, lb, °C, fahrenheit, m², acre, L, gal (US) or
    /// `uk_gal`, km/h, MB (10^6 bytes), MiB (2^20), Mbit, kWh, psi, deg. Symbols are exact in case: mW is not MW.
    #[schemars(length(min = 1, max = 40))]
    from_unit: &str,
    /// The unit to convert it to, of the same kind.
    #[schemars(length(min = 1, max = 40))]
    to_unit: &str,
) -> Result<Measure, Error> {
    let (from_kind, from) = find("from_unit", from_unit)?;
    let (to_kind, to) = find("to_unit", to_unit)?;
    if from_kind != to_kind {
        return Err(Error::invalid_arguments(format!(
            "to_unit: {to_unit} is a unit of {}, and {from_unit} one of {}: {}",
            to_kind.name,
            from_kind.name,
            symbols(from_kind)
        )));
    }
    let mut arithmetic = Arithmetic::new(DIGITS);
    let converted = convert(value, from, to, &mut arithmetic);
    let converted = converted.map_err(|error| Error::invalid_arguments(format!("value: {error}")))?;
    let (result, exact) = arithmetic.finish(converted);
    Ok(Measure { result, unit: symbol(to).to_owned(), kind: to_kind.name.to_owned(), exact })
}

fn convert(value: f64, from: &Unit, to: &Unit, arithmetic: &mut Arithmetic) -> Result<Number, String> {
    // The shortest decimal that is this float: what the caller wrote.
    let value = number::parse(&value.to_string())?;
    if from == to {
        return Ok(value);
    }
    let mut read = |text| expression::evaluate(text, arithmetic);
    let (from_factor, from_zero, to_factor, to_zero) =
        (read(from.factor)?, read(from.zero)?, read(to.factor)?, read(to.zero)?);
    let value = arithmetic.multiply(&value, &from_factor)?;
    let value = arithmetic.add(&value, &from_zero)?;
    let value = arithmetic.subtract(&value, &to_zero)?;
    arithmetic.divide(&value, &to_factor)
}

/// By its exact name, or by its name in any case and in the plural, if no other unit has that.
fn find(argument: &str, name: &str) -> Result<(&'static Kind, &'static Unit), Error> {
    let name = name.trim().replace(' ', "_");
    let all = || KINDS.iter().flat_map(|kind| kind.units.iter().map(move |unit| (kind, unit)));
    if let Some(found) = all().find(|(_, unit)| unit.names.split(' ').any(|known| known == name)) {
        return Ok(found);
    }
    let singular = name.strip_suffix('s').unwrap_or(&name);
    let mut alike = all().filter(|(_, unit)| {
        let mut names = unit.names.split(' ');
        names
            .any(|known| known.eq_ignore_ascii_case(&name) || (known.len() > 2 && known.eq_ignore_ascii_case(singular)))
    });
    match (alike.next(), alike.next()) {
        (Some(found), None) => Ok(found),
        (Some((_, one)), Some((_, other))) => Err(Error::invalid_arguments(format!(
            "{argument}: {name} may be {} or {}; write one of them, upper and lower case as here",
            one.names.replace(' ', " = "),
            other.names.replace(' ', " = ")
        ))),
        (None, _) => {
            let kinds = KINDS.iter().map(|kind| format!("{}: {}", kind.name, symbols(kind))).collect::<Vec<_>>();
            Err(Error::invalid_arguments(format!(
                "{argument}: no unit is called {:?}; there are {}",
                name.chars().take(NAME_CHARACTERS).collect::<String>(),
                kinds.join("; ")
            )))
        }
    }
}

fn symbol(unit: &Unit) -> &'static str {
    unit.names.split(' ').next().unwrap_or_default()
}

fn symbols(kind: &Kind) -> String {
    kind.units.iter().map(symbol).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    fn converted(value: f64, from: &str, to: &str) -> (String, bool) {
        let measure = convert_units(value, from, to).expect(from);
        (measure.result, measure.exact)
    }

    #[test]
    fn the_units_are_as_they_are_defined() {
        for (value, from, to, expected, exact) in [
            (5.0, "mile", "km", "8.04672", true),
            (1.0, "lb", "g", "453.59237", true),
            (100.0, "°C", "F", "212", true),
            (-40.0, "fahrenheit", "celsius", "-40", true),
            (0.0, "K", "C", "-273.15", true),
            (1.0, "acre", "m²", "4046.8564224", true),
            (1.0, "gal", "L", "3.785411784", true),
            (90.0, "km/h", "m/s", "25", true),
            (1.0, "GiB", "MB", "1073.741824", true),
            (100.0, "Mbit/s", "MB/s", "12.5", true),
            (1.0, "kWh", "MJ", "3.6", true),
            (1.0, "atm", "bar", "1.01325", true),
            (180.0, "deg", "rad", "3.1415926535897932385", false),
            (1.0, "week", "hours", "168", true),
            (3000.0, "rpm", "Hz", "50", true),
            (0.1, "m", "cm", "10", true),
        ] {
            assert_eq!(converted(value, from, to), (expected.to_owned(), exact), "{value} {from} to {to}");
        }
    }

    #[test]
    fn a_unit_goes_by_symbol_name_and_plural_in_any_case_that_is_clear() {
        for name in ["kilometre", "Kilometers", "KM", "km"] {
            assert_eq!(converted(1.0, name, "m").0, "1000", "{name}");
        }
        assert_eq!(converted(12.0, "inches", "Feet").0, "1");
        assert_eq!(converted(1.0, "nautical mile", "m").0, "1852");
        assert_eq!(converted(1.0, "MW", "mW").0, "1000000000");
        let error = convert_units(1.0, "mw", "W").expect_err("either").to_string();
        assert!(error.starts_with("from_unit: mw may be mW = milliwatt or MW = megawatt"), "{error}");
    }

    #[test]
    fn what_is_no_unit_or_of_another_kind_is_refused_with_what_there_is() {
        let error = convert_units(1.0, "km", "parrot").expect_err("unknown").to_string();
        assert!(error.starts_with("to_unit: no unit is called \"parrot\"; there are length: m km"), "{error}");
        let error = convert_units(1.0, "kg", "m").expect_err("other").to_string();
        assert!(error.starts_with("to_unit: m is a unit of length, and kg one of mass: kg g mg"), "{error}");
    }

    #[test]
    fn no_name_stands_for_two_units_and_every_unit_converts_there_and_back() {
        let mut names = HashMap::new();
        for kind in KINDS {
            let first = symbol(&kind.units[0]);
            for unit in kind.units {
                for name in unit.names.split(' ') {
                    assert_eq!(names.insert(name, kind.name), None, "{name} is there twice");
                }
                let there = convert_units(7.0, symbol(unit), first).expect(unit.names).result;
                let back = converted(there.parse().expect("a number"), first, symbol(unit)).0;
                let error = back.parse::<f64>().expect("a number") - 7.0;
                assert!(error.abs() < 1e-9, "{}: {there}, {back}", unit.names);
            }
        }
    }

    #[test]
    fn a_value_out_of_bounds_is_refused() {
        assert!(convert_units(f64::INFINITY, "m", "km").is_err());
        assert_eq!(converted(1e300, "km", "m").0, "1e303");
    }
}
