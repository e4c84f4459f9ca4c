//! Writes an [`Event`](crate::event::Event) as one CEF line, byte for byte as the old agent did,
//! because the rules in every SIEM match on that.
//!
//! A [`Style`] is worked out once from the settings and then writes any number of lines without
//! allocating. What the old agent's versions had in common and where they differed is data:
//! `fields.rs` lists the keys of each generation in their order, `version.rs` says which version
//! belongs to which, `escape.rs` how each keeps a value from being mistaken for the end of it.
//!
//! | | `original` | `portable` |
//! |---|---|---|
//! | empty value | `dvc=` | left out, with its label |
//! | label with blanks | quoted up to 0.297 | not quoted |
//! | `=` in a value | `\=`; since 0.298 bare in the address of an activity | `%3D` |
//! | `\` in a value | `\\` | `%5C` |
//! | line break in a value | `\n`, `\r` | a blank |
//! | `\|` and `\` in the header | `\\|`, `\\` | `%7C`, `%5C`; `=` is `%3D` too |
//! | behind the header's last bar | the first key | a blank, then the first key |
//!
//! A portable line holds no backslash at all and no `=` but those of its pairs, so that there is
//! nothing a parser has to undo, and nothing it can get wrong: of the parsers tried, each has its
//! own idea of `\=`.

mod escape;
mod fields;
mod heartbeat;
mod id;
mod line;
mod portal;
mod test_line;
mod version;

pub use heartbeat::Heartbeat;
pub use id::external_id;
pub use version::{Version, VersionError};

use escape::Escapes;
use fields::{CefField, Value};
use portal::Portal;

use crate::event::Names;

/// What a line's looks depend on.
#[derive(Debug, Clone)]
pub struct Looks<'a> {
    /// Which of the two dialects.
    pub profile: Profile,
    /// The old agent's version that the line names and takes after.
    pub agent_version: &'a Version,
    /// CEF severity (0 to 10) of low, medium, high and informational alerts; larger numbers count
    /// as
    /// 10. An unknown severity is written as a low one.
    pub severity: [u8; 4],
    /// What stands in the name field of an alert.
    pub alert_name: AlertName,
    /// The API's address: the tenant's name in it makes the portal's.
    pub api_url: &'a str,
    /// The portal's address, where it is not the one made of `api_url`:
    /// `https://cloud-app-security.com`.
    pub portal: Option<&'a str>,
    /// The Defender portal's address, where it is not the one of the cloud in `api_url`:
    /// `https://security.microsoft.us`.
    pub defender_portal: Option<&'a str>,
    /// Names that the settings add to the tables.
    pub names: &'a Names,
}

/// `profile`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// Byte for byte the old agent.
    #[default]
    Original,
    /// What every parser reads the same way.
    Portable,
}

/// What stands in the name field of an alert. In alerts of custom policies both are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AlertName {
    /// The alert's title.
    #[default]
    Title,
    /// The name of the policy that matched; the title where none did.
    Policy,
}

/// Writes events as CEF lines. Made once, used for every line.
#[derive(Debug, Clone)]
pub struct Style {
    /// `CEF:0|MCAS|SIEM_Agent|<version>|`
    start: String,
    header: Escapes,
    extension: Escapes,
    /// Are pairs without a value left out, and a blank put before the first?
    portable: bool,
    activity: Vec<Pair>,
    alert: Vec<Pair>,
    severity: [u8; 4],
    alert_name: AlertName,
    /// Address of an activity in the portal up to its id, as it stands in the line.
    activity_url: String,
    /// Address of an alert up to its id.
    alert_url: String,
    /// Address up to its id of an activity that a successor's record tells.
    successor_url: String,
    /// The Defender portal's address, up to the path of a page.
    defender_url: String,
    /// Of apps, before those of the table.
    names: Names,
}

/// A key with everything that stands before its value, and where the value comes from.
#[derive(Debug, Clone)]
struct Pair {
    /// `cs1Label=portalURL cs1=`
    lead: String,
    value: Value,
}

// === impl Style ===

impl Style {
    /// Works out everything that does not depend on the event.
    #[must_use]
    pub fn new(looks: &Looks<'_>) -> Self {
        let portable = looks.profile == Profile::Portable;
        let version = looks.agent_version;
        let quoted = !portable && version.quotes_labels();
        let pairs = |fields: &[&'static [CefField]]| -> Vec<Pair> {
            (fields.iter().copied().flatten())
                .map(|field| Pair::new(field, quoted))
                .collect()
        };
        let portal = Portal::new(looks.api_url, looks.portal, looks.defender_portal, version);
        let extension = if portable {
            escape::PORTABLE
        } else {
            escape::EXTENSION
        };
        let bare = !portable && !version.escapes_portal();
        let escaped = |url: &str| {
            let mut out = String::new();
            extension.write(url, &mut out);
            out
        };
        let activity = |url: String| if bare { url } else { escaped(&url) };
        Self {
            start: format!("CEF:0|MCAS|SIEM_Agent|{version}|"),
            header: if portable {
                escape::PORTABLE_HEADER
            } else {
                escape::HEADER
            },
            extension,
            portable,
            activity: pairs(fields::activity(version)),
            alert: pairs(fields::alert(version)),
            severity: looks.severity,
            alert_name: looks.alert_name,
            activity_url: activity(portal.activity),
            alert_url: escaped(&portal.alert),
            successor_url: activity(portal.successor),
            defender_url: escaped(&portal.defender),
            names: looks.names.clone(),
        }
    }
}

// === impl Pair ===

impl Pair {
    fn new(field: &CefField, quoted: bool) -> Self {
        let CefField { key, label, value } = field;
        let lead = match label {
            None => format!("{key}="),
            Some(label) if quoted && label.contains(' ') => {
                format!("{key}Label=\"{label}\" {key}=")
            }
            Some(label) => format!("{key}Label={label} {key}="),
        };
        Self {
            lead,
            value: *value,
        }
    }
}

#[cfg(test)]
mod tests;
