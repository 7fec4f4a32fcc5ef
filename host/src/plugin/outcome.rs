//! How a call ended, as one closed set: for counters, for the audit trail, and for what decides whether a plugin is
//! put aside.

use serde::{Deserialize, Serialize};

use super::{CallError, Limit};

/// How a call ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// With a result.
    Ok,
    /// With an error of the plugin's own making.
    Error,
    /// With a question to its client; the call is run again with the answer.
    Asked,
    /// Nobody answered the question, or it was asked too often.
    Unanswered,
    /// The guest crashed.
    Trap,
    /// The guest broke the interface or its output schema.
    Invalid,
    /// The guest used up its CPU time.
    CpuTime,
    /// The guest took too long.
    WallTime,
    /// The guest wanted more memory, or tables, than it may have.
    Memory,
    /// The guest gave more at once than it may.
    Output,
    /// There was no place for it.
    Busy,
    /// The plugin is put aside, or suspended.
    PutAside,
    /// The host could not run it.
    Unavailable,
    /// The arguments do not fit the schema; the guest did not run.
    InvalidArguments,
    /// There is no such thing, or the request is wrong; the guest did not run.
    Refused,
    /// Whoever called does not want it any more.
    Cancelled,
}

impl Outcome {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Ok,
        Self::Error,
        Self::Asked,
        Self::Unanswered,
        Self::Trap,
        Self::Invalid,
        Self::CpuTime,
        Self::WallTime,
        Self::Memory,
        Self::Output,
        Self::Busy,
        Self::PutAside,
        Self::Unavailable,
        Self::InvalidArguments,
        Self::Refused,
        Self::Cancelled,
    ];

    /// As in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Error => "error",
            Self::Asked => "asked",
            Self::Unanswered => "unanswered",
            Self::Trap => "trap",
            Self::Invalid => "invalid",
            Self::CpuTime => "cpu-time",
            Self::WallTime => "wall-time",
            Self::Memory => "memory",
            Self::Output => "output",
            Self::Busy => "busy",
            Self::PutAside => "put-aside",
            Self::Unavailable => "unavailable",
            Self::InvalidArguments => "invalid-arguments",
            Self::Refused => "refused",
            Self::Cancelled => "cancelled",
        }
    }

    /// Did the guest end other than by its own will? Such ends in a row put a plugin aside.
    #[must_use]
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Trap | Self::CpuTime | Self::WallTime | Self::Memory | Self::Output)
    }

    /// Did the guest come to an end of its own?
    #[must_use]
    pub fn is_answer(self) -> bool {
        matches!(self, Self::Ok | Self::Error | Self::Asked)
    }
}

impl From<&CallError> for Outcome {
    fn from(error: &CallError) -> Self {
        match error {
            CallError::Failed(_) | CallError::InvalidArguments(_) | CallError::NotFound(_) | CallError::Protocol(_) => {
                Self::Error
            }
            CallError::Pending => Self::Asked,
            CallError::Trap(_) => Self::Trap,
            CallError::Invalid(_) => Self::Invalid,
            CallError::Limit(limit) => match limit {
                Limit::CpuTime(_) => Self::CpuTime,
                Limit::WallTime(_) => Self::WallTime,
                Limit::Memory(_) | Limit::TableElements(_) => Self::Memory,
                Limit::Output(_) => Self::Output,
                Limit::ConcurrentCalls(_) | Limit::CallsPerMinute(_) => Self::Busy,
            },
            CallError::Unavailable(_) => Self::Unavailable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_called_alike_everywhere_and_has_a_place_of_its_own() {
        for (index, outcome) in Outcome::ALL.into_iter().enumerate() {
            assert_eq!(serde_json::json!(outcome), outcome.as_str());
            assert_eq!(outcome as usize, index);
        }
    }
}
