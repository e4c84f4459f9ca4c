//! A relay between siembox and a receiver, whose connections live for 10 kB to 10 MB each: then a
//! reset, with what it had just read, or an end in order.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, Shutdown, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use crate::dice::Dice;
use crate::listener::Listener;

/// The shortest and the longest life, as powers of ten of bytes.
const LIVES: (f64, f64) = (4.0, 7.0);

/// A relay. Dropping it ends it.
pub struct Relay {
    listener: Listener,
}

// === impl Relay ===

impl Relay {
    /// To a receiver on this port of the loopback; the lives follow from `seed`.
    ///
    /// # Panics
    /// Where no port can be had.
    #[must_use]
    pub fn start(to: u16, seed: u64) -> Self {
        let serve = move |socket: TcpStream, number: u64, _: &_| {
            let mut dice = Dice::nth(seed, number);
            let place = dice.below(1_000_000) as f64 / 1e6;
            let life = 10_f64.powf(LIVES.0 + place * (LIVES.1 - LIVES.0)) as u64;
            // an end is an end, whoever made it
            if relay(&socket, to, life, dice.percent(50)).is_err() {
                reset(&socket);
            }
        };
        Self {
            listener: Listener::start(0, "relay", serve).expect("a port on loopback"),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.listener.addr().port()
    }
}

/// Carries so many bytes to the receiver; an error where the sender's connection is to end by a
/// reset.
fn relay(sender: &TcpStream, to: u16, life: u64, in_order: bool) -> io::Result<()> {
    let receiver = TcpStream::connect((Ipv4Addr::LOCALHOST, to))?;
    for socket in [sender, &receiver] {
        socket.set_nodelay(true)?;
    }
    let (mut back_from, mut back_to) = (receiver.try_clone()?, sender.try_clone()?);
    let back = std::thread::Builder::new().spawn(move || {
        let _ = io::copy(&mut back_from, &mut back_to);
        let _ = back_to.shutdown(Shutdown::Write);
    })?;
    let (mut from, mut into) = (sender, &receiver);
    let (mut left, mut bytes) = (life, [0; 8192]);
    let ended = loop {
        let read = from.read(&mut bytes)?;
        if read == 0 {
            break true;
        }
        if read as u64 >= left {
            break false;
        }
        into.write_all(&bytes[..read])?;
        left -= read as u64;
    };
    if ended {
        receiver.shutdown(Shutdown::Write)?;
        let _ = back.join();
        return Ok(());
    }
    // what was read last is lost either way: a relay's buffers die with it
    let _ = receiver.shutdown(Shutdown::Both);
    let _ = back.join();
    if in_order {
        let _ = sender.shutdown(Shutdown::Both);
        Ok(())
    } else {
        Err(io::ErrorKind::ConnectionReset.into())
    }
}

fn reset(socket: &TcpStream) {
    let _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
}
