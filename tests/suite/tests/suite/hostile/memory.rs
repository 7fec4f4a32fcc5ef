//! Memory, tables and stack without end.

super::each! {
    memory:
    takes_memory_without_end,
    takes_memory_in_millions_of_crumbs,
    grows_its_memory_page_by_page,
    grows_its_table_without_end,
    grows_its_table_by_all_there_could_be,
    calls_itself_without_end,
    calls_itself_in_turns_without_end,
    calls_itself_with_much_on_its_stack,
    gives_more_than_it_has_memory_for,
    declares_four_gigabytes_of_memory,
    declares_a_table_of_ten_million_elements,
    declares_more_memories_than_it_may,
    declares_more_tables_than_it_may,
    declares_more_instances_than_it_may,
}
