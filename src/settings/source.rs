//! `[agent.source]`: the cloud side.

use std::path::PathBuf;
use std::time::Duration;

use super::address::{API_FORM, ApiUrl};
use super::overrides::{Needs, Overrides};
use super::section::Section;
use super::{Credentials, Finding, ProxySettings, credentials, proxy};
use crate::stream::{CLOUD_APPS, StreamSpec};

/// `[agent.source]`: the cloud side, by its `kind`.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceSettings {
    /// `kind = "cloud-apps"`, also where none is said: Defender for Cloud Apps.
    CloudApps(CloudAppsSettings),
}

/// The settings of `kind = "cloud-apps"`.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudAppsSettings {
    /// `api_url`: https only, no path but `/` or `/cas`; trailing slash taken off. Shown in the
    /// portal under About > API URL. Plain http is refused except to a loopback address.
    pub api_url: String,
    /// token_file, tenant_id + client_id + client_secret_file, or neither (SIEMBOX_TOKEN, --token).
    pub credentials: Credentials,
    /// `proxy` = "http://user@proxy:8080" or "proxy:8080" (old agent's form; port 8080 where none
    /// is given, as its installer did)
    pub proxy: Option<ProxySettings>,
    /// `ca_file`: PEM, added to the public roots.
    pub ca_file: Option<PathBuf>,
    /// `requests_per_minute`, shared by all agents of the same api_url host. 30 (the tenant's
    /// limit); 1 to 6000
    pub requests_per_minute: u32,
    /// `poll_interval` when nothing is new. "30s"; 1s to 1h
    pub poll_interval: Duration,
    /// `first_look_back`: what the first start fetches. "2d" as the old agent; 0s to 180d
    pub first_look_back: Duration,
    /// `max_catch_up` after a stop. "30d"; 1h to 180d
    pub max_catch_up: Duration,
    /// `timeout` of one request. "60s"; 1s to 10m
    pub timeout: Duration,
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(86_400);
const SECOND: Duration = Duration::from_secs(1);

/// What the API keeps (reference: cas-compliance-trust.md): more can't be asked for.
const KEPT: Duration = Duration::from_secs(180 * 86_400);

/// The words of `kind`, and the streams that each has.
const KINDS: &[(&str, &[StreamSpec])] = &[
    ("cloud-apps", CLOUD_APPS),
    #[cfg(test)]
    ("cloud-apps-and-devices", crate::stream::THREE),
];

/// The source, where it can be used, and the streams that it has in any case.
pub(super) fn read(
    section: Section,
    given: &Overrides,
) -> (Option<SourceSettings>, &'static [StreamSpec]) {
    let streams = section.word("kind", KINDS).unwrap_or(CLOUD_APPS);
    let settings = read_cloud_apps(section, given);
    (settings.map(SourceSettings::CloudApps), streams)
}

fn read_cloud_apps(section: Section, given: &Overrides) -> Option<CloudAppsSettings> {
    let api_url = api_url(&section, given);
    let credentials = credentials::read(&section, given, api_url.as_ref());
    let proxy = proxy::read(&section, given.proxy.as_ref());
    let ca_file = section.certificate_file("ca_file");
    let requests_per_minute = section
        .number("requests_per_minute", 1..=6000)
        .unwrap_or(30);
    let poll_interval = section
        .duration("poll_interval", SECOND..=HOUR)
        .unwrap_or(SECOND * 30);
    let first_look_back = section
        .duration("first_look_back", Duration::ZERO..=KEPT)
        .unwrap_or(DAY * 2);
    let max_catch_up = section
        .duration("max_catch_up", HOUR..=KEPT)
        .unwrap_or(DAY * 30);
    let timeout = section
        .duration("timeout", SECOND..=MINUTE * 10)
        .unwrap_or(MINUTE);
    section.close();
    Some(CloudAppsSettings {
        api_url: api_url?.into_string(),
        credentials: credentials?,
        proxy,
        ca_file,
        requests_per_minute,
        poll_interval,
        first_look_back,
        max_catch_up,
        timeout,
    })
}

/// `--api-url`, else `api_url`; with a doubt about whichever counts.
fn api_url(section: &Section, given: &Overrides) -> Option<ApiUrl> {
    let written = section.text("api_url", ApiUrl::parse);
    if let Some(url) = &given.api_url {
        if let Some(doubt) = url.doubt() {
            let (file, place, key) = (None, None, "--api-url".to_owned());
            section.report().warning(Finding {
                file,
                place,
                key,
                text: doubt,
            });
        }
        return Some(url.clone());
    }
    if let Some(doubt) = written.as_ref().and_then(ApiUrl::doubt) {
        section.warn("api_url", &doubt);
    }
    match given.needs {
        _ if section.has("api_url") => written,
        Needs::Lines => ApiUrl::parse("https://portal.cloudappsecurity.com").ok(),
        Needs::Stream | Needs::Cloud => {
            section.refuse("api_url", &format!("missing; allowed: {API_FORM}"));
            None
        }
    }
}
