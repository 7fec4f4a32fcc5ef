//! The attributes of `pegboard-sdk`, which exports and documents them for use.

mod argument;
mod attributes;
mod data;
mod parameters;
mod plugin;
mod prompt;
mod resource;
mod texts;
mod tool;
mod uri_template;

use proc_macro::TokenStream;
use syn::parse_macro_input;

/// Makes a tool of a function.
///
/// - **Name**: the function's, or `name = "…"`. **Title**: made of the name, or `title = "…"`.
/// - **Description**: the doc comment, or `description = "…"`. It is for the model: say when to use the tool
///   and what comes back.
/// - **Arguments**: each parameter is one, and may have a doc comment, `#[argument(name = "…", title = "…")]`, and
///   attributes of serde and schemars. `#[argument(header = "Region")]` has clients repeat it as the HTTP header
///   `Mcp-Param-Region`, for proxies to route by. A lone parameter named `args` (or taken apart by a pattern) is all
///   of them: a struct, best with [`#[input]`](macro@input). A parameter of type `&Context` is the way out, and no
///   argument.
/// - **Result**: text, content, or a value that can be serialised; see `IntoToolResult`. In a `Result`, the
///   error may be anything that can be displayed.
/// - **Promises**: `read_only`, `destructive`, `idempotent`, `open_world`, alone or with `= false`.
/// - **More**: `icon = "https://…"` or `icon(src = "…", mime_type = "…", sizes = "48x48 any", theme = "dark")`,
///   repeatable; `task_support = "optional"`, with `asks_first` if its first questions come before the task; `needs("elicitation", "sampling")`, the client capabilities
///   that the tool cannot do without; `needs`, `meta` and `extra` `= json!({…})`.
/// - **Schemas** of one's own: `input_schema` and `output_schema` `= json!({…})`, or `= include_str!("….json")`.
///   Clients see them unchanged. The arguments need no `JsonSchema` then; `args: Value` takes any.
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

/// Makes a prompt of a function: a template of messages, which a person picks.
///
/// - **Name**, **title**, **description**, **icons**, `meta` and `extra` are said as for a [`macro@tool`]; the
///   description is for the person.
/// - **Arguments** are text: each parameter is one, of type `&str`, `String`, or any other that implements `FromStr`. An
///   `Option` need not be filled in. `#[argument(name = "…", title = "…", complete = …)]` says more;
///   see `completion` for the last.
/// - **Result**: text, content or messages; see `IntoPromptResult`. In a `Result`, the error may be anything that can
///   be displayed.
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// /// Reviews code for what could be simpler.
/// #[prompt]
/// fn review(
///     /// The code.
///     code: &str,
///     /// Which language it is in.
///     #[argument(complete = ["C", "Go", "Rust"])]
///     language: Option<&str>,
/// ) -> String {
///     format!("What could be simpler in this {} code?\n\n{code}", language.unwrap_or_default())
/// }
///
/// pegboard_sdk::plugin! {
///     prompts: [review],
///     completions: [review],
/// }
/// # fn main() {}
/// ```
#[proc_macro_attribute]
pub fn prompt(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::ItemFn);
    prompt::of_function(attribute.into(), item).unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a resource of a function: one thing to read, by its `uri`.
///
/// - **Name**, **title**, **description**, **icons**, `meta` and `extra` are said as for a [`macro@tool`].
/// - **More**: `mime_type = "…"`, `size = 42`, `annotations = Annotations { … }`.
/// - **Result**: text, bytes, `Json`, or `ResourceContents`; see `IntoReadResult`. In a `Result`, the error may be
///   anything that can be displayed.
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// /// How to use the shop.
/// #[resource(uri = "shop://handbook", mime_type = "text/markdown")]
/// fn handbook() -> &'static str {
///     "# The shop"
/// }
///
/// pegboard_sdk::plugin! {
///     resources: [handbook],
/// }
/// # fn main() {}
/// ```
#[proc_macro_attribute]
pub fn resource(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::ItemFn);
    let made = resource::of_function(resource::Kind::Resource, attribute.into(), item);
    made.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a family of resources of a function: things to read, by URIs that are alike.
///
/// - **`uri`**: a template, of `{name}` (which holds no slash), `{+name}` (which may) and, at the end, `{?name,name}`.
///   Each variable is a parameter, of type `&str`, `String`, or any other that implements `FromStr`; those of the query
///   best in an `Option`. `#[argument(complete = …)]` suggests values; see `completion`.
/// - **`list = function`**: adds resources to the list of all. The function gets the `&Context` and gives a
///   `Vec<Resource>`, or a `Result` of one.
/// - The rest as for a [`macro@resource`]. What is not there is `None`, or `Error::not_found`.
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// const NOTES: [(u32, &str); 2] = [(1, "buy milk"), (2, "write home")];
///
/// /// A note.
/// #[resource_template(uri = "notes://{id}", mime_type = "text/plain", list = notes)]
/// fn note(id: u32) -> Option<&'static str> {
///     NOTES.iter().find(|note| note.0 == id).map(|note| note.1)
/// }
///
/// fn notes(_: &Context) -> Vec<Resource> {
///     NOTES.iter().map(|(id, _)| Resource::new(format!("notes://{id}"), format!("Note {id}"))).collect()
/// }
///
/// pegboard_sdk::plugin! {
///     resources: [note],
/// }
///
/// # fn main() {
/// let contents = PLUGIN.read_resource(&Context::test(), "notes://2").unwrap().contents;
/// assert_eq!(contents[0].as_text(), Some("write home"));
/// # }
/// ```
#[proc_macro_attribute]
pub fn resource_template(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let item = parse_macro_input!(item as syn::ItemFn);
    let made = resource::of_function(resource::Kind::Template, attribute.into(), item);
    made.unwrap_or_else(syn::Error::into_compile_error).into()
}

/// Makes a plugin of tools, prompts and resources; once, at the root of a crate.
///
/// ```
/// # use pegboard_sdk::prelude::*;
/// # /// Adds.
/// # #[tool] fn add(a: f64, b: f64) -> f64 { a + b }
/// # mod more { use pegboard_sdk::prelude::*;
/// # /// Reviews.
/// # #[prompt] pub fn review(#[argument(complete = ["C"])] language: &str) -> String { language.to_owned() }
/// # /// Is read.
/// # #[resource(uri = "a:b")] pub fn readme() -> &'static str { "" } }
/// pegboard_sdk::plugin! {
///     tools: [add],
///     prompts: [more::review],
///     resources: [more::readme],
///     completions: [more::review],
/// }
/// # fn main() {}
/// ```
///
/// Tools alone need no word for it: `plugin!(add, sub)`. Resources and their templates are one list. `completions` has
/// those prompts and templates of which an argument is completed. What is not there is not exported.
///
/// They are named, rather than found by the linker, so that clients see them in this order, that none is lost because
/// nothing refers to its module, and that an instance does no work before its first call.
///
/// It defines `PLUGIN`, a `Plugin`, for tests; a test that checks it; and on `wasm32` what the component exports.
#[proc_macro]
pub fn plugin(input: TokenStream) -> TokenStream {
    let families = parse_macro_input!(input as plugin::Families);
    plugin::expand(&families).into()
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
