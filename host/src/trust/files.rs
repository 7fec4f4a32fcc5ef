//! The grants files, as they lie in their directory.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{self, Read as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use cap_std::ambient_authority;
use cap_std::fs::{Dir, OpenOptions, OpenOptionsExt as _};
use rustix::fs::OFlags;
use sha2::{Digest as _, Sha256};

use crate::plugin::{Digest, PluginId};
use crate::policy::Grants;
use crate::stamp::Stamp;

/// The most files that are read.
const MOST_FILES: usize = 4_096;
/// The most bytes of one.
const MOST_BYTES: u64 = 256 << 10;
/// For how long a file must have stood still: who writes one in two steps is not to be read between them.
const STILL: Duration = Duration::from_millis(100);

/// All grants files at one moment.
#[derive(Debug, Clone, Default)]
pub(super) struct Files {
    by_plugin: BTreeMap<PluginId, Arc<File>>,
    /// Some are being written.
    unsettled: bool,
}

/// One of them.
#[derive(Debug)]
pub(super) struct File {
    /// Of its text.
    pub(super) digest: Digest,
    /// What it grants, or why that cannot be told.
    pub(super) outcome: Result<Grants, String>,
    stamp: Option<Stamp>,
}

impl Files {
    pub(super) fn get(&self, id: &PluginId) -> Option<&File> {
        self.by_plugin.get(id).map(|file| &**file)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.by_plugin.len()
    }

    /// Is none of them being written?
    pub(super) fn is_settled(&self) -> bool {
        !self.unsettled
    }

    /// Do all of them say the same?
    pub(super) fn is_like(&self, other: &Self) -> bool {
        let texts =
            |files: &Self| files.by_plugin.iter().map(|(id, file)| (id.clone(), file.digest)).collect::<Vec<_>>();
        texts(self) == texts(other)
    }

    /// Takes `text` for what is in the file of `id`.
    #[cfg(test)]
    pub(super) fn put(&mut self, id: &PluginId, text: &str, path: &Path) {
        self.by_plugin.insert(id.clone(), Arc::new(File::parsed(text, path, None)));
    }

    /// What is in the directory at `path` now. What has not changed since `before` is not read again, and what is
    /// still being written is as it was before. A directory that is not there is an empty one. Blocks.
    pub(super) fn read(path: &Path, before: &Self) -> io::Result<Self> {
        let directory = match Dir::open_ambient_dir(path, ambient_authority()) {
            Ok(directory) => directory,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(error),
        };
        let mut files = BTreeMap::new();
        let mut unsettled = false;
        for entry in directory.entries()? {
            let name = entry?.file_name();
            let Some(id) = plugin(&name) else { continue };
            if files.len() == MOST_FILES {
                return Err(io::Error::other(format!("it has more than {MOST_FILES} files")));
            }
            let known = before.by_plugin.get(&id);
            match read_file(&directory, &name, &path.join(&name), known) {
                Read::File(file) => drop(files.insert(id, file)),
                Read::Unsettled => {
                    unsettled = true;
                    files.extend(known.map(|known| (id, known.clone())));
                }
                Read::Gone => {}
            }
        }
        Ok(Self { by_plugin: files, unsettled })
    }
}

/// The plugin that the file is for. What is no plugin's is nobody's business here, such as an editor's copy.
fn plugin(name: &OsString) -> Option<PluginId> {
    PluginId::parse(name.to_str()?.strip_suffix(".toml")?).ok()
}

/// What came of looking at one.
enum Read {
    File(Arc<File>),
    /// It is being written.
    Unsettled,
    Gone,
}

fn read_file(directory: &Dir, name: &OsString, path: &Path, known: Option<&Arc<File>>) -> Read {
    let refused = |stamp, reason: String| Read::File(Arc::new(File::refused(path, stamp, &reason)));
    let metadata = match directory.metadata(name) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Read::Gone,
        Err(error) => return refused(None, format!("it cannot be looked at: {error}")),
    };
    let stamp = Stamp::of(&metadata);
    if let Some(known) = known.filter(|known| known.stamp == Some(stamp)) {
        return Read::File(known.clone());
    }
    if !metadata.is_file() || stamp.size > MOST_BYTES {
        return refused(Some(stamp), format!("it is not a file of at most {MOST_BYTES} bytes"));
    }
    if stamp.age_of_contents().is_some_and(|age| age < STILL) {
        return Read::Unsettled;
    }
    let nonblocking = i32::try_from(OFlags::NONBLOCK.bits()).unwrap_or_default();
    let options = OpenOptions::new().read(true).custom_flags(nonblocking).clone();
    let mut text = String::new();
    let read = directory.open_with(name, &options).and_then(|file| file.take(MOST_BYTES).read_to_string(&mut text));
    match read {
        Ok(_) => Read::File(Arc::new(File::parsed(&text, path, Some(stamp)))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Read::Gone,
        Err(error) => refused(Some(stamp), format!("it cannot be read: {error}")),
    }
}

impl File {
    fn parsed(text: &str, path: &Path, stamp: Option<Stamp>) -> Self {
        let outcome = Grants::parse(text, path).map_err(|error| error.to_string());
        Self { digest: Digest(Sha256::digest(text).into()), outcome, stamp }
    }

    fn refused(path: &Path, stamp: Option<Stamp>, reason: &str) -> Self {
        let reason = format!("{}: {reason}", path.display());
        Self { digest: Digest(Sha256::digest(&reason).into()), outcome: Err(reason), stamp }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::SystemTime;

    use super::*;

    fn id(name: &str) -> PluginId {
        PluginId::parse(name).unwrap()
    }

    fn settled(path: &Path, text: &str) {
        fs::write(path, text).unwrap();
        let past = SystemTime::now() - Duration::from_mins(1);
        fs::File::options().write(true).open(path).unwrap().set_modified(past).unwrap();
    }

    #[test]
    fn each_plugin_has_the_file_of_its_name_and_other_files_are_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        settled(&folder.path().join("a.toml"), "[env]\nnames = [\"TZ\"]\n");
        settled(&folder.path().join("b.toml"), "[envv]\n");
        settled(&folder.path().join("a.toml~"), "nothing");
        settled(&folder.path().join("Not A Plugin.toml"), "nothing");
        let files = Files::read(folder.path(), &Files::default()).unwrap();
        assert_eq!(files.len(), 2);
        assert!(files.get(&id("a")).unwrap().outcome.is_ok());
        assert!(files.get(&id("b")).unwrap().outcome.as_ref().unwrap_err().contains("envv (line 1)"));
    }

    #[test]
    fn a_file_that_is_being_written_is_as_it_was_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.toml");
        settled(&path, "[env]\nnames = [\"TZ\"]\n");
        let before = Files::read(folder.path(), &Files::default()).unwrap();
        fs::write(&path, "").unwrap();
        let during = Files::read(folder.path(), &before).unwrap();
        assert_eq!(during.get(&id("a")).unwrap().digest, before.get(&id("a")).unwrap().digest);
        settled(&path, "");
        let after = Files::read(folder.path(), &during).unwrap();
        assert_ne!(after.get(&id("a")).unwrap().digest, before.get(&id("a")).unwrap().digest);
    }

    #[test]
    fn a_directory_that_is_not_there_is_empty_and_a_huge_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(Files::read(&folder.path().join("none"), &Files::default()).unwrap().len(), 0);
        settled(&folder.path().join("a.toml"), &"#".repeat(300 << 10));
        let files = Files::read(folder.path(), &Files::default()).unwrap();
        assert!(files.get(&id("a")).unwrap().outcome.as_ref().unwrap_err().contains("bytes"));
    }
}
