//! The kinds of records of the API, activities and alerts, each with keys that the other has not.

use super::{activity, alert};
use crate::source::cloud_apps::LAYOUT;
use crate::source::recognise::{ApiRecords, RecordShape};

/// The records of the API, as they may stand in a file.
pub const RECORDS: ApiRecords = ApiRecords {
    list: LAYOUT.list,
    kinds: &[ACTIVITIES, ALERTS],
    what: "an activity or an alert of the Defender for Cloud Apps API",
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
    read: |raw, _| activity(raw),
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
    read: |raw, _| alert(raw),
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Names;
    use crate::source::recognise::KnownRecords;

    const KNOWN: KnownRecords = KnownRecords(&[RECORDS]);

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
            let found = KNOWN.kind(raw).map(keys);
            assert_eq!(found, expected.as_ref().map(keys), "{raw}");
        }
        let none = KNOWN
            .read(r#"{"_id": "1"}"#, &Names::default())
            .unwrap_err();
        assert_eq!(
            (none.id, &*none.reason),
            (None, &*format!("not {}", RECORDS.what))
        );
    }
}
