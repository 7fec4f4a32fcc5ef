//! The methods, one family a file.

pub(super) mod completions;
pub(super) mod lifecycle;
pub(super) mod listen;
pub(super) mod prompts;
pub(super) mod resources;
pub(super) mod tools;

use serde_json::Value;

use super::error::RequestError;
use crate::plugin::Argument;
use crate::registry::{Item, Lookup};

/// What a name stands for, or why it stands for nothing.
fn found<'a, E>(lookup: &Lookup<'a, E>, kind: &str, name: &str) -> Result<&'a Item<E>, RequestError> {
    match lookup {
        Lookup::Found(item) => Ok(item),
        Lookup::Ambiguous(names) => Err(RequestError::invalid_params(format!(
            "Ambiguous {kind}: several plugins offer {name}; use one of {}",
            names.join(", ")
        ))),
        Lookup::Unknown => Err(RequestError::invalid_params(format!("Unknown {kind}: {name:.200}"))),
    }
}

/// An object whose members are texts.
fn texts(field: &str, value: Option<&Value>) -> Result<Vec<Argument>, RequestError> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(Vec::new()) };
    let argument =
        |(name, value): (&String, &Value)| Some(Argument { name: name.clone(), value: value.as_str()?.to_owned() });
    let arguments = value.as_object().and_then(|members| members.iter().map(argument).collect());
    arguments.ok_or_else(|| RequestError::invalid_params(format!("`{field}` must be an object of texts")))
}
