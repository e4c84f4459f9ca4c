//! The link to a record in the cloud's portal, `cs1` of every line.
//!
//! Alerts bring their address along. An activity's has to be built from the tenant's name, and its
//! form changed over the years: with a region until December 2019, without it since, and at
//! security.microsoft.com in 2025.

use super::version::{Generation, Version};

/// The portal's addresses, up to the id of the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Portal {
    pub(super) activity: String,
    pub(super) alert: String,
    /// Of an activity that a successor's record tells, whichever the version.
    pub(super) successor: String,
    /// The portal that took over, without a path.
    pub(super) defender: String,
}

impl Portal {
    /// The portal of a tenant, in the form of the given version. `api_url` is the setting of that
    /// name; `base` stands in for what would be made of it: `https://cloud-app-security.com`.
    /// `defender` is the portal that took over, where it is not the one of the API's cloud.
    pub fn new(
        api_url: &str,
        base: Option<&str>,
        defender: Option<&str>,
        version: &Version,
    ) -> Self {
        let base = base.map(|base| base.trim_end_matches('/').to_owned());
        let tenant = base.clone().unwrap_or_else(|| tenant_portal(api_url));
        let defender = base
            .or(defender.map(str::to_owned))
            .unwrap_or_else(|| defender_portal(api_url));
        let successor = format!("{defender}/cloudapps/activity-log?activity.id=eq(");
        Self {
            activity: match version.generation() {
                Generation::First | Generation::Second => {
                    format!("{tenant}/#/audits?activity.id=eq(")
                }
                Generation::Third => successor.clone(),
            },
            alert: format!("{tenant}/#/alerts/"),
            successor,
            defender,
        }
    }
}

/// `https://contoso.us3.portal.cloudappsecurity.com/cas` →
/// `https://contoso.portal.cloudappsecurity.com`
fn tenant_portal(api_url: &str) -> String {
    let host = host(api_url);
    let mut labels: Vec<&str> = host.split('.').collect();
    if labels.get(2) == Some(&"portal") {
        labels.remove(1);
    }
    format!("https://{}", labels.join("."))
}

/// The portal that took over, in the cloud of the tenant.
fn defender_portal(api_url: &str) -> String {
    let host = host(api_url);
    let domain = if host.ends_with(".us") { "us" } else { "com" };
    format!("https://security.microsoft.{domain}")
}

/// Host, and port where one is given.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn each_version_its_portal() {
        let us3 = "https://contoso.us3.portal.cloudappsecurity.com";
        for (api_url, base, version, activity, alert) in [
            (
                us3,
                None,
                "0.207.251",
                "https://contoso.portal.cloudappsecurity.com/#/audits?activity.id=eq(",
                "https://contoso.portal.cloudappsecurity.com/#/alerts/",
            ),
            (
                us3,
                None,
                "0.298.168",
                "https://security.microsoft.com/cloudapps/activity-log?activity.id=eq(",
                "https://contoso.portal.cloudappsecurity.com/#/alerts/",
            ),
            (
                "https://contoso.us1.portal.cloudappsecurity.us/cas/",
                None,
                "0.207.251",
                "https://contoso.portal.cloudappsecurity.us/#/audits?activity.id=eq(",
                "https://contoso.portal.cloudappsecurity.us/#/alerts/",
            ),
            (
                "https://contoso.us1.portal.cloudappsecurity.us",
                None,
                "0.298.168",
                "https://security.microsoft.us/cloudapps/activity-log?activity.id=eq(",
                "https://contoso.portal.cloudappsecurity.us/#/alerts/",
            ),
            (
                us3,
                Some("https://cloud-app-security.com/"),
                "0.101.113",
                "https://cloud-app-security.com/#/audits?activity.id=eq(",
                "https://cloud-app-security.com/#/alerts/",
            ),
            (
                us3,
                Some("https://p.example"),
                "0.298",
                "https://p.example/cloudapps/activity-log?activity.id=eq(",
                "https://p.example/#/alerts/",
            ),
            (
                "http://127.0.0.1:8443/",
                None,
                "0.207.251",
                "https://127.0.0.1:8443/#/audits?activity.id=eq(",
                "https://127.0.0.1:8443/#/alerts/",
            ),
            (
                "",
                None,
                "0.207.251",
                "https:///#/audits?activity.id=eq(",
                "https:///#/alerts/",
            ),
        ] {
            let portal = Portal::new(api_url, base, None, &Version::parse(version).unwrap());
            assert_eq!(
                (&*portal.activity, &*portal.alert),
                (activity, alert),
                "{api_url} {version}"
            );
        }
    }

    #[test]
    fn a_successors_activity_is_in_the_defender_portal_whichever_the_version() {
        for (api_url, base, defender, page) in [
            (
                "https://c.us3.portal.cloudappsecurity.com",
                None,
                None,
                "https://security.microsoft.com",
            ),
            (
                "",
                None,
                Some("https://security.microsoft.us"),
                "https://security.microsoft.us",
            ),
            (
                "",
                Some("https://p.example/"),
                Some("https://d.example"),
                "https://p.example",
            ),
        ] {
            for version in ["0.101.113", "0.207.251", "0.298.168"] {
                let version = Version::parse(version).unwrap();
                let portal = Portal::new(api_url, base, defender, &version);
                let must = format!("{page}/cloudapps/activity-log?activity.id=eq(");
                assert_eq!(
                    (portal.successor, &*portal.defender),
                    (must, page),
                    "{api_url}"
                );
            }
        }
    }
}
