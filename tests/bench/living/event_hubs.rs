//! A backlog in a hub is read, beside librdkafka in the same run, which reads it and counts: messages
//! of a row each in 8 partitions, or messages of 1 MB in 32.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use siembox_support::cef_reader::Cef;
use siembox_support::hub::{Export, Make, Namespace};
use siembox_support::pki::Authority;
use siembox_support::records::xdr::List;
use siembox_support::records::{self, xdr};

use crate::Life;

pub const PARTITIONS: i32 = 8;
pub const PATIENCE: Duration = Duration::from_secs(3600);
/// So many messages are made at a time, so that the load does not need the memory.
const PORTION: u64 = 50_000;

pub fn run(messages: u64) {
    let authority = Authority::new("hub");
    let namespace = namespace(&authority);
    let (want, bytes) = fill(&namespace, messages);
    measure(&namespace, &authority, (messages, bytes), &want);
}

/// As many partitions as a hub of the tier Standard can have, and messages as long as can be.
pub fn run_large(messages: u64) {
    const PARTITIONS: i32 = 32;
    let authority = Authority::new("hub");
    let namespace = namespace(&authority);
    let rows = xdr::twins(records::activities(
        950,
        usize::try_from(messages * 4).unwrap(),
    ));
    let rows = rows.filter(|row| row.list == List::CloudAppEvents);
    let rows = rows.take(usize::try_from(messages).unwrap());
    let load = rows.fold(Export::new(950, PARTITIONS), |load, row| load.large(&row));
    let load = load.messages();
    // one after the other, as the text of all is long
    for portion in load.all.chunks(50) {
        namespace.fill(PARTITIONS, portion);
    }
    let want = load.rows.iter().map(|row| row.id.clone()).collect();
    measure(&namespace, &authority, (messages, load.bytes()), &want);
}

fn measure(
    namespace: &Namespace,
    authority: &Authority,
    (messages, bytes): (u64, u64),
    want: &BTreeSet<String>,
) {
    let peer = namespace.time_of_reading(usize::try_from(messages).unwrap());
    let life = Life::of_hub(namespace, authority);
    // the group has given it the partitions
    assert!(life.receiver.wait_for(1, PATIENCE), "lines arrive");
    let begin = Instant::now();
    assert!(life.receiver.wait_for(want.len(), PATIENCE), "all arrive");
    let took = begin.elapsed().as_secs_f64();
    let lines = life.receiver.lines();
    let got: BTreeSet<String> = lines.iter().map(|line| id_of(line)).collect();
    assert!(got == *want, "the rows of the hub, and no other");
    assert_eq!(lines.len(), want.len(), "each once");
    let sent: usize = lines.iter().map(String::len).sum();
    let count = f64::from(u32::try_from(messages).unwrap());
    println!(
        "| event hubs | {messages} messages of {} bytes |",
        bytes / messages
    );
    println!("|---|---|");
    println!("| seconds | {took:.1} |");
    println!("| messages a second | {:.0} |", count / took);
    println!("| librdkafka, which counts only | {:.0} |", count / peer);
    println!("| CPU seconds | {:.1} |", life.cpu());
    println!("| peak RSS, kB | {} |", life.number("status", "VmHWM:"));
    println!(
        "| bytes written to the device, of {sent} sent | {} |",
        life.number("io", "write_bytes:")
    );
}

/// A namespace whose broker keeps all in memory, so that its disk is not what is measured.
pub fn namespace(authority: &Authority) -> Namespace {
    Namespace::start(Make::Tansu, authority, |_| ())
}

/// Fills the hub with so many messages of one row; gives the ids of the rows, and the bytes.
pub fn fill(namespace: &Namespace, messages: u64) -> (BTreeSet<String>, u64) {
    let mut ids = BTreeSet::new();
    let mut bytes = 0;
    for (nth, at) in (0..messages)
        .step_by(usize::try_from(PORTION).unwrap())
        .enumerate()
    {
        let nth = u64::try_from(nth).unwrap();
        let count = usize::try_from(PORTION.min(messages - at)).unwrap();
        let rows = xdr::twins(records::activities(900 + nth, count));
        let portion = Export::new(nth, PARTITIONS).single_rows(rows).messages();
        namespace.fill(PARTITIONS, &portion.all);
        ids.extend(portion.rows.iter().map(|row| row.id.clone()));
        bytes += portion.bytes();
    }
    (ids, bytes)
}

fn id_of(line: &str) -> String {
    let cef = Cef::read(line).unwrap();
    let mut pairs = cef.extension.into_iter();
    pairs.find(|(key, _)| key == "externalId").unwrap().1
}
