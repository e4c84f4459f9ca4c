//! The successors in Microsoft Graph: log-on, alerts_v2, incidents and advanced hunting, as the
//! reference describes them.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    reason = "short answers of our own simulator"
)]

mod ask;
mod graph;

use std::collections::HashSet;

use graph::{Client, app, ids_of, rows_of, window};
use serde_json::{Value, json};
use siembox_support::cloud::{Cloud, IngestionTime, Played};
use siembox_support::records;
use siembox_support::records::xdr::{self, List, Ticks};

const NOW: i64 = 1_794_307_200_000;
const HOUR: i64 = 3_600_000;

fn cloud() -> Cloud {
    let activities = || records::activities(3, 600).between(NOW - 20 * HOUR, NOW - HOUR);
    let alerts = || records::alerts(3, 40).between(NOW - 20 * HOUR, NOW - HOUR);
    Cloud::builder()
        .app(app())
        .activities(activities())
        .alerts(alerts())
        .xdr(xdr::twins(activities()))
        .xdr(xdr::twins(alerts()))
        .xdr(xdr::alerts(4, 160).between(NOW - 20 * HOUR, NOW - HOUR))
        .xdr(xdr::incidents(4, 120).between(NOW - 20 * HOUR, NOW - 4 * HOUR))
        .xdr(xdr::behaviors(4, 80).between(NOW - 20 * HOUR, NOW - HOUR))
        .graph_requests_per_minute(100_000)
        .hunting_calls_per_minute(100_000)
        .stopped_at(NOW)
        .start()
}

#[test]
fn graph_and_cloud_apps_have_tokens_of_their_own() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let claims = client.token.split('.').nth(1).unwrap();
    use base64::Engine as _;
    let claims = base64::engine::general_purpose::URL_SAFE_NO_PAD
        .decode(claims)
        .unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    assert_eq!(claims["aud"], "https://graph.microsoft.com");
    assert_eq!(
        claims["roles"],
        json!([
            "SecurityAlert.Read.All",
            "SecurityIncident.Read.All",
            "ThreatHunting.Read.All"
        ])
    );
    assert_eq!(client.get("alerts_v2?$top=1").0, 200);
    assert_eq!(client.get(&(cloud.url() + "/api/v1/alerts/")).0, 401);
    // a role less
    cloud.set_app(app().roles(&["SecurityAlert.Read.All"]).hide_roles());
    let client = Client::new(&cloud);
    assert!(!client.token.contains("cm9sZXM"), "no claim of roles");
    assert_eq!(client.get("alerts_v2?$top=1").0, 200);
    let (status, refused) = client.get("incidents?$top=1");
    assert_eq!(
        (status, &refused["error"]["code"]),
        (403, &json!("Authorization_RequestDenied"))
    );
    cloud.revoke_bearers();
    let (status, refused) = client.get("alerts_v2?$top=1");
    assert_eq!(
        (status, &refused["error"]["code"]),
        (401, &json!("InvalidAuthenticationToken"))
    );
    assert_eq!(cloud.tokens_given(), 2);
}

#[test]
fn alerts_come_newest_first_unless_ordered_and_each_once_by_their_links() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let all: HashSet<String> = cloud.xdr_ids(List::Alerts).into_iter().collect();
    assert_eq!(all.len(), 200);
    let since = "lastUpdateDateTime%20ge%202026-11-08T00%3A00%3A00Z";
    let ordered = format!("alerts_v2?$filter={since}&$orderby=lastUpdateDateTime%20asc&$top=30");
    let (ids, answers) = client.walk(&ordered);
    assert_eq!((ids.len(), answers), (200, 7));
    assert_eq!(ids.iter().cloned().collect::<HashSet<_>>(), all);

    let (_, page) = client.get(&format!("alerts_v2?$filter={since}"));
    let stamps: Vec<&str> = (page["value"].as_array().unwrap().iter())
        .map(|alert| alert["createdDateTime"].as_str().unwrap())
        .collect();
    let ticks: Vec<Ticks> = stamps
        .iter()
        .map(|text| Ticks::parse(text).unwrap())
        .collect();
    assert!(ticks.is_sorted_by(|a, b| a >= b), "{stamps:?}");
    assert_eq!(ticks.len(), 50);
    // stamps fall together, and the twins have the id of Cloud Apps
    let (_, page) = client.get(&ordered.replace("top=30", "top=5000"));
    assert_eq!(ids_of(&page).len(), 200);
    assert!(
        cloud
            .alert_ids()
            .iter()
            .all(|id| all.contains(&format!("ca{id}")))
    );
    assert!(cloud.complaints().is_empty(), "{:?}", cloud.complaints());
}

#[test]
fn incidents_come_by_fifty() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let (ids, answers) = client
        .walk("incidents?$filter=lastUpdateDateTime%20ge%202026-11-08T00%3A00%3A00Z&$top=200");
    assert_eq!((ids.len(), answers), (120, 3));
}

#[test]
fn each_event_of_the_old_list_is_a_row_under_the_same_id() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let mut ids = Vec::new();
    for table in [List::CloudAppEvents, List::IdentityLogonEvents] {
        let mut skip = 0;
        loop {
            let query = window(table, "Timestamp", NOW - 24 * HOUR, NOW, skip, 100);
            let (status, answer) = client.hunt(&query);
            assert_eq!(status, 200, "{answer}");
            let rows = rows_of(&answer);
            ids.extend(rows.iter().map(|row| {
                let id = xdr::member(row, "ReportId").unwrap();
                id.as_str().unwrap().to_owned()
            }));
            skip += rows.len();
            if rows.len() < 100 {
                break;
            }
        }
    }
    let old: HashSet<String> = cloud.activity_ids().into_iter().collect();
    assert_eq!(
        (ids.len(), ids.into_iter().collect::<HashSet<_>>()),
        (600, old)
    );
    assert!(cloud.complaints().is_empty(), "{:?}", cloud.complaints());
}

#[test]
fn rows_have_all_forms_and_only_the_columns_that_were_asked_for() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let table = List::CloudAppEvents;
    let query = window(table, "Timestamp", NOW - 24 * HOUR, NOW, 0, 5000);
    let (_, answer) = client.hunt(&query);
    let rows = rows_of(&answer);
    let has = |test: &dyn Fn(&Value) -> bool| rows.iter().any(test);
    assert!(has(
        &|row| row["IsAdminOperation"] == 0 && row["IsAdminOperation@odata.type"] == "#SByte"
    ));
    assert!(has(&|row| row["IsAdminOperation"] == false));
    assert!(has(&|row| row["IsAdminOperation"] == "0"));
    assert!(has(
        &|row| row["isAdminOperation"] == 0 && row["timestamp"].is_string()
    ));
    assert!(has(&|row| row["ActivityObjects"].is_array()));
    assert!(has(&|row| row["ActivityObjects"].is_string()));
    assert!(has(&|row| row["IPTags"] == json!({})));
    assert!(has(&|row| row["Isp"].is_string()));
    let few = query.clone()
        + "\n| project Timestamp, ReportId, User = tostring(RawEventData.UserId), ActivityObjects";
    let (status, answer) = client.hunt(&few);
    assert_eq!(status, 200, "{answer}");
    let schema: Vec<&str> = (answer["schema"].as_array().unwrap().iter())
        .map(|column| xdr::member(column, "name").unwrap().as_str().unwrap())
        .collect();
    assert_eq!(schema, ["Timestamp", "ReportId", "User", "ActivityObjects"]);
    assert!(
        rows_of(&answer)
            .iter()
            .all(|row| row.as_object().unwrap().len() == 4)
    );
    let named = |row: &Value| {
        let user = xdr::member(row, "User").unwrap();
        user.as_str().unwrap().contains('@')
    };
    assert!(rows_of(&answer).iter().any(named));
    let (status, refused) = client.hunt(&(query + "\n| project Timestamp, Isp"));
    assert_eq!(status, 400);
    let text = refused["error"]["message"].as_str().unwrap();
    assert!(
        text.contains("Failed to resolve scalar expression named 'Isp'"),
        "{text}"
    );
}

#[test]
fn what_a_project_names_can_be_asked_for_behind_it_and_the_timespan_counts() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let query = "// siembox table=CloudAppEvents by=Timestamp from=2026-11-08T00:00:00Z to=- \
        skip=2 take=3\nCloudAppEvents // all\n\
        | project Timestamp, ReportId, ActionType, Who = tostring(RawEventData.UserId)\n\
        | where Timestamp >= datetime(2026-11-08T00:00:00Z)\n\
        | where isnotempty(Who) and ActionType !in (\"login\", \"x\\\"|y\")\n\
        | order by Timestamp asc, ReportId asc\n| serialize Row = row_number()\n\
        | where Row > 2\n| take 3";
    let (status, answer) = client.hunt(query);
    assert_eq!(status, 200, "{answer}");
    let rows = rows_of(&answer);
    let numbers: Vec<&Value> = rows
        .iter()
        .map(|row| xdr::member(row, "Row").unwrap())
        .collect();
    assert_eq!(numbers, [&json!(3), &json!(4), &json!(5)]);
    let text = |row: &Value, key| xdr::member(row, key).unwrap().as_str().unwrap().to_owned();
    assert!(rows.iter().all(|row| text(row, "Who").contains('@')));
    let first = Ticks::parse(&text(&rows[0], "Timestamp")).unwrap();
    for (span, expected) in [
        (format!("{first}/2027-01-01T00:00:00Z"), false),
        ("2026-11-08T00:00:00Z".to_owned(), true),
        ("P30D".to_owned(), true),
    ] {
        let (_, cut) = client.hunt_within(query, Some(&span));
        assert_eq!(rows_of(&cut) == rows, expected, "{span}");
    }
}

#[test]
fn a_marker_cannot_lie() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let query = window(List::CloudAppEvents, "Timestamp", NOW - HOUR, NOW, 0, 50);
    assert_eq!(client.hunt(&query).0, 200);
    for (right, wrong) in [
        ("take=50", "take=51"),
        ("table=CloudAppEvents", "table=IdentityLogonEvents"),
        ("skip=0", "skip=10"),
        ("by=Timestamp", "by=ingestion_time"),
        ("// siembox", "// nobody"),
        ("from=2026", "from=2025"),
        (
            "take=50",
            "take=50 whole=2026-11-10T11:00:00Z arrived=2026-11-10T11:00:00Z",
        ),
        (
            "\n| where",
            "\n| where Timestamp >= datetime(2026-11-10T11:00:00Z) or \
                ingestion_time() >= datetime(2026-11-10T11:00:00Z)\n| where",
        ),
        ("to=2026", "to=2027"),
        ("order by", "summarize count() by"),
    ] {
        let (status, refused) = client.hunt(&query.replacen(right, wrong, 1));
        assert_eq!(status, 400, "{wrong}: {refused}");
    }
    assert!(!cloud.complaints().is_empty());
}

#[test]
fn ingestion_time_works_is_null_or_is_refused() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let (table, end) = (List::IdentityLogonEvents, Ticks::of_ms(NOW));
    let probe = "// siembox table=IdentityLogonEvents probe=ingestion_time\n\
        IdentityLogonEvents | where Timestamp > ago(1d) | take 1 | project t=ingestion_time()";
    let (status, answer) = client.hunt(probe);
    assert_eq!(status, 200, "{answer}");
    let t = |answer: &Value| rows_of(answer)[0]["t"].clone();
    let at = Ticks::parse(t(&answer).as_str().unwrap()).unwrap();
    let made = cloud.xdr_records(table);
    assert!(made.iter().any(|record| record.visible_ms == at.ms()));
    let query = window(table, "ingestion_time", NOW - 24 * HOUR, NOW, 0, 5000);
    assert_eq!(rows_of(&client.hunt(&query).1).len(), made.len());

    let kept = made.len() / 2;
    let mut came: Vec<i64> = made.iter().map(|record| record.visible_ms).collect();
    came.sort_unstable();
    let since = Ticks::of_ms(came[kept]);
    let condition =
        format!("Timestamp >= datetime({end}) or ingestion_time() >= datetime({since})");
    let late = window(table, "Timestamp", NOW - 24 * HOUR, NOW, 0, 5000)
        .replacen(
            "take=5000",
            &format!("take=5000 whole={end} arrived={since}"),
            1,
        )
        .replacen("\n|", &format!("\n| where {condition}\n|"), 1);
    let (status, answer) = client.hunt(&late);
    assert_eq!(status, 200, "{answer}");
    let expected = made.iter().filter(|record| record.visible_ms >= since.ms());
    assert_eq!(rows_of(&answer).len(), expected.count());

    cloud.set_ingestion_time(IngestionTime::Null);
    assert_eq!(t(&client.hunt(probe).1), Value::Null);
    assert_eq!(rows_of(&client.hunt(&query).1).len(), 0);
    cloud.set_ingestion_time(IngestionTime::Refused);
    assert_eq!(client.hunt(probe).0, 400);
    cloud.set_table(table, false);
    let (status, refused) = client.hunt(probe);
    let text = refused["error"]["message"].as_str().unwrap();
    assert!(
        status == 400 && text.contains("named 'IdentityLogonEvents'"),
        "{text}"
    );
}

#[test]
fn behaviors_come_with_their_entities() {
    let cloud = cloud();
    let client = Client::new(&cloud);
    let plain = window(
        List::BehaviorInfo,
        "Timestamp",
        NOW - 24 * HOUR,
        NOW,
        0,
        1000,
    );
    let joined = plain
        + "\n| join kind=leftouter (BehaviorEntities | summarize Entities = \
            make_list(pack_all()) by BehaviorId) on BehaviorId\n\
            | project Timestamp, BehaviorId, ActionType, AccountUpn, Entities";
    let (status, answer) = client.hunt(&joined);
    assert_eq!(status, 200, "{answer}");
    let rows = rows_of(&answer);
    assert_eq!(rows.len(), 80);
    let kinds: HashSet<&str> = (rows.iter())
        .map(|row| xdr::member(row, "ActionType").unwrap().as_str().unwrap())
        .collect();
    assert_eq!(kinds.len(), 14);
    let entities = |row: &Value| match xdr::member(row, "Entities").unwrap() {
        Value::String(text) => serde_json::from_str::<Vec<Value>>(text).unwrap().len(),
        list => list.as_array().unwrap().len(),
    };
    assert!(rows.iter().all(|row| (2..=4).contains(&entities(row))));
}

#[test]
fn a_trickle_gives_both_apis_the_same_events() {
    let cloud = Cloud::builder().app(app()).start();
    let trickle = cloud.trickle_in(Played::Both, 500.0, 7);
    let patience = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while cloud.xdr_ids(List::BehaviorInfo).is_empty() || cloud.activity_ids().len() < 100 {
        assert!(std::time::Instant::now() < patience);
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    drop(trickle);
    let tables = [
        List::CloudAppEvents,
        List::IdentityLogonEvents,
        List::IdentityQueryEvents,
        List::IdentityDirectoryEvents,
    ];
    let rows: HashSet<String> = tables
        .into_iter()
        .flat_map(|list| cloud.xdr_ids(list))
        .collect();
    assert_eq!(rows, cloud.activity_ids().into_iter().collect());
    let alerts = cloud.alert_ids().into_iter().map(|id| format!("ca{id}"));
    let mut alerts: Vec<String> = alerts.collect();
    let mut twins = cloud.xdr_ids(List::Alerts);
    alerts.sort();
    twins.sort();
    assert!(!twins.is_empty() && twins == alerts);
}
