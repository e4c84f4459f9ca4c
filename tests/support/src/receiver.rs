//! Real receivers: the rsyslog and syslog-ng of Debian, each in a folder of its own, on a free port
//! of the loopback.
//!
//! Why real ones: what a receiver does with a frame, a half-close or a certificate is decided by
//! its code, not by what we think of it. Each writes every message, exactly as it came, as one line
//! of a file.
//!
//! ```no_run
//! let mut siem = siembox_support::receiver::rsyslog::tcp();
//! // … send 20 lines to siem.address() …
//! let lines = siem.wait_for(20);
//! siem.kill();
//! siem.start();
//! ```

pub mod collector;
mod daemon;
mod port;
pub mod relay;
pub mod rsyslog;
pub mod short_lived;
pub mod syslog_ng;

pub use daemon::Receiver;
pub use port::{Transport, free_port, listens};
