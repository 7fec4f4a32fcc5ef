//! Memory, tables and stack without end, at run time and as a component declares them.

use serde_json::json;

use super::{CPU_TIME, Hostile, MEMORY, acts, one};

/// What is told of a component that wants more than there is for an instance.
const TOO_DEMANDING: &[&str] = &["does not fit the limits of this host"];

/// Whichever is used up first.
const MEMORY_OR_TIME: &[&str] = &[MEMORY[0], CPU_TIME[0]];

/// All of them.
pub const ALL: &[Hostile] = &[
    Hostile::guest("takes_memory_without_end", "allocate").fails(MEMORY_OR_TIME),
    Hostile::guest("takes_memory_in_millions_of_crumbs", "crumbs").fails(MEMORY_OR_TIME),
    Hostile::made("grows_its_memory_page_by_page", |_| {
        acts("(loop $again (drop (memory.grow (i32.const 1))) (br $again))")
    })
    .fails(MEMORY),
    Hostile::made("grows_its_table_without_end", |_| {
        let grow = "(drop (table.grow $t (ref.null func) (i32.const 1000)))";
        one().field("(table $t 1 funcref)").when_called(&format!("(loop $again {grow} (br $again))")).component()
    })
    .fails(&["a table of more than"]),
    Hostile::made("grows_its_table_by_all_there_could_be", |_| {
        let grow = "(drop (table.grow $t (ref.null func) (i32.const -2)))";
        one().field("(table $t 1 funcref)").when_called(&format!("(loop $again {grow} (br $again))")).component()
    })
    .fails(&["a table of more than"]),
    Hostile::guest("calls_itself_without_end", "recurse").fails(&["call stack is exhausted"]),
    Hostile::guest("calls_itself_in_turns_without_end", "recurse_in_turns").fails(&["call stack is exhausted"]),
    Hostile::guest("calls_itself_with_much_on_its_stack", "recurse_widely").fails(&["out of bounds memory access"]),
    Hostile::guest("gives_more_than_it_has_memory_for", "giant")
        .with(|_| json!({"bytes": 2_000_000_000}))
        .fails(MEMORY),
    Hostile::hung_up("declares_four_gigabytes_of_memory", |_| one().pages(65_536).component(), TOO_DEMANDING),
    Hostile::hung_up(
        "declares_a_table_of_ten_million_elements",
        |_| one().field("(table 10000000 funcref)").component(),
        TOO_DEMANDING,
    ),
    Hostile::hung_up("declares_more_memories_than_it_may", |_| many("(memory 1)"), TOO_DEMANDING),
    Hostile::hung_up("declares_more_tables_than_it_may", |_| many("(table 1 funcref)"), TOO_DEMANDING),
    Hostile::hung_up("declares_more_instances_than_it_may", |_| many(""), TOO_DEMANDING),
];

/// Two hundred instances of a module that has this.
fn many(field: &str) -> Vec<u8> {
    let instances = "(core instance (instantiate $m))".repeat(200);
    wat::parse_str(format!("(component (core module $m {field}) {instances})")).expect("a component")
}
