//! `change_case`

use heck::{ToKebabCase, ToLowerCamelCase, ToShoutySnakeCase, ToSnakeCase, ToTrainCase, ToUpperCamelCase};
use pegboard_sdk::prelude::*;
use unicode_segmentation::UnicodeSegmentation;

/// A way to write words.
#[input]
#[derive(Debug, Clone, Copy, PartialEq)]
#[serde(rename_all = "snake_case")]
pub enum Case {
    Upper,
    Lower,
    Title,
    Sentence,
    Camel,
    Pascal,
    Snake,
    ScreamingSnake,
    Kebab,
    Train,
}

/// Changes a text's letter case, or joins its words as identifiers are written in code. Returns the new text alone.
#[tool(title = "Change letter case", read_only, destructive = false, idempotent, open_world = false)]
pub fn change_case(
    /// The text. For the cases of identifiers each line is one, so that many can be changed at once.
    #[schemars(length(max = 1_000_000))]
    text: &str,
    /// For prose, where only letters change: upper, lower, title (first letter of each word upper, all others lower),
    /// sentence (first letter of each sentence upper, all others lower). For identifiers, where each line is taken
    /// apart into words, by blanks, punctuation and changes of case: camel (`parseHttpUrl`), pascal (`ParseHttpUrl`),
    /// snake (`parse_http_url`), `screaming_snake` (`PARSE_HTTP_URL`), kebab (`parse-http-url`), train
    /// (`Parse-Http-Url`).
    case: Case,
) -> String {
    match case {
        Case::Upper => text.to_uppercase(),
        Case::Lower => text.to_lowercase(),
        Case::Title => text.split_word_bounds().map(capitalized).collect(),
        Case::Sentence => text.split_sentence_bounds().map(capitalized).collect(),
        Case::Camel => each_line(text, ToLowerCamelCase::to_lower_camel_case),
        Case::Pascal => each_line(text, ToUpperCamelCase::to_upper_camel_case),
        Case::Snake => each_line(text, ToSnakeCase::to_snake_case),
        Case::ScreamingSnake => each_line(text, ToShoutySnakeCase::to_shouty_snake_case),
        Case::Kebab => each_line(text, ToKebabCase::to_kebab_case),
        Case::Train => each_line(text, ToTrainCase::to_train_case),
    }
}

/// The first letter upper, what follows lower, and what is before it as it is: a quote or a blank.
fn capitalized(text: &str) -> String {
    let Some((at, first)) = text.char_indices().find(|(_, letter)| letter.is_alphanumeric()) else {
        return text.to_owned();
    };
    let (before, rest) = (&text[..at], &text[at + first.len_utf8()..]);
    before.chars().chain(first.to_uppercase()).chain(rest.to_lowercase().chars()).collect()
}

fn each_line(text: &str, convert: impl Fn(&str) -> String) -> String {
    let lines = text.split_inclusive('\n').map(|line| {
        let bare = line.trim_end_matches(['\r', '\n']);
        convert(bare) + &line[bare.len()..]
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_written_in_every_way() {
        for (case, expected) in [
            (Case::Camel, "parseHttpUrl2"),
            (Case::Pascal, "ParseHttpUrl2"),
            (Case::Snake, "parse_http_url2"),
            (Case::ScreamingSnake, "PARSE_HTTP_URL2"),
            (Case::Kebab, "parse-http-url2"),
            (Case::Train, "Parse-Http-Url2"),
        ] {
            for text in ["parseHTTPUrl2", "parse_http_url2", "Parse http, URL2!", "parse-http.url2"] {
                assert_eq!(change_case(text, case), expected, "{text}");
            }
        }
    }

    #[test]
    fn each_line_is_an_identifier_and_line_ends_stay() {
        assert_eq!(change_case("fooBar\r\n\nbazQux", Case::Snake), "foo_bar\r\n\nbaz_qux");
        assert_eq!(change_case("fooBar\n", Case::Kebab), "foo-bar\n");
    }

    #[test]
    fn prose_keeps_all_but_its_case() {
        let text = "don't  PANIC: \"élan\" is good.\n\tnext one? yes";
        assert_eq!(change_case(text, Case::Title), "Don't  Panic: \"Élan\" Is Good.\n\tNext One? Yes");
        assert_eq!(change_case(text, Case::Sentence), "Don't  panic: \"élan\" is good.\n\tNext one? Yes");
        assert_eq!(change_case("straße", Case::Upper), "STRASSE");
        assert_eq!(change_case("ΟΔΟΣ", Case::Lower), "οδος");
    }

    #[test]
    fn the_names_of_cases_are_the_usual_ones() {
        let args = json!({ "text": "max size", "case": "screaming_snake" });
        let result = crate::PLUGIN.call_tool(&Context::test(), "change_case", &args).expect("changed");
        assert_eq!(result.to_text(), "MAX_SIZE");
    }
}
