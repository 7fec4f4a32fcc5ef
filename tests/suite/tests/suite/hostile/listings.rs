//! What a plugin says that it offers.

super::each! {
    listings:
    has_a_schema_of_exponential_references,
    has_a_schema_that_refers_to_itself,
    has_a_schema_that_is_a_long_chain,
    has_a_schema_that_branches_without_end,
    has_a_pattern_that_backtracks_without_end,
    has_a_thousand_patterns_that_backtrack,
    describes_itself_in_letters_that_nobody_sees,
    has_a_name_that_looks_like_that_of_another,
    has_a_pattern_of_gigabytes,
    has_a_schema_somewhere_else,
    has_a_dialect_somewhere_else,
    has_a_schema_in_a_file,
    has_a_schema_of_endless_depth,
    has_a_schema_of_more_parts_than_anybody_needs,
    has_a_schema_of_half_a_megabyte,
    lists_ten_thousand_tools,
    lists_one_megabyte_a_thousand_times,
    lists_a_description_longer_than_anybody_reads,
    lists_a_title_longer_than_anybody_reads,
    lists_a_name_that_clears_the_screen,
    lists_a_name_in_letters_that_look_latin,
}
