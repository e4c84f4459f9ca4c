//! Reports the box's state: to STATUS.TXT, to the console, and to the page.

use std::path::Path;
use std::time::Duration;

use super::MainLoop;
use crate::firmware::disk;
use crate::firmware::facts::facts;
use crate::firmware::paths::DATA_FOLDER;
use crate::firmware::status_txt::BoxFacts;
use crate::provision::ProvisionResult;
use crate::run_file;
use crate::status::Signal;

/// What is wrong with the box itself, for siembox to show on its page; absent where nothing is.
pub const TROUBLE_WORD: &str = "/run/siembox/trouble";

impl MainLoop {
    pub(super) fn tell(&mut self, now: Duration, at_once: bool) {
        let facts = self.facts(now);
        self.say_where(&facts);
        let Some(esp) = &self.given.esp else { return };
        if !self.status_file.is_due(&facts, now, at_once) {
            return;
        }
        if let Err(cause) = self.status_file.write(esp, facts, now) {
            self.given.log.say(format!(
                "boot partition: STATUS.TXT cannot be written: {cause}"
            ));
        }
    }

    fn facts(&self, now: Duration) -> BoxFacts {
        let signal = match self.ending {
            Some(_) => None,
            None if self.given.data.is_in_ram() => Some(Signal::Fault),
            None => Some(self.watch.signal(now)),
        };
        facts(&self.given, self.watch.beat(), signal, self.own_troubles())
    }

    /// What is wrong with the box itself, each with its cure: with settings that were not taken in,
    /// which STATUS.TXT has elsewhere.
    fn troubles(&self) -> Vec<String> {
        let mut troubles = self.own_troubles();
        if let ProvisionResult::Refused { why } | ProvisionResult::Failed { why } =
            &self.given.taken.0
        {
            troubles.push(format!(
                "The settings on the boot partition were not applied: {why}"
            ));
        }
        troubles
    }

    fn own_troubles(&self) -> Vec<String> {
        // one that does not say is neither full nor read-only
        let space = disk::space(Path::new(DATA_FOLDER)).unwrap_or_default();
        let data = self.given.data.trouble(space);
        let given_up = self.given.trial.given_up().map(str::to_owned);
        data.into_iter().chain(given_up).collect()
    }

    /// Lets siembox know of them, for its page.
    pub(super) fn leave_troubles(&mut self) {
        let text = self.troubles().join("\n");
        if text == self.troubles_left {
            return;
        }
        let left = match &*text {
            "" => std::fs::remove_file(TROUBLE_WORD),
            text => run_file::put(Path::new(TROUBLE_WORD), text.as_bytes()),
        };
        if let Err(cause) = left {
            self.given.log.say(format!("{TROUBLE_WORD}: {cause}"));
        }
        self.troubles_left = text;
    }

    /// On the console, when it has changed: the address, and the page with its certificate.
    fn say_where(&mut self, facts: &BoxFacts) {
        let mut lines = Vec::new();
        lines.extend(
            facts
                .lease
                .as_ref()
                .map(|lease| format!("network: {}", lease.in_words())),
        );
        lines.extend(facts.pages().first().map(|page| match &*facts.fingerprint {
            "" => format!("page: {page}"),
            fingerprint => format!("page: {page} fingerprint {fingerprint}"),
        }));
        if lines != self.said {
            for line in lines.iter().filter(|line| !self.said.contains(line)) {
                self.given.log.say(line);
            }
            self.said = lines;
        }
    }
}
