//! Reads the rows of `IdentityLogonEvents`, `IdentityQueryEvents` and `IdentityDirectoryEvents`:
//! log-ons, and what Defender for Identity sees at Active Directory.

use std::borrow::Cow;

use super::actions::{self, FAILED_LOGIN, LOGIN, RUN_COMMAND, UNSPECIFIED};
use super::dynamic::{Dynamic, texts_of};
use super::message::Message;
use super::who::{at_domain, said};
use super::{ROW_KEYS, app};
use crate::event::{Event, EventKind, Names, Origin, PortalPage, category_label};
use crate::source::json::{Text, addresses, lenient_object};
use crate::source::record::{
    Record, RecordTime, Spoiled, Unreadable, complete, first_time, read_or_repair,
};

lenient_object! {
    struct Row<'a> any_case {
        "Timestamp" => at: RecordTime,
        "ReportId" => id: Text<'a>,
        "ActionType" => action: Text<'a>,
        "Application" => app: Text<'a>,
        "FailureReason" => failure: Text<'a>,
        "QueryType" => query_type: Text<'a>,
        "QueryTarget" => query_target: Text<'a>,
        "Query" => query: Text<'a>,
        "Protocol" => protocol: Text<'a>,
        "AccountUpn" => upn: Text<'a>,
        "AccountName" => account: Text<'a>,
        "AccountDomain" => domain: Text<'a>,
        "AccountDisplayName" => display_name: Text<'a>,
        "AccountObjectId" => object_id: Text<'a>,
        "IPAddress" => address: Text<'a>,
        "DeviceName" => device: Text<'a>,
        "TargetDeviceName" => target_device: Text<'a>,
        "DestinationDeviceName" => destination: Text<'a>,
        "TargetAccountUpn" => target_upn: Text<'a>,
        "TargetAccountDisplayName" => target_name: Text<'a>,
        "AdditionalFields" => more: Dynamic<'a>,
    }
}

/// Which of the tables a row is of.
#[derive(Debug, Clone, Copy)]
enum Table {
    LogOn,
    Query,
    Change,
}

/// Apps by their titles: these tables have no numbers (reference: successors.md §7).
const APPS: [(&str, u32); 3] = [
    ("Active Directory", 20940),
    ("Microsoft 365", 11161),
    ("Office 365", 11161),
];

/// How the keys of `AdditionalFields` begin that name who and what takes part.
const PARTS: &[&str] = &["ACTOR.", "FROM.", "TO.", "ARG."];

/// Reads a row of `IdentityLogonEvents`.
///
/// # Errors
/// [`Unreadable`] when the text is not an object, or has no `ReportId` or no usable `Timestamp`.
pub fn log_on<'r>(raw: &'r str, names: &Names) -> Result<Record<'r>, Unreadable> {
    read(raw, Table::LogOn, names)
}

/// Reads a row of `IdentityQueryEvents`.
///
/// # Errors
/// As for [`log_on`].
pub fn directory_query<'r>(raw: &'r str, names: &Names) -> Result<Record<'r>, Unreadable> {
    read(raw, Table::Query, names)
}

/// Reads a row of `IdentityDirectoryEvents`.
///
/// # Errors
/// As for [`log_on`].
pub fn directory_change<'r>(raw: &'r str, names: &Names) -> Result<Record<'r>, Unreadable> {
    read(raw, Table::Change, names)
}

fn read<'r>(raw: &'r str, table: Table, names: &Names) -> Result<Record<'r>, Unreadable> {
    read_or_repair(raw, &ROW_KEYS, |raw| {
        mapped(serde_json::from_str(raw)?, table, names)
    })
}

fn mapped<'a>(row: Row<'a>, table: Table, names: &Names) -> Result<Record<'a>, Spoiled> {
    let (id, at_ms) = complete(said(row.id), first_time(&[row.at]), &ROW_KEYS)?;
    let action = said(row.action).unwrap_or_default();
    let category = table.category(&action, names);
    let label = category_label(&category);
    let account = said(row.account);
    let user = said(row.upn)
        .or_else(|| at_domain(&account, row.domain))
        .or_else(|| said(row.display_name))
        .or(account)
        .or_else(|| said(row.object_id));
    let target = said(row.target_upn).or_else(|| said(row.target_name));
    let target_device = said(row.target_device);
    let destination = said(row.destination);
    let message = match (&*category, table) {
        (LOGIN, _) => plain(&label),
        (FAILED_LOGIN, _) => match said(row.failure) {
            Some(why) => plain(&format!("{label} (Failure message: {why})")),
            None => plain(&label),
        },
        (_, Table::Query) => Message {
            head: label.clone().into_owned(),
            objects: vec![format!("task {action}")],
            parameters: [
                ("Query type", said(row.query_type)),
                ("Query target", said(row.query_target)),
                ("Query", said(row.query)),
                ("Protocol", said(row.protocol)),
                ("Destination device", destination.clone()),
            ]
            .into_iter()
            .filter_map(|(name, value)| Some(format!("{name} {}", value?)))
            .collect(),
        },
        (category, _) => Message {
            head: match category {
                UNSPECIFIED if !action.is_empty() => action.into_owned(),
                _ => label.clone().into_owned(),
            },
            objects: match (&target, &target_device) {
                (Some(user), _) => vec![format!("user {user}")],
                (None, Some(device)) => vec![format!("device {device}")],
                (None, None) => Vec::new(),
            },
            parameters: Vec::new(),
        },
    };
    let parts: Vec<String> = row.more.read(|json| texts_of(PARTS, json));
    let objects = match parts.is_empty() {
        false => parts.into_iter().map(Cow::Owned).collect(),
        true => {
            let device = target_device.or(destination).or_else(|| said(row.device));
            [user.clone(), target, device]
                .into_iter()
                .flatten()
                .collect()
        }
    };
    let title = row.app.or_empty();
    let number = APPS.iter().find(|(name, _)| title.trim() == *name);
    let event = Event {
        portal_url: Some(PortalPage::DefenderActivity),
        id,
        identity: None,
        origin: Origin::Source,
        at_ms,
        span: None,
        message: message.text(),
        users: user.into_iter().collect(),
        apps: app(number.map(|row| row.1), title).into_iter().collect(),
        addresses: addresses([&*row.address.0]),
        policies: Vec::new(),
        kind: EventKind::Activity {
            category,
            label,
            user_agent: Cow::Borrowed(""),
            objects,
        },
    };
    Ok(Record {
        event,
        cursor_ms: at_ms,
    })
}

fn plain(head: &str) -> Message {
    Message {
        head: head.to_owned(),
        ..Message::default()
    }
}

// === impl Table ===

impl Table {
    /// By the settings, else by what the table holds.
    fn category(self, action: &str, names: &Names) -> Cow<'static, str> {
        if let Some(named) = names.action(action) {
            return Cow::Owned(named.to_owned());
        }
        match self {
            Self::LogOn => actions::category(action, names).unwrap_or(Cow::Borrowed(UNSPECIFIED)),
            Self::Query => Cow::Borrowed(RUN_COMMAND),
            Self::Change => Cow::Borrowed(UNSPECIFIED),
        }
    }
}

#[cfg(test)]
mod tests;
