//! Writing and reading files by streams.

use std::fs::File;
use std::sync::Arc;

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use wasmtime_wasi::async_trait;
use wasmtime_wasi::p2::bindings::filesystem::types::ErrorCode;
use wasmtime_wasi::p2::{DynInputStream, InputStream, OutputStream, Pollable, StreamError, StreamResult};

use super::change::{Refused, Target};
use super::{Handle, Held};
use crate::runtime::limits::{FILE_CHUNK_BYTES, FILE_READ_AHEAD_BYTES};
use crate::runtime::terms::Terms;

/// Why a stream ended. The guest learns its code by `filesystem-error-code`.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("{0:?}")]
pub(in crate::runtime) struct Ended(pub(in crate::runtime) ErrorCode);

/// Writes to a file, within its quota.
pub(in crate::runtime) struct Writer {
    file: Arc<File>,
    handle: Handle,
    terms: Arc<Terms>,
    target: Target,
    /// The writes that this instance may have under way, on all its streams: each holds memory of the host.
    writes: Arc<Semaphore>,
    state: State,
}

/// What a stream is at.
enum State {
    Ready,
    Writing(JoinHandle<Result<usize, Refused>>),
    Failed(wasmtime::Error),
    Closed,
}

impl Writer {
    pub(in crate::runtime) fn new(
        file: Arc<File>,
        handle: Handle,
        terms: Arc<Terms>,
        target: Target,
        writes: Arc<Semaphore>,
    ) -> Self {
        Self { file, handle, terms, target, writes, state: State::Ready }
    }

    async fn write_now(&self, data: Bytes) -> Result<usize, Refused> {
        let (file, target, held) = (self.file.clone(), self.target, self.handle.held.clone());
        let mount = &self.handle.mount;
        let written = mount.directory.change(mount.quota, move |turn| {
            let _held = held;
            turn.write_all(&file, &data, target).map(|()| data.len())
        });
        written.await
    }

    fn wrote(&mut self, written: Result<usize, Refused>) {
        self.state = match written {
            Ok(bytes) => {
                if let Target::At(offset) = &mut self.target {
                    *offset = offset.saturating_add(bytes as u64);
                }
                State::Ready
            }
            Err(Refused::Failed(error)) => State::Failed(error.into()),
            Err(Refused::Code(code)) => State::Failed(Ended(code).into()),
            Err(Refused::Full(full)) => {
                self.terms.denied(&self.handle.mount.no_room(full, &self.terms.permissions));
                State::Failed(Ended(ErrorCode::Quota).into())
            }
        };
    }

    /// The error that it ended with, once; then it is closed.
    fn state(&mut self) -> StreamResult<()> {
        match &self.state {
            State::Ready | State::Writing(_) => Ok(()),
            State::Closed => Err(StreamError::Closed),
            State::Failed(_) => match std::mem::replace(&mut self.state, State::Closed) {
                State::Failed(error) => Err(StreamError::LastOperationFailed(error)),
                _ => Err(StreamError::Closed),
            },
        }
    }
}

#[async_trait]
impl OutputStream for Writer {
    fn write(&mut self, data: Bytes) -> StreamResult<()> {
        self.state()?;
        let may_write = matches!(self.state, State::Ready) && data.len() <= FILE_CHUNK_BYTES;
        let Some(place) = self.writes.clone().try_acquire_owned().ok().filter(|_| may_write) else {
            return Err(StreamError::trap("a write that `check-write` did not permit"));
        };
        let (file, target, handle) = (self.file.clone(), self.target, self.handle.clone());
        self.state = State::Writing(tokio::spawn(async move {
            let mount = &handle.mount;
            let written = mount.directory.change(mount.quota, move |turn| {
                let _place = place;
                turn.write_all(&file, &data, target).map(|()| data.len())
            });
            written.await
        }));
        Ok(())
    }

    async fn blocking_write_and_flush(&mut self, data: Bytes) -> StreamResult<()> {
        self.ready().await;
        self.state()?;
        let written = self.write_now(data).await;
        self.wrote(written);
        self.state()
    }

    fn flush(&mut self) -> StreamResult<()> {
        self.state()
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        self.state()?;
        let ready = matches!(self.state, State::Ready) && self.writes.available_permits() > 0;
        Ok(if ready { FILE_CHUNK_BYTES } else { 0 })
    }

    async fn cancel(&mut self) {
        // What has begun comes to its end; until then the guest waits, so that it cannot begin ever more.
        self.ready().await;
        self.state = State::Closed;
    }
}

#[async_trait]
impl Pollable for Writer {
    async fn ready(&mut self) {
        if let State::Writing(writing) = &mut self.state {
            let written = writing.await.unwrap_or_else(|error| Err(Refused::Failed(std::io::Error::other(error))));
            self.wrote(written);
        }
        if matches!(self.state, State::Ready) {
            // Fails only if it is closed, which it never is.
            let _ = self.writes.acquire().await;
        }
    }
}

/// Reads a file, which is held open until then.
pub(in crate::runtime) struct Holding {
    stream: DynInputStream,
    _held: Option<Arc<Held>>,
}

impl Holding {
    pub(in crate::runtime) fn new(stream: DynInputStream, held: Option<Arc<Held>>) -> Self {
        Self { stream, _held: held }
    }
}

#[async_trait]
impl InputStream for Holding {
    fn read(&mut self, size: usize) -> StreamResult<Bytes> {
        // What is read before the guest takes it is memory of the host, for each of its streams.
        self.stream.read(size.min(FILE_READ_AHEAD_BYTES))
    }

    async fn blocking_read(&mut self, size: usize) -> StreamResult<Bytes> {
        self.stream.blocking_read(size).await
    }

    async fn cancel(&mut self) {
        self.stream.cancel().await;
    }
}

#[async_trait]
impl Pollable for Holding {
    async fn ready(&mut self) {
        self.stream.ready().await;
    }
}
