//! What belongs to one instance: its state in the host, and the bounds of its store.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use wasmtime::component::ResourceTable;
use wasmtime::{ResourceLimiter, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxBuilder, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use super::Inner;
use super::clocks::Coarse;
use super::cpu::{Meter, SLICE};
use super::filesystem::Handles;
use super::limits::{HANDLES, HTTP_FIELDS_BYTES, RANDOM_BYTES};
use super::net::Hooks;
use super::net::sockets::Sockets;
use super::output::{Output, Pipe, Stream};
use super::secrets::{Scrubber, Secrets};
use super::terms::Terms;
use crate::plugin::{Call, CallError, Capability};

/// The host's side of one instance.
pub(super) struct State {
    pub(super) terms: Arc<Terms>,
    pub(super) runtime: Arc<Inner>,
    pub(super) call: Call,
    pub(super) purpose: Purpose,
    /// Log messages that may still be sent.
    pub(super) log_messages: u32,
    bounds: Bounds,
    pub(super) table: ResourceTable,
    pub(super) files: Handles,
    wasi: Option<Wasi>,
    http: WasiHttpCtx,
    http_hooks: Option<Hooks>,
    sockets: Option<Arc<Sockets>>,
    /// Takes secrets that the plugin may hold out of what it writes into the log.
    scrubber: Option<Scrubber>,
    /// The secrets as they were when it was made, if its guest may hold any.
    secrets: Option<Arc<Secrets>>,
}

/// Why a guest runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// To say what it offers.
    Listing,
    /// Somebody called it.
    Call,
    /// Somebody called it, and does not wait for it.
    Task,
}

impl Purpose {
    /// Why this call runs.
    pub(super) fn of(call: &Call) -> Self {
        if call.as_task { Self::Task } else { Self::Call }
    }
}

/// Made when the guest first asks for it: many never do, and it is not free.
struct Wasi {
    ctx: WasiCtx,
    output: Arc<Output>,
}

impl Wasi {
    /// Clocks, randomness, what is granted of the environment, and what `sockets` lets through; no arguments. Files are
    /// not WASI's to give: see `host_api/filesystem`.
    #[cold]
    fn new(terms: &Terms, purpose: Purpose, scrubber: Option<Scrubber>, sockets: &Arc<Sockets>) -> Self {
        let output = Arc::new(Output::new(terms.plugin.clone(), terms.limits.stdio_bytes, scrubber));
        let pipe = |stream| Pipe { output: output.clone(), stream };
        let mut builder = WasiCtxBuilder::new();
        builder.stdout(pipe(Stream::Stdout)).stderr(pipe(Stream::Stderr));
        sockets.guard(&mut builder);
        builder.allow_blocking_current_thread(false).max_random_size(RANDOM_BYTES);
        if let Some(step) = terms.permissions.granted().limits.clock_resolution_us.map(Duration::from_micros) {
            builder.monotonic_clock(Coarse::new(step)).wall_clock(Coarse::new(step));
        }
        if purpose != Purpose::Listing {
            builder.envs(&terms.environment);
        }
        Self { ctx: builder.build(), output }
    }
}

impl State {
    pub(super) fn new(terms: Arc<Terms>, runtime: Arc<Inner>, call: Call, purpose: Purpose) -> Self {
        let may_read = &terms.permissions.granted().secrets.read;
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES);
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(HTTP_FIELDS_BYTES);
        Self {
            log_messages: terms.limits.log_messages,
            bounds: Bounds {
                memory: Usage::new(terms.limits.memory_bytes),
                tables: Usage::new(terms.limits.table_elements),
            },
            table,
            files: Handles::default(),
            wasi: None,
            http,
            http_hooks: None,
            sockets: None,
            scrubber: runtime.secrets.load().scrubber(may_read),
            secrets: (!may_read.is_empty()).then(|| runtime.secrets.load_full()),
            terms,
            runtime,
            call,
            purpose,
        }
    }

    /// A grant was used, as [`crate::plugin::Usage::used`] says.
    pub(super) fn used(&self, capability: Capability, subject: &str) {
        self.call.usage.used(capability, subject);
    }

    /// What decides about its sockets.
    pub(super) fn sockets(&mut self) -> Arc<Sockets> {
        if let Some(sockets) = &self.sockets {
            return sockets.clone();
        }
        self.sockets.insert(Sockets::new(self.outgoing())).clone()
    }

    /// Has the instance made sockets? They would be open in the next call, which may not use the network, perhaps.
    pub(super) fn made_sockets(&self) -> bool {
        self.sockets.as_ref().is_some_and(|sockets| sockets.made_any())
    }

    /// `text` without the secrets that the plugin may hold.
    pub(super) fn scrub<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.scrubber.as_ref().map_or(Cow::Borrowed(text), |scrubber| scrubber.scrub(text))
    }

    /// May a further call run on the same instance? Not once secrets were read anew: its guest may hold those of before.
    pub(super) fn has_current_secrets(&self) -> bool {
        self.secrets.as_ref().is_none_or(|before| Arc::ptr_eq(before, &self.runtime.secrets.load()))
    }

    /// A further call begins on the same instance.
    fn begin(&mut self, call: Call, purpose: Purpose) {
        call.usage.has_memory(self.bounds.memory.used);
        self.log_messages = self.terms.limits.log_messages;
        (self.call, self.purpose) = (call, purpose);
        if let Some(sockets) = &self.sockets {
            sockets.begin(self.outgoing());
        }
    }

    /// The call has ended, and its instance is to be kept: nothing of the caller's may stay, and what was printed is
    /// logged now.
    pub(super) fn end(&mut self) {
        self.call = Call::detached();
        if let Some(wasi) = &self.wasi {
            wasi.output.renew(self.terms.limits.stdio_bytes);
        }
    }

    /// As [`Self::scrub`], for why the guest failed.
    pub(super) fn scrub_error(&self, error: CallError) -> CallError {
        match &self.scrubber {
            Some(scrubber) => scrubber.scrub_error(error),
            None => error,
        }
    }

    /// What the guest last wrote to standard error, if anything.
    pub(super) fn last_words(&self) -> Option<String> {
        self.wasi.as_ref().and_then(|wasi| wasi.output.last_words())
    }
}

/// A store for one instance, with every bound in place.
pub(super) fn new(state: State, meter: Arc<Meter>) -> Store<State> {
    let output_bytes = usize::try_from(state.terms.limits.output_bytes).unwrap_or(usize::MAX);
    let runtime = state.runtime.clone();
    let mut store = Store::new(&runtime.engine, state);
    store.limiter(|state| state);
    store.set_hostcall_fuel(output_bytes);
    store.set_max_component_handles(HANDLES);
    store.set_epoch_deadline(SLICE);
    store.epoch_deadline_callback(move |_| meter.tick());
    store
}

/// Makes a store that an earlier call has left ready for the next one.
pub(super) fn begin(store: &mut Store<State>, call: Call, purpose: Purpose, meter: Arc<Meter>) {
    store.data_mut().begin(call, purpose);
    store.set_epoch_deadline(SLICE);
    store.epoch_deadline_callback(move |_| meter.tick());
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        if self.wasi.is_none() {
            let sockets = self.sockets();
            self.wasi = Some(Wasi::new(&self.terms, self.purpose, self.scrubber.clone(), &sockets));
        }
        let wasi = self.wasi.as_mut().expect("it was made, if it was not there");
        WasiCtxView { ctx: &mut wasi.ctx, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        // Made anew each time: an instance may serve another call than before.
        let outgoing = self.outgoing();
        let hooks = self.http_hooks.insert(Hooks(outgoing));
        WasiHttpCtxView { ctx: &mut self.http, table: &mut self.table, hooks }
    }
}

/// A guest wanted more of something than there is for it. An error rather than a failed `memory.grow`, since after
/// that most guests just die of an `unreachable` that tells nobody why.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Exceeded {
    /// Bytes of memory.
    #[error("more than {0} bytes of memory")]
    Memory(u64),
    /// Elements of tables.
    #[error("more than {0} table elements")]
    Tables(u64),
}

/// Counts what the instance has of each.
struct Bounds {
    memory: Usage,
    tables: Usage,
}

struct Usage {
    used: u64,
    /// What the last growth added, in case it fails after all.
    last: u64,
    most: u64,
}

impl Usage {
    fn new(most: u64) -> Self {
        Self { used: 0, last: 0, most }
    }

    /// Adds if there is room. `Ok(false)`: it is over the bound that the guest itself declared, an ordinary failure
    /// that it is prepared for. `maximum` is that bound, or what the pool has room for, which is no less than ours.
    fn grow(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool, u64> {
        self.last = 0;
        if maximum.is_some_and(|maximum| desired > maximum && (maximum as u64) < self.most) {
            return Ok(false);
        }
        let more = desired.saturating_sub(current) as u64;
        if self.used.saturating_add(more) > self.most {
            return Err(self.most);
        }
        self.used += more;
        self.last = more;
        Ok(true)
    }

    /// It was not given in the end.
    fn undo(&mut self) {
        self.used = self.used.saturating_sub(self.last);
        self.last = 0;
    }
}

/// By the state itself, since the call that runs on the instance is told what it has.
impl ResourceLimiter for State {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let grown = self.bounds.memory.grow(current, desired, maximum);
        self.call.usage.has_memory(self.bounds.memory.used);
        grown.map_err(|most| Exceeded::Memory(most).into())
    }

    fn memory_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.bounds.memory.undo();
        Ok(())
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        self.bounds.tables.grow(current, desired, maximum).map_err(|most| Exceeded::Tables(most).into())
    }

    fn table_grow_failed(&mut self, _: wasmtime::Error) -> wasmtime::Result<()> {
        self.bounds.tables.undo();
        Ok(())
    }
}
