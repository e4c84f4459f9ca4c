//! The kinds of rows, each with columns that the others have not.

use super::{behavior, cloud_app, directory_change, directory_query, log_on};
use crate::source::hunting::LAYOUT;
use crate::source::recognise::{ApiRecords, RecordShape};

/// The rows of the tables, as they may stand in a file.
pub const RECORDS: ApiRecords = ApiRecords {
    list: LAYOUT.list,
    kinds: &[BEHAVIORS, CLOUD_APP_EVENTS, QUERIES, LOG_ONS, CHANGES],
    what: "a row of a table of advanced hunting that siembox reads",
};

const BEHAVIORS: RecordShape = RecordShape {
    keys: &["BehaviorId", "behaviorId"],
    read: behavior,
};

const CLOUD_APP_EVENTS: RecordShape = RecordShape {
    keys: &[
        "ActivityObjects",
        "ActivityType",
        "ApplicationId",
        "RawEventData",
        "activityObjects",
        "activityType",
        "applicationId",
        "rawEventData",
    ],
    read: cloud_app,
};

const QUERIES: RecordShape = RecordShape {
    keys: &[
        "Query",
        "QueryTarget",
        "QueryType",
        "query",
        "queryTarget",
        "queryType",
    ],
    read: directory_query,
};

const LOG_ONS: RecordShape = RecordShape {
    keys: &["FailureReason", "LogonType", "failureReason", "logonType"],
    read: log_on,
};

/// Of the tables about accounts the one without columns of its own, but for the id.
const CHANGES: RecordShape = RecordShape {
    keys: &["ReportId", "reportId"],
    read: directory_change,
};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::recognise::KnownRecords;

    #[test]
    fn each_table_is_told_by_its_columns() {
        const KNOWN: KnownRecords = KnownRecords(&[RECORDS]);
        let keys = |kind: &RecordShape| kind.keys;
        for (row, expected) in [
            (r#"{"ReportId":"1","ActivityObjects":{}}"#, CLOUD_APP_EVENTS),
            (r#"{"reportId":"1","activityType":""}"#, CLOUD_APP_EVENTS),
            (r#"{"ReportId":"1","LogonType":null}"#, LOG_ONS),
            (
                r#"{"ReportId":"1","Query":"x","TargetAccountUpn":""}"#,
                QUERIES,
            ),
            (r#"{"ReportId":"1","TargetAccountUpn":""}"#, CHANGES),
            (
                r#"{"Timestamp":"x","BehaviorId":"1","ActionType":"MassDelete"}"#,
                BEHAVIORS,
            ),
        ] {
            assert_eq!(KNOWN.kind(row).map(keys), Some(expected.keys), "{row}");
        }
    }
}
