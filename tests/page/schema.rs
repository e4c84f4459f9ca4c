//! `/status.json` keeps to its schema, and the schema names all of it.

use serde_json::{Value, json};
use siembox::for_tests::replay::{ReplayProgress, ReplayRequest, Running};
use siembox::for_tests::status::{Ending, EndingKind, Snapshot, Topic};
use siembox_support::json_schema::errors;

use crate::looks::scenes;
use crate::still::{get, text};

/// The schema as it is served.
fn schema() -> Value {
    let answer = get(&crate::looks::connected(), "/status.schema.json");
    assert_eq!(
        answer.header("Content-Type"),
        Some("application/schema+json")
    );
    serde_json::from_slice(&answer.body).unwrap()
}

/// The same, which in addition takes no property that it does not name. Rows are made of counts and
/// more.
fn strict(mut schema: Value) -> Value {
    fn close(value: &mut Value, name: &str) {
        let Some(object) = value.as_object_mut() else {
            return;
        };
        for (key, inner) in object.iter_mut() {
            close(inner, key);
        }
        if object.get("properties").is_some_and(Value::is_object) && name != "counts" {
            object.insert("unevaluatedProperties".to_owned(), json!(false));
        }
    }
    close(&mut schema, "");
    schema
}

/// A certificate ends in a while, a secret has ended.
fn expiring() -> Snapshot {
    let mut status = crate::looks::connected();
    let ending = |kind, setting: &str, days: i64| Ending {
        kind,
        setting: setting.to_owned(),
        file: "/etc/siembox/file".to_owned(),
        ends_ms: status.at_ms + days * 86_400_000,
    };
    status.agents[0].expiries = vec![
        ending(EndingKind::AppCertificate, "source.certificate_file", 90),
        ending(
            EndingKind::ClientSecret,
            "other_source.client_secret_expires",
            -1,
        ),
    ];
    status
}

/// Each end stands on the page, in the status text and among the metrics; one that is near or past
/// is marked.
#[test]
fn what_expires_is_on_every_surface() {
    let status = expiring();
    let ends = status.agents[0]
        .expiries
        .iter()
        .map(|ending| ending.ends_ms);
    let [certificate_ms, secret_ms] = ends.collect::<Vec<_>>()[..] else {
        panic!();
    };
    let page = text(&status, "/");
    assert!(page.contains(">app certificate expires on "), "{page}");
    assert!(
        page.contains("<small class=\"bad\">client secret expired on "),
        "{page}"
    );
    let words = siembox::for_tests::status::text(&status);
    let line =
        "\n  credential the certificate of the Entra app (source.certificate_file) expires on ";
    assert!(words.contains(line), "{words}");
    let line = "\n  credential the client secret of the Entra app \
        (other_source.client_secret_expires) expired on ";
    assert!(words.contains(line), "{words}");
    let metrics = text(&status, "/metrics");
    let manual = include_str!("../../image/manual/monitoring.md");
    assert!(manual.contains("| `siembox_credential_expires_timestamp_seconds` |"));
    for (setting, ends_ms) in [
        ("source.certificate_file", certificate_ms),
        ("other_source.client_secret_expires", secret_ms),
    ] {
        let name = &status.agents[0].name;
        let line = format!(
            "\nsiembox_credential_expires_timestamp_seconds{{agent=\"{name}\",\
                setting=\"{setting}\"}} {}",
            ends_ms / 1000
        );
        assert!(metrics.contains(&line), "{line} {metrics}");
    }
}

fn all() -> Vec<(&'static str, Snapshot)> {
    let mut all = scenes();
    let mut replaying = crate::looks::connected();
    replaying.agents[0].replay = Some(Box::new(Running {
        request: ReplayRequest {
            agent: None,
            from_ms: 1,
            to_ms: 2,
            stream: None,
            again: false,
            dry_run: true,
        },
        streams: vec!["alerts".to_owned()],
        progress: ReplayProgress::default(),
    }));
    all.push(("replaying", replaying));
    all.push(("expiring", expiring()));
    all
}

fn as_json(status: &Snapshot) -> Value {
    serde_json::from_str(&text(status, "/status.json")).unwrap()
}

#[test]
fn every_status_keeps_to_the_schema() {
    for schema in [schema(), strict(schema())] {
        let (names, documents): (Vec<&str>, Vec<Value>) = all()
            .into_iter()
            .map(|(name, status)| (name, as_json(&status)))
            .unzip();
        for (name, errors) in names.iter().zip(errors(&schema, &documents)) {
            assert_eq!(errors, Vec::<String>::new(), "{name}");
        }
    }
}

/// Whatever a notice is about, the schema names it.
#[test]
fn every_topic_keeps_to_the_schema() {
    /// A new topic is one for the list below as well.
    fn is_listed(topic: Topic) -> bool {
        match topic {
            Topic::Cloud | Topic::Absent | Topic::Partition | Topic::Doubt => true,
            Topic::SetAside | Topic::Skipped => true,
            Topic::PassedOver | Topic::Ledger | Topic::Unaudited | Topic::Related => true,
            Topic::Expiry | Topic::Siem | Topic::HalfClose | Topic::NoProof => true,
            Topic::Refused | Topic::Cut | Topic::Spool | Topic::SentIds | Topic::Orphan => true,
            Topic::StateFolder | Topic::Repaired | Topic::Clock | Topic::ClocksDiffer => true,
            Topic::Settings | Topic::Page | Topic::Owner | Topic::Box => true,
        }
    }
    let topics = [
        Topic::Cloud,
        Topic::Absent,
        Topic::Partition,
        Topic::Doubt,
        Topic::SetAside,
        Topic::Skipped,
        Topic::PassedOver,
        Topic::Ledger,
        Topic::Unaudited,
        Topic::Related,
        Topic::Expiry,
        Topic::Siem,
        Topic::HalfClose,
        Topic::NoProof,
        Topic::Refused,
        Topic::Cut,
        Topic::Spool,
        Topic::SentIds,
        Topic::Orphan,
        Topic::StateFolder,
        Topic::Repaired,
        Topic::Clock,
        Topic::ClocksDiffer,
        Topic::Settings,
        Topic::Page,
        Topic::Owner,
        Topic::Box,
    ];
    assert!(topics.into_iter().all(is_listed));
    let known = &schema()["$defs"]["notice"]["properties"]["topic"]["enum"];
    let written: Vec<Value> = topics.iter().map(|topic| json!(topic)).collect();
    assert_eq!(known, &Value::Array(written));
}

#[test]
fn the_schema_refuses_what_is_something_else() {
    let mut right = crate::looks::interrupted();
    right.agents.push(crate::cast::member(1));
    let right = as_json(&right);
    let changes = [
        ("/version", json!(1)),
        ("/state", json!("fine")),
        ("/agents/0/spool/waiting", json!(-1)),
        ("/agents/0/ledger/hours/0/span", json!("week")),
        ("/notices/0/topic", json!("weather")),
        ("/notices/0/surprise", json!(1)),
        ("/agents/1/streams/0/group/held", json!("yes")),
        ("/agents/1/streams/0/group/surprise", json!(1)),
        ("/agents/1/streams/0/group/partitions/0/next", json!(null)),
        ("/agents/1/streams/0/group/partitions/0/surprise", json!(1)),
    ];
    let wrong = changes.iter().map(|(pointer, value)| {
        let mut wrong = right.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        wrong.pointer_mut(parent).unwrap()[key] = value.clone();
        wrong
    });
    let documents: Vec<Value> = std::iter::once(right.clone()).chain(wrong).collect();
    let errors = errors(&strict(schema()), &documents);
    assert_eq!(errors[0], Vec::<String>::new());
    for ((pointer, _), errors) in changes.iter().zip(&errors[1..]) {
        assert!(!errors.is_empty(), "{pointer}");
    }
}

/// What the page serves is what the command prints.
#[test]
fn it_reads_back() {
    for (name, status) in all() {
        let read: Snapshot = serde_json::from_str(&text(&status, "/status.json")).unwrap();
        let mut status = status;
        for agent in &mut status.agents {
            agent.depths = Default::default();
        }
        assert_eq!(read, status, "{name}");
    }
}
