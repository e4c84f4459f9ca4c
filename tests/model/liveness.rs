//! Each fault of the simulator is kept for ever on one place, one size or one record: everything
//! else arrives, once, and what does not is named by a notice within ten minutes.
//!
//! `SIEMBOX_KEPT` runs only the cases whose words hold it, and tells how each of them ends.

mod first_start;
mod kept;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use siembox::for_tests::clock::Time;
use siembox::for_tests::status::{LivenessWatch, Notice};
use siembox::for_tests::stream::CLOUD_APPS;
use siembox_support::records::Stream;

use crate::case::{BEGIN_MS, Plan, Planned, PlannedStream, Reading};
use crate::face::cloud_apps::CloudAppsFace;
use crate::life::{limits, next_turn, pollers, reporter, status};
use crate::spool::{TestSpool, held};
use crate::world::{SimTime, World};
use kept::{Kept, Spot, all, kind};

const MINUTE: Duration = Duration::from_secs(60);
/// A notice names what does not arrive within this.
const NAMED_WITHIN: Duration = MINUTE.saturating_mul(10);
/// New records come until then.
const RECORDS_UNTIL: Duration = MINUTE.saturating_mul(20);
/// And arrive until then.
const END: Duration = MINUTE.saturating_mul(30);
/// Where each failure takes a minute: it is found in some dozen of them.
const SLOW_END: Duration = MINUTE.saturating_mul(90);
/// Steps within a minute that never are needed.
const MOST_STEPS: u32 = 2000;

/// How a case ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    /// All records arrived.
    All,
    /// All but the one that the fault is bound to, which a notice names.
    AllOthers,
    /// Some did not, and a notice said so in time.
    Named,
}

#[test]
fn what_fails_for_ever_holds_back_nothing_else_or_is_named() {
    let only = std::env::var("SIEMBOX_KEPT").ok();
    let mut cases = all();
    let kinds: BTreeSet<_> = cases.iter().map(|case| kind(&case.fault)).collect();
    if let Some(only) = &only {
        cases.retain(|case| format!("{case:?}").contains(only));
    }
    let next = AtomicUsize::new(0);
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let ended = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let end = std::panic::catch_unwind(|| live(case))
                        .unwrap_or_else(|_| Err("it panicked; the words stand above".to_owned()));
                    held(&ended).push((case.clone(), end));
                }
            });
        }
    });
    let ended = ended.into_inner().unwrap();
    let mut ends: BTreeMap<End, u64> = BTreeMap::new();
    let mut wrong = Vec::new();
    for (case, end) in &ended {
        match end {
            Ok((end, told)) => {
                *ends.entry(*end).or_default() += 1;
                if only.is_some() {
                    println!("{case:?}: {end:?}\n    {told}");
                }
                if *end == End::Named && !may_hold_back(case) {
                    wrong.push(format!("{case:?}: others are held back\n    {told}"));
                }
            }
            Err(what) => wrong.push(format!("{case:?}: {what}")),
        }
    }
    println!(
        "{} cases of {} kinds of faults, each kept for ever: {ends:?}",
        ended.len(),
        kinds.len()
    );
    for what in &wrong {
        println!("{what}");
    }
    assert!(wrong.is_empty(), "{} of {} cases", wrong.len(), ended.len());
}

/// Is it enough that a notice names it? Only where no question of the stream is answered well.
fn may_hold_back(case: &Kept) -> bool {
    case.spot == Spot::Everything
}

/// Half an hour with this fault.
fn live(case: &Kept) -> Result<(End, String), String> {
    // the activities behind alerts are asked for at the list that fails
    let fetch_related = case.stream == Stream::Activities && case.spot == Spot::Everything;
    let plan = Plan {
        face: face(fetch_related),
        ..plan(case.spot)
    };
    let tenant = plan.face.cloud(&plan).tenant();
    let of = bound(&plan, case.stream);
    tenant.state().faults.add(case.strike(of));
    let world = Arc::new(World::new(&plan, tenant));
    world.inner().calm = true;
    let spool = Arc::new(TestSpool::new(&world, false, u64::MAX));
    world.inner().receiver.spool = Some(Arc::clone(&spool));
    let status = status();
    let mut pollers = pollers(&plan, &world, &spool, &limits(&plan), &reporter(&status));
    let time = SimTime(Arc::clone(&world), LivenessWatch::default());
    let notices = || status.snapshot(time.now()).notices;
    let (mut due, mut steps) = ([Duration::ZERO; 2], (Duration::ZERO, 0));
    let mut named = None;
    let end = if case.is_slow() { SLOW_END } else { END };
    loop {
        let turn = next_turn(&due);
        world.pass(due[turn].saturating_sub(world.at()));
        if named.is_none() && world.at() >= NAMED_WITHIN {
            named = Some(about(case, notices()));
        }
        if world.at() >= end {
            break;
        }
        if world.at() > steps.0 + MINUTE {
            steps = (world.at(), 0);
        }
        steps.1 += 1;
        if steps.1 > MOST_STEPS {
            return Err(format!(
                "{} steps within a minute at {:?}",
                steps.1, steps.0
            ));
        }
        let wait = pollers[turn].step();
        pollers[turn].worker.liveness.rest();
        due[turn] = world.at() + wait;
    }
    // one of the two may have waited within its step while the other could have read
    for poller in &mut pollers {
        for _ in 0..3 {
            poller.step();
            poller.worker.liveness.rest();
        }
    }
    world.inner().receiver.spool = None;
    judge(
        case,
        &plan,
        &spool,
        of,
        &named.unwrap_or_default(),
        &about(case, notices()),
    )
}

/// What the open notices say that are about the stream.
fn about(case: &Kept, notices: Vec<Notice>) -> Vec<String> {
    let stream = match case.stream {
        Stream::Activities => "activities",
        Stream::Alerts => "alerts",
    };
    let meant = notices
        .into_iter()
        .filter(|notice| notice.over_ms.is_none() && notice.text.contains(stream));
    meant
        .map(|notice| format!("{}: {}", notice.title, notice.text))
        .collect()
}

fn judge(
    case: &Kept,
    plan: &Plan,
    spool: &TestSpool,
    of: &str,
    named: &[String],
    at_last: &[String],
) -> Result<(End, String), String> {
    let book = held(&spool.book);
    let mut wrong = book.wrong.clone();
    let sets = [
        (Stream::Activities, &plan.streams[0]),
        (Stream::Alerts, &plan.streams[1]),
    ];
    let known: HashSet<&str> = sets
        .iter()
        .flat_map(|(_, set)| set.records.iter())
        .map(|planned| planned.id.as_str())
        .collect();
    for (id, times) in book.times.values().flatten() {
        if !known.contains(id.as_str()) && !id.starts_with("big-") {
            wrong.push(format!("{id} is no record of the cloud"));
        }
        // the record that a fault adds takes another time on each page
        if *times > 1 && !id.starts_with("big-") {
            wrong.push(format!("{id} became {times} lines"));
        }
    }
    let mut missing = Vec::new();
    for (stream, set) in sets {
        for planned in
            (set.records.iter()).filter(|planned| book.times_of(set.spec, &planned.id) == 0)
        {
            if stream == case.stream {
                missing.push(planned.id.as_str());
            } else {
                wrong.push(format!("{} of the other stream is missing", planned.id));
            }
        }
    }
    let bound = matches!(case.spot, Spot::Alone | Spot::Tied);
    let end = match missing.as_slice() {
        [] => End::All,
        [one] if bound && *one == of => End::AllOthers,
        _ => End::Named,
    };
    let told = format!(
        "missing {} ({:?}…); at ten minutes {named:?}; at last {at_last:?}",
        missing.len(),
        missing.first()
    );
    if end != End::All && (named.is_empty() || at_last.is_empty()) {
        wrong.push(format!("no notice: {told}"));
    }
    match wrong.as_slice() {
        [] => Ok((end, told)),
        some => Err(format!("{} ({} in all); {told}", some[0], some.len())),
    }
}

/// The record that the fault is bound to, amid others.
fn bound(plan: &Plan, stream: Stream) -> &str {
    let of = match stream {
        Stream::Activities => &plan.streams[0].records[BEFORE[0] / 2],
        Stream::Alerts => &plan.streams[1].records[BEFORE[1] / 2],
    };
    &of.id
}

/// So many activities and alerts are there when it begins.
const BEFORE: [usize; 2] = [700, 50];

fn plan(spot: Spot) -> Plan {
    let reading = |overlap_s: i64, look_back: Duration, page_size| Reading {
        overlap_ms: overlap_s * 1000,
        look_back_ms: i64::try_from(look_back.as_millis()).unwrap(),
        page_size,
    };
    Plan {
        seed: 1,
        face: face(false),
        streams: vec![
            PlannedStream {
                spec: CLOUD_APPS[0],
                reading: reading(30, 10 * MINUTE, 500),
                records: records("activity", BEFORE[0], spot),
            },
            PlannedStream {
                spec: CLOUD_APPS[1],
                reading: reading(60, 30 * MINUTE, 20),
                records: records("alert", BEFORE[1], spot),
            },
        ],
        poll: Duration::from_secs(30),
        first_look_back_ms: 3_600_000,
        faults: 0,
        skew_ms: 0,
        on_sled: false,
        spool_lines: u64::MAX,
        ends_with_restart: false,
        events: Vec::new(),
    }
}

fn face(fetch_related: bool) -> Arc<CloudAppsFace> {
    Arc::new(CloudAppsFace {
        scan_drops: 3,
        page_cap: 100,
        fetch_related,
    })
}

/// Some before it begins, and one each half minute; where that is meant, the one in the middle
/// shares its time with its neighbours.
fn records(name: &str, before: usize, spot: Spot) -> Vec<Planned> {
    let ms = |time: Duration| i64::try_from(time.as_millis()).unwrap();
    let step = 3_000_000 / i64::try_from(before).unwrap();
    let old = (1..=before)
        .rev()
        .map(|i| BEGIN_MS - i64::try_from(i).unwrap() * step);
    let new = (1..)
        .map(|i| MINUTE * i / 2)
        .take_while(|at| *at < RECORDS_UNTIL)
        .map(|at| BEGIN_MS + ms(at));
    let mut times: Vec<i64> = old.chain(new).collect();
    if spot == Spot::Tied {
        let middle = before / 2;
        times[middle - 1] = times[middle];
        times[middle + 1] = times[middle];
    }
    let planned = times.into_iter().enumerate().map(|(i, at_ms)| Planned {
        id: format!("{name}-{i:06}"),
        made_ms: at_ms,
        at_ms,
        visible_ms: at_ms,
        changes: 0,
    });
    planned.collect()
}
