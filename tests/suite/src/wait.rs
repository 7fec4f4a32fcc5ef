//! Until something holds.

use std::thread::sleep;
use std::time::{Duration, Instant};

/// After so long without it, what a test waits for does not come any more. Long, since other tests may be using the
/// machine; no test takes it for a bound on anything.
pub const PATIENCE: Duration = Duration::from_mins(1);

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(10);

/// Waits until `look` gives something. `what` says what is waited for, should it never come.
pub fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "waited {PATIENCE:?} in vain for {what}");
        sleep(PAUSE);
    }
}
