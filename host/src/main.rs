//! The `pegboard` program.

fn main() {}
