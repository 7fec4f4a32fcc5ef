//! `x-mcp-header`: which arguments a client mirrors into HTTP headers
//! ([specification](https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#custom-headers-from-tool-parameters)).

use std::collections::HashSet;

use serde_json::{Map, Value};

const KEYWORD: &str = "x-mcp-header";

/// The types that can be mirrored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamType {
    /// As it is.
    String,
    /// In decimal.
    Integer,
    /// `true` or `false`.
    Boolean,
}

/// One argument that is mirrored into a header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HeaderParam {
    /// `mcp-param-…`, in lower case.
    pub header: String,
    /// The chain of properties that leads to it.
    pub path: Vec<String>,
    /// Its type.
    pub kind: ParamType,
}

impl HeaderParam {
    /// The value in `arguments`; none if it is absent or null.
    #[must_use]
    pub fn value<'a>(&self, arguments: &'a Map<String, Value>) -> Option<&'a Value> {
        let (first, rest) = self.path.split_first()?;
        let value = rest.iter().try_fold(arguments.get(first)?, |value, key| value.get(key))?;
        (!value.is_null()).then_some(value)
    }
}

/// Reads the header parameters of an input schema.
///
/// # Errors
/// A sentence that names the property, if an annotation breaks a rule of the specification.
pub(super) fn of(schema: &Value) -> Result<Vec<HeaderParam>, String> {
    let mut found = Vec::new();
    walk(schema, &mut Vec::new(), true, &mut found)?;
    let mut seen = HashSet::new();
    for param in &found {
        if !seen.insert(&param.header) {
            return Err(format!("two properties have the `{KEYWORD}` of `{}`", param.header));
        }
    }
    Ok(found)
}

/// `reachable`: all steps down to here were `properties`.
fn walk(schema: &Value, path: &mut Vec<String>, reachable: bool, found: &mut Vec<HeaderParam>) -> Result<(), String> {
    let Value::Object(object) = schema else {
        return schema.as_array().map_or(Ok(()), |list| list.iter().try_for_each(|v| walk(v, path, false, found)));
    };
    if let Some(name) = object.get(KEYWORD) {
        if !reachable || path.is_empty() {
            let place = path.join(".");
            return Err(format!("`{KEYWORD}` near {place:?} is not on a property reached through `properties` alone"));
        }
        found.push(param(name, object, path)?);
    }
    for (keyword, value) in object {
        match (keyword.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                for (name, property) in properties {
                    path.push(name.clone());
                    walk(property, path, reachable, found)?;
                    path.pop();
                }
            }
            // Data, not schemas.
            ("const" | "enum" | "default" | "examples", _) => {}
            ("$defs" | "definitions" | "dependentSchemas" | "patternProperties", Value::Object(named)) => {
                for value in named.values() {
                    walk(value, path, false, found)?;
                }
            }
            (_, value) => walk(value, path, false, found)?,
        }
    }
    Ok(())
}

fn param(name: &Value, property: &Map<String, Value>, path: &[String]) -> Result<HeaderParam, String> {
    let place = path.join(".");
    let name = name.as_str().ok_or_else(|| format!("`{KEYWORD}` of {place:?} is no text"))?;
    if name.is_empty() || !name.bytes().all(is_tchar) {
        return Err(format!("`{KEYWORD}` {name:?} of {place:?} is no HTTP field name"));
    }
    let kind = match property.get("type").and_then(Value::as_str) {
        Some("string") => ParamType::String,
        Some("integer") => ParamType::Integer,
        Some("boolean") => ParamType::Boolean,
        _ => return Err(format!("`{KEYWORD}` of {place:?} needs a property of type string, integer or boolean")),
    };
    Ok(HeaderParam { header: format!("mcp-param-{}", name.to_ascii_lowercase()), path: path.to_vec(), kind })
}

/// `tchar` of [RFC 9110, 5.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-5.6.2).
fn is_tchar(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn schema(property: &Value) -> Value {
        json!({"type": "object", "properties": {"a": property}})
    }

    #[test]
    fn properties_are_found_by_their_path() {
        let inner = json!({"type": "object", "properties": {"b": {"type": "integer", "x-mcp-header": "Region"}}});
        let params = of(&schema(&inner)).unwrap();
        assert_eq!(params[0].header, "mcp-param-region");
        let arguments = json!({"a": {"b": 7}});
        assert_eq!(params[0].value(arguments.as_object().unwrap()), Some(&json!(7)));
        assert_eq!(params[0].value(json!({"a": {"b": null}}).as_object().unwrap()), None);
        assert_eq!(params[0].value(json!({}).as_object().unwrap()), None);
    }

    #[test]
    fn what_the_specification_forbids_is_refused() {
        for bad in [
            json!({"type": "string", "x-mcp-header": ""}),
            json!({"type": "string", "x-mcp-header": "a b"}),
            json!({"type": "string", "x-mcp-header": "a\r\nb"}),
            json!({"type": "string", "x-mcp-header": 1}),
            json!({"type": "number", "x-mcp-header": "A"}),
            json!({"type": "array", "items": {"type": "string", "x-mcp-header": "A"}}),
            json!({"anyOf": [{"type": "string", "x-mcp-header": "A"}]}),
        ] {
            assert!(of(&schema(&bad)).is_err(), "{bad}");
        }
        let twice = json!({"properties": {
            "a": {"type": "string", "x-mcp-header": "X"}, "b": {"type": "string", "x-mcp-header": "x"}
        }});
        assert!(of(&twice).is_err());
    }

    #[test]
    fn a_property_may_have_the_keywords_name() {
        assert_eq!(of(&json!({"properties": {"x-mcp-header": {"type": "string"}}})).unwrap(), []);
    }
}
