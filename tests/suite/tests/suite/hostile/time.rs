//! Computing and waiting without end.

super::each! {
    time:
    computes_without_end,
    sleeps_for_ever,
    sleeps_for_no_time_without_end,
    reads_the_clock_without_end,
    polls_without_end,
    polls_for_what_never_comes,
    asks_without_end_who_calls,
    fills_all_its_memory_without_end,
    copies_all_its_memory_without_end,
    fills_a_table_without_end,
    loops_when_the_host_wants_memory,
    loops_in_the_middle_of_a_host_call,
    traps_in_the_middle_of_a_host_call,
    loops_after_its_result_was_read,
    traps_after_its_result_was_read,
    loops_in_its_start_function,
    traps_in_its_start_function,
    exits_in_its_start_function,
    loops_while_it_lists_its_tools,
    sleeps_while_it_lists_its_tools,
}
