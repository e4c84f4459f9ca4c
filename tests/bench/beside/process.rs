//! A program under measurement: started, watched, ended, and what it cost.

use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

/// How long a program may take to end in order before it is killed.
const PATIENCE: Duration = Duration::from_secs(30);
/// Every call that asks the disk to make something durable.
const SYNCS: [&str; 5] = ["fdatasync", "fsync", "msync", "sync_file_range", "syncfs"];

/// A running program. Dropping it kills it.
pub struct Program {
    child: Child,
    counter: Option<Counter>,
}

/// What a program cost, from its start to its end.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    /// CPU time, user and system, seconds; in steps of 10 ms.
    pub cpu_s: f64,
    /// The most memory that was resident at a time (`VmHWM`), bytes.
    pub peak_rss: u64,
    /// Bytes that it made the system write to disk (`write_bytes` of /proc/PID/io: counted when a
    /// page becomes dirty).
    pub written: u64,
    /// Calls that ask for durability ([`SYNCS`]), where `perf` could count them.
    pub syncs: Option<u64>,
}

impl Program {
    /// Starts it with its output in the file `said`, and counts its syncs from then on.
    pub fn start(command: &mut Command, said: &Path) -> io::Result<Self> {
        let said = std::fs::File::create(said)?;
        let child = command
            .stdin(Stdio::null())
            .stdout(said.try_clone()?)
            .stderr(said)
            .spawn()
            .map_err(|cause| {
                io::Error::new(
                    cause.kind(),
                    format!("{}: {cause}", command.get_program().display()),
                )
            })?;
        let counter = Counter::watch(child.id());
        Ok(Self { child, counter })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Has it ended by itself?
    pub fn ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends it in order (SIGTERM), or by force where that takes too long, and says what it cost.
    pub fn end(mut self) -> io::Result<Cost> {
        let peak_rss = self.peak_rss();
        let pid = Pid::from_child(&self.child);
        kill_process(pid, Signal::TERM)?;
        let until = Instant::now() + PATIENCE;
        // it stays a zombie, whose books are still there to read
        let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
        while waitid(WaitId::Pid(pid), look)?.is_none() {
            if Instant::now() > until {
                self.child.kill()?;
                break;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
        waitid(
            WaitId::Pid(pid),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        )?;
        let cost = Cost {
            cpu_s: cpu_s(self.child.id()),
            peak_rss,
            written: field(&format!("/proc/{}/io", self.child.id()), "write_bytes:"),
            syncs: self.counter.take().and_then(Counter::read),
        };
        self.child.wait()?;
        Ok(cost)
    }

    fn peak_rss(&self) -> u64 {
        field(&format!("/proc/{}/status", self.child.id()), "VmHWM:") * 1024
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// CPU seconds of a process, all its threads, also those that ended.
pub fn cpu_s(id: u32) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = |nth| {
        fields
            .split_whitespace()
            .nth(nth)
            .and_then(|text| text.parse::<f64>().ok())
    };
    (ticks(11).unwrap_or(0.0) + ticks(12).unwrap_or(0.0)) / 100.0
}

/// The number behind a word in a file of /proc.
fn field(file: &str, word: &str) -> u64 {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines()
        .find_map(|line| {
            line.strip_prefix(word)?
                .split_whitespace()
                .next()?
                .parse()
                .ok()
        })
        .unwrap_or(0)
}

/// `perf stat`, which counts a process' system calls in the kernel. Needs root or a permissive
/// kernel; else there is no count.
struct Counter {
    perf: Child,
    into: tempfile::NamedTempFile,
}

impl Counter {
    fn watch(id: u32) -> Option<Self> {
        let into = tempfile::NamedTempFile::new().ok()?;
        let events: Vec<String> = SYNCS
            .iter()
            .map(|call| format!("syscalls:sys_enter_{call}"))
            .collect();
        let perf = Command::new("perf")
            .args([
                "stat",
                "-x",
                ",",
                "-e",
                &events.join(","),
                "-p",
                &id.to_string(),
                "-o",
            ])
            .arg(into.path())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .ok()?;
        let mut counter = Self { perf, into };
        let until = Instant::now() + Duration::from_secs(5);
        while !counter.counts() {
            if Instant::now() > until || !matches!(counter.perf.try_wait(), Ok(None)) {
                return None;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(counter)
    }

    /// Has it opened its counters?
    fn counts(&self) -> bool {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.perf.id()));
        let links = open.into_iter().flatten().flatten();
        let counters = links
            .filter_map(|entry| std::fs::read_link(entry.path()).ok())
            .filter(|link| link.to_string_lossy().contains("perf_event"));
        counters.count() >= SYNCS.len()
    }

    fn read(mut self) -> Option<u64> {
        // it may wait for a process that stays a zombie until we are done
        kill_process(Pid::from_child(&self.perf), Signal::INT).ok()?;
        self.perf.wait().ok()?;
        let text = std::fs::read_to_string(self.into.path()).ok()?;
        let counts = text
            .lines()
            .filter(|line| line.contains("sys_enter_"))
            .filter_map(|line| line.split(',').next()?.parse::<u64>().ok());
        let counts: Vec<u64> = counts.collect();
        (counts.len() == SYNCS.len()).then(|| counts.iter().sum())
    }
}

impl Drop for Counter {
    fn drop(&mut self) {
        let _ = self.perf.kill();
        let _ = self.perf.wait();
    }
}
