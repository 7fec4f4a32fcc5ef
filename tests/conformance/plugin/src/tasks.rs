//! Calls that clients may, or must, run as tasks, and one that is never a task.

use std::thread::sleep;
use std::time::Duration;

use pegboard_sdk::prelude::*;

use crate::rounds::user_name;

/// Greets; never as a task.
#[tool(read_only, idempotent, open_world = false)]
pub fn greet(
    /// Whom.
    name: &str,
) -> String {
    format!("Hello, {name}!")
}

/// Takes its time, without computing anything.
#[tool(read_only, idempotent, open_world = false, task_support = "optional")]
pub fn slow_compute(
    /// How long.
    #[schemars(range(min = 0, max = 3600))]
    seconds: f64,
    /// What to call it.
    label: Option<&str>,
) -> Result<String> {
    sleep(Duration::try_from_secs_f64(seconds).map_err(|_| Error::invalid_arguments("seconds: from 0 to 3600"))?);
    Ok(format!("{} took {seconds} s", label.unwrap_or("It")))
}

/// Fails after a second, in a result that says so.
#[tool(read_only, open_world = false, task_support = "required")]
pub fn failing_job() -> Result<(), &'static str> {
    sleep(Duration::from_secs(1));
    Err("This job always fails")
}

/// Fails with an error of the protocol.
#[tool(read_only, open_world = false, task_support = "required")]
pub fn protocol_error_job() -> Result<()> {
    Err(Error::protocol(-32603, "This job ends in a protocol error", None))
}

/// Deletes nothing, but asks the user as if it did.
#[tool(read_only, needs("elicitation"), task_support = "required")]
pub fn confirm_delete(
    /// What would be deleted.
    filename: &str,
    ctx: &Context,
) -> Result<String> {
    let form = Form::new(format!("Delete {filename}?")).field("confirm", Flag::new());
    Ok(match ctx.ask("confirm", form)? {
        Elicited::Accepted(fields) if fields["confirm"] == true => format!("{filename} would be deleted now"),
        _ => format!("{filename} was kept"),
    })
}

/// Asks the user two questions at once.
#[tool(read_only, needs("elicitation"), task_support = "required")]
pub fn multi_input(ctx: &Context) -> Result<String> {
    let (name, agreed) = ctx.ask_all((
        ("name", Form::new("What is your name?").field("name", Text::new())),
        ("agree", Form::new("Do you agree?").field("confirm", Flag::new())),
    ))?;
    let (name, agreed) = (name.accepted()?, agreed.accepted()?);
    let verb = if agreed["confirm"] == true { "agrees" } else { "does not agree" };
    Ok(format!("{} {verb}", name["name"].as_str().unwrap_or("The user")))
}

/// Asks for the user's name first, and becomes a task then.
#[tool(read_only, needs("elicitation"), task_support = "required", asks_first)]
pub fn test_tool_with_task(ctx: &Context) -> Result<String> {
    Ok(format!("Hello, {}!", user_name(ctx)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_deleted_unless_the_user_confirms() {
        let ctx = Context::test();
        assert_eq!(confirm_delete("a.txt", &ctx), Err(Error::Pending));
        for (answer, outcome) in [
            (Answer::accept(json!({ "confirm": true })), "a.txt would be deleted now"),
            (Answer::accept(json!({ "confirm": false })), "a.txt was kept"),
            (Answer::Cancelled, "a.txt was kept"),
        ] {
            ctx.answer("confirm", answer);
            assert_eq!(confirm_delete("a.txt", &ctx), Ok(outcome.to_owned()));
        }
    }

    #[test]
    fn a_time_that_is_none_is_refused() {
        assert!(matches!(slow_compute(-1.0, None), Err(Error::InvalidArguments(_))));
        assert_eq!(slow_compute(0.0, Some("Nothing")), Ok("Nothing took 0 s".to_owned()));
    }
}
