//! A page for people: names on the left, what is said of each on the right.

use std::fmt::Write as _;

/// Lines, each with a name.
pub(crate) struct Lines {
    text: String,
    width: usize,
}

impl Lines {
    /// With room for names of so many characters.
    pub(crate) fn new(width: usize) -> Self {
        Self { text: String::new(), width }
    }

    /// Adds a line. What came from a plugin must not steer the terminal, so nothing that could is kept.
    pub(crate) fn line(&mut self, name: &str, value: &str) {
        let value: String = value.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect();
        let _ = writeln!(self.text, "{}", format!("{name:<width$} {value}", width = self.width).trim_end());
    }

    /// Adds a line for each of `values`, the name before the first.
    pub(crate) fn lines<T: AsRef<str>>(&mut self, name: &str, values: impl IntoIterator<Item = T>) {
        for (index, value) in values.into_iter().enumerate() {
            self.line(if index == 0 { name } else { "" }, value.as_ref());
        }
    }
}

impl From<Lines> for String {
    fn from(lines: Lines) -> Self {
        lines.text
    }
}

/// Control characters, and those that change the direction of what follows or cannot be seen.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
        || matches!(c, '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_steers_the_terminal() {
        let mut lines = Lines::new(4);
        lines.lines("name", ["a\u{1b}[2J\nb", "c\u{202e}d\u{200b}\u{e0041}"]);
        assert_eq!(String::from(lines), "name a\u{fffd}[2J\u{fffd}b\n     c\u{fffd}d\u{fffd}\u{fffd}\n");
    }
}
