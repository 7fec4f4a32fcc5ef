//! Forms from Rust types. A client shows only a few shapes of fields, so what `schemars` makes is turned into one
//! of them, and what has no such shape is refused with its name.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Value, json};

use crate::content::Object;

/// What a field may say, by its type; beside `type`, `title`, `description` and `default`.
const KEYWORDS: [(&str, &[&str]); 5] = [
    ("string", &["minLength", "maxLength", "format", "enum", "enumNames", "oneOf"]),
    ("integer", &["minimum", "maximum"]),
    ("number", &["minimum", "maximum"]),
    ("boolean", &[]),
    ("array", &["items", "minItems", "maxItems"]),
];

const FORMATS: [&str; 4] = ["email", "uri", "date", "date-time"];

/// The schema of a form that is filled in with a `T`.
///
/// # Errors
/// If a field has none of the shapes that a client can show.
pub fn of_form<T: JsonSchema>() -> Result<Object, String> {
    let mut whole = super::generate::<T>(SchemaSettings::draft2020_12());
    let Some(Value::Object(properties)) = whole.shift_remove("properties") else {
        return Err(format!("a form is a struct with named fields, and `{}` is not", T::schema_name()));
    };
    let mut fields = Object::new();
    for (name, schema) in properties {
        let field = field(schema).map_err(|what| format!("a form cannot have the field `{name}`: {what}"))?;
        fields.insert(name, Value::Object(field));
    }
    let mut form = Object::new();
    form.insert("type".to_owned(), "object".into());
    form.insert("properties".to_owned(), Value::Object(fields));
    if let Some(required) = whole.shift_remove("required") {
        form.insert("required".to_owned(), required);
    }
    Ok(form)
}

fn field(schema: Value) -> Result<Object, String> {
    let Value::Object(schema) = schema else { return Err("it may be anything".to_owned()) };
    let mut field = without_null(schema);
    if let Some(only) = field.shift_remove("const") {
        field.insert("enum".to_owned(), json!([only]));
    }
    if let Some(Value::Array(variants)) = field.get_mut("oneOf") {
        *variants = titled(std::mem::take(variants))?;
        field.insert("type".to_owned(), "string".into());
    }
    if field.get("type").and_then(Value::as_str) == Some("array") {
        // A set says that its items are unique; a choice of several is one anyway.
        field.shift_remove("uniqueItems");
        let items = items(field.shift_remove("items").unwrap_or_default())?;
        field.insert("items".to_owned(), Value::Object(items));
    }
    let kind = field.get("type").and_then(Value::as_str).unwrap_or_default();
    let Some((_, keywords)) = KEYWORDS.iter().find(|(known, _)| *known == kind) else {
        return Err("it must be text, a number, a bool, an enum of plain variants, or a Vec of such an enum".to_owned());
    };
    let known = |key: &&String| !keywords.iter().chain(&["type", "title", "description", "default"]).any(|k| k == key);
    if let Some(unknown) = field.keys().find(known) {
        return Err(format!("clients know no `{unknown}` for a field of type {kind}"));
    }
    match field.get("format").and_then(Value::as_str) {
        Some(format) if !FORMATS.contains(&format) => Err(format!("clients know no format `{format}`")),
        _ => Ok(field),
    }
}

/// An `Option` is a field that need not be filled in, rather than one that may be null.
fn without_null(mut schema: Object) -> Object {
    if let Some(Value::Array(alternatives)) = schema.get_mut("anyOf") {
        alternatives.retain(|alternative| alternative["type"] != "null");
        if let [Value::Object(only)] = alternatives.as_mut_slice() {
            let only = std::mem::take(only);
            schema.shift_remove("anyOf");
            for (key, value) in only {
                schema.entry(key).or_insert(value);
            }
        }
    }
    if let Some(Value::Array(kinds)) = schema.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_mut_slice() {
            let only = only.take();
            schema.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(values)) = schema.get_mut("enum") {
        values.retain(|value| !value.is_null());
    }
    if schema.get("default").is_some_and(Value::is_null) {
        schema.shift_remove("default");
    }
    schema
}

/// Variants with what people read for each: its title, its description or, if it has neither, its name.
fn titled(variants: Vec<Value>) -> Result<Vec<Value>, String> {
    let mut titled = Vec::new();
    for variant in variants {
        let words = ["title", "description"].iter().find_map(|key| variant.get(key)).cloned();
        match (variant.get("const"), variant.get("enum")) {
            (Some(Value::String(name)), _) => {
                titled.push(json!({ "const": name, "title": words.unwrap_or_else(|| name.as_str().into()) }));
            }
            (_, Some(Value::Array(names))) => {
                titled.extend(names.iter().map(|name| json!({ "const": name, "title": name })));
            }
            _ => return Err("an enum must have plain variants, without values in them".to_owned()),
        }
    }
    Ok(titled)
}

fn items(schema: Value) -> Result<Object, String> {
    let mut items = field(schema)?;
    if let Some(variants) = items.shift_remove("oneOf") {
        return Ok([("anyOf".to_owned(), variants)].into_iter().collect());
    }
    if items.contains_key("enum") {
        items.retain(|key, _| key == "type" || key == "enum");
        return Ok(items);
    }
    Err("of a Vec, the items must be an enum of plain variants".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    enum Plain {
        A,
        B,
    }

    #[derive(JsonSchema)]
    #[allow(dead_code)]
    enum Told {
        /// The first
        A,
        B,
    }

    fn fields<T: JsonSchema>() -> Value {
        Value::Object(of_form::<T>().expect("a form"))["properties"].clone()
    }

    #[test]
    fn fields_of_each_shape_are_as_clients_know_them() {
        #[derive(JsonSchema)]
        #[allow(dead_code)]
        struct All {
            /// Who
            #[schemars(length(min = 1), extend("default" = "Ann"))]
            name: String,
            #[schemars(email)]
            email: Option<String>,
            age: Option<u8>,
            score: f64,
            #[schemars(extend("default" = true))]
            sure: bool,
        }
        let expected = json!({
            "name": { "description": "Who", "type": "string", "minLength": 1, "default": "Ann" },
            "email": { "type": "string", "format": "email" },
            "age": { "type": "integer", "minimum": 0, "maximum": 255 },
            "score": { "type": "number" },
            "sure": { "type": "boolean", "default": true },
        });
        assert_eq!(fields::<All>(), expected);
        assert_eq!(of_form::<All>().expect("a form")["required"], json!(["name", "score", "sure"]));
    }

    #[test]
    fn enums_are_choices_with_titles_where_variants_have_words() {
        #[derive(JsonSchema)]
        #[allow(dead_code)]
        struct Choices {
            plain: Plain,
            told: Told,
            perhaps_plain: Option<Plain>,
            perhaps_told: Option<Told>,
            some_plain: Vec<Plain>,
            some_told: Option<Vec<Told>>,
        }
        let titles = json!([{ "const": "A", "title": "The first" }, { "const": "B", "title": "B" }]);
        let sorted = |mut field: Value, list: &str| {
            let Value::Array(variants) = field[list].take() else { panic!("no list") };
            let mut variants = variants;
            variants.sort_by_key(ToString::to_string);
            field[list] = variants.into();
            field
        };
        let fields = fields::<Choices>();
        let plain = json!({ "type": "string", "enum": ["A", "B"] });
        assert_eq!((&fields["plain"], &fields["perhaps_plain"]), (&plain, &plain));
        for told in ["told", "perhaps_told"] {
            assert_eq!(sorted(fields[told].clone(), "oneOf"), json!({ "type": "string", "oneOf": titles }), "{told}");
        }
        assert_eq!(fields["some_plain"], json!({ "type": "array", "items": plain }));
        assert_eq!(fields["some_told"]["type"], "array");
        assert_eq!(sorted(fields["some_told"]["items"].clone(), "anyOf"), json!({ "anyOf": titles }));
    }

    #[test]
    fn what_no_client_can_show_is_refused_with_its_name() {
        #[derive(JsonSchema)]
        #[allow(dead_code)]
        struct Deep {
            inner: Box<Flat>,
        }
        #[derive(JsonSchema)]
        #[allow(dead_code)]
        struct Flat {
            names: Vec<String>,
        }
        #[derive(JsonSchema)]
        #[allow(dead_code)]
        struct Pattern {
            #[schemars(regex(pattern = "^a"))]
            code: String,
        }
        #[derive(JsonSchema)]
        #[allow(dead_code)]
        struct Format {
            #[schemars(extend("format" = "ipv4"))]
            at: String,
        }
        for (error, complaint) in [
            (of_form::<Deep>(), "`inner`: it must be text"),
            (of_form::<Flat>(), "`names`: of a Vec"),
            (of_form::<Pattern>(), "`code`: clients know no `pattern`"),
            (of_form::<Format>(), "`at`: clients know no format `ipv4`"),
            (of_form::<String>(), "named fields"),
        ] {
            let error = error.expect_err(complaint);
            assert!(error.contains(complaint), "{error}");
        }
    }
}
