//! Which template a URI belongs to, and what its variables stand for.

use crate::arguments::Arguments;

/// A part of a URI template, as the attribute has read it.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece {
    Literal(&'static str),
    /// `{name}`: anything but what parts a URI.
    Segment(&'static str),
    /// `{+name}`: anything.
    Rest(&'static str),
    /// `{?name,name}`: the query, in any order, each of them optional.
    Query(&'static [&'static str]),
}

/// What the variables stand for, if `uri` is one of the template. One pass without going back: a variable is as short as
/// what follows it allows, and two are never next to each other.
pub fn matches(pieces: &[Piece], uri: &str) -> Option<Arguments> {
    let mut arguments = Arguments::default();
    let (path, pieces) = match pieces {
        [path @ .., Piece::Query(names)] => {
            let (before, query) = uri.split_once('?').unwrap_or((uri, ""));
            read_query(query, names, &mut arguments)?;
            (before, path)
        }
        _ => (uri, pieces),
    };
    let mut rest = path;
    for (place, piece) in pieces.iter().enumerate() {
        let (name, slashes) = match piece {
            Piece::Literal(text) => {
                rest = rest.strip_prefix(text)?;
                continue;
            }
            Piece::Segment(name) => (name, false),
            Piece::Rest(name) => (name, true),
            Piece::Query(_) => return None,
        };
        let end = match &pieces[place + 1..] {
            [] => rest.len(),
            // The last text must be what the URI ends with.
            [Piece::Literal(text)] => rest.strip_suffix(text)?.len(),
            // At least one character before it.
            [Piece::Literal(text), ..] => {
                let first = rest.chars().next()?.len_utf8();
                first + rest[first..].find(text)?
            }
            _ => return None,
        };
        let (value, after) = rest.split_at(end);
        if value.is_empty() || (!slashes && value.contains(['/', '?', '#'])) {
            return None;
        }
        arguments.push(*name, decoded(value)?);
        rest = after;
    }
    rest.is_empty().then_some(arguments)
}

/// How much of a template is fixed: of several that a URI belongs to, the one with more of it is meant.
pub fn literal_length(pieces: &[Piece]) -> usize {
    let length = |piece: &Piece| if let Piece::Literal(text) = piece { text.len() } else { 0 };
    pieces.iter().map(length).sum()
}

fn read_query(query: &str, names: &[&'static str], arguments: &mut Arguments) -> Option<()> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        if let Some(known) = names.iter().find(|known| **known == name)
            && arguments.get(known).is_none()
        {
            arguments.push(*known, decoded(value)?);
        }
    }
    Some(())
}

/// Without its percent signs; none if that is no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, after @ ..] = rest {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let [high, low, after @ ..] = rest else { return None };
        let digit = |digit: u8| char::from(digit).to_digit(16);
        bytes.push(u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Piece::{Literal, Query, Rest, Segment};

    fn found(pieces: &[Piece], uri: &str) -> Option<String> {
        let arguments = matches(pieces, uri)?;
        let values = ["a", "b", "q"].map(|name| arguments.get(name).unwrap_or("-").to_owned());
        Some(values.join(" "))
    }

    #[test]
    fn variables_stand_for_what_is_between_the_fixed_parts() {
        let data = [Literal("t://"), Segment("a"), Literal("/data")];
        assert_eq!(found(&data, "t://123/data").as_deref(), Some("123 - -"));
        for not in ["t:///data", "t://1/2/data", "t://1/data/", "t://1", "u://1/data", "t://1?x/data"] {
            assert_eq!(found(&data, not), None, "{not}");
        }
        let two = [Literal("t:"), Segment("a"), Literal("."), Segment("b")];
        assert_eq!(found(&two, "t:x.tar.gz").as_deref(), Some("x tar.gz -"));
        let end = [Literal("t:"), Segment("a"), Literal(".md")];
        assert_eq!(found(&end, "t:x.md.md").as_deref(), Some("x.md - -"));
    }

    #[test]
    fn only_the_rest_may_hold_slashes() {
        let files = [Literal("f:///"), Rest("a")];
        assert_eq!(found(&files, "f:///x/y.md").as_deref(), Some("x/y.md - -"));
        assert_eq!(found(&files, "f:///"), None);
    }

    #[test]
    fn the_query_comes_in_any_order_and_may_be_missing() {
        let search = [Literal("s://"), Segment("a"), Query(&["b", "q"])];
        assert_eq!(found(&search, "s://x?q=1&z=0&b=2&q=3").as_deref(), Some("x 2 1"));
        assert_eq!(found(&search, "s://x").as_deref(), Some("x - -"));
    }

    #[test]
    fn percent_signs_are_read_and_must_give_text() {
        let one = [Literal("t:"), Segment("a")];
        assert_eq!(found(&one, "t:a%20%2Fb").as_deref(), Some("a /b - -"));
        assert_eq!(found(&one, "t:%C3%BC").as_deref(), Some("ü - -"));
        for not in ["t:%", "t:%2", "t:%zz", "t:%ff"] {
            assert_eq!(found(&one, not), None, "{not}");
        }
    }
}
