//! Names of plugins and digests of their files.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};

/// A plugin's name: the stem of its file's name, `[a-z0-9-]{1,31}`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PluginId(Arc<str>);

/// A name that no plugin can have.
#[derive(Debug, PartialEq, Eq)]
pub struct InvalidPluginId(pub String);

impl PluginId {
    /// The most characters of an id.
    pub const MAX_LEN: usize = 31;

    /// Takes `name` if it fits.
    ///
    /// # Errors
    /// [`InvalidPluginId`] if it is empty, longer than [`Self::MAX_LEN`] or has another character than
    /// `a`–`z`, `0`–`9` and `-`.
    pub fn parse(name: &str) -> Result<Self, InvalidPluginId> {
        let fits = (1..=Self::MAX_LEN).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if fits { Ok(Self(name.into())) } else { Err(InvalidPluginId(name.to_owned())) }
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PluginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for PluginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for PluginId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl fmt::Display for InvalidPluginId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let max = PluginId::MAX_LEN;
        write!(
            f,
            "{:?} cannot be a plugin's name: a file's name before `.wasm` has 1 to {max} of a-z, 0-9 and -",
            self.0
        )
    }
}

impl std::error::Error for InvalidPluginId {}

/// A SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl fmt::Display for Digest {
    /// Lower-case hexadecimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_1_to_31_of_a_z_0_9_and_hyphen() {
        for good in ["a", "time", "my-plugin-2", "0123456789012345678901234567890"] {
            assert!(PluginId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", "A", "a_b", "a.b", "a/b", "..", "é", "01234567890123456789012345678901"] {
            assert!(PluginId::parse(bad).is_err(), "{bad}");
        }
    }
}
