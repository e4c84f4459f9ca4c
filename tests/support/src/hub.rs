//! Event Hubs as its clients see it: a real broker that speaks Kafka, behind the face of the
//! service.
//!
//! The broker keeps records, groups and offsets. The face does what no broker of the packages does
//! and the service does: TLS, SASL PLAIN and OAUTHBEARER, the service's ranges of versions, a cut
//! connection for a message outside them, one broker that is everything, throttles, and a
//! connection that falls silent when it was idle for too long.

mod broker;
mod encoding;
mod ends;
mod export;
mod export_forms;
mod face;
mod faults;
mod fetches;
mod frame;
mod login;
mod members;
mod namespace;
mod observed;
mod request;
mod rewrite;
mod sessions;
mod talk;
mod versions;

pub use broker::{Broker, Make};
pub use export::{Body, Export, Messages, Row};
pub use face::{Face, FaceSettings};
pub use faults::HubFault;
pub use login::{Tokens, Users};
pub use namespace::{CONNECTION_STRING, CommittedOffset, HUB, Namespace, ReadMessage};
pub use observed::{Commit, Seen};
pub use versions::Era;
