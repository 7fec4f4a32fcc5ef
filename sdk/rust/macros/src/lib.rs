//! The attributes of `pegboard-sdk`, which exports and documents them for use.

mod attributes;
mod data;
mod parameters;
mod tool;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a tool of a function.
///
/// - **Name**: the function's, or `name = "…"`. **Title**: made of the name, or `title = "…"`.
/// - **Description**: the doc comment, or `description = "…"`. It is for the model: say when to use the tool
///   and what comes back.
/// - **Arguments**: each parameter is one, and may have a doc comment and `#[serde(…)]` attributes. A lone
///   parameter named `args` (or taken apart by a pattern) is all of them: a struct, best with
///   [`#[input]`](macro@input). A parameter of type `&Context` is the way out, and no argument.
/// - **Result**: text, content, or a value that can be serialised; see `IntoToolResult`. In a `Result`, the
///   error may be anything that can be displayed.
/// - **Promises**: `read_only`, `destructive`, `idempotent`, `open_world`, alone or with `= false`.
/// - **More**: `icon = "https://…"` or `icon(src = "…", mime_type = "…", sizes = "48x48 any", theme = "dark")`,
///   repeatable; `task_support = "optional"`; `needs("elicitation", "sampling")`, the client capabilities
///   that the tool cannot do without; `needs`, `meta` and `extra` `= json!({…})`.
///
/// The function stays what it was, for tests and for others to call.
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// /// Repeats a text.
/// #[tool(title = "Repeat a text", read_only, idempotent, open_world = false)]
/// fn repeat(
///     /// What to repeat.
///     text: &str,
///     /// How often; twice if not given.
///     times: Option<u8>,
/// ) -> Result<String, String> {
///     if text.is_empty() { Err("nothing to repeat".into()) } else { Ok(text.repeat(times.unwrap_or(2).into())) }
/// }
///
/// assert_eq!(repeat("ha", None), Ok("haha".into()));
/// ```
#[proc_macro_attribute]
pub fn tool(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::ItemFn);
    tool::of_function(attribute.into(), item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes tools of the functions in an impl block that have `#[tool]` on them.
///
/// A function may take `&self`: then each call gets a value that `Default` made.
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// #[derive(Default)]
/// struct Numbers;
///
/// #[tools]
/// impl Numbers {
///     /// Adds two numbers.
///     #[tool(read_only)]
///     fn add(&self, a: f64, b: f64) -> f64 {
///         a + b
///     }
///
///     /// Halves a number.
///     #[tool(read_only)]
///     fn half(number: f64) -> f64 {
///         number / 2.0
///     }
/// }
///
/// pegboard_sdk::plugin!(Numbers);
/// # fn main() {}
/// ```
#[proc_macro_attribute]
pub fn tools(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::ItemImpl);
    tool::of_impl(attribute.into(), item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Lets a type hold arguments: derives `Deserialize` and `JsonSchema`, without the plugin depending on serde
/// and schemars.
///
/// A struct refuses members that it does not know, so that a model learns of a misspelt one; `#[input(open)]`
/// ignores them, and `#[serde(flatten)]` wants that.
#[proc_macro_attribute]
pub fn input(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::DeriveInput);
    data::expand(data::Use::Input, attribute.into(), item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Lets a type be a structured result: derives `Serialize` and `JsonSchema`, without the plugin depending on
/// serde and schemars.
#[proc_macro_attribute]
pub fn output(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::DeriveInput);
    data::expand(data::Use::Output, attribute.into(), item).unwrap_or_else(syn::Error::into_compile_error).into()
}
