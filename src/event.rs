//! The event: a record in siembox's own terms, independent of the API it came from.
//!
//! An [`Event`] borrows from the record it was read from wherever it can. The names that a SIEM's
//! rules look for (`APPID_ONEDRIVE`, "Log on", `ALERT_CABINET_EVENT_MATCH_AUDIT`) are tables here,
//! one file each.

mod alerts;
mod apps;
mod categories;
mod names;
mod owned;
mod weight;

pub use alerts::{alert_name, alert_of_words};
pub use apps::app_name;
pub use categories::category_label;
pub use names::{NameTables, Names};

use std::borrow::Cow;
use std::net::IpAddr;

/// The page of a record in the cloud's portal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortalPage<'a> {
    /// Its address, as the record tells it.
    Told(Cow<'a, str>),
    /// That of an activity with this event's id, in the Defender portal of the tenant's cloud.
    DefenderActivity,
    /// Another page of that portal: its path, as `/alerts/ca1`.
    Defender(Cow<'a, str>),
}

/// One activity or alert, ready to be written as a line.
#[derive(Debug, Clone, PartialEq)]
pub struct Event<'a> {
    /// The record's id at the cloud: an opaque string of up to about 100 characters.
    pub id: Cow<'a, str>,
    /// The id under which every source knows this record, where that is another one than `id`: one
    /// record that two sources hand over is told by it. [`Event::identity`] reads it.
    pub identity: Option<Cow<'a, str>>,
    /// Which product raised it: a setting leaves out what that product sends to the SIEM by itself.
    pub origin: Origin,
    /// When it happened, milliseconds since 1970.
    pub at_ms: i64,
    /// From when to when it went on, where that is another time than `at_ms`.
    pub span: Option<EventSpan>,
    /// The description as plain text: no HTML, no entities. May hold newlines.
    pub message: Cow<'a, str>,
    /// The subject users; for most events one, for some none.
    pub users: Vec<Cow<'a, str>>,
    /// The apps concerned, in the record's order.
    pub apps: Vec<App<'a>>,
    /// Addresses of the client, in the record's order.
    pub addresses: Vec<IpAddr>,
    /// Its page in the cloud's portal; `None` where the old agent makes the address of its id.
    pub portal_url: Option<PortalPage<'a>>,
    /// Ids of the policies that matched.
    pub policies: Vec<Cow<'a, str>>,
    /// What only an activity or only an alert has.
    pub kind: EventKind<'a>,
}

/// A stretch of time, milliseconds since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventSpan {
    /// Where it begins.
    pub start_ms: i64,
    /// Where it ends.
    pub end_ms: i64,
}

/// A cloud app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App<'a> {
    /// The cloud's number for it (15600 is OneDrive), where the record has one.
    pub number: Option<u32>,
    /// Its title: "Microsoft OneDrive for Business"; may be empty.
    pub title: Cow<'a, str>,
}

/// What only an activity or only an alert has.
#[derive(Debug, Clone, PartialEq)]
pub enum EventKind<'a> {
    /// Somebody did something in a cloud app.
    Activity {
        /// `EVENT_CATEGORY_LOGIN` and the like.
        category: Cow<'a, str>,
        /// The category as the portal displays it: "Log on".
        label: Cow<'a, str>,
        /// The client's user agent, or empty.
        user_agent: Cow<'a, str>,
        /// Names of all objects, in record order; a nameless one is empty.
        objects: Vec<Cow<'a, str>>,
    },
    /// The cloud raised an alarm.
    Alert {
        /// The type of the alert, where the record names one.
        class: Option<AlertClass<'a>>,
        /// Title of the alert.
        title: Cow<'a, str>,
        /// Name of the policy that matched, where a policy did.
        policy_name: Option<Cow<'a, str>>,
        /// Severity as the cloud gives it.
        severity: Severity,
        /// The user's investigation priority, where given.
        risk_score: Option<i64>,
        /// Ids of the activities behind the alert.
        related: Vec<Cow<'a, str>>,
    },
}

/// The type of an alert. Some of the cloud's APIs number their types, others name them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AlertClass<'a> {
    /// 15728641 is an activity policy that matched; [`alert_name`] has the old agent's names.
    Number(i64),
    /// The name itself, as it stands in the line.
    Name(Cow<'a, str>),
}

/// How severe an alert is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Severity {
    /// The record says nothing about it, or nothing that is known. Its line says the same as of a
    /// low one: a line has no word for it.
    #[default]
    Unknown,
    /// Low.
    Low,
    /// Medium.
    Medium,
    /// High.
    High,
    /// To be known, not to be acted on.
    Informational,
}

/// The product that a record comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Origin {
    /// The product whose API handed it over.
    #[default]
    Source,
    /// Defender for Identity, which sends its alerts to a SIEM by itself where that is set up
    /// there.
    DefenderForIdentity,
}

// === impl Event ===

// === impl EventSpan ===

impl EventSpan {
    /// From what is told of it: an end that is told to lie before the start is the start. Where
    /// only the end is told, it began no later than that, nor than `at_ms`. `None` where nothing
    /// is told.
    #[must_use]
    pub fn told(start_ms: Option<i64>, end_ms: Option<i64>, at_ms: i64) -> Option<Self> {
        let (one_ms, other_ms) = match (start_ms, end_ms) {
            (None, None) => return None,
            (Some(start_ms), end_ms) => (start_ms, end_ms.unwrap_or(start_ms)),
            (None, Some(end_ms)) => (end_ms.min(at_ms), end_ms),
        };
        Some(Self {
            start_ms: one_ms.min(other_ms),
            end_ms: one_ms.max(other_ms),
        })
    }
}

impl Event<'_> {
    /// The id under which every source knows this record.
    #[must_use]
    pub fn identity(&self) -> &str {
        self.identity.as_deref().unwrap_or(&self.id)
    }

    /// From when to when it went on.
    #[must_use]
    pub fn span(&self) -> EventSpan {
        let at_ms = self.at_ms;
        self.span.unwrap_or(EventSpan {
            start_ms: at_ms,
            end_ms: at_ms,
        })
    }
}

#[cfg(test)]
mod tests;
