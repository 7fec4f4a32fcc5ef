//! One look at the directory.

use std::io;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use tokio::time::Instant;

use super::directory::{Directory, Listing};
use super::watch::{Attention, News, Watch};

/// What a look saw.
pub(super) struct Seen {
    /// When it began.
    pub at: Instant,
    /// `None` if nothing is at the path.
    pub directory: Option<Directory>,
    pub listing: Listing,
    /// What was heard before the listing was made.
    pub news: News,
    pub attention: Attention,
}

/// Looks at what is at `path` now, and sees to it that changes after this are told of.
pub(super) async fn look(watch: Arc<Watch>, path: Arc<Path>, max_file_bytes: u64) -> anyhow::Result<Seen> {
    tokio::task::spawn_blocking(move || look_blocking(&watch, &path, max_file_bytes))
        .await
        .context("looking at it was cut short")?
}

fn look_blocking(watch: &Watch, path: &Path, max_file_bytes: u64) -> anyhow::Result<Seen> {
    let at = Instant::now();
    let directory = match Directory::open(path) {
        Ok(directory) => directory,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            watch.abandon();
            let attention = Attention { is_new: false, reliable: false };
            return Ok(Seen { at, directory: None, listing: Listing::new(), news: News::default(), attention });
        }
        Err(error) => return Err(error).context("it cannot be opened"),
    };
    // In this order nothing falls between: what happens after the listing is told of.
    let attention = watch.attend(&directory)?;
    let news = watch.take();
    let listing = directory.list(max_file_bytes).context("it cannot be listed")?;
    Ok(Seen { at, directory: Some(directory), listing, news, attention })
}
