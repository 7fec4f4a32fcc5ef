//! Resources: some notes, bytes, and a template whose URIs hold a script.

use crate::Puppet;
use crate::bindings::exports::pegboard::plugin::resources::{Guest, ReadResult, ResourceTemplate};
use crate::bindings::pegboard::plugin::types::{CallError, Content, Resource, ResourceBody, ResourceContents};
use crate::content;
use crate::script::Script;

const NOTE: &str = "puppet://note/";
const BYTES: &str = "puppet://bytes";
const PLAY: &str = "puppet://play/";

impl Guest for Puppet {
    fn list_resources() -> Result<Vec<Resource>, CallError> {
        let notes = (1..=3).map(|number| content::resource(&format!("{NOTE}{number}"), &format!("note {number}")));
        Ok(notes.chain([content::resource(BYTES, "bytes")]).collect())
    }

    fn list_resource_templates() -> Result<Vec<ResourceTemplate>, CallError> {
        Ok(vec![
            template("puppet://play/{script}", "play"),
            template("puppet://note/{number}", "notes"),
            template("puppet://shelf/{board}/{place}", "shelf"),
        ])
    }

    fn read_resource(uri: String) -> Result<ReadResult, CallError> {
        if uri == BYTES {
            return Ok(read(&uri, vec![ResourceBody::Blob(vec![0, 255, 16])]));
        }
        if let Some(script) = uri.strip_prefix(PLAY) {
            let texts = Script::parse(&decoded(script))?.play()?.content.into_iter().filter_map(|piece| match piece {
                Content::Text(text) => Some(ResourceBody::Text(text.text)),
                _ => None,
            });
            return Ok(read(&uri, texts.collect()));
        }
        match uri.strip_prefix(NOTE) {
            Some(number @ ("1" | "2" | "3")) => Ok(read(&uri, vec![ResourceBody::Text(format!("note {number}"))])),
            _ => Err(CallError::NotFound(uri)),
        }
    }
}

fn read(uri: &str, bodies: Vec<ResourceBody>) -> ReadResult {
    let contents = bodies.into_iter().map(|body| ResourceContents {
        uri: uri.into(),
        mime_type: None,
        body,
        meta: Some(content::meta()),
    });
    ReadResult { contents: contents.collect(), meta: None, extra: None }
}

fn template(uri_template: &str, name: &str) -> ResourceTemplate {
    ResourceTemplate {
        uri_template: uri_template.into(),
        name: name.into(),
        title: Some(format!("Template {name}")),
        description: Some(format!("The template {name}.")),
        mime_type: Some("text/plain".into()),
        annotations: Some(content::annotations()),
        icons: vec![content::icon()],
        meta: Some(content::meta()),
        extra: None,
    }
}

/// Undoes percent-encoding; what is none stays as it is.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let hex = after.get(..2).filter(|_| first == b'%').and_then(|hex| std::str::from_utf8(hex).ok());
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &after[2..] } else { after };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_undone_and_other_text_left() {
        assert_eq!(decoded("%7B%22a%22%7D ß 100%"), "{\"a\"} ß 100%");
    }
}
