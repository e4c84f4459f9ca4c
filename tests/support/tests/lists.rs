//! Lists of the simulated API: scan mode, pages, filters, keys, throttle.
#![allow(clippy::unwrap_used)]
#![allow(
    clippy::disallowed_methods,
    reason = "short answers of our own simulator"
)]

mod ask;

use std::collections::HashSet;
use std::time::{Duration, Instant};

use ask::{agent, ids, post, scan_all, whole_scan};
use serde_json::json;
use siembox_support::cloud::Cloud;
use siembox_support::records::{self, Stream};

#[test]
fn a_scan_lists_every_record_once_in_order() {
    for ties in [0, 20, 97] {
        let cloud = Cloud::builder()
            .requests_per_minute(1000)
            .activities(records::activities(1, 2345).ties(ties))
            .start();
        let (scanned, answers) = scan_all(&agent(cloud.ca_pem()), &cloud, whole_scan(500));
        assert_eq!(scanned, cloud.activity_ids(), "ties {ties}");
        assert_eq!(answers, 5);
        assert_eq!(cloud.complaints(), Vec::<String>::new());
    }
}

#[test]
fn a_scan_goes_backwards_and_by_date_as_well() {
    let cloud = Cloud::builder()
        .requests_per_minute(1000)
        .activities(records::activities(2, 1700))
        .start();
    let mut body = whole_scan(500);
    body["sortDirection"] = json!("desc");
    let (mut scanned, _) = scan_all(&agent(cloud.ca_pem()), &cloud, body);
    scanned.reverse();
    assert_eq!(scanned, cloud.activity_ids());

    let by_date = json!({"filters": {"date": {"gte": 0}}, "isScan": true, "limit": 500, "sortField": "date", "sortDirection": "asc"});
    let (scanned, _) = scan_all(&agent(cloud.ca_pem()), &cloud, by_date);
    let mut records = cloud.records(Stream::Activities);
    records.sort_by(|a, b| (a.at_ms, &a.id).cmp(&(b.at_ms, &b.id)));
    assert_eq!(
        scanned,
        records
            .iter()
            .map(|record| record.id.clone())
            .collect::<Vec<_>>()
    );
}

#[test]
fn changed_or_foreign_continuations_are_refused_and_noted() {
    let cloud = Cloud::builder()
        .requests_per_minute(1000)
        .activities(records::activities(3, 1200))
        .start();
    let agent = agent(cloud.ca_pem());
    let mut body = whole_scan(500);
    let (_, first) = post(&agent, &cloud, "/api/v1/activities/", &body);

    body["filters"] = first["nextQueryFilters"].clone();
    body["filters"]["service"] = json!({"eq": [11161]});
    assert_eq!(post(&agent, &cloud, "/api/v1/activities/", &body).0, 400);

    body["filters"] = first["nextQueryFilters"].clone();
    let as_float = body["filters"]["scanState"]["eq"][0].as_f64().unwrap();
    body["filters"]["scanState"]["eq"][0] = json!(as_float);
    assert_eq!(post(&agent, &cloud, "/api/v1/activities/", &body).0, 400);
    assert!(
        cloud
            .complaints()
            .iter()
            .any(|complaint| complaint.contains("changed on the way")),
        "{:?}",
        cloud.complaints()
    );

    body["filters"] = first["nextQueryFilters"].clone();
    assert_eq!(post(&agent, &cloud, "/api/v1/activities/", &body).0, 200);
}

#[test]
fn pages_of_alerts_cover_all_and_end() {
    let cloud = Cloud::builder()
        .requests_per_minute(1000)
        .alerts(records::alerts(4, 250))
        .start();
    let agent = agent(cloud.ca_pem());
    let mut all = Vec::new();
    loop {
        let body =
            json!({"skip": all.len(), "limit": 100, "sortField": "date", "sortDirection": "asc"});
        let (_, answer) = post(&agent, &cloud, "/api/v1/alerts", &body);
        assert_eq!(
            (answer["total"].as_u64(), answer["max"].as_u64()),
            (Some(250), Some(100))
        );
        all.extend(ids(&answer));
        if answer["hasNext"] == json!(false) {
            break;
        }
    }
    assert_eq!(all, cloud.alert_ids());
    assert_eq!(cloud.request_count(), 3);
}

#[test]
fn pages_are_capped_and_not_deeper_than_5000() {
    let cloud = Cloud::builder()
        .requests_per_minute(1000)
        .page_cap(40)
        .activities(records::activities(5, 120))
        .start();
    let agent = agent(cloud.ca_pem());
    let (_, answer) = post(
        &agent,
        &cloud,
        "/cas/api/v1/activities/",
        &json!({"limit": "100"}),
    );
    assert_eq!(ids(&answer).len(), 40);
    let newest = cloud.activity_ids().into_iter().collect::<HashSet<_>>();
    assert!(ids(&answer).iter().all(|id| newest.contains(id)));
    let (status, answer) = post(
        &agent,
        &cloud,
        "/api/v1/activities/",
        &json!({"skip": 4970, "limit": 40}),
    );
    assert_eq!(status, 400, "{answer}");
    // a GET is served, its limit ignored
    let got = agent
        .get(format!(
            "{}/api/v1/activities/?limit=5&skip=100",
            cloud.url()
        ))
        .header("Authorization", format!("Token {}", cloud.token()))
        .call()
        .unwrap();
    assert_eq!(got.status(), 200);
    assert_eq!(cloud.requests().last().unwrap().ids.len(), 20);
    assert!(
        cloud
            .complaints()
            .iter()
            .any(|complaint| complaint.contains("GET"))
    );
}

#[test]
fn scans_want_500_to_5000() {
    let cloud = Cloud::builder().start();
    let agent = agent(cloud.ca_pem());
    for (limit, status) in [(499, 400), (500, 200), (5000, 200), (5001, 400)] {
        assert_eq!(
            post(&agent, &cloud, "/api/v1/activities/", &whole_scan(limit)).0,
            status,
            "{limit}"
        );
    }
}

#[test]
fn filters_select_and_bad_values_are_refused_in_the_apis_words() {
    let cloud = Cloud::builder()
        .requests_per_minute(1000)
        .activities(records::activities(6, 300))
        .alerts(records::alerts(6, 90))
        .start();
    let agent = agent(cloud.ca_pem());
    let count = |path: &str, filters: serde_json::Value| {
        let (status, answer) = post(&agent, &cloud, path, &json!({"filters": filters}));
        assert_eq!(status, 200, "{answer}");
        answer["total"].as_u64().unwrap()
    };
    let activities = "/api/v1/activities/";
    let onedrive = count(activities, json!({"service": {"eq": [15600]}}));
    assert!(onedrive > 20);
    assert_eq!(
        count(activities, json!({"service": {"neq": [15600]}})),
        300 - onedrive
    );
    assert!(
        count(
            activities,
            json!({"user.username": {"startswith": ["ada."]}})
        ) > 5
    );
    assert!(count(activities, json!({"user.username": {"isnotset": true}})) > 10);
    assert!(
        count(
            activities,
            json!({"userAgent.userAgent": {"contains": ["Chrome"]}})
        ) > 10
    );
    assert_eq!(count(activities, json!({"no.such.filter": {"eq": 1}})), 0);

    let alerts = "/api/v1/alerts/";
    let by_severity: u64 = (0..4)
        .map(|severity| count(alerts, json!({"severity": {"eq": [severity]}})))
        .sum();
    assert_eq!(by_severity, 90);

    let all = cloud.records(Stream::Activities);
    let (tenth, twentieth) = (all[10].created_ms, all[20].created_ms);
    let range = count(
        activities,
        json!({"created": {"range": [{"start": tenth, "end": twentieth}]}}),
    );
    let between = all
        .iter()
        .filter(|record| (tenth..=twentieth).contains(&record.created_ms))
        .count() as u64;
    assert_eq!(range, between);
    let strictly = all
        .iter()
        .filter(|record| record.created_ms > tenth && record.created_ms < twentieth)
        .count() as u64;
    assert_eq!(
        count(
            activities,
            json!({"created": {"gt": tenth, "lt": twentieth}})
        ),
        strictly
    );
    let same = all
        .iter()
        .filter(|record| record.created_ms == tenth)
        .count() as u64;
    assert_eq!(count(activities, json!({"created": {"eq": tenth}})), same);

    let alert = cloud
        .records(Stream::Alerts)
        .iter()
        .find(|alert| !alert.audits.is_empty())
        .unwrap()
        .clone();
    let (_, behind) = post(
        &agent,
        &cloud,
        activities,
        &json!({"filters": {"activity.alertId": {"eq": alert.id}}}),
    );
    assert_eq!(
        ids(&behind).into_iter().collect::<HashSet<_>>(),
        alert.audits.iter().cloned().collect()
    );

    let (status, answer) = post(
        &agent,
        &cloud,
        activities,
        &json!({"filters": {"activity.alertId": {"eq": "nope"}}}),
    );
    assert_eq!(status, 400);
    assert_eq!(
        answer,
        json!({"filters": [{"error": "nope is not valid", "errorMessageCode": "CONSOLE_FORMS_NOT_VALID_VALUE",
                            "errorMessageParams": {"value": "nope"}}], "error": true})
    );
}

#[test]
fn records_show_only_once_they_are_visible() {
    let now = 1_760_000_000_000;
    let cloud = Cloud::builder()
        .requests_per_minute(1000)
        .stopped_at(now)
        .start();
    let agent = agent(cloud.ca_pem());
    let late = records::Record::from_json(&format!(
        r#"{{"_id":"late","timestamp":{},"created":{}}}"#,
        now - 400_000,
        now - 100_000
    ))
    .unwrap();
    cloud.add(Stream::Activities, [late.visible_from(now + 60_000)]);
    cloud.add_activity(&format!(
        r#"{{"_id":"prompt","timestamp":{now},"created":{now}}}"#
    ));
    assert_eq!(scan_all(&agent, &cloud, whole_scan(500)).0, ["prompt"]);
    cloud.stop_clock_at(now + 60_000);
    assert_eq!(
        scan_all(&agent, &cloud, whole_scan(500)).0,
        ["late", "prompt"]
    );
}

#[test]
fn keys_open_and_close() {
    let cloud = Cloud::builder()
        .token("first")
        .requests_per_minute(1000)
        .start();
    let agent = agent(cloud.ca_pem());
    let list = || post(&agent, &cloud, "/api/v1/alerts/", &json!({}));
    assert_eq!(list().0, 200);
    cloud.set_token("second");
    let (status, answer) = list();
    assert_eq!(
        (status, answer["detail"].as_str().unwrap()),
        (401, "Invalid token.")
    );
    cloud.set_token("first");
    cloud.forbid_token();
    assert_eq!(list().0, 403);
    cloud.set_token("first");
    assert_eq!(list().0, 200);
    cloud.revoke_token();
    assert_eq!(list().0, 401);
    let bare = agent
        .get(format!("{}/api/v1/alerts/", cloud.url()))
        .call()
        .unwrap();
    assert_eq!(bare.status(), 401);
}

#[test]
fn one_request_too_many_is_throttled_until_the_window_has_passed() {
    let now = 1_760_000_000_000;
    let cloud = Cloud::builder().stopped_at(now).start();
    let agent = agent(cloud.ca_pem());
    let list = || post(&agent, &cloud, "/api/v1/alerts/", &json!({}));
    assert!((0..30).all(|_| list().0 == 200));
    cloud.stop_clock_at(now + 18_000);
    let (status, answer) = list();
    assert_eq!(
        (status, answer["detail"].as_str().unwrap()),
        (
            429,
            "Request was throttled. Expected available in 42 seconds."
        )
    );
    cloud.stop_clock_at(now + 60_000);
    assert_eq!(list().0, 200);
}

#[test]
fn one_record_by_its_id() {
    let cloud = Cloud::builder().alerts(records::alerts(8, 3)).start();
    let agent = agent(cloud.ca_pem());
    let get = |id: &str| {
        agent
            .get(format!("{}/api/v1/alerts/{id}/", cloud.url()))
            .header("Authorization", format!("Token {}", cloud.token()))
            .call()
            .unwrap()
    };
    let id = &cloud.alert_ids()[1];
    let text = get(id).body_mut().read_to_string().unwrap();
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text).unwrap()["_id"],
        json!(id)
    );
    assert_eq!(get("000000000000000000000000").status(), 404);
}

#[test]
fn a_page_of_5000_comes_quickly() {
    let cloud = Cloud::builder()
        .gzip()
        .activities(records::activities(9, 20_000))
        .start();
    let agent = agent(cloud.ca_pem());
    let start = Instant::now();
    let (_, answer) = post(&agent, &cloud, "/api/v1/activities/", &whole_scan(5000));
    assert_eq!(ids(&answer).len(), 4997);
    eprintln!(
        "5000 records in {:?}, client's parsing included",
        start.elapsed()
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}
