//! A point in time, as the tools show it.

use jiff::ZonedDateTime;
use pegboard_sdk::prelude::*;

/// A point in time, seen in a time zone.
#[output]
#[derive(Debug, PartialEq)]
pub struct Moment {
    /// Date and time there with the offset from UTC, by RFC 3339: 2026-07-01T14:30:00+02:00.
    pub time: String,
    /// The zone: its IANA name, or an offset.
    pub time_zone: String,
    /// The day of the week there.
    pub weekday: String,
    /// The zone's abbreviation at that time, CEST for one.
    pub abbreviation: String,
    /// Is it daylight saving (summer) time there?
    pub daylight_saving: bool,
    /// The same point in time in UTC, by RFC 3339.
    pub utc: String,
    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub unix_seconds: i64,
}

impl From<&ZonedDateTime> for Moment {
    fn from(time: &ZonedDateTime) -> Self {
        let zone = time.time_zone();
        let offset = zone.to_offset_info(time.timestamp());
        Self {
            time: time.timestamp().display_with_offset(time.offset()).to_string(),
            time_zone: crate::zone::name(zone),
            weekday: format!("{:?}", time.weekday()),
            abbreviation: offset.abbreviation().to_owned(),
            daylight_saving: offset.dst().is_dst(),
            utc: time.timestamp().to_string(),
            unix_seconds: time.timestamp().as_second(),
        }
    }
}
