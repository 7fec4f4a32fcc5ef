//! Prompts with each kind of content.

use pegboard_sdk::prelude::*;

use crate::content::PIXEL;

/// Asks nothing in particular.
#[prompt]
pub fn test_simple_prompt() -> &'static str {
    "This is a simple prompt for testing."
}

/// Puts its arguments into a sentence.
#[prompt]
pub fn test_prompt_with_arguments(
    /// The first.
    #[argument(complete = ["testValue1", "testing", "other"])]
    arg1: &str,
    /// The second.
    arg2: &str,
) -> String {
    format!("Prompt with arguments: arg1='{arg1}', arg2='{arg2}'")
}

/// Shows a resource, and asks about it.
#[prompt]
pub fn test_prompt_with_embedded_resource(
    /// Which resource.
    #[argument(name = "resourceUri")]
    uri: &str,
) -> [PromptMessage; 2] {
    let resource = ResourceContents::text(uri, "Embedded resource content for testing.").mime_type("text/plain");
    [
        PromptMessage::user(Content::embedded(resource)),
        PromptMessage::user("Please process the embedded resource above."),
    ]
}

/// Shows a picture, and asks about it.
#[prompt]
pub fn test_prompt_with_image() -> [PromptMessage; 2] {
    [PromptMessage::user(Content::image(PIXEL, "image/png")), PromptMessage::user("Please analyze the image above.")]
}

/// Asks the user about the context first.
#[prompt]
pub fn test_input_required_result_prompt(ctx: &Context) -> Result<String> {
    let form = Form::new("What context should the prompt use?").field("context", Text::new());
    let fields = ctx.ask("user_context", form)?.accepted()?;
    Ok(format!("Use this context: {}", fields["context"].as_str().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use pegboard_sdk::completion::Target;

    use crate::PLUGIN;
    use pegboard_sdk::prelude::*;

    #[test]
    fn the_resource_is_the_one_that_was_named() {
        let uri = [("resourceUri", "test://example-resource")];
        let result = PLUGIN.get_prompt(&Context::test(), "test_prompt_with_embedded_resource", uri).unwrap();
        let Content::Embedded(resource) = &result.messages[0].content else { panic!("no resource") };
        assert_eq!(resource.contents.uri, "test://example-resource");
    }

    #[test]
    fn what_begins_as_typed_is_suggested() {
        let target = Target::Prompt("test_prompt_with_arguments");
        let suggested = PLUGIN.complete(&Context::test(), target, "arg1", "test", [("", ""); 0]).unwrap();
        assert_eq!(suggested.values, ["testValue1", "testing"]);
    }
}
