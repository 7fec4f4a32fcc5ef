//! JSON that clients get to see: schemas, `_meta`, further members. Its size, depth and number of values are bounded.

use std::fmt::Write as _;

use serde_json::{Map, Value};

use super::{Kind, clean, hidden};
use crate::plugin::JsonObject;
use crate::schema;

/// How much of it there may be.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) bytes: usize,
    pub(super) depth: usize,
    pub(super) values: usize,
}

/// Of a schema.
pub(super) const SCHEMA: Bounds = Bounds { bytes: schema::MAX_SCHEMA_BYTES, depth: 64, values: 20_000 };
/// Of `_meta` and the like.
pub(super) const META: Bounds = Bounds { bytes: 64 << 10, depth: 32, values: 4_000 };
/// The most bytes of a member's name.
const KEY_BYTES: usize = 1_024;
/// The most bytes of a place that is named.
const PLACE_BYTES: usize = 200;

/// Told of each text that was cleaned: its place, a JSON Pointer, and what was removed.
pub(super) type Tell<'a> = &'a mut dyn FnMut(&str, super::Removed);

/// What the strings of a place are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// A subschema.
    Schema,
    /// Subschemas under names that the plugin chose.
    Named,
    /// A keyword whose value is compared or looked up.
    Exact,
    /// Anything for reading.
    Prose,
}

/// The keywords of a schema whose texts mean nothing but themselves.
const EXACT: [&str; 20] = [
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$recursiveRef",
    "$ref",
    "$schema",
    "$vocabulary",
    "const",
    "contentEncoding",
    "contentMediaType",
    "default",
    "dependencies",
    "dependentRequired",
    "enum",
    "format",
    "pattern",
    "required",
    "type",
    "x-mcp-header",
];

/// Cleans a schema. What is matched byte by byte must be clean.
///
/// # Errors
/// A sentence that names the place.
pub(super) fn schema(schema: &mut Value, tell: Tell<'_>) -> Result<(), String> {
    walk(schema, Meaning::Schema, SCHEMA, tell)
}

/// Cleans an object in which texts are for reading, and the names of members are looked up.
///
/// # Errors
/// A sentence that names the place.
pub(super) fn object(object: &mut JsonObject, tell: Tell<'_>) -> Result<(), String> {
    let mut value = Value::Object(std::mem::take(object));
    let result = walk(&mut value, Meaning::Prose, META, tell);
    if let Value::Object(cleaned) = value {
        *object = cleaned;
    }
    result
}

fn walk(value: &mut Value, meaning: Meaning, bounds: Bounds, tell: Tell<'_>) -> Result<(), String> {
    // Depth and number first: they bound what the rest costs.
    let mut values = bounds.values;
    measure(value, bounds.depth, &mut values).map_err(|exceeded| match exceeded {
        Exceeded::Depth => format!("it is nested deeper than {} levels", bounds.depth),
        Exceeded::Values => format!("it has more than {} values", bounds.values),
    })?;
    let bytes = value.to_string().len();
    if bytes > bounds.bytes {
        return Err(format!("it has {bytes} bytes; at most {} are taken", bounds.bytes));
    }
    Walk { place: String::new(), tell }.value(value, meaning)
}

enum Exceeded {
    Depth,
    Values,
}

fn measure(value: &Value, depth: usize, values: &mut usize) -> Result<(), Exceeded> {
    *values = values.checked_sub(1).ok_or(Exceeded::Values)?;
    let depth = depth.checked_sub(1);
    let mut inside = |value| measure(value, depth.ok_or(Exceeded::Depth)?, values);
    match value {
        Value::Array(list) => list.iter().try_for_each(&mut inside),
        Value::Object(object) => object.values().try_for_each(&mut inside),
        _ => Ok(()),
    }
}

struct Walk<'a> {
    /// A JSON Pointer.
    place: String,
    tell: Tell<'a>,
}

impl Walk<'_> {
    fn value(&mut self, value: &mut Value, meaning: Meaning) -> Result<(), String> {
        match value {
            Value::String(text) if meaning == Meaning::Prose => {
                if let Some(cleaned) = clean(text, Kind::Data) {
                    *text = cleaned.text;
                    (self.tell)(&shown(&self.place), cleaned.removed);
                }
                Ok(())
            }
            Value::String(text) => match hidden(text, Kind::Data) {
                Some(removed) => Err(format!("the text at {} has {removed}{}", shown(&self.place), self.remedy())),
                None => Ok(()),
            },
            Value::Array(list) => list
                .iter_mut()
                .enumerate()
                .try_for_each(|(index, item)| self.at(&index.to_string(), |walk| walk.value(item, meaning))),
            Value::Object(object) => self.object(object, meaning),
            Value::Null | Value::Bool(_) | Value::Number(_) => Ok(()),
        }
    }

    fn object(&mut self, object: &mut Map<String, Value>, meaning: Meaning) -> Result<(), String> {
        for (key, value) in object.iter_mut() {
            if key.len() > KEY_BYTES {
                let (bytes, place) = (key.len(), shown(&self.place));
                return Err(format!("a member's name at {place} has {bytes} bytes; at most {KEY_BYTES} are taken"));
            }
            if let Some(removed) = hidden(key, Kind::Line) {
                let (key, place) = (shown(key), shown(&self.place));
                return Err(format!("the name `{key}` of a member at {place} has {removed}"));
            }
            let meaning = match meaning {
                Meaning::Schema => of_keyword(key),
                Meaning::Named => Meaning::Schema,
                Meaning::Exact | Meaning::Prose => meaning,
            };
            self.at(key, |walk| walk.value(value, meaning))?;
        }
        Ok(())
    }

    fn at(&mut self, step: &str, inside: impl FnOnce(&mut Self) -> Result<(), String>) -> Result<(), String> {
        let length = self.place.len();
        let _ = write!(self.place, "/{}", step.replace('~', "~0").replace('/', "~1"));
        let result = inside(self);
        self.place.truncate(length);
        result
    }

    fn remedy(&self) -> &'static str {
        if self.place.ends_with("/pattern") { "; write them in the pattern as \\u…" } else { "" }
    }
}

/// What a keyword of a schema makes of the strings below it.
fn of_keyword(keyword: &str) -> Meaning {
    if schema::names_subschemas(keyword) {
        Meaning::Named
    } else if schema::holds_subschemas(keyword) {
        Meaning::Schema
    } else if EXACT.contains(&keyword) {
        Meaning::Exact
    } else {
        Meaning::Prose
    }
}

/// A place as a sentence has it: short, and nothing that steers a terminal.
fn shown(place: &str) -> String {
    let place = if place.is_empty() { "(root)" } else { place };
    let cut = place.floor_char_boundary(PLACE_BYTES);
    let dots = if cut < place.len() { "…" } else { "" };
    format!("{}{dots}", place[..cut].escape_debug())
}
