//! Computing and waiting without end, at every point at which a guest gets to run.

use super::{CPU_TIME, Hostile, Surroundings, WALL_TIME, one};
use crate::component::that_lists_by;

/// A little time on the clock: on a busy machine it is over before the CPU time is.
const IMPATIENT: &str = "wall_time_ms = 2000";

const FOR_EVER: &str = "(loop $again (br $again))";

/// All of them.
pub const ALL: &[Hostile] = &[
    Hostile::guest("computes_without_end", "compute"),
    Hostile::guest("sleeps_for_ever", "oversleep").fails(WALL_TIME).under(IMPATIENT),
    Hostile::guest("sleeps_for_no_time_without_end", "nap"),
    Hostile::guest("reads_the_clock_without_end", "watch"),
    Hostile::guest("polls_without_end", "poll_without_end"),
    Hostile::guest("polls_for_what_never_comes", "poll_for_ever").fails(WALL_TIME).under(IMPATIENT),
    Hostile::guest("asks_without_end_who_calls", "who"),
    Hostile::made("fills_all_its_memory_without_end", |around| all_memory(around, "memory.fill")),
    Hostile::made("copies_all_its_memory_without_end", |around| all_memory(around, "memory.copy")),
    Hostile::made("fills_a_table_without_end", |_| table_fill()),
    Hostile::made("loops_when_the_host_wants_memory", |_| one().when_asked_for_memory(FOR_EVER).component()),
    Hostile::made("loops_in_the_middle_of_a_host_call", |_| in_a_host_call("(loop $again (br $again))")),
    Hostile::made("traps_in_the_middle_of_a_host_call", |_| in_a_host_call("unreachable")).fails(&["it aborted"]),
    Hostile::made("loops_after_its_result_was_read", |_| one().afterwards(FOR_EVER).component()),
    Hostile::made("traps_after_its_result_was_read", |_| one().afterwards("unreachable").component())
        .fails(&["it aborted"]),
    Hostile::hung_up("loops_in_its_start_function", |_| one().at_the_start(FOR_EVER).component(), CPU_TIME),
    Hostile::hung_up("traps_in_its_start_function", |_| one().at_the_start("unreachable").component(), &["aborted"]),
    Hostile::hung_up("exits_in_its_start_function", |_| exits_at_the_start(), &["exit code 1"]),
    Hostile::hung_up("loops_while_it_lists_its_tools", |_| that_lists_by(&format!("{FOR_EVER} unreachable")), CPU_TIME),
    Hostile::hung_up("sleeps_while_it_lists_its_tools", |_| sleeps_while_it_lists(), WALL_TIME)
        .under("list_wall_time_ms = 500")
        .at_once(10),
];

/// One instruction over as much memory as there may be, again and again.
fn all_memory(around: &Surroundings, instruction: &str) -> Vec<u8> {
    let pages = around.memory_bytes / (64 << 10) - 1;
    let half = pages * (32 << 10);
    let body = match instruction {
        "memory.fill" => format!("(memory.fill (i32.const 65536) (i32.const 165) (i32.const {}))", (pages - 1) << 16),
        _ => format!("(memory.copy (i32.const {half}) (i32.const 0) (i32.const {half}))"),
    };
    one().pages(pages).when_called(&format!("(loop $again {body} (br $again))")).component()
}

/// The same over a table.
fn table_fill() -> Vec<u8> {
    let fill = "(table.fill $t (i32.const 0) (ref.func $nothing) (i32.const 90000))";
    one()
        .field("(func $nothing) (table $t 90000 funcref) (elem declare func $nothing)")
        .when_called(&format!("(loop $again {fill} (br $again))"))
        .component()
}

/// Asks who calls, and does this when the host wants memory for the answer.
fn in_a_host_call(body: &str) -> Vec<u8> {
    one()
        .import(r#"(import "pegboard:plugin/client@0.1.0" "context" (func $context (param i32)))"#)
        .field("(global $asking (mut i32) (i32.const 0))")
        .when_asked_for_memory(&format!("(if (global.get $asking) (then {body}))"))
        .when_called("(global.set $asking (i32.const 1)) (call $context (i32.const 0x70000))")
        .component()
}

fn exits_at_the_start() -> Vec<u8> {
    one()
        .package(
            "package wasi:cli@0.2.6; interface exit { exit: func(status: result); }",
            "import wasi:cli/exit@0.2.6;",
        )
        .import(r#"(import "wasi:cli/exit@0.2.6" "exit" (func $exit (param i32)))"#)
        .at_the_start("(call $exit (i32.const 1))")
        .component()
}

fn sleeps_while_it_lists() -> Vec<u8> {
    one()
        .package(
            "package wasi:io@0.2.6; interface poll { resource pollable { block: func(); } }",
            "import wasi:io/poll@0.2.6;",
        )
        .package(
            "package wasi:clocks@0.2.6;
             interface monotonic-clock {
                 use wasi:io/poll@0.2.6.{pollable};
                 subscribe-duration: func(when: u64) -> pollable;
             }",
            "import wasi:clocks/monotonic-clock@0.2.6;",
        )
        .import(
            r#"(import "wasi:clocks/monotonic-clock@0.2.6" "subscribe-duration"
                 (func $timer (param i64) (result i32)))
               (import "wasi:io/poll@0.2.6" "[method]pollable.block" (func $block (param i32)))"#,
        )
        .lists_by("(call $block (call $timer (i64.const -1))) unreachable")
        .component()
}
