//! `time_difference`

use jiff::fmt::friendly::{Designator, Spacing, SpanPrinter};
use jiff::{Span, Unit, ZonedDateTimeDifference};
use pegboard_sdk::prelude::*;

use crate::moment::Moment;
use crate::read::{self, IfAmbiguous};
use crate::zone;

/// What lies between two points in time. Negative if the end is before the start.
#[output]
#[derive(Debug, PartialEq)]
pub struct Difference {
    /// Where it starts.
    pub start: Moment,
    /// Where it ends, in the zone of the start.
    pub end: Moment,
    /// Elapsed seconds.
    pub seconds: f64,
    /// Elapsed time, by ISO 8601, in hours and less: PT36H30M.
    pub elapsed: String,
    /// By the calendar and the clock of the zone, by ISO 8601: P1M2DT12H30M. A day is one of the calendar, which
    /// has 23 or 25 hours when clocks change.
    pub calendar: String,
    /// The same in words: 1 month, 2 days, 12 hours, 30 minutes.
    pub words: String,
    /// Whole days of the calendar.
    pub days: i32,
    /// Said only of local times that the zone has twice or never, when clocks change: how they were taken.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Computes how much time lies between two points in time: elapsed seconds, whole days, and years, months and days
/// by the calendar. Use it for ages, deadlines and durations instead of counting days yourself; for "until now",
/// call `now` first and pass its result.
#[tool(title = "Time between two times", read_only, destructive = false, idempotent, open_world = false)]
pub fn time_difference(
    /// The first time: RFC 3339 (2026-07-01T14:30:00Z, 2026-07-01T14:30:00+02:00), RFC 9557
    /// (2026-07-01T14:30[Europe/Berlin]), a local date and time (2026-07-01T14:30), a date (2026-07-01, its
    /// midnight), a time of today (14:30), or Unix seconds (@1782909000).
    #[schemars(length(max = 128))]
    start: &str,
    /// The second time, in one of the same forms; it need not be the later one.
    #[schemars(length(max = 128))]
    end: &str,
    /// The zone in which times without one of their own are read, and by whose calendar days are counted: an IANA
    /// name such as Europe/Berlin, UTC, or an offset such as +02:00. If not given, times without a zone are in
    /// UTC, and the calendar is that of `start`.
    #[schemars(length(max = 64))]
    time_zone: Option<&str>,
) -> Result<Difference, Error> {
    let named = time_zone.map(|name| zone::named("time_zone", name)).transpose()?;
    let reading_zone = named.clone().unwrap_or(jiff::tz::TimeZone::UTC);
    let first = read::time("start", start, Some(&reading_zone), IfAmbiguous::Compatible)?;
    let second = read::time("end", end, Some(&reading_zone), IfAmbiguous::Compatible)?;
    let zone = named.unwrap_or_else(|| first.time.time_zone().clone());
    let (from, to) = (first.time.with_time_zone(zone.clone()), second.time.with_time_zone(zone));
    let until =
        |largest| -> Result<Span, Error> { Ok(from.until(ZonedDateTimeDifference::new(&to).largest(largest))?) };
    let calendar = until(Unit::Year)?;
    let words = SpanPrinter::new().designator(Designator::Verbose).spacing(Spacing::BetweenUnitsAndDesignators);
    Ok(Difference {
        start: Moment::from(&from),
        end: Moment::from(&to),
        seconds: from.duration_until(&to).as_secs_f64(),
        elapsed: until(Unit::Hour)?.to_string(),
        calendar: calendar.to_string(),
        words: words.comma_after_designator(true).span_to_string(&calendar),
        days: until(Unit::Day)?.get_days(),
        notes: [first.note, second.note].into_iter().flatten().collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn between(start: &str, end: &str, zone: Option<&str>) -> Difference {
        time_difference(start, end, zone).expect("times")
    }

    #[test]
    fn elapsed_time_and_the_calendar_are_both_told() {
        let difference = between("2026-01-31T12:00:00Z", "2027-03-02T13:30:00Z", None);
        assert_eq!(difference.calendar, "P1Y1M2DT1H30M");
        assert_eq!(difference.words, "1 year, 1 month, 2 days, 1 hour, 30 minutes");
        assert_eq!(difference.days, 395);
        assert_eq!(difference.elapsed, "PT9481H30M");
        assert!((difference.seconds - 34_133_400.0).abs() < 1e-6);
    }

    #[test]
    fn a_day_on_which_clocks_change_is_a_day_of_other_length() {
        let difference = between("2026-03-28T12:00", "2026-03-29T12:00", Some("Europe/Berlin"));
        assert_eq!((difference.calendar.as_str(), difference.elapsed.as_str()), ("P1D", "PT23H"));
    }

    #[test]
    fn what_ends_before_it_starts_is_negative() {
        let difference = between("2026-01-02", "2026-01-01", None);
        assert_eq!((difference.days, difference.elapsed.as_str()), (-1, "-PT24H"));
        assert_eq!(between("@0", "@0", None).words, "0 seconds");
    }

    #[test]
    fn times_of_different_zones_are_counted_in_the_one_of_the_start() {
        let difference = between("2026-07-01T00:00[Asia/Tokyo]", "2026-07-01T00:00[Europe/London]", None);
        assert_eq!((difference.seconds, difference.end.time_zone.as_str()), (28_800.0, "Asia/Tokyo"));
    }

    #[test]
    fn how_an_odd_local_time_was_taken_is_noted() {
        let difference = between("2026-03-29T02:30", "2026-10-25T02:30", Some("Europe/Berlin"));
        assert_eq!(difference.notes.len(), 2, "{:?}", difference.notes);
        let error = time_difference("2026-07-01", "soon", None).expect_err("no time").to_string();
        assert!(error.starts_with("end: "), "{error}");
    }

    #[test]
    fn the_whole_range_of_times_can_be_told_apart() {
        let difference = between("-009998-01-01T00:00Z", "9999-12-29T00:00Z", None);
        assert!(difference.calendar.starts_with("P19997Y"), "{}", difference.calendar);
    }
}
