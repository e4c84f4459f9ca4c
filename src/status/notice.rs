//! Notices: what an operator should know, with its cure. A ring, so that an old trouble can't fill
//! the memory.

use heapless::Deque;
use serde::{Deserialize, Serialize};

use crate::foreign::without_secrets;

/// How many notices are kept.
const KEPT: usize = 64;

/// What a notice is about; of each there is at most one open notice per agent and stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// The cloud can't be read.
    Cloud,
    /// What a stream reads is not there, or not for us.
    Absent,
    /// Some partitions of a stream can't be read.
    Partition,
    /// Its answers contradict themselves.
    Doubt,
    /// Records were set aside.
    SetAside,
    /// A stretch of time was not read.
    Skipped,
    /// Records that the cloud does not give out were passed over.
    PassedOver,
    /// The API counts more records than were read.
    Ledger,
    /// The API does not tell how many records it counts in some hours.
    Unaudited,
    /// Alerts went without the activities behind them.
    Related,
    /// A certificate or secret ends soon, or has ended.
    Expiry,
    /// The SIEM can't be reached.
    Siem,
    /// The receiver never says that it has read what was sent.
    HalfClose,
    /// The receiver ends connections before anything is known to have arrived.
    NoProof,
    /// The receiver does not take a line.
    Refused,
    /// Lines were cut to fit a datagram.
    Cut,
    /// The disk or the store.
    Spool,
    /// What was sent can't be remembered.
    SentIds,
    /// A spool that belongs to no agent of the settings.
    Orphan,
    /// The state folder was taken away while siembox ran.
    StateFolder,
    /// Damage on flash that was repaired.
    Repaired,
    /// The clock of siembox's own firmware.
    Clock,
    /// The cloud's clock and this machine's differ.
    ClocksDiffer,
    /// The settings file.
    Settings,
    /// The page can't be shown.
    Page,
    /// The administrator's password can't be read.
    Owner,
    /// The box that siembox has for itself: its disk, its boot partition.
    Box,
}

impl Topic {
    /// Do records not go their way because of it, or is something lost or not seen? The others are
    /// only to be known.
    #[must_use]
    pub fn is_grave(self) -> bool {
        match self {
            Self::Cloud
            | Self::Absent
            | Self::Partition
            | Self::Siem
            | Self::NoProof
            | Self::Spool
            | Self::Skipped
            | Self::PassedOver
            | Self::Settings
            | Self::Page
            | Self::Box
            | Self::Clock
            | Self::Orphan
            | Self::StateFolder
            | Self::Ledger => true,
            Self::Doubt
            | Self::SetAside
            | Self::Unaudited
            | Self::Related
            | Self::Expiry
            | Self::Owner
            | Self::ClocksDiffer
            | Self::HalfClose
            | Self::Refused
            | Self::Cut
            | Self::SentIds
            | Self::Repaired => false,
        }
    }

    /// Do different things happen under it, one after the other, so that the last may not hide the
    /// first?
    fn gathers(self) -> bool {
        matches!(self, Self::Repaired | Self::Skipped | Self::Partition)
    }
}

/// So many different things stand in a notice that gathers them, the newest last.
const GATHERED: usize = 8;

/// Adds a text to those that stand in it already, each once. True where it is new.
fn gather(all: &mut String, text: &str) -> bool {
    if all.contains(text) {
        return false;
    }
    let mut texts: Vec<&str> = all.split('\n').collect();
    texts.push(text);
    let kept = &texts[texts.len().saturating_sub(GATHERED)..];
    *all = kept.join("\n");
    true
}

/// One thing that happened, or goes on happening.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Which agent; empty for the box.
    pub agent: String,
    /// What it is about.
    pub topic: Topic,
    /// Which of the agent's streams; empty where it is about none of them.
    pub stream: String,
    /// In a few words; the old portal's where it had some.
    pub title: String,
    /// What happened and what to do.
    pub text: String,
    /// First time, milliseconds since 1970.
    pub first_ms: i64,
    /// Last time.
    pub last_ms: i64,
    /// How often.
    pub times: u64,
    /// When it was over, where it is.
    pub over_ms: Option<i64>,
}

/// What tells one open notice from another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subject<'a> {
    /// Which agent; empty for the box.
    pub agent: &'a str,
    /// Which of its streams; empty for none.
    pub stream: &'a str,
    /// What it is about.
    pub topic: Topic,
}

/// The last notices.
#[derive(Debug, Default)]
pub struct Notices(Deque<Notice, KEPT>);

impl Notices {
    /// Something happened. Returns how often it has by now, in a row; 1 for each thing that is new
    /// in a notice that gathers.
    pub fn raise(&mut self, subject: Subject<'_>, title: &str, text: &str, now_ms: i64) -> u64 {
        // what a peer said came in without our secrets; this is the net behind that door
        let text = &*without_secrets(text);
        if let Some(open) = self.open(subject) {
            open.last_ms = now_ms;
            open.times += 1;
            if !subject.topic.gathers() {
                (open.title, open.text) = (title.to_owned(), text.to_owned());
            } else if gather(&mut open.text, text) {
                title.clone_into(&mut open.title);
                return 1;
            }
            return open.times;
        }
        let notice = Notice {
            agent: subject.agent.to_owned(),
            topic: subject.topic,
            stream: subject.stream.to_owned(),
            title: title.to_owned(),
            text: text.to_owned(),
            first_ms: now_ms,
            last_ms: now_ms,
            times: 1,
            over_ms: None,
        };
        if self.0.is_full() {
            self.0.pop_front();
        }
        if self.0.push_back(notice).is_err() {
            return 0;
        }
        1
    }

    /// It is over. True where it was open.
    pub fn close(&mut self, subject: Subject<'_>, now_ms: i64) -> bool {
        let open = self.open(subject);
        open.map(|notice| notice.over_ms = Some(now_ms)).is_some()
    }

    /// All open ones that are meant are over.
    pub fn close_all(&mut self, now_ms: i64, meant: impl Fn(&Notice) -> bool) {
        let open = self.0.iter_mut().filter(|notice| notice.over_ms.is_none());
        for notice in open.filter(|notice| meant(notice)) {
            notice.over_ms = Some(now_ms);
        }
    }

    /// What the open notice about this says.
    pub fn text_of(&mut self, subject: Subject<'_>) -> Option<&str> {
        self.open(subject).map(|notice| notice.text.as_str())
    }

    /// Newest first.
    pub fn iter(&self) -> impl Iterator<Item = &Notice> {
        self.0.iter().rev()
    }

    fn open(&mut self, subject: Subject<'_>) -> Option<&mut Notice> {
        self.0.iter_mut().rev().find(|notice| {
            let same = Subject {
                agent: &notice.agent,
                stream: &notice.stream,
                topic: notice.topic,
            };
            notice.over_ms.is_none() && same == subject
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn siem(agent: &str) -> Subject<'_> {
        Subject {
            agent,
            stream: "",
            topic: Topic::Siem,
        }
    }

    #[test]
    fn one_trouble_is_one_notice_until_it_is_over() {
        let mut notices = Notices::default();
        assert_eq!(notices.raise(siem("a"), "t", "refused", 1), 1);
        assert_eq!(notices.raise(siem("a"), "t", "timed out", 2), 2);
        assert_eq!(notices.raise(siem("b"), "t", "refused", 3), 1);
        assert!(notices.close(siem("a"), 4));
        assert!(!notices.close(siem("a"), 5));
        assert_eq!(notices.raise(siem("a"), "t", "again", 6), 1);
        let texts: Vec<&str> = notices.iter().map(|n| n.text.as_str()).collect();
        assert_eq!(texts, ["again", "refused", "timed out"]);
    }

    #[test]
    fn what_was_repaired_is_all_there() {
        let repaired = Subject {
            topic: Topic::Repaired,
            ..siem("a")
        };
        let mut notices = Notices::default();
        for text in [
            "a store was moved",
            "the cursor went back",
            "a store was moved",
        ] {
            notices.raise(repaired, "t", text, 1);
        }
        let texts: Vec<&str> = notices.iter().map(|n| n.text.as_str()).collect();
        assert_eq!(texts, ["a store was moved\nthe cursor went back"]);
        for n in 0..100 {
            notices.raise(repaired, "t", &format!("repair {n}."), 1);
        }
        let last = notices.iter().next().unwrap();
        assert_eq!((last.text.lines().count(), last.times), (GATHERED, 103));
        assert!(last.text.ends_with("repair 99."));
    }

    #[test]
    fn the_ring_is_bounded() {
        let mut notices = Notices::default();
        for i in 0..200 {
            notices.raise(siem(&i.to_string()), "t", "x", i);
        }
        assert_eq!(notices.iter().count(), KEPT);
        assert_eq!(notices.iter().next().map(|n| n.first_ms), Some(199));
    }
}
