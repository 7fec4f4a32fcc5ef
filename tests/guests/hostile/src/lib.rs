//! Misbehaves, in one way a tool. What one of these does must stay with its call.
//!
//! | module | what it is about |
//! |---|---|
//! | `time` | computing and waiting without end |
//! | `memory` | memory and stack without end |
//! | `results` | results that are too large, and ends without one |
//! | `floods` | too much of what a plugin may do a little of |
//! | `handles` | handles of the host, and never giving one back |
//! | `escapes` | looking for a way out |
//!
//! **Another one**: a function here, or, where the fault is in what the component is made of, a function of
//! `tests/suite/src/component`; then a row in `tests/suite/src/corpus` and its name in `tests/suite/tests/suite/hostile`.
//! A guest that no row is about, and a row that no test is about, are failures.

mod escapes;
mod floods;
mod handles;
mod memory;
mod results;
mod time;

pegboard_sdk::plugin!(
    time::compute,
    time::oversleep,
    time::nap,
    time::watch,
    time::poll_without_end,
    time::poll_for_ever,
    time::wait_for_input,
    memory::allocate,
    memory::crumbs,
    memory::recurse,
    memory::recurse_in_turns,
    memory::recurse_widely,
    results::giant,
    results::trap,
    results::panic,
    results::last_words,
    results::exit,
    results::leave,
    results::forge,
    floods::print,
    floods::complain,
    floods::line,
    floods::log,
    floods::long_log,
    floods::deep_log,
    floods::progress,
    floods::backwards,
    floods::announce,
    floods::announce_each,
    floods::close_stream,
    floods::ask,
    floods::ask_much,
    floods::ask_for_much,
    floods::random,
    floods::who,
    handles::timers,
    handles::poll_many,
    handles::poll_too_many,
    handles::streams,
    handles::headers,
    handles::requests,
    handles::sockets,
    handles::lookups,
    escapes::probe,
    escapes::read,
    escapes::write,
    escapes::connect,
    escapes::send,
    escapes::listen,
    escapes::resolve,
    escapes::request,
    escapes::fetch,
    escapes::fetch_from_many,
    escapes::pry,
    escapes::buckets,
    escapes::fetch_again,
    escapes::connect_again,
);
