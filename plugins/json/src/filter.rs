//! jq filters, compiled by jaq.

use jaq_core::load::{Arena, Error as LoadError, File, Loader, lex, parse, span};
use jaq_core::{Compiler, Ctx, Vars, data};
use jaq_json::Val;
use pegboard_sdk::prelude::*;

use crate::document;

/// What a filter works on: nothing but values. It can read no files, no environment and no further inputs.
type Data = data::JustLut<Val>;

/// How deep a filter's brackets may be nested, since its parser is recursive.
const DEPTH: usize = 64;

/// What speaks of a machine, and there is none.
const NOT_HERE: [&str; 1] = ["env"];

/// Bytes of what a filter says went wrong.
const MESSAGE_BYTES: usize = 500;

/// A compiled filter.
pub struct Filter(jaq_core::Filter<Data>);

impl Filter {
    /// Compiles it.
    pub fn new(code: &str) -> Result<Self, Error> {
        let wrong = |what: String| Error::invalid_arguments(format!("filter: {what}"));
        if document::deeper_than(code, DEPTH) {
            return Err(wrong(format!("brackets are nested more than {DEPTH} deep; split it with def or |")));
        }
        let definitions = jaq_core::defs().chain(jaq_std::defs()).chain(jaq_json::defs());
        let functions = jaq_core::funs().chain(jaq_std::funs()).chain(jaq_json::funs());
        let functions = functions.filter(|(name, ..)| !NOT_HERE.contains(name));
        let arena = Arena::default();
        let modules = Loader::new(definitions).load(&arena, File { code, path: () });
        let modules = modules.map_err(|errors| {
            wrong(errors.iter().find_map(|(_, error)| load_error(code, error)).unwrap_or_else(|| "not jq".to_owned()))
        })?;
        let compiled = Compiler::default().with_funs(functions).compile(modules).map_err(|errors| {
            let unknown = errors.iter().flat_map(|(_, errors)| errors).next();
            wrong(unknown.map_or_else(
                || "not jq".to_owned(),
                |(name, kind)| format!("{} {name} is not defined ({})", kind.as_str(), place(code, name)),
            ))
        })?;
        Ok(Self(compiled))
    }

    /// Its results for a value, one after the other. An error ends them.
    pub fn run(&self, input: Val) -> impl Iterator<Item = Result<Val, Error>> {
        let context = Ctx::<Data>::new(&self.0.lut, Vars::new([]));
        self.0.id.run((context, input)).map(|result| {
            result.map_err(|exception| match exception.get_err() {
                Ok(error) => Error::failed(format!(
                    "the filter failed: {}",
                    document::shortened(&error.to_string(), MESSAGE_BYTES)
                )),
                Err(_) => Error::failed("the filter called halt, which ends a program; there is none here to end"),
            })
        })
    }
}

/// The first thing that is wrong.
fn load_error(code: &str, error: &LoadError<&str>) -> Option<String> {
    match error {
        LoadError::Io(errors) => errors
            .first()
            .map(|(path, _)| format!("module {path:?}: there are no modules here ({})", place(code, path))),
        LoadError::Lex(errors) => errors.first().map(|(expected, found): &lex::Error<&str>| {
            format!("expected {} {}", expected.as_str(), place(code, found))
        }),
        LoadError::Parse(errors) => errors.first().map(|(expected, found): &parse::Error<&str>| {
            format!("expected {} {}", expected.as_str(), place(code, found))
        }),
    }
}

/// Where a part of a filter is, by what follows.
fn place(code: &str, part: &str) -> String {
    if part.is_empty() {
        return "at the end".to_owned();
    }
    let character = code.get(..span(code, part).start).unwrap_or_default().chars().count() + 1;
    format!("at character {character}, before {:?}", document::shortened(part, 20))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(code: &str, input: &str) -> Result<Vec<String>, Error> {
        let input = document::value("json", input)?;
        Filter::new(code)?.run(input).map(|result| Ok(result?.to_string())).collect()
    }

    fn complaint(code: &str, input: &str) -> String {
        run(code, input).expect_err(code).to_string()
    }

    #[test]
    fn filters_are_those_of_jq() {
        for (code, input, expected) in [
            (".a[1]", r#"{"a":[1,2]}"#, "2"),
            ("[.[] | select(.n > 1) | .name]", r#"[{"n":1,"name":"a"},{"n":2,"name":"b"}]"#, r#"["b"]"#),
            ("group_by(.k) | map({(.[0].k): length}) | add", r#"[{"k":"x"},{"k":"y"},{"k":"x"}]"#, r#"{"x":2,"y":1}"#),
            (r#"map(test("^a\\d$"))"#, r#"["a1","b1"]"#, "[true,false]"),
            ("@base64", r#""abc""#, r#""YWJj""#),
            ("to_entries | map(.value) | add / length", r#"{"a":1,"b":2}"#, "1.5"),
            ("[paths]", r#"{"a":[0]}"#, r#"[["a"],["a",0]]"#),
        ] {
            assert_eq!(run(code, input), Ok(vec![expected.to_owned()]), "{code}");
        }
    }

    #[test]
    fn what_is_no_filter_is_refused_with_its_place() {
        assert_eq!(
            complaint(".a | nope(1)", "1"),
            "filter: filter nope is not defined (at character 6, before \"nope\")"
        );
        assert_eq!(complaint("$x", "1"), "filter: variable $x is not defined (at character 1, before \"$x\")");
        assert_eq!(complaint("[.a", "1"), "filter: expected closing bracket at the end");
        assert!(complaint(".a |", "1").contains("at the end"), "{}", complaint(".a |", "1"));
        assert!(complaint(&"(".repeat(10_000), "1").contains("nested more than 64 deep"));
        assert!(complaint("include \"x\"; .", "1").starts_with("filter: module \"x\""));
    }

    #[test]
    fn what_a_filter_fails_with_is_said_in_short() {
        assert!(complaint(".a", "[1]").contains("cannot index"), "{}", complaint(".a", "[1]"));
        assert_eq!(complaint("error(\"my words\")", "1"), "the filter failed: \"my words\"");
        assert!(complaint("error(\"x\" * 10000)", "1").len() < 600);
        assert!(complaint("halt", "1").contains("halt"));
    }

    #[test]
    fn nothing_of_the_machine_is_within_reach() {
        assert!(complaint("env", "1").contains("not defined"));
        assert!(complaint("$ENV", "1").contains("not defined"));
        assert!(complaint("input", "1").contains("not defined"));
    }
}
