//! Walks a schema's subschemas, and only those: what stands under `const`, `enum` or an unknown keyword is
//! data and stays as it is.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::InvalidSchema;

/// The most subschemas of a schema.
const MAX_SUBSCHEMAS: usize = 10_000;

/// How a keyword holds subschemas.
enum Holds {
    /// One, or, for `items` of older drafts, a list.
    OneOrList,
    /// One each under names.
    Named,
}

fn holds(keyword: &str) -> Option<Holds> {
    match keyword {
        "additionalItems"
        | "additionalProperties"
        | "allOf"
        | "anyOf"
        | "contains"
        | "contentSchema"
        | "else"
        | "if"
        | "items"
        | "not"
        | "oneOf"
        | "prefixItems"
        | "propertyNames"
        | "then"
        | "unevaluatedItems"
        | "unevaluatedProperties" => Some(Holds::OneOrList),
        "$defs" | "definitions" | "dependencies" | "dependentSchemas" | "patternProperties" | "properties" => {
            Some(Holds::Named)
        }
        _ => None,
    }
}

/// Does the keyword hold subschemas under names that the schema's author chose?
pub(crate) fn names_subschemas(keyword: &str) -> bool {
    matches!(holds(keyword), Some(Holds::Named))
}

/// Does the keyword hold a subschema, or a list of them?
pub(crate) fn holds_subschemas(keyword: &str) -> bool {
    matches!(holds(keyword), Some(Holds::OneOrList))
}

/// Copies `schema` with `keyword: true` added to each of its subschemas.
///
/// # Errors
/// [`InvalidSchema`] if there are too many, a subschema has an `$id` of its own, or a `$ref` points to a
/// place that is no subschema: such a place would not be counted.
pub(super) fn with_keyword(schema: &Value, keyword: &str) -> Result<Value, InvalidSchema> {
    let mut walk = Walk { keyword, places: HashSet::new(), refs: Vec::new() };
    let mut schema = schema.clone();
    walk.schema(&mut schema, String::new())?;
    for (path, target) in walk.refs {
        let known = match target.strip_prefix('#') {
            // `#` and `#/…` are places; `#name` is an anchor, which only a subschema can set.
            Some(place) if place.is_empty() || place.starts_with('/') => walk.places.contains(&decoded(place)),
            Some(_) => true,
            None => false,
        };
        if !known {
            let reason = format!("`$ref` to {target:?}, which is no subschema of this schema; nothing is fetched");
            return Err(InvalidSchema { path, reason });
        }
    }
    Ok(schema)
}

struct Walk<'a> {
    keyword: &'a str,
    places: HashSet<String>,
    refs: Vec<(String, String)>,
}

impl Walk<'_> {
    fn schema(&mut self, schema: &mut Value, path: String) -> Result<(), InvalidSchema> {
        if self.places.len() >= MAX_SUBSCHEMAS {
            return Err(InvalidSchema { path, reason: format!("more than {MAX_SUBSCHEMAS} subschemas") });
        }
        // Booleans are schemas too, cost nothing and lead nowhere.
        if let Value::Object(object) = schema {
            self.object(object, &path)?;
        }
        self.places.insert(path);
        Ok(())
    }

    fn object(&mut self, object: &mut Map<String, Value>, path: &str) -> Result<(), InvalidSchema> {
        for (name, value) in object.iter_mut() {
            let here = format!("{path}/{}", escaped(name));
            match (holds(name), value) {
                (Some(Holds::OneOrList), Value::Array(list)) => {
                    for (index, item) in list.iter_mut().enumerate() {
                        self.schema(item, format!("{here}/{index}"))?;
                    }
                }
                (Some(Holds::OneOrList), value) => self.schema(value, here)?,
                (Some(Holds::Named), Value::Object(named)) => {
                    for (key, item) in named.iter_mut().filter(|(_, item)| !item.is_array()) {
                        self.schema(item, format!("{here}/{}", escaped(key)))?;
                    }
                }
                (None, Value::String(target)) if matches!(name.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef") => {
                    self.refs.push((here, target.clone()));
                }
                (None, _) if name == "$id" && !path.is_empty() => {
                    let reason = "an `$id` below the root is not supported; refer to `#/$defs/…`".to_owned();
                    return Err(InvalidSchema { path: here, reason });
                }
                _ => {}
            }
        }
        object.insert(self.keyword.to_owned(), Value::Bool(true));
        Ok(())
    }
}

/// One reference token, escaped as [RFC 6901](https://www.rfc-editor.org/rfc/rfc6901#section-3) has it.
fn escaped(token: &str) -> String {
    token.replace('~', "~0").replace('/', "~1")
}

/// A fragment's pointer without its percent-encoding.
fn decoded(fragment: &str) -> String {
    percent_encoding::percent_decode_str(fragment).decode_utf8_lossy().into_owned()
}
