//! A folder seen through FUSE, where any call can be refused with any error: a disk that is full,
//! read-only or broken for a while, under a process that goes on.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io;
use std::ops::Range;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use fuser::{
    BackgroundSession, BsdFileFlags, Config, Errno, FileAttr, FileHandle, FileType, Filesystem,
    FopenFlags, Generation, INodeNo, LockOwner, MountOption, OpenAccMode, OpenFlags, RenameFlags,
    ReplyAttr, ReplyCreate, ReplyData, ReplyDirectory, ReplyEmpty, ReplyEntry, ReplyOpen,
    ReplyWrite, Request, SessionACL, TimeOrNow, WriteFlags,
};
use rustix::fs::{CWD, Mode, mknodat};
use tempfile::TempDir;

use super::names::Names;

/// The kernel asks again each time.
const TTL: Duration = Duration::ZERO;

/// What a process asks of the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Call {
    /// Bytes of a file.
    Read(Range<u64>),
    /// Bytes into a file.
    Write(Range<u64>),
    /// A file or folder made durable.
    Sync,
    /// An existing file opened; for writing, too?
    Open {
        /// For writing.
        write: bool,
    },
    /// A file, folder or socket made.
    Make,
    /// A file made shorter or longer.
    Resize,
    /// Renamed.
    Rename,
    /// Removed.
    Remove,
}

impl Call {
    /// Does it change anything on disk?
    #[must_use]
    pub fn changes(&self) -> bool {
        !matches!(
            self,
            Self::Read(_) | Self::Sync | Self::Open { write: false }
        )
    }
}

/// Says by which error of the system (`libc::EIO`, …) a call on this path, relative to the root, is
/// refused.
type Rule = Box<dyn FnMut(&Call, &Path) -> Option<i32> + Send>;

/// The folder, mounted. Dropping it unmounts it; what was written stays behind it until then.
pub struct Mirror {
    shared: Arc<Shared>,
    /// Before the folder that it shows.
    _session: BackgroundSession,
    _behind: TempDir,
}

struct Shared {
    root: PathBuf,
    state: Mutex<State>,
}

struct State {
    names: Names,
    files: HashMap<u64, Arc<File>>,
    next_file: u64,
    rule: Option<Rule>,
    refused: u64,
}

// === impl Mirror ===

impl Mirror {
    /// Mounts an empty folder there that refuses nothing. To be called inside
    /// [`super::own_mounts()`].
    ///
    /// # Errors
    /// Where the system has no FUSE for us.
    pub fn mount(at: &Path) -> io::Result<Self> {
        fs::create_dir_all(at)?;
        let behind = tempfile::Builder::new()
            .prefix("siembox-mirror-")
            .tempdir()?;
        let shared = Arc::new(Shared {
            root: behind.path().to_owned(),
            state: Mutex::new(State {
                names: Names::new(behind.path()),
                files: HashMap::new(),
                next_file: 1,
                rule: None,
                refused: 0,
            }),
        });
        let mut config = Config::default();
        config.mount_options = vec![MountOption::FSName("siembox-test".into())];
        config.acl = SessionACL::All;
        let session = fuser::spawn_mount(Fs(Arc::clone(&shared)), at, &config)?;
        Ok(Self {
            shared,
            _session: session,
            _behind: behind,
        })
    }

    /// From now on calls are refused as this says.
    pub fn refuse(&self, rule: impl FnMut(&Call, &Path) -> Option<i32> + Send + 'static) {
        self.shared.state().rule = Some(Box::new(rule));
    }

    /// From now on nothing is refused.
    pub fn serve(&self) {
        self.shared.state().rule = None;
    }

    /// The folder that it shows, by another way: what is done there, nobody is asked about.
    #[must_use]
    pub fn behind(&self) -> &Path {
        &self.shared.root
    }

    /// How many calls were refused so far.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.shared.state().refused
    }
}

// === impl Shared ===

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, number: INodeNo) -> Result<PathBuf, Errno> {
        self.state().names.path(number.0).ok_or(Errno::ENOENT)
    }

    fn child(&self, parent: INodeNo, name: &OsStr) -> Result<PathBuf, Errno> {
        self.state()
            .names
            .child(parent.0, name)
            .ok_or(Errno::ENOENT)
    }

    fn admit(&self, call: &Call, path: &Path) -> Result<(), Errno> {
        let mut state = self.state();
        let path = path.strip_prefix(&self.root).unwrap_or(path);
        let error = state.rule.as_mut().and_then(|rule| rule(call, path));
        let Some(error) = error else { return Ok(()) };
        state.refused += 1;
        Err(Errno::from_i32(error))
    }

    fn admit_file(&self, call: &Call, number: INodeNo) -> Result<(), Errno> {
        let path = self.path(number)?;
        self.admit(call, &path)
    }

    fn file(&self, handle: FileHandle) -> Result<Arc<File>, Errno> {
        self.state()
            .files
            .get(&handle.0)
            .cloned()
            .ok_or(Errno::EBADF)
    }

    fn keep(&self, file: File) -> FileHandle {
        let mut state = self.state();
        let handle = state.next_file;
        state.next_file += 1;
        state.files.insert(handle, Arc::new(file));
        FileHandle(handle)
    }

    fn entry(&self, path: &Path) -> Result<FileAttr, Errno> {
        let meta = fs::symlink_metadata(path)?;
        let number = self.state().names.number(path);
        Ok(attributes(number, &meta))
    }

    fn attr(&self, number: INodeNo, handle: Option<FileHandle>) -> Result<FileAttr, Errno> {
        // a removed file lives on in its handle
        let meta = match handle {
            Some(handle) => self.file(handle)?.metadata()?,
            None => fs::symlink_metadata(self.path(number)?)?,
        };
        Ok(attributes(number.0, &meta))
    }

    fn change(
        &self,
        number: INodeNo,
        handle: Option<FileHandle>,
        mode: Option<u32>,
        size: Option<u64>,
    ) -> Result<FileAttr, Errno> {
        if let Some(size) = size {
            self.admit_file(&Call::Resize, number)?;
            match handle {
                Some(handle) => self.file(handle)?.set_len(size)?,
                None => File::options()
                    .write(true)
                    .open(self.path(number)?)?
                    .set_len(size)?,
            }
        }
        if let Some(mode) = mode {
            fs::set_permissions(self.path(number)?, Permissions::from_mode(mode & 0o7777))?;
        }
        self.attr(number, handle)
    }

    fn open(&self, number: INodeNo, flags: OpenFlags) -> Result<FileHandle, Errno> {
        let path = self.path(number)?;
        let write = flags.acc_mode() != OpenAccMode::O_RDONLY;
        self.admit(&Call::Open { write }, &path)?;
        Ok(self.keep(File::options().read(true).write(write).open(path)?))
    }

    fn create(&self, path: &Path, mode: u32) -> Result<(FileAttr, FileHandle), Errno> {
        self.admit(&Call::Make, path)?;
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(mode)
            .open(path)?;
        Ok((self.entry(path)?, self.keep(file)))
    }

    fn read(
        &self,
        number: INodeNo,
        handle: FileHandle,
        range: Range<u64>,
    ) -> Result<Vec<u8>, Errno> {
        let file = self.file(handle)?;
        let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap_or(0)];
        self.admit_file(&Call::Read(range.clone()), number)?;
        let mut length = 0;
        while length < bytes.len() {
            match file.read_at(&mut bytes[length..], range.start + length as u64)? {
                0 => break,
                more => length += more,
            }
        }
        bytes.truncate(length);
        Ok(bytes)
    }

    fn write(
        &self,
        number: INodeNo,
        handle: FileHandle,
        at: u64,
        bytes: &[u8],
    ) -> Result<(), Errno> {
        self.admit_file(&Call::Write(at..at + bytes.len() as u64), number)?;
        Ok(self.file(handle)?.write_all_at(bytes, at)?)
    }

    fn list(&self, number: INodeNo) -> Result<Vec<(u64, FileType, std::ffi::OsString)>, Errno> {
        let folder = self.path(number)?;
        let mut list = vec![
            (number.0, FileType::Directory, ".".into()),
            (number.0, FileType::Directory, "..".into()),
        ];
        let mut entries: Vec<_> = fs::read_dir(&folder)?.collect::<Result<_, _>>()?;
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let number = self.state().names.number(&entry.path());
            list.push((number, kind(entry.file_type()?), entry.file_name()));
        }
        Ok(list)
    }

    fn remove(&self, path: &Path, is_folder: bool) -> Result<(), Errno> {
        self.admit(&Call::Remove, path)?;
        if is_folder {
            fs::remove_dir(path)?;
        } else {
            fs::remove_file(path)?;
        }
        self.state().names.forget(path);
        Ok(())
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<(), Errno> {
        self.admit(&Call::Rename, from)?;
        fs::rename(from, to)?;
        self.state().names.rename(from, to);
        Ok(())
    }
}

fn kind(of: fs::FileType) -> FileType {
    if of.is_dir() {
        FileType::Directory
    } else if of.is_socket() {
        FileType::Socket
    } else {
        FileType::RegularFile
    }
}

fn attributes(number: u64, meta: &fs::Metadata) -> FileAttr {
    let changed = meta.modified().unwrap_or(UNIX_EPOCH);
    FileAttr {
        ino: INodeNo(number),
        size: meta.len(),
        blocks: meta.blocks(),
        atime: changed,
        mtime: changed,
        ctime: changed,
        crtime: changed,
        kind: kind(meta.file_type()),
        perm: u16::try_from(meta.mode() & 0o7777).unwrap_or(0),
        nlink: u32::try_from(meta.nlink()).unwrap_or(1),
        uid: meta.uid(),
        gid: meta.gid(),
        rdev: 0,
        blksize: 4096,
        flags: 0,
    }
}

/// What the kernel asks, handed on; every answer is either the thing or an error.
struct Fs(Arc<Shared>);

impl Fs {
    fn enter(&self, reply: ReplyEntry, made: Result<FileAttr, Errno>) {
        match made {
            Ok(attr) => reply.entry(&TTL, &attr, Generation(0)),
            Err(error) => reply.error(error),
        }
    }
}

fn done(reply: ReplyEmpty, done: Result<(), Errno>) {
    match done {
        Ok(()) => reply.ok(),
        Err(error) => reply.error(error),
    }
}

impl Filesystem for Fs {
    fn lookup(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEntry) {
        let found = self.0.child(parent, name);
        self.enter(reply, found.and_then(|path| self.0.entry(&path)));
    }

    fn getattr(&self, _: &Request, number: INodeNo, handle: Option<FileHandle>, reply: ReplyAttr) {
        match self.0.attr(number, handle) {
            Ok(attr) => reply.attr(&TTL, &attr),
            Err(error) => reply.error(error),
        }
    }

    fn setattr(
        &self,
        _: &Request,
        number: INodeNo,
        mode: Option<u32>,
        _: Option<u32>,
        _: Option<u32>,
        size: Option<u64>,
        _: Option<TimeOrNow>,
        _: Option<TimeOrNow>,
        _: Option<SystemTime>,
        handle: Option<FileHandle>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<SystemTime>,
        _: Option<BsdFileFlags>,
        reply: ReplyAttr,
    ) {
        match self.0.change(number, handle, mode, size) {
            Ok(attr) => reply.attr(&TTL, &attr),
            Err(error) => reply.error(error),
        }
    }

    /// Of the nodes that are made so, siembox makes sockets only.
    fn mknod(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: u32,
        reply: ReplyEntry,
    ) {
        let made = self.0.child(parent, name).and_then(|path| {
            self.0.admit(&Call::Make, &path)?;
            let mode = Mode::from_raw_mode(mode & !umask & 0o7777);
            mknodat(CWD, &path, rustix::fs::FileType::Socket, mode, 0)
                .map_err(|error| Errno::from_i32(error.raw_os_error()))?;
            self.0.entry(&path)
        });
        self.enter(reply, made);
    }

    fn mkdir(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        reply: ReplyEntry,
    ) {
        let made = self.0.child(parent, name).and_then(|path| {
            self.0.admit(&Call::Make, &path)?;
            fs::create_dir(&path)?;
            fs::set_permissions(&path, Permissions::from_mode(mode & !umask & 0o7777))?;
            self.0.entry(&path)
        });
        self.enter(reply, made);
    }

    fn create(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        mode: u32,
        umask: u32,
        _: i32,
        reply: ReplyCreate,
    ) {
        let path = self.0.child(parent, name);
        match path.and_then(|path| self.0.create(&path, mode & !umask)) {
            Ok((attr, handle)) => reply.created(
                &TTL,
                &attr,
                Generation(0),
                handle,
                FopenFlags::FOPEN_DIRECT_IO,
            ),
            Err(error) => reply.error(error),
        }
    }

    fn open(&self, _: &Request, number: INodeNo, flags: OpenFlags, reply: ReplyOpen) {
        match self.0.open(number, flags) {
            // nothing of it is kept by the kernel: each read and write comes here
            Ok(handle) => reply.opened(handle, FopenFlags::FOPEN_DIRECT_IO),
            Err(error) => reply.error(error),
        }
    }

    fn read(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        match self
            .0
            .read(number, handle, offset..offset + u64::from(size))
        {
            Ok(bytes) => reply.data(&bytes),
            Err(error) => reply.error(error),
        }
    }

    fn write(
        &self,
        _: &Request,
        number: INodeNo,
        handle: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.0.write(number, handle, offset, data) {
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(error) => reply.error(error),
        }
    }

    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    fn release(
        &self,
        _: &Request,
        _: INodeNo,
        handle: FileHandle,
        _: OpenFlags,
        _: Option<LockOwner>,
        _: bool,
        reply: ReplyEmpty,
    ) {
        self.0.state().files.remove(&handle.0);
        reply.ok();
    }

    fn fsync(&self, _: &Request, number: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        done(reply, self.0.admit_file(&Call::Sync, number));
    }

    fn fsyncdir(&self, _: &Request, number: INodeNo, _: FileHandle, _: bool, reply: ReplyEmpty) {
        done(reply, self.0.admit_file(&Call::Sync, number));
    }

    fn readdir(
        &self,
        _: &Request,
        number: INodeNo,
        _: FileHandle,
        offset: u64,
        mut reply: ReplyDirectory,
    ) {
        match self.0.list(number) {
            Ok(list) => {
                for (place, (number, kind, name)) in (1..).zip(list) {
                    if place > offset && reply.add(INodeNo(number), place, kind, name) {
                        break;
                    }
                }
                reply.ok();
            }
            Err(error) => reply.error(error),
        }
    }

    fn unlink(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let path = self.0.child(parent, name);
        done(reply, path.and_then(|path| self.0.remove(&path, false)));
    }

    fn rmdir(&self, _: &Request, parent: INodeNo, name: &OsStr, reply: ReplyEmpty) {
        let path = self.0.child(parent, name);
        done(reply, path.and_then(|path| self.0.remove(&path, true)));
    }

    fn rename(
        &self,
        _: &Request,
        parent: INodeNo,
        name: &OsStr,
        new_parent: INodeNo,
        new_name: &OsStr,
        _: RenameFlags,
        reply: ReplyEmpty,
    ) {
        let renamed = self.0.child(parent, name).and_then(|from| {
            let to = self.0.child(new_parent, new_name)?;
            self.0.rename(&from, &to)
        });
        done(reply, renamed);
    }
}
