//! A behavior, as the alert that it was (successors §7).

use serde_json::Value;

use super::{AlertLine, Times, dynamic, first, names, number, objects, once, or_kind, text, time};
use crate::mapper::{Parts, text as texts};

pub(super) fn parts(record: &Value) -> Parts {
    let rt = time(record, &["Timestamp"]).expect("a time");
    let (start, end) = (time(record, &["StartTime"]), time(record, &["EndTime"]));
    let title = text(record, "Title");
    let kind = names::by_action(&text(record, "ActionType"));
    let all = dynamic(record, "Entities");
    let of_type = |kind: &str| {
        let mut found = objects(&all);
        found.retain(|one| text(one, "EntityType") == kind);
        found
    };
    let users = of_type("User").into_iter().map(|one| {
        let (name, domain) = (text(one, "AccountName"), text(one, "AccountDomain"));
        let with_domain = match name.is_empty() || domain.is_empty() {
            true => String::new(),
            false => format!("{name}@{domain}"),
        };
        first([text(one, "AccountUpn"), with_domain])
    });
    let users = [text(record, "AccountUpn")].into_iter().chain(users);
    let line = AlertLine {
        id: text(record, "BehaviorId"),
        msg: first([texts::of_html(&text(record, "Description")), title.clone()]),
        suser: first(users.chain([text(record, "AccountObjectId")])),
        apps: once(
            of_type("CloudApplication")
                .into_iter()
                .map(|one| (number(one, "ApplicationId"), text(one, "Application"))),
        ),
        addresses: of_type("Ip")
            .into_iter()
            .map(|one| text(one, "RemoteIP"))
            .collect(),
        ..AlertLine::default()
    };
    Parts {
        time_ms: rt,
        name: or_kind(title, &kind),
        id: kind,
        severity: 3,
        pairs: line.pairs(&Times::of(rt, start, end, rt)),
    }
}
