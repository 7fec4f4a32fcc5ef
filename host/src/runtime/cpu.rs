//! CPU time: how it is measured, bounded, and shared out fairly.
//!
//! A guest runs inside the poll of its future. Each poll is measured by the thread's own CPU clock, so waiting costs
//! nothing, and every epoch tick adds the share of the poll in progress. At a tick the guest always yields, so that
//! I/O and timers get their turn; but that alone would queue every short call behind all the busy ones. So a guest
//! that has used more than [`FREE_CPU`] is polled only while it holds a permit of its lane. Permits are handed out
//! first come, first served, and given back after each poll: a guest that waits holds none.
//!
//! One thing a tick does not interrupt: an instruction that fills or copies much memory, or the host taking over a large
//! result. Fifty calls that begin with one would each hold a thread, one after the other, before any has used up what is
//! free. So a plugin of which a poll took long loses that for a while: its calls need a permit from their beginning.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
use wasmtime::UpdateDeadline;

use super::limits::{FREE_CPU, LONG_HOLD, SHORT_CPU, UNRULY_FOR};
use super::ticker::Ticker;

/// Ticks from one yield to the next.
pub(super) const SLICE: u64 = 1;

/// A guest used up its CPU time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the CPU time is used up")]
pub(super) struct CpuTimeExceeded;

/// Who may compute: one lane for calls that are short so far, one for the long ones. Two, so that a call of a few
/// milliseconds waits for a few like it and not for every spinning guest.
pub(super) struct Lanes {
    short: Arc<Semaphore>,
    long: Arc<Semaphore>,
}

impl Lanes {
    /// One thread stays free of long calls where there is more than one.
    pub(super) fn new() -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let permits = cores.saturating_sub(1).max(1);
        Self { short: Arc::new(Semaphore::new(permits)), long: Arc::new(Semaphore::new(permits)) }
    }

    fn of(&self, used: Duration) -> &Arc<Semaphore> {
        if used < SHORT_CPU { &self.short } else { &self.long }
    }
}

/// The CPU time of one call. Only the thread that polls the call touches it.
pub(super) struct Meter {
    budget: Duration,
    /// Nanoseconds of the polls that are over.
    used: AtomicU64,
    /// The thread's clock, in nanoseconds, when the poll in progress began.
    began: AtomicU64,
}

impl Meter {
    pub(super) fn new(budget: Duration) -> Self {
        Self { budget, used: AtomicU64::new(0), began: AtomicU64::new(0) }
    }

    /// At an epoch tick, inside a poll.
    pub(super) fn tick(&self) -> wasmtime::Result<UpdateDeadline> {
        let running = thread_clock().saturating_sub(self.began.load(Ordering::Relaxed));
        if self.used() + Duration::from_nanos(running) > self.budget {
            return Err(CpuTimeExceeded.into());
        }
        // The runtime's own yield, since it polls timers and I/O before it comes back here.
        Ok(UpdateDeadline::YieldCustom(SLICE, Box::pin(tokio::task::yield_now())))
    }

    pub(super) fn used(&self) -> Duration {
        Duration::from_nanos(self.used.load(Ordering::Relaxed))
    }

    fn begin(&self) {
        self.began.store(thread_clock(), Ordering::Relaxed);
    }

    /// Gives how long the poll took.
    fn end(&self) -> Duration {
        let spent = thread_clock().saturating_sub(self.began.load(Ordering::Relaxed));
        self.used.fetch_add(spent, Ordering::Relaxed);
        Duration::from_nanos(spent)
    }
}

/// Whether the calls of a plugin let others in at each tick.
#[derive(Debug)]
pub(super) struct Manners {
    since: Instant,
    /// Milliseconds after `since` until which they are known not to. 0: nothing is known against them.
    unruly_until: AtomicU64,
}

impl Manners {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), unruly_until: AtomicU64::new(0) }
    }

    /// A poll took so long.
    fn held(&self, time: Duration) {
        if time > LONG_HOLD {
            self.unruly_until.store(self.now() + millis(UNRULY_FOR), Ordering::Relaxed);
        }
    }

    fn are_bad(&self) -> bool {
        let until = self.unruly_until.load(Ordering::Relaxed);
        until > 0 && self.now() < until
    }

    fn now(&self) -> u64 {
        millis(self.since.elapsed())
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn thread_clock() -> u64 {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    now.tv_sec.unsigned_abs() * 1_000_000_000 + now.tv_nsec.unsigned_abs()
}

type Waiting = Pin<Box<dyn Future<Output = Result<OwnedSemaphorePermit, AcquireError>> + Send>>;

/// A guest's future under its meter.
pub(super) struct Metered<'a, F> {
    guest: Pin<&'a mut F>,
    meter: &'a Meter,
    manners: &'a Manners,
    lanes: &'a Lanes,
    ticker: &'a Ticker,
    waiting: Option<Waiting>,
}

impl<'a, F: Future> Metered<'a, F> {
    pub(super) fn new(
        guest: Pin<&'a mut F>,
        meter: &'a Meter,
        manners: &'a Manners,
        lanes: &'a Lanes,
        ticker: &'a Ticker,
    ) -> Self {
        Self { guest, meter, manners, lanes, ticker, waiting: None }
    }

    /// The permit to compute that the guest needs now, if it needs one.
    fn permit(&mut self, cx: &mut Context<'_>) -> Poll<Option<OwnedSemaphorePermit>> {
        let mut used = self.meter.used();
        if self.manners.are_bad() {
            used = used.max(SHORT_CPU);
        }
        if used < FREE_CPU {
            return Poll::Ready(None);
        }
        let mut waiting = match self.waiting.take() {
            Some(waiting) => waiting,
            None => Box::pin(self.lanes.of(used).clone().acquire_owned()),
        };
        match waiting.as_mut().poll(cx) {
            // The lanes are never closed.
            Poll::Ready(permit) => Poll::Ready(permit.ok()),
            Poll::Pending => {
                self.waiting = Some(waiting);
                Poll::Pending
            }
        }
    }
}

impl<F: Future> Future for Metered<'_, F> {
    type Output = Result<F::Output, CpuTimeExceeded>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        let Poll::Ready(_permit) = this.permit(cx) else { return Poll::Pending };
        let _running = this.ticker.run();
        this.meter.begin();
        let polled = this.guest.as_mut().poll(cx);
        this.manners.held(this.meter.end());
        match polled {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            // A guest that computes only between two ticks is never seen by one.
            Poll::Pending if this.meter.used() > this.meter.budget => Poll::Ready(Err(CpuTimeExceeded)),
            Poll::Pending => Poll::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_poll_takes_what_is_free_from_the_next_calls_for_a_while() {
        let manners = Manners::new();
        manners.held(LONG_HOLD);
        assert!(!manners.are_bad(), "not longer than it may be");
        manners.held(LONG_HOLD + Duration::from_millis(1));
        assert!(manners.are_bad());
        manners.unruly_until.store(1, Ordering::Relaxed);
        while manners.now() < 1 {
            thread::yield_now();
        }
        assert!(!manners.are_bad(), "the time is over");
    }
}
