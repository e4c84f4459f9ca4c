//! The filters there are, as data: reference §1.7 (activities) and §1.8 (alerts), both from the
//! API's own pages, and after them those that working clients use though no page lists them.

use super::operator::{
    FilterValues,
    Operator::{self, *},
};

/// The filters of one stream.
pub(in crate::settings) struct Vocabulary {
    /// In the order of the reference.
    fields: &'static [FilterField],
    /// Fields that siembox sets itself, with the reason why they can't be set here.
    pub(super) owned: &'static [(&'static str, &'static str)],
}

/// One filter.
pub(super) struct FilterField {
    /// As settings name it.
    pub name: &'static str,
    /// What its values are.
    pub holds: FilterValues,
    /// What may be asked of it.
    pub operators: &'static [Operator],
    /// As the API names it, where that differs.
    pub sent_as: Option<&'static str>,
}

use FilterValues::{Any, Flag, Number, Text as Words, Time, Word, WordOrNull};

// === impl Vocabulary ===

impl Vocabulary {
    pub(super) fn field(&self, name: &str) -> Option<&'static FilterField> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// Whether there are fields `name.…`.
    pub(super) fn has_fields_below(&self, name: &str) -> bool {
        self.fields.iter().any(|field| {
            field
                .name
                .strip_prefix(name)
                .is_some_and(|rest| rest.starts_with('.'))
        })
    }

    pub(super) fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.name).collect()
    }
}

const fn field(
    name: &'static str,
    holds: FilterValues,
    operators: &'static [Operator],
) -> FilterField {
    FilterField {
        name,
        holds,
        operators,
        sent_as: None,
    }
}

const ID: FilterValues = Number(0, i64::MAX);
const EQ: &[Operator] = &[Eq];
const EQ_NEQ: &[Operator] = &[Eq, Neq];
const OR_SET: &[Operator] = &[Eq, Neq, Isset, Isnotset];
const OR_STARTS: &[Operator] = &[Eq, Neq, Isset, Isnotset, Startswith];

/// Filters of activities.
pub(in crate::settings) static ACTIVITIES: Vocabulary = Vocabulary {
    owned: &[(
        "created",
        "is used by siembox's cursor, which reads activities in the order in which they were \
            saved; allowed: the filter `date` (when the activity happened), or first_look_back and \
            max_catch_up in [agent.source]",
    )],
    fields: &[
        field("service", ID, EQ_NEQ),
        field("instance", ID, EQ_NEQ),
        field("user.orgUnit", Words, OR_SET),
        field("actionType", Words, &[Contains, Eq, Neq, Isset, Isnotset]),
        field("activity.eventActionType", Words, EQ_NEQ),
        field("activity.id", Words, EQ),
        field("activity.impersonated", Flag, EQ),
        field("activity.type", Flag, EQ),
        field("activity.takenAction", WordOrNull(TAKEN_ACTIONS), EQ_NEQ),
        field(
            "device.type",
            WordOrNull(&["DESKTOP", "MOBILE", "TABLET", "OTHER"]),
            EQ_NEQ,
        ),
        field("device.tags", Words, EQ_NEQ),
        field("userAgent.userAgent", Words, &[Contains, Ncontains]),
        field("userAgent.tags", Words, EQ_NEQ),
        field("location.country", Words, OR_SET),
        field(
            "location.organizations",
            Words,
            &[Eq, Neq, Isset, Isnotset, Contains],
        ),
        field(
            "ip.address",
            Words,
            &[Eq, Startswith, Doesnotstartwith, Isset, Isnotset, Neq],
        ),
        field("fileSelector", Any, EQ_NEQ),
        field("office365url", Words, &[Startswith, Eq, Endswith]),
        field("fileId", Words, EQ),
        // 1 Corporate, 2 Administrative, 3 Risky, 4 VPN, 5 Cloud provider, 6 Other
        field("ip.category", Number(1, 6), EQ_NEQ),
        field("ip.tags", Words, EQ_NEQ),
        field("text", Words, &[Eq, Startswithsingle, Text]),
        field("date", Time, &[Lte, Gte, Range, LteNdays, GteNdays]),
        field("policy", Words, OR_SET),
        // [{ s = "stream", t = "type" }]; 0 Access control, 1 Session control, 2 App connector, 3
        // its analysis, 5 Discovery, 6 MDATP
        field("source", Any, EQ_NEQ),
        field("activity.alertId", Words, EQ),
        field("activityObject", Any, EQ_NEQ),
        // [{ id = "…", inst = 0 }]
        field("entity", Any, OR_STARTS),
        field("user.username", Words, OR_STARTS),
        // Ids of groups, and in the wild { role = 1, adv = true }
        field("user.tags", Any, OR_STARTS),
        field("user.domain", Words, OR_SET),
        // In the wild: Get-MCASActivity.ps1, demisto.
        field("activity.eventType", Words, EQ_NEQ),
        field("activity.actionType", Words, EQ_NEQ),
        field("fileLabels", Any, OR_SET),
    ],
};

const TAKEN_ACTIONS: &[&str] = &[
    "block",
    "proxy",
    "BypassProxy",
    "encrypt",
    "decrypt",
    "verified",
    "encryptionFailed",
    "protect",
    "verify",
];

/// Filters of alerts.
pub(in crate::settings) static ALERTS: Vocabulary = Vocabulary {
    owned: &[(
        "date",
        "is used by siembox's cursor, which reads alerts in the order of their dates; allowed: \
            first_look_back and max_catch_up in [agent.source]",
    )],
    fields: &[
        field("entity.entity", Any, EQ_NEQ),
        field("entity.ip", Words, EQ_NEQ),
        field("entity.service", ID, EQ_NEQ),
        field("entity.instance", ID, EQ_NEQ),
        field("entity.policy", Words, EQ_NEQ),
        field("entity.file", Words, EQ_NEQ),
        field("alertOpen", Flag, EQ),
        // 0 Low, 1 Medium, 2 High; 3 Informational is in the records though not on the filters'
        // page
        field("severity", Number(0, 3), EQ_NEQ),
        // 0 Open, 1 Dismissed, 2 Resolved, 3 Closed: false positive, 4 benign, 5 true positive
        field("resolutionStatus", Number(0, 5), EQ_NEQ),
        field("read", Flag, EQ),
        field("resolutionDate", Time, &[Lte, Gte, Range]),
        field("risk", ID, EQ_NEQ),
        field("alertType", ID, EQ_NEQ),
        field("id", Words, EQ_NEQ),
        FilterField {
            name: "ID",
            holds: Words,
            operators: EQ_NEQ,
            sent_as: Some("id"),
        },
        field("source", Word(&["built-in", "policy"]), EQ),
        // In the wild.
        field("entity.user", Any, EQ_NEQ),
    ],
};

/// Filters of Graph's alerts (reference: successors.md §2.1, what can be filtered).
pub(in crate::settings) static GRAPH_ALERTS: Vocabulary = Vocabulary {
    owned: &[
        ("lastUpdateDateTime", OWN_TIME),
        ("serviceSource", "is set by service_sources in this section"),
    ],
    fields: &[
        field(
            "severity",
            Word(&["unknown", "informational", "low", "medium", "high"]),
            EQ_NEQ,
        ),
        field("status", Word(&["new", "inProgress", "resolved"]), EQ_NEQ),
        field("classification", Words, EQ_NEQ),
        field("determination", Words, EQ_NEQ),
        field("assignedTo", Words, EQ_NEQ),
    ],
};

/// Filters of Graph's incidents.
pub(in crate::settings) static INCIDENTS: Vocabulary = Vocabulary {
    owned: &[("lastUpdateDateTime", OWN_TIME)],
    fields: &[
        field(
            "severity",
            Word(&["unknown", "informational", "low", "medium", "high"]),
            EQ_NEQ,
        ),
        field(
            "status",
            Word(&["active", "inProgress", "resolved", "redirected"]),
            EQ_NEQ,
        ),
        field("classification", Words, EQ_NEQ),
        field("determination", Words, EQ_NEQ),
        field("assignedTo", Words, EQ_NEQ),
    ],
};

/// Columns that each of the tables of activities has.
pub(in crate::settings) static HUNTING: Vocabulary = Vocabulary {
    owned: &[("Timestamp", OWN_TIME)],
    fields: &[
        field("ActionType", Words, OF_TEXT),
        field("Application", Words, OF_TEXT),
        field("AccountObjectId", Words, OF_TEXT),
        field("AccountDisplayName", Words, OF_TEXT),
        field("IPAddress", Words, OF_TEXT),
    ],
};

/// For streams without filters.
pub(in crate::settings) static NONE: Vocabulary = Vocabulary {
    owned: &[],
    fields: &[],
};

const OF_TEXT: &[Operator] = &[Eq, Neq, Contains, Ncontains, Startswith];

const OWN_TIME: &str = "is used by siembox's cursor, which reads in the order of this time; \
    allowed: first_look_back and max_catch_up in [agent.source]";
