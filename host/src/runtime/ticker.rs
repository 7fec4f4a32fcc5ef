//! The thread that advances the engine's epoch, so that running guests are looked at every tick.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

use wasmtime::Engine;

use super::limits::{IDLE_TICKS, TICK};

/// Ticks while guests run. An idle process is left asleep: with no guest for a while the thread parks until the
/// next call. Dropping this ends the thread.
pub(super) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    /// Guests that are on a thread right now.
    running: AtomicUsize,
    parked: AtomicBool,
    stop: AtomicBool,
}

/// A guest is running as long as this lives.
pub(super) struct Running<'a>(&'a AtomicUsize);

impl Ticker {
    pub(super) fn start(engine: &Engine) -> std::io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let engine = engine.weak();
        let seen = shared.clone();
        let thread = thread::Builder::new().name("pegboard-epoch".into()).spawn(move || {
            let mut idle = 0;
            while !seen.stop.load(Ordering::Relaxed) {
                idle = if seen.running.load(Ordering::Relaxed) > 0 { 0 } else { idle + 1 };
                if idle > IDLE_TICKS {
                    seen.park();
                    idle = 0;
                }
                thread::sleep(TICK);
                match engine.upgrade() {
                    Some(engine) => engine.increment_epoch(),
                    None => break,
                }
            }
        })?;
        Ok(Self { shared, thread: Some(thread) })
    }

    /// Says that a guest is about to run.
    pub(super) fn run(&self) -> Running<'_> {
        self.shared.running.fetch_add(1, Ordering::SeqCst);
        if self.shared.parked.load(Ordering::SeqCst) {
            self.unpark();
        }
        Running(&self.shared.running)
    }

    #[cold]
    fn unpark(&self) {
        if let Some(thread) = &self.thread {
            self.shared.parked.store(false, Ordering::SeqCst);
            thread.thread().unpark();
        }
    }

    /// Is nothing ticking now?
    #[cfg(test)]
    pub(super) fn is_parked(&self) -> bool {
        self.shared.parked.load(Ordering::SeqCst)
    }
}

impl Shared {
    /// Sleeps until [`Ticker::run`] or the end. Both sides write their own flag before they read the other's, so one
    /// of the two always sees the other.
    fn park(&self) {
        self.parked.store(true, Ordering::SeqCst);
        while self.parked.load(Ordering::SeqCst)
            && self.running.load(Ordering::SeqCst) == 0
            && !self.stop.load(Ordering::SeqCst)
        {
            thread::park();
        }
        self.parked.store(false, Ordering::SeqCst);
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // It sleeps for a tick at most.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::engine::{Instances, engine};

    fn wait_until(condition: impl Fn() -> bool) {
        while !condition() {
            thread::sleep(TICK);
        }
    }

    #[test]
    fn it_parks_when_no_guest_runs_and_wakes_with_the_next() {
        let engine = engine(Instances::None).unwrap();
        let ticker = Ticker::start(&engine).unwrap();
        wait_until(|| ticker.is_parked());
        let running = ticker.run();
        wait_until(|| !ticker.is_parked());
        drop(running);
        wait_until(|| ticker.is_parked());
    }

    #[test]
    fn it_ends_with_its_engine() {
        let engine = engine(Instances::None).unwrap();
        let ticker = Ticker::start(&engine).unwrap();
        let _running = ticker.run();
        drop(engine);
        wait_until(|| ticker.thread.as_ref().is_some_and(JoinHandle::is_finished));
    }

    #[test]
    fn it_ends_when_dropped_even_while_parked() {
        let engine = engine(Instances::None).unwrap();
        let ticker = Ticker::start(&engine).unwrap();
        wait_until(|| ticker.is_parked());
        let shared = ticker.shared.clone();
        drop(ticker);
        assert_eq!(Arc::strong_count(&shared), 1, "the thread has let go of it");
    }
}
