//! `cloud`: which of Microsoft's clouds a tenant lives in, and the hosts of its services there.

/// One of Microsoft's clouds (reference: deployments.md).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MicrosoftCloud {
    /// Most tenants.
    #[default]
    Commercial,
    /// Government Community Cloud: the commercial hosts.
    Gcc,
    /// GCC High.
    GccHigh,
    /// Department of Defense.
    Dod,
    /// Operated by 21Vianet.
    China,
}

/// The words of the setting.
pub(super) const WORDS: &[(&str, MicrosoftCloud)] = &[
    ("commercial", MicrosoftCloud::Commercial),
    ("gcc", MicrosoftCloud::Gcc),
    ("gcc-high", MicrosoftCloud::GccHigh),
    ("dod", MicrosoftCloud::Dod),
    ("china", MicrosoftCloud::China),
];

// === impl MicrosoftCloud ===

impl MicrosoftCloud {
    /// The cloud of this word; the commercial one where it is none.
    pub(in crate::settings) fn named(word: &str) -> Self {
        let named = WORDS.iter().find(|(known, _)| *known == word);
        named.map_or(Self::default(), |(_, cloud)| *cloud)
    }

    /// Where an app logs on.
    #[must_use]
    pub fn login_url(self) -> &'static str {
        match self {
            Self::Commercial | Self::Gcc => "https://login.microsoftonline.com",
            Self::GccHigh | Self::Dod => "https://login.microsoftonline.us",
            Self::China => "https://login.chinacloudapi.cn",
        }
    }

    /// Where Microsoft Graph answers.
    #[must_use]
    pub fn graph_url(self) -> &'static str {
        match self {
            Self::Commercial | Self::Gcc => "https://graph.microsoft.com",
            Self::GccHigh => "https://graph.microsoft.us",
            Self::Dod => "https://dod-graph.microsoft.us",
            Self::China => "https://microsoftgraph.chinacloudapi.cn",
        }
    }

    /// The Defender portal, where its records have their pages.
    #[must_use]
    pub fn defender_portal(self) -> &'static str {
        match self {
            Self::Commercial | Self::Gcc | Self::China => "https://security.microsoft.com",
            Self::GccHigh => "https://security.microsoft.us",
            Self::Dod => "https://security.apps.mil",
        }
    }

    /// Is advanced hunting, and are alerts, documented for it?
    #[must_use]
    pub fn has_security_api(self) -> bool {
        self != Self::China
    }
}
