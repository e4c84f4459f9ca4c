//! RELP, the Reliable Event Logging Protocol of rsyslog (<https://www.rsyslog.com/doc/relp.html>):
//! each line is a transaction that the receiver's process answers by its number. So a proof needs
//! no end of the connection here, and what was answered is never sent again.
//!
//! ```text
//! we    1 open 85 relp_version=0 …      2 syslog 5 <13>a      3 close 0
//! it    1 rsp 92 200 OK …               2 rsp 6 200 OK        3 rsp 0     0 serverclose 0
//! ```
//!
//! [`relp_protocol`](super::relp_protocol) has the frames and answers, [`window`] the transactions
//! that are open; both are pure. `session` is the connection, `hearing` what it makes of what is
//! said to it.

mod receive;
mod session;
pub mod window;

pub(super) use session::Session;
