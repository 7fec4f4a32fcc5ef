//! `diff`

use std::time::Duration;

use pegboard_sdk::prelude::*;
use similar::{Algorithm, ChangeTag, TextDiff};

/// Time to look for the shortest diff; what is left then is shown as removed and added. Only texts with a great many
/// lines that are alike need it.
const SEARCH: Duration = Duration::from_secs(1);

/// Bytes of a diff.
const RESULT_BYTES: usize = 1 << 20;

/// How two texts differ.
#[output]
#[derive(Debug, PartialEq)]
pub struct Differences {
    /// Is there no difference at all?
    pub same: bool,
    /// Lines that only the new text has.
    pub added: usize,
    /// Lines that only the old text has.
    pub removed: usize,
    /// The unified diff, which `patch` and `git apply` read; empty if there is no difference.
    pub diff: String,
}

/// Compares two texts line by line. Returns a unified diff (as `diff -u` and git write it) and how many lines were
/// added and removed. Use it to see or show what changed between two versions, or to check that two texts are equal.
#[tool(title = "Compare two texts", read_only, destructive = false, idempotent, open_world = false)]
pub fn diff(
    /// The old text, whole.
    #[schemars(length(max = 1_000_000))]
    old: &str,
    /// The new text, whole.
    #[schemars(length(max = 1_000_000))]
    new: &str,
    /// How many equal lines to show around each change; 3 if not given.
    #[schemars(range(max = 1000))]
    context: Option<u16>,
    /// The name of the old text in the diff's header: a path, if it is to be applied to a file; "old" if not given.
    #[schemars(length(max = 1000))]
    old_name: Option<&str>,
    /// The name of the new text in the diff's header; "new" if not given.
    #[schemars(length(max = 1000))]
    new_name: Option<&str>,
) -> Result<Differences, Error> {
    let old_name = header_name("old_name", old_name.unwrap_or("old"))?;
    let new_name = header_name("new_name", new_name.unwrap_or("new"))?;
    let compared = TextDiff::configure().algorithm(Algorithm::Myers).timeout(SEARCH).diff_lines(old, new);
    let count = |tag| compared.iter_all_changes().filter(|change| change.tag() == tag).count();
    let mut unified = compared.unified_diff();
    let unified = unified.context_radius(context.unwrap_or(3).into()).header(old_name, new_name).to_string();
    if unified.len() > RESULT_BYTES {
        return Err(Error::failed(format!(
            "the diff has {} bytes, more than the {RESULT_BYTES} that can be returned; compare parts of the texts",
            unified.len()
        )));
    }
    Ok(Differences {
        same: old == new,
        added: count(ChangeTag::Insert),
        removed: count(ChangeTag::Delete),
        diff: unified,
    })
}

/// A line end in a name would make another line of the header.
fn header_name<'a>(argument: &str, name: &'a str) -> Result<&'a str, Error> {
    if name.contains(['\n', '\r']) {
        return Err(Error::invalid_arguments(format!("{argument}: must be one line")));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compare(old: &str, new: &str) -> Differences {
        diff(old, new, None, None, None).expect("compared")
    }

    #[test]
    fn changed_lines_are_shown_with_their_surroundings() {
        let found = diff("a\nb\nc\nd\n", "a\nB\nc\nd\n", Some(1), Some("a/x"), Some("b/x")).expect("compared");
        assert_eq!(found.diff, "--- a/x\n+++ b/x\n@@ -1,3 +1,3 @@\n a\n-b\n+B\n c\n");
        assert_eq!((found.same, found.added, found.removed), (false, 1, 1));
    }

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(compare("x\n", "x\n"), Differences { same: true, added: 0, removed: 0, diff: String::new() });
    }

    #[test]
    fn a_missing_line_end_at_the_end_is_a_difference_and_said() {
        let found = compare("x\n", "x");
        assert!(!found.same);
        assert!(found.diff.ends_with("+x\n\\ No newline at end of file\n"), "{}", found.diff);
    }

    #[test]
    fn a_name_is_one_line() {
        let error = diff("a", "b", None, None, Some("x\n+++ y")).expect_err("two lines").to_string();
        assert_eq!(error, "new_name: must be one line");
    }

    #[test]
    fn long_texts_with_nothing_in_common_but_the_order_of_lines_are_compared() {
        let lines = |step: usize| (0..20_000).map(|n| (n * step % 20_011).to_string() + "\n").collect::<String>();
        let found = compare(&lines(1), &lines(7919));
        assert_eq!(found.added, found.removed);
        assert!(found.added > 0);
    }

    #[test]
    fn a_diff_that_is_too_long_to_be_of_use_is_refused() {
        let error = diff(&"a\n".repeat(200_000), &"b\n".repeat(200_000), None, None, None).expect_err("too long");
        assert!(matches!(error, Error::Failed(text) if text.contains("compare parts")));
    }
}
