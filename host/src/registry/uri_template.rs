//! Which URIs a template ([RFC 6570](https://www.rfc-editor.org/rfc/rfc6570)) stands for.
//!
//! `iri-string` knows the syntax; matching, the way back that no kept crate goes, is a regular expression made of
//! the template, which `regex` runs in linear time.

use std::fmt::Write as _;

use iri_string::template::UriTemplateStr;
use regex::{Regex, RegexBuilder};

/// The most bytes of a template.
const MAX_BYTES: usize = 2048;
/// The most memory of a compiled template, in bytes.
const MAX_COMPILED: usize = 1 << 20;

/// A template that URIs can be compared with.
#[derive(Debug)]
pub struct UriTemplate {
    regex: Regex,
    variables: Vec<String>,
    literals: usize,
}

impl UriTemplate {
    /// Compiles it.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn new(template: &str) -> Result<Self, String> {
        if template.len() > MAX_BYTES {
            return Err(format!("it has {} bytes; at most {MAX_BYTES} are taken", template.len()));
        }
        let syntax = UriTemplateStr::new(template).map_err(|error| format!("it is no RFC 6570 template: {error}"))?;
        let mut pattern = "^".to_owned();
        let mut literals = 0;
        let mut rest = template;
        while let Some((literal, after)) = rest.split_once('{') {
            literals += literal.len();
            pattern.push_str(&regex::escape(literal));
            // The syntax has been checked: each brace is closed.
            let (expression, after) = after.split_once('}').unwrap_or((after, ""));
            push_expression(&mut pattern, expression);
            rest = after;
        }
        literals += rest.len();
        pattern.push_str(&regex::escape(rest));
        pattern.push('$');
        let regex = RegexBuilder::new(&pattern).size_limit(MAX_COMPILED).build();
        let regex = regex.map_err(|_| "it is too complex".to_owned())?;
        let variables = syntax.variables().map(|name| name.as_str().to_owned()).collect();
        Ok(Self { regex, variables, literals })
    }

    /// May `uri` have come out of the template?
    #[must_use]
    pub fn matches(&self, uri: &str) -> bool {
        self.regex.is_match(uri)
    }

    /// Has the template a variable of that name?
    #[must_use]
    pub fn has_variable(&self, name: &str) -> bool {
        self.variables.iter().any(|variable| variable == name)
    }

    /// How many of its bytes stand for themselves: of two templates that match, the one with more says more.
    #[must_use]
    pub fn specificity(&self) -> usize {
        self.literals
    }
}

/// What an expression can become: its operator decides how it begins, what is between its values, and what can be in
/// one ([section 3.2](https://www.rfc-editor.org/rfc/rfc6570#section-3.2)).
fn push_expression(pattern: &mut String, expression: &str) {
    const RESERVED_TOO: &str = "[^\\s{}]*";
    let (operator, variables) = match expression.as_bytes().first() {
        Some(b'+' | b'#' | b'.' | b'/' | b';' | b'?' | b'&') => expression.split_at(1),
        _ => ("", expression),
    };
    let (first, between, value) = match operator {
        "+" => ("", ",", RESERVED_TOO),
        "#" => ("#", ",", RESERVED_TOO),
        "." => ("\\.", "\\.", "[^/?#\\s{}]*"),
        "/" => ("/", "/", "[^/?#\\s{}]*"),
        ";" => (";", ";", "[^/?#;\\s{}]*"),
        "?" => ("\\?", "&", "[^#&\\s{}]*"),
        "&" => ("&", "&", "[^#&\\s{}]*"),
        _ => ("", ",", "[^/?#\\s{}]*"),
    };
    // A variable may be undefined, and then leaves nothing behind; an exploded list has as many values as it likes.
    let many = variables.split(',').count() > 1 || variables.ends_with('*');
    let repeated = if many { format!("(?:{between}{value})*") } else { String::new() };
    let _ = if first.is_empty() {
        write!(pattern, "{value}{repeated}")
    } else {
        write!(pattern, "(?:{first}{value}{repeated})?")
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(template: &str, uri: &str) -> bool {
        UriTemplate::new(template).unwrap().matches(uri)
    }

    #[test]
    fn every_operator_matches_what_it_expands_to() {
        for (template, uri) in [
            ("test://template/{id}/data", "test://template/123/data"),
            ("x:{a,b}", "x:1,2"),
            ("x:{+path}", "x:a/b?c#d"),
            ("x:y{#frag}", "x:y#z/1"),
            ("x:y{#frag}", "x:y"),
            ("x:y{.ext}", "x:y.txt"),
            ("x:y{/a,b}", "x:y/1/2"),
            ("x:y{;a,b}", "x:y;a=1;b=2"),
            ("x:y{?q,r}", "x:y?q=1&r=%20"),
            ("x:y{?q,r}", "x:y"),
            ("x:y?z=0{&q*}", "x:y?z=0&a=1&b=2"),
            ("x:{name:3}", "x:abc"),
            ("x:(.*)", "x:(.*)"),
        ] {
            assert!(matches(template, uri), "{template} {uri}");
        }
    }

    #[test]
    fn a_simple_value_does_not_cross_a_slash() {
        assert!(!matches("test://t/{id}/data", "test://t/1/2/data"));
        assert!(!matches("test://t/{id}", "test://t/1?x"));
        assert!(!matches("test://t/{id}", "other://t/1"));
        assert!(!matches("x:(.*)", "x:abc"));
    }

    #[test]
    fn a_bad_or_huge_template_is_refused() {
        for bad in ["x:{", "x:}", "x:{}", "x:{a b}", &format!("x:{}", "{a}".repeat(1000))] {
            assert!(UriTemplate::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_more_literal_template_is_the_more_specific() {
        let specificity = |template: &str| UriTemplate::new(template).unwrap().specificity();
        assert!(specificity("x://a/{id}/data") > specificity("x://a/{+rest}"));
    }
}
