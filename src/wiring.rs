//! Settings become parts: source, sink, line writer, spool. This is the one room that names
//! adapters; an agent, `check` and `preview` get theirs here, so that a check tests what will run.

mod credential;
mod error;
mod hub;
mod limits;
mod line;
mod request_file;
mod route;
mod sink;
mod source;
mod spool;

pub use crate::sink::wire::Wire;
pub use credential::{endings, look_at_credential, read_credential};
pub use error::WiringError;
pub use limits::RequestLimits;
pub use line::{line_writer, machine_name, names, system_name};
pub use route::route;
pub(crate) use route::tunnel;
pub use sink::{Receiver, siem_target};
pub use source::{Sources, open_hub_as, open_source};
pub use spool::{AgentSpool, contained_here, is_spool, open_orphan, open_spool};

use crate::source::{KnownRecords, cloud_apps, graph, hunting};

/// The records that a file may hold. Those whose keys are theirs alone stand first: the keys of a
/// row may be written small, and are then also those of alerts.
pub const KNOWN_RECORDS: KnownRecords =
    KnownRecords(&[hunting::RECORDS, graph::RECORDS, cloud_apps::RECORDS]);
