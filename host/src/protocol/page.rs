//! Lists in pages.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;

use super::error::RequestError;
use crate::plugin::{JsonObject, PluginId};
use crate::registry::{Item, Named};

/// An entry of a list: whose it is, and its key there. A cursor names the first entry of the next page so, and
/// therefore holds across a reload and on every node.
pub(super) trait Entry {
    fn plugin(&self) -> &PluginId;
    fn key(&self) -> &str;
}

impl<E: Named> Entry for Item<E> {
    fn plugin(&self) -> &PluginId {
        Item::plugin(self).id()
    }

    fn key(&self) -> &str {
        self.entry.bare_name()
    }
}

/// The page that `params` asks for, as the member `member` of a result. `entries` are in order of plugins.
///
/// # Errors
/// A cursor that is not ours.
pub(super) fn page<T: Entry>(
    member: &str,
    entries: &[T],
    size: usize,
    params: &JsonObject,
    show: impl Fn(&T) -> Value,
) -> Result<JsonObject, RequestError> {
    let begin = match params.get("cursor") {
        None | Some(Value::Null) => 0,
        Some(cursor) => {
            let position = cursor.as_str().and_then(|cursor| position(cursor, entries));
            position.ok_or_else(|| {
                RequestError::invalid_params("Invalid cursor: give back the `nextCursor` of the page before, unchanged")
            })?
        }
    };
    let end = entries.len().min(begin + size.max(1));
    let mut result = JsonObject::new();
    result.insert(member.to_owned(), entries[begin..end].iter().map(show).collect());
    if let Some(next) = entries.get(end) {
        let place = format!("{}/{}", next.plugin(), next.key());
        result.insert("nextCursor".to_owned(), URL_SAFE_NO_PAD.encode(place).into());
    }
    Ok(result)
}

/// Where that entry is now, or, if it is gone, the first one after its plugin.
fn position<T: Entry>(cursor: &str, entries: &[T]) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (plugin, key) = text.split_once('/')?;
    let plugin = PluginId::parse(plugin).ok()?;
    let exact = entries.iter().position(|entry| *entry.plugin() == plugin && entry.key() == key);
    Some(exact.unwrap_or_else(|| entries.partition_point(|entry| *entry.plugin() <= plugin)))
}
