//! The memory that an event takes.

use std::borrow::Cow;
use std::mem::size_of;

use super::{AlertClass, App, Event, EventKind, PortalPage};

impl Event<'_> {
    /// Bytes that it takes once it borrows nothing, allocations' own overhead left aside.
    #[must_use]
    pub fn weight(&self) -> usize {
        let apps: usize = self.apps.iter().map(|app| app.title.len()).sum();
        let kind = match &self.kind {
            EventKind::Activity {
                category,
                label,
                user_agent,
                objects,
            } => category.len() + label.len() + user_agent.len() + list(objects),
            EventKind::Alert {
                class,
                title,
                policy_name,
                related,
                ..
            } => {
                let class = match class {
                    Some(AlertClass::Name(name)) => name.len(),
                    Some(AlertClass::Number(_)) | None => 0,
                };
                let policy = policy_name.as_ref().map_or(0, |name| name.len());
                class + title.len() + policy + list(related)
            }
        };
        size_of::<Self>()
            + self.id.len()
            + self.identity.as_ref().map_or(0, |identity| identity.len())
            + self.message.len()
            + list(&self.users)
            + self.apps.len() * size_of::<App<'_>>()
            + apps
            + size_of_val(&self.addresses[..])
            + self.portal_url.as_ref().map_or(0, PortalPage::weight)
            + list(&self.policies)
            + kind
    }
}

impl PortalPage<'_> {
    fn weight(&self) -> usize {
        match self {
            Self::Told(text) | Self::Defender(text) => text.len(),
            Self::DefenderActivity => 0,
        }
    }
}

fn list(texts: &[Cow<'_, str>]) -> usize {
    size_of_val(texts) + texts.iter().map(|text| text.len()).sum::<usize>()
}
