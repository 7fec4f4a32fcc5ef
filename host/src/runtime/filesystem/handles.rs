//! The files that one instance has open.

use std::collections::HashMap;
use std::sync::Arc;

use tokio::sync::Semaphore;

use super::{Held, Mount};
use crate::runtime::limits::{DIRECTORY_ENTRIES, FILE_WRITES, OPEN_FILES};

/// What is known of each of an instance's descriptors, by its number, beside what WASI's own table has.
pub(in crate::runtime) struct Handles {
    open: HashMap<u32, Handle>,
    /// Entries of the listings that are being read.
    listings: HashMap<u32, usize>,
    /// Writes that may still be under way at the same time.
    pub(in crate::runtime) writes: Arc<Semaphore>,
}

/// A descriptor's other half.
#[derive(Clone)]
pub(in crate::runtime) struct Handle {
    pub(in crate::runtime) mount: Arc<Mount>,
    /// Absent for the mount's own directory.
    pub(in crate::runtime) held: Option<Arc<Held>>,
}

impl Default for Handles {
    fn default() -> Self {
        let writes = Arc::new(Semaphore::new(FILE_WRITES));
        Self { open: HashMap::new(), listings: HashMap::new(), writes }
    }
}

impl Handles {
    pub(in crate::runtime) fn is_full(&self) -> bool {
        self.open.len() >= OPEN_FILES
    }

    pub(in crate::runtime) fn insert(&mut self, descriptor: u32, handle: Handle) {
        self.open.insert(descriptor, handle);
    }

    pub(in crate::runtime) fn get(&self, descriptor: u32) -> Option<&Handle> {
        self.open.get(&descriptor)
    }

    pub(in crate::runtime) fn remove(&mut self, descriptor: u32) {
        self.open.remove(&descriptor);
    }

    /// How many entries one more listing may have.
    pub(in crate::runtime) fn room_for_entries(&self) -> usize {
        DIRECTORY_ENTRIES.saturating_sub(self.listings.values().sum())
    }

    pub(in crate::runtime) fn begin_listing(&mut self, stream: u32, entries: usize) {
        self.listings.insert(stream, entries);
    }

    pub(in crate::runtime) fn end_listing(&mut self, stream: u32) {
        self.listings.remove(&stream);
    }
}
