//! Components that are an attack on who reads, compiles and links them.

use std::fmt::Write as _;

use super::Hostile;
use crate::component::{core_module, of_another_kind};

/// Little for the compiler, so that it is soon over.
const STINGY: &str = "[compile]\ncpu_time_s = 1\nparallel = 1";

/// All of them.
pub const ALL: &[Hostile] = &[
    Hostile::hung_up(
        "imports_ten_thousand_things",
        |_| imports(10_000),
        &["imports what this host does not have", "and 9992 more"],
    )
    .at_once(10),
    Hostile::hung_up(
        "exports_ten_thousand_things",
        |_| exports(5_000),
        &["exports none of pegboard:plugin/tools", "more"],
    )
    .at_once(10),
    Hostile::hung_up("has_a_hundred_megabytes", |_| padded(&of_another_kind(), 100 << 20), &["max_file_bytes"])
        .at_once(5),
    Hostile::hung_up("has_sixty_megabytes_of_nothing", |_| padded(&of_another_kind(), 60 << 20), &["exports none"])
        .at_once(5),
    Hostile::hung_up("takes_minutes_to_compile", |_| costly(), &["compile.cpu_time_s"]).under(STINGY).at_once(5),
    Hostile::hung_up("has_components_within_components_without_end", |_| nested(2_000), &[]).at_once(10),
    Hostile::hung_up("has_a_hundred_thousand_types", |_| types(100_000), &[]).at_once(10),
    Hostile::hung_up("has_types_that_grow_exponentially", |_| doubling_types(), &[]).at_once(10),
    Hostile::hung_up(
        "is_cut_off",
        |_| {
            let whole = of_another_kind();
            whole[..whole.len() / 2].to_vec()
        },
        &[],
    ),
    Hostile::hung_up(
        "says_that_it_is_longer_than_it_is",
        |_| {
            // The header of a component, and a custom section of four gigabytes.
            b"\0asm\x0d\0\x01\0\0\xff\xff\xff\xff\x0f\x01x".to_vec()
        },
        &["not a valid component"],
    ),
    Hostile::hung_up("is_a_core_module", |_| core_module(), &["core WebAssembly module"]),
    Hostile::hung_up("is_nothing", |_| vec![], &["empty"]),
];

fn imports(count: usize) -> Vec<u8> {
    let mut imports = String::new();
    for number in 0..count {
        let _ = write!(imports, r#"(import "evil{number}" (func))"#);
    }
    wat::parse_str(format!("(component {imports})")).expect("a component")
}

fn exports(count: usize) -> Vec<u8> {
    let mut exports = String::new();
    for number in 0..count {
        let _ = write!(exports, r#"(export "evil{number}" (func $f))"#);
    }
    let function = r#"(core module $m (func (export "f"))) (core instance $i (instantiate $m))
        (func $f (canon lift (core func $i "f")))"#;
    wat::parse_str(format!("(component {function} {exports})")).expect("a component")
}

/// With a custom section of so many bytes at its end.
fn padded(component: &[u8], bytes: usize) -> Vec<u8> {
    let mut padded = component.to_vec();
    padded.push(0);
    leb128(&mut padded, bytes + 1);
    // A name without any letter, and zeros.
    padded.resize(padded.len() + bytes + 1, 0);
    padded
}

/// A number as WebAssembly's binary format has it.
fn leb128(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// One function of a few hundred thousand blocks, whose values all depend on each other.
fn costly() -> Vec<u8> {
    let mut body = String::new();
    for number in 0..60_000u32 {
        let (to, from, other) = (number % 50, (number * 7 + 3) % 50, (number * 13 + 5) % 50);
        let _ = write!(
            body,
            "(if (i32.lt_u (local.get {from}) (local.get {other}))
               (then (local.set {to} (i32.add (local.get {from}) (i32.load (local.get {other})))))
               (else (local.set {from} (i32.mul (local.get {to}) (local.get {other})))))"
        );
    }
    let text =
        format!("(component (core module (memory 1) (func (export \"f\") (local {}) {body})))", "i32 ".repeat(50));
    wat::parse_str(text).expect("a component")
}

fn nested(depth: usize) -> Vec<u8> {
    // Built from inside out, in bytes: the text would be too deep for who reads it.
    let mut component = b"\0asm\x0d\0\x01\0".to_vec();
    for _ in 0..depth {
        let mut outer = b"\0asm\x0d\0\x01\0\x04".to_vec();
        leb128(&mut outer, component.len());
        outer.extend_from_slice(&component);
        component = outer;
    }
    component
}

fn types(count: usize) -> Vec<u8> {
    let mut text = String::from("(component ");
    for number in 0..count {
        let _ = write!(text, "(type $t{number} (list u8))");
    }
    wat::parse_str(text + ")").expect("a component")
}

/// Each type is a pair of the one before.
fn doubling_types() -> Vec<u8> {
    let mut text = String::from("(component (type $t0 (tuple u8 u8))");
    for number in 1..60 {
        let before = number - 1;
        let _ = write!(text, "(type $t{number} (tuple $t{before} $t{before}))");
    }
    wat::parse_str(text + ")").expect("a component")
}
