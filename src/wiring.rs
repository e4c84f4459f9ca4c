//! Settings become parts: source, sink, line writer, spool. This is the one room that names
//! adapters; an agent, `check` and `preview` get theirs here, so that a check tests what will run.

mod error;
mod limits;
mod line;
mod sink;
mod source;
mod spool;

pub use crate::sink::wire::Wire;
/// The records that a file may hold.
pub use crate::source::cloud_apps::RECORDS as KNOWN_RECORDS;
pub use error::WiringError;
pub use limits::RequestLimits;
pub use line::{line_writer, machine_name, system_name};
pub use sink::{Receiver, siem_target};
pub(crate) use source::tunnel;
pub use source::{Sources, open_source, route};
pub use spool::{AgentSpool, contained_here, is_spool, open_orphan, open_spool};
