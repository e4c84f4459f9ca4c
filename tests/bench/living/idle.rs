//! Nothing new, polls going on.

use std::time::Duration;

use siembox_support::cloud::Cloud;

use crate::Life;

pub fn run(minutes: u64) {
    let life = Life::begin(Cloud::builder(), "30s", "", |_| ());
    life.cloud
        .wait_until(Duration::from_secs(60), |seen| seen.len() >= 4);
    // what a start does once is done
    std::thread::sleep(Duration::from_secs(60));
    let (cpu, bytes, requests) = (
        life.cpu(),
        life.number("io", "write_bytes:"),
        life.cloud.request_count(),
    );
    std::thread::sleep(Duration::from_secs(60 * minutes));
    #[expect(clippy::cast_precision_loss, reason = "a figure to look at")]
    let hours = minutes as f64 / 60.0;
    println!("| idle | over {minutes} min |\n|---|---|");
    println!("| polls | {} |", life.cloud.request_count() - requests);
    println!(
        "| bytes written to the device | {} |",
        life.number("io", "write_bytes:") - bytes
    );
    println!("| CPU s per hour | {:.1} |", (life.cpu() - cpu) / hours);
    println!(
        "| RSS, peak RSS, kB | {}, {} |",
        life.number("status", "VmRSS:"),
        life.number("status", "VmHWM:")
    );
}
