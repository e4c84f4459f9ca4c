//! Handles the frames that a RELP receiver sends: responses move the window, anything else ends the
//! session.

use super::session::{OPEN, Session};
use crate::sink::Sink;
use crate::sink::error::SinkError;
use crate::sink::relp_protocol::RelpFault;
use crate::sink::relp_protocol::response::{self, AnswerFault, RelpMessage};
use crate::sink::stream;
use crate::sink::transport::Transport;
use crate::sink::unasked::Unasked;

impl<C: Transport> Session<C> {
    /// Takes in what the peer has said already.
    pub(super) async fn look(&mut self) -> Result<(), SinkError> {
        let mut scratch = [0; 4096];
        loop {
            match self.stream.heard(&mut scratch).await {
                Ok(None) => return Ok(()),
                Ok(Some(0)) => return Err(self.stream.closed()),
                Ok(Some(bytes)) => self.hear(&scratch[..bytes])?,
                Err(cause) => return Err(self.stream.fault(cause)),
            }
        }
    }

    /// Takes in some bytes of the peer: the answers in them, and the beginning of the next.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> Result<(), SinkError> {
        self.heard.extend_from_slice(bytes);
        let heard = std::mem::take(&mut self.heard);
        let mut rest = &heard[..];
        loop {
            match response::hear(rest) {
                Ok(Some((said, took))) => {
                    self.take_in(said, rest)?;
                    rest = &rest[took..];
                }
                Ok(None) => break,
                Err(fault) => return Err(self.no_relp(fault, rest)),
            }
        }
        self.heard.extend_from_slice(rest);
        Ok(())
    }

    fn take_in(&mut self, said: RelpMessage<'_>, bytes: &[u8]) -> Result<(), SinkError> {
        let (txnr, answer) = match said {
            RelpMessage::Goodbye => return Err(self.fault(RelpFault::Goodbye)),
            RelpMessage::Answer(txnr, answer) => (txnr, answer),
        };
        if self.asked == Some(txnr) {
            self.asked = None;
            // An answer to `close` need not say yes: librelp's is empty.
            return match txnr {
                OPEN if !answer.is_yes() || !answer.takes_lines() => {
                    Err(self.fault(RelpFault::Rejected {
                        answer: answer.text,
                    }))
                }
                _ => Ok(()),
            };
        }
        // One line that is refused ends nothing: what becomes of it is decided where lines have
        // numbers.
        let noted = if answer.is_yes() {
            self.window.accept(txnr)
        } else {
            self.window.refuse(txnr, answer.text)
        };
        noted.map_err(|_| self.no_relp(AnswerFault::Transaction(txnr), bytes))
    }

    fn no_relp(&self, fault: AnswerFault, bytes: &[u8]) -> SinkError {
        match stream::said(bytes) {
            Some(Unasked::TlsAlert) => SinkError::Closed {
                peer: self.peer().clone(),
                said: Some(Unasked::TlsAlert),
            },
            said => self.fault(RelpFault::NoRelp { fault, said }),
        }
    }
}
