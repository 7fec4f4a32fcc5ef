//! What stands in the parentheses of an attribute, and the doc comment beside it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Ident, Lit, LitBool, LitStr, Meta, Result, ReturnType, Signature, Token};

/// What tools, prompts and resources alike can say of themselves.
#[derive(Default)]
pub struct Shown {
    pub title: Option<LitStr>,
    pub description: Option<LitStr>,
    /// Expressions of type `Icon`.
    pub icons: Vec<TokenStream>,
    /// Expressions of anything that can be a JSON object.
    pub meta: Option<Expr>,
    pub extra: Option<Expr>,
}

impl Shown {
    /// Reads `meta` if it is one of these.
    fn read(&mut self, key: &str, meta: &ParseNestedMeta<'_>) -> Result<bool> {
        match key {
            "title" => once(&mut self.title, meta, meta.value()?.parse()?)?,
            "description" => once(&mut self.description, meta, meta.value()?.parse()?)?,
            "meta" => once(&mut self.meta, meta, meta.value()?.parse()?)?,
            "extra" => once(&mut self.extra, meta, meta.value()?.parse()?)?,
            "icon" => self.icons.push(icon(meta)?),
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// The title, or one made of `name`.
    pub fn title_or(&self, name: &str) -> String {
        self.title.as_ref().map_or_else(|| title_of(name), LitStr::value)
    }
}

fn key(meta: &ParseNestedMeta<'_>) -> String {
    meta.path.get_ident().map(ToString::to_string).unwrap_or_default()
}

/// The arguments of `#[tool(…)]`.
#[derive(Default)]
pub struct ToolOptions {
    pub name: Option<LitStr>,
    pub shown: Shown,
    pub read_only: Option<bool>,
    pub destructive: Option<bool>,
    pub idempotent: Option<bool>,
    pub open_world: Option<bool>,
    /// An expression of type `TaskSupport`.
    pub task_support: Option<TokenStream>,
    pub asks_first: Option<bool>,
    /// An expression of anything that can be a JSON object.
    pub needs: Option<TokenStream>,
    /// Expressions of JSON objects, or of their text.
    pub input_schema: Option<Expr>,
    pub output_schema: Option<Expr>,
}

impl ToolOptions {
    pub fn parse(tokens: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        syn::meta::parser(|meta| options.read(&meta)).parse2(tokens)?;
        if options.read_only == Some(true) && options.destructive == Some(true) {
            return Err(syn::Error::new(Span::call_site(), "a tool that only reads destroys nothing"));
        }
        Ok(options)
    }

    fn read(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let key = key(meta);
        match key.as_str() {
            "name" => once(&mut self.name, meta, name(meta)?),
            "read_only" => once(&mut self.read_only, meta, flag(meta)?),
            "destructive" => once(&mut self.destructive, meta, flag(meta)?),
            "idempotent" => once(&mut self.idempotent, meta, flag(meta)?),
            "open_world" => once(&mut self.open_world, meta, flag(meta)?),
            "task_support" => once(&mut self.task_support, meta, task_support(meta)?),
            "asks_first" => once(&mut self.asks_first, meta, flag(meta)?),
            "needs" => once(&mut self.needs, meta, needs(meta)?),
            "input_schema" => once(&mut self.input_schema, meta, meta.value()?.parse()?),
            "output_schema" => once(&mut self.output_schema, meta, meta.value()?.parse()?),
            key if self.shown.read(key, meta)? => Ok(()),
            _ => Err(meta.error(
                "expected one of `name`, `title`, `description`, `read_only`, `destructive`, `idempotent`, \
                 `open_world`, `needs`, `task_support`, `asks_first`, `input_schema`, `output_schema`, `icon`, `meta`, \
                 `extra`",
            )),
        }
    }
}

/// The arguments of `#[prompt(…)]`.
#[derive(Default)]
pub struct PromptOptions {
    pub name: Option<LitStr>,
    pub shown: Shown,
}

impl PromptOptions {
    pub fn parse(tokens: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        syn::meta::parser(|meta| match key(&meta).as_str() {
            "name" => once(&mut options.name, &meta, name(&meta)?),
            key if options.shown.read(key, &meta)? => Ok(()),
            _ => Err(meta.error("expected one of `name`, `title`, `description`, `icon`, `meta`, `extra`")),
        })
        .parse2(tokens)?;
        Ok(options)
    }
}

/// The arguments of `#[resource(…)]` and `#[resource_template(…)]`.
#[derive(Default)]
pub struct ResourceOptions {
    pub uri: Option<LitStr>,
    pub name: Option<LitStr>,
    pub shown: Shown,
    pub mime_type: Option<LitStr>,
    /// An expression of type `Annotations`.
    pub annotations: Option<Expr>,
    /// An expression of type `u64`.
    pub size: Option<Expr>,
    /// The function that lists what a template covers.
    pub list: Option<Expr>,
}

impl ResourceOptions {
    pub fn parse(tokens: TokenStream) -> Result<Self> {
        let mut options = Self::default();
        syn::meta::parser(|meta| match key(&meta).as_str() {
            "uri" => once(&mut options.uri, &meta, meta.value()?.parse()?),
            "name" => once(&mut options.name, &meta, meta.value()?.parse()?),
            "mime_type" => once(&mut options.mime_type, &meta, meta.value()?.parse()?),
            "annotations" => once(&mut options.annotations, &meta, meta.value()?.parse()?),
            "size" => once(&mut options.size, &meta, meta.value()?.parse()?),
            "list" => once(&mut options.list, &meta, meta.value()?.parse()?),
            key if options.shown.read(key, &meta)? => Ok(()),
            _ => Err(meta.error(
                "expected one of `uri`, `name`, `title`, `description`, `mime_type`, `list`, `annotations`, `size`, \
                 `icon`, `meta`, `extra`",
            )),
        })
        .parse2(tokens)?;
        Ok(options)
    }
}

/// Where errors about what a function returns belong.
pub fn output_span(signature: &Signature) -> Span {
    let span = match &signature.output {
        ReturnType::Type(_, kind) => kind.span(),
        ReturnType::Default => signature.ident.span(),
    };
    // The place of the one, the names of the other.
    span.resolved_at(Span::call_site())
}

/// The description: said, or the doc comment; `advice` if there is neither.
pub fn described(said: Option<&LitStr>, attributes: &[Attribute], name: &Ident, advice: &str) -> Result<String> {
    let description = said.map_or_else(|| doc(attributes), LitStr::value);
    if description.trim().is_empty() { Err(syn::Error::new_spanned(name, advice)) } else { Ok(description) }
}

/// Statements that set what few have, on the variable `item`.
pub fn more(item: &TokenStream, shown: &Shown) -> TokenStream {
    let mut statements = TokenStream::new();
    if !shown.icons.is_empty() {
        let icons = &shown.icons;
        statements.extend(quote!(#item.icons = ::std::vec![#(#icons),*];));
    }
    if let Some(meta) = &shown.meta {
        statements.extend(set_object(item, "meta", &meta.to_token_stream()));
    }
    if let Some(extra) = &shown.extra {
        statements.extend(set_object(item, "extra", &extra.to_token_stream()));
    }
    statements
}

/// A statement that sets an optional field to what must be a JSON object.
pub fn set_object(item: &TokenStream, field: &str, value: &TokenStream) -> TokenStream {
    let name = quote::format_ident!("{field}");
    quote!(#item.#name = ::std::option::Option::Some(::pegboard_sdk::__private::object(#field, &#value)?);)
}

pub fn once<T>(slot: &mut Option<T>, meta: &ParseNestedMeta<'_>, value: T) -> Result<()> {
    if slot.replace(value).is_some() {
        return Err(meta.error("said twice"));
    }
    Ok(())
}

/// `word` or `word = true`.
fn flag(meta: &ParseNestedMeta<'_>) -> Result<bool> {
    if meta.input.peek(Token![=]) { Ok(meta.value()?.parse::<LitBool>()?.value) } else { Ok(true) }
}

fn name(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let name: LitStr = meta.value()?.parse()?;
    let text = name.value();
    let fits = (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
    if fits { Ok(name) } else { Err(syn::Error::new(name.span(), "a name has 1 to 64 of a-z, A-Z, 0-9, _ and -")) }
}

fn task_support(meta: &ParseNestedMeta<'_>) -> Result<TokenStream> {
    let word: LitStr = meta.value()?.parse()?;
    let case = match word.value().as_str() {
        "forbidden" => quote!(Forbidden),
        "optional" => quote!(Optional),
        "required" => quote!(Required),
        _ => return Err(syn::Error::new(word.span(), "expected \"forbidden\", \"optional\" or \"required\"")),
    };
    Ok(quote!(::pegboard_sdk::__private::TaskSupport::#case))
}

/// `needs("elicitation", "sampling.tools")` or `needs = expression`.
fn needs(meta: &ParseNestedMeta<'_>) -> Result<TokenStream> {
    if meta.input.peek(Token![=]) {
        return Ok(meta.value()?.parse::<Expr>()?.into_token_stream());
    }
    let content;
    syn::parenthesized!(content in meta.input);
    let paths = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
    let paths = paths.iter();
    Ok(quote!(::pegboard_sdk::__private::capabilities(&[#(#paths),*])))
}

/// `icon = "https://…"` or `icon(src = "…", mime_type = "…", sizes = "48x48 any", theme = "dark")`.
fn icon(meta: &ParseNestedMeta<'_>) -> Result<TokenStream> {
    if meta.input.peek(Token![=]) {
        let src: LitStr = meta.value()?.parse()?;
        return Ok(quote!(::pegboard_sdk::content::Icon::new(#src)));
    }
    let (mut src, mut mime_type, mut sizes, mut theme) =
        (None::<LitStr>, None::<LitStr>, None::<LitStr>, None::<LitStr>);
    meta.parse_nested_meta(|part| {
        let slot = match part.path.get_ident().map(ToString::to_string).unwrap_or_default().as_str() {
            "src" => &mut src,
            "mime_type" => &mut mime_type,
            "sizes" => &mut sizes,
            "theme" => &mut theme,
            _ => return Err(part.error("expected one of `src`, `mime_type`, `sizes`, `theme`")),
        };
        once(slot, &part, part.value()?.parse()?)
    })?;
    let src = src.ok_or_else(|| meta.error("an icon needs its `src`"))?;
    let text = |text: Option<LitStr>| text.map(|text| quote!(::std::string::String::from(#text)));
    let (mime_type, theme) = (option(text(mime_type)), option(text(theme)));
    let sizes = sizes.map(|sizes| sizes.value()).unwrap_or_default();
    let sizes = sizes.split_whitespace();
    Ok(quote!(::pegboard_sdk::content::Icon {
        src: ::std::string::String::from(#src),
        mime_type: #mime_type,
        sizes: ::std::vec![#(::std::string::String::from(#sizes)),*],
        theme: #theme,
    }))
}

/// An expression of type `Option`.
pub fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(::std::option::Option::None), |value| quote!(::std::option::Option::Some(#value)))
}

/// The text of a doc comment.
pub fn doc(attributes: &[Attribute]) -> String {
    let mut lines = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attribute.meta
            && let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &pair.value
        {
            let text = text.value();
            lines.extend(text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).to_owned()));
            if text.is_empty() {
                lines.push(String::new());
            }
        }
    }
    lines.join("\n").trim().to_owned()
}

/// `base64_encode` → `Base64 Encode`.
fn title_of(name: &str) -> String {
    let words = name.split(['_', '-']).filter(|word| !word.is_empty());
    let capitalised = words.map(|word| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect::<String>()).unwrap_or_default()
    });
    capitalised.collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    #[test]
    fn a_title_is_the_name_in_words() {
        assert_eq!(title_of("base64_encode"), "Base64 Encode");
        assert_eq!(title_of("__a-b"), "A B");
    }

    #[test]
    fn doc_comments_lose_their_first_blank_and_keep_their_lines() {
        let item: syn::ItemFn = parse_quote! {
            #[doc = " One"]
            #[doc = ""]
            #[doc = "   two"]
            fn f() {}
        };
        assert_eq!(doc(&item.attrs), "One\n\n  two");
    }

    #[test]
    fn words_that_are_unknown_or_contradict_are_refused() {
        for (tokens, complaint) in [
            (quote!(readonly), "expected one of"),
            (quote!(read_only, read_only), "twice"),
            (quote!(read_only, destructive), "destroys nothing"),
            (quote!(name = "a b"), "a name has"),
            (quote!(task_support = "maybe"), "\"forbidden\""),
            (quote!(icon(theme = "dark")), "`src`"),
        ] {
            let error = ToolOptions::parse(tokens.clone()).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(complaint), "{tokens}: {error}");
        }
    }

    #[test]
    fn promises_are_said_by_a_word_or_a_value() {
        let options = ToolOptions::parse(quote!(read_only, open_world = false)).expect("good");
        assert_eq!((options.read_only, options.open_world, options.idempotent), (Some(true), Some(false), None));
    }
}
