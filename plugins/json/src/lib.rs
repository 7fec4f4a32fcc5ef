//! Queries, schemas and layout of JSON: exact work on documents that are too long or too nested to be read by eye.

mod document;
mod filter;
mod format;
mod query;
mod validate;

pegboard_sdk::plugin!(query::json_query, validate::validate_json, format::format_json);
