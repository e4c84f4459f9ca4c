//! Records of Defender XDR in all the forms that the drawn ones have, under the ids and times of
//! the plan.

use std::collections::HashMap;
use std::sync::OnceLock;

use siembox::for_tests::source::fingerprint;
use siembox_support::dice::Dice;
use siembox_support::records::xdr::{self, List, Record, Ticks};
use siembox_support::records::{self};

use crate::case::{BEGIN_MS, Planned};

/// So many of a list are drawn, and taken in turn.
const DRAWN: usize = 60;
/// Ticks of a millisecond.
const TICKS: i64 = 10_000;

/// The id of a record: as its list has them, and no two alike.
pub fn id(list: List, dice: &mut Dice, nth: usize) -> String {
    let tail = format!("{}{nth:04x}", dice.hex(8));
    match list {
        // half of them have a twin in Cloud Apps
        List::Alerts if dice.percent(50) => format!("ca{tail}{}", dice.hex(12)),
        List::Alerts => {
            let prefix = dice.pick(&["ma", "ad", "aa", "ra", "ca"]);
            format!("{prefix}{tail}-{}", dice.guid())
        }
        List::Incidents => (1000 + nth).to_string(),
        List::BehaviorInfo => format!("bc{tail}-{}", dice.guid()),
        _ => format!("{tail}_{}_{}", list.name().len(), dice.guid()),
    }
}

/// The same in the line: an alert that Cloud Apps has too bears its id of there.
pub fn line_id(id: &str) -> &str {
    let twin = id.strip_prefix("ca").filter(|rest| rest.len() == 24);
    twin.unwrap_or(id)
}

/// The record as the cloud has it.
pub fn record(list: List, planned: &Planned) -> Record {
    let print = fingerprint(&planned.id);
    let drawn = drawn(list);
    let mut record = drawn[usize::try_from(print % drawn.len() as u64).unwrap()].clone();
    let below_ms = i64::try_from(print % u64::try_from(TICKS).unwrap()).unwrap();
    let at = Ticks(planned.at_ms * TICKS + below_ms);
    record.id.clone_from(&planned.id);
    if list.is_table() {
        (record.at, record.updated) = (at, at);
    } else {
        // a third was made some time before the first change that anybody sees of it
        let age_ms = match print % 3 {
            0 => i64::try_from(print % 7_000_000).unwrap(),
            _ => 0,
        };
        let below_ms = (planned.made_ms == planned.at_ms).then_some(below_ms);
        record.at = Ticks((planned.made_ms - age_ms) * TICKS + below_ms.unwrap_or(0));
        record.updated = at;
        for _ in 0..planned.changes {
            record = record.changed(at);
        }
    }
    record.visible_from(planned.visible_ms)
}

fn drawn(list: List) -> &'static [Record] {
    static DRAWN_OF: OnceLock<HashMap<List, Vec<Record>>> = OnceLock::new();
    let all = DRAWN_OF.get_or_init(|| {
        let until = BEGIN_MS;
        let from = until - 3_600_000;
        let twins = xdr::twins(records::alerts(5, DRAWN).between(from, until)).chain(xdr::twins(
            records::activities(6, 20 * DRAWN).between(from, until),
        ));
        let others = xdr::alerts(7, DRAWN).chain(xdr::incidents(8, DRAWN));
        let rest = xdr::behaviors(9, DRAWN).chain(xdr::directory(10, 4 * DRAWN));
        let mut all: HashMap<List, Vec<Record>> = HashMap::new();
        for record in twins.chain(others).chain(rest) {
            all.entry(record.list).or_default().push(record);
        }
        all
    });
    &all[&list]
}
