//! Questions to the client, each in its simplest use.

use pegboard_sdk::content::Object;
use pegboard_sdk::prelude::*;

/// Asks the client's model.
#[tool(needs("sampling"))]
pub fn test_sampling(
    /// What to ask.
    prompt: &str,
    ctx: &Context,
) -> Result<String> {
    let said = ctx.ask("answer", Sample::new(100).user(prompt))?;
    Ok(format!("LLM response: {}", said.to_text()))
}

/// Asks the user for a name and an address.
#[tool(needs("elicitation"))]
pub fn test_elicitation(
    /// What to tell the user.
    message: &str,
    ctx: &Context,
) -> Result<String> {
    let form = Form::new(message)
        .field("username", Text::new().description("User's response"))
        .field("email", Text::new().description("User's email address"));
    Ok(told(ctx.ask("user", form)?))
}

/// Asks the user with a form in which each field is filled in already.
#[tool(needs("elicitation"))]
pub fn test_elicitation_sep1034_defaults(ctx: &Context) -> Result<String> {
    let form = Form::new("Please review and update the form fields with defaults")
        .optional("name", Text::new().default("John Doe"))
        .optional("age", Integer::new().default(30))
        .optional("score", Number::new().default(95.5))
        .optional("status", Choice::of(["active", "inactive", "pending"]).default("active"))
        .optional("verified", Flag::new().default(true));
    Ok(told(ctx.ask("profile", form)?))
}

/// Asks the user to choose, in each of the ways there are.
#[tool(needs("elicitation"))]
pub fn test_elicitation_sep1330_enums(ctx: &Context) -> Result<String> {
    let options = ["option1", "option2", "option3"];
    let titled = [("value1", "First Option"), ("value2", "Second Option"), ("value3", "Third Option")];
    let legacy = [("opt1", "Option One"), ("opt2", "Option Two"), ("opt3", "Option Three")];
    let form = Form::new("Please select options from the enum fields")
        .optional("untitledSingle", Choice::of(options))
        .optional("titledSingle", Choice::titled(titled))
        .optional("legacyEnum", Choice::legacy(legacy))
        .optional("untitledMulti", Choices::of(options))
        .optional("titledMulti", Choices::titled(titled));
    Ok(told(ctx.ask("choices", form)?))
}

/// Asks the user for a name; a client of the modern era is answered at once, and never sent a request.
#[tool(needs("elicitation"))]
pub fn test_streaming_elicitation(ctx: &Context) -> Result<String> {
    let form = Form::new("Who are you?").field("name", Text::new());
    Ok(told(ctx.ask("name", form)?))
}

/// Cannot do without the client's model, so that it is never called by a client that has none.
#[tool(needs("sampling"))]
pub fn test_missing_capability(ctx: &Context) -> Result<String> {
    Ok(ctx.ask("answer", Sample::new(100).user("Say something."))?.to_text())
}

/// What became of a form, in words.
pub fn told(elicited: Elicited<Object>) -> String {
    match elicited {
        Elicited::Accepted(fields) => format!("The user said: {}", Value::Object(fields)),
        Elicited::Declined => "The user declined.".to_owned(),
        Elicited::Cancelled => "The user cancelled.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_model_and_the_user_said_is_told() {
        let ctx = Context::test();
        ctx.answer("answer", Answer::sampled("Fine."));
        assert_eq!(test_sampling("How are you?", &ctx), Ok("LLM response: Fine.".to_owned()));
        ctx.answer("name", Answer::accept(json!({ "name": "Ann" })));
        assert_eq!(test_streaming_elicitation(&ctx), Ok(r#"The user said: {"name":"Ann"}"#.to_owned()));
        ctx.answer("name", Answer::Declined);
        assert_eq!(test_streaming_elicitation(&ctx), Ok("The user declined.".to_owned()));
    }
}
