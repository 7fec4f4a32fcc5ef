//! One file becomes one plugin: read, built, asked what it offers, checked.

use std::ffi::{OsStr, OsString};
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::FutureExt as _;
use sha2::{Digest as _, Sha256};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::build::{Build, BuildError, Source};
use super::config::Config;
use super::directory::{Contents, Directory, ReadError, Stamp};
use crate::plugin::{CallError, Digest, Limit, Listing, Plugin, PluginId};
use crate::policy::Permissions;
use crate::registry::{Admitted, Refusal};
use crate::trust::lock::Approved;
use crate::trust::{Mark, Trust};

/// What all loads share.
#[derive(Clone)]
pub(super) struct Means {
    pub build: Arc<dyn Build>,
    /// The memory for files, in units of [`UNIT`].
    memory: Arc<Semaphore>,
    /// As many files as these may be read at the same time.
    readers: Arc<Semaphore>,
    /// For reading, and again for building and listing.
    pub timeout: Duration,
}

/// Bytes; the number of units must fit a `u32`.
const UNIT: u64 = 4_096;

/// The most files that are read at the same time; each takes a thread.
const READERS: usize = 16;

impl Means {
    pub(super) fn new(build: Arc<dyn Build>, config: &Config) -> Self {
        // So that the largest file finds a place.
        let bytes = config.loading_bytes.max(config.max_file_bytes);
        let memory = Arc::new(Semaphore::new(units(bytes) as usize));
        let timeout = Duration::from_millis(config.load_timeout_ms);
        Self { build, memory, readers: Arc::new(Semaphore::new(READERS)), timeout }
    }
}

/// How many units `bytes` take: at least one, and of a size beyond all memory the most there are.
fn units(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(UNIT).max(1)).unwrap_or(u32::MAX)
}

/// A file that was read, and its place in memory.
pub(super) struct Text {
    pub id: PluginId,
    pub contents: Contents,
    /// What lies beside it as its signature.
    pub signature: Option<Bytes>,
    started: Instant,
    place: Arc<Place>,
}

/// All that decides what becomes of a file: the same inputs give the same version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Inputs {
    /// Of the file.
    pub digest: Digest,
    /// Of its signature.
    signature: Option<Digest>,
    /// What an operator has decided about the plugin.
    mark: Mark,
}

/// A part of the memory for files.
pub(super) type Place = OwnedSemaphorePermit;

/// A version of a plugin that can be served.
#[derive(Debug, Clone)]
pub(super) struct Version {
    pub inputs: Inputs,
    /// Who signed it.
    pub signer: Option<Arc<str>>,
    /// What it may do.
    pub permissions: Arc<Permissions>,
    pub admitted: Arc<Admitted>,
    pub cached: bool,
    pub elapsed: Duration,
}

/// Why a file is not served.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rejection {
    /// Of the file, if it could be read.
    pub digest: Option<Digest>,
    /// One sentence.
    pub reason: String,
    /// Trying again may help.
    pub may_pass: bool,
}

/// Why a file was not read.
pub(super) enum NotRead {
    /// It is changing still.
    NotStill,
    Rejected(Rejection),
}

impl Text {
    /// What would decide about it now.
    pub(super) fn inputs(&self, trust: &Trust) -> Inputs {
        let signature = self.signature.as_ref().map(|bytes| Digest(Sha256::digest(bytes).into()));
        Inputs { digest: self.contents.digest, signature, mark: trust.mark(&self.id) }
    }

    /// The place that it holds until it is built.
    pub(super) fn place(&self) -> Weak<Place> {
        Arc::downgrade(&self.place)
    }
}

/// Reads the file `name` when there is memory for it; an earlier version of it may share its `place`. Always ends, and
/// never panics.
pub(super) async fn read(
    directory: Directory,
    name: OsString,
    id: PluginId,
    stamp: Stamp,
    place: Option<Arc<Place>>,
    means: Means,
) -> Result<Text, NotRead> {
    let rejected = |reason, may_pass| NotRead::Rejected(Rejection { digest: None, reason, may_pass });
    let ending = |_| rejected("the loader is ending".to_owned(), true);
    let place = match place {
        Some(place) => place,
        None => Arc::new(means.memory.acquire_many_owned(units(stamp.size)).await.map_err(ending)?),
    };
    let _reader = means.readers.acquire().await.map_err(ending)?;
    let started = Instant::now();
    match bounded(means.timeout, blocking(move || read_both(&directory, &name, &stamp))).await {
        Ok(Ok((contents, signature))) => Ok(Text { id, contents, signature, started, place }),
        Ok(Err(ReadError::NotStill)) => Err(NotRead::NotStill),
        Ok(Err(error)) => Err(rejected(error.to_string(), true)),
        Err((reason, may_pass)) => Err(rejected(reason, may_pass)),
    }
}

fn read_both(directory: &Directory, name: &OsStr, stamp: &Stamp) -> Result<(Contents, Option<Bytes>), ReadError> {
    Ok((directory.read(name, stamp)?, directory.read_signature(name)?))
}

/// Builds what was read, asks it what it offers and checks that. Always ends, and never panics.
pub(super) async fn build(text: Text, trust: Arc<Trust>, means: Means) -> Result<Version, Rejection> {
    let digest = text.contents.digest;
    let outcome = bounded(means.timeout, attempt(text, trust, means.build)).await;
    let outcome = outcome.unwrap_or_else(Err);
    outcome.map_err(|(reason, may_pass)| Rejection { digest: Some(digest), reason, may_pass })
}

/// A reason, and whether it may pass.
type Failure = (String, bool);

async fn attempt(text: Text, trust: Arc<Trust>, builder: Arc<dyn Build>) -> Result<Version, Failure> {
    let inputs = text.inputs(&trust);
    let Text { id, contents: Contents { bytes, digest }, signature, started, place } = text;
    if bytes.is_empty() {
        return Err(("it is empty".to_owned(), false));
    }
    let permitted = {
        let (trust, bytes, id) = (trust.clone(), bytes.clone(), id.clone());
        // Checking a signature reads all of the file.
        blocking(move || {
            let signer = trust.signer(&bytes, signature.as_deref())?;
            let permissions = trust.permissions(&id, digest, signer.as_deref())?;
            Ok((signer, Arc::new(permissions)))
        })
    };
    let (signer, permissions) = permitted.await.map_err(|reason: String| (reason, false))?;
    if let Some(why) = permissions.why_withheld() {
        tracing::warn!(%id, file = %permissions.file().display(), "the plugin gets none of its grants: {why}");
    }
    let built = builder.build(Source { id, bytes, digest, permissions: permissions.clone() }).await;
    let built = built.map_err(|error| (error.to_string(), matches!(error, BuildError::Unavailable(_))))?;
    // The bytes are gone; a plugin that takes its time to list its tools keeps no other file waiting.
    drop(place);
    let admitted =
        list(built.plugin, permissions.clone()).await.map_err(|error| (error.to_string(), error.may_pass()))?;
    let offered = || Approved::new(digest, signer.as_deref(), admitted.definitions(), permissions.granted());
    trust.approved(admitted.plugin().id(), offered).map_err(|reason| (reason, false))?;
    Ok(Version {
        inputs,
        signer,
        permissions,
        admitted: Arc::new(admitted),
        cached: built.cached,
        elapsed: started.elapsed(),
    })
}

/// Does `work` within `timeout`, and makes a failure of a panic.
async fn bounded<T>(timeout: Duration, work: impl Future<Output = T>) -> Result<T, Failure> {
    match tokio::time::timeout(timeout, AssertUnwindSafe(work).catch_unwind()).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(_)) => Err(("loading it crashed; this is a bug of the host".to_owned(), false)),
        Err(_) => Err((format!("loading it took longer than {} ms (load_timeout_ms)", timeout.as_millis()), true)),
    }
}

/// Why what a plugin offers cannot be listed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum ListError {
    /// The plugin did not tell them.
    #[error("what it offers cannot be listed: {0}")]
    Call(CallError),
    /// It told what clients must not see.
    #[error("{0}")]
    Refused(Refusal),
    /// It is not what was approved.
    #[error("{0}")]
    Unapproved(String),
}

impl ListError {
    /// A plugin that runs out of time on a machine which is busy compiling others is not a bad plugin.
    fn may_pass(&self) -> bool {
        use Limit::{ConcurrentCalls, WallTime};
        matches!(self, Self::Call(CallError::Unavailable(_) | CallError::Limit(ConcurrentCalls(_) | WallTime(_))))
    }
}

/// Asks a plugin what it offers and checks and shapes that, as is done with each before it is served.
///
/// # Errors
/// [`ListError`] if it does not tell them, or they cannot be listed.
pub async fn list(plugin: Arc<dyn Plugin>, permissions: Arc<Permissions>) -> Result<Admitted, ListError> {
    let listing = plugin.clone().list().await.map_err(ListError::Call)?;
    admit(plugin, listing, permissions).await
}

/// Schemas take their time to compile.
async fn admit(
    plugin: Arc<dyn Plugin>,
    listing: Listing,
    permissions: Arc<Permissions>,
) -> Result<Admitted, ListError> {
    blocking(move || Admitted::new(plugin, listing, permissions)).await.map_err(ListError::Refused)
}

/// Asks the plugin of `version` again. Gives `None` if it lists what it listed before. Always ends, and never panics.
pub(super) async fn list_again(
    version: Version,
    trust: Arc<Trust>,
    timeout: Duration,
) -> Result<Option<Arc<Admitted>>, String> {
    let work = async {
        let before = &version.admitted;
        let plugin = before.plugin().clone();
        let listing = plugin.clone().list().await.map_err(ListError::Call)?;
        if before.lists(&listing) {
            return Ok(None);
        }
        let admitted = admit(plugin, listing, version.permissions.clone()).await?;
        let (digest, signer) = (version.inputs.digest, version.signer.as_deref());
        let offered = || Approved::new(digest, signer, admitted.definitions(), version.permissions.granted());
        trust.approved(admitted.plugin().id(), offered).map_err(ListError::Unapproved)?;
        Ok(Some(Arc::new(admitted)))
    };
    match bounded(timeout, work).await {
        Ok(result) => result.map_err(|error: ListError| error.to_string()),
        Err((reason, _)) => Err(reason),
    }
}

/// Runs what blocks where it may. A panic goes on in the caller.
async fn blocking<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> T {
    match tokio::task::spawn_blocking(f).await {
        Ok(value) => value,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        // The runtime is shutting down, and this task with it.
        Err(_) => std::future::pending().await,
    }
}
