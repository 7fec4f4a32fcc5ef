//! A result of each kind of content.

use pegboard_sdk::prelude::*;

/// One red pixel.
pub const PIXEL: &[u8] = include_bytes!("pixel.png");
/// A millisecond of it.
const SILENCE: &[u8] = include_bytes!("silence.wav");

/// Returns a text.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_simple_text() -> &'static str {
    "This is a simple text response for testing."
}

/// Returns a picture.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_image_content() -> Content {
    Content::image(PIXEL, "image/png")
}

/// Returns a sound.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_audio_content() -> Content {
    Content::audio(SILENCE, "audio/wav")
}

/// Returns a resource, whole.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_embedded_resource() -> Content {
    let text = "This is an embedded resource content.";
    Content::embedded(ResourceContents::text("test://embedded-resource", text).mime_type("text/plain"))
}

/// Returns a text, a picture and a resource.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_multiple_content_types() -> Vec<Content> {
    let json = json!({ "test": "data", "value": 123 }).to_string();
    let resource = ResourceContents::text("test://mixed-content-resource", json).mime_type("application/json");
    vec![Content::text("Multiple content types test:"), Content::image(PIXEL, "image/png"), Content::embedded(resource)]
}

/// Fails.
#[tool(read_only, idempotent, open_world = false)]
pub fn test_error_handling() -> Result<(), &'static str> {
    Err("This tool intentionally returns an error for testing")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_are_what_they_say() {
        assert!(PIXEL.starts_with(b"\x89PNG"));
        assert!(SILENCE.starts_with(b"RIFF") && SILENCE[8..].starts_with(b"WAVE"));
    }
}
