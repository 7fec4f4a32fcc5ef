//! Handles of the host, taken and never given back.

use super::{Hostile, OUTPUT};

/// What is told when there are no more.
const NO_MORE: &[&str] = &["handle limit exceeded", "no free keys"];

/// All of them.
pub const ALL: &[Hostile] = &[
    Hostile::guest("sets_timers_without_end", "timers").fails(NO_MORE),
    Hostile::guest("waits_for_ten_thousand_things", "poll_many").fails(NO_MORE),
    Hostile::guest("waits_for_millions_of_things", "poll_too_many").fails(OUTPUT),
    Hostile::guest("opens_streams_without_end", "streams").fails(NO_MORE),
    Hostile::guest("makes_a_header_without_end", "headers").fails(&["size of fields"]),
    Hostile::guest("makes_requests_without_end", "requests").fails(NO_MORE),
    Hostile::guest("makes_sockets_without_end", "sockets").fails(&["access-denied"]),
    Hostile::guest("looks_up_names_without_end", "lookups").fails(&["access-denied"]),
];
