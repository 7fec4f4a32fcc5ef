//! What a tool can do besides computing: [`Context`] and what it speaks of.

mod announce;
mod call;
mod log;
mod settings;

use std::cell::OnceCell;

pub use announce::Change;
pub use call::{Call, Peer, Principal, Trace};
pub use log::{LogLevel, Logger};
pub use settings::MissingSecret;

use crate::host::{Current, Host};

/// The call in progress, and the way out of the sandbox. A tool that wants it has a parameter of type
/// `&Context`, anywhere among its parameters.
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// /// Counts to `to`, and says so as it goes.
/// #[tool(read_only)]
/// fn count(to: u32, ctx: &Context) -> String {
///     for done in 1..=to {
///         ctx.progress(done, to, "counting");
///     }
///     ctx.info("done");
///     format!("{to}!")
/// }
///
/// let ctx = Context::test();
/// assert_eq!(count(3, &ctx), "3!");
/// assert_eq!(ctx.progress_sent().len(), 3);
/// ```
#[derive(Debug, Default)]
pub struct Context {
    pub(crate) host: Current,
    call: OnceCell<Call>,
}

impl Context {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Says how far the call is: `done` of `total`, which may be `None`. `done` must grow from one to the
    /// next. An empty message is none. Costs nothing where nobody reads it.
    pub fn progress(&self, done: impl Into<f64>, total: impl IntoTotal, message: &str) {
        self.host.progress(done.into(), total.into_total(), (!message.is_empty()).then_some(message));
    }

    /// Who is calling, and what they can do.
    pub fn call(&self) -> &Call {
        self.call.get_or_init(|| self.host.call())
    }
}

/// A total that is known, as a number, or that is not: `None`.
pub trait IntoTotal {
    /// As the interface has it.
    fn into_total(self) -> Option<f64>;
}

impl IntoTotal for Option<f64> {
    fn into_total(self) -> Option<f64> {
        self
    }
}

macro_rules! totals {
    ($($number:ty),*) => { $(
        impl IntoTotal for $number {
            fn into_total(self) -> Option<f64> {
                Some(self.into())
            }
        }
    )* };
}

totals!(u8, u16, u32, i8, i16, i32, f32, f64);
