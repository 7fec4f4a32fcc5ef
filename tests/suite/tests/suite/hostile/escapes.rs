//! Looking for a way out.

super::each! {
    escapes:
    looks_for_environment_and_arguments,
    waits_for_what_is_typed_into_the_server,
    reads_a_file_of_the_system,
    reads_a_file_further_up,
    reads_the_process_of_the_server,
    reads_a_file_with_a_name_of_megabytes,
    writes_a_file,
    connects_to_this_machine,
    connects_to_the_metadata_of_a_cloud,
    sends_a_datagram,
    listens,
    looks_up_a_name,
    sends_a_request_to_this_machine,
    fetches_from_this_machine,
    fetches_from_this_machine_as_a_number,
    fetches_from_this_machine_in_ipv6,
    fetches_from_this_machine_behind_another_name,
    fetches_a_file,
}
