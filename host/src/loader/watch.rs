//! News of the drop directory. The only file that knows `notify`.
//!
//! `notify` is used without its debouncer: the debouncer's thread wakes every few milliseconds for ever, delays
//! everything by its window and a tick, and blurs what matters here, whether a file was closed after writing. So
//! news is gathered in a [`Mailbox`], where much of it about one file is one entry, and whoever empties it decides
//! how long to wait for more.
//!
//! News may be missed without harm: it only says when to look, and which files are whole.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use notify::event::{AccessKind, AccessMode, EventKind, ModifyKind, RenameMode};
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _, WatcherKind};
use tokio::sync::Notify;

use super::config::WatchMode;
use super::directory::{Directory, Identity};

/// The most files that news is kept of; if there is more, they are taken when they stand still.
const MAX_NAMES: usize = 4_096;

/// What was heard since the mailbox was last emptied.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct News {
    /// Closed after writing, or moved in, and not written to since.
    pub closed: BTreeSet<OsString>,
    /// Written to and not closed yet, however long ago.
    pub open: BTreeSet<OsString>,
}

#[derive(Debug, Default)]
struct Heard {
    news: News,
    /// The watched directory itself was moved or removed.
    lost: bool,
}

/// Where news is put.
#[derive(Debug, Default)]
struct Mailbox {
    heard: Mutex<Heard>,
    arrived: Notify,
}

impl Mailbox {
    fn with<T>(&self, f: impl FnOnce(&mut Heard) -> T) -> T {
        // Nothing panics while it holds the lock, and sets of names are never half-changed.
        f(&mut self.heard.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// `tells_closing`: closing a file is an event of its own, so that one written to is open until then.
    fn put(&self, root: &Path, event: Result<Event, notify::Error>, tells_closing: bool) {
        let look = self.with(|heard| match event {
            Ok(event) => heard.note(root, &event, tells_closing),
            Err(error) => {
                tracing::debug!(%error, "watching the plugins directory");
                heard.news = News::default();
                true
            }
        });
        if look {
            self.arrived.notify_one();
        }
    }
}

impl Heard {
    /// Notes what `event` says; gives whether it is a reason to look.
    fn note(&mut self, root: &Path, event: &Event, tells_closing: bool) -> bool {
        if event.need_rescan() {
            self.news = News::default();
            return true;
        }
        if event.paths.iter().any(|path| path == root) {
            self.lost |= matches!(event.kind, EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)));
            return !matches!(event.kind, EventKind::Access(_));
        }
        // The last path is where the file is now.
        let Some(name) = event.paths.last().and_then(|path| path.file_name()) else { return false };
        match event.kind {
            EventKind::Access(AccessKind::Close(AccessMode::Write))
            | EventKind::Modify(ModifyKind::Name(RenameMode::To | RenameMode::Both)) => {
                self.news.open.remove(name);
                self.news.closed.insert(name.to_owned());
                self.bound();
                true
            }
            // Reading, ours above all.
            EventKind::Access(_) => false,
            EventKind::Modify(ModifyKind::Data(_) | ModifyKind::Any) if tells_closing => {
                self.news.closed.remove(name);
                self.news.open.insert(name.to_owned());
                self.bound();
                false
            }
            EventKind::Remove(_) | EventKind::Modify(ModifyKind::Name(_)) => {
                self.news.closed.remove(name);
                self.news.open.remove(name);
                true
            }
            _ => true,
        }
    }

    fn bound(&mut self) {
        if self.news.closed.len() + self.news.open.len() > MAX_NAMES {
            self.news = News::default();
        }
    }
}

/// A directory that notifications come from.
struct Armed {
    identity: Identity,
    reliable: bool,
    /// Notifies until it is dropped.
    _watcher: RecommendedWatcher,
}

/// Listens to one path, whatever directory lies there.
pub(super) struct Watch {
    path: PathBuf,
    mode: WatchMode,
    mailbox: Arc<Mailbox>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    armed: Option<Armed>,
    /// The last directory that was looked at.
    seen: Option<Identity>,
    /// It was said already that there are no notifications.
    told: bool,
}

/// What is known of the directory that [`Watch::attend`] was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Attention {
    /// It is another directory than last time.
    pub is_new: bool,
    /// Whatever happens in it is told, and its files' times are those of this machine.
    pub reliable: bool,
}

impl Watch {
    /// Nothing is listened to before [`Self::attend`].
    pub(super) fn new(path: PathBuf, mode: WatchMode) -> Self {
        Self { path, mode, mailbox: Arc::default(), state: Mutex::default() }
    }

    /// Ready once there was a reason to look.
    pub(super) async fn arrived(&self) {
        self.mailbox.arrived.notified().await;
    }

    /// Empties the mailbox.
    pub(super) fn take(&self) -> News {
        self.mailbox
            .with(|heard| News { closed: std::mem::take(&mut heard.news.closed), open: heard.news.open.clone() })
    }

    /// Sees to it that notifications come from `directory`, which is at the path now. To be called before the
    /// directory is listed, so that nothing falls between. Blocks.
    ///
    /// # Errors
    /// If there can be no notifications, and [`WatchMode::Notify`] wants them.
    pub(super) fn attend(&self, directory: &Directory) -> anyhow::Result<Attention> {
        let identity = directory.identity()?;
        let lost = self.mailbox.with(|heard| std::mem::take(&mut heard.lost));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = state.seen != Some(identity) || lost;
        state.seen = Some(identity);
        if self.mode == WatchMode::Poll {
            return Ok(Attention { is_new, reliable: false });
        }
        if let Some(armed) = state.armed.as_ref().filter(|armed| armed.identity == identity && !lost) {
            return Ok(Attention { is_new, reliable: armed.reliable });
        }
        state.armed = None;
        self.mailbox.with(|heard| heard.news = News::default());
        match self.listen() {
            Ok(watcher) => {
                let reliable = !is_shared_with_other_machines(directory);
                if !reliable && !std::mem::replace(&mut state.told, true) {
                    let (path, every) = (self.path.display(), "poll_ms");
                    tracing::info!(%path, every, "the plugins directory is on a mount whose changes may go unnoticed: looking at it regularly");
                }
                state.armed = Some(Armed { identity, reliable, _watcher: watcher });
                Ok(Attention { is_new, reliable })
            }
            Err(error) if self.mode == WatchMode::Auto => {
                if !std::mem::replace(&mut state.told, true) {
                    tracing::warn!(path = %self.path.display(), %error, "no notifications of changes: looking at the plugins directory every poll_ms");
                }
                Ok(Attention { is_new, reliable: false })
            }
            Err(error) => Err(anyhow::Error::new(error)
                .context("no notifications of changes; set watch = \"auto\" or \"poll\" to do without")),
        }
    }

    /// Forgets the directory: nothing is at the path.
    pub(super) fn abandon(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.armed = None;
        state.seen = None;
    }

    /// A watcher of its own each time: taking one from a removed directory to the next would mix up their events.
    fn listen(&self) -> notify::Result<RecommendedWatcher> {
        let tells_closing = RecommendedWatcher::kind() == WatcherKind::Inotify;
        let (mailbox, root) = (self.mailbox.clone(), self.path.clone());
        let handler = move |event| mailbox.put(&root, event, tells_closing);
        let mut watcher = RecommendedWatcher::new(handler, notify::Config::default())?;
        watcher.watch(&self.path, RecursiveMode::NonRecursive)?;
        Ok(watcher)
    }
}

/// File systems on which others can change files without the kernel here hearing of it.
#[cfg(target_os = "linux")]
fn is_shared_with_other_machines(directory: &Directory) -> bool {
    const MAGIC: [u32; 15] = [
        0x0000_6969, // NFS
        0x0000_517b, // SMB
        0xff53_4d42, // CIFS
        0xfe53_4d42, // SMB2
        0x6573_5546, // FUSE, and virtiofs
        0x0102_1997, // 9P
        0x00c3_6400, // Ceph
        0x5346_414f, // AFS
        0x7375_7245, // Coda
        0x7461_636f, // OCFS2
        0x0116_1970, // GFS2
        0x0bd0_0bd0, // Lustre
        0x4750_4653, // GPFS
        0x1983_0326, // BeeGFS
        0x786f_4256, // VirtualBox shared folders
    ];
    rustix::fs::fstatfs(directory.handle()).is_ok_and(|stat| {
        // The type's width differs between machines; the numbers have 32 bits.
        u32::try_from(stat.f_type & 0xffff_ffff).is_ok_and(|magic| MAGIC.contains(&magic))
    })
}

#[cfg(not(target_os = "linux"))]
fn is_shared_with_other_machines(_: &Directory) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use notify::event::{CreateKind, DataChange, Flag, RemoveKind};

    use super::*;

    const CLOSE: EventKind = EventKind::Access(AccessKind::Close(AccessMode::Write));
    const OPEN: EventKind = EventKind::Access(AccessKind::Open(AccessMode::Any));
    const WRITE: EventKind = EventKind::Modify(ModifyKind::Data(DataChange::Any));
    const CREATE: EventKind = EventKind::Create(CreateKind::File);
    const REMOVE: EventKind = EventKind::Remove(RemoveKind::File);
    const MOVED_IN: EventKind = EventKind::Modify(ModifyKind::Name(RenameMode::To));

    fn heard(events: &[(EventKind, &str)]) -> (Heard, Vec<bool>) {
        let mut heard = Heard::default();
        let root = Path::new("/d");
        let looks = events
            .iter()
            .map(|(kind, name)| heard.note(root, &Event::new(*kind).add_path(root.join(name)), true))
            .collect();
        (heard, looks)
    }

    fn news(closed: &[&str], open: &[&str]) -> News {
        let set = |names: &[&str]| names.iter().map(OsString::from).collect();
        News { closed: set(closed), open: set(open) }
    }

    #[test]
    fn a_copied_file_is_open_until_it_is_closed() {
        let (before, looks) = heard(&[(CREATE, "a"), (OPEN, "a"), (WRITE, "a"), (WRITE, "a")]);
        assert_eq!((before.news, looks), (news(&[], &["a"]), vec![true, false, false, false]));
        let (after, looks) = heard(&[(WRITE, "a"), (CLOSE, "a")]);
        assert_eq!((after.news, looks), (news(&["a"], &[]), vec![false, true]));
    }

    #[test]
    fn writing_again_takes_back_that_it_was_closed() {
        assert_eq!(heard(&[(CLOSE, "a"), (WRITE, "a")]).0.news, news(&[], &["a"]));
    }

    #[test]
    fn a_file_moved_in_is_whole_and_a_removed_one_is_nothing() {
        assert_eq!(heard(&[(WRITE, "a"), (MOVED_IN, "a")]).0.news, news(&["a"], &[]));
        assert_eq!(heard(&[(WRITE, "a"), (CLOSE, "b"), (REMOVE, "a"), (REMOVE, "b")]).0.news, news(&[], &[]));
    }

    #[test]
    fn a_rename_within_is_told_of_the_new_name() {
        let both = EventKind::Modify(ModifyKind::Name(RenameMode::Both));
        let event = Event::new(both).add_path("/d/old".into()).add_path("/d/new".into());
        let mut heard = Heard::default();
        assert!(heard.note(Path::new("/d"), &event, true));
        assert_eq!(heard.news, news(&["new"], &[]));
    }

    #[test]
    fn our_own_reading_is_no_reason_to_look() {
        assert_eq!(
            heard(&[(OPEN, "a"), (EventKind::Access(AccessKind::Close(AccessMode::Read)), "a")]).1,
            [false, false]
        );
    }

    #[test]
    fn an_overflow_forgets_who_has_files_open_and_asks_for_a_look() {
        let (mut heard, _) = heard(&[(WRITE, "a"), (CLOSE, "b")]);
        assert!(heard.note(Path::new("/d"), &Event::new(EventKind::Other).set_flag(Flag::Rescan), true));
        assert_eq!(heard.news, News::default());
    }

    #[test]
    fn the_directory_itself_going_is_noted() {
        let (heard, looks) = heard(&[(REMOVE, "")]);
        assert!(heard.lost && looks[0]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let names: Vec<_> = (0..=MAX_NAMES * 2).map(|n| n.to_string()).collect();
        let events: Vec<_> = names.iter().map(|name| (CLOSE, name.as_str())).collect();
        assert!(heard(&events).0.news.closed.len() <= MAX_NAMES);
    }

    #[tokio::test]
    async fn a_real_file_is_told_of_when_it_is_closed() {
        use std::io::Write as _;
        let dir = tempfile::tempdir().unwrap();
        let watch = Watch::new(dir.path().to_owned(), WatchMode::Notify);
        let attention = watch.attend(&Directory::open(dir.path()).unwrap()).unwrap();
        assert!(attention.is_new);
        let mut file = std::fs::File::create(dir.path().join("a.wasm")).unwrap();
        file.write_all(b"x").unwrap();
        let name = OsString::from("a.wasm");
        while !watch.mailbox.with(|heard| heard.news.open.contains(&name)) {
            tokio::task::yield_now().await;
        }
        drop(file);
        while !watch.take().closed.contains(&name) {
            watch.arrived().await;
        }
        assert_eq!(watch.take(), News::default());
    }
}
