//! So many a minute.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::plugin::Principal;

/// Callers that are told apart. Beyond that all others are one: whoever makes up names must not fill memory.
const CALLERS: usize = 4_096;

const MINUTE: Duration = Duration::from_mins(1);

/// So many a minute, evenly filled up: after a quiet minute that many may come at once. (The generic cell rate
/// algorithm: all that is kept is when the next one would come if they came evenly.)
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rate {
    next: Option<Instant>,
}

impl Rate {
    /// Takes one of `per_minute`, if there is one at `now`.
    pub(super) fn spend(&mut self, per_minute: u32, now: Instant) -> bool {
        let Some(interval) = MINUTE.checked_div(per_minute) else { return false };
        let due = self.next.map_or(now, |next| next.max(now));
        let enough = due + interval <= now + MINUTE;
        if enough {
            self.next = Some(due + interval);
        }
        enough
    }

    /// Is it as if nothing had ever been taken?
    fn is_full(&self, now: Instant) -> bool {
        self.next.is_none_or(|next| next <= now)
    }
}

/// Issuer and subject; absent: anonymous.
type Caller = Option<(Option<String>, String)>;

/// So many calls a minute for each caller.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<Caller, Rate>>);

impl Rates {
    /// Takes one of the caller's; anonymous callers are one together.
    pub(super) fn spend(&self, caller: Option<&Principal>, per_minute: u32, now: Instant) -> bool {
        let mut rates = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let caller = caller.map(|caller| (caller.issuer.clone(), caller.subject.clone()));
        if rates.len() >= CALLERS && !rates.contains_key(&caller) {
            rates.retain(|_, rate| !rate.is_full(now));
        }
        let caller = if rates.len() >= CALLERS && !rates.contains_key(&caller) { None } else { caller };
        rates.entry(caller).or_default().spend(per_minute, now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(name: &str) -> Principal {
        Principal { subject: name.to_owned(), issuer: None, scopes: Vec::new(), claims: serde_json::Map::new() }
    }

    #[test]
    fn as_many_as_a_minute_has_may_come_at_once_and_then_evenly() {
        let (mut rate, start) = (Rate::default(), Instant::now());
        assert_eq!((0..100).filter(|_| rate.spend(60, start)).count(), 60);
        assert!(!rate.spend(60, start + Duration::from_millis(900)));
        assert!(rate.spend(60, start + Duration::from_millis(1_100)));
        assert_eq!((0..100).filter(|_| rate.spend(60, start + 3 * MINUTE)).count(), 60);
        assert!(!Rate::default().spend(0, start));
    }

    #[test]
    fn one_caller_does_not_use_up_anothers() {
        let (rates, now) = (Rates::default(), Instant::now());
        assert!(rates.spend(Some(&caller("a")), 1, now) && !rates.spend(Some(&caller("a")), 1, now));
        assert!(rates.spend(Some(&caller("b")), 1, now));
        assert!(rates.spend(None, 1, now) && !rates.spend(None, 1, now));
    }

    #[test]
    fn more_callers_than_are_told_apart_share_what_anybody_has() {
        let (rates, now) = (Rates::default(), Instant::now());
        for number in 0..CALLERS {
            assert!(rates.spend(Some(&caller(&number.to_string())), 1, now));
        }
        assert!(rates.spend(Some(&caller("x")), 1, now));
        assert!(!rates.spend(Some(&caller("y")), 1, now));
        // Those who have all they can have again need not be remembered.
        assert!(rates.spend(Some(&caller("y")), 1, now + 2 * MINUTE));
        assert!(rates.0.lock().unwrap().len() < CALLERS);
    }
}
