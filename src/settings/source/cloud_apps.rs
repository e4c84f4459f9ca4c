//! `kind = "cloud-apps"`: the REST API of Defender for Cloud Apps.

use super::{ONLY_WITH_DEFENDER_XDR, defender_xdr};
use crate::settings::address::{API_FORM, ApiUrl};
use crate::settings::overrides::{Needs, Overrides};
use crate::settings::section::Section;
use crate::settings::{Credentials, Finding, credentials};

/// What only `kind = "cloud-apps"` has.
#[derive(Debug, Clone, PartialEq)]
pub struct CloudAppsSettings {
    /// `api_url`: https only, no path but `/` or `/cas`; trailing slash taken off. Shown in the
    /// portal under About > API URL. Plain http is refused except to a loopback address.
    pub api_url: String,
    /// token_file, tenant_id + client_id + client_secret_file, or neither (SIEMBOX_TOKEN, --token).
    pub credentials: Credentials,
}

pub(super) fn read(section: &Section, given: &Overrides) -> Option<CloudAppsSettings> {
    for key in defender_xdr::OWN_KEYS {
        section.refuse_elsewhere(key, ONLY_WITH_DEFENDER_XDR);
    }
    let api_url = api_url(section, given);
    let credentials = credentials::read(section, given, api_url.as_ref());
    Some(CloudAppsSettings {
        api_url: api_url?.into_string(),
        credentials: credentials?,
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
