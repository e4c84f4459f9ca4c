//! The columns of the tables (successors §3.3).

use super::List;

/// A column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// As it stands in a row's JSON.
    pub name: &'static str,
    /// What it holds.
    pub kind: Type,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// A time.
    Time,
    /// A text.
    Text,
    /// A whole number.
    Int,
    /// Yes or no.
    Flag,
    /// An object or a list.
    Dynamic,
}

impl Type {
    /// As the answer's schema calls it.
    #[must_use]
    pub fn in_schema(self) -> &'static str {
        match self {
            Self::Time => "DateTime",
            Self::Text => "String",
            Self::Int => "Int32",
            Self::Flag => "SByte",
            Self::Dynamic => "Object",
        }
    }
}

const fn time(name: &'static str) -> Column {
    let kind = Type::Time;
    Column { name, kind }
}
const fn text(name: &'static str) -> Column {
    let kind = Type::Text;
    Column { name, kind }
}
const fn int(name: &'static str) -> Column {
    let kind = Type::Int;
    Column { name, kind }
}
const fn flag(name: &'static str) -> Column {
    let kind = Type::Flag;
    Column { name, kind }
}
const fn dynamic(name: &'static str) -> Column {
    let kind = Type::Dynamic;
    Column { name, kind }
}

/// The columns of a table; none of a collection.
pub(super) fn of(list: List) -> &'static [Column] {
    match list {
        List::Alerts | List::Incidents => &[],
        List::CloudAppEvents => CLOUD_APP,
        List::IdentityLogonEvents => LOGON,
        List::IdentityQueryEvents => QUERY,
        List::IdentityDirectoryEvents => DIRECTORY,
        List::BehaviorInfo => BEHAVIOR,
        List::BehaviorEntities => ENTITIES,
    }
}

static CLOUD_APP: &[Column] = &[
    time("Timestamp"),
    text("ActionType"),
    text("Application"),
    int("ApplicationId"),
    int("AppInstanceId"),
    text("AccountObjectId"),
    text("AccountId"),
    text("AccountDisplayName"),
    flag("IsAdminOperation"),
    text("DeviceType"),
    text("OSPlatform"),
    text("IPAddress"),
    flag("IsAnonymousProxy"),
    text("CountryCode"),
    text("City"),
    text("ISP"),
    text("UserAgent"),
    text("ActivityType"),
    dynamic("ActivityObjects"),
    text("ObjectName"),
    text("ObjectType"),
    text("ObjectId"),
    text("ReportId"),
    text("AccountType"),
    flag("IsExternalUser"),
    flag("IsImpersonated"),
    dynamic("IPTags"),
    text("IPCategory"),
    dynamic("UserAgentTags"),
    dynamic("RawEventData"),
    dynamic("AdditionalFields"),
    dynamic("LastSeenForUser"),
    dynamic("UncommonForUser"),
    text("AuditSource"),
    dynamic("SessionData"),
    text("OAuthAppId"),
];

static LOGON: &[Column] = &[
    time("Timestamp"),
    text("ActionType"),
    text("Application"),
    text("LogonType"),
    text("Protocol"),
    text("FailureReason"),
    text("AccountName"),
    text("AccountDomain"),
    text("AccountUpn"),
    text("AccountSid"),
    text("AccountObjectId"),
    text("AccountDisplayName"),
    text("DeviceName"),
    text("DeviceType"),
    text("OSPlatform"),
    text("IPAddress"),
    int("Port"),
    text("DestinationDeviceName"),
    text("DestinationIPAddress"),
    int("DestinationPort"),
    text("TargetDeviceName"),
    text("TargetAccountDisplayName"),
    text("Location"),
    text("ISP"),
    text("ReportId"),
    dynamic("AdditionalFields"),
    dynamic("LastSeenForUser"),
    dynamic("UncommonForUser"),
];

static QUERY: &[Column] = &[
    time("Timestamp"),
    text("ActionType"),
    text("Application"),
    text("QueryType"),
    text("QueryTarget"),
    text("Query"),
    text("Protocol"),
    text("AccountName"),
    text("AccountDomain"),
    text("AccountUpn"),
    text("AccountSid"),
    text("AccountObjectId"),
    text("AccountDisplayName"),
    text("DeviceName"),
    text("IPAddress"),
    int("Port"),
    text("DestinationDeviceName"),
    text("DestinationIPAddress"),
    int("DestinationPort"),
    text("TargetDeviceName"),
    text("TargetAccountUpn"),
    text("TargetAccountDisplayName"),
    text("Location"),
    text("ReportId"),
    dynamic("AdditionalFields"),
    flag("IsAdminOperation"),
];

static DIRECTORY: &[Column] = &[
    time("Timestamp"),
    text("ActionType"),
    text("Application"),
    text("TargetAccountUpn"),
    text("TargetAccountDisplayName"),
    text("TargetDeviceName"),
    text("DestinationDeviceName"),
    text("DestinationIPAddress"),
    int("DestinationPort"),
    text("Protocol"),
    text("AccountName"),
    text("AccountDomain"),
    text("AccountUpn"),
    text("AccountSid"),
    text("AccountObjectId"),
    text("AccountDisplayName"),
    text("DeviceName"),
    text("IPAddress"),
    int("Port"),
    text("Location"),
    text("ISP"),
    text("ReportId"),
    dynamic("AdditionalFields"),
];

static BEHAVIOR: &[Column] = &[
    time("Timestamp"),
    text("BehaviorId"),
    text("ActionType"),
    text("Description"),
    text("Categories"),
    text("AttackTechniques"),
    text("ServiceSource"),
    text("DetectionSource"),
    text("DataSources"),
    text("DeviceId"),
    text("AccountUpn"),
    text("AccountObjectId"),
    time("StartTime"),
    time("EndTime"),
    text("AdditionalFields"),
    text("Title"),
];

static ENTITIES: &[Column] = &[
    time("Timestamp"),
    text("BehaviorId"),
    text("ActionType"),
    text("Categories"),
    text("ServiceSource"),
    text("DetectionSource"),
    text("DataSources"),
    text("EntityType"),
    text("EntityRole"),
    text("DetailedEntityRole"),
    text("FileName"),
    text("FolderPath"),
    text("SHA1"),
    text("SHA256"),
    int("FileSize"),
    text("ThreatFamily"),
    text("RemoteIP"),
    text("RemoteUrl"),
    text("AccountName"),
    text("AccountDomain"),
    text("AccountSid"),
    text("AccountObjectId"),
    text("AccountUpn"),
    text("DeviceId"),
    text("DeviceName"),
    text("LocalIP"),
    text("NetworkMessageId"),
    text("EmailSubject"),
    text("EmailClusterId"),
    text("Application"),
    int("ApplicationId"),
    text("OAuthApplicationId"),
    text("ProcessCommandLine"),
    text("RegistryKey"),
    text("RegistryValueName"),
    text("RegistryValueData"),
    text("AdditionalFields"),
];
