//! What benchmarks call tools with.
//!
//! | module | holds |
//! |---|---|
//! | [`client`] | one connection, one call at a time |
//! | [`samples`] | durations, and what of them is reported |

#![allow(clippy::missing_errors_doc, reason = "each is said by its message")]

pub mod client;
pub mod samples;
