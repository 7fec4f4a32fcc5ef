//! Too much of what a plugin may do a little of.

use serde_json::json;

use super::{CPU_TIME, Hostile, OUTPUT, Surroundings, WALL_TIME, one};

/// Ends soon also what waits for its client, or for the host.
const IMPATIENT: &str = "wall_time_ms = 2000";

/// What waits for others may end by either.
const TIME: &[&str] = &[CPU_TIME[0], WALL_TIME[0]];

/// What asks for too much may not come so far.
const MUCH_OR_TIME: &[&str] = &["questions", CPU_TIME[0]];

fn may_ask(_: &Surroundings) -> String {
    "[client]\nask = [\"elicit\"]".to_owned()
}

const ASKS: &str = r#"{"elicitation":{}}"#;

/// All of them.
pub const ALL: &[Hostile] = &[
    Hostile::guest("prints_without_end", "print"),
    Hostile::guest("writes_to_standard_error_without_end", "complain"),
    Hostile::guest("prints_one_line_without_end", "line"),
    Hostile::guest("logs_without_end", "log"),
    Hostile::guest("logs_a_message_of_megabytes", "long_log")
        .with(|around| json!({"bytes": around.output_bytes + 1}))
        .fails(OUTPUT),
    Hostile::guest("logs_json_of_endless_depth", "deep_log"),
    Hostile::made("logs_what_is_no_utf8", |_| {
        let log =
            "(call $log (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0x70000) (i32.const 1))";
        one()
            .import(r#"(import "pegboard:plugin/client@0.1.0" "log" (func $log (param i32 i32 i32 i32 i32 i32)))"#)
            .when_called(&format!("(i32.store8 (i32.const 0x70000) (i32.const 0xff)) {log}"))
            .component()
    })
    .fails(&["utf-8"]),
    Hostile::made("logs_at_no_known_level", |_| {
        let log = "(call $log (i32.const 99) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0))";
        one()
            .import(r#"(import "pegboard:plugin/client@0.1.0" "log" (func $log (param i32 i32 i32 i32 i32 i32)))"#)
            .when_called(log)
            .component()
    })
    .fails(&["discriminant"]),
    Hostile::guest("tells_progress_without_end", "progress").with_progress().fails(TIME).under(IMPATIENT),
    Hostile::guest("tells_progress_that_no_json_can_say", "backwards").with_progress().fails(TIME).under(IMPATIENT),
    Hostile::guest("announces_without_end", "announce").fails(TIME).under(IMPATIENT),
    Hostile::guest("announces_another_resource_each_time", "announce_each").fails(TIME).under(IMPATIENT),
    Hostile::guest("closes_its_stream_without_end", "close_stream"),
    Hostile::guest("asks_without_end", "ask").granted(may_ask).client_can(ASKS).gives("Again?"),
    Hostile::guest("asks_without_end_who_cannot_be_asked", "ask"),
    Hostile::guest("asks_ten_thousand_questions", "ask_much").granted(may_ask).client_can(ASKS).fails(MUCH_OR_TIME),
    Hostile::guest("asks_a_question_of_megabytes", "ask_for_much")
        .granted(may_ask)
        .with(|around| json!({"bytes": around.output_bytes + 1}))
        .client_can(ASKS)
        .fails(OUTPUT),
    Hostile::guest("takes_randomness_without_end", "random").with(|_| json!({"bytes": 1 << 20})),
    Hostile::guest("takes_a_terabyte_of_randomness", "random")
        .with(|_| json!({"bytes": 1u64 << 40}))
        .fails(&["random"]),
    Hostile::guest("asks_for_another_secret_each_time", "pry"),
    Hostile::guest("looks_into_another_bucket_each_time", "buckets"),
    Hostile::guest("fetches_from_another_host_each_time", "fetch_from_many"),
    Hostile::guest("sends_requests_without_end", "request")
        .with(|around| json!({"authority": around.decoy, "again": true})),
];
