//! A [`Medium`] as a file, through FUSE: one folder with one file `image` in it, for a loop device
//! to stand on.

use std::ffi::OsStr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use fuser::{
    BackgroundSession, Config, Errno, FileAttr, FileHandle, FileType, Filesystem, FopenFlags,
    Generation, INodeNo, LockOwner, MountOption, OpenFlags, ReplyAttr, ReplyData, ReplyEmpty,
    ReplyEntry, ReplyOpen, ReplyWrite, Request, SessionACL, WriteFlags,
};

use super::medium::Medium;

/// What the kernel may remember of attributes: nothing changes but the content.
const TTL: Duration = Duration::from_secs(3600);
/// The file.
const IMAGE: INodeNo = INodeNo(2);
/// Its name.
pub(super) const NAME: &str = "image";

/// Serves the medium in this folder until the session is dropped.
pub(super) fn serve(medium: Arc<Medium>, folder: &Path) -> std::io::Result<BackgroundSession> {
    let mut config = Config::default();
    config.mount_options = vec![MountOption::FSName("siembox-test".into())];
    config.acl = SessionACL::All;
    fuser::spawn_mount(Image(medium), folder, &config)
}

struct Image(Arc<Medium>);

impl Image {
    fn attributes(&self, number: INodeNo) -> FileAttr {
        let is_image = number == IMAGE;
        let size = if is_image { self.0.size() } else { 0 };
        FileAttr {
            ino: number,
            size,
            blocks: size / 512,
            atime: UNIX_EPOCH,
            mtime: UNIX_EPOCH,
            ctime: UNIX_EPOCH,
            crtime: UNIX_EPOCH,
            kind: if is_image {
                FileType::RegularFile
            } else {
                FileType::Directory
            },
            perm: if is_image { 0o600 } else { 0o700 },
            nlink: 1,
            uid: 0,
            gid: 0,
            rdev: 0,
            blksize: 4096,
            flags: 0,
        }
    }
}

fn place(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

impl Filesystem for Image {
    fn lookup(&self, _: &Request, _: INodeNo, name: &OsStr, reply: ReplyEntry) {
        if name == NAME {
            reply.entry(&TTL, &self.attributes(IMAGE), Generation(0));
        } else {
            reply.error(Errno::ENOENT);
        }
    }

    fn getattr(&self, _: &Request, number: INodeNo, _: Option<FileHandle>, reply: ReplyAttr) {
        reply.attr(&TTL, &self.attributes(number));
    }

    fn open(&self, _: &Request, _: INodeNo, _: OpenFlags, reply: ReplyOpen) {
        // nothing of it is kept by the kernel: each read and write comes here
        reply.opened(FileHandle(self.0.life()), FopenFlags::FOPEN_DIRECT_IO);
    }

    fn read(
        &self,
        _: &Request,
        _: INodeNo,
        life: FileHandle,
        offset: u64,
        size: u32,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyData,
    ) {
        let at = place(offset);
        match self.0.read(life.0, at..at.saturating_add(size as usize)) {
            Ok(bytes) => reply.data(&bytes),
            Err(_) => reply.error(Errno::EIO),
        }
    }

    fn write(
        &self,
        _: &Request,
        _: INodeNo,
        life: FileHandle,
        offset: u64,
        data: &[u8],
        _: WriteFlags,
        _: OpenFlags,
        _: Option<LockOwner>,
        reply: ReplyWrite,
    ) {
        match self.0.write(life.0, place(offset), data) {
            Ok(()) => reply.written(u32::try_from(data.len()).unwrap_or(u32::MAX)),
            Err(_) => reply.error(Errno::EIO),
        }
    }

    /// `close`, not a flush of the drive.
    fn flush(&self, _: &Request, _: INodeNo, _: FileHandle, _: LockOwner, reply: ReplyEmpty) {
        reply.ok();
    }

    /// What the loop device makes of a flush of the drive.
    fn fsync(&self, _: &Request, _: INodeNo, life: FileHandle, _: bool, reply: ReplyEmpty) {
        match self.0.flush(life.0) {
            Ok(()) => reply.ok(),
            Err(_) => reply.error(Errno::EIO),
        }
    }
}
