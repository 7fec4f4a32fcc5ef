//! What a script asks, and what came of it.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::bindings::pegboard::plugin::client::{
    self, Answer, Form, Query, Question, SampleMessage, SampleRequest, Visit,
};
use crate::bindings::pegboard::plugin::types::{CallError, Content, Role, TextContent};

/// Questions, put at once.
#[derive(Deserialize)]
pub struct Ask {
    questions: Vec<Asked>,
    /// Go on as if nothing was asked.
    #[serde(default)]
    swallow: bool,
}

#[derive(Deserialize)]
struct Asked {
    key: String,
    #[serde(flatten)]
    query: AskedFor,
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum AskedFor {
    Form { message: String, schema: Value },
    Visit { message: String, url: String },
    Sample { text: String, extra: Option<Value> },
    Roots {},
    Other(Value),
}

impl Ask {
    /// The answers, if they are there.
    pub fn put(self) -> Result<Vec<Value>, CallError> {
        let questions: Vec<_> = self.questions.into_iter().map(Question::from).collect();
        match client::ask(&questions) {
            Ok(answers) => Ok(answers.into_iter().map(shown).collect()),
            Err(_) if self.swallow => Ok(vec![]),
            Err(error) => Err(error),
        }
    }
}

impl From<Asked> for Question {
    fn from(asked: Asked) -> Self {
        let query = match asked.query {
            AskedFor::Form { message, schema } => Query::Form(Form { message, schema: schema.to_string() }),
            AskedFor::Visit { message, url } => Query::Visit(Visit { message, url }),
            AskedFor::Sample { text, extra } => Query::Sample(SampleRequest {
                messages: vec![SampleMessage {
                    role: Role::User,
                    content: vec![Content::Text(TextContent { text, annotations: None, meta: None })],
                }],
                system_prompt: None,
                max_tokens: 100,
                extra: extra.map(|extra| extra.to_string()),
            }),
            AskedFor::Roots {} => Query::Roots,
            AskedFor::Other(request) => Query::Other(request.to_string()),
        };
        Self { key: asked.key, query }
    }
}

fn shown(answer: Answer) -> Value {
    let raw = |text: String| serde_json::from_str::<Value>(&text).unwrap_or_else(|error| error.to_string().into());
    match answer {
        Answer::Accepted(content) => json!({"accepted": raw(content)}),
        Answer::Declined => "declined".into(),
        Answer::Cancelled => "cancelled".into(),
        Answer::Sampled(sample) => {
            let pieces = sample.content.into_iter().map(|piece| match piece {
                Content::Text(text) => text.text.into(),
                Content::Other(block) => raw(block),
                _ => "of another kind".into(),
            });
            let pieces: Vec<Value> = pieces.collect();
            json!({"sampled": pieces, "model": sample.model, "stopReason": sample.stop_reason})
        }
        Answer::Roots(roots) => {
            let roots: Vec<_> = roots.into_iter().map(|root| json!({"uri": root.uri, "name": root.name})).collect();
            json!({"roots": roots})
        }
        Answer::Other(answer) => json!({"other": raw(answer)}),
        Answer::Refused(error) => json!({"refused": {"code": error.code, "message": error.message}}),
    }
}
