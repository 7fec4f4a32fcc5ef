//! JSON Schemas from Rust types, in the shape that MCP clients cope with: one object, whole, without
//! references where that is possible, and without formats that are Rust's own.

mod form;

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use crate::content::Object;

pub use form::of_form;

/// Where alternatives at the top would be; the model APIs behind clients refuse such a schema for arguments.
const ALTERNATIVES: [&str; 3] = ["anyOf", "oneOf", "allOf"];

/// The schema of a tool's arguments.
///
/// # Errors
/// If it is one that clients refuse.
pub fn of_arguments<T: JsonSchema>() -> Result<Object, String> {
    let mut schema = generate::<T>(SchemaSettings::draft2020_12());
    let wrong = |what: &str| {
        let name = T::schema_name();
        Err(format!("{what}: let a struct hold the arguments, and `{name}` be a field of it"))
    };
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        return wrong("the arguments must be one JSON object");
    }
    if let Some(key) = ALTERNATIVES.iter().find(|key| schema.contains_key(**key)) {
        return wrong(&format!("the schema of the arguments has `{key}` at its top, which clients refuse"));
    }
    // Some clients take an object without it for a schema that is not one.
    schema.entry("properties").or_insert_with(|| Value::Object(Map::new()));
    Ok(schema)
}

/// The schema of a tool's structured result, which is an object.
pub fn of_result<T: JsonSchema>() -> Result<Object, String> {
    let mut schema = generate::<T>(SchemaSettings::draft2020_12().for_serialize());
    let objects =
        |alternatives: &Value| alternatives.as_array().is_some_and(|all| all.iter().all(|one| one["type"] == "object"));
    if ["anyOf", "oneOf"].iter().any(|key| schema.get(*key).is_some_and(objects)) {
        schema.entry("type").or_insert_with(|| "object".into());
    }
    if schema.get("type").and_then(Value::as_str) != Some("object") {
        let name = T::schema_name();
        return Err(format!("a structured result must be a JSON object: let `{name}` be a field of a struct"));
    }
    Ok(schema)
}

/// The schema of an object whose only member, `result`, is a `T`.
pub fn of_wrapped_result<T: JsonSchema>() -> Object {
    let inner = generate::<T>(SchemaSettings::draft2020_12().for_serialize());
    let mut properties = Map::new();
    let mut schema = Map::new();
    let mut inner = inner;
    let definitions = inner.shift_remove("$defs");
    properties.insert("result".to_owned(), Value::Object(inner));
    schema.insert("type".to_owned(), "object".into());
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), Value::Array(vec!["result".into()]));
    if let Some(definitions) = definitions {
        schema.insert("$defs".to_owned(), definitions);
    }
    schema
}

fn generate<T: JsonSchema>(settings: SchemaSettings) -> Object {
    let settings = settings.with(|settings| {
        settings.inline_subschemas = true;
        // 2020-12 is what MCP takes a schema for that does not say.
        settings.meta_schema = None;
    });
    let mut schema = match Value::from(settings.into_generator().into_root_schema_for::<T>()) {
        Value::Object(schema) => schema,
        // `true`: anything goes.
        _ => Map::new(),
    };
    // The name of a Rust type tells a client nothing, and is not what its author wrote for it.
    schema.shift_remove("title");
    tidy(&mut schema);
    schema
}

/// Takes out formats that only Rust knows (`uint32`, `double`; some model APIs refuse them), and joins the
/// lines of doc comments.
fn tidy(schema: &mut Object) {
    let number = schema.get("type").is_some_and(|kind| {
        let is_number = |kind: &Value| kind == "integer" || kind == "number";
        is_number(kind) || kind.as_array().is_some_and(|kinds| kinds.iter().any(is_number))
    });
    if number {
        schema.shift_remove("format");
    }
    if let Some(Value::String(description)) = schema.get_mut("description") {
        *description = reflow(description);
    }
    for (key, value) in schema.iter_mut() {
        match (key.as_str(), value) {
            // Maps of schemas: their keys are names, not keywords.
            ("properties" | "patternProperties" | "$defs" | "dependentSchemas", Value::Object(schemas)) => {
                schemas.values_mut().filter_map(Value::as_object_mut).for_each(tidy);
            }
            // Data, not schemas.
            ("default" | "const" | "enum" | "examples", _) => {}
            (_, Value::Object(inner)) => tidy(inner),
            (_, Value::Array(schemas)) => schemas.iter_mut().filter_map(Value::as_object_mut).for_each(tidy),
            _ => {}
        }
    }
}

/// Joins the lines of a paragraph, as Markdown does, but keeps lists, quotes, tables and code as they are.
pub fn reflow(doc: &str) -> String {
    let mut text = String::with_capacity(doc.len());
    let mut in_code = false;
    let mut may_join = false;
    for line in doc.trim().lines() {
        let line = line.trim_end();
        let bare = line.trim_start();
        let fence = bare.starts_with("```");
        let joins = may_join && !in_code && !fence && !bare.is_empty() && !begins_a_block(bare);
        if joins {
            text.push(' ');
            text.push_str(bare);
        } else {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(line);
        }
        in_code ^= fence;
        may_join = !bare.is_empty() && !in_code && !fence && !bare.starts_with(['#', '|']);
    }
    text
}

fn begins_a_block(line: &str) -> bool {
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let numbered = digits > 0 && line[digits..].starts_with(". ");
    numbered || line.starts_with(['#', '|', '>']) || ["- ", "* ", "+ "].iter().any(|mark| line.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Inner {
        /// One
        /// line.
        n: u32,
    }

    #[derive(JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code)]
    struct Outer {
        inner: Inner,
        also: Option<Inner>,
        /// Named like a keyword.
        format: f32,
    }

    #[derive(JsonSchema)]
    #[serde(tag = "kind")]
    #[allow(dead_code)]
    enum Either {
        A { a: u8 },
        B { b: u8 },
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    struct Tree {
        leaves: Vec<Tree>,
    }

    #[test]
    fn a_struct_is_one_object_without_references_titles_and_formats_of_rust() {
        let inner = json!({
            "type": "object",
            "properties": { "n": { "description": "One line.", "type": "integer", "minimum": 0 } },
            "required": ["n"]
        });
        let schema = Value::Object(of_arguments::<Outer>().expect("an object"));
        assert_eq!(schema["properties"]["inner"], inner);
        assert_eq!(schema["properties"]["format"], json!({ "description": "Named like a keyword.", "type": "number" }));
        assert_eq!(schema["required"], json!(["inner", "format"]));
        assert_eq!(schema["additionalProperties"], json!(false));
        assert!(!schema.to_string().contains("$ref"), "{schema}");
        assert!(schema.get("title").is_none());
    }

    #[test]
    fn arguments_that_are_no_object_or_have_alternatives_are_refused() {
        assert!(of_arguments::<Vec<u8>>().unwrap_err().contains("one JSON object"));
        assert!(of_arguments::<Value>().is_err());
        assert!(of_arguments::<Either>().is_err());
    }

    #[test]
    fn a_result_may_be_one_of_several_objects_but_nothing_else() {
        assert_eq!(of_result::<Either>().expect("objects")["type"], "object");
        assert!(of_result::<String>().unwrap_err().contains("`string`"));
    }

    #[test]
    fn a_wrapped_result_keeps_its_definitions_where_references_look_for_them() {
        let schema = Value::Object(of_wrapped_result::<Vec<Tree>>());
        assert_eq!(schema["properties"]["result"]["type"], "array");
        assert!(schema["$defs"].get("Tree").is_some(), "{schema}");
    }

    #[test]
    fn lines_of_a_paragraph_are_joined_and_lists_and_code_are_kept() {
        let doc = "One\ntwo.\n\nThree\nfour:\n- a\n  b\n- c\n1. d\n```\nx\n y\n```\nend";
        assert_eq!(reflow(doc), "One two.\n\nThree four:\n- a b\n- c\n1. d\n```\nx\n y\n```\nend");
    }
}
