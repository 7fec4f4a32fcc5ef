//! With a grant: what a plugin may reach does its worst, or leads to where it may not go.

use serde_json::{Value, json};

use super::{CPU_TIME, Hostile, Surroundings, WALL_TIME};

/// What is told of what took longer than the grant says.
const LATE: &[&str] = &["no answer within"];

/// What has no end is too large, or on a busy machine too late.
const LARGE_OR_LATE: &[&str] = &["bytes", LATE[0]];

/// Whatever is used up first.
const ANY_LIMIT: &[&str] =
    &[CPU_TIME[0], WALL_TIME[0], "handle limit exceeded", "no free keys", "may not", "connections"];

/// All of them.
pub const ALL: &[Hostile] = &[
    Hostile::guest("fetches_what_never_answers", "fetch").granted(http).with(|to| url(to, "silent")).fails(LATE),
    Hostile::guest("fetches_what_comes_a_byte_at_a_time", "fetch")
        .granted(http)
        .with(|to| url(to, "slowly"))
        .fails(LATE),
    Hostile::guest("fetches_what_never_ends", "fetch").granted(http).with(|to| url(to, "endless")).fails(LARGE_OR_LATE),
    Hostile::guest("fetches_headers_that_never_end", "fetch")
        .granted(http)
        .with(|to| url(to, "headers"))
        .fails(&["head is too large", "headers"]),
    Hostile::guest("is_led_to_where_it_may_not_go", "fetch")
        .granted(http)
        .with(|to| url(to, "away"))
        .fails(&["may not"]),
    Hostile::guest("is_led_round_and_round", "fetch").granted(http).with(|to| url(to, "round")).fails(&["redirects"]),
    Hostile::guest("fetches_without_end", "fetch_again")
        .granted(http)
        .with(|to| url(to, ""))
        .under("wall_time_ms = 2000")
        .fails(ANY_LIMIT),
    Hostile::guest("connects_without_end", "connect_again")
        .granted(tcp)
        .with(|to| json!({"address": to.ally}))
        .under("wall_time_ms = 2000")
        .fails(ANY_LIMIT),
];

fn url(around: &Surroundings, path: &str) -> Value {
    json!({"url": format!("http://{}/{path}", around.ally)})
}

fn http(around: &Surroundings) -> String {
    format!(
        "[network]\nallow = [\"http://{}\"]\ntimeout_ms = 1000\nconnections = 64\nrequests_per_minute = 1000000",
        around.ally
    )
}

fn tcp(around: &Surroundings) -> String {
    format!("[network]\nallow = [\"tcp://{}\"]\nconnections = 64\nrequests_per_minute = 1000000", around.ally)
}
