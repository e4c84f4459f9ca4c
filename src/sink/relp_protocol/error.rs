//! Why a RELP session is refused or broken off, and what to do about it.

use std::time::Duration;

use super::response::AnswerFault;
use crate::sink::peer::{Peer, Spoken};
use crate::sink::span::Span;
use crate::sink::unasked::Unasked;

/// One variant per thing that a receiver may do.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RelpFault {
    /// It ended the connection instead of answering `open`.
    OpenRefused,
    /// It did not answer `open`.
    OpenSilent {
        /// How long we waited.
        after: Duration,
    },
    /// It answered something else than 200 to `open`.
    Rejected {
        /// Code and text, fit for a log.
        answer: String,
    },
    /// It answers each line with something else than 200.
    TakesNoLine {
        /// Code and text of the first answer, fit for a log.
        answer: String,
    },
    /// It answers no more.
    Unanswered {
        /// How long we waited.
        after: Duration,
        /// Lines without an answer.
        left: usize,
    },
    /// It ended the session (`serverclose`).
    Goodbye,
    /// What it says is not RELP.
    NoRelp {
        /// Why not.
        fault: AnswerFault,
        /// Its beginning.
        said: Option<Unasked>,
    },
}

impl RelpFault {
    /// What happened.
    pub(in crate::sink) fn reason(&self, peer: &Peer) -> String {
        match self {
            Self::OpenRefused => {
                format!("{peer} closed the connection instead of opening a RELP session")
            }
            Self::OpenSilent { after } => format!(
                "no answer from {peer} to the opening of a RELP session within {}",
                Span(*after)
            ),
            Self::Rejected { answer } => {
                format!("{peer} did not accept the session: it answered \"{answer}\"")
            }
            Self::TakesNoLine { answer } => {
                format!("{peer} accepts no line: it answered \"{answer}\"")
            }
            Self::Unanswered { after, left } => {
                format!("{peer} has not answered {left} lines for {}", Span(*after))
            }
            Self::Goodbye => format!("{peer} ended the RELP session"),
            Self::NoRelp { fault, said } => {
                let said = said.iter().map(ToString::to_string).collect::<String>();
                format!("{peer} did not answer with RELP, {fault}: \"{said}\"")
            }
        }
    }

    /// What to do about it.
    pub(in crate::sink) fn cure(&self, peer: &Peer) -> &'static str {
        match self {
            Self::OpenRefused if peer.protocol == Spoken::Relp => {
                "this port may be for TLS (protocol = \"relp+tls\") or for a protocol other than \
                    RELP: check the receiver's log"
            }
            Self::OpenRefused => {
                "this port may be for a protocol other than RELP (rsyslog: imrelp): check the \
                    receiver's log"
            }
            Self::OpenSilent { .. } => {
                "this port may be for plain syslog, not for RELP (rsyslog: imrelp): check port and protocol"
            }
            Self::Rejected { .. } | Self::TakesNoLine { .. } => {
                "check the receiver's log, its settings and its disk"
            }
            Self::Unanswered { .. } => {
                "the receiver is overloaded or hangs, or its machine is down: check its log, its \
                    queue and its disk"
            }
            Self::Goodbye => "it is being stopped or restarted: check its log if this repeats",
            Self::NoRelp { .. } => {
                "this port may not be for RELP (rsyslog: imrelp): check host, port, protocol"
            }
        }
    }
}
