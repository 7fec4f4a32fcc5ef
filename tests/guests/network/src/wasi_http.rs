//! `wasi:http`, without a library between.

#[cfg(target_family = "wasm")]
pub fn request(method: &str, scheme: &str, authority: &str, path: &str) -> Result<String, String> {
    use wasip2::http::outgoing_handler::handle;
    use wasip2::http::types::{Fields, Method, OutgoingBody, OutgoingRequest, Scheme};
    use wasip2::io::streams::StreamError;

    let request = OutgoingRequest::new(Fields::new());
    let method = match method {
        "GET" => Method::Get,
        other => Method::Other(other.to_owned()),
    };
    let scheme = match scheme {
        "http" => Scheme::Http,
        "https" => Scheme::Https,
        other => Scheme::Other(other.to_owned()),
    };
    request.set_method(&method).map_err(|()| "no such method")?;
    request.set_scheme(Some(&scheme)).map_err(|()| "no such scheme")?;
    request.set_authority(Some(authority)).map_err(|()| "no such authority")?;
    request.set_path_with_query(Some(path)).map_err(|()| "no such path")?;
    let body = request.body().map_err(|()| "no body")?;
    let sent = handle(request, None).map_err(|code| format!("{code:?}"))?;
    OutgoingBody::finish(body, None).map_err(|code| format!("{code:?}"))?;
    sent.subscribe().block();
    let response = sent.get().ok_or("no response")?.map_err(|()| "taken")?.map_err(|code| format!("{code:?}"))?;
    let mut text = format!("{} ", response.status());
    let body = response.consume().map_err(|()| "no body")?;
    let stream = body.stream().map_err(|()| "no stream")?;
    loop {
        match stream.blocking_read(64 << 10) {
            Ok(bytes) => text.push_str(&String::from_utf8_lossy(&bytes)),
            Err(StreamError::Closed) => return Ok(text),
            Err(StreamError::LastOperationFailed(error)) => return Err(error.to_debug_string()),
        }
    }
}

#[cfg(not(target_family = "wasm"))]
pub fn request(_: &str, _: &str, _: &str, _: &str) -> Result<String, String> {
    Err("there is no wasi:http outside of the sandbox".to_owned())
}
