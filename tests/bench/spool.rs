//! Measures the spool: `cargo bench --bench spool -- lines=3000000 page=5000 drain=after`.
//!
//! Lines are CEF of about 800 bytes, made up; pages carry 8 bytes of fingerprint a line as a source
//! does. `drain=after`: the SIEM is down until all is spooled. `drain=along`: it takes each page as
//! it comes. Prints one line: events/s of appending (making the lines not counted) and of draining,
//! bytes written to the device for each byte of text (`write_bytes` of /proc/self/io), memory,
//! disk.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::fmt::Write as _;
use std::path::Path;
use std::time::{Duration, Instant};

use siembox::for_tests::lines::Lines;
use siembox::for_tests::spool::sled::{SledSpool, SpoolBounds};
use siembox::for_tests::spool::{Spool, SpoolPage};

struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[usize::try_from(self.below(choices.len() as u64)).unwrap()]
    }
}

/// A CEF line about like a real one: every id, address, name and time differs.
fn line(noise: &mut Noise, number: u64, out: &mut String) {
    let (category, label) = noise.of(&[
        ("EVENT_CATEGORY_LOGIN", "Log on"),
        ("EVENT_CATEGORY_UPLOAD_FILE", "Upload file"),
        ("EVENT_CATEGORY_DOWNLOAD_FILE", "Download file"),
        ("EVENT_CATEGORY_VIEW_FILE", "View file"),
    ]);
    let (app, id) = noise.of(&[
        ("Microsoft Exchange Online", "APPID_OUTLOOK"),
        ("Microsoft OneDrive for Business", "APPID_ONEDRIVE"),
        ("Salesforce", "APPID_SALESFORCE"),
        ("Box", "APPID_BOX"),
    ]);
    let at = 1_700_000_000_000 + number * 37 + noise.below(30);
    let record = format!("{at}_{:016x}-{:016x}", noise.next(), noise.next());
    let (user, tenant, file) = (noise.below(2000), noise.below(7), noise.next());
    let (n, b) = (noise.next(), |n: u64, shift: u32| (n >> shift) & 255);
    write!(
        out,
        "2023-11-{:02}T{:02}:{:02}:{:02}.{:03}Z CEF:0|MCAS|SIEM_Agent|0.207.251|{category}|{label}|0|externalId={record} \
         start={at} end={at} msg={label}: file report-{file:x}.xlsx suser=user{user}@contoso{tenant}.com \
         destinationServiceName={app} dvc={}.{}.{}.{} requestClientApplication=Mozilla/5.0 (Windows NT 10.0; Win64; x64) \
         AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{}.0.{}.{} Safari/537.36 cs1Label=portalURL \
         cs1=https://contoso.us3.portal.cloudappsecurity.com/#/audits?activity.id\\=eq({record},) \
         cs2Label=uniqueServiceAppIds cs2={id} cs3Label=targetObjects cs3=report-{file:x}.xlsx,user{user}@contoso{tenant}.com,\
         Folder {},Documents c6a1Label=\"Device IPv6 Address\" c6a1= ",
        1 + n % 28, b(n, 8) % 24, b(n, 16) % 60, b(n, 24) % 60, b(n, 32),
        b(n, 40), b(n, 48), b(n, 56), b(n, 3), 100 + b(n, 11) % 20, b(n, 19), b(n, 27), b(n, 35)
    )
    .unwrap();
}

fn proc(file: &str, key: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/self/{file}")).unwrap();
    let line = text.lines().find(|line| line.starts_with(key)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// CPU time of the whole process so far, in ticks of 10 ms.
fn cpu() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

fn disk(path: &Path) -> u64 {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.map(|entry| disk(&entry.unwrap().path())).sum(),
        Err(_) => std::fs::metadata(path).map_or(0, |meta| meta.len()),
    }
}

fn drain(spool: &SledSpool) -> u64 {
    let mut next = spool.first();
    let mut lines = 0;
    while let Some(batch) = spool.peek(next).unwrap() {
        lines += batch.lines.len() as u64;
        next = batch.next();
        spool.acknowledge(next, b"").unwrap();
    }
    lines
}

fn main() {
    let argument = |name: &str, default: u64| {
        std::env::args()
            .find_map(|word| word.strip_prefix(&format!("{name}="))?.parse().ok())
            .unwrap_or(default)
    };
    let along = std::env::args().any(|word| word == "drain=along");
    let (total, page) = (argument("lines", 500_000), argument("page", 5000));
    let at = std::env::args().find_map(|word| word.strip_prefix("in=").map(str::to_owned));
    let folder = match at {
        Some(at) => tempfile::tempdir_in(at).unwrap(),
        None => tempfile::tempdir().unwrap(),
    };
    let shipped = SpoolBounds::new(64 << 30);
    let bounds = SpoolBounds {
        store_bytes: argument("store_mb", shipped.store_bytes >> 20) << 20,
        ..shipped
    };
    let spool = SledSpool::open(folder.path(), bounds, 0).unwrap();
    let opened = proc("status", "VmRSS") / 1024;
    let before = proc("io", "write_bytes");
    let mut noise = Noise(88_172_645_463_325_252);
    let mut lines = Lines::default();
    let (mut text, mut drained, mut ticks) = (0, 0, 0);
    let (mut appending, mut draining, mut longest) =
        (Duration::ZERO, Duration::ZERO, Duration::ZERO);
    let mut most_disk = 0;
    for first in (0..total).step_by(usize::try_from(page).unwrap()) {
        lines.clear();
        let count = page.min(total - first);
        for number in first..first + count {
            lines.push_with(0, |out| line(&mut noise, number, out));
        }
        text += lines.bytes() as u64;
        let seen: Vec<u8> = (0..count)
            .flat_map(|_| noise.next().to_le_bytes())
            .collect();
        let page = SpoolPage {
            stream: 0,
            packed: &[],
            lines: &lines,
            cursor: &[b'c'; 200],
            seen: &seen,
            forget_seen: (first / page).saturating_sub(2),
            aside: &[],
        };
        let (start, before) = (Instant::now(), cpu());
        spool.append(&page, 0).unwrap();
        let took = start.elapsed();
        ticks += cpu() - before;
        appending += took;
        longest = longest.max(took);
        most_disk = most_disk.max(spool.stats().disk_bytes);
        if along {
            let start = Instant::now();
            drained += drain(&spool);
            draining += start.elapsed();
        }
    }
    let (filled, rss) = (
        proc("io", "write_bytes") - before,
        proc("status", "VmRSS") / 1024,
    );
    let (start, before_drain) = (Instant::now(), cpu());
    drained += drain(&spool);
    draining += start.elapsed();
    let drain_ticks = cpu() - before_drain;
    assert_eq!(drained, total);
    let written = proc("io", "write_bytes") - before;
    #[allow(clippy::cast_precision_loss)]
    let (mb, per_s, ratio, cpu_s) = (
        |bytes: u64| bytes as f64 / 1e6,
        |time: Duration| total as f64 / time.as_secs_f64(),
        |bytes: u64| bytes as f64 / text as f64,
        |ticks: u64| ticks as f64 / 100.0 / (total as f64 / 1e6),
    );
    println!(
        "lines={total} page={page} drain={} text={:.0}MB append={:.0}/s longest={:?} drain={:.0}/s cpu={:.2}+{:.2}s/M written={:.3}+{:.3}={:.3} B/B \
         rss={opened}MB at first, {rss}MB, then {}MB, peak {}MB disk={:.0}MB left={:.1}MB",
        if along { "along" } else { "after" },
        mb(text),
        per_s(appending),
        longest,
        per_s(draining),
        cpu_s(ticks),
        cpu_s(drain_ticks),
        ratio(filled),
        ratio(written - filled),
        ratio(written),
        proc("status", "VmRSS") / 1024,
        proc("status", "VmHWM") / 1024,
        mb(most_disk),
        mb(disk(folder.path())),
    );
}
