//! The face of Event Hubs, tried with librdkafka: what another client can do with the service, it
//! can do with the face, on both brokers.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde_json::{Value, json};
use siembox_support::hub::{Broker, Era, Face, FaceSettings, HubFault, Make, Users};
use siembox_support::pki::Authority;
use siembox_support::python;

const HUB: &str = "defender";
const STRING: &str = "Endpoint=sb://contoso-siem.servicebus.windows.net/;\
    SharedAccessKeyName=siembox;SharedAccessKey=c2VjcmV0";

struct Service {
    face: Face,
    broker: Broker,
    ca: std::path::PathBuf,
    _folder: tempfile::TempDir,
}

fn service(make: Make, change: impl FnOnce(&mut FaceSettings)) -> Service {
    let broker = Broker::start(make);
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::new("hub");
    let issued = authority.issue(&["127.0.0.1", "localhost"]);
    let cert = CertificateDer::from_pem_slice(issued.cert_pem.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert], key)
        .unwrap();
    let mut settings = FaceSettings {
        users: Users {
            connection_string: Some(STRING.to_owned()),
            token: Some("eyJ.token".to_owned()),
        },
        tls: Some(Arc::new(tls)),
        era: Era::Of2024,
        hub_level: false,
        idle: Duration::from_secs(240),
        commits_a_second: 4,
    };
    change(&mut settings);
    Service {
        face: Face::start(broker.port(), settings).unwrap(),
        ca: authority.write(folder.path()),
        broker,
        _folder: folder,
    }
}

impl Service {
    /// Puts so many messages into each of three partitions.
    fn fill(&self, count: usize) -> BTreeSet<String> {
        let bodies: Vec<(usize, String)> = (0..3 * count)
            .map(|number| (number % 3, format!("message {number}")))
            .collect();
        let asked = json!({
            "do": "fill", "port": self.broker.port(), "hub": HUB, "partitions": 3,
            "messages": bodies,
        });
        let said = python::run("librdkafka.py", &asked);
        assert!(said.status.success(), "{said:?}");
        bodies.into_iter().map(|(_, body)| body).collect()
    }

    fn read(&self, count: usize, more: Value) -> (Vec<String>, Vec<String>) {
        let mut asked = json!({
            "do": "read", "port": self.face.port(), "ca": self.ca, "hub": HUB, "group": "siem",
            "user": "$ConnectionString", "password": STRING, "count": count, "seconds": 60,
        });
        for (key, value) in more.as_object().unwrap() {
            asked[key] = value.clone();
        }
        let said = python::run("librdkafka.py", &asked);
        assert!(said.status.success(), "{said:?}");
        let said: Value = serde_json::from_slice(&said.stdout).unwrap();
        let texts = |list: &Value, place: &dyn Fn(&Value) -> String| {
            let list = list.as_array().unwrap().iter();
            list.map(place).collect::<Vec<String>>()
        };
        (
            texts(&said["messages"], &|it| it[2].as_str().unwrap().to_owned()),
            texts(&said["errors"], &|it| it.as_str().unwrap().to_owned()),
        )
    }

    /// Sends a frame without a login and gives what comes back; nothing where it is cut.
    fn answer_to(&self, message: &[u8]) -> Vec<u8> {
        let mut socket = TcpStream::connect(("127.0.0.1", self.face.port())).unwrap();
        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
        socket.write_all(&[&length, message].concat()).unwrap();
        let mut length = [0; 4];
        if socket.read_exact(&mut length).is_err() {
            return Vec::new();
        }
        let mut answer = vec![0; u32::from_be_bytes(length) as usize];
        socket.read_exact(&mut answer).unwrap();
        answer
    }
}

fn reads_all(make: Make) {
    let service = service(make, |_| {});
    let all = service.fill(200);
    let (first, errors) = service.read(all.len(), json!({}));
    assert_eq!((first.len(), &errors), (all.len(), &Vec::new()));
    assert_eq!(first.into_iter().collect::<BTreeSet<_>>(), all);
    let seen = service.face.seen();
    let committed = seen.commits.iter().map(|it| it.partition);
    assert_eq!(
        committed.collect::<BTreeSet<_>>(),
        BTreeSet::from([0, 1, 2])
    );
    assert_eq!(seen.commits.iter().map(|it| it.offset).max(), Some(200));
}

#[test]
fn librdkafka_reads_a_hub_of_tansu_through_the_face() {
    reads_all(Make::Tansu);
}

#[test]
fn librdkafka_reads_a_hub_of_noida_through_the_face() {
    reads_all(Make::Noida);
}

#[test]
fn a_token_is_as_good_as_a_connection_string_and_neither_is_guessed() {
    let service = service(Make::Tansu, |_| {});
    let all = service.fill(5);
    let (by_token, _) = service.read(all.len(), json!({"token": "eyJ.token", "group": "token"}));
    assert_eq!(by_token.len(), all.len());
    let (none, errors) = service.read(1, json!({"password": "Endpoint=sb://wrong/"}));
    assert!(none.is_empty());
    assert!(
        errors.iter().any(|error| error.contains("SASL")),
        "{errors:?}"
    );
}

/// `ApiVersions` of version 4: cut in 2024, answered in 2026; a message that no client may send
/// before its login: cut.
#[test]
fn what_the_service_cuts_the_face_cuts() {
    let api_versions_4 = [0, 18, 0, 4, 0, 0, 0, 7, 0, 1, b'x', 0, 2, b'a', 2, b'b', 0];
    let plain = |era| {
        service(Make::Tansu, move |settings| {
            settings.tls = None;
            settings.era = era;
        })
    };
    let of_2024 = plain(Era::Of2024);
    assert!(of_2024.answer_to(&api_versions_4).is_empty());
    let of_2026 = plain(Era::Of2026);
    // correlation id 7, error 35
    assert_eq!(of_2026.answer_to(&api_versions_4)[..6], [0, 0, 0, 7, 0, 35]);
    let metadata_1 = [0, 3, 0, 1, 0, 0, 0, 8, 0, 1, b'x', 0, 0, 0, 0];
    assert!(of_2026.answer_to(&metadata_1).is_empty());
    assert_eq!(
        of_2026.face.seen().complaints,
        ["Metadata before the login"]
    );
}

#[test]
fn who_may_read_one_hub_may_not_list_all() {
    let service = service(Make::Tansu, |settings| {
        settings.tls = None;
        settings.users = Users::default();
        settings.hub_level = true;
    });
    let metadata_1 = [0, 3, 0, 1, 0, 0, 0, 8, 0, 1, b'x', 0, 0, 0, 0];
    assert!(service.answer_to(&metadata_1).is_empty());
    let said = service.face.seen().complaints;
    assert_eq!(said, ["the metadata of all hubs with the right for one"]);
}

#[test]
fn faults_strike_once_and_cost_no_message() {
    use kafka_protocol::messages::ApiKey;
    let service = service(Make::Tansu, |_| {});
    let all = service.fill(100);
    service.face.fault(HubFault::EmptyFetch);
    service.face.fault(HubFault::Cut(ApiKey::Fetch));
    service.face.fault(HubFault::Throttle(
        ApiKey::Fetch,
        Duration::from_millis(300),
    ));
    let (read, _) = service.read(all.len(), json!({}));
    assert_eq!(read.into_iter().collect::<BTreeSet<_>>(), all);
    assert!(service.face.all_struck());
}
