//! Event Hubs: rows of tables of Defender XDR, as its streaming API sends them (reference:
//! successors.md §4-5). siembox uses the Kafka protocol, so any broker that supports the same
//! requests works too.
//!
//! The service assigns the partitions of a hub to the members of a consumer group, and keeps the
//! offsets of the group. [`EventHubs`] is one member.

mod decode_fetched;
mod error_text;
mod found_offsets;
mod hub;
mod kafka;
mod member_settings;
mod message;

pub use hub::EventHubs;
pub use member_settings::{HubLogin, HubMember, HubRoute};
