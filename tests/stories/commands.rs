//! `check`, `preview`, `render` and `status`, run as a person would.

use siembox::for_tests::settings::ODD_TOKEN;
use siembox_support::cloud::Cloud;
use siembox_support::receiver::rsyslog;
use siembox_support::records;

use crate::expected;
use crate::siembox::{Plan, Siembox};

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn check_says_what_is_well_and_what_is_not() {
    let mut receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(51, 40))
        .start();
    let plan = Plan::new(&cloud, receiver.port(), "tcp");
    let siembox = Siembox::new(&cloud, &plan);
    let output = siembox.output("check", &[]);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    for step in [
        "clock",
        "dns",
        "connect",
        "tls",
        "token",
        "activities",
        "alerts",
        "siem",
    ] {
        assert!(
            said.lines()
                .any(|line| line.starts_with(&format!("  ok   {step} "))),
            "{step} in:\n{said}"
        );
    }
    assert!(said.contains("40 records"), "{said}");
    assert!(!said.contains(ODD_TOKEN), "{said}");

    receiver.stop();
    siembox.put_secret("token", "half-of-it");
    let said = text(&siembox.output("check", &[]).stdout);
    let told = format!("  ok   token      the token can be read; {ODD_TOKEN}");
    assert!(said.contains(&told), "{said}");

    siembox.put_secret("token", &"Tm9wZQ==".repeat(9));
    let output = siembox.output("check", &[]);
    let said = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(
        said.contains("FAIL activities") && said.contains("Invalid token"),
        "{said}"
    );
    assert!(
        said.contains("FAIL siem") && said.contains("refused"),
        "{said}"
    );

    siembox.set(&Plan {
        source: plan.source.replace("ca_file = \"cloud-ca.pem\"\n", ""),
        ..plan.clone()
    });
    let said = text(&siembox.output("check", &[]).stdout);
    assert!(
        said.contains("a proxy on the way inspects TLS") && said.contains("issued by"),
        "{said}"
    );

    siembox.set(&Plan {
        source: plan.source.replace(&cloud.url(), "https://name.invalid"),
        ..plan
    });
    let said = text(&siembox.output("check", &[]).stdout);
    assert!(
        said.contains("FAIL dns") && said.contains("skipped"),
        "{said}"
    );
}

#[test]
fn preview_shows_lines_and_moves_nothing() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(52, 30))
        .alerts(records::alerts(53, 10))
        .start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "tcp"));
    let output = siembox.output("preview", &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shown: Vec<String> = text(&output.stdout)
        .lines()
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(shown, expected::lines(&cloud, &siembox));
    assert!(receiver.lines().is_empty());
    siembox.start();
    siembox.wait("everything is sent all the same", |status| {
        status.agents[0].lines.proved == 40
    });
}

#[test]
fn render_gives_the_lines_that_would_be_sent() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .activities(records::activities(54, 25))
        .alerts(records::alerts(55, 5))
        .start();
    let siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "tcp"));
    let list: Vec<String> = [records::Stream::Activities, records::Stream::Alerts]
        .into_iter()
        .flat_map(|stream| cloud.records(stream))
        .map(|record| record.json())
        .collect();
    let file = siembox.path("records.json");
    std::fs::write(&file, format!("[{}]", list.join(","))).unwrap();
    let output = siembox.output("render", &["--pri", file.to_str().unwrap()]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let lines: Vec<String> = text(&output.stdout)
        .lines()
        .map(ToOwned::to_owned)
        .collect();
    assert_eq!(lines, expected::lines(&cloud, &siembox));

    let output = siembox.output("render", &[file.to_str().unwrap()]);
    assert!(
        text(&output.stdout)
            .lines()
            .all(|line| !line.starts_with('<')),
        "no PRI unless asked"
    );
}

#[test]
fn status_speaks_to_people_and_programs() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(56, 20))
        .start();
    let mut siembox = Siembox::new(&cloud, &Plan::new(&cloud, receiver.port(), "tcp"));
    let output = siembox.output("status", &[]);
    assert_ne!(output.status.code(), Some(0));
    assert!(
        text(&output.stderr).contains("no siembox is running"),
        "{}",
        text(&output.stderr)
    );
    siembox.start();
    siembox.wait("it is done", |status| status.agents[0].lines.proved == 20);
    let said = text(&siembox.output("status", &[]).stdout);
    assert!(said.starts_with("Connected"), "{said}");
    assert!(said.contains("20 sent, 20 proved"), "{said}");
    let json: serde_json::Value =
        serde_json::from_slice(&siembox.output("status", &["--json"]).stdout).unwrap();
    assert_eq!(json["version"], 2);
    let agent = &json["agents"][0];
    let names = agent["streams"].as_array().unwrap().iter();
    let names: Vec<&str> = names.map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["activities", "alerts"]);
    // for readers of version 1
    assert_eq!(agent["activities"]["read"], agent["streams"][0]["read"]);
    assert_eq!(agent["alerts"]["read"], agent["streams"][1]["read"]);
    assert_eq!(json["agents"][0]["lines"]["proved"], 20);
}
