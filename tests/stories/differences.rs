//! `siembox migrate` tells exactly the differences that there are: records are planted in one API
//! alone and in both, some of them told otherwise by the second. What must be listed is worked out
//! from the records by a mapper and a reader of CEF that share no code with siembox.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde_json::{Value, json};
use siembox_support::arrivals;
use siembox_support::cef_reader::Cef;
use siembox_support::cloud::Cloud;
use siembox_support::mapper::{self, Looks};
use siembox_support::records::xdr::List;
use siembox_support::records::{self, Stream, xdr};
use siembox_support::sink::SyslogReceiver;

use crate::migrate;
use crate::siembox::Siembox;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;

/// What the settings ask Graph for where they say nothing.
const PRODUCTS: [&str; 4] = [
    "microsoftDefenderForCloudApps",
    "microsoftAppGovernance",
    "microsoftDefenderForIdentity",
    "azureAdIdentityProtection",
];
const HEADER: [&str; 7] = [
    "version",
    "vendor",
    "product",
    "device version",
    "id",
    "name",
    "severity",
];

/// So many activities are told otherwise in one column, and so many alerts.
const PLANTED: usize = 9;
/// Ids that `--json` names, and the text.
const NAMED: [usize; 2] = [20, 3];

/// A class of records, each by its id, as lines of either API.
#[derive(Default)]
struct Class {
    source: BTreeMap<String, String>,
    other: BTreeMap<String, String>,
}

/// How a field differs: lines, first id, both values.
type Difference = (usize, String, Option<String>, Option<String>);

impl Class {
    fn in_both(&self) -> Vec<&String> {
        let ids = self.source.keys();
        ids.filter(|id| self.other.contains_key(*id)).collect()
    }

    fn only<'c>(
        one: &'c BTreeMap<String, String>,
        other: &BTreeMap<String, String>,
    ) -> Vec<(&'c String, &'c String)> {
        let lines = one.iter();
        lines.filter(|(id, _)| !other.contains_key(*id)).collect()
    }

    fn differences(&self) -> BTreeMap<String, Difference> {
        let mut found: BTreeMap<String, Difference> = BTreeMap::new();
        for id in self.in_both() {
            let (source, other) = (values(&self.source[id]), values(&self.other[id]));
            let names: BTreeSet<&String> = source.keys().chain(other.keys()).collect();
            for name in names {
                let (one, another) = (source.get(name), other.get(name));
                if one != another {
                    let first = || (0, id.clone(), one.cloned(), another.cloned());
                    found.entry(name.clone()).or_insert_with(first).0 += 1;
                }
            }
        }
        found
    }

    /// As `--json` must say it.
    fn json(&self, class: &str) -> Value {
        let only = |one: &BTreeMap<String, String>, other: &BTreeMap<String, String>| {
            let only = Self::only(one, other);
            let first: BTreeMap<_, _> = only.iter().take(NAMED[0]).copied().collect();
            json!({ "count": only.len(), "first": first })
        };
        let fields = self.differences().into_iter();
        let fields = fields.map(|(name, (lines, id, source, other))| {
            let difference = json!({
                "lines": lines, "id": id, "source": source, "other": other,
            });
            (name, difference)
        });
        json!({
            "class": class,
            "comparison": {
                "in_both": self.in_both().len(),
                "only_in_source": only(&self.source, &self.other),
                "only_in_other": only(&self.other, &self.source),
                "fields": fields.collect::<serde_json::Map<_, _>>(),
            },
        })
    }

    /// As the text must say it.
    fn text(&self, class: &str) -> String {
        let both = self.in_both().len();
        let mut text = format!("{class}: {both} in both\n");
        for (name, one, other) in [
            ("cloud-apps", &self.source, &self.other),
            ("defender-xdr", &self.other, &self.source),
        ] {
            let only = Self::only(one, other);
            let ids = only.iter().map(|(id, _)| id.as_str()).take(NAMED[1]);
            let ids = Vec::from_iter(ids).join(", ");
            let more = if only.len() > NAMED[1] { ", …" } else { "" };
            if !only.is_empty() {
                writeln!(text, "  only in {name}: {} ({ids}{more})", only.len()).unwrap();
            }
        }
        for (name, (lines, id, source, other)) in self.differences() {
            let (source, other) = (shown(source), shown(other));
            writeln!(
                text,
                "  {name} differs in {lines} of {both}, first in {id}:"
            )
            .unwrap();
            writeln!(text, "    cloud-apps: {source}\n    defender-xdr: {other}").unwrap();
        }
        text
    }
}

/// The values of a line as they stand there, by the names of their fields.
fn values(line: &str) -> BTreeMap<String, String> {
    let cef = Cef::read(line).unwrap_or_else(|error| panic!("{error:?}: {line}"));
    let header = HEADER.iter().zip(&cef.header);
    let header = header.map(|(name, value)| {
        let value = value.replace('\\', "\\\\").replace('|', "\\|");
        ((*name).to_owned(), value)
    });
    let extension = cef.extension.iter().map(|(name, value)| {
        let value = value.replace('\\', "\\\\").replace('=', "\\=");
        let value = value.replace('\n', "\\n").replace('\r', "\\r");
        (name.clone(), value)
    });
    header.chain(extension).collect()
}

fn shown(value: Option<String>) -> String {
    match value {
        None => "not there".to_owned(),
        Some(value) if value.is_empty() => "empty".to_owned(),
        Some(value) => {
            let begin: String = value.chars().take(60).collect();
            let more = if value.chars().count() > 60 {
                "…"
            } else {
                ""
            };
            format!("{}{more}", begin.trim_end())
        }
    }
}

/// Both records of an event, the second told otherwise where `otherwise` says how.
fn told_otherwise(
    twin: &xdr::Record,
    otherwise: impl FnOnce(&mut serde_json::Map<String, Value>),
) -> xdr::Record {
    let mut record = twin.value();
    otherwise(record.as_object_mut().unwrap());
    xdr::Record::from_json(twin.list, &record.to_string())
}

/// Plants what both APIs tell, and what only one does.
fn plant(cloud: &Cloud) {
    let now_ms = cloud.now_ms();
    let of_days = |series: records::Series| series.between(now_ms - 40 * HOUR, now_ms - 2 * HOUR);
    let both = |class: Stream, series: records::Series| {
        let twins: Vec<xdr::Record> = xdr::twins(series.clone()).collect();
        cloud.add(class, series);
        twins
    };
    let mut left = PLANTED;
    let twins = both(Stream::Activities, of_days(records::activities(201, 300)));
    cloud.add_xdr(twins.into_iter().map(|twin| {
        if twin.list == List::CloudAppEvents && left > 0 {
            left -= 1;
            return told_otherwise(&twin, |row| {
                row.insert("IPAddress".to_owned(), "10.77.66.55".into());
                row.insert(
                    "AccountDisplayName".to_owned(),
                    "Planted = by | hand".into(),
                );
            });
        }
        twin
    }));
    assert_eq!(left, 0, "there are rows to be told otherwise");
    let mut left = PLANTED;
    let twins = both(Stream::Alerts, of_days(records::alerts(202, 40)));
    cloud.add_xdr(twins.into_iter().map(|twin| {
        if left > 0 {
            left -= 1;
            return told_otherwise(&twin, |alert| {
                alert.insert("description".to_owned(), "Planted: another text".into());
            });
        }
        twin
    }));
    cloud.add(Stream::Activities, of_days(records::activities(203, 31)));
    cloud.add(Stream::Alerts, of_days(records::alerts(204, 2)));
    cloud.add_xdr(xdr::twins(of_days(records::directory_activities(205, 23))));
    cloud.add_xdr(xdr::alerts(206, 30).between(now_ms - 40 * HOUR, now_ms - 2 * HOUR));
    // too young and too old: not compared
    for (seed, from_ms) in [(207, now_ms - 40 * MINUTE), (208, now_ms - 120 * HOUR)] {
        let series = |seed| records::activities(seed, 10).between(from_ms, from_ms + 10 * MINUTE);
        cloud.add(Stream::Activities, series(seed));
        cloud.add_xdr(xdr::twins(series(seed + 10)));
    }
}

/// What must be found from there to there.
fn expected(cloud: &Cloud, from_ms: i64, to_ms: i64) -> [Class; 2] {
    let looks = Looks::of_box(cloud.url());
    let of_class = |stream: Stream, lists: &[List]| {
        let mut class = Class::default();
        for record in cloud.records(stream) {
            if (from_ms..to_ms).contains(&record.at_ms) {
                let line = mapper::line(stream, &record.json(), &looks);
                class.source.insert(record.id.clone(), line);
            }
        }
        for list in lists {
            for record in cloud.xdr_records(*list) {
                let is_asked_for = *list != List::Alerts
                    || PRODUCTS
                        .map(Value::from)
                        .contains(&record.value()["serviceSource"]);
                if is_asked_for && (from_ms..to_ms).contains(&record.at.ms()) {
                    let line = mapper::xdr_line(*list, &record.json(), &looks);
                    class
                        .other
                        .insert(arrivals::legacy(&record.id).to_owned(), line);
                }
            }
        }
        class
    };
    let tables = [
        List::CloudAppEvents,
        List::IdentityLogonEvents,
        List::IdentityQueryEvents,
        List::IdentityDirectoryEvents,
    ];
    [
        of_class(Stream::Activities, &tables),
        of_class(Stream::Alerts, &[List::Alerts]),
    ]
}

fn said(siembox: &Siembox, arguments: &[&str]) -> String {
    let arguments = [&["--to", "defender-xdr", "--since", "3d"], arguments].concat();
    let output = siembox.output("migrate", &arguments);
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn exactly_the_differences_that_there_are_are_listed() {
    let (cloud, receiver) = (migrate::empty_cloud().start(), SyslogReceiver::start());
    plant(&cloud);
    let siembox = migrate::siembox(&cloud, &receiver, "cloud-apps", false);
    let now_ms = cloud.now_ms();
    let [activities, alerts] = expected(&cloud, now_ms - 72 * HOUR, now_ms - HOUR);
    // what was planted is what the oracle sees
    for (class, both, only) in [(&activities, 300, [31, 23]), (&alerts, 40, [2, 1])] {
        assert_eq!(class.in_both().len(), both);
        assert_eq!(Class::only(&class.source, &class.other).len(), only[0]);
        assert!(Class::only(&class.other, &class.source).len() >= only[1]);
    }
    let planted = |class: &Class, words: &str| {
        let lines = class.other.values();
        lines.filter(|line| line.contains(words)).count()
    };
    assert_eq!(planted(&activities, "dvc=10.77.66.55 "), PLANTED);
    assert_eq!(planted(&alerts, "Planted: another text"), PLANTED);
    assert!(activities.differences()["dvc"].0 >= PLANTED);

    let found: Vec<Value> = said(&siembox, &["--json"])
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let wanted = [activities.json("activities"), alerts.json("alerts")];
    assert_eq!(found.len(), wanted.len());
    for (found, wanted) in found.iter().zip(&wanted) {
        for part in ["in_both", "only_in_source", "only_in_other", "fields"] {
            let (found, wanted) = (&found["comparison"][part], &wanted["comparison"][part]);
            assert_eq!(found, wanted, "{part}\n{found:#}\n{wanted:#}");
        }
        assert_eq!(found, wanted);
    }

    let text = said(&siembox, &[]);
    let (first, rest) = text.split_once('\n').unwrap();
    assert!(first.starts_with("agent contoso: records from "), "{first}");
    let (rest, last) = rest.trim_end().rsplit_once('\n').unwrap();
    assert!(last.starts_with("nothing was sent or changed"), "{last}");
    let wanted = activities.text("activities") + &alerts.text("alerts");
    assert_eq!(rest, wanted.trim_end());
}
