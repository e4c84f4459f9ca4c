//! Files of generated shapes, and what comes out at both ends.
#![allow(clippy::unwrap_used)]

use proptest::prelude::*;

use super::*;
use crate::cef::{AlertName, Looks, Profile, Version};
use crate::event::Names;
use crate::source::cloud_apps::RECORDS;

const KNOWN: KnownRecords = KnownRecords(&[RECORDS]);

const ACTIVITY: &str =
    r#"{"_id": "a1", "timestamp": 1595096313000, "eventTypeName": "EVENT_CATEGORY_LOGIN"}"#;
const ALERT: &str = r#"{"_id": "596a7e360c204203a335a3fb", "title": "t", "idValue": 15728641, "entities": [{"type": "service", "id": 20940}]}"#;

fn style() -> Style {
    let version = Version::default();
    Style::new(&Looks {
        profile: Profile::Portable,
        agent_version: &version,
        severity: [3, 6, 9, 0],
        alert_name: AlertName::Title,
        api_url: "https://contoso.us.portal.cloudappsecurity.com",
        portal: None,
        defender_portal: None,
        names: &Names::default(),
    })
}

fn rendered(
    input: &str,
    header: Option<&Header>,
    defender_for_identity: bool,
) -> (String, String, RenderOutcome) {
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    let style = style();
    let with = Rendering {
        known: &KNOWN,
        names: &Names::default(),
        style: &style,
        header,
        defender_for_identity,
    };
    let outcome = render("x.json", input.as_bytes(), with, &mut lines, &mut problems).unwrap();
    (
        String::from_utf8(lines).unwrap(),
        String::from_utf8(problems).unwrap(),
        outcome,
    )
}

#[test]
fn lines_and_problems_part() {
    let input = format!(
        "{ACTIVITY}\n{ALERT}\n{{\"_id\": \"x\\u001b\", \"appId\": 1}}\n{{\"error\": true}}\n7\n{{]\n"
    );
    let (lines, problems, outcome) = rendered(&input, None, true);
    let classes: Vec<_> = lines
        .lines()
        .map(|line| line.split('|').nth(4).unwrap())
        .collect();
    assert_eq!(
        classes,
        ["EVENT_CATEGORY_LOGIN", "ALERT_CABINET_EVENT_MATCH_AUDIT"]
    );
    assert_eq!(
        problems.lines().collect::<Vec<_>>(),
        [
            "x.json: line 3, id x\\u{1b}: the record has no usable time (timestamp)",
            "x.json: line 4: not an activity or an alert of the Defender for Cloud Apps API",
            "x.json: line 5: the record is not a JSON object",
            "x.json: line 6: the record is not valid JSON: key must be a string at line 1 column 2",
        ]
    );
    assert_eq!(
        outcome,
        RenderOutcome {
            lines: 2,
            left_out: 0,
            failed: 4
        }
    );
}

#[test]
fn header_and_left_out_as_asked() {
    let header = Header::new(Default::default(), Default::default(), true, Some("box"));
    let (lines, _, outcome) = rendered(&format!("[{ACTIVITY},{ALERT}]"), Some(&header), false);
    assert!(
        lines.starts_with("<109>2020-07-18T18:18:33.000Z box CEF:0|"),
        "{lines}"
    );
    assert_eq!(
        outcome,
        RenderOutcome {
            lines: 1,
            left_out: 1,
            failed: 0
        }
    );
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let keys = "_id|uid|timestamp|created|title|idValue|entities|mainInfo|eventObjects|device|clientIP|name|id|type|data";
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<f64>().prop_map(Into::into),
        "\\PC{0,12}|user|service|[<>&;#_\n\u{0}-\u{1f}]{0,9}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 40, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::btree_map(keys, inner, 0..8)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_json_is_a_line_or_a_problem(
        values in proptest::collection::vec(json(), 1..6),
        pretty: bool,
    ) {
        let one = |value| {
            if pretty {
                serde_json::to_string_pretty(value)
            } else {
                serde_json::to_string(value)
            }
        };
        let input: Vec<String> = values.iter().map(|value| one(value).unwrap()).collect();
        let (lines, problems, outcome) = rendered(&input.join("\n"), None, true);
        prop_assert_eq!(lines.lines().count() as u64, outcome.lines);
        prop_assert_eq!(problems.lines().count() as u64, outcome.failed);
        for line in lines.lines() {
            prop_assert!(
                siembox_support::cef_reader::Cef::read(line).is_ok(),
                "{}",
                line
            );
        }
    }
}
