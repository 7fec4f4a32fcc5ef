//! Whole runs of guests.

use super::Config;
use super::testing::{Guest, call, list, plugin, text};

#[tokio::test]
async fn a_plugin_lists_and_answers() {
    let plugin = plugin(&Config::default(), &Guest::default());
    assert_eq!(list(&plugin).await, Ok(vec![]));
    let output = call(&plugin, r#"{"a":1}"#).await.unwrap();
    assert_eq!(text(&output), r#"{"a":1}"#);
}
