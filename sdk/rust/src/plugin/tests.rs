use crate::completion::Target;
use crate::prelude::*;

/// Adds two numbers.
#[tool(icon = "https://example.com/add.png", needs("sampling"), task_support = "optional")]
fn add(a: f64, #[argument(name = "addend", title = "What to add", header = "Addend")] b: f64) -> f64 {
    a + b
}

/// Takes anything.
#[allow(clippy::needless_pass_by_value)]
#[tool(input_schema = r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","if":{}}"#)]
fn anything(args: Value) -> String {
    args.to_string()
}

/// Always fails.
#[tool]
fn broken() -> Result<String> {
    Err(Error::protocol(-32000, "broken", Some(json!({ "part": 1 }))))
}

/// Reviews
/// code.
#[allow(clippy::unnecessary_wraps)]
#[prompt(title = "Code review", meta = json!({ "a": 1 }))]
fn review(
    /// The code.
    #[argument(title = "Code")]
    code: &str,
    #[argument(name = "maxLines", complete = sizes)] max_lines: Option<u32>,
    ctx: &Context,
) -> Result<[PromptMessage; 2]> {
    ctx.info("reviewing");
    let lines = max_lines.map_or("any".to_owned(), |lines| lines.to_string());
    Ok([PromptMessage::user(format!("{lines}: {code}")), PromptMessage::assistant(Content::image([1], "image/png"))])
}

fn sizes(completing: &Completing) -> Vec<String> {
    vec![format!("{}0", completing.typed())]
}

/// Asks who is there.
#[prompt]
fn who(ctx: &Context) -> Result<String> {
    let who = ctx.ask("who", Form::new("Who?").field("name", Text::new()))?.accepted()?;
    Ok(format!("It is {}.", who["name"]))
}

/// How to begin.
#[resource(uri = "docs://readme", mime_type = "text/markdown", annotations = important())]
fn readme() -> &'static str {
    "# Begin"
}

fn important() -> Annotations {
    Annotations { priority: Some(1.0), ..Annotations::default() }
}

/// A picture.
#[resource(uri = "docs://logo", mime_type = "image/png", size = 3)]
fn logo() -> &'static [u8; 3] {
    b"PNG"
}

/// Data of one thing.
#[resource_template(uri = "docs://{kind}/{id}/data{?lang}", list = things)]
fn data(
    #[argument(complete = ["book", "Boot", "cup"])] kind: &str,
    id: u32,
    lang: Option<&str>,
    ctx: &Context,
) -> Option<Json<Value>> {
    ctx.info("reading");
    (id != 0).then(|| Json(json!({ "kind": kind, "id": id, "lang": lang })))
}

/// Data of a book.
#[resource_template(uri = "docs://book/{id}/data")]
fn book(id: &str) -> String {
    format!("book {id}")
}

#[allow(clippy::unnecessary_wraps)]
fn things(ctx: &Context) -> Result<Vec<Resource>, String> {
    ctx.info("listing");
    Ok(vec![Resource::new("docs://cup/1/data", "cup")])
}

crate::plugin! {
    tools: [add, anything, broken],
    prompts: [review, who],
    resources: [readme, data, logo, book],
    completions: [review, data],
}

#[test]
fn what_attributes_say_of_a_tool_is_listed() {
    let tools = PLUGIN.list_tools().unwrap();
    let add = &tools[0];
    assert_eq!(add.icons[0].src, "https://example.com/add.png");
    assert_eq!(Value::Object(add.needs.clone().unwrap()), json!({ "sampling": {} }));
    let expected = json!({ "title": "What to add", "type": "number", "x-mcp-header": "Addend" });
    assert_eq!(add.input_schema["properties"]["addend"], expected);
    assert_eq!(add.input_schema["required"], json!(["a", "addend"]));
    let schema = Value::Object(tools[1].input_schema.clone()).to_string();
    assert_eq!(schema, r#"{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"object","if":{}}"#);
}

#[test]
fn tools_take_renamed_arguments_any_arguments_and_fail_as_the_protocol_has_it() {
    let call = |name, args| PLUGIN.call_tool(&Context::test(), name, &args);
    assert_eq!(call("add", json!({ "a": 1, "addend": 2 })).unwrap().to_text(), "3.0");
    assert_eq!(call("anything", json!({ "x": [1] })).unwrap().to_text(), r#"{"x":[1]}"#);
    assert_eq!(call("broken", json!({})), Err(Error::protocol(-32000, "broken", Some(json!({ "part": 1 })))));
}

#[test]
fn a_prompt_is_listed_with_its_arguments() {
    let prompts = PLUGIN.list_prompts().unwrap();
    let review = &prompts[0];
    assert_eq!((review.title.as_deref(), review.description.as_deref()), (Some("Code review"), Some("Reviews code.")));
    assert_eq!(Value::Object(review.meta.clone().unwrap()), json!({ "a": 1 }));
    let [code, lines] = review.arguments.as_slice() else { panic!("two arguments") };
    assert_eq!((code.name.as_str(), code.title.as_deref(), code.required), ("code", Some("Code"), true));
    assert_eq!((code.description.as_deref(), lines.description.as_deref()), (Some("The code."), None));
    assert_eq!((lines.name.as_str(), lines.required), ("maxLines", false));
}

#[test]
fn a_prompt_is_filled_in() {
    let ctx = Context::test();
    let result = PLUGIN.get_prompt(&ctx, "review", [("code", "x"), ("maxLines", "3")]).unwrap();
    assert_eq!(result.messages[0], PromptMessage::user("3: x"));
    assert_eq!(result.messages[1].role, Role::Assistant);
    assert_eq!(ctx.logged().len(), 1);
    let wrong = PLUGIN.get_prompt(&ctx, "review", [("code", "x"), ("maxLines", "-3")]).unwrap_err();
    assert!(matches!(wrong, Error::InvalidArguments(text) if text.starts_with("maxLines: ")));
    assert_eq!(PLUGIN.get_prompt(&ctx, "no", [("", ""); 0]), Err(Error::not_found("no")));
}

#[test]
fn a_prompt_can_ask() {
    let ctx = Context::test();
    assert_eq!(PLUGIN.get_prompt(&ctx, "who", [("", ""); 0]), Err(Error::Pending));
    ctx.answer("who", Answer::accept(json!({ "name": "Ann" })));
    let result = PLUGIN.get_prompt(&ctx, "who", [("", ""); 0]).unwrap();
    assert_eq!(result.messages[0].content.as_text(), Some(r#"It is "Ann"."#));
}

#[test]
fn resources_are_listed_with_what_templates_list_and_templates_apart() {
    let listed = PLUGIN.list_resources(&Context::test()).unwrap();
    assert_eq!(
        listed.iter().map(|resource| resource.uri.as_str()).collect::<Vec<_>>(),
        ["docs://readme", "docs://cup/1/data", "docs://logo"]
    );
    assert_eq!(listed[0].annotations.as_ref().unwrap().priority, Some(1.0));
    assert_eq!((listed[2].size, listed[2].mime_type.as_deref()), (Some(3), Some("image/png")));
    let templates = PLUGIN.list_resource_templates().unwrap();
    assert_eq!(templates[0].uri_template, "docs://{kind}/{id}/data{?lang}");
    assert_eq!((templates[1].name.as_str(), templates[1].title.as_deref()), ("book", Some("Book")));
}

#[test]
fn a_resource_is_read_by_its_uri_and_the_more_specific_template_wins() {
    let ctx = Context::test();
    let read = |uri: &str| PLUGIN.read_resource(&ctx, uri).map(|mut result| result.contents.remove(0));
    let text = |uri: &str| read(uri).unwrap().as_text().unwrap_or("bytes").to_owned();
    assert_eq!(text("docs://readme"), "# Begin");
    assert_eq!(text("docs://logo"), "bytes");
    assert_eq!(text("docs://cup/2/data?lang=de"), r#"{"kind":"cup","id":2,"lang":"de"}"#);
    assert_eq!(text("docs://book/2/data"), "book 2");
    assert_eq!(read("docs://cup/0/data"), Err(Error::not_found("docs://cup/0/data")));
    assert_eq!(read("docs://no"), Err(Error::not_found("docs://no")));
    assert!(matches!(read("docs://cup/x/data"), Err(Error::InvalidArguments(_))));
}

#[test]
fn arguments_and_variables_are_completed_from_lists_and_by_functions() {
    let complete = |target, argument, typed| {
        PLUGIN.complete(&Context::test(), target, argument, typed, [("", ""); 0]).unwrap().values
    };
    let template = Target::ResourceTemplate("docs://{kind}/{id}/data{?lang}");
    assert_eq!(complete(template, "kind", "bo"), ["book", "Boot"]);
    assert_eq!(complete(template, "id", ""), [""; 0]);
    assert_eq!(complete(Target::Prompt("review"), "maxLines", "4"), ["40"]);
    assert_eq!(complete(Target::Prompt("who"), "x", ""), [""; 0]);
}
