//! What most plugins use: `use pegboard_sdk::prelude::*;`.

pub use crate::ask::{
    Answer, Choice, Choices, Elicited, Flag, Form, Integer, Number, Roots, Sample, Sampled, SamplingMessage, Text,
    Visit,
};
pub use crate::content::{Content, Icon, Resource, ResourceContents, Role};
pub use crate::context::{Change, Context};
pub use crate::error::{Error, Result};
pub use crate::result::{Json, ToolResult};
pub use crate::schemars::JsonSchema;
pub use crate::serde_json::{Value, json};
pub use crate::{input, output, tool, tools};
