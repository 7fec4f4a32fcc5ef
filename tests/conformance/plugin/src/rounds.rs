//! Calls that take several rounds: the answer to the first is a question, `input_required`.

use pegboard_sdk::prelude::*;

use crate::questions::told;

/// Greets the user by the name that it asks for.
#[tool]
pub fn test_input_required_result_elicitation(ctx: &Context) -> Result<String> {
    Ok(format!("Hello, {}!", user_name(ctx)?))
}

/// Asks the client's model for a capital.
#[tool]
pub fn test_input_required_result_sampling(ctx: &Context) -> Result<String> {
    Ok(ctx.ask("capital_question", capital_question())?.to_text())
}

/// Asks for the directories that the client works in.
#[tool]
pub fn test_input_required_result_list_roots(ctx: &Context) -> Result<String> {
    let roots = ctx.ask("client_roots", Roots)?;
    Ok(format!("{} roots: {}", roots.len(), roots.into_iter().map(|root| root.uri).collect::<Vec<_>>().join(", ")))
}

/// Asks the user to agree; what the call knows so far travels with the client.
#[tool]
pub fn test_input_required_result_request_state(ctx: &Context) -> Result<String> {
    let agreed = ctx.ask("confirm", confirmation())?;
    Ok(format!("state-ok: {}", told(agreed)))
}

/// Asks the user, the client's model and the client at once.
#[tool]
pub fn test_input_required_result_multiple_inputs(ctx: &Context) -> Result<String> {
    let (name, capital, roots) = ctx.ask_all((
        ("user_name", Form::new("What is your name?").field("name", Text::new())),
        ("capital_question", capital_question()),
        ("client_roots", Roots),
    ))?;
    Ok(format!("{} {} {} roots.", told(name), capital.to_text(), roots.len()))
}

/// Asks the user a second question once the first is answered.
#[tool]
pub fn test_input_required_result_multi_round(ctx: &Context) -> Result<String> {
    let name = ctx.ask("step1", Form::new("Step 1: What is your name?").field("name", Text::new()))?;
    let color = ctx.ask("step2", Form::new("Step 2: What is your favorite color?").field("color", Text::new()))?;
    Ok(format!("{} {}", told(name), told(color)))
}

/// Asks the user to agree; a client that changes what travels with it is refused.
#[tool]
pub fn test_input_required_result_tampered_state(ctx: &Context) -> Result<String> {
    Ok(told(ctx.ask("confirm", confirmation())?))
}

/// Asks the client's model, or its user, by what the client can do.
#[tool]
pub fn test_input_required_result_capabilities(ctx: &Context) -> Result<String> {
    if ctx.call().can("sampling") {
        return Ok(ctx.ask("capital_question", capital_question())?.to_text());
    }
    if ctx.call().can("elicitation") {
        return Ok(format!("Hello, {}!", user_name(ctx)?));
    }
    Ok("There is nobody to ask.".to_owned())
}

/// Asks the user for a name.
pub fn user_name(ctx: &Context) -> Result<String> {
    let form = Form::new("What is your name?").field("name", Text::new());
    let fields = ctx.ask("user_name", form)?.accepted()?;
    Ok(fields["name"].as_str().unwrap_or_default().to_owned())
}

fn confirmation() -> Form {
    Form::new("Please confirm").field("ok", Flag::new())
}

fn capital_question() -> Sample {
    Sample::new(100).user("What is the capital of France?")
}

#[cfg(test)]
mod tests {
    use pegboard_sdk::content::Object;
    use pegboard_sdk::context::Call;

    use super::*;

    fn keys(ctx: &pegboard_sdk::testing::TestContext) -> Vec<String> {
        ctx.asked().into_iter().map(|asked| asked.key).collect()
    }

    #[test]
    fn the_second_question_waits_for_the_first_answer() {
        let ctx = Context::test();
        assert_eq!(test_input_required_result_multi_round(&ctx), Err(Error::Pending));
        assert_eq!(keys(&ctx), ["step1"]);
        ctx.answer("step1", Answer::accept(json!({ "name": "Alice" })));
        assert_eq!(test_input_required_result_multi_round(&ctx), Err(Error::Pending));
        assert_eq!(keys(&ctx).last().map(String::as_str), Some("step2"));
        ctx.answer("step2", Answer::accept(json!({ "color": "blue" })));
        let told = test_input_required_result_multi_round(&ctx).unwrap();
        assert!(told.contains("Alice") && told.contains("blue"), "{told}");
    }

    #[test]
    fn only_who_can_be_asked_is_asked() {
        let can = |capability: &str| {
            let capabilities: Object = [(capability.to_owned(), json!({}))].into_iter().collect();
            Context::test().with_call(Call { capabilities, ..Call::default() })
        };
        for (capability, key) in [("sampling", "capital_question"), ("elicitation", "user_name")] {
            let ctx = can(capability);
            assert_eq!(test_input_required_result_capabilities(&ctx), Err(Error::Pending));
            assert_eq!(keys(&ctx), [key]);
        }
        assert!(test_input_required_result_capabilities(&can("roots")).is_ok());
    }
}
