//! Errors of HTTP in words: cause and cure.

use std::io::ErrorKind;

use ureq::{Error, Timeout};

use super::keep_alive::GivenUp;
use super::tunnel::RefusedTunnel;
use crate::foreign::ForeignText;
use crate::source::{SourceError, SourceErrorKind};
use crate::trust::{TlsFault, TlsSide};

/// Of a body that broke off.
pub(super) fn of_body(error: &std::io::Error) -> SourceError {
    match error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<Error>())
    {
        Some(inner) => of(inner),
        None => SourceError::new(
            SourceErrorKind::Passing,
            format!("the response is incomplete: {error}"),
        ),
    }
}

/// Of a question that got no answer.
pub(super) fn of(error: &Error) -> SourceError {
    let (trouble, what) = match error {
        Error::HostNotFound => (
            SourceErrorKind::Passing,
            "the name cannot be resolved: check DNS and the addresses in [agent.source]".to_owned(),
        ),
        Error::Timeout(Timeout::Global | Timeout::RecvBody) => (
            SourceErrorKind::TooSlow,
            "the response did not end within the timeout".to_owned(),
        ),
        Error::Timeout(which) => (
            SourceErrorKind::Passing,
            format!("no response within the timeout ({which})"),
        ),
        Error::InvalidProxyUrl => (
            SourceErrorKind::InvalidProxy,
            "Invalid proxy address".to_owned(),
        ),
        Error::Rustls(error) => (SourceErrorKind::InTheWay, of_tls(error)),
        Error::Io(io) => match io
            .get_ref()
            .and_then(|inner| inner.downcast_ref::<rustls::Error>())
        {
            Some(error) => (SourceErrorKind::InTheWay, of_tls(error)),
            None if io.kind() == ErrorKind::ConnectionRefused => (
                SourceErrorKind::Passing,
                "the connection was refused: check the addresses and proxy in [agent.source], and \
                    the firewall (outbound TCP 443)"
                    .to_owned(),
            ),
            None if io.kind() == ErrorKind::UnexpectedEof => (
                SourceErrorKind::Passing,
                "the response is incomplete".to_owned(),
            ),
            None => (
                SourceErrorKind::Passing,
                format!("the connection failed: {io}"),
            ),
        },
        Error::Decompress(_, io) => (
            SourceErrorKind::Passing,
            format!("the response cannot be decompressed: {io}"),
        ),
        Error::LargeResponseHeader(..) => (
            SourceErrorKind::Passing,
            "the response's header is too large".to_owned(),
        ),
        Error::Other(other) => match other.downcast_ref::<RefusedTunnel>() {
            Some(refused) => (of_proxy(refused), refused.to_string()),
            None => (
                SourceErrorKind::Passing,
                ForeignText::new(other.to_string()).to_string(),
            ),
        },
        other => (
            SourceErrorKind::Passing,
            ForeignText::new(other.to_string()).to_string(),
        ),
    };
    SourceError::new(trouble, what)
}

fn of_tls(error: &rustls::Error) -> String {
    TlsFault::translate(error).in_words(TlsSide::Cloud)
}

/// Was the connection given up by the other side before it had the question?
pub(super) fn is_given_up(error: &Error) -> bool {
    matches!(error, Error::Other(other) if other.is::<GivenUp>())
}

fn of_proxy(refused: &RefusedTunnel) -> SourceErrorKind {
    match refused {
        RefusedTunnel::Silent => SourceErrorKind::Passing,
        RefusedTunnel::Answered { answer, .. } if answer.status >= 500 => SourceErrorKind::Passing,
        // its address is right: it asks for a log-on, or does not let this machine through
        RefusedTunnel::Answered { answer, .. } if matches!(answer.status, 403 | 407 | 451) => {
            SourceErrorKind::InTheWay
        }
        RefusedTunnel::Answered { .. } | RefusedTunnel::NoProxy => SourceErrorKind::InvalidProxy,
    }
}
