//! CORS ([Fetch](https://fetch.spec.whatwg.org/#http-cors-protocol)). Written here, since a family of header
//! names (`Mcp-Param-…`) must be allowed, which the known middleware can only do by allowing all.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HeaderMap, HeaderValue,
    VARY,
};

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, DELETE, HEAD, OPTIONS");
const EXPOSED: HeaderValue = HeaderValue::from_static("Mcp-Session-Id, MCP-Protocol-Version, WWW-Authenticate");
/// Chromium keeps a preflight for no longer.
const MAX_AGE_SECONDS: HeaderValue = HeaderValue::from_static("7200");
/// Headers that a page may send, beside `Mcp-…`.
const ALLOWED: [&str; 4] = ["accept", "authorization", "content-type", "last-event-id"];
/// What is allowed if the preflight names no headers.
const ALLOWED_BY_DEFAULT: HeaderValue = HeaderValue::from_static(
    "Accept, Authorization, Content-Type, Last-Event-ID, MCP-Protocol-Version, Mcp-Session-Id, Mcp-Method, Mcp-Name",
);

/// Lets pages of the request's origin read the reply. The origin must have been let in already.
pub(super) fn allow_origin(origin: Option<HeaderValue>, reply: &mut HeaderMap) {
    reply.append(VARY, HeaderValue::from_static("Origin"));
    if let Some(origin) = origin {
        reply.insert(ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        reply.insert(ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
}

/// What a preflight is answered with, beside [`allow_origin`].
pub(super) fn preflight(request: &HeaderMap, reply: &mut HeaderMap) {
    reply.insert(ACCESS_CONTROL_ALLOW_METHODS, METHODS);
    reply.insert(ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS);
    reply.append(VARY, HeaderValue::from_static("Access-Control-Request-Headers"));
    let asked = request.get(ACCESS_CONTROL_REQUEST_HEADERS).and_then(|value| value.to_str().ok());
    let allowed = asked.map_or(Ok(ALLOWED_BY_DEFAULT), |asked| {
        let names: Vec<_> = asked.split(',').map(str::trim).filter(|name| is_allowed(name)).collect();
        HeaderValue::from_str(&names.join(", "))
    });
    // Made of parts of a valid value, so it is one.
    if let Ok(allowed) = allowed {
        reply.insert(ACCESS_CONTROL_ALLOW_HEADERS, allowed);
    }
}

fn is_allowed(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.starts_with("mcp-") || ALLOWED.contains(&name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preflight_allows_the_protocols_headers_and_no_others() {
        let asked = HeaderValue::from_static("content-type, Mcp-Param-Region, x-evil, mcp-session-id");
        let request = HeaderMap::from_iter([(ACCESS_CONTROL_REQUEST_HEADERS, asked)]);
        let mut reply = HeaderMap::new();
        preflight(&request, &mut reply);
        assert_eq!(reply[ACCESS_CONTROL_ALLOW_HEADERS], "content-type, Mcp-Param-Region, mcp-session-id");
    }

    #[test]
    fn the_origin_is_named_never_a_star() {
        let mut reply = HeaderMap::new();
        allow_origin(Some(HeaderValue::from_static("http://localhost:3000")), &mut reply);
        assert_eq!(reply[ACCESS_CONTROL_ALLOW_ORIGIN], "http://localhost:3000");
        let mut without = HeaderMap::new();
        allow_origin(None, &mut without);
        assert!(!without.contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
    }
}
