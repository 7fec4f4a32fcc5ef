//! The methods, one family a file.

pub(super) mod lifecycle;
pub(super) mod listen;
pub(super) mod tools;
