//! A concierge: tools that ask the user, and the client's model.

use pegboard_sdk::prelude::*;

pegboard_sdk::plugin!(book_table, sign_in, suggest);

/// When, for whom.
#[input]
struct Booking {
    #[schemars(extend("format" = "date"))]
    day: String,
    #[schemars(range(min = 1, max = 12), extend("default" = 2))]
    people: u8,
    place: Option<Place>,
}

#[input]
#[derive(PartialEq)]
enum Place {
    /// By the window
    Window,
    /// On the terrace
    Terrace,
}

/// Books a table at a restaurant. The user is asked for the day and the number of people.
#[tool(needs("elicitation"))]
fn book_table(restaurant: &str, ctx: &Context) -> Result<String> {
    let form = Form::of::<Booking>(format!("When shall we book a table at {restaurant}?"));
    let booking = match ctx.ask("booking", form)? {
        Elicited::Accepted(booking) => booking,
        Elicited::Declined | Elicited::Cancelled => return Ok("No table was booked.".to_owned()),
    };
    let outside = if booking.place == Some(Place::Terrace) { ", outside" } else { "" };
    Ok(format!("A table for {} at {restaurant} on {}{outside}.", booking.people, booking.day))
}

/// Signs the user in at the restaurant, on its own page: the client does not see the password.
#[tool(needs("elicitation.url"))]
fn sign_in(ctx: &Context) -> Result<String> {
    let visit = Visit::new("Sign in to see your bookings.", "https://restaurant.example.com/sign-in");
    ctx.ask("sign-in", visit)?.accepted()?;
    Ok("The user was sent to sign in.".to_owned())
}

/// How often the model may use the tool that it is offered.
const ROUNDS: usize = 3;

/// Suggests dishes to a user with a certain taste. The client's model chooses, with the menu at hand.
#[tool(read_only, needs("sampling.tools"))]
fn suggest(taste: &str, ctx: &Context) -> Result<String> {
    let schema = json!({
        "type": "object",
        "properties": { "course": { "type": "string", "enum": ["starter", "main", "dessert"] } },
        "required": ["course"],
    });
    let mut conversation = Sample::new(300)
        .system_prompt("You are a waiter. Suggest only what is on the menu.")
        .user(format!("I like {taste}. What shall I have?"))
        .tool("menu", "Lists the dishes of a course.", schema);
    for round in 1..=ROUNDS {
        let said = ctx.ask(format!("round-{round}"), conversation.clone())?;
        let uses = said.tool_uses();
        if uses.is_empty() {
            return Ok(said.to_text());
        }
        let results = uses.into_iter().map(|used| {
            let dishes = menu(used.input["course"].as_str());
            (used, dishes)
        });
        conversation = conversation.sampled(said).tool_results(results);
    }
    Err(Error::failed("the model went on reading the menu"))
}

fn menu(course: Option<&str>) -> &'static str {
    match course {
        Some("starter") => "soup, salad",
        Some("main") => "noodles, fish",
        Some("dessert") => "cake, fruit",
        _ => "There is no such course.",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_booked_as_the_user_says() {
        let ctx = Context::test();
        assert_eq!(book_table("Inn", &ctx), Err(Error::Pending));
        ctx.answer("booking", Answer::accept(json!({ "day": "2026-12-24", "people": 3, "place": "Terrace" })));
        assert_eq!(book_table("Inn", &ctx), Ok("A table for 3 at Inn on 2026-12-24, outside.".to_owned()));
        ctx.answer("booking", Answer::Declined);
        assert_eq!(book_table("Inn", &ctx), Ok("No table was booked.".to_owned()));
    }

    #[test]
    fn the_model_gets_the_menu_that_it_asks_for() {
        let ctx = Context::test();
        let Value::Object(block) =
            json!({ "type": "tool_use", "id": "1", "name": "menu", "input": { "course": "dessert" } })
        else {
            panic!("no object")
        };
        let wants = Sampled { content: vec![Content::Other(block)], ..Sampled::text("", "test-model") };
        ctx.answer("round-1", Answer::Sampled(wants));
        assert_eq!(suggest("sweets", &ctx), Err(Error::Pending));
        ctx.answer("round-2", Answer::sampled("Have the cake."));
        assert_eq!(suggest("sweets", &ctx), Ok("Have the cake.".to_owned()));
    }

    #[test]
    fn who_does_not_sign_in_is_not_signed_in() {
        let ctx = Context::test();
        ctx.answer("sign-in", Answer::Cancelled);
        assert_eq!(sign_in(&ctx), Err(Error::failed("the user cancelled")));
    }
}
