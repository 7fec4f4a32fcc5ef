//! TOML files that an operator writes: read into types, with the place of everything that is wrong.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_ignored::Path as Ignored;
use thiserror::Error;
use toml::de::{DeTable, DeValue};

/// Why a file cannot be used. Each message is one line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FileError {
    /// It is not TOML.
    #[error("{}, line {line}: this is not TOML: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A value has the wrong type or is out of range.
    #[error("{}, line {line}: {key} cannot be this: {message}", path.display())]
    Value {
        /// The file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// Which setting.
        key: String,
        /// What is wrong with its value.
        message: String,
    },
    /// There are keys that nothing reads.
    #[error("{}: there is no setting {}; correct or remove {}", path.display(), list(keys), it(keys))]
    Unknown {
        /// The file.
        path: PathBuf,
        /// All of them, in the order of the file.
        keys: Vec<UnknownKey>,
    },
}

/// A key that is no setting.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnknownKey {
    /// Where, from 1.
    pub line: usize,
    /// Its full path, `limits.memory`.
    pub key: String,
}

fn list(keys: &[UnknownKey]) -> String {
    let each: Vec<_> = keys.iter().map(|k| format!("{} (line {})", k.key, k.line)).collect();
    each.join(", ")
}

fn it(keys: &[UnknownKey]) -> &'static str {
    if keys.len() == 1 { "it" } else { "them" }
}

/// Reads `text`. `path` is what errors call it.
///
/// # Errors
/// [`FileError`] says what is wrong and where; unknown keys are reported all at once.
pub fn parse<T: DeserializeOwned>(text: &str, path: &Path) -> Result<T, FileError> {
    let syntax = |error: &toml::de::Error| FileError::Syntax {
        path: path.to_owned(),
        line: line_of(text, error),
        message: printable(&one_line(error.message())),
    };
    let document = DeTable::parse(text).map_err(|e| syntax(&e))?;
    let deserializer = toml::Deserializer::parse(text).map_err(|e| syntax(&e))?;
    let mut keys = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let tracked = serde_path_to_error::Deserializer::new(deserializer, &mut track);
    let value = T::deserialize(serde_ignored::Deserializer::new(tracked, &mut |ignored: Ignored<'_>| {
        let steps = steps(&ignored);
        let line = line_at(text, offset_of(document.get_ref(), &steps));
        keys.push(UnknownKey { line, key: printable(&steps.join(".")) });
    }));
    match value {
        Err(error) => Err(FileError::Value {
            path: path.to_owned(),
            line: line_of(text, &error),
            key: printable(&track.path().to_string()),
            message: printable(&one_line(error.message())),
        }),
        Ok(_) if !keys.is_empty() => {
            keys.sort();
            Err(FileError::Unknown { path: path.to_owned(), keys })
        }
        Ok(value) => Ok(value),
    }
}

/// What is wrong with the value of the key that `steps` lead to, in a file that [`parse`] read: for what only a look at
/// several values shows.
#[must_use]
pub fn mistake(text: &str, path: &Path, steps: &[String], message: &str) -> FileError {
    let line = DeTable::parse(text).map_or(1, |document| line_at(text, offset_of(document.get_ref(), steps)));
    FileError::Value { path: path.to_owned(), line, key: printable(&steps.join(".")), message: printable(message) }
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

/// A key may be any text: what would break a line or steer a terminal is escaped.
fn printable(text: &str) -> String {
    let escaped = |c: char| c.is_control().then(|| c.escape_default().to_string());
    text.chars().map(|c| escaped(c).unwrap_or_else(|| c.to_string())).collect()
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}
