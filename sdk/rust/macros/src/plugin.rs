//! `plugin!`.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Ident, Path, Result, Token, bracketed};

/// What a plugin offers, by its family.
#[derive(Default)]
pub struct Families {
    tools: Vec<Path>,
    prompts: Vec<Path>,
    resources: Vec<Path>,
    completions: Vec<Path>,
}

impl Parse for Families {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut families = Self::default();
        if input.is_empty() {
            return Err(input.error("a plugin offers something: name its tools, `plugin!(add, sub)`"));
        }
        if !(input.peek(Ident) && input.peek2(Token![:]) && !input.peek2(Token![::])) {
            families.tools = paths(input)?;
            return Ok(families);
        }
        while !input.is_empty() {
            let family: Ident = input.parse()?;
            let list = match family.to_string().as_str() {
                "tools" => &mut families.tools,
                "prompts" => &mut families.prompts,
                "resources" => &mut families.resources,
                "completions" => &mut families.completions,
                _ => {
                    let known = "expected one of `tools`, `prompts`, `resources`, `completions`";
                    return Err(syn::Error::new(family.span(), known));
                }
            };
            if !list.is_empty() {
                return Err(syn::Error::new(family.span(), "said twice"));
            }
            input.parse::<Token![:]>()?;
            let inside;
            bracketed!(inside in input);
            *list = paths(&inside)?;
            if list.is_empty() {
                return Err(syn::Error::new(family.span(), "an empty list: leave it out"));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(families)
    }
}

fn paths(input: ParseStream<'_>) -> Result<Vec<Path>> {
    Ok(Punctuated::<Path, Token![,]>::parse_terminated(input)?.into_iter().collect())
}

pub fn expand(families: &Families) -> TokenStream {
    let Families { tools, prompts, resources, completions } = families;
    let tools = tools.iter().map(|item| constant(item, &quote!(Tools), &quote!(TOOLS)));
    let each = |items: &[Path], family: TokenStream, name: TokenStream| -> Vec<TokenStream> {
        items.iter().map(|item| constant(item, &family, &name)).collect()
    };
    let prompt_items = each(prompts, quote!(Prompts), quote!(PROMPT));
    let resource_items = each(resources, quote!(Resources), quote!(RESOURCE));
    let completion_items = each(completions, quote!(Completions), quote!(COMPLETION));
    let unlisted = unlisted(prompts, &quote!(Prompts), completions)
        .chain(unlisted(resources, &quote!(Resources), completions))
        .collect::<TokenStream>();

    let exports = [
        (!families.tools.is_empty(), quote!(__export_tools)),
        (!prompts.is_empty(), quote!(__export_prompts)),
        (!resources.is_empty(), quote!(__export_resources)),
        (!completions.is_empty(), quote!(__export_completions)),
    ];
    let exports = exports.into_iter().filter(|(there, _)| *there).map(|(_, export)| export);

    quote! {
        /// All that this plugin offers.
        pub static PLUGIN: ::pegboard_sdk::Plugin = ::pegboard_sdk::Plugin {
            tools: &[#(#tools),*],
            prompts: &[#(#prompt_items),*],
            resources: &[#(#resource_items),*],
            completions: &[#(#completion_items),*],
        };

        #unlisted

        #(
            #[cfg(target_arch = "wasm32")]
            ::pegboard_sdk::#exports!();
        )*

        #[cfg(test)]
        mod pegboard_plugin {
            #[test]
            fn holds_nothing_that_a_host_would_refuse() {
                if let Err(what) = super::PLUGIN.check() {
                    panic!("{what}");
                }
            }
        }
    }
}

/// What an attribute left at the type of the item's name; errors about it are errors at that name.
fn constant(item: &Path, family: &TokenStream, name: &TokenStream) -> TokenStream {
    quote_spanned!(item.span()=> <#item as ::pegboard_sdk::__private::#family>::#name)
}

/// Completers that no client would ever reach.
fn unlisted<'a>(
    items: &'a [Path],
    family: &'a TokenStream,
    completions: &'a [Path],
) -> impl Iterator<Item = TokenStream> + 'a {
    let listed = |item: &Path| completions.iter().any(|other| written(other) == written(item));
    items.iter().filter(move |item| !listed(item)).map(move |item| {
        let name = written(item);
        let message = format!("`{name}` completes arguments: add `completions: [{name}]` to `plugin!`");
        quote_spanned! {item.span()=>
            const _: () = ::std::assert!(!<#item as ::pegboard_sdk::__private::#family>::COMPLETES, #message);
        }
    })
}

fn written(path: &Path) -> String {
    path.to_token_stream().to_string().replace(' ', "")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Families> {
        syn::parse_str(text)
    }

    #[test]
    fn bare_names_are_tools_and_families_come_in_any_order() {
        assert_eq!(parse("add, more::sub,").unwrap().tools.len(), 2);
        let families = parse("resources: [a, b], tools: [c], completions: [a]").unwrap();
        assert_eq!((families.resources.len(), families.tools.len(), families.completions.len()), (2, 1, 1));
        assert_eq!(parse("tools").unwrap().tools.len(), 1);
        assert_eq!(parse("more::add").unwrap().tools.len(), 1);
    }

    #[test]
    fn only_what_is_there_is_exported() {
        let expanded = expand(&parse("prompts: [a]").unwrap()).to_string();
        assert!(expanded.contains("__export_prompts"), "{expanded}");
        for other in ["__export_tools", "__export_resources", "__export_completions"] {
            assert!(!expanded.contains(other), "{expanded}");
        }
    }

    #[test]
    fn what_makes_no_plugin_is_refused() {
        for (text, complaint) in [
            ("", "offers something"),
            ("tool: [a]", "expected one of"),
            ("tools: [a], tools: [b]", "twice"),
            ("tools: []", "leave it out"),
        ] {
            let error = parse(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(complaint), "{text}: {error}");
        }
    }
}
