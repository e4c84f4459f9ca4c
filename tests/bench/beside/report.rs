//! The table, and the same as JSON.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use serde::Serialize;

use super::contest::Row;
use super::load::Load;
use super::machine;

/// What the machine can do at best.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Limits {
    pub cpus: usize,
    /// Bytes per second through loopback TCP into the receiver.
    pub loopback_bytes_per_s: f64,
    /// Syncs per second of 4 KB each.
    pub fdatasync_4k_per_s: f64,
    /// Syncs per second of 64 KB each.
    pub fdatasync_64k_per_s: f64,
}

/// A whole run.
#[derive(Debug, Serialize)]
pub struct Report {
    pub records: u64,
    pub record_bytes: u64,
    pub load_average: String,
    pub limits: Limits,
    pub rows: Vec<Row>,
}

impl Limits {
    pub fn measure(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            cpus: std::thread::available_parallelism()?.get(),
            loopback_bytes_per_s: machine::loopback()?,
            fdatasync_4k_per_s: machine::syncs(folder, 4096)?,
            fdatasync_64k_per_s: machine::syncs(folder, 64 * 1024)?,
        })
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures to read")]
impl Report {
    pub fn new(load: &Load, limits: Limits, rows: Vec<Row>) -> Self {
        let load_average = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
        Self {
            records: load.records,
            record_bytes: load.bytes,
            load_average: load_average.trim().to_owned(),
            limits,
            rows,
        }
    }

    pub fn json(&self) -> serde_json::Result<String> {
        serde_json::to_string_pretty(self).map(|text| text + "\n")
    }

    /// As Markdown, fit for `tests/README.md`.
    pub fn table(&self) -> String {
        let mut out = format!(
            "{} records of {:.0} bytes on {} CPUs, load average {}\n\
             limits: loopback TCP {:.2} GB/s; fdatasync {:.0}/s of 4 KB, {:.0}/s of 64 KB\n\n\
             | program | events/s | CPU s per million | peak RSS, MB | bytes sent per event | written per byte sent | sync calls | \
             disk flushes (whole machine) | CPUs busy with other things |\n|---|---|---|---|---|---|---|---|---|\n",
            self.records,
            self.record_bytes as f64 / self.records as f64,
            self.limits.cpus,
            self.load_average,
            self.limits.loopback_bytes_per_s / 1e9,
            self.limits.fdatasync_4k_per_s,
            self.limits.fdatasync_64k_per_s,
        );
        for row in &self.rows {
            let lines = row.lines.max(1) as f64;
            let count =
                |count: Option<u64>| count.map_or("-".to_owned(), |count| count.to_string());
            let _ = writeln!(
                out,
                "| {} | {:.0} | {:.2} | {:.1} | {:.0} | {:.2} | {} | {} | {:.2} |",
                row.named(),
                row.lines as f64 / row.seconds,
                row.cpu_s / lines * 1e6,
                row.peak_rss_bytes as f64 / 1e6,
                row.sent_bytes as f64 / lines,
                row.written_bytes as f64 / row.sent_bytes.max(1) as f64,
                count(row.sync_calls),
                count(row.disk_flushes),
                row.others_cpus,
            );
        }
        out
    }
}

impl Row {
    /// Its name, and what is wrong with its count where something is.
    fn named(&self) -> String {
        match self.lines {
            lines if lines == self.expected => self.program.to_owned(),
            lines => format!("{} ({lines} of {} lines)", self.program, self.expected),
        }
    }
}
