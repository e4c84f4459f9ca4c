//! Records as dirty as they come: in the API's shape, every text in them anything at all.

pub mod successors;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

/// The same records in every run.
pub fn records(count: usize) -> Vec<String> {
    let mut runner = TestRunner::deterministic();
    let record = prop_oneof![activity(), alert()];
    let mut one = || {
        record
            .new_tree(&mut runner)
            .expect("nothing is filtered out")
            .current()
            .to_string()
    };
    (0..count).map(|_| one()).collect()
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[A-Za-z0-9._@-]{1,16}",
        "[a-z]{1,6}( [a-z]{1,6}){0,4} ?",
        "( ?(msg|suser|src|cs1|x)=[a-z ]{0,6}){1,3}",
        "[A-Z]{3,8}\\\\[a-z]{2,6}|[CD]:(\\\\[a-z]{1,4}){1,3}\\\\?",
        "[\\\\=|\"',; \n\r\t%&<>\u{0}-\u{1f}\u{7f}-\u{9f}\u{2028}\u{2029}\u{a0}\u{3000}a-c]{0,14}",
        "https://[a-z]{1,5}/[a-z]?\\?[a-z]=%3[DA][a-z]&b=[a-z=]{0,3}",
        "\\PC{0,12}",
    ]
}

fn address() -> impl Strategy<Value = String> {
    any::<std::net::IpAddr>().prop_map(|address| address.to_string())
}

fn activity() -> impl Strategy<Value = Value> {
    let objects = proptest::collection::vec(proptest::option::of(text()), 0..5);
    ([text(), text(), text(), text(), text()], text(), text(), address(), objects, any::<u16>()).prop_map(
        |([id, category, label, description, agent], user, app, address, objects, number)| {
            let objects: Vec<_> = objects.into_iter().map(|name| json!({"objType": 1, "name": name})).collect();
            json!({
                "_id": format!("1_{id}"), "timestamp": 1_704_103_200_000_i64 + i64::from(number), "created": 1_704_103_500_000_i64,
                "eventTypeName": format!("EVENT_CATEGORY_{category}"), "description": description,
                "description_metadata": {"event_category": label}, "appId": number, "appName": app,
                "user": {"userName": user}, "device": {"clientIP": address, "userAgent": agent},
                "mainInfo": {"eventObjects": objects},
            })
        },
    )
}

fn alert() -> impl Strategy<Value = Value> {
    let some = || proptest::collection::vec(text(), 0..3);
    let url = proptest::option::of(text());
    ([text(), text(), text()], some(), some(), proptest::collection::vec(address(), 0..3), some(), url, 0..5).prop_map(
        |([id, title, description], users, services, addresses, audits, url, severity)| {
            let users = users.into_iter().map(|user| json!({"type": "user", "id": user}));
            let services = (0..).zip(services).map(|(nth, title)| json!({"type": "service", "id": 20_890 + nth, "label": title}));
            let addresses = addresses.into_iter().map(|address| json!({"type": "ip", "id": address}));
            let policy = [json!({"type": "policyRule", "id": format!("p{id}"), "label": "policy"})];
            let entities: Vec<_> = users.chain(services).chain(addresses).chain(policy).collect();
            json!({
                "_id": format!("a{id}"), "timestamp": 1_704_103_200_000_i64, "title": title, "description": description,
                "severityValue": severity, "idValue": 15_728_640 + severity, "threatScore": severity, "URL": url,
                "audits": audits, "entities": entities,
            })
        },
    )
}
