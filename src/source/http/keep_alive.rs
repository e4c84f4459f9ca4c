//! A connection that is kept for the next request. The other side may have closed it meanwhile:
//! servers and inspecting proxies do so some time after a response, while the next request is on
//! its way.

use std::io::{self, ErrorKind};

use ureq::Error;
use ureq::unversioned::transport::{Buffers, NextTimeout, Transport};

/// A question died on a connection that had been used before, and no byte of its answer had come:
/// the other side had given the connection up. The question can be asked again on a new one.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the other side closed the idle connection")]
pub(super) struct GivenUp;

/// A connection that knows whether it has been used before.
#[derive(Debug)]
pub(super) struct KeptConnection {
    inner: Box<dyn Transport>,
    /// Has it brought an answer before the present question?
    used: bool,
    /// Has a byte of the present answer come?
    answered: bool,
}

impl KeptConnection {
    pub(super) fn new(inner: Box<dyn Transport>) -> Self {
        Self {
            inner,
            used: false,
            answered: false,
        }
    }

    fn judge<T>(&self, result: Result<T, Error>) -> Result<T, Error> {
        match result {
            Err(Error::Io(error)) if self.used && !self.answered && is_end(&error) => {
                Err(Error::Other(Box::new(GivenUp)))
            }
            other => other,
        }
    }
}

impl Transport for KeptConnection {
    fn buffers(&mut self) -> &mut dyn Buffers {
        self.inner.buffers()
    }

    fn transmit_output(&mut self, amount: usize, timeout: NextTimeout) -> Result<(), Error> {
        self.used |= std::mem::take(&mut self.answered);
        let sent = self.inner.transmit_output(amount, timeout);
        self.judge(sent)
    }

    fn await_input(&mut self, timeout: NextTimeout) -> Result<bool, Error> {
        let came = match self.inner.await_input(timeout) {
            Ok(false) if self.used && !self.answered => {
                Err(Error::Io(ErrorKind::UnexpectedEof.into()))
            }
            other => other,
        };
        let came = self.judge(came)?;
        self.answered |= came;
        Ok(came)
    }

    fn is_open(&mut self) -> bool {
        self.inner.is_open()
    }

    fn is_tls(&self) -> bool {
        self.inner.is_tls()
    }
}

/// Did the other side end the connection?
fn is_end(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::UnexpectedEof
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionAborted
            | ErrorKind::BrokenPipe
            | ErrorKind::NotConnected
    )
}
