//! What a call asks of the client, and tells it.

use super::{json, list, object, value};
use crate::ask::{Answer, Question, Root, Sampled, SamplingMessage};
use crate::bindings::pegboard::plugin::client;
use crate::context::{Call, Change, LogLevel, Peer, Principal, Trace};

impl From<LogLevel> for client::LogLevel {
    fn from(from: LogLevel) -> Self {
        match from {
            LogLevel::Debug => Self::Debug,
            LogLevel::Info => Self::Info,
            LogLevel::Notice => Self::Notice,
            LogLevel::Warning => Self::Warning,
            LogLevel::Error => Self::Error,
            LogLevel::Critical => Self::Critical,
            LogLevel::Alert => Self::Alert,
            LogLevel::Emergency => Self::Emergency,
        }
    }
}

impl From<client::LogLevel> for LogLevel {
    fn from(from: client::LogLevel) -> Self {
        match from {
            client::LogLevel::Debug => Self::Debug,
            client::LogLevel::Info => Self::Info,
            client::LogLevel::Notice => Self::Notice,
            client::LogLevel::Warning => Self::Warning,
            client::LogLevel::Error => Self::Error,
            client::LogLevel::Critical => Self::Critical,
            client::LogLevel::Alert => Self::Alert,
            client::LogLevel::Emergency => Self::Emergency,
        }
    }
}

impl From<client::Peer> for Peer {
    fn from(from: client::Peer) -> Self {
        Self { name: from.name, version: from.version, title: from.title }
    }
}

impl From<client::Principal> for Principal {
    fn from(from: client::Principal) -> Self {
        Self { subject: from.subject, issuer: from.issuer, scopes: from.scopes, claims: object(&from.claims) }
    }
}

impl From<client::Trace> for Trace {
    fn from(from: client::Trace) -> Self {
        Self { parent: from.parent, state: from.state, baggage: from.baggage }
    }
}

impl From<client::CallContext> for Call {
    fn from(from: client::CallContext) -> Self {
        Self {
            protocol_version: from.protocol_version,
            client: from.client.map(Into::into),
            capabilities: object(&from.capabilities),
            session: from.session,
            principal: from.principal.map(Into::into),
            request_id: value(&from.request_id),
            trace: from.trace.map(Into::into),
            wants_progress: from.wants_progress,
            log_level: from.log_level.map(Into::into),
            meta: object(&from.meta),
            extra: object(&from.extra),
        }
    }
}

impl From<Change> for client::Change {
    fn from(from: Change) -> Self {
        match from {
            Change::Tools => Self::Tools,
            Change::Prompts => Self::Prompts,
            Change::Resources => Self::Resources,
            Change::ResourceUpdated(uri) => Self::ResourceUpdated(uri),
        }
    }
}

impl From<SamplingMessage> for client::SampleMessage {
    fn from(from: SamplingMessage) -> Self {
        Self { role: from.role.into(), content: list(from.content) }
    }
}

impl From<(String, Question)> for client::Question {
    fn from((key, question): (String, Question)) -> Self {
        let query = match question {
            Question::Form { message, schema } => client::Query::Form(client::Form { message, schema: json(schema) }),
            Question::Visit { message, url } => client::Query::Visit(client::Visit { message, url }),
            Question::Sample(sample) => client::Query::Sample(client::SampleRequest {
                messages: list(sample.messages),
                system_prompt: sample.system_prompt,
                max_tokens: sample.max_tokens,
                extra: (!sample.extra.is_empty()).then(|| json(sample.extra)),
            }),
            Question::Roots => client::Query::Roots,
            Question::Other(request) => client::Query::Other(json(request)),
        };
        Self { key, query }
    }
}

impl From<client::Sample> for Sampled {
    fn from(from: client::Sample) -> Self {
        Self { role: from.role.into(), content: list(from.content), model: from.model, stop_reason: from.stop_reason }
    }
}

impl From<client::Root> for Root {
    fn from(from: client::Root) -> Self {
        Self { uri: from.uri, name: from.name }
    }
}

impl From<client::Answer> for Answer {
    fn from(from: client::Answer) -> Self {
        match from {
            client::Answer::Accepted(fields) => Self::Accepted(object(&fields)),
            client::Answer::Declined => Self::Declined,
            client::Answer::Cancelled => Self::Cancelled,
            client::Answer::Sampled(sample) => Self::Sampled(sample.into()),
            client::Answer::Roots(roots) => Self::Roots(list(roots)),
            client::Answer::Other(answer) => Self::Other(value(&answer)),
            client::Answer::Refused(error) => Self::Refused(error.into()),
        }
    }
}
