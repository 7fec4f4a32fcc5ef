//! A circuit breaker: a plugin whose calls fail one after the other is put aside for a while, and for a longer one each
//! time, so that it takes no more of the machine and callers learn at once what they would have waited for.
//!
//! A failure is a call that ended other than by the guest's own will: a crash, or a limit on time, memory or output.
//! What the guest itself calls an error is an answer, and that there is no place for a call says nothing of the guest.
//!
//! **Who is put aside.** Failures are counted for each principal, and it is for him alone that the plugin is put aside.
//! Whether a call fails is up to its arguments as much as to the plugin, so counting all callers together would give
//! each of them the power to close a good tool to all others. What a plugin that always fails costs stays bounded: each
//! principal has a few failures, then one a while. Callers without a name are one principal together, as they are
//! everywhere; where they should not be able to do this to each other, give them tokens (`[[auth.tokens]]`). Any answer
//! in between ends the row, so a caller who succeeds keeps the plugin open to his like.
//!
//! After the while one call is let through to see. If it is answered, the plugin is back; if it fails, the next while
//! is twice as long. `pegboard resume NAME` ends it at once, a new version of the plugin begins anew.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::output::excerpt;
use crate::plugin::{self, CallContext, CallError, Outcome, PluginId, PutAside};

/// The most principals whose failures of one plugin are remembered.
const PRINCIPALS: usize = 1_024;

/// Bytes that are remembered of why a call failed.
const REASON_BYTES: usize = 256;

/// When a plugin is put aside, and for how long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Config {
    /// Calls of one principal that fail in a row until the plugin is put aside for him; 0: it never is.
    pub failures: u32,
    /// Milliseconds that it is put aside at first.
    pub first_ms: u64,
    /// The most milliseconds that it is put aside.
    pub longest_ms: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self { failures: 5, first_ms: 1_000, longest_ms: 300_000 }
    }
}

impl Config {
    /// For how long, the `times`th time in a row, from 0.
    fn pause(&self, times: u32) -> Duration {
        let factor = 1u64.checked_shl(times).unwrap_or(u64::MAX);
        Duration::from_millis(self.first_ms.saturating_mul(factor).min(self.longest_ms))
    }
}

/// Who calls: issuer and subject. None: anybody.
type Caller = Option<(Option<String>, String)>;

/// The circuit breaker of one version of a plugin.
pub(super) struct Breaker {
    config: Config,
    /// By an operator, for all versions together.
    suspended: Arc<AtomicBool>,
    /// How many are in `callers`. While that is 0, as it is with a good plugin, no call takes the lock.
    known: AtomicUsize,
    callers: Mutex<HashMap<Caller, Failing>>,
}

/// One for whom calls fail.
struct Failing {
    in_a_row: u32,
    /// How the last one failed.
    reason: String,
    last: Instant,
    aside: Option<Aside>,
}

/// It is put aside.
struct Aside {
    until: Instant,
    /// How often it was before, in a row.
    times: u32,
    /// A call is on its way to see whether that is over.
    probing: bool,
}

/// A call may go ahead.
pub(super) struct Permit<'a> {
    breaker: &'a Breaker,
    /// Who calls.
    context: Arc<CallContext>,
    /// It is to see whether the plugin is well again.
    probes: bool,
    reason: String,
}

impl Breaker {
    pub(super) fn new(config: &Config, suspended: Arc<AtomicBool>) -> Self {
        Self { config: config.clone(), suspended, known: AtomicUsize::new(0), callers: Mutex::default() }
    }

    /// Lets a call through.
    ///
    /// # Errors
    /// Why not, for how long, and what ends it.
    pub(super) fn enter(&self, plugin: &PluginId, context: &Arc<CallContext>) -> Result<Permit<'_>, String> {
        if self.suspended.load(Ordering::Relaxed) {
            return Err(format!(
                "the plugin `{plugin}` is suspended by an operator, who lets it be called again with \
                 `pegboard resume {plugin}`"
            ));
        }
        let mut permit = Permit { breaker: self, context: context.clone(), probes: false, reason: String::new() };
        if self.config.failures == 0 || self.known.load(Ordering::Acquire) == 0 {
            return Ok(permit);
        }
        let mut callers = self.lock();
        if let Some(Failing { aside: Some(aside), in_a_row, reason, .. }) = callers.get_mut(&caller(context)) {
            let left = aside.until.saturating_duration_since(Instant::now());
            if aside.probing || !left.is_zero() {
                let how_long = if left.is_zero() {
                    "until the call that is under way has ended".to_owned()
                } else {
                    format!("for {} s more", left.as_millis().div_ceil(1_000))
                };
                return Err(format!(
                    "the plugin `{plugin}` is put aside {how_long}, since {in_a_row} calls in a row failed (the last: \
                     {reason}); an operator ends this with `pegboard resume {plugin}`"
                ));
            }
            aside.probing = true;
            permit.probes = true;
        }
        Ok(permit)
    }

    /// Forgets all failures.
    pub(super) fn close(&self) {
        let mut callers = self.lock();
        callers.clear();
        self.known.store(0, Ordering::Release);
    }

    /// For people.
    pub(super) fn standing(&self) -> plugin::Breaker {
        let now = Instant::now();
        let mut put_aside: Vec<_> = self
            .lock()
            .iter()
            .filter_map(|(caller, failing)| {
                let left = failing.aside.as_ref()?.until.saturating_duration_since(now);
                Some(PutAside {
                    principal: caller.as_ref().map(|(_, subject)| subject.clone()),
                    failures: failing.in_a_row,
                    for_ms: u64::try_from(left.as_millis()).unwrap_or(u64::MAX),
                    reason: failing.reason.clone(),
                })
            })
            .collect();
        put_aside.sort_by(|a, b| a.principal.cmp(&b.principal));
        plugin::Breaker { suspended: self.suspended.load(Ordering::Relaxed), put_aside }
    }

    fn failed(&self, caller: Caller, reason: &str, probed: bool) {
        let now = Instant::now();
        let mut callers = self.lock();
        if callers.len() >= PRINCIPALS && !callers.contains_key(&caller) {
            // The one who has been quiet for longest.
            let oldest = callers.iter().min_by_key(|(_, failing)| failing.last).map(|(caller, _)| caller.clone());
            oldest.and_then(|oldest| callers.remove(&oldest));
        }
        let failing = callers.entry(caller).or_insert_with(|| Failing {
            in_a_row: 0,
            reason: String::new(),
            last: now,
            aside: None,
        });
        failing.in_a_row = failing.in_a_row.saturating_add(1);
        reason.clone_into(&mut failing.reason);
        failing.last = now;
        match &mut failing.aside {
            Some(aside) if probed => {
                let times = aside.times.saturating_add(1);
                *aside = Aside { until: now + self.config.pause(times), times, probing: false };
            }
            None if failing.in_a_row >= self.config.failures => {
                failing.aside = Some(Aside { until: now + self.config.pause(0), times: 0, probing: false });
            }
            // There are not enough, or it began before the plugin was put aside.
            _ => {}
        }
        self.known.store(callers.len(), Ordering::Release);
    }

    fn answered(&self, caller: &Caller) {
        let mut callers = self.lock();
        callers.remove(caller);
        self.known.store(callers.len(), Ordering::Release);
    }

    /// The call that was to see whether it is over saw nothing: another one may.
    fn not_probed(&self, caller: &Caller) {
        if let Some(Failing { aside: Some(aside), .. }) = self.lock().get_mut(caller) {
            aside.probing = false;
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Caller, Failing>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn caller(context: &CallContext) -> Caller {
    context.principal.as_ref().map(|principal| (principal.issuer.clone(), principal.subject.clone()))
}

impl Permit<'_> {
    /// It failed for this reason.
    pub(super) fn because(&mut self, error: &CallError) {
        self.reason = excerpt(error.to_string().lines().next().unwrap_or_default(), REASON_BYTES);
    }

    /// Takes note of how the call ended.
    pub(super) fn ended(self, outcome: Outcome) {
        let Self { breaker, context, probes, reason } = self;
        if breaker.config.failures == 0 {
            return;
        }
        if outcome.is_failure() {
            breaker.failed(caller(&context), &reason, probes);
        } else if outcome.is_answer() {
            // Somebody may have failed since it began, even the same caller.
            if breaker.known.load(Ordering::Acquire) > 0 {
                breaker.answered(&caller(&context));
            }
        } else if probes {
            breaker.not_probed(&caller(&context));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugin::Principal;

    fn breaker(first_ms: u64) -> Breaker {
        Breaker::new(&Config { failures: 3, first_ms, longest_ms: 300_000 }, Arc::default())
    }

    fn id() -> PluginId {
        PluginId::parse("x").unwrap()
    }

    fn principal(name: &str) -> Principal {
        Principal { subject: name.into(), issuer: None, scopes: vec![], claims: plugin::JsonObject::new() }
    }

    fn enter<'a>(breaker: &'a Breaker, who: Option<&Principal>) -> Result<Permit<'a>, String> {
        breaker.enter(&id(), &Arc::new(CallContext { principal: who.cloned(), ..CallContext::default() }))
    }

    fn call(breaker: &Breaker, who: Option<&Principal>, outcome: Outcome) -> Result<(), String> {
        enter(breaker, who).map(|permit| permit.ended(outcome))
    }

    #[test]
    fn failures_in_a_row_put_a_plugin_aside_and_the_reason_says_what_ends_it() {
        let breaker = breaker(60_000);
        for _ in 0..3 {
            let mut permit = enter(&breaker, None).unwrap();
            permit.because(&CallError::Trap("boom\nand more".into()));
            permit.ended(Outcome::Trap);
        }
        let why = call(&breaker, None, Outcome::Ok).unwrap_err();
        for part in ["`x` is put aside for 60 s more", "3 calls in a row", "boom)", "`pegboard resume x`"] {
            assert!(why.contains(part), "{why}");
        }
        assert_eq!(breaker.standing().put_aside[0].failures, 3);
        breaker.close();
        assert_eq!(call(&breaker, None, Outcome::Ok), Ok(()));
    }

    #[test]
    fn an_answer_ends_the_row_and_what_is_neither_does_not_count() {
        let breaker = breaker(60_000);
        for _ in 0..10 {
            for outcome in [Outcome::Trap, Outcome::CpuTime, Outcome::Busy, Outcome::Cancelled, Outcome::Error] {
                assert_eq!(call(&breaker, None, outcome), Ok(()));
            }
        }
        for _ in 0..3 {
            call(&breaker, None, Outcome::Memory).unwrap();
        }
        assert!(call(&breaker, None, Outcome::Ok).is_err());
    }

    #[test]
    fn one_caller_closes_it_for_nobody_else() {
        let breaker = breaker(60_000);
        let (alice, mallory) = (principal("alice"), principal("mallory"));
        for _ in 0..3 {
            call(&breaker, Some(&mallory), Outcome::Trap).unwrap();
        }
        assert!(call(&breaker, Some(&mallory), Outcome::Ok).is_err());
        for who in [Some(&alice), None] {
            assert_eq!(call(&breaker, who, Outcome::Ok), Ok(()));
        }
        assert!(call(&breaker, Some(&mallory), Outcome::Ok).is_err(), "nor does somebody else open it for him");
    }

    #[test]
    fn after_the_while_one_call_is_let_through_and_its_end_decides() {
        let breaker = breaker(0);
        for _ in 0..3 {
            call(&breaker, None, Outcome::Trap).unwrap();
        }
        let probe = enter(&breaker, None).unwrap();
        let why = call(&breaker, None, Outcome::Ok).unwrap_err();
        assert!(why.contains("until the call that is under way has ended"), "{why}");
        probe.ended(Outcome::Cancelled);
        let probe = enter(&breaker, None).expect("one that saw nothing makes room for another");
        probe.ended(Outcome::Ok);
        for _ in 0..2 {
            call(&breaker, None, Outcome::Trap).expect("it begins to count anew");
        }
    }

    #[test]
    fn each_while_is_twice_as_long_up_to_the_longest() {
        let config = Config::default();
        let pauses: Vec<_> = [0, 1, 2, 8, 9, 200].map(|times| config.pause(times).as_millis()).into();
        assert_eq!(pauses, [1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
    }

    #[test]
    fn a_call_that_fails_while_it_is_put_aside_does_not_make_it_longer() {
        let breaker = breaker(60_000);
        let late = enter(&breaker, None).unwrap();
        for _ in 0..3 {
            call(&breaker, None, Outcome::Trap).unwrap();
        }
        late.ended(Outcome::Trap);
        assert_eq!(breaker.lock().values().next().unwrap().aside.as_ref().unwrap().times, 0);
    }

    #[test]
    fn failures_of_ten_thousand_callers_take_bounded_memory() {
        let breaker = breaker(60_000);
        for number in 0..10_000 {
            call(&breaker, Some(&principal(&number.to_string())), Outcome::Trap).unwrap();
        }
        assert_eq!(breaker.lock().len(), PRINCIPALS);
    }

    #[test]
    fn without_a_number_of_failures_it_never_puts_anything_aside() {
        let breaker = Breaker::new(&Config { failures: 0, ..Config::default() }, Arc::default());
        for _ in 0..100 {
            assert_eq!(call(&breaker, None, Outcome::Trap), Ok(()));
        }
    }

    #[test]
    fn a_suspended_plugin_is_called_by_nobody() {
        let breaker = breaker(0);
        breaker.suspended.store(true, Ordering::Relaxed);
        let why = call(&breaker, None, Outcome::Ok).unwrap_err();
        assert!(why.contains("suspended by an operator") && why.contains("`pegboard resume x`"), "{why}");
    }
}
