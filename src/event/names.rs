//! Names of the old agent that the settings add to the tables, for records that do not tell them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Names that come before those of the tables. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Names(Arc<NameTables>);

/// What the source says, and the old agent's name for it.
#[derive(Debug, Default)]
pub struct NameTables {
    /// An action, and its `EVENT_CATEGORY_*`.
    pub actions: BTreeMap<String, String>,
    /// The title or the detector of an alert, and its `ALERT_*`.
    pub alerts: BTreeMap<String, String>,
    /// The number or the title of an app, and its `APPID_*`.
    pub apps: BTreeMap<String, String>,
    /// The title of an app, and what lines call it.
    pub services: BTreeMap<String, String>,
}

// === impl Names ===

impl Names {
    /// These names. What the source says is compared without regard to case and outer blanks.
    #[must_use]
    pub fn new(tables: NameTables) -> Self {
        let NameTables {
            actions,
            alerts,
            apps,
            services,
        } = tables;
        Self(Arc::new(NameTables {
            actions: folded(actions),
            alerts: folded(alerts),
            apps: folded(apps),
            services: folded(services),
        }))
    }

    /// The category of an action, where one is set.
    #[must_use]
    pub fn action(&self, said: &str) -> Option<&str> {
        find(&self.0.actions, said)
    }

    /// The type of an alert by its title or its detector, where one is set.
    #[must_use]
    pub fn alert(&self, said: &str) -> Option<&str> {
        find(&self.0.alerts, said)
    }

    /// What lines call an app of this title, where that is set.
    #[must_use]
    pub fn service(&self, title: &str) -> Option<&str> {
        find(&self.0.services, title)
    }

    /// The name of an app, where one is set.
    #[must_use]
    pub fn app(&self, number: Option<u32>, title: &str) -> Option<&str> {
        let apps = &self.0.apps;
        if apps.is_empty() {
            return None;
        }
        let by_number = number.and_then(|number| find(apps, &number.to_string()));
        by_number.or_else(|| find(apps, title))
    }
}

fn folded(table: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let fold = |(said, name): (String, String)| (said.trim().to_lowercase(), name);
    table.into_iter().map(fold).collect()
}

fn find<'t>(table: &'t BTreeMap<String, String>, said: &str) -> Option<&'t str> {
    if table.is_empty() {
        return None;
    }
    table.get(&said.trim().to_lowercase()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_outer_blanks_do_not_matter_and_a_number_goes_first() {
        let table = |rows: &[(&str, &str)]| {
            let rows = rows.iter().map(|(said, name)| (*said, *name));
            rows.map(|(said, name)| (said.to_owned(), name.to_owned()))
                .collect::<BTreeMap<_, _>>()
        };
        let names = Names::new(NameTables {
            actions: table(&[("FileAccessed ", "EVENT_CATEGORY_ACCESS_FILE")]),
            alerts: table(&[("Été", "ALERT_SUMMER")]),
            apps: table(&[("26069", "APPID_DRIVE"), ("Google", "APPID_GOOGLE")]),
            services: table(&[("Microsoft 365", "Office 365")]),
        });
        assert_eq!(
            names.action(" fileaccessed"),
            Some("EVENT_CATEGORY_ACCESS_FILE")
        );
        assert_eq!(names.alert("ÉTÉ"), Some("ALERT_SUMMER"));
        assert_eq!(names.app(Some(26069), "google"), Some("APPID_DRIVE"));
        assert_eq!(names.app(Some(1), "google"), Some("APPID_GOOGLE"));
        assert_eq!(names.app(None, "x"), None);
        assert_eq!(names.service("microsoft 365 "), Some("Office 365"));
        assert_eq!(names.service("Office 365"), None);
        assert_eq!(Names::default().alert("x"), None);
    }
}
