//! `[client]`: which questions a plugin may put to users.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::plugin::QuestionKind;

/// Questions.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Client {
    /// What it may ask.
    pub ask: BTreeSet<QuestionKind>,
}
