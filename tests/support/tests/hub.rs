//! The face of Event Hubs, tried with librdkafka: what another client can do with the service, it
//! can do with the face, on both brokers.
#![allow(clippy::unwrap_used, clippy::expect_used, missing_docs)]

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;
use siembox_support::dice::Dice;
use siembox_support::hub::{
    Body, Era, Export, FaceSettings, HubFault, Make, Namespace, Tokens, Users,
};
use siembox_support::pki::Authority;
use siembox_support::records::{self, xdr};

const PARTITIONS: i32 = 3;

fn namespace(make: Make, change: impl FnOnce(&mut FaceSettings)) -> Namespace {
    Namespace::start(make, &Authority::new("hub"), |settings| {
        settings.users.tokens = Some(Tokens::that(|token| token == "eyJ.token"));
        change(settings);
    })
}

/// Puts so many messages into each of the partitions.
fn fill(namespace: &Namespace, count: i32) -> BTreeSet<String> {
    let numbers = 0..PARTITIONS * count;
    let text = |number| format!("message {number}");
    let bodies = numbers
        .clone()
        .map(|number| (number % PARTITIONS, Body::Text(text(number))));
    namespace.fill(PARTITIONS, &bodies.collect::<Vec<_>>());
    numbers.map(text).collect()
}

/// Reads so many, and gives what they hold, and errors.
fn read(
    namespace: &Namespace,
    count: usize,
    more: serde_json::Value,
) -> (Vec<String>, Vec<String>) {
    let (read, errors) = namespace.read(count, &more);
    (read.into_iter().map(|it| it.body).collect(), errors)
}

/// Sends a frame without a login and gives what comes back; nothing where it is cut.
fn answer_to(namespace: &Namespace, message: &[u8]) -> Vec<u8> {
    let mut socket = TcpStream::connect(("127.0.0.1", namespace.face.port())).unwrap();
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

fn reads_all(make: Make) {
    let service = namespace(make, |_| {});
    let all = fill(&service, 200);
    let (first, errors) = read(&service, all.len(), json!({}));
    assert_eq!((first.len(), &errors), (all.len(), &Vec::new()));
    assert_eq!(first.into_iter().collect::<BTreeSet<_>>(), all);
    let seen = service.face.seen();
    let committed = seen.commits.iter().map(|it| it.partition);
    assert_eq!(
        committed.collect::<BTreeSet<_>>(),
        BTreeSet::from([0, 1, 2])
    );
    assert_eq!(seen.commits.iter().map(|it| it.offset).max(), Some(200));
    let offsets = service.group_offsets("siem").into_iter();
    let told = offsets.map(|it| (it.partition, it.committed, it.first, it.latest));
    let told: Vec<_> = told.collect();
    assert_eq!(told, [0, 1, 2].map(|it| (it, Some(200), 0, 200)));
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
    let service = namespace(Make::Tansu, |_| {});
    let all = fill(&service, 5);
    let (by_token, _) = read(
        &service,
        all.len(),
        json!({"token": "eyJ.token", "group": "token"}),
    );
    assert_eq!(by_token.len(), all.len());
    let (none, errors) = read(&service, 1, json!({"password": "Endpoint=sb://wrong/"}));
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
        namespace(Make::Tansu, move |settings| {
            settings.tls = None;
            settings.era = era;
        })
    };
    let of_2024 = plain(Era::Of2024);
    assert!(answer_to(&of_2024, &api_versions_4).is_empty());
    let of_2026 = plain(Era::Of2026);
    // correlation id 7, error 35
    assert_eq!(
        answer_to(&of_2026, &api_versions_4)[..6],
        [0, 0, 0, 7, 0, 35]
    );
    let metadata_1 = [0, 3, 0, 1, 0, 0, 0, 8, 0, 1, b'x', 0, 0, 0, 0];
    assert!(answer_to(&of_2026, &metadata_1).is_empty());
    assert_eq!(
        of_2026.face.seen().complaints,
        ["Metadata before the login"]
    );
}

#[test]
fn who_may_read_one_hub_may_not_list_all() {
    let service = namespace(Make::Tansu, |settings| {
        settings.tls = None;
        settings.users = Users::default();
        settings.hub_level = true;
    });
    let metadata_1 = [0, 3, 0, 1, 0, 0, 0, 8, 0, 1, b'x', 0, 0, 0, 0];
    assert!(answer_to(&service, &metadata_1).is_empty());
    let said = service.face.seen().complaints;
    assert_eq!(said, ["the metadata of all hubs with the right for one"]);
}

#[test]
fn faults_strike_once_and_cost_no_message() {
    use kafka_protocol::messages::ApiKey;
    let service = namespace(Make::Tansu, |_| {});
    let all = fill(&service, 100);
    service.face.fault(HubFault::EmptyFetch);
    service.face.fault(HubFault::Cut(ApiKey::Fetch));
    service.face.fault(HubFault::Throttle(
        ApiKey::Fetch,
        Duration::from_millis(300),
    ));
    let (read, _) = read(&service, all.len(), json!({}));
    assert_eq!(read.into_iter().collect::<BTreeSet<_>>(), all);
    assert!(service.face.all_struck());
}

#[test]
fn what_a_hub_has_forgotten_it_does_not_give() {
    let service = namespace(Make::Noida, |_| {});
    fill(&service, 100);
    for partition in 0..PARTITIONS {
        service.face.forget(partition, 70);
    }
    let (read, _) = service.read(90, &json!({}));
    let offsets: BTreeSet<i64> = read.iter().map(|it| it.offset).collect();
    assert_eq!(offsets, (70..100).collect());
}

/// What is told of an export is what is in it.
#[test]
fn an_export_holds_each_row_once_and_what_it_has_besides() {
    let rows: Vec<xdr::Record> = xdr::twins(records::activities(5, 300)).collect();
    let export = Export::new(Dice::new(7).throw(), 4);
    let large = rows
        .iter()
        .position(|row| row.list == xdr::List::CloudAppEvents);
    let mut rest = rows.clone();
    let large = rest.remove(large.unwrap());
    let export = export.rows(rest).repeats(10);
    let messages = export.large(&large).others(5).poison(14).messages();
    let mut ids: Vec<&str> = messages.rows.iter().map(|row| row.id.as_str()).collect();
    ids.sort_unstable();
    let mut wanted: Vec<String> = rows.into_iter().map(|row| row.id).collect();
    wanted.sort();
    assert_eq!(ids, wanted);

    let (mut came, mut others, mut poison, mut next) = (Vec::new(), 0, Vec::new(), [0; 4]);
    for (partition, body) in &messages.all {
        let offset = &mut next[usize::try_from(*partition).unwrap()];
        match records_of(body) {
            None => poison.push((*partition, *offset)),
            Some(records) => {
                for record in records {
                    let category = record["category"].as_str().unwrap();
                    let table = category.strip_prefix("AdvancedHunting-").unwrap();
                    match xdr::List::named(table) {
                        None => others += 1,
                        Some(list) => {
                            let id = xdr::member(&record["properties"], list.id_key());
                            came.push(id.unwrap().as_str().unwrap().to_owned());
                        }
                    }
                }
            }
        }
        *offset += 1;
    }
    poison.sort_unstable();
    assert_eq!((poison.len(), &poison), (14, &messages.poison));
    assert_eq!(others, messages.others);
    let repeats = u64::try_from(came.len() - wanted.len()).unwrap();
    assert!((10..60).contains(&repeats), "{repeats}");
    assert_eq!(repeats, messages.repeats);
    let once: BTreeSet<String> = came.into_iter().collect();
    assert_eq!(once.into_iter().collect::<Vec<_>>(), wanted);
    let longest = messages.all.iter().map(|(_, body)| match body {
        Body::Text(text) => text.len(),
        Body::Bytes(bytes) => bytes.len(),
    });
    let longest = longest.max().unwrap();
    assert!((1_000_000..1_046_528).contains(&longest), "{longest}");
}

/// The records of a message; none where it is poison.
fn records_of(body: &Body) -> Option<Vec<serde_json::Value>> {
    let Body::Text(text) = body else { return None };
    let message: serde_json::Value = serde_json::from_str(text).ok()?;
    let records = message["records"].as_array()?.clone();
    let has_all = |record: &serde_json::Value| {
        record["category"].is_string() && xdr::member(&record["properties"], "Timestamp").is_some()
    };
    records.iter().all(has_all).then_some(records)
}
