//! Receivers, and relays before them, that end connections early: by bytes, by time, at one line,
//! by session. They keep what their process has read, so that delivery is counted by the lines
//! themselves.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::listener::{Listener, Stop};
use crate::pki::Issued;
use crate::wire::{self, Wire};

/// When it ends a connection.
#[derive(Debug, Clone)]
pub enum Ends {
    /// By a reset, when it has read so many bytes.
    ResetAfter(usize),
    /// In order, when it has read so many bytes.
    CleanAfter(usize),
    /// By a reset, after so long, while it reads so many bytes a second.
    Life(Duration, u32),
    /// By a reset, at each line with this text, which it does not take.
    AtLine(String),
}

/// What a RELP server does.
#[derive(Debug, Clone, Default)]
pub struct Sessions {
    /// Answers of one session, after which it takes one more line and ends; none is for ever.
    pub answers: Option<usize>,
    /// So many sessions end early; none is all.
    pub early: Option<u64>,
    /// It announces the end (`serverclose`).
    pub says_goodbye: bool,
    /// It ends by a reset.
    pub resets: bool,
    /// It answers each line with this text in it with "500 refused".
    pub refuses: Option<String>,
}

/// A receiver that ends connections early. Dropping it ends it.
pub struct ShortLived {
    lines: Arc<Mutex<Vec<String>>>,
    listener: Listener,
}

// === impl ShortLived ===

impl ShortLived {
    /// Over TCP with LF framing, or over TLS with this certificate.
    ///
    /// # Panics
    /// Where no port can be had.
    #[must_use]
    pub fn stream(ends: Ends, tls: Option<&Issued>) -> Self {
        let tls = tls.map(wire::tls_server);
        Self::start(move |socket, lines, stop| {
            let mut wire = Wire::accept(socket, tls.as_ref())?;
            let reset = read(&mut wire, &ends, lines, stop)?;
            if reset {
                wire.reset();
            } else {
                wire.close();
            }
            Ok(())
        })
    }

    /// Over RELP.
    ///
    /// # Panics
    /// Where no port can be had.
    #[must_use]
    pub fn relp(sessions: Sessions) -> Self {
        let left = Mutex::new(sessions.early.unwrap_or(u64::MAX));
        Self::start(move |socket, lines, _| {
            socket.set_nodelay(true)?;
            let early = {
                let mut left = held(&left);
                let early = *left > 0;
                *left = left.saturating_sub(1);
                early
            };
            let answers = sessions.answers.filter(|_| early).unwrap_or(usize::MAX);
            let (mut from, mut to) = (BufReader::new(socket.try_clone()?), socket);
            let mut answered = 0;
            while let Some((txnr, command, data)) = frame(&mut from)? {
                match &*command {
                    "open" => answer(&mut to, &txnr, "200 OK\nrelp_version=0\ncommands=syslog")?,
                    "close" => {
                        to.write_all(format!("{txnr} rsp 0\n0 serverclose 0\n").as_bytes())?;
                        break;
                    }
                    _ if answered == answers => {
                        if sessions.says_goodbye {
                            to.write_all(b"0 serverclose 0\n")?;
                        }
                        if sessions.resets {
                            Wire::Plain(to).reset();
                        }
                        break;
                    }
                    _ if sessions
                        .refuses
                        .as_ref()
                        .is_some_and(|text| data.contains(text)) =>
                    {
                        answer(&mut to, &txnr, "500 refused")?;
                    }
                    _ => {
                        held(lines).push(data);
                        answer(&mut to, &txnr, "200 OK")?;
                        answered += 1;
                    }
                }
            }
            Ok(())
        })
    }

    fn start(
        serve: impl Fn(std::net::TcpStream, &Mutex<Vec<String>>, &Stop) -> io::Result<()>
        + Send
        + Sync
        + 'static,
    ) -> Self {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&lines);
        let listener = Listener::start(0, "short-lived receiver", move |socket, _, stop| {
            // an end is an end, whoever made it
            let _ = serve(socket, &kept, stop);
        });
        Self {
            lines,
            listener: listener.expect("a port on loopback"),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.listener.addr().port()
    }

    /// All lines that its process has read, in their order, of all connections.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        held(&self.lines).clone()
    }
}

/// Reads until this connection is to end; true where by a reset.
fn read(wire: &mut Wire, ends: &Ends, lines: &Mutex<Vec<String>>, stop: &Stop) -> io::Result<bool> {
    let (began, mut pending, mut total) = (Instant::now(), Vec::new(), 0_usize);
    loop {
        let mut bytes = [0; 4096];
        let most = match ends {
            Ends::ResetAfter(most) | Ends::CleanAfter(most) => (most - total).min(bytes.len()),
            Ends::Life(..) | Ends::AtLine(_) => bytes.len(),
        };
        let read = wire.read(&mut bytes[..most])?;
        if read == 0 {
            return Ok(false);
        }
        total += read;
        pending.extend_from_slice(&bytes[..read]);
        while let Some(end) = memchr(&pending) {
            let line: Vec<u8> = pending.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line[..end]).into_owned();
            if let Ends::AtLine(text) = ends
                && line.contains(text.as_str())
            {
                return Ok(true);
            }
            held(lines).push(line);
        }
        match *ends {
            Ends::ResetAfter(most) if total >= most => return Ok(true),
            Ends::CleanAfter(most) if total >= most => return Ok(false),
            Ends::Life(life, bytes_per_second) => {
                let due = Duration::from_secs_f64(total as f64 / f64::from(bytes_per_second));
                let ahead = due.saturating_sub(began.elapsed());
                if began.elapsed() + ahead >= life || !stop.sleep(ahead) {
                    return Ok(true);
                }
            }
            _ => {}
        }
    }
}

fn memchr(bytes: &[u8]) -> Option<usize> {
    bytes.iter().position(|byte| *byte == b'\n')
}

/// What a RELP sender says next: transaction, command, data. A codec of its own: a fault of the
/// product can't hide in it.
fn frame(from: &mut impl BufRead) -> io::Result<Option<(String, String, String)>> {
    let mut words = Vec::new();
    let mut end = b' ';
    while words.len() < 3 {
        let mut word = Vec::new();
        loop {
            let mut byte = [0];
            if from.read(&mut byte)? == 0 {
                return Ok(None);
            }
            end = byte[0];
            if end == b' ' || end == b'\n' {
                break;
            }
            word.push(end);
        }
        words.push(String::from_utf8_lossy(&word).into_owned());
    }
    let length: usize = words[2].parse().map_err(io::Error::other)?;
    let mut data = vec![0; length];
    if end == b' ' {
        from.read_exact(&mut data)?;
        from.read_exact(&mut [0])?;
    }
    let data = String::from_utf8_lossy(&data).into_owned();
    Ok(Some((words.swap_remove(0), words.swap_remove(1), data)))
}

fn answer(to: &mut impl io::Write, txnr: &str, text: &str) -> io::Result<()> {
    to.write_all(format!("{txnr} rsp {} {text}\n", text.len()).as_bytes())
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}
