//! JSON as text.

use std::collections::BTreeMap;

use serde_json::Value;

/// The same text for the same JSON, in whatever order its members are.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(members) => {
                let members: BTreeMap<_, _> = members.iter().collect();
                Value::Object(members.into_iter().map(|(name, value)| (name.clone(), sorted(value))).collect())
            }
            Value::Array(values) => values.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    sorted(value).to_string()
}
