//! What a reader must get out of a line, worked out from the event and from what the documentation
//! promises, without a look at how `siembox::for_tests::cef` does it.

use siembox::for_tests::cef::Profile;
use siembox::for_tests::event::{
    AlertClass, Event, EventKind, PortalPage, Severity, alert_name, app_name,
};

/// A line's fields as they must come back.
pub struct Expected {
    /// Class, name and severity.
    pub header: [String; 3],
    /// Keys and values; in the portable profile none is empty.
    pub fields: Vec<(String, String)>,
    /// Keys that have a label, and the label as it must come back.
    pub labels: Vec<(String, String)>,
}

/// What must come back of an event in the second and third generation's style.
pub fn expected(event: &Event<'_>, profile: Profile, quoted: bool, activity_url: &str) -> Expected {
    let value = |text: &str| carried(text, profile);
    let list = |texts: &[std::borrow::Cow<'_, str>]| {
        let texts: Vec<&str> = texts
            .iter()
            .map(|text| &**text)
            .filter(|text| !text.is_empty())
            .collect();
        value(&texts.join(","))
    };
    let time = event.at_ms.to_string();
    let titles: Vec<_> = event.apps.iter().map(|app| app.title.clone()).collect();
    let apps: Vec<String> = (event.apps.iter())
        .filter_map(|app| match (app_name(app.number, &app.title), app.number) {
            (Some(name), _) => Some(name.to_owned()),
            (None, number) => number.map(|number| format!("APPID_{number}")),
        })
        .collect();
    let address = |v4: bool| {
        let found = event
            .addresses
            .iter()
            .find(|address| address.is_ipv4() == v4);
        found.map(ToString::to_string).unwrap_or_default()
    };
    let mut made = Made {
        profile,
        quoted,
        fields: Vec::new(),
        labels: Vec::new(),
    };
    made.plain("externalId", value(&event.id));
    for key in ["rt", "start", "end"] {
        made.plain(key, time.clone());
    }
    made.plain("msg", value(&event.message));
    made.plain("suser", list(&event.users));
    made.plain("destinationServiceName", list(&titles));
    let url = match &event.portal_url {
        Some(PortalPage::Told(url)) => Some(&**url),
        Some(other) => panic!("{other:?} is not among the cases"),
        None => None,
    };
    let header = match &event.kind {
        EventKind::Activity {
            category,
            label,
            user_agent,
            objects,
        } => {
            made.plain("dvc", address(true));
            made.plain("requestClientApplication", value(user_agent));
            made.labelled(
                "cs1",
                "portalURL",
                value(&format!("{activity_url}{},)", event.id)),
            );
            made.labelled("cs3", "targetObjects", value(&objects.join(",")));
            [category.to_string(), label.to_string(), "0".to_owned()]
        }
        EventKind::Alert {
            class,
            title,
            severity,
            risk_score,
            related,
            ..
        } => {
            made.labelled(
                "cn1",
                "riskScore",
                risk_score
                    .map(|score| score.to_string())
                    .unwrap_or_default(),
            );
            let made_of_id = format!(
                "https://contoso.portal.cloudappsecurity.com/#/alerts/{}",
                event.id
            );
            made.labelled("cs1", "portalURL", value(url.unwrap_or(&made_of_id)));
            made.labelled("cs3", "relatedAudits", list(related));
            made.plain("src", address(true));
            let class = match class {
                Some(AlertClass::Number(number)) => {
                    alert_name(*number).map_or_else(|| format!("ALERT_{number}"), str::to_owned)
                }
                Some(AlertClass::Name(name)) => name.to_string(),
                None => "ALERT_UNKNOWN".to_owned(),
            };
            let severity = match severity {
                Severity::Unknown | Severity::Low => "3",
                Severity::Medium => "6",
                Severity::High => "9",
                Severity::Informational => "0",
            };
            [class, title.to_string(), severity.to_owned()]
        }
    };
    made.labelled("cs2", "uniqueServiceAppIds", apps.join(","));
    made.labelled("cs4", "policyIDs", list(&event.policies));
    made.labelled("c6a1", "Device IPv6 Address", address(false));
    let [mut class, name, severity] = header.map(|field| header_field(&field, profile));
    if class.is_empty() {
        let unnamed = match event.kind {
            EventKind::Activity { .. } => "EVENT_CATEGORY_UNSPECIFIED",
            EventKind::Alert { .. } => "ALERT_UNKNOWN",
        };
        class = unnamed.to_owned();
    }
    let name = if name.is_empty() { class.clone() } else { name };
    Expected {
        header: [class, name, severity],
        fields: made.fields,
        labels: made.labels,
    }
}

struct Made {
    profile: Profile,
    quoted: bool,
    fields: Vec<(String, String)>,
    labels: Vec<(String, String)>,
}

impl Made {
    fn plain(&mut self, key: &str, value: String) {
        if !(value.is_empty() && self.profile == Profile::Portable) {
            self.fields.push((key.to_owned(), value));
        }
    }

    fn labelled(&mut self, key: &str, label: &str, value: String) {
        if value.is_empty() && self.profile == Profile::Portable {
            return;
        }
        let label = if self.quoted && label.contains(' ') {
            format!("\"{label}\"")
        } else {
            label.to_owned()
        };
        self.fields.push((format!("{key}Label"), label.clone()));
        self.fields.push((key.to_owned(), value));
        self.labels.push((key.to_owned(), label));
    }
}

/// What comes back of a value: itself, except for what the profile's documentation names.
pub fn carried(text: &str, profile: Profile) -> String {
    let text = match profile {
        Profile::Original => text.replace(['\u{85}', '\u{2028}', '\u{2029}'], "\n"),
        Profile::Portable => {
            let text = text
                .replace("\r\n", " ")
                .replace('\\', "%5C")
                .replace('=', "%3D");
            text.replace(['\r', '\n', '\u{2028}', '\u{2029}'], " ")
        }
    };
    let blank = |c: char| c.is_control() && c != '\n' && c != '\r';
    text.replace(blank, " ").trim_matches(' ').to_owned()
}

fn header_field(text: &str, profile: Profile) -> String {
    let text = text
        .replace("\r\n", " ")
        .replace(['\u{2028}', '\u{2029}'], " ")
        .replace(char::is_control, " ");
    let text = match profile {
        Profile::Original => text,
        Profile::Portable => text
            .replace('\\', "%5C")
            .replace('=', "%3D")
            .replace('|', "%7C"),
    };
    text.trim_matches(' ').to_owned()
}
