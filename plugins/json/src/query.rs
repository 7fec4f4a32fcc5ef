//! `json_query`

use pegboard_sdk::prelude::*;
use serde_json::value::RawValue;

use crate::document;
use crate::filter::Filter;

const DEFAULT_RESULTS: u16 = 100;
const MOST_RESULTS: u16 = 1_000;

/// Bytes of all results together.
const RESULT_BYTES: usize = 1 << 20;

/// What a query gave.
#[output]
#[derive(Debug)]
pub struct Results {
    /// The filter's results, in order.
    #[schemars(with = "Vec<Value>")]
    pub results: Vec<Box<RawValue>>,
    /// True: there are further ones, which do not fit in here.
    pub more: bool,
}

/// Queries or transforms JSON with a jq filter: select, filter, map, group, sort, sum, count, reshape. Use it to get
/// facts out of a JSON document exactly, instead of reading it by eye. The language is that of jq 1.7, by jaq,
/// without modules, input and environment.
#[tool(title = "Query JSON with jq", read_only, destructive = false, idempotent, open_world = false)]
pub fn json_query(
    /// The JSON document, as text. Several values one after the other (JSON Lines) are queried one by one.
    #[schemars(length(min = 1, max = 1_000_000))]
    json: &str,
    /// The jq filter, for example: .items[] | select(.price > 10) | {name, price}
    #[schemars(length(min = 1, max = 10_000))]
    filter: &str,
    /// How many results to return at most; 100 if not given. To get all of many as one, put the filter in
    /// [brackets].
    #[schemars(range(min = 1, max = 1000))]
    max_results: Option<u16>,
) -> Result<Results, Error> {
    let most = usize::from(max_results.unwrap_or(DEFAULT_RESULTS).clamp(1, MOST_RESULTS));
    let filter = Filter::new(filter)?;
    let mut found = Results { results: Vec::new(), more: false };
    let mut bytes = 0;
    for input in document::values("json", json)? {
        for result in filter.run(input) {
            let result = result?.to_string();
            bytes += result.len();
            if found.results.len() == most || bytes > RESULT_BYTES {
                if found.results.is_empty() {
                    return Err(Error::failed(format!(
                        "the first result has {} bytes, more than the {RESULT_BYTES} that can be returned; let the \
                         filter pick less",
                        result.len()
                    )));
                }
                found.more = true;
                return Ok(found);
            }
            if document::deeper_than(&result, document::DEPTH) {
                return Err(Error::failed(format!("a result is nested more than {} deep", document::DEPTH)));
            }
            let shown = document::shortened(&result, 100);
            found.results.push(RawValue::from_string(result).map_err(|_| {
                Error::failed(format!("the result {shown} cannot be written as JSON (NaN, Infinity or bytes in it)"))
            })?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(json: &str, filter: &str, most: Option<u16>) -> Vec<String> {
        let found = json_query(json, filter, most).expect("found");
        found.results.iter().map(|result| result.get().to_owned()).collect()
    }

    #[test]
    fn each_result_of_each_value_is_given() {
        assert_eq!(query("[1,{\"b\":2.50}] [3]", ".[]", None), ["1", "{\"b\":2.50}", "3"]);
        assert_eq!(query("[]", ".[]", None), Vec::<String>::new());
    }

    #[test]
    fn results_without_end_are_cut_and_said() {
        let found = json_query("0", "repeat(. + 1)", Some(3)).expect("found");
        assert_eq!((found.results.len(), found.more), (3, true));
        let found = json_query("0", "repeat(\"x\" * 400000)", None).expect("found");
        assert_eq!((found.results.len(), found.more), (2, true));
        assert!(!json_query("[1,2,3]", ".[]", Some(3)).expect("found").more);
    }

    #[test]
    fn a_result_that_is_too_long_or_no_json_is_an_error_that_says_so() {
        let error = |filter| json_query("0", filter, None).expect_err(filter).to_string();
        assert!(error("\"x\" * 2000000").contains("let the filter pick less"));
        assert!(error("reduce range(200) as $i (0; [.])").contains("nested more than 100 deep"));
        assert!(error("nan").contains("cannot be written as JSON"), "{}", error("nan"));
    }

    #[test]
    fn a_client_gets_the_results_as_json() {
        let args = json!({ "json": "{\"a\": [1, 12345678901234567890123]}", "filter": ".a[]" });
        let result = crate::PLUGIN.call_tool(&Context::test(), "json_query", &args).expect("found");
        assert_eq!(result.to_text(), "{\"results\":[1,12345678901234567890123],\"more\":false}");
    }
}
