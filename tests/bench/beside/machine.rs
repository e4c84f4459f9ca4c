//! The machine: what it can do at best, what its disk did, and how busy others kept it.

use std::fs::File;
use std::io::{self, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use super::process;
use super::receiver::Receiver;

/// How long each limit is measured.
const TIME: Duration = Duration::from_secs(2);

/// Bytes per second through loopback into the same receiver that all programs send to.
pub fn loopback() -> io::Result<f64> {
    let receiver = Receiver::start()?;
    let mut stream = TcpStream::connect(("127.0.0.1", receiver.port()))?;
    let chunk = vec![b'x'; 256 * 1024];
    let start = Instant::now();
    while start.elapsed() < TIME {
        stream.write_all(&chunk)?;
    }
    #[expect(clippy::cast_precision_loss, reason = "a figure to read")]
    Ok(receiver.bytes() as f64 / start.elapsed().as_secs_f64())
}

/// How often per second `size` bytes more can be made durable, one `fdatasync` each.
pub fn syncs(folder: &Path, size: usize) -> io::Result<f64> {
    let path = folder.join("syncs");
    let mut file = File::create(&path)?;
    let chunk = vec![b'x'; size];
    let (start, mut count) = (Instant::now(), 0);
    while start.elapsed() < TIME {
        file.write_all(&chunk)?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}

/// Counters of the whole machine at one moment.
pub struct Moment {
    at: Instant,
    /// CPU seconds of everything.
    busy_s: f64,
    /// CPU seconds of this process.
    own_s: f64,
    /// Of the disk under the folder: sectors written, flushes; nothing where it has no counters.
    disk: Option<(u64, u64)>,
}

/// What happened between two moments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Meanwhile {
    /// Bytes that reached the disk, of everybody.
    pub disk_written: Option<u64>,
    /// Flushes of the disk's cache, of everybody.
    pub disk_flushes: Option<u64>,
    /// CPU seconds of everything but this process.
    pub others_s: f64,
    /// How long it was.
    pub seconds: f64,
}

impl Moment {
    pub fn now(folder: &Path) -> Self {
        Self {
            at: Instant::now(),
            busy_s: busy_s(),
            own_s: process::cpu_s(std::process::id()),
            disk: disk(folder),
        }
    }

    pub fn until(&self, later: &Self) -> Meanwhile {
        let both = self.disk.zip(later.disk);
        Meanwhile {
            disk_written: both.map(|(old, new)| (new.0 - old.0) * 512),
            disk_flushes: both.map(|(old, new)| new.1 - old.1),
            others_s: (later.busy_s - self.busy_s) - (later.own_s - self.own_s),
            seconds: (later.at - self.at).as_secs_f64(),
        }
    }
}

/// user, nice, system, irq, softirq and steal of all CPUs.
fn busy_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/stat").unwrap_or_default();
    let first = stat.lines().next().unwrap_or_default();
    let ticks: Vec<f64> = first
        .split_whitespace()
        .skip(1)
        .filter_map(|text| text.parse().ok())
        .collect();
    let named = [0, 1, 2, 5, 6, 7];
    named.iter().filter_map(|nth| ticks.get(*nth)).sum::<f64>() / 100.0
}

/// Fields 7 and 16 of the block device's `stat` (kernel: Documentation/block/stat.rst).
fn disk(folder: &Path) -> Option<(u64, u64)> {
    let device = std::fs::metadata(folder).ok()?.dev();
    let (major, minor) = (rustix::fs::major(device), rustix::fs::minor(device));
    let stat = std::fs::read_to_string(format!("/sys/dev/block/{major}:{minor}/stat")).ok()?;
    let fields: Vec<u64> = stat
        .split_whitespace()
        .filter_map(|text| text.parse().ok())
        .collect();
    Some((*fields.get(6)?, *fields.get(15)?))
}
