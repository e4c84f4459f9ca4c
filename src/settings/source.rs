//! `[agent.source]`: the cloud side.

mod cloud_apps;
mod defender_xdr;
mod event_hubs;
mod microsoft_cloud;

pub use cloud_apps::CloudAppsSettings;
pub use defender_xdr::DefenderXdrSettings;
pub(super) use defender_xdr::only_with_cloud_apps;
pub(super) use event_hubs::DEFAULT_PORT as DEFAULT_HUB_PORT;
pub use event_hubs::{EventHubSettings, HubSecurity};
pub(super) use microsoft_cloud::MicrosoftCloud;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::finding::Refusal;
use super::overrides::Overrides;
use super::section::Section;
use super::{Credentials, EntraCredential, ProxySettings, Secret, SecretSource, proxy};
use crate::stream::{CLOUD_APPS, StreamSpec};

/// The most that `requests_per_minute` may be.
pub const MOST_REQUESTS_PER_MINUTE: u32 = 6000;

/// `[agent.source]`: the cloud side.
#[derive(Debug, Clone, PartialEq)]
pub struct SourceSettings {
    /// `client_secret_expires`: when the client secret ends, milliseconds since 1970, as whoever
    /// made it says. Nothing else tells it.
    pub secret_ends_ms: Option<i64>,
    /// The API, by `kind`, and how it lets us in.
    pub api: ApiSettings,
    /// `proxy` = "http://user@proxy:8080" or "proxy:8080" (old agent's form; port 8080 where none
    /// is given, as its installer did)
    pub proxy: Option<ProxySettings>,
    /// `ca_file`: PEM, added to the public roots.
    pub ca_file: Option<PathBuf>,
    /// `requests_per_minute`, shared by all agents of the same tenant. 30 (the limit of Cloud Apps)
    /// or 100 (of Graph's 150); 1 to 6000
    pub requests_per_minute: u32,
    /// `poll_interval` when nothing is new. "30s", of Defender XDR "1m"; 1s to 1h
    pub poll_interval: Duration,
    /// `first_look_back`: what the first start fetches. "2d" as the old agent; 0s to 180d
    pub first_look_back: Duration,
    /// `max_catch_up` after a stop. "30d"; 1h to 180d
    pub max_catch_up: Duration,
    /// `timeout` of one request. "60s", of Defender XDR "4m" as a query may run 3 minutes; 1s to
    /// 10m
    pub timeout: Duration,
}

/// The API that records come from.
#[derive(Debug, Clone, PartialEq)]
pub enum ApiSettings {
    /// `kind = "cloud-apps"`, also where none is said: Defender for Cloud Apps.
    CloudApps(CloudAppsSettings),
    /// `kind = "defender-xdr"`: Microsoft Graph and advanced hunting.
    DefenderXdr(DefenderXdrSettings),
}

/// `kind`, as the settings, commands and pages write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceWord {
    /// Defender for Cloud Apps.
    CloudApps,
    /// Defender XDR.
    DefenderXdr,
}

/// The words of `kind`, and the streams that each has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SourceKind {
    /// `cloud-apps`
    CloudApps(&'static [StreamSpec]),
    /// `defender-xdr`
    DefenderXdr,
}

const KINDS: &[(&str, SourceKind)] = &[
    (
        SourceWord::CloudApps.as_str(),
        SourceKind::CloudApps(CLOUD_APPS),
    ),
    (SourceWord::DefenderXdr.as_str(), SourceKind::DefenderXdr),
    #[cfg(test)]
    (
        "cloud-apps-and-devices",
        SourceKind::CloudApps(crate::stream::THREE),
    ),
];

/// What is said of a key that only the other kind has.
pub(super) const ONLY_WITH_DEFENDER_XDR: &str = "is known only with kind = \"defender-xdr\"";

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

/// What the API keeps (reference: cas-compliance-trust.md): more can't be asked for.
const KEPT: Duration = Duration::from_secs(180 * 86_400);

/// What differs between the kinds where nothing is set.
struct Defaults {
    requests_per_minute: u32,
    poll_interval: Duration,
    timeout: Duration,
}

/// The kind of a source.
pub(super) fn kind(section: &Section) -> SourceKind {
    let kind = section.word("kind", KINDS);
    kind.unwrap_or(SourceKind::CloudApps(CLOUD_APPS))
}

/// The source, where it can be used.
pub(super) fn read(
    section: Section,
    kind: SourceKind,
    given: &Overrides,
) -> Option<SourceSettings> {
    match kind {
        SourceKind::CloudApps(_) => {
            let api = cloud_apps::read(&section, given).map(ApiSettings::CloudApps);
            let defaults = Defaults {
                requests_per_minute: 30,
                poll_interval: SECOND * 30,
                timeout: MINUTE,
            };
            read_common(section, given, api, &defaults)
        }
        SourceKind::DefenderXdr => {
            let api = defender_xdr::read(&section, given).map(ApiSettings::DefenderXdr);
            let defaults = Defaults {
                requests_per_minute: 100,
                poll_interval: MINUTE,
                timeout: MINUTE * 4,
            };
            read_common(section, given, api, &defaults)
        }
    }
}

fn read_common(
    section: Section,
    given: &Overrides,
    api: Option<ApiSettings>,
    defaults: &Defaults,
) -> Option<SourceSettings> {
    let proxy = proxy::read(&section, given.proxy.as_ref());
    let ca_file = section.certificate_file("ca_file");
    let requests_per_minute = section
        .number("requests_per_minute", 1..=MOST_REQUESTS_PER_MINUTE.into())
        .unwrap_or(defaults.requests_per_minute);
    let poll_interval = section
        .duration("poll_interval", SECOND..=HOUR)
        .unwrap_or(defaults.poll_interval);
    let first_look_back = section
        .duration("first_look_back", Duration::ZERO..=KEPT)
        .unwrap_or(DAY * 2);
    let max_catch_up = section
        .duration("max_catch_up", HOUR..=KEPT)
        .unwrap_or(DAY * 30);
    let timeout = section
        .duration("timeout", SECOND..=MINUTE * 10)
        .unwrap_or(defaults.timeout);
    let secret_ends_ms = secret_end(&section);
    section.close();
    Some(SourceSettings {
        api: api?,
        secret_ends_ms,
        proxy,
        ca_file,
        requests_per_minute,
        poll_interval,
        first_look_back,
        max_catch_up,
        timeout,
    })
}

/// `client_secret_expires`: a day, that begins it in UTC.
fn secret_end(section: &Section) -> Option<i64> {
    const KEY: &str = "client_secret_expires";
    let end_ms = section.text(KEY, |text| {
        let day = text.parse::<jiff::civil::Date>();
        let begin = day.and_then(|day| day.to_zoned(jiff::tz::TimeZone::UTC));
        let begin = begin.map(|begin| begin.timestamp().as_millisecond());
        begin.map_err(|_| Refusal::found(text, "a day, for example \"2027-03-01\""))
    });
    if end_ms.is_some() && !section.has("client_secret_file") {
        section.refuse(
            KEY,
            "is set without client_secret_file; allowed: only with client_secret_file",
        );
    }
    end_ms
}

// === impl SourceSettings ===

impl SourceSettings {
    /// The address that records come from.
    #[must_use]
    pub fn url(&self) -> &str {
        match &self.api {
            ApiSettings::CloudApps(api) => &api.api_url,
            ApiSettings::DefenderXdr(api) => &api.graph_url,
        }
    }

    /// Its kind.
    #[must_use]
    pub fn word(&self) -> SourceWord {
        match &self.api {
            ApiSettings::CloudApps(_) => SourceWord::CloudApps,
            ApiSettings::DefenderXdr(_) => SourceWord::DefenderXdr,
        }
    }

    /// Whom the API's request limit belongs to: agents of the same tenant share it.
    #[must_use]
    pub fn tenant(&self) -> String {
        match &self.api {
            ApiSettings::CloudApps(api) => api.api_url.clone(),
            ApiSettings::DefenderXdr(api) => format!("{} {}", api.graph_url, api.tenant_id),
        }
    }

    /// The event hubs that rows of tables may come from.
    #[must_use]
    pub fn event_hubs(&self) -> Option<&EventHubSettings> {
        match &self.api {
            ApiSettings::CloudApps(_) => None,
            ApiSettings::DefenderXdr(api) => api.event_hubs.as_ref(),
        }
    }

    /// Reads the secrets that let us in, so that no [`ForeignText`](crate::foreign::ForeignText)
    /// holds them from now on. One that can't be read is sent nowhere.
    pub fn know_secret(&self) {
        let _ = match &self.api {
            ApiSettings::CloudApps(api) => match &api.credentials {
                Credentials::Token(secret) => secret.read(),
                Credentials::Entra { client_secret, .. } => client_secret.read(),
            },
            ApiSettings::DefenderXdr(api) => match &api.credential {
                EntraCredential::ClientSecret(secret) => secret.read(),
                EntraCredential::Assertion(assertion) => assertion.read_assertion(),
                // the key is sent nowhere
                EntraCredential::Certificate { .. } => Ok(Secret::new("")),
            },
        };
        let hubs = self.event_hubs();
        if let Some(secret) = hubs.and_then(|hubs| hubs.connection_string.as_ref()) {
            let _ = secret.read_connection_string();
        }
    }

    /// The certificate and the key by which an Entra app logs on, where it has them.
    #[must_use]
    pub fn certificate_files(&self) -> Option<[&Path; 2]> {
        match &self.api {
            ApiSettings::CloudApps(_) => None,
            ApiSettings::DefenderXdr(api) => api.credential.certificate_files(),
        }
    }

    /// The token of the API, where that is what lets us in.
    #[must_use]
    pub fn token(&self) -> Option<&SecretSource> {
        match &self.api {
            ApiSettings::CloudApps(CloudAppsSettings {
                credentials: Credentials::Token(token),
                ..
            }) => Some(token),
            ApiSettings::CloudApps(_) | ApiSettings::DefenderXdr(_) => None,
        }
    }
}

// === impl SourceWord ===

impl SourceWord {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::CloudApps, Self::DefenderXdr];

    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CloudApps => "cloud-apps",
            Self::DefenderXdr => "defender-xdr",
        }
    }
}

impl fmt::Display for SourceWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
