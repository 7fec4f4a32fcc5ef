//! From a function's parameters to the arguments of a tool, and back to a call of the function.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{
    Attribute, Field, FnArg, GenericArgument, Ident, Pat, PathArguments, ReceiverKind, Result, Signature, Type,
    parse_quote,
};

use crate::argument::ArgumentOptions;

/// What a macro must know of a function.
pub struct Parameters {
    /// The type that the arguments are read into.
    pub args_type: TokenStream,
    /// Its definition, if the macro makes it.
    pub args_struct: TokenStream,
    /// The expressions to call the function with, of `ctx` and `args`.
    pub call: Vec<TokenStream>,
    /// Does it take `&self`?
    pub receiver: bool,
}

impl Parameters {
    /// Takes what is for the macro out of `signature`: doc comments and serde's attributes on parameters,
    /// which Rust knows nothing of.
    ///
    /// `derives` a schema, unless it comes from elsewhere.
    pub fn take(signature: &mut Signature, derives: bool) -> Result<Self> {
        callable(signature)?;
        let mut receiver = false;
        let mut call = Vec::new();
        let mut named = Vec::new();
        for parameter in &mut signature.inputs {
            match parameter {
                FnArg::Receiver(this) => {
                    if !matches!(this.kind, ReceiverKind::Reference(_, _, None)) {
                        return Err(syn::Error::new_spanned(this, "take `&self`, or nothing: a call owns no value"));
                    }
                    receiver = true;
                }
                FnArg::Typed(typed) if is_context(&typed.ty) => call.push(quote!(ctx)),
                FnArg::Typed(typed) => {
                    let said = ArgumentOptions::take(&mut typed.attrs)?.for_json()?;
                    let mut attributes = take_attributes(&mut typed.attrs);
                    attributes.extend(said);
                    if !derives {
                        attributes.retain(|attribute| attribute.path().is_ident("serde"));
                    }
                    named.push((call.len(), attributes, (*typed.pat).clone(), (*typed.ty).clone()));
                    call.push(TokenStream::new());
                }
            }
        }
        if let [(place, _, pattern, whole)] = named.as_slice()
            && is_whole(pattern)
        {
            let (args_type, is_borrowed) = owned_type(whole);
            call[*place] = if is_borrowed { quote!(&args) } else { quote!(args) };
            return Ok(Self { args_type, args_struct: TokenStream::new(), call, receiver });
        }

        let mut fields = Vec::<Field>::new();
        for (place, attributes, pattern, kind) in named {
            let Pat::Ident(pattern) = pattern else {
                return Err(syn::Error::new_spanned(
                    pattern,
                    "each parameter is one argument, and needs a name; only a lone one can be taken apart",
                ));
            };
            let name = &pattern.ident;
            let (kind, expression) = owned(name, &kind);
            call[place] = expression;
            fields.push(parse_quote!(#(#attributes)* #name: #kind));
        }
        let args = format_ident!("Args");
        let schema = derives.then(|| {
            quote! {
                #[derive(::pegboard_sdk::schemars::JsonSchema)]
                #[schemars(crate = "::pegboard_sdk::schemars")]
            }
        });
        Ok(Self {
            args_type: args.to_token_stream(),
            args_struct: quote! {
                #[derive(::pegboard_sdk::serde::Deserialize)]
                #schema
                #[serde(crate = "::pegboard_sdk::serde", deny_unknown_fields)]
                struct #args { #(#fields),* }
            },
            call,
            receiver,
        })
    }
}

/// Refuses what no client could call.
pub fn callable(signature: &Signature) -> Result<()> {
    if let Some(asyncness) = &signature.asyncness {
        return Err(syn::Error::new_spanned(
            asyncness,
            "a plugin's functions are synchronous: the host suspends them while they wait",
        ));
    }
    if !signature.generics.params.is_empty() {
        return Err(syn::Error::new_spanned(&signature.generics, "a function that clients call cannot be generic"));
    }
    Ok(())
}

/// By its name, since a macro knows no types.
pub fn is_context(kind: &Type) -> bool {
    let Type::Reference(reference) = kind else { return false };
    matches!(&*reference.elem, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Context"))
}

fn is_whole(pattern: &Pat) -> bool {
    match pattern {
        Pat::Ident(pattern) => pattern.ident == "args" || pattern.ident == "_args",
        _ => true,
    }
}

fn take_attributes(attributes: &mut Vec<Attribute>) -> Vec<Attribute> {
    let ours = |attribute: &Attribute| {
        ["doc", "serde", "schemars", "validate"].iter().any(|name| attribute.path().is_ident(name))
    };
    let (taken, left) = std::mem::take(attributes).into_iter().partition(ours);
    *attributes = left;
    taken
}

/// The type of a field for a parameter, which must own what it holds, and the expression that gives the
/// parameter's value.
fn owned(name: &Ident, kind: &Type) -> (TokenStream, TokenStream) {
    if let Some(inner) = borrowed(kind) {
        return (quote!(<#inner as ::std::borrow::ToOwned>::Owned), quote!(&args.#name));
    }
    if let Some(inner) = option_of(kind).and_then(borrowed) {
        return (
            quote!(::std::option::Option<<#inner as ::std::borrow::ToOwned>::Owned>),
            quote!(args.#name.as_ref().map(|value| ::std::borrow::Borrow::<#inner>::borrow(value))),
        );
    }
    (kind.to_token_stream(), quote!(args.#name))
}

/// The type that owns what `kind` holds, and whether `kind` only borrows it.
pub fn owned_type(kind: &Type) -> (TokenStream, bool) {
    match borrowed(kind) {
        Some(inner) => (quote!(<#inner as ::std::borrow::ToOwned>::Owned), true),
        None => (kind.to_token_stream(), false),
    }
}

fn borrowed(kind: &Type) -> Option<&Type> {
    match kind {
        Type::Reference(reference) if reference.mutability.is_none() => Some(&reference.elem),
        _ => None,
    }
}

pub fn option_of(kind: &Type) -> Option<&Type> {
    let Type::Path(path) = kind else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == "Option")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(inner) => Some(inner),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(function: &str) -> Result<Parameters> {
        let mut function: syn::ItemFn = syn::parse_str(function).expect("a function");
        Parameters::take(&mut function.sig, true)
    }

    fn call(function: &str) -> String {
        let call = take(function).expect("good").call;
        quote!(#(#call),*).to_string().replace(' ', "")
    }

    #[test]
    fn each_parameter_is_an_argument_and_the_context_is_none() {
        assert_eq!(call("fn f(a: f64, ctx: &Context, b: &str) {}"), "args.a,ctx,&args.b");
        assert_eq!(call("fn f(cx: &pegboard_sdk::Context) {}"), "ctx");
    }

    #[test]
    fn a_lone_args_or_pattern_is_the_whole() {
        assert_eq!(call("fn f(ctx: &Context, args: Add) {}"), "ctx,args");
        assert_eq!(call("fn f(args: &Add) {}"), "&args");
        assert_eq!(call("fn f(Add { a, b }: Add) {}"), "args");
        assert_eq!(call("fn f(add: Add) {}"), "args.add");
    }

    #[test]
    fn what_no_client_could_call_is_refused() {
        for (function, complaint) in [
            ("async fn f() {}", "synchronous"),
            ("fn f<T>(a: T) {}", "generic"),
            ("fn f(&mut self) {}", "`&self`"),
            ("fn f((a, b): (u8, u8), c: u8) {}", "needs a name"),
        ] {
            let error = take(function).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(complaint), "{function}: {error}");
        }
    }
}
