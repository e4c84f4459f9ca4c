//! How much of what was sent the peer's kernel has not acknowledged: the one question for which there is no safe door.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Bytes written to this TCP socket that the peer's kernel has not acknowledged, sent or not (`SIOCOUTQ`).
///
/// # Errors
/// Where it is no connected TCP socket.
#[allow(unsafe_code)] // reason: SIOCOUTQ has no wrapper in std, tokio, socket2 or rustix
pub(super) fn unacknowledged(socket: BorrowedFd<'_>) -> io::Result<u64> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is open for as long as it is borrowed. SIOCOUTQ, which Linux defines as TIOCOUTQ, writes one int
    // to the address given, and `bytes` is one that lives until the call is over.
    let result = unsafe {
        libc::ioctl(
            socket.as_raw_fd(),
            libc::TIOCOUTQ,
            std::ptr::from_mut(&mut bytes),
        )
    };
    if result == 0 {
        Ok(u64::try_from(bytes).unwrap_or(0))
    } else {
        Err(io::Error::last_os_error())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use std::io::{Read, Write};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;

    #[test]
    fn counts_what_the_peer_has_not_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (mut theirs, _) = listener.accept().unwrap();
        assert_eq!(unacknowledged(ours.as_fd()).unwrap(), 0);

        // Until the peer's kernel takes no more.
        ours.set_nonblocking(true).unwrap();
        let mut written = 0;
        while let Ok(bytes) = ours.write(&[b'x'; 65536]) {
            written += bytes;
        }
        assert!(unacknowledged(ours.as_fd()).unwrap() > 0);

        std::thread::spawn(move || {
            let mut all = vec![0; written];
            theirs.read_exact(&mut all).unwrap();
            theirs
        });
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        while unacknowledged(ours.as_fd()).unwrap() > 0 {
            assert!(std::time::Instant::now() < deadline);
            std::thread::yield_now();
        }
    }

    #[test]
    fn a_file_has_no_such_count() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(unacknowledged(file.as_fd()).is_err());
    }
}
