//! Opens siembox's own files safely: relative to a handle of their folder, and never through a
//! link.
//!
//! siembox may run as root, and its folders may be writable for others: a link with the name of one
//! of our files would have us write, or read aloud, what it leads to. The way to a folder is the
//! owner's, and may hold links, the state folder's own name among them (`/var/lib` may lie on
//! another disk). Below the state folder ([`no_links_below`]) no part of the way may be one, and
//! the last part of a folder that siembox makes ([`make_folder`]) never. What is a pipe or a device
//! instead of a file is refused before it can hang.

mod lock;
mod way;

use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, openat, renameat, unlinkat};
use rustix::io::Errno;

pub use lock::lock;
pub use way::no_links_below;

/// A folder, held open: what it is renamed to, or what stands in its place, changes nothing.
#[derive(Debug)]
pub struct Folder(OwnedFd);

/// A name in a folder.
#[derive(Debug)]
pub struct FileIdentity {
    /// Where it is.
    pub folder: Folder,
    /// How it is called there.
    pub name: OsString,
}

/// Opens a file for reading.
///
/// # Errors
/// When it is not there, is a link or no file, or the system refuses.
pub fn read(path: &Path) -> io::Result<File> {
    FileIdentity::of(path)?.open(OFlags::RDONLY, 0)
}

/// Opens a file for appending, and for reading; makes it with this mode where there is none.
///
/// # Errors
/// When it is a link or no file, or the system refuses.
pub fn append(path: &Path, mode: u32) -> io::Result<File> {
    let flags = OFlags::RDWR | OFlags::APPEND | OFlags::CREATE;
    FileIdentity::of(path)?.open(flags, mode)
}

/// Opens a file for reading and writing as it is; makes it with this mode where there is none.
///
/// # Errors
/// When it is a link or no file, or the system refuses.
pub fn update(path: &Path, mode: u32) -> io::Result<File> {
    FileIdentity::of(path)?.open(OFlags::RDWR | OFlags::CREATE, mode)
}

/// Makes an empty file with this mode, in place of what has its name, which goes: a link as well,
/// but not what it leads to.
///
/// # Errors
/// When a folder has its name, or the system refuses.
pub fn create(path: &Path, mode: u32) -> io::Result<File> {
    FileIdentity::of(path)?.create(mode)
}

/// Makes a folder with this mode, and those on the way to it, where there is none.
///
/// # Errors
/// When a link or a file has its name, or the system refuses.
pub fn make_folder(path: &Path, mode: u32) -> io::Result<()> {
    if let Some(way) = way::of_ours(path) {
        return way.make(mode);
    }
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => return Err(is_a_link(path)),
        Ok(found) if found.is_dir() => return Ok(()),
        _ => {}
    }
    DirBuilder::new().recursive(true).mode(mode).create(path)
}

/// Gives the socket of this path this mode. What has taken its place since it was bound stays as it
/// is.
///
/// # Errors
/// When it is no socket, or the system refuses.
pub fn set_socket_mode(path: &Path, mode: u32) -> io::Result<()> {
    let place = FileIdentity::of(path)?;
    let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let socket = File::from(openat(&place.folder.0, &place.name, flags, Mode::empty())?);
    if !socket.metadata()?.file_type().is_socket() {
        return Err(is_no_file(&place.name));
    }
    // a handle of this kind can't be given a mode but by its name in /proc
    let name = format!("/proc/self/fd/{}", socket.as_raw_fd());
    fs::set_permissions(name, fs::Permissions::from_mode(mode))
}

// === impl Place ===

impl FileIdentity {
    /// The file's name, and its folder opened.
    ///
    /// # Errors
    /// When the folder can't be opened, or the path names no file.
    pub fn of(path: &Path) -> io::Result<Self> {
        let name = path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        let folder = match path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        Ok(Self {
            folder: Folder::open(folder)?,
            name: name.to_owned(),
        })
    }

    /// As [`create`].
    ///
    /// # Errors
    /// As [`create`].
    pub fn create(&self, mode: u32) -> io::Result<File> {
        self.folder.remove(&self.name)?;
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL;
        self.open(flags, mode)
    }

    /// Opens it as the flags say.
    fn open(&self, flags: OFlags, mode: u32) -> io::Result<File> {
        // NONBLOCK: a pipe is opened at once, and then refused; for a file it means nothing
        let flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let opened = openat(&self.folder.0, &self.name, flags, Mode::from_raw_mode(mode));
        let file = match opened {
            Err(Errno::LOOP) => return Err(is_a_link(Path::new(&self.name))),
            // a pipe that nobody reads
            Err(Errno::NXIO) => return Err(is_no_file(&self.name)),
            opened => File::from(opened?),
        };
        if file.metadata()?.is_file() {
            Ok(file)
        } else {
            Err(is_no_file(&self.name))
        }
    }
}

// === impl Folder ===

impl Folder {
    /// Opens it; links on the way to it are followed as far as they are not below the state folder.
    ///
    /// # Errors
    /// When it is not there, or no folder, or a link below the state folder leads to it.
    pub fn open(path: &Path) -> io::Result<Self> {
        if let Some(way) = way::of_ours(path) {
            return Ok(Self(way.open()?));
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self(openat(CWD, path, flags, Mode::empty())?))
    }

    /// Another file of this folder.
    ///
    /// # Errors
    /// When the system is out of handles.
    pub fn place(&self, name: impl Into<OsString>) -> io::Result<FileIdentity> {
        Ok(FileIdentity {
            folder: Self(self.0.try_clone()?),
            name: name.into(),
        })
    }

    /// Puts one in the place of another; a link there goes, but not what it leads to.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn rename(&self, from: &OsStr, to: &OsStr) -> io::Result<()> {
        Ok(renameat(&self.0, from, &self.0, to)?)
    }

    /// Takes a file away, or a link. One that is not there is no error.
    ///
    /// # Errors
    /// When the system refuses.
    pub fn remove(&self, name: &OsStr) -> io::Result<()> {
        match unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Makes the names in it durable.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn sync(&self) -> io::Result<()> {
        Ok(rustix::fs::fsync(self.0.as_fd())?)
    }
}

/// What is said of a link in the place of one of our files.
#[must_use]
pub fn is_a_link(path: &Path) -> io::Error {
    let name = shown(path);
    io::Error::other(format!(
        "{name} is a link, and siembox follows no links in its own folders; cure: remove the link"
    ))
}

fn is_no_file(name: &OsStr) -> io::Error {
    let name = shown(Path::new(name));
    io::Error::other(format!(
        "{name} is not a file but a pipe, a device or a folder; cure: remove it"
    ))
}

fn shown(path: &Path) -> String {
    let name = path.file_name().map_or_else(PathBuf::new, PathBuf::from);
    name.display().to_string()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::io::{Read, Write};
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder of ours, and a file of somebody else's beside it to which `name` in it is a link.
    fn planted(name: &str) -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (ours, others) = (folder.path().join("ours"), folder.path().join("others"));
        fs::create_dir(&ours).unwrap();
        fs::write(&others, "others'").unwrap();
        let link = ours.join(name);
        symlink(&others, &link).unwrap();
        (folder, link, others)
    }

    #[test]
    fn a_link_is_refused_or_replaced_and_never_followed() {
        let (_folder, link, others) = planted("log");
        for opened in [read(&link), append(&link, 0o600), update(&link, 0o600)] {
            let error = opened.unwrap_err().to_string();
            assert!(error.starts_with("log is a link"), "{error}");
        }
        let mut made = create(&link, 0o600).unwrap();
        made.write_all(b"ours").unwrap();
        assert!(!link.is_symlink());
        assert_eq!(fs::read(&link).unwrap(), b"ours");
        assert_eq!(fs::read(&others).unwrap(), b"others'");
        let (_folder, link, others) = planted("nowhere");
        fs::remove_file(&others).unwrap();
        assert!(append(&link, 0o600).is_err() && !others.exists());
        let (_folder, link, _) = planted("folder");
        let error = make_folder(&link, 0o700).unwrap_err().to_string();
        assert!(error.starts_with("folder is a link"), "{error}");
    }

    #[test]
    fn a_pipe_hangs_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pipe");
        let kind = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(CWD, &path, kind, Mode::from_raw_mode(0o600), 0).unwrap();
        for opened in [read(&path), append(&path, 0o600), update(&path, 0o600)] {
            let error = opened.unwrap_err().to_string();
            assert!(error.starts_with("pipe is not a file"), "{error}");
        }
        assert!(read(folder.path()).is_err());
    }

    #[test]
    fn only_a_socket_gets_a_sockets_mode() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let _bound = std::os::unix::net::UnixListener::bind(&path).unwrap();
        set_socket_mode(&path, 0o620).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o620);
        let (_folder, link, others) = planted("socket");
        let before = fs::metadata(&others).unwrap().permissions();
        assert!(set_socket_mode(&link, 0o666).is_err());
        assert_eq!(fs::metadata(&others).unwrap().permissions(), before);
    }

    #[test]
    fn files_are_made_with_their_mode_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        assert_eq!(read(&path).unwrap_err().kind(), io::ErrorKind::NotFound);
        for _ in 0..2 {
            append(&path, 0o640).unwrap().write_all(b"x").unwrap();
        }
        update(&path, 0o600).unwrap().write_all(b"y").unwrap();
        let mut text = String::new();
        read(&path).unwrap().read_to_string(&mut text).unwrap();
        assert_eq!(text, "yx");
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let below = folder.path().join("new/folder");
        make_folder(&below, 0o700).unwrap();
        make_folder(&below, 0o700).unwrap();
        assert!(make_folder(&path, 0o700).is_err());
    }
}
