//! `/setup`, the list of all that can be set up, and `/setup/audit`, the list of what was.

use maud::html;

use super::{AdminRequest, Auth};
use crate::web::admin_session::AdminSession;
use crate::web::layout::{layout, trouble};
use crate::web::page::Page;
use crate::web::status::words;

/// Entries that are shown.
const SHOWN: usize = 200;

impl Auth {
    pub(super) fn landing(&self, ask: &AdminRequest, owner: &AdminSession) -> Page {
        let pages = self.pages.iter();
        let listed: Vec<(&str, &str)> = pages
            .filter_map(|page| Some((page.path(), page.title()?)))
            .chain([
                ("/setup/password", "Password"),
                ("/setup/audit", "Audit log"),
            ])
            .collect();
        let content = html! {
            p { "You are signed in as administrator." }
            ul.rooms { @for (path, title) in listed { li { a href=(path) { (title) } } } }
        };
        Page::html(200, &layout("Set up", ask.machine, Some(owner), &content))
    }

    pub(super) fn audit_list(&self, ask: &AdminRequest, owner: &AdminSession) -> Page {
        self.note_burst(true, ask.now);
        let (entries, error) = match self.audit.entries() {
            Ok(entries) => (entries, None),
            Err(error) => (
                Vec::new(),
                Some(format!("The audit log cannot be read: {error}")),
            ),
        };
        let content = html! {
            p { "Actions on these pages, newest first. The file " code { "audit" } " in siembox's \
                state folder keeps the last 500. The operator log holds all of them." }
            (trouble(error.as_deref()))
            @if entries.is_empty() && error.is_none() { p.empty { "No entries yet." } }
            ol.audit {
                @for entry in entries.iter().rev().take(SHOWN) {
                    li {
                        span.when { (words::moment(entry.at_ms)) }
                        span.what { (words::tamed(&entry.what)) }
                        span.address { (entry.from) }
                    }
                }
            }
        };
        Page::html(
            200,
            &layout("Audit log", ask.machine, Some(owner), &content),
        )
    }
}
