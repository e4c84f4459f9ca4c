//! Drawn records have the API's shapes, its dirt, and its speed.
#![allow(clippy::unwrap_used)]

use std::collections::{HashMap, HashSet};

use serde_json::Value;
use siembox_support::records::{self, Record};

const NOW: i64 = 1_760_000_000_000;
const HOUR: i64 = 3_600_000;

fn drawn(series: records::Series) -> Vec<(Record, Value)> {
    series
        .between(NOW - 48 * HOUR, NOW)
        .map(|record| {
            let value = serde_json::from_str(&record.json())
                .unwrap_or_else(|error| panic!("{error}: {}", record.json()));
            (record, value)
        })
        .collect()
}

#[test]
fn the_same_seed_gives_the_same_text() {
    let texts = |seed| {
        records::activities(seed, 50)
            .between(0, NOW)
            .map(|record| record.json())
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(1), texts(1));
    assert_ne!(texts(1), texts(2));
}

#[test]
fn activities_have_every_shape_of_the_reference() {
    let all = drawn(records::activities(3, 2000));
    let has = |pointer: &str, test: &dyn Fn(&Value) -> bool| {
        all.iter()
            .filter(|(_, value)| value.pointer(pointer).is_some_and(test))
            .count()
    };
    let contains = |pointer: &str, text: &str| {
        has(pointer, &|value| {
            value.as_str().is_some_and(|found| found.contains(text))
        })
    };
    assert!(has("/failedUserData/userName", &|_| true) > 50);
    assert!(
        all.iter()
            .filter(|(_, value)| value.get("failedUserData").is_some())
            .all(|(_, value)| value.pointer("/user/userName").is_none())
    );
    assert!(
        all.iter()
            .filter(|(_, value)| value.get("user").is_none())
            .count()
            > 20,
        "computers without a user"
    );
    assert!(contains("/description", "&quot;") > 10);
    assert!(contains("/description", "<b>") > 100);
    assert!(contains("/description", "\n") > 10);
    assert!(contains("/description", "議") > 10);
    assert!(contains("/device/clientIP", ":") > 100);
    assert!(contains("/device/clientIP", ".") > 100);
    let nameless = |value: &Value| {
        value
            .as_array()
            .unwrap()
            .iter()
            .any(|object| object["name"].is_null())
    };
    assert!(has("/mainInfo/eventObjects", &nameless) > 50);
    assert!(contains("/user/userName", "#EXT#") > 10);

    let ids: HashSet<&str> = all.iter().map(|(record, _)| record.id.as_str()).collect();
    assert_eq!(ids.len(), 2000);
    for tail in ["_20940", "_11770"] {
        assert!(ids.iter().any(|id| id.ends_with(tail)));
    }
    assert!(
        ids.iter()
            .any(|id| id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
    );
    assert!(ids.iter().any(|id| id.starts_with("88401377_15600_")));
}

#[test]
fn activities_are_saved_minutes_after_they_happened_and_share_milliseconds() {
    let all = drawn(records::activities(4, 2000));
    let mut times = HashMap::new();
    for (record, value) in &all {
        assert_eq!(
            (value["_id"].as_str(), value["uid"].as_str()),
            (Some(record.id.as_str()), Some(record.id.as_str()))
        );
        assert_eq!(
            (value["timestamp"].as_i64(), value["created"].as_i64()),
            (Some(record.at_ms), Some(record.created_ms))
        );
        let delay = record.created_ms - record.at_ms;
        let own = value["appId"] == 20_595;
        assert!(
            if own {
                (30..130).contains(&delay)
            } else {
                (240_000..360_000).contains(&delay)
            },
            "{delay}"
        );
        *times.entry(record.created_ms).or_insert(0) += 1;
    }
    assert!(times.values().filter(|count| **count >= 2).count() > 100);
    assert!(times.values().any(|count| *count >= 3));
    assert!(all.is_sorted_by_key(|(record, _)| record.created_ms));
    let together: HashSet<i64> = records::activities(4, 300)
        .ties(100)
        .map(|record| record.created_ms)
        .collect();
    assert_eq!(together.len(), 1);
}

#[test]
fn alerts_have_every_shape_of_the_reference() {
    let all = drawn(records::alerts(5, 400));
    for (record, value) in &all {
        assert_eq!(value["timestamp"].as_i64(), Some(record.at_ms));
        let second = i64::from_str_radix(&record.id[..8], 16).unwrap();
        assert_eq!((record.id.len(), second), (24, record.at_ms / 1000));
        assert!((60_000..360_000).contains(&(record.visible_ms - record.at_ms)));
        assert!(value["URL"].as_str().unwrap().ends_with(&record.id));
    }
    let kinds = |pointer: &str| {
        all.iter()
            .filter_map(|(_, value)| value.pointer(pointer))
            .map(ToString::to_string)
            .collect::<HashSet<_>>()
    };
    assert_eq!(kinds("/severityValue").len(), 4);
    assert!(kinds("/idValue").len() >= 7);
    let entity = |kind: &str| {
        all.iter().any(|(_, value)| {
            value["entities"]
                .as_array()
                .unwrap()
                .iter()
                .any(|entity| entity["type"] == kind)
        })
    };
    for kind in [
        "policyRule",
        "service",
        "account",
        "user",
        "ip",
        "country",
        "device",
        "file",
    ] {
        assert!(entity(kind), "{kind}");
    }
    assert!(all.iter().any(|(_, value)| {
        value["description"]
            .as_str()
            .unwrap()
            .contains("__siteIcon__")
    }));
    assert!(
        all.iter()
            .any(|(_, value)| value["handledByUser"] == "null")
    );
}

#[test]
fn sizes_are_about_what_was_asked() {
    let mean = |series: records::Series| {
        let sizes: Vec<usize> = series.map(|record| record.json().len()).collect();
        sizes.iter().sum::<usize>() / sizes.len()
    };
    let usual = mean(records::activities(6, 300));
    assert!((1450..2200).contains(&usual), "{usual}");
    let big = mean(records::activities(6, 300).size(20_000));
    assert!((19_900..20_100).contains(&big), "{big}");
    let alerts = mean(records::alerts(6, 300));
    assert!((1300..1700).contains(&alerts), "{alerts}");
}
