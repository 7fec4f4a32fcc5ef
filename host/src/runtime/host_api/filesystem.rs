//! `wasi:filesystem`: what reads goes to wasmtime's own functions; what opens or changes anything is done here, by the
//! grants, the call's access and the quotas.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use wasmtime::component::{HasSelf, Linker, Resource};
use wasmtime_wasi::filesystem::{self as wasi, Descriptor, WasiFilesystemView as _};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::filesystem::types::{
    self, Advice, DescriptorFlags, DescriptorStat, DescriptorType, DirectoryEntry, DirectoryEntryStream, ErrorCode,
    Filesize, HostDescriptor, HostDirectoryEntryStream, MetadataHashValue, NewTimestamp, OpenFlags, PathFlags,
};
use wasmtime_wasi::p2::{DynInputStream, DynOutputStream, FsError, FsResult};
use wasmtime_wasi::{FsPerms, OpenMode};

use crate::plugin::Capability;
use crate::runtime::filesystem::{
    Ended, Handle, Holding, How, Mount, Refused, Target, Turn, Writer, count_entries, open_existing,
};
use crate::runtime::store::{Purpose, State};
use crate::runtime::terms::Terms;

/// Puts ours in the place of wasmtime's.
pub(super) fn link(linker: &mut Linker<State>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    preopens::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    types::add_to_linker::<State, HasSelf<State>>(linker, |state| state)?;
    linker.allow_shadowing(false);
    Ok(())
}

type Fd = Resource<Descriptor>;

impl preopens::Host for State {
    fn get_directories(&mut self) -> wasmtime::Result<Vec<(Fd, String)>> {
        if self.purpose == Purpose::Listing {
            return Ok(Vec::new());
        }
        let terms = self.terms.clone();
        let mut directories = Vec::new();
        for mount in terms.mounts.iter() {
            let fd = self.table.push(mount.root())?;
            self.files.insert(fd.rep(), Handle { mount: mount.clone(), held: None });
            directories.push((fd, mount.path.clone()));
        }
        Ok(directories)
    }
}

impl State {
    /// What belongs to a descriptor, whose use is noted.
    fn handle(&self, fd: &Fd) -> FsResult<Handle> {
        let handle = self.files.get(fd.rep()).ok_or(ErrorCode::BadDescriptor)?;
        self.used(Capability::Filesystem, &handle.mount.path);
        Ok(handle.clone())
    }

    /// The mount of a descriptor through which the guest wants to `act`: "write to".
    fn writable(&self, fd: &Fd, act: &str) -> FsResult<Handle> {
        let handle = self.handle(fd)?;
        if handle.mount.writable && !self.call.access.read_only {
            return Ok(handle);
        }
        let denial = handle.mount.not_writable(act, self.call.access.read_only, &self.terms.permissions);
        self.terms.denied(&denial);
        Err(ErrorCode::ReadOnly.into())
    }

    fn directory(&self, fd: &Fd) -> FsResult<Arc<File>> {
        match self.table.get(fd)? {
            Descriptor::Dir(directory) => Ok(directory.dir.clone()),
            Descriptor::File(_) => Err(ErrorCode::NotDirectory.into()),
        }
    }

    fn file(&self, fd: &Fd) -> FsResult<wasi::File> {
        match self.table.get(fd)? {
            Descriptor::File(file) => Ok(file.clone()),
            Descriptor::Dir(_) => Err(ErrorCode::IsDirectory.into()),
        }
    }

    /// A file that was opened for writing.
    fn file_to_write(&self, fd: &Fd) -> FsResult<Arc<File>> {
        let file = self.file(fd)?;
        if file.open_mode.contains(OpenMode::WRITE) { Ok(file.file) } else { Err(ErrorCode::BadDescriptor.into()) }
    }

    /// Changes two names, which must be in one mount: what moves to another would be another's to count.
    async fn change_both(
        &mut self,
        act: &str,
        from: (&Fd, String),
        to: (&Fd, String),
        both: impl FnOnce(&Turn, (&File, &Path), (&File, &Path)) -> Result<(), Refused> + Send + 'static,
    ) -> FsResult<()> {
        let (source, Handle { mount, .. }) = (self.writable(from.0, act)?, self.writable(to.0, act)?);
        let (from, to) = ((self.directory(from.0)?, from.1), (self.directory(to.0)?, to.1));
        if !Arc::ptr_eq(&source.mount, &mount) {
            return Err(ErrorCode::CrossDevice.into());
        }
        let changed =
            change(&self.terms, &mount, move |turn| both(turn, (&from.0, from.1.as_ref()), (&to.0, to.1.as_ref())));
        changed.await
    }

    fn write_stream(&mut self, fd: &Fd, target: Target) -> FsResult<Resource<DynOutputStream>> {
        let handle = self.writable(fd, "write to")?;
        let file = self.file_to_write(fd)?;
        let writer = Writer::new(file, handle, self.terms.clone(), target, self.files.writes.clone());
        let writer: DynOutputStream = Box::new(writer);
        Ok(self.table.push(writer)?)
    }
}

/// Changes something in a mount.
async fn change<T: Send + 'static>(
    terms: &Terms,
    mount: &Arc<Mount>,
    change: impl FnOnce(&Turn) -> Result<T, Refused> + Send + 'static,
) -> FsResult<T> {
    let changed = mount.directory.change(mount.quota, change).await;
    changed.map_err(|refused| refusal(terms, mount, refused))
}

fn refusal(terms: &Terms, mount: &Mount, refused: Refused) -> FsError {
    match refused {
        Refused::Code(code) => code.into(),
        Refused::Failed(error) => error.into(),
        Refused::Full(full) => {
            terms.denied(&mount.no_room(full, &terms.permissions));
            ErrorCode::Quota.into()
        }
    }
}

fn how(path: PathFlags, open: OpenFlags, flags: DescriptorFlags) -> FsResult<How> {
    let synced = DescriptorFlags::FILE_INTEGRITY_SYNC
        | DescriptorFlags::DATA_INTEGRITY_SYNC
        | DescriptorFlags::REQUESTED_WRITE_SYNC;
    if flags.intersects(synced) {
        return Err(ErrorCode::Unsupported.into());
    }
    let how = How {
        follow: path.contains(PathFlags::SYMLINK_FOLLOW),
        read: flags.contains(DescriptorFlags::READ),
        write: flags.contains(DescriptorFlags::WRITE),
        create: open.contains(OpenFlags::CREATE),
        exclusive: open.contains(OpenFlags::EXCLUSIVE),
        truncate: open.contains(OpenFlags::TRUNCATE),
        directory: open.contains(OpenFlags::DIRECTORY),
    };
    if how.directory && (how.changes() || how.exclusive) {
        return Err(ErrorCode::Invalid.into());
    }
    Ok(how)
}

impl types::Host for State {
    fn convert_error_code(&mut self, error: FsError) -> wasmtime::Result<ErrorCode> {
        error.downcast()
    }

    fn filesystem_error_code(&mut self, error: Resource<wasmtime::Error>) -> wasmtime::Result<Option<ErrorCode>> {
        if let Some(Ended(code)) = self.table.get(&error)?.downcast_ref() {
            return Ok(Some(*code));
        }
        self.filesystem().filesystem_error_code(error)
    }
}

impl HostDescriptor for State {
    async fn open_at(
        &mut self,
        fd: Fd,
        path_flags: PathFlags,
        path: String,
        open_flags: OpenFlags,
        flags: DescriptorFlags,
    ) -> FsResult<Fd> {
        let how = how(path_flags, open_flags, flags)?;
        let writes = how.write || how.changes();
        let Handle { mount, .. } = if writes { self.writable(&fd, "write to")? } else { self.handle(&fd)? };
        let at = self.directory(&fd)?;
        let place = self.runtime.directories.place().filter(|_| !self.files.is_full());
        let place = place.ok_or(ErrorCode::InsufficientMemory)?;
        let directory = mount.directory.clone();
        let opened = if how.changes() {
            change(&self.terms, &mount, move |turn| {
                let file = turn.open(&at, path.as_ref(), how)?;
                Ok((directory.hold(&file, place)?, file.metadata()?.is_dir(), file))
            })
            .await
        } else {
            let open = move || {
                let file = open_existing(&at, path.as_ref(), how)?;
                Ok((directory.hold(&file, place)?, file.metadata()?.is_dir(), file))
            };
            let opened = tokio::task::spawn_blocking(open).await.map_err(FsError::trap)?;
            opened.map_err(|refused| refusal(&self.terms, &mount, refused))
        };
        let (held, is_directory, file) = opened?;
        let (perms, mut mode) = if mount.writable {
            (FsPerms::ReadWrite, OpenMode::empty())
        } else {
            (FsPerms::ReadOnly, OpenMode::empty())
        };
        mode.set(OpenMode::READ, how.read || !how.write);
        mode.set(OpenMode::WRITE, writes || (is_directory && mount.writable));
        let descriptor = if is_directory {
            Descriptor::Dir(wasi::Dir::new(file, perms, mode, false))
        } else {
            Descriptor::File(wasi::File::new(file, perms, mode, false))
        };
        let opened = self.table.push(descriptor)?;
        self.files.insert(opened.rep(), Handle { mount, held: Some(Arc::new(held)) });
        Ok(opened)
    }

    fn drop(&mut self, fd: Fd) -> wasmtime::Result<()> {
        self.files.remove(fd.rep());
        self.table.delete(fd)?;
        Ok(())
    }

    fn write_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynOutputStream>> {
        self.write_stream(&fd, Target::At(offset))
    }

    fn append_via_stream(&mut self, fd: Fd) -> FsResult<Resource<DynOutputStream>> {
        self.write_stream(&fd, Target::End)
    }

    fn read_via_stream(&mut self, fd: Fd, offset: Filesize) -> FsResult<Resource<DynInputStream>> {
        let held = self.handle(&fd)?.held;
        let stream = self.filesystem().read_via_stream(fd, offset)?;
        let stream: DynInputStream = Box::new(Holding::new(self.table.delete(stream)?, held));
        Ok(self.table.push(stream)?)
    }

    async fn write(&mut self, fd: Fd, data: Vec<u8>, offset: Filesize) -> FsResult<Filesize> {
        let Handle { mount, held } = self.writable(&fd, "write to")?;
        let file = self.file_to_write(&fd)?;
        let written = change(&self.terms, &mount, move |turn| {
            let _held = held;
            turn.write(&file, &data, Target::At(offset))
        });
        Ok(written.await? as Filesize)
    }

    async fn set_size(&mut self, fd: Fd, size: Filesize) -> FsResult<()> {
        let Handle { mount, held } = self.writable(&fd, "write to")?;
        let file = self.file_to_write(&fd)?;
        let resized = change(&self.terms, &mount, move |turn| {
            let _held = held;
            turn.resize(&file, size)
        });
        resized.await
    }

    async fn create_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let Handle { mount, .. } = self.writable(&fd, "make a directory in")?;
        let at = self.directory(&fd)?;
        change(&self.terms, &mount, move |turn| turn.create_directory(&at, path.as_ref())).await
    }

    async fn symlink_at(&mut self, fd: Fd, target: String, path: String) -> FsResult<()> {
        let Handle { mount, .. } = self.writable(&fd, "make a link in")?;
        let at = self.directory(&fd)?;
        change(&self.terms, &mount, move |turn| turn.symlink(target.as_ref(), &at, path.as_ref())).await
    }

    async fn link_at(&mut self, fd: Fd, from_flags: PathFlags, from: String, to_fd: Fd, to: String) -> FsResult<()> {
        if from_flags.contains(PathFlags::SYMLINK_FOLLOW) {
            return Err(ErrorCode::Invalid.into());
        }
        self.change_both("make a link in", (&fd, from), (&to_fd, to), Turn::link).await
    }

    async fn rename_at(&mut self, fd: Fd, from: String, to_fd: Fd, to: String) -> FsResult<()> {
        self.change_both("rename in", (&fd, from), (&to_fd, to), Turn::rename).await
    }

    async fn unlink_file_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let Handle { mount, .. } = self.writable(&fd, "remove from")?;
        let at = self.directory(&fd)?;
        change(&self.terms, &mount, move |turn| turn.remove_file(&at, path.as_ref())).await
    }

    async fn remove_directory_at(&mut self, fd: Fd, path: String) -> FsResult<()> {
        let Handle { mount, .. } = self.writable(&fd, "remove from")?;
        let at = self.directory(&fd)?;
        change(&self.terms, &mount, move |turn| turn.remove_directory(&at, path.as_ref())).await
    }

    async fn set_times(&mut self, fd: Fd, accessed: NewTimestamp, modified: NewTimestamp) -> FsResult<()> {
        self.writable(&fd, "set the times of files in")?;
        self.filesystem().set_times(fd, accessed, modified).await
    }

    async fn set_times_at(
        &mut self,
        fd: Fd,
        path_flags: PathFlags,
        path: String,
        accessed: NewTimestamp,
        modified: NewTimestamp,
    ) -> FsResult<()> {
        self.writable(&fd, "set the times of files in")?;
        self.filesystem().set_times_at(fd, path_flags, path, accessed, modified).await
    }

    async fn read_directory(&mut self, fd: Fd) -> FsResult<Resource<DirectoryEntryStream>> {
        self.handle(&fd)?;
        let (at, most) = (self.directory(&fd)?, self.files.room_for_entries());
        // All of them will be in the host's memory until the guest has taken them.
        let count =
            tokio::task::spawn_blocking(move || count_entries(&at, most + 1)).await.map_err(FsError::trap)??;
        if count > most {
            return Err(ErrorCode::InsufficientMemory.into());
        }
        let stream = self.filesystem().read_directory(fd).await?;
        self.files.begin_listing(stream.rep(), count);
        Ok(stream)
    }

    async fn read(&mut self, fd: Fd, length: Filesize, offset: Filesize) -> FsResult<(Vec<u8>, bool)> {
        self.handle(&fd)?;
        self.filesystem().read(fd, length, offset).await
    }

    async fn advise(&mut self, fd: Fd, offset: Filesize, length: Filesize, advice: Advice) -> FsResult<()> {
        self.filesystem().advise(fd, offset, length, advice).await
    }

    async fn sync(&mut self, fd: Fd) -> FsResult<()> {
        self.filesystem().sync(fd).await
    }

    async fn sync_data(&mut self, fd: Fd) -> FsResult<()> {
        self.filesystem().sync_data(fd).await
    }

    async fn get_flags(&mut self, fd: Fd) -> FsResult<DescriptorFlags> {
        self.filesystem().get_flags(fd).await
    }

    async fn get_type(&mut self, fd: Fd) -> FsResult<DescriptorType> {
        self.filesystem().get_type(fd).await
    }

    async fn stat(&mut self, fd: Fd) -> FsResult<DescriptorStat> {
        self.filesystem().stat(fd).await
    }

    async fn stat_at(&mut self, fd: Fd, path_flags: PathFlags, path: String) -> FsResult<DescriptorStat> {
        self.handle(&fd)?;
        self.filesystem().stat_at(fd, path_flags, path).await
    }

    async fn readlink_at(&mut self, fd: Fd, path: String) -> FsResult<String> {
        self.handle(&fd)?;
        self.filesystem().readlink_at(fd, path).await
    }

    async fn is_same_object(&mut self, a: Fd, b: Fd) -> wasmtime::Result<bool> {
        self.filesystem().is_same_object(a, b).await
    }

    async fn metadata_hash(&mut self, fd: Fd) -> FsResult<MetadataHashValue> {
        self.filesystem().metadata_hash(fd).await
    }

    async fn metadata_hash_at(&mut self, fd: Fd, path_flags: PathFlags, path: String) -> FsResult<MetadataHashValue> {
        self.filesystem().metadata_hash_at(fd, path_flags, path).await
    }
}

impl HostDirectoryEntryStream for State {
    async fn read_directory_entry(
        &mut self,
        stream: Resource<DirectoryEntryStream>,
    ) -> FsResult<Option<DirectoryEntry>> {
        self.filesystem().read_directory_entry(stream).await
    }

    fn drop(&mut self, stream: Resource<DirectoryEntryStream>) -> wasmtime::Result<()> {
        self.files.end_listing(stream.rep());
        HostDirectoryEntryStream::drop(&mut self.filesystem(), stream)
    }
}
