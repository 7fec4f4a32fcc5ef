//! How many bytes of contents a guest gave, before they are taken apart.

use super::exports::{resources, tools};
use super::imports::types;

/// Of a tool.
pub fn tool_result(result: &tools::ToolResult) -> u64 {
    let structured = result.structured_content.as_ref().map_or(0, String::len);
    (result.content.iter().map(content).sum::<usize>() + structured) as u64
}

/// Of a resource.
pub fn read_result(result: &resources::ReadResult) -> u64 {
    result.contents.iter().map(resource).sum::<usize>() as u64
}

fn content(content: &types::Content) -> usize {
    match content {
        types::Content::Text(text) => text.text.len(),
        types::Content::Image(media) | types::Content::Audio(media) => media.data.len(),
        types::Content::Embedded(embedded) => resource(&embedded.contents),
        types::Content::ResourceLink(link) => link.uri.len(),
        types::Content::Other(text) => text.len(),
    }
}

fn resource(contents: &types::ResourceContents) -> usize {
    match &contents.body {
        types::ResourceBody::Text(text) => text.len(),
        types::ResourceBody::Blob(bytes) => bytes.len(),
    }
}
