//! Which characters nobody sees, and which of them a script or an emoji needs all the same.
//!
//! The classes are Unicode's own, from `icu_properties`; only where Unicode has no class for what is meant is there
//! a list here.

use icu_properties::props::{
    CanonicalCombiningClass, DefaultIgnorableCodePoint, Emoji, EmojiModifier, ExtendedPictographic, GeneralCategory,
    JoiningType, NoncharacterCodePoint, Script,
};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::Kind;

const NON_JOINER: char = '\u{200c}';
const JOINER: char = '\u{200d}';
const TEXT_STYLE: char = '\u{fe0e}';
const EMOJI_STYLE: char = '\u{fe0f}';
const KEYCAP: char = '\u{20e3}';

/// How far a letter may be from a joiner, for the marks on it.
const MARKS: usize = 8;

/// May nobody see it?
pub(super) fn is_suspect(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_control();
    }
    // Zero-width, bidirectional, tag and variation characters are all default-ignorable. The marks around an
    // annotation are not, but hide it where it is not supported, which is everywhere.
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || CodePointSetData::new::<NoncharacterCodePoint>().contains(c)
        || matches!(c, '\u{fff9}'..='\u{fffb}')
        || matches!(
            CodePointMapData::<GeneralCategory>::new().get(c),
            GeneralCategory::Control
                | GeneralCategory::PrivateUse
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
}

/// What stands in the place of `c`, so that words stay apart.
pub(super) fn space_for(c: char, kind: Kind) -> Option<char> {
    match (c, kind) {
        ('\n' | '\t' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}', Kind::Line) => Some(' '),
        ('\r' | '\u{85}' | '\u{2028}' | '\u{2029}', _) => Some('\n'),
        _ => None,
    }
}

/// Does what stands `before` it and `after` it need `c`?
pub(super) fn is_needed(before: &str, c: char, after: &str) -> bool {
    let Some(last) = before.chars().next_back() else { return false };
    match c {
        TEXT_STYLE | EMOJI_STYLE if last.is_ascii() => after.starts_with(KEYCAP),
        TEXT_STYLE | EMOJI_STYLE => CodePointSetData::new::<Emoji>().contains(last),
        '\u{180b}'..='\u{180d}' | '\u{180f}' => CodePointMapData::<Script>::new().get(last) == Script::Mongolian,
        JOINER => follows_virama(last) || joins_emoji(before, after),
        NON_JOINER => follows_virama(last) || parts_letters(before, after),
        _ => false,
    }
}

/// [RFC 5892, A.1 and A.2](https://www.rfc-editor.org/rfc/rfc5892#appendix-A.1): the scripts of India shape their
/// consonants by it.
fn follows_virama(last: char) -> bool {
    CodePointMapData::<CanonicalCombiningClass>::new().get(last) == CanonicalCombiningClass::Virama
}

/// [RFC 5892, A.1](https://www.rfc-editor.org/rfc/rfc5892#appendix-A.1): letters that would join, as in Persian.
fn parts_letters(before: &str, after: &str) -> bool {
    let joining = CodePointMapData::<JoiningType>::new();
    let is_mark = |joining: &JoiningType| *joining == JoiningType::Transparent;
    let mut before = before.chars().rev().take(MARKS).map(|c| joining.get(c)).skip_while(is_mark);
    let mut after = after.chars().take(MARKS).map(|c| joining.get(c)).skip_while(is_mark);
    matches!(before.next(), Some(JoiningType::LeftJoining | JoiningType::DualJoining))
        && matches!(after.next(), Some(JoiningType::RightJoining | JoiningType::DualJoining))
}

/// A family, a profession: several emoji that are drawn as one.
fn joins_emoji(before: &str, after: &str) -> bool {
    let pictures = CodePointSetData::new::<ExtendedPictographic>();
    let styles = CodePointSetData::new::<EmojiModifier>();
    // At most one of each stands between the picture and the joiner.
    let mut before = before.chars().rev().take(3).skip_while(|c| *c == EMOJI_STYLE || styles.contains(*c));
    before.next().is_some_and(|c| pictures.contains(c)) && after.chars().next().is_some_and(|c| pictures.contains(c))
}
