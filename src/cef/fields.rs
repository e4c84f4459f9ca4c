//! The keys of a line in their order, for each generation of the old agent. Taken from the
//! published lines; where none is published, the comment says so.

use super::version::{Generation, Version};

/// A key of the extension.
#[derive(Debug, Clone, Copy)]
pub(super) struct CefField {
    pub key: &'static str,
    /// What `<key>Label` says, before the key itself.
    pub label: Option<&'static str>,
    pub value: Value,
}

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    Id,
    /// When it happened, as the header says.
    Time,
    Start,
    End,
    Message,
    /// Joined by commas, like all that can be several.
    Users,
    Services,
    /// `APPID_*`
    Apps,
    /// The first of the client's addresses that is IPv4.
    AddressV4,
    /// The first that is IPv6.
    AddressV6,
    UserAgent,
    PortalUrl,
    /// Nameless ones leave a gap.
    Objects,
    Policies,
    RiskScore,
    Related,
}

/// Keys of an activity.
pub(super) fn activity(version: &Version) -> &'static [&'static [CefField]] {
    match version.generation() {
        Generation::First => &[ID, TIMES, WHO, CLIENT, URL_AND_APPS, OBJECTS, CLIENT_V6],
        Generation::Second | Generation::Third => &[
            ID,
            RECEIPT,
            TIMES,
            WHO,
            CLIENT,
            URL_AND_APPS,
            OBJECTS,
            POLICIES,
            CLIENT_V6,
        ],
    }
}

/// Keys of an alert. No whole line of the second and third generation is public: `rt`, `src` and
/// `c6a1` are known from the documentation and from SIEM content, their places are not.
pub(super) fn alert(version: &Version) -> &'static [&'static [CefField]] {
    match (version.generation(), version.alerts_name_policies()) {
        (Generation::First, false) => &[ID, TIMES, WHO, RISK, URL_AND_APPS, RELATED],
        (Generation::First, true) => &[ID, TIMES, WHO, RISK, URL_AND_APPS, RELATED, POLICIES],
        (Generation::Second | Generation::Third, _) => &[
            ID,
            RECEIPT,
            TIMES,
            WHO,
            RISK,
            URL_AND_APPS,
            RELATED,
            POLICIES,
            SOURCE,
        ],
    }
}

const ID: &[CefField] = &[plain("externalId", Value::Id)];
const RECEIPT: &[CefField] = &[plain("rt", Value::Time)];
const TIMES: &[CefField] = &[plain("start", Value::Start), plain("end", Value::End)];
const WHO: &[CefField] = &[
    plain("msg", Value::Message),
    plain("suser", Value::Users),
    plain("destinationServiceName", Value::Services),
];
const CLIENT: &[CefField] = &[
    plain("dvc", Value::AddressV4),
    plain("requestClientApplication", Value::UserAgent),
];
const RISK: &[CefField] = &[labelled("cn1", "riskScore", Value::RiskScore)];
const URL_AND_APPS: &[CefField] = &[
    labelled("cs1", "portalURL", Value::PortalUrl),
    labelled("cs2", "uniqueServiceAppIds", Value::Apps),
];
const OBJECTS: &[CefField] = &[labelled("cs3", "targetObjects", Value::Objects)];
const RELATED: &[CefField] = &[labelled("cs3", "relatedAudits", Value::Related)];
const POLICIES: &[CefField] = &[labelled("cs4", "policyIDs", Value::Policies)];
const CLIENT_V6: &[CefField] = &[labelled("c6a1", "Device IPv6 Address", Value::AddressV6)];
const SOURCE: &[CefField] = &[
    plain("src", Value::AddressV4),
    labelled("c6a1", "Device IPv6 Address", Value::AddressV6),
];

const fn plain(key: &'static str, value: Value) -> CefField {
    CefField {
        key,
        label: None,
        value,
    }
}

const fn labelled(key: &'static str, label: &'static str, value: Value) -> CefField {
    CefField {
        key,
        label: Some(label),
        value,
    }
}
