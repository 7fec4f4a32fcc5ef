//! The parameters of a function whose arguments all come as text: of a prompt, of a resource template.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, FnArg, Ident, Pat, Result, Signature};

use crate::argument::ArgumentOptions;
use crate::attributes::{doc, option};
use crate::parameters::{callable, is_context, option_of, owned_type};

/// What a macro must know of such a function.
pub struct Texts {
    pub arguments: Vec<Text>,
    /// Statements that read the arguments out of `args`.
    pub read: TokenStream,
    /// The expressions to call the function with, of `ctx` and those.
    pub call: Vec<TokenStream>,
}

/// One argument.
pub struct Text {
    pub name: String,
    pub span: Span,
    title: Option<String>,
    description: String,
    required: bool,
    /// An expression that suggests values, of `completing`.
    complete: Option<TokenStream>,
}

impl Texts {
    /// Takes what is for the macro out of `signature`.
    pub fn take(signature: &mut Signature) -> Result<Self> {
        callable(signature)?;
        let mut texts = Self { arguments: Vec::new(), read: TokenStream::new(), call: Vec::new() };
        for parameter in &mut signature.inputs {
            let typed = match parameter {
                FnArg::Typed(typed) => typed,
                FnArg::Receiver(this) => {
                    return Err(syn::Error::new_spanned(this, "only tools can be methods: make it a plain function"));
                }
            };
            if is_context(&typed.ty) {
                texts.call.push(quote!(ctx));
                continue;
            }
            let Pat::Ident(pattern) = &*typed.pat else {
                return Err(syn::Error::new_spanned(&typed.pat, "each parameter is one argument, and needs a name"));
            };
            let argument = Text::take(&pattern.ident, option_of(&typed.ty).is_none(), &mut typed.attrs)?;
            // A variable that no parameter's name can hide.
            let variable = Ident::new(&pattern.ident.to_string(), Span::mixed_site());
            let name = &argument.name;
            let (kind, borrowed) = owned_type(option_of(&typed.ty).unwrap_or(&typed.ty));
            let (how, value) = match (argument.required, borrowed) {
                (true, false) => ("required", quote!(#variable)),
                (true, true) => ("required", quote!(&#variable)),
                (false, false) => ("optional", quote!(#variable)),
                (false, true) => ("optional", quote!(#variable.as_deref())),
            };
            let here = typed.ty.span().resolved_at(Span::call_site());
            let how = Ident::new(how, here);
            texts.read.extend(quote_spanned!(here=> let #variable = args.#how::<#kind>(#name)?;));
            texts.call.push(value);
            texts.arguments.push(argument);
        }
        Ok(texts)
    }

    /// Is one of them completed?
    pub fn are_completed(&self) -> bool {
        self.arguments.iter().any(|argument| argument.complete.is_some())
    }

    /// What completes them, left at the type `item`; nothing if none is.
    pub fn completions(&self, item: &Ident, target: &TokenStream) -> TokenStream {
        if !self.are_completed() {
            return TokenStream::new();
        }
        let arms = self.arguments.iter().filter_map(|argument| {
            let (name, complete) = (&argument.name, argument.complete.as_ref()?);
            Some(quote!(#name => #complete,))
        });
        quote! {
            #[automatically_derived]
            impl ::pegboard_sdk::__private::Completions for #item {
                const COMPLETION: ::pegboard_sdk::__private::CompletionItem =
                    ::pegboard_sdk::__private::CompletionItem {
                        target: ::pegboard_sdk::completion::Target::#target,
                        complete: |completing| match completing.argument() {
                            #(#arms)*
                            _ => ::std::result::Result::Ok(::std::default::Default::default()),
                        },
                    };
            }
        }
    }
}

impl Text {
    fn take(parameter: &Ident, required: bool, attributes: &mut Vec<Attribute>) -> Result<Self> {
        let options = ArgumentOptions::take(attributes)?;
        let description = doc(attributes);
        attributes.retain(|attribute| !attribute.path().is_ident("doc"));
        let complete = options.completer()?;
        let own = parameter.to_string();
        Ok(Self {
            name: options.name.map_or_else(|| own.trim_start_matches("r#").to_owned(), |name| name.value()),
            span: parameter.span(),
            title: options.title.map(|title| title.value()),
            description,
            required,
            complete,
        })
    }

    /// An expression of type `PromptArgument`.
    pub fn as_prompt_argument(&self) -> TokenStream {
        let Self { name, title, description, required, .. } = self;
        let title = option(title.as_ref());
        quote!(::pegboard_sdk::__private::prompt_argument(#name, #title, #description, #required))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use quote::ToTokens;

    fn take(function: &str) -> Result<Texts> {
        let mut function: syn::ItemFn = syn::parse_str(function).expect("a function");
        Texts::take(&mut function.sig)
    }

    #[test]
    fn arguments_are_read_by_their_names_and_an_option_may_be_missing() {
        let texts = take(r#"fn f(a: &str, ctx: &Context, #[argument(name = "B")] b: Option<&str>, n: u8) {}"#).unwrap();
        let call = texts.call.iter().map(ToString::to_string).collect::<Vec<_>>().join(",").replace(' ', "");
        assert_eq!(call, "&a,ctx,b.as_deref(),n");
        assert_eq!(texts.arguments.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "B", "n"]);
        assert_eq!(texts.arguments.iter().map(|one| one.required).collect::<Vec<_>>(), [true, false, true]);
        let read = texts.read.to_token_stream().to_string().replace(' ', "");
        assert!(read.contains(r#"letn=args.required::<u8>("n")?;"#), "{read}");
    }

    #[test]
    fn only_what_is_completed_has_a_completer() {
        let completions = |function: &str| {
            let item = Ident::new("f", Span::call_site());
            take(function).unwrap().completions(&item, &quote!(Prompt("f"))).to_string()
        };
        assert_eq!(completions("fn f(a: &str) {}"), "");
        let of_one = completions(r#"fn f(#[argument(complete = ["x"])] a: &str, b: &str) {}"#);
        assert!(of_one.contains("\"a\"") && !of_one.contains("\"b\""), "{of_one}");
    }

    #[test]
    fn methods_and_patterns_are_refused() {
        let complaint = |function: &str| take(function).err().map(|error| error.to_string()).unwrap_or_default();
        assert!(complaint("fn f(&self) {}").contains("plain function"));
        assert!(complaint("fn f((a, b): (u8, u8)) {}").contains("needs a name"));
        assert!(complaint("async fn f() {}").contains("synchronous"));
    }
}
