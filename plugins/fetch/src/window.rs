//! A piece of a text, counted in characters.

use pegboard_sdk::prelude::*;

/// `most` characters of `text` from `start` on, and how to go on, if there are more.
pub fn cut(text: &str, start: u32, most: u32) -> Result<String, Error> {
    let count = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
    let begin = offset(text, count(start));
    let all = || text.chars().count();
    if begin == text.len() && start > 0 {
        let all = all();
        return Err(Error::invalid_arguments(format!("start_index is {start}, but the text has {all} characters")));
    }
    let rest = &text[begin..];
    let end = offset(rest, count(most));
    if end == rest.len() {
        return Ok(rest.to_owned());
    }
    let (next, all) = (u64::from(start) + u64::from(most), all());
    let piece = &rest[..end];
    Ok(format!("{piece}\n\n[Characters {start} to {next} of {all}; for more, fetch it with start_index {next}]"))
}

/// Where the character of this number begins, or the end.
fn offset(text: &str, characters: usize) -> usize {
    text.char_indices().nth(characters).map_or(text.len(), |(offset, _)| offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_is_a_piece() {
        assert_eq!(cut("", 0, 5), Ok(String::new()));
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        assert!(cut("äöü", 1, 1).unwrap().starts_with("ö\n"));
        assert_eq!(cut("äöü", 2, 9).unwrap(), "ü");
        assert!(cut("äöü", 3, 1).unwrap_err().to_string().contains("has 3 characters"));
    }
}
