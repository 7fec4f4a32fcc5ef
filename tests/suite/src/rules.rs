//! What each revision of MCP has in the messages of a server, once, as data; and the check of a message against it.
//! Every reply that a client of this library reads goes through it.

mod check;
mod tables;

pub use check::{broken, check};

/// A revision, the oldest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Revision {
    /// 2025-03-26
    March2025,
    /// 2025-06-18
    June2025,
    /// 2025-11-25
    November2025,
    /// 2026-07-28
    July2026,
}

impl Revision {
    /// The revision of that name.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name {
            "2025-03-26" => Self::March2025,
            "2025-06-18" => Self::June2025,
            "2025-11-25" => Self::November2025,
            "2026-07-28" => Self::July2026,
            _ => return None,
        })
    }
}

/// What is known of the messages on a reply.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    /// The revision; none: only what all have in common is checked.
    pub revision: Option<Revision>,
    /// The method of the request that is answered; none: its result is not checked.
    pub method: Option<String>,
}

/// What a member's value is.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Text,
    Number,
    Flag,
    /// A text or a number: ids and tokens.
    Id,
    /// Any JSON.
    Any,
    /// An object of which nothing more is said.
    Object,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// An object with these members and no others.
    Shape(&'static [Member]),
    /// An object whose members all are of that kind.
    Map(&'static Kind),
    /// A list of at most so many of that kind.
    List(&'static Kind, usize),
    /// An object whose shape another member's text decides about.
    Tagged(&'static str, &'static [Case]),
}

/// A shape that a tag stands for, and the revisions that have it.
#[derive(Debug, Clone, Copy)]
struct Case {
    tag: &'static str,
    members: &'static [Member],
    since: Revision,
    until: Revision,
}

/// A member of an object, and the revisions that have it.
#[derive(Debug, Clone, Copy)]
struct Member {
    name: &'static str,
    kind: Kind,
    required: bool,
    since: Revision,
    until: Revision,
}

const fn must(name: &'static str, kind: Kind) -> Member {
    Member { name, kind, required: true, since: Revision::March2025, until: Revision::July2026 }
}

const fn may(name: &'static str, kind: Kind) -> Member {
    Member { required: false, ..must(name, kind) }
}

const fn case(tag: &'static str, members: &'static [Member]) -> Case {
    Case { tag, members, since: Revision::March2025, until: Revision::July2026 }
}

impl Member {
    const fn since(self, since: Revision) -> Self {
        Self { since, ..self }
    }

    const fn until(self, until: Revision) -> Self {
        Self { until, ..self }
    }
}

impl Case {
    const fn since(self, since: Revision) -> Self {
        Self { since, ..self }
    }

    const fn until(self, until: Revision) -> Self {
        Self { until, ..self }
    }
}
