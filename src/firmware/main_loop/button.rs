//! Acts on the button, and shows on the lamps what a release would do.

use std::time::Duration;

use super::MainLoop;
use super::shutdown::END_WITHIN;
use crate::button::Press;
use crate::firmware::paths::on_data;
use crate::firmware::reset;
use crate::firmware::shutdown::ShutdownKind;
use crate::status::Signal;

/// "Here I am" lasts so long.
const IDENTIFY: Duration = Duration::from_secs(30);
/// While the button is held it tells each second.
const HELD: Duration = Duration::from_millis(1_500);

impl MainLoop {
    pub(super) fn pressed(&mut self, press: Press, now: Duration) {
        match press {
            Press::Identify => self.instead = Some((Signal::Identify, now + IDENTIFY)),
            Press::Holding(_) => self.instead = press.answer().map(|signal| (signal, now + HELD)),
            Press::Nothing => self.instead = None,
            Press::ReleaseClaim => {
                self.instead = Some((Signal::Identify, now + HELD));
                let words = match reset::release_claim(&on_data("state")) {
                    Ok(true) => {
                        "released by the button: the page asks for a new administrator's password"
                            .to_owned()
                    }
                    Ok(false) => "this box has no administrator".to_owned(),
                    Err(cause) => format!("cannot be released: {cause}"),
                };
                self.given.log.say(format!("claim: {words}"));
            }
            Press::FactoryReset => {
                self.instead = Some((Signal::ResetAsked, now + END_WITHIN));
                self.given.log.say("factory reset: requested by the button");
                let ending = self.reset();
                self.begin_end(ending, now);
            }
        }
    }

    /// Leaves a factory reset to the next start, which finishes it whatever happens; where that
    /// can't be told, it is done at the end of this life.
    fn reset(&self) -> ShutdownKind {
        let (Some(esp), Some(_)) = (&self.given.esp, &self.given.disk) else {
            return ShutdownKind::FactoryReset;
        };
        match reset::ask(esp) {
            Ok(()) => ShutdownKind::Restart,
            Err(cause) => {
                self.given.log.say(format!(
                    "factory reset: the boot partition cannot be written: {cause}: the reset \
                        starts at once; leave the power on"
                ));
                ShutdownKind::FactoryReset
            }
        }
    }
}
