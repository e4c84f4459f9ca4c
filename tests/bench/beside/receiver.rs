//! The SIEM of everybody: reads as fast as it can, counts bytes and lines, keeps nothing.

use std::io::{self, Read as _};
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use siembox_support::listener::Listener;

/// Read at once.
const CHUNK: usize = 256 * 1024;

/// A receiver that listens. Dropping it ends it.
pub struct Receiver {
    listener: Listener,
    count: Arc<Count>,
}

/// What came.
#[derive(Default)]
struct Count {
    bytes: AtomicU64,
    lines: AtomicU64,
    /// When the line count last grew.
    last: Mutex<Option<Instant>>,
}

impl Receiver {
    /// Listens on a free port of loopback.
    pub fn start() -> io::Result<Self> {
        let count = Arc::new(Count::default());
        let listener = {
            let count = Arc::clone(&count);
            Listener::start(0, "bench-siem", move |stream, _, _| count.read(stream))?
        };
        Ok(Self { listener, count })
    }

    pub fn port(&self) -> u16 {
        self.listener.addr().port()
    }

    pub fn bytes(&self) -> u64 {
        self.count.bytes.load(Ordering::Acquire)
    }

    pub fn lines(&self) -> u64 {
        self.count.lines.load(Ordering::Acquire)
    }

    /// Waits for so many lines, or until `until` is past or `ended` says that no more will come;
    /// then the time of the last one.
    pub fn wait(
        &self,
        lines: u64,
        until: Instant,
        mut ended: impl FnMut() -> bool,
    ) -> Option<Instant> {
        while self.lines() < lines && Instant::now() < until && !ended() {
            std::thread::sleep(Duration::from_millis(2));
        }
        *self
            .count
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Count {
    fn read(&self, mut stream: TcpStream) {
        let mut buffer = vec![0; CHUNK];
        while let Ok(read @ 1..) = stream.read(&mut buffer) {
            let lines = buffer[..read].iter().filter(|byte| **byte == b'\n').count();
            self.bytes.fetch_add(read as u64, Ordering::AcqRel);
            if lines > 0 {
                *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
                self.lines.fetch_add(lines as u64, Ordering::AcqRel);
            }
        }
    }
}
