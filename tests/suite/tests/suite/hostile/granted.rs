//! What a plugin may reach does its worst, or leads to where it may not go.

super::each! {
    granted:
    fetches_what_never_answers,
    fetches_what_comes_a_byte_at_a_time,
    fetches_what_never_ends,
    fetches_headers_that_never_end,
    is_led_to_where_it_may_not_go,
    is_led_round_and_round,
    fetches_without_end,
    connects_without_end,
}
