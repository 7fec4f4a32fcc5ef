//! `count_text`

use pegboard_sdk::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

/// How long a text is, in every measure.
#[output]
#[derive(Debug, Default, PartialEq)]
pub struct Counts {
    /// Characters as a reader sees them (grapheme clusters): an emoji or an accented letter is one.
    pub characters: usize,
    /// The same without blanks, tabs and line ends.
    pub characters_without_whitespace: usize,
    /// Words, by the rules of Unicode: numbers are words, punctuation is none.
    pub words: usize,
    /// Sentences that have a word in them.
    pub sentences: usize,
    /// Lines; a line end at the very end begins no further one.
    pub lines: usize,
    /// Lines with nothing but blanks.
    pub blank_lines: usize,
    /// Unicode code points: what `len()` counts in Python.
    pub code_points: usize,
    /// UTF-16 code units: what `length` counts in JavaScript and Java.
    pub utf16_units: usize,
    /// Bytes in UTF-8.
    pub bytes: usize,
}

/// Counts a text's characters, words, sentences, lines and bytes. Use it wherever a length matters, for a limit or a
/// quota for one, since a model that counts by eye is wrong.
#[tool(title = "Count characters and words", read_only, destructive = false, idempotent, open_world = false)]
pub fn count_text(
    /// The text, whole.
    #[schemars(length(max = 1_000_000))]
    text: &str,
) -> Counts {
    let is_blank = |text: &str| text.chars().all(char::is_whitespace);
    Counts {
        characters: text.graphemes(true).count(),
        characters_without_whitespace: text.graphemes(true).filter(|character| !is_blank(character)).count(),
        words: text.unicode_words().count(),
        sentences: text.unicode_sentences().count(),
        lines: text.lines().count(),
        blank_lines: text.lines().filter(|line| is_blank(line)).count(),
        code_points: text.chars().count(),
        utf16_units: text.encode_utf16().count(),
        bytes: text.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_is_what_a_reader_sees() {
        // A family of three, joined; an e with a combining accent.
        let counts = count_text("👨\u{200d}👩\u{200d}👧 e\u{301}");
        assert_eq!((counts.characters, counts.characters_without_whitespace), (3, 2));
        assert_eq!((counts.code_points, counts.utf16_units, counts.bytes), (8, 11, 22));
    }

    #[test]
    fn words_sentences_and_lines_are_counted() {
        let counts = count_text("It's 3.14, isn't it? Yes.\n\n  \nEnd");
        assert_eq!((counts.words, counts.sentences), (6, 3));
        assert_eq!((counts.lines, counts.blank_lines), (4, 2));
        assert_eq!(count_text("a\n").lines, 1);
    }

    #[test]
    fn nothing_counts_as_nothing() {
        assert_eq!(count_text(""), Counts::default());
    }
}
