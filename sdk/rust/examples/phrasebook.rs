//! A phrase book: a prompt, a resource, a template that lists what it covers, and completions.

use pegboard_sdk::prelude::*;

pegboard_sdk::plugin! {
    prompts: [translate],
    resources: [languages, phrase],
    completions: [translate, phrase],
}

const LANGUAGES: [&str; 2] = ["french", "german"];

/// Its name, and how to say it in each of the languages.
const PHRASES: [(&str, [&str; 2]); 3] =
    [("hello", ["Bonjour", "Guten Tag"]), ("please", ["S'il vous plaît", "Bitte"]), ("thanks", ["Merci", "Danke"])];

/// Translates a text, in the manner of the phrase book.
#[prompt(title = "Translate")]
fn translate(
    /// What to translate.
    text: &str,
    /// Into which language.
    #[argument(complete = language_names)]
    language: &str,
) -> Result<Vec<PromptMessage>> {
    let examples = PHRASES.iter().map(|(name, _)| {
        let said =
            phrase(language, name).ok_or_else(|| Error::invalid_arguments(format!("language: {LANGUAGES:?}")))?;
        Ok([PromptMessage::user(format!("Say \"{name}\" in {language}.")), PromptMessage::assistant(said)])
    });
    let mut messages = examples.collect::<Result<Vec<_>>>()?.concat();
    messages.push(PromptMessage::user(format!("Say \"{text}\" in {language}.")));
    Ok(messages)
}

/// The languages of the phrase book.
#[resource(uri = "phrases://languages")]
fn languages() -> Json<[&'static str; 2]> {
    Json(LANGUAGES)
}

/// How to say something in a language.
#[resource_template(uri = "phrases://{language}/{name}", mime_type = "text/plain", list = all_phrases)]
fn phrase(
    #[argument(complete = language_names)] language: &str,
    #[argument(complete = ["hello", "please", "thanks"])] name: &str,
) -> Option<&'static str> {
    let column = LANGUAGES.iter().position(|known| *known == language)?;
    let (_, said) = PHRASES.iter().find(|(known, _)| *known == name)?;
    Some(said[column])
}

fn all_phrases(_: &Context) -> Vec<Resource> {
    let of_language = |language| {
        PHRASES.iter().map(move |(name, _)| {
            Resource::new(format!("phrases://{language}/{name}"), format!("{name}-{language}"))
                .title(format!("\"{name}\" in {language}"))
                .mime_type("text/plain")
        })
    };
    LANGUAGES.into_iter().flat_map(of_language).collect()
}

fn language_names(completing: &Completing) -> Completion {
    completing.matching(LANGUAGES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_translation_begins_with_what_the_book_knows() {
        let messages = translate("good night", "german").unwrap();
        assert_eq!(messages[1], PromptMessage::assistant("Guten Tag"));
        assert_eq!(messages[6], PromptMessage::user("Say \"good night\" in german."));
        assert!(matches!(translate("x", "latin"), Err(Error::InvalidArguments(_))));
    }

    #[test]
    fn what_is_listed_can_be_read() {
        let ctx = Context::test();
        let listed = PLUGIN.list_resources(&ctx).unwrap();
        assert_eq!(listed.len(), 7);
        for resource in listed {
            assert_eq!(PLUGIN.read_resource(&ctx, &resource.uri).unwrap().contents[0].uri, resource.uri);
        }
    }
}
