//! What came is held against what must.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::time::Duration;

use siembox::for_tests::source::Cursor;
use siembox::for_tests::spool::Spool;

use crate::case::{BEGIN_MS, HOUR, MOST_SKEW_MS, Plan, Planned};
use crate::life::LIMIT;
use crate::spool::{TestSpool, held};
use crate::tally::Tally;
use crate::world::World;

const MINUTE: Duration = Duration::from_secs(60);

/// Holds what came against what must.
pub fn judge(plan: &Plan, world: &World, spool: &TestSpool) -> Result<Tally, String> {
    let inner = world.inner();
    let book = held(&spool.book);
    let mut wrong: Vec<String> = book.wrong.clone();
    wrong.extend(inner.receiver.wrong.iter().cloned());
    let mut promised = 0;
    for (stream, planned) in [(0_usize, &plan.activities), (1, &inner.alerts)] {
        let memory = spool.recall(u8::try_from(stream).unwrap()).unwrap();
        let cursor = memory
            .cursor
            .map(|bytes| Cursor::from_bytes(&bytes).unwrap());
        let Some(cursor) = cursor else { continue };
        let slack = MOST_SKEW_MS + 10_000;
        // the last look may have been answered by a stale page, which contradicts nothing; the one
        // before it counts then
        let looks = if inner.stale[stream].is_some() { 2 } else { 1 };
        let look_back = plan.reading[stream].look_back_ms / looks;
        for record in planned {
            let late = record.visible_ms - record.at_ms;
            if record.at_ms >= cursor.origin_ms && late <= look_back - slack {
                promised += 1;
                if !book.times.contains_key(&record.id) {
                    wrong.push(lost(record, late));
                }
            }
        }
        let first = plan.first_look_back_ms;
        if cursor.origin_ms > BEGIN_MS + HOUR.as_millis() as i64 - first {
            wrong.push(format!("stream {stream} begins at {}", cursor.origin_ms));
        }
    }
    let known: HashSet<&str> = plan
        .activities
        .iter()
        .chain(&plan.alerts)
        .map(|planned| planned.id.as_str())
        .collect();
    for (id, times) in &book.times {
        if id.starts_with("big-") {
            continue;
        }
        if !known.contains(id.as_str()) {
            wrong.push(format!("{id} is no record of the cloud"));
        }
        // an alert that changes may be told again
        let changes = inner
            .changes
            .iter()
            .filter(|changed| *changed == id)
            .count();
        if *times as usize > 1 + changes {
            wrong.push(format!("{id} became {times} lines"));
        }
    }
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
    for (i, &(life, at)) in inner.requests.iter().enumerate() {
        let within = inner.requests[i..]
            .iter()
            .take_while(|(_, later)| *later < at + MINUTE)
            .filter(|(of, _)| *of == life)
            .count();
        if within > LIMIT as usize {
            wrong.push(format!("{within} requests in the minute from {at:?}"));
            break;
        }
    }
    if !wrong.is_empty() {
        return Err(report(plan, &wrong));
    }
    Ok(Tally {
        hours: 1,
        simulated: inner.at,
        lives: inner.life,
        requests: inner.requests.len() as u64,
        records: (plan.activities.len() + plan.alerts.len()) as u64,
        promised,
        lines: book.ids.len() as u64,
        again,
        breaks: inner.receiver.breaks,
        on_sled: u64::from(plan.on_sled),
        struck: inner.struck.clone(),
    })
}

fn lost(record: &Planned, late: i64) -> String {
    let since = |ms: i64| (ms - BEGIN_MS) as f64 / 1000.0;
    format!(
        "{} of {:.1} s, visible from {:.1} s ({:.1} s late), never arrived",
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
    let Plan {
        reading,
        poll,
        faults,
        skew_ms,
        on_sled,
        events,
        ..
    } = plan;
    let _ = write!(
        text,
        "  {reading:?}, poll {poll:?}, faults {faults} %, skew {skew_ms} ms, sled {on_sled}, restart {}\n  {events:?}",
        plan.ends_with_restart
    );
    text
}
