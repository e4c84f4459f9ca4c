//! Event Hubs as its clients see it: a real broker that speaks Kafka, behind the face of the
//! service.
//!
//! The broker keeps records, groups and offsets. The face does what no broker of the packages does
//! and the service does: TLS, SASL PLAIN and OAUTHBEARER, the service's ranges of versions, a cut
//! connection for a message outside them, one broker that is everything, throttles, and a
//! connection that falls silent when it was idle for too long.

mod broker;
mod face;
mod faults;
mod frame;
mod login;
mod observed;
mod rewrite;
mod talk;
mod versions;

pub use broker::{Broker, Make};
pub use face::{Face, FaceSettings};
pub use faults::HubFault;
pub use login::Users;
pub use observed::{Commit, Seen};
pub use versions::Era;
