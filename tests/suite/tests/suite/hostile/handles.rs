//! Handles of the host, taken and never given back.

super::each! {
    handles:
    sets_timers_without_end,
    waits_for_ten_thousand_things,
    waits_for_millions_of_things,
    opens_streams_without_end,
    makes_a_header_without_end,
    makes_requests_without_end,
    makes_sockets_without_end,
    looks_up_names_without_end,
}
