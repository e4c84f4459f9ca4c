//! An event that outlives the record it was read from; for a record that had to be repaired before
//! it could be read.

use std::borrow::Cow;

use super::{AlertClass, App, Event, EventKind, PortalPage};

impl Event<'_> {
    /// The same event, borrowing nothing.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        Event {
            id: owned(self.id),
            identity: self.identity.map(owned),
            origin: self.origin,
            at_ms: self.at_ms,
            span: self.span,
            message: owned(self.message),
            users: all_owned(self.users),
            apps: self.apps.into_iter().map(App::into_owned).collect(),
            addresses: self.addresses,
            portal_url: self.portal_url.map(PortalPage::into_owned),
            policies: all_owned(self.policies),
            kind: self.kind.into_owned(),
        }
    }
}

impl PortalPage<'_> {
    fn into_owned(self) -> PortalPage<'static> {
        match self {
            Self::Told(url) => PortalPage::Told(owned(url)),
            Self::DefenderActivity => PortalPage::DefenderActivity,
            Self::Defender(path) => PortalPage::Defender(owned(path)),
        }
    }
}

impl App<'_> {
    fn into_owned(self) -> App<'static> {
        App {
            number: self.number,
            title: owned(self.title),
        }
    }
}

impl EventKind<'_> {
    fn into_owned(self) -> EventKind<'static> {
        match self {
            Self::Activity {
                category,
                label,
                user_agent,
                objects,
            } => EventKind::Activity {
                category: owned(category),
                label: owned(label),
                user_agent: owned(user_agent),
                objects: all_owned(objects),
            },
            Self::Alert {
                class,
                title,
                policy_name,
                severity,
                risk_score,
                related,
            } => EventKind::Alert {
                class: class.map(AlertClass::into_owned),
                title: owned(title),
                policy_name: policy_name.map(owned),
                severity,
                risk_score,
                related: all_owned(related),
            },
        }
    }
}

impl AlertClass<'_> {
    fn into_owned(self) -> AlertClass<'static> {
        match self {
            Self::Number(number) => AlertClass::Number(number),
            Self::Name(name) => AlertClass::Name(owned(name)),
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

fn all_owned(texts: Vec<Cow<'_, str>>) -> Vec<Cow<'static, str>> {
    texts.into_iter().map(owned).collect()
}
