//! `#[argument(…)]` on a parameter or on a field of an `#[input]` struct.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Expr, LitStr, Result, parse_quote};

use crate::attributes::once;

/// What stands in the parentheses.
#[derive(Default)]
pub struct ArgumentOptions {
    pub name: Option<LitStr>,
    pub title: Option<LitStr>,
    pub header: Option<LitStr>,
    pub complete: Option<Expr>,
}

impl ArgumentOptions {
    /// Takes the attribute out of `attributes`; without it, nothing is said.
    pub fn take(attributes: &mut Vec<Attribute>) -> Result<Self> {
        let mut options = Self::default();
        while let Some(place) = attributes.iter().position(|attribute| attribute.path().is_ident("argument")) {
            options.read(&attributes.remove(place))?;
        }
        Ok(options)
    }

    fn read(&mut self, attribute: &Attribute) -> Result<()> {
        attribute.parse_nested_meta(|meta| {
            let key = meta.path.get_ident().map(ToString::to_string).unwrap_or_default();
            match key.as_str() {
                "name" => once(&mut self.name, &meta, meta.value()?.parse()?),
                "title" => once(&mut self.title, &meta, meta.value()?.parse()?),
                "header" => once(&mut self.header, &meta, token(meta.value()?.parse()?)?),
                "complete" => once(&mut self.complete, &meta, meta.value()?.parse()?),
                _ => Err(meta.error("expected one of `name`, `title`, `header`, `complete`")),
            }
        })
    }

    /// For an argument that comes as JSON: the attributes of serde and schemars that say the same.
    pub fn for_json(self) -> Result<Vec<Attribute>> {
        if let Some(complete) = &self.complete {
            let place = "only arguments of prompts and variables of resource templates are completed";
            return Err(syn::Error::new_spanned(complete, place));
        }
        let mut attributes = Vec::new();
        if let Some(name) = self.name {
            attributes.push(parse_quote!(#[serde(rename = #name)]));
        }
        if let Some(title) = self.title {
            attributes.push(parse_quote!(#[schemars(title = #title)]));
        }
        if let Some(header) = self.header {
            attributes.push(parse_quote!(#[schemars(extend("x-mcp-header" = #header))]));
        }
        Ok(attributes)
    }

    /// For an argument that comes as text: an expression that suggests values, of `completing`.
    pub fn completer(&self) -> Result<Option<TokenStream>> {
        if let Some(header) = &self.header {
            return Err(syn::Error::new_spanned(header, "only arguments of tools go into headers"));
        }
        Ok(self.complete.as_ref().map(|complete| match complete {
            Expr::Array(values) => quote!(::pegboard_sdk::__private::completion(completing.matching(#values))),
            function => quote!(::pegboard_sdk::__private::completion(#function(completing))),
        }))
    }
}

/// A header's name is what HTTP calls a token.
fn token(name: LitStr) -> Result<LitStr> {
    let text = name.value();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !text.is_empty() && text.bytes().all(fits) {
        return Ok(name);
    }
    Err(syn::Error::new(name.span(), "the last part of a header's name: `Region` for `Mcp-Param-Region`"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;

    fn take(attribute: &Attribute) -> Result<ArgumentOptions> {
        ArgumentOptions::take(&mut vec![attribute.clone()])
    }

    #[test]
    fn what_json_needs_is_said_to_serde_and_schemars() {
        let options = take(&parse_quote!(#[argument(name = "aB", title = "A", header = "Region")])).expect("good");
        let attributes = options.for_json().expect("for JSON");
        let said = attributes.iter().map(|one| one.to_token_stream().to_string().replace(' ', "")).collect::<String>();
        assert_eq!(said, r#"#[serde(rename="aB")]#[schemars(title="A")]#[schemars(extend("x-mcp-header"="Region"))]"#);
    }

    #[test]
    fn what_does_not_belong_is_refused() {
        let complaint = |result: Result<()>| result.err().map(|error| error.to_string()).unwrap_or_default();
        let header = take(&parse_quote!(#[argument(header = "a b")])).map(|_| ());
        assert!(complaint(header).contains("Mcp-Param-Region"));
        let json = take(&parse_quote!(#[argument(complete = ["a"])])).and_then(ArgumentOptions::for_json);
        assert!(complaint(json.map(|_| ())).contains("prompts"));
        let text = take(&parse_quote!(#[argument(header = "a")])).and_then(|options| options.completer());
        assert!(complaint(text.map(|_| ())).contains("tools"));
    }
}
