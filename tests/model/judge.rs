//! What came is held against what must.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use siembox::for_tests::source::Cursor;
use siembox::for_tests::spool::Spool;
use siembox::for_tests::stream::StreamSpec;

use crate::case::{BEGIN_MS, HOUR, MOST_SKEW_MS, Plan, Planned};
use crate::spool::{Book, TestSpool, held};
use crate::tally::Tally;
use crate::world::{Inner, World, known_by};

const MINUTE: Duration = Duration::from_secs(60);

/// Holds what came against what must.
pub fn judge(plan: &Plan, world: &World, spool: &TestSpool) -> Result<Tally, String> {
    let inner = world.inner();
    let book = held(&spool.book);
    let mut wrong: Vec<String> = book.wrong.clone();
    wrong.extend(inner.receiver.wrong.iter().cloned());
    let mut promised = 0;
    let none = HashMap::new();
    for (stream, planned) in plan.streams.iter().enumerate() {
        let (spec, current) = (planned.spec, &inner.records[stream]);
        let times = book.times.get(&spec.number()).unwrap_or(&none);
        for (key, times) in times {
            if key.starts_with("big-") {
                continue;
            }
            if !inner.shown[stream].contains_key(key) {
                wrong.push(format!("{key} of {spec} is no record of the cloud"));
            }
            // where what changes is not known any more it may be told again
            let changes = match plan.face.knows_changed() {
                true => 0,
                false => inner.changes.iter().filter(|id| *id == key).count(),
            };
            if *times as usize > 1 + changes {
                wrong.push(format!("{key} of {spec} became {times} lines"));
            }
        }
        let memory = spool.recall(spec.number()).unwrap();
        let cursor = memory
            .cursor
            .map(|bytes| Cursor::from_bytes(&bytes).unwrap());
        let Some(cursor) = cursor else { continue };
        let slack = MOST_SKEW_MS + 10_000;
        // the last look may have been answered by a stale page, which contradicts nothing; the one
        // before it counts then
        let looks = if inner.stale[stream].is_some() { 2 } else { 1 };
        let look_back = planned.reading.look_back_ms / looks;
        for record in current {
            let late = record.visible_ms - record.at_ms;
            if record.at_ms >= cursor.origin_ms && late <= look_back - slack {
                promised += 1;
                if !times.contains_key(&known_by(&*plan.face, spec, record)) {
                    wrong.push(lost(spec, record, late, &book));
                }
            }
        }
        // counted from when it was tried first
        let latest = inner.first_steps[stream].unwrap_or_default() + HOUR;
        let first = plan.first_look_back_ms;
        if cursor.origin_ms > BEGIN_MS + latest.as_millis() as i64 - first {
            wrong.push(format!("{spec} begins at {}", cursor.origin_ms));
        }
    }
    // dirt in a record is dirt in its line
    if !inner.struck.contains_key("Dirt") {
        wrong.extend(other_lines(plan, &inner, &book));
    }
    let complaints = world.tenant.state().complaints.clone();
    wrong.extend(
        complaints
            .into_iter()
            .filter(|complaint| !plan.face.allows(complaint)),
    );
    if inner.receiver.arrived.len() != book.ids.len() {
        wrong.push(format!(
            "{} lines were spooled, {} arrived",
            book.ids.len(),
            inner.receiver.arrived.len()
        ));
    }
    let again: u64 = inner
        .receiver
        .arrived
        .iter()
        .map(|(_, times)| u64::from(times - 1))
        .sum();
    if again > 0 && inner.receiver.breaks == 0 {
        wrong.push(format!("{again} lines came again without a break"));
    }
    for (requests, limit) in inner.requests.iter().zip(plan.face.limits()) {
        wrong.extend(too_many(requests, limit));
    }
    if !wrong.is_empty() {
        return Err(report(plan, &wrong));
    }
    Ok(Tally {
        hours: 1,
        simulated: inner.at,
        lives: inner.life,
        requests: inner.requests.iter().map(Vec::len).sum::<usize>() as u64,
        records: (plan.streams.iter())
            .map(|stream| stream.records.len() as u64)
            .sum(),
        promised,
        lines: book.ids.len() as u64,
        again,
        breaks: inner.receiver.breaks,
        on_sled: u64::from(plan.on_sled),
        struck: inner.struck.clone(),
    })
}

/// Lines that say something else than the record that they are of, in any form that it was shown
/// in.
fn other_lines(plan: &Plan, inner: &Inner, book: &Book) -> Vec<String> {
    let numbers: HashMap<u8, usize> = (plan.streams.iter().enumerate())
        .map(|(nth, stream)| (stream.spec.number(), nth))
        .collect();
    let lines = book.ids.iter().zip(&book.lines);
    let other = lines.filter_map(|(key, (number, line))| {
        let stream = *numbers.get(number)?;
        let shown = inner.shown[stream].get(key)?;
        let written = shown
            .iter()
            .map(|planned| plan.face.line(plan.streams[stream].spec, planned));
        let written: Vec<String> = written.collect::<Option<_>>()?;
        (!written.contains(line)).then(|| format!("{line}\n  is not\n  {}", written.join("\n  ")))
    });
    other.collect()
}

/// A minute of one life in which more was asked than the limit allows.
fn too_many(requests: &[(u64, Duration)], limit: u32) -> Option<String> {
    let within = |i: usize, life: u64, at: Duration| {
        let later = requests[i..].iter();
        let within = later.take_while(|(_, later)| *later < at + MINUTE);
        within.filter(|(of, _)| *of == life).count()
    };
    let mut each = requests.iter().enumerate();
    each.find_map(|(i, &(life, at))| {
        let within = within(i, life, at);
        let words = || format!("{within} requests in the minute from {at:?}");
        (within > limit as usize).then(words)
    })
}

fn lost(stream: StreamSpec, record: &Planned, late: i64, book: &Book) -> String {
    let since = |ms: i64| (ms - BEGIN_MS) as f64 / 1000.0;
    let mut asides = book.asides.iter();
    let aside = asides.find(|(id, _)| *id == record.id);
    format!(
        "{} of {stream}, of {:.1} s, visible from {:.1} s ({:.1} s late), never arrived; set aside: {aside:?}",
        record.id,
        since(record.at_ms),
        since(record.visible_ms),
        late as f64 / 1000.0
    )
}

fn report(plan: &Plan, wrong: &[String]) -> String {
    let mut text = String::new();
    for what in wrong.iter().take(12) {
        let _ = writeln!(text, "  {what}");
    }
    let _ = writeln!(text, "  ({} in all)", wrong.len());
    let reading: Vec<_> = (plan.streams.iter())
        .map(|stream| (stream.spec.name, &stream.reading))
        .collect();
    let Plan {
        face,
        poll,
        faults,
        skew_ms,
        on_sled,
        events,
        ..
    } = plan;
    let _ = write!(
        text,
        "  {face:?}, {reading:?}, poll {poll:?}, faults {faults} %, skew {skew_ms} ms, sled {on_sled}, restart {}\n  {events:?}",
        plan.ends_with_restart
    );
    text
}
