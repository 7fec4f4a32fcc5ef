//! Questions of a guest to its client.

use super::imports::client as wit;
use super::json::{self, Malformed};
use super::{CallError, content};
use crate::plugin::{Query, Question, SampleMessage, SampleRequest};

/// What the guest asks.
pub fn questions(questions: Vec<wit::Question>) -> Result<Vec<Question>, CallError> {
    let convert = |question: wit::Question| {
        let key = question.key;
        match query(question.query) {
            Ok(query) => Ok(Question { key, query }),
            Err(error) => Err(error.within(format_args!("question {key:?}"))),
        }
    };
    Ok(questions.into_iter().map(convert).collect::<Result<_, _>>()?)
}

fn query(query: wit::Query) -> Result<Query, Malformed> {
    Ok(match query {
        wit::Query::Form(form) => Query::Form { message: form.message, schema: json::object("schema", &form.schema)? },
        wit::Query::Visit(visit) => Query::Visit { message: visit.message, url: visit.url },
        wit::Query::Sample(request) => Query::Sample(sample_request(request)?),
        wit::Query::Roots => Query::Roots,
        wit::Query::Other(request) => Query::Other(json::object("other", &request)?),
    })
}

fn sample_request(request: wit::SampleRequest) -> Result<SampleRequest, Malformed> {
    let messages = request.messages.into_iter().enumerate().map(|(index, message)| {
        let content = content::contents(message.content);
        let content = content.map_err(|error| error.within(format_args!("messages[{index}]")))?;
        Ok(SampleMessage { role: content::role(message.role), content })
    });
    Ok(SampleRequest {
        messages: messages.collect::<Result<_, Malformed>>()?,
        system_prompt: request.system_prompt,
        max_tokens: request.max_tokens,
        extra: json::optional_object("extra", request.extra)?,
    })
}
