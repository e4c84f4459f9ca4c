//! siembox beside what else could do its work, in one run: `make bench`, or
//! `cargo bench --bench beside -- n=200000 only=siembox`.
//!
//! Everybody gets the same records (JSON activities of 1.8 KB) over loopback, makes CEF lines of
//! them, keeps them safe on disk as it can, and sends them over TCP to the same receiver, which
//! only counts. siembox is the real program with its cursor, its ids and its proof, and asks a
//! cloud for pages; the others are sent the records as lines.
//!
//! What the others do less: rsyslog and syslog-ng put the fields of a record into a template: no
//! HTML is taken out, nothing is escaped as CEF asks, no time is read from the record, no record is
//! told from one already sent, nothing is proved to have arrived. The Python script does the
//! mapping of an activity, keeps its own file with `fdatasync` for each 64 KB, and believes what
//! `sendall` says.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

mod cloud;
mod contest;
mod load;
mod machine;
mod peers;
mod process;
mod receiver;
mod report;
mod siembox;

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use siembox_support::stage::Curtain;

use contest::Ground;
use load::Load;
use report::{Limits, Report};

fn main() -> Result<(), Box<dyn Error>> {
    let argument = |name: &str| {
        std::env::args()
            .find_map(|word| Some(word.strip_prefix(name)?.strip_prefix('=')?.to_owned()))
    };
    let events: u64 = argument("n").map_or(Ok(200_000), |text| text.parse())?;
    let only = argument("only").unwrap_or_default();
    let wanted = |name: &str| only.split(',').any(|word| name.contains(word));

    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench");
    std::fs::create_dir_all(&target)?;
    let folder = tempfile::Builder::new()
        .prefix("run-")
        .tempdir_in(&target)?;
    let curtain = Curtain::watch()?;
    eprintln!("Drawing {events} records");
    let ground = Ground {
        load: Arc::new(Load::draw(folder.path(), events.max(1))?),
        folder: folder.path().to_owned(),
        curtain,
    };

    let limits = Limits::measure(folder.path())?;
    let mut rows = Vec::new();
    let own: [(&str, contest::Run); 2] = [
        ("siembox", siembox::run),
        ("siembox, page flooded", siembox::flooded),
    ];
    for (name, run) in own.into_iter().chain(peers::ALL) {
        if wanted(name) && !ground.curtain.fallen() {
            eprintln!("{name}");
            match run(&ground, name) {
                Ok(row) => rows.push(row),
                // what was measured until then is shown all the same
                Err(_) if ground.curtain.fallen() => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
    let report = Report::new(&ground.load, limits, rows);
    print!("{}", report.table());
    let path = target.join("bench.json");
    std::fs::write(&path, report.json()?)?;
    println!("\nAlso in {}", path.display());
    match ground.curtain.fallen() {
        true => Err("ended before all was measured".into()),
        false => Ok(()),
    }
}
