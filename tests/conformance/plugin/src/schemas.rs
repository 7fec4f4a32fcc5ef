//! Schemas that clients must see as they were written.

use pegboard_sdk::prelude::*;

/// Takes arguments by a schema with keywords that JSON Schema has only since 2020-12.
#[tool(read_only, idempotent, open_world = false, input_schema = include_str!("schema_2020_12.json"))]
pub fn json_schema_2020_12_tool(args: &Value) -> String {
    format!("JSON Schema 2020-12 tool called with: {args}")
}

/// Takes a value that clients repeat as a header of the request.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_custom_header(
    /// Any text.
    #[argument(header = "Value")]
    value: &str,
) -> String {
    format!("The value is {value:?}")
}
