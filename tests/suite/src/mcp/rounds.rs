//! Requests that come back with questions.

use serde_json::{Value, json};

use super::Answer;

impl Answer {
    /// The questions of a result that asks; it must be one.
    pub fn questions(&self) -> &Value {
        assert_eq!(self.result()["resultType"], "input_required", "{}", self.response);
        &self.result()["inputRequests"]
    }

    /// The sealed state that the answers are to come with.
    pub fn state(&self) -> String {
        self.result()["requestState"].as_str().unwrap_or_else(|| panic!("no state: {}", self.response)).to_owned()
    }
}

/// `params` of the next round: with these answers, and with the state of the round before.
pub fn next_round(params: &Value, answers: Value, state: Option<&str>) -> Value {
    let mut params = params.clone();
    params["inputResponses"] = answers;
    if let Some(state) = state {
        params["requestState"] = state.into();
    }
    params
}

/// A script for the puppet that puts `questions` and gives the answers as its text.
pub fn asking(questions: Value) -> Value {
    json!({"steps": [{"ask": {"questions": questions}}], "result": {"answers": true}})
}

/// A question for a name, in a form.
pub fn who() -> Value {
    let schema = json!({"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]});
    json!({"key": "who", "form": {"message": "Who?", "schema": schema}})
}

/// An answer to it.
pub fn accepted(name: &str) -> Value {
    json!({"action": "accept", "content": {"name": name}})
}
