//! From a text to a point in time.

use jiff::civil::{DateTime, Time};
use jiff::fmt::temporal::{DateTimeParser, Pieces};
use jiff::tz::{AmbiguousOffset, Disambiguation, TimeZone};
use jiff::{Timestamp, ZonedDateTime};
use pegboard_sdk::prelude::*;

use crate::zone;

/// Longer than any time that can be read.
const TIME_BYTES: usize = 128;

const ACCEPTED: &str = "accepted are RFC 3339 (2026-07-01T14:30:00Z, 2026-07-01T14:30:00+02:00), RFC 9557 \
    (2026-07-01T14:30[Europe/Berlin]), a local date and time (2026-07-01T14:30), a date (2026-07-01), a time of today \
    (14:30), and Unix seconds (@1782909000)";

/// What to make of a local time that a zone has twice or never.
#[input]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum IfAmbiguous {
    #[default]
    Compatible,
    Earlier,
    Later,
    Reject,
}

/// A point in time, and what had to be decided to find it.
#[derive(Debug)]
pub struct Reading {
    pub time: ZonedDateTime,
    pub note: Option<String>,
}

/// Reads the argument `argument`. A zone in the text wins over `zone`, which is for times without one.
pub fn time(argument: &str, text: &str, zone: Option<&TimeZone>, choice: IfAmbiguous) -> Result<Reading, Error> {
    let text = text.trim();
    let wrong = |what: String| Error::invalid_arguments(format!("{argument}: {what}"));
    let unreadable = |why: &str| wrong(format!("{:?} is no time{why}; {ACCEPTED}", zone::shortened(text)));
    if text.len() > TIME_BYTES {
        return Err(unreadable(" (too long)"));
    }
    let sure = |time| Ok(Reading { time, note: None });
    if let Some(seconds) = text.strip_prefix('@') {
        let seconds = seconds.parse().map_err(|_| unreadable(""))?;
        let time = Timestamp::from_second(seconds).map_err(|error| unreadable(&format!(" ({error})")))?;
        return sure(time.to_zoned_datetime(zone.cloned().unwrap_or(TimeZone::UTC)));
    }
    let needed = || {
        wrong(format!(
            "{text:?} does not say in which time zone it is: add Z or an offset such as +02:00, or name the zone in \
             the argument that is for it"
        ))
    };
    let Ok(pieces) = Pieces::parse(text) else {
        let alone = text.parse::<Time>().map_err(|error| unreadable(&format!(" ({error})")))?;
        let zone = zone.ok_or_else(needed)?;
        let today = Timestamp::now().to_zoned_datetime(zone.clone()).date();
        return local(zone.clone(), today.to_datetime(alone), choice).map_err(wrong);
    };
    if let Some(offset) = pieces.to_numeric_offset() {
        if pieces.time_zone_annotation().is_some() {
            // Checks that the offset is one that the zone has at that time.
            return sure(DateTimeParser::new().parse_zoned_datetime(text).map_err(|error| wrong(error.to_string()))?);
        }
        let zone = if offset.is_zero() { TimeZone::UTC } else { TimeZone::fixed(offset) };
        let time = text.parse::<Timestamp>().map_err(|error| unreadable(&format!(" ({error})")))?;
        return sure(time.to_zoned_datetime(zone));
    }
    let zone = match pieces.to_time_zone().map_err(|error| wrong(error.to_string()))? {
        Some(own) => own,
        None => zone.cloned().ok_or_else(needed)?,
    };
    let civil = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    local(zone, civil, choice).map_err(wrong)
}

/// A local time, which is one point in time on most days, two when clocks are put back, none when they are put forward.
fn local(zone: TimeZone, civil: DateTime, choice: IfAmbiguous) -> Result<Reading, String> {
    let name = zone::name(&zone);
    let ambiguous = zone.into_ambiguous_zoned_datetime(civil);
    let trouble = match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => None,
        AmbiguousOffset::Gap { before, after } => Some(format!(
            "{civil} does not exist in {name}: the clocks are put forward there, from offset {before} to {after}"
        )),
        AmbiguousOffset::Fold { before, after } => {
            Some(format!("{civil} is there twice in {name}: the clocks are put back, from offset {before} to {after}"))
        }
    };
    let rule = match choice {
        IfAmbiguous::Compatible => Disambiguation::Compatible,
        IfAmbiguous::Earlier => Disambiguation::Earlier,
        IfAmbiguous::Later => Disambiguation::Later,
        IfAmbiguous::Reject => {
            if let Some(trouble) = trouble {
                return Err(format!("{trouble}; give another time, one with its offset, or another if_ambiguous"));
            }
            Disambiguation::Reject
        }
    };
    let time = ambiguous.disambiguate(rule).map_err(|error| error.to_string())?;
    let taken = time.timestamp().display_with_offset(time.offset());
    let note = trouble.map(|trouble| format!("{trouble}; taken as {taken}"));
    Ok(Reading { time, note })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn berlin() -> TimeZone {
        zone::named("zone", "Europe/Berlin").expect("a zone")
    }

    fn utc(text: &str, choice: IfAmbiguous) -> String {
        time("time", text, Some(&berlin()), choice).expect(text).time.timestamp().to_string()
    }

    fn complaint(text: &str, zone: Option<&TimeZone>) -> String {
        match time("time", text, zone, IfAmbiguous::Reject) {
            Err(Error::InvalidArguments(text)) => text,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_accepted_form_is_read() {
        for text in [
            "2026-07-01T12:30:00Z",
            "2026-07-01T14:30:00+02:00",
            "2026-07-01 14:30",
            "2026-07-01T14:30[Europe/Berlin]",
            "2026-07-01T14:30+02:00[Europe/Berlin]",
            "2026-07-01T08:30[America/New_York]",
            "20260701T143000",
            " @1782909000 ",
        ] {
            assert_eq!(utc(text, IfAmbiguous::Reject), "2026-07-01T12:30:00Z", "{text}");
        }
        assert_eq!(utc("2026-07-01", IfAmbiguous::Reject), "2026-06-30T22:00:00Z");
    }

    #[test]
    fn a_time_alone_is_one_of_today() {
        let reading = time("time", "14:30", Some(&TimeZone::UTC), IfAmbiguous::Reject).expect("a time").time;
        assert_eq!(reading.time().to_string(), "14:30:00");
        assert!(reading.timestamp().duration_since(Timestamp::now()).as_hours().abs() < 24);
    }

    #[test]
    fn a_local_time_that_is_there_twice_or_never_is_decided_and_said() {
        use IfAmbiguous::{Compatible, Earlier, Later};
        let (twice, never) = ("2026-10-25T02:30", "2026-03-29T02:30");
        for (text, choice, expected) in [
            (twice, Compatible, "2026-10-25T00:30:00Z"),
            (twice, Earlier, "2026-10-25T00:30:00Z"),
            (twice, Later, "2026-10-25T01:30:00Z"),
            (never, Compatible, "2026-03-29T01:30:00Z"),
            (never, Earlier, "2026-03-29T00:30:00Z"),
            (never, Later, "2026-03-29T01:30:00Z"),
        ] {
            assert_eq!(utc(text, choice), expected, "{text} {choice:?}");
        }
        let note = time("time", never, Some(&berlin()), Compatible).expect("read").note.expect("said");
        assert!(note.contains("does not exist in Europe/Berlin"), "{note}");
        assert!(note.ends_with("taken as 2026-03-29T03:30:00+02:00"), "{note}");
        assert!(complaint(twice, Some(&berlin())).contains("is there twice in Europe/Berlin"));
    }

    #[test]
    fn an_offset_that_its_zone_does_not_have_is_refused() {
        let error = complaint("2026-07-01T14:30+01:00[Europe/Berlin]", None);
        assert!(error.contains("Europe/Berlin"), "{error}");
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_is_accepted() {
        for text in ["", "tomorrow", "2026-02-30", "@x", "@99999999999999999", "2026-07-01T25:00Z", "1/2/2026"] {
            let error = complaint(text, Some(&berlin()));
            assert!(error.starts_with("time: ") && error.contains("accepted are RFC 3339"), "{text}: {error}");
        }
        assert!(complaint(&"9".repeat(100_000), None).len() < 600);
        assert!(complaint("2026-07-01T14:30[Mars/Base]", None).contains("Mars/Base"));
    }

    #[test]
    fn a_time_without_a_zone_asks_for_one() {
        for text in ["2026-07-01T14:30", "14:30"] {
            assert!(complaint(text, None).contains("in which time zone"), "{text}");
        }
    }
}
