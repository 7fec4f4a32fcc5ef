//! The revisions of the protocol, and what differs between them, as data.

use serde_json::Value;

use super::error::ErrorKind;

/// How a revision tells version, identity and capabilities
/// ([terminology](https://modelcontextprotocol.io/specification/2026-07-28/basic/versioning#terminology)).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Era {
    /// With each request, in `_meta`: 2026-07-28 and later.
    Modern,
    /// Once, with `initialize`; then in a session: up to 2025-11-25.
    Legacy,
}

/// One revision.
#[derive(Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "a table")]
pub struct Revision {
    /// Its name, a date.
    pub name: &'static str,
    /// Its era.
    pub era: Era,
    /// Do tools and implementations have a `title`, tools an `outputSchema`, results `structuredContent`, and hints
    /// `lastModified`?
    pub titles_and_structured_content: bool,
    /// Do tools, prompts and resources have `icons`?
    pub icons: bool,
    /// May a result have content of the type `resource_link`?
    pub resource_links: bool,
    /// Does a stream that can be resumed begin with an event that has nothing but an id?
    pub primed_streams: bool,
    /// Is there audio, do tools have annotations and progress a message, and is `completions` a capability?
    pub audio_and_annotations: bool,
    /// Is it served over Streamable HTTP? If not, then over transports whose messages have no headers.
    pub over_streamable_http: bool,
    /// May several messages come as one JSON array?
    pub batches: bool,
    /// The code of a resource that there is not.
    pub resource_not_found: ErrorKind,
}

/// All revisions that are served, the newest first.
pub static REVISIONS: [Revision; 5] = [
    Revision {
        name: "2026-07-28",
        era: Era::Modern,
        titles_and_structured_content: true,
        icons: true,
        resource_links: true,
        primed_streams: false,
        audio_and_annotations: true,
        over_streamable_http: true,
        batches: false,
        resource_not_found: ErrorKind::InvalidParams,
    },
    Revision {
        name: "2025-11-25",
        era: Era::Legacy,
        titles_and_structured_content: true,
        icons: true,
        resource_links: true,
        primed_streams: true,
        audio_and_annotations: true,
        over_streamable_http: true,
        batches: false,
        resource_not_found: ErrorKind::ResourceNotFound,
    },
    Revision {
        name: "2025-06-18",
        era: Era::Legacy,
        titles_and_structured_content: true,
        icons: false,
        resource_links: true,
        primed_streams: false,
        audio_and_annotations: true,
        over_streamable_http: true,
        batches: false,
        resource_not_found: ErrorKind::ResourceNotFound,
    },
    Revision {
        name: "2025-03-26",
        era: Era::Legacy,
        titles_and_structured_content: false,
        icons: false,
        resource_links: false,
        primed_streams: false,
        audio_and_annotations: true,
        over_streamable_http: true,
        batches: true,
        resource_not_found: ErrorKind::ResourceNotFound,
    },
    Revision {
        name: "2024-11-05",
        era: Era::Legacy,
        titles_and_structured_content: false,
        icons: false,
        resource_links: false,
        primed_streams: false,
        audio_and_annotations: false,
        over_streamable_http: false,
        batches: false,
        resource_not_found: ErrorKind::ResourceNotFound,
    },
];

/// The key in `_meta` under which a modern request names its revision.
pub const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";

/// The names of the revisions that are served over Streamable HTTP, the newest first.
#[must_use]
pub fn supported() -> Vec<&'static str> {
    REVISIONS.iter().filter(|revision| revision.over_streamable_http).map(|revision| revision.name).collect()
}

/// The revision of that name, if a header may name it.
#[must_use]
pub fn in_header(name: &str) -> Option<&'static Revision> {
    find(name).filter(|revision| revision.over_streamable_http)
}

/// The revision of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Revision> {
    REVISIONS.iter().find(|revision| revision.name == name)
}

/// What `initialize` is answered with: the legacy revision asked for, if this transport has it, or the newest of them.
///
/// # Panics
/// Never: there is a legacy revision.
#[must_use]
pub fn negotiate(requested: &str, has_headers: bool) -> &'static Revision {
    let legacy = || {
        let served = REVISIONS.iter().filter(move |revision| revision.over_streamable_http || !has_headers);
        served.filter(|revision| revision.era == Era::Legacy)
    };
    legacy()
        .find(|revision| revision.name == requested)
        .or_else(|| legacy().next())
        .expect("there is a legacy revision")
}

/// The revision of a legacy request that names none and belongs to no session, as the
/// [specification](https://modelcontextprotocol.io/specification/2025-06-18/basic/transports#protocol-version-header)
/// has it.
///
/// # Panics
/// Never: it is in the table.
#[must_use]
pub fn without_header() -> &'static Revision {
    find("2025-03-26").expect("2025-03-26 is in the table")
}

/// Which era a message belongs to. This is the only place where that is decided.
///
/// Modern is what claims a version in `_meta`, known or not, or comes under a modern version header. A plain
/// `initialize` is legacy under any header: it is how a legacy conversation begins.
#[must_use]
pub fn era(method: Option<&str>, meta_version: Option<&Value>, header: Option<&str>) -> Era {
    let modern_header = header.and_then(find).is_some_and(|revision| revision.era == Era::Modern);
    if meta_version.is_some() || (modern_header && method != Some("initialize")) { Era::Modern } else { Era::Legacy }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn initialize_is_answered_with_a_legacy_revision() {
        for has_headers in [true, false] {
            assert_eq!(negotiate("2025-03-26", has_headers).name, "2025-03-26");
            assert_eq!(negotiate("2025-06-18", has_headers).name, "2025-06-18");
            for other in ["2026-07-28", "2024-10-07", "1900-01-01", ""] {
                assert_eq!(negotiate(other, has_headers).name, "2025-11-25", "{other:?}");
            }
        }
    }

    #[test]
    fn the_oldest_revision_is_there_without_headers_alone() {
        assert_eq!(negotiate("2024-11-05", false).name, "2024-11-05");
        assert_eq!(negotiate("2024-11-05", true).name, "2025-11-25");
        assert_eq!(in_header("2024-11-05"), None);
        assert!(!supported().contains(&"2024-11-05"));
    }

    #[test]
    fn the_era_follows_the_body_and_the_header() {
        let claimed = json!("v999");
        assert_eq!(era(Some("tools/list"), Some(&claimed), None), Era::Modern);
        assert_eq!(era(Some("initialize"), Some(&claimed), None), Era::Modern);
        assert_eq!(era(Some("tools/list"), None, Some("2026-07-28")), Era::Modern);
        assert_eq!(era(Some("initialize"), None, Some("2026-07-28")), Era::Legacy);
        assert_eq!(era(Some("tools/list"), None, Some("2025-11-25")), Era::Legacy);
        assert_eq!(era(Some("tools/list"), None, None), Era::Legacy);
    }
}
