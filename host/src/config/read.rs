//! From TOML to settings, with the place of everything that is wrong.

use std::path::Path;

use serde::Deserialize as _;
use serde_ignored::Path as Ignored;
use toml::de::{DeTable, DeValue};

use super::{Config, ConfigError, UnknownKey};

pub(super) fn from_toml(text: &str, path: &Path) -> Result<Config, ConfigError> {
    let syntax = |error: &toml::de::Error| ConfigError::Syntax {
        path: path.to_owned(),
        line: line_of(text, error),
        message: one_line(error.message()),
    };
    let document = DeTable::parse(text).map_err(|e| syntax(&e))?;
    let deserializer = toml::Deserializer::parse(text).map_err(|e| syntax(&e))?;
    let mut keys = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(deserializer, &mut track);
    let config = Config::deserialize(serde_ignored::Deserializer::new(tracked, &mut |ignored: Ignored<'_>| {
        let steps = steps(&ignored);
        let line = line_at(text, offset_of(document.get_ref(), &steps));
        keys.push(UnknownKey { line, key: steps.join(".") });
    }));
    match config {
        Err(error) => Err(ConfigError::Value {
            path: path.to_owned(),
            line: line_of(text, &error),
            key: track.path().to_string(),
            message: one_line(error.message()),
        }),
        Ok(_) if !keys.is_empty() => {
            keys.sort();
            Err(ConfigError::Unknown { path: path.to_owned(), keys })
        }
        Ok(config) => Ok(config),
    }
}

/// The keys from the root to what was ignored; indices of arrays are digits.
fn steps(ignored: &Ignored<'_>) -> Vec<String> {
    let (parent, step) = match ignored {
        Ignored::Root => return Vec::new(),
        Ignored::Seq { parent, index } => (parent, Some(index.to_string())),
        Ignored::Map { parent, key } => (parent, Some(key.clone())),
        Ignored::Some { parent } | Ignored::NewtypeStruct { parent } | Ignored::NewtypeVariant { parent } => {
            (parent, None)
        }
    };
    let mut steps = steps(parent);
    steps.extend(step);
    steps
}

/// Where in the text the last of `steps` begins.
fn offset_of(root: &DeTable<'_>, steps: &[String]) -> usize {
    let Some((first, rest)) = steps.split_first() else { return 0 };
    let Some((key, value)) = root.iter().find(|(key, _)| key.get_ref() == first.as_str()) else { return 0 };
    let mut offset = key.span().start;
    let mut value = value.get_ref();
    for step in rest {
        let inner = match value {
            DeValue::Table(table) => {
                table.iter().find(|(key, _)| key.get_ref() == step.as_str()).map(|(key, value)| (key.span(), value))
            }
            DeValue::Array(items) => {
                step.parse().ok().and_then(|index: usize| items.get(index)).map(|item| (item.span(), item))
            }
            _ => None,
        };
        let Some((span, inner)) = inner else { break };
        offset = span.start;
        value = inner.get_ref();
    }
    offset
}

fn line_of(text: &str, error: &toml::de::Error) -> usize {
    line_at(text, error.span().map_or(0, |span| span.start))
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|&byte| byte == b'\n').count() + 1
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
