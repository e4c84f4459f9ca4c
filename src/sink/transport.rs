//! The transport: a TCP socket, or TLS on one, and what the kernel says about it.

use std::future::poll_fn;
use std::io::{self, ErrorKind};
use std::mem::MaybeUninit;
use std::os::fd::AsFd;
use std::pin::Pin;
use std::task::Poll;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use super::tcp_info;
use crate::trust::TlsFault;

/// A byte stream with a TCP socket at its bottom.
pub(super) trait Transport: AsyncRead + AsyncWrite + Unpin + Send {
    /// The TCP socket at the bottom.
    fn socket(&self) -> &TcpStream;

    /// A TLS fault, with what this connection knows about it.
    fn translate(&self, fault: TlsFault) -> TlsFault;

    /// What a peer that leaves right after the handshake may have meant by it.
    fn suspicion(&self) -> Option<TlsFault>;
}

/// What waits in our kernel to be read.
pub(super) enum Waiting {
    Nothing,
    Bytes,
    Fin,
}

/// Asks the kernel what waits. Not tokio, which learns of a FIN only when its reactor next runs.
pub(super) fn waiting(socket: &TcpStream) -> io::Result<Waiting> {
    let mut byte = [MaybeUninit::uninit()];
    loop {
        return match SockRef::from(socket).peek(&mut byte) {
            Ok(0) => Ok(Waiting::Fin),
            Ok(_) => Ok(Waiting::Bytes),
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => Ok(Waiting::Nothing),
            Err(cause) if cause.kind() == ErrorKind::Interrupted => continue,
            Err(cause) => Err(cause),
        };
    }
}

/// Bytes that the peer's kernel has not acknowledged.
pub(super) fn unacknowledged(socket: &TcpStream) -> io::Result<u64> {
    tcp_info::unacknowledged(socket.as_fd())
}

/// Bytes that the peer's kernel offers to take.
pub(super) fn offered_window(socket: &TcpStream) -> io::Result<u32> {
    tcp_info::offered_window(socket.as_fd())
}

/// Reads what is there, without waiting for more. `None` where TLS found nothing in it that is for
/// us (a session ticket).
pub(super) async fn read_now<C: Transport>(
    transport: &mut C,
    scratch: &mut [u8],
) -> io::Result<Option<usize>> {
    // The kernel has it; this returns as soon as the reactor has run.
    transport.socket().readable().await?;
    poll_fn(|context| {
        let mut buffer = ReadBuf::new(scratch);
        Poll::Ready(
            match Pin::new(&mut *transport).poll_read(context, &mut buffer) {
                Poll::Pending => Ok(None),
                Poll::Ready(result) => result.map(|()| Some(buffer.filled().len())),
            },
        )
    })
    .await
}

/// Reads past TLS until the peer's FIN. A close_notify is not yet one: bytes that the peer's
/// process never read would still turn it into a reset.
pub(super) async fn read_to_fin(socket: &TcpStream) -> io::Result<()> {
    let mut scratch = [0; 4096];
    loop {
        socket.readable().await?;
        match socket.try_read(&mut scratch) {
            Ok(0) => return Ok(()),
            Ok(_) => {}
            Err(cause) if cause.kind() == ErrorKind::WouldBlock => {}
            Err(cause) => return Err(cause),
        }
    }
}
