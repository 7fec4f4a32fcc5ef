//! `uuid`

use pegboard_sdk::prelude::*;
// `uuid` alone is the tool here.
use ::uuid::Uuid;

/// Which kind of UUID.
#[input]
#[derive(Debug, Clone, Copy, Default, PartialEq)]
#[serde(rename_all = "lowercase")]
pub enum Version {
    #[default]
    V4,
    V7,
}

/// New UUIDs.
#[output]
#[derive(Debug)]
pub struct Uuids {
    /// In lower case, with hyphens.
    pub uuids: Vec<String>,
}

/// Makes new UUIDs (GUIDs), from a cryptographic source of randomness: unique identifiers that nobody else
/// has or can guess.
#[tool(title = "Make UUIDs", read_only, destructive = false, idempotent = false, open_world = false)]
pub fn uuid(
    /// v4 (if not given): all random. v7: begins with the time, so that later ones sort behind earlier ones.
    version: Option<Version>,
    /// How many; one if not given.
    #[schemars(range(min = 1, max = 1000))]
    count: Option<u16>,
) -> Result<Uuids, Error> {
    let count = count.unwrap_or(1);
    if !(1..=1000).contains(&count) {
        return Err(Error::invalid_arguments("count: must be from 1 to 1000"));
    }
    let make = match version.unwrap_or_default() {
        Version::V4 => Uuid::new_v4,
        Version::V7 => Uuid::now_v7,
    };
    Ok(Uuids { uuids: (0..count).map(|_| make().to_string()).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    fn made(version: Option<Version>, count: Option<u16>) -> Vec<String> {
        uuid(version, count).expect("made").uuids
    }

    #[test]
    fn each_is_of_its_version_and_there_once() {
        for (version, number) in [(None, 4), (Some(Version::V7), 7)] {
            let uuids = made(version, Some(100));
            assert_eq!(uuids.iter().collect::<HashSet<_>>().len(), 100);
            for text in &uuids {
                assert_eq!(Uuid::parse_str(text).expect("a UUID").get_version_num(), number);
            }
        }
        assert_eq!(made(None, None).len(), 1);
    }

    #[test]
    fn those_of_version_7_sort_by_time() {
        let uuids = made(Some(Version::V7), Some(100));
        assert!(uuids.is_sorted());
    }

    #[test]
    fn the_number_is_bounded() {
        for count in [0, 1001] {
            assert!(matches!(uuid(None, Some(count)), Err(Error::InvalidArguments(_))));
        }
    }
}
