//! A namespace of Event Hubs: a broker, the face before it with TLS and a connection string, and
//! librdkafka, which fills its hubs and reads them as another member of a group.

use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::broker::{Broker, Make};
use super::export::Body;
use super::face::{Face, FaceSettings};
use super::login::Users;
use super::versions::Era;
use crate::pki::Authority;
use crate::{python, wire};

/// The only hub.
pub const HUB: &str = "defender";
/// What opens it.
pub const CONNECTION_STRING: &str = "Endpoint=sb://contoso-siem.servicebus.windows.net/;\
    SharedAccessKeyName=siembox;SharedAccessKey=c2VjcmV0";

/// A namespace that runs; dropped, it ends.
#[derive(Debug)]
pub struct Namespace {
    /// What clients connect to.
    pub face: Face,
    /// What keeps the messages.
    pub broker: Broker,
    ca: PathBuf,
    _folder: TempDir,
}

/// A message as a client read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadMessage {
    /// The number of its partition.
    pub partition: i64,
    /// Its place there.
    pub offset: i64,
    /// What it holds.
    pub body: String,
}

/// The offset that a group has committed of a partition, and what the partition holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CommittedOffset {
    /// The number of the partition.
    pub partition: i64,
    /// The offset that the group goes on from; none where it has never said.
    pub committed: Option<i64>,
    /// The oldest message that is kept.
    pub first: i64,
    /// The offset after the newest.
    pub latest: i64,
}

impl Namespace {
    /// Starts one whose certificate this authority issues, with what `change` sets otherwise.
    ///
    /// # Panics
    /// Where a part of it does not start.
    #[must_use]
    pub fn start(
        make: Make,
        authority: &Authority,
        change: impl FnOnce(&mut FaceSettings),
    ) -> Self {
        let broker = Broker::start(make);
        let folder = TempDir::new().expect("a folder");
        let mut settings = FaceSettings {
            users: Users {
                connection_string: Some(CONNECTION_STRING.to_owned()),
                tokens: None,
            },
            tls: Some(wire::tls_server(
                &authority.issue(&["127.0.0.1", "localhost"]),
            )),
            era: Era::Of2024,
            hub_level: false,
            idle: Duration::from_secs(240),
            session: None,
            commits_a_second: 4,
        };
        change(&mut settings);
        Self {
            face: Face::start(broker.port(), settings).expect("a free port"),
            ca: authority.write(folder.path()),
            broker,
            _folder: folder,
        }
    }

    /// Makes the hub with so many partitions, where it is not there, and puts these messages into
    /// it.
    ///
    /// # Panics
    /// Where one of them is not delivered.
    pub fn fill(&self, partitions: i32, messages: &[(i32, Body)]) {
        let said = librdkafka(&json!({
            "do": "fill", "port": self.broker.port(), "hub": HUB, "partitions": partitions,
            "messages": messages,
        }));
        let mut wanted = vec![0_u64; usize::try_from(partitions).unwrap_or(0)];
        for (partition, _) in messages {
            wanted[usize::try_from(*partition).expect("a partition")] += 1;
        }
        assert_eq!(said["delivered"], json!(wanted));
    }

    /// Reads so many messages with librdkafka, as a member of a group; `more` stands beside what is
    /// asked of it, or in its place. Gives errors too.
    ///
    /// # Panics
    /// Where librdkafka fails itself.
    #[must_use]
    pub fn read(&self, count: usize, more: &Value) -> (Vec<ReadMessage>, Vec<String>) {
        let mut asked = self.asked("read", "siem");
        (asked["count"], asked["seconds"]) = (count.into(), 60.into());
        for (key, value) in more.as_object().expect("an object") {
            asked[key] = value.clone();
        }
        let said = librdkafka(&asked);
        let messages = said["messages"].as_array().expect("a list").iter();
        let errors = said["errors"].as_array().expect("a list").iter();
        let messages = messages.map(|it| ReadMessage {
            partition: it[0].as_i64().expect("a number"),
            offset: it[1].as_i64().expect("a number"),
            body: it[2].as_str().expect("a text").to_owned(),
        });
        let errors = errors.map(|it| it.as_str().expect("a text").to_owned());
        (messages.collect(), errors.collect())
    }

    /// The seconds in which librdkafka reads so many messages and counts them, in a group of its own,
    /// from the time at which it has its share.
    ///
    /// # Panics
    /// Where it does not get them within an hour.
    #[must_use]
    pub fn time_of_reading(&self, count: usize) -> f64 {
        let mut asked = self.asked("count", "librdkafka");
        asked["count"] = count.into();
        let said = librdkafka(&asked);
        said["seconds"].as_f64().expect("a number")
    }

    /// The offsets that a group has committed, as librdkafka is told them.
    ///
    /// # Panics
    /// Where librdkafka fails.
    #[must_use]
    pub fn group_offsets(&self, group: &str) -> Vec<CommittedOffset> {
        let said = librdkafka(&self.asked("offsets", group));
        let partitions = said["partitions"].as_array().expect("a list").iter();
        let offsets = partitions.map(|it| CommittedOffset {
            partition: it[0].as_i64().expect("a number"),
            committed: it[1].as_i64(),
            first: it[2].as_i64().expect("a number"),
            latest: it[3].as_i64().expect("a number"),
        });
        offsets.collect()
    }

    fn asked(&self, what: &str, group: &str) -> Value {
        json!({
            "do": what, "port": self.face.port(), "ca": self.ca, "hub": HUB, "group": group,
            "user": "$ConnectionString", "password": CONNECTION_STRING,
        })
    }
}

fn librdkafka(asked: &Value) -> Value {
    let said = python::run("librdkafka.py", asked);
    assert!(said.status.success(), "{said:?}");
    serde_json::from_slice(&said.stdout).expect("JSON")
}
