//! Reads an activity: who did what in which app, from which address.

use std::borrow::Cow;

use super::KEYS;
use crate::event::{App, Event, EventKind, Origin, category_label};
use crate::source::json::{Items, Number, Text, Texts, addresses, lenient_object};
use crate::source::record::{
    Record, RecordTime, Spoiled, Unreadable, complete, first_time, plain_of, read_or_repair,
};

lenient_object! {
    struct RawActivity<'a> {
        "_id" => id: Text<'a>,
        "uid" => uid: Text<'a>,
        "appId" => app_id: Number,
        "saasId" => saas_id: Number,
        "appName" => app_name: Text<'a>,
        "timestamp" => timestamp: RecordTime,
        "timestampRaw" => timestamp_raw: RecordTime,
        "instantiation" => instantiation: RecordTime,
        "instantiationRaw" => instantiation_raw: RecordTime,
        "created" => created: RecordTime,
        "createdRaw" => created_raw: RecordTime,
        "eventTypeName" => category: Text<'a>,
        "description" => description: Text<'a>,
        "description_metadata" => metadata: Metadata<'a>,
        "device" => device: Device<'a>,
        "user" => user: User<'a>,
        "failedUserData" => failed_user: User<'a>,
        "mainInfo" => main: MainInfo<'a>,
    }
}

lenient_object! {
    struct Metadata<'a> { "event_category" => label: Text<'a>, }
}

lenient_object! {
    struct Device<'a> { "clientIP" => addresses: Texts<'a>, "userAgent" => user_agent: Text<'a>, }
}

lenient_object! {
    struct User<'a> { "userName" => name: Text<'a>, }
}

lenient_object! {
    struct MainInfo<'a> { "eventObjects" => objects: Items<Object<'a>>, }
}

lenient_object! {
    struct Object<'a> { "name" => name: Text<'a>, }
}

/// Reads an activity.
///
/// # Errors
/// [`Unreadable`] when the text is not an object, or has no id or no usable time.
pub fn activity(raw: &str) -> Result<Record<'_>, Unreadable> {
    read_or_repair(raw, &KEYS, |raw| mapped(serde_json::from_str(raw)?))
}

fn mapped(record: RawActivity<'_>) -> Result<Record<'_>, Spoiled> {
    let happened = [record.timestamp, record.timestamp_raw];
    let arrived = [record.instantiation, record.instantiation_raw];
    let saved = [record.created, record.created_raw];
    let cursor_ms = first_time(&[saved, arrived, happened].concat());
    let id = record.id.said().or_else(|| record.uid.said());
    let (id, cursor_ms) = complete(id, cursor_ms, &KEYS)?;

    let category = (record.category.said()).unwrap_or(Cow::Borrowed("EVENT_CATEGORY_UNSPECIFIED"));
    let label = match record.metadata.label.said() {
        Some(label) => plain_of(label),
        None => category_label(&category),
    };
    let message = plain_of(record.description.or_empty());
    let message = if message.is_empty() {
        label.clone()
    } else {
        message
    };
    let user = record
        .user
        .name
        .said()
        .or_else(|| record.failed_user.name.said());
    let app = App {
        number: number(record.app_id).or_else(|| number(record.saas_id)),
        title: record.app_name.or_empty(),
    };
    let event = Event {
        id,
        identity: None,
        origin: Origin::Source,
        at_ms: first_time(&happened).unwrap_or(cursor_ms),
        span: None,
        message,
        users: user.into_iter().collect(),
        apps: if app.number.is_none() && app.title.is_empty() {
            Vec::new()
        } else {
            vec![app]
        },
        addresses: addresses(record.device.addresses.as_strs()),
        portal_url: None,
        policies: Vec::new(),
        kind: EventKind::Activity {
            category,
            label,
            user_agent: record.device.user_agent.or_empty(),
            objects: record.main.objects.texts(|object| Some(object.name.0)),
        },
    };
    Ok(Record { event, cursor_ms })
}

/// The number of an app.
pub(super) fn number(number: Number) -> Option<u32> {
    u32::try_from(number.0?).ok()
}

#[cfg(test)]
mod tests;
