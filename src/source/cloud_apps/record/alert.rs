//! Reads an alert: what the cloud found alarming, and whom and what it concerns.

use std::borrow::Cow;

use super::KEYS;
use crate::event::{AlertClass, App, Event, EventKind, Origin, PortalPage, Severity};
use crate::source::json::{Items, Number, Text, addresses, lenient_object};
use crate::source::record::{
    Record, RecordTime, Spoiled, Unreadable, complete, first_time, plain_of, read_or_repair,
};

lenient_object! {
    struct RawAlert<'a> {
        "_id" => id: Text<'a>,
        "timestamp" => timestamp: RecordTime,
        "title" => title: Text<'a>,
        "description" => description: Text<'a>,
        "severityValue" => severity: Text<'a>,
        "idValue" => type_number: Number,
        "threatScore" => risk_score: Number,
        "entities" => entities: Items<Entity<'a>>,
        "policy" => policy: Entity<'a>,
        "audits" => audits: Items<Text<'a>>,
        "URL" => url: Text<'a>,
    }
}

lenient_object! {
    struct Entity<'a> {
        "type" => kind: Text<'a>,
        "id" => id: Text<'a>,
        "label" => label: Text<'a>,
        "pa" => principal: Text<'a>,
        "em" => email: Text<'a>,
    }
}

/// Reads an alert.
///
/// # Errors
/// [`Unreadable`] when the text is not an object, or has no id, or neither a usable time nor one
/// inside its id.
pub fn alert(raw: &str) -> Result<Record<'_>, Unreadable> {
    read_or_repair(raw, &KEYS, |raw| mapped(serde_json::from_str(raw)?))
}

/// Alerts that concern Active Directory are those of Defender for Identity.
fn origin(apps: &[App<'_>]) -> Origin {
    const ACTIVE_DIRECTORY: u32 = 20940;
    match (apps.iter()).any(|app| app.number == Some(ACTIVE_DIRECTORY)) {
        true => Origin::DefenderForIdentity,
        false => Origin::Source,
    }
}

fn mapped(record: RawAlert<'_>) -> Result<Record<'_>, Spoiled> {
    let id = record.id.said();
    let at_ms = first_time(&[record.timestamp]).or_else(|| made_at(id.as_deref()?));
    let (id, at_ms) = complete(id, at_ms, &KEYS)?;

    let mut found = Found::default();
    for entity in record.entities.kept {
        found.take(entity);
    }
    if found.policies.is_empty() {
        found.take_policy(record.policy);
    }
    let title = (record.title.said())
        .or_else(|| found.policy_name.clone())
        .unwrap_or_default();
    let message = plain_of(record.description.or_empty());
    let event = Event {
        id,
        identity: None,
        origin: origin(&found.apps),
        at_ms,
        span: None,
        message: if message.is_empty() {
            title.clone()
        } else {
            message
        },
        users: if found.users.is_empty() {
            found.accounts
        } else {
            found.users
        },
        apps: found.apps,
        addresses: found.addresses,
        portal_url: record.url.said().map(PortalPage::Told),
        policies: found.policies,
        kind: EventKind::Alert {
            class: record.type_number.0.map(AlertClass::Number),
            title,
            policy_name: found.policy_name,
            severity: severity(&record.severity.0),
            risk_score: record.risk_score.0,
            related: record.audits.texts(Text::said),
        },
    };
    Ok(Record {
        event,
        cursor_ms: at_ms,
    })
}

/// The second in which an id was made, in milliseconds: an alert's id is an ObjectId, its first
/// four bytes count seconds.
fn made_at(id: &str) -> Option<i64> {
    let is_object_id = id.len() == 24 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    let seconds = if is_object_id {
        i64::from_str_radix(&id[..8], 16).ok()?
    } else {
        return None;
    };
    first_time(&[RecordTime(Some(seconds * 1000))])
}

/// `severityValue`, a number; by name too, because the documentation lists the names beside them.
fn severity(value: &str) -> Severity {
    match value.trim().to_ascii_uppercase().as_str() {
        "0" | "LOW" => Severity::Low,
        "1" | "MEDIUM" => Severity::Medium,
        "2" | "HIGH" => Severity::High,
        "3" | "INFORMATIONAL" => Severity::Informational,
        _ => Severity::Unknown,
    }
}

/// What the entities of an alert add up to. Nothing is named twice.
#[derive(Default)]
struct Found<'a> {
    users: Vec<Cow<'a, str>>,
    /// Stand in for users where there are none.
    accounts: Vec<Cow<'a, str>>,
    apps: Vec<App<'a>>,
    addresses: Vec<std::net::IpAddr>,
    policies: Vec<Cow<'a, str>>,
    policy_name: Option<Cow<'a, str>>,
}

impl<'a> Found<'a> {
    fn take(&mut self, entity: Entity<'a>) {
        match &*entity.kind.0 {
            "user" => add(
                &mut self.users,
                entity.id.said().or_else(|| entity.label.said()),
            ),
            "account" => {
                let name = entity.principal.said().or_else(|| entity.email.said());
                add(&mut self.accounts, name.or_else(|| entity.label.said()));
            }
            "service" => {
                let number = entity.id.0.trim().parse().ok();
                let app = App {
                    number,
                    title: entity.label.or_empty(),
                };
                add(
                    &mut self.apps,
                    (number.is_some() || !app.title.is_empty()).then_some(app),
                );
            }
            "ip" => {
                let mut found = addresses([&*entity.id.0]);
                if found.is_empty() {
                    found = addresses([&*entity.label.0]);
                }
                (found.into_iter()).for_each(|address| add(&mut self.addresses, Some(address)));
            }
            "policyRule" => self.take_policy(entity),
            _ => {}
        }
    }

    fn take_policy(&mut self, policy: Entity<'a>) {
        add(&mut self.policies, policy.id.said());
        if self.policy_name.is_none() {
            self.policy_name = policy.label.said();
        }
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, item: Option<T>) {
    list.extend(item.filter(|item| !list.contains(item)));
}

#[cfg(test)]
mod tests;
