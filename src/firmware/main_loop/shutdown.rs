//! Shuts down in order: siembox first, then the other services, then the box.

use std::path::Path;
use std::time::Duration;

use super::MainLoop;
use crate::firmware::paths::on_data;
use crate::firmware::shutdown::{self, ShutdownKind};
use crate::firmware::{reset, supervise};
use crate::{clock, durable};

/// A process that the kernel holds back does not keep the box from ending.
pub(super) const END_WITHIN: Duration = Duration::from_secs(45);
/// Between two new starts of the whole box because of siembox, milliseconds of wall time.
const REBOOT_MS: i64 = 24 * 3_600_000;

impl MainLoop {
    /// Once a day, and only where that can be remembered.
    pub(super) fn may_reboot(&self) -> bool {
        let path = on_data("system/restarted");
        !self.given.data.is_in_ram()
            && is_rested(&path, clock::now_ms())
            && durable::replace(&path, clock::in_words(clock::now_ms()).as_bytes()).is_ok()
    }

    pub(super) fn begin_end(&mut self, ending: ShutdownKind, now: Duration) {
        if self.ending.is_none() {
            self.given.log.say("stopping");
            self.ending = Some((ending, now + END_WITHIN));
            self.drive(supervise::ServiceEvent::Stop, now);
        }
    }

    pub(super) fn over(&self, now: Duration) -> Option<ShutdownKind> {
        let (ending, at) = self.ending?;
        (self.supervisor.is_over() || now >= at).then_some(ending)
    }

    pub(super) fn end(mut self, ending: ShutdownKind) -> ShutdownKind {
        let now = clock::now().steady;
        let _ = self.given.keeper.note(clock::now_ms(), true);
        self.tell(now, true);
        if let Some(esp) = self.given.esp.take() {
            esp.close();
        }
        // a new start is left to its care: an end that hangs from here on is ended by it
        if ending != ShutdownKind::Restart
            && let Some(dog) = self.given.dog.take()
        {
            // one that stays armed starts the box again: it is off by then
            let _ = dog.disarm();
        }
        match (ending, &self.given.disk) {
            (ShutdownKind::FactoryReset, Some(disk)) => reset::erase(disk, &self.given.log),
            _ => shutdown::close_data(&self.given.log),
        }
        ending
    }
}

/// Is the last time long ago? A time in the future is none that could have been written.
fn is_rested(path: &Path, now_ms: i64) -> bool {
    let text = std::fs::read_to_string(path).ok();
    let last = text.and_then(|text| text.trim().parse::<jiff::Timestamp>().ok());
    last.is_none_or(|last| {
        let since = now_ms - last.as_millisecond();
        !(0..REBOOT_MS).contains(&since)
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn the_box_starts_again_once_a_day_at_most() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("restarted");
        let now = 1_790_000_000_000;
        assert!(is_rested(&path, now), "never before");
        std::fs::write(&path, clock::in_words(now)).unwrap();
        assert!(!is_rested(&path, now));
        assert!(!is_rested(&path, now + REBOOT_MS - 1));
        assert!(is_rested(&path, now + REBOOT_MS));
        assert!(
            is_rested(&path, now - 1),
            "the clock was set back: what it says means nothing"
        );
    }
}
