//! A URL to text: web pages as Markdown, other texts as they are.
//!
//! It reaches the hosts that it is granted and no others, in `grants/fetch.toml`:
//!
//! ```toml
//! [network]
//! # Every host of the public network, over TLS. Name hosts instead, where a few will do:
//! # allow = ["https://docs.rs", "https://*.wikipedia.org"]
//! allow = ["https://*"]
//! response_bytes = 4_000_000
//! timeout_ms = 20_000
//! requests_per_minute = 120
//! ```
//!
//! Addresses that are not public stay out of reach, whichever name leads there, unless they are granted themselves:
//! `allow = ["http://10.0.0.7:8080"]`, or `addresses = ["10.0.0.0/8"]` for what granted names lead to. Without a grant
//! the tool says which line would allow what was asked of it.

mod decode;
mod fetch;
mod html;
mod window;

pegboard_sdk::plugin!(fetch::fetch);
