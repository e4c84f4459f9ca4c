//! Ends that make no sound: packets that vanish, connections that one side has forgotten.

use std::io;
use std::net::TcpStream;
use std::os::fd::{AsFd, AsRawFd};

use socket2::{SockFilter, SockRef};

/// `BPF_RET | BPF_K`: take so many bytes of the packet; of none, it is dropped.
const RETURN: u16 = 0x06;

/// The kernel drops each packet for this socket, listening or connected, before TCP sees it: no
/// acknowledgement, no reset. Off: packets come in again.
///
/// # Errors
/// What the system says.
pub fn drop_packets(socket: &impl AsFd, on: bool) -> io::Result<()> {
    let socket = SockRef::from(socket);
    match on {
        true => socket.attach_filter(&[SockFilter::new(RETURN, 0, 0, 0)]),
        false => match socket.detach_filter() {
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) => Ok(()),
            done => done,
        },
    }
}

/// The kernel forgets the connection, and tells the peer nothing: its next packet is answered with
/// a reset. A thread that reads is woken.
///
/// # Errors
/// Where we are not root: `TCP_REPAIR`, made for moving connections to other machines, wants
/// `CAP_NET_ADMIN`.
pub fn forget(socket: &TcpStream) -> io::Result<()> {
    let on: libc::c_int = 1;
    let nowhere = libc::sockaddr {
        sa_family: libc::AF_UNSPEC as libc::sa_family_t,
        sa_data: [0; 14],
    };
    // SAFETY: the descriptor is open for as long as it is borrowed; the kernel reads one int, then
    // one address, both of which live until the calls are over.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            libc::TCP_REPAIR,
            std::ptr::from_ref(&on).cast(),
            size_of_val(&on) as libc::socklen_t,
        ) == 0
            && libc::connect(
                socket.as_raw_fd(),
                &raw const nowhere,
                size_of_val(&nowhere) as libc::socklen_t,
            ) == 0
    };
    done.then_some(()).ok_or_else(io::Error::last_os_error)
}
