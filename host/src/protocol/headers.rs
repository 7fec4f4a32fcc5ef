//! Headers that mirror the body, and whether they do
//! ([specification](https://modelcontextprotocol.io/specification/2026-07-28/basic/transports/streamable-http#server-validation)).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::Value;

use super::error::{ErrorKind, RequestError};
use crate::plugin::JsonObject;
use crate::registry::{HeaderParam, ParamType};

/// The headers of the request that brought a message. Names are in lower case.
pub trait RequestHeaders: Send + Sync {
    /// One header, by its name in lower case.
    fn get(&self, name: &str) -> Header<'_>;
}

/// One header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header<'a> {
    /// Not sent.
    Absent,
    /// Its text, without white space around it.
    Text(&'a str),
    /// Sent more than once, or with bytes outside of visible ASCII, space and tab.
    Invalid,
}

impl<'a> Header<'a> {
    /// The text, if it is there and valid.
    #[must_use]
    pub fn text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent | Self::Invalid => None,
        }
    }
}

fn mismatch(why: impl std::fmt::Display) -> RequestError {
    RequestError::new(ErrorKind::HeaderMismatch, format!("Header mismatch: {why}"))
}

/// Checks `MCP-Protocol-Version` against the version in `_meta`.
///
/// # Errors
/// A header mismatch.
pub(super) fn check_version(headers: &dyn RequestHeaders, version: &str) -> Result<(), RequestError> {
    match headers.get("mcp-protocol-version") {
        Header::Text(header) if header == version => Ok(()),
        Header::Text(header) => {
            Err(mismatch(format!("MCP-Protocol-Version is {header:?}, but `_meta` says {version:?}")))
        }
        Header::Absent => Err(mismatch("MCP-Protocol-Version is missing")),
        Header::Invalid => Err(mismatch("MCP-Protocol-Version has invalid characters or is there twice")),
    }
}

/// Checks `Mcp-Method` and, where the method has a name or URI, `Mcp-Name`. With `if_there` a header may be missing.
///
/// # Errors
/// A header mismatch.
pub(super) fn check_standard(
    headers: &dyn RequestHeaders,
    method: &str,
    params: &JsonObject,
    if_there: bool,
) -> Result<(), RequestError> {
    let is_missing = |name: &str| if_there && headers.get(name) == Header::Absent;
    if !is_missing("mcp-method") {
        check_text(headers, "Mcp-Method", method, false)?;
    }
    let named_by = match method {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        "tasks/get" | "tasks/update" | "tasks/cancel" => "taskId",
        _ => return Ok(()),
    };
    match params.get(named_by).and_then(Value::as_str) {
        Some(_) if is_missing("mcp-name") => Ok(()),
        Some(name) => check_text(headers, "Mcp-Name", name, true),
        // The method says what is wrong with its parameters.
        None => Ok(()),
    }
}

/// Checks `Mcp-Param-…` of one mirrored argument.
///
/// # Errors
/// A header mismatch.
pub(super) fn check_param(
    headers: &dyn RequestHeaders,
    param: &HeaderParam,
    arguments: &JsonObject,
) -> Result<(), RequestError> {
    let name = &param.header;
    let header = match headers.get(name) {
        Header::Invalid => return Err(mismatch(format!("{name} has invalid characters or is there twice"))),
        Header::Text(text) => Some(decode(name, text)?),
        Header::Absent => None,
    };
    let path = param.path.join(".");
    match (header, param.value(arguments)) {
        (None, None) => Ok(()),
        (None, Some(_)) => Err(mismatch(format!("{name} is missing, but the argument {path:?} is there"))),
        (Some(_), None) => Err(mismatch(format!("{name} is there, but the argument {path:?} is missing"))),
        (Some(header), Some(value)) if says(&header, value, param.kind) => Ok(()),
        (Some(_), Some(_)) => Err(mismatch(format!("{name} does not match the argument {path:?}"))),
    }
}

/// Does the header's text say what the body does? Integers are compared as numbers: `42.0` says `42`.
fn says(header: &str, value: &Value, kind: ParamType) -> bool {
    match (kind, value) {
        (ParamType::Integer, Value::Number(number)) => {
            header == number.to_string()
                || header.parse::<f64>().ok().zip(number.as_f64()).is_some_and(|(a, b)| a.to_bits() == b.to_bits())
        }
        (_, Value::String(text)) => header == text,
        (_, other) => {
            let text = other.to_string();
            header == text
        }
    }
}

fn check_text(headers: &dyn RequestHeaders, name: &'static str, body: &str, encoded: bool) -> Result<(), RequestError> {
    let text = match headers.get(&name.to_ascii_lowercase()) {
        Header::Absent => return Err(mismatch(format!("{name} is missing; the body says {body:?}"))),
        Header::Invalid => return Err(mismatch(format!("{name} has invalid characters or is there twice"))),
        Header::Text(text) => text,
    };
    let decoded = if encoded { decode(name, text)? } else { text.into() };
    if decoded == body { Ok(()) } else { Err(mismatch(format!("{name} is {decoded:?}, but the body says {body:?}"))) }
}

/// Undoes `=?base64?…?=`; other text is literal.
fn decode<'a>(name: &str, text: &'a str) -> Result<std::borrow::Cow<'a, str>, RequestError> {
    let Some(encoded) = text.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Ok(text.into());
    };
    let bytes = BASE64.decode(encoded).map_err(|_| mismatch(format!("{name} is no valid Base64")))?;
    let text = String::from_utf8(bytes).map_err(|_| mismatch(format!("{name} is no UTF-8")))?;
    Ok(text.into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use serde_json::json;

    use super::*;

    struct Fake(HashMap<&'static str, &'static str>);

    impl RequestHeaders for Fake {
        fn get(&self, name: &str) -> Header<'_> {
            self.0.get(name).map_or(Header::Absent, |text| Header::Text(text))
        }
    }

    fn fake<const N: usize>(headers: [(&'static str, &'static str); N]) -> Fake {
        Fake(headers.into())
    }

    fn params(value: &Value) -> JsonObject {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn the_method_must_be_mirrored_exactly() {
        let empty = JsonObject::new();
        assert!(check_standard(&fake([("mcp-method", "tools/list")]), "tools/list", &empty, false).is_ok());
        for wrong in [fake([]), fake([("mcp-method", "TOOLS/LIST")]), fake([("mcp-method", "ping")])] {
            let error = check_standard(&wrong, "tools/list", &empty, false).unwrap_err();
            assert_eq!(error.kind, ErrorKind::HeaderMismatch);
        }
    }

    #[test]
    fn a_name_may_be_in_base64() {
        let call = params(&json!({"name": "größe"}));
        let good = fake([("mcp-method", "tools/call"), ("mcp-name", "=?base64?Z3LDtsOfZQ==?=")]);
        assert!(check_standard(&good, "tools/call", &call, false).is_ok());
        for bad in ["=?base64?Z3LDtsOfZQ?=", "=?base64?!!?=", "grosse", "=?BASE64?Z3LDtsOfZQ==?="] {
            let headers = fake([("mcp-method", "tools/call"), ("mcp-name", bad)]);
            assert!(check_standard(&headers, "tools/call", &call, false).is_err(), "{bad}");
        }
    }

    #[test]
    fn mirrored_arguments_are_compared_by_type() {
        let param = |kind| HeaderParam { header: "mcp-param-a".into(), path: vec!["a".into()], kind };
        let check = |kind, header, value: Value| {
            check_param(&fake([("mcp-param-a", header)]), &param(kind), &params(&json!({"a": value}))).is_ok()
        };
        assert!(check(ParamType::String, "Hello", json!("Hello")));
        assert!(check(ParamType::String, "=?base64?SGVsbG8=?=", json!("Hello")));
        assert!(check(ParamType::String, "=?base64?SGVsbG8=", json!("=?base64?SGVsbG8=")));
        assert!(check(ParamType::Integer, "42.0", json!(42)));
        assert!(check(ParamType::Boolean, "true", json!(true)));
        assert!(!check(ParamType::Integer, "43", json!(42)));
        assert!(!check(ParamType::Boolean, "True", json!(true)));
        let absent = fake([]);
        assert!(check_param(&absent, &param(ParamType::String), &params(&json!({"a": "x"}))).is_err());
        assert!(check_param(&absent, &param(ParamType::String), &params(&json!({"a": null}))).is_ok());
    }
}
