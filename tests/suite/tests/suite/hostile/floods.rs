//! Too much of what a plugin may do a little of.

super::each! {
    floods:
    prints_without_end,
    writes_to_standard_error_without_end,
    prints_one_line_without_end,
    logs_without_end,
    logs_a_message_of_megabytes,
    logs_json_of_endless_depth,
    logs_what_is_no_utf8,
    logs_at_no_known_level,
    tells_progress_without_end,
    tells_progress_that_no_json_can_say,
    announces_without_end,
    announces_another_resource_each_time,
    closes_its_stream_without_end,
    asks_without_end,
    asks_without_end_who_cannot_be_asked,
    asks_ten_thousand_questions,
    asks_a_question_of_megabytes,
    takes_randomness_without_end,
    takes_a_terabyte_of_randomness,
    asks_for_another_secret_each_time,
    looks_into_another_bucket_each_time,
    fetches_from_another_host_each_time,
    sends_requests_without_end,
}

/// What a plugin was refused is said once, and of what it makes up only some.
#[test]
fn refusals_without_end_are_few_lines_of_log() {
    let row = pegboard_suite::corpus::named("looks_into_another_bucket_each_time");
    let server = super::storm::storm(row);
    let lines = server.lines_with(&["may not"]).len();
    assert!((1..100).contains(&lines), "{lines} lines");
}
