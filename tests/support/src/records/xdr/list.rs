//! Where records of Defender XDR are listed: two collections of Graph, six tables of hunting.

use super::columns::{self, Column};
use crate::records::deeds::{Deed, IdShape, Plot};

/// A collection of Graph or a table of hunting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum List {
    /// `/security/alerts_v2`
    Alerts,
    /// `/security/incidents`
    Incidents,
    /// What people and apps did in cloud apps.
    CloudAppEvents,
    /// Log-ons to Entra and Active Directory.
    IdentityLogonEvents,
    /// SAMR, DNS and LDAP queries.
    IdentityQueryEvents,
    /// Changes of the directory.
    IdentityDirectoryEvents,
    /// Anomalies that raise no alert any more.
    BehaviorInfo,
    /// Who and what is concerned by them: several rows each.
    BehaviorEntities,
}

impl List {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Alerts,
        Self::Incidents,
        Self::CloudAppEvents,
        Self::IdentityLogonEvents,
        Self::IdentityQueryEvents,
        Self::IdentityDirectoryEvents,
        Self::BehaviorInfo,
        Self::BehaviorEntities,
    ];

    /// The collection's last word in its address, or the table's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Alerts => "alerts_v2",
            Self::Incidents => "incidents",
            Self::CloudAppEvents => "CloudAppEvents",
            Self::IdentityLogonEvents => "IdentityLogonEvents",
            Self::IdentityQueryEvents => "IdentityQueryEvents",
            Self::IdentityDirectoryEvents => "IdentityDirectoryEvents",
            Self::BehaviorInfo => "BehaviorInfo",
            Self::BehaviorEntities => "BehaviorEntities",
        }
    }

    /// The list of this name, exactly.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.name() == name)
    }

    /// Is it a table of hunting?
    #[must_use]
    pub fn is_table(self) -> bool {
        !matches!(self, Self::Alerts | Self::Incidents)
    }

    /// The key by which a record is known.
    #[must_use]
    pub fn id_key(self) -> &'static str {
        match self {
            Self::Alerts | Self::Incidents => "id",
            Self::BehaviorInfo | Self::BehaviorEntities => "BehaviorId",
            _ => "ReportId",
        }
    }

    /// The key of a record's own time.
    #[must_use]
    pub fn time_key(self) -> &'static str {
        match self.is_table() {
            true => "Timestamp",
            false => "createdDateTime",
        }
    }

    /// The columns of a table, in the order of the documentation; of a collection none.
    #[must_use]
    pub fn columns(self) -> &'static [Column] {
        columns::of(self)
    }

    /// The role that an app needs to read it.
    #[must_use]
    pub fn role(self) -> &'static str {
        match self {
            Self::Alerts => "SecurityAlert.Read.All",
            Self::Incidents => "SecurityIncident.Read.All",
            _ => "ThreatHunting.Read.All",
        }
    }

    /// The table that what was done in Cloud Apps' records is found in now.
    pub(crate) fn of_deed(deed: &Deed) -> Self {
        match (deed.plot, deed.id) {
            (Plot::Query, _) => Self::IdentityQueryEvents,
            (Plot::Directory, _) => Self::IdentityDirectoryEvents,
            (Plot::Computer, _) => Self::IdentityLogonEvents,
            (Plot::LogOn | Plot::FailedLogOn, IdShape::Hex64) => Self::IdentityLogonEvents,
            _ => Self::CloudAppEvents,
        }
    }
}
