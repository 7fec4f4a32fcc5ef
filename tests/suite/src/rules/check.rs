//! The check.

use serde_json::{Map, Value};

use super::tables::{ADDED, ERROR, MAY_ASK, NOTIFICATIONS, OTHER_RESULTS, REQUESTS, RESULT, RESULTS, SERVER_INFO};
use super::{Case, Kind, Member, Revision, Rules};

/// Checks a message that a server sent. Panics, naming the member, where it breaks the rules.
pub fn check(rules: &Rules, message: &Value) {
    if let Some(broken) = broken(rules, message) {
        panic!("breaks the rules of {:?} ({:?}): {broken}\n{message:#}", rules.revision, rules.method);
    }
}

/// Which rule a message breaks.
pub fn broken(rules: &Rules, message: &Value) -> Option<String> {
    of_message(rules, message).err()
}

type Checked = Result<(), String>;

fn of_message(rules: &Rules, message: &Value) -> Checked {
    if let Value::Array(batch) = message {
        // Which response answers which request is not known here.
        let each = Rules { method: None, ..rules.clone() };
        return batch.iter().try_for_each(|message| of_message(&each, message));
    }
    let members = message.as_object().ok_or("it is no object")?;
    if members.get("jsonrpc") != Some(&"2.0".into()) {
        return Err("jsonrpc".into());
    }
    let names: Vec<_> = members.keys().map(String::as_str).filter(|name| *name != "jsonrpc").collect();
    let has = |wanted: &[&str]| names.len() == wanted.len() && wanted.iter().all(|name| names.contains(name));
    let has_id = members.get("id").is_some_and(|id| id.is_string() || id.is_number());
    if has(&["id", "result"]) && has_id {
        of_result(rules, &members["result"])
    } else if has(&["error"]) || (has(&["id", "error"]) && (has_id || members["id"].is_null())) {
        let revision = rules.revision.unwrap_or(Revision::July2026);
        of_kind(revision, &ERROR, &members["error"]).map_err(|broken| format!("error{broken}"))
    } else if let Some(method) = members.get("method").and_then(Value::as_str) {
        let Some(revision) = rules.revision else { return Ok(()) };
        let cases = if members.contains_key("id") { REQUESTS } else { NOTIFICATIONS };
        let case = find(revision, cases, method)?;
        if members.contains_key("id") && !has_id {
            return Err("id".into());
        }
        let beside = |name: &str| ["jsonrpc", "id", "method"].contains(&name);
        of_members(revision, &[case.members], members, &beside)
    } else {
        Err(format!("it is neither a request, nor a notification, nor a response: {names:?}"))
    }
}

fn of_result(rules: &Rules, result: &Value) -> Checked {
    let members = result.as_object().ok_or("result: it is no object")?;
    let Some(revision) = rules.revision else { return Ok(()) };
    if revision >= Revision::July2026 && members.get("_meta").is_none_or(|meta| meta.get(SERVER_INFO).is_none()) {
        return Err(format!("result._meta: it has no {SERVER_INFO}"));
    }
    let Some(method) = &rules.method else { return Ok(()) };
    let kind = members.get("resultType").and_then(Value::as_str).unwrap_or("complete");
    if kind == "input_required" && !MAY_ASK.contains(&method.as_str()) {
        return Err(format!("{method} asks nothing"));
    }
    let case = if kind == "complete" { find(revision, RESULTS, method)? } else { find(revision, OTHER_RESULTS, kind)? };
    of_members(revision, &[RESULT, case.members], members, &|_| false).map_err(|broken| format!("result{broken}"))
}

fn find(revision: Revision, cases: &'static [Case], tag: &str) -> Result<&'static Case, String> {
    let case = cases.iter().find(|case| case.tag == tag && (case.since..=case.until).contains(&revision));
    case.ok_or_else(|| format!("there is no {tag:?} on this revision"))
}

fn of_members(
    revision: Revision,
    shapes: &[&[Member]],
    members: &Map<String, Value>,
    beside: &dyn Fn(&str) -> bool,
) -> Checked {
    let known = || shapes.iter().copied().flatten().filter(|m| (m.since..=m.until).contains(&revision));
    for member in known() {
        match members.get(member.name) {
            Some(value) => {
                of_kind(revision, &member.kind, value).map_err(|broken| format!(".{}{broken}", member.name))?;
            }
            None if member.required => return Err(format!(".{}: it is missing", member.name)),
            None => {}
        }
    }
    let foreign = members.keys().find(|name| {
        !beside(name) && !ADDED.contains(&name.as_str()) && known().all(|member| member.name != name.as_str())
    });
    foreign.map_or(Ok(()), |name| Err(format!(".{name}: this revision does not have it")))
}

fn of_kind(revision: Revision, kind: &Kind, value: &Value) -> Checked {
    let is = |fits: bool| if fits { Ok(()) } else { Err(format!(": {value} is not {kind:?}")) };
    let object = || value.as_object().ok_or_else(|| format!(": {value} is no object"));
    match kind {
        Kind::Any => Ok(()),
        Kind::Text => is(value.is_string()),
        Kind::Number => is(value.is_number()),
        Kind::Flag => is(value.is_boolean()),
        Kind::Id => is(value.is_string() || value.is_number()),
        Kind::Object => is(value.is_object()),
        Kind::Choice(choices) => is(value.as_str().is_some_and(|text| choices.contains(&text))),
        Kind::Shape(members) => of_members(revision, &[members], object()?, &|_| false),
        Kind::Map(of) => object()?
            .iter()
            .try_for_each(|(name, value)| of_kind(revision, of, value).map_err(|broken| format!(".{name}{broken}"))),
        Kind::List(of, most) => {
            let values = value.as_array().filter(|values| values.len() <= *most);
            let values = values.ok_or_else(|| format!(": {value:.200} is no list of at most {most}"))?;
            let each = |(at, value)| of_kind(revision, of, value).map_err(|broken| format!("[{at}]{broken}"));
            values.iter().enumerate().try_for_each(each)
        }
        Kind::Tagged(name, cases) => {
            let tag = value.get(name).and_then(Value::as_str).ok_or_else(|| format!(".{name}: it is missing"))?;
            let case = find(revision, cases, tag).map_err(|broken| format!(".{name}: {broken}"))?;
            of_members(revision, &[case.members], object()?, &|_| false)
        }
    }
}
