//! UDP (RFC 5426): one message is one datagram, and nobody says that it arrived. What can be known
//! is an objection: ICMP "port unreachable" from a machine where nobody listens, "too big" from a
//! router. Linux keeps it for the next call on a connected socket, so it is asked for after each
//! batch and met by each send.
//!
//! A machine answers about one datagram a second with ICMP, so a receiver that dies in mid-stream
//! can cost a second of lines. Whoever can't bear that uses TCP.

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use tokio::net::UdpSocket;
use tokio::time::sleep;

use super::error::SinkError;
use super::peer::Peer;
use super::rate_limit::{self, LineRate};
use super::target::StepTimes;
use super::{Farewell, Sink};
use crate::clock::Stopwatch;
use crate::lines::Lines;
use crate::syslog::frame::{self, FramingRepairs};

/// RFC 5424, 6.1: what every receiver takes. A path that doesn't is not for syslog.
const LEAST: usize = 480;
/// Sleeps between two looks for an objection, growing from the first to the last.
const NAPS: (Duration, Duration) = (Duration::from_millis(1), Duration::from_millis(8));

/// A socket that talks to one address only, so that objections find it.
#[derive(Debug)]
pub(super) struct Udp {
    socket: UdpSocket,
    peer: Peer,
    pace: Option<LineRate>,
    bounds: StepTimes,
    /// Longer lines are cut; falls when the path turns out to take less.
    most: usize,
    /// A line that had to be cut; the memory is used again.
    scratch: String,
    /// Bytes handed to the system.
    sent: u64,
    /// A datagram since the last proof is known to be lost.
    dropped: bool,
    /// An error occurred.
    spent: bool,
}

impl Udp {
    pub(super) async fn connect(
        peer: Peer,
        most: usize,
        pace: Option<LineRate>,
        bounds: StepTimes,
    ) -> Result<Self, SinkError> {
        let any = match peer.address {
            SocketAddr::V4(_) => SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)),
            SocketAddr::V6(_) => SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0)),
        };
        let socket = UdpSocket::bind(any)
            .await
            .map_err(|cause| SinkError::Socket {
                peer: peer.clone(),
                cause,
            })?;
        socket
            .connect(peer.address)
            .await
            .map_err(|cause| SinkError::connecting(&peer, cause))?;
        Ok(Self {
            socket,
            peer,
            pace,
            bounds,
            most,
            scratch: String::new(),
            sent: 0,
            dropped: false,
            spent: false,
        })
    }

    /// Sends one line, cut if it must be.
    async fn send_line(&mut self, line: &str) -> Result<FramingRepairs, SinkError> {
        if line.is_empty() {
            return Ok(FramingRepairs::default());
        }
        let began = Stopwatch::start();
        let mut refused = false;
        loop {
            let (text, mended) = frame::datagram(line, self.most, &mut self.scratch);
            let bytes = text.len();
            let cause = match self.socket.send(text.as_bytes()).await {
                Ok(_) => {
                    self.sent += bytes as u64;
                    // The datagram goes now, so the complaint was about one before it.
                    self.dropped |= refused;
                    return Ok(mended);
                }
                Err(cause) => cause,
            };
            match cause.raw_os_error() {
                // The first may tell of an earlier datagram, with the path's size now known; the
                // second is about this one.
                Some(libc::EMSGSIZE) if !refused => refused = true,
                Some(libc::EMSGSIZE) => {
                    self.most = smaller(bytes).ok_or_else(|| SinkError::TooBig {
                        peer: self.peer.clone(),
                        bytes,
                    })?;
                    refused = false;
                }
                // The queue of the network card is full.
                Some(libc::ENOBUFS) if began.elapsed() < self.bounds.stall => sleep(NAPS.0).await,
                _ => return Err(self.fault(cause)),
            }
        }
    }

    /// Has anybody objected?
    fn look(&self) -> Result<(), SinkError> {
        match self.socket.take_error() {
            Ok(None) => Ok(()),
            Ok(Some(cause)) | Err(cause) => Err(self.fault(cause)),
        }
    }

    fn fault(&self, cause: io::Error) -> SinkError {
        let peer = self.peer.clone();
        match (cause.kind(), cause.raw_os_error()) {
            (ErrorKind::ConnectionRefused, _) => SinkError::Refused { peer },
            (ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable, _) => {
                SinkError::Unreachable { peer, cause }
            }
            (_, Some(libc::EMSGSIZE)) => SinkError::Dropped { peer },
            _ => SinkError::Broken { peer, cause },
        }
    }

    async fn send_lines(&mut self, lines: &Lines) -> Result<FramingRepairs, SinkError> {
        let (mut mended, mut rest) = (FramingRepairs::default(), lines.iter());
        while rest.len() > 0 {
            let now = rate_limit::wait(&mut self.pace, rest.len()).await;
            for line in rest.by_ref().take(now) {
                mended += self.send_line(line).await?;
            }
        }
        Ok(mended)
    }

    async fn no_objection(&mut self) -> Result<(), SinkError> {
        let (began, mut nap) = (Stopwatch::start(), NAPS.0);
        loop {
            self.look()?;
            if self.dropped {
                return Err(SinkError::Dropped {
                    peer: self.peer.clone(),
                });
            }
            let left = self.bounds.grace.saturating_sub(began.elapsed());
            if left.is_zero() {
                return Ok(());
            }
            sleep(nap.min(left)).await;
            nap = (nap * 2).min(NAPS.1);
        }
    }

    fn usable(&self) -> Result<(), SinkError> {
        if self.spent {
            return Err(SinkError::Spent {
                peer: self.peer.clone(),
            });
        }
        Ok(())
    }
}

impl Sink for Udp {
    async fn send(&mut self, lines: &Lines, _: Option<u64>) -> Result<FramingRepairs, SinkError> {
        self.usable()?;
        let result = self.send_lines(lines).await;
        self.spent = result.is_err();
        result
    }

    async fn prove(&mut self) -> Result<(), SinkError> {
        self.usable()?;
        let result = self.no_objection().await;
        self.spent = result.is_err();
        result
    }

    async fn gone(&mut self) -> SinkError {
        if let Err(spent) = self.usable() {
            return spent;
        }
        let mut scratch = [0; 64];
        loop {
            // What a peer sends back is nothing to us; what ICMP says comes as an error.
            if let Err(cause) = self.socket.recv(&mut scratch).await {
                self.spent = true;
                return self.fault(cause);
            }
        }
    }

    async fn close(mut self) -> Result<Farewell, SinkError> {
        self.prove().await?;
        Ok(Farewell::Unknowable)
    }

    fn unread_at_most(&self) -> u64 {
        0
    }

    fn peer(&self) -> &Peer {
        &self.peer
    }

    fn sent(&self) -> u64 {
        self.sent
    }
}

/// The next smaller bound after `bytes` did not fit.
fn smaller(bytes: usize) -> Option<usize> {
    (bytes > LEAST).then_some((bytes / 2).max(LEAST))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_down_to_what_everybody_takes() {
        let steps: Vec<usize> =
            std::iter::successors(Some(65_527), |most| smaller(*most)).collect();
        assert_eq!(
            steps,
            [65_527, 32_763, 16_381, 8_190, 4_095, 2_047, 1_023, 511, 480]
        );
    }
}
