//! Records of Defender XDR, as the old agent would have written them (successors §7, reference
//! §5.3, §5.4).

mod alert;
mod behavior;
mod cloud_app;
mod identity;
mod incident;
mod names;

use serde_json::Value;

use super::{Looks, Parts};
use crate::records::xdr::{List, Ticks, member};

/// The parts of a record's line; of `BehaviorInfo` with its entities in the list `Entities`.
pub(super) fn parts(list: List, record: &Value, looks: &Looks) -> Parts {
    match list {
        List::Alerts => alert::parts(record, looks),
        List::Incidents => incident::parts(record),
        List::CloudAppEvents => cloud_app::parts(record),
        List::IdentityLogonEvents | List::IdentityQueryEvents | List::IdentityDirectoryEvents => {
            identity::parts(list, record)
        }
        List::BehaviorInfo => behavior::parts(record),
        List::BehaviorEntities => panic!("its rows belong to the line of a behavior"),
    }
}

/// The text of a member; empty where it says nothing: null, `{}`, the word null.
fn text(record: &Value, key: &str) -> String {
    super::plain(member(record, key).unwrap_or(&Value::Null))
}

/// The first of these that says something.
fn first(texts: impl IntoIterator<Item = String>) -> String {
    let mut said = texts.into_iter().filter(|text| !text.is_empty());
    said.next().unwrap_or_default()
}

/// A member of the type dynamic, which may be JSON text.
fn dynamic(record: &Value, key: &str) -> Value {
    match member(record, key) {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or_default(),
        Some(value) => value.clone(),
        None => Value::Null,
    }
}

/// The objects in a list.
fn objects(list: &Value) -> Vec<&Value> {
    let items = list.as_array().into_iter().flatten();
    items.filter(|item| item.is_object()).collect()
}

/// Milliseconds of the first of these members that is a time; its digits below are cut off.
fn time(record: &Value, keys: &[&str]) -> Option<i64> {
    let mut times = keys
        .iter()
        .filter_map(|key| Ticks::parse(&text(record, key)));
    times.next().map(Ticks::ms)
}

/// An app: its number, where it has one, and its title.
type App = (Option<i64>, String);

/// Each app once.
fn once(apps: impl IntoIterator<Item = App>) -> Vec<App> {
    let mut all: Vec<App> = Vec::new();
    for app in apps {
        if !all.contains(&app) {
            all.push(app);
        }
    }
    all
}

/// `destinationServiceName` and `cs2` of these apps.
fn services(apps: &[App]) -> (String, String) {
    let titles = apps.iter().map(|(_, title)| title.clone());
    let ids = apps
        .iter()
        .map(|(number, title)| names::app(*number, title));
    let joined = |texts: Vec<String>| {
        let said: Vec<String> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        said.join(",")
    };
    (joined(titles.collect()), joined(ids.collect()))
}

/// A number that says something: not 0, not below it, not absent.
fn number(record: &Value, key: &str) -> Option<i64> {
    let digits = text(record, key);
    digits.parse().ok().filter(|number| *number > 0)
}

/// `start` and `end` of what has a time of its own for each.
struct Times {
    rt: i64,
    start: i64,
    end: i64,
}

impl Times {
    /// From what the record tells of start and end. A line never ends before it starts: of two
    /// times the earlier one is the start.
    fn of(rt: i64, start: Option<i64>, end: Option<i64>, made: i64) -> Self {
        let mut both = match (start, end) {
            (None, None) => [rt, rt],
            (Some(start), None) => [start, start],
            (None, Some(end)) => [end, made.min(end)],
            (Some(start), Some(end)) => [start, end],
        };
        both.sort_unstable();
        let [start, end] = both;
        Self { rt, start, end }
    }
}

/// What an alert's line is made of.
#[derive(Default)]
struct AlertLine {
    id: String,
    msg: String,
    suser: String,
    apps: Vec<App>,
    url: String,
    policy: String,
    addresses: Vec<String>,
}

impl AlertLine {
    fn pairs(self, times: &Times) -> Vec<(&'static str, String)> {
        let (service, app_ids) = services(&self.apps);
        let (v4, v6) = super::by_family(&self.addresses);
        vec![
            ("externalId", self.id),
            ("rt", times.rt.to_string()),
            ("start", times.start.to_string()),
            ("end", times.end.to_string()),
            ("msg", self.msg),
            ("suser", self.suser),
            ("destinationServiceName", service),
            ("cn1Label", "riskScore".to_owned()),
            ("cn1", String::new()),
            ("cs1Label", "portalURL".to_owned()),
            ("cs1", self.url),
            ("cs2Label", "uniqueServiceAppIds".to_owned()),
            ("cs2", app_ids),
            ("cs3Label", "relatedAudits".to_owned()),
            ("cs3", String::new()),
            ("cs4Label", "policyIDs".to_owned()),
            ("cs4", self.policy),
            ("src", v4),
            ("c6a1Label", "Device IPv6 Address".to_owned()),
            ("c6a1", v6),
        ]
    }
}

/// What an activity's line is made of.
struct ActivityLine {
    /// `LOGIN`
    category: &'static str,
    time_ms: i64,
    id: String,
    msg: String,
    suser: String,
    app: App,
    user_agent: String,
    objects: String,
    address: String,
}

impl ActivityLine {
    fn parts(self) -> Parts {
        let id = format!("EVENT_CATEGORY_{}", self.category);
        let name = super::names::category(&id);
        let (service, app_ids) = services(&[self.app]);
        let (v4, v6) = super::by_family(&[self.address]);
        let time = self.time_ms.to_string();
        let portal = "https://security.microsoft.com/cloudapps/activity-log";
        let pairs = vec![
            ("externalId", self.id.clone()),
            ("rt", time.clone()),
            ("start", time.clone()),
            ("end", time),
            ("msg", self.msg),
            ("suser", self.suser),
            ("destinationServiceName", service),
            ("dvc", v4),
            ("requestClientApplication", self.user_agent),
            ("cs1Label", "portalURL".to_owned()),
            ("cs1", format!("{portal}?activity.id=eq({},)", self.id)),
            ("cs2Label", "uniqueServiceAppIds".to_owned()),
            ("cs2", app_ids),
            ("cs3Label", "targetObjects".to_owned()),
            ("cs3", self.objects),
            ("cs4Label", "policyIDs".to_owned()),
            ("cs4", String::new()),
            ("c6a1Label", "Device IPv6 Address".to_owned()),
            ("c6a1", v6),
        ];
        Parts {
            time_ms: self.time_ms,
            id,
            name,
            severity: 0,
            pairs,
        }
    }
}

/// The label of a category.
fn label(category: &str) -> String {
    super::names::category(&format!("EVENT_CATEGORY_{category}"))
}

/// Decided: an alert without a title is called as its kind.
fn or_kind(title: String, kind: &str) -> String {
    if title.is_empty() {
        kind.to_owned()
    } else {
        title
    }
}
