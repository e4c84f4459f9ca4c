#![allow(clippy::unwrap_used)]

use bytes::Bytes;

use super::*;
use crate::source::{JoinedGroup, MembershipState, SourceErrorKind};

fn at(earliest: i64, latest: i64) -> FoundOffsets {
    FoundOffsets {
        committed: None,
        first: earliest,
        earliest,
        latest,
    }
}

#[test]
fn what_a_partition_holds_is_told() {
    const MINUTE: i64 = 60_000;
    let said = |newest: Option<NewestMessage>| in_words(at(0, 42), newest.as_ref(), 67 * MINUTE);
    assert_eq!(in_words(at(7, 7), None, 0), "holds no message");
    assert_eq!(
        said(Some(NewestMessage::Row(60 * MINUTE))),
        "newest offset 41, its row is 7 min old"
    );
    // clocks of two machines
    assert_eq!(
        said(Some(NewestMessage::Row(68 * MINUTE))),
        "newest offset 41, its row is 0 ms old"
    );
    assert_eq!(
        said(Some(NewestMessage::OtherTables)),
        "newest offset 41, with no row of the tables that are read"
    );
    assert!(said(Some(NewestMessage::Unreadable("x".into()))).ends_with("cannot be read: x"));
    assert!(said(None).ends_with("did not send it in time"));
}

/// Of partition 0 the newest message comes with the second answer, 1 holds none, 2 can't be asked,
/// and 3 fails when it is read.
struct Hub {
    answers: u32,
}

fn partition(number: i32) -> HubPartition {
    let hub = "defender".to_owned();
    HubPartition { hub, number }
}

fn failed(number: i32) -> SourceError {
    SourceError::new(SourceErrorKind::Passing, format!("{number} fails"))
}

impl PartitionSource for Hub {
    fn namespace(&self) -> String {
        String::new()
    }

    fn group(&self) -> String {
        String::new()
    }

    fn member(&self) -> String {
        String::new()
    }

    fn membership(&self) -> MembershipState {
        MembershipState::Member
    }

    fn join(&mut self) -> Result<JoinedGroup, SourceError> {
        Err(failed(0))
    }

    fn find(
        &mut self,
        partitions: &[HubPartition],
        _first_ms: i64,
    ) -> Result<BTreeMap<HubPartition, Result<FoundOffsets, SourceError>>, SourceError> {
        let found = partitions.iter().map(|it| match it.number {
            1 => (it.clone(), Ok(at(5, 5))),
            2 => (it.clone(), Err(failed(2))),
            _ => (it.clone(), Ok(at(0, 42))),
        });
        Ok(found.collect())
    }

    fn fetch(
        &mut self,
        from: &[(HubPartition, i64)],
    ) -> Result<Vec<(HubPartition, Fetched)>, SourceError> {
        self.answers += 1;
        let answers = from.iter().map(|(partition, offset)| {
            assert_eq!(*offset, 41, "{partition}");
            let message = HubMessage {
                offset: 41,
                body: Bytes::from_static(b"row"),
                damage: None,
                next: 42,
            };
            let answer = match partition.number {
                3 => Fetched::Failed(failed(3)),
                _ => Fetched::Messages {
                    messages: Vec::from_iter((self.answers > 1).then_some(message)),
                    next: None,
                    latest: 42,
                },
            };
            (partition.clone(), answer)
        });
        Ok(answers.collect())
    }

    fn commit(
        &mut self,
        _offsets: &BTreeMap<HubPartition, i64>,
    ) -> Result<BTreeMap<HubPartition, SourceError>, SourceError> {
        panic!("a check moves nobody's offset")
    }

    fn read(&self, body: &[u8], to: &mut dyn FnMut(HubRecord<'_>)) {
        assert_eq!(body, b"row");
        to(HubRecord::Other);
    }
}

#[test]
fn a_partition_that_fails_holds_up_no_other() {
    let mut hub = Hub { answers: 0 };
    let partitions: Vec<HubPartition> = (0..4).map(partition).collect();
    let contents = read_newest(&mut hub, &partitions, 0).unwrap();
    assert_eq!((hub.answers, count_with_messages(&contents)), (2, 1));
    let told = contents.into_iter().map(|(partition, found)| {
        let (at, newest) = found.map_err(|error| format!("{partition}: {}", error.what))?;
        Ok::<String, String>(in_words(at, newest.as_ref(), 0))
    });
    assert_eq!(
        Vec::from_iter(told),
        [
            Ok("newest offset 41, with no row of the tables that are read".to_owned()),
            Ok("holds no message".to_owned()),
            Err("defender/2: 2 fails".to_owned()),
            Err("defender/3: 3 fails".to_owned()),
        ]
    );
}
