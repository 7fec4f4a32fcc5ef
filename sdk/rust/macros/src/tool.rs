//! `#[tool]` and `#[tools]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{Attribute, ImplItem, ItemFn, ItemImpl, Meta, Result, Signature};

use crate::attributes::{ToolOptions, described, option, output_span, set_object};
use crate::parameters::Parameters;

pub fn of_function(attribute: TokenStream, mut item: ItemFn) -> Result<TokenStream> {
    let options = ToolOptions::parse(attribute)?;
    let name = item.sig.ident.clone();
    if let Some(receiver) = item.sig.receiver() {
        return Err(syn::Error::new_spanned(receiver, "put `#[tools]` on the impl block"));
    }
    let entry = entry(&options, &item.attrs, &mut item.sig, &quote!(#name))?;
    let visibility = &item.vis;
    // The type has the function's name, which is free among types. So a path to the function, and a `use` of
    // it, is one to the tool as well.
    Ok(quote! {
        #item

        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility struct #name {}

        #[automatically_derived]
        impl ::pegboard_sdk::__private::Tools for #name {
            const TOOLS: &'static [::pegboard_sdk::__private::ToolItem] = &[#entry];
        }
    })
}

pub fn of_impl(attribute: TokenStream, mut item: ItemImpl) -> Result<TokenStream> {
    syn::parse2::<syn::parse::Nothing>(attribute)?;
    if let Some((path, _)) = &item.trait_ {
        return Err(syn::Error::new_spanned(path, "tools are functions of the type itself, not of a trait"));
    }
    if !item.generics.params.is_empty() {
        return Err(syn::Error::new_spanned(&item.generics, "the type of tools cannot be generic"));
    }
    let this = item.self_ty.clone();
    let mut entries = Vec::new();
    for function in &mut item.items {
        let ImplItem::Fn(function) = function else { continue };
        let Some(place) = function.attrs.iter().position(is_tool) else { continue };
        let options = match function.attrs.remove(place).meta {
            Meta::Path(_) => ToolOptions::default(),
            Meta::List(list) => ToolOptions::parse(list.tokens)?,
            Meta::NameValue(pair) => return Err(syn::Error::new_spanned(pair, "expected `#[tool(…)]`")),
        };
        let name = function.sig.ident.clone();
        entries.push(entry(&options, &function.attrs, &mut function.sig, &quote!(<#this>::#name))?);
    }
    if entries.is_empty() {
        return Err(syn::Error::new_spanned(&item.self_ty, "no function in this block has `#[tool]` on it"));
    }
    Ok(quote! {
        #item

        #[automatically_derived]
        impl ::pegboard_sdk::__private::Tools for #this {
            const TOOLS: &'static [::pegboard_sdk::__private::ToolItem] = &[#(#entries),*];
        }
    })
}

/// By its last name, since it may be written with a path.
fn is_tool(attribute: &Attribute) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == "tool")
}

/// An expression of type `ToolItem`.
fn entry(
    options: &ToolOptions,
    attributes: &[Attribute],
    signature: &mut Signature,
    function: &TokenStream,
) -> Result<TokenStream> {
    let description = described(
        options.shown.description.as_ref(),
        attributes,
        &signature.ident,
        "a model must know when to use this tool: write a doc comment, or `description = \"…\"`",
    )?;
    let name = options.name.as_ref().map_or_else(|| plain_name(signature), syn::LitStr::value);
    let title = options.shown.title_or(&name);
    let annotations = annotations(options);
    let more = more(options);
    let Parameters { args_type, args_struct, call, receiver } =
        Parameters::take(signature, options.input_schema.is_none())?;
    let input = options.input_schema.as_ref().map_or_else(
        || quote!(::pegboard_sdk::__private::of_arguments::<#args_type>()),
        |schema| quote!(::pegboard_sdk::__private::raw_schema("input_schema", &#schema)),
    );
    let convert = quote_spanned! {output_span(signature)=>
        (&&&&&::pegboard_sdk::__private::Returns::of_value(&value)).convert(value)
    };
    let output = options.output_schema.as_ref().map_or_else(
        || quote_spanned!(output_span(signature)=> (&&&&&returns).schema()),
        |schema| {
            let schema = quote!(::pegboard_sdk::__private::raw_schema("output_schema", &#schema));
            quote!(#schema.map(::std::option::Option::Some))
        },
    );
    let this = receiver.then(|| quote!(&::std::default::Default::default(),));

    Ok(quote! {{
        #args_struct

        ::pegboard_sdk::__private::ToolItem {
            name: #name,
            describe: || {
                #[allow(unused_imports)]
                use ::pegboard_sdk::__private::{ReturnsFallible, ReturnsOther, ReturnsResult, ReturnsStructured};
                #[allow(unused_variables)]
                let returns = ::pegboard_sdk::__private::Returns::of(|ctx, args: #args_type| {
                    #function(#this #(#call),*)
                });
                #[allow(unused_mut)]
                let mut tool = ::pegboard_sdk::__private::ToolText {
                    name: #name,
                    title: #title,
                    doc: #description,
                    annotations: #annotations,
                }
                .tool(#input, #output)?;
                #more
                ::std::result::Result::Ok(tool)
            },
            run: |ctx, args| {
                #[allow(unused_imports)]
                use ::pegboard_sdk::__private::{ReturnsFallible, ReturnsOther, ReturnsResult, ReturnsStructured};
                #[allow(unused_variables)]
                let args: #args_type = ::pegboard_sdk::__private::read_arguments(args)?;
                #[allow(clippy::let_unit_value)]
                let value = #function(#this #(#call),*);
                #convert
            },
        }
    }})
}

/// The function's name, without what Rust needs to tell it from a keyword.
pub fn plain_name(signature: &Signature) -> String {
    let name = signature.ident.to_string();
    name.strip_prefix("r#").map(str::to_owned).unwrap_or(name)
}

fn annotations(options: &ToolOptions) -> TokenStream {
    let (read_only, destructive) = (option(options.read_only), option(options.destructive));
    let (idempotent, open_world) = (option(options.idempotent), option(options.open_world));
    quote!(::pegboard_sdk::__private::ToolAnnotations {
        read_only: #read_only,
        destructive: #destructive,
        idempotent: #idempotent,
        open_world: #open_world,
    })
}

/// What few tools have.
fn more(options: &ToolOptions) -> TokenStream {
    let tool = quote!(tool);
    let mut statements = crate::attributes::more(&tool, &options.shown);
    if let Some(support) = &options.task_support {
        statements.extend(quote!(tool.task_support = ::std::option::Option::Some(#support);));
    }
    if let Some(asks_first) = options.asks_first {
        statements.extend(quote!(tool.asks_first = #asks_first;));
    }
    if let Some(needs) = &options.needs {
        statements.extend(set_object(&tool, "needs", needs));
    }
    statements
}
