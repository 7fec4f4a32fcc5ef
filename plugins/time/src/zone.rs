//! Time zones by name.

use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::{self, TimeZone};
use pegboard_sdk::prelude::*;

/// How many names an error suggests.
const SUGGESTIONS: usize = 8;

/// Longer than any name and any offset.
const NAME_BYTES: usize = 64;

/// The zone that an argument names: by its IANA name in any case, or by a fixed offset.
pub fn named(argument: &str, name: &str) -> Result<TimeZone, Error> {
    let name = name.trim();
    if name.eq_ignore_ascii_case("utc") || name.eq_ignore_ascii_case("z") {
        return Ok(TimeZone::UTC);
    }
    let found = if name.starts_with(['+', '-']) {
        DateTimeParser::new().parse_time_zone(name).ok()
    } else {
        tz::db().get(&name.replace(' ', "_")).ok()
    };
    found.ok_or_else(|| {
        Error::invalid_arguments(format!(
            "{argument}: no time zone is called {:?}; give an IANA name such as Europe/Berlin, or an offset such as \
             +02:00{}",
            shortened(name),
            suggestions(name)
        ))
    })
}

/// A zone as it can be given again.
pub fn name(zone: &TimeZone) -> String {
    match (zone.iana_name(), zone.to_fixed_offset()) {
        (Some(name), _) => name.to_owned(),
        (None, Ok(offset)) => offset.to_string(),
        (None, Err(_)) => "unknown".to_owned(),
    }
}

/// So much of what a caller sent as belongs into a message.
pub fn shortened(text: &str) -> &str {
    text.get(..text.floor_char_boundary(NAME_BYTES)).unwrap_or_default()
}

/// The names that have its last part in them: cities are remembered, regions are not.
fn suggestions(name: &str) -> String {
    let part = name.rsplit('/').next().unwrap_or_default().trim().replace(' ', "_").to_lowercase();
    if part.len() < 3 || name.len() > NAME_BYTES {
        return String::new();
    }
    let similar = tz::db().available().map(|name| name.to_string()).filter(|name| name.to_lowercase().contains(&part));
    let similar = similar.take(SUGGESTIONS).collect::<Vec<_>>();
    if similar.is_empty() { String::new() } else { format!("; there is {}", similar.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(text: &str) -> String {
        name(&named("zone", text).expect("a zone"))
    }

    #[test]
    fn a_zone_goes_by_its_iana_name_in_any_case_or_by_an_offset() {
        assert_eq!(known("Europe/Berlin"), "Europe/Berlin");
        assert_eq!(known("america/new york"), "America/New_York");
        assert_eq!(known(" utc "), "UTC");
        assert_eq!(known("Z"), "UTC");
        assert_eq!(known("+05:30"), "+05:30");
        assert_eq!(known("-03"), "-03");
    }

    #[test]
    fn an_unknown_zone_is_refused_with_names_that_are_like_it() {
        let error = named("zone", "Germany/berlin").expect_err("unknown").to_string();
        assert!(error.starts_with("zone: no time zone is called \"Germany/berlin\""), "{error}");
        assert!(error.ends_with("there is Europe/Berlin"), "{error}");
        for text in ["", "+99:00", "../etc/passwd", "EST5EDT,M3.2.0,M11.1.0", "ü"] {
            assert!(named("zone", text).is_err(), "{text}");
        }
        assert!(named("zone", &"x".repeat(100_000)).expect_err("unknown").to_string().len() < 300);
    }
}
