//! What PID 1 tells people and siembox of the box: STATUS.TXT, the console, and a word for the page.

use std::path::Path;

use super::Duty;
use crate::clock;
use crate::firmware::disk;
use crate::firmware::panel::Signal;
use crate::firmware::rooms::{self, Taken};
use crate::firmware::told::{Told, page_at};
use crate::firmware::{STREAM, word};
use crate::status::Condition;
use std::time::Duration;

/// What is wrong with the box itself, for siembox to show on its page; absent where nothing is.
pub const TROUBLE_WORD: &str = "/run/siembox/trouble";

impl Duty {
    pub(super) fn tell(&mut self, now: Duration, at_once: bool) {
        let Some(esp) = &self.given.esp else { return };
        let told = self.told(now);
        if !self.status_file.is_due(&told, now, at_once) {
            return;
        }
        let text = rooms::status_text(&told, clock::now_ms());
        if let Err(cause) = self.status_file.write(esp, told, &text, now) {
            self.given.log.say(format!(
                "boot partition: STATUS.TXT cannot be written: {cause}"
            ));
        }
    }

    fn told(&self, now: Duration) -> Told {
        let given = &self.given;
        let signal = match self.ending {
            Some(_) => None,
            None if given.data.is_in_ram() => Some(Signal::Fault),
            None => Some(self.watch.signal(now)),
        };
        let (state, mut means) = in_words(signal);
        let address = rooms::address();
        let beat = self.watch.beat().cloned().unwrap_or_default();
        if beat.agents.is_empty() && signal == Some(Signal::Condition(Condition::Created)) {
            means = "Nothing is set up yet: open the page below in a browser.".to_owned();
        }
        let mut troubles = self.troubles();
        if self.watch.signal(now) == Signal::Fault && self.watch.beat().is_none() {
            troubles.push(format!(
                "siembox does not come up: {}",
                given.log.last_words(STREAM)
            ));
        }
        if !beat.late.is_empty() {
            troubles.push(format!("No sign of life from: {}", beat.late.join(", ")));
        }
        Told {
            version: given.image.version.clone(),
            board: given.panel.title.clone(),
            state,
            means,
            page: page_at(&beat.page, address.as_deref()),
            address,
            fingerprint: beat.fingerprint,
            agents: beat.agents,
            data: given.data.in_words(),
            troubles,
            stream: beat.trouble,
        }
    }

    /// What is wrong with the box itself, each with its cure.
    fn troubles(&self) -> Vec<String> {
        // one that does not say is neither full nor read-only
        let space = disk::space(Path::new(disk::PLACE)).unwrap_or_default();
        let mut troubles: Vec<String> = self.given.data.trouble(space).into_iter().collect();
        if let Taken::Refused(why) = &self.given.taken {
            troubles.push(format!(
                "The settings on the boot partition are refused: {why}"
            ));
        }
        troubles
    }

    /// Lets siembox know of them, for its page.
    pub(super) fn leave_troubles(&mut self) {
        let text = self.troubles().join("\n");
        if text == self.troubles_left {
            return;
        }
        let left = match &*text {
            "" => std::fs::remove_file(TROUBLE_WORD),
            text => word::leave(Path::new(TROUBLE_WORD), text),
        };
        if let Err(cause) = left {
            self.given.log.say(format!("{TROUBLE_WORD}: {cause}"));
        }
        self.troubles_left = text;
    }

    /// On the console, when it has changed.
    pub(super) fn say_page(&mut self) {
        let Some(beat) = self.watch.beat() else {
            return;
        };
        let page = page_at(&beat.page, rooms::address().as_deref());
        let said = match page.first() {
            None => return,
            Some(url) if beat.fingerprint.is_empty() => format!("page: {url}"),
            Some(url) => format!("page: {url} fingerprint {}", beat.fingerprint),
        };
        if said != self.page_said {
            self.given.log.say(&said);
            self.page_said = said;
        }
    }

    pub(super) fn say_address(&mut self) {
        let address = rooms::address();
        if address != self.address_said {
            let words = address.as_deref().unwrap_or("no address any more");
            self.given.log.say(format!("network: {words}"));
            self.address_said = address;
            self.say_page();
        }
    }
}

/// What STATUS.TXT says of the box; none: it has stopped.
fn in_words(signal: Option<Signal>) -> (String, String) {
    let (words, means) = match signal {
        None => ("Stopped", "The box was shut down in order.".to_owned()),
        Some(Signal::Condition(condition)) => {
            let meaning = condition.meaning();
            (meaning.words, format!("{} {}", meaning.means, meaning.cure))
        }
        Some(Signal::Fault) => (
            "Fault",
            "Something is wrong with the box itself. What, and how to mend it, stands below."
                .to_owned(),
        ),
        Some(_) => (
            "Starting",
            "The box is on its way; wait for a minute.".to_owned(),
        ),
    };
    (words.to_owned(), means)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_has_words() {
        for signal in [
            None,
            Some(Signal::Starting),
            Some(Signal::Fault),
            Some(Signal::Condition(Default::default())),
        ] {
            let (words, means) = in_words(signal);
            assert!(!words.is_empty() && means.is_ascii());
        }
    }
}
