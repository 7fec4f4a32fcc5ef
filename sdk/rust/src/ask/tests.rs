use serde_json::json;

use crate::ask::{Other, Question};
use crate::error::RpcError;
use crate::prelude::*;

#[input]
#[derive(Debug)]
struct Person {
    #[schemars(email)]
    email: String,
    /// In years.
    age: Option<u8>,
}

fn schema(form: Form<impl serde::de::DeserializeOwned>) -> Value {
    use crate::ask::Query;
    match form.question() {
        Ok(Question::Form { schema, .. }) => Value::Object(schema),
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_an_answer_the_question_is_put_and_the_call_is_pending() {
    let ctx = Context::test();
    assert_eq!(ctx.ask("roots", Roots), Err(Error::Pending));
    assert_eq!((ctx.asked().len(), &ctx.asked()[0].question), (1, &Question::Roots));
    ctx.answer("roots", Answer::roots(["file:///a"]));
    assert_eq!(ctx.ask("roots", Roots).unwrap()[0].uri, "file:///a");
    assert_eq!(ctx.asked().len(), 1, "what is answered is not asked again");
}

#[test]
fn several_questions_are_put_in_one_round_and_each_answer_has_its_type() {
    let ctx = Context::test();
    let ask = || {
        ctx.ask_all((
            ("who", Form::of::<Person>("Who are you?")),
            ("capital", Sample::new(100).user("What is the capital of France?")),
            ("visit", Visit::new("Please pay", "https://pay.example.com")),
        ))
    };
    ctx.answer("capital", Answer::sampled("Paris"));
    assert_eq!(ask().map(|_| ()), Err(Error::Pending));
    assert_eq!(ctx.asked().iter().map(|asked| asked.key.as_str()).collect::<Vec<_>>(), ["who", "visit"]);
    ctx.answer("who", Answer::accept(json!({ "email": "a@example.com", "age": 7 })));
    ctx.answer("visit", Answer::Declined);
    let (who, capital, visit) = ask().unwrap();
    let who = who.accepted().unwrap();
    assert_eq!((who.email.as_str(), who.age), ("a@example.com", Some(7)));
    assert_eq!((capital.to_text().as_str(), visit), ("Paris", Elicited::Declined));
}

#[test]
fn as_many_questions_as_a_list_holds_have_as_many_answers() {
    let ctx = Context::test();
    ctx.answer("a", Answer::sampled("1"));
    ctx.answer("b", Answer::sampled("2"));
    let answers = ctx.ask_all(["a", "b"].map(|key| (key, Sample::new(9).user(key))).to_vec()).unwrap();
    assert_eq!(answers.iter().map(Sampled::to_text).collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn a_no_of_the_user_and_an_error_of_the_client_are_different_things() {
    let ctx = Context::test();
    ctx.answer("no", Answer::Declined);
    ctx.answer("refused", Answer::Refused(RpcError { code: -1, message: "not today".into(), data: None }));
    let declined = ctx.ask("no", Form::new("?")).unwrap();
    assert_eq!(declined.accepted(), Err(Error::failed("the user declined")));
    let refused = ctx.ask("refused", Sample::new(1).user("x")).unwrap_err();
    assert!(matches!(&refused, Error::Refused(error) if error.code == -1), "{refused:?}");
    assert_eq!(refused.to_string(), "the client answered with an error: not today (-1)");
}

#[test]
fn an_answer_that_does_not_fit_is_told_with_its_question_and_path() {
    let ctx = Context::test();
    ctx.answer("who", Answer::accept(json!({ "email": "a@example.com", "age": "old" })));
    let error = ctx.ask("who", Form::of::<Person>("?")).unwrap_err().to_string();
    assert!(error.starts_with("question `who`: the answer does not fit: age: invalid type"), "{error}");
    ctx.answer("roots", Answer::Declined);
    let error = ctx.ask("roots", Roots).unwrap_err().to_string();
    assert_eq!(error, "question `roots`: the answer should be roots, and is an answer of the user");
}

#[test]
fn a_form_is_built_field_by_field() {
    let form = Form::new("?")
        .field("name", Text::new().title("Name").min_length(1).default("John Doe"))
        .optional("age", Integer::new().min(0).max(150).default(30))
        .optional("score", Number::new().default(95.5))
        .optional("verified", Flag::new().description("By whom?").default(true));
    let expected = json!({
        "type": "object",
        "properties": {
            "name": { "type": "string", "title": "Name", "minLength": 1, "default": "John Doe" },
            "age": { "type": "integer", "minimum": 0, "maximum": 150, "default": 30 },
            "score": { "type": "number", "default": 95.5 },
            "verified": { "type": "boolean", "description": "By whom?", "default": true },
        },
        "required": ["name"],
    });
    assert_eq!(schema(form), expected);
}

#[test]
fn choices_come_in_the_five_shapes_of_the_protocol() {
    let titled = [("v1", "First"), ("v2", "Second")];
    let form = Form::new("?")
        .optional("untitledSingle", Choice::of(["a", "b"]).default("a"))
        .optional("titledSingle", Choice::titled(titled))
        .optional("legacyEnum", Choice::legacy(titled))
        .optional("untitledMulti", Choices::of(["a", "b"]).min(1).max(2).default(["b"]))
        .optional("titledMulti", Choices::titled(titled));
    let named = json!([{ "const": "v1", "title": "First" }, { "const": "v2", "title": "Second" }]);
    let expected = json!({
        "untitledSingle": { "type": "string", "enum": ["a", "b"], "default": "a" },
        "titledSingle": { "type": "string", "oneOf": named },
        "legacyEnum": { "type": "string", "enum": ["v1", "v2"], "enumNames": ["First", "Second"] },
        "untitledMulti": {
            "type": "array", "items": { "type": "string", "enum": ["a", "b"] },
            "minItems": 1, "maxItems": 2, "default": ["b"],
        },
        "titledMulti": { "type": "array", "items": { "anyOf": named } },
    });
    assert_eq!(schema(form)["properties"], expected);
}

#[test]
fn a_model_that_wants_a_tool_is_asked_again_with_its_result() {
    let ctx = Context::test();
    let Value::Object(block) = json!({ "type": "tool_use", "id": "1", "name": "add", "input": { "a": 1 } }) else {
        panic!("no object")
    };
    let mut wants = Sampled::text("Let me see", "m");
    wants.content.push(Content::Other(block));
    ctx.answer("round-1", Answer::Sampled(wants));

    let ask = Sample::new(50).user("1 + 1?").tool("add", "Adds.", json!({ "type": "object" })).tool_choice("auto");
    assert_eq!(ask.extra["tools"][0]["name"], "add");
    let first = ctx.ask("round-1", ask.clone()).unwrap();
    let uses = first.tool_uses();
    assert_eq!((uses[0].name.as_str(), &uses[0].input), ("add", &json!({ "a": 1 })));
    let again = ask.sampled(first).tool_results(uses.into_iter().map(|tool| (tool, "2")));
    assert_eq!(ctx.ask("round-2", again).map(|_| ()), Err(Error::Pending));
    let Question::Sample(sample) = &ctx.asked()[0].question else { panic!("no sample") };
    let Content::Other(result) = &sample.messages[2].content[0] else { panic!("no result") };
    assert_eq!((&result["type"], &result["toolUseId"]), (&json!("tool_result"), &json!("1")));
}

#[test]
fn questions_that_cannot_be_put_fail_before_they_are_asked() {
    let ctx = Context::test();
    let error = ctx.ask("empty", Sample::new(1)).unwrap_err().to_string();
    assert!(error.starts_with("question `empty`: there is no message"), "{error}");
    let error = ctx.ask("deep", Form::of::<Vec<Person>>("?")).unwrap_err().to_string();
    assert!(error.starts_with("question `deep`: "), "{error}");
    assert!(ctx.asked().is_empty());
}

#[test]
fn a_request_of_another_kind_has_its_answer_as_it_came() {
    let ctx = Context::test();
    ctx.answer("x", Answer::Other(json!([1])));
    assert_eq!(ctx.ask("x", Other(crate::content::Object::new())), Ok(json!([1])));
}
