//! `#[input]` and `#[output]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Data, DeriveInput, Field, Fields, Ident, Result};

use crate::argument::ArgumentOptions;

/// What a type is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Input,
    Output,
}

/// What stands in the parentheses of `#[input]`.
#[derive(Default)]
struct Options {
    open: bool,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Ok(Self::default());
        }
        let word: Ident = input.parse()?;
        if word != "open" || !input.is_empty() {
            return Err(syn::Error::new(word.span(), "expected nothing, or `open`"));
        }
        Ok(Self { open: true })
    }
}

pub fn expand(attribute: Use, arguments: TokenStream, mut item: DeriveInput) -> Result<TokenStream> {
    let mut uses = vec![attribute];
    let mut options = match attribute {
        Use::Input => syn::parse2(arguments)?,
        Use::Output => {
            syn::parse2::<syn::parse::Nothing>(arguments)?;
            Options::default()
        }
    };
    // A type may be both; each derive must be there once.
    let (other_name, other) = match attribute {
        Use::Input => ("output", Use::Output),
        Use::Output => ("input", Use::Input),
    };
    if let Some(position) = item.attrs.iter().position(|attribute| names(attribute, other_name)) {
        let attribute = item.attrs.remove(position);
        if let (Use::Input, syn::Meta::List(list)) = (other, &attribute.meta) {
            options = list.parse_args()?;
        }
        uses.push(other);
    }

    for field in fields(&mut item.data) {
        let said = ArgumentOptions::take(&mut field.attrs)?.for_json()?;
        field.attrs.extend(said);
    }

    let mut derives = Vec::new();
    let mut serde = vec![quote!(crate = "::pegboard_sdk::serde")];
    if uses.contains(&Use::Input) {
        derives.push(quote!(::pegboard_sdk::serde::Deserialize));
        if !options.open && is_named_struct(&item) {
            serde.push(quote!(deny_unknown_fields));
        }
    }
    if uses.contains(&Use::Output) {
        derives.push(quote!(::pegboard_sdk::serde::Serialize));
    }
    Ok(quote! {
        #[derive(#(#derives,)* ::pegboard_sdk::schemars::JsonSchema)]
        #[serde(#(#serde),*)]
        #[schemars(crate = "::pegboard_sdk::schemars")]
        #item
    })
}

/// All fields, those of an enum's variants too.
fn fields(data: &mut Data) -> Vec<&mut Field> {
    match data {
        Data::Struct(data) => data.fields.iter_mut().collect(),
        Data::Enum(data) => data.variants.iter_mut().flat_map(|variant| variant.fields.iter_mut()).collect(),
        Data::Union(_) => Vec::new(),
    }
}

/// By its last name, since it may be written with a path.
fn names(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == name)
}

fn is_named_struct(item: &DeriveInput) -> bool {
    matches!(&item.data, Data::Struct(data) if matches!(data.fields, Fields::Named(_)))
}
