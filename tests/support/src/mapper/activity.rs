//! An activity: who did what, where.

use serde_json::Value;

use super::{Looks, Parts, by_family, names, number_at, plain, text, text_at};

pub(super) fn parts(record: &Value, looks: &Looks) -> Parts {
    let id = match text_at(record, "/_id") {
        id if id.is_empty() => text_at(record, "/uid"),
        id => id,
    };
    let time_ms = number_at(record, "/timestamp").expect("a time");
    let category = text_at(record, "/eventTypeName");
    let name = match text_at(record, "/description_metadata/event_category") {
        name if name.is_empty() => names::category(&category),
        name => name,
    };
    let description = text::of_html(&text_at(record, "/description"));
    let user = match text_at(record, "/user/userName") {
        user if user.is_empty() => text_at(record, "/failedUserData/userName"),
        user => user,
    };
    let (v4, v6) = by_family(&[text_at(record, "/device/clientIP")]);
    // all of them, the nameless too
    let objects = record.pointer("/mainInfo/eventObjects");
    let objects = objects.and_then(Value::as_array);
    let objects: Vec<String> = (objects.into_iter().flatten())
        .map(|object| plain(&object["name"]))
        .collect();
    let time = time_ms.to_string();
    let pairs = vec![
        ("externalId", id.clone()),
        ("rt", time.clone()),
        ("start", time.clone()),
        ("end", time),
        // decided: one that says nothing says what it is called
        (
            "msg",
            if description.is_empty() {
                name.clone()
            } else {
                description
            },
        ),
        ("suser", user),
        ("destinationServiceName", text_at(record, "/appName")),
        ("dvc", v4),
        (
            "requestClientApplication",
            text_at(record, "/device/userAgent"),
        ),
        ("cs1Label", "portalURL".to_owned()),
        (
            "cs1",
            format!("{}/#/audits?activity.id=eq({id},)", looks.portal),
        ),
        ("cs2Label", "uniqueServiceAppIds".to_owned()),
        ("cs2", names::app(&text_at(record, "/appId"))),
        ("cs3Label", "targetObjects".to_owned()),
        ("cs3", objects.join(",")),
        ("cs4Label", "policyIDs".to_owned()),
        ("cs4", String::new()),
        ("c6a1Label", "Device IPv6 Address".to_owned()),
        ("c6a1", v6),
    ];
    Parts {
        time_ms,
        id: category,
        name,
        severity: 0,
        pairs,
    }
}
