//! One run of a guest: a place, a fresh instance, its limits, and the end.

use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::time::timeout;
use wasmtime::Store;
use wasmtime::component::{Instance, InstancePre};

use super::account::{Run, What};
use super::admission::Places;
use super::cpu::{Meter, Metered};
use super::failure::{Budget, explain};
use super::kept::{Kept, Reusable};
use super::store::{self, Purpose, State};
use super::terms::Terms;
use super::{Inner, limits::Config};
use crate::plugin::{Call, CallError, Limit, Outcome};

/// Where and as whom a guest runs.
pub(super) struct Sandbox<'a> {
    pub(super) runtime: &'a Arc<Inner>,
    pub(super) terms: &'a Arc<Terms>,
    pub(super) component: &'a InstancePre<State>,
    /// The plugin's own places.
    pub(super) places: &'a Places,
    /// Its instances that may serve further calls.
    pub(super) kept: &'a Arc<Kept>,
}

/// What is done with the instance once it is there.
pub(super) trait Job: Send {
    /// What comes out.
    type Output: Send;

    /// Calls the guest. The outer error is the engine's (a trap, say), the inner one the guest's.
    fn run(
        self,
        store: &mut Store<State>,
        instance: &Instance,
    ) -> impl Future<Output = wasmtime::Result<Result<Self::Output, CallError>>> + Send;

    /// How a run ended that gave this.
    fn outcome(_: &Self::Output) -> Outcome {
        Outcome::Ok
    }
}

impl Budget {
    fn of(purpose: Purpose, limits: &Config) -> Self {
        let (cpu_time_ms, wall_time_ms) = match purpose {
            Purpose::Listing => (limits.list_cpu_time_ms, limits.list_wall_time_ms),
            Purpose::Call => (limits.cpu_time_ms, limits.wall_time_ms),
            Purpose::Task => (limits.task_cpu_time_ms, limits.task_wall_time_ms),
        };
        Self { cpu_time_ms, wall_time_ms, output_bytes: limits.output_bytes }
    }
}

impl Sandbox<'_> {
    /// Runs `job` on a fresh instance. The ticks count from before it exists, so that start functions and the guest's
    /// allocator are under the same limits as the call. Dropping the future unwinds the guest wherever it is, and
    /// gives its place back.
    pub(super) async fn run<J: Job>(&self, what: What<'_>, job: J, call: Call) -> Result<J::Output, CallError> {
        let purpose = Purpose::of(&call);
        self.run_for(what, job, call, purpose).await
    }

    /// Runs `job` to learn what the plugin offers: without a client, and under tighter limits.
    pub(super) async fn list<J: Job>(&self, job: J) -> Result<J::Output, CallError> {
        self.run_for(What::new("list", ""), job, Call::detached(), Purpose::Listing).await
    }

    /// Runs `job`, and enters into the plugin's account what came of it, wherever it ends.
    async fn run_for<J: Job>(
        &self,
        what: What<'_>,
        job: J,
        call: Call,
        purpose: Purpose,
    ) -> Result<J::Output, CallError> {
        let budget = Budget::of(purpose, &self.terms.limits);
        let wall_time = Duration::from_millis(budget.wall_time_ms);
        let meter = Arc::new(Meter::new(Duration::from_millis(budget.cpu_time_ms)));
        let mut run = Run::begin(&self.terms.account, what, &call.usage, &meter, purpose);
        if purpose != Purpose::Listing {
            run.enter(&self.terms.plugin, &call.context)?;
            self.within_rate(&call).inspect_err(|error| run.failed(error))?;
        }
        let admitted_and_run = async {
            match purpose {
                Purpose::Call | Purpose::Task => {
                    let _place = self.runtime.admission.call(self.places).await.map_err(CallError::Limit)?;
                    self.run_now(job, call, purpose, &budget, &meter).await
                }
                Purpose::Listing => {
                    let _place = self.runtime.admission.listing().await;
                    self.run_now(job, call, purpose, &budget, &meter).await
                }
            }
        };
        let ended = timeout(wall_time, admitted_and_run)
            .await
            .unwrap_or(Err(CallError::Limit(Limit::WallTime(budget.wall_time_ms))));
        match &ended {
            Ok(output) => run.ended(J::outcome(output)),
            Err(error) => run.failed(error),
        }
        ended
    }

    /// Has the caller not called too often?
    fn within_rate(&self, call: &Call) -> Result<(), CallError> {
        let Some(most) = self.terms.limits.calls_per_minute else { return Ok(()) };
        if self.terms.rates.spend(call.context.principal.as_ref(), most, Instant::now()) {
            Ok(())
        } else {
            Err(CallError::Limit(Limit::CallsPerMinute(most.into())))
        }
    }

    async fn run_now<J: Job>(
        &self,
        job: J,
        call: Call,
        purpose: Purpose,
        budget: &Budget,
        meter: &Arc<Meter>,
    ) -> Result<J::Output, CallError> {
        let key = if purpose == Purpose::Listing { None } else { self.kept.key(&call) };
        let (mut store, kept) = match key
            .as_ref()
            .and_then(|key| self.kept.take(key))
            .filter(|kept| kept.store.data().has_current_secrets())
        {
            Some(Reusable { mut store, instance, place }) => {
                store::begin(&mut store, call, purpose, meter.clone());
                (store, Some((instance, place)))
            }
            None => {
                let state = State::new(self.terms.clone(), self.runtime.clone(), call, purpose);
                (store::new(state, meter.clone()), None)
            }
        };
        let guest = pin!(async move {
            let (instance, place) = match kept {
                Some((instance, place)) => (Ok(instance), Some(place)),
                None => (self.component.instantiate_async(&mut store).await, None),
            };
            let instance = match instance {
                Ok(instance) => instance,
                Err(error) => return Err(self.explain(&error, budget, &store)),
            };
            match job.run(&mut store, &instance).await {
                Ok(result) => {
                    let result = result.map_err(|error| store.data().scrub_error(error));
                    if let Some(key) = key
                        && !store.data().made_sockets()
                        && let Some(place) = place.or_else(|| self.kept.place())
                    {
                        store.data_mut().end();
                        self.kept.put(key, Reusable { store, instance, place });
                    }
                    result
                }
                Err(error) => Err(self.explain(&error, budget, &store)),
            }
        });
        Metered::new(guest, meter, &self.terms.manners, &self.runtime.lanes, &self.runtime.ticker)
            .await
            .unwrap_or(Err(CallError::Limit(Limit::CpuTime(budget.cpu_time_ms))))
    }

    fn explain(&self, error: &wasmtime::Error, budget: &Budget, store: &Store<State>) -> CallError {
        explain(error, &self.terms.plugin, budget, store.data().last_words())
    }
}
