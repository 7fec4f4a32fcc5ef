//! Resources: text, bytes, one to be subscribed to, and a template.

use pegboard_sdk::prelude::*;

use crate::content::PIXEL;

/// A text.
#[resource(uri = "test://static-text", name = "static-text", mime_type = "text/plain")]
pub fn static_text() -> &'static str {
    "This is the content of the static text resource."
}

/// A picture.
#[resource(uri = "test://static-binary", name = "static-binary", mime_type = "image/png")]
pub fn static_binary() -> &'static [u8] {
    PIXEL
}

/// A text that clients subscribe to.
#[resource(uri = "test://watched-resource", name = "watched-resource", mime_type = "text/plain")]
pub fn watched() -> &'static str {
    "Watched resource content"
}

/// The data with an id.
#[resource_template(uri = "test://template/{id}/data", name = "template-data", mime_type = "application/json")]
pub fn template_data(
    /// Any.
    #[argument(complete = ["123", "124", "456"])]
    id: &str,
) -> Json<Value> {
    Json(json!({ "id": id, "templateTest": true, "data": format!("Data for ID: {id}") }))
}

#[cfg(test)]
mod tests {
    use crate::PLUGIN;
    use pegboard_sdk::prelude::*;

    #[test]
    fn the_template_has_data_for_each_id_and_nothing_else_is_there() {
        let ctx = Context::test();
        let read = PLUGIN.read_resource(&ctx, "test://template/123/data").unwrap();
        assert!(read.contents[0].as_text().is_some_and(|text| text.contains("123")));
        let missing = PLUGIN.read_resource(&ctx, "test://nonexistent-resource-for-conformance-testing");
        assert!(matches!(missing, Err(Error::NotFound(_))));
    }
}
