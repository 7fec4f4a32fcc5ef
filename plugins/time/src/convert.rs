//! `convert_time`

use pegboard_sdk::prelude::*;

use crate::moment::Moment;
use crate::read::{self, IfAmbiguous};
use crate::zone;

/// One point in time, in two zones.
#[output]
#[derive(Debug, PartialEq)]
pub struct Converted {
    /// As it was given.
    pub from: Moment,
    /// In the zone that was asked for.
    pub to: Moment,
    /// Said only of a local time that the zone has twice or never, when clocks change: how it was taken.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Converts a date and time from one time zone to another, with the daylight saving rules of both at that date.
/// Also the way to look at a Unix timestamp, or to learn the weekday or the offset of a zone at some date.
#[tool(title = "Convert a time between zones", read_only, destructive = false, idempotent, open_world = false)]
pub fn convert_time(
    /// The time: RFC 3339 (2026-07-01T14:30:00Z, 2026-07-01T14:30:00+02:00), RFC 9557
    /// (2026-07-01T14:30[Europe/Berlin]), a local date and time (2026-07-01T14:30), a date (2026-07-01, its
    /// midnight), a time of today (14:30), or Unix seconds (@1782909000).
    #[schemars(length(max = 128))]
    time: &str,
    /// The zone to convert to: an IANA name such as Asia/Tokyo, UTC, or an offset such as +02:00.
    #[schemars(length(max = 64))]
    to_time_zone: &str,
    /// The zone that the time is in; needed if `time` has neither Z, nor an offset, nor a zone in brackets, and
    /// without effect if it has.
    #[schemars(length(max = 64))]
    from_time_zone: Option<&str>,
    /// How to take a local time that is there twice because clocks are put back, or never because they are put
    /// forward: compatible (if not given) takes the first of two, and moves one that never is by the missing hour;
    /// earlier and later take the earlier or later reading; reject makes it an error.
    if_ambiguous: Option<IfAmbiguous>,
) -> Result<Converted, Error> {
    let to = zone::named("to_time_zone", to_time_zone)?;
    let from = from_time_zone.map(|name| zone::named("from_time_zone", name)).transpose()?;
    let read::Reading { time, note } = read::time("time", time, from.as_ref(), if_ambiguous.unwrap_or_default())?;
    Ok(Converted { from: Moment::from(&time), to: Moment::from(&time.with_time_zone(to)), note })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_both_zones_with_their_rules_of_that_date() {
        let converted = convert_time("2026-01-15T09:00", "America/New_York", Some("Europe/Berlin"), None);
        let Converted { from, to, note } = converted.expect("converted");
        assert_eq!(from.time, "2026-01-15T09:00:00+01:00");
        assert_eq!(to.time, "2026-01-15T03:00:00-05:00");
        assert_eq!((to.abbreviation.as_str(), to.daylight_saving, to.weekday.as_str()), ("EST", false, "Thursday"));
        assert_eq!(note, None);
        let summer = convert_time("2026-07-15T09:00", "America/New_York", Some("UTC"), None).expect("converted");
        assert_eq!((summer.to.time.as_str(), summer.to.daylight_saving), ("2026-07-15T05:00:00-04:00", true));
    }

    #[test]
    fn the_zone_of_the_time_itself_wins() {
        let converted = convert_time("2026-07-15T09:00:00Z", "+05:30", Some("Asia/Tokyo"), None).expect("converted");
        assert_eq!(converted.to.time, "2026-07-15T14:30:00+05:30");
        assert_eq!(converted.from.time_zone, "UTC");
    }

    #[test]
    fn what_was_decided_is_in_the_result() {
        let args = json!({
            "time": "2026-10-25T02:30", "from_time_zone": "Europe/Berlin", "to_time_zone": "UTC", "if_ambiguous": "later"
        });
        let result = crate::PLUGIN.call_tool(&Context::test(), "convert_time", &args).expect("converted");
        let value = result.to_value().expect("structured");
        assert_eq!(value["to"]["time"], "2026-10-25T01:30:00+00:00");
        assert!(value["note"].as_str().is_some_and(|note| note.contains("twice")), "{value}");
    }
}
