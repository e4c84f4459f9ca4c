//! The kinds of records of the API, alerts and incidents, each with keys that no other has.

use super::{alert, incident};
use crate::source::graph::envelope::LAYOUT;
use crate::source::recognise::{ApiRecords, RecordShape};

/// The records of the API, as they may stand in a file.
pub const RECORDS: ApiRecords = ApiRecords {
    list: LAYOUT.list,
    kinds: &[ALERTS, INCIDENTS],
    what: "an alert or an incident of Microsoft Graph",
};

const ALERTS: RecordShape = RecordShape {
    keys: &[
        "alertPolicyId",
        "alertWebUrl",
        "detectionSource",
        "firstActivityDateTime",
        "lastActivityDateTime",
        "providerAlertId",
        "serviceSource",
    ],
    read: alert,
};

/// An alert has some of these as well.
const INCIDENTS: RecordShape = RecordShape {
    keys: &[
        "customTags",
        "incidentWebUrl",
        "lastUpdateDateTime",
        "redirectIncidentId",
        "systemTags",
    ],
    read: incident,
};
