//! Results that are too large, malformed or pose as something else.

super::each! {
    results:
    gives_more_than_it_may,
    gives_as_much_as_it_may,
    gives_what_is_larger_as_json,
    gives_one_megabyte_a_thousand_times,
    gives_a_hundred_thousand_pieces,
    gives_text_that_is_no_utf8,
    gives_text_beyond_its_memory,
    gives_more_pieces_than_memory,
    gives_a_result_that_is_not_there,
    gives_a_result_at_an_odd_address,
    gives_a_result_of_no_known_case,
    gives_structured_content_that_is_no_json,
    gives_structured_content_of_endless_depth,
    gives_meta_of_endless_depth,
    gives_a_block_of_endless_depth,
    breaks_the_promise_of_its_schema,
    waits_without_having_asked,
    poses_as_a_question,
    gives_what_looks_like_frames_of_its_stream,
    aborts,
    panics_and_is_quoted,
    crashes_with_control_characters,
    exits,
    exits_as_if_all_were_well,
}
