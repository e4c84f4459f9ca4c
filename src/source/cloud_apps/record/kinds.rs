//! The kinds of records of the API, activities and alerts, each with keys that the other has not.

use super::{activity, alert};
use crate::source::cloud_apps::LAYOUT;
use crate::source::recognise::{KnownRecords, RecordShape};

/// The records of the API, as they may stand in a file.
pub const RECORDS: KnownRecords = KnownRecords {
    list: LAYOUT.list,
    kinds: &[ACTIVITIES, ALERTS],
    none: "not an activity or an alert of the Defender for Cloud Apps API",
};

/// Every known activity has some of these keys.
const ACTIVITIES: RecordShape = RecordShape {
    keys: &[
        "appId",
        "created",
        "description_metadata",
        "eventType",
        "eventTypeName",
        "mainInfo",
    ],
    read: activity,
};

const ALERTS: RecordShape = RecordShape {
    keys: &[
        "entities",
        "idValue",
        "resolutionStatusValue",
        "severityValue",
        "statusValue",
        "title",
    ],
    read: alert,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_is_told_by_its_keys_and_what_is_broken_by_its_words() {
        for (raw, expected) in [
            (
                r#"{"_id": "1", "timestamp": 1, "eventTypeName": null}"#,
                Some(ACTIVITIES),
            ),
            (r#"{"mainInfo": {}, "title": "x"}"#, Some(ACTIVITIES)),
            (r#"{"title": "x", "mainInfo": {}}"#, Some(ACTIVITIES)),
            (
                r#"{"_id": "1", "timestamp": 1, "idValue": 1}"#,
                Some(ALERTS),
            ),
            (r#"{"title": "x", "x": "\ud83d"}"#, Some(ALERTS)),
            (r#"{"_id": "1", "timestamp": 1}"#, None),
            (r#"{"filters": [{"error": "x"}], "error": true}"#, None),
            ("7", Some(ACTIVITIES)),
            (r#"{"idValue": 1, "#, Some(ALERTS)),
            (r#"{"appId": 1, "#, Some(ACTIVITIES)),
        ] {
            let keys = |kind: &RecordShape| kind.keys;
            let found = RECORDS.kind(raw).map(keys);
            assert_eq!(found, expected.as_ref().map(keys), "{raw}");
        }
        let none = RECORDS.read(r#"{"_id": "1"}"#).unwrap_err();
        assert_eq!((none.id, &*none.reason), (None, RECORDS.none));
    }
}
