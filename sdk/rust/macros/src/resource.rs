//! `#[resource]` and `#[resource_template]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ItemFn, LitStr, Result};

use crate::attributes::{ResourceOptions, described, more, option, output_span};
use crate::texts::Texts;
use crate::tool::plain_name;
use crate::uri_template::UriTemplate;

/// Which of the two.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Resource,
    Template,
}

pub fn of_function(kind: Kind, attribute: TokenStream, mut item: ItemFn) -> Result<TokenStream> {
    let options = ResourceOptions::parse(attribute)?;
    let name = item.sig.ident.clone();
    let uri = options.uri.as_ref().ok_or_else(|| {
        let example = if kind == Kind::Template { "notes://{id}" } else { "notes://today" };
        syn::Error::new_spanned(&name, format!("say by which URI it is read: `uri = \"{example}\"`"))
    })?;
    let template = UriTemplate::parse(uri)?;
    let texts = Texts::take(&mut item.sig)?;
    agree(kind, uri, &template, &texts)?;
    if let (Kind::Resource, Some(list)) = (kind, &options.list) {
        return Err(syn::Error::new_spanned(list, "a resource is listed as it is; a template can list what it covers"));
    }

    let description = described(
        options.shown.description.as_ref(),
        &item.attrs,
        &name,
        "a model must know what is in it: write a doc comment, or `description = \"…\"`",
    )?;
    let called = options.name.as_ref().map_or_else(|| plain_name(&item.sig), LitStr::value);
    let title = options.shown.title_or(&called);
    let mime_type = option(options.mime_type.as_ref());
    let (describe, make) = match kind {
        Kind::Resource => (quote!(Resource), quote!(resource)),
        Kind::Template => (quote!(Template), quote!(resource_template)),
    };
    let mut more = more(&quote!(described), &options.shown);
    if let Some(annotations) = &options.annotations {
        more.extend(quote!(described.annotations = ::std::option::Option::Some(#annotations);));
    }
    if let Some(size) = &options.size {
        more.extend(quote!(described.size = ::std::option::Option::Some(#size);));
    }
    let list = option(
        options
            .list
            .as_ref()
            .map(|list| quote!(|ctx| ::pegboard_sdk::resource::IntoResources::into_resources(#list(ctx)))),
    );
    let pieces = template.to_expression();
    let (read, call) = (&texts.read, &texts.call);
    let are_completed = texts.are_completed();
    let completions = texts.completions(&name, &quote!(ResourceTemplate(#uri)));
    let convert = quote_spanned! {output_span(&item.sig)=>
        ::pegboard_sdk::resource::IntoReadResult::into_read_result(value, uri, #mime_type)
    };
    let visibility = &item.vis;
    Ok(quote! {
        #item

        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility struct #name {}

        #[automatically_derived]
        impl ::pegboard_sdk::__private::Resources for #name {
            const COMPLETES: bool = #are_completed;
            const RESOURCE: ::pegboard_sdk::__private::ResourceItem = ::pegboard_sdk::__private::ResourceItem {
                uri: #uri,
                pieces: #pieces,
                describe: ::pegboard_sdk::__private::Describe::#describe(|| {
                    #[allow(unused_mut)]
                    let mut described =
                        ::pegboard_sdk::__private::#make(#uri, #called, #title, #description, #mime_type);
                    #more
                    ::std::result::Result::Ok(described)
                }),
                list: #list,
                #[allow(unused_variables)]
                read: |ctx, uri, args| {
                    #read
                    let value = #name(#(#call),*);
                    #convert
                },
            };
        }

        #completions
    })
}

/// Each variable is a parameter, and each parameter a variable.
fn agree(kind: Kind, uri: &LitStr, template: &UriTemplate, texts: &Texts) -> Result<()> {
    let variables: Vec<&str> = template.variables().collect();
    match kind {
        Kind::Resource if !variables.is_empty() => {
            return Err(syn::Error::new(uri.span(), "a URI with variables is a template: use `#[resource_template]`"));
        }
        Kind::Template if variables.is_empty() => {
            return Err(syn::Error::new(uri.span(), "a URI without variables is one resource: use `#[resource]`"));
        }
        _ => {}
    }
    if let Some(stray) = texts.arguments.iter().find(|argument| !variables.contains(&argument.name.as_str())) {
        return Err(syn::Error::new(stray.span, format!("the URI has no variable `{{{}}}`", stray.name)));
    }
    let missing = variables.iter().find(|name| texts.arguments.iter().all(|argument| argument.name != **name));
    match missing {
        Some(name) => Err(syn::Error::new(uri.span(), format!("no parameter takes the variable `{name}`"))),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn complaint(kind: Kind, attribute: TokenStream, item: ItemFn) -> String {
        of_function(kind, attribute, item).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn variables_and_parameters_must_be_the_same() {
        let template = |item| complaint(Kind::Template, quote!(uri = "a:{x}"), item);
        assert!(
            template(parse_quote!(
                #[doc = "d"]
                fn f(y: &str) {}
            ))
            .contains("no variable `{y}`")
        );
        assert!(
            template(parse_quote!(
                #[doc = "d"]
                fn f() {}
            ))
            .contains("takes the variable `x`")
        );
        assert_eq!(
            template(parse_quote!(
                #[doc = "d"]
                fn f(x: &str, ctx: &Context) {}
            )),
            ""
        );
    }

    #[test]
    fn a_uri_without_variables_is_a_resource_and_one_with_them_a_template() {
        let item: ItemFn = parse_quote!(
            #[doc = "d"]
            fn f() {}
        );
        assert!(complaint(Kind::Template, quote!(uri = "a:b"), item.clone()).contains("#[resource]"));
        assert!(complaint(Kind::Resource, quote!(uri = "a:{b}"), item.clone()).contains("#[resource_template]"));
        assert!(complaint(Kind::Resource, quote!(), item.clone()).contains("by which URI"));
        assert!(complaint(Kind::Resource, quote!(uri = "a:b", list = all), item).contains("listed as it is"));
    }
}
