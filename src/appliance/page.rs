//! Opens the page, and opens it again after a change. A page that cannot be opened never stops the
//! stream.

use std::sync::Arc;
use std::time::Duration;

use super::{Appliance, RETRY};
use crate::clock;
use crate::status::PageReport;
use crate::web::{Opening, Server};
use crate::wiring::machine_name;

/// How it stands with the page.
pub(super) enum PageState {
    /// It is not wanted.
    Off,
    /// It is there.
    Open(Server),
    /// It could not be opened; tried again at this steady time.
    Waiting(Duration),
}

impl Appliance {
    /// Opens the page where it is wanted. One that can't be opened never stops the stream.
    pub(super) fn open_page(&mut self) {
        let (settings, now) = (&self.settings.page, clock::now());
        if !settings.enabled {
            self.status.page(Ok(PageReport::default()), now);
            return;
        }
        let first = !matches!(self.page, PageState::Waiting(_));
        let machine = machine_name();
        let opening = Opening {
            settings,
            machine: machine.as_deref(),
            state_dir: &self.settings.state_dir,
            status: self.status.clone(),
            auth: Arc::clone(&self.auth),
        };
        match Server::start(opening) {
            Ok(page) => {
                let report = report(&page);
                let certificate = match &*report.fingerprint {
                    "" => String::new(),
                    fingerprint => format!(" (certificate SHA-256 {fingerprint})"),
                };
                tracing::info!(
                    "the page is at {}{certificate}",
                    report.addresses.join(", ")
                );
                if let Some(trouble) = &report.trouble {
                    tracing::error!("{trouble}");
                }
                self.status.page(Ok(report), now);
                self.page = PageState::Open(page);
            }
            Err(error) => {
                // said once; the notice counts the others
                if first {
                    tracing::error!("{error}");
                }
                self.status.page(Err(&error.to_string()), now);
                self.page = PageState::Waiting(now.steady + RETRY);
            }
        }
    }

    pub(super) async fn close_page(&mut self) {
        if let PageState::Open(page) = std::mem::replace(&mut self.page, PageState::Off) {
            page.stop().await;
        }
    }

    /// Tries again where it could not be opened; `now` is steady time.
    pub(super) fn tend_page(&mut self, now: Duration) {
        if matches!(self.page, PageState::Waiting(at) if at <= now) {
            self.open_page();
        }
    }
}

/// What the status tells of the page.
fn report(page: &Server) -> PageReport {
    let plain = page.addresses().iter();
    let plain = plain.map(|address| format!("http://{address}/"));
    let secure = page.https_addresses().iter();
    let secure = secure.map(|address| format!("https://{address}/"));
    PageReport {
        addresses: plain.chain(secure).collect(),
        fingerprint: page.fingerprint().unwrap_or_default().to_owned(),
        trouble: page.trouble().map(str::to_owned),
    }
}
