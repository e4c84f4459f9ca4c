//! Asks whether the API tells when records came: once before each deep walk, for it may begin or
//! cease to.

use std::time::Duration;

use super::Poller;
use crate::clock::Time;
use crate::source::{Newest, SourceError, SourceErrorKind};
use crate::spool::Spool;
use crate::status::{InternalEvent, LateRecords};

/// The look-back is read again at least this often.
const DEEP_EVERY: Duration = Duration::from_secs(3600);
/// The same where each walk asks for what came late.
const RARELY: Duration = Duration::from_secs(6 * 3600);

impl<S: Spool, T: Time> Poller<S, T> {
    /// How often the look-back is read again.
    pub(super) fn deep_every(&self) -> Duration {
        let longest = match &self.state.late {
            Some(LateRecords::AreAsked) => RARELY,
            _ => DEEP_EVERY,
        };
        longest.min(self.look_back / 2)
    }

    /// Asks it, where the API is one that may tell. Without an answer late records are found as
    /// they are without it.
    ///
    /// # Errors
    /// Only when we are told to stop.
    pub(super) fn learn_late(&mut self) -> Result<(), SourceError> {
        if !self.client.source.knows_late() {
            return Ok(());
        }
        let late = match self.client.newest(&self.worker) {
            Ok(Some(Newest {
                arrived_ms: Some(_),
                ..
            })) => LateRecords::AreAsked,
            Ok(Some(_)) => LateRecords::Untold,
            // nothing to learn it from
            Ok(None) => return Ok(()),
            Err(error) if error.trouble == SourceErrorKind::Stopped => return Err(error),
            Err(error) => {
                if let SourceErrorKind::Throttled(silence) = error.trouble {
                    self.client.keep_silent(&self.worker, silence);
                }
                match error.trouble {
                    SourceErrorKind::Absent | SourceErrorKind::BadQuestion => {
                        LateRecords::Refused(error.what)
                    }
                    // it says nothing about the question
                    _ => return Ok(()),
                }
            }
        };
        self.reader.set_knows_late(late == LateRecords::AreAsked);
        if self.state.late.as_ref() != Some(&late) {
            self.state.late = Some(late.clone());
            self.worker.tell(&InternalEvent::Late {
                stream: self.stream.name,
                late,
                look_back: self.look_back,
                every: self.deep_every(),
            });
        }
        Ok(())
    }
}
