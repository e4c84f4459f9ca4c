//! Reads a behavior, a row of `BehaviorInfo` with the list of its `BehaviorEntities`, as the alert
//! that it was.

use std::borrow::Cow;

use super::alert_kinds::class;
use super::dynamic::Dynamic;
use super::who::{at_domain, said};
use super::{BEHAVIOR_KEYS, app};
use crate::event::{
    AlertClass, App, Event, EventKind, EventSpan, Names, Origin, PortalPage, Severity,
};
use crate::source::json::{Items, Number, Text, addresses, lenient_object};
use crate::source::record::{
    Record, RecordTime, Spoiled, Unreadable, complete, first_time, plain_of, read_or_repair,
};

lenient_object! {
    struct Row<'a> any_case {
        "Timestamp" => at: RecordTime,
        "BehaviorId" => id: Text<'a>,
        "ActionType" => action: Text<'a>,
        "Title" => title: Text<'a>,
        "Description" => description: Text<'a>,
        "AccountUpn" => upn: Text<'a>,
        "AccountObjectId" => object_id: Text<'a>,
        "StartTime" => start: RecordTime,
        "EndTime" => end: RecordTime,
        "Entities" => entities: Dynamic<'a>,
    }
}

lenient_object! {
    struct Entity<'a> any_case {
        "EntityType" => kind: Text<'a>,
        "RemoteIP" => address: Text<'a>,
        "AccountUpn" => upn: Text<'a>,
        "AccountName" => account: Text<'a>,
        "AccountDomain" => domain: Text<'a>,
        "Application" => app: Text<'a>,
        "ApplicationId" => app_id: Number,
    }
}

/// What the entities add up to. Nothing is named twice.
#[derive(Debug, Default)]
struct Found {
    user: Option<String>,
    apps: Vec<App<'static>>,
    addresses: Vec<String>,
}

/// Reads a behavior.
///
/// # Errors
/// [`Unreadable`] when the text is not an object, or has no `BehaviorId` or no usable `Timestamp`.
pub fn behavior<'r>(raw: &'r str, names: &Names) -> Result<Record<'r>, Unreadable> {
    read_or_repair(raw, &BEHAVIOR_KEYS, |raw| {
        mapped(serde_json::from_str(raw)?, names)
    })
}

fn mapped<'a>(row: Row<'a>, names: &Names) -> Result<Record<'a>, Spoiled> {
    let (id, at_ms) = complete(said(row.id), first_time(&[row.at]), &BEHAVIOR_KEYS)?;
    let found = row.entities.read(found);
    let title = said(row.title).unwrap_or_default();
    let action = said(row.action).unwrap_or_default();
    let message = plain_of(row.description.or_empty());
    let user = said(row.upn)
        .or(found.user.map(Cow::Owned))
        .or_else(|| said(row.object_id));
    let (start_ms, end_ms) = (first_time(&[row.start]), first_time(&[row.end]));
    let event = Event {
        id,
        identity: None,
        origin: Origin::Source,
        at_ms,
        span: EventSpan::told(start_ms, end_ms, at_ms),
        message: match message.is_empty() {
            true => title.clone(),
            false => message,
        },
        users: user.into_iter().collect(),
        apps: found.apps,
        addresses: addresses(found.addresses.iter().map(String::as_str)),
        // it has no page of its own
        portal_url: Some(PortalPage::Told(Cow::Borrowed(""))),
        policies: Vec::new(),
        kind: EventKind::Alert {
            class: class(&action, &title, names).map(AlertClass::Name),
            title,
            policy_name: None,
            severity: Severity::Low,
            risk_score: None,
            related: Vec::new(),
        },
    };
    Ok(Record {
        event,
        cursor_ms: at_ms,
    })
}

fn found(json: &str) -> serde_json::Result<Found> {
    let entities: Items<Entity<'_>> = serde_json::from_str(json)?;
    let mut found = Found::default();
    for entity in entities.kept {
        found.take(entity);
    }
    Ok(found)
}

// === impl Found ===

impl Found {
    fn take(&mut self, entity: Entity<'_>) {
        let kind = entity.kind.0.trim();
        if kind.eq_ignore_ascii_case("User") && self.user.is_none() {
            let account = said(entity.account);
            let user = said(entity.upn).or_else(|| at_domain(&account, entity.domain));
            self.user = user.map(Cow::into_owned);
        } else if kind.eq_ignore_ascii_case("Ip") {
            self.addresses.push(entity.address.0.into_owned());
        } else if kind.eq_ignore_ascii_case("CloudApplication") {
            let number = entity
                .app_id
                .0
                .and_then(|number| u32::try_from(number).ok());
            let title = Cow::Owned(entity.app.or_empty().into_owned());
            let new = app(number.filter(|&number| number > 0), title);
            self.apps.extend(new.filter(|new| !self.apps.contains(new)));
        }
    }
}

#[cfg(test)]
mod tests;
