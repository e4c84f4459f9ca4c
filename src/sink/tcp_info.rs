//! Two queries of the kernel's TCP state of a socket, which need `unsafe`.

use std::io;
use std::os::fd::{AsRawFd, BorrowedFd};

/// Bytes written to this TCP socket that the peer's kernel has not acknowledged, sent or not
/// (`SIOCOUTQ`).
///
/// # Errors
/// Where it is no connected TCP socket.
#[allow(unsafe_code)] // reason: SIOCOUTQ has no wrapper in std, tokio, socket2 or rustix
pub(super) fn unacknowledged(socket: BorrowedFd<'_>) -> io::Result<u64> {
    let mut bytes: libc::c_int = 0;
    // SAFETY: the descriptor is open for as long as it is borrowed. SIOCOUTQ, which Linux defines
    // as TIOCOUTQ, writes one int to the address given, and `bytes` is one that lives until the
    // call is over.
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

/// Where `tcpi_snd_wnd` lies in `struct tcp_info` (linux/tcp.h, since 5.4): the C libraries' own
/// structs end before it.
const SND_WND: usize = 228;

/// The bytes that the peer's kernel offers to take at this moment (`TCP_INFO`); 0 where the kernel
/// is too old to say.
///
/// # Errors
/// Where it is no TCP socket.
#[allow(unsafe_code)] // reason: TCP_INFO has no wrapper in std, tokio, socket2 or rustix
pub(super) fn offered_window(socket: BorrowedFd<'_>) -> io::Result<u32> {
    let mut info = [0_u8; SND_WND + 4];
    let mut length = info.len() as libc::socklen_t;
    // SAFETY: the descriptor is open for as long as it is borrowed. The kernel writes at most
    // `length` bytes to `info`, which has so many, and the number written to `length`; both live
    // until the call is over.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_INFO,
            info.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    let [.., a, b, c, d] = info;
    Ok(u32::from_ne_bytes([a, b, c, d]))
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
    fn the_peer_offers_what_it_has_room_for() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        socket2::SockRef::from(&listener)
            .set_recv_buffer_size(1 << 14)
            .unwrap();
        let ours = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (_theirs, _) = listener.accept().unwrap();
        let offered = offered_window(ours.as_fd()).unwrap();
        assert!((1 << 10..1 << 16).contains(&offered), "{offered}");
    }

    #[test]
    fn a_file_has_no_such_things() {
        let file = std::fs::File::open("/dev/null").unwrap();
        assert!(unacknowledged(file.as_fd()).is_err());
        assert!(offered_window(file.as_fd()).is_err());
    }
}
