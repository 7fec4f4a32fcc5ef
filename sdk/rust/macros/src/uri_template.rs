//! URI templates, read while compiling: what is wrong in one is an error at its place in the source.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{LitStr, Result};

/// A part of a template.
#[derive(Debug, PartialEq)]
pub enum Piece {
    Literal(String),
    /// `{name}`: anything but a slash.
    Segment(String),
    /// `{+name}`: anything.
    Rest(String),
    /// `{?name,name}`: the query, at the end.
    Query(Vec<String>),
}

pub struct UriTemplate(Vec<Piece>);

impl UriTemplate {
    pub fn parse(literal: &LitStr) -> Result<Self> {
        let pieces = pieces(&literal.value()).map_err(|what| syn::Error::new(literal.span(), what))?;
        Ok(Self(pieces))
    }

    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .flat_map(|piece| match piece {
                Piece::Literal(_) => &[],
                Piece::Segment(name) | Piece::Rest(name) => std::slice::from_ref(name),
                Piece::Query(names) => names.as_slice(),
            })
            .map(String::as_str)
    }

    /// An expression: a slice of the SDK's `Piece`.
    pub fn to_expression(&self) -> TokenStream {
        let pieces = self.0.iter().map(|piece| match piece {
            Piece::Literal(text) => quote!(Literal(#text)),
            Piece::Segment(name) => quote!(Segment(#name)),
            Piece::Rest(name) => quote!(Rest(#name)),
            Piece::Query(names) => quote!(Query(&[#(#names),*])),
        });
        quote!(&[#(::pegboard_sdk::__private::Piece::#pieces),*])
    }
}

fn pieces(template: &str) -> std::result::Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut names: Vec<String> = Vec::new();
    let mut rest = template;
    while !rest.is_empty() {
        if pieces.iter().any(|piece| matches!(piece, Piece::Query(_))) {
            return Err("`{?…}` must be the last part".to_owned());
        }
        let Some((before, after)) = rest.split_once('{') else {
            if rest.contains('}') {
                return Err("a `}` without its `{`".to_owned());
            }
            pieces.push(Piece::Literal(rest.to_owned()));
            break;
        };
        if !before.is_empty() {
            pieces.push(Piece::Literal(before.to_owned()));
        } else if matches!(pieces.last(), Some(Piece::Segment(_) | Piece::Rest(_))) && !after.starts_with('?') {
            return Err("two variables need something between them, or nobody knows where one ends".to_owned());
        }
        let Some((inside, after)) = after.split_once('}') else {
            return Err("a `{` without its `}`".to_owned());
        };
        let (operator, list) = match inside.strip_prefix(['+', '?']) {
            Some(list) => (&inside[..1], list),
            None => ("", inside),
        };
        let list: Vec<String> = list.split(',').map(str::to_owned).collect();
        for name in &list {
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
                return Err(format!("`{{{inside}}}`: expected `{{name}}`, `{{+name}}` or `{{?name,name}}`"));
            }
            if names.contains(name) {
                return Err(format!("`{name}` is there twice"));
            }
            names.push(name.clone());
        }
        pieces.push(match (operator, <[String; 1]>::try_from(list)) {
            ("+", Ok([name])) => Piece::Rest(name),
            ("", Ok([name])) => Piece::Segment(name),
            ("?", Ok([name])) => Piece::Query(vec![name]),
            ("?", Err(names)) => Piece::Query(names),
            _ => return Err(format!("`{{{inside}}}`: only `{{?…}}` can hold several names")),
        });
        rest = after;
    }
    if template.split_once(':').is_none_or(|(scheme, _)| !is_scheme(scheme)) {
        return Err("a URI begins with its scheme: `notes://…`".to_owned());
    }
    Ok(pieces)
}

fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_taken_apart() {
        let text = |text: &str| text.to_owned();
        assert_eq!(
            pieces("test://{id}/data/{+path}{?q,lang}"),
            Ok(vec![
                Piece::Literal(text("test://")),
                Piece::Segment(text("id")),
                Piece::Literal(text("/data/")),
                Piece::Rest(text("path")),
                Piece::Query(vec![text("q"), text("lang")]),
            ])
        );
        assert_eq!(pieces("a:b"), Ok(vec![Piece::Literal(text("a:b"))]));
    }

    #[test]
    fn what_cannot_be_matched_is_refused() {
        for (template, complaint) in [
            ("a:{", "without its `}`"),
            ("a:}", "without its `{`"),
            ("a:{x}{y}", "between them"),
            ("a:{x}/{x}", "twice"),
            ("a:{/x}", "expected"),
            ("a:{}", "expected"),
            ("a:{x,y}", "several"),
            ("a:{?x}/b", "last"),
            ("{x}", "scheme"),
            ("nothing", "scheme"),
        ] {
            let error = pieces(template).expect_err(template);
            assert!(error.contains(complaint), "{template}: {error}");
        }
    }
}
