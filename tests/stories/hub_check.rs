//! `check` and `preview` of an agent whose rows come from event hubs.

use serde_json::json;
use siembox_support::clock;
use siembox_support::cloud::Cloud;
use siembox_support::hub::{Body, HUB, Make, Namespace};
use siembox_support::pki::Authority;
use siembox_support::receiver::rsyslog;

use crate::siembox::{Plan, Siembox};

const KEY: &str = "c2VjcmV0LWtleS1vZi1jb250b3Nv";

fn string(key: &str) -> String {
    format!("Endpoint=sb://127.0.0.1/;SharedAccessKeyName=siembox;SharedAccessKey={key}")
}

/// A hub of two partitions, of which the first holds a row that is ten minutes old; this connection
/// string may read it, and not list all.
fn namespace(authority: &Authority) -> Namespace {
    let namespace = Namespace::start(Make::Noida, authority, |face| {
        face.hub_level = true;
        face.users.connection_string = Some(string(KEY));
    });
    let at = jiff::Timestamp::from_millisecond(clock::real_ms() - 600_000).unwrap();
    let row = json!({
        "ReportId": "1", "Timestamp": at.to_string(), "ActionType": "FileDownloaded",
    });
    let record = json!({"category": "AdvancedHunting-CloudAppEvents", "properties": row});
    let body = json!({ "records": [record] }).to_string();
    namespace.fill(2, &[(0, Body::Text(body))]);
    namespace
}

fn plan(cloud: &Cloud, port: u16, hub: u16) -> Plan {
    let mut plan = Plan::new(cloud, port, "tcp");
    plan.source = format!(
        "kind = \"defender-xdr\"\ntenant_id = \"contoso.com\"\n\
         client_id = \"00000000-0000-4000-8000-000000000000\"\n\
         client_secret_file = \"secret\"\nca_file = \"hub-ca.pem\"\n\
         timeout = \"10s\"\n\
         [agent.source.event_hubs]\nnamespace = \"127.0.0.1:{hub}\"\nhubs = [\"{HUB}\"]\n\
         connection_string_file = \"hub\"\n"
    );
    plan.activities = "from = \"event-hubs\"\n".into();
    plan.alerts = "enabled = false\n".into();
    plan
}

#[test]
fn check_tells_what_each_partition_of_an_event_hub_holds() {
    let receiver = rsyslog::tcp();
    let cloud = Cloud::builder().start();
    let authority = Authority::new("hub");
    let namespace = namespace(&authority);
    let face = &namespace.face;
    let plan = plan(&cloud, receiver.port(), face.port());
    let siembox = Siembox::new(&cloud, &plan);
    std::fs::rename(
        authority.write(&siembox.path("")),
        siembox.path("hub-ca.pem"),
    )
    .unwrap();
    siembox.put_secret("secret", "s3cret!");
    siembox.put_secret("hub", &string(KEY));
    let said = |command: &str| {
        let output = siembox.output(command, &[]);
        let texts = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&texts).into_owned();
        assert!(!text.contains("c2Vjcm"), "{text}");
        (output.status.success(), text)
    };

    let (well, text) = said("check");
    for line in [
        "  ok   hub        127.0.0.1:",
        "  ok   event_hubs the service lets siembox read defender; partitions: 2 (",
        "  ok   partitions 1 of 2 hold messages (",
        "  ok   defender/0 newest offset 0, its row is 10 min ",
        "  ok   defender/1 holds no message (",
    ] {
        assert!(
            text.lines().any(|it| it.starts_with(line)),
            "{line} in:\n{text}"
        );
    }
    assert!(well, "{text}");
    assert!(
        face.seen().commits.is_empty(),
        "a check moves nobody's place"
    );
    let (_, text) = said("preview");
    assert!(text.contains("event_hubs: not shown, because"), "{text}");

    for (secret, words) in [
        (string("c2VjcmV0LW90aGVyLWtleQ"), "refuses the log-on"),
        (
            "SharedAccessSignature sr=x&sig=c2VjcmV0LXNpZw&se=1".to_owned(),
            "is a SAS token (SharedAccessSignature), which expires",
        ),
    ] {
        siembox.put_secret("hub", &secret);
        let (well, text) = said("check");
        let failed = |line: &str| line.starts_with("  FAIL event_hubs") && line.contains(words);
        assert!(!well && text.lines().any(failed), "{words} in:\n{text}");
    }
    siembox.put_secret("hub", &string(KEY));

    siembox.set(&Plan {
        source: format!("proxy = \"127.0.0.1:9\"\n{}", plan.source),
        ..plan
    });
    let (well, text) = said("check");
    assert!(well, "{text}");
    assert!(
        text.contains("; Kafka does not go through an HTTP proxy: siembox connects to 127.0.0.1:"),
        "{text}"
    );
}
