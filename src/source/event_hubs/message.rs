//! Takes the body of a message apart: `{"records":[{"category":…,"properties":{…}},…]}`.

use serde_json::value::RawValue;

use crate::event::Names;
use crate::source::hunting;
use crate::source::json::{Raw, Text, lenient_object};
use crate::source::{HubRecord, Unreadable};
use crate::stream::StreamSpec;

/// What stands before the name of a table in `category`.
const CATEGORY: &str = "AdvancedHunting-";

lenient_object! {
    struct Body<'a> any_case {
        "records" => records: Raw<'a>,
        "category" => category: Text<'a>,
        "properties" => properties: Raw<'a>,
    }
}

lenient_object! {
    struct Envelope<'a> any_case {
        "category" => category: Text<'a>,
        "properties" => properties: Raw<'a>,
    }
}

/// Hands the records of a message over, those of `tables` read. Records without a category become
/// one dead letter together: its text is the whole message.
pub(super) fn read(
    body: &[u8],
    tables: &[StreamSpec],
    names: &Names,
    to: &mut dyn FnMut(HubRecord<'_>),
) {
    let Ok(text) = std::str::from_utf8(body) else {
        return to(poison("the message is not UTF-8".to_owned()));
    };
    let message = match serde_json::from_str::<Body<'_>>(text) {
        Ok(message) => message,
        Err(error) => return to(poison(format!("the message is not valid JSON: {error}"))),
    };
    let Some(records) = message.records.0 else {
        // a record of its own, as files of the same export hold them
        if let Some(category) = message.category.said() {
            let properties = message.properties;
            return to(of_category(&category, properties, tables, names));
        }
        return to(poison("the message holds no \"records\"".to_owned()));
    };
    let Ok(records) = serde_json::from_str::<Vec<&RawValue>>(records.get()) else {
        let reason = "\"records\" of the message is not a list".to_owned();
        return to(poison(reason));
    };
    let (count, mut without) = (records.len(), 0);
    for record in records {
        let envelope = serde_json::from_str::<Envelope<'_>>(record.get()).unwrap_or_default();
        match envelope.category.said() {
            Some(category) => to(of_category(&category, envelope.properties, tables, names)),
            None => without += 1,
        }
    }
    if without > 0 {
        to(poison(format!(
            "{without} of the message's {count} records have no \"category\""
        )));
    }
}

fn poison(reason: String) -> HubRecord<'static> {
    HubRecord::Poison(Unreadable {
        id: None,
        cursor_ms: None,
        reason,
    })
}

/// The record of this category.
fn of_category<'a>(
    category: &str,
    properties: Raw<'a>,
    tables: &[StreamSpec],
    names: &'a Names,
) -> HubRecord<'a> {
    let table = category.get(..CATEGORY.len()).and_then(|begin| {
        let name = category.get(CATEGORY.len()..)?;
        begin.eq_ignore_ascii_case(CATEGORY).then_some(name)
    });
    let known = table.and_then(hunting::reader);
    match known.filter(|(stream, _)| tables.contains(stream)) {
        None => HubRecord::Other,
        Some((stream, read)) => {
            let row = properties.0.map_or("null", RawValue::get);
            HubRecord::Row(stream, row, read(row, names))
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use crate::stream::{CLOUD_APP_EVENTS, IDENTITY_LOGON_EVENTS};

    fn outcomes(body: &[u8]) -> Vec<String> {
        let mut outcomes = Vec::new();
        let tables = [CLOUD_APP_EVENTS, IDENTITY_LOGON_EVENTS];
        read(body, &tables, &Names::default(), &mut |record| {
            outcomes.push(match record {
                HubRecord::Row(stream, _, Ok(record)) => format!("{stream} {}", record.event.id),
                HubRecord::Row(stream, _, Err(why)) => format!("{stream} {why}"),
                HubRecord::Other => "other".to_owned(),
                HubRecord::Poison(why) => why.to_string(),
            });
        });
        outcomes
    }

    #[test]
    fn records_go_to_the_streams_of_their_tables() {
        let row = r#"{"ReportId":"1","Timestamp":"2026-11-30T10:00:00Z"}"#;
        let body = format!(
            r#"{{"records":[
                {{"category":"AdvancedHunting-CloudAppEvents","properties":{row}}},
                {{"properties":{row},"Tenant":"x","category":"advancedhunting-identitylogonevents"}},
                {{"category":"AdvancedHunting-IdentityQueryEvents","properties":{row}}},
                {{"category":"AdvancedHunting-DeviceEvents","properties":{{}}}},
                {{"category":"Administrative"}},
                {{"category":"AdvancedHunting-CloudAppEvents"}},
                {{"properties":{row}}},
                7
            ]}}"#
        );
        assert_eq!(
            outcomes(body.as_bytes()),
            [
                "cloud_app_events 1",
                "identity_logon_events 1",
                "other",
                "other",
                "other",
                "cloud_app_events the record is not a JSON object",
                "2 of the message's 8 records have no \"category\"",
            ]
        );
    }

    #[test]
    fn a_record_of_its_own_is_read_too() {
        let body = r#"{"category":"AdvancedHunting-CloudAppEvents","properties":
            {"ReportId":"1","Timestamp":"2026-11-30T10:00:00Z"}}"#;
        assert_eq!(outcomes(body.as_bytes()), ["cloud_app_events 1"]);
    }

    #[test]
    fn what_is_no_message_says_why() {
        for (body, begin) in [
            (&b"{\"records\":["[..], "the message is not valid JSON"),
            (b"", "the message is not valid JSON"),
            (b"\xff\xfe", "the message is not UTF-8"),
            (b"{}", "the message holds no \"records\""),
            (b"[1]", "the message holds no \"records\""),
            (
                b"{\"records\":{}}",
                "\"records\" of the message is not a list",
            ),
        ] {
            let outcomes = outcomes(body);
            assert!(
                outcomes.len() == 1 && outcomes[0].starts_with(begin),
                "{outcomes:?}"
            );
        }
        assert!(outcomes(br#"{"records":[]}"#).is_empty());
    }
}
