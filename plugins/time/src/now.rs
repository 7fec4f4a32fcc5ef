//! `now`

use jiff::Timestamp;
use jiff::tz::TimeZone;
use pegboard_sdk::prelude::*;

use crate::moment::Moment;
use crate::zone;

/// Tells the current date and time, in UTC or in a time zone, with the day of the week. Call it before answering
/// anything that depends on today's date or the time of day; a model does not know them otherwise.
#[tool(title = "Current date and time", read_only, destructive = false, idempotent, open_world = false)]
pub fn now(
    /// The time zone: an IANA name such as Europe/Berlin or Asia/Tokyo, or an offset such as +02:00. UTC if
    /// not given.
    #[schemars(length(max = 64))]
    time_zone: Option<&str>,
) -> Result<Moment, Error> {
    let zone = time_zone.map_or(Ok(TimeZone::UTC), |name| zone::named("time_zone", name))?;
    // To the millisecond: what is finer is noise by the time that anyone reads it.
    let now = Timestamp::from_millisecond(Timestamp::now().as_millisecond())?;
    Ok(Moment::from(&now.to_zoned_datetime(zone)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_same_moment_in_every_zone() {
        let before = Timestamp::now().as_second();
        let moments = [now(None).expect("UTC"), now(Some("Asia/Kathmandu")).expect("a zone")];
        let after = Timestamp::now().as_second();
        for moment in &moments {
            assert!((before..=after).contains(&moment.unix_seconds), "{moment:?}");
            let shown: Timestamp = moment.time.parse().expect("RFC 3339");
            assert_eq!(shown.as_second(), moment.unix_seconds);
        }
        assert_eq!(moments[0].time_zone, "UTC");
        assert!(moments[1].time.ends_with("+05:45"), "{}", moments[1].time);
    }

    #[test]
    fn an_unknown_zone_names_the_argument() {
        let error = now(Some("Mars/Base")).expect_err("unknown");
        assert!(matches!(error, Error::InvalidArguments(text) if text.starts_with("time_zone: ")));
    }
}
