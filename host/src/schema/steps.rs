//! The keyword that counts the steps of a validation.

use std::cell::Cell;
use std::panic::resume_unwind;

use jsonschema::paths::Location;
use jsonschema::{Keyword, ValidationError};
use serde_json::{Map, Value};

/// The keyword's name, put into every subschema.
pub(super) const KEYWORD: &str = "x-pegboard-step";
/// Steps of one check: about a millisecond.
pub(super) const BUDGET: u32 = 100_000;
/// Steps for describing what is broken.
pub(super) const BUDGET_FOR_ERRORS: u32 = 20_000;

/// What unwinds a validation out of the validator; never seen outside of this module's parent.
pub(super) struct StepBudgetExhausted;

thread_local! {
    // A validation never leaves its thread and never waits, so the budget can live beside it.
    static LEFT: Cell<u32> = const { Cell::new(0) };
}

pub(super) fn refill(budget: u32) {
    LEFT.set(budget);
}

struct Step;

impl Step {
    fn take() {
        match LEFT.get().checked_sub(1) {
            Some(left) => LEFT.set(left),
            // Not `panic!`: no hook shall run and print, since this is not a bug.
            None => resume_unwind(Box::new(StepBudgetExhausted)),
        }
    }
}

impl<'i> Keyword<'i> for Step {
    fn validate(&self, _: &'i Value) -> Result<(), ValidationError<'i>> {
        Self::take();
        Ok(())
    }

    fn is_valid(&self, _: &'i Value) -> bool {
        Self::take();
        true
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the signature is the validator's")]
pub(super) fn factory<'a>(
    _: &'a Map<String, Value>,
    _: &'a Value,
    _: Location,
) -> Result<Box<dyn for<'i> Keyword<'i>>, ValidationError<'a>> {
    Ok(Box::new(Step))
}
