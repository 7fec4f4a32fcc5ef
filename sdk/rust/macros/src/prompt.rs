//! `#[prompt]`.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{ItemFn, LitStr, Result};

use crate::attributes::{PromptOptions, described, more, output_span};
use crate::texts::Texts;
use crate::tool::plain_name;

pub fn of_function(attribute: TokenStream, mut item: ItemFn) -> Result<TokenStream> {
    let options = PromptOptions::parse(attribute)?;
    let name = item.sig.ident.clone();
    let description = described(
        options.shown.description.as_ref(),
        &item.attrs,
        &name,
        "a person must know when to pick this prompt: write a doc comment, or `description = \"…\"`",
    )?;
    let prompt = options.name.as_ref().map_or_else(|| plain_name(&item.sig), LitStr::value);
    let title = options.shown.title_or(&prompt);
    let more = more(&quote!(prompt), &options.shown);
    let texts = Texts::take(&mut item.sig)?;
    let arguments = texts.arguments.iter().map(crate::texts::Text::as_prompt_argument);
    let (read, call) = (&texts.read, &texts.call);
    let are_completed = texts.are_completed();
    let completions = texts.completions(&name, &quote!(Prompt(#prompt)));
    let convert = quote_spanned! {output_span(&item.sig)=>
        ::pegboard_sdk::prompt::IntoPromptResult::into_prompt_result(value)
    };
    let visibility = &item.vis;
    Ok(quote! {
        #item

        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #visibility struct #name {}

        #[automatically_derived]
        impl ::pegboard_sdk::__private::Prompts for #name {
            const COMPLETES: bool = #are_completed;
            const PROMPT: ::pegboard_sdk::__private::PromptItem = ::pegboard_sdk::__private::PromptItem {
                name: #prompt,
                describe: || {
                    #[allow(unused_mut)]
                    let mut prompt = ::pegboard_sdk::__private::prompt(
                        #prompt, #title, #description, ::std::vec![#(#arguments),*],
                    );
                    #more
                    ::std::result::Result::Ok(prompt)
                },
                #[allow(unused_variables)]
                get: |ctx, args| {
                    #read
                    let value = #name(#(#call),*);
                    #convert
                },
            };
        }

        #completions
    })
}
