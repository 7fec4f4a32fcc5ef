//! From the text of an expression to its tokens.

/// A piece of an expression.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Token<'a> {
    Number(&'a str),
    Name(&'a str),
    /// One of `+ - * / % ^ ! ( ) ,`.
    Sign(char),
}

/// Takes a text apart. The second of each pair is where a token begins, in characters from 1.
pub fn tokens(text: &str) -> Result<Vec<(Token<'_>, usize)>, String> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let place = place(text, rest);
        let (token, length) = match first {
            '0'..='9' | '.' => number(rest),
            'a'..='z' | 'A'..='Z' | '_' => name(rest),
            'π' => (Token::Name("pi"), first.len_utf8()),
            '√' => (Token::Name("sqrt"), first.len_utf8()),
            '*' if rest.starts_with("**") => (Token::Sign('^'), 2),
            '×' | '·' => (Token::Sign('*'), first.len_utf8()),
            '÷' => (Token::Sign('/'), first.len_utf8()),
            '−' => (Token::Sign('-'), first.len_utf8()),
            '+' | '-' | '*' | '/' | '%' | '^' | '!' | '(' | ')' | ',' => (Token::Sign(first), 1),
            _ => return Err(format!("{first:?} at character {place} has no meaning here")),
        };
        tokens.push((token, place));
        rest = rest[length..].trim_start();
    }
    Ok(tokens)
}

fn place(text: &str, rest: &str) -> usize {
    text[..text.len() - rest.len()].chars().count() + 1
}

/// Digits, a fraction, and an exponent if digits follow the e: in `2e` it is the constant.
fn number(rest: &str) -> (Token<'_>, usize) {
    let digits = |from: usize| from + rest.bytes().skip(from).take_while(u8::is_ascii_digit).count();
    let mut end = digits(0);
    if rest[end..].starts_with('.') {
        end = digits(end + 1);
    }
    if rest[end..].starts_with(['e', 'E']) {
        let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
        let exponent = digits(end + 1 + sign);
        if exponent > end + 1 + sign {
            end = exponent;
        }
    }
    (Token::Number(&rest[..end]), end)
}

fn name(rest: &str) -> (Token<'_>, usize) {
    let end = rest.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
    (Token::Name(&rest[..end]), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_names_and_signs_are_told_apart() {
        let found = tokens(" 1.5e-3*π ** log2(.5),2e").expect("tokens");
        let expected = [
            (Token::Number("1.5e-3"), 2),
            (Token::Sign('*'), 8),
            (Token::Name("pi"), 9),
            (Token::Sign('^'), 11),
            (Token::Name("log2"), 14),
            (Token::Sign('('), 18),
            (Token::Number(".5"), 19),
            (Token::Sign(')'), 21),
            (Token::Sign(','), 22),
            (Token::Number("2"), 23),
            (Token::Name("e"), 24),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_has_no_meaning_is_named_with_its_place() {
        assert_eq!(tokens("π + $5"), Err("'$' at character 5 has no meaning here".to_owned()));
    }
}
