//! What most plugins use: `use pegboard_sdk::prelude::*;`.

pub use crate::ask::{
    Answer, Choice, Choices, Elicited, Flag, Form, Integer, Number, Roots, Sample, Sampled, SamplingMessage, Text,
    Visit,
};
pub use crate::completion::{Completing, Completion};
pub use crate::content::{Annotations, Content, Icon, Resource, ResourceContents, Role};
pub use crate::context::{Change, Context};
pub use crate::error::{Error, Result};
pub use crate::prompt::{PromptMessage, PromptResult};
pub use crate::resource::ReadResult;
pub use crate::result::{Json, ToolResult};
pub use crate::schemars::JsonSchema;
pub use crate::serde_json::{Value, json};
pub use crate::{input, output, prompt, resource, resource_template, tool, tools};
