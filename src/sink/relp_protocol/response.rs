//! What a RELP server may say: the answer to a transaction, or that it ends the session.
//!
//! An answer's data is `RSP-CODE [SP HUMANMSG] [LF CMDDATA]`, the code of three digits; 200 is the
//! only good one. librelp answers `close` with no data at all.

use super::frame::{self, Frame, FrameFault};
use crate::foreign::ForeignText;

/// Characters of an answer's text that are kept; the specification allows no more.
const MAX_TEXT: usize = 80;

/// One thing that the server said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RelpMessage<'a> {
    /// To the transaction of this number.
    Answer(u32, RelpResponse<'a>),
    /// The session is over, by the server's wish (`serverclose`).
    Goodbye,
}

/// The answer to a transaction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelpResponse<'a> {
    /// 200 is yes; `None` where the answer has no code.
    pub code: Option<u16>,
    /// The code and what it says to people, fit for a log.
    pub text: String,
    /// What it says to programs: the offers, in an answer to `open`.
    pub data: &'a [u8],
}

/// Why what was said is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AnswerFault {
    /// The bytes are no frame.
    #[error(transparent)]
    Frame(#[from] FrameFault),
    /// A command that a server has no business to send.
    #[error("its command is \"{0}\"")]
    Command(String),
    /// An answer to a transaction that is not open: never begun, or answered before.
    #[error("it answers transaction {0}, which is not open")]
    Transaction(u32),
}

/// Takes the first saying off `bytes`; says how many bytes it took, or `None` where its end has not
/// come yet.
///
/// # Errors
/// Where the bytes are nothing that a server says, whatever follows.
pub fn hear(bytes: &[u8]) -> Result<Option<(RelpMessage<'_>, usize)>, AnswerFault> {
    let Some((frame, took)) = frame::parse(bytes)? else {
        return Ok(None);
    };
    let Frame {
        txnr,
        command,
        data,
    } = frame;
    let said = match command {
        "rsp" => RelpMessage::Answer(txnr, RelpResponse::of(data)),
        "serverclose" => RelpMessage::Goodbye,
        other => return Err(AnswerFault::Command(ForeignText::new(other).to_string())),
    };
    Ok(Some((said, took)))
}

// === impl Answer ===

impl<'a> RelpResponse<'a> {
    fn of(data: &'a [u8]) -> Self {
        let end = data.iter().position(|byte| *byte == b'\n');
        let (head, data) = end.map_or((data, &[][..]), |end| (&data[..end], &data[end + 1..]));
        let code = head.split(|byte| *byte == b' ').next();
        Self {
            code: code.and_then(three_digits),
            text: ForeignText::bounded(head, MAX_TEXT).to_string(),
            data,
        }
    }

    /// Does it say yes?
    #[must_use]
    pub fn is_yes(&self) -> bool {
        self.code == Some(200)
    }

    /// As an answer to `open`: may lines be sent? A server that offers nothing is believed.
    #[must_use]
    pub fn takes_lines(&self) -> bool {
        let mut offers = self.data.split(|byte| *byte == b'\n');
        offers
            .find_map(|offer| offer.strip_prefix(b"commands="))
            .is_none_or(|commands| {
                commands
                    .split(|byte| *byte == b',')
                    .any(|c| c.trim_ascii() == b"syslog")
            })
    }
}

fn three_digits(digits: &[u8]) -> Option<u16> {
    let three = digits.len() == 3 && digits.iter().all(u8::is_ascii_digit);
    three.then(|| {
        digits
            .iter()
            .fold(0, |value, digit| value * 10 + u16::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn answers_are_read() {
        for (data, code, text, more) in [
            (&b"200 OK"[..], Some(200), "200 OK", &b""[..]),
            (b"200", Some(200), "200", b""),
            (b"200 ", Some(200), "200", b""),
            (
                b"200 OK\nrelp_version=0\ncommands=syslog",
                Some(200),
                "200 OK",
                b"relp_version=0\ncommands=syslog",
            ),
            (
                b"500 command disabled",
                Some(500),
                "500 command disabled",
                b"",
            ),
            (b"500\n", Some(500), "500", b""),
            (b"", None, "", b""),
            (b"20", None, "20", b""),
            (b"2000 OK", None, "2000 OK", b""),
            (b"2x0 OK", None, "2x0 OK", b""),
            (b"500 \xff\x07", Some(500), "500 \\xff\\x07", b""),
        ] {
            let answer = RelpResponse::of(data);
            assert_eq!(
                (answer.code, &*answer.text, answer.data),
                (code, text, more)
            );
            assert_eq!(answer.is_yes(), code == Some(200));
        }
    }

    #[test]
    fn a_server_says_answers_and_goodbye() {
        let (said, took) = hear(b"2 rsp 6 200 OK\n3").unwrap().unwrap();
        assert!(matches!(said, RelpMessage::Answer(2, answer) if answer.is_yes()));
        assert_eq!(took, 15);
        assert_eq!(
            hear(b"0 serverclose 0\n"),
            Ok(Some((RelpMessage::Goodbye, 16)))
        );
        assert_eq!(hear(b"0 serverclose 0"), Ok(None));
        assert_eq!(
            hear(b"1 syslog 1 a\n"),
            Err(AnswerFault::Command("syslog".to_owned()))
        );
        assert_eq!(hear(b"<13>"), Err(FrameFault::Txnr.into()));
    }

    #[test]
    fn offers_are_looked_through() {
        for (offers, takes) in [
            ("", true),
            ("relp_version=0", true),
            ("relp_version=0\ncommands=syslog", true),
            ("commands=starttls, syslog\nrelp_version=0", true),
            ("commands=starttls", false),
            ("commands=", false),
        ] {
            let data = format!("200 OK\n{offers}");
            assert_eq!(
                RelpResponse::of(data.as_bytes()).takes_lines(),
                takes,
                "{offers:?}"
            );
        }
    }

    proptest! {
        #[test]
        fn any_data_is_an_answer_of_bounded_words(
            data in proptest::collection::vec(any::<u8>(), 0..300),
        ) {
            prop_assert!(RelpResponse::of(&data).text.chars().count() <= MAX_TEXT);
        }
    }
}
