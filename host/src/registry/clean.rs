//! What a model or a person will read is cleaned of what nobody sees.
//!
//! A description can say one thing to the person who looks at it and another to the model that reads it: with
//! zero-width and tag characters, with text that runs the other way, with escape sequences of a terminal. Such
//! characters have no business in the texts of a tool. In a text for reading they are taken out, and the operator is
//! told; where a text is matched byte by byte (a name, a property, a choice) the plugin is refused, since what is left
//! would mean something else.
//!
//! | what | becomes |
//! |---|---|
//! | escape sequences of terminals, whole, and all other control characters | nothing |
//! | bidirectional controls, zero-width and other default-ignorable characters, tags, variation selectors | nothing |
//! | private use, noncharacters, annotation characters | nothing |
//! | line feed and tab in a description | kept; a space in a text of one line |
//! | the zero-width joiners that a script or an emoji needs, the emoji variation selectors after an emoji | kept |
//!
//! So a flag made of tag characters loses its region, and an ideograph its variant: both are forms that carry any
//! hidden text as well.

mod characters;
mod json;
mod offers;
mod report;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;

pub(super) use offers::{Offer, prompt, template, tool};
pub use offers::{prompt_output, resource, schema};
pub(super) use report::Report;

/// Which of the white space a text may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// One line: spaces alone.
    Line,
    /// Line feeds and tabs too.
    Text,
    /// What programs read: carriage returns as well.
    Data,
}

impl Kind {
    fn allows(self, c: char) -> bool {
        match c {
            '\n' | '\t' => self != Self::Line,
            '\r' => self == Self::Data,
            _ => false,
        }
    }
}

/// A text without what nobody sees, and what that was.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cleaned {
    pub(super) text: String,
    pub(super) removed: Removed,
}

/// What was taken out.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Removed {
    escapes: bool,
    count: usize,
    kinds: BTreeSet<char>,
}

/// How many different characters are named.
const NAMED: usize = 5;

impl fmt::Display for Removed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.escapes {
            f.write_str("escape sequences of a terminal")?;
        }
        if self.count > 0 {
            let and = if self.escapes { " and " } else { "" };
            let plural = if self.count == 1 { "" } else { "s" };
            write!(f, "{and}{} hidden or unprintable character{plural} (", self.count)?;
            for (index, c) in self.kinds.iter().enumerate() {
                let comma = if index == 0 { "" } else { ", " };
                write!(f, "{comma}U+{:04X}", u32::from(*c))?;
            }
            f.write_str(if self.kinds.len() < NAMED { ")" } else { ", …)" })?;
        }
        Ok(())
    }
}

/// The text without what nobody sees; none if there is nothing to take out. Line ends of Windows become plain ones,
/// which is not worth a word.
pub(super) fn clean(original: &str, kind: Kind) -> Option<Cleaned> {
    let plain = |b: u8| matches!(b, b' '..=b'~') || kind.allows(char::from(b));
    if original.bytes().all(plain) {
        return None;
    }
    let mut removed = Removed::default();
    let text = without_escapes(original, &mut removed);
    let text = if kind == Kind::Text && text.contains("\r\n") { text.replace("\r\n", "\n").into() } else { text };
    let mut kept = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let rest = &text[at + c.len_utf8()..];
        if !characters::is_suspect(c) || kind.allows(c) || characters::is_needed(&kept, c, rest) {
            kept.push(c);
            continue;
        }
        removed.count += 1;
        if removed.kinds.len() < NAMED {
            removed.kinds.insert(c);
        }
        if let Some(space) = characters::space_for(c, kind) {
            kept.push(space);
        }
    }
    (kept != original).then_some(Cleaned { text: kept, removed })
}

/// Says what nobody sees in `text`, if there is anything.
pub(super) fn hidden(text: &str, kind: Kind) -> Option<Removed> {
    clean(text, kind).map(|cleaned| cleaned.removed)
}

/// Takes whole escape sequences out, which without their first character would stay as text. The control characters
/// of one byte beyond ASCII stand for the same sequences.
fn without_escapes<'a>(text: &'a str, removed: &mut Removed) -> Cow<'a, str> {
    let c1 = '\u{80}'..='\u{9f}';
    if !text.contains(|c| c == '\u{1b}' || c1.contains(&c)) {
        return text.into();
    }
    removed.escapes = true;
    let mut seven_bits = String::with_capacity(text.len());
    for c in text.chars() {
        match u8::try_from(c) {
            Ok(byte) if c1.contains(&c) => seven_bits.extend(['\u{1b}', char::from(byte - 0x40)]),
            _ => seven_bits.push(c),
        }
    }
    anstream::adapter::strip_str(&seven_bits).to_string().into()
}

#[cfg(test)]
mod tests;
